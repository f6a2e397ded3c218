//! Inline markers: ours, and those that people already have in their files for other scanners.
//!
//! A marker counts for the line it stands on, and, where nothing but the beginning of a comment
//! stands before it, for the line below:
//!
//! ```text
//! password = "…"   # sekisho:ignore test database of the tutorial
//! # sekisho:ignore generic/password
//! password = "…"
//! ```
//!
//! Ours may name detectors, separated by commas (their ids hold a `/`, so they cannot be taken for
//! the reason), and then counts for those alone.
//!
//! The rivals' spellings were read from their own documents and sources: gitleaks and betterleaks
//! (a text anywhere in the line), trufflehog (likewise), Kingfisher (without case, lines around
//! included), detect-secrets (`pragma: allowlist secret`, before `whitelist`, and its `nextline`
//! form), ggshield (`ggignore`), trufflehog3 (`nosecret`), secretlint (`secretlint-disable-line` and
//! `-next-line`), Vault Radar (`HashiCorpIgnore`, without case). All are read without case here.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

/// Whose marker it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Marker {
    /// `sekisho:ignore`
    Sekisho,
    /// `gitleaks:allow`
    Gitleaks,
    /// `betterleaks:allow`
    Betterleaks,
    /// `trufflehog:ignore`
    Trufflehog,
    /// `kingfisher:ignore`
    Kingfisher,
    /// `pragma: allowlist secret`, `pragma: allowlist nextline secret`
    DetectSecrets,
    /// `ggignore`
    Ggshield,
    /// `nosecret`
    Trufflehog3,
    /// `secretlint-disable-line`, `secretlint-disable-next-line`
    Secretlint,
    /// `HashiCorpIgnore`
    VaultRadar,
}

/// For which line a word speaks, and what must stand before it.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// Its own line, or the next where it stands alone.
    Line,
    /// As `Line`; but the word is short enough to stand in values and keys, so that the beginning
    /// of a comment must stand directly before it.
    Comment,
    /// The next line alone.
    NextLine,
}

use Form::{Comment, Line, NextLine};
use Marker::{
    Betterleaks, DetectSecrets, Ggshield, Gitleaks, Kingfisher, Secretlint, Sekisho, Trufflehog, Trufflehog3,
    VaultRadar,
};

/// Every spelling. Where one begins with another, the longer one wins.
const WORDS: &[(&str, Marker, Form)] = &[
    ("sekisho:ignore", Sekisho, Line),
    ("gitleaks:allow", Gitleaks, Line),
    ("betterleaks:allow", Betterleaks, Line),
    ("trufflehog:ignore", Trufflehog, Line),
    ("kingfisher:ignore", Kingfisher, Line),
    ("pragma: allowlist secret", DetectSecrets, Line),
    ("pragma: allowlist-secret", DetectSecrets, Line),
    ("pragma:allowlist secret", DetectSecrets, Line),
    ("pragma:allowlist-secret", DetectSecrets, Line),
    ("pragma: whitelist secret", DetectSecrets, Line),
    ("pragma: whitelist-secret", DetectSecrets, Line),
    ("pragma:whitelist secret", DetectSecrets, Line),
    ("pragma:whitelist-secret", DetectSecrets, Line),
    ("pragma: allowlist nextline secret", DetectSecrets, NextLine),
    ("pragma: allowlist nextline-secret", DetectSecrets, NextLine),
    ("pragma:allowlist nextline secret", DetectSecrets, NextLine),
    ("pragma:allowlist nextline-secret", DetectSecrets, NextLine),
    ("ggignore", Ggshield, Comment),
    ("nosecret", Trufflehog3, Comment),
    ("secretlint-disable-line", Secretlint, Line),
    ("secretlint-disable-next-line", Secretlint, NextLine),
    ("hashicorpignore", VaultRadar, Comment),
];

/// One pass over a line for all words.
static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .build(WORDS.iter().map(|(word, ..)| word))
        .ok()
});

/// Bytes of a word that are looked for before the word is: all are at least as long.
const ANCHOR: usize = 8;
/// Bytes of an anchor that are looked up at once.
const WINDOW: usize = 4;
/// So one window of each anchor begins at a multiple of this.
const STRIDE: usize = ANCHOR - WINDOW + 1;
/// Bits that windows are hashed to.
const BITS: u32 = 12;

/// A cheap look at a line: nearly all have no marker, and every sighting asks.
struct Gate {
    windows: [u64; 1 << (BITS - 6)],
    anchors: Vec<u64>,
}

static GATE: LazyLock<Gate> = LazyLock::new(Gate::new);

impl Gate {
    fn new() -> Self {
        let mut gate = Self { windows: [0; 1 << (BITS - 6)], anchors: Vec::new() };
        for (word, marker, _) in WORDS {
            // The end that is no common phrase.
            let from = if *marker == DetectSecrets { 0 } else { word.len() - ANCHOR };
            let anchor = &word.as_bytes()[from..from + ANCHOR];
            gate.anchors.extend(anchor.first_chunk().map(|bytes| fold(u64::from_le_bytes(*bytes))));
            for window in anchor.windows(WINDOW).filter_map(<[u8]>::first_chunk) {
                let (word, bit) = place(*window);
                gate.windows[word] |= bit;
            }
        }
        gate.anchors.sort_unstable();
        gate.anchors.dedup();
        gate
    }

    /// Whether a word may stand in a line.
    fn lets(&self, line: &[u8]) -> bool {
        let mut rest = line;
        let mut at = 0;
        while let Some(window) = rest.first_chunk() {
            let (word, bit) = place(*window);
            if self.windows[word] & bit != 0 && self.is_anchored(line, at) {
                return true;
            }
            at += STRIDE;
            rest = line.get(at..).unwrap_or_default();
        }
        false
    }

    /// Whether an anchor begins at `at` or up to a stride before.
    fn is_anchored(&self, line: &[u8], at: usize) -> bool {
        (at.saturating_sub(STRIDE - 1)..=at).any(|start| {
            let bytes = line.get(start..).and_then(<[u8]>::first_chunk);
            bytes.is_some_and(|bytes| self.anchors.contains(&fold(u64::from_le_bytes(*bytes))))
        })
    }
}

/// Letters without case, and some other bytes taken for each other.
fn fold(bytes: u64) -> u64 {
    bytes | 0x2020_2020_2020_2020
}

/// Where the bit of a window is.
fn place(window: [u8; WINDOW]) -> (usize, u64) {
    let folded = fold(u64::from(u32::from_le_bytes(window))) as u32;
    let hash = folded.wrapping_mul(0x9e37_79b1) >> (u32::BITS - BITS);
    (hash as usize / 64, 1 << (hash % 64))
}

/// The marker by which a value on `line` is to be left alone by `detector`, if there is one.
///
/// `line` is the line on which the value begins, `previous_line` the one above; with or without
/// their line ends, of any length and encoding. One pass over each: a caller with very long lines
/// hands in the part around the value.
pub fn marked(line: &[u8], previous_line: Option<&[u8]>, detector: &str) -> Option<Marker> {
    find(line, detector, |form, _| form != NextLine)
        .or_else(|| find(previous_line?, detector, |_, stands_alone| stands_alone))
}

/// Whether a marker may stand in a text, of any number of lines. Where it says no there is none, and none
/// of its lines need be asked about.
pub fn may_mark(text: &[u8]) -> bool {
    GATE.lets(text)
}

/// The first marker of a line for `detector` that `counts`, given its form and whether only the
/// beginning of a comment stands before it.
fn find(line: &[u8], detector: &str, counts: impl Fn(Form, bool) -> bool) -> Option<Marker> {
    if !GATE.lets(line) {
        return None;
    }
    let text_begins = line.iter().position(|&byte| is_text(byte)).unwrap_or(line.len());
    FINDER.as_ref()?.find_iter(line).find_map(|hit| {
        let (_, marker, form) = WORDS[hit.pattern().as_usize()];
        let (before, after) = (&line[..hit.start()], &line[hit.end()..]);
        let whole_word = !before.last().is_some_and(|&b| is_text(b))
            && !after
                .first()
                .is_some_and(|&b| is_text(b) || b == b'-' && after.get(1).is_some_and(|&b| is_text(b)));
        let in_place = form != Comment || opens_comment(before);
        let named = marker != Sekisho || names(after, detector);
        (whole_word && in_place && named && counts(form, hit.start() <= text_begins)).then_some(marker)
    })
}

/// A byte of a word, as against blanks and the punctuation that comments begin with.
fn is_text(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// Whether `before` ends with the beginning of a comment and blanks: `# `, `//`, `/* `, `<!-- `,
/// `-- `, `; `, `% `.
fn opens_comment(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    before.ends_with(b"--") || before.last().is_some_and(|b| b"#/*;%".contains(b))
}

/// Whether our marker, followed by `after`, speaks for `detector`: by default for all.
fn names(after: &[u8], detector: &str) -> bool {
    let after = after.trim_ascii_start();
    let len = after.iter().position(|b| !(b.is_ascii_alphanumeric() || b"-_./,".contains(b)));
    let ids = &after[..len.unwrap_or(after.len())];
    let mut named = ids.split(|&b| b == b',').filter(|id| is_detector_id(id)).peekable();
    named.peek().is_none() || named.any(|id| id == detector.as_bytes())
}

/// `provider/name`: words with a slash between them.
fn is_detector_id(id: &[u8]) -> bool {
    id.contains(&b'/') && !id.starts_with(b"/") && !id.ends_with(b"/")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// On the line, for any detector.
    fn on(line: &str) -> Option<Marker> {
        marked(line.as_bytes(), None, "generic/password")
    }

    /// On the line above, for any detector.
    fn above(line: &str) -> Option<Marker> {
        marked(b"password = hunter22", Some(line.as_bytes()), "generic/password")
    }

    #[test]
    fn every_spelling_is_found_in_its_place() {
        for (word, marker, form) in WORDS {
            for line in [
                format!("# {word}"),
                format!("//{word}\r\n"),
                format!("  /* {word} */"),
                format!("<!-- {word} -->"),
                format!("\t-- {} because", word.to_uppercase()),
            ] {
                assert_eq!(above(&line), Some(*marker), "{line}");
                let beside = format!("key: value {line}");
                assert_eq!(on(&beside), (*form != NextLine).then_some(*marker), "{beside}");
                assert_eq!(above(&beside), None, "a marker beside a value is for that line: {beside}");
            }
        }
    }

    #[test]
    fn parts_of_words_are_no_markers() {
        for line in [
            "x # sekisho:ignored",
            "x # mygitleaks:allow",
            "x # trufflehog:ignore-all",
            "x # sekisho:ignore_this",
            "x # caf\u{e9}gitleaks:allow",
            "# ggignore-start",
            "secretlint-disable",
        ] {
            assert_eq!(on(line), None, "{line}");
        }
    }

    #[test]
    fn short_words_need_a_comment() {
        for line in ["nosecret: true", "password: nosecret", "a = 'HashiCorpIgnore'", "b = (ggignore)"] {
            assert_eq!(on(line), None, "{line}");
        }
        assert_eq!(on("password = x # nosecret: generic.password"), Some(Trufflehog3));
        assert_eq!(on("password = x // HashicorpIgnore"), Some(VaultRadar));
    }

    #[test]
    fn ours_may_name_detectors() {
        let line = b"x # sekisho:ignore aws/access-key-id,github/token the tutorial's keys";
        assert_eq!(marked(line, None, "github/token"), Some(Sekisho));
        assert_eq!(marked(line, None, "aws/access-key-id"), Some(Sekisho));
        assert_eq!(marked(line, None, "generic/password"), None);
        assert_eq!(
            marked(b"/* sekisho:ignore aws/access-key-id*/ x", None, "aws/access-key-id"),
            Some(Sekisho)
        );
        assert_eq!(marked(b"x /* sekisho:ignore */", None, "generic/password"), Some(Sekisho));
        assert_eq!(
            marked(b"x # sekisho:ignore: test data, owner web", None, "generic/password"),
            Some(Sekisho)
        );
        assert_eq!(
            marked(b"x # sekisho:ignore aws/a sekisho:ignore", None, "generic/password"),
            Some(Sekisho)
        );
    }

    #[test]
    fn a_line_without_a_marker_is_not_marked() {
        assert_eq!(marked(b"", Some(b""), ""), None);
        assert_eq!(on("password = hunter22 # TODO: ignore"), None);
        assert_eq!(above("# pragma: no cover"), None);
    }

    #[test]
    fn the_gate_lets_every_word_through_wherever_it_stands() {
        for (word, ..) in WORDS {
            assert!(word.len() >= ANCHOR, "{word}");
            for before in 0..2 * ANCHOR {
                let line = format!("{:before$}{}", "", word.to_uppercase());
                assert!(GATE.lets(line.as_bytes()), "{line}");
                assert!(GATE.lets(format!("{line} and more").as_bytes()), "{line}");
            }
        }
        assert!(may_mark(b"one line\nand # nosecret in another"));
        for line in ["", "get secret", "password: changeme # hashicorp", "a: allowlist"] {
            assert!(!GATE.lets(line.as_bytes()), "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_will_do(line: Vec<u8>, previous: Option<Vec<u8>>, detector: String) {
            prop_assert_eq!(marked(&line, previous.as_deref(), &detector), None);
        }
    }
}
