//! Reports in every format: [`ALL`] of them, one file each in `formats`.
//!
//! A format turns a [`Report`](sekisho_model::report::Report) into bytes and knows nothing else:
//! neither how things are found nor where the bytes go. Only `json` and `jsonl`, our own, carry the
//! fingerprints of values; every other format carries the location ids, which need no key and hold
//! nothing of a value. A preview is what the report has, nothing is added to it.
//!
//! Everything in a report is foreign, its own sentences included: it may have been written by
//! whoever sent it. So no format writes a text that has not passed [`escape`], and none trusts a
//! number or a list to be of a sane size.
//!
//! The same report and options give the same bytes: there is no clock here, and where a format asks
//! for times the caller hands them in.
#![forbid(unsafe_code)]

pub mod escape;
mod formats;
mod json;
mod layout;
mod next_step;
mod options;
mod read;
mod schema;
mod view;
mod words;

pub use formats::{ALL, Format, find};
pub use json::pretty as write_json;
pub use next_step::next_step;
pub use options::{Guide, Options, Times};
pub use read::{ConvertError, ReadError, convert, read};
pub use schema::{SCHEMA_FILE, schema};
