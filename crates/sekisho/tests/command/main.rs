//! The command as users run it: the built binary over real files, real repositories, real pipes.
//!
//! Each module holds one promise. [`sandbox`] gives each test a home, a target and a key of its
//! own, and watches what a run takes; nothing here reads or writes anything of the user's.
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::sliced_string_as_bytes,
    clippy::needless_borrows_for_generic_args,
    clippy::format_push_string,
    clippy::format_collect,
    reason = "a test that fails panics, and so do its helpers"
)]

mod access;
mod archives;
mod cache;
mod canary;
mod changes;
mod cluster;
mod etcd;
mod hostile;
mod kept;
mod live;
mod living_with_it;
mod one_credential;
mod own_tree;
mod report;
mod sandbox;
mod sarif;
mod schema;
mod transcripts;
mod unfolded;
