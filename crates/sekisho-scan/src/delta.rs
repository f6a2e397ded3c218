//! Deltas: the candidates of a text from those of the text that it was made from.
//!
//! Versions of a file share nearly all their bytes, and a decision that read only shared bytes holds
//! in both. So hits and candidates are *inherited*, and only what is new is looked at:
//!
//! - a **hit** (a keyword at a place) is inherited when the keyword, and what must stand there with it,
//!   stand in one copied run; hits across the end of a run, and in what was inserted, are looked for;
//! - what a **detector** says at a hit is inherited when all that it can have read there lies in one
//!   copied run: its whole reach, and the other hits that may end its text. Else it is asked again;
//! - an **encoded run** is inherited when its whole support lies in one copied run. Else it is looked
//!   for again, from its beginning, however far that is.
//!
//! Decisions also read whether the text begins or ends. So what touches the beginning (the end) of
//! one text and not of the other is decided again, too. Each decision is either inherited or made
//! again, by the same test, so the result is what a scan of the whole gives
//! (`crates/sekisho-scan/tests/delta.rs`), for any list of copies that tells the truth.
//!
//! Verdicts are no part of this: they depend on the path, and are taken by the caller. That there was
//! *nothing* at a candidate, under some conditions that the caller numbers, can be noted with what is
//! kept, and goes wherever the candidate goes: all that was read for it is the same there.

#![expect(clippy::cast_possible_wrap, reason = "texts are shorter than 2^31 bytes here")]

mod passages;
mod stored;

use std::ops::Range;

use crate::detect::Reach;
use crate::engine::{CROWD, Candidate, Context, Engine, Hits, Source, Window};
use crate::runs::{self, Run};

use passages::Met;
pub use passages::{Passage, Passages};

/// Bytes that stand in the base and in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Where they start in the base.
    pub base: usize,
    /// Where they start in the text.
    pub text: usize,
    /// How many they are.
    pub len: usize,
}

/// What a text gives to the texts that are made from it. It holds positions and no bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kept {
    /// Length of the text.
    len: usize,
    /// Keywords, in the order of their places.
    hits: Vec<Hit>,
    /// What detectors found, in the order of their hits.
    found: Vec<At>,
    /// Encoded runs, in order.
    runs: Vec<KeptRun>,
}

impl Kept {
    /// The conditions under which it is noted that there is nothing at a candidate, a bit for each.
    pub fn nothing_at(&self, mark: Mark) -> u64 {
        let note = match mark {
            Mark::Found(at) => self.found.get(at as usize).map(|found| found.nothing),
            Mark::Run(at) => self.runs.get(at as usize).map(|run| run.nothing),
        };
        note.unwrap_or_default()
    }

    /// Notes that there is nothing at a candidate under further conditions. What the caller read for
    /// that must lie in the candidate's support.
    pub fn note_nothing(&mut self, mark: Mark, conditions: u64) {
        match mark {
            Mark::Found(at) => self.found.get_mut(at as usize).map(|found| found.nothing |= conditions),
            Mark::Run(at) => self.runs.get_mut(at as usize).map(|run| run.nothing |= conditions),
        };
    }
}

impl Kept {
    /// Hands out all candidates in their order, each once.
    fn emit(&self, emit: &mut impl FnMut(Candidate, Option<Mark>)) {
        let found = self.found.iter().zip(0..).map(|(found, at)| (found.candidate(), Mark::Found(at)));
        let runs = self.runs.iter().zip(0..).map(|(run, at)| (run.run.clone().into(), Mark::Run(at)));
        let mut all: Vec<(Candidate, Mark)> = found.chain(runs).collect();
        // Two lists that are nearly in order: that is what a merge sort is quick with.
        all.sort_by_key(|(candidate, mark)| (candidate.key(), *mark));
        all.dedup_by(|(b, _), (a, _)| a.is_same(b));
        for (candidate, mark) in all {
            emit(candidate, Some(mark));
        }
    }
}

/// What of a [`Kept`] a candidate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// What a detector found, by its place in the list.
    Found(u32),
    /// An encoded run, likewise.
    Run(u32),
}

/// An encoded run.
#[derive(Debug, Clone, PartialEq, Eq)]
struct KeptRun {
    run: Run,
    nothing: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    at: u32,
    keyword: u32,
}

/// What a detector found at a hit. Positions are 32 bits: longer texts are not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct At {
    hit: Hit,
    rule: u32,
    whole: (u32, u32),
    value: (u32, u32),
    support: (u32, u32),
    /// Conditions under which there is nothing.
    nothing: u64,
}

impl At {
    /// The same `by` bytes further on, modulo 2^32.
    fn shifted(mut self, by: u32) -> Self {
        for (start, end) in [&mut self.whole, &mut self.value, &mut self.support] {
            *start = start.wrapping_add(by);
            *end = end.wrapping_add(by);
        }
        self.hit.at = self.hit.at.wrapping_add(by);
        self
    }

    fn candidate(&self) -> Candidate {
        let range = |(start, end): (u32, u32)| start as usize..end as usize;
        Candidate {
            source: Source::Rule(self.rule as usize),
            whole: range(self.whole),
            value: range(self.value),
            support: range(self.support),
        }
    }
}

/// How far a decision may have read to hold again: bytes of the text strictly between these.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    low: i64,
    high: i64,
}

impl Bounds {
    /// Of what stands in no copied run.
    const NOWHERE: Self = Self { low: i64::MAX, high: i64::MIN };

    fn of(copy: Copied, base_len: usize, text_len: usize) -> Self {
        let at_start = copy.base == 0 && copy.text == 0;
        let at_end = copy.base + copy.len == base_len && copy.text + copy.len == text_len;
        Self {
            low: if at_start { i64::MIN } else { copy.text as i64 },
            high: if at_end { i64::MAX } else { (copy.text + copy.len) as i64 },
        }
    }

    /// Whether a decision that read from `start` to `end` holds.
    fn hold(self, start: i64, end: i64) -> bool {
        start > self.low && end < self.high
    }

    /// Whether a hit at a place, which depends on what is so near, is one again in a run.
    fn hold_hit(self, at: usize, extent: Context, run: &Range<usize>) -> bool {
        (at >= run.start + extent.before || at >= run.start && self.low == i64::MIN)
            && (at + extent.after <= run.end || at < run.end && self.high == i64::MAX)
    }

    /// Whether a decision about a hit holds that read so far around it.
    fn hold_around(self, at: u32, margins: Reach) -> bool {
        let at = i64::from(at);
        self.hold(at - margins.before as i64, at + margins.after as i64)
    }
}

/// A hit at which what detectors said may not hold.
struct Doubtful {
    /// Which of the hits.
    number: u32,
    within: Bounds,
}

/// Hits of one keyword around one of them.
#[derive(Default)]
struct Crowd {
    places: Vec<usize>,
}

impl Crowd {
    /// Gathers those that can end the text of a detector at a hit; gives back which of them is that.
    fn gather(&mut self, hits: &[Hit], number: usize, margins: Reach) -> usize {
        let Hit { at, keyword } = hits[number];
        self.places.clear();
        if !is_dense(hits, number, at, margins) {
            self.places.push(at as usize);
            return 0;
        }
        let at = at as usize;
        let same = |hit: &&Hit| hit.keyword == keyword;
        let place = |hit: &Hit| hit.at as usize;
        let before = hits[..number].iter().rev().take_while(|hit| place(hit) + margins.before >= at);
        self.places.extend(before.filter(same).take(CROWD).map(place));
        self.places.reverse();
        let this = self.places.len();
        self.places.push(at);
        let behind = hits[number + 1..].iter().take_while(|hit| place(hit) <= at + margins.after);
        self.places.extend(behind.filter(same).take(CROWD).map(place));
        this
    }
}

/// Seams that are no further from each other, in bytes, are one. There are so many that each counts, and most of
/// what lies between two is looked at anyway: on the versions of manifests 256 is quicker than 64 or 128.
const NEAR: usize = 256;
/// The longest text whose decisions are kept, in bytes.
const MAX_TEXT: usize = u32::MAX as usize / 2;

impl Engine {
    /// Whether decisions can be inherited: not when known values are looked for, whose forms may be
    /// anywhere.
    pub fn inherits(&self) -> bool {
        !self.has_needles()
    }

    /// Scans a text that is there as a whole, as [`scan`](Self::scan) does, and keeps what texts that
    /// are made from it inherit. With `base`, what it was made from and what it copies from there (in
    /// order, not overlapping in the text), only what is new is looked at, and of that what stands in none
    /// of the `passages` that are known.
    pub fn scan_kept(
        &self,
        text: &[u8],
        base: Option<(&Kept, &[Copied])>,
        passages: Option<&dyn Passages>,
        emit: &mut impl FnMut(Candidate, Option<Mark>),
    ) -> Kept {
        let mut kept = Kept { len: text.len(), ..Kept::default() };
        if text.len() > MAX_TEXT || !self.inherits() {
            self.scan(&Window::whole(text), &mut |candidate| emit(candidate, None));
            return kept;
        }
        let nothing = Kept::default();
        let (base, copies) = base.unwrap_or((&nothing, &[]));
        // What stands between two seams that are one is looked at, and nothing of it inherited.
        let is_long =
            |copy: &&Copied| copy.len > NEAR || copy.text == 0 || copy.text + copy.len == text.len();
        let copies: Vec<(Copied, Bounds)> = { copies.iter() }
            .filter(is_long)
            .map(|copy| (*copy, Bounds::of(*copy, base.len, text.len())))
            .collect();
        let seams = seams(&copies, text.len());
        // All of a text that copies nothing is one seam.
        let passages = passages.filter(|_| !copies.is_empty());
        let met = match passages {
            Some(passages) => Met::of(text, seams, self.widest(), passages),
            None => Met::none(seams),
        };
        let fresh = self.look_for_hits(text, &met, &copies);
        let doubtful = self.inherit(base, &copies, &fresh, &mut kept);
        self.ask_again(text, &doubtful, &met, &mut kept);
        if self.reports_runs() {
            inherit_runs(base, &copies, &mut kept);
            look_for_runs(text, &met, &copies, self.vectors(), &mut kept);
        }
        if let Some(passages) = passages {
            met.note(self, &kept, passages);
        }
        kept.emit(emit);
        kept
    }

    /// Looks for the hits that stand in no copied run.
    fn look_for_hits(&self, text: &[u8], met: &Met, copies: &[(Copied, Bounds)]) -> Vec<Hit> {
        let around = self.keyword_windows();
        let mut fresh: Vec<Hit> = met.hits().collect();
        for part in spread(&met.seams, text.len(), around.before, around.after) {
            self.keyword_hits(text, part, &mut |keyword, at| fresh.push(Hit { at: at as u32, keyword }));
        }
        fresh.sort_unstable();
        fresh.dedup();
        let mut copy = Cursor::default();
        fresh.retain(|hit| {
            // The last run that begins at the hit or before.
            let next = copy.seek(copies, hit.at as usize + 1, |(copy, _)| copy.text);
            let run = next.checked_sub(1).map(|at| copies[at]);
            run.is_none_or(|(run, within)| {
                let run = run.text..run.text + run.len;
                !within.hold_hit(hit.at as usize, self.extent(hit.keyword), &run)
            })
        });
        fresh
    }

    /// Takes over hits in copied runs, puts the fresh ones between them, and takes over what detectors
    /// found where it holds. Gives back the hits at which something may not hold.
    fn inherit(
        &self,
        base: &Kept,
        copies: &[(Copied, Bounds)],
        fresh: &[Hit],
        kept: &mut Kept,
    ) -> Vec<Doubtful> {
        let mut doubtful = Vec::new();
        let (mut hit, mut found) = (Cursor::default(), Cursor::default());
        let mut next = 0;
        let mut crowded: Vec<Hit> = Vec::new();
        kept.hits.reserve_exact(base.hits.len().min(kept.len) + fresh.len());
        for (copy, within) in copies {
            let (start, end) = (copy.base as u32, (copy.base + copy.len) as u32);
            let run = copy.base..copy.base + copy.len;
            let by = (copy.text as u32).wrapping_sub(start);
            let first = hit.seek(&base.hits, start, |hit| hit.at);
            crowded.clear();
            for (number, known) in base.hits.iter().enumerate().skip(first) {
                if known.at >= end {
                    break;
                }
                if !within.hold_hit(known.at as usize, self.extent(known.keyword), &run) {
                    continue;
                }
                let moved = Hit { at: known.at.wrapping_add(by), ..*known };
                while let Some(hit) = fresh.get(next).filter(|fresh| **fresh < moved) {
                    doubtful.push(Doubtful { number: kept.hits.len() as u32, within: Bounds::NOWHERE });
                    kept.hits.push(*hit);
                    next += 1;
                }
                let margins = self.margins(moved.keyword);
                let here = kept.hits.len() as u32;
                if !within.hold_around(moved.at, margins) {
                    doubtful.push(Doubtful { number: here, within: *within });
                } else if self.is_near_end(moved, *within)
                    && (is_dense(&base.hits, number, known.at, margins)
                        || is_dense(fresh, next, moved.at, margins))
                {
                    doubtful.push(Doubtful { number: here, within: Bounds::NOWHERE });
                    crowded.push(moved);
                }
                kept.hits.push(moved);
            }
            for known in &base.found[found.seek(&base.found, start, |found| found.hit.at)..] {
                if known.hit.at >= end {
                    break;
                }
                let moved = known.shifted(by);
                let hit = known.hit;
                let in_run = within.hold_hit(hit.at as usize, self.extent(hit.keyword), &run);
                if in_run
                    && self.holds(moved.hit, known.rule as usize, *within)
                    && crowded.binary_search(&moved.hit).is_err()
                {
                    kept.found.push(moved);
                }
            }
        }
        for hit in &fresh[next..] {
            doubtful.push(Doubtful { number: kept.hits.len() as u32, within: Bounds::NOWHERE });
            kept.hits.push(*hit);
        }
        doubtful
    }

    /// Whether so near to a hit that a hit there may end the text of its detectors a keyword may count by
    /// what stands beyond a copied run.
    fn is_near_end(&self, hit: Hit, within: Bounds) -> bool {
        !within.hold_around(hit.at, self.beyond(self.margins(hit.keyword)))
    }

    /// Margins, and behind them what decides whether a hit at their end is one.
    fn beyond(&self, Reach { before, after }: Reach) -> Reach {
        let extent = self.widest();
        Reach { before: before + extent.before, after: after + extent.after }
    }

    /// Whether what a detector says at a hit is inherited.
    fn holds(&self, hit: Hit, rule: usize, within: Bounds) -> bool {
        within.hold_around(hit.at, self.margins_of(hit.keyword, rule))
    }

    /// Asks the detectors at the doubtful hits where what they said before does not hold.
    fn ask_again(&self, text: &[u8], doubtful: &[Doubtful], met: &Met, kept: &mut Kept) {
        let window = Window::whole(text);
        let mut fresh: Vec<At> = Vec::new();
        let (mut found, mut candidates) = (Vec::new(), Vec::new());
        let mut crowd = Crowd::default();
        let mut passage = Cursor::default();
        for Doubtful { number, within } in doubtful {
            let hit = kept.hits[*number as usize];
            let known = passage.seek(&met.known, hit.at as usize + 1, |(around, _)| around.end());
            let known = met.known.get(known);
            let mut place = None;
            for &rule in self.rules_of(hit.keyword) {
                if self.holds(hit, rule, *within) {
                    continue;
                }
                if let Some((around, passage)) = known
                    && around.holds(self, hit, rule)
                {
                    fresh.extend(around.found(passage, hit, rule));
                    continue;
                }
                let place = *place.get_or_insert_with(|| {
                    crowd.gather(&kept.hits, *number as usize, self.margins(hit.keyword))
                });
                let hits = Hits::new(&crowd.places, self.keyword_len(hit.keyword));
                hits.ask(place, rule, self.detector(rule), &window, &mut found, &mut candidates);
                fresh.extend(candidates.drain(..).map(|found: Candidate| {
                    let pair = |range: Range<usize>| (range.start as u32, range.end as u32);
                    At {
                        hit,
                        rule: rule as u32,
                        whole: pair(found.whole),
                        value: pair(found.value),
                        support: pair(found.support),
                        nothing: 0,
                    }
                }));
            }
        }
        if !fresh.is_empty() {
            kept.found.append(&mut fresh);
            kept.found.sort_by_key(|found| (found.hit, found.rule, found.whole, found.value));
        }
    }
}

/// Whether half as many hits as are a crowd, or more, stand on a side of the place `at`, no further off than
/// `margins`; `number` is that of the first hit there or behind. Of two lists that are not dense no crowd
/// can be made.
fn is_dense(hits: &[Hit], number: usize, at: u32, margins: Reach) -> bool {
    const HALF: usize = CROWD / 2;
    let (at, place) = (at as usize, |hit: &Hit| hit.at as usize);
    hits.get(number + HALF).is_some_and(|hit| place(hit) <= at + margins.after)
        || number.checked_sub(HALF).is_some_and(|before| place(&hits[before]) + margins.before >= at)
}

/// A place in a sorted list that is asked for in about ascending order.
#[derive(Default)]
struct Cursor(usize);

impl Cursor {
    /// The first element whose key is `key` or more.
    fn seek<T, K: PartialOrd + Copy>(&mut self, list: &[T], key: K, of: impl Fn(&T) -> K) -> usize {
        // A few steps ahead is where it mostly is; backwards (a run that was moved up) is searched.
        let mut at = self.0.min(list.len());
        if at > 0 && of(&list[at - 1]) >= key {
            at = list[..at].partition_point(|item| of(item) < key);
        } else {
            let mut step = 1;
            while at + step <= list.len() && of(&list[at + step - 1]) < key {
                at += step;
                step *= 2;
            }
            let end = list.len().min(at + step);
            at += list[at..end].partition_point(|item| of(item) < key);
        }
        self.0 = at;
        at
    }
}

/// The parts of a text between copied runs, where nothing is known; some are empty: where two runs
/// meet that do not in the base. A beginning or end that is that of both texts is none. Runs that are
/// no longer than [`NEAR`] are in a part.
fn seams(copies: &[(Copied, Bounds)], len: usize) -> Vec<Range<usize>> {
    let mut seams: Vec<Range<usize>> = Vec::new();
    let mut add = |seam: Range<usize>| match seams.last_mut() {
        Some(last) if seam.start - last.end <= NEAR => last.end = seam.end,
        _ => seams.push(seam),
    };
    let mut at = 0;
    let mut known = false;
    for (copy, bounds) in copies {
        // The first run may begin where both texts do.
        if at < copy.text || known || bounds.low != i64::MIN {
            add(at..copy.text);
        }
        at = copy.text + copy.len;
        known = true;
    }
    if at < len || copies.last().is_none_or(|(_, bounds)| bounds.high != i64::MAX) {
        add(at..len);
    }
    seams
}

/// Parts with so many bytes before and behind, as few ranges.
fn spread(seams: &[Range<usize>], len: usize, before: usize, after: usize) -> Vec<Range<usize>> {
    let mut parts: Vec<Range<usize>> = Vec::with_capacity(seams.len());
    for seam in seams {
        let part = seam.start.saturating_sub(before)..len.min(seam.end + after);
        match parts.last_mut() {
            Some(last) if last.end >= part.start => last.end = last.end.max(part.end),
            _ => parts.push(part),
        }
    }
    parts
}

/// Takes over the encoded runs that hold.
fn inherit_runs(base: &Kept, copies: &[(Copied, Bounds)], kept: &mut Kept) {
    let mut run = Cursor::default();
    for (copy, within) in copies {
        let by = copy.text as i64 - copy.base as i64;
        for known in &base.runs[run.seek(&base.runs, copy.base, |run| run.run.span.start)..] {
            let KeptRun { run, nothing } = known;
            if run.span.start >= copy.base + copy.len {
                break;
            }
            let shift =
                |range: &Range<usize>| (range.start as i64 + by) as usize..(range.end as i64 + by) as usize;
            if within.hold(run.support.start as i64 + by, run.support.end as i64 + by) {
                let run = Run { span: shift(&run.span), support: shift(&run.support), ..run.clone() };
                kept.runs.push(KeptRun { run, nothing: *nothing });
            }
        }
    }
}

/// Looks for the encoded runs that no copied run holds with their support.
fn look_for_runs(text: &[u8], met: &Met, copies: &[(Copied, Bounds)], vectors: bool, kept: &mut Kept) {
    let mut fresh: Vec<Run> = met.runs().collect();
    runs::find_around(text, &met.seams, vectors, &mut fresh);
    let mut cursor = Cursor::default();
    fresh.sort_unstable_by_key(run_key);
    fresh.dedup();
    fresh.retain(|run| {
        let next = cursor.seek(copies, run.span.start + 1, |(copy, _)| copy.text);
        let within = next.checked_sub(1).map_or(Bounds::NOWHERE, |at| {
            let (copy, within) = copies[at];
            if run.span.start < copy.text + copy.len { within } else { Bounds::NOWHERE }
        });
        !within.hold(run.support.start as i64, run.support.end as i64)
    });
    if !fresh.is_empty() {
        kept.runs.extend(fresh.into_iter().map(|run| KeptRun { run, nothing: 0 }));
        kept.runs.sort_by_key(|run| run_key(&run.run));
    }
}

fn run_key(run: &Run) -> (usize, usize, runs::RunKind, usize, usize) {
    (run.span.start, run.span.end, run.kind, run.support.start, run.support.end)
}
