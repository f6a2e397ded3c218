//! [`Inherited`]: what a text gives to those that are made from it.
//!
//! Beside what the engine keeps it is known where lines begin that part documents, so that no text is searched
//! for them where it was copied; and where values of JSON stand, with hashes of them. In a value that was
//! copied as it is there are the same nodes, so a file of a megabyte that changes in a line is read and hashed
//! there and nowhere else. It holds positions, numbers and hashes.

use std::cell::{Cell, RefCell};

use sekisho_kube::{Content, Marks, Same};
use sekisho_scan::delta::{Copied, Kept};

/// What a text gives to those that are made from it.
#[derive(Debug, Clone, Default)]
pub struct Inherited {
    pub(crate) kept: Kept,
    pub(crate) contents: Vec<Content>,
    /// Of what was read as a manifest.
    pub(crate) marks: Option<Marks>,
}

impl From<Kept> for Inherited {
    fn from(kept: Kept) -> Self {
        Self { kept, ..Self::default() }
    }
}

impl Inherited {
    /// The contents that a text has from this one, given what it copies, in the order of their places.
    pub(crate) fn contents(&self, copies: &[Copied]) -> Vec<Content> {
        let mut moved = Vec::new();
        if self.contents.is_empty() {
            return moved;
        }
        for copy in copies {
            let end = copy.base + copy.len;
            let first = self.contents.partition_point(|content| content.range.start < copy.base);
            let inside = self.contents[first..].iter().take_while(|content| content.range.start < end);
            moved.extend(inside.filter(|content| content.range.end <= end).map(|content| {
                let at = |place: usize| place - copy.base + copy.text;
                let range = at(content.range.start)..at(content.range.end);
                let mut moved = content.clone();
                moved.range = range;
                moved
            }));
        }
        moved
    }

    /// The marks of a text, likewise.
    pub(crate) fn marks(&self, text: &[u8], copies: &[Copied]) -> Option<Marks> {
        let same = |copy: &Copied| Same { base: copy.base..copy.base + copy.len, start: copy.text };
        self.marks.as_ref().map(|marks| marks.inherited(text, copies.iter().map(same)))
    }
}

/// The contents of one version: those that it has from another, and all that were met.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    copied: Vec<Content>,
    /// Where one was last asked for.
    next: Cell<usize>,
    met: RefCell<Vec<Content>>,
}

impl Contents {
    pub(crate) fn new(copied: Vec<Content>) -> Self {
        Self { copied, ..Self::default() }
    }

    /// What stands at a place.
    pub(crate) fn at(&self, start: usize) -> Option<Content> {
        let is_before = |at: usize| self.copied.get(at).is_some_and(|content| content.range.start < start);
        let is_first = |at: &usize| !is_before(*at) && (*at == 0 || is_before(*at - 1));
        // Nearly always asked for in order.
        let next = self.next.get();
        let at = [next, next + 1].into_iter().find(is_first);
        let at = at.unwrap_or_else(|| self.copied.partition_point(|content| content.range.start < start));
        self.next.set(at);
        self.copied.get(at).filter(|content| content.range.start == start).cloned()
    }

    /// Notes what was met, in order; a text that is read again under another name tells nothing new.
    pub(crate) fn note(&self, content: Content) {
        let mut met = self.met.borrow_mut();
        if met.last().is_none_or(|last| last.range.start < content.range.start) {
            met.push(content);
        }
    }

    pub(crate) fn into_met(self) -> Vec<Content> {
        self.met.into_inner()
    }
}
