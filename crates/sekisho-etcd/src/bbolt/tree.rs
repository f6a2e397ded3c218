//! Walking a bucket's tree.

use crate::bbolt::page::{Header, PageKind, branch_children};
use crate::read_at::{MAX_RUN, NoRun, Window};

/// Branches above a leaf, at most. A tree of this depth with two children a branch has a billion
/// leaves.
const MAX_DEPTH: u8 = 30;

/// One bit a page.
pub(crate) struct Bitmap(Vec<u64>);

impl Bitmap {
    pub(crate) fn new(pages: u64) -> Self {
        Self(vec![0; pages.div_ceil(64) as usize])
    }

    pub(crate) fn has(&self, page: u64) -> bool {
        self.0.get((page / 64) as usize).is_some_and(|word| word >> (page % 64) & 1 == 1)
    }

    /// Whether any page of `from..to` is set; whole words at once.
    fn has_any(&self, from: u64, to: u64) -> bool {
        let mut page = from;
        while page < to {
            let word = self.0.get((page / 64) as usize).copied().unwrap_or_default() >> (page % 64);
            let left = (64 - page % 64).min(to - page);
            if word & (u64::MAX >> (64 - left)) != 0 {
                return true;
            }
            page += left;
        }
        false
    }

    pub(crate) fn set(&mut self, page: u64) {
        if let Some(word) = self.0.get_mut((page / 64) as usize) {
            *word |= 1 << (page % 64);
        }
    }
}

/// Where a bucket's tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BucketRef {
    /// In pages of its own.
    Root(u64),
    /// In the value itself, behind the bucket header: a page with the header of one.
    Inline,
}

/// Bytes of a bucket header: root page and sequence.
pub(crate) const BUCKET_HEADER: usize = 16;

/// Reads the header of a bucket in a leaf's value.
pub(crate) fn bucket_of(value: &[u8]) -> Option<BucketRef> {
    let root = u64::from_le_bytes(*value.first_chunk()?);
    match root {
        _ if value.len() < BUCKET_HEADER => None,
        0 => Some(BucketRef::Inline),
        root => Some(BucketRef::Root(root)),
    }
}

/// What is wrong with a page that a tree names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It lies beyond the high-water mark or the end of the file, or is a meta page.
    OutOfRange,
    /// It was reached before: the tree has a circle, or two parents share a child.
    Twice,
    /// Its header does not name it, or it is neither branch nor leaf, or its elements are broken.
    Torn,
    /// It begins below too many branches.
    TooDeep,
    /// It has more overflow pages than are looked at as one.
    TooLong,
    /// It could not be read.
    Io(std::io::ErrorKind),
}

/// What the walk comes by.
pub(crate) enum Visit<'r> {
    /// A branch page with its overflow; its elements and keys end at `used`.
    Branch { page: u64, run: &'r [u8], used: usize },
    /// A leaf page with its overflow.
    Leaf { page: u64, header: Header, run: &'r [u8] },
    /// A page that could not be read as either. `bytes` is the page alone, where it belongs to
    /// nothing else.
    Fault { page: u64, fault: Fault, bytes: &'r [u8] },
}

/// The pages of a file, and which of them are reached.
pub(crate) struct Tree<'w, 's> {
    pub(crate) window: &'w mut Window<'s>,
    pub(crate) page_size: usize,
    /// Pages that may be named: whole ones below the high-water mark.
    pub(crate) pages: u64,
    pub(crate) reached: Bitmap,
}

impl Tree<'_, '_> {
    /// Visits every page below `root` once, leaves in falling order of their keys, for as long as
    /// `visit` says so.
    pub(crate) fn walk_back(&mut self, root: u64, visit: &mut dyn FnMut(Visit<'_>) -> bool) {
        // Depth first: the stack holds the children of one branch for each level, so it is bounded
        // by the depth and the 65,535 elements that a branch can have.
        let mut stack = vec![(root, 0u8)];
        while let Some((page, depth)) = stack.pop() {
            let go_on = self.visit(page, depth, &mut stack, visit).unwrap_or_else(|fault| {
                let bytes = match fault {
                    Fault::OutOfRange | Fault::Twice => &[],
                    _ => {
                        self.reached.set(page);
                        self.window.get(page * self.page_size as u64, self.page_size).unwrap_or_default()
                    }
                };
                visit(Visit::Fault { page, fault, bytes })
            });
            if !go_on {
                return;
            }
        }
    }

    fn visit(
        &mut self,
        page: u64,
        depth: u8,
        stack: &mut Vec<(u64, u8)>,
        visit: &mut dyn FnMut(Visit<'_>) -> bool,
    ) -> Result<bool, Fault> {
        if !(2..self.pages).contains(&page) {
            return Err(Fault::OutOfRange);
        }
        if self.reached.has(page) {
            return Err(Fault::Twice);
        }
        if depth > MAX_DEPTH {
            return Err(Fault::TooDeep);
        }
        let fault = |no: NoRun| match no {
            NoRun::BeyondEnd => Fault::OutOfRange,
            NoRun::TooLong => Fault::TooLong,
            NoRun::Io(kind) => Fault::Io(kind),
        };
        let offset = page * self.page_size as u64;
        let header = Header::read(self.window.get(offset, self.page_size).map_err(fault)?);
        let header = header.filter(|header| header.id == page).ok_or(Fault::Torn)?;
        let end = page + 1 + u64::from(header.overflow);
        let len = (end - page) as usize * self.page_size;
        if end > self.pages {
            return Err(Fault::Torn);
        }
        if len > MAX_RUN {
            return Err(Fault::TooLong);
        }
        if self.reached.has_any(page, end) {
            return Err(Fault::Torn);
        }
        let run = self.window.get(offset, len).map_err(fault)?;
        let go_on = match header.kind {
            PageKind::Leaf => visit(Visit::Leaf { page, header, run }),
            PageKind::Branch => {
                let before = stack.len();
                let Some(used) =
                    branch_children(run, header.count, &mut |child| stack.push((child, depth + 1)))
                else {
                    stack.truncate(before);
                    return Err(Fault::Torn);
                };
                visit(Visit::Branch { page, run, used })
            }
            PageKind::Meta | PageKind::Freelist => return Err(Fault::Torn),
        };
        (page..end).for_each(|page| self.reached.set(page));
        Ok(go_on)
    }
}
