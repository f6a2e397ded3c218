//! Texts of what the engine reacts to, so densely that reaches, runs and needles overlap everywhere;
//! and rules to go with them.
#![allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used, reason = "shared by several tests")]

use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use sekisho_scan::{Candidate, Detect, Edges, Engine, Found, PatternDetect, Reach, Source, Window};

/// A detector that answers for every byte of its text: any difference in its window shows.
pub struct Echo;

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

/// A detector whose keyword counts by all that is near.
pub struct Near;

impl Near {
    fn says(near: &[u8]) -> bool {
        near.iter().fold(0u32, |sum, byte| sum.wrapping_mul(31) + u32::from(*byte)) % 3 != 0
    }
}

impl Detect for Near {
    fn keywords(&self) -> &[&'static str] {
        &["near"]
    }

    fn reach(&self) -> Reach {
        Reach { before: 13, after: 31 }
    }

    fn find(&self, text: &[u8], hit: Range<usize>, _: Edges, out: &mut Vec<Found>) {
        out.push(Found { whole: hit.start..text.len().min(hit.end + 9), value: hit });
    }

    fn sight(&self) -> Reach {
        Reach { before: 12, after: 30 }
    }

    fn may_stand(&self, near: &[u8], _: Range<usize>) -> bool {
        Self::says(near)
    }
}

/// One that reads so far that the many hits around it end its text, each of which counts by what is near it.
pub struct Far;

impl Detect for Far {
    fn keywords(&self) -> &[&'static str] {
        &["far"]
    }

    fn reach(&self) -> Reach {
        Reach { before: 160, after: 170 }
    }

    fn find(&self, text: &[u8], hit: Range<usize>, _: Edges, out: &mut Vec<Found>) {
        out.push(Found { whole: 0..text.len(), value: hit });
    }

    fn sight(&self) -> Reach {
        Reach { before: 12, after: 30 }
    }

    fn may_stand(&self, near: &[u8], _: Range<usize>) -> bool {
        Near::says(near)
    }
}

pub const VALUES: &[&[u8]] = &[
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
pub fn long_value() -> Vec<u8> {
    [&b"in the ".repeat(34)[..], b"zqxjzqxjz", &b" in the".repeat(200)].concat()
}

pub fn rules() -> Vec<Arc<dyn Detect>> {
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
        // A short keyword whose witness stands far from it.
        pattern(r"wit[0-9a-z]{9}\.[0-9]{2,9}", &["wit"]),
        Arc::new(Echo),
        Arc::new(Near),
        Arc::new(Far),
    ]
}

/// Source, whole, value and support.
pub type Row = (Source, Range<usize>, Range<usize>, Range<usize>);

pub fn row(candidate: Candidate, base: usize) -> Row {
    let shift = |range: Range<usize>| range.start + base..range.end + base;
    (candidate.source, shift(candidate.whole), shift(candidate.value), shift(candidate.support))
}

pub fn whole(engine: &Engine, text: &[u8]) -> Vec<Row> {
    let mut rows = Vec::new();
    engine.scan(&Window::whole(text), &mut |candidate| rows.push(row(candidate, 0)));
    rows
}

pub fn encoded(value: &[u8]) -> Vec<Vec<u8>> {
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

pub fn piece() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&'static [u8]> = vec![
        b"key-",
        b"pass",
        b"PassWord=",
        b"password: ",
        b"echo",
        b"eCHO",
        b"near",
        b"far",
        b"://",
        b"begin",
        b"end",
        b"begbegin",
        b"wit012wit678.12",
        b"wit",
        b"it01234567",
        b"8.55",
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
        1 => select(vec!["far", "password=", "key-", "\\n", "\"\\n", "%41", "begin", "aB3/"]).prop_map(|word| word.repeat(90).into_bytes()),
    ]
}

pub fn text() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(piece(), 0..60).prop_map(|pieces| pieces.concat())
}
