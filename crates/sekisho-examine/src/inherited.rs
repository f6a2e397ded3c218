//! [`Inherited`]: what a text gives to those that are made from it.
//!
//! Beside what the engine keeps it is known where values of JSON stand, with hashes of them. In a value
//! that was copied as it is there are the same nodes, so a file of a megabyte that changes in a line is
//! hashed there and nowhere else. It holds positions and hashes.

use std::cell::RefCell;
use std::ops::Range;

use sekisho_kube::{Content, ContentHash};
use sekisho_scan::delta::{Copied, Kept};

/// What a text gives to those that are made from it.
#[derive(Debug, Clone, Default)]
pub struct Inherited {
    pub(crate) kept: Kept,
    pub(crate) contents: Vec<Content>,
}

impl From<Kept> for Inherited {
    fn from(kept: Kept) -> Self {
        Self { kept, contents: Vec::new() }
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
                Content { range, ..content.clone() }
            }));
        }
        moved
    }
}

/// The contents of one version: those that it has from another, and all that were met.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) copied: Vec<Content>,
    met: RefCell<Vec<Content>>,
}

impl Contents {
    pub(crate) fn new(copied: Vec<Content>) -> Self {
        Self { copied, met: RefCell::default() }
    }

    /// The hash of what stands in a range as so many nodes.
    pub(crate) fn hash(&self, range: &Range<usize>, nodes: u32) -> Option<ContentHash> {
        let at = self.copied.partition_point(|content| content.range.start < range.start);
        let same = |content: &&Content| content.range == *range && content.nodes == nodes;
        self.copied.get(at).filter(same).map(|content| content.hash)
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
