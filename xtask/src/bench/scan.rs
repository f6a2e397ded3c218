//! `cargo xtask bench scan DIR`: `sekisho scan` and the engine, beside the peers that are installed.
//!
//! Every program scans the directory once to warm the page cache, and then as often as asked; the
//! run with the median CPU time counts. Of one small file only the time on the clock matters.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{Scratch, program};
use crate::eval::{Scanner, peers};
use crate::measured;

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
        let reports = match scanner.scan(&data, &scratch.0) {
            Ok((reports, _)) if !reports.is_empty() => reports.len(),
            Ok(_) => {
                out(&format!("{:<16} reported nothing: not measured", scanner.name));
                continue;
            }
            Err(error) => {
                out(&format!("{:<16} not measured: {error}", scanner.name));
                continue;
            }
        };
        let report = scratch.0.join(format!("{}.json", scanner.name));
        let run = measured::median(runs, || scanner.command(&data, &report))?;
        let one = measured::median(5, || scanner.command(&small, &report))?;
        out(&format!(
            "{:<16} {:>9.2} {:>9.2} {:>9} {:>9} {:>14}",
            scanner.name,
            run.cpu.as_secs_f64(),
            run.wall.as_secs_f64(),
            run.peak >> 20,
            reports,
            one.wall.as_millis()
        ));
    }
    engine(root, &data, out)
}

/// The engine by itself, in the bench of the crate that has the detectors.
fn engine(root: &Path, data: &Path, out: &mut dyn FnMut(&str)) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments =
        ["bench", "--quiet", "--package", "sekisho-detectors", "--bench", "engine", "--", "--needles"];
    let run = measured::run(Command::new(cargo).args(arguments).arg("100000").arg(data).current_dir(root))?;
    ensure!(run.status == Some(0), "the engine's bench does not build or run");
    out("\nthe engine on one core, in memory:");
    String::from_utf8_lossy(&run.output).lines().for_each(out);
    Ok(())
}
