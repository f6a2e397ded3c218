//! The index: which paths are tracked.
//!
//! Format: gitformat-index(5), versions 2 to 4, SHA-1 and SHA-256, split and sparse. Only the paths
//! and the names of what is staged there are taken. Written here rather than taken from a library because the file belongs to a target
//! that is not trusted: it must not be mapped, and every length in it is checked against what is
//! there. The checksum is not verified; a wrong index can only give wrong labels.

use std::collections::HashMap;
use std::ops::Range;

use crate::oid::Oid;

/// The longest path in an index, in bytes (`PATH_MAX` of Linux).
const MAX_PATH: usize = 4096;

/// Paths may take this many times the bytes of the file: version 4 shortens each by what it shares
/// with the one before, so a small file can hold very many long paths.
const MAX_GROWTH: usize = 16;

/// Mode of a directory in a sparse index.
const SPARSE_DIRECTORY: u32 = 0o040_000;

/// Mode of the commit of a submodule.
const SUBMODULE: u32 = 0o160_000;

/// Bits of an entry's flags: the extended flags follow; the length of its name.
const EXTENDED: u16 = 0x4000;
const NAME_LENGTH: usize = 0x0fff;
/// The bit of the extended flags for a file of which nothing is staged but that it will be.
const INTENT_TO_ADD: u64 = 0x2000;

/// Why bytes are no index. Holds nothing of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// Not of the format, or cut off.
    #[error("not an index of git, or a damaged one")]
    Malformed,
    /// A version after 4.
    #[error("an index of a version that is not known")]
    Version,
    /// Its paths take more memory than any real index.
    #[error("an index whose paths are too long")]
    TooLarge,
}

/// The paths of one index file.
#[derive(Debug, Default)]
pub struct IndexFile {
    paths: Vec<Box<[u8]>>,
    /// What is staged at each; nothing that is kept here for a submodule, or for what will be added.
    objects: Vec<Option<Oid>>,
    shared: Option<SharedIndex>,
    folders: HashMap<Box<[u8]>, Oid>,
}

/// Where the rest of a split index is.
#[derive(Debug)]
pub struct SharedIndex {
    /// The file's name, beside the index.
    pub file_name: String,
    /// Which of its entries are gone, by their position; in order.
    deleted: Vec<Range<usize>>,
    /// Which are replaced: by the entries of the index that have no path, one after the other.
    replaced: Vec<Range<usize>>,
}

/// The tracked paths of a work tree.
#[derive(Debug, Default)]
pub struct Index {
    /// Sorted; those of sparse directories end with a slash.
    paths: Vec<Box<[u8]>>,
    sparse: bool,
}

impl IndexFile {
    /// Reads an index file. Which hash it is made with is not written in it and is found by trying.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, IndexError> {
        match read(bytes, 20) {
            Err(IndexError::Malformed) => read(bytes, 32),
            result => result,
        }
    }

    /// Paths, and what is staged there. A path is empty where it stands in the shared index alone.
    fn staged(&self) -> impl Iterator<Item = (&[u8], Option<Oid>)> {
        self.paths.iter().map(|path| &**path).zip(self.objects.iter().copied())
    }

    /// The folders whose trees are known, as paths with a slash at the end (the root is empty), with
    /// their names: what is staged in one of these is what its tree holds.
    pub fn folders(&self) -> &HashMap<Box<[u8]>, Oid> {
        &self.folders
    }

    /// All that is staged, in this file and in the shared one that it needs, in no order: blobs, and
    /// directories of a sparse index (their paths end with a slash).
    pub fn entries<'a>(&'a self, shared: Option<&'a Self>) -> Vec<(&'a [u8], Oid)> {
        let is_in = |runs: &[Range<usize>], at: usize| {
            let next = runs.partition_point(|run| run.end <= at);
            runs.get(next).is_some_and(|run| run.contains(&at))
        };
        let (named, unnamed): (Vec<_>, Vec<_>) = self.staged().partition(|(path, _)| !path.is_empty());
        let mut all = named;
        if let (Some(link), Some(shared)) = (&self.shared, shared) {
            let mut replacements = unnamed.into_iter().map(|(_, object)| object);
            for (at, (path, object)) in shared.staged().enumerate() {
                if is_in(&link.replaced, at) {
                    all.extend(replacements.next().map(|object| (path, object)));
                } else if !is_in(&link.deleted, at) {
                    all.push((path, object));
                }
            }
        }
        all.into_iter().filter_map(|(path, object)| Some((path, object?))).collect()
    }

    /// Where the rest of it is, if it is split.
    pub fn shared(&self) -> Option<&SharedIndex> {
        self.shared.as_ref()
    }
}

impl Index {
    /// The index of these files: the index itself, and the shared one if it is split.
    pub fn new(index: IndexFile, shared: Option<IndexFile>) -> Self {
        let mut paths = index.paths;
        if let (Some(link), Some(shared)) = (index.shared, shared) {
            let gone = |at: usize| {
                let next = link.deleted.partition_point(|run| run.end <= at);
                link.deleted.get(next).is_some_and(|run| run.contains(&at))
            };
            paths.extend(
                shared.paths.into_iter().enumerate().filter(|(at, _)| !gone(*at)).map(|(_, path)| path),
            );
        }
        // Entries that replace a shared one have no name of their own; conflicts have several.
        paths.retain(|path| !path.is_empty());
        paths.sort_unstable();
        paths.dedup();
        let sparse = paths.iter().any(|path| path.ends_with(b"/"));
        Self { paths, sparse }
    }

    /// Whether `path`, relative to the work tree, is tracked.
    pub fn contains(&self, path: &[u8]) -> bool {
        let has = |path: &[u8]| self.paths.binary_search_by(|known| (**known).cmp(path)).is_ok();
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        has(path) || self.sparse && slashes.map(|(at, _)| &path[..=at]).any(has)
    }

    /// How many paths are tracked.
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }
}

/// Bytes that are taken from the front.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], IndexError> {
        let end = self.at.checked_add(len).ok_or(IndexError::Malformed)?;
        let taken = self.bytes.get(self.at..end).ok_or(IndexError::Malformed)?;
        self.at = end;
        Ok(taken)
    }

    fn number<const N: usize>(&mut self) -> Result<u64, IndexError> {
        Ok(self.take(N)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// Up to a zero byte, which is taken and left out.
    fn take_string(&mut self) -> Result<&'a [u8], IndexError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let rest = &rest[..rest.len().min(MAX_PATH + 1)];
        let len = rest.iter().position(|byte| *byte == 0).ok_or(IndexError::Malformed)?;
        self.at += len + 1;
        Ok(&rest[..len])
    }

    /// The number of version 4, as in gitformat-pack(5) for offsets.
    fn varint(&mut self) -> Result<usize, IndexError> {
        let mut byte = self.number::<1>()?;
        let mut value = byte & 0x7f;
        while byte & 0x80 != 0 {
            if value > MAX_PATH as u64 {
                return Err(IndexError::Malformed);
            }
            byte = self.number::<1>()?;
            value = (value + 1) << 7 | byte & 0x7f;
        }
        Ok(value as usize)
    }
}

/// Reads an index made with a hash of `hash_len` bytes.
fn read(bytes: &[u8], hash_len: usize) -> Result<IndexFile, IndexError> {
    // The file ends with a hash of all before it.
    let end = bytes.len().checked_sub(hash_len).ok_or(IndexError::Malformed)?;
    let mut cursor = Cursor { bytes: &bytes[..end], at: 0 };
    if cursor.take(4)? != b"DIRC" {
        return Err(IndexError::Malformed);
    }
    let version = cursor.number::<4>()?;
    if !(2..=4).contains(&version) {
        return Err(IndexError::Version);
    }
    let count = cursor.number::<4>()?;
    let mut file = IndexFile::default();
    let mut path: Vec<u8> = Vec::new();
    let mut total = 0;
    for _ in 0..count {
        let object = entry(&mut cursor, version, hash_len, &mut path)?;
        total += path.len();
        if total > bytes.len().saturating_mul(MAX_GROWTH) {
            return Err(IndexError::TooLarge);
        }
        file.paths.push(path.as_slice().into());
        file.objects.push(object);
    }
    while cursor.at < end {
        let name = cursor.take(4)?;
        let len = cursor.number::<4>()?;
        let extension = cursor.take(usize::try_from(len).map_err(|_| IndexError::Malformed)?)?;
        match name {
            b"link" => file.shared = shared(extension, hash_len)?,
            // Only a cache: without it every tree is read.
            b"TREE" if folders(extension, hash_len, &mut file.folders).is_err() => file.folders.clear(),
            _ => {}
        }
    }
    let sparse = file.paths.iter().zip(&file.objects).filter(|(path, _)| path.ends_with(b"/"));
    file.folders.extend(sparse.filter_map(|(path, object)| Some((path.clone(), (*object)?))));
    Ok(file)
}

/// Reads one entry; `path` holds the one before and then this one. What is staged is given back.
fn entry(
    cursor: &mut Cursor<'_>,
    version: u64,
    hash_len: usize,
    path: &mut Vec<u8>,
) -> Result<Option<Oid>, IndexError> {
    let start = cursor.at;
    // Times, device and inode; then the mode; then owner, size and object.
    cursor.take(24)?;
    let mode = cursor.number::<4>()? as u32;
    if !matches!(mode & 0o170_000, 0o100_000 | 0o120_000 | SUBMODULE | SPARSE_DIRECTORY) || mode > 0o177_777 {
        return Err(IndexError::Malformed);
    }
    cursor.take(12)?;
    let object = Oid::new(cursor.take(hash_len)?).ok_or(IndexError::Malformed)?;
    let flags = cursor.number::<2>()? as u16;
    let mut to_come = false;
    if flags & EXTENDED != 0 {
        if version < 3 {
            return Err(IndexError::Malformed);
        }
        to_come = cursor.number::<2>()? & INTENT_TO_ADD != 0;
    }
    if version == 4 {
        let keep = path.len().checked_sub(cursor.varint()?).ok_or(IndexError::Malformed)?;
        path.truncate(keep);
        path.extend_from_slice(cursor.take_string()?);
    } else {
        path.clear();
        path.extend_from_slice(cursor.take_string()?);
        // One to eight zero bytes fill the entry up to a multiple of eight; one is taken already.
        let fill = (cursor.at - start).next_multiple_of(8) - (cursor.at - start);
        if cursor.take(fill)?.iter().any(|byte| *byte != 0) {
            return Err(IndexError::Malformed);
        }
    }
    let told = usize::from(flags) & NAME_LENGTH;
    // A hash of the other length puts other bytes here: this is what tells them apart.
    if path.len() > MAX_PATH || told != path.len().min(NAME_LENGTH) {
        return Err(IndexError::Malformed);
    }
    if (mode == SPARSE_DIRECTORY) != path.ends_with(b"/") {
        return Err(IndexError::Malformed);
    }
    Ok(if to_come || mode == SUBMODULE { None } else { Some(object) })
}

/// The extension `link` of a split index: the shared file's hash, then (where it has any) bitmaps of
/// entries that are deleted and replaced.
fn shared(extension: &[u8], hash_len: usize) -> Result<Option<SharedIndex>, IndexError> {
    let mut cursor = Cursor { bytes: extension, at: 0 };
    let hash = cursor.take(hash_len)?;
    if hash.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let mut file_name = "sharedindex.".to_owned();
    for byte in hash {
        for digit in [byte >> 4, byte & 15] {
            file_name.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    let mut bits = || if cursor.at < extension.len() { bitmap(&mut cursor) } else { Ok(Vec::new()) };
    let (deleted, replaced) = (bits()?, bits()?);
    Ok(Some(SharedIndex { file_name, deleted, replaced }))
}

/// The extension `TREE`: folders in the order of a walk, each with its number of entries (below zero
/// if its tree is not known), its number of folders, and its tree.
fn folders(extension: &[u8], hash_len: usize, found: &mut HashMap<Box<[u8]>, Oid>) -> Result<(), IndexError> {
    let mut cursor = Cursor { bytes: extension, at: 0 };
    // Lengths of the paths that are open, and how many folders are still to come in each.
    let mut open: Vec<(usize, u64)> = Vec::new();
    let (mut path, mut total) = (Vec::new(), 0);
    while cursor.at < extension.len() {
        path.truncate(open.last().map_or(0, |(len, _)| *len));
        path.extend_from_slice(cursor.take_string()?);
        if !open.is_empty() {
            path.push(b'/');
        }
        total += path.len();
        if total > extension.len().saturating_mul(MAX_GROWTH) {
            return Err(IndexError::TooLarge);
        }
        let mut number = |end: u8| {
            let rest = extension.get(cursor.at..).unwrap_or_default();
            let len = rest.iter().take(12).position(|byte| *byte == end).ok_or(IndexError::Malformed)?;
            let digits = std::str::from_utf8(&rest[..len]).map_err(|_| IndexError::Malformed)?;
            cursor.at += len + 1;
            digits.parse::<i64>().map_err(|_| IndexError::Malformed)
        };
        let (entries, inner) = (number(b' ')?, number(b'\n')?);
        if entries >= 0 {
            let tree = Oid::new(cursor.take(hash_len)?).ok_or(IndexError::Malformed)?;
            found.insert(path.as_slice().into(), tree);
        }
        open.push((path.len(), u64::try_from(inner).map_err(|_| IndexError::Malformed)?));
        // A folder that is done counts in the one above.
        while let Some((_, 0)) = open.last() {
            open.pop();
            match open.last_mut() {
                Some((_, left)) => *left = left.saturating_sub(1),
                None => return Ok(()),
            }
        }
    }
    Ok(())
}

/// The set bits of a bitmap compressed as in EWAH: words that say how many words of equal bits
/// follow, and then how many literal ones.
fn bitmap(cursor: &mut Cursor<'_>) -> Result<Vec<Range<usize>>, IndexError> {
    cursor.take(4)?; // how many bits there are
    let mut words = cursor.number::<4>()?;
    let mut set: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    let mut push = |start: usize, len: usize| match set.last_mut() {
        Some(last) if last.end == start => last.end += len,
        _ => set.push(start..start + len),
    };
    while words > 0 {
        let marker = cursor.number::<8>()?;
        let run = 64 * (marker >> 1 & 0xffff_ffff) as usize;
        if marker & 1 == 1 && run > 0 {
            push(at, run);
        }
        at += run;
        let literals = marker >> 33;
        words = words.checked_sub(1 + literals).ok_or(IndexError::Malformed)?;
        for _ in 0..literals {
            let word = cursor.number::<8>()?;
            (0..64).filter(|bit| word >> bit & 1 == 1).for_each(|bit| push(at + bit, 1));
            at += 64;
        }
    }
    // The position of the last marker is of use to writers only.
    cursor.take(4)?;
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An index of version 4 whose entries are one byte longer each.
    fn growing(entries: u32) -> Vec<u8> {
        let mut bytes = b"DIRC\0\0\0\x04".to_vec();
        bytes.extend(entries.to_be_bytes());
        for len in 1..=entries {
            bytes.extend([0; 24]);
            bytes.extend(0o100_644_u32.to_be_bytes());
            bytes.extend([0; 32]);
            bytes.extend((len.min(0xfff) as u16).to_be_bytes());
            bytes.extend(b"\0x\0");
        }
        bytes.extend([0; 20]);
        bytes
    }

    #[test]
    fn paths_that_grow_out_of_nothing_are_bounded() {
        let index = Index::new(IndexFile::parse(&growing(1000)).unwrap(), None);
        assert_eq!(index.len(), 1000);
        assert!(index.contains(b"xxx") && !index.contains(b"xxy"));
        assert_eq!(IndexFile::parse(&growing(4000)).unwrap_err(), IndexError::TooLarge);
    }

    #[test]
    fn damaged_files_are_refused() {
        let whole = growing(3);
        for len in 0..whole.len() {
            assert!(IndexFile::parse(&whole[..len]).is_err(), "cut at {len}");
        }
        assert_eq!(IndexFile::parse(b"").unwrap_err(), IndexError::Malformed);
        let mut version = whole.clone();
        version[7] = 9;
        assert_eq!(IndexFile::parse(&version).unwrap_err(), IndexError::Version);
        let mut count = whole;
        count[8] = 0xff;
        assert_eq!(IndexFile::parse(&count).unwrap_err(), IndexError::Malformed);
    }

    fn read_bitmap(words: &[u64]) -> Result<Vec<Range<usize>>, IndexError> {
        let mut bytes = u32::MAX.to_be_bytes().to_vec();
        bytes.extend((words.len() as u32).to_be_bytes());
        bytes.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        bytes.extend([0; 4]);
        bitmap(&mut Cursor { bytes: &bytes, at: 0 })
    }

    #[test]
    fn bitmaps_are_runs_of_set_bits() {
        assert_eq!(read_bitmap(&[]), Ok(vec![]));
        assert_eq!(read_bitmap(&[2 << 1, 2 << 1 | 1, 1 << 33, 2]), Ok(vec![128..256, 257..258]));
        assert_eq!(read_bitmap(&[1 << 1 | 1 | 2 << 33, 0b1011, 1 << 63]), Ok(vec![0..66, 67..68, 191..192]));
        let endless = read_bitmap(&[0xffff_ffff << 1 | 1]).unwrap();
        assert_eq!((endless.len(), endless[0].end), (1, 64 * 0xffff_ffff));
        assert_eq!(read_bitmap(&[9 << 33, 0]), Err(IndexError::Malformed));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_will_do(bytes: Vec<u8>, at in 12_usize..300, byte: u8) {
            proptest::prop_assert!(IndexFile::parse(&bytes).is_err());
            let mut damaged = growing(4);
            let len = damaged.len();
            damaged[at % len] = byte;
            let entries = IndexFile::parse(&damaged).map_or(0, |file| Index::new(file, None).len());
            proptest::prop_assert!(entries <= 4);
        }
    }
}
