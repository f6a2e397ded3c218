//! Canaries, and the search for them in every way in which a program can write a value.

use std::cell::RefCell;
use std::collections::BTreeMap;

use aho_corasick::AhoCorasick;
use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER};
use sha2::{Digest as _, Sha256};

/// So many neighbouring bytes of a canary, in a row, are a leak: a preview of a secret is one.
const PART: usize = 8;

/// Values that stand nowhere but in the estate, each with the name of its place.
#[derive(Default)]
pub(super) struct Canaries {
    values: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl Canaries {
    /// The canary of a place: 20 letters and digits.
    pub(super) fn of(&self, place: &str) -> String {
        self.made_of(place, b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", 20)
    }

    /// A canary of `len` characters out of `alphabet`.
    pub(super) fn made_of(&self, place: &str, alphabet: &[u8], len: usize) -> String {
        // FNV-1a seeds a xorshift: the same place always has the same canary.
        let mut state = place.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            alphabet[(state >> 33) as usize % alphabet.len()]
        };
        let value: Vec<u8> = (0..len).map(|_| next()).collect();
        self.add(place, &value);
        String::from_utf8(value).unwrap()
    }

    /// Takes in a value that was made elsewhere.
    pub(super) fn add(&self, place: &str, value: &[u8]) {
        assert!(value.len() >= 12, "{place}: too short to be told from chance");
        let known = self.values.borrow_mut().insert(place.to_owned(), value.to_vec());
        assert!(known.is_none_or(|known| known == value), "{place} has two canaries");
    }

    /// All of them by their places.
    pub(super) fn all(&self) -> BTreeMap<String, Vec<u8>> {
        self.values.borrow().clone()
    }
}

/// Finds canaries.
pub(super) struct Searcher {
    finder: AhoCorasick,
    /// What each pattern is a part of.
    names: Vec<String>,
}

impl Searcher {
    /// For all of these.
    pub(super) fn new(canaries: &Canaries) -> Self {
        let (mut patterns, mut names) = (Vec::new(), Vec::new());
        for (place, value) in canaries.all() {
            for (writing, parts) in writings(&value) {
                names.extend(parts.iter().map(|_| format!("{place} ({writing})")));
                patterns.extend(parts);
            }
        }
        let finder = AhoCorasick::builder().ascii_case_insensitive(true).build(&patterns).unwrap();
        Self { finder, names }
    }

    /// The canaries in `text`, by place and writing.
    pub(super) fn found(&self, text: &[u8]) -> Vec<&str> {
        let hits = self.finder.find_overlapping_iter(text);
        let mut found: Vec<&str> = hits.map(|hit| self.names[hit.pattern().as_usize()].as_str()).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Every way in which a value may be written, each as the parts by which it is recognised. Letters
/// compare without case.
pub(super) fn writings(value: &[u8]) -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let each = |write: &dyn Fn(u8) -> String| value.iter().map(|&byte| write(byte)).collect::<Vec<_>>();
    let reversed: Vec<u8> = value.iter().rev().copied().collect();
    let digest = Sha256::digest(value);
    let wide = |byte: u8| vec![byte, 0];
    let mut all = vec![
        ("raw", parts(value, 1)),
        ("reversed", parts(&reversed, 1)),
        ("hex", joined(&each(&|b| format!("{b:02x}")), "")),
        ("hex with blanks", joined(&each(&|b| format!("{b:02x}")), " ")),
        ("percent", joined(&each(&|b| format!("%{b:02x}")), "")),
        ("JSON escapes", joined(&each(&|b| format!("\\u{b:04x}")), "")),
        ("C escapes", joined(&each(&|b| format!("\\x{b:02x}")), "")),
        ("octal escapes", joined(&each(&|b| format!("\\{b:03o}")), "")),
        ("HTML", joined(&each(&|b| format!("&#{b};")), "")),
        ("HTML in hex", joined(&each(&|b| format!("&#x{b:x};")), "")),
        ("numbers", joined(&each(&|b| b.to_string()), ", ")),
        ("packed numbers", joined(&each(&|b| b.to_string()), ",")),
        ("spaced", joined(&each(&|b| char::from(b).to_string()), " ")),
        ("UTF-16", parts(&value.iter().flat_map(|&b| wide(b)).collect::<Vec<_>>(), 2)),
        (
            "unkeyed digest",
            vec![HEXLOWER.encode(&digest[..8]).into_bytes(), HEXLOWER.encode(&digest[24..]).into()],
        ),
        ("unkeyed digest in base64", vec![BASE64_NOPAD.encode(&digest[..9]).into_bytes()]),
    ];
    // Base64 at each of its alignments: the characters that the value alone decides.
    for skip in 0..3 {
        let mut shifted = vec![0; skip];
        shifted.extend(value);
        for (name, text) in
            [("base64", BASE64_NOPAD.encode(&shifted)), ("URL-safe base64", BASE64URL_NOPAD.encode(&shifted))]
        {
            let sure = (skip * 8).div_ceil(6)..shifted.len() * 8 / 6;
            all.push((name, windows(&text.as_bytes()[sure], 11, 1)));
        }
    }
    all
}

/// All runs of [`PART`] neighbours.
fn parts(bytes: &[u8], unit: usize) -> Vec<Vec<u8>> {
    windows(bytes, PART * unit, unit)
}

fn windows(bytes: &[u8], len: usize, step: usize) -> Vec<Vec<u8>> {
    bytes.windows(len).step_by(step).map(<[u8]>::to_vec).collect()
}

/// All runs of [`PART`] neighbours that are written out, with something between them.
fn joined(units: &[String], between: &str) -> Vec<Vec<u8>> {
    units.windows(PART).map(|run| run.join(between).into_bytes()).collect()
}

#[test]
fn a_canary_is_found_however_it_is_written() {
    let canaries = Canaries::default();
    let value = canaries.of("somewhere");
    canaries.add("signs", "p\"Ql\\7é&<9kV%2b".as_bytes());
    let searcher = Searcher::new(&canaries);
    for (place, value) in canaries.all() {
        let bytes = value.as_slice();
        let each = |write: &dyn Fn(u8) -> String| bytes.iter().map(|&b| write(b)).collect::<String>();
        let mut written = vec![
            bytes.to_vec(),
            bytes.iter().rev().copied().collect(),
            HEXLOWER.encode(bytes).to_uppercase().into_bytes(),
            each(&|b| format!("%{b:02X}")).into_bytes(),
            each(&|b| format!("\\u{b:04X}")).into_bytes(),
            each(&|b| format!("\\x{b:02x}")).into_bytes(),
            each(&|b| format!("&#{b};")).into_bytes(),
            format!("{bytes:?}").into_bytes(),
            format!("{bytes:x?}").replace(", ", " ").into_bytes(),
            serde_json::to_vec(&bytes).unwrap(),
            HEXLOWER.encode(&Sha256::digest(bytes)).into_bytes(),
            BASE64_NOPAD.encode(&Sha256::digest(bytes)).into_bytes(),
            bytes.iter().flat_map(|&b| [b, 0]).collect(),
            bytes.iter().flat_map(|&b| [0, b]).collect(),
        ];
        for before in ["", "a", "ab", "user:", "user:1"] {
            let text = [before.as_bytes(), bytes, b"tail"].concat();
            written.extend([
                BASE64_NOPAD.encode(&text).into_bytes(),
                BASE64URL_NOPAD.encode(&text).into_bytes(),
            ]);
        }
        for text in written {
            let text = [&b"before "[..], &text, b" behind"].concat();
            let found = searcher.found(&text);
            let whose = found.iter().all(|name| name.starts_with(&place));
            assert!(!found.is_empty() && whose, "{place}: {found:?} in {}", String::from_utf8_lossy(&text));
        }
    }
    // A part of it is a leak as well; what only looks like it is none.
    assert_eq!(searcher.found(value[6..14].as_bytes()), ["somewhere (raw)"]);
    assert!(searcher.found(value[..PART - 1].as_bytes()).is_empty());
    assert!(searcher.found(b"the quick brown fox jumps over the lazy dog 0123456789abcdef").is_empty());
}
