//! `json`: the contract, `sekisho.report/v1`.
//!
//! The report as it is, in the order of its types, for whatever reads it next: [`read`](crate::read),
//! `join`, baselines, `convert`. Its schema is committed (see [`schema`](crate::schema)).

use std::io::{self, Write};

use sekisho_model::report::Report;

use super::Format;
use crate::options::Options;

/// See the module.
#[derive(Debug)]
pub(super) struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn description(&self) -> &'static str {
        "Everything, as sekisho.report/v1: for join, convert, baselines and your own programs"
    }

    fn extension(&self) -> &'static str {
        "json"
    }

    fn write(&self, report: &Report, _: &Options, out: &mut dyn Write) -> io::Result<()> {
        crate::json::pretty(report, out)
    }
}
