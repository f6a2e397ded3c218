//! The keywords of all detectors, each once, and whose they are. Flat arrays.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::detect::Detect;
use crate::engine::{Context, EngineError};
use crate::prefilter::sieve::fold;
use crate::prefilter::{Builder, MIN_LITERAL};

/// Longest keyword, in bytes.
pub(crate) const MAX_KEYWORD: usize = 64;

/// All keywords, by number.
#[derive(Default)]
pub(crate) struct Keywords {
    /// Lower-case texts, one behind the other.
    text: Vec<u8>,
    text_ends: Vec<usize>,
    /// The first eight bytes of each, bit 5 set, and which of the eight it has.
    heads: Vec<(u64, u64)>,
    /// Numbers of the detectors of each keyword, one keyword behind the other.
    rules: Vec<usize>,
    rule_ends: Vec<usize>,
    /// How far before the first byte that is looked for of a keyword it may begin, at most, and how far
    /// behind it end.
    sides: Context,
}

/// The part of a flat array that belongs to number `n`.
fn part(ends: &[usize], n: usize) -> Range<usize> {
    n.checked_sub(1).map_or(0, |before| ends[before])..ends[n]
}

impl Keywords {
    /// The keywords of `rules`.
    pub(crate) fn new(rules: &[Arc<dyn Detect>]) -> Result<Self, EngineError> {
        let mut rules_of: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
        for (rule, detect) in rules.iter().enumerate() {
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
            let known = u64::MAX >> (64 - 8 * text.len().min(8));
            keywords.heads.push((fold(&text) & known, known));
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
                let sides = Context { before: choice.offset, after: text.len() - choice.offset };
                self.sides = self.sides.union(sides);
            }
        }
    }

    /// How far before the first byte that is looked for of a keyword it may begin, at most, and how far
    /// behind it end.
    pub(crate) fn sides(&self) -> Context {
        self.sides
    }

    /// Whether a keyword stands at a place.
    pub(crate) fn stands(&self, keyword: usize, text: &[u8], at: usize) -> bool {
        // Nearly all that is told by accident ends here.
        if let Some(here) = text.get(at..at + 8) {
            let (head, known) = self.heads[keyword];
            if fold(here) & known != head {
                return false;
            }
        }
        let keyword = self.text(keyword);
        text.get(at..at + keyword.len()).is_some_and(|here| here.eq_ignore_ascii_case(keyword))
    }
}
