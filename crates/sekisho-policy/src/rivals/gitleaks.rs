//! gitleaks (and betterleaks 1): a JSON array of findings, as `--report-format json` writes it and
//! `--baseline-path` reads it. Format: <https://github.com/gitleaks/gitleaks#reporting>.

use serde::Deserialize;

use super::{Collector, Lenient, Raw, Read};

#[derive(Deserialize)]
struct Finding {
    #[serde(rename = "File", default)]
    file: Lenient<String>,
    #[serde(rename = "StartLine", default)]
    line: Lenient<u64>,
    #[serde(rename = "RuleID", default)]
    rule: Lenient<String>,
}

/// Reads a gitleaks report. `root` is the directory that its paths begin with, if they do.
pub fn gitleaks(content: &[u8], root: Option<&str>) -> Read {
    let mut collector = Collector::new(root);
    // A run without findings writes `[]`, older versions `null`.
    match serde_json::from_slice::<Option<Vec<Finding>>>(content) {
        Ok(findings) => {
            for Finding { file, line, rule } in findings.into_iter().flatten() {
                collector.add(Raw { path: file.right(), line: line.right(), rule: rule.right() });
            }
        }
        Err(error) => collector.malformed(&error, 0),
    }
    collector.read
}

#[cfg(test)]
mod tests {
    use super::super::RivalError;
    use super::super::tests::{assert_silent, entry};
    use super::*;

    #[test]
    fn a_report_is_read() {
        let report = r#"[
          {"RuleID": "aws-access-token", "Description": "d", "StartLine": 3, "EndLine": 3, "StartColumn": 7,
           "EndColumn": 26, "Match": "key=canary", "Secret": "canary", "File": "deploy/a.env", "SymlinkFile": "",
           "Commit": "", "Entropy": 3.5, "Author": "", "Email": "", "Date": "", "Message": "", "Tags": [],
           "Fingerprint": "deploy/a.env:aws-access-token:3"},
          {"RuleID": "generic-api-key", "StartLine": 9, "Secret": "canary", "File": "/src/b.go"},
          {"RuleID": "generic-api-key", "StartLine": "canary", "Secret": "canary", "File": "c.go"},
          {"Secret": "canary"},
          {"RuleID": "private-key", "StartLine": 1, "File": "/elsewhere/canary.pem"}
        ]"#;
        let read = gitleaks(report.as_bytes(), Some("/src"));
        assert_eq!(
            read.0,
            [entry("deploy/a.env", 3, "aws-access-token"), entry("b.go", 9, "generic-api-key")]
        );
        assert_eq!(
            read.1,
            [
                RivalError::NoPlace { entry: 3 },
                RivalError::NoPlace { entry: 4 },
                RivalError::Outside { entry: 5 }
            ]
        );
        assert_silent(&read);
    }

    #[test]
    fn reports_without_findings_are_empty() {
        assert_eq!(gitleaks(b"[]", None), Read::default());
        assert_eq!(gitleaks(b"null\n", None), Read::default());
    }

    #[test]
    fn what_is_no_report_is_refused_by_position() {
        let read = gitleaks(b"[{\"File\": \"a\",\n \"StartLine\": 1, \"Secret\": canary}]", None);
        assert_eq!(read, (vec![], vec![RivalError::Malformed { line: 2, column: 28 }]));
    }
}
