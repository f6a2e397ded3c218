//! `scan -`: logs and whatever else is piped in.

use std::io::Write as _;
use std::process::Stdio;

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::{OTHER, PASSWORD};
use crate::report::{assert_has, copies};
use crate::sandbox::{Sandbox, run};

fn scan(input: &[u8]) -> Value {
    let sandbox = Sandbox::new();
    let key = sandbox.key();
    let args = ["scan", "-", "--format", "json", "--estate-key-file", key.to_str().unwrap()];
    run(sandbox.command(args), input).ends(1).json()
}

#[test]
fn lines_of_logs_tell_time_pod_and_container() {
    let prefixed = format!(
        "[pod/api-6d4cf56db6-x2x7k/api] 2026-01-15T09:12:51.123456789Z retrying with password={PASSWORD}\n"
    );
    let cri = format!(
        "2026-01-15T09:12:52.5+01:00 stdout F Authorization: Basic {}\n",
        BASE64.encode(format!("shop:{OTHER}").as_bytes())
    );
    let json_line = format!(
        "{{\"time\":\"2026-01-15T09:12:53Z\",\"kubernetes\":{{\"pod_name\":\"db-0\",\"container_name\":\"db\"}},\"msg\":\"dsn \
         postgres://shop:{PASSWORD}9@db/shop\"}}\n"
    );
    let plain = format!("connecting to postgres://shop:{OTHER}9@db/shop\n");
    let log = ["starting\n", &prefixed, &cri, &json_line, &plain].concat();
    let report = scan(log.as_bytes());
    let mut all = copies(&report);
    all.sort_by_key(|copy| copy["place"]["line"].as_u64());
    let [first, second, third, fourth] = &all[..] else { panic!("{report:#}") };
    assert_has(
        &first["place"],
        &json!({
            "type": "log", "path": "-", "line": 2, "column": prefixed.len() - PASSWORD.len(), "time": "2026-01-15T09:12:51.123456789Z",
            "pod": "api-6d4cf56db6-x2x7k", "container": "api",
        }),
    );
    assert_has(
        &second["place"],
        &json!({"type": "log", "line": 3, "time": "2026-01-15T09:12:52.5+01:00", "pod": null}),
    );
    assert_eq!(second["encoding"], json!(["base64"]));
    assert_has(
        &third["place"],
        &json!({
            "type": "log", "line": 4, "time": "2026-01-15T09:12:53Z", "pod": "db-0", "container": "db",
        }),
    );
    assert_has(
        &fourth["place"],
        &json!({"type": "log", "line": 5, "time": null, "pod": null, "container": null}),
    );
    assert_eq!(report["coverage"][0]["source"], "log");
    assert_eq!(report["coverage"][0]["target"], "-");
    let checks: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|f| f["check"].as_str().unwrap()).collect();
    assert_eq!(checks, ["log/secret-in-log"; 4]);
}

#[test]
fn a_stream_may_be_a_manifest_an_archive_or_nothing() {
    let manifest = format!(
        "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {{name: db, namespace: shop}}\n  data: \
         {{password: {}}}\nkind: List\n",
        BASE64.encode(PASSWORD.as_bytes())
    );
    let report = scan(manifest.as_bytes());
    assert_has(
        &copies(&report)[0]["place"],
        &json!({
            "type": "log", "line": 6, "field": "data.password", "object": {"kind": "Secret", "name": "db", "namespace": "shop"},
        }),
    );
    let report = scan(&crate::archives::gzip(format!("DB_PASSWORD={PASSWORD}\n").as_bytes()));
    assert_eq!(copies(&report).len(), 1);
    let sandbox = Sandbox::new();
    let report = run(sandbox.command(["scan", "-", "--format", "json"]), b"").ends(0).json();
    assert_eq!(report["coverage"][0]["status"], "complete");
}

/// A log that never ends is scanned while it comes: what matters is that it ends when the pipe does,
/// and that a line without its end is a line.
#[test]
fn a_stream_may_come_slowly_and_end_anywhere() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(["scan", "-", "--format", "json"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    for part in ["time=\"2026-01-15T09:12:51Z\" DB_PASS", "WORD=", &PASSWORD[..5], &PASSWORD[5..]] {
        input.write_all(part.as_bytes()).unwrap();
        input.flush().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_has(
        &copies(&report)[0]["place"],
        &json!({"line": 1, "time": "2026-01-15T09:12:51Z", "byte_length": PASSWORD.len()}),
    );
}

#[test]
fn a_named_pipe_is_a_stream_when_the_user_names_it() {
    let sandbox = Sandbox::new();
    let key = sandbox.key();
    let command = format!(
        "mkfifo pipe && (printf 'DB_PASSWORD={PASSWORD}\\n' > pipe &) && \"$0\" scan pipe --format json --estate-key-file \"$1\""
    );
    let sh = sandbox.clean("sh", ["-c", &command, env!("CARGO_BIN_EXE_sekisho"), key.to_str().unwrap()]);
    let report = run(sh, b"").ends(1).json();
    assert_has(
        &copies(&report)[0]["place"],
        &json!({"type": "log", "path": "pipe", "line": 1, "column": 13}),
    );
}
