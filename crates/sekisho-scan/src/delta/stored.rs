//! A [`Kept`] in bytes, for who keeps it from one run to the next.
//!
//! Numbers of 32 bits, little-endian: the length of the text, then the hits, what detectors found and
//! the encoded runs, each list behind its length. What the caller noted is left out: its conditions
//! are numbered anew in every run. What is read is checked against the engine and the text, since
//! everything here is used to find places.

use super::{At, Hit, Kept, KeptRun, MAX_TEXT, run_key};
use crate::engine::Engine;
use crate::runs::{Run, RunKind};

const KINDS: [RunKind; 5] =
    [RunKind::Base64, RunKind::Base64url, RunKind::Hex, RunKind::Percent, RunKind::Escaped];

impl Kept {
    /// In bytes; [`Engine::kept_of`] reads them back.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { len, hits, found, runs } = self;
        let mut bytes = Vec::with_capacity(16 + 8 * hits.len() + 36 * found.len() + 20 * runs.len());
        let mut put = |numbers: &[usize]| {
            bytes.extend(numbers.iter().flat_map(|number| (*number as u32).to_le_bytes()));
        };
        put(&[*len, hits.len()]);
        for Hit { at, keyword } in hits {
            put(&[*at as usize, *keyword as usize]);
        }
        put(&[found.len()]);
        for At { hit, rule, whole, value, support, nothing: _ } in found {
            put(&[hit.at as usize, hit.keyword as usize, *rule as usize]);
            for (start, end) in [whole, value, support] {
                put(&[*start as usize, *end as usize]);
            }
        }
        put(&[runs.len()]);
        for KeptRun { run: Run { kind, cut, span, support }, nothing: _ } in runs {
            let kind = KINDS.iter().position(|known| known == kind).unwrap_or_default();
            put(&[2 * kind + usize::from(*cut), span.start, span.end, support.start, support.end]);
        }
        bytes
    }
}

impl Engine {
    /// What [`Kept::to_bytes`] wrote of a text of `len` bytes under this engine; `None` for anything
    /// else.
    pub fn kept_of(&self, bytes: &[u8], len: usize) -> Option<Kept> {
        let mut numbers = Numbers { bytes, len };
        if numbers.next()? != len || len > MAX_TEXT {
            return None;
        }
        let hits = numbers.each::<2, _>(|numbers, [at, keyword]| numbers.hit(self, at, keyword))?;
        let found = numbers.each::<9, _>(|numbers, [at, keyword, rule, rest @ ..]| {
            let hit = numbers.hit(self, at, keyword)?;
            let [whole, value, support] =
                rest.as_chunks::<2>().0.first_chunk::<3>()?.map(|pair| numbers.range(pair));
            let pair = |range: std::ops::Range<usize>| (range.start as u32, range.end as u32);
            let (whole, value, support) = (pair(whole?), pair(value?), pair(support?));
            let is_rule = self.rules_of(hit.keyword).contains(&rule);
            is_rule.then_some(At { hit, rule: rule as u32, whole, value, support, nothing: 0 })
        })?;
        let runs = numbers.each::<5, _>(|numbers, [kind, rest @ ..]| {
            let [span, support] = rest.as_chunks::<2>().0.first_chunk::<2>()?.map(|pair| numbers.range(pair));
            let (cut, kind) = (kind % 2 == 1, *KINDS.get(kind / 2)?);
            Some(KeptRun { run: Run { kind, cut, span: span?, support: support? }, nothing: 0 })
        })?;
        let in_order = hits.is_sorted()
            && found.is_sorted_by_key(|found| (found.hit, found.rule))
            && runs.is_sorted_by_key(|run| run_key(&run.run));
        (in_order && numbers.bytes.is_empty()).then_some(Kept { len, hits, found, runs })
    }
}

struct Numbers<'a> {
    bytes: &'a [u8],
    /// Of the text.
    len: usize,
}

impl Numbers<'_> {
    fn next(&mut self) -> Option<usize> {
        let (number, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(u32::from_le_bytes(*number) as usize)
    }

    /// A list of items of `N` numbers each.
    fn each<const N: usize, T>(&mut self, one: impl Fn(&Self, [usize; N]) -> Option<T>) -> Option<Vec<T>> {
        let count = self.next().filter(|count| *count <= self.bytes.len() / (4 * N))?;
        let mut all = Vec::with_capacity(count);
        for _ in 0..count {
            let mut item = [0; N];
            for number in &mut item {
                *number = self.next()?;
            }
            all.push(one(self, item)?);
        }
        Some(all)
    }

    fn range(&self, [start, end]: [usize; 2]) -> Option<std::ops::Range<usize>> {
        (start <= end && end <= self.len).then_some(start..end)
    }

    fn hit(&self, engine: &Engine, at: usize, keyword: usize) -> Option<Hit> {
        let known = keyword < engine.keyword_count();
        let inside = known && at + engine.keyword_len(keyword as u32) <= self.len;
        inside.then_some(Hit { at: at as u32, keyword: keyword as u32 })
    }
}
