//! Where results go and what they look like there: files, pipes, colour, other formats.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Stdio;

use serde_json::{Value, json};

use super::{OTHER, PASSWORD, leaky};
use crate::report::paths;
use crate::sandbox::{Sandbox, run, write_with_mode};

const FORMATS: [&str; 6] = ["table", "json", "jsonl", "sarif", "gitlab", "markdown"];

#[test]
fn colour_is_for_terminals_and_on_request() {
    let sandbox = leaky();
    let colored = |args: &[&str], env: &[(&str, &str)]| {
        let mut command = sandbox.command(args);
        command.envs(env.iter().copied());
        let run = run(command, b"").ends(1);
        run.stdout.contains(&0x1b)
    };
    let scan = ["scan", ".", "--ephemeral-key"];
    let always = ["scan", ".", "--ephemeral-key", "--color", "always"];
    let never = ["scan", ".", "--ephemeral-key", "--color", "never"];
    assert!(!colored(&scan, &[]), "a pipe is no terminal");
    assert!(!colored(&scan, &[("NO_COLOR", "1")]));
    assert!(colored(&always, &[]));
    assert!(colored(&always, &[("NO_COLOR", "1")]), "what was asked for comes first");
    assert!(!colored(&never, &[]));
    // What is for programs is never coloured.
    for format in &FORMATS[1..] {
        assert!(!colored(&[&always[..], &["--format", format]].concat(), &[]), "{format}");
    }
    // Without its escape sequences the coloured report is the plain one.
    let key = sandbox.key();
    let report = |color: &str| {
        let run = sandbox.run(["scan", ".", "--color", color, "--estate-key-file", key.to_str().unwrap()]);
        run.ends(1).out().to_owned()
    };
    let stripped = report("always").split('\x1b').enumerate().fold(String::new(), |text, (n, part)| {
        text + if n == 0 { part } else { part.split_once('m').unwrap().1 }
    });
    assert_eq!(stripped, report("never"));
}

/// `script` gives a terminal; where there is none of it, nothing can be said.
#[test]
fn on_a_terminal_there_is_colour_unless_no_color_says_no() {
    let sandbox = leaky();
    let on_terminal = |before: &str| {
        let line = format!("{before} '{}' scan . --ephemeral-key", env!("CARGO_BIN_EXE_sekisho"));
        let mut script = sandbox.clean("script", ["-qec", &line, "/dev/null"]);
        script.env("TERM", "xterm-256color").stdin(Stdio::null());
        script.output()
    };
    let Ok(output) = on_terminal("").inspect_err(|_| eprintln!("NOT TESTED: there is no `script`")) else {
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("app.env") && text.contains("\x1b["), "{text:?}");
    let output = on_terminal("NO_COLOR=1").unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // The progress bar clears its line; colour is another matter.
    assert!(text.contains("app.env") && !text.contains("\x1b[1m") && !text.contains("\x1b[3"), "{text:?}");
}

#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    let sandbox = Sandbox::new();
    let many: String = (0..3000).map(|n| format!("DB_PASSWORD={PASSWORD}{n}\n")).collect();
    sandbox.write("many.env", many);
    // Nobody there from the beginning.
    let key = sandbox.key();
    let scans =
        FORMATS.map(|format| ["scan", ".", "--estate-key-file", key.to_str().unwrap(), "--format", format]);
    let others = [
        &["detectors", "list"][..],
        &["demo"],
        &["completions", "bash"],
        &["explain", "generic/password"],
        &["--help"],
    ];
    for args in scans.iter().map(|scan| &scan[..]).chain(others) {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = sandbox
            .command(args)
            .stdin(Stdio::null())
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
    // Somebody there for a line.
    let line = "\"$0\" scan . --fail-on never --estate-key-file \"$1\" | head -n 1";
    let bash = sandbox
        .clean("bash", ["-o", "pipefail", "-c", line, env!("CARGO_BIN_EXE_sekisho"), key.to_str().unwrap()]);
    let piped = run(bash, b"").ends(0);
    assert!(piped.out().starts_with("Sekisho ") && piped.err().is_empty(), "{}", piped.err());
}

/// A full disk is an error, and one that is told.
#[test]
fn output_that_cannot_be_written_is_told() {
    let sandbox = leaky();
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let output = sandbox.command(["scan", ".", "--ephemeral-key"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(!output.stderr.is_empty());
}

#[test]
fn results_in_files_are_private_and_whole() {
    let sandbox = leaky();
    let mode = |name: &str| fs::metadata(sandbox.out(name)).unwrap().permissions().mode() & 0o777;
    let [saved, report] =
        ["saved.json", "report.txt"].map(|name| sandbox.out(name).to_str().unwrap().to_owned());
    write_with_mode(&sandbox.out("saved.json"), "old", 0o644);
    let run = sandbox.scan(&["--save", &saved, "--output", &report, "--format", "table"]).ends(1);
    assert!(run.stdout.is_empty());
    assert_eq!((mode("saved.json"), mode("report.txt")), (0o600, 0o600));
    assert!(fs::read_to_string(&report).unwrap().contains("app.env"));
    assert!(!fs::read(&report).unwrap().contains(&0x1b));
    assert_eq!(sandbox.run(["scan", ".", "--output", &report, "--quiet"]).ends(1).err(), "");
    // A link is left alone: it may lead anywhere.
    symlink("saved.json", sandbox.out("link")).unwrap();
    let before = fs::read(&saved).unwrap();
    sandbox.scan(&["--save", sandbox.out("link").to_str().unwrap()]).ends(2);
    assert_eq!(fs::read(&saved).unwrap(), before);
    assert_eq!(fs::read_dir(sandbox.out("")).unwrap().count(), 3, "no scratch file is left");
}

#[test]
fn what_is_converted_is_what_would_have_been_written() {
    let sandbox = leaky();
    sandbox.write(
        "deploy/secret.yaml",
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData: {{password: {OTHER}}}\n"),
    );
    sandbox.write("cut.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\0xx");
    let saved = sandbox.out("saved.json");
    let saved = saved.to_str().unwrap();
    sandbox.scan(&["--save", saved]).ends(1);
    for format in FORMATS {
        let written = sandbox.scan(&["--format", format]).ends(1);
        let converted = sandbox.run(["convert", saved, "--format", format]).ends(0);
        assert_eq!(converted.out(), written.out(), "{format}");
        let piped =
            run(sandbox.command(["convert", "-", "--format", format]), &fs::read(saved).unwrap()).ends(0);
        assert_eq!(piped.out(), written.out(), "{format}");
    }
}

#[test]
fn reports_under_one_key_join_and_others_do_not() {
    let sandbox = leaky();
    sandbox.write("b/b.env", format!("DB_PASSWORD={PASSWORD}\nAPI_SECRET={OTHER}\n"));
    let key = sandbox.key();
    let key = key.to_str().unwrap();
    let [one, two, three] =
        ["1.json", "2.json", "3.json"].map(|name| sandbox.out(name).to_str().unwrap().to_owned());
    sandbox.run(["scan", "app.env", "--estate-key-file", key, "--save", &one]).ends(1);
    sandbox.run(["scan", "b", "--estate-key-file", key, "--save", &two]).ends(1);
    sandbox.run(["scan", "b", "--ephemeral-key", "--save", &three]).ends(1);
    let joined = sandbox.run(["join", &one, &two, "--format", "json"]).ends(0);
    assert_eq!(joined.stdout, sandbox.run(["join", &two, &one, "--format", "json"]).ends(0).stdout);
    let report = joined.json();
    assert_eq!(report["credentials"].as_array().unwrap().len(), 2);
    assert_eq!(report["coverage"].as_array().unwrap().len(), 2);
    assert_eq!(paths(&report), ["app.env", "b.env"]);
    let shared: Vec<&Value> =
        report["credentials"].as_array().unwrap().iter().filter(|c| c["copies_total"] == 2).collect();
    assert_eq!(shared.len(), 1);
    let refused = sandbox.run(["join", &one, &three]).ends(2);
    assert!(refused.err().contains("under key"), "{}", refused.err());
    // The same as one scan of both, but for how the targets are told.
    let whole =
        sandbox.run(["scan", "app.env", "b", "--estate-key-file", key, "--format", "json"]).ends(1).json();
    assert_eq!((&whole["credentials"], &whole["findings"]), (&report["credentials"], &report["findings"]));
}

#[test]
fn why_tells_rules_and_classes() {
    let sandbox = leaky();
    sandbox.write("b.env", "DB_PASSWORD=changeme\nAPI_SECRET=${FROM_VAULT}\n");
    let run = sandbox.scan(&["--why"]).ends(1);
    let lines: Vec<&str> = run.err().lines().collect();
    assert!(!lines.is_empty() && lines.iter().all(|line| line.starts_with("why: ")), "{}", run.err());
    assert!(
        lines.iter().any(|line| line.starts_with("why: app.env@12 ") && line.contains(": reported")),
        "{lines:?}"
    );
    assert!(lines.iter().any(|line| line.contains("b.env@") && line.contains("info")), "{lines:?}");
    assert_eq!(sandbox.scan(&[]).ends(1).stdout, run.stdout);
}

#[test]
fn weak_values_are_named_only_on_request() {
    let sandbox = Sandbox::new();
    sandbox.write("app.env", "DB_PASSWORD=hX7!q\n");
    let fingerprint =
        |more: &[&str]| sandbox.scan(more).ends(1).json()["credentials"][0]["fingerprint"].clone();
    assert_eq!(fingerprint(&[]), json!(null));
    assert_eq!(fingerprint(&["--weak-fingerprints"]).as_str().unwrap().len(), 32);
}

/// Core dumps would hold values.
#[test]
fn no_core_is_dumped() {
    let sandbox = Sandbox::new();
    let mut child = sandbox
        .command(["scan", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let limits = format!("/proc/{}/limits", child.id());
    // It waits for its input by now, or soon.
    let dumps = || {
        fs::read_to_string(&limits)
            .map(|text| text.lines().any(|l| l.starts_with("Max core file size") && !l.contains(" 0 ")))
    };
    let started = std::time::Instant::now();
    while dumps().is_ok_and(|dumps| dumps) && started.elapsed().as_secs() < 20 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    if let Ok(dumps) = dumps() {
        assert!(!dumps, "{}", fs::read_to_string(&limits).unwrap());
    }
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
