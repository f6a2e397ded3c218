//! `convert`: a saved JSON report in another format.

use crate::cli::{ConvertArgs, Global};
use crate::exit::Status;
use crate::output;

/// Reads, writes, and decides nothing.
pub(super) fn run(args: &ConvertArgs, global: &Global) -> anyhow::Result<Status> {
    output::write_report(&read_report(&args.report)?, &args.output, global)?;
    Ok(Status::Clean)
}

/// Reads a JSON report; `-` is standard input.
pub(super) fn read_report(path: &std::path::Path) -> anyhow::Result<sekisho_model::report::Report> {
    use anyhow::Context as _;
    let bytes = super::read_input(path)?;
    sekisho_report::read(&bytes).with_context(|| format!("reading the report {}", path.display()))
}
