//! Who can obtain the value of a Secret, by which path, and what to cut.
//!
//! The ground is [`rbac`]: Kubernetes' own rules, compared literally and never globbed, held to
//! decisions recorded from a real API server. On it stands the [`Graph`]: everything that opens
//! something else is an edge, one file each in [`edges`], with its condition, what could stop it and
//! how it is known. [`Graph::who`] goes it backwards from a Secret, [`Graph::reach`] forwards from
//! somebody; both speak in the plain data of [`answer`].
//!
//! It must never do I/O, never hold a value, and never say more than the inventory shows: what was
//! not looked at is named in every answer, and other authorizers than RBAC and Node are unknown.
#![forbid(unsafe_code)]

pub mod answer;
mod census;
mod class;
pub mod compare;
mod cuts;
mod delegate;
pub mod edges;
pub mod estate;
pub mod graph;
mod hash;
mod operators;
mod options;
mod plugins;
pub mod rbac;
mod reach;
mod tell;
#[cfg(test)]
mod testing;
mod vertex;
mod ways;
mod who;
pub mod world;

pub use census::{Census, ReaderClass};
pub use graph::Graph;
pub use operators::{Opens, Operator, all as operators};
pub use options::Options;
pub use vertex::{Scope, Vertex};
pub use ways::Ways;
pub use who::Show;
