//! SARIF 2.1.0 as code scanning takes it: what must be there, and what must agree.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::archives::zip;
use crate::sandbox::Sandbox;

fn texts<'a>(values: &'a Value, member: &str) -> Vec<&'a str> {
    values.as_array().unwrap().iter().map(|value| value[member].as_str().unwrap()).collect()
}

/// Everything that a result may say of where it is.
fn locations(result: &Value) -> impl Iterator<Item = &Value> {
    ["locations", "relatedLocations"].into_iter().filter_map(|name| result[name].as_array()).flatten()
}

#[test]
fn the_demo_is_valid_sarif() {
    let log = Sandbox::new().run(["demo", "--format", "sarif"]).ends(0).json();
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().unwrap().contains("sarif-2.1.0"));
    let [run] = &log["runs"].as_array().unwrap()[..] else { panic!("one run") };
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "Sekisho");
    assert_eq!(driver["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);

    let ids = texts(&driver["rules"], "id");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len());
    for rule in driver["rules"].as_array().unwrap() {
        for (member, inner) in [
            ("shortDescription", "text"),
            ("fullDescription", "text"),
            ("help", "text"),
            ("help", "markdown"),
        ] {
            assert!(!rule[member][inner].as_str().unwrap().is_empty(), "{rule:#}");
        }
        let score: f64 = rule["properties"]["security-severity"].as_str().unwrap().parse().unwrap();
        assert!((0.1..=10.0).contains(&score));
        let tags = rule["properties"]["tags"].as_array().unwrap();
        assert!(tags.contains(&json!("security")) && tags.len() <= 20);
        assert!(tags.iter().any(|tag| tag.as_str().unwrap().starts_with("external/cwe/cwe-")), "{tags:?}");
    }

    let results = run["results"].as_array().unwrap();
    let mut referenced = BTreeSet::new();
    let mut fingerprints: BTreeMap<&str, usize> = BTreeMap::new();
    for result in results {
        let id = result["ruleId"].as_str().unwrap();
        assert_eq!(ids[result["ruleIndex"].as_u64().unwrap() as usize], id);
        referenced.insert(id);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let fingerprint = result["partialFingerprints"]["sekishoLocationId/v1"].as_str().unwrap();
        assert_eq!(fingerprint.len(), 32);
        *fingerprints.entry(fingerprint).or_default() += 1;
        assert_eq!(result["locations"].as_array().unwrap().len(), 1);
        for location in locations(result) {
            let physical = &location["physicalLocation"];
            let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
            let relative =
                !uri.starts_with('/') && !uri.contains("://") && !uri.contains('\\') && !uri.contains(' ');
            assert!(relative && !uri.split('/').any(|part| part == ".."), "{uri}");
            assert_eq!(physical["artifactLocation"]["uriBaseId"], "%SRCROOT%");
            let region = &physical["region"];
            if !region.is_null() {
                let number = |name: &str| region[name].as_u64();
                let (start, end) =
                    (number("startLine").unwrap(), number("endLine").unwrap_or(number("startLine").unwrap()));
                assert!(start >= 1 && end >= start, "{region}");
                if let Some(column) = number("startColumn") {
                    assert!(
                        column >= 1 && (end > start || number("endColumn").unwrap() > column),
                        "{region}"
                    );
                }
            }
        }
    }
    assert_eq!(referenced, unique, "every rule has a result and every result a rule");
    assert!(fingerprints.values().all(|n| *n == 1), "{fingerprints:?}");
    assert!(run["originalUriBaseIds"]["%SRCROOT%"].is_object());
    // One result a copy, and one for each finding on its own.
    assert!(results.len() >= 10, "{}", results.len());
}

#[test]
fn columns_are_counted_in_characters_where_the_file_is_named() {
    let sandbox = Sandbox::new();
    let value = concat!("q8ZXr4Lt", "Vb2wYx0N");
    sandbox.write("a b/日本.env", format!("# 山\nexport DB_PASSWORD={value} # 川\n"));
    sandbox.write("json.json", format!("{{\"名前\": \"値\", \"password\": \"{value}\"}}"));
    sandbox.write("in.zip", zip(&[("x/y.env", format!("DB_PASSWORD={value}\n"))]));
    let log = sandbox.scan(&["--format", "sarif"]).ends(1).json();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let find = |part: &str| {
        let uri = |r: &&Value| {
            r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap().contains(part)
        };
        &results.iter().find(uri).unwrap_or_else(|| panic!("no {part} in {results:#?}"))["locations"][0]["physicalLocation"]
    };
    let env = find("a%20b/");
    assert_eq!(env["artifactLocation"]["uri"], "a%20b/%E6%97%A5%E6%9C%AC.env");
    let column = "export DB_PASSWORD=".len() + 1;
    assert_eq!(env["region"]["startLine"], 2);
    assert_eq!(env["region"]["startColumn"], column);
    assert_eq!(env["region"]["endColumn"], column + value.len());
    let region = &find("json.json")["region"];
    let before = "{\"名前\": \"値\", \"password\": \"".to_owned();
    assert_eq!(region["startColumn"], before.chars().count() + 1);
    assert_eq!(region["byteOffset"], before.len());
    assert_eq!(region["byteLength"], value.len());
    // Inside of an archive there is no region of the artifact.
    assert!(find("in.zip")["region"].is_null());
}

#[test]
fn what_was_not_looked_at_is_notified() {
    let sandbox = Sandbox::new();
    sandbox.write("cut.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\0xx");
    let log = sandbox.scan(&["--format", "sarif"]).ends(0).json();
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], true);
    let notices = invocation["toolExecutionNotifications"].as_array().unwrap();
    assert!(notices.iter().any(|n| n.to_string().contains("cut.gz")), "{notices:#?}");
    let log = sandbox.run(["scan", "none", "--format", "sarif"]).ends(3).json();
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], false);
    assert_eq!(log["runs"][0]["results"], json!([]));
}

#[test]
fn gitlab_reports_are_redacted_and_complete() {
    let sandbox = Sandbox::new();
    let report = sandbox.run(["demo", "--format", "gitlab"]).ends(0).json();
    assert_eq!(report["scan"]["type"], "secret_detection");
    let vulnerabilities = report["vulnerabilities"].as_array().unwrap();
    assert!(vulnerabilities.len() >= 10, "{}", vulnerabilities.len());
    let ids: BTreeSet<&str> = vulnerabilities.iter().map(|v| v["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), vulnerabilities.len());
    for vulnerability in vulnerabilities {
        assert!(vulnerability["location"]["file"].is_string());
        assert!(!vulnerability["identifiers"].as_array().unwrap().is_empty());
        assert!(
            ["Critical", "High", "Medium", "Low", "Info"]
                .contains(&vulnerability["severity"].as_str().unwrap())
        );
        // At most the public beginning of a format.
        let extract = vulnerability["raw_source_code_extract"].as_str().unwrap();
        let shown = extract.strip_suffix("[REDACTED]").unwrap();
        assert!(shown.is_empty() || (shown.len() < 12 && shown.ends_with('…')), "{extract}");
    }
}
