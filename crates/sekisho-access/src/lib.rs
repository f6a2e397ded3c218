//! Who can obtain the value of a Secret, by which path, and what to cut.
//!
//! The ground is [`rbac`]: Kubernetes' own rules, compared literally and never globbed, held to
//! decisions recorded from a real API server.
//!
//! It must never do I/O, never hold a value, and never say more than the inventory shows: what was
//! not looked at is named in every answer, and other authorizers than RBAC and Node are unknown.
#![forbid(unsafe_code)]

pub mod rbac;
