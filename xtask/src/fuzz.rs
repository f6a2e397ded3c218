//! `cargo xtask fuzz`: libFuzzer over every target in turn, on the stable compiler.
//!
//! Coverage is asked of the compiler with its stable code generation flags, so neither a nightly
//! compiler nor `cargo fuzz` is needed, only a C++ compiler for libFuzzer itself. Each target gets
//! slices of time round robin, so that a run that is cut short has seen them all; what it learnt
//! stays in `fuzz/corpus`, and the record is written after every slice.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::codegen;

/// What `cargo fuzz` passes too, without its sanitizer: edge counters, their table, comparisons.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions -Ccodegen-units=1 --cfg=fuzzing";

/// The longest slice of one target.
const SLICE: Duration = Duration::from_secs(60);
/// A single input may take this long, in seconds.
const TIMEOUT: u32 = 20;
/// The process may grow to this, in MiB: a parser that allocates by what it reads is found out.
const MEMORY: u32 = 1024;

/// What is known of one target so far.
#[derive(Debug, Default, Clone)]
struct Record {
    name: String,
    runs: u64,
    time: Duration,
    slowest: u64,
    memory: u64,
    crashes: Vec<String>,
}

/// Fuzzes every target (or those named) until `total` is over. Returns whether none broke.
///
/// # Errors
/// When the programs do not build or do not run.
pub fn run(root: &Path, total: Duration, only: &[&str]) -> Result<bool> {
    let fuzz = root.join("fuzz");
    let host = host()?;
    let programs = build(root, &host)?;
    seeds(root, &fuzz.join("corpus"))?;
    let names = codegen::fuzz::names(root)?;
    let names = names.into_iter().filter(|name| only.is_empty() || only.contains(&name.as_str()));
    let mut records: Vec<Record> = names.map(|name| Record { name, ..Record::default() }).collect();
    ensure!(!records.is_empty(), "there is no such target");
    let results = fuzz.join("RESULTS.md");
    let mut others = earlier(&fs::read_to_string(&results).unwrap_or_default());
    others.retain(|other| records.iter().all(|record| record.name != other.name));
    // Two rounds at least, so that later targets are not starved by a short run.
    let slice = SLICE.min(total / (2 * u32::try_from(records.len())?)).max(Duration::from_secs(1));
    let end = Instant::now() + total;
    while Instant::now() < end {
        for at in 0..records.len() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            // A target that broke is not run on: it would only find the same again.
            if records[at].crashes.is_empty() {
                fuzz_once(&fuzz, &programs, &mut records[at], slice.min(left))?;
                let mut all = [others.as_slice(), records.as_slice()].concat();
                all.sort_by(|a, b| a.name.cmp(&b.name));
                fs::write(&results, summary(&all, &host))?;
            }
        }
        if records.iter().all(|record| !record.crashes.is_empty()) {
            break;
        }
    }
    Ok(records.iter().all(|record| record.crashes.is_empty()))
}

fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("running rustc")?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc names no host")?.to_owned())
}

/// Builds the programs and tells where they are. A target of its own, so that build scripts and
/// macros are built without the flags.
fn build(root: &Path, host: &str) -> Result<PathBuf> {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from).join("fuzz");
    let status = Command::new("cargo")
        .args(["build", "--release", "--manifest-path", "fuzz/Cargo.toml", "--target", host])
        .current_dir(root)
        .env("RUSTFLAGS", FLAGS)
        .env("CARGO_TARGET_DIR", &target)
        .status()
        .context("running cargo build")?;
    ensure!(status.success(), "the fuzz programs do not build");
    Ok(target.join(host).join("release"))
}

fn seeds(root: &Path, corpus: &Path) -> Result<()> {
    let status = Command::new("cargo")
        .args(["run", "--quiet", "--package", "sekisho-fuzz", "--", "seeds"])
        .arg(corpus)
        .current_dir(root)
        .status()
        .context("running sekisho-fuzz")?;
    ensure!(status.success(), "the seeds were not written");
    Ok(())
}

fn fuzz_once(fuzz: &Path, programs: &Path, record: &mut Record, slice: Duration) -> Result<()> {
    let corpus = fuzz.join("corpus").join(&record.name);
    let artifacts = fuzz.join("artifacts").join(&record.name);
    fs::create_dir_all(&artifacts)?;
    let start = Instant::now();
    let output = Command::new(programs.join(&record.name))
        .arg(&corpus)
        .arg(format!("-max_total_time={}", slice.as_secs().max(1)))
        .arg(format!("-timeout={TIMEOUT}"))
        .arg(format!("-rss_limit_mb={MEMORY}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg(format!("-dict={}.dict", corpus.display()))
        .args(["-max_len=65536", "-print_final_stats=1", "-close_fd_mask=1", "-detect_leaks=0"])
        .stdout(Stdio::null())
        .output()
        .with_context(|| format!("running {}", record.name))?;
    record.time += start.elapsed();
    let log = String::from_utf8_lossy(&output.stderr);
    let stat = |name: &str| -> u64 {
        let line = log.lines().find_map(|line| line.strip_prefix("stat::")?.strip_prefix(name));
        line.and_then(|line| line.trim_start_matches(':').trim().parse().ok()).unwrap_or(0)
    };
    record.runs += stat("number_of_executed_units");
    record.slowest = record.slowest.max(stat("slowest_unit_time_sec"));
    record.memory = record.memory.max(stat("peak_rss_mb"));
    if !output.status.success() {
        let artifact = log.lines().find_map(|line| line.split("Test unit written to ").nth(1));
        let artifact =
            artifact.and_then(|path| Path::new(path).file_name()).map(|name| name.display().to_string());
        record.crashes.push(artifact.unwrap_or_else(|| "without an input".to_owned()));
        fs::write(artifacts.join("log"), log.as_bytes())?;
    }
    Ok(())
}

/// What [`summary`] wrote before: a run over some targets leaves the rows of the others.
fn earlier(text: &str) -> Vec<Record> {
    let row = |line: &str| -> Option<Record> {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let mut next = || cells.next();
        let name = next()?.trim_end_matches('`').to_owned();
        let runs = next()?.parse().ok()?;
        let time = Duration::try_from_secs_f64(60.0 * next()?.parse::<f64>().ok()?).ok()?;
        let (slowest, memory) = (next()?.parse().ok()?, next()?.parse().ok()?);
        let crashes = next()?.trim_end_matches(" |").split(", ").filter(|crash| *crash != "–");
        let crashes = crashes.map(str::to_owned).collect();
        Some(Record { name, runs, time, slowest, memory, crashes })
    };
    text.lines().filter_map(row).collect()
}

/// The record as a document.
fn summary(records: &[Record], host: &str) -> String {
    let total: Duration = records.iter().map(|record| record.time).sum();
    let runs: u64 = records.iter().map(|record| record.runs).sum();
    let broken = records.iter().filter(|record| !record.crashes.is_empty()).count();
    let rows = records.iter().map(|record| {
        let Record { name, runs, slowest, memory, crashes, .. } = record;
        let minutes = record.time.as_secs_f64() / 60.0;
        let crashes = if crashes.is_empty() { "–".to_owned() } else { crashes.join(", ") };
        format!("| `{name}` | {runs} | {minutes:.1} | {slowest} | {memory} | {crashes} |\n")
    });
    format!(
        "# The last long fuzz run of each target

libFuzzer with coverage, round robin, on {host}: {} minutes, {runs} runs, {broken} targets broken.
Inputs up to 64 KiB, at most {TIMEOUT} s and {MEMORY} MiB each. Written by `cargo xtask fuzz --minutes N`.

| target | runs | minutes | slowest run, s | peak memory, MiB | broken by |
|---|---:|---:|---:|---:|---|
{}",
        total.as_secs() / 60,
        rows.collect::<Vec<_>>().concat()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_adds_up() {
        let record = |name: &str, runs, crash: Option<&str>| Record {
            name: name.to_owned(),
            runs,
            time: Duration::from_secs(90),
            crashes: crash.map(str::to_owned).into_iter().collect(),
            ..Record::default()
        };
        let text = summary(&[record("a", 3, None), record("b", 4, Some("crash-1"))], "here");
        assert!(text.contains("3 minutes, 7 runs, 1 targets broken"), "{text}");
        assert!(text.contains("| `b` | 4 | 1.5 | 0 | 0 | crash-1 |"), "{text}");
        assert_eq!(summary(&earlier(&text), "here"), text);
    }
}
