//! One file for each source.

pub(crate) mod dir;
pub(crate) mod etcd;
pub(crate) mod file;
pub(crate) mod stream;
