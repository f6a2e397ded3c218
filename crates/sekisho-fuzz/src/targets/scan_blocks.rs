//! The engine: a stream in blocks gives what the whole buffer gives (invariant 10).

use std::sync::LazyLock;

use sekisho_detectors::{ALL, join_example, rules};
use sekisho_scan::{Blocks, Candidate, Engine, Needles, Window};
use sekisho_secret::SecretBytes;

use crate::Target;

pub(crate) const TARGET: Target = Target { name: "scan_blocks", body, seeds, words: WORDS };

/// Words that detectors are about, written split.
pub(crate) const WORDS: &[&[u8]] = &[
    b"password = ",
    b"token: \"",
    b"api_key=",
    b"secret",
    b"\n",
    b"\"",
    b"https://u:p@h/",
    b"Basic ",
    b"Bearer ",
    b"eyJ",
    concat!("AK", "IA").as_bytes(),
    concat!("gh", "p_").as_bytes(),
    concat!("xo", "xb-").as_bytes(),
    concat!("-----BEGIN PRIV", "ATE KEY-----").as_bytes(),
    b"bWFkZS11cA",
    b"%6d",
    b"\\u006d",
];

/// Every example of every detector.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let examples = ALL.iter().flat_map(|detector| detector.matches.iter().chain(detector.no_matches));
    examples.map(|example| join_example(example.text).into_bytes()).collect()
}

static ENGINE: LazyLock<Option<Engine>> = LazyLock::new(|| {
    let needles = ["made-up-value", "päss/word+1", "aaaa", "0123456789abcdef0123456789abcdef"];
    let needles = needles.map(|text| SecretBytes::from(text.as_bytes()));
    Engine::new(rules(), Needles::new(&needles).0).ok()
});

/// Whole, value and support in the stream, and what it comes from.
type Place = (String, [usize; 6]);

fn body(bytes: &[u8]) {
    let Some(engine) = &*ENGINE else { return assert!(ENGINE.is_some(), "the engine refuses its own rules") };
    let place = |base: usize, candidate: &Candidate| -> Place {
        let Candidate { source, whole, value, support } = candidate;
        assert!(support.start <= support.end && support.end + base <= bytes.len(), "support lies outside");
        assert!(whole.start <= value.start && value.end <= whole.end, "the value lies outside of the whole");
        let ends = [whole.start, whole.end, value.start, value.end, support.start, support.end];
        (format!("{source:?}"), ends.map(|end| base + end))
    };
    let mut whole = Vec::new();
    engine.scan(&Window::whole(bytes), &mut |candidate| whole.push(place(0, &candidate)));
    let block = 1 + bytes.len() / (2 + usize::from(bytes.first().copied().unwrap_or(0) % 8));
    let mut split = Vec::new();
    let mut input = bytes;
    let mut blocks = Blocks::new(&mut input, engine).block(block);
    while let Ok(Some(block)) = blocks.next_block() {
        engine.scan(&block.window, &mut |candidate| split.push(place(block.base as usize, &candidate)));
    }
    assert_eq!(split, whole, "blocks of {block} bytes give something else");
}
