//! What is accepted for now: baselines of ours, and those of other scanners.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{OTHER, PASSWORD, leaky};
use crate::report::{coverage, paths};
use crate::sandbox::{Run, Sandbox};

/// Scans and makes a baseline of it.
fn baseline(sandbox: &Sandbox) -> String {
    let saved = sandbox.out("saved.json");
    sandbox.scan(&["--save", saved.to_str().unwrap(), "--fail-on", "never"]).ends(0);
    let path = sandbox.out("baseline.json").to_str().unwrap().to_owned();
    sandbox.run(["baseline", "create", saved.to_str().unwrap(), "--output", &path]).ends(0);
    path
}

fn suppressed(report: &Value) -> &Value {
    &coverage(report, "dir")["suppressed"]
}

#[test]
fn what_is_known_is_quiet_and_a_changed_value_is_new() {
    let sandbox = leaky();
    let secret = |value: &str| {
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: db}}\nstringData:\n  password: {value}\n")
    };
    sandbox.write("secret.yaml", secret(PASSWORD));
    let known = baseline(&sandbox);
    let report = sandbox.scan(&["--baseline", &known]).ends(0).json();
    assert_eq!((&report["credentials"], &report["findings"]), (&json!([]), &json!([])));
    assert_eq!(suppressed(&report), &json!({"inline": 0, "ignore": 0, "baseline": 2}));

    // Lines above do not make it new.
    sandbox.write("app.env", format!("# a comment\n\nPORT=80\nDB_PASSWORD={PASSWORD}\n"));
    sandbox.scan(&["--baseline", &known]).ends(0);
    // The same value at another place does.
    sandbox.write("copy.env", format!("DB_PASSWORD={PASSWORD}\n"));
    let report = sandbox.scan(&["--baseline", &known]).ends(1).json();
    assert_eq!(paths(&report), ["copy.env"]);
    fs::remove_file(sandbox.target().join("copy.env")).unwrap();
    // And so does another value at the same place: it was leaked anew.
    sandbox.write("app.env", format!("DB_PASSWORD={OTHER}\n"));
    let report = sandbox.scan(&["--baseline", &known]).ends(1).json();
    assert_eq!(paths(&report), ["app.env"]);
    assert_eq!(report["findings"][0]["check"], "code/secret-in-file");
    assert_eq!(suppressed(&report)["baseline"], 1);
    sandbox.write("app.env", format!("DB_PASSWORD={PASSWORD}\n"));
    sandbox.write("secret.yaml", secret(OTHER));
    let report = sandbox.scan(&["--baseline", &known]).ends(1).json();
    assert_eq!(paths(&report), ["secret.yaml"]);
}

#[test]
fn under_another_key_only_places_compare() {
    let sandbox = leaky();
    let known = baseline(&sandbox);
    sandbox.run(["scan", ".", "--ephemeral-key", "--baseline", &known]).ends(0);
    sandbox.write("app.env", format!("DB_PASSWORD={OTHER}\n"));
    sandbox.run(["scan", ".", "--ephemeral-key", "--baseline", &known]).ends(0);
    sandbox.scan(&["--baseline", &known]).ends(1);
}

#[test]
fn a_baseline_of_a_job_without_a_key_holds_no_fingerprint() {
    let sandbox = leaky();
    let saved = sandbox.out("saved.json");
    let saved = saved.to_str().unwrap();
    sandbox.run(["scan", ".", "--ephemeral-key", "--save", saved]).ends(1);
    let report: Value = serde_json::from_slice(&fs::read(saved).unwrap()).unwrap();
    assert!(report["credentials"][0]["fingerprint"].is_string());
    let made: Value = sandbox.run(["baseline", "create", saved]).ends(0).json();
    assert_eq!(made["schema"], "sekisho.baseline/v1");
    let entries = made["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2, "the copy and its finding");
    assert!(entries.iter().all(|entry| entry["fingerprint"].is_null()));
    let path = sandbox.write_out("baseline.json", made.to_string());
    sandbox.run(["scan", ".", "--ephemeral-key", "--baseline", path.to_str().unwrap()]).ends(0);
}

#[test]
fn a_report_is_a_baseline_too_and_needs_no_order() {
    let sandbox = leaky();
    sandbox.write("b.env", format!("API_SECRET={OTHER}\n"));
    let saved = sandbox.out("saved.json");
    sandbox.scan(&["--save", saved.to_str().unwrap()]).ends(1);
    sandbox.scan(&["--baseline", saved.to_str().unwrap()]).ends(0);
    let known = baseline(&sandbox);
    let again = fs::read(&known).unwrap();
    sandbox.run(["baseline", "create", saved.to_str().unwrap(), "--output", &known]).ends(0);
    assert_eq!(fs::read(&known).unwrap(), again, "the same bytes for the same report");
}

#[test]
fn a_weak_value_is_known_by_its_place() {
    let sandbox = Sandbox::new();
    sandbox.write("app.env", "DB_PASSWORD=hX7!q\n");
    let known = baseline(&sandbox);
    assert!(!fs::read_to_string(&known).unwrap().contains("\"fingerprint\": \""), "it could be guessed");
    sandbox.scan(&["--baseline", &known]).ends(0);
}

/// A target for the reports of other scanners: two credentials in one file, one in another.
fn scanned() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("deploy/app.env", format!("PORT=80\nDB_PASSWORD={PASSWORD}\nHOST=a\nAPI_SECRET={OTHER}\n"));
    sandbox.write("other.env", format!("DB_PASSWORD={PASSWORD}\n"));
    sandbox
}

fn import(sandbox: &Sandbox, name: &str, report: &Value, more: &[&str]) -> Run {
    let report = sandbox.write_out(name, report.to_string());
    let baseline = sandbox.out("baseline.json");
    let key = sandbox.key();
    let fixed = ["baseline", "import", report.to_str().unwrap(), ".", "--output", baseline.to_str().unwrap()];
    let key = ["--estate-key-file", key.to_str().unwrap()];
    sandbox.run(fixed.iter().chain(&key).chain(more))
}

/// What is left when the imported baseline is used: lines of copies.
fn left(sandbox: &Sandbox) -> Vec<(String, u64)> {
    let known = sandbox.out("baseline.json");
    let report = sandbox.scan(&["--baseline", known.to_str().unwrap()]).json();
    let lines = crate::report::copies(&report);
    let mut lines: Vec<(String, u64)> = lines
        .iter()
        .map(|c| (c["place"]["path"].as_str().unwrap().to_owned(), c["place"]["line"].as_u64().unwrap()))
        .collect();
    lines.sort();
    lines
}

#[test]
fn what_gitleaks_knows_is_taken_over() {
    let sandbox = scanned();
    let root = sandbox.target().canonicalize().unwrap();
    let report = json!([
        {"RuleID": "generic-api-key", "StartLine": 2, "EndLine": 2, "StartColumn": 1, "EndColumn": 30, "Match": "x",
         "Secret": "x", "File": "deploy/app.env", "Commit": "", "Fingerprint": "deploy/app.env:generic-api-key:2"},
        {"RuleID": "generic-api-key", "StartLine": 1, "File": root.join("other.env"), "Secret": "x"},
        {"RuleID": "generic-api-key", "StartLine": 77, "File": "deploy/app.env", "Secret": "x"},
    ]);
    let run = import(&sandbox, "gitleaks.json", &report, &[]).ends(0);
    assert!(run.err().contains("1 of its 3 lines hold nothing"), "{}", run.err());
    assert_eq!(left(&sandbox), [("deploy/app.env".to_owned(), 4)]);
    // It is a baseline like any other: a changed value on a known line is new.
    sandbox.write("other.env", format!("DB_PASSWORD={}\n", OTHER.to_lowercase()));
    assert_eq!(left(&sandbox), [("deploy/app.env".to_owned(), 4), ("other.env".to_owned(), 1)]);
}

#[test]
fn what_detect_secrets_knows_is_taken_over() {
    let sandbox = scanned();
    let report = json!({
        "version": "1.5.0", "plugins_used": [{"name": "KeywordDetector"}], "filters_used": [],
        "results": {"deploy/app.env": [
            {"type": "Secret Keyword", "filename": "deploy/app.env", "hashed_secret": "x", "is_verified": false, "line_number": 4},
        ]},
        "generated_at": "2026-01-01T00:00:00Z",
    });
    import(&sandbox, ".secrets.baseline", &report, &[]).ends(0);
    assert_eq!(left(&sandbox), [("deploy/app.env".to_owned(), 2), ("other.env".to_owned(), 1)]);
}

#[test]
fn what_trufflehog_knows_is_taken_over() {
    let sandbox = scanned();
    let finding = |file: &Path, line: u64| json!({"SourceMetadata": {"Data": {"Filesystem": {"file": file, "line": line}}}, "DetectorName": "AWS", "Raw": "x"});
    let root = sandbox.target().canonicalize().unwrap();
    let lines =
        [finding(&root.join("other.env"), 1), finding(Path::new("deploy/app.env"), 2)].map(|l| l.to_string());
    let report = sandbox.write_out("trufflehog.jsonl", lines.join("\n"));
    let baseline = sandbox.out("baseline.json");
    let key = sandbox.key();
    let [report, baseline, key] = [&report, &baseline, &key].map(|path| path.to_str().unwrap());
    let args = ["baseline", "import", report, ".", "--output", baseline, "--estate-key-file", key];
    sandbox.run(args).ends(0);
    assert_eq!(left(&sandbox), [("deploy/app.env".to_owned(), 4)]);
    // Told by name where the content does not tell.
    sandbox.run(args.iter().chain(&["--from", "trufflehog"])).ends(0);
    sandbox.run(args.iter().chain(&["--from", "gitleaks"])).ends(2);
}

#[test]
fn reports_of_nobody_are_refused() {
    let sandbox = scanned();
    import(&sandbox, "a.json", &json!({"a": 1}), &[]).ends(2);
    import(&sandbox, "b.json", &json!([]), &[]).ends(0);
    assert_eq!(left(&sandbox).len(), 3, "nothing was known, nothing is set aside");
}
