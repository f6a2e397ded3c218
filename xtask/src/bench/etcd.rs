//! `cargo xtask bench etcd`: `sekisho prove` over a big store.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Read as _};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use sekisho_etcd::sample::running_cluster;

use super::{Run, Scratch, fold, program, run};

/// Bytes of the image that the promise is made for.
pub const SIZE: u64 = 4 << 30;
/// GB/s of one core without hashing, and with one SHA-256.
const LEAST: [f64; 2] = [1.5, 0.8];
/// KiB at most, whatever the size.
const PEAK: u64 = 100 << 10;

/// Measures, prints, and says whether the promise is kept.
///
/// # Errors
/// When the image cannot be written, or the program does not build or run.
pub fn measure(root: &Path, size: u64, runs: usize, out: &mut dyn FnMut(&str)) -> Result<bool> {
    let program = program(root)?;
    let scratch = Scratch::new("etcd")?;
    let image = scratch.0.join("db");
    let mut file = BufWriter::with_capacity(1 << 20, File::create(&image).context("making the image")?);
    running_cluster(&mut file, size).context("writing the image")?;
    drop(file);
    let bytes = fs::metadata(&image)?.len();
    out(&format!("{:.2} GB, one core ({}), SHA-256 by {}", bytes as f64 / 1e9, model(), sha_extension()));
    let mut kept = true;
    for (hash, least) in [false, true].into_iter().zip(LEAST) {
        warm(&image)?;
        let one = || {
            let mut command = Command::new(&program);
            command.args(["prove", "--quiet", "--ephemeral-key", "--format", "json"]).arg(&image);
            command.args((!hash).then_some("--no-hash"));
            run(&mut command, 0)
        };
        let taken = fold((0..runs.max(1)).map(|_| one()).collect::<Result<_>>()?).context("no run")?;
        let (line, holds) = verdict(bytes, hash, taken, least);
        out(&line);
        kept &= holds;
    }
    Ok(kept)
}

fn verdict(bytes: u64, hash: bool, taken: Run, least: f64) -> (String, bool) {
    let rate = bytes as f64 / taken.cpu / 1e9;
    let holds = rate >= least && taken.peak <= PEAK;
    let mut line = String::from(if hash { "with one SHA-256" } else { "without hashing " });
    let _infallible = write!(
        line,
        "  {rate:.2} GB/s ({:.2} s; promised {least})  peak {:.1} MiB (promised {})  {}",
        taken.cpu,
        taken.peak as f64 / 1024.0,
        PEAK >> 10,
        if holds { "holds" } else { "DOES NOT HOLD" }
    );
    (line, holds)
}

/// Reads the file once, so that it lies in the page cache.
fn warm(path: &Path) -> Result<()> {
    let (mut file, mut buffer) = (File::open(path)?, vec![0; 1 << 20]);
    while file.read(&mut buffer)? > 0 {}
    Ok(())
}

fn model() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = cpu.lines().find(|line| line.starts_with("model name"));
    line.and_then(|line| line.split(": ").nth(1)).unwrap_or("model unknown").to_owned()
}

/// The CPU's own instructions for SHA-256, which the `sha2` crate uses where they are.
fn sha_extension() -> &'static str {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let has = |flag: &str| cpu.split_whitespace().any(|word| word == flag);
    match () {
        () if has("sha_ni") => "the CPU's SHA extension (sha_ni)",
        () if has("sha2") => "the CPU's SHA extension (ARMv8 sha2)",
        () => "software: the CPU has no SHA extension",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_that_is_not_kept_is_told() {
        let fast = Run { cpu: 1.0, peak: 50 << 10 };
        let (line, holds) = verdict(2_000_000_000, false, fast, 1.5);
        assert!(holds && line.contains("2.00 GB/s"), "{line}");
        assert!(!verdict(1_000_000_000, false, fast, 1.5).1);
        assert!(!verdict(2_000_000_000, false, Run { peak: 101 << 10, ..fast }, 1.5).1);
    }
}
