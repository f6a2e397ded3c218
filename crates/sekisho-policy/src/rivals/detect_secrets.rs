//! detect-secrets: the `.secrets.baseline`, whose `results` map file names to lists of lines.
//! Format: <https://github.com/Yelp/detect-secrets> (`hashed_secret` is a plain SHA-1 of the value,
//! so it is not read either).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Collector, Lenient, Raw, Read};

#[derive(Deserialize)]
struct File {
    results: BTreeMap<String, Vec<Line>>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "line_number", default)]
    line: Lenient<u64>,
    #[serde(rename = "type", default)]
    rule: Lenient<String>,
}

/// Reads a detect-secrets baseline. `root` is the directory that its paths begin with, if they do.
pub fn detect_secrets(content: &[u8], root: Option<&str>) -> Read {
    let mut collector = Collector::new(root);
    match serde_json::from_slice::<File>(content) {
        Ok(file) => {
            for (path, lines) in file.results {
                for Line { line, rule } in lines {
                    collector.add(Raw { path: Some(path.clone()), line: line.right(), rule: rule.right() });
                }
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
    fn a_baseline_is_read() {
        let baseline = r#"{
          "version": "1.5.0",
          "plugins_used": [{"name": "AWSKeyDetector"}],
          "filters_used": [],
          "results": {
            "b.py": [
              {"type": "Secret Keyword", "filename": "b.py", "hashed_secret": "canary", "is_verified": false,
               "line_number": 13, "is_secret": false},
              {"type": "Private Key", "filename": "b.py", "hashed_secret": "canary", "line_number": null}
            ],
            "a\\c.py": [{"type": "AWS Access Key", "hashed_secret": "canary", "line_number": 2}],
            "empty.py": []
          },
          "generated_at": "2026-01-01T00:00:00Z"
        }"#;
        let read = detect_secrets(baseline.as_bytes(), None);
        assert_eq!(read.0, [entry("a/c.py", 2, "AWS Access Key"), entry("b.py", 13, "Secret Keyword")]);
        assert_eq!(read.1, [RivalError::NoPlace { entry: 3 }]);
        assert_silent(&read);
    }

    #[test]
    fn what_is_no_baseline_is_refused_by_position() {
        let read = detect_secrets(b"{\"canary\": 1}", None);
        assert_eq!(read, (vec![], vec![RivalError::Malformed { line: 1, column: 13 }]));
        assert_silent(&read);
    }
}
