//! One file per verb.

pub(crate) mod answers;
mod baseline;
mod convert;
mod demo;
mod detectors;
mod docs;
mod explain;
mod join;
mod key;
mod needles;
pub(crate) mod opening;
pub(crate) mod prove;
pub(crate) mod rbac;
pub(crate) mod reach;
mod scan;
pub(crate) mod who;

pub(crate) use self::needles::NeedleSource;
use crate::cli::{Cli, Command};
use crate::exit::Status;

/// Runs the verb.
pub(crate) fn run(cli: &Cli) -> anyhow::Result<Status> {
    let global = &cli.global;
    match &cli.command {
        Command::Scan(args) => scan::run(args, global),
        Command::Who(args) => who::run(args, global),
        Command::Reach(args) => reach::run(args, global),
        Command::Demo(args) => demo::run(args, global),
        Command::Explain(args) => explain::run(args),
        Command::Detectors(command) => detectors::run(command),
        Command::Key(command) => key::run(command, global),
        Command::Prove(args) => prove::run(args, global),
        Command::Rbac(args) => rbac::run(args),
        Command::Convert(args) => convert::run(args, global),
        Command::Join(args) => join::run(args, global),
        Command::Baseline(command) => baseline::run(command, global),
        Command::Completions { shell } => docs::completions(*shell),
        Command::Man { directory } => docs::man(directory),
    }
}

/// Reads a whole file that the user named; `-` is standard input.
fn read_input(path: &std::path::Path) -> anyhow::Result<Vec<u8>> {
    use std::io::Read as _;

    use anyhow::Context as _;
    if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).context("reading standard input")?;
        return Ok(bytes);
    }
    std::fs::read(path).with_context(|| format!("reading {}", path.display()))
}
