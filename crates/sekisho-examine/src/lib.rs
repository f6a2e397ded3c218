//! The hallway: one item in, sightings, findings and problems out.
//!
//! This is the only place where unpacking, matching, manifests and detectors meet. The
//! [`Examiner`] takes an item from a source, opens what it is made of (archives, compressed
//! streams, UTF-16, manifests and their fields, encoded runs), lets the engine look for candidates
//! in every text that comes to light, takes the verdicts, and pushes what is left into a
//! [`Sink`](sekisho_model::Sink), with places that speak of the innermost file.
//!
//! It never does I/O of its own, never lets a value out (sightings hold fingerprints), and leaves
//! nothing out silently: what could not be looked at is a problem.
#![forbid(unsafe_code)]

pub mod checks;
mod containers;
mod documents;
mod emit;
mod examiner;
mod fields;
mod ground;
mod inherited;
mod keys;
mod memo;
mod pending;
mod soften;
mod text;
mod why;
mod words;

pub use examiner::{Content, Examiner, Item, Options, Scanned};
pub use inherited::Inherited;
pub use why::{Decision, Outcome};
