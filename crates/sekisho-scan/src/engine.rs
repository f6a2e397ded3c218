//! [`Engine`]: detectors, needles and runs over a [`Window`].

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use sekisho_model::Encoding;

use crate::detect::{Detect, Edges, Found};
use crate::needles::Needles;
use crate::prefilter::{Hit, Prefilter};
use crate::runs::RunKind;

/// Bytes to scan: the part to emit for, and its neighbourhood.
#[derive(Clone)]
pub struct Window<'a> {
    /// The bytes, neighbourhood included.
    pub bytes: &'a [u8],
    /// Nothing stands before `bytes`.
    pub at_start: bool,
    /// Nothing follows `bytes`.
    pub at_end: bool,
    /// Candidates are emitted whose `whole` starts here. Unless the buffer truly ends there,
    /// [`Engine::context`] bytes stand before and behind it in `bytes`.
    pub own: Range<usize>,
}

impl<'a> Window<'a> {
    /// A buffer that is there as a whole.
    pub fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes, at_start: true, at_end: true, own: 0..bytes.len() }
    }
}

/// Bytes that must stand around the part of a window that is emitted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Context {
    /// Bytes before it.
    pub before: usize,
    /// Bytes behind it.
    pub after: usize,
}

/// What a candidate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The detector with this number, as given to [`Engine::new`].
    Rule(usize),
    /// A known value.
    Needle {
        /// Its number, as given to [`Needles::new`].
        needle: usize,
        /// How it is written here, outermost first; empty for the raw value.
        encoding: &'static [Encoding],
    },
    /// An encoded run that is worth decoding.
    Run {
        /// How it is encoded.
        kind: RunKind,
        /// The run goes on: only its first [`MAX_RUN_LEN`](crate::MAX_RUN_LEN) bytes are reported.
        cut: bool,
    },
}

/// A span that may be, or may hold, a credential. All ranges are positions in the window's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What it comes from.
    pub source: Source,
    /// Everything that was recognised.
    pub whole: Range<usize>,
    /// The value in it.
    pub value: Range<usize>,
    /// Every byte that the decision read. The candidate is there again in any other buffer that
    /// holds the same bytes, provided that the support touches the start (end) of both buffers or of
    /// neither.
    pub support: Range<usize>,
}

impl Candidate {
    /// The order of output.
    fn key(&self) -> (usize, usize, Source, usize, usize, usize, usize) {
        let Self { source, whole, value, support } = self;
        (whole.start, whole.end, *source, value.start, value.end, support.start, support.end)
    }
}

/// Why there is no engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A keyword is not printable ASCII of 3 to 64 bytes.
    #[error("keyword {keyword:?} of rule {rule} is not printable ASCII of 3 to 64 bytes")]
    Keyword {
        /// Number of the rule.
        rule: usize,
        /// The keyword.
        keyword: &'static str,
    },
}

/// All detectors and needles, ready to scan; shared between threads.
pub struct Engine {
    rules: Vec<Arc<dyn Detect>>,
    prefilter: Prefilter,
    /// The rules of each keyword.
    rules_of: Vec<Vec<u32>>,
    needles: Needles,
    context: Context,
}

impl Engine {
    /// Builds the prefilter over the keywords of `rules` and the forms of `needles`. No pattern is
    /// compiled.
    pub fn new(rules: Vec<Arc<dyn Detect>>, needles: Needles) -> Result<Self, EngineError> {
        let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
        let mut rules_of: Vec<Vec<u32>> = Vec::new();
        let mut keywords = Vec::new();
        let mut context = Context::default();
        for (rule, detect) in rules.iter().enumerate() {
            let reach = detect.reach();
            context.before = context.before.max(reach.before);
            context.after = context.after.max(reach.before + reach.after);
            for keyword in detect.keywords() {
                if !(3..=64).contains(&keyword.len()) || !keyword.bytes().all(|b| (b' '..=b'~').contains(&b))
                {
                    return Err(EngineError::Keyword { rule, keyword });
                }
                let number = *numbers.entry(keyword.to_ascii_lowercase()).or_insert_with(|| {
                    keywords.push(keyword.as_bytes().to_ascii_lowercase());
                    rules_of.push(Vec::new());
                    rules_of.len() as u32 - 1
                });
                rules_of[number as usize].push(rule as u32);
            }
        }
        for needle in &needles.values {
            context.after = context.after.max(needle.len());
        }
        Ok(Self { rules, prefilter: Prefilter::new(keywords), rules_of, needles, context })
    }

    /// What must stand around the owned part of a window that is not the whole buffer.
    pub fn context(&self) -> Context {
        self.context
    }

    /// Emits every candidate whose `whole` starts in `window.own`, in order of (`whole.start`,
    /// `whole.end`, source), each once.
    pub fn scan(&self, window: &Window<'_>, emit: &mut impl FnMut(Candidate)) {
        let bytes = window.bytes;
        let mut candidates = Vec::new();
        let mut found = Vec::new();
        let mut hits: Vec<Hit> = Vec::new();
        let end = window.own.end.saturating_add(self.context.before).min(bytes.len());
        self.prefilter.find(bytes, window.own.start..end, &mut hits);
        for hit in &hits {
            for rule in &self.rules_of[hit.keyword as usize] {
                self.decide(window, *rule as usize, hit, &mut found, &mut candidates);
            }
        }
        for (needle, value) in self.needles.values.iter().enumerate() {
            for at in memchr::memmem::find_iter(&bytes[window.own.start..], value.expose_secret()) {
                let whole = window.own.start + at..window.own.start + at + value.len();
                candidates.push(Candidate {
                    source: Source::Needle { needle, encoding: &[] },
                    value: whole.clone(),
                    support: whole.clone(),
                    whole,
                });
            }
        }
        candidates.retain(|c| window.own.contains(&c.whole.start));
        candidates.sort_unstable_by_key(Candidate::key);
        candidates.dedup_by(|b, a| (a.source, &a.whole, &a.value) == (b.source, &b.whole, &b.value));
        candidates.into_iter().for_each(emit);
    }

    fn decide(
        &self,
        window: &Window<'_>,
        rule: usize,
        hit: &Hit,
        found: &mut Vec<Found>,
        out: &mut Vec<Candidate>,
    ) {
        let detect = &self.rules[rule];
        let reach = detect.reach();
        let start = hit.at.saturating_sub(reach.before);
        let end = hit.at.saturating_add(reach.after).min(window.bytes.len());
        let edges = Edges {
            at_start: window.at_start && start == 0,
            at_end: window.at_end && end == window.bytes.len(),
        };
        let len = self.prefilter.keyword_len(hit.keyword);
        let in_text = hit.at - start..hit.at - start + len;
        if hit.at + len > end {
            return;
        }
        found.clear();
        detect.find(&window.bytes[start..end], in_text.clone(), edges, found);
        for Found { whole, value } in found.drain(..) {
            let contains =
                whole.start <= in_text.start && in_text.end <= whole.end && whole.end <= end - start;
            if contains && whole.start <= value.start && value.start <= value.end && value.end <= whole.end {
                out.push(Candidate {
                    source: Source::Rule(rule),
                    whole: whole.start + start..whole.end + start,
                    value: value.start + start..value.end + start,
                    support: start..end,
                });
            }
        }
    }
}
