//! The scanners that are compared, each as it is installed: how it is called and how its report reads.
//!
//! Every one is told not to try credentials at their providers and to look at all files.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::Value;

use super::set::Spot;
use crate::measured::{self, Run};

/// The arguments that scan a directory (first) and write a report to a file (second).
type Arguments = fn(&Path, &Path) -> Vec<OsString>;
/// Reads a report.
type Reader = fn(&[u8]) -> Vec<Report>;

/// What a scanner may take for one set, on the clock.
const LIMIT: Duration = Duration::from_secs(900);

/// One scanner.
#[derive(Debug, Clone)]
pub(crate) struct Scanner {
    pub(crate) name: &'static str,
    pub(crate) program: PathBuf,
    arguments: Arguments,
    /// Whether the report comes on standard output instead.
    to_stdout: bool,
    read: Reader,
}

/// One report of a scanner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Report {
    pub(super) spot: Spot,
    /// The rule, and how sure it is where the scanner says.
    pub(super) rule: String,
}

/// The peers that are installed.
pub(crate) fn peers() -> Vec<Scanner> {
    const ALL: [(&str, Arguments, bool, Reader); 5] = [
        ("kingfisher", kingfisher_arguments, true, kingfisher),
        ("betterleaks", |data, out| words(&["--no-banner", "-o"], &[out, data]), false, betterleaks),
        (
            "gitleaks",
            |data, out| words(&["dir", "--no-banner", "-f", "json", "-r"], &[out, data]),
            false,
            gitleaks,
        ),
        (
            "detect-secrets",
            // Outside of the directory that it runs in it reports nothing.
            |data, _| {
                let flags = ["scan", "--all-files", "--no-verify"].map(OsString::from);
                ["-C".into(), data.into()].into_iter().chain(flags).collect()
            },
            true,
            detect_secrets,
        ),
        (
            "credsweeper",
            |data, out| words(&["--no-stdout", "--save-json"], &[out, Path::new("--path"), data]),
            false,
            credsweeper,
        ),
    ];
    let installed = |name: &str| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
    };
    let scanner = |(name, arguments, to_stdout, read)| {
        Some(Scanner { name, program: installed(name)?, arguments, to_stdout, read })
    };
    ALL.into_iter().filter_map(scanner).collect()
}

fn kingfisher_arguments(data: &Path, _: &Path) -> Vec<OsString> {
    let flags = ["scan", "--no-validate", "--no-update-check", "--no-dedup", "--format", "json"];
    words(&flags, &[data])
}

impl Scanner {
    /// Ours, as built.
    pub(crate) fn sekisho(program: PathBuf) -> Self {
        let arguments = |data: &Path, out: &Path| {
            let flags = ["scan", "--quiet", "--ephemeral-key", "--max-copies", "1000000", "-f", "json", "-o"];
            words(&flags, &[out, data])
        };
        Self { name: "sekisho", program, arguments, to_stdout: false, read: sekisho }
    }

    /// The call that scans `data`.
    pub(crate) fn command(&self, data: &Path, out: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.args((self.arguments)(data, out));
        command
    }

    /// Scans `data`; paths in the reports are relative to it.
    pub(crate) fn scan(&self, data: &Path, scratch: &Path) -> Result<(Vec<Report>, Run)> {
        let out = scratch.join(format!("{}.json", self.name));
        let run = measured::run_within(&mut self.command(data, &out), LIMIT)?;
        let written = if self.to_stdout {
            run.output.clone()
        } else {
            let Ok(written) = std::fs::read(&out) else {
                bail!(
                    "{} wrote no report, ended with {:?} and said: {}",
                    self.name,
                    run.status,
                    run.complaint
                );
            };
            written
        };
        let mut reports = (self.read)(&written);
        let root = format!("{}/", data.display());
        for report in &mut reports {
            if let Some(inside) = report.spot.file.strip_prefix(&root) {
                report.spot.file = inside.to_owned();
            }
        }
        reports.sort();
        reports.dedup();
        Ok((reports, run))
    }
}

fn words(flags: &[&str], paths: &[&Path]) -> Vec<OsString> {
    flags.iter().map(OsString::from).chain(paths.iter().map(OsString::from)).collect()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_default()
}

fn spot(file: &Value, first: &Value, last: &Value, columns: Option<(u64, u64)>) -> Spot {
    let first_line = first.as_u64().unwrap_or(0);
    let last_line = last.as_u64().unwrap_or(first_line).max(first_line);
    Spot { file: text(file), first_line, last_line, columns: columns.filter(|_| first_line == last_line) }
}

fn sekisho(bytes: &[u8]) -> Vec<Report> {
    let report = json(bytes);
    let mut all = Vec::new();
    for credential in list(&report, "credentials") {
        for copy in list(credential, "copies").iter().filter(|copy| copy["severity"] != "info") {
            let place = &copy["place"];
            let columns = place["char_column"].as_u64().zip(place["char_end_column"].as_u64());
            let rule = [&copy["detector"], &copy["severity"], &copy["confidence"]].map(text).join(" ");
            let columns = columns.map(|(start, end)| (start.saturating_sub(1), end.saturating_sub(1)));
            all.push(Report {
                spot: spot(&place["path"], &place["line"], &place["end_line"], columns),
                rule,
            });
        }
    }
    all
}

fn kingfisher(bytes: &[u8]) -> Vec<Report> {
    let report = json(bytes.split(|byte| *byte == b'\n').next().unwrap_or_default());
    let one = |found: &Value| {
        let finding = &found["finding"];
        let columns = finding["column_start"].as_u64().zip(finding["column_end"].as_u64());
        let mut spot = spot(&finding["path"], &finding["line"], &finding["line"], columns);
        let lines = text(&finding["snippet"]).matches('\n').count() as u64;
        if lines > 0 {
            spot.last_line += lines;
            spot.columns = None;
        }
        Report { spot, rule: text(&found["rule"]["id"]) }
    };
    list(&report, "findings").iter().map(one).collect()
}

fn betterleaks(bytes: &[u8]) -> Vec<Report> {
    let one = |found: &Value| {
        let place = &found["location"];
        let columns = place["start_column"].as_u64().zip(place["end_column"].as_u64());
        let columns = columns.map(|(start, end)| (start.saturating_sub(1), end));
        let rule = format!("{} {}", text(&found["rule_id"]), text(&found["confidence"]));
        Report { spot: spot(&place["path"], &place["start_line"], &place["end_line"], columns), rule }
    };
    list(&json(bytes), "findings").iter().map(one).collect()
}

fn gitleaks(bytes: &[u8]) -> Vec<Report> {
    let report = json(bytes);
    let one = |found: &Value| Report {
        spot: spot(&found["File"], &found["StartLine"], &found["EndLine"], gitleaks_columns(found)),
        rule: text(&found["RuleID"]),
    };
    report.as_array().map(Vec::as_slice).unwrap_or_default().iter().map(one).collect()
}

/// Its columns are of all that the rule matched, the name before the value too, and one too many behind
/// the first line, where the line end before it is counted along. Of text that it decoded they are of what
/// stood there.
fn gitleaks_columns(found: &Value) -> Option<(u64, u64)> {
    let counted = 1 - u64::from(found["StartLine"] == 1);
    let start = found["StartColumn"].as_u64()?.checked_sub(1 + counted)?;
    let end = found["EndColumn"].as_u64()?.checked_sub(counted)?;
    let (matched, secret) = (text(&found["Match"]), text(&found["Secret"]));
    let as_it_stands = end.checked_sub(start) == Some(matched.len() as u64);
    let value = matched.rfind(&secret).filter(|_| as_it_stands && !secret.is_empty());
    Some(match value.and_then(|at| matched.get(..at)) {
        Some(before) => {
            let start = start + before.chars().count() as u64;
            (start, start + secret.chars().count() as u64)
        }
        None => (start, end),
    })
}

fn detect_secrets(bytes: &[u8]) -> Vec<Report> {
    let report = json(bytes);
    let files = report["results"].as_object();
    let found = files.into_iter().flat_map(serde_json::Map::values).filter_map(Value::as_array).flatten();
    found
        .map(|found| Report {
            spot: spot(&found["filename"], &found["line_number"], &found["line_number"], None),
            rule: text(&found["type"]),
        })
        .collect()
}

fn credsweeper(bytes: &[u8]) -> Vec<Report> {
    let report = json(bytes);
    let mut all = Vec::new();
    for found in report.as_array().map(Vec::as_slice).unwrap_or_default() {
        for line in list(found, "line_data_list") {
            let columns = line["value_start"].as_u64().zip(line["value_end"].as_u64());
            let spot = spot(&line["path"], &line["line_num"], &line["line_num"], columns);
            all.push(Report { spot, rule: text(&found["rule"]) });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(file: &str, line: u64, columns: Option<(u64, u64)>) -> Spot {
        Spot { file: file.to_owned(), first_line: line, last_line: line, columns }
    }

    #[test]
    fn reports_read_as_their_scanners_write_them() {
        let ours = r#"{"credentials":[{"copies":[{"detector":"a/b","severity":"high","confidence":"low",
            "place":{"path":"f","line":2,"end_line":2,"char_column":5,"char_end_column":9}},
            {"severity":"info","place":{}}]}]}"#;
        let report = Report { spot: at("f", 2, Some((4, 8))), rule: "a/b high low".to_owned() };
        assert_eq!(sekisho(ours.as_bytes()), [report]);
        let theirs = r#"{"findings":[{"rule":{"id":"k"},"finding":{"path":"f","line":2,"column_start":4,"column_end":8,"snippet":"x"}}]}
            {"summary":1}"#;
        assert_eq!(kingfisher(theirs.as_bytes())[0].spot, at("f", 2, Some((4, 8))));
        let theirs = r#"{"findings":[{"rule_id":"b","location":{"path":"f","start_line":2,"end_line":2,"start_column":5,"end_column":8}}]}"#;
        assert_eq!(betterleaks(theirs.as_bytes())[0].spot, at("f", 2, Some((4, 8))));
        let theirs = r#"[{"RuleID":"g","File":"f","StartLine":2,"EndLine":2,"StartColumn":6,"EndColumn":9,
            "Match":"abcd","Secret":"abcd"}]"#;
        assert_eq!(gitleaks(theirs.as_bytes())[0].spot, at("f", 2, Some((4, 8))));
        let theirs = r#"{"results":{"f":[{"type":"d","filename":"f","line_number":2}]}}"#;
        assert_eq!(detect_secrets(theirs.as_bytes())[0].spot, at("f", 2, None));
        let theirs =
            r#"[{"rule":"c","line_data_list":[{"path":"f","line_num":2,"value_start":4,"value_end":8}]}]"#;
        assert_eq!(credsweeper(theirs.as_bytes())[0].spot, at("f", 2, Some((4, 8))));
        assert!(betterleaks(b"no json").is_empty());
    }

    #[test]
    fn gitleaks_names_the_whole_match_and_a_column_too_many_behind_the_first_line() {
        let columns = |line: u64, start: u64, end: u64, matched: &str, secret: &str| {
            let found = serde_json::json!({"StartLine": line, "StartColumn": start, "EndColumn": end,
                "Match": matched, "Secret": secret});
            gitleaks_columns(&found)
        };
        // As 8.30.1 wrote them for `key = "s3cr3t"` at the start of the first line, and below it behind two spaces.
        assert_eq!(columns(1, 1, 14, "key = \"s3cr3t\"", "s3cr3t"), Some((7, 13)));
        assert_eq!(columns(2, 4, 17, "key = \"s3cr3t\"", "s3cr3t"), Some((9, 15)));
        // What it decoded is shorter than what stood there.
        assert_eq!(columns(2, 4, 21, "key=s3cr3t", "s3cr3t"), Some((2, 20)));
        assert_eq!(columns(2, 1, 5, "abcde", "abcde"), None);
    }
}
