//! tar, read front to back: ustar, pax (POSIX.1-2001), GNU and v7.
//!
//! Own reader, because hostile archives must neither make it hold a "long name" of a gigabyte nor
//! stop at the first damaged header: a header is found again at the next block whose checksum
//! holds. Links, devices and directories have no content and are passed over. Sparse files give
//! their stored parts, which is all the bytes there are.

use std::ops::Range;

use crate::compress::{Content, Stored};
use crate::limits::Budget;
use crate::problem::Trouble;
use crate::source::Source;
use crate::visit::{Event, OnEvent, early_end, tell};

const BLOCK: usize = 512;
/// Long names and pax records above this are passed over; Linux's longest path has 4 KiB.
const MAX_RECORDS: u64 = 1 << 20;

const NAME: Range<usize> = 0..100;
const SIZE: Range<usize> = 124..136;
const CHECKSUM: Range<usize> = 148..156;
const TYPE: usize = 156;
const MAGIC: Range<usize> = 257..265;
/// GNU sparse header: more map blocks follow this one.
const SPARSE_EXTENDED: usize = 482;
/// The same in such a block.
const SPARSE_EXTENDED_MORE: usize = 504;
const PREFIX: Range<usize> = 345..500;

type Block = [u8; BLOCK];

/// Whether a content begins with a tar header: one with a name and a right checksum.
pub(crate) fn is_header(head: &[u8]) -> bool {
    head.first_chunk::<BLOCK>().is_some_and(|block| block[0] != 0 && checksum_holds(block))
}

/// The sum over all bytes, its own field as spaces, signed as some old programs wrote it.
fn checksum_holds(block: &Block) -> bool {
    let Some(stored) = number(&block[CHECKSUM]) else { return false };
    let (mut unsigned, mut signed) = (0i64, 0i64);
    for (at, byte) in block.iter().enumerate() {
        let byte = if CHECKSUM.contains(&at) { b' ' } else { *byte };
        unsigned += i64::from(byte);
        signed += i64::from(byte.cast_signed());
    }
    i64::try_from(stored).is_ok_and(|stored| stored == unsigned || stored == signed)
}

/// A numeric field: octal digits, or base 256 with the first bit set (GNU). `None` for anything
/// else, negative numbers among them.
fn number(field: &[u8]) -> Option<u64> {
    if let [first, rest @ ..] = field
        && *first >= 0x80
    {
        return rest.iter().try_fold(u64::from(first & 0x7f), |value, byte| {
            (value >> 56 == 0).then(|| value << 8 | u64::from(*byte))
        });
    }
    let digits = field.trim_ascii_start();
    let end = digits.iter().position(|b| matches!(b, 0 | b' ')).unwrap_or(digits.len());
    digits[..end].iter().try_fold(0u64, |value, byte| {
        let digit = (b'0'..=b'7').contains(byte).then(|| u64::from(byte - b'0'))?;
        value.checked_mul(8)?.checked_add(digit)
    })
}

/// Size with the padding to whole blocks.
fn padded(size: u64) -> u64 {
    size.checked_next_multiple_of(BLOCK as u64).unwrap_or(u64::MAX)
}

/// A text field, up to its first zero.
fn text(field: &[u8]) -> &[u8] {
    field.split(|b| *b == 0).next().unwrap_or_default()
}

/// The name in the header itself.
fn short_name(block: &Block) -> Vec<u8> {
    // GNU's magic is `ustar  \0` and its header has other things where ustar has the prefix.
    let prefix = if &block[MAGIC] == b"ustar\x0000" { text(&block[PREFIX]) } else { b"" };
    let name = text(&block[NAME]);
    if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
}

/// What extended headers say of the next member.
#[derive(Default)]
struct Extended {
    name: Option<Vec<u8>>,
    size: Option<u64>,
}

impl Extended {
    /// Reads pax records: `length SP key=value LF`, the length counting all of the record.
    /// `None` where they are malformed.
    fn read_pax(&mut self, mut records: &[u8]) -> Option<()> {
        // GNU tar puts the real name of a sparse file beside a made-up `path`.
        let mut sparse_name = None;
        while !records.is_empty() && records[0] != 0 {
            let space = records.iter().take(20).position(|b| *b == b' ')?;
            let length: usize = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
            let (record, rest) = records.split_at_checked(length)?;
            let record = record.get(space + 1..)?.strip_suffix(b"\n")?;
            let equals = record.iter().position(|b| *b == b'=')?;
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            match key {
                b"path" => self.name = Some(value.to_vec()),
                b"GNU.sparse.name" => sparse_name = Some(value.to_vec()),
                b"size" => self.size = Some(std::str::from_utf8(value).ok()?.parse().ok()?),
                _ => {}
            }
            records = rest;
        }
        self.name = sparse_name.or(self.name.take());
        Some(())
    }
}

/// See [`visit`](crate::visit()).
pub(crate) fn visit(source: &mut Source<'_>, budget: &Budget, on: OnEvent<'_>) {
    Archive { source, budget, on, extended: Extended::default() }.read();
}

/// An archive being read.
struct Archive<'a, 'r> {
    source: &'a mut Source<'r>,
    budget: &'a Budget,
    on: OnEvent<'a>,
    extended: Extended,
}

impl Archive<'_, '_> {
    fn read(&mut self) {
        // Whether the last block was where it should be: one loss of step is one problem.
        let mut in_step = true;
        let mut end_seen = false;
        while let Some(block) = self.source.array::<BLOCK>() {
            if block.iter().all(|b| *b == 0) {
                // The end mark; another archive may follow it (`tar -i`).
                (in_step, end_seen) = (true, true);
                continue;
            }
            let Some(size) = number(&block[SIZE]).filter(|_| checksum_holds(&block)) else {
                // Behind the end mark stands padding, of whatever bytes.
                if in_step && !end_seen {
                    self.tell(None, Trouble::Malformed("tar header"));
                }
                in_step = false;
                continue;
            };
            (in_step, end_seen) = (true, false);
            if !self.header(&block, size) {
                return;
            }
        }
        if !end_seen {
            self.tell_early_end(None);
        }
    }

    /// Reads what a header announces; `false` when that was the end.
    fn header(&mut self, block: &Block, size: u64) -> bool {
        match block[TYPE] {
            // Links, devices, directories, FIFOs, volume labels: no content, whatever the size says.
            b'1'..=b'6' | b'V' => {
                self.extended = Extended::default();
                true
            }
            b'x' | b'X' | b'L' => self.records(block[TYPE], size),
            // Global records, long link names, GNU directory listings.
            b'g' | b'K' | b'D' => self.skip(padded(size)),
            b'S' => self.skip_sparse_map(block) && self.member(block, size),
            _ => self.member(block, size),
        }
    }

    /// Reads what an extended header says of the next member.
    fn records(&mut self, kind: u8, size: u64) -> bool {
        if size > MAX_RECORDS {
            self.tell(None, Trouble::Malformed("tar extended header"));
            return self.skip(padded(size));
        }
        let bytes = self.source.up_to(size);
        if (bytes.len() as u64) < size {
            return self.tell_early_end(None);
        }
        if kind == b'L' {
            self.extended.name = Some(text(&bytes).to_vec());
        } else if self.extended.read_pax(&bytes).is_none() {
            self.tell(None, Trouble::Malformed("tar extended header"));
        }
        self.skip(padded(size) - size)
    }

    /// Passes over the map blocks of a GNU sparse file, which stand before its stored parts.
    fn skip_sparse_map(&mut self, block: &Block) -> bool {
        let mut more = block[SPARSE_EXTENDED] != 0;
        while more {
            let Some(map) = self.source.array::<BLOCK>() else { return self.tell_early_end(None) };
            more = map[SPARSE_EXTENDED_MORE] != 0;
        }
        true
    }

    /// Hands one member out.
    fn member(&mut self, block: &Block, size: u64) -> bool {
        let Extended { name, size: real_size } = std::mem::take(&mut self.extended);
        let name = name.unwrap_or_else(|| short_name(block));
        let size = real_size.unwrap_or(size);
        // v7 had no type for directories.
        if size == 0 && name.ends_with(b"/") {
            return true;
        }
        if !self.budget.spend_entry() {
            self.tell(Some(&name), Trouble::Entries(self.budget.limits().entries));
            return false;
        }
        let mut stored = Stored::new(self.source, size);
        let mut content = Content::uncharged(&mut stored, self.budget);
        (self.on)(Event::Member { name: &name, content: &mut content });
        let trouble = content.finish();
        let left = stored.left();
        if let Some(trouble) = trouble {
            self.tell(Some(&name), trouble);
            return false;
        }
        if !self.source.skip(left) {
            return self.tell_early_end(Some(&name));
        }
        // The last member's padding may be missing; the loop will meet the end.
        self.source.skip(padded(size) - size);
        true
    }

    fn skip(&mut self, n: u64) -> bool {
        self.source.skip(n) || self.tell_early_end(None)
    }

    fn tell(&mut self, entry: Option<&[u8]>, trouble: Trouble) {
        tell(self.source, self.budget, entry, Some(trouble), self.on);
    }

    /// Always `false`: that was the end.
    fn tell_early_end(&mut self, entry: Option<&[u8]>) -> bool {
        tell(self.source, self.budget, entry, early_end(self.budget), self.on);
        false
    }
}
