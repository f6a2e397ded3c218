//! What the exit status says: 0, 1, 2, 3, and which comes first.

use serde_json::json;

use super::leaky;
use crate::report::coverage;
use crate::sandbox::Sandbox;

#[test]
fn nothing_found_is_0_and_something_is_1() {
    let sandbox = Sandbox::new();
    sandbox.write("readme.md", "# Nothing here\n");
    let report = sandbox.scan(&[]).ends(0).json();
    assert_eq!(report["credentials"], json!([]));
    assert_eq!(coverage(&report, "dir")["status"], "complete");
    assert_eq!(coverage(&report, "dir")["items"], 1);
    let sandbox = leaky();
    sandbox.scan(&[]).ends(1);
    sandbox.run(["scan"]).ends(1);
}

#[test]
fn fail_on_is_the_least_that_fails() {
    let sandbox = leaky();
    let report = sandbox.scan(&[]).ends(1).json();
    assert_eq!(report["credentials"][0]["severity"], "high");
    for (severity, status) in
        [("critical", 0), ("high", 1), ("medium", 1), ("low", 1), ("info", 1), ("never", 0)]
    {
        sandbox.scan(&["--fail-on", severity]).ends(status);
    }
    sandbox.scan(&["--fail-on", "High"]).ends(2);
    sandbox.scan(&["--fail-on", ""]).ends(2);
    // A placeholder is information.
    let sandbox = Sandbox::new();
    sandbox.write("app.env", "DB_PASSWORD=changeme\n");
    sandbox.scan(&[]).ends(0);
    sandbox.scan(&["--fail-on", "low"]).ends(0);
    let report = sandbox.scan(&["--fail-on", "info"]).ends(1).json();
    assert_eq!(report["credentials"][0]["severity"], "info");
    assert_eq!(report["credentials"][0]["fingerprint"], json!(null));
}

#[test]
fn a_finding_without_a_credential_fails_as_well() {
    // Whatever its values look like, a Secret's manifest is one finding.
    let sandbox = Sandbox::new();
    sandbox.write(
        "secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {color: bluegreen}\n",
    );
    let report = sandbox.scan(&["--fail-on", "high"]).ends(1).json();
    assert_eq!(report["findings"][0]["check"], "k8s/secret-manifest");
}

#[test]
fn a_target_that_cannot_be_read_is_3_unless_something_is_found() {
    let sandbox = leaky();
    let report = sandbox.run(["scan", "none", "--format", "json", "--ephemeral-key"]).ends(3).json();
    assert_eq!(report["coverage"][0]["status"], "failed");
    assert_eq!(report["coverage"][0]["target"], "none");
    sandbox.run(["scan", "none", "app.env"]).ends(1);
    sandbox.run(["scan", "none", "app.env", "--fail-on", "never"]).ends(3);
    sandbox.run(["scan", "app.env", "none", "--fail-on", "critical"]).ends(3);
}

#[test]
fn what_is_missing_in_part_is_3_only_on_request() {
    let sandbox = Sandbox::new();
    sandbox.write("cut.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\0xx");
    let report = sandbox.scan(&[]).ends(0).json();
    assert_eq!(coverage(&report, "dir")["status"], "partial");
    sandbox.scan(&["--require-complete"]).ends(3);
    sandbox.write("app.env", format!("DB_PASSWORD={}\n", super::PASSWORD));
    sandbox.scan(&["--require-complete"]).ends(1);
    sandbox.scan(&["--require-complete", "--fail-on", "never"]).ends(3);
}

#[test]
fn wrong_usage_and_wrong_settings_come_before_all_else() {
    let sandbox = leaky();
    for args in [
        &["scna"][..],
        &["scan", "--unknown"],
        &["scan", "--format", "xml"],
        &["scan", "--max-file-size", "12q"],
        &["scan", "--max-copies", "-1"],
        &["scan", "-j", "many"],
        &["scan", "none", "--baseline", "none"],
        &["scan", "--ignore-file", "none"],
        &["scan", "--needles", "none"],
        &["scan", "--include", "["],
        &["scan", "--exclude", "{a"],
        &["scan", "--estate-key-file", "none"],
        &["scan", "--ephemeral-key", "--estate-key-file", "none"],
        &["scan", "--no-target-config", "--config-from", "HEAD"],
        &["scan", "--config-from", "HEAD"],
        &["scan", "--output", "none/report.json"],
        &["scan", "--save", "none/report.json"],
        &["convert", "none"],
        &["convert", "app.env"],
        &["join"],
        &["baseline", "create", "none"],
        &["baseline", "import", "none"],
        &["explain"],
        &["key", "id", "--ephemeral-key"],
        &["man", "none"],
        &["demo", "--keep", "."],
    ] {
        let run = sandbox.run(args).ends(2);
        assert!(run.stdout.is_empty(), "{args:?} prints {}", run.out());
        assert!(!run.stderr.is_empty(), "{args:?} says nothing");
        assert!(!run.err().contains("panic") && !run.err().contains("internal error"), "{}", run.err());
    }
    // No arguments at all: the help, and it is no success.
    let run = sandbox.run([""; 0]).ends(2);
    assert!(run.err().contains("Usage:"), "{}", run.err());
    sandbox.run(["--help"]).ends(0);
    sandbox.run(["--version"]).ends(0);
    sandbox.run(["scan", "--help"]).ends(0);
}
