//! Reftables: refs and their logs in a stack of sorted tables, of which later ones win.
//!
//! Format: gitformat-reftable(5), versions 1 and 2. A table is read from its first block to its last;
//! the indexes in it, made for finding one name among many, are stepped over. A damaged table is read
//! up to where it is damaged.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use crate::files;
use crate::oid::{HashKind, Oid};
use crate::pack::{Inflater, Stored};

/// Largest table.
const MAX_TABLE: u64 = 1 << 30;
/// Largest list of tables.
const MAX_LIST: u64 = 1 << 20;
/// Logs of one table, inflated.
const MAX_LOGS: u64 = 256 << 20;
/// Names may take this many times the bytes that they are made of: each shares its beginning with the
/// one before.
const MAX_GROWTH: usize = 16;

/// What a ref is in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// No longer there.
    Deleted,
    /// The name of an object.
    Object(Oid),
    /// The name of another ref.
    Symbolic(Vec<u8>),
}

/// An entry of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The object before and the one after.
    pub objects: [Oid; 2],
    /// As it stands in a log that is a file, without the objects.
    pub line: Vec<u8>,
}

/// One table.
#[derive(Debug, Default)]
pub struct Table {
    /// Refs by name.
    pub refs: Vec<(Vec<u8>, Value)>,
    /// Entries of logs by name of the ref, zero byte, and number counted down; none for one that is gone.
    pub logs: Vec<(Vec<u8>, Option<Entry>)>,
    /// Whether all of it was read.
    pub whole: bool,
}

/// Inflates the stream in a range of the table to so many bytes, and says how many it took.
pub type Inflate<'a> = dyn FnMut(Range<usize>, usize) -> Option<(Vec<u8>, usize)> + 'a;

impl Table {
    /// Reads a table.
    pub fn read(bytes: &[u8], inflate: &mut Inflate<'_>) -> Self {
        let mut table = Self::default();
        table.whole = table.blocks(bytes, inflate).is_some();
        table
    }

    fn blocks(&mut self, bytes: &[u8], inflate: &mut Inflate<'_>) -> Option<()> {
        let mut head = Cursor(bytes);
        let (magic, version) = (head.take(4)?, head.number(1)?);
        let align = head.number(3)? as usize;
        head.take(16)?;
        let (first, footer, hash) = match version {
            1 => (24, 68, 20),
            2 => (28, 72, if head.take(4)? == b"s256" { 32 } else { 20 }),
            _ => return None,
        };
        let end = bytes.len().checked_sub(footer).filter(|end| *end >= first && magic == b"REFT")?;
        let (mut start, mut inflated) = (0, 0);
        while start < end {
            // The first block begins with the header of the table.
            let head = if start == 0 { first } else { 0 };
            if head == end {
                return Some(());
            }
            let mut block = Cursor(bytes.get(start + head..end)?);
            let (kind, len) = (block.number(1)?, block.number(3)? as usize);
            let content = len.checked_sub(head + 4)?;
            let data = start + head + 4;
            let next = match kind as u8 {
                b'g' => {
                    inflated += content as u64;
                    let (records, taken) =
                        if inflated > MAX_LOGS { None } else { inflate(data..end, content) }?;
                    self.records(&records, true, hash)?;
                    data + taken
                }
                b'r' => {
                    self.records(bytes.get(data..start + len)?, false, hash)?;
                    start + len
                }
                b'i' | b'o' => start + len,
                _ => return None,
            };
            // Zeros fill a block up to the next.
            start = if kind as u8 != b'g' && align > 0 && bytes.get(next).is_none_or(|byte| *byte == 0) {
                next.max(start + align)
            } else {
                next
            };
        }
        Some(())
    }

    /// The records of a block.
    fn records(&mut self, block: &[u8], logs: bool, hash: usize) -> Option<()> {
        // Behind them stands where names are written as a whole, and at how many places.
        let (rest, count) = block.split_last_chunk::<2>()?;
        let len = rest.len().checked_sub(3 * usize::from(u16::from_be_bytes(*count)))?;
        let mut cursor = Cursor(&rest[..len]);
        let (mut name, mut total) = (Vec::new(), 0);
        while !cursor.0.is_empty() {
            let shared = cursor.varint()?;
            let more = cursor.varint()?;
            (shared <= name.len() as u64).then_some(())?;
            name.truncate(shared as usize);
            name.extend_from_slice(cursor.take(usize::try_from(more >> 3).ok()?)?);
            total += name.len();
            (total <= block.len().saturating_mul(MAX_GROWTH)).then_some(())?;
            if logs {
                let entry = match more & 7 {
                    0 => None,
                    1 => Some(log(&mut cursor, hash)?),
                    _ => return None,
                };
                self.logs.push((name.clone(), entry));
            } else {
                cursor.varint()?;
                let value = match more & 7 {
                    0 => Value::Deleted,
                    1 => Value::Object(cursor.oid(hash)?),
                    2 => {
                        let value = Value::Object(cursor.oid(hash)?);
                        cursor.take(hash)?;
                        value
                    }
                    3 => Value::Symbolic(cursor.counted()?.to_vec()),
                    _ => return None,
                };
                self.refs.push((name.clone(), value));
            }
        }
        Some(())
    }
}

fn log(cursor: &mut Cursor<'_>, hash: usize) -> Option<Entry> {
    let objects = [cursor.oid(hash)?, cursor.oid(hash)?];
    let (name, address) = (cursor.counted()?, cursor.counted()?);
    let time = cursor.varint()?;
    let zone = cursor.take(2)?;
    let zone = i16::from_be_bytes([zone[0], zone[1]]);
    let message = cursor.counted()?;
    let mut line = Vec::new();
    line.extend_from_slice(name);
    line.extend_from_slice(b" <");
    line.extend_from_slice(address);
    line.extend_from_slice(format!("> {time} {zone:+05}\t").as_bytes());
    line.extend_from_slice(message.strip_suffix(b"\n").unwrap_or(message));
    Some(Entry { objects, line })
}

/// Bytes that are taken from the front.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, len: usize) -> Option<u64> {
        Some(self.take(len)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// As in gitformat-pack(5) for offsets.
    fn varint(&mut self) -> Option<u64> {
        let mut byte = self.number(1)?;
        let mut value = byte & 0x7f;
        while byte & 0x80 != 0 {
            byte = self.number(1)?;
            value = value.checked_add(1)?.checked_mul(128)? | byte & 0x7f;
        }
        Some(value)
    }

    /// Bytes behind how many they are.
    fn counted(&mut self) -> Option<&'a [u8]> {
        let len = self.varint()?;
        self.take(usize::try_from(len).ok()?)
    }

    fn oid(&mut self, hash: usize) -> Option<Oid> {
        Oid::new(self.take(hash)?)
    }
}

/// What a stack of tables says in the end.
#[derive(Debug, Default)]
pub(crate) struct Stack {
    pub(crate) refs: BTreeMap<Vec<u8>, Value>,
    /// Entries of logs, those of one ref from the newest to the oldest.
    pub(crate) logs: BTreeMap<Vec<u8>, Entry>,
    pub(crate) whole: bool,
}

/// The stack of tables of a git directory; `None` when it has none.
pub(crate) fn read(git_dir: &Path) -> Option<Stack> {
    let directory = git_dir.join("reftable");
    let list = files::read(&directory.join("tables.list"), MAX_LIST).ok()??;
    let mut stack = Stack { whole: true, ..Stack::default() };
    for line in list.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let name = std::str::from_utf8(line).ok().filter(|name| !name.contains('/'));
        let Some(table) = name.and_then(|name| table(&directory.join(name))) else {
            stack.whole = false;
            continue;
        };
        stack.whole &= table.whole;
        stack.refs.extend(table.refs);
        for (key, entry) in table.logs {
            match entry {
                Some(entry) => drop(stack.logs.insert(key, entry)),
                None => drop(stack.logs.remove(&key)),
            }
        }
    }
    stack.refs.retain(|_, value| *value != Value::Deleted);
    Some(stack)
}

fn table(path: &Path) -> Option<Table> {
    let bytes = files::read(path, MAX_TABLE).ok()??;
    let file = Stored::new(files::open(path).ok()?).ok()?;
    let mut inflater = Inflater::new();
    Some(Table::read(&bytes, &mut |at, size| {
        let mut out = Vec::new();
        let taken = inflater.exactly(&file, at.start as u64..at.end as u64, size as u64, &mut out).ok()?;
        Some((out, usize::try_from(taken).ok()?))
    }))
}

/// The object that a ref names, for what else cannot read tables: `HEAD`, a full name, or a short one by
/// the rules of gitrevisions(7).
pub(crate) fn find(git_dirs: [&Path; 2], name: &str, hash: HashKind) -> Option<Oid> {
    let [own, common] = git_dirs;
    let mut stack = read(common)?;
    if own != common {
        stack.refs.extend(read(own).unwrap_or_default().refs);
    }
    let candidates =
        ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"].map(|rule| rule.to_owned() + name);
    let known = |name: &String| stack.refs.contains_key(name.as_bytes());
    let mut name = candidates.into_iter().find(known).map(String::into_bytes)?;
    // Refs that name refs, as deep as git goes.
    for _ in 0..5 {
        match stack.refs.get(&name)? {
            Value::Object(oid) => return Some(*oid).filter(|oid| oid.as_bytes().len() == hash.len()),
            Value::Symbolic(next) => name.clone_from(next),
            Value::Deleted => return None,
        }
    }
    None
}
