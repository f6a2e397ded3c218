//! The keywords of all detectors, each once, and whose they are. Flat arrays.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::detect::{Detect, Reach, Witness};
use crate::engine::{Context, EngineError};
use crate::prefilter::{Builder, MIN_LITERAL};

/// Longest keyword, in bytes.
pub(crate) const MAX_KEYWORD: usize = 64;

/// All keywords, by number.
#[derive(Default)]
pub(crate) struct Keywords {
    /// Lower-case texts, one behind the other.
    text: Vec<u8>,
    text_ends: Vec<usize>,
    /// The first eight bytes of each, or all that it has, and the last eight.
    ends: Vec<[Folded; 2]>,
    /// Numbers of the detectors of each keyword, one keyword behind the other.
    rules: Vec<usize>,
    rule_ends: Vec<usize>,
    /// These detectors.
    detectors: Vec<Asked>,
    /// How far around the beginning of each what decides about it may stand.
    extents: Vec<Context>,
    /// How far around the first byte that is looked for of a keyword what decides about it may stand.
    sides: Context,
}

/// A detector of a keyword.
struct Asked {
    detect: Arc<dyn Detect>,
    /// What else must stand there for it, once that was asked for.
    witness: OnceLock<Option<Witness>>,
    sight: Reach,
}

/// Up to eight bytes of a keyword, as a number that eight bytes of a text are compared with at once.
#[derive(Clone, Copy)]
struct Folded {
    /// In lower case.
    bytes: u64,
    /// Bit 5 of its letters.
    letters: u64,
    /// All bits of as many bytes as it has.
    known: u64,
}

impl Asked {
    /// Whether there may be something for it at a place where its keyword stands.
    fn may_stand(&self, keyword: &[u8], text: &[u8], at: usize) -> bool {
        let witness = self.witness.get_or_init(|| {
            let witness = self.detect.witness(keyword);
            witness.filter(|witness| witness.offset < Witness::REACH)
        });
        if let Some(Witness { offset, bytes }) = witness
            && !text.get(at + offset).is_some_and(|byte| bytes[usize::from(*byte)])
        {
            return false;
        }
        let Reach { before, after } = self.sight;
        if after == 0 {
            return true;
        }
        let start = at.saturating_sub(before);
        let end = text.len().min(at + after.max(keyword.len()));
        let hit = at - start..at - start + keyword.len();
        self.detect.may_stand(&text[start..end], hit)
    }
}

impl Folded {
    fn new(text: &[u8]) -> Self {
        let number = |of: &dyn Fn(u8) -> u8| {
            text.iter().rev().fold(0, |number, byte| number << 8 | u64::from(of(*byte)))
        };
        let letters = number(&|byte| if byte.is_ascii_alphabetic() { 0x20 } else { 0 });
        Self { bytes: number(&|byte| byte.to_ascii_lowercase()), letters, known: number(&|_| u8::MAX) }
    }

    /// Whether a text begins with them, in whatever case; it has eight bytes.
    #[inline]
    fn stands(self, text: [u8; 8]) -> bool {
        (u64::from_le_bytes(text) | self.letters) & self.known == self.bytes
    }
}

/// The part of a flat array that belongs to number `n`.
fn part(ends: &[usize], n: usize) -> Range<usize> {
    n.checked_sub(1).map_or(0, |before| ends[before])..ends[n]
}

impl Keywords {
    /// The keywords of all detectors.
    pub(crate) fn new(all: &[Arc<dyn Detect>]) -> Result<Self, EngineError> {
        let mut rules_of: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
        for (rule, detect) in all.iter().enumerate() {
            for keyword in detect.keywords() {
                let printable = keyword.bytes().all(|byte| (b' '..=b'~').contains(&byte));
                if !printable || !(MIN_LITERAL..=MAX_KEYWORD).contains(&keyword.len()) {
                    return Err(EngineError::Keyword { rule, keyword });
                }
                let rules = rules_of.entry(keyword.to_ascii_lowercase().into_bytes()).or_default();
                if rules.last() != Some(&rule) {
                    rules.push(rule);
                }
            }
        }
        let mut keywords = Self::default();
        for (text, rules) in rules_of {
            let [head, tail] = [text.first_chunk::<8>(), text.last_chunk()];
            let end = |part: Option<&[u8; 8]>| Folded::new(part.map_or(&text, |part| part));
            keywords.ends.push([end(head), end(tail)]);
            let mut extent = Context { before: 0, after: text.len().max(Witness::REACH) };
            for rule in &rules {
                let (detect, witness) = (Arc::clone(&all[*rule]), OnceLock::new());
                let sight = detect.sight();
                extent = extent.union(Context { before: sight.before, after: sight.after });
                keywords.detectors.push(Asked { detect, witness, sight });
            }
            keywords.extents.push(extent);
            keywords.text.extend(text);
            keywords.text_ends.push(keywords.text.len());
            keywords.rules.extend(rules);
            keywords.rule_ends.push(keywords.rules.len());
        }
        Ok(keywords)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.text_ends.len()
    }

    /// A keyword in lower case.
    pub(crate) fn text(&self, keyword: usize) -> &[u8] {
        &self.text[part(&self.text_ends, keyword)]
    }

    /// The detectors of a keyword.
    pub(crate) fn rules(&self, keyword: usize) -> &[usize] {
        &self.rules[part(&self.rule_ends, keyword)]
    }

    /// Enters all keywords; their literals are their numbers, their anchors their first bytes.
    pub(crate) fn enter(&mut self, builder: &mut Builder) {
        for keyword in 0..self.len() {
            let text = self.text(keyword);
            if let Some(choice) = builder.choose_short(text) {
                builder.enter(choice.part(text), keyword, choice.offset as u8);
                let Context { before, after } = self.extent(keyword);
                let sides = Context { before: before + choice.offset, after: after - choice.offset };
                self.sides = self.sides.union(sides);
            }
        }
    }

    /// How far around the first byte that is looked for of a keyword what decides about it may stand.
    pub(crate) fn sides(&self) -> Context {
        self.sides
    }

    /// Bytes around the beginning of a keyword that decide whether it [`stands`](Self::stands) there.
    pub(crate) fn extent(&self, keyword: usize) -> Context {
        self.extents[keyword]
    }

    /// The same of all keywords.
    pub(crate) fn widest(&self) -> Context {
        self.extents.iter().copied().fold(Context::default(), Context::union)
    }

    /// Whether a keyword stands at a place, with all that must stand there too for there to be something.
    #[inline]
    pub(crate) fn stands(&self, keyword: usize, text: &[u8], at: usize) -> bool {
        self.begins(keyword, text.get(at..).unwrap_or_default())
            && self.detectors[part(&self.rule_ends, keyword)]
                .iter()
                .any(|asked| asked.may_stand(self.text(keyword), text, at))
    }

    /// Whether a text begins with a keyword, in whatever case.
    #[inline]
    fn begins(&self, keyword: usize, rest: &[u8]) -> bool {
        let range = part(&self.text_ends, keyword);
        let len = range.len();
        let [head, tail] = &self.ends[keyword];
        if let Some(first) = rest.first_chunk() {
            let begins = head.stands(*first);
            if !begins || len <= 8 {
                return begins;
            }
            let ends =
                rest.get(..len).and_then(|here| here.last_chunk()).is_some_and(|last| tail.stands(*last));
            if !ends || len <= 16 {
                return ends;
            }
        }
        rest.get(..len).is_some_and(|here| here.eq_ignore_ascii_case(&self.text[range]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{Edges, Found};

    struct Of(&'static [&'static str]);

    impl Detect for Of {
        fn keywords(&self) -> &[&'static str] {
            self.0
        }

        fn reach(&self) -> Reach {
            Reach::default()
        }

        fn find(&self, _: &[u8], _: Range<usize>, _: Edges, _: &mut Vec<Found>) {}
    }

    /// Of any length, in any case, with any byte that is another.
    #[test]
    fn a_keyword_stands_where_its_letters_do_in_whatever_case() {
        let words: &[&str] =
            &["k_y", "t@k[n", "pass{wd_", "nine~byte", "sixteen-bytes-it", "seventeen-bytes-_"];
        let keywords = Keywords::new(&[Arc::new(Of(words)) as Arc<dyn Detect>]).unwrap();
        for number in 0..keywords.len() {
            let word = keywords.text(number).to_vec();
            for behind in [0, 1, 5, 8, 40] {
                let mut text = [b"..".as_slice(), &word, &[b'x'; 40][..behind]].concat();
                assert!(keywords.stands(number, &text, 2), "{}", word.escape_ascii());
                assert!(keywords.stands(number, &text.to_ascii_uppercase(), 2));
                assert!(!keywords.stands(number, &text, 1) && !keywords.stands(number, &text, 3));
                for at in 2..2 + word.len() {
                    for byte in 0..=u8::MAX {
                        let was = std::mem::replace(&mut text[at], byte);
                        assert_eq!(keywords.stands(number, &text, 2), byte.eq_ignore_ascii_case(&was));
                        text[at] = was;
                    }
                }
            }
            assert!(!keywords.stands(number, &word[..word.len() - 1], 0));
            assert!(!keywords.stands(number, &word, word.len() + 1));
        }
    }
}
