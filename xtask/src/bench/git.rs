//! `cargo xtask bench git`: the history of a repository, beside the scanners that are installed.
//!
//! Peers are run with their defaults over all refs, with validation and update checks off, so that
//! none waits for a network. None of them is installed or fetched by us.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Scratch, program};
use crate::measured::{Run, median, run};

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
    let taken = median(runs, || {
        let mut command = Command::new(&ours);
        command.args(["scan", "--quiet", "--ephemeral-key", "--fail-on", "never", "--format", "json"]);
        command.arg(&target);
        command
    })?;
    ensure!(taken.status == Some(0), "our own scan did not end well");
    out(&row("sekisho", &taken));
    for peer in PEERS {
        if Command::new(peer.program).arg("--version").output().is_err() {
            out(&format!("{:12}  not installed", peer.program));
            continue;
        }
        let taken = median(runs, || {
            let mut command = Command::new(peer.program);
            command.args(peer.before).arg(repository).args(peer.behind);
            command
        });
        let taken = taken.with_context(|| format!("running {}", peer.program))?;
        out(&match taken.status {
            Some(status) if peer.ends.contains(&status) => row(peer.program, &taken),
            other => format!("{:12}  ended with {other:?}", peer.program),
        });
    }
    Ok(())
}

/// Delta = full: scans every version of a copy of `repository` as its packs keep it, and again when
/// each object is packed as a whole, so that nothing is inherited; the two reports must be one.
///
/// # Errors
/// When a program does not build or run, and when the reports differ.
pub fn compare(root: &Path, repository: &Path, out: &mut dyn FnMut(&str)) -> Result<()> {
    let ours = program(root)?;
    let scratch = Scratch::new("git")?;
    let copy = scratch.0.join("copy.git");
    let git = |command: &mut Command| -> Result<()> {
        ensure!(command.status().context("running git")?.success(), "git did not end well");
        Ok(())
    };
    git(Command::new("git").args(["clone", "-q", "--mirror"]).arg(repository).arg(&copy))?;
    let key = scratch.0.join("key");
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&key)?;
    // Any key that is no pattern, the same for both.
    let digits: Vec<String> = (1..=32u32).map(|n| format!("{:02x}", n * n * 37 % 251)).collect();
    file.write_all(digits.concat().as_bytes())?;
    let scan = || {
        let mut command = Command::new(&ours);
        command.args(["scan", "--quiet", "--no-cache", "--every-version", "--fail-on", "never"]);
        // Nothing is folded away: every blob, span, detector and fingerprint is in the report.
        command.args(["--max-copies", "4294967295", "--weak-fingerprints"]);
        command.args(["--format", "json", "--estate-key-file"]).arg(&key);
        run(command.arg("git:copy.git").current_dir(&scratch.0))
    };
    let deltas = scan()?;
    out(&row("deltas", &deltas));
    git(Command::new("git").args(["repack", "-adkfq", "--window=0"]).current_dir(&copy))?;
    let whole = scan()?;
    out(&row("whole", &whole));
    ensure!(deltas.status == Some(0) && whole.status == Some(0), "a scan did not end well");
    ensure!(deltas.output == whole.output, "the reports differ");
    let (copies, bytes) = (copies_of(&whole.output)?, whole.output.len());
    out(&format!("{:12}  {copies} copies in one report of {bytes} bytes", "equal"));
    Ok(())
}

fn row(name: &str, run: &Run) -> String {
    let read = read_of(&run.output).map(|(count, bytes)| {
        format!("  read {count:>8} items, {:8.1} MiB", bytes as f64 / f64::from(1 << 20))
    });
    format!(
        "{name:12}  {:8.2} CPU-s  {:8.2} s wall  peak {:7.1} MiB{}",
        run.cpu.as_secs_f64(),
        run.wall.as_secs_f64(),
        run.peak as f64 / f64::from(1 << 20),
        read.unwrap_or_default(),
    )
}

/// How many copies are in a report of ours.
fn copies_of(report: &[u8]) -> Result<usize> {
    #[derive(serde::Deserialize)]
    struct Credential {
        copies: Vec<serde::de::IgnoredAny>,
    }
    #[derive(serde::Deserialize)]
    struct Report {
        credentials: Vec<Credential>,
    }
    let report: Report = serde_json::from_slice(report).context("reading a report of ours")?;
    Ok(report.credentials.iter().map(|credential| credential.copies.len()).sum())
}

/// How many items and bytes a scanner says that it read: ours in its coverage, kingfisher in the
/// summary behind its findings; the others do not say.
fn read_of(output: &[u8]) -> Option<(u64, u64)> {
    let values = serde_json::Deserializer::from_slice(output).into_iter::<Value>();
    values.map_while(Result::ok).find_map(|value| {
        let ours = value["coverage"].as_array().and_then(|all| all.iter().find(|one| one["source"] == "git"));
        let number = |of: &Value, name: &str| of[name].as_u64();
        match ours {
            Some(ours) => number(ours, "items").zip(number(ours, "bytes")),
            None => number(&value, "blobs_scanned").zip(number(&value, "bytes_scanned")),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_row_says_time_and_memory_and_what_was_read() {
        let (cpu, wall) = (Duration::from_millis(3500), Duration::from_millis(2250));
        let ours = br#"{"coverage": [{"source": "dir", "items": 1}, {"source": "git", "items": 7, "bytes": 2097152}]}"#;
        let run =
            Run { cpu, wall, peak: 150 << 20, output: ours.to_vec(), status: Some(0), ..Run::default() };
        let line = row("sekisho", &run);
        for part in ["3.50 CPU-s", "2.25 s wall", "150.0 MiB", "7 items", "2.0 MiB"] {
            assert!(line.contains(part), "{line}");
        }
        let theirs = b"{\"findings\": []}\n{\"blobs_scanned\": 9, \"bytes_scanned\": 10}\n";
        assert_eq!(read_of(theirs), Some((9, 10)));
        assert_eq!(read_of(b"no json"), None);
    }
}
