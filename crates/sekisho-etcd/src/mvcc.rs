//! etcd's multi-version store in the `key` bucket: revisions and the records under them.
//!
//! A record's key is `main` (8 bytes, big endian) `_` `sub` (8 bytes), with a `t` behind it for a
//! tombstone; its value is an `mvccpb.KeyValue` (api/mvccpb/kv.proto, server/storage/mvcc).

use crate::proto::varint;

/// A revision as the `key` bucket orders them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Revision {
    pub(crate) main: u64,
    pub(crate) is_tombstone: bool,
}

/// Bytes of a revision without the tombstone's mark.
pub(crate) const REVISION: usize = 17;

impl Revision {
    /// Reads a key of the bucket.
    pub(crate) fn read(key: &[u8]) -> Option<Self> {
        let is_tombstone = match key.get(REVISION..)? {
            [] => false,
            b"t" => true,
            _ => return None,
        };
        let main = u64::from_be_bytes(*key.first_chunk()?);
        (key[8] == b'_' && i64::try_from(main).is_ok()).then_some(Self { main, is_tombstone })
    }
}

/// Reads the revision that a compaction is noted with in the `meta` bucket.
pub(crate) fn noted_revision(value: &[u8]) -> Option<i64> {
    Revision::read(value).and_then(|revision| i64::try_from(revision.main).ok())
}

/// An `mvccpb.KeyValue` at the head of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyValue<'r> {
    pub(crate) key: &'r [u8],
    pub(crate) mod_revision: u64,
    pub(crate) value: &'r [u8],
    /// Where the value begins.
    pub(crate) value_at: usize,
    /// Whether the value ends before the bytes do.
    pub(crate) is_whole: bool,
    /// Where the message ends, as far as it is there.
    pub(crate) end: usize,
}

impl<'r> KeyValue<'r> {
    /// Reads a message that begins at the head of `bytes` and may be followed by anything, or be
    /// cut within its value. Fields come in rising order, as they are written.
    pub(crate) fn read_head(bytes: &'r [u8]) -> Option<Self> {
        let (key, mut at) = field(bytes, 0, 0x0a)?;
        let mut message = Self { key, mod_revision: 0, value: &[], value_at: at, is_whole: true, end: at };
        for tag in [0x10, 0x18, 0x20] {
            if bytes.get(at) == Some(&tag) {
                let (number, len) = varint(&bytes[at + 1..])?;
                at += 1 + len;
                if tag == 0x18 {
                    message.mod_revision = number;
                }
            }
        }
        if bytes.get(at) == Some(&0x2a) {
            let (len, len_len) = varint(&bytes[at + 1..])?;
            let len = usize::try_from(len).ok()?;
            message.value_at = at + 1 + len_len;
            at = message.value_at.checked_add(len)?;
            message.is_whole = at <= bytes.len();
            at = at.min(bytes.len());
            message.value = &bytes[message.value_at..at];
        }
        if message.is_whole && bytes.get(at) == Some(&0x30) {
            let (_, len) = varint(&bytes[at + 1..])?;
            at += 1 + len;
        }
        message.end = at;
        Some(message)
    }

    /// Reads a message that is all of `bytes`.
    pub(crate) fn read(bytes: &'r [u8]) -> Option<Self> {
        Self::read_head(bytes).filter(|message| message.is_whole && message.end == bytes.len())
    }

    /// Whether the message can stand under a revision.
    pub(crate) fn fits(&self, revision: Revision) -> bool {
        !self.key.is_empty()
            && if revision.is_tombstone { self.mod_revision == 0 } else { self.mod_revision == revision.main }
    }
}

/// A length-delimited field with this tag at `at`: its payload and its end.
pub(crate) fn field(bytes: &[u8], at: usize, tag: u8) -> Option<(&[u8], usize)> {
    if *bytes.get(at)? != tag {
        return None;
    }
    let (len, len_len) = varint(bytes.get(at + 1..)?)?;
    let start = at + 1 + len_len;
    let end = start.checked_add(usize::try_from(len).ok()?)?;
    Some((bytes.get(start..end)?, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions() {
        let key = [0, 0, 0, 0, 0, 0, 1, 2, b'_', 0, 0, 0, 0, 0, 0, 0, 3];
        assert_eq!(Revision::read(&key), Some(Revision { main: 258, is_tombstone: false }));
        let tombstone = [&key[..], b"t"].concat();
        assert_eq!(Revision::read(&tombstone), Some(Revision { main: 258, is_tombstone: true }));
        assert_eq!(Revision::read(&key[1..]), None);
        assert_eq!(Revision::read(&[&key[..], b"x"].concat()), None);
        assert_eq!(Revision::read(&[0xff; 17]), None);
    }

    #[test]
    fn a_record_is_read_whole_and_cut() {
        let bytes = b"\x0a\x02/a\x10\x05\x18\x07\x20\x01\x2a\x05value\x30\x09\0\0";
        let message = KeyValue::read_head(bytes).unwrap();
        assert_eq!((message.key, message.mod_revision, message.value), (&b"/a"[..], 7, &b"value"[..]));
        assert_eq!((message.value_at, message.end, message.is_whole), (12, 19, true));
        assert_eq!(KeyValue::read(bytes), None);
        assert_eq!(KeyValue::read(&bytes[..19]), Some(message));
        let cut = KeyValue::read_head(&bytes[..15]).unwrap();
        assert_eq!((cut.value, cut.is_whole, cut.end), (&b"val"[..], false, 15));
        assert!(message.fits(Revision { main: 7, is_tombstone: false }));
        assert!(!message.fits(Revision { main: 8, is_tombstone: false }));
        for len in 0..bytes.len() {
            let _ = KeyValue::read_head(&bytes[..len]);
        }
    }
}
