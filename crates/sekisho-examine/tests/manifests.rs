//! Kubernetes semantics, as cases that people can read.
//!
//! Every file in `manifests/` holds cases: a heading, a manifest in a fenced block (the info string
//! is `yaml` or `json` and its path), and a list of what must be seen in it, in the order of the
//! bytes. In the manifest `«…»` stands around the very bytes that a place must point at (line,
//! column, offset and length are computed from it) and `¦` splits a token, so that these files stay
//! clean under any scanner; neither is part of the manifest. `{{b64:TEXT}}` is TEXT in base64.
//!
//! ```text
//! - `data.password` of `Secret db (shop)`: high, base64
//! - finding `k8s/secret-manifest`
//! - nothing
//! ```
//!
//! Between the colon and the end of the line stand, in any order: a severity, layers of encoding,
//! and the id of a detector; what is not said is not checked, except that without a layer there
//! must be none. `of -` says that there is no object. Findings are only compared where a case lists
//! any. A case without a list is an error.

use std::fmt::Write as _;
use std::path::Path;

use sekisho_examine::{Content, Examiner, Item, Options};
use sekisho_model::{Finding, Place, Problem, Severity, Sighting, Sink, Suppression};
use sekisho_secret::EstateKey;

#[derive(Default)]
struct Seen {
    sightings: Vec<Sighting>,
    findings: Vec<Finding>,
    problems: Vec<Problem>,
}

impl Sink for Seen {
    fn sighting(&mut self, sighting: Sighting) {
        self.sightings.push(sighting);
    }

    fn finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn suppressed(&mut self, _: Suppression) {}
}

/// What a case says of one sighting.
#[derive(Debug)]
struct Expected {
    field: String,
    object: String,
    words: Vec<String>,
}

#[derive(Debug, Default)]
struct Case {
    title: String,
    path: String,
    source: String,
    expected: Vec<Expected>,
    findings: Vec<String>,
    problems: Option<bool>,
    said: bool,
}

fn cases(markdown: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut fence: Option<String> = None;
    for line in markdown.lines() {
        let Some(case) = cases.last_mut().filter(|_| !line.starts_with("## ") || fence.is_some()) else {
            if let Some(title) = line.strip_prefix("## ") {
                cases.push(Case { title: title.to_owned(), ..Case::default() });
            }
            continue;
        };
        match &mut fence {
            Some(text) if line == "````" || line == "```" => {
                case.source = std::mem::take(text);
                fence = None;
            }
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None if line.starts_with("```") => {
                let info = line.trim_start_matches('`');
                let (language, path) = info.split_once(' ').unwrap_or((info, ""));
                case.path = if path.is_empty() { format!("manifest.{language}") } else { path.to_owned() };
                fence = Some(String::new());
            }
            None => {
                if let Some(item) = line.strip_prefix("- ") {
                    expect(case, item);
                }
            }
        }
    }
    cases
}

fn expect(case: &mut Case, item: &str) {
    case.said = true;
    let ticked: Vec<&str> = item.split('`').skip(1).step_by(2).collect();
    match (item, ticked.as_slice()) {
        ("nothing", _) => {}
        ("a problem", _) => case.problems = Some(true),
        ("no problem", _) => case.problems = Some(false),
        (_, [check]) if item.starts_with("finding") => case.findings.push((*check).to_owned()),
        (_, [field, rest @ ..]) => {
            let words = item.rsplit_once(':').filter(|(_, after)| !after.contains('`'));
            let words = words.map(|(_, words)| words).unwrap_or_default();
            case.expected.push(Expected {
                field: (*field).to_owned(),
                object: rest.first().map_or("-", |object| object).to_string(),
                words: words.split([',', ' ']).filter(|w| !w.is_empty()).map(str::to_owned).collect(),
            });
        }
        _ => panic!("{}: what does {item:?} mean?", case.title),
    }
}

/// The manifest without marks, and the marked ranges.
fn unmark(source: &str) -> (String, Vec<std::ops::Range<usize>>) {
    let mut expanded = String::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("{{b64:") {
        let (text, after) = after.split_once("}}").expect("a closed {{b64:…}}");
        expanded.push_str(before);
        let text = text.replace('¦', "").replace("\\n", "\n");
        expanded.push_str(&data_encoding::BASE64.encode(text.as_bytes()));
        rest = after;
    }
    expanded.push_str(rest);
    let (mut text, mut ranges, mut open) = (String::new(), Vec::new(), Vec::new());
    for c in expanded.chars() {
        match c {
            '«' => open.push(text.len()),
            '»' => ranges.push(open.pop().expect("an opened mark")..text.len()),
            '¦' => {}
            c => text.push(c),
        }
    }
    ranges.sort_by_key(|range: &std::ops::Range<usize>| (range.start, range.end));
    (text, ranges)
}

fn check(case: &Case) -> Result<(), String> {
    let (text, ranges) = unmark(&case.source);
    let mut key = [7; 32];
    key[0] = 1;
    let (examiner, _) = Examiner::new(Options::new(EstateKey::from_bytes(key).unwrap())).unwrap();
    let mut seen = Seen::default();
    let place = Place::file(case.path.as_str());
    let item = Item { place, tracked: None, hint: None, content: Content::Bytes(text.as_bytes()) };
    examiner.examine(item, &mut seen);
    let mut wrong = String::new();
    if !case.said {
        return Err("nothing is said of it".into());
    }
    if ranges.len() != case.expected.len() {
        return Err(format!("{} marks, {} expectations", ranges.len(), case.expected.len()));
    }
    seen.sightings.sort_by_key(|s| s.place.span);
    let describe = |s: &Sighting| {
        let span = s.place.span.unwrap();
        let object = s.place.object.as_ref().map_or("-".to_owned(), ToString::to_string);
        format!(
            "{}:{}+{} `{}` of `{object}`: {}, {:?}, {} ({:?})",
            span.line,
            span.column,
            span.byte_length,
            s.place.field.as_deref().unwrap_or("-"),
            s.severity.as_str(),
            s.encoding,
            s.detector,
            s.place.inside,
        )
    };
    let mut left = seen.sightings.clone();
    for (expected, range) in case.expected.iter().zip(&ranges) {
        let before = &text[..range.start];
        let line = before.matches('\n').count() as u64 + 1;
        let column = (range.start - before.rfind('\n').map_or(0, |n| n + 1)) as u64 + 1;
        let matches = |s: &Sighting| {
            let span = s.place.span.unwrap();
            let object = s.place.object.as_ref().map_or("-".to_owned(), ToString::to_string);
            let layers: Vec<&str> = s.encoding.iter().map(|e| e.as_str()).collect();
            let said: Vec<&str> =
                expected.words.iter().map(String::as_str).filter(|w| LAYERS.contains(w)).collect();
            let rest = expected.words.iter().filter(|w| !LAYERS.contains(&w.as_str()));
            (span.line, span.column) == (line, column)
                && (span.byte_offset, span.byte_length) == (range.start as u64, range.len() as u64)
                && s.place.field.as_deref().unwrap_or("-") == expected.field
                && object == expected.object
                && layers == said
                && rest.clone().all(|w| match Severity::ALL.iter().find(|severity| severity.as_str() == w) {
                    Some(severity) => *severity == s.severity,
                    None => *w == s.detector,
                })
        };
        match left.iter().position(matches) {
            Some(at) => drop(left.remove(at)),
            None => {
                let _ = writeln!(wrong, "  missing {line}:{column}+{} {expected:?}", range.len());
            }
        }
    }
    for sighting in &left {
        let _ = writeln!(wrong, "  not expected {}", describe(sighting));
    }
    let mut findings: Vec<&str> = seen.findings.iter().map(|f| f.check.as_str()).collect();
    findings.sort_unstable();
    let mut listed: Vec<&str> = case.findings.iter().map(String::as_str).collect();
    listed.sort_unstable();
    if !listed.is_empty() && findings != listed {
        let _ = writeln!(wrong, "  findings are {findings:?}, not {listed:?}");
    }
    if case.problems.is_some_and(|some| some == seen.problems.is_empty()) {
        let _ = writeln!(wrong, "  problems: {:?}", seen.problems);
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

const LAYERS: [&str; 12] = [
    "base64",
    "base64url",
    "hex",
    "percent",
    "json-escape",
    "yaml-escape",
    "html",
    "utf-16le",
    "utf-16be",
    "gzip",
    "zlib",
    "zstd",
];

#[test]
fn every_case_is_seen_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut total, mut report) = (0, String::new());
    let only = std::env::var("CASE").unwrap_or_default();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "md")) {
        for case in cases(&std::fs::read_to_string(file).unwrap()).iter().filter(|c| c.title.contains(&only))
        {
            total += 1;
            if let Err(wrong) = check(case) {
                let name = file.file_name().unwrap().to_string_lossy();
                let _ = writeln!(report, "{name}: {}\n{wrong}", case.title);
            }
        }
    }
    assert!(report.is_empty(), "of {total} cases these are wrong:\n{report}");
    assert!(!only.is_empty() || total >= 150, "only {total} cases");
}
