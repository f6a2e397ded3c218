//! [`Engine`]: detectors, needles and runs over a [`Window`].
//!
//! A window is worked off in chunks that stay in the second-level cache. In each, one pass of the
//! prefilter collects the hits; they are brought together by keyword, so that one detector after the
//! other works with its automaton at hand; then come needles and runs; what was found is sorted and
//! emitted. Chunks own what starts in them, as windows do, so how a buffer is cut does not show.
//!
//! Hostile text cannot make this slow: a detector's text ends where [`CROWD`] more hits of the same
//! keyword stand on either side, so no byte is given to a detector more than 2 × `CROWD` times per
//! keyword, however long its reach and however dense the keyword. A match that would need more is
//! not found; none that is a credential does.

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

use sekisho_model::Encoding;

use crate::detect::{Detect, Edges, Found, Reach};
use crate::grouped::Grouped;
use crate::keywords::{Keywords, MAX_KEYWORD};
use crate::needles::{self, Needles, Occurrence};
use crate::prefilter::{Builder, Prefilter};
use crate::runs::{self, Run, RunKind};

/// Bytes that are worked off at once, unless the reach asks for more.
const CHUNK: usize = 256 << 10;
/// Hits of one keyword on either side at which a detector's text ends.
pub(crate) const CROWD: usize = 32;

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

    /// A range cut to the bytes that are there.
    fn clip(&self, start: usize, end: usize) -> Range<usize> {
        let end = end.min(self.bytes.len());
        start.min(end)..end
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

impl Context {
    /// The context that covers both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self { before: self.before.max(other.before), after: self.after.max(other.after) }
    }
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
        /// The run goes on: only its first [`MAX_RUN_LEN`](crate::MAX_RUN_LEN) bytes, or nearly as
        /// many, are reported. What follows was scanned as it stands, but is not decoded.
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
    /// Brings candidates into the order of output, each once.
    pub(crate) fn settle(found: &mut Vec<Self>) {
        found.sort_unstable_by_key(Self::key);
        found.dedup_by(|b, a| a.is_same(b));
    }

    /// Whether two candidates say the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (self.source, &self.whole, &self.value) == (other.source, &other.whole, &other.value)
    }

    /// The order of output.
    pub(crate) fn key(&self) -> (usize, usize, Source, usize, usize, usize, usize) {
        let Self { source, whole, value, support } = self;
        (whole.start, whole.end, *source, value.start, value.end, support.start, support.end)
    }
}

/// Why there is no engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A keyword is not printable ASCII of 3 to 64 bytes.
    #[error("keyword {keyword:?} of rule {rule} is not printable ascii of 3 to 64 bytes")]
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
    /// Of each of the rules.
    reaches: Vec<Reach>,
    /// Of each of the keywords.
    margins: Vec<Reach>,
    keywords: Keywords,
    needles: Needles,
    prefilter: Prefilter,
    /// Where hits must be known around a chunk.
    hits: Context,
    context: Context,
    /// How far around a hit what decides about it may stand.
    widest: Context,
    runs: bool,
}

impl Engine {
    /// Builds the prefilter over the keywords of `rules` and the forms of `needles`. No pattern is
    /// compiled.
    pub fn new(rules: Vec<Arc<dyn Detect>>, mut needles: Needles) -> Result<Self, EngineError> {
        let mut keywords = Keywords::new(&rules)?;
        let mut builder = Builder::default();
        keywords.enter(&mut builder);
        needles.enter(&mut builder, keywords.len());

        let reaches: Vec<Reach> = rules.iter().map(|rule| rule.reach()).collect();
        let reach = reaches.iter().copied().reduce(Reach::union).unwrap_or_default();
        // A match starts up to `before` bytes before its hit, and other hits may end its text.
        let widest = keywords.widest();
        let hits = Context {
            before: reach.before.max(needles.look_behind()),
            after: (reach.before + reach.after).max(needles.lead()) + MAX_KEYWORD.max(widest.after),
        };
        let context = Context { before: hits.before + widest.before, ..hits }
            .union(Context { before: needles.look_behind(), after: needles.lead() + needles.look_ahead() });
        let (margins, prefilter) = (Vec::new(), builder.build());
        let mut engine =
            Self { rules, reaches, margins, keywords, needles, prefilter, hits, context, widest, runs: true };
        engine.margins = (0..engine.keyword_count() as u32)
            .map(|keyword| {
                let margins = engine.rules_of(keyword).iter().map(|rule| engine.margins_of(keyword, *rule));
                margins.fold(Reach::default(), Reach::union)
            })
            .collect();
        Ok(engine)
    }

    /// The same, but encoded runs are not reported: for one who would not decode them. Much less
    /// [`context`](Self::context) is then needed.
    #[must_use]
    pub fn without_runs(self) -> Self {
        Self { runs: false, ..self }
    }

    /// The same with what every processor has, for those who measure what its vectors are worth.
    #[must_use]
    pub fn without_vectors(self) -> Self {
        Self { prefilter: self.prefilter.without_vectors(), ..self }
    }

    /// What must stand around the owned part of a window that is not the whole buffer.
    pub fn context(&self) -> Context {
        let runs = Context { before: runs::BEFORE, after: runs::AFTER };
        if self.runs { self.context.union(runs) } else { self.context }
    }

    /// How often keywords stand in `text`, for those who tell how dense a text is.
    pub fn count_hits(&self, text: &[u8]) -> usize {
        let mut hits = 0;
        self.prefilter.sweep(text, 0..text.len(), &mut |literal, at| {
            hits += usize::from(literal < self.keywords.len() && self.keywords.stands(literal, text, at));
        });
        hits
    }

    /// Whether a text has no keyword, no needle's window and no encoded run: nothing that
    /// [`scan`](Self::scan) would look at. Costs next to nothing for a short one.
    pub fn is_silent(&self, text: &[u8]) -> bool {
        let mut silent = true;
        self.prefilter.sweep(text, 0..text.len(), &mut |literal, at| {
            silent &= literal < self.keywords.len() && !self.keywords.stands(literal, text, at);
        });
        if silent && self.runs {
            let mut found = Vec::new();
            runs::find(text, 0..text.len(), self.prefilter.vectors(), &mut found);
            silent = found.is_empty();
        }
        silent
    }

    /// Emits every candidate whose `whole` starts in `window.own`, in order of (`whole.start`,
    /// `whole.end`, source), each once.
    pub fn scan(&self, window: &Window<'_>, emit: &mut impl FnMut(Candidate)) {
        let chunk = CHUNK.max(4 * (self.hits.before + self.hits.after));
        let mut scratch = Scratch::take();
        let mut start = window.own.start;
        while start < window.own.end {
            let own = start..window.own.end.min(start + chunk);
            start = own.end;
            self.collect(window, &own, &mut scratch);
            self.examine_hits(window, &own, &mut scratch);
            scratch.add_needles(window);
            if self.runs {
                scratch.add_runs(window, &own, self.prefilter.vectors());
            }
            let found = &mut scratch.candidates;
            found.retain(|candidate| own.contains(&candidate.whole.start));
            Candidate::settle(found);
            found.drain(..).for_each(&mut *emit);
        }
        scratch.put_back();
    }

    /// Tells each keyword that has a window in `starts`, with its place, and perhaps some more.
    pub(crate) fn keyword_hits(&self, text: &[u8], starts: Range<usize>, tell: &mut impl FnMut(u32, usize)) {
        self.prefilter.sweep(text, starts, &mut |literal, at| {
            if self.keywords.stands(literal, text, at) {
                tell(literal as u32, at);
            }
        });
    }

    pub(crate) fn vectors(&self) -> bool {
        self.prefilter.vectors()
    }

    pub(crate) fn has_needles(&self) -> bool {
        self.needles.any()
    }

    pub(crate) fn reports_runs(&self) -> bool {
        self.runs
    }

    pub(crate) fn keyword_count(&self) -> usize {
        self.keywords.len()
    }

    pub(crate) fn keyword_len(&self, keyword: u32) -> usize {
        self.keywords.text(keyword as usize).len()
    }

    /// Bytes around the beginning of a hit that it depends on.
    pub(crate) fn extent(&self, keyword: u32) -> Context {
        self.keywords.extent(keyword as usize)
    }

    /// The same of all keywords.
    pub(crate) fn widest(&self) -> Context {
        self.widest
    }

    /// Where windows of keywords start around a place that the keywords touch.
    pub(crate) fn keyword_windows(&self) -> Context {
        let Context { before, after } = self.keywords.sides();
        // A keyword has two windows, one of them at a position that is looked at.
        Context { before: after, after: before + 1 }
    }

    pub(crate) fn rules_of(&self, keyword: u32) -> &[usize] {
        self.keywords.rules(keyword as usize)
    }

    pub(crate) fn detector(&self, rule: usize) -> &dyn Detect {
        &*self.rules[rule]
    }

    /// How far from a hit lies what a detector may read there: its reach, and the hits that may end its
    /// text, the last of which begins before the end of the reach.
    pub(crate) fn margins_of(&self, keyword: u32, rule: usize) -> Reach {
        let (reach, len) = (self.reaches[rule], self.keyword_len(keyword));
        Reach { after: reach.after.max(len) + len, ..reach }
    }

    /// The same of all detectors of a keyword.
    pub(crate) fn margins(&self, keyword: u32) -> Reach {
        self.margins[keyword as usize]
    }

    /// One pass of the prefilter: hits, and occurrences of needles.
    fn collect(&self, window: &Window<'_>, own: &Range<usize>, scratch: &mut Scratch) {
        let text = window.bytes;
        let starts = window.clip(own.start.saturating_sub(self.hits.before), own.end + self.hits.after);
        let Scratch { hits, occurrences, .. } = scratch;
        hits.clear();
        self.prefilter.sweep(text, starts, &mut |literal, at| {
            if literal >= self.keywords.len() {
                self.needles.compare(literal - self.keywords.len(), text, at, occurrences);
            } else if self.keywords.stands(literal, text, at) {
                hits.push((literal as u32, at));
            }
        });
    }

    /// Lets the detectors look around the hits, one keyword after the other.
    fn examine_hits(&self, window: &Window<'_>, own: &Range<usize>, scratch: &mut Scratch) {
        let Scratch { hits, grouped, found, candidates, .. } = scratch;
        grouped.fill(hits, self.keywords.len(), |hit| *hit);
        grouped.each(|keyword, _, places| {
            let hits = Hits::new(places, self.keyword_len(keyword));
            for rule in self.rules_of(keyword) {
                hits.examine(*rule, &*self.rules[*rule], window, own, found, candidates);
            }
        });
    }
}

/// All hits of one keyword in and around a chunk.
pub(crate) struct Hits<'s> {
    places: &'s [usize],
    /// Length of the keyword.
    len: usize,
}

impl<'s> Hits<'s> {
    /// The hits at `places`, in order, of a keyword of `len` bytes.
    pub(crate) fn new(places: &'s [usize], len: usize) -> Self {
        Self { places, len }
    }

    /// Lets a detector look around each of them that can have a match that starts in `own`.
    fn examine(
        &self,
        rule: usize,
        detect: &dyn Detect,
        window: &Window<'_>,
        own: &Range<usize>,
        found: &mut Vec<Found>,
        out: &mut Vec<Candidate>,
    ) {
        let before = detect.reach().before;
        let first = self.places.partition_point(|at| *at < own.start);
        for (number, at) in self.places.iter().enumerate().skip(first) {
            if *at >= own.end + before {
                break;
            }
            self.ask(number, rule, detect, window, found, out);
        }
    }

    /// Lets a detector look around one of them.
    pub(crate) fn ask(
        &self,
        number: usize,
        rule: usize,
        detect: &dyn Detect,
        window: &Window<'_>,
        found: &mut Vec<Found>,
        out: &mut Vec<Candidate>,
    ) {
        {
            let (reach, at) = (detect.reach(), &self.places[number]);
            let mut text = window.clip(at.saturating_sub(reach.before), at + reach.after);
            let mut read = text.clone();
            if let Some(before) = number.checked_sub(CROWD).map(|crowd| self.places[crowd]) {
                text.start = text.start.max(before);
                read.start = text.start;
            }
            if let Some(after) = self.places.get(number + CROWD)
                && *after < text.end
            {
                text.end = *after;
                read.end = after + self.len;
            }
            let hit = at - text.start..at - text.start + self.len;
            if hit.end > text.len() {
                return;
            }
            let edges = Edges {
                at_start: window.at_start && text.start == 0,
                at_end: window.at_end && text.end == window.bytes.len(),
            };
            found.clear();
            detect.find(&window.bytes[text.clone()], hit.clone(), edges, found);
            for Found { whole, value } in found.drain(..) {
                let contains = |outer: &Range<usize>, inner: &Range<usize>| {
                    outer.start <= inner.start && inner.start <= inner.end && inner.end <= outer.end
                };
                if whole.end <= text.len() && contains(&whole, &hit) && contains(&whole, &value) {
                    out.push(Candidate {
                        source: Source::Rule(rule),
                        whole: whole.start + text.start..whole.end + text.start,
                        value: value.start + text.start..value.end + text.start,
                        support: read.clone(),
                    });
                }
            }
        }
    }
}

/// Memory for one chunk, used again for the next, and for the next text of the same thread.
#[derive(Default)]
struct Scratch {
    /// Keywords and where they stand.
    hits: Vec<(u32, usize)>,
    grouped: Grouped,
    occurrences: Vec<Occurrence>,
    runs: Vec<Run>,
    found: Vec<Found>,
    candidates: Vec<Candidate>,
}

thread_local! {
    static SCRATCH: Cell<Scratch> = Cell::default();
}

impl Scratch {
    /// More hits of one chunk than this are memory that is not kept.
    const KEPT: usize = 1 << 14;

    fn take() -> Self {
        SCRATCH.take()
    }

    fn put_back(mut self) {
        if self.hits.capacity() <= Self::KEPT && self.candidates.capacity() <= Self::KEPT {
            self.found.clear();
            SCRATCH.set(self);
        }
    }

    fn add_needles(&mut self, window: &Window<'_>) {
        needles::settle(&mut self.occurrences);
        self.candidates.extend(self.occurrences.drain(..).map(|occurrence| {
            let support = occurrence.support(window.bytes);
            let Occurrence { needle, encoding, start, end } = occurrence;
            let source = Source::Needle { needle, encoding };
            Candidate { source, whole: start..end, value: start..end, support }
        }));
    }

    fn add_runs(&mut self, window: &Window<'_>, own: &Range<usize>, vectors: bool) {
        runs::find(window.bytes, own.clone(), vectors, &mut self.runs);
        self.candidates.extend(self.runs.drain(..).map(Candidate::from));
    }
}

impl From<Run> for Candidate {
    fn from(Run { kind, cut, span, support }: Run) -> Self {
        Self { source: Source::Run { kind, cut }, value: span.clone(), whole: span, support }
    }
}
