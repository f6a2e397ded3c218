//! Reports are as the committed schema says, and every member of them stands in it.
//!
//! The checker knows the words of JSON Schema 2020-12 that our schema uses, and stops at any other
//! one, so that it cannot grow lax by itself.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::archives::{gzip, tar};
use crate::sandbox::{Sandbox, git, run};

/// The schema, and what is wrong with a value under it.
struct Schema {
    root: Value,
}

impl Schema {
    fn committed() -> Self {
        Self::of("report")
    }

    fn of(name: &str) -> Self {
        let file = format!("../../docs/schema/sekisho.{name}.v1.schema.json");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        Self { root: serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap() }
    }

    #[track_caller]
    fn assert(&self, report: &Value) {
        let wrong = self.wrong(&self.root, report, "");
        assert!(wrong.is_empty(), "{wrong:#?}");
        let mut unknown = BTreeSet::new();
        self.unknown(&[&self.root], report, "", &mut unknown);
        assert!(unknown.is_empty(), "the schema does not know {unknown:?}");
    }

    /// What is wrong, each with its path.
    fn wrong(&self, schema: &Value, value: &Value, at: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut fail = |what: String| wrong.push(format!("{at}: {what}"));
        for (word, says) in schema.as_object().unwrap() {
            let count = |of: &Value| {
                of.as_array().unwrap().iter().filter(|one| self.wrong(one, value, at).is_empty()).count()
            };
            match word.as_str() {
                "$id" | "$schema" | "$defs" | "title" | "description" | "default" | "format" => {}
                "type" => {
                    let types = says.as_array().cloned().unwrap_or_else(|| vec![says.clone()]);
                    if !types.iter().any(|name| is_a(value, name.as_str().unwrap())) {
                        fail(format!("is no {says}: {value}"));
                    }
                }
                "const" if says != value => fail(format!("is not {says}: {value}")),
                "enum" if !says.as_array().unwrap().contains(value) => {
                    fail(format!("is none of {says}: {value}"))
                }
                "const" | "enum" => {}
                "minimum" if value.as_f64().is_some_and(|n| n < says.as_f64().unwrap()) => {
                    fail(format!("{value} is under {says}"))
                }
                "minimum" => {}
                "pattern" => {
                    let digits = match says.as_str().unwrap() {
                        "^([0-9a-f]{2}){16}$" => 32,
                        "^([0-9a-f]{2}){8}$" => 16,
                        other => panic!("a pattern that this test does not know: {other}"),
                    };
                    let hex = |text: &str| {
                        text.len() == digits
                            && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
                    };
                    if value.as_str().is_some_and(|text| !hex(text)) {
                        fail(format!("does not match {says}"));
                    }
                }
                "required" => {
                    for name in says.as_array().unwrap() {
                        if value
                            .as_object()
                            .is_some_and(|object| !object.contains_key(name.as_str().unwrap()))
                        {
                            fail(format!("has no {name}"));
                        }
                    }
                }
                "properties" => {
                    for (name, schema) in says.as_object().unwrap() {
                        if let Some(member) = value.get(name) {
                            self.wrong(schema, member, &format!("{at}/{name}"))
                                .into_iter()
                                .for_each(&mut fail);
                        }
                    }
                }
                "additionalProperties" if says.is_boolean() => {
                    let known = schema["properties"].as_object().unwrap();
                    let more =
                        value.as_object().into_iter().flatten().any(|(name, _)| !known.contains_key(name));
                    if says == false && more {
                        fail("has members that it may not have".to_owned());
                    }
                }
                "additionalProperties" => {
                    for (name, member) in value.as_object().into_iter().flatten() {
                        self.wrong(says, member, &format!("{at}/{name}")).into_iter().for_each(&mut fail);
                    }
                }
                "items" => {
                    for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.wrong(says, item, &format!("{at}/{n}")).into_iter().for_each(&mut fail);
                    }
                }
                "$ref" => self.wrong(self.named(says), value, at).into_iter().for_each(&mut fail),
                "oneOf" if count(says) != 1 => fail(format!("matches {} of its forms: {value}", count(says))),
                "anyOf" if count(says) == 0 => fail(format!("matches none of its forms: {value}")),
                "oneOf" | "anyOf" => {}
                other => panic!("a word of JSON Schema that this test does not know: {other}"),
            }
        }
        wrong
    }

    /// Members of a value that no schema for it names.
    fn unknown(&self, schemas: &[&Value], value: &Value, at: &str, found: &mut BTreeSet<String>) {
        // All schemas that speak of the value, with those that they lead to.
        let mut all: Vec<&Value> = schemas.to_vec();
        let mut next = 0;
        while let Some(schema) = all.get(next).copied() {
            next += 1;
            all.extend(schema.get("$ref").map(|name| self.named(name)));
            all.extend(["oneOf", "anyOf"].iter().filter_map(|word| schema[*word].as_array()).flatten());
        }
        for (name, member) in value.as_object().into_iter().flatten() {
            let any =
                all.iter().filter_map(|schema| schema.get("additionalProperties")).filter(|s| s.is_object());
            let named = all.iter().filter_map(|schema| schema["properties"].get(name));
            let under: Vec<&Value> = named.chain(any).collect();
            if under.is_empty() {
                found.insert(format!("{at}/{name}"));
            }
            self.unknown(&under, member, &format!("{at}/{name}"), found);
        }
        let items: Vec<&Value> = all.iter().filter_map(|schema| schema.get("items")).collect();
        for item in value.as_array().into_iter().flatten() {
            self.unknown(&items, item, at, found);
        }
    }

    fn named(&self, reference: &Value) -> &Value {
        let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
        self.root.pointer(pointer).unwrap()
    }
}

fn is_a(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        other => panic!("no type of JSON Schema: {other}"),
    }
}

#[test]
fn the_checker_can_fail() {
    let schema = Schema::committed();
    let good = Sandbox::new().run(["demo", "--format", "json"]).ends(0).json();
    schema.assert(&good);
    for (pointer, bad) in [
        ("/schema", json!("sekisho.report/v2")),
        ("/key_id", json!("no key id")),
        ("/coverage/0/items", json!(-1)),
        ("/coverage/0/status", json!("good")),
        ("/credentials/0/severity", json!("dire")),
        ("/credentials/0/copies", json!({})),
        ("/credentials/0/copies/0/encoding", json!(["rot13"])),
        ("/credentials/0/copies/0/place/type", json!("paper")),
        ("/credentials/0/copies/0/place/line", json!("3")),
        ("/findings/0/controls", json!("OWASP")),
    ] {
        let mut report = good.clone();
        *report.pointer_mut(pointer).unwrap() = bad;
        assert!(!schema.wrong(&schema.root, &report, "").is_empty(), "{pointer}");
    }
    let mut report = good.clone();
    report["credentials"][0].as_object_mut().unwrap().remove("fingerprint");
    assert!(!schema.wrong(&schema.root, &report, "").is_empty());
    let mut report = good;
    report["credentials"][0]["copies"][0]["value"] = json!("x");
    let mut unknown = BTreeSet::new();
    schema.unknown(&[&schema.root], &report, "", &mut unknown);
    assert_eq!(unknown, BTreeSet::from(["/credentials/copies/value".to_owned()]));
}

#[test]
fn every_kind_of_report_is_as_the_schema_says() {
    let schema = Schema::committed();
    let sandbox = Sandbox::new();
    // Archives, names that are not UTF-8, manifests, encodings, problems, what is set aside, git.
    use std::os::unix::ffi::OsStrExt as _;
    let line = format!("DB_PASSWORD={}\n", concat!("q8ZXr4Lt", "Vb2wYx0N"));
    sandbox.write(std::ffi::OsStr::from_bytes(b"caf\xe9.env"), &line);
    let archive = gzip(&tar(&[("a.env", line.as_bytes())]));
    sandbox.write("a.tgz", &archive);
    sandbox.write("cut.tgz", &archive[..archive.len() / 2]);
    sandbox.write("weak.env", "DB_PASSWORD=hX7!q\nAPI_SECRET=changeme\n");
    sandbox.write("marked.env", format!("{} # gitleaks:allow\n", line.trim()));
    sandbox
        .write("secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {k: Ymx1ZWdyZWVu}\n");
    sandbox.write(".sekisho.toml", "unknown = 1\n");
    git(&sandbox.target(), &["init", "-q"]);
    schema.assert(&sandbox.scan(&[]).ends(1).json());
    schema.assert(&sandbox.scan(&["--weak-fingerprints", "--max-copies", "1"]).ends(1).json());
    schema.assert(&sandbox.run(["scan", "none", "--format", "json"]).ends(3).json());
    let log = format!("[pod/api-0/api] 2026-01-15T09:12:51Z {line}");
    schema.assert(&run(sandbox.command(["scan", "-", "--format", "json"]), log.as_bytes()).ends(1).json());
    let saved = sandbox.out("saved.json");
    let saved = saved.to_str().unwrap();
    sandbox.scan(&["--save", saved]).ends(1);
    schema.assert(&sandbox.run(["join", saved, saved, "--format", "json"]).ends(0).json());
}

#[test]
fn answers_are_as_their_schemas_say() {
    let sandbox = Sandbox::new();
    let kept = sandbox.root().join("estate");
    sandbox.run(["demo", "--keep", kept.to_str().unwrap()]).ends(0);
    let deploy = kept.join("deploy");
    let ask = |args: &[&str]| {
        let from = ["--from", deploy.to_str().unwrap(), "--format", "json"];
        sandbox.run(args.iter().copied().chain(from)).ends(0).json()
    };
    let readers = Schema::of("readers");
    let answer = ask(&["who", "secret/shop/db"]);
    readers.assert(&answer);
    assert!(answer["cuts"][0]["patch"][1]["op"] == "remove" && answer["readers"][0]["path"][0].is_object());
    for (pointer, bad) in [
        ("/schema", json!(1)),
        ("/readers/0/class", json!("friend")),
        ("/readers/0/path/0/grants", json!({})),
        ("/cuts/0/patch/0/op", json!("add")),
        ("/minimal", json!("perhaps")),
    ] {
        let mut wrong = answer.clone();
        *wrong.pointer_mut(pointer).unwrap() = bad;
        assert!(!readers.wrong(&readers.root, &wrong, "").is_empty(), "{pointer}");
    }
    let reached = ask(&["reach", "group/build-operators"]);
    Schema::of("reach").assert(&reached);
    assert!(!reached["secrets"].as_array().unwrap().is_empty());
    Schema::of("plugins").assert(&ask(&["reach", "plug-ins"]));
}

#[test]
fn json_lines_hold_what_json_holds() {
    let sandbox = Sandbox::new();
    let whole = sandbox.run(["demo", "--format", "json"]).ends(0).json();
    let lines = sandbox.run(["demo", "--format", "jsonl"]).ends(0);
    let lines: Vec<Value> = lines.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let parts = whole["credentials"].as_array().unwrap().len()
        + whole["findings"].as_array().unwrap().len()
        + whole["coverage"].as_array().unwrap().len();
    assert!(lines.len() == parts || lines.len() == parts + 1, "{} lines for {parts} parts", lines.len());
    let text = serde_json::to_string(&lines).unwrap();
    for credential in whole["credentials"].as_array().unwrap() {
        assert!(text.contains(credential["fingerprint"].as_str().unwrap()));
    }
}
