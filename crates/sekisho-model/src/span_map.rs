//! [`SpanMap`]: from bytes of a decoded text back to bytes of its source.

use std::ops::Range;

/// Runs that were copied unchanged from a source into a decoded text, in order. Between two runs
/// stands something that is not the same on both sides: an escape, an indentation, a folded line
/// end, a UTF-16 unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpanMap {
    /// Most texts are one run, which needs no memory of its own.
    first: Option<Run>,
    more: Vec<Run>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    decoded: usize,
    source: usize,
    len: usize,
}

impl SpanMap {
    /// A text that stands unchanged at `source`.
    pub fn verbatim(source: usize, len: usize) -> Self {
        let mut map = Self::default();
        map.push(0, source, len);
        map
    }

    /// Adds a run; runs come in the order of both sides and are joined where they touch on both.
    /// A run may be empty: it says where the two sides stand between two escapes, or behind the
    /// last one.
    pub fn push(&mut self, decoded: usize, source: usize, len: usize) {
        if let Some(last) = self.more.last_mut().or(self.first.as_mut())
            && last.decoded + last.len == decoded
            && last.source + last.len == source
        {
            last.len += len;
            return;
        }
        let run = Run { decoded, source, len };
        if self.first.is_none() {
            self.first = Some(run);
        } else {
            self.more.push(run);
        }
    }

    fn run(&self, at: usize) -> Option<&Run> {
        match at.checked_sub(1) {
            None => self.first.as_ref(),
            Some(at) => self.more.get(at),
        }
    }

    /// The source position of a decoded byte. Between two runs: just behind the run before for an
    /// `end`, else the source of the escape, which begins there too.
    fn position(&self, decoded: usize, end: bool) -> Option<usize> {
        // For an end, the run that holds the last byte decides.
        let at = if end { decoded.saturating_sub(1) } else { decoded };
        let next = match self.first {
            Some(run) if run.decoded <= at => 1 + self.more.partition_point(|run| run.decoded <= at),
            _ => 0,
        };
        let run = self.run(next.checked_sub(1)?)?;
        let within = decoded - run.decoded;
        if within < run.len || (end && within == run.len) {
            return Some(run.source + within);
        }
        // Inside something that is not the same on both sides.
        if end {
            self.run(next).map(|run| run.source).or(Some(run.source + run.len))
        } else {
            Some(run.source + run.len)
        }
    }

    /// The smallest run of the source that covers `decoded`; `None` for an empty map.
    pub fn source_range(&self, decoded: Range<usize>) -> Option<Range<usize>> {
        let start = self.position(decoded.start, false)?;
        let end = if decoded.is_empty() { start } else { self.position(decoded.end, true)? };
        Some(start..end.max(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbatim_text_maps_to_itself() {
        let map = SpanMap::verbatim(100, 10);
        assert_eq!(map.source_range(0..10), Some(100..110));
        assert_eq!(map.source_range(3..5), Some(103..105));
        assert_eq!(map.source_range(10..10), Some(110..110));
    }

    /// Source `ab\ncd` (six bytes, the escape two of them) decodes to five bytes.
    #[test]
    fn escapes_belong_to_the_side_that_touches_them() {
        let mut map = SpanMap::default();
        map.push(0, 10, 2);
        map.push(3, 14, 2);
        assert_eq!(map.source_range(0..2), Some(10..12));
        assert_eq!(map.source_range(3..5), Some(14..16));
        assert_eq!(map.source_range(0..5), Some(10..16));
        assert_eq!(map.source_range(2..3), Some(12..14));
        assert_eq!(map.source_range(2..5), Some(12..16));
        assert_eq!(map.source_range(1..3), Some(11..14));
    }

    /// Source `\t\nab\n`: escapes at both ends and side by side.
    #[test]
    fn empty_runs_bound_escapes() {
        let mut map = SpanMap::default();
        map.push(0, 10, 0);
        map.push(1, 12, 0);
        map.push(2, 14, 2);
        map.push(5, 18, 0);
        assert_eq!(map.source_range(0..1), Some(10..12));
        assert_eq!(map.source_range(1..2), Some(12..14));
        assert_eq!(map.source_range(0..5), Some(10..18));
        assert_eq!(map.source_range(4..5), Some(16..18));
    }
}
