//! [`Oid`]: the name of an object.

use std::fmt;

/// The longest name: SHA-256.
const MAX_LEN: usize = 32;

/// The hash that a repository names its objects with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HashKind {
    /// SHA-1, 20 bytes.
    #[default]
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
}

impl HashKind {
    /// Bytes of a name.
    pub const fn len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// Always false; for those who ask.
    pub const fn is_empty(self) -> bool {
        false
    }

    /// What its computing is called.
    pub(crate) const fn of_gix(self) -> gix::hash::Kind {
        match self {
            Self::Sha1 => gix::hash::Kind::Sha1,
            Self::Sha256 => gix::hash::Kind::Sha256,
        }
    }

    /// The name of an object, computed from its content.
    pub(crate) fn name(self, kind: ObjectKind, content: &[u8]) -> Option<Oid> {
        let kind = match kind {
            ObjectKind::Commit => gix::objs::Kind::Commit,
            ObjectKind::Tree => gix::objs::Kind::Tree,
            ObjectKind::Blob => gix::objs::Kind::Blob,
            ObjectKind::Tag => gix::objs::Kind::Tag,
        };
        // Fails for a content that was made to collide (SHA-1 with collision detection).
        gix::objs::compute_hash(self.of_gix(), kind, content).ok().and_then(|id| Oid::new(id.as_bytes()))
    }
}

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// A commit.
    Commit,
    /// A directory.
    Tree,
    /// A file's content.
    Blob,
    /// An annotated tag.
    Tag,
}

impl ObjectKind {
    /// As loose objects and tags name it.
    pub(crate) fn from_word(word: &[u8]) -> Option<Self> {
        Some(match word {
            b"commit" => Self::Commit,
            b"tree" => Self::Tree,
            b"blob" => Self::Blob,
            b"tag" => Self::Tag,
            _ => return None,
        })
    }
}

/// The name of an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid {
    bytes: [u8; MAX_LEN],
    len: u8,
}

impl Oid {
    /// The name that is `bytes`, of 20 or 32 bytes.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        if !matches!(bytes.len(), 20 | 32) {
            return None;
        }
        let mut name = Self { bytes: [0; MAX_LEN], len: bytes.len() as u8 };
        name.bytes[..bytes.len()].copy_from_slice(bytes);
        Some(name)
    }

    /// The name that these hexadecimal digits write.
    pub fn from_hex(digits: &[u8]) -> Option<Self> {
        let digit = |byte: u8| char::from(byte).to_digit(16).map(|value| value as u8);
        let mut bytes = [0; MAX_LEN];
        if !matches!(digits.len(), 40 | 64) {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Self::new(&bytes[..digits.len() / 2])
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Whether it is all zeros: no object.
    pub fn is_null(&self) -> bool {
        self.bytes.iter().all(|byte| *byte == 0)
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// All objects of a repository by name. An object's number is its place among them.
#[derive(Debug, Default)]
pub struct Names {
    bytes: Vec<u8>,
    len: usize,
    /// Where the names that begin with each two bytes start.
    fan: Vec<u32>,
}

impl Names {
    /// From names in any order, with repetitions; each of `hash`'s length.
    pub(crate) fn new(mut lists: Vec<Vec<u8>>, hash: HashKind) -> Self {
        let len = hash.len();
        let bytes = if lists.len() == 1 && is_sorted(&lists[0], len) {
            std::mem::take(&mut lists[0])
        } else {
            let mut names: Vec<&[u8]> = lists.iter().flat_map(|list| list.chunks_exact(len)).collect();
            names.sort_unstable();
            names.dedup();
            names.concat()
        };
        let mut fan = vec![0; (1 << 16) + 1];
        for (number, name) in bytes.chunks_exact(len).enumerate() {
            fan[usize::from(u16::from_be_bytes([name[0], name[1]])) + 1] = number as u32 + 1;
        }
        for at in 1..fan.len() {
            fan[at] = fan[at].max(fan[at - 1]);
        }
        Self { bytes, len, fan }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.bytes.len().checked_div(self.len).unwrap_or(0)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Bytes of one name.
    pub(crate) fn hash_len(&self) -> usize {
        self.len
    }

    /// The number of an object.
    pub fn find(&self, name: &[u8]) -> Option<u32> {
        let [first, second, ..] = *name else { return None };
        if name.len() != self.len {
            return None;
        }
        let at = usize::from(u16::from_be_bytes([first, second]));
        let (mut low, mut high) = (*self.fan.get(at)? as usize, *self.fan.get(at + 1)? as usize);
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.bytes[middle * self.len..(middle + 1) * self.len].cmp(name) {
                std::cmp::Ordering::Equal => return Some(middle as u32),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The name of an object.
    pub fn name(&self, number: u32) -> Option<Oid> {
        let start = number as usize * self.len;
        Oid::new(self.bytes.get(start..start + self.len)?)
    }
}

/// Whether names stand in order, each once.
pub(crate) fn is_sorted(names: &[u8], len: usize) -> bool {
    names.chunks_exact(len).is_sorted_by(|a, b| a < b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_their_bytes() {
        let name = |n: u8| {
            let mut name = vec![n; 20];
            name[1] = 7;
            name
        };
        let lists = vec![[name(9), name(3)].concat(), [name(3), name(5)].concat()];
        let names = Names::new(lists, HashKind::Sha1);
        assert_eq!(names.len(), 3);
        for (number, first) in [3, 5, 9].into_iter().enumerate() {
            assert_eq!(names.find(&name(first)), Some(number as u32));
            assert_eq!(names.name(number as u32).unwrap().as_bytes(), name(first));
        }
        assert_eq!(names.find(&name(4)), None);
        assert_eq!(names.name(3), None);
        assert_eq!(Names::new(Vec::new(), HashKind::Sha256).find(&[0; 32]), None);
    }

    #[test]
    fn hexadecimal_both_ways_and_the_empty_blob() {
        let empty = HashKind::Sha1.name(ObjectKind::Blob, b"").unwrap();
        assert_eq!(empty.to_string(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(Oid::from_hex(empty.to_string().as_bytes()), Some(empty));
        let empty = HashKind::Sha256.name(ObjectKind::Blob, b"").unwrap();
        assert!(empty.to_string().starts_with("473a0f4c3be8a93681a267e3b1e9a7dc"));
        assert_eq!(Oid::from_hex(b"xy"), None);
    }
}
