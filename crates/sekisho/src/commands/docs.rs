//! `completions` and `man`: made from the command line's own types.

use std::path::Path;

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::exit::Status;

/// Completions for a shell, on standard output.
pub(super) fn completions(shell: clap_complete::Shell) -> anyhow::Result<Status> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "sekisho", &mut script);
    crate::output::print(&String::from_utf8_lossy(&script))?;
    Ok(Status::Clean)
}

/// One man page per verb, `sekisho.1`, `sekisho-scan.1`, …
pub(super) fn man(directory: &Path) -> anyhow::Result<Status> {
    clap_mangen::generate_to(Cli::command(), directory)
        .with_context(|| format!("writing man pages into {}", directory.display()))?;
    Ok(Status::Clean)
}
