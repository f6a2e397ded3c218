//! The header of one entry of a pack.

use crate::oid::{ObjectKind, Oid};

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A whole object.
    Whole(ObjectKind),
    /// The difference from the entry that starts so many bytes before this one.
    Before(u64),
    /// The difference from the object of that name.
    Named(Oid),
}

/// The header of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What it is.
    pub kind: EntryKind,
    /// Bytes of what is behind the header, inflated: of a delta its instructions.
    pub size: u64,
    /// Bytes of the header.
    pub len: usize,
}

/// Longest header: ten bytes of size, and a name or ten bytes of distance.
pub(crate) const MAX_HEADER: usize = 10 + 32;

/// Reads the header at the start of `bytes` in a pack with names of `hash_len` bytes; `None` when
/// there is none, or when it is cut off.
pub fn entry_header(bytes: &[u8], hash_len: usize) -> Option<Header> {
    let first = *bytes.first()?;
    let mut size = u64::from(first & 15);
    let (mut at, mut shift, mut more) = (1, 4, first & 0x80 != 0);
    while more {
        let byte = *bytes.get(at)?;
        let bits = u64::from(byte & 0x7f);
        if shift > 60 || bits << shift >> shift != bits {
            return None;
        }
        size |= bits << shift;
        (at, shift, more) = (at + 1, shift + 7, byte & 0x80 != 0);
    }
    let kind = match first >> 4 & 7 {
        1 => EntryKind::Whole(ObjectKind::Commit),
        2 => EntryKind::Whole(ObjectKind::Tree),
        3 => EntryKind::Whole(ObjectKind::Blob),
        4 => EntryKind::Whole(ObjectKind::Tag),
        6 => {
            let mut byte = *bytes.get(at)?;
            let mut distance = u64::from(byte & 0x7f);
            at += 1;
            while byte & 0x80 != 0 {
                byte = *bytes.get(at)?;
                distance = distance.checked_add(1)?.checked_mul(128)? | u64::from(byte & 0x7f);
                at += 1;
            }
            EntryKind::Before(distance)
        }
        7 => {
            let name = Oid::new(bytes.get(at..at + hash_len)?)?;
            at += hash_len;
            EntryKind::Named(name)
        }
        _ => return None,
    };
    Some(Header { kind, size, len: at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_to_their_end_or_not_at_all() {
        let whole = entry_header(&[0x95, 0x0a, 1], 20).unwrap();
        assert_eq!(whole, Header { kind: EntryKind::Whole(ObjectKind::Commit), size: 0xa5, len: 2 });
        let before = entry_header(&[0x61, 0x81, 0x00], 20).unwrap();
        assert_eq!(before, Header { kind: EntryKind::Before(256), size: 1, len: 3 });
        let mut named = vec![0x72];
        named.extend([7; 32]);
        assert_eq!(entry_header(&named, 32).unwrap().len, 33);
        assert_eq!(entry_header(&named[..32], 32), None);
        assert_eq!(entry_header(&[0x00], 20), None, "kind 0");
        assert_eq!(entry_header(&[0x50], 20), None, "kind 5");
        assert_eq!(entry_header(&[0xbf; 40], 20), None, "a size of more than 64 bits");
        let mut far = vec![0x60];
        far.extend([0xff; 12]);
        assert_eq!(entry_header(&far, 20), None, "a distance of more than 64 bits");
    }
}
