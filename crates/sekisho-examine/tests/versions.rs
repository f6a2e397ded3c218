//! Versions of a file, each examined by what it copies from the one before, against each examined
//! alone: the same sightings, findings and problems, whatever was known and remembered on the way.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test throughout")]

use proptest::prelude::*;
use sekisho_examine::{Content, Examiner, Inherited, Item, Options, Scanned};
use sekisho_model::{Finding, Place, Problem, Sighting, Sink, Suppression};
use sekisho_scan::delta::Copied;
use sekisho_secret::EstateKey;

#[derive(Default, Debug, PartialEq)]
struct Seen(Vec<String>);

impl Sink for Seen {
    fn sighting(&mut self, sighting: Sighting) {
        self.0.push(format!("{sighting:?}"));
    }

    fn finding(&mut self, finding: Finding) {
        self.0.push(format!("{finding:?}"));
    }

    fn problem(&mut self, problem: Problem) {
        self.0.push(format!("{problem:?}"));
    }

    fn suppressed(&mut self, by: Suppression) {
        self.0.push(format!("{by:?}"));
    }
}

fn examiner() -> Examiner {
    let mut key = [3; 32];
    key[0] = 1;
    Examiner::new(Options::new(EstateKey::from_bytes(key).unwrap())).unwrap().0
}

fn examine(examiner: &Examiner, path: &str, content: Content<'_>) -> Seen {
    let mut seen = Seen::default();
    examiner.examine(Item { place: Place::file(path), tracked: None, hint: None, content }, &mut seen);
    seen
}

/// Lines and blocks that decide each other: keys and values, documents, encoded runs, markers.
const PIECES: &[&str] = &[
    "---\n",
    "...\n",
    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata:\n",
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n",
    "stringData:\n",
    "data:\n",
    "  password: kV8xQz2mPw7RtYb4\n",
    "  password: kV8xQz2mPw7RtYb5\n",
    "  password: changeme\n",
    "  token: a1Vyc2V0LXRoaXMtaXMtbm90LXJlYWw5OTg4\n",
    "  note: |\n    DB_PASSWORD=Zr4wKq9TxP2m\n",
    "password = \"Zr4wKq9TxP2mLs8v\"\n",
    "password = os.environ[\"DB_PASSWORD\"]\n",
    "DB_PASSWORD=Zr4wKq9TxP2mLs8v\n",
    "export API_TOKEN=\n",
    "postgres://app:Zr4wKq9TxP2m@db.prod:5432/shop\n",
    "{\"password\": \"Zr4wKq9TxP2mLs8v\", \"a\": \"x\\ny\\tz\\n\"}\n",
    "cGFzc3dvcmQ9WnI0d0txOVR4UDJtTHM4dgpkYl90b2tlbj1aeTV3S3E5VHhQMm0=\n",
    // A manifest of a Secret.
    "YXBpVmVyc2lvbjogdjEKa2luZDogU2VjcmV0Cm1ldGFkYXRhOgogIG5hbWU6IGlubmVyCnN0cmluZ0RhdGE6CiAgcGFzc3dvcmQ6IGtWOHhRejJtUHc3UnRZYjQK\n",
    "{{ .Values.password }}\n",
    "# sekisho:ignore\n",
    "\n",
    "nothing at all here\n",
    "x",
    "  ",
    "\"",
];

const PATHS: &[&str] =
    &["a.yaml", "src/app.py", "tests/app.py", "notes.md", ".env", "chart/values.yaml", "run"];

fn version() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0..PIECES.len(), 0..40)
}

/// Where a list of pieces is cut, how many are left out, and which are put there.
type Edit = (usize, usize, Vec<usize>);

fn text(pieces: &[usize]) -> Vec<u8> {
    pieces.iter().flat_map(|piece| PIECES[*piece].bytes()).collect()
}

/// The next version, and what it copies.
fn next(before: &[usize], (at, out, new): &Edit) -> (Vec<usize>, Vec<Copied>) {
    let at = at % (before.len() + 1);
    let (head, tail) = (&before[..at], &before[(at + out).min(before.len())..]);
    let (base, front, new_len) = (text(before).len(), text(head).len(), text(new).len());
    let back = text(tail).len();
    let copies = [
        Copied { base: 0, text: 0, len: front },
        Copied { base: base - back, text: front + new_len, len: back },
    ];
    let copies = copies.into_iter().filter(|copy| copy.len > 0).collect();
    ([head, new, tail].concat(), copies)
}

/// Values of a large settings file, as JSON (which is YAML too): what is remembered of one as a piece
/// must hold wherever it stands again.
const VALUES: &[&str] = &[
    r#"{"location": "guides/first/", "title": "A guide", "text": "Nothing at all here, and more of nothing at all: a page of a documentation, as it stands in an index for a search."}"#,
    r#"{"location": "guides/second/", "title": "Secrets", "text": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: kV8xQz2mPw7RtYb4\n"}"#,
    r#"{"password": "kV8xQz2mPw7RtYb4", "user": "app", "host": "db.prod.svc.cluster.local", "options": {"retries": 12345678, "note": "as long as a piece has to be"}}"#,
    r#"{"password": "changeme", "user": "app", "host": "db.prod.svc.cluster.local", "options": {"retries": 12345678, "note": "as long as a piece has to be"}}"#,
    r#"{"env": [{"name": "DB_PASSWORD", "value": "Zr4wKq9TxP2mLs8v"}, {"name": "MODE", "value": "production"}, {"name": "FROM", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}]}"#,
    r#"["--password", "Zr4wKq9TxP2mLs8v", "--user=app", "--token=a1Vyc2V0LXRoaXMtaXMtbm90LXJlYWw5OTg4", "and some more text so that the list is a piece of its own"]"#,
    r#"{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "inner"}, "stringData": {"password": "kV8xQz2mPw7RtYb4"}, "type": "Opaque", "note": "an object within settings, told apart"}"#,
    r#""DB_PASSWORD=Zr4wKq9TxP2m\nexport API_TOKEN=\n# a file of variables as a text, long enough to be a piece\npostgres://app:Zr4wKq9TxP2m@db.prod:5432/shop\n# and so on""#,
    r#""Zr4wKq9TxP2mLs8v""#,
    r#"{"value": "Zr4wKq9TxP2mLs8v", "name": "token", "comment": "a name beside a value: the name speaks for it, whatever is said around of the two of them together"}"#,
    "{}",
];

/// Keys that such values stand under; none for items of a list.
const KEYS: &[&str] = &["docs", "password", "database", "args", "env", "secretRef", "headers", "sops"];

/// A file of values under keys; the same number gives the same key.
fn settings(values: &[(usize, usize)], list: bool) -> Vec<u8> {
    let entry = |(at, (key, value)): (usize, &(usize, usize))| {
        let value = VALUES[value % VALUES.len()];
        if list {
            value.to_owned()
        } else {
            format!("\"{}{}\": {value}", KEYS[key % KEYS.len()], ["", "2"][at % 2])
        }
    };
    let mut entries: Vec<String> = values.iter().enumerate().map(entry).collect();
    // A list that is too long for a piece has pieces in it, and in a shorter version is one itself.
    if list && values.len() > 3 {
        entries.push(format!("\"{}\"", "nothing at all here, ".repeat(420)));
    }
    let entries = entries.join(",\n  ");
    if list { format!("{{\"docs\": [\n  {entries}\n]}}") } else { format!("{{\n  {entries}\n}}") }
        .into_bytes()
}

/// What a text copies from another: its lines in their order, wherever they stood first, as deltas do.
fn common(base: &[u8], text: &[u8]) -> Vec<Copied> {
    let mut copies: Vec<Copied> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if let Some(base) = base.windows(line.len()).position(|here| here == line) {
            match copies.last_mut() {
                Some(last) if last.base + last.len == base && last.text + last.len == at => {
                    last.len += line.len();
                }
                _ => copies.push(Copied { base, text: at, len: line.len() }),
            }
        }
        at += line.len();
    }
    copies
}

/// An archive of one block of header for each file (POSIX.1-1988, ustar).
fn tar(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, content) in members {
        let mut header = [0; 512];
        let mut put =
            |at: usize, bytes: &[u8]| header[at..].iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        put(0, name.as_bytes());
        put(100, b"0000644\0");
        put(124, format!("{:011o}\0", content.len()).as_bytes());
        put(148, b"        0");
        put(257, b"ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        archive.extend(header);
        archive.extend(content);
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.resize(archive.len() + 1024, 0);
    archive
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn members_that_are_known_say_the_same_in_every_archive(
        files in proptest::collection::vec(version(), 2..4),
        archives in proptest::collection::vec(proptest::collection::vec((0..PATHS.len(), 0..4usize), 1..4), 2..5),
    ) {
        let remembering = examiner();
        for archive in &archives {
            let member = |(name, file): &(usize, usize)| (PATHS[*name], text(&files[file % files.len()]));
            let bytes = tar(&archive.iter().map(member).collect::<Vec<_>>());
            // An archive in another lies deeper.
            for bytes in [tar(&[("inner.tar", bytes.clone())]), bytes] {
                let here = examine(&remembering, "chart.tar", Content::Bytes(&bytes));
                let there = examine(&examiner(), "chart.tar", Content::Bytes(&bytes));
                prop_assert_eq!(here, there);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn pieces_that_are_known_say_the_same_wherever_they_stand(
        versions in proptest::collection::vec((proptest::collection::vec((0..8usize, 0..16usize), 0..12), any::<bool>()), 1..6),
        paths in proptest::collection::vec(0..4usize, 1..3),
    ) {
        const PATHS: [&str; 4] = ["index.json", "chart/values.yaml", "a.yaml", "kustomization.yaml"];
        let (remembering, alone) = (examiner(), examiner());
        let mut base: Option<(Vec<u8>, Inherited)> = None;
        for (values, list) in &versions {
            let bytes = settings(values, *list);
            let copies = base.as_ref().map(|(base, _)| common(base, &bytes)).unwrap_or_default();
            let from = base.as_ref().map(|(_, inherited)| (inherited, &copies[..]));
            let mut scanned = remembering.candidates(&bytes, from).unwrap();
            for path in &paths {
                let here = examine(&remembering, PATHS[*path], Content::Scanned(&bytes, &mut scanned));
                let there = examine(&alone, PATHS[*path], Content::Bytes(&bytes));
                prop_assert_eq!(here, there, "{} of {:?}", PATHS[*path], String::from_utf8_lossy(&bytes));
            }
            base = Some((bytes, scanned.into_inherited()));
        }
    }

    #[test]
    fn what_is_remembered_changes_nothing(
        first in version(),
        edits in proptest::collection::vec((any::<usize>(), 0..3usize, proptest::collection::vec(0..PIECES.len(), 0..3)), 1..8),
        paths in proptest::collection::vec(0..PATHS.len(), 1..4),
    ) {
        let (remembering, alone) = (examiner(), examiner());
        let mut pieces = first;
        let mut kept: Option<Inherited> = None;
        let mut copies = Vec::new();
        for edit in std::iter::once(None).chain(edits.iter().map(Some)) {
            if let Some(edit) = edit {
                (pieces, copies) = next(&pieces, edit);
            }
            let bytes = text(&pieces);
            let base = kept.as_ref().map(|kept| (kept, &copies[..]));
            let mut scanned = remembering.candidates(&bytes, base);
            for path in &paths {
                let path = PATHS[*path];
                let content = match &mut scanned {
                    Some(scanned) => Content::Scanned(&bytes, scanned),
                    None => Content::Bytes(&bytes),
                };
                let here = examine(&remembering, path, content);
                let there = examine(&alone, path, Content::Bytes(&bytes));
                prop_assert_eq!(here, there, "{} of {:?}", path, String::from_utf8_lossy(&bytes));
            }
            kept = scanned.map(Scanned::into_inherited);
        }
    }
}
