//! What is scanned, how much is kept, and that none of it depends on the number of threads.

use std::fs;

use serde_json::json;

use super::{OTHER, PASSWORD};
use crate::archives::{gzip, tar};
use crate::report::{copies, coverage, paths, problems};
use crate::sandbox::{Sandbox, run};

fn spread() -> Sandbox {
    let sandbox = Sandbox::new();
    for path in ["a.env", "b.txt", "deploy/c.env", "deploy/d.yaml", "tests/e.env"] {
        let separator = if path.ends_with(".env") { '=' } else { ':' };
        sandbox.write(path, format!("db_password{separator} {PASSWORD}\n"));
    }
    sandbox
}

#[test]
fn include_and_exclude_are_patterns_as_in_gitignore() {
    let sandbox = spread();
    for (args, expected, excluded) in [
        (&[][..], &["a.env", "b.txt", "deploy/c.env", "deploy/d.yaml", "tests/e.env"][..], 0),
        (&["--include", "*.env"], &["a.env", "deploy/c.env", "tests/e.env"], 2),
        (&["--include", "/*.env"], &["a.env"], 4),
        (
            &["--include", "*.env", "--include", "*.yaml"],
            &["a.env", "deploy/c.env", "deploy/d.yaml", "tests/e.env"],
            1,
        ),
        (&["--exclude", "*.env"], &["b.txt", "deploy/d.yaml"], 3),
        (&["--exclude", "deploy/"], &["a.env", "b.txt", "tests/e.env"], 1),
        (&["--include", "deploy/", "--exclude", "*.yaml"], &["deploy/c.env"], 4),
    ] {
        let report = sandbox.scan(args).ends(1).json();
        assert_eq!(paths(&report), expected, "{args:?}");
        assert_eq!(coverage(&report, "dir")["excluded"], excluded, "{args:?}");
        // What was asked for is no gap.
        assert_eq!(coverage(&report, "dir")["status"], "complete");
    }
}

#[test]
fn files_over_the_size_are_named_in_coverage() {
    let sandbox = spread();
    sandbox.write("large.env", format!("DB_PASSWORD={OTHER}\n{}", "# filler\n".repeat(1000)));
    let report = sandbox.scan(&["--max-file-size", "4k"]).ends(1).json();
    assert_eq!(paths(&report).len(), 5);
    let [problem] = &problems(&report)[..] else { panic!("{:?}", problems(&report)) };
    assert!(problem.starts_with("large.env: ") && problem.contains("4096"), "{problem}");
    sandbox.scan(&["--max-file-size", "4k", "--require-complete", "--fail-on", "never"]).ends(3);
    assert_eq!(paths(&sandbox.scan(&["--max-file-size", "1M"]).ends(1).json()).len(), 6);
    // And when it is the target itself.
    let report =
        sandbox.run(["scan", "large.env", "--max-file-size", "4k", "--format", "json"]).ends(0).json();
    assert_eq!(coverage(&report, "file")["status"], "partial");
}

#[test]
fn copies_are_bounded_and_totals_are_exact() {
    let sandbox = Sandbox::new();
    sandbox.write("a.env", format!("DB_PASSWORD={PASSWORD}\n").repeat(30));
    sandbox.write("b.env", format!("DB_PASSWORD={PASSWORD}\n").repeat(30));
    for (max, kept) in [("7", 7), ("1", 1), ("0", 1), ("1000", 60)] {
        let report = sandbox.scan(&["--max-copies", max]).ends(1).json();
        assert_eq!(report["credentials"][0]["copies_total"], 60);
        let lines: Vec<_> = copies(&report).iter().map(|c| c["place"]["line"].as_u64().unwrap()).collect();
        assert_eq!(lines.len(), kept, "--max-copies {max}");
        assert!(
            lines.iter().take(30).copied().eq((1..=30).take(kept)),
            "the first ones, whatever came first"
        );
        assert!(report["findings"].as_array().unwrap().len() <= kept.max(1));
    }
}

/// Many files of many kinds, so that threads get in each other's way.
fn crowd() -> Sandbox {
    let sandbox = Sandbox::new();
    for n in 0..60 {
        let value = format!("{PASSWORD}{}", n % 7);
        let name = format!("d{}/{n}", n % 5);
        match n % 4 {
            0 => sandbox.write(format!("{name}.env"), format!("DB_PASSWORD={value}\nAPI_SECRET={OTHER}{n}\n")),
            1 => sandbox.write(format!("{name}.yaml"), format!(
                "apiVersion: v1\nkind: Secret\nmetadata: {{name: s{n}}}\nstringData: {{password: {value}}}\n"
            )),
            2 => sandbox.write(format!("{name}.tgz"), gzip(&tar(&[("x.env", format!("DB_PASSWORD={value}\n").as_bytes())]))),
            _ => sandbox.write(format!("{name}.gz"), &gzip(format!("DB_PASSWORD={value}\n").as_bytes())[..20]),
        };
    }
    sandbox
}

#[test]
fn the_number_of_threads_cannot_be_seen() {
    let sandbox = crowd();
    for more in [&["--max-copies", "3"][..], &[]] {
        let args = |jobs: &'static str| [more, &["-j", jobs]].concat();
        let alone = sandbox.scan(&args("1")).ends(1);
        assert!(copies(&alone.json()).len() > 20 && problems(&alone.json()).len() == 15);
        for jobs in ["4", "4", "16"] {
            let many = sandbox.scan(&args(jobs)).ends(1);
            assert!(alone.stdout == many.stdout, "-j {jobs} differs: {}", many.out());
        }
    }
    sandbox.scan(&["-j", "0"]).ends(1);
}

#[test]
fn the_same_input_and_key_give_the_same_bytes() {
    let sandbox = crowd();
    for format in ["table", "json", "jsonl", "sarif", "gitlab", "markdown"] {
        // GitLab's schema asks for times.
        let scan = || {
            let mut command = sandbox.command(sandbox.scan_args(&["--format", format]));
            command.env("SOURCE_DATE_EPOCH", "1700000000");
            run(command, b"")
        };
        let (once, again) = (scan().ends(1), scan().ends(1));
        let differs = || once.out().lines().zip(again.out().lines()).find(|(one, two)| one != two);
        assert!(once.stdout == again.stdout, "{format}: {:?}", differs());
    }
    // Another home, another directory of the same content: the same report.
    let other = Sandbox::new();
    let copied = sandbox.clean("cp", ["-R", ".", other.target().to_str().unwrap()]).status().unwrap();
    assert!(copied.success());
    assert_eq!(sandbox.scan(&[]).stdout, other.scan(&[]).stdout);
}

#[test]
fn several_targets_are_one_report() {
    let sandbox = spread();
    let report = sandbox
        .run(["scan", "deploy", "tests", "a.env", "--format", "json", "--ephemeral-key"])
        .ends(1)
        .json();
    assert_eq!(report["credentials"].as_array().unwrap().len(), 1);
    assert_eq!(report["credentials"][0]["copies_total"], 4);
    let targets: Vec<_> =
        report["coverage"].as_array().unwrap().iter().map(|c| c["target"].clone()).collect();
    assert_eq!(targets, [json!("a.env"), json!("deploy"), json!("tests")]);
    // Places are relative to their target.
    assert_eq!(paths(&report), ["a.env", "c.env", "d.yaml", "e.env"]);
}

#[test]
fn needles_are_known_values_in_every_encoding() {
    let sandbox = Sandbox::new();
    // No detector would take a phrase for a secret.
    let phrase = "the quick brown fox";
    let needles = sandbox.write_out("needles", format!("{phrase}\r\n\nabc\n{phrase}\n"));
    let encoded = data_encoding::BASE64.encode(format!("x {phrase} y").as_bytes());
    sandbox.write("plain.txt", format!("once upon a time {phrase} jumped"));
    sandbox.write("base64.txt", format!("data: {encoded}"));
    sandbox.write("hex.txt", data_encoding::HEXLOWER.encode(phrase.as_bytes()));
    sandbox.write("percent.txt", phrase.replace(' ', "%20"));
    sandbox.write("binary.bin", [&[0, 1, 2, 255][..], phrase.as_bytes(), &[0]].concat());
    sandbox.write("other.txt", "the quick brown dog");
    assert_eq!(paths(&sandbox.scan(&[]).ends(0).json()), [""; 0]);
    let run = sandbox.scan(&["--needles", needles.to_str().unwrap()]).ends(1);
    let report = run.json();
    assert_eq!(paths(&report), ["base64.txt", "binary.bin", "hex.txt", "percent.txt", "plain.txt"]);
    assert_eq!(report["credentials"].as_array().unwrap().len(), 1);
    assert_eq!(report["credentials"][0]["detector"], "needle/known-value");
    assert!(run.err().contains("2 needles are not looked for"), "{}", run.err());
    // From a pipe, so that they need not lie anywhere.
    let mut command = sandbox.command(sandbox.scan_args(&["--needles", "-"]));
    command.env("LC_ALL", "C");
    let piped = crate::sandbox::run(command, &fs::read(&needles).unwrap()).ends(1);
    assert_eq!(piped.json()["credentials"], report["credentials"]);
}

#[test]
fn files_of_a_kustomization_are_what_it_makes_of_them() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "base/kustomization.yaml",
        "\
namespace: shop
secretGenerator:
- name: db
  envs: [db.txt]
- name: file
  files: [license=license.txt]
configMapGenerator:
- name: settings
  envs: [settings.txt]
",
    );
    // Outside of a Secret nobody would take these for one.
    sandbox.write("base/db.txt", "# comment\nCOLOR=bluegreen-42\nEMPTY=\n");
    sandbox.write("base/license.txt", "any text at all\n");
    sandbox.write("base/settings.txt", format!("COLOR=bluegreen-42\nDB_PASSWORD={PASSWORD}\n"));
    sandbox.write("base/unnamed.txt", "COLOR=bluegreen-42\n");
    let report = sandbox.scan(&[]).ends(1).json();
    assert_eq!(paths(&report), ["base/db.txt", "base/license.txt", "base/settings.txt"]);
    let find = |path: &str| copies(&report).into_iter().find(|c| c["place"]["path"] == path).unwrap();
    let db = find("base/db.txt");
    assert_eq!(
        db["place"]["object"],
        json!({"apiVersion": "v1", "kind": "Secret", "namespace": "shop", "name": "db"})
    );
    assert_eq!(
        (&db["place"]["field"], &db["place"]["line"], &db["place"]["column"]),
        (&json!("data.COLOR"), &json!(2), &json!(7))
    );
    assert_eq!(find("base/license.txt")["place"]["field"], "data.license");
    assert_eq!(find("base/settings.txt")["place"]["object"]["kind"], "ConfigMap");
    let manifests =
        report["findings"].as_array().unwrap().iter().filter(|f| f["check"] == "k8s/secret-manifest");
    assert_eq!(manifests.count(), 2);
}
