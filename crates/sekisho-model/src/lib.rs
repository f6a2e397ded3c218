//! The words of Sekisho as plain data.
//!
//! Every other crate speaks in these types; none of them can hold a secret value. Sources name
//! places ([`Place`]), engines push [`Sighting`]s, [`Finding`]s and [`Problem`]s into a [`Sink`],
//! the [`Ledger`] folds sightings by fingerprint into [`Credential`]s, and [`report::Report`] is
//! what is written, read again, joined and converted.
//!
//! The crate must never do I/O, decide anything about a value, or know of an output format other
//! than the serde form of its own types (`sekisho.report/v1`).
#![forbid(unsafe_code)]

pub mod control;
mod encoding;
mod field;
mod finding;
pub mod item;
mod ledger;
mod location;
mod log_line;
mod place;
pub mod report;
mod shared_str;
mod sighting;
mod sink;
mod span_map;

pub use encoding::Encoding;
pub use field::{Field, FieldKind, Role};
pub use finding::{Finding, Severity, Verdict};
pub use ledger::{Credential, Ledger};
pub use location::{LocationHasher, LocationId};
pub use log_line::{LogMeta, log_line};
pub use place::{CharColumns, GitCommit, GitHistory, ObjectRef, Place, Root, Span, Step, TargetPath};
pub use shared_str::{SharedStr, Texts};
pub use sighting::{Confidence, Copy, Sighting, Tracked};
pub use sink::{Problem, Sink, Suppression};
pub use span_map::SpanMap;
