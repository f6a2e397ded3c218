//! [`Marks`]: the lines of a text that part its documents, and those that say what one is.
//!
//! Splitting a text and deciding that nothing of a document need be read (most of what a history of an
//! operator holds are definitions of resources) asks only where lines begin with a few words. Whether one
//! does is told by [`REACH`] bytes and the one before them, so of a version of a file they are known from
//! the one that it was made from, wherever these bytes were copied together, and looked for around the
//! edits.

use std::ops::Range;

use memchr::memmem::Finder;

use crate::split::{self, BEGIN, Documents, END, FENCE, KIND};

/// Bytes that tell a mark: the longest word, or a marker and what stands behind it.
const REACH: usize = 5;

/// Marks that are kept of one text: whoever writes more is searched again.
const MAX: usize = 1 << 12;

/// The marks of a text, in order, with positions alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    /// None where there are too many, or a byte order mark begins the text: a document may begin behind it,
    /// which no line does.
    marks: Option<Vec<Mark>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    at: usize,
    what: What,
}

/// What a line begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// `---`: a document begins.
    Begin,
    /// `...`, or a fence: one ends.
    End,
    /// `kind:`.
    Kind,
}

/// Bytes that a text has from another.
#[derive(Debug, Clone)]
pub struct Same {
    /// Where they stand in the other.
    pub base: Range<usize>,
    /// Where they start in the text.
    pub start: usize,
}

impl Marks {
    /// The marks of a text.
    pub fn of(text: &[u8]) -> Self {
        if text.starts_with(split::BOM) {
            return Self { marks: None };
        }
        let words: [&Finder<'_>; 4] = [&BEGIN, &END, &FENCE, &KIND];
        let all = words.into_iter().flat_map(|word| word.find_iter(text)).filter_map(|at| mark(text, at));
        let mut marks: Vec<Mark> = all.take(MAX + 1).collect();
        marks.sort_unstable();
        Self::within_bounds(marks)
    }

    fn within_bounds(marks: Vec<Mark>) -> Self {
        Self { marks: (marks.len() <= MAX).then_some(marks) }
    }

    /// The marks of a text that has bytes from the one that these are of, in the order in which they stand in
    /// the text.
    #[must_use]
    pub fn inherited(&self, text: &[u8], same: impl Iterator<Item = Same>) -> Self {
        let Some(known) = self.marks.as_ref().filter(|_| !text.starts_with(split::BOM)) else {
            return Self::of(text);
        };
        let mut marks = Vec::new();
        // What is told up to here, and where the last that was known stands.
        let (mut told, mut next) = (0, 0);
        for Same { base, start } in same {
            // The byte before a mark is read as well.
            search(text, told..start + 1, &mut marks);
            told = told.max(start + 1);
            next = first_behind(known, base.start, next);
            let inside = known[next..].iter().take_while(|mark| mark.at + REACH <= base.end);
            marks.extend(inside.map(|mark| Mark { at: mark.at - base.start + start, ..*mark }));
            told = told.max((start + base.len() + 1).saturating_sub(REACH));
            if marks.len() > MAX {
                break;
            }
        }
        search(text, told..text.len(), &mut marks);
        Self::within_bounds(marks)
    }

    /// The documents of the text that these are of, as [`split_documents`](crate::split_documents) gives them,
    /// but for those of which nothing is read, because a raw scan covers them just as well.
    pub fn documents<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = Range<usize>> + 'a {
        Documents::marked(text, self.marks.as_ref().map(|_| self))
            .filter(|document| !self.is_skipped(text, document))
    }

    fn is_skipped(&self, text: &[u8], document: &Range<usize>) -> bool {
        let here = &text[document.clone()];
        if self.marks.is_none() || here.starts_with(split::BOM) {
            return split::is_skipped(here);
        }
        let inside = self.from(document.start).take_while(|mark| mark.at < document.end);
        let kinds = inside.filter(|mark| mark.what == What::Kind).map(|mark| mark.at - document.start);
        split::skip(here, kinds).is_some()
    }

    /// The first marker of documents at or behind a place, and whether it begins one.
    pub(crate) fn marker(&self, from: usize) -> Option<(usize, bool)> {
        let mark = self.from(from).find(|mark| mark.what != What::Kind)?;
        Some((mark.at, mark.what == What::Begin))
    }

    fn from(&self, from: usize) -> impl Iterator<Item = Mark> {
        let marks = self.marks.as_deref().unwrap_or_default();
        marks[marks.partition_point(|mark| mark.at < from)..].iter().copied()
    }
}

/// The first mark behind a place; `hint` is nearly always where it is.
fn first_behind(marks: &[Mark], place: usize, hint: usize) -> usize {
    let is_before = |at: usize| marks.get(at).is_some_and(|mark| mark.at <= place);
    let is_first = |at: &usize| !is_before(*at) && (*at == 0 || is_before(*at - 1));
    let near = [hint, hint + 1].into_iter().find(is_first);
    near.unwrap_or_else(|| marks.partition_point(|mark| mark.at <= place))
}

/// The marks in a part of a text that is mostly a few bytes long.
fn search(text: &[u8], range: Range<usize>, marks: &mut Vec<Mark>) {
    if range.start == 0 && range.end > 0 {
        marks.extend(mark(text, 0));
    }
    let start = range.start.saturating_sub(1);
    // Most parts are where two copies meet, in the middle of a line.
    let window = text.get(start..).and_then(<[u8]>::first_chunk);
    if range.end <= start + WINDOW && window.is_some_and(|window| !ends_line(*window)) {
        return;
    }
    let before = text.get(start..range.end.min(text.len()).saturating_sub(1)).unwrap_or_default();
    let lines = memchr::memchr2_iter(b'\n', b'\r', before).map(|at| start + at + 1);
    marks.extend(lines.filter_map(|at| mark(text, at)));
}

/// Bytes that are looked at at once.
const WINDOW: usize = 8;

/// Whether one of some bytes ends a line.
fn ends_line(window: [u8; WINDOW]) -> bool {
    const ONES: u64 = u64::MAX / 0xff;
    let has = |byte: u8| {
        let there = u64::from_le_bytes(window) ^ (ONES * u64::from(byte));
        there.wrapping_sub(ONES) & !there & (ONES << 7) != 0
    };
    has(b'\n') || has(b'\r')
}

/// The mark at a place, if there is one.
fn mark(text: &[u8], at: usize) -> Option<Mark> {
    let what = match text.get(at)? {
        b'-' | b'.' | b'`' if split::is_marker(text, at)? => What::Begin,
        b'-' | b'.' | b'`' => What::End,
        b'k' if text[at..].starts_with(b"kind:") => What::Kind,
        _ => return None,
    };
    let begins_line = at == 0 || matches!(text.get(at - 1), Some(b'\n' | b'\r'));
    begins_line.then_some(Mark { at, what })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::split::{is_skipped, split_documents};

    /// Parts of marks, and whole ones.
    const PARTS: &[&str] = &[
        "---",
        "---\n",
        "--- a\n",
        "-",
        "...\n",
        "..",
        "```\n",
        "`",
        "kind:",
        "kind: Pod\n",
        "ki",
        "nd:",
        "\n",
        "\r\n",
        "\r",
        " ",
        "a: 1\n",
        "%YAML 1.2\n",
        "# c\n",
        "\u{feff}",
        "password: x\n",
        "CustomResourceDefinition\n",
        "apiVersion: apiextensions.k8s.io/v1\n",
        "kind: CustomResourceDefinition\n",
        "apiVersion: v1\nentries:\n",
    ];

    fn text(parts: &[usize]) -> String {
        parts.iter().map(|part| PARTS[part % PARTS.len()]).collect()
    }

    fn read_by_search(text: &[u8]) -> Vec<Range<usize>> {
        split_documents(text).filter(|range| !is_skipped(&text[range.clone()])).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn what_is_inherited_is_what_is_found(
            base in proptest::collection::vec(0..PARTS.len(), 0..20),
            moves in proptest::collection::vec((any::<(u16, u16)>(), proptest::collection::vec(0..PARTS.len(), 0..2)), 0..8),
        ) {
            let base = text(&base);
            let known = Marks::of(base.as_bytes());
            let (mut made, mut same) = (Vec::new(), Vec::new());
            for ((from, len), parts) in moves {
                let from = from as usize % (base.len() + 1);
                let len = len as usize % (base.len() - from + 1);
                if len > 0 {
                    same.push(Same { base: from..from + len, start: made.len() });
                }
                made.extend_from_slice(&base.as_bytes()[from..from + len]);
                made.extend_from_slice(text(&parts).as_bytes());
            }
            let inherited = known.inherited(&made, same.into_iter());
            prop_assert_eq!(&inherited, &Marks::of(&made), "{:?}", String::from_utf8_lossy(&made));
            prop_assert_eq!(inherited.documents(&made).collect::<Vec<_>>(), read_by_search(&made));
        }
    }

    #[test]
    fn more_marks_than_are_kept_are_searched() {
        let text = "kind: A\n---\n".repeat(MAX);
        let marks = Marks::of(text.as_bytes());
        assert_eq!(marks.marks, None);
        assert_eq!(marks.documents(text.as_bytes()).count(), MAX);
        let half = &text.as_bytes()[..text.len() / 2];
        let inherited = Marks::of(half).inherited(
            text.as_bytes(),
            [0, half.len()].map(|start| Same { base: 0..half.len(), start }).into_iter(),
        );
        assert_eq!(inherited, marks);
    }
}
