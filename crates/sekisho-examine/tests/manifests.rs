//! Kubernetes semantics, as cases that people can read.
//!
//! Every file in `manifests/` holds cases: a heading, a manifest in a fenced block, and a list of
//! what must be seen in it, in the order of the bytes. The fence's info string is `yaml` or `json`,
//! the path, and what the file is written in: `bom`, `crlf`, `utf-16` (little endian with its mark),
//! `bare` (no line end at its end).
//!
//! In the manifest `«…»` stands around the very bytes that a place must point at (line, column,
//! offset, length and end are computed from it) and `¦` splits a token, so that these files stay
//! clean under any scanner; neither is part of the manifest. What people cannot write by hand is
//! made, from the inside out: `⟦b64:TEXT⟧` is TEXT (with `\n` for a line end) in base64,
//! `⟦b64gz:TEXT⟧` the same of its gzip stream, `⟦json:TEXT⟧` TEXT as it stands in a JSON string, and
//! `⟦@certificate⟧` one of the [`TEXTS`].
//!
//! ```text
//! - `data.password` of `Secret db (shop)`: high, base64
//! - `data.config` of `ConfigMap api`, in `auth.password`: medium, generic/password
//! - finding `k8s/secret-manifest`
//! - no finding
//! - 2 credentials
//! - a problem
//! - nothing
//! ```
//!
//! Behind the colon stand, in any order: a severity, layers of encoding, the id of a detector, and
//! `weak`; what is not said is not checked, except that without a layer there must be none. `of -`
//! says that there is no object; `in` names the fields on the way further in. Findings and the number
//! of credentials (distinct values) are compared where a case speaks of them. A case without a list
//! is an error. Information is always weak: nothing joins on a placeholder.
//!
//! `CASE='part of a title'` runs some of them, `WHY=1` tells every decision.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::format_push_string,
    clippy::let_underscore_must_use,
    reason = "a test may end in a panic and say why"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

use sekisho_examine::{Content, Examiner, Item, Options};
use sekisho_model::{Finding, Place, Problem, Severity, Sighting, Sink, Span, Step, Suppression};
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
    inside: Option<String>,
    words: Vec<String>,
}

#[derive(Debug, Default)]
struct Case {
    title: String,
    path: String,
    /// Words of the info string behind the path.
    written: Vec<String>,
    source: String,
    expected: Vec<Expected>,
    findings: Option<Vec<String>>,
    credentials: Option<usize>,
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
                let mut info = line.trim_start_matches('`').split(' ').map(str::to_owned);
                let language = info.next().unwrap_or_default();
                case.path = info.next().unwrap_or_else(|| format!("manifest.{language}"));
                case.written = info.collect();
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
        ("no finding", _) => drop(case.findings.get_or_insert_default()),
        (_, [check]) if item.starts_with("finding") => {
            case.findings.get_or_insert_default().push((*check).to_owned());
        }
        (_, []) if item.contains(" credential") => {
            let number = item.split(' ').next().and_then(|number| number.parse().ok());
            case.credentials =
                Some(number.unwrap_or_else(|| panic!("{}: how many is {item:?}?", case.title)));
        }
        (_, [field, rest @ ..]) => {
            let words = item.rsplit_once(':').filter(|(_, after)| !after.contains('`'));
            let words = words.map(|(_, words)| words).unwrap_or_default();
            case.expected.push(Expected {
                field: (*field).to_owned(),
                object: rest.first().map_or("-", |object| object).to_string(),
                inside: rest.get(1).map(|inside| (*inside).to_owned()),
                words: words.split([',', ' ']).filter(|w| !w.is_empty()).map(str::to_owned).collect(),
            });
        }
        _ => panic!("{}: what does {item:?} mean?", case.title),
    }
}

/// Longer texts, by name; all made for these tests.
const TEXTS: [(&str, &str); 7] = [
    (
        "certificate",
        "-----BEGIN CERTIFICATE-----\n\
         MIIBhjCCASugAwIBAgIUDOz3datmGhoRfLIpRYjXPJEHiGgwCgYIKoZIzj0EAwIw\n\
         GDEWMBQGA1UEAwwNc2hvcC5pbnRlcm5hbDAeFw0yNjExMjIwMjIzMzZaFw0zNjEx\n\
         MTkwMjIzMzZaMBgxFjAUBgNVBAMMDXNob3AuaW50ZXJuYWwwWTATBgcqhkjOPQIB\n\
         BggqhkjOPQMBBwNCAAQtCwsOPsADFghZXcdgOtMngCCHzvjoxVDwWUA6Y9boVrUi\n\
         RnQBoymFrKjG/lNOEKU2N8iK5GgAJ8CqiNyGYXCqo1MwUTAdBgNVHQ4EFgQUZKDa\n\
         P11zGmKOJxurLolO5rMEFKMwHwYDVR0jBBgwFoAUZKDaP11zGmKOJxurLolO5rME\n\
         FKMwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA5ETfMXxIZ1W0\n\
         cDkDAPDOT1EEjQSsoX4X+sAEEFZ2cIcCIQC91LC2zwx6R79p3pPbrWdX20+RczoU\n\
         e1ijtZwxFUi2mA==\n\
         -----END CERTIFICATE-----\n",
    ),
    (
        "request",
        "-----BEGIN CERTIFICATE REQUEST-----\n\
         MIHKMHECAQAwDzENMAsGA1UEAwwEbm9kZTBZMBMGByqGSM49AgEGCCqGSM49AwEH\n\
         A0IABC0LCw4+wAMWCFldx2A60yeAIIfO+OjFUPBZQDpj1uhWtSJGdAGjKYWsqMb+\n\
         U04QpTY3yIrkaAAnwKqI3IZhcKqgADAKBggqhkjOPQQDAgNJADBGAiEA7qrT9RxZ\n\
         EwEcB4Tu1YBsNv3q1HhUPojpoTMrjWoRIcoCIQDvjVNSiEARXZIva1QgsSY+bvIA\n\
         LIyPxNmPl17kJJmEAA==\n\
         -----END CERTIFICATE REQUEST-----\n",
    ),
    (
        "key",
        concat!(
            "-----BEGIN ",
            "PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINz7",
            "qbuTasz/nsuCp6B2zMXZCg6+/CQNPdhF30zQhOV2\n-----END ",
            "PRIVATE KEY-----\n"
        ),
    ),
    (
        "ec-key",
        concat!(
            "-----BEGIN ",
            "EC PRIVATE KEY-----\nMHcCAQEEIAXRqYfmS8Je7xaj",
            "gM5iwB5jpc9yn7TFMFnxvJ/DuUX5oAoGCCqGSM49\n",
            "AwEHoUQDQgAELQsLDj7AAxYIWV3HYDrTJ4Agh8746MVQ8FlAOmPW6Fa1IkZ0AaMp\n",
            "hayoxv5TThClNjfIiuRoACfAqojchmFwqg==\n-----END ",
            "EC PRIVATE KEY-----\n"
        ),
    ),
    (
        "ssh-key",
        concat!(
            "-----BEGIN ",
            "OPENSSH PRIVATE KEY-----\n",
            "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n",
            "QyNTUxOQAAACCvPu8Ea8NTu+9TCtLlYn0Cj2byKSWLWFnCZh1qA9kmFgAAAJBUkXtaVJF7\n",
            "WgAAAAtzc2gtZWQyNTUxOQAAACCvPu8Ea8NTu+9TCtLlYn0Cj2byKSWLWFnCZh1qA9kmFg\n",
            "AAAEDvPDliW6L7aKx0u4eKweAkneKUXyrCs2/2gqIDoKFb9q8+7wRrw1O771MK0uVifQKP\n",
            "ZvIpJYtYWcJmHWoD2SYWAAAACWRlcGxveUBjaQECAwQ=\n-----END ",
            "OPENSSH PRIVATE KEY-----\n"
        ),
    ),
    (
        "sa-token",
        concat!(
            "eyJhbGciOiJSUzI1NiIsImtpZCI6InE3In0",
            ".eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50Iiwia3ViZXJuZXRlcy5pby9zZXJ2aWNlYWNjb3Vu\
             dC9uYW1lc3BhY2UiOiJzaG9wIiwia3ViZXJuZXRlcy5pby9zZXJ2aWNlYWNjb3VudC9zZWNyZXQubmFtZSI6ImNpLXRv\
             a2VuIiwia3ViZXJuZXRlcy5pby9zZXJ2aWNlYWNjb3VudC9zZXJ2aWNlLWFjY291bnQubmFtZSI6ImNpIiwic3ViIjoi\
             c3lzdGVtOnNlcnZpY2VhY2NvdW50OnNob3A6Y2kifQ",
            ".pU3KGCUwux1tEyze1iN7LtkeP3IfyxlxF0SU1kk8nVw0YL4xIB5p_tqg7ui5mX9cfCmZ_a_lkyU81lSvTfrXFA"
        ),
    ),
    (
        "jwt",
        concat!(
            "eyJhbGciOiJSUzI1NiIsImtpZCI6InE3In0",
            ".eyJpc3MiOiJodHRwczovL2lkcC5zaG9wLmludGVybmFsIiwic3ViIjoiYmlsbGluZyIsImV4cCI6MTg5MzQ1NjAwMH0",
            ".pU3KGCUwux1tEyze1iN7LtkeP3IfyxlxF0SU1kk8nVw0YL4xIB5p_tqg7ui5mX9cfCmZ_a_lkyU81lSvTfrXFA"
        ),
    ),
];

/// What stands between `⟦` and `⟧`.
fn made(inner: &str) -> String {
    let plain = |text: &str| text.replace('¦', "").replace("\\n", "\n").into_bytes();
    let (maker, text) = inner.split_once(':').unwrap_or((inner, ""));
    match maker {
        "b64" => data_encoding::BASE64.encode(&plain(text)),
        // Escapes of JSON stay as they are: what is compressed here is JSON or has none.
        "b64gz" if text.starts_with('{') => data_encoding::BASE64.encode(&gzip(text.as_bytes())),
        "b64gz" => data_encoding::BASE64.encode(&gzip(&plain(text))),
        // `\\n` here, because `b64` around it turns `\n` into a line end.
        "json" => text.replace('\n', "\\u000a"),
        name => {
            let text = TEXTS.iter().find(|(of, _)| name.strip_prefix('@') == Some(of));
            text.unwrap_or_else(|| panic!("what is ⟦{inner}⟧?")).1.to_owned()
        }
    }
}

/// A gzip stream (RFC 1952) of one stored block (RFC 1951 section 3.2.4).
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let crc = bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    });
    let len = u16::try_from(bytes.len()).expect("one block");
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    out.extend(len.to_le_bytes().into_iter().chain((!len).to_le_bytes()));
    out.extend_from_slice(bytes);
    out.extend((!crc).to_le_bytes());
    out.extend(u32::from(len).to_le_bytes());
    out
}

/// The manifest without marks, and the marked ranges.
fn unmark(source: &str) -> (String, Vec<Range<usize>>) {
    let mut expanded = source.to_owned();
    while let Some(start) = expanded.rfind('⟦') {
        let end = start + expanded[start..].find('⟧').expect("a closed ⟦…⟧");
        let text = made(&expanded[start + '⟦'.len_utf8()..end]);
        expanded.replace_range(start..end + '⟧'.len_utf8(), &text);
    }
    let (mut text, mut ranges, mut open) = (String::new(), Vec::new(), Vec::new());
    for c in expanded.chars() {
        match c {
            '«' => open.push(text.len()),
            '»' => ranges.push(open.pop().expect("an opened mark")..text.len()),
            '¦' => {}
            c => text.push(c),
        }
    }
    ranges.sort_by_key(|range: &Range<usize>| (range.start, range.end));
    (text, ranges)
}

/// The file as it is written, and the marked spans in it.
fn file(case: &Case) -> (Vec<u8>, Vec<Span>) {
    let is = |word: &str| case.written.iter().any(|written| written == word);
    let mut source = case.source.clone();
    if is("bare") {
        source.truncate(source.trim_end_matches('\n').len());
    }
    if is("crlf") {
        source = source.replace('\n', "\r\n");
    }
    if is("bom") || is("utf-16") {
        source.insert(0, '\u{feff}');
    }
    let (text, ranges) = unmark(&source);
    let encoded = |range: Range<usize>| {
        if is("utf-16") {
            text[range].encode_utf16().flat_map(u16::to_le_bytes).collect()
        } else {
            text.as_bytes()[range].to_vec()
        }
    };
    let len = |range: Range<usize>| encoded(range).len() as u64;
    let line = |at: usize| text[..at].matches('\n').count() as u64 + 1;
    let column = |at: usize| len(text[..at].rfind('\n').map_or(0, |end| end + 1)..at) + 1;
    let spans = ranges.iter().map(|range| Span {
        line: line(range.start),
        column: column(range.start),
        end_line: line(range.end),
        end_column: column(range.end),
        byte_offset: len(0..range.start),
        byte_length: len(range.clone()),
    });
    (encoded(0..text.len()), spans.collect())
}

/// Whether a sighting is what a case says of it, at the span that it marks.
fn matches(sighting: &Sighting, expected: &Expected, span: Span) -> bool {
    let layers: Vec<&str> = sighting.encoding.iter().map(|encoding| encoding.as_str()).collect();
    let is_layer = |word: &&String| LAYERS.contains(&word.as_str());
    let said: Vec<&str> = expected.words.iter().filter(is_layer).map(String::as_str).collect();
    let holds = |word: &String| match Severity::ALL.iter().find(|severity| severity.as_str() == word) {
        Some(severity) => *severity == sighting.severity,
        None if word == "weak" => sighting.weak,
        None => sighting.detector == word.as_str(),
    };
    sighting.place.span == Some(span)
        && sighting.place.field.as_deref().unwrap_or("-") == expected.field
        && object(sighting) == expected.object
        && expected.inside.as_ref().is_none_or(|inside| *inside == inside_of(sighting))
        && layers == said
        && expected.words.iter().filter(|word| !is_layer(word)).all(holds)
}

fn object(sighting: &Sighting) -> String {
    sighting.place.object.as_ref().map_or("-".to_owned(), |object| object.to_string().trim_end().to_owned())
}

/// The fields on the way further in.
fn inside_of(sighting: &Sighting) -> String {
    let fields = sighting.place.inside.iter().filter_map(|step| match step {
        Step::Field(field) => Some(field.as_str()),
        _ => None,
    });
    fields.collect::<Vec<_>>().join(" / ")
}

fn describe(sighting: &Sighting) -> String {
    let span = sighting.place.span.unwrap_or_default();
    format!(
        "{}:{}-{}:{} ({}+{}) `{}` of `{}`, in `{}`: {}, {:?}, {}{}",
        span.line,
        span.column,
        span.end_line,
        span.end_column,
        span.byte_offset,
        span.byte_length,
        sighting.place.field.as_deref().unwrap_or("-"),
        object(sighting),
        inside_of(sighting),
        sighting.severity.as_str(),
        sighting.encoding,
        sighting.detector,
        if sighting.weak { ", weak" } else { "" },
    )
}

fn check(case: &Case) -> Result<(), String> {
    if !case.said {
        return Err("nothing is said of it".into());
    }
    let (bytes, spans) = file(case);
    if spans.len() != case.expected.len() {
        return Err(format!("{} marks, {} expectations", spans.len(), case.expected.len()));
    }
    let mut key = [7; 32];
    key[0] = 1;
    let mut options = Options::new(EstateKey::from_bytes(key).unwrap());
    if std::env::var_os("WHY").is_some() {
        options.why = Some(Box::new(|decision| println!("  {decision:?}")));
    }
    let (examiner, _) = Examiner::new(options).unwrap();
    let mut seen = Seen::default();
    let place = Place::file(case.path.as_str());
    let item = Item { place, tracked: None, hint: None, content: Content::Bytes(&bytes) };
    examiner.examine(item, &mut seen);
    let mut wrong = String::new();
    let mut left = seen.sightings.clone();
    for (expected, span) in case.expected.iter().zip(&spans) {
        match left.iter().position(|sighting| matches(sighting, expected, *span)) {
            Some(at) => drop(left.remove(at)),
            None => {
                let _ = writeln!(
                    wrong,
                    "  missing {}:{}-{}:{} ({}+{}) {expected:?}",
                    span.line,
                    span.column,
                    span.end_line,
                    span.end_column,
                    span.byte_offset,
                    span.byte_length
                );
            }
        }
    }
    for sighting in &left {
        let _ = writeln!(wrong, "  not expected {}", describe(sighting));
    }
    for sighting in seen.sightings.iter().filter(|s| s.severity == Severity::Info && !s.weak) {
        let _ = writeln!(wrong, "  others could join on {}", describe(sighting));
    }
    if let Some(listed) = &case.findings {
        let mut found: Vec<&str> = seen.findings.iter().map(|finding| finding.check.as_str()).collect();
        found.sort_unstable();
        let mut listed: Vec<&str> = listed.iter().map(String::as_str).collect();
        listed.sort_unstable();
        if found != listed {
            let _ = writeln!(wrong, "  findings are {found:?}, not {listed:?}");
        }
    }
    let values: BTreeSet<_> = seen.sightings.iter().map(|sighting| sighting.fingerprint).collect();
    if case.credentials.is_some_and(|number| number != values.len()) {
        let _ = writeln!(wrong, "  {} credentials", values.len());
    }
    if case.problems.is_some_and(|some| some == seen.problems.is_empty()) {
        let _ = writeln!(wrong, "  problems: {:?}", seen.problems);
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

const LAYERS: [&str; 13] = [
    "base64",
    "base64url",
    "hex",
    "percent",
    "json-escape",
    "c-escape",
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
    let wrong = report.lines().filter(|line| !line.starts_with(' ') && !line.is_empty()).count();
    assert!(report.is_empty(), "of {total} cases {wrong} are wrong:\n{report}");
    assert!(!only.is_empty() || total >= 150, "only {total} cases");
}
