//! Invariant 10: scanning any partition of a buffer gives what scanning the whole buffer gives.
//!
//! The texts are made of what the engine reacts to, so densely that reaches, runs and needles
//! overlap everywhere; the windows have exactly the context that the engine asks for, and what lies
//! beyond is cut off, so that a decision that reads further is caught.

#![allow(clippy::unwrap_used)] // a test throughout

use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use sekisho_scan::{
    Blocks, Candidate, Detect, Edges, Engine, Found, Needles, PatternDetect, Reach, Source, Window,
};
use sekisho_secret::SecretBytes;

/// A detector that answers for every byte of its text: any difference in its window shows.
struct Echo;

impl Detect for Echo {
    fn keywords(&self) -> &[&'static str] {
        &["echo", "pas", "key"]
    }

    fn reach(&self) -> Reach {
        Reach { before: 11, after: 23 }
    }

    fn find(&self, text: &[u8], hit: Range<usize>, edges: Edges, out: &mut Vec<Found>) {
        let start = usize::from(!edges.at_start && text.first() == Some(&b' '));
        let sum = text.iter().fold(usize::from(edges.at_end), |sum, byte| sum * 3 + usize::from(*byte));
        let value = hit.start + sum % (text.len() - hit.start);
        out.push(Found { whole: start.min(hit.start)..text.len(), value: value..text.len() });
    }
}

const VALUES: &[&[u8]] = &[
    b"aaaa",
    b"abab",
    b"hunter2!",
    b"p@ss w\"rd\\1",
    b"it's 'quoted'",
    b"correct-horse.battery_staple",
    b"\xff\xfe\x00\x01binary",
    b"$%&/()=",
    "pässwörd".as_bytes(),
];

/// A long value whose rarest window is far from its start.
fn long_value() -> Vec<u8> {
    [&b"in the ".repeat(34)[..], b"zqxjzqxjz", &b" in the".repeat(200)].concat()
}

fn rules() -> Vec<Arc<dyn Detect>> {
    let pattern = |pattern, keywords| -> Arc<dyn Detect> {
        let detect = PatternDetect::new(pattern, keywords).unwrap();
        detect.check().unwrap();
        Arc::new(detect)
    };
    vec![
        pattern(r"\bkey-[0-9a-z]{2,12}\b", &["key-"]),
        pattern(r"(?i)[a-z_]{0,9}pass(?:word)?\s{0,3}[=:]\s{0,3}(?P<secret>\S{1,14})", &["pass"]),
        pattern(r"(?m)^://[^ ]{1,40}$", &["://"]),
        pattern(r"(?s)begin.{0,300}?end", &["begin"]),
        Arc::new(Echo),
    ]
}

fn needles() -> Needles {
    let mut values: Vec<SecretBytes> = VALUES.iter().map(|value| SecretBytes::from(*value)).collect();
    values.push(SecretBytes::new(long_value()));
    let (needles, refused) = Needles::new(&values);
    assert_eq!(refused, []);
    needles
}

fn engine() -> Engine {
    Engine::new(rules(), needles()).unwrap()
}

/// One with all it can find, and others that need less context, so that more is cut off.
fn engines() -> [Engine; 3] {
    let without_runs = |rules, needles| Engine::new(rules, needles).unwrap().without_runs();
    [engine(), without_runs(rules(), Needles::none()), without_runs(Vec::new(), needles())]
}

/// Source, whole, value and support.
type Row = (Source, Range<usize>, Range<usize>, Range<usize>);

fn row(candidate: Candidate, base: usize) -> Row {
    let shift = |range: Range<usize>| range.start + base..range.end + base;
    (candidate.source, shift(candidate.whole), shift(candidate.value), shift(candidate.support))
}

fn whole(engine: &Engine, text: &[u8]) -> Vec<Row> {
    let mut rows = Vec::new();
    engine.scan(&Window::whole(text), &mut |candidate| rows.push(row(candidate, 0)));
    rows
}

/// Scans in windows that own the parts between `cuts`.
fn in_windows(engine: &Engine, text: &[u8], cuts: &[usize]) -> Vec<Row> {
    let context = engine.context();
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    let mut rows = Vec::new();
    for own in cuts.windows(2) {
        let start = own[0].saturating_sub(context.before);
        let end = text.len().min(own[1] + context.after);
        let window = Window {
            bytes: &text[start..end],
            at_start: start == 0,
            at_end: end == text.len(),
            own: own[0] - start..own[1] - start,
        };
        engine.scan(&window, &mut |candidate| rows.push(row(candidate, start)));
    }
    rows
}

fn in_blocks(engine: &Engine, mut text: &[u8], block: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut blocks = Blocks::new(&mut text, engine).block(block);
    while let Some(block) = blocks.next_block().unwrap() {
        engine.scan(&block.window, &mut |candidate| rows.push(row(candidate, block.base as usize)));
    }
    rows
}

fn encoded(value: &[u8]) -> Vec<Vec<u8>> {
    use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
    let (mut percent, mut json) = (String::new(), String::new());
    for byte in value {
        write!(percent, "%{byte:02x}").unwrap();
        write!(json, "\\u00{byte:02x}").unwrap();
    }
    vec![
        value.to_vec(),
        BASE64.encode(value).into_bytes(),
        BASE64URL_NOPAD.encode(&[b"x", value].concat()).into_bytes(),
        BASE64.encode(&[b"xy", value, b"password=1234567890\n"].concat()).into_bytes(),
        HEXLOWER.encode(value).into_bytes(),
        HEXUPPER.encode(&[value, b"password=1234567890\n"].concat()).into_bytes(),
        percent.into_bytes(),
        json.into_bytes(),
        value.escape_ascii().to_string().into_bytes(),
    ]
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&'static [u8]> = vec![
        b"key-",
        b"pass",
        b"PassWord=",
        b"password: ",
        b"echo",
        b"eCHO",
        b"://",
        b"begin",
        b"end",
        b"begbegin",
        b"\n",
        b"\r\n",
        b"\n   ",
        b" ",
        b"\"",
        b"'",
        b"`",
        b"\\",
        b"\\n",
        b"\\\\",
        b"\\\"",
        b"\\u00",
        b"%",
        b"%4",
        b"%41",
        b"%3D",
        b"=",
        b"==",
        b"-",
        b"_",
        b"/",
        b"+",
        b"0x",
        b"aaaaaaaaaaaaaaaa",
        b"AbC123/+",
        b"\0",
        b"\xc3\xa4",
        b"\xff",
        b"dXNlcjpwYXNzd29yZDEyMzQ1Njc4OTA",
        b"cGFzc3dvcmQ9MTIzNDU2Nzg5MApwYXNzd29yZD1hYmNk",
        b"LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUV2Z0lCQURBTkJna3Foa2lH",
        b"70617373776f72643d313233343536373839300a70617373776f72643d6162",
    ];
    prop_oneof![
        8 => select(words).prop_map(<[u8]>::to_vec),
        3 => select(VALUES).prop_flat_map(|value| select(encoded(value))),
        1 => select(encoded(&long_value())),
        1 => proptest::collection::vec(any::<u8>(), 0..6),
        1 => (select(&b"a\\%'\" \nA="[..]), 1..700usize).prop_map(|(byte, count)| vec![byte; count]),
        1 => select(vec!["password=", "key-", "\\n", "\"\\n", "%41", "begin", "aB3/"]).prop_map(|word| word.repeat(90).into_bytes()),
    ]
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(piece(), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 2, ..ProptestConfig::default() })]

    #[test]
    fn windows_give_what_the_whole_gives(text in text(), cuts in proptest::collection::vec(any::<usize>(), 0..12)) {
        for engine in engines() {
            prop_assert_eq!(in_windows(&engine, &text, &cuts), whole(&engine, &text));
        }
    }

    #[test]
    fn blocks_give_what_the_whole_gives(text in text(), block in 60..3000usize) {
        for engine in engines() {
            prop_assert_eq!(in_blocks(&engine, &text, block), whole(&engine, &text));
        }
    }

    #[test]
    fn order_is_by_place_and_nothing_comes_twice(text in text()) {
        let rows = whole(&engine(), &text);
        let keys: Vec<_> = rows.iter().map(|(source, whole, value, _)| (whole.start, whole.end, *source, value.start, value.end)).collect();
        prop_assert!(keys.is_sorted_by(|a, b| a < b));
        for (_, whole, value, support) in rows {
            prop_assert!(whole.start <= value.start && value.end <= whole.end);
            prop_assert!(support.start <= whole.start && support.end <= text.len());
        }
    }
}

/// Down to one byte per window, over a text that holds one of everything.
#[test]
fn every_single_byte_can_be_a_window() {
    let mut text = Vec::new();
    for value in VALUES {
        for form in encoded(value) {
            text.extend(form);
            text.extend(b" password=abc\"q\\n\\n\\n\\n\\n\\n\\n\" key-12 ");
        }
    }
    let cuts: Vec<usize> = (0..text.len()).collect();
    for engine in engines() {
        let rows = whole(&engine, &text);
        assert!(rows.len() > 50, "{}", rows.len());
        assert_eq!(in_windows(&engine, &text, &cuts), rows);
    }
}

/// A chunk of the engine ends inside long runs and dense hits.
#[test]
fn large_buffers_are_cut_into_chunks_unseen() {
    let engine = engine();
    let mut text = Vec::new();
    while text.len() < 2_000_000 {
        let line = text.len() / 7;
        text.extend_from_slice(
            format!("password={line} key-{line} aaaaaaaa \"\\n{line}\\n\\n\\n\\n\\n\" ").as_bytes(),
        );
        text.extend_from_slice(&b"cGFzc3dvcmQ9MTIzNDU2Nzg5MApwYXNzd29yZD1hYmNk".repeat(line % 900));
    }
    let rows = whole(&engine, &text);
    assert_eq!(in_windows(&engine, &text, &[100_000, 262_144, 262_145, 1_000_000]), rows);
    assert_eq!(in_blocks(&engine, &text, 300_000), rows);
}
