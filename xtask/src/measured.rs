//! A program that is run to its end, with what it cost.
//!
//! CPU time is the difference of what the kernel has counted for our ended children, so threads and
//! children of the program are in it; its grain is a clock tick (10 ms). Memory is the high-water
//! mark of the program itself and of what it started, summed, read while it runs. Linux only: on other
//! systems both are 0.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Clock ticks per second, which Linux fixes for user space.
const TICKS: u64 = 100;
/// How often memory is read.
const POLL: Duration = Duration::from_millis(5);

/// What a run gave and what it cost.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// What it wrote to standard output.
    pub output: Vec<u8>,
    /// The end of what it wrote to standard error, on one line.
    pub complaint: String,
    /// Its exit status, unless a signal ended it.
    pub status: Option<i32>,
    /// User and system time.
    pub cpu: Duration,
    /// Time on the clock.
    pub wall: Duration,
    /// Most memory that it held at once, in bytes.
    pub peak: u64,
}

/// Bytes of standard error that are kept.
const COMPLAINT: usize = 240;

/// Runs `command` to its end.
///
/// # Errors
/// When it cannot be started.
pub fn run(command: &mut Command) -> Result<Run> {
    run_within(command, Duration::MAX)
}

/// Runs `command` to its end, or until it has taken longer than it may: then it is stopped, has no status, and
/// its complaint says so.
///
/// # Errors
/// When it cannot be started.
pub fn run_within(command: &mut Command, limit: Duration) -> Result<Run> {
    let name = command.get_program().to_string_lossy().into_owned();
    let (before, start) = (children_cpu(), Instant::now());
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {name}"))?;
    let id = child.id();
    let output = drained(child.stdout.take().context("the child has no standard output")?);
    let errors = drained(child.stderr.take().context("the child has no standard error")?);
    let (mut peak, mut stopped) = (0, false);
    let status = loop {
        peak = peak.max(memory(id));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > limit {
            child.kill().context("stopping it")?;
            stopped = true;
            break child.wait()?;
        }
        std::thread::sleep(POLL);
    };
    let wall = start.elapsed();
    let output = output.join().ok().context("reading what it wrote")??;
    let said = last_line(&errors.join().ok().context("reading what it complained about")??);
    let complaint = if stopped { format!("stopped after {} s", limit.as_secs()) } else { said };
    let cpu = children_cpu().saturating_sub(before);
    Ok(Run { output, complaint, status: status.code(), cpu, wall, peak })
}

/// Reads a pipe to its end, so that who writes to it never waits.
fn drained(mut pipe: impl Read + Send + 'static) -> JoinHandle<std::io::Result<Vec<u8>>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        std::io::copy(&mut pipe, &mut bytes).map(|_| bytes)
    })
}

/// The last line that says something, cut to what a table can hold.
fn last_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(COMPLAINT).collect()
}

/// The run with the median CPU time of several.
///
/// # Errors
/// As [`run`].
pub fn median(rounds: usize, mut command: impl FnMut() -> Command) -> Result<Run> {
    let mut runs = (0..rounds.max(1)).map(|_| run(&mut command())).collect::<Result<Vec<_>>>()?;
    runs.sort_by_key(|run| run.cpu);
    let middle = runs.len() / 2;
    Ok(runs.swap_remove(middle))
}

/// User and system time of our ended children: fields 16 and 17 of `/proc/self/stat`.
fn children_cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field is a name in parentheses, which may hold blanks.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks: u64 =
        fields.split_ascii_whitespace().skip(13).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1000 / TICKS)
}

/// `VmHWM` of a process and of those that it started.
fn memory(process: u32) -> u64 {
    let folder = Path::new("/proc").join(process.to_string());
    let status = fs::read_to_string(folder.join("status")).unwrap_or_default();
    let own = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let own = own.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or(0) << 10;
    let children = fs::read_to_string(folder.join("task").join(process.to_string()).join("children"));
    let children = children.unwrap_or_default();
    own + children.split_ascii_whitespace().filter_map(|id| id.parse().ok()).map(memory).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_tells_output_status_and_cost() {
        let run = run(Command::new("sh").args(["-c", "echo said; echo 'no such flag' >&2; exit 3"])).unwrap();
        assert_eq!((&run.output[..], run.status), (&b"said\n"[..], Some(3)));
        assert_eq!(run.complaint, "no such flag");
        assert!(run.wall > Duration::ZERO);
        let slow = run_within(Command::new("sleep").arg("60"), Duration::from_millis(50)).unwrap();
        assert_eq!((slow.status, slow.complaint.as_str()), (None, "stopped after 0 s"));
        let busy = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        let run = super::run(Command::new("sh").args(["-c", busy])).unwrap();
        if cfg!(target_os = "linux") {
            assert!(run.cpu > Duration::ZERO && run.peak > 0, "{run:?}");
        }
    }
}
