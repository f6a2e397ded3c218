//! Files above the cap: read in parts, in flat memory, with the same places as in one piece.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::format_push_string,
    clippy::let_underscore_must_use,
    reason = "a test may end in a panic and say why"
)]

use std::io::Read as _;

use sekisho_examine::{Content, Examiner, Item, Options};
use sekisho_model::{Finding, Place, Problem, Sighting, Sink, Span, Suppression};
use sekisho_secret::EstateKey;

#[derive(Default)]
struct Seen {
    sightings: Vec<Sighting>,
    problems: Vec<Problem>,
}

impl Sink for Seen {
    fn sighting(&mut self, sighting: Sighting) {
        self.sightings.push(sighting);
    }

    fn finding(&mut self, _: Finding) {}

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn suppressed(&mut self, _: Suppression) {}
}

/// Examines `content` with a cap of `cap` bytes.
fn examine(name: &str, content: &[u8], cap: u64) -> Seen {
    let mut key = [3; 32];
    key[0] = 1;
    let mut options = Options::new(EstateKey::from_bytes(key).unwrap());
    options.limits.random_access = cap;
    let (examiner, _) = Examiner::new(options).unwrap();
    let mut seen = Seen::default();
    let mut stream = content.take(u64::MAX);
    let item =
        Item { place: Place::file(name), tracked: None, hint: None, content: Content::Stream(&mut stream) };
    assert_eq!(examiner.examine(item, &mut seen), content.len() as u64);
    seen.sightings.sort_by_key(|s| s.place.span);
    seen
}

fn spans(seen: &Seen) -> Vec<Span> {
    seen.sightings.iter().map(|s| s.place.span.unwrap()).collect()
}

#[test]
fn a_yaml_stream_is_read_document_by_document() {
    let mut text = String::new();
    for n in 0..4000 {
        text.push_str(&format!(
            "---\napiVersion: v1\nkind: Secret\nmetadata: {{name: s{n}}}\nstringData:\n  password: Lamp-{n}-quartz\n"
        ));
    }
    let whole = examine("all.yaml", text.as_bytes(), 32 << 20);
    let parts = examine("all.yaml", text.as_bytes(), 40_000);
    assert_eq!(whole.sightings.len(), 4000);
    assert_eq!(spans(&parts), spans(&whole));
    let objects = |seen: &Seen| seen.sightings.iter().map(|s| s.place.object.clone()).collect::<Vec<_>>();
    assert_eq!(objects(&parts), objects(&whole));
    assert!(parts.problems.is_empty(), "{:?}", parts.problems);
}

#[test]
fn one_document_above_the_cap_is_plain_bytes_and_said_so() {
    let mut text = String::from("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n");
    for n in 0..4000 {
        text.push_str(&format!("  k{n}: nothing to see\n"));
    }
    text.push_str("  DB_PASSWORD: Lamp-77-quartz\n");
    let seen = examine("all.yaml", text.as_bytes(), 10_000);
    assert_eq!(seen.sightings.len(), 1);
    assert_eq!(seen.problems.len(), 1);
    assert_eq!(seen.sightings[0].place.span.unwrap().line, 4005);
}

#[test]
fn text_and_utf16_above_the_cap_have_the_same_places() {
    let mut text = String::new();
    for n in 0..60_000 {
        text.push_str(&format!("line {n} é of ordinary text\n"));
        if n % 20_000 == 7 {
            text.push_str(&format!("DB_PASSWORD=Lamp-{n}-quartz\n"));
        }
    }
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for bytes in [text.into_bytes(), utf16] {
        let whole = examine("a.env", &bytes, 64 << 20);
        let parts = examine("a.env", &bytes, 64 << 10);
        assert_eq!(whole.sightings.len(), 3);
        assert_eq!(spans(&parts), spans(&whole));
        let ids = |seen: &Seen| seen.sightings.iter().map(|s| s.location_id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&parts), ids(&whole));
        assert!(parts.problems.is_empty());
    }
}

/// A scalar that is a document, and all of one, is no field of itself, in which it would stand again.
#[test]
fn a_document_that_is_a_scalar_is_read_once() {
    let sources = [
        "apiVersion:v1 kind:$ Secret\nap\n# c==daFkZSBap",
        concat!("apiVersion:v1 kind:Secret password=kV8xQz", "2mPw7RtYb4\n"),
    ];
    for (source, credentials) in sources.into_iter().zip([0, 1]) {
        let seen = examine("a.yaml", source.as_bytes(), 1 << 20);
        assert!(seen.problems.is_empty());
        assert_eq!(seen.sightings.len(), credentials, "{source}");
        assert!(seen.sightings.iter().all(|sighting| sighting.place.inside.is_empty()));
    }
}

#[test]
fn documents_in_documents_are_read_so_often_and_no_more() {
    let mut text = concat!("password: kV8xQz", "2mPw7RtYb4\n").to_owned();
    for _ in 0..12 {
        let lines: Vec<String> = text.lines().map(|line| format!("  {line}\n")).collect();
        text = format!("values: |\n{}", lines.concat());
    }
    let seen = examine("a.yaml", text.as_bytes(), 1 << 20);
    let told: Vec<&str> = seen.problems.iter().map(|problem| problem.what.as_str()).collect();
    let deep = "over 8 documents stand one in the other: the innermost is scanned as plain text";
    assert_eq!(told, [deep]);
    assert_eq!(seen.sightings.len(), 1);
}
