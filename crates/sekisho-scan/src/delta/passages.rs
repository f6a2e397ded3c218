//! Passages: what stands around seams, known by its bytes.
//!
//! The same change is made to many files: a heading of all pages of a manual, a checksum in the lists
//! of ten modules. Copies tell nothing of that, for they come from one base. So what was decided within
//! a *passage*, a seam with some text around it, is handed to the caller with a hash of its bytes, and
//! where the same bytes stand around a seam again, it is taken over as if they were copied from there.
//! The conditions are those of copies, with one more. An encoded run that touches the seam may have been
//! decided by bytes far away; a passage therefore goes from one [break](first_of_break) to another, and no run
//! reads over a break.

use std::ops::Range;
use std::sync::Arc;

use super::{At, Bounds, Copied, Hit, Kept, KeptRun};
use crate::engine::{Context, Engine};
use crate::runs::{Run, words};

/// What was decided within a passage, with places that count from its first byte. It holds no bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Passage(Kept);

impl Passage {
    /// Memory that it takes beside itself, in bytes.
    pub fn size(&self) -> usize {
        let Kept { hits, found, runs, .. } = &self.0;
        size_of_val(&**hits) + size_of_val(&**found) + size_of_val(&**runs)
    }
}

/// Passages of all texts so far, shared by threads.
pub trait Passages: Sync {
    /// A hash of the bytes of a passage: nobody must be able to write others that have the same.
    fn hash(&self, passage: &[u8]) -> u128;

    /// What was noted under a hash, if it is still there.
    fn find(&self, hash: u128) -> Option<Arc<Passage>>;

    /// Notes what was decided. It may be forgotten at any time.
    fn note(&self, hash: u128, passage: Passage);
}

/// Bytes on either side of a seam that belong to its passage: most detectors look no further.
const MARGIN: usize = 128;
/// How far behind that a break is looked for, in bytes.
const FAR: usize = 2 << 10;
/// Longest passage, in bytes: what is longer is hardly ever met again.
const LONGEST: usize = 256 << 10;
/// A word before a break is shorter: it is no run, and no line of one that goes on.
const SHORT: usize = words::LONG;
/// How far behind a break, or before the word there, it may have been read for what stands on its other
/// side. Runs read four bytes more than they have.
const READ: usize = 4;

/// A passage of a text.
pub(super) struct Around {
    /// Where it stands, and what holds there.
    pub(super) place: Copied,
    pub(super) within: Bounds,
    hash: u128,
}

/// The passages of a text.
#[derive(Default)]
pub(super) struct Met {
    /// Those that are known.
    pub(super) known: Vec<(Around, Arc<Passage>)>,
    /// Those that are to be noted.
    new: Vec<Around>,
    /// Seams that are in none that is known.
    pub(super) seams: Vec<Range<usize>>,
}

impl Met {
    /// The passages around seams, which are in order.
    pub(super) fn of(
        text: &[u8],
        seams: Vec<Range<usize>>,
        extent: Context,
        passages: &dyn Passages,
    ) -> Self {
        let margin = MARGIN.max(extent.before + extent.after);
        let mut met = Self::default();
        let mut seams = seams.into_iter().peekable();
        while let Some(first) = seams.next() {
            let start = start(text, first.start.saturating_sub(margin));
            let mut end = end(text, first.end + margin);
            let mut here = vec![first];
            // Passages that would overlap are one.
            while let Some(next) = seams.next_if(|next| Some(next.start) < end.map(|end| end + margin)) {
                end = self::end(text, next.end + margin);
                here.push(next);
            }
            match (start, end) {
                (Some(start), Some(end)) if end - start <= LONGEST => {
                    met.add(text, start..end, here, passages);
                }
                _ => met.seams.extend(here),
            }
        }
        met
    }

    fn add(&mut self, text: &[u8], place: Range<usize>, seams: Vec<Range<usize>>, passages: &dyn Passages) {
        let place = Copied { base: 0, text: place.start, len: place.len() };
        let within = Bounds::of(place, place.len, text.len());
        let edges = u128::from(within.low == i64::MIN) << 1 | u128::from(within.high == i64::MAX);
        let hash = passages.hash(&text[place.text..place.text + place.len]) ^ edges;
        let around = Around { place, within, hash };
        if let Some(passage) = passages.find(hash) {
            self.known.push((around, passage));
        } else {
            self.new.push(around);
            self.seams.extend(seams);
        }
    }

    /// Those of a text of which nothing is known.
    pub(super) fn none(seams: Vec<Range<usize>>) -> Self {
        Self { seams, ..Self::default() }
    }

    /// The hits in those that are known.
    pub(super) fn hits(&self) -> impl Iterator<Item = Hit> {
        self.known.iter().flat_map(|(Around { place, .. }, passage)| {
            passage.0.hits.iter().map(|hit| Hit { at: hit.at + place.text as u32, ..*hit })
        })
    }

    /// The encoded runs in those that are known.
    pub(super) fn runs(&self) -> impl Iterator<Item = Run> {
        self.known.iter().flat_map(|(Around { place, .. }, passage)| {
            let shift = |range: &Range<usize>| range.start + place.text..range.end + place.text;
            passage.0.runs.iter().map(move |KeptRun { run, .. }| Run {
                span: shift(&run.span),
                support: shift(&run.support),
                ..run.clone()
            })
        })
    }

    /// Notes the others, given what was decided in the whole text.
    pub(super) fn note(self, engine: &Engine, kept: &Kept, passages: &dyn Passages) {
        for around in self.new {
            passages.note(around.hash, around.cut(engine, kept));
        }
    }
}

impl Around {
    /// What was decided within it, of what was decided in the whole text.
    fn cut(&self, engine: &Engine, kept: &Kept) -> Passage {
        let Self { place, within, .. } = self;
        let range = place.text..place.text + place.len;
        let back = (place.text as u32).wrapping_neg();
        let first = kept.hits.partition_point(|hit| (hit.at as usize) < range.start);
        let hits = kept.hits[first..].iter().take_while(|hit| (hit.at as usize) < range.end);
        let hits = hits.filter(|hit| within.hold_hit(hit.at as usize, engine.extent(hit.keyword), &range));
        let first = kept.found.partition_point(|found| (found.hit.at as usize) < range.start);
        let found = kept.found[first..].iter().take_while(|found| (found.hit.at as usize) < range.end);
        let found = found.filter(|found| self.holds(engine, found.hit, found.rule as usize));
        let first = kept.runs.partition_point(|run| run.run.span.start < range.start);
        let runs = kept.runs[first..].iter().take_while(|run| run.run.span.start < range.end);
        let runs = runs.filter(|KeptRun { run: Run { support, .. }, .. }| {
            within.hold(support.start as i64, support.end as i64)
        });
        let shift = |range: &Range<usize>| range.start - place.text..range.end - place.text;
        let mut passage = Kept {
            len: place.len,
            hits: hits.map(|hit| Hit { at: hit.at.wrapping_add(back), ..*hit }).collect(),
            found: found.map(|found| At { nothing: 0, ..found.shifted(back) }).collect(),
            runs: runs
                .map(|KeptRun { run, .. }| {
                    let run = Run { span: shift(&run.span), support: shift(&run.support), ..run.clone() };
                    KeptRun { run, nothing: 0 }
                })
                .collect(),
        };
        passage.hits.shrink_to_fit();
        passage.found.shrink_to_fit();
        passage.runs.shrink_to_fit();
        Passage(passage)
    }

    /// Whether what a detector says at a hit is known with the passage: all that it reads, and all that
    /// decides about the hits that may end its text.
    pub(super) fn holds(&self, engine: &Engine, hit: Hit, rule: usize) -> bool {
        self.within.hold_around(hit.at, engine.beyond(engine.margins_of(hit.keyword, rule)))
    }

    /// Where it ends.
    pub(super) fn end(&self) -> usize {
        self.place.text + self.place.len
    }

    /// What a detector said at a hit.
    pub(super) fn found<'p>(
        &self,
        passage: &'p Passage,
        hit: Hit,
        rule: usize,
    ) -> impl Iterator<Item = At> + use<'p> {
        let by = self.place.text as u32;
        let here = Hit { at: hit.at.wrapping_sub(by), ..hit };
        let found = &passage.0.found;
        let first = found.partition_point(|found| (found.hit, found.rule as usize) < (here, rule));
        let same = move |found: &&At| (found.hit, found.rule as usize) == (here, rule);
        found[first..].iter().take_while(same).map(move |found| found.shifted(by))
    }
}

/// Where a passage begins that has its break before `from`; none if that is too far away.
fn start(text: &[u8], from: usize) -> Option<usize> {
    let floor = from.saturating_sub(FAR);
    let lines = memchr::memrchr_iter(b'\n', &text[floor..from]).map(|at| floor + at);
    let first = { lines }.find_map(|line| first_of_break(text, line));
    first.map(|first| first.saturating_sub(READ)).or((floor == 0).then_some(0))
}

/// Where a passage ends that has its break at `from` or behind, likewise.
fn end(text: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..).unwrap_or_default();
    let lines = memchr::memchr_iter(b'\n', &rest[..rest.len().min(FAR)]).map(|at| from + at);
    let line = { lines }.find(|line| first_of_break(text, *line).is_some());
    line.map(|line| text.len().min(line + 1 + READ)).or((rest.len() <= FAR).then_some(text.len()))
}

/// The first byte that matters of the break at the end of a line, if it is one: no encoded run goes over it,
/// and none was decided by what stands behind it and before it. A string goes over a line's end behind a
/// backslash only, what is percent-encoded never, and base64 where the line ends with a long word, or with
/// the end of one; an empty line may stand between.
fn first_of_break(text: &[u8], line: usize) -> Option<usize> {
    let before = &text[..line];
    let before = before.strip_suffix(b"\n").or(before.strip_suffix(b"\r")).unwrap_or(before);
    let word = before.iter().rev().take(SHORT).take_while(|byte| words::is_word(**byte)).count();
    let escapes = matches!(before.last(), Some(b'\\' | b'='));
    (word < SHORT && !escapes).then_some(before.len() - word)
}
