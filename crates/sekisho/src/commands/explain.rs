//! `explain`: what a detector or check looks for, why it matters and what to do.

use std::fmt::Write as _;

use anyhow::bail;
use sekisho_detectors::Detector;
use sekisho_examine::checks::{self, Check};
use sekisho_model::control;

use crate::cli::ExplainArgs;
use crate::exit::Status;
use crate::output;

/// Prints the page of `args.id`, or names the ids that come close.
pub(super) fn run(args: &ExplainArgs) -> anyhow::Result<Status> {
    let id = args.id.as_str();
    let page = if let Some(detector) = sekisho_detectors::find(id) {
        of_detector(detector)
    } else if let Some(check) = checks::ALL.iter().find(|check| check.id == id) {
        of_check(check)
    } else {
        let near = near(id);
        if near.is_empty() {
            bail!("no detector or check is called {id:?}; `sekisho detectors list` names all");
        }
        bail!("no detector or check is called {id:?}; there is {}", near.join(", "));
    };
    output::print(&page)?;
    Ok(Status::Clean)
}

/// Ids that share the name or a part of it.
fn near(id: &str) -> Vec<&'static str> {
    let all = sekisho_detectors::ALL.iter().map(|d| d.id).chain(checks::ALL.iter().map(|c| c.id));
    let parts: Vec<&str> = id.split(['/', '-', ' ']).filter(|part| part.len() > 2).collect();
    all.filter(|known| parts.iter().any(|part| known.contains(part))).take(6).collect()
}

fn of_detector(detector: &Detector) -> String {
    let mut page = format!("{}\n{}\n", detector.title, detector.id);
    let grade = format!("{}, {} confidence", detector.severity.as_str(), detector.confidence.as_str());
    section(&mut page, "Grade", &grade);
    section(&mut page, "What", detector.what);
    section(&mut page, "Why", detector.why);
    section(&mut page, "Fix", detector.fix);
    controls(&mut page, detector.controls);
    section(&mut page, "References", &detector.references.join("\n"));
    page
}

fn of_check(check: &Check) -> String {
    let mut page = format!("{}\n{}\n", check.title, check.id);
    section(&mut page, "Why", &sentence(check.reason));
    section(&mut page, "Fix", &sentence(check.fix));
    controls(&mut page, check.controls);
    page
}

fn controls(page: &mut String, ids: &[&str]) {
    let lines: Vec<String> = ids
        .iter()
        .map(|id| format!("{id}  {}", control::url(id).unwrap_or_default()).trim_end().to_owned())
        .collect();
    section(page, "Controls", &lines.join("\n"));
}

/// `text` with a capital and a full stop, as the reasons and remedies of checks are not written.
fn sentence(text: &str) -> String {
    let (first, rest) = text.split_at(text.len().min(1));
    format!("{}{rest}.", first.to_ascii_uppercase())
}

/// A heading and a text wrapped at 80 columns, indented.
fn section(page: &mut String, heading: &str, text: &str) {
    let _infallible = writeln!(page, "\n{heading}");
    for paragraph in text.lines() {
        let mut line = String::from(" ");
        for word in paragraph.split_whitespace() {
            if line.len() + 1 + word.len() > 80 && line.len() > 1 {
                let _infallible = writeln!(page, "{line}");
                line = String::from(" ");
            }
            line.push(' ');
            line.push_str(word);
        }
        let _infallible = writeln!(page, "{line}");
    }
}
