//! [`PatternDetect`]: a detector that is a regular expression.
//!
//! The pattern is compiled when there is something to search and never at start-up: a process that
//! scans one small file pays for the two patterns whose keywords stand in it. What stands around a
//! keyword mostly tells that there is nothing, see [`glance`]. The pattern's reach is computed from it
//! and the keywords, see [`reach`]; a table of detectors holds it ready, so that start-up does not
//! even parse.

mod carrier;
mod glance;
mod reach;

use std::ops::Range;
use std::sync::OnceLock;

use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, PatternID};
use regex_syntax::hir::Hir;

use glance::Glance;

use crate::detect::{Detect, Edges, Found, Reach, Witness};

/// The capture group that holds the value; without it group 1, without that the whole match.
const VALUE_GROUP: &str = "secret";
/// Largest automaton of one pattern, in bytes.
const SIZE_LIMIT: usize = 8 << 20;
/// The value's group has a number below this.
const MAX_GROUPS: usize = 16;
/// Matches that end within the keyword and are passed over, per hit. Each costs a search.
const MAX_RETRIES: usize = 8;

/// Why a pattern cannot be a detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// Not a regular expression with Unicode off.
    #[error("the pattern does not parse with unicode off")]
    Syntax,
    /// Something repeats without a limit.
    #[error("the pattern has no maximum length")]
    Unbounded,
    /// It matches the empty text.
    #[error("the pattern matches the empty text")]
    Empty,
    /// It parses, but its automaton is too large.
    #[error("the pattern does not compile within the size limit")]
    Size,
    /// The value's group has a number above 15.
    #[error("the pattern has too many groups before the value")]
    Groups,
    /// There are no keywords.
    #[error("the detector has no keywords")]
    NoKeywords,
    /// The given reach does not cover the one that pattern and keywords have.
    #[error("the reach in the table is not that of the pattern")]
    Stale,
}

/// A detector that is a regular expression over bytes, Unicode off, of bounded length.
///
/// At each keyword the leftmost match that contains the keyword is taken, with the usual preference
/// of leftmost-first among those that start there.
pub struct PatternDetect {
    pattern: &'static str,
    keywords: &'static [&'static str],
    /// What a match can span around a keyword, and one byte of context on both sides.
    measured: Reach,
    reach: Reach,
    glance: OnceLock<Option<Glance>>,
    compiled: OnceLock<Option<Compiled>>,
}

struct Compiled {
    regex: Regex,
    value_group: usize,
}

impl PatternDetect {
    /// A detector whose reach is measured now; parses the pattern, does not compile it.
    pub fn new(pattern: &'static str, keywords: &'static [&'static str]) -> Result<Self, PatternError> {
        Ok(Self::measured(pattern, keywords, Self::measure(pattern, keywords)?))
    }

    /// A detector whose reach was [measured](Self::measure) before, as in a generated table: costs
    /// nothing until its first hit. [`check`](Self::check) finds a stale reach.
    pub const fn measured(pattern: &'static str, keywords: &'static [&'static str], reach: Reach) -> Self {
        Self { pattern, keywords, measured: reach, reach, glance: OnceLock::new(), compiled: OnceLock::new() }
    }

    /// The same with at least this much around each keyword in its reach, and so in the support of
    /// its candidates, for a verdict that reads more than the match.
    #[must_use]
    pub const fn with_context(mut self, context: Reach) -> Self {
        self.reach = self.reach.union(context);
        self
    }

    /// The reach of a pattern around its keywords: as far as a match can span, and one byte more on
    /// both sides for `\b`, `^` and `$`.
    pub fn measure(pattern: &str, keywords: &[&str]) -> Result<Reach, PatternError> {
        let hir = parse(pattern)?;
        if hir.properties().minimum_len() == Some(0) {
            return Err(PatternError::Empty);
        }
        let span = reach::of(&hir, keywords)?;
        Ok(Reach { before: span.before + 1, after: span.after + 1 })
    }

    /// What must stand around the keywords, if that is known.
    fn glance(&self) -> Option<&Glance> {
        self.glance.get_or_init(|| Glance::new(&parse(self.pattern).ok()?, self.keywords)).as_ref()
    }

    /// Whether it is known where in a match the keywords stand. Without that each hit costs a search of
    /// all that a match could span.
    pub fn knows_its_keywords(&self) -> bool {
        self.glance().is_some()
    }

    /// Whether the pattern parses, is bounded, compiles, and has the reach that was given. For the
    /// tests of whoever writes patterns; a detector that fails it finds nothing, or not everything.
    pub fn check(&self) -> Result<(), PatternError> {
        let measured = Self::measure(self.pattern, self.keywords)?;
        if measured.union(self.measured) != self.measured {
            return Err(PatternError::Stale);
        }
        Compiled::new(self.pattern).map(|_| ())
    }
}

impl Detect for PatternDetect {
    fn keywords(&self) -> &[&'static str] {
        self.keywords
    }

    fn reach(&self) -> Reach {
        self.reach
    }

    fn find(&self, text: &[u8], hit: Range<usize>, edges: Edges, out: &mut Vec<Found>) {
        // The outermost byte on either side is context, unless there is nothing beyond.
        let first = usize::from(!edges.at_start);
        let last = text.len().saturating_sub(usize::from(!edges.at_end));
        let mut start = first.max(hit.start.saturating_sub(self.measured.before.saturating_sub(1)));
        let mut end = last.min(hit.start.saturating_add(self.measured.after.saturating_sub(1)));
        if end < hit.end || start > hit.start {
            return;
        }
        if let Some(glance) = self.glance() {
            let is_hit = |keyword: &str| keyword.as_bytes().eq_ignore_ascii_case(&text[hit.clone()]);
            let around =
                self.keywords.iter().position(|keyword| is_hit(keyword)).and_then(|keyword| {
                    glance.around(keyword, &text[start..hit.start], &text[hit.start..end])
                });
            let Some((before, after)) = around else { return };
            start = hit.start - before;
            end = hit.start + after;
        }
        let Some(compiled) = self.compiled.get_or_init(|| Compiled::new(self.pattern).ok()) else { return };
        let mut retries = MAX_RETRIES;
        while start <= hit.start && retries > 0 {
            let anchored = if start == hit.start { Anchored::Yes } else { Anchored::No };
            let input = Input::new(text).range(start..end).anchored(anchored);
            let Some((whole, value)) = compiled.search(&input) else { return };
            if whole.start > hit.start {
                return;
            }
            if whole.end >= hit.end {
                out.push(Found { whole, value });
                return;
            }
            if whole.end <= hit.start {
                start = whole.end;
            } else {
                start = whole.start + 1;
                retries -= 1;
            }
        }
    }

    fn witness(&self, keyword: &[u8]) -> Option<Witness> {
        self.glance()?
            .witness(self.keywords.iter().position(|one| one.as_bytes().eq_ignore_ascii_case(keyword))?)
    }
}

impl Compiled {
    fn new(pattern: &str) -> Result<Self, PatternError> {
        // Without the lazy automaton: the texts are short and its states, with all the counting that
        // patterns of bounded length do, cost more to make than they ever save (a first scan of 60 MB took
        // three times as long in patterns); the backtracker is as linear.
        let regex = Regex::builder()
            .configure(Regex::config().utf8_empty(false).hybrid(false).nfa_size_limit(Some(SIZE_LIMIT)))
            .build_from_hir(&parse(pattern)?)
            .map_err(|_| PatternError::Size)?;
        let groups = regex.group_info();
        let value_group = match groups.to_index(PatternID::ZERO, VALUE_GROUP) {
            Some(named) => named,
            None => usize::from(groups.group_len(PatternID::ZERO) > 1),
        };
        if value_group < MAX_GROUPS { Ok(Self { regex, value_group }) } else { Err(PatternError::Groups) }
    }

    /// The leftmost match and the value in it; the match itself where the group took no part.
    fn search(&self, input: &Input<'_>) -> Option<(Range<usize>, Range<usize>)> {
        let mut slots = [None; 2 * MAX_GROUPS];
        self.regex.search_slots(input, &mut slots[..2 * (self.value_group + 1)])?;
        let group = |number: usize| Some(slots[2 * number]?.get()..slots[2 * number + 1]?.get());
        let whole = group(0)?;
        let value = group(self.value_group).unwrap_or(whole.clone());
        Some((whole, value))
    }
}

/// Parses with Unicode off, as all patterns of the house.
fn parse(pattern: &str) -> Result<Hir, PatternError> {
    let config = syntax::Config::new().unicode(false).utf8(false);
    syntax::parse_with(pattern, &config).map_err(|_| PatternError::Syntax)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = r"\bkey-[0-9]{4}\b";

    fn find(detect: &PatternDetect, text: &str, at: usize, len: usize) -> Vec<Found> {
        let mut out = Vec::new();
        let edges = Edges { at_start: true, at_end: true };
        detect.find(text.as_bytes(), at..at + len, edges, &mut out);
        out
    }

    #[test]
    fn the_value_is_the_named_group_then_the_first_then_all() {
        for (pattern, value) in [
            (r"key=(?:x)(y)(?P<secret>z)", 6..7),
            (r"key=(x)(y)z", 4..5),
            (r"key=xyz", 0..7),
            (r"key=(?:(a)|xyz)", 0..7),
        ] {
            let detect = PatternDetect::new(pattern, &["key"]).unwrap();
            assert_eq!(detect.check(), Ok(()));
            assert_eq!(find(&detect, "key=xyz", 0, 3), [Found { whole: 0..7, value }], "{pattern}");
        }
    }

    #[test]
    fn looks_around_see_the_context_and_not_the_limit_of_the_reach() {
        let detect = PatternDetect::new(KEY, &["key-"]).unwrap();
        assert_eq!(detect.reach(), Reach { before: 1, after: 9 });
        let mut out = Vec::new();
        let whole = |text: &[u8], at_start, at_end| {
            let mut out = Vec::new();
            detect.find(text, 1..5, Edges { at_start, at_end }, &mut out);
            out.len()
        };
        assert_eq!(whole(b"-key-1234-", false, false), 1);
        assert_eq!(whole(b"akey-1234-", false, false), 0, "no boundary on the left");
        assert_eq!(whole(b"-key-12345", false, false), 0, "no boundary on the right");
        assert_eq!(whole(b"-key-1234", false, true), 1, "the text ends");
        assert_eq!(whole(b"-key-1234", false, false), 0, "the context is missing: not decided here");
        detect.find(b"key-1234", 0..4, Edges { at_start: false, at_end: true }, &mut out);
        assert_eq!(out, []);
    }

    #[test]
    fn only_a_match_that_contains_the_keyword_is_taken() {
        let detect = PatternDetect::new(r"[a-z]{1,9}:(token|[0-9]{3})", &["token"]).unwrap();
        assert_eq!(find(&detect, "ab:123 cd:token", 10, 5), [Found { whole: 7..15, value: 10..15 }]);
        assert_eq!(find(&detect, "ab:123 token", 7, 5), []);
    }

    /// Patterns of every shape, with the pieces that texts for them are made of.
    const SHAPES: [(&str, &[&str], &[&str]); 8] = [
        (r"\bkey-[0-9]{4}\b", &["key-"], &["key-", "1234", "12", " ", "x"]),
        (
            r"(?i)[a-z_]{0,9}?(?:pass(?:word)?|secret) ?= ?(\w{3,9})",
            &["pass", "secret"],
            &["pass", "word", "my_", "SECRET", "=", " ", "abc1", "passpass"],
        ),
        (
            r"(?:a{2,4}key|b{0,3}word)[0-9]{2}(?:x|y{2})?",
            &["key", "word"],
            &["a", "aa", "b", "key", "word", "12", "x", "yy"],
        ),
        (r"(?:key=[0-9]{2};){1,3}end", &["key="], &["key=", "12", ";", "end", "key=12;"]),
        (
            r"login[^\n]{0,40}? -p([a-z]{2,70})",
            &["login"],
            &["login", " ", "-p", "abc", "\n", "login -p", "zzzzzzzzzzzzzzzzzzzzzzzzzzzz"],
        ),
        (
            r"\$(?:1\$[a-z]{2}|2[ab]\$[0-9]{2}|6\$(?:r=[0-9]{1,3}\$)?[a-z]{4})",
            &["$1$", "$2a$", "$2b$", "$6$"],
            &["$", "1", "2a", "2B", "6", "r=", "12", "ab", "abcd", "$6$", "$1$"],
        ),
        (
            r"[0-9]{3,5}:tok[A-Z]{66}(?:[^A-Z]|$)",
            &[":tok"],
            &["123", ":tok", "ABCDEFGHIJKLMNOPQRSTUV", ".", "12345:tok"],
        ),
        (r"[a-z]{1,9}:(token|[0-9]{3})", &["token"], &["ab", ":", "token", "123", " ", "ab:token"]),
    ];

    proptest::proptest! {
        /// A glance leaves out no match: what is found without one is found with it, and what is found
        /// is a match.
        #[test]
        fn a_glance_leaves_nothing_out(
            shape in 0..SHAPES.len(),
            picks in proptest::collection::vec(0usize..12, 0..24),
        ) {
            let (pattern, keywords, pieces) = SHAPES[shape];
            let text: String = picks.iter().map(|pick| pieces[pick % pieces.len()]).collect();
            let with = PatternDetect::new(pattern, keywords).unwrap();
            let without = PatternDetect { glance: OnceLock::from(None), ..PatternDetect::new(pattern, keywords).unwrap() };
            proptest::prop_assert_eq!(with.knows_its_keywords(), shape != SHAPES.len() - 1);
            let all = |detect: &PatternDetect| {
                let mut found = std::collections::BTreeSet::new();
                for keyword in keywords {
                    for at in 0..text.len().saturating_sub(keyword.len() - 1) {
                        if text[at..at + keyword.len()].eq_ignore_ascii_case(keyword) {
                            found.extend(find(detect, &text, at, keyword.len()).into_iter().map(|f| (f.whole.start, f.whole.end)));
                        }
                    }
                }
                found
            };
            // Where a keyword stands by accident, a search of the whole reach may see a part of a match.
            let is_part = |one: &(usize, usize), all: &std::collections::BTreeSet<(usize, usize)>| {
                all.iter().any(|other| other != one && other.0 <= one.0 && one.1 <= other.1)
            };
            let (quick, mut slow) = (all(&with), all(&without));
            slow.retain(|one| !is_part(one, &quick));
            proptest::prop_assert!(quick.is_superset(&slow), "{:?} {:?} in {:?}", quick, slow, text);
            let regex = Compiled::new(pattern).unwrap();
            for (start, end) in quick {
                let input = Input::new(&text).range(start..end).anchored(Anchored::Yes);
                proptest::prop_assert_eq!(regex.search(&input).map(|(whole, _)| whole), Some(start..end));
            }
        }
    }

    #[test]
    fn bad_patterns_are_told() {
        let error = |pattern, keywords| PatternDetect::measure(pattern, keywords).unwrap_err();
        assert_eq!(error("(", &["abc"]), PatternError::Syntax);
        assert_eq!(error(r"\p{Greek}", &["abc"]), PatternError::Syntax);
        assert_eq!(error("abc+", &["abc"]), PatternError::Unbounded);
        assert_eq!(error("(abc)?", &["abc"]), PatternError::Empty);
        assert_eq!(error("abc", &[]), PatternError::NoKeywords);
        let stale = PatternDetect::measured("x{9}abc", &["abc"], Reach { before: 1, after: 9 });
        assert_eq!(stale.check(), Err(PatternError::Stale));
    }
}
