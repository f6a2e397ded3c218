//! The central directory (APPNOTE 4.3.12 to 4.3.16) of an archive held in memory.

use std::ops::Range;

use super::{LOCAL, LOCAL_LEN, Storage, is_directory, member, u16_at, u32_at, u64_at, walk, zip64};
use crate::limits::Budget;
use crate::problem::{Problem, Trouble};
use crate::source::Source;
use crate::visit::{Event, OnEvent};

const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const CENTRAL_LEN: usize = 46;
const END: &[u8; 4] = b"PK\x05\x06";
const END_LEN: usize = 22;
const END64: &[u8; 4] = b"PK\x06\x06";
const LOCATOR64: &[u8; 4] = b"PK\x06\x07";
const LOCATOR64_LEN: usize = 20;
/// An archive comment has at most so many bytes.
const MAX_COMMENT: usize = 0xffff;

/// Where the directory is, and how far everything stands behind where it says it does: the length
/// of a script or program in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Directory {
    range: Range<usize>,
    shift: usize,
}

/// Finds the directory by the end record, the last one that leads to a directory. One that the
/// bytes do not end with must at least agree with where things stand: in an archive that was cut
/// off, it may be that of another archive inside.
pub(super) fn find(whole: &[u8]) -> Option<Directory> {
    let from = whole.len().saturating_sub(END_LEN + MAX_COMMENT);
    memchr::memmem::rfind_iter(&whole[from..], END).find_map(|at| {
        let at = from + at;
        let comment = whole.get(at..).and_then(|record| u16_at(record, 20));
        let at_end = comment.is_some_and(|length| at + END_LEN + usize::from(length) == whole.len());
        at_end_record(whole, at).filter(|directory| at_end || directory.shift == 0)
    })
}

/// The directory that the end record at `end` leads to.
fn at_end_record(whole: &[u8], end: usize) -> Option<Directory> {
    let record = whole.get(end..end + END_LEN)?;
    let mut behind = end;
    let mut size = u64::from(u32_at(record, 12)?);
    let mut offset = u64::from(u32_at(record, 16)?);
    if let Some((at, size64, offset64)) = at_locator64(whole, end) {
        (behind, size, offset) = (at, size64, offset64);
    }
    let (size, offset) = (usize::try_from(size).ok()?, usize::try_from(offset).ok()?);
    if size == 0 {
        return Some(Directory { range: behind..behind, shift: behind.checked_sub(offset)? });
    }
    // It stands just before the end record, wherever it says that it stands; should something
    // have been put between them, then where it says.
    let start = behind.checked_sub(size).filter(|start| offset <= *start && is_central(whole, *start));
    let start = start.or_else(|| (offset < behind && is_central(whole, offset)).then_some(offset))?;
    Some(Directory { range: start..behind, shift: start - offset })
}

/// The zip64 end record before the end record at `end`: its place, the directory's size and offset.
fn at_locator64(whole: &[u8], end: usize) -> Option<(usize, u64, u64)> {
    let locator_at = end.checked_sub(LOCATOR64_LEN)?;
    let locator = &whole[locator_at..end];
    if !locator.starts_with(LOCATOR64) {
        return None;
    }
    let claimed = u64_at(locator, 8).and_then(|at| usize::try_from(at).ok());
    let usual = locator_at.checked_sub(56);
    let is_end64 = |at: &usize| whole.get(*at..).is_some_and(|record| record.starts_with(END64));
    let at = claimed.filter(is_end64).or(usual.filter(is_end64))?;
    let record = &whole[at..];
    Some((at, u64_at(record, 40)?, u64_at(record, 48)?))
}

fn is_central(whole: &[u8], at: usize) -> bool {
    whole.get(at..).is_some_and(|header| header.starts_with(CENTRAL))
}

/// One entry of the directory.
struct Entry<'a> {
    name: &'a [u8],
    storage: Storage,
    /// Where its local header stands.
    local: u64,
}

/// Reads the directory's header at `at`; gives the entry and where the next header stands.
fn entry(whole: &[u8], at: usize, shift: usize) -> Option<(Entry<'_>, usize)> {
    let header = whole.get(at..at.checked_add(CENTRAL_LEN)?)?;
    let lengths = [u16_at(header, 28)?, u16_at(header, 30)?, u16_at(header, 32)?].map(usize::from);
    let (name, rest) = whole[at + CENTRAL_LEN..].split_at_checked(lengths[0])?;
    let extra = rest.get(..lengths[1])?;
    let mut storage = Storage::read(&header[8..], extra)?;
    // What is open in a local header is said here, be it zero.
    storage.sizes = storage.sizes.or(Some((0, u64::from(u32_at(header, 24)?))));
    let mut local = u64::from(u32_at(header, 42)?);
    if local == u64::from(u32::MAX) {
        // The last of the zip64 values that are there (APPNOTE 4.5.3).
        let before = [24, 20].into_iter().filter(|at| u32_at(header, *at) == Some(u32::MAX)).count();
        local = u64_at(zip64(extra), 8 * before).unwrap_or(local);
    }
    let local = local.saturating_add(shift as u64);
    Some((Entry { name, storage, local }, at + CENTRAL_LEN + lengths.iter().sum::<usize>()))
}

/// Visits the directory's entries in the order of their data, and what lies between them.
pub(super) fn visit(whole: &[u8], directory: &Directory, budget: &Budget, on: OnEvent<'_>) {
    let problem = |on: OnEvent<'_>, name: Option<&[u8]>, at: usize, trouble: Trouble| {
        on(Event::Problem(Problem { entry: name.map(<[u8]>::to_vec), offset: at as u64, trouble }));
    };
    let mut entries = Vec::new();
    let mut at = directory.range.start;
    while at < directory.range.end && (entries.len() as u64) <= budget.limits().entries {
        if !is_central(whole, at) {
            problem(on, None, at, Trouble::Malformed("zip directory"));
            break;
        }
        let Some((entry, next)) = entry(whole, at, directory.shift) else {
            problem(on, None, at, Trouble::Malformed("zip directory"));
            break;
        };
        entries.push(entry);
        at = next;
    }
    entries.sort_by_key(|entry| entry.local);

    // Up to here everything has been visited.
    let mut covered = 0;
    let mut overlap_told = false;
    for Entry { name, storage, local } in entries {
        let local = usize::try_from(local).unwrap_or(usize::MAX);
        let header = local.checked_add(LOCAL_LEN).and_then(|end| whole.get(local..end));
        let Some(header) = header.filter(|header| header.starts_with(LOCAL)) else {
            problem(on, Some(name), local, Trouble::Malformed("zip local header"));
            continue;
        };
        if local < covered {
            if !std::mem::replace(&mut overlap_told, true) {
                problem(on, Some(name), local, Trouble::Overlap);
            }
        } else if !gap(whole, covered..local, budget, on) {
            return;
        }
        let lengths = [u16_at(header, 26), u16_at(header, 28)].map(|n| usize::from(n.unwrap_or(0)));
        let data = (local + LOCAL_LEN + lengths[0] + lengths[1]).min(whole.len());
        let mut end = data;
        if !is_directory(name, storage) {
            let mut bytes = &whole[data..];
            let mut source = Source::at(&mut bytes, data as u64);
            if !member(&mut source, name, storage, budget, on) {
                return;
            }
            end = source.position() as usize;
        }
        covered = covered.max(end);
    }
    let before = covered.min(directory.range.start)..directory.range.start;
    let behind = directory.range.end.max(covered)..whole.len();
    let _ = gap(whole, before, budget, on) && gap(whole, behind, budget, on);
}

/// Visits what the directory forgot. `false` when nothing more may be visited.
fn gap(whole: &[u8], range: Range<usize>, budget: &Budget, on: OnEvent<'_>) -> bool {
    let start = range.start as u64;
    let mut bytes = &whole[range];
    if memchr::memmem::find(bytes, LOCAL).is_none() {
        return true;
    }
    walk::walk(&mut Source::at(&mut bytes, start), budget, on)
}
