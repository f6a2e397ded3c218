//! What is set aside and why: inline markers, ignore files, baselines.
//!
//! Three ways to live with a finding, from the narrowest to the widest: a marker beside the value
//! ([`marked`]), an entry of an ignore file with a reason, an owner and a day on which it ends
//! ([`IgnoreFile`]), and a baseline that takes everything known so far and lets only new things
//! through ([`Baseline`]). Those who come from another scanner bring its markers and its baseline
//! along ([`rivals`]).
//!
//! All of it may stand in a target that is not trusted, so it can only take away, every case is
//! counted by the caller, and each file is bounded before it is parsed. Nothing here does I/O or
//! knows a clock: the caller reads the files and says what day it is. Errors name the file's line
//! and the entry's number, never its content.
#![forbid(unsafe_code)]

mod baseline;
mod ignore_file;
mod inline;
mod path_pattern;
pub mod rivals;
mod selector;

pub use baseline::{BASELINE_SCHEMA, Baseline, BaselineEntry, BaselineError};
pub use ignore_file::{
    EntryError, IGNORE_FILE_MAX, IGNORE_FILE_NAME, IgnoreError, IgnoreFile, Remark, RemarkKind,
};
pub use inline::{Marker, marked, may_mark};
pub use jiff::civil::Date;
pub use path_pattern::{PathPatterns, PatternError};
