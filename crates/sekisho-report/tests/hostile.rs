//! Reports in which every text is chosen by an enemy, in every format.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod samples;

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use sekisho_model::report::{Coverage, KeyOrigin, Report, SCHEMA, Status, Suppressed, Tool};
use sekisho_model::{
    CharColumns, Confidence, Copy, Credential, Encoding, Finding, LocationId, ObjectRef, Place, Problem,
    Root, Severity, SharedStr, Span, Step, TargetPath, Tracked, Verdict,
};
use sekisho_report::{ALL, Options, escape, read};
use unicode_width::UnicodeWidthStr as _;

/// Pieces of names that do something somewhere.
const PIECES: [&str; 34] = [
    "\x1b[2J\x1b[31m",
    "\x1b]0;title\x07",
    "\u{9b}31m",
    "\r",
    "\n",
    "\t",
    "\0",
    "\x08\x08",
    "\u{7f}",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{feff}",
    "\u{2028}",
    "\u{e0041}",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "::error::",
    "\n::set-output name=x::y",
    "##[error]",
    "##vso[task.complete]",
    "@everyone",
    "https://evil.example/",
    "</details>",
    "<script>alert(1)</script>",
    "](javascript:x)",
    "`",
    "|",
    "\\",
    "{0}",
    "../",
    "/",
    "秘密",
    "name",
    " ",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(PIECES.to_vec()).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => "[a-z]{0,60}",
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// The same, as most of a report holds it.
fn shared() -> impl Strategy<Value = SharedStr> {
    text().prop_map(SharedStr::from)
}

fn path() -> impl Strategy<Value = TargetPath> {
    let bytes =
        proptest::collection::vec(any::<u8>(), 0..12).prop_map(|bytes| TargetPath::from_bytes(&bytes));
    let forged =
        (shared(), proptest::option::of(shared())).prop_map(|(path, path_b64)| TargetPath { path, path_b64 });
    prop_oneof![text().prop_map(|t| TargetPath::from_bytes(t.as_bytes())), bytes, forged]
}

fn root() -> impl Strategy<Value = Root> {
    let some = || proptest::option::of(shared());
    prop_oneof![
        path().prop_map(|path| Root::File { path }),
        (path(), some(), some(), some()).prop_map(|(path, time, pod, container)| Root::Log {
            path,
            time,
            pod,
            container
        }),
        (shared(), path(), shared()).prop_map(|(repo, path, blob)| Root::Git {
            repo,
            path,
            blob,
            history: None
        }),
        (shared(), shared(), path()).prop_map(|(image, layer, path)| Root::Image { image, layer, path }),
        (shared(), shared()).prop_map(|(image, digest)| Root::ImageConfig { image, digest }),
        shared().prop_map(|cluster| Root::Object { cluster }),
        (path(), shared(), any::<Option<i64>>(), proptest::option::of(shared()), any::<Option<u64>>())
            .prop_map(|(path, key, revision, region, offset)| Root::Etcd {
                path,
                key,
                revision,
                region,
                offset
            }),
    ]
}

fn place() -> impl Strategy<Value = Place> {
    let step = prop_oneof![
        text().prop_map(Step::Entry),
        text().prop_map(Step::EntryB64),
        Just(Step::Decoded(Encoding::Gzip)),
        text().prop_map(Step::Field),
        any::<u64>().prop_map(Step::Record),
    ];
    let number = || prop_oneof![0..100_000u64, Just(0)];
    let span = (number(), number(), number(), number(), any::<u64>(), any::<u64>()).prop_map(
        |(line, column, end_line, end_column, byte_offset, byte_length)| Span {
            line,
            column,
            end_line,
            end_column,
            byte_offset,
            byte_length,
        },
    );
    let chars = (number(), number())
        .prop_map(|(char_column, char_end_column)| CharColumns { char_column, char_end_column });
    let object = (text(), text(), proptest::option::of(text()), text())
        .prop_map(|(api_version, kind, namespace, name)| ObjectRef { api_version, kind, namespace, name });
    let (span, chars) = (proptest::option::of(span), proptest::option::of(chars));
    let (object, field) = (proptest::option::of(object), proptest::option::of(shared()));
    (root(), proptest::collection::vec(step, 0..3), span, chars, object, field).prop_map(
        |(root, inside, span, chars, object, field)| {
            let mut place = Place::new(root);
            (place.inside, place.span, place.object, place.field) =
                (inside, span, object.map(Arc::new), field);
            // Columns belong to a span.
            place.chars = chars.filter(|_| place.span.is_some());
            place
        },
    )
}

fn severity() -> impl Strategy<Value = Severity> {
    proptest::sample::select(Severity::ALL.to_vec())
}

fn credential() -> impl Strategy<Value = Credential> {
    let tracked = proptest::sample::select(vec![None, Some(Tracked::Ignored), Some(Tracked::Untracked)]);
    let copy = (text(), shared(), severity(), tracked, place()).prop_map(
        |(id, detector, severity, tracked, place)| Copy {
            location_id: LocationId::from(id),
            detector,
            severity,
            confidence: Confidence::Low,
            encoding: [Encoding::Base64].into(),
            tracked,
            place: place.into(),
        },
    );
    let details = proptest::collection::btree_map(text(), text(), 0..3);
    let copies = proptest::collection::vec(copy, 0..4);
    (any::<Option<u8>>(), shared(), shared(), severity(), shared(), details, any::<u64>(), copies).prop_map(
        |(of, detector, title, severity, preview, details, copies_total, copies)| Credential {
            fingerprint: of.map(samples::fingerprint),
            detector,
            title,
            severity,
            confidence: Confidence::Medium,
            preview,
            details,
            copies_total,
            copies,
        },
    )
}

fn finding() -> impl Strategy<Value = Finding> {
    let verdict = proptest::sample::select(vec![Verdict::Fail, Verdict::Pass, Verdict::NotAssessed]);
    let controls = proptest::collection::vec(
        prop_oneof![shared(), text().prop_map(|t| format!("CWE-{t}").into())],
        0..4,
    );
    (shared(), verdict, severity(), controls, text(), place(), shared(), shared()).prop_map(
        |(check, verdict, severity, controls, id, place, reason, fix)| Finding {
            check,
            verdict,
            severity,
            controls: controls.into(),
            credential: None,
            location_id: LocationId::from(id),
            place: place.into(),
            reason,
            fix,
        },
    )
}

fn report() -> impl Strategy<Value = Report> {
    let status = proptest::sample::select(vec![Status::Complete, Status::Partial, Status::Failed]);
    let problem = (place(), text()).prop_map(|(place, what)| Problem { place, what });
    let coverage = (text(), text(), status, any::<u64>(), proptest::collection::vec(problem, 0..3)).prop_map(
        |(target, source, status, n, problems)| Coverage {
            target,
            source,
            status,
            items: n,
            bytes: n,
            excluded: n,
            suppressed: Suppressed { inline: n, ignore: 1, baseline: n },
            problems_omitted: n,
            problems,
        },
    );
    let coverage = proptest::collection::vec(coverage, 0..3);
    let credentials = proptest::collection::vec(credential(), 0..4);
    let findings = proptest::collection::vec(finding(), 0..4);
    (text(), text(), coverage, credentials, findings).prop_map(
        |(version, ruleset, coverage, credentials, findings)| Report {
            schema: SCHEMA.into(),
            tool: Tool { version, ruleset },
            key_id: "f00a630fd938fd82".parse().unwrap(),
            key: KeyOrigin::Ephemeral,
            coverage,
            credentials,
            findings,
        },
    )
}

/// What no output may hold: characters that act or hide, and lines that a CI system obeys.
fn check(name: &str, output: &str) {
    let raw = output.chars().find(|c| *c != '\n' && escape::is_hostile(*c));
    assert_eq!(raw, None, "{name}: {output}");
    for line in output.lines() {
        let words = line.trim_start();
        let colons =
            words.strip_prefix("::").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
        assert!(!colons && !line.contains("##[") && !line.contains("##vso["), "{name}: {line}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn no_format_panics_or_lets_anything_raw_through(report in report(), width in 0..250usize, ascii: bool) {
        let options = Options { width, ascii, guide: Some(samples::guide), ..Options::default() };
        for format in ALL {
            let output = samples::write(format.name(), &report, &options);
            check(format.name(), &output);
            if matches!(format.extension(), "json" | "sarif") {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&output).is_ok(), "{}", format.name());
            }
        }
        let colored = samples::write("table", &report, &Options { color: true, ..options });
        let own = |code: &str| code.split_once('m').is_some_and(|(style, _)| {
            style.strip_prefix('[').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit() || b == b';'))
        });
        prop_assert!(colored.split('\x1b').skip(1).all(own), "only our own colours");
    }

    #[test]
    fn the_json_of_a_hostile_report_is_the_report(report in report()) {
        let json = samples::write("json", &report, &Options::default());
        prop_assert_eq!(read(json.as_bytes()).unwrap(), report);
    }

    #[test]
    fn no_name_makes_a_line_too_wide(report in report(), width in 60..250usize) {
        let options = Options { width, ..Options::default() };
        for line in samples::write("table", &report, &options).lines() {
            prop_assert!(line.width() <= width, "{width}: {line}");
        }
    }

    #[test]
    fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0..5_000usize) {
        let _any = read(&bytes);
        let mut json = samples::write("json", &samples::estate(), &Options::default()).into_bytes();
        let end = json.len().min(at + bytes.len());
        json.splice(at.min(end)..end, bytes);
        let _broken = read(&json);
    }
}

/// Every text of a report in every format, one after the other, so that none is forgotten.
#[test]
fn every_text_of_a_report_is_escaped_everywhere() {
    let json: serde_json::Value =
        serde_json::from_str(&samples::write("json", &samples::estate(), &Options::default())).unwrap();
    let mut texts = BTreeSet::new();
    collect(&json, String::new(), &mut texts);
    let fixed = [
        "schema",
        "key_id",
        "key",
        "status",
        "severity",
        "confidence",
        "fingerprint",
        "credential",
        "verdict",
        "tracked",
        "type",
        "path_b64",
        "decoded",
    ];
    let mut tried = 0;
    for pointer in &texts {
        let name = pointer.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap();
        if fixed.contains(&name) || pointer.contains("/encoding/") {
            continue;
        }
        let mut hostile = json.clone();
        let evil = "\n::error::x\x1b[2J\u{202e}##[error]<img src=x>@admin`";
        *hostile.pointer_mut(pointer).unwrap() = evil.into();
        let report = read(hostile.to_string().as_bytes()).unwrap();
        for format in ALL {
            check(format.name(), &samples::write(format.name(), &report, &samples::options(200)));
        }
        let comment = samples::write("markdown", &report, &samples::options(80));
        assert!(!spans_removed(&comment).contains(['@', '`']), "{pointer}: {comment}");
        assert!(!spans_removed(&comment).contains("<img"), "{pointer}: {comment}");
        tried += 1;
    }
    assert!(tried > 150, "{tried}");
}

fn collect(value: &serde_json::Value, at: String, into: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::String(_) => drop(into.insert(at)),
        serde_json::Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| collect(item, format!("{at}/{n}"), into));
        }
        serde_json::Value::Object(members) => {
            members.iter().for_each(|(name, item)| collect(item, format!("{at}/{name}"), into));
        }
        _ => {}
    }
}

/// Markdown without its code spans and the code elements in summaries, as CommonMark finds them.
fn spans_removed(markdown: &str) -> String {
    let mut rest = String::new();
    for line in markdown.lines() {
        let mut left = line;
        while let Some(at) = left.find('`') {
            rest.push_str(&left[..at]);
            let fence = left[at..].len() - left[at..].trim_start_matches('`').len();
            let body = &left[at + fence..];
            let mut from = 0;
            let end = loop {
                let Some(next) = body[from..].find('`').map(|n| n + from) else { break None };
                let run = body[next..].len() - body[next..].trim_start_matches('`').len();
                if run == fence {
                    break Some(next + run);
                }
                from = next + run;
            };
            if end.is_none() {
                // Not closed: it is text, and the caller will find it.
                rest.push('`');
            }
            left = end.map_or(body, |end| &body[end..]);
        }
        rest.push_str(left);
        rest.push('\n');
    }
    while let Some(start) = rest.find("<code>") {
        let end = rest[start..].find("</code>").expect("closed") + start + "</code>".len();
        assert!(!rest[start + 6..end - 7].contains('<'), "{rest}");
        rest.replace_range(start..end, "");
    }
    rest
}
