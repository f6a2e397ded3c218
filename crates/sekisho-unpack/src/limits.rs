//! [`Limits`] and [`Budget`]: how much one item may make us do.
//!
//! A small hostile file can unfold into more bytes than the machine has, into layers without end,
//! or into more members than there are. So all that is unpacked from one item, however deeply
//! nested, is charged to one [`Budget`]. Spending never fails loudly: content simply ends at the
//! cap, and the [`Problem`](crate::Problem) says so.

use std::cell::Cell;

/// The caps for one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Layers of containers and encodings, one inside the other.
    pub depth: u32,
    /// Bytes that decompressors may produce for one item, all layers together.
    pub output: u64,
    /// Bytes produced per byte consumed of one compressed stream, looked at after the first
    /// [`RATIO_FROM`] bytes. DEFLATE cannot exceed 1032.
    pub ratio: u64,
    /// Archive members visited for one item, all layers together.
    pub entries: u64,
    /// Bytes that one layer may hold in memory: an archive that needs random access, or a
    /// decompressor's window.
    pub random_access: u64,
}

/// A compressed stream's ratio is not looked at before it has produced this many bytes.
pub const RATIO_FROM: u64 = 1 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 8, output: 512 << 20, ratio: 1000, entries: 100_000, random_access: 32 << 20 }
    }
}

/// What is left of the [`Limits`] of one item. Shared by all layers, which run in one thread.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    depth: Cell<u32>,
    output: Cell<u64>,
    entries: Cell<u64>,
    /// Some enclosing content was cut and its visit has not told it yet: whoever reads from it
    /// and meets an early end stays silent, because the cause will be told.
    cut: Cell<bool>,
}

impl Budget {
    /// A fresh budget for one item.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            depth: Cell::new(0),
            output: Cell::new(0),
            entries: Cell::new(0),
            cut: Cell::new(false),
        }
    }

    /// The caps.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Goes one layer deeper until the returned guard is dropped; `None` at the cap.
    /// [`visit`](crate::visit()) does it by itself; decoded texts are up to the caller.
    pub fn deeper(&self) -> Option<Deeper<'_>> {
        let depth = self.depth.get();
        (depth < self.limits.depth).then(|| {
            self.depth.set(depth + 1);
            Deeper(self)
        })
    }

    /// How many layers deep it is.
    pub fn depth(&self) -> u32 {
        self.depth.get()
    }

    /// Charges `bytes` of output; `false`, and nothing is charged, when that is more than is left.
    pub fn spend(&self, bytes: u64) -> bool {
        let fits = bytes <= self.room();
        if fits {
            self.output.set(self.output.get() + bytes);
        }
        fits
    }

    /// Bytes of output that are left.
    pub fn room(&self) -> u64 {
        self.limits.output - self.output.get()
    }

    /// Charges one archive member.
    pub(crate) fn spend_entry(&self) -> bool {
        let entries = self.entries.get();
        let fits = entries < self.limits.entries;
        if fits {
            self.entries.set(entries + 1);
        }
        fits
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.cut.get()
    }

    pub(crate) fn set_cut(&self, cut: bool) {
        self.cut.set(cut);
    }
}

/// One layer of depth, given back when dropped.
#[derive(Debug)]
#[must_use = "the layer ends when this is dropped"]
pub struct Deeper<'a>(&'a Budget);

impl Drop for Deeper<'_> {
    fn drop(&mut self) {
        self.0.depth.set(self.0.depth.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_given_back() {
        let budget = Budget::new(Limits { depth: 2, ..Limits::default() });
        {
            let _one = budget.deeper().unwrap();
            let _two = budget.deeper().unwrap();
            assert!(budget.deeper().is_none());
        }
        assert!(budget.deeper().is_some());
    }

    #[test]
    fn output_never_exceeds_the_cap() {
        let budget = Budget::new(Limits { output: 10, ..Limits::default() });
        assert!(budget.spend(7));
        assert!(!budget.spend(4));
        assert!(budget.spend(3));
        assert_eq!(budget.room(), 0);
        assert!(!budget.spend(u64::MAX));
    }
}
