//! `gitlab`: GitLab's secret detection report, `gl-secret-detection-report.json`.
//!
//! Schema 15.0.7, which every GitLab since 15.8 takes. One vulnerability for each copy and for each
//! finding about a whole object, as in `sarif`, named by the location id: GitLab follows it through
//! `tracking` when lines move. `raw_source_code_extract`, which is meant for the secret, holds the
//! public prefix of its format at most. Texts are GitLab Flavored Markdown there, so they are
//! escaped as such.
//!
//! GitLab asks for the times of the scan; there is no clock here, so they come with the options, and
//! stand at the beginning of 1970 where nobody knows them.

use std::collections::BTreeMap;
use std::io::{self, Write};

use sekisho_model::report::{Report, Status};
use sekisho_model::{Finding, LocationId, Place, Root, Severity, SharedStr, control};
use serde::Serialize;
use serde_json::{Value, json};

use super::Format;
use crate::escape::{markdown, markdown_code, terminal};
use crate::json::Lazily;
use crate::options::{Options, Times};
use crate::view::{Subject, View};
use crate::words;

/// The version of GitLab's schema.
const VERSION: &str = "15.0.7";
/// Where that version is.
const SCHEMA: &str = "https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v15.0.7/dist/secret-detection-report-format.json";
/// Characters of a name.
const MAX_NAME: usize = 255;
/// Characters of a solution.
const MAX_SOLUTION: usize = 7_000;
/// Other copies listed in a description.
const MAX_OTHERS: usize = 10;
/// Messages; the rest is counted.
const MAX_MESSAGES: usize = 1_000;

/// See the module.
#[derive(Debug)]
pub(super) struct Gitlab;

impl Format for Gitlab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn description(&self) -> &'static str {
        "GitLab secret detection report (gl-secret-detection-report.json)"
    }

    fn extension(&self) -> &'static str {
        "json"
    }

    fn write(&self, report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let view = View::new(report);
        let mut seen = BTreeMap::new();
        let subjects = view.subjects().into_iter();
        let all: Vec<_> =
            subjects.map(|subject| (unique(&mut seen, subject.location_id()), subject)).collect();
        let document = Document {
            schema: SCHEMA,
            version: VERSION,
            scan: scan(report, options),
            vulnerabilities: Lazily(
                all.iter().map(|(id, subject)| vulnerability(id, *subject, &view, options)),
            ),
        };
        crate::json::pretty(&document, out)
    }
}

#[derive(Serialize)]
struct Document<V: Serialize> {
    schema: &'static str,
    version: &'static str,
    scan: Value,
    vulnerabilities: V,
}

/// Ids are unique in a file; the same place of two targets has the same location id.
fn unique(seen: &mut BTreeMap<String, u64>, id: &LocationId) -> String {
    let id = match words::head(&terminal(&id.to_string()), MAX_NAME) {
        "" => "unknown".to_owned(),
        id => id.to_owned(),
    };
    let times = seen.entry(id.clone()).or_insert(0);
    *times += 1;
    if *times == 1 { id } else { format!("{id}-{times}") }
}

fn scan(report: &Report, options: &Options) -> Value {
    let Times { start, end } = options.times.unwrap_or(Times { start: 0, end: 0 });
    let version = match terminal(&report.tool.version) {
        empty if empty.is_empty() => "unknown".into(),
        version => version,
    };
    let tool = json!({
        "id": "sekisho",
        "name": "Sekisho",
        "url": env!("CARGO_PKG_REPOSITORY"),
        "vendor": { "name": "Sekisho" },
        "version": version,
    });
    let status = if report.status() == Status::Failed { "failure" } else { "success" };
    json!({
        "analyzer": tool,
        "scanner": tool,
        "type": "secret_detection",
        "start_time": utc(start),
        "end_time": utc(end),
        "status": status,
        "messages": messages(report),
    })
}

/// What was not looked at, and what this file leaves out.
fn messages(report: &Report) -> Vec<Value> {
    let message = |level: &str, value: String| json!({ "level": level, "value": value });
    let mut messages = Vec::new();
    for coverage in report.coverage.iter().filter(|coverage| coverage.status == Status::Failed) {
        let value = format!("The target {} could not be read.", terminal(&coverage.target));
        messages.push(message("fatal", value));
    }
    for problem in report.coverage.iter().flat_map(|coverage| &coverage.problems).take(MAX_MESSAGES) {
        let whereabouts = words::whereabouts(&problem.place, " > ");
        messages
            .push(message("warn", format!("{}: {whereabouts}", words::capital(&terminal(&problem.what)))));
    }
    let omitted = words::sum(report.coverage.iter().map(|c| c.problems_omitted));
    let problems: usize = report.coverage.iter().map(|coverage| coverage.problems.len()).sum();
    let omitted = omitted.saturating_add(problems.saturating_sub(MAX_MESSAGES) as u64);
    if omitted > 0 {
        messages.push(message("warn", format!("{} more like these.", words::number(omitted))));
    }
    let unlisted = words::unlisted(&report.credentials);
    if unlisted > 0 {
        let copies = words::count(unlisted, "copy is", "copies are");
        messages.push(message("info", format!("{copies} not listed (--max-copies).")));
    }
    messages
}

fn vulnerability(id: &str, subject: Subject<'_>, view: &View<'_>, options: &Options) -> Value {
    let (rule, place, finding) = (subject.rule(), subject.place(), subject.finding(view));
    let guide = options.guide.and_then(|guide| guide(rule));
    let title = guide.map_or(subject.title(), |guide| guide.title);
    let (fix, preview) = match subject {
        Subject::Copy(item, _) => (item.next.as_ref(), item.credential.preview.as_str()),
        Subject::Finding(finding) => (finding.fix.as_str(), ""),
    };
    let controls = finding.map(|finding| &*finding.controls).unwrap_or_default();
    let file = file(place);
    let signature = json!({ "algorithm": "hash", "value": subject.location_id() });
    let mut location = json!({ "file": file, "commit": { "sha": "0000000" } });
    let mut item = json!({ "file": file, "signatures": [signature] });
    // Lines of an archive's member are not lines of the file that is named.
    if let Some(span) = place.span.filter(|span| span.line > 0 && words::is_in_root(place)) {
        for lines in [&mut location, &mut item] {
            lines["start_line"] = json!(span.line);
            lines["end_line"] = json!(span.end_line.max(span.line));
        }
    }
    json!({
        "id": id,
        "name": words::head(&terminal(title), MAX_NAME),
        "description": description(subject, finding),
        "severity": label(subject.severity()),
        "solution": words::head(&markdown(&words::sentence(fix)), MAX_SOLUTION),
        "identifiers": identifiers(rule, controls),
        "location": location,
        "raw_source_code_extract": format!("{}[REDACTED]", terminal(preview)),
        "tracking": { "type": "source", "items": [item] },
    })
}

/// Where, why, and where else.
fn description(subject: Subject<'_>, finding: Option<&Finding>) -> String {
    let named = |place: &Place| markdown_code(&(words::whereabouts(place, " > ") + &words::position(place)));
    let place = subject.place();
    let mut parts = vec![named(place)];
    parts.extend(words::context(place).iter().map(|part| markdown_code(part)));
    let mut text = parts.join(" · ");
    if let Some(finding) = finding.filter(|finding| !finding.reason.is_empty()) {
        text.push_str("\n\n");
        text.push_str(&markdown(&words::sentence(&finding.reason)));
    }
    let total = subject.others_total();
    if total > 0 {
        text.push_str("\n\nThe same value is in ");
        text.push_str(&words::count(total, "other place", "other places"));
        text.push_str(":\n");
    }
    let mut rest = total;
    for copy in subject.others().take(MAX_OTHERS) {
        rest = rest.saturating_sub(1);
        text.push_str("\n- ");
        text.push_str(&named(&copy.place));
    }
    if rest > 0 {
        text.push_str("\n- … and ");
        text.push_str(&words::number(rest));
        text.push_str(" more");
    }
    text
}

/// The rule first: it is what GitLab compares by.
fn identifiers(rule: &str, controls: &[SharedStr]) -> Vec<Value> {
    let rule = terminal(rule);
    let rule = if rule.is_empty() { "unknown" } else { words::head(&rule, MAX_NAME) };
    let mut identifiers =
        vec![json!({ "type": "sekisho_rule_id", "name": format!("Sekisho {rule}"), "value": rule })];
    for id in controls {
        let (kind, value) = match id.strip_prefix("CWE-") {
            Some(n) if !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()) => ("cwe", n),
            _ => match id.strip_prefix("OWASP-") {
                Some(entry) if !entry.is_empty() => ("owasp", entry),
                _ => continue,
            },
        };
        let mut identifier = json!({
            "type": kind,
            "name": words::head(&terminal(id), MAX_NAME),
            "value": words::head(&terminal(value), MAX_NAME),
        });
        if let Some(url) = control::url(id) {
            identifier["url"] = json!(url);
        }
        identifiers.push(identifier);
    }
    identifiers
}

/// The file of the repository; what has none gets a name that tells what it is.
fn file(place: &Place) -> String {
    match &*place.root {
        Root::File { path } | Root::Git { path, .. } | Root::Log { path, .. } if path.path != "-" => {
            words::path(path)
        }
        _ => words::whereabouts(&Place { inside: Vec::new(), ..place.clone() }, "/"),
    }
}

fn label(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Info => "Info",
    }
}

/// `yyyy-mm-ddThh:mm:ss` of a time in seconds since 1970, in UTC, up to the year 9999.
///
/// The date is found as in "chrono-compatible low-level date algorithms" by Howard Hinnant: years
/// that begin in March, in eras of 400.
fn utc(seconds: u64) -> String {
    let seconds = seconds.min(253_402_300_799);
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", rest / 3_600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_civil() {
        // From `date -u -d @N +%FT%T`.
        assert_eq!(utc(0), "1970-01-01T00:00:00");
        assert_eq!(utc(951_782_399), "2000-02-28T23:59:59");
        assert_eq!(utc(951_782_400), "2000-02-29T00:00:00");
        assert_eq!(utc(1_709_251_199), "2024-02-29T23:59:59");
        assert_eq!(utc(1_795_161_607), "2026-11-20T08:00:07");
        assert_eq!(utc(4_107_542_400), "2100-03-01T00:00:00");
        assert_eq!(utc(u64::MAX), "9999-12-31T23:59:59");
    }

    #[test]
    fn ids_are_unique() {
        let mut seen = BTreeMap::new();
        let id = LocationId::from("ab".to_owned());
        assert_eq!([(); 3].map(|()| unique(&mut seen, &id)), ["ab", "ab-2", "ab-3"]);
        assert_eq!(unique(&mut seen, &LocationId::from(String::new())), "unknown");
    }

    #[test]
    fn forged_controls_are_left_out() {
        let all = identifiers(
            "a/b",
            &["CWE-312", "CWE-<x>", "CWE-", "OWASP-K03:2025", "else"].map(SharedStr::from),
        );
        let kinds: Vec<_> = all.iter().map(|i| i["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["sekisho_rule_id", "cwe", "owasp"]);
    }
}
