//! Pages and their elements.

/// Bytes of a page header.
pub(crate) const HEADER: usize = 16;
/// Bytes of an element of a branch or leaf.
pub(crate) const ELEMENT: usize = 16;
/// Flag of a leaf element that holds a bucket.
const BUCKET: usize = 0x01;

/// What a page is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageKind {
    Branch,
    Leaf,
    Meta,
    Freelist,
}

/// A page header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) id: u64,
    pub(crate) kind: PageKind,
    pub(crate) count: u16,
    /// Pages that follow and belong to this one.
    pub(crate) overflow: u32,
}

impl Header {
    /// Reads the header at the head of a page; none when its flags are not one of the four.
    pub(crate) fn read(page: &[u8]) -> Option<Self> {
        let header = page.first_chunk::<HEADER>()?;
        let [i0, i1, i2, i3, i4, i5, i6, i7, f0, f1, c0, c1, o0, o1, o2, o3] = *header;
        let kind = match u16::from_le_bytes([f0, f1]) {
            0x01 => PageKind::Branch,
            0x02 => PageKind::Leaf,
            0x04 => PageKind::Meta,
            0x10 => PageKind::Freelist,
            _ => return None,
        };
        Some(Self {
            id: u64::from_le_bytes([i0, i1, i2, i3, i4, i5, i6, i7]),
            kind,
            count: u16::from_le_bytes([c0, c1]),
            overflow: u32::from_le_bytes([o0, o1, o2, o3]),
        })
    }
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let n = bytes.get(at..)?.first_chunk().map(|n| u32::from_le_bytes(*n))?;
    Some(n as usize)
}

/// An element of a leaf: places of its key and value in the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) is_bucket: bool,
    pub(crate) key: usize,
    pub(crate) value: usize,
    pub(crate) end: usize,
}

impl Element {
    pub(crate) fn key<'r>(&self, run: &'r [u8]) -> &'r [u8] {
        run.get(self.key..self.value).unwrap_or_default()
    }

    pub(crate) fn value<'r>(&self, run: &'r [u8]) -> &'r [u8] {
        run.get(self.value..self.end).unwrap_or_default()
    }
}

/// What is wrong with a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeafFault {
    /// Its array of elements or an element's data ends beyond the run.
    Bounds,
    /// Two elements claim the same bytes, or the data comes out of order.
    Overlap,
    /// The keys are not in rising order.
    Order,
}

/// Reads the elements of a leaf into `out`. `run` is the page with its overflow pages, `len` how
/// many bytes the run had when it was written: of a run whose end was lost the elements that begin
/// before the end are given, the last one cut.
///
/// bbolt writes keys and values behind the array, in order and without gaps; gaps are allowed here
/// (the caller accounts for them), overlaps are not.
pub(crate) fn leaf_elements(
    run: &[u8],
    count: u16,
    len: usize,
    out: &mut Vec<Element>,
) -> Result<(), LeafFault> {
    out.clear();
    let data = HEADER + usize::from(count) * ELEMENT;
    if data > run.len() {
        return Err(LeafFault::Bounds);
    }
    let mut behind = data;
    let mut last: &[u8] = &[];
    for n in 0..usize::from(count) {
        let at = HEADER + n * ELEMENT;
        let (Some(flags), Some(pos), Some(key_len), Some(value_len)) =
            (number(run, at), number(run, at + 4), number(run, at + 8), number(run, at + 12))
        else {
            return Err(LeafFault::Bounds);
        };
        // On 64-bit targets sums of 32-bit numbers do not overflow.
        let key = at + pos;
        let (value, end) = (key + key_len, key + key_len + value_len);
        if end > len || flags > BUCKET {
            return Err(LeafFault::Bounds);
        }
        if key < behind {
            return Err(LeafFault::Overlap);
        }
        behind = end;
        let element = Element {
            is_bucket: flags == BUCKET,
            key: key.min(run.len()),
            value: value.min(run.len()),
            end: end.min(run.len()),
        };
        if value <= run.len() {
            let key = element.key(run);
            if n > 0 && key <= last {
                return Err(LeafFault::Order);
            }
            last = key;
        }
        if key < run.len() {
            out.push(element);
        }
    }
    Ok(())
}

/// Pushes the children of a branch page, in the order of their keys, and gives the end of its last
/// key. None when an element ends beyond the run.
pub(crate) fn branch_children(run: &[u8], count: u16, each: &mut dyn FnMut(u64)) -> Option<usize> {
    let mut behind = HEADER + usize::from(count) * ELEMENT;
    for n in 0..usize::from(count) {
        let at = HEADER + n * ELEMENT;
        let (pos, key_len) = (number(run, at)?, number(run, at + 4)?);
        let page = run.get(at + 8..)?.first_chunk().map(|n| u64::from_le_bytes(*n))?;
        let end = at + pos + key_len;
        if at + pos < behind || end > run.len() {
            return None;
        }
        behind = end;
        each(page);
    }
    (behind <= run.len()).then_some(behind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_page_is_read_or_refused(
            mut run in prop::collection::vec(any::<u8>(), 0..600), count: u16, small in 0u16..8, cut in 0usize..700
        ) {
            let mut elements = Vec::new();
            for count in [count, small] {
                if leaf_elements(&run, count, run.len() + cut, &mut elements).is_ok() {
                    let data: usize = elements.iter().map(|e| e.key(&run).len() + e.value(&run).len()).sum();
                    prop_assert!(data <= run.len());
                }
                let mut children = 0;
                branch_children(&run, count, &mut |_| children += 1);
                prop_assert!(children <= count);
            }
            run.fill(0);
            prop_assert_eq!(leaf_elements(&run, 3, run.len(), &mut elements).is_ok(), false);
        }
    }
}
