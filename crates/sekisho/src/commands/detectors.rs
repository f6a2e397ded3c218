//! `detectors`: list them, and run every detector's own examples.

use std::fmt::Write as _;

use sekisho_detectors::Outcome;
use sekisho_examine::checks;

use crate::cli::DetectorsCommand;
use crate::exit::Status;
use crate::output;

/// Lists or tests.
pub(super) fn run(command: &DetectorsCommand) -> anyhow::Result<Status> {
    match command {
        DetectorsCommand::List => list(),
        DetectorsCommand::Test => test(),
    }
}

fn list() -> anyhow::Result<Status> {
    let mut text = String::new();
    for detector in &sekisho_detectors::ALL {
        let _infallible =
            writeln!(text, "{:<44} {:<8} {}", detector.id, detector.severity.as_str(), detector.title);
    }
    for check in &checks::ALL {
        let _infallible = writeln!(text, "{:<44} {:<8} {}", check.id, "check", check.title);
    }
    output::print(&text)?;
    Ok(Status::Clean)
}

fn test() -> anyhow::Result<Status> {
    let results = sekisho_detectors::test_examples()?;
    let mut text = String::new();
    let mut failed = 0;
    for result in &results {
        let what = match result.outcome {
            Outcome::Good => continue,
            Outcome::Missed => "is missed",
            Outcome::OtherValue => "is found with another value",
            Outcome::FalseAlarm => "is a false alarm",
        };
        failed += 1;
        let list = if result.must_match { "match" } else { "no_match" };
        let _infallible = writeln!(text, "{}: [[{list}]] {} {what}", result.detector, result.index + 1);
    }
    let passed = results.len() - failed;
    let _infallible = writeln!(
        text,
        "{passed} examples of {} detectors passed, {failed} failed",
        sekisho_detectors::ALL.len()
    );
    output::print(&text)?;
    Ok(if failed == 0 { Status::Clean } else { Status::Found })
}
