//! `cargo xtask bench git`: the history of a repository, beside the scanners that are installed.
//!
//! Peers are run with their defaults over all refs, with validation and update checks off, so that
//! none waits for a network. None of them is installed or fetched by us.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Run, fold, program, run_to};

/// Another scanner: its program, its arguments before and behind the repository, and how it may end.
struct Peer {
    program: &'static str,
    before: &'static [&'static str],
    behind: &'static [&'static str],
    ends: &'static [i32],
}

const PEERS: &[Peer] = &[
    Peer {
        program: "kingfisher",
        before: &["scan"],
        behind: &["--no-validate", "--no-update-check", "--format", "json"],
        ends: &[0, 200, 205],
    },
    Peer {
        program: "betterleaks",
        before: &["git"],
        behind: &["--no-banner", "--exit-code", "0"],
        ends: &[0],
    },
    Peer { program: "gitleaks", before: &["git"], behind: &["--no-banner", "--exit-code", "0"], ends: &[0] },
];

/// Measures every scanner that is there and prints a line for each.
///
/// # Errors
/// When our own program does not build or run.
pub fn measure(root: &Path, repository: &Path, runs: usize, out: &mut dyn FnMut(&str)) -> Result<()> {
    let ours = program(root)?;
    let target = format!("git:{}", repository.display());
    let median = |one: &dyn Fn() -> Result<Run>| {
        fold((0..runs.max(1)).map(|_| one()).collect::<Result<_>>()?).context("no run")
    };
    let taken = median(&|| {
        let mut command = Command::new(&ours);
        command.args(["scan", "--quiet", "--ephemeral-key", "--fail-on", "never", "--format", "json"]);
        run_to(command.arg(&target), &[0])
    })?;
    out(&row("sekisho", taken));
    for peer in PEERS {
        let version = Command::new(peer.program).arg("--version").output();
        if version.is_err() {
            out(&format!("{:12}  not installed", peer.program));
            continue;
        }
        let taken = median(&|| {
            let mut command = Command::new(peer.program);
            run_to(command.args(peer.before).arg(repository).args(peer.behind), peer.ends)
        });
        out(&taken
            .map_or_else(|error| format!("{:12}  {error}", peer.program), |taken| row(peer.program, taken)));
    }
    Ok(())
}

fn row(name: &str, taken: Run) -> String {
    format!("{name:12}  {:8.2} CPU-s  peak {:7.1} MiB", taken.cpu, taken.peak as f64 / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_time_and_memory() {
        let line = row("sekisho", Run { cpu: 3.5, peak: 150 << 10 });
        assert!(line.contains("3.50 CPU-s") && line.contains("150.0 MiB"), "{line}");
    }
}
