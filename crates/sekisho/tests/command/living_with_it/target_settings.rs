//! What a target says of itself: it may leave things out, which is counted, and nothing else.

use std::fs;
use std::os::unix::fs::symlink;

use super::{OTHER, PASSWORD, leaky};
use crate::report::{coverage, paths, problems};
use crate::sandbox::{Sandbox, git};

fn with_vendored() -> Sandbox {
    let sandbox = leaky();
    sandbox.write("vendor/lib/b.env", format!("API_SECRET={OTHER}\n"));
    sandbox
}

#[test]
fn a_target_excludes_and_it_is_counted() {
    let sandbox = with_vendored();
    sandbox.write(".sekisho.toml", "exclude = [\"vendor/\", \"*.none\"]\n");
    let report = sandbox.scan(&[]).ends(1).json();
    assert_eq!(paths(&report), ["app.env"]);
    assert_eq!(coverage(&report, "dir")["excluded"], 1);
    assert_eq!(coverage(&report, "dir")["status"], "complete");
    let report = sandbox.scan(&["--no-target-config"]).ends(1).json();
    assert_eq!(paths(&report), ["app.env", "vendor/lib/b.env"]);
    assert_eq!(coverage(&report, "dir")["excluded"], 0);
    // Only at the root of a target.
    fs::rename(sandbox.target().join(".sekisho.toml"), sandbox.target().join("vendor/.sekisho.toml"))
        .unwrap();
    assert_eq!(paths(&sandbox.scan(&[]).ends(1).json()).len(), 2);
}

#[test]
fn members_that_do_nothing_are_told() {
    let sandbox = with_vendored();
    sandbox.write(
        ".sekisho.toml",
        "exclude = [\"vendor/\"]\nfail-on = \"never\"\noutput = \"report.json\"\n[key]\nestate-key-file = \"x\"\n",
    );
    let report = sandbox.scan(&[]).ends(1).json();
    let told = problems(&report);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told.iter().all(|p| p.starts_with(".sekisho.toml: a target's settings may only exclude")),
        "{told:?}"
    );
    assert_eq!(coverage(&report, "dir")["status"], "partial");
    assert_eq!(paths(&report), ["app.env"]);
    assert!(!sandbox.target().join("report.json").exists());
    sandbox.scan(&["--require-complete", "--fail-on", "never"]).ends(3);
}

/// Whatever the file is, the scan goes on: what a target says of itself cannot stop it.
#[test]
fn settings_that_are_none_do_not_end_the_scan() {
    for content in [
        &b"exclude = ["[..],
        b"exclude = \"vendor/\"",
        b"exclude = [1, \"vendor/\"]",
        b"exclude = [\"[\"]",
        b"exclude = [\"{a\", \"vendor/\"]",
        b"\xff\xfe\x00",
        b"",
        b"exclude = {}",
    ] {
        let sandbox = with_vendored();
        sandbox.write(".sekisho.toml", content);
        let shown = String::from_utf8_lossy(content);
        let report = sandbox.scan(&[]).ends(1).json();
        assert!(paths(&report).contains(&"app.env".to_owned()), "{shown}");
        assert_eq!(problems(&report).is_empty(), content.is_empty(), "{shown}: {:?}", problems(&report));
    }
    let too_long = format!("exclude = [\"{}\"]", "x".repeat(2 << 20));
    let makes: [&dyn Fn(&Sandbox); 6] = [
        &|sandbox| drop(sandbox.write(".sekisho.toml", &too_long)),
        &|sandbox| symlink("/etc/passwd", sandbox.target().join(".sekisho.toml")).unwrap(),
        &|sandbox| symlink("nowhere", sandbox.target().join(".sekisho.toml")).unwrap(),
        &|sandbox| fs::create_dir(sandbox.target().join(".sekisho.toml")).unwrap(),
        &|sandbox| fs::create_dir(sandbox.target().join(".sekisho-ignore.toml")).unwrap(),
        &|sandbox| assert!(sandbox.clean("mkfifo", [".sekisho.toml"]).status().unwrap().success()),
    ];
    for make in makes {
        let sandbox = with_vendored();
        make(&sandbox);
        let report = sandbox.scan(&[]).ends(1).json();
        assert_eq!(paths(&report), ["app.env", "vendor/lib/b.env"]);
        let told = problems(&report);
        assert!(told.iter().any(|p| p.starts_with(".sekisho")), "{told:?}");
    }
}

#[test]
fn settings_of_a_revision_are_out_of_reach_of_a_proposed_change() {
    let sandbox = with_vendored();
    let target = sandbox.target();
    git(&target, &["init", "-q"]);
    git(&target, &["add", "."]);
    git(&target, &["commit", "-qm", "without settings"]);
    sandbox.write(".sekisho.toml", "exclude = [\"vendor/\"]\n");
    git(&target, &["add", "."]);
    git(&target, &["commit", "-qm", "leave vendored files out"]);
    // What is proposed would leave everything out.
    sandbox.write(".sekisho.toml", "exclude = [\"*\"]\n");
    sandbox.write(".sekisho-ignore.toml", "[[ignore]]\npath = \"*\"\nreason = \"r\"\nowner = \"o\"\n");
    assert!(paths(&sandbox.scan(&["--no-history"]).ends(0).json()).is_empty());
    let report = |revision: &str| sandbox.scan(&["--no-history", "--config-from", revision]).ends(1).json();
    assert_eq!(paths(&report("HEAD")), ["app.env"]);
    assert_eq!(paths(&report("main~1")), ["app.env", "vendor/lib/b.env"]);
    sandbox.scan(&["--config-from", "no-such-revision"]).ends(2);
    let password_above = format!("password: {PASSWORD}");
    assert!(!sandbox.scan(&["--config-from", "HEAD"]).err().contains(&password_above));
}
