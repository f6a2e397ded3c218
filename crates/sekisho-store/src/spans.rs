//! [`BlobEntry`]: what is known of one blob: where there is nothing in it, and where there is
//! something that has to be decided.

use sekisho_scan::{Candidate, RunKind, Source};

use crate::words::{Reader, Writer};

/// Stands for a path: a part of its seal.
pub type PathMark = [u8; 8];

/// What is known of one blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobEntry {
    /// Its bytes.
    pub len: u64,
    /// The paths that it was examined at, and whether there was nothing.
    pub seen: Vec<(PathMark, bool)>,
    /// The candidates in it, if it is a text and there was something.
    pub candidates: Option<Vec<Candidate>>,
    /// What others inherit that will be made from it, in the engine's own form.
    pub kept: Option<Vec<u8>>,
}

impl BlobEntry {
    /// As it is kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.number(self.len).number(self.seen.len() as u64);
        for (mark, nothing) in &self.seen {
            out.raw(mark).raw(&[u8::from(*nothing)]);
        }
        write_candidates(self.candidates.as_deref(), &mut out);
        out.number(u64::from(self.kept.is_some())).raw(self.kept.as_deref().unwrap_or_default());
        out.0
    }

    /// What [`to_bytes`](Self::to_bytes) wrote; `None` for anything else. The spans lie in the text.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let len = reader.number()?;
        let seen = reader.each(|reader| {
            let [mark @ .., nothing] = reader.array::<9>()?;
            Some((mark, nothing == 1))
        })?;
        let candidates = read_candidates(&mut reader, len)?;
        let kept = reader.maybe(|reader| reader.raw(reader.0.len()))?.map(<[u8]>::to_vec);
        reader.0.is_empty().then_some(Self { len, seen, candidates, kept })
    }
}

/// Codes of what a candidate comes from: a run's kind, and then detectors.
const RUNS: [RunKind; 5] =
    [RunKind::Base64, RunKind::Base64url, RunKind::Hex, RunKind::Percent, RunKind::Escaped];

/// Writes the candidates in a text. What is no text has no candidates at all, which is not the same as
/// none.
pub(crate) fn write_candidates(candidates: Option<&[Candidate]>, out: &mut Writer) {
    out.number(u64::from(candidates.is_some()));
    let Some(candidates) = candidates else { return };
    // Known values are not looked for where something is kept.
    let kept = || candidates.iter().filter(|candidate| !matches!(candidate.source, Source::Needle { .. }));
    out.number(kept().count() as u64);
    for Candidate { source, whole, value, support } in kept() {
        let code = match source {
            Source::Rule(rule) => rule + 2 * RUNS.len(),
            Source::Run { kind, cut } => {
                2 * RUNS.iter().position(|run| run == kind).unwrap_or_default() + usize::from(*cut)
            }
            Source::Needle { .. } => continue,
        };
        let ends = [whole.start, whole.end, value.start, value.end, support.start, support.end];
        for number in std::iter::once(code).chain(ends) {
            out.number(number as u64);
        }
    }
}

/// Candidates of a text of `len` bytes.
#[expect(clippy::option_option, reason = "whether it can be read, and whether there is one")]
pub(crate) fn read_candidates(reader: &mut Reader<'_>, len: u64) -> Option<Option<Vec<Candidate>>> {
    reader.maybe(|reader| reader.each(|reader| candidate(reader, len)))
}

/// A candidate whose spans lie in each other, and in a text of `len` bytes.
fn candidate(reader: &mut Reader<'_>, len: u64) -> Option<Candidate> {
    let source = match reader.size()? {
        run if run < 2 * RUNS.len() => Source::Run { kind: *RUNS.get(run / 2)?, cut: run % 2 == 1 },
        rule => Source::Rule(rule - 2 * RUNS.len()),
    };
    let mut range = || Some(reader.size()?..reader.size()?);
    let (whole, value, support) = (range()?, range()?, range()?);
    let inside = whole.start <= value.start && value.start <= value.end && value.end <= whole.end;
    let here = whole.end as u64 <= len && support.start <= support.end && support.end as u64 <= len;
    (inside && here).then_some(Candidate { source, whole, value, support })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_read_back_and_spans_stay_in_their_text() {
        let one = |source| Candidate { source, whole: 3..30, value: 4..20, support: 0..40 };
        let all = vec![one(Source::Rule(7)), one(Source::Run { kind: RunKind::Percent, cut: true })];
        let seen = vec![([1; 8], true), ([2; 8], false)];
        for candidates in [None, Some(all.clone()), Some(Vec::new())] {
            let mut entry = BlobEntry { len: 40, seen: seen.clone(), candidates, kept: Some(vec![1, 2]) };
            assert_eq!(BlobEntry::parse(&entry.to_bytes()).as_ref(), Some(&entry));
            entry.kept = None;
            let bytes = entry.to_bytes();
            assert_eq!(BlobEntry::parse(&bytes).as_ref(), Some(&entry));
            for len in 0..bytes.len() {
                assert_eq!(BlobEntry::parse(&bytes[..len]), None);
            }
        }
        let short = BlobEntry { len: 39, seen, candidates: Some(all), kept: None };
        assert_eq!(BlobEntry::parse(&short.to_bytes()), None);
    }
}
