//! What a credential looks like, and what only looks like one.
//!
//! Two kinds of knowledge live here. *Detectors* say where a credential may stand: a file per kind
//! under `detectors/`, a pattern around keywords with the provider's own words behind it, or code
//! where a pattern cannot say it. The *verdict* says whether one does: it weighs the value, its
//! surroundings and the kind of file ([`judge`]), or a key and its value where the structure of a
//! document is known ([`judge_pair`]), and always gives its reason.
//!
//! The table of detectors is generated and constant; nothing is parsed or compiled at start-up.
//! This crate must never do I/O, and a value must never get into a reason, an error or a `Debug`
//! form.
#![forbid(unsafe_code)]

mod assignment;
mod canonical;
mod checksum;
mod detector;
mod detectors;
mod examples;
#[rustfmt::skip]
mod generated;
mod jwt;
mod key;
mod known;
mod pair;
mod passage;
mod path_kind;
mod pem;
mod placeholder;
mod reason;
mod value;
mod verdict;
mod weigh;
mod words;

pub use canonical::{Canonical, canonical_form};
pub use checksum::Checksum;
pub use detector::{
    ALL, Detector, Evidence, Example, Form, Logic, find, join_example, rules, ruleset_digest,
};
pub use examples::{ExampleResult, Outcome, test_examples};
pub use key::{KeyClass, KeyReading, MAX_KEY, Noun, PublicName, public_key_name, read_key};
pub use pair::{PairVerdict, Public, judge_pair};
pub use passage::Passages;
pub use path_kind::{FileForm, HEAD, PathKind, Setting, path_kind};
pub use reason::Reason;
pub use verdict::{Context, Verdict, is_common as is_common_password, judge};
