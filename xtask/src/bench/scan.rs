//! `cargo xtask bench scan DIR`: `sekisho scan` and the engine, beside the peers that are installed.
//!
//! Every program scans the directory once to warm the page cache, and then as often as asked; the
//! run with the median CPU time counts. Of who takes more than a minute the first run counts, and the
//! table says so. Of one small file only the time on the clock matters.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::{Scratch, program};
use crate::eval::{Scanner, peers};
use crate::measured;

/// Whoever takes longer on the clock is not run again.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures the directory `data` and prints the table.
///
/// # Errors
/// When something does not build or run.
pub fn measure(root: &Path, data: &Path, runs: usize, out: &mut dyn FnMut(&str)) -> Result<()> {
    let data = data.canonicalize().with_context(|| format!("{} is not there", data.display()))?;
    let scratch = Scratch::new("scan")?;
    let small = scratch.0.join("small");
    std::fs::create_dir(&small)?;
    std::fs::write(small.join("app.env"), "PORT=8080\nLOG_LEVEL=info\n".repeat(20))?;
    let mut scanners = vec![Scanner::sekisho(program(root)?)];
    scanners.extend(peers());
    out(&format!(
        "{:<16} {:>9} {:>9} {:>9} {:>9} {:>14}",
        "", "CPU-s", "clock s", "peak MiB", "reports", "one file, ms"
    ));
    for scanner in &scanners {
        // Whoever does not scan is quick: the first run must have told something that can be read.
        let (reports, first) = match scanner.scan(&data, &scratch.0) {
            Ok((reports, first)) if !reports.is_empty() => (reports.len(), first),
            Ok((_, first)) => {
                out(&format!("{:<16} reported nothing: not measured: {}", scanner.name, first.complaint));
                continue;
            }
            Err(error) => {
                out(&format!("{:<16} not measured: {error}", scanner.name));
                continue;
            }
        };
        let report = scratch.0.join(format!("{}.json", scanner.name));
        let once = first.wall > PATIENCE;
        let run = if once { first } else { measured::median(runs, || scanner.command(&data, &report))? };
        let one = measured::median(5, || scanner.command(&small, &report))?;
        out(&format!(
            "{:<16} {:>9.2} {:>9.2} {:>9} {:>9} {:>14}{}",
            scanner.name,
            run.cpu.as_secs_f64(),
            run.wall.as_secs_f64(),
            run.peak >> 20,
            reports,
            one.wall.as_millis(),
            if once { "  (one run)" } else { "" }
        ));
    }
    engine(root, &data, out)
}

/// The engine by itself, in the bench of the crate that has the detectors. Building it takes minutes where
/// nothing is built yet, and running it seconds: it bounds what it reads and how often.
fn engine(root: &Path, data: &Path, out: &mut dyn FnMut(&str)) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let bench = |more: &[&str]| {
        let mut command = Command::new(&cargo);
        let arguments = ["bench", "--quiet", "--package", "sekisho-detectors", "--bench", "engine"];
        command.args(arguments).args(more).current_dir(root);
        command
    };
    out("\nbuilding the engine's bench …");
    let built = measured::run(&mut bench(&["--no-run"]))?;
    ensure!(built.status == Some(0), "the engine's bench does not build: {}", built.complaint);
    let run = measured::run(bench(&["--", "--needles", "100000"]).arg(data))?;
    ensure!(run.status == Some(0), "the engine's bench does not run: {}", run.complaint);
    out("\nthe engine on one core, in memory:");
    String::from_utf8_lossy(&run.output).lines().for_each(out);
    Ok(())
}
