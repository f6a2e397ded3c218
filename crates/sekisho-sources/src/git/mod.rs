//! What git knows of a work tree's files (tracked, untracked, ignored), and what is seen in a
//! history, folded.
//!
//! The first is read from `.git/index`, the `.gitignore` files and `.git/info/exclude` alone, by
//! readers of our own: git is not run, since a repository's settings can make it run programs, and
//! the user's own exclude file is left out, since the same tree must give the same report on every
//! machine.

mod fold;
mod repository;
mod tree;

pub use fold::{Fold, FoldItem, Stood};
pub(crate) use repository::{is_bare, is_git_directory};
pub(crate) use tree::{Context, Tree};
