//! `cargo xtask bench`: what the house promises of speed and memory, measured.
//!
//! The program is measured as a user runs it, in a process of its own: the CPU time that it took
//! (user and system, so that other work on the machine does not count), and its largest resident
//! set (`VmHWM`), as the kernel tells both. Each measurement is the median of several runs, over
//! files that are in the page cache. Linux only.

pub mod etcd;
pub mod git;
pub mod scan;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// Clock ticks of `/proc/PID/stat` in a second (`USER_HZ`, 100 on every architecture).
const TICKS: f64 = 100.0;
/// How often the memory of a running program is looked at. Its peak only rises, so no more than
/// what it takes in its last such moment is missed.
const GLANCE: Duration = Duration::from_millis(5);

/// What one run took.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Run {
    /// Seconds of one core.
    cpu: f64,
    /// The largest resident set, in KiB.
    peak: u64,
}

/// The median of the times and the largest of the peaks.
fn fold(mut runs: Vec<Run>) -> Option<Run> {
    runs.sort_by(|a, b| a.cpu.total_cmp(&b.cpu));
    let peak = runs.iter().map(|run| run.peak).max()?;
    Some(Run { cpu: runs.get(runs.len() / 2)?.cpu, peak })
}

/// The program, built with all optimisations.
fn program(root: &Path) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let build = ["build", "--release", "--quiet", "--package", "sekisho"];
    let built = Command::new(cargo).args(build).current_dir(root).status().context("running cargo")?;
    ensure!(built.success(), "the program does not build");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("release/sekisho"))
}

/// Runs a program to its end, without its output. It must end with `status`.
fn run(command: &mut Command, status: i32) -> Result<Run> {
    run_to(command, &[status])
}

/// [`run`] for programs that may end in several ways.
fn run_to(command: &mut Command, statuses: &[i32]) -> Result<Run> {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("running")?;
    let taken = watch(&child);
    let ended = child.wait().context("waiting")?;
    let as_expected = ended.code().is_some_and(|code| statuses.contains(&code));
    ensure!(as_expected, "the program ended with {ended}");
    taken
}

/// Watches a child until it has ended; it is not yet waited for then, so its times can be read.
fn watch(child: &Child) -> Result<Run> {
    let at = PathBuf::from(format!("/proc/{}", child.id()));
    let mut peak = 0;
    loop {
        let status = fs::read_to_string(at.join("status")).context("reading /proc")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = peak.max(kib.unwrap_or(0));
        let stat = fs::read_to_string(at.join("stat")).context("reading /proc")?;
        // Behind the name, which is in brackets: the state, and as 12th and 13th the times.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        if fields.first() == Some(&"Z") {
            let ticks = |n: usize| fields.get(n)?.parse::<f64>().ok();
            let cpu = ticks(11).zip(ticks(12)).context("no times in /proc")?;
            return Ok(Run { cpu: (cpu.0 + cpu.1) / TICKS, peak });
        }
        std::thread::sleep(GLANCE);
    }
}

/// A directory that goes when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("sekisho-bench-{name}-{}", std::process::id()));
        fs::create_dir(&path).with_context(|| format!("making {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left is in the system's temporary directory.
        let _gone = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_measured() {
        let spin = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; exit 3";
        let taken = run(Command::new("sh").args(["-c", spin]), 3).unwrap();
        assert!(taken.cpu > 0.0 && taken.peak > 100, "{taken:?}");
        assert!(run(&mut Command::new("true"), 1).is_err());
    }

    #[test]
    fn the_median_is_taken() {
        let runs = [3.0, 1.0, 2.0].map(|cpu| Run { cpu, peak: cpu as u64 }).to_vec();
        assert_eq!(fold(runs), Some(Run { cpu: 2.0, peak: 3 }));
        assert_eq!(fold(Vec::new()), None);
    }
}
