//! What is left alone on purpose: ignore files and inline markers. All of it is counted.

use serde_json::{Value, json};

use super::{OTHER, PASSWORD, leaky};
use crate::report::{copies, coverage, findings, paths, problems};
use crate::sandbox::Sandbox;

const REASON: &str = "reason = \"test values\"\nowner = \"payments\"\n";

fn ignored(report: &Value) -> u64 {
    coverage(report, "dir")["suppressed"]["ignore"].as_u64().unwrap()
}

#[test]
fn entries_set_aside_by_path_object_location_and_detector() {
    let sandbox = leaky();
    sandbox.write("tests/fixtures/b.env", format!("API_SECRET={OTHER}\n"));
    let map = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: api, namespace: shop}}\ndata: {{DB_PASSWORD: {PASSWORD}}}\n"
    );
    sandbox.write("deploy/map.yaml", map);
    let report = sandbox.scan(&[]).ends(1).json();
    let all = copies(&report);
    let app = all.iter().find(|copy| copy["place"]["path"] == "app.env").unwrap();
    let (id, detector) = (app["location_id"].as_str().unwrap(), app["detector"].as_str().unwrap());
    let everything = ["app.env", "deploy/map.yaml", "tests/fixtures/b.env"];
    for (entry, left) in [
        ("path = \"tests/fixtures/\"".to_owned(), &["app.env", "deploy/map.yaml"][..]),
        ("path = \"*.env\"".to_owned(), &["deploy/map.yaml"]),
        ("path = \"/*.env\"".to_owned(), &["deploy/map.yaml", "tests/fixtures/b.env"]),
        ("object = \"ConfigMap/shop/a*\"".to_owned(), &["app.env", "tests/fixtures/b.env"]),
        ("object = \"configmap/api\"".to_owned(), &["app.env", "tests/fixtures/b.env"]),
        ("object = \"Secret/shop/api\"".to_owned(), &everything),
        (format!("location_id = \"{id}\""), &["deploy/map.yaml", "tests/fixtures/b.env"]),
        ("path = \"app.env\"\ndetector = \"none/*\"".to_owned(), &everything),
        ("path = \"tests/\"\nobject = \"ConfigMap/api\"".to_owned(), &everything),
    ] {
        let file = sandbox.write_out("ignore.toml", format!("[[ignore]]\n{entry}\n{REASON}"));
        let report = sandbox.scan(&["--ignore-file", file.to_str().unwrap()]).json();
        assert_eq!(paths(&report), left, "{entry}");
        assert_eq!(ignored(&report), (everything.len() - left.len()) as u64, "{entry}");
    }
    // By detector the copy goes; what is wrong with its place is another matter, and named so.
    let entry = format!("[[ignore]]\npath = \"app.env\"\ndetector = \"{detector}\"\n{REASON}");
    let file = sandbox.write_out("ignore.toml", entry);
    let report = sandbox.scan(&["--ignore-file", file.to_str().unwrap()]).json();
    assert_eq!(paths(&report), &everything[1..]);
}

#[test]
fn expired_and_unused_entries_are_told() {
    let sandbox = leaky();
    let entries = format!(
        "[[ignore]]\npath = \"app.env\"\nexpires = 2020-01-31\n{REASON}\n[[ignore]]\npath = \"gone/\"\n{REASON}\n\
         [[ignore]]\npath = \"gone.env\"\nexpires = 2020-01-31\n{REASON}\n[[ignore]]\npath = \"x\"\n"
    );
    let file = sandbox.write_out("ignore.toml", entries);
    let run = sandbox.scan(&["--ignore-file", file.to_str().unwrap()]).ends(1);
    let report = run.json();
    assert_eq!(paths(&report), ["app.env"], "an entry that has expired holds nothing back");
    let told: Vec<(&str, u64, &str)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["check"].as_str().unwrap().starts_with("policy/"))
        .map(|f| {
            (
                f["check"].as_str().unwrap(),
                f["place"]["line"].as_u64().unwrap(),
                f["reason"].as_str().unwrap(),
            )
        })
        .collect();
    let [first, third, second] = told[..] else { panic!("{told:?}") };
    assert_eq!((first.0, first.1), ("policy/ignore-expired", 1));
    assert!(first.2.contains("owner payments") && first.2.contains("2020-01-31"), "{}", first.2);
    assert_eq!((third.0, third.1), ("policy/ignore-expired", 12));
    assert_eq!((second.0, second.1), ("policy/ignore-unused", 7));
    // What is wrong with the file itself is said on the way.
    assert!(run.err().contains("entry 4 (line 18)") || run.err().contains("entry 4"), "{}", run.err());
}

#[test]
fn a_target_may_bring_its_own_entries() {
    let sandbox = leaky();
    sandbox.write(
        ".sekisho-ignore.toml",
        format!("[[ignore]]\npath = \"*.env\"\n{REASON}\n[[ignore]]\npath = 7\n"),
    );
    let report = sandbox.scan(&[]).ends(0).json();
    assert_eq!(ignored(&report), 1);
    assert!(
        problems(&report).iter().any(|p| p.starts_with(".sekisho-ignore.toml: entry 2")),
        "{:?}",
        problems(&report)
    );
    let report = sandbox.scan(&["--no-target-config"]).ends(1).json();
    assert_eq!((ignored(&report), paths(&report)), (0, vec!["app.env".to_owned()]));
}

/// Each on a line of its own, with another value for each.
const MARKERS: [&str; 12] = [
    "sekisho:ignore",
    "sekisho:ignore generic/*, generic/password made up",
    "gitleaks:allow",
    "betterleaks:allow",
    "trufflehog:ignore",
    "kingfisher:ignore",
    "pragma: allowlist secret",
    "pragma: whitelist secret",
    "ggignore",
    "nosecret",
    "secretlint-disable-line",
    "hashicorpignore",
];

#[test]
fn inline_markers_of_ours_and_of_others_set_aside() {
    let sandbox = Sandbox::new();
    for (n, marker) in MARKERS.iter().enumerate() {
        if n != 1 {
            sandbox.write(format!("{n}.env"), format!("DB_PASSWORD={PASSWORD}{n} # {marker}\n"));
        }
    }
    sandbox.write("named.env", format!("DB_PASSWORD={PASSWORD} # sekisho:ignore generic/password\n"));
    sandbox.write("other.env", format!("DB_PASSWORD={PASSWORD} # sekisho:ignore aws/access-key-id\n"));
    sandbox.write("above.env", format!("# sekisho:ignore\nDB_PASSWORD={PASSWORD}\nAPI_SECRET={OTHER}\n"));
    sandbox.write("manifest.yaml", format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  # pragma: allowlist nextline secret\n  DB_PASSWORD: \
         {PASSWORD}\n  API_SECRET: {OTHER}  # gitleaks:allow\n"
    ));
    let report = sandbox.scan(&[]).ends(1).json();
    let lines: Vec<Value> =
        copies(&report).iter().map(|c| json!([c["place"]["path"], c["place"]["line"]])).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines.contains(&json!(["other.env", 1])) && lines.contains(&json!(["above.env", 3])),
        "{lines:?}"
    );
    assert_eq!(findings(&report).len(), 2);
    let set_aside = MARKERS.len() as u64 - 1 + 4;
    assert_eq!(coverage(&report, "dir")["suppressed"]["inline"], set_aside);
    let report = sandbox.scan(&["--no-inline-ignore"]).ends(1).json();
    assert_eq!(copies(&report).len() as u64, set_aside + 2);
    assert_eq!(coverage(&report, "dir")["suppressed"]["inline"], 0);
}
