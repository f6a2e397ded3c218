//! [`Detect`]: one detector, as the engine sees it.
//!
//! The engine finds keywords; the detector says what stands around one. It sees a window of its own
//! [`Reach`] and nothing else, so that its answer is a function of these bytes alone: the same
//! whether the buffer came whole, in blocks, or as the changed part of an older version.

use std::ops::Range;

/// One detector, as the engine sees it.
pub trait Detect: Send + Sync {
    /// The words without which there is nothing to find: printable ASCII, 3 to 64 bytes, matched
    /// without case.
    fn keywords(&self) -> &[&'static str];

    /// How far [`find`](Self::find) may look from the start of a keyword.
    fn reach(&self) -> Reach;

    /// Appends what there is at one occurrence of a keyword.
    ///
    /// `text` is the window of [`reach`](Self::reach) around the start of `hit`, cut where the
    /// buffer truly ends (then [`Edges`] says so); all ranges are positions in it. The answer must
    /// be a function of the arguments alone. The engine drops a [`Found`] whose `whole` does not
    /// contain `hit` or whose `value` does not lie in `whole`.
    fn find(&self, text: &[u8], hit: Range<usize>, edges: Edges, out: &mut Vec<Found>);

    /// A byte without which [`find`](Self::find) finds nothing at a keyword (one of
    /// [`keywords`](Self::keywords), in lower case). Asked at the keyword's first occurrence.
    fn witness(&self, keyword: &[u8]) -> Option<Witness> {
        let _ = keyword; // most have enough to say by their keywords
        None
    }

    /// How far [`may_stand`](Self::may_stand) looks around a keyword: not at all, for most.
    fn sight(&self) -> Reach {
        Reach::default()
    }

    /// Whether there may be something at a keyword, for words that are everywhere: one that is passed
    /// over costs no more, here and in all versions of the text.
    ///
    /// `near` is what stands within [`sight`](Self::sight) of the keyword's start, or less where the text
    /// ends; it always has the keyword. The answer is a function of that alone, and no only where
    /// [`find`](Self::find) finds nothing, whatever stands further off.
    fn may_stand(&self, near: &[u8], hit: Range<usize>) -> bool {
        let _ = (near, hit);
        true
    }
}

impl<T: Detect + ?Sized> Detect for &T {
    fn keywords(&self) -> &[&'static str] {
        (**self).keywords()
    }

    fn reach(&self) -> Reach {
        (**self).reach()
    }

    fn find(&self, text: &[u8], hit: Range<usize>, edges: Edges, out: &mut Vec<Found>) {
        (**self).find(text, hit, edges, out);
    }

    fn witness(&self, keyword: &[u8]) -> Option<Witness> {
        (**self).witness(keyword)
    }

    fn sight(&self) -> Reach {
        (**self).sight()
    }

    fn may_stand(&self, near: &[u8], hit: Range<usize>) -> bool {
        (**self).may_stand(near, hit)
    }
}

/// What must stand at one distance from a keyword: a short keyword is a piece of many words, and one look
/// at the right place tells nearly all of these apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Bytes from the keyword's first byte on, fewer than [`Witness::REACH`]; a byte of the keyword itself
    /// may be it.
    pub offset: usize,
    /// Which bytes can stand there.
    pub bytes: Box<[bool; 256]>,
}

impl Witness {
    /// No witness stands so far, in bytes.
    pub const REACH: usize = 24;
}

/// How far a detector looks, in bytes, both counted from the *start* of a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// Bytes before the keyword's first byte.
    pub before: usize,
    /// Bytes from the keyword's first byte on, itself included.
    pub after: usize,
}

impl Reach {
    /// The reach that covers both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self {
            before: if self.before > other.before { self.before } else { other.before },
            after: if self.after > other.after { self.after } else { other.after },
        }
    }
}

/// Which ends of a detector's text are true ends of the buffer (of the file, entry or stream)
/// rather than the limit of its reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edges {
    /// Nothing stands before the text.
    pub at_start: bool,
    /// Nothing follows the text.
    pub at_end: bool,
}

/// A find of a detector, as positions in the text that it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Everything that was recognised; contains the keyword.
    pub whole: Range<usize>,
    /// The credential itself, within `whole`.
    pub value: Range<usize>,
}
