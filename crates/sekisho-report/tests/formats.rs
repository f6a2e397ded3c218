//! The formats for programs: what each must hold, and what none may.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod samples;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use samples::{copy, credential, empty, estate, fingerprint, golden, options, write};
use sekisho_model::report::Status;
use sekisho_model::{Confidence, Place, Severity};
use sekisho_report::{ALL, Options, SCHEMA_FILE, convert, find, read, schema};
use serde_json::Value;

fn json(name: &str, report: &sekisho_model::report::Report) -> Value {
    serde_json::from_str(&write(name, report, &options(80))).unwrap()
}

#[test]
fn the_schema_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(SCHEMA_FILE);
    if fs::read_to_string(&path).unwrap_or_default() != schema() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, schema()).unwrap();
        panic!("{SCHEMA_FILE} was stale; it is now fresh");
    }
}

#[test]
fn the_schema_is_open_for_members_and_closed_for_places() {
    let schema: Value = serde_json::from_str(&schema()).unwrap();
    let objects = ["Coverage", "Credential", "Copy", "Finding", "Place", "Problem", "Suppressed", "Tool"];
    for name in objects {
        assert_eq!(schema["$defs"][name]["additionalProperties"], true, "{name}");
    }
    let types = schema["$defs"]["Place"]["oneOf"].as_array().unwrap().iter();
    let types: Vec<_> = types.map(|t| t["properties"]["type"]["const"].as_str().unwrap()).collect();
    assert_eq!(types, ["file", "log", "git", "image", "image-config", "object", "etcd"]);
    let required = schema["$defs"]["Credential"]["required"].as_array().unwrap();
    assert!(required.contains(&"fingerprint".into()), "written even when null");
}

#[test]
fn json_is_read_again_as_it_was() {
    for report in [estate(), empty()] {
        let text = write("json", &report, &options(80));
        assert!(text.ends_with("}\n"));
        assert_eq!(read(text.as_bytes()).unwrap(), report);
        let mut again = Vec::new();
        convert(text.as_bytes(), find("json").unwrap(), &options(80), &mut again).unwrap();
        assert_eq!(String::from_utf8(again).unwrap(), text);
    }
}

#[test]
fn members_that_are_not_known_are_ignored() {
    let mut report: Value = json("json", &estate());
    report["later"] = 1.into();
    report["credentials"][0]["later"] = "x".into();
    report["credentials"][0]["copies"][0]["place"]["later"] = "x".into();
    assert_eq!(read(report.to_string().as_bytes()).unwrap(), estate());
    report["credentials"][0]["copies"][0]["place"]["type"] = "unheard-of".into();
    assert!(read(report.to_string().as_bytes()).is_err(), "the union of places is closed");
}

#[test]
fn jsonl_is_the_same_by_the_line() {
    let whole = json("json", &estate());
    let lines: Vec<Value> = write("jsonl", &estate(), &options(80))
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["type"], "report");
    assert_eq!(lines[0]["schema"], whole["schema"]);
    assert_eq!(lines[0]["key_id"], whole["key_id"]);
    for (kind, list) in [("coverage", "coverage"), ("credential", "credentials"), ("finding", "findings")] {
        let mut of_kind: Vec<Value> = lines.iter().filter(|line| line["type"] == kind).cloned().collect();
        for line in &mut of_kind {
            line.as_object_mut().unwrap().remove("type");
        }
        assert_eq!(Value::Array(of_kind), whole[list], "{list}");
    }
}

#[test]
fn only_our_own_json_has_fingerprints() {
    for format in ALL {
        let text = write(format.name(), &estate(), &options(200));
        let own = matches!(format.name(), "json" | "jsonl");
        for n in [0x3b, 0xa8, 0x44] {
            let fingerprint = fingerprint(n).to_string();
            assert_eq!(text.contains(&fingerprint[..8]), own, "{} in {}", fingerprint, format.name());
        }
    }
}

#[test]
fn every_format_but_the_comment_carries_location_ids() {
    let report = estate();
    let id = report.credentials[0].copies[0].location_id.to_string();
    for format in ALL.iter().filter(|format| format.name() != "markdown") {
        assert!(write(format.name(), &report, &options(200)).contains(&id), "{}", format.name());
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for format in ALL {
        let once = write(format.name(), &estate(), &options(80));
        assert_eq!(once, write(format.name(), &estate(), &options(80)), "{}", format.name());
        assert!(once.ends_with('\n'));
    }
}

#[test]
fn the_comment() {
    golden("tests/golden/comment.md", &write("markdown", &estate(), &options(80)));
}

#[test]
fn a_comment_fits_into_a_comment() {
    let mut report = estate();
    let many = report.credentials[0].clone();
    report.credentials = vec![many; 2_000];
    let text = write("markdown", &report, &options(80));
    assert!(text.chars().count() < 65_536);
    assert!(text.contains("more sections do not fit into a comment"));
    assert!(text.contains("not looked at</summary>"), "what was not looked at is said all the same");
}

/// What code scanning and the specification ask for beyond the schema.
#[test]
fn sarif_is_sound() {
    let report = estate();
    let log = json("sarif", &report);
    assert_eq!((&log["version"], log["runs"].as_array().unwrap().len()), (&"2.1.0".into(), 1));
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: BTreeSet<_> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), rules.len());
    for rule in rules {
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(!rule[text]["text"].as_str().unwrap().is_empty());
        }
        let properties = &rule["properties"];
        assert!(properties["tags"].as_array().unwrap().len() <= 20);
        if let Some(score) = properties.get("security-severity") {
            assert!((0.1..=10.0).contains(&score.as_str().unwrap().parse::<f64>().unwrap()));
        }
    }
    let results = run["results"].as_array().unwrap();
    let copies: usize = report.credentials.iter().map(|c| c.copies.len()).sum();
    assert_eq!(results.len(), copies + 3, "one for each copy and for each finding about an object");
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert_eq!(result["locations"].as_array().unwrap().len(), 1);
        assert_eq!(result["partialFingerprints"]["sekishoLocationId/v1"].as_str().unwrap().len(), 32);
        let mut all = vec![&result["locations"][0]];
        all.extend(result["relatedLocations"].as_array().into_iter().flatten());
        assert!(all.len() <= 11);
        for location in all {
            let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
            assert!(
                !uri.is_empty() && uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b)),
                "{uri}"
            );
            assert!(!uri.starts_with('/'));
            // §3.30.1: a text region and a byte region are one and the same range, or one is absent.
            let region = &location["physicalLocation"]["region"];
            let has = |name: &str| region.get(name).is_some();
            if has("startLine") {
                assert_eq!(has("byteOffset"), has("startColumn") && has("endColumn"), "{region}");
                assert!(has("endLine") && has("startColumn") == has("endColumn"));
            }
        }
        // Every embedded link leads to a related location (§3.11.6).
        let text = result["message"]["text"].as_str().unwrap();
        let related: BTreeSet<_> = result["relatedLocations"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|r| r["id"].as_u64().unwrap())
            .collect();
        let links: BTreeSet<_> = text
            .match_indices("](")
            .map(|(at, _)| text[at + 2..].split_once(')').unwrap().0.parse::<u64>().unwrap())
            .collect();
        assert_eq!(links, related);
    }
    let first = &results[0];
    assert_eq!(first["level"], "error");
    let logical = &first["locations"][0]["logicalLocations"][0];
    assert_eq!(
        logical["fullyQualifiedName"],
        "apps/v1/Deployment/shop/api/spec.template.spec.containers[0].env[AWS_SECRET_ACCESS_KEY]"
    );
    let notices = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert!(notices.iter().all(|notice| notice["level"] != "error"), "an error says that the run failed");
    assert!(
        notices
            .iter()
            .any(|notice| notice["message"]["text"].as_str().unwrap().contains("11 copies are not listed"))
    );
}

#[test]
fn sarif_of_a_failed_target_says_that_the_run_failed() {
    let mut report = estate();
    report.coverage[0].status = Status::Failed;
    let log = json("sarif", &report);
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notices = invocation["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(notices.iter().filter(|notice| notice["level"] == "error").count(), 1);
}

#[test]
fn sarif_keeps_the_limits_and_says_so() {
    let mut report = empty();
    for line in 1..=26_000 {
        let severity = if line == 26_000 { Severity::Critical } else { Severity::Low };
        let copy = copy("generic/password", severity, None, &[], samples::at("a", line, 1, 8));
        report.credentials.push(credential(0, "Password", "", Confidence::High, vec![copy]));
    }
    let mut finding = samples::finding("k8s/x", Severity::High, None, Place::file("b"), "r", "f");
    finding.controls = (0..30).map(|n| format!("CWE-{n}").into()).collect();
    report.findings.push(finding);
    let log = json("sarif", &report);
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 25_000);
    assert_eq!(results[0]["locations"][0]["physicalLocation"]["region"]["startLine"], 26_000, "worst first");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(rules.iter().all(|rule| rule["properties"]["tags"].as_array().unwrap().len() <= 20));
    let notices = run["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(notices.contains("25,000 of 26,001 results are in this file"));
    assert!(notices.contains("shows the worst 5,000"));
    assert!(notices.contains("more controls than the 20 tags"));
}

/// The members that GitLab's schema 15.0.7 requires, and what its parser does with them.
#[test]
fn gitlab_is_sound() {
    let report = estate();
    let document = json("gitlab", &report);
    assert_eq!(document["version"], "15.0.7");
    let scan = &document["scan"];
    assert_eq!(scan["type"], "secret_detection");
    assert_eq!(scan["status"], "success");
    assert_eq!(
        (&scan["start_time"], &scan["end_time"]),
        (&"2026-11-20T08:00:00".into(), &"2026-11-20T08:00:07".into())
    );
    for tool in ["analyzer", "scanner"] {
        for member in ["id", "name", "version"] {
            assert!(!scan[tool][member].as_str().unwrap().is_empty());
        }
        assert_eq!(scan[tool]["vendor"]["name"], "Sekisho");
    }
    let all = document["vulnerabilities"].as_array().unwrap();
    let ids: BTreeSet<_> = all.iter().map(|v| v["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), all.len());
    let known: BTreeSet<String> =
        report.credentials.iter().flat_map(|c| &c.copies).map(|c| c.location_id.to_string()).collect();
    assert!(known.iter().all(|id| ids.contains(id.as_str())), "ids are location ids");
    for one in all {
        assert!(["Critical", "High", "Medium", "Low", "Info"].contains(&one["severity"].as_str().unwrap()));
        assert_eq!(one["identifiers"][0]["type"], "sekisho_rule_id");
        assert!(!one["location"]["commit"]["sha"].as_str().unwrap().is_empty());
        assert!(one["raw_source_code_extract"].as_str().unwrap().ends_with("[REDACTED]"));
        assert_eq!(one["tracking"]["items"][0]["signatures"][0]["algorithm"], "hash");
    }
    let archive = all.iter().find(|v| v["location"]["file"] == "dist/chart-1.4.2.tgz").unwrap();
    assert!(archive["location"].get("start_line").is_none(), "a member's lines are not the archive's");
}

#[test]
fn without_times_gitlab_gets_none_made_up() {
    let text = write("gitlab", &empty(), &Options::default());
    assert!(text.contains("\"start_time\": \"1970-01-01T00:00:00\""));
}
