//! The file format of bbolt, etcd's store: a copy-on-write B+tree in pages.
//!
//! Two meta pages name the root; the valid one with the higher transaction id wins. What the root
//! does not reach is free, whatever it holds: bbolt neither zeroes freed pages nor, as etcd runs
//! it, writes a list of them. A page begins with 16 bytes (id, flags, count, overflow), all
//! numbers are in the byte order of the machine, which is little endian everywhere that etcd
//! supports. (go.etcd.io/bbolt internal/common.)
//!
//! Nothing here trusts a number: every page id, count, offset and length is checked against the
//! file before it is used, and a page is visited once at most.

mod meta;
mod page;
mod tree;

pub(crate) use meta::{META_LEN, Metas, NO_FREELIST, read_metas, sniff};
pub(crate) use page::{ELEMENT, Element, HEADER, Header, PageKind, branch_children, leaf_elements};
pub(crate) use tree::{BUCKET_HEADER, Bitmap, BucketRef, Fault, Tree, Visit, bucket_of};
