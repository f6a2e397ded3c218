//! The prefilter: where any of many literals may stand, in one pass.
//!
//! Literals are the keywords of all detectors and the written forms of all needles. Of each, the
//! part that ordinary text holds most seldom is entered into one of three tables: windows of 4 bytes
//! for keywords and short forms, and windows of 6 for the long forms of needles, of which there may be
//! a million and which would fill the table of the short ones. Of the longest forms more windows are
//! entered, and fewer positions of the text are looked at for them. One function,
//! [`Prefilter::sweep`], does the passes; whoever makes it faster changes [`sieve`] and nothing else.

mod rarity;
pub(crate) mod sieve;
mod windows;

use std::ops::Range;

use rarity::{commonness, commonness_in_programs};
use windows::{Entries, Key, Windows};

/// Shortest literal, in bytes.
pub(crate) const MIN_LITERAL: usize = 3;
/// Two windows of 4 bytes, one byte apart.
const SHORT: usize = 5;
/// The same, and a byte behind the second.
const SHORT_NEXT: usize = 6;
/// Two windows of 6 bytes: for forms that are too many for the table of the short ones.
const MIDDLE: usize = 7;
/// Eight windows of 6 bytes.
const LONG: usize = 13;

/// All literals, ready to be looked for.
pub(crate) struct Prefilter {
    short: Windows<4, 2>,
    middle: Windows<6, 2>,
    long: Windows<6, 8>,
    places: Vec<Place>,
    vectors: bool,
}

/// Where a window stands in a literal. The number of a place is the payload of its window; the windows
/// of long forms are so many that theirs is eight times the literal, and the window's number.
#[derive(Clone, Copy)]
struct Place {
    literal: u32,
    /// Position of the window minus that of the literal's anchor.
    offset: i8,
}

impl Prefilter {
    /// Tells each literal that may have its anchor at a place, with that place, for all literals
    /// with a window that starts in `starts` and perhaps some more. The anchors of one literal come
    /// in ascending order, each once. The caller compares.
    pub(crate) fn sweep(&self, text: &[u8], starts: Range<usize>, tell: &mut impl FnMut(usize, usize)) {
        let mut by_place = |payload: u32, at: usize| {
            let Place { literal, offset } = self.places[payload as usize];
            if let Some(anchor) = at.checked_add_signed(-isize::from(offset)) {
                tell(literal as usize, anchor);
            }
        };
        self.short.sweep(text, starts.clone(), self.vectors, &mut by_place);
        self.middle.sweep(text, starts.clone(), self.vectors, &mut by_place);
        self.long.sweep(text, starts, self.vectors, &mut |payload, at| {
            if let Some(anchor) = at.checked_sub(payload as usize % 8) {
                tell(payload as usize / 8, anchor);
            }
        });
    }

    /// Whether it may use what not every processor has.
    pub(crate) fn vectors(&self) -> bool {
        self.vectors
    }

    /// The same with what every processor has.
    pub(crate) fn without_vectors(self) -> Self {
        Self { vectors: false, ..self }
    }
}

/// Collects literals.
#[derive(Default)]
pub(crate) struct Builder {
    short: Entries<4, 2>,
    middle: Entries<6, 2>,
    long: Entries<6, 8>,
    places: Vec<Place>,
    load: Load,
    /// There are so many forms of a middle length that they have a table of their own.
    crowded: bool,
}

/// How many literals have a window already, roughly: windows that count together by accident do no
/// harm, the next best is taken.
#[derive(Default)]
struct Load(Vec<u8>);

impl Load {
    /// A window that so many literals have is avoided if the literal has another.
    const CROWDED: u8 = 8;
    const COUNTERS: usize = 1 << 20;

    fn is_crowded(&self, key: Key) -> bool {
        self.0.get(key.spread() % Self::COUNTERS).is_some_and(|count| *count >= Self::CROWDED)
    }

    fn count(&mut self, key: Key) {
        self.0.resize(Self::COUNTERS, 0);
        let count = &mut self.0[key.spread() % Self::COUNTERS];
        *count = count.saturating_add(1);
    }
}

/// The part of a text whose windows are best looked for.
#[derive(Clone, Copy)]
pub(crate) struct Choice {
    /// Where it starts in the text.
    pub offset: usize,
    len: usize,
    /// Bytes of the text that it was chosen from.
    of: usize,
    /// The less the better: width, load, commonness.
    pub rank: (u8, bool, i32),
}

impl Choice {
    /// The part itself.
    pub(crate) fn part(self, text: &[u8]) -> &[u8] {
        &text[self.offset..self.offset + self.len]
    }

    /// Whether it was chosen from a text of some length, which hardly anything has by accident.
    pub(crate) fn is_long(self) -> bool {
        self.of >= MIDDLE
    }

    /// The same choice in a text that holds the chosen from `offset` on.
    pub(crate) fn within(self, offset: usize) -> Self {
        Self { offset: self.offset + offset, ..self }
    }
}

impl Builder {
    /// So many forms under [`LONG`] bytes, or somewhat more, are to come.
    pub(crate) fn expect(&mut self, forms: usize) {
        self.crowded = forms > Self::CROWD;
    }

    /// As many forms as the table of the short ones takes without growing out of the caches.
    const CROWD: usize = 50_000;

    /// The best part of a form of a needle; none if it is under [`MIN_LITERAL`] bytes.
    pub(crate) fn choose(&self, text: &[u8]) -> Option<Choice> {
        self.choose_up_to(LONG, text)
    }

    /// The best part of a keyword, likewise.
    pub(crate) fn choose_short(&self, text: &[u8]) -> Option<Choice> {
        self.choose_up_to(SHORT_NEXT, text)
    }

    fn choose_up_to(&self, longest: usize, text: &[u8]) -> Option<Choice> {
        let (width, len) = match text.len() {
            LONG.. if longest == LONG => (0, LONG),
            MIDDLE.. if longest == LONG && self.crowded => (1, MIDDLE),
            SHORT_NEXT.. if longest == SHORT_NEXT => (2, SHORT_NEXT),
            SHORT.. => (2, SHORT),
            4 => (3, 4),
            MIN_LITERAL => (4, MIN_LITERAL),
            _ => return None,
        };
        let parts = || text.windows(len).enumerate();
        let of = if longest == SHORT_NEXT { commonness_in_programs } else { commonness };
        // The commoner of the two counts, then the other.
        let common = |part: &[u8]| {
            let [a, b] = [of(&part[..len - 1]), of(&part[1..])];
            64 * a.max(b) + a.min(b)
        };
        let crowded = |part: &[u8]| keys(part).any(|(_, key)| self.load.is_crowded(key));
        let choice =
            |(offset, part)| Choice { offset, len, of: text.len(), rank: (width, false, common(part)) };
        let best = parts().map(choice).min_by_key(|choice| choice.rank)?;
        if !crowded(best.part(text)) {
            return Some(best);
        }
        let loaded = |(offset, part)| Choice {
            offset,
            len,
            of: text.len(),
            rank: (width, crowded(part), common(part)),
        };
        parts().map(loaded).min_by_key(|choice| choice.rank)
    }

    /// Enters a chosen part of a literal, which starts `offset` bytes behind the literal's anchor; of a
    /// long form it starts there.
    pub(crate) fn enter(&mut self, part: &[u8], literal: usize, offset: u8) {
        for (shift, key) in keys(part) {
            self.load.count(key);
            let place = self.places.len() as u32;
            match part.len() {
                LONG => {
                    self.long.push(key, (literal * 8) as u32 + u32::from(shift.unsigned_abs()));
                    continue;
                }
                MIDDLE => self.middle.push(key, place),
                _ => self.short.push(key, place),
            }
            self.places.push(Place { literal: literal as u32, offset: offset.cast_signed() + shift });
        }
    }

    /// The tables.
    pub(crate) fn build(self) -> Prefilter {
        Prefilter {
            short: Windows::new(self.short),
            middle: Windows::new(self.middle),
            long: Windows::new(self.long),
            places: self.places,
            vectors: true,
        }
    }
}

/// The windows of a part, one for each distance from a position that is looked at, with their
/// positions in the part. The further come first: of two that are found by one look, the anchor of the
/// first then comes first.
fn keys(part: &[u8]) -> impl Iterator<Item = (i8, Key)> + '_ {
    let short = match *part {
        [a, b, c] => Some([(0, Key::first3([a, b, c])), (-1, Key::last3([a, b, c]))]),
        [a, b, c, d] => Some([(0, Key::new(part)), (-1, Key::last3([a, b, c]).before(Some(d)))]),
        _ => None,
    };
    let width = if part.len() <= SHORT_NEXT { 4 } else { 6 };
    let shifts = if width == 4 { 2 } else { (part.len() + 1).saturating_sub(width) };
    let windows = part.windows(width).enumerate().take(shifts).rev().filter(move |_| short.is_none());
    let next = move |at: usize| part.get(at + 4).copied().filter(|_| width == 4);
    let windows = windows.map(move |(at, window)| (at as i8, Key::new(window).before(next(at))));
    short.into_iter().flatten().chain(windows)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LITERALS: [&[u8]; 10] = [
        b"$6$",
        b"pat",
        b"ghp_",
        b"aK-a",
        b"token",
        b"secret",
        b"Pass-word",
        b"0123456789ab",
        b"a-long-one-with-windows",
        b"another of many letters",
    ];

    /// Of whatever length a literal is and wherever it stands, it is told there, and once.
    #[test]
    fn every_literal_is_told_once_wherever_it_stands() {
        let mut text = Vec::new();
        let mut expected = Vec::new();
        for gap in 1..40 {
            for (number, literal) in LITERALS.iter().enumerate() {
                text.extend((0..gap).map(|n| b" .,:;\xc3\x07"[(n + number) % 7]));
                expected.push((number, text.len()));
                let upper = gap % 2 == 0;
                text.extend(literal.iter().map(|b| if upper { b.to_ascii_uppercase() } else { *b }));
            }
        }
        let choices = [
            (Builder::choose as fn(&_, &_) -> _, true),
            (Builder::choose, false),
            (Builder::choose_short, false),
        ];
        for (choose, crowded) in choices {
            let mut offsets = [0; LITERALS.len()];
            let mut builder = Builder { crowded, ..Builder::default() };
            for (number, literal) in LITERALS.iter().enumerate() {
                let choice: Choice = choose(&builder, literal).expect("it is long enough");
                offsets[number] = if choice.len == LONG { choice.offset } else { 0 };
                builder.enter(choice.part(literal), number, (choice.offset - offsets[number]) as u8);
            }
            let mut prefilter = builder.build();
            for vectors in [true, false] {
                prefilter.vectors = vectors;
                for start in 0..9 {
                    let mut told = Vec::new();
                    prefilter.sweep(&text, start..text.len(), &mut |literal, at: usize| {
                        told.extend(at.checked_sub(offsets[literal]).map(|at| (literal, at)));
                    });
                    let stands = |(literal, at): &(usize, usize)| {
                        let literal = LITERALS[*literal];
                        text.get(*at..at + literal.len())
                            .is_some_and(|here| here.eq_ignore_ascii_case(literal))
                    };
                    told.retain(|one| stands(one) && one.1 > start + 40);
                    told.sort_unstable_by_key(|(_, at)| *at);
                    let expected: Vec<_> =
                        expected.iter().filter(|one| one.1 > start + 40).copied().collect();
                    assert_eq!(told, expected, "from {start}");
                }
            }
        }
    }
}
