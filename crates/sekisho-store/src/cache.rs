//! [`Cache`]: what a scan found out about contents, for the next scan of the same target.
//!
//! One file for each target and scope (engine, detectors, options: whatever changes an answer). It
//! holds entries that the caller makes, by the name of the content that they are about, and must
//! never be given a value or a fingerprint. The file lies where other programs of the user can write,
//! and an entry that says "nothing here" is worth forging; so each has a MAC under the estate key,
//! over the scope and the content's name too. What does not verify is not there: it costs a scan
//! and is counted, so that it can be told.
//!
//! The file is replaced as a whole: a scan that is killed leaves the old one.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use sekisho_secret::EstateKey;

use crate::error::StoreError;
use crate::private::write_private_with;

/// The file's first bytes.
const MAGIC: &[u8; 16] = b"sekisho cache 1\n";
/// Bytes of a MAC.
const SEAL: usize = 16;
/// A larger file is not read; it is made anew.
const MAX_FILE: u64 = 1 << 30;

/// `sekisho` in the user's directory of caches (`$XDG_CACHE_HOME`, else `~/.cache`).
///
/// # Errors
/// [`StoreError::NoConfigDir`].
pub fn cache_directory() -> Result<PathBuf, StoreError> {
    let base = etcetera::choose_base_strategy().map_err(|_| StoreError::NoConfigDir)?;
    Ok(base.cache_dir().join("sekisho"))
}

/// Entries of one target under one scope.
#[derive(Debug)]
pub struct Cache {
    path: PathBuf,
    scope: [u8; SEAL],
    /// The file: of a large history it is large, and stands in memory once.
    content: Vec<u8>,
    /// The entries in it that verify, by their names.
    entries: Vec<Stands>,
    refused: u64,
}

/// Where in the file the name of an entry and the entry behind it stand; the file is smaller than
/// [`MAX_FILE`].
#[derive(Debug, Clone, Copy)]
struct Stands {
    start: u32,
    id_len: u32,
    entry_len: u32,
}

impl Cache {
    /// Reads the entries of `target` in `directory`, as far as there are any of this scope and key.
    pub fn open(directory: &Path, target: &[u8], scope: &[&[u8]], key: &EstateKey) -> Self {
        let name = u128::from_be_bytes(key.seal(&[b"file", target]));
        let path = directory.join(format!("{name:032x}.cache"));
        let mut parts: Vec<&[u8]> = vec![b"scope", target];
        parts.extend(scope);
        let mut cache =
            Self { path, scope: key.seal(&parts), content: Vec::new(), entries: Vec::new(), refused: 0 };
        let regular = |there: &fs::Metadata| there.is_file() && there.len() <= MAX_FILE;
        if fs::symlink_metadata(&cache.path).is_ok_and(|there| regular(&there))
            && let Ok(content) = fs::read(&cache.path)
        {
            cache.read(content, key);
        }
        cache
    }

    /// Takes in the entries that verify, up to the first that cannot be told from its neighbours.
    fn read(&mut self, content: Vec<u8>, key: &EstateKey) {
        let head = content.strip_prefix(MAGIC).and_then(|rest| rest.split_first_chunk::<SEAL>());
        let Some((scope, mut rest)) = head else {
            self.refused += 1;
            return;
        };
        if *scope != self.scope {
            // Another engine's, or made with other options.
            return;
        }
        while !rest.is_empty() {
            let Some(record) = Record::first(rest) else {
                self.refused += 1;
                break;
            };
            if key.seal(&[b"entry", &self.scope, record.id, record.entry]) == record.seal {
                let start = content.len() - rest.len() + 2 * size_of::<u32>();
                let [start, id_len, entry_len] =
                    [start, record.id.len(), record.entry.len()].map(|n| n as u32);
                self.entries.push(Stands { start, id_len, entry_len });
            } else {
                self.refused += 1;
            }
            rest = record.rest;
        }
        self.content = content;
        let mut entries = std::mem::take(&mut self.entries);
        entries.sort_by(|a, b| self.id(*a).cmp(self.id(*b)));
        self.entries = entries;
    }

    fn id(&self, Stands { start, id_len, .. }: Stands) -> &[u8] {
        let start = start as usize;
        self.content.get(start..start + id_len as usize).unwrap_or_default()
    }

    /// Entries that did not verify, and were left out.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// What is known of the content of this name.
    pub fn entry(&self, id: &[u8]) -> Option<&[u8]> {
        self.numbered(self.find(id)?)
    }

    /// The number of the entry about the content of this name.
    pub fn find(&self, id: &[u8]) -> Option<usize> {
        self.entries.binary_search_by(|there| self.id(*there).cmp(id)).ok()
    }

    /// The entry of this number.
    pub fn numbered(&self, number: usize) -> Option<&[u8]> {
        let Stands { start, id_len, entry_len } = self.entries.get(number)?;
        let start = (start + id_len) as usize;
        self.content.get(start..start + *entry_len as usize)
    }

    /// Puts these entries in the place of all that are there, if they differ. Of a name without one
    /// that stays which is there.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::NotAFile`].
    pub fn replace(
        self,
        entries: &BTreeMap<Vec<u8>, Option<Vec<u8>>>,
        key: &EstateKey,
    ) -> Result<(), StoreError> {
        let stays = |(id, entry): (&Vec<u8>, &Option<Vec<u8>>)| {
            let there = self.entry(id);
            there.is_some() && entry.as_deref().is_none_or(|entry| there == Some(entry))
        };
        if self.refused == 0 && entries.len() == self.entries.len() && entries.iter().all(stays) {
            return Ok(());
        }
        if let Some(directory) = self.path.parent() {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
            made.map_err(StoreError::io("create the directory", directory))?;
        }
        write_private_with(&self.path, &mut |out| {
            out.write_all(MAGIC)?;
            out.write_all(&self.scope)?;
            let mut all = entries.iter().filter_map(|(id, entry)| {
                let entry = entry.as_deref().or_else(|| self.entry(id))?;
                Some((id, entry))
            });
            all.try_for_each(|(id, entry)| {
                out.write_all(&(id.len() as u32).to_le_bytes())?;
                out.write_all(&(entry.len() as u32).to_le_bytes())?;
                out.write_all(id)?;
                out.write_all(entry)?;
                out.write_all(&key.seal(&[b"entry", &self.scope, id, entry]))
            })
        })
    }
}

/// One entry as it is written.
struct Record<'a> {
    id: &'a [u8],
    entry: &'a [u8],
    seal: [u8; SEAL],
    /// What follows.
    rest: &'a [u8],
}

impl<'a> Record<'a> {
    /// The first of several.
    fn first(bytes: &'a [u8]) -> Option<Self> {
        let (id_len, rest) = bytes.split_first_chunk::<4>()?;
        let (entry_len, rest) = rest.split_first_chunk::<4>()?;
        let (id, rest) = rest.split_at_checked(u32::from_le_bytes(*id_len) as usize)?;
        let (entry, rest) = rest.split_at_checked(u32::from_le_bytes(*entry_len) as usize)?;
        let (seal, rest) = rest.split_first_chunk::<SEAL>()?;
        Some(Self { id, entry, seal: *seal, rest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: &str) -> EstateKey {
        EstateKey::from_hex(byte.repeat(32).replacen('0', "1", 1).as_bytes()).unwrap()
    }

    fn entries() -> BTreeMap<Vec<u8>, Option<Vec<u8>>> {
        [(b"one".to_vec(), Some(b"nothing".to_vec())), (b"two".to_vec(), Some(Vec::new()))].into()
    }

    fn only_file(directory: &Path) -> PathBuf {
        let mut files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
        let file = files.next().unwrap();
        assert!(files.next().is_none());
        file
    }

    #[test]
    fn what_is_written_is_read_under_the_same_key_and_scope_alone() {
        let scratch = tempfile::tempdir().unwrap();
        let directory = scratch.path().join("a/b");
        let open = |target: &[u8], scope: &[u8], key: &EstateKey| {
            Cache::open(&directory, target, &[b"1", scope], key)
        };
        let (ours, theirs) = (key("0a"), key("0b"));
        let empty = open(b"repo", b"x", &ours);
        assert_eq!((empty.entry(b"one"), empty.refused()), (None, 0));
        empty.replace(&entries(), &ours).unwrap();
        let full = open(b"repo", b"x", &ours);
        assert_eq!(full.entry(b"one"), Some(&b"nothing"[..]));
        assert_eq!(full.entry(b"two"), Some(&b""[..]));
        // One stays, one is new, one goes, and of one that is not there nothing can stay.
        let next = [(b"one".to_vec(), None), (b"six".to_vec(), Some(vec![6])), (b"ten".to_vec(), None)];
        full.replace(&next.into(), &ours).unwrap();
        let full = open(b"repo", b"x", &ours);
        let found = [&b"one"[..], b"six", b"ten", b"two"].map(|id| full.entry(id));
        assert_eq!(found, [Some(&b"nothing"[..]), Some(&[6]), None, None]);
        full.replace(&entries(), &ours).unwrap();
        for other in [open(b"repo", b"y", &ours), open(b"other", b"x", &ours), open(b"repo", b"x", &theirs)] {
            assert_eq!((other.entry(b"one"), other.refused()), (None, 0));
        }
    }

    #[test]
    fn every_byte_that_is_changed_costs_its_entry() {
        let scratch = tempfile::tempdir().unwrap();
        let key = key("0a");
        let open = || Cache::open(scratch.path(), b"repo", &[], &key);
        open().replace(&entries(), &key).unwrap();
        let file = only_file(scratch.path());
        let whole = fs::read(&file).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&file, &damaged).unwrap();
            let cache = open();
            let (one, two) = (cache.entry(b"one"), cache.entry(b"two"));
            assert!(one.is_none() || two.is_none(), "byte {at}");
            // All but the scope's own mark, which is another scope then.
            assert!(cache.refused() > 0 || (16..32).contains(&at), "byte {at}");
        }
        for len in 0..whole.len() {
            fs::write(&file, &whole[..len]).unwrap();
            assert!(open().entry(b"two").is_none(), "cut at {len}");
        }
    }
}
