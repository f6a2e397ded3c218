//! `join`: several reports under one key as one.

use sekisho_model::report::Report;

use super::convert::read_report;
use crate::cli::{Global, JoinArgs};
use crate::exit::Status;
use crate::output;

/// Reads all, joins, writes.
pub(super) fn run(args: &JoinArgs, global: &Global) -> anyhow::Result<Status> {
    let reports = args.reports.iter().map(|path| read_report(path)).collect::<anyhow::Result<Vec<_>>>()?;
    output::write_report(&Report::join(reports)?, &args.output, global)?;
    Ok(Status::Clean)
}
