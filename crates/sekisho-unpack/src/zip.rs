//! zip (PKWARE APPNOTE), by its directory or front to back.
//!
//! The directory at the end is what programs believe, so an archive within the random-access cap
//! is read by it; what it forgets (members "deleted" by appending a new directory, archives glued
//! together) is then looked for between its entries. Without a usable directory (cut off, damaged,
//! or too large to hold) the local headers are walked front to back. Both ways end in the same
//! [`member`], whose decoders find the end of the data by themselves, so that wrong sizes cannot
//! hide anything. Entries that overlap are visited all the same: the budget bounds what that costs.

mod directory;
mod walk;

use std::io::Read;

use sekisho_secret::SecretBytes;

use crate::compress::{Content, Decode, Inflate, Stored, Zstd};
use crate::limits::Budget;
use crate::problem::Trouble;
use crate::source::Source;
use crate::visit::{Event, OnEvent, early_end, tell};

/// Signature of a local file header (APPNOTE 4.3.7).
const LOCAL: &[u8; 4] = b"PK\x03\x04";
/// Length of its fixed part.
const LOCAL_LEN: usize = 30;

/// See [`visit`](crate::visit()).
pub(crate) fn visit(source: &mut Source<'_>, budget: &Budget, on: OnEvent<'_>) {
    let cap = budget.limits().random_access;
    let whole = SecretBytes::new(source.up_to(cap));
    let mut whole = whole.expose_secret();
    if !source.at_end() {
        tell(source, budget, None, Some(Trouble::RandomAccess(cap)), on);
        walk::walk(&mut Source::new(&mut whole.chain(source)), budget, on);
    } else if let Some(directory) = directory::find(whole) {
        directory::visit(whole, &directory, budget, on);
    } else {
        // Where the bytes were cut off, that is the cause.
        let cut = source.failure().is_some() || budget.is_cut();
        let trouble = if cut { early_end(budget) } else { Some(Trouble::NoDirectory) };
        tell(source, budget, None, trouble, on);
        walk::walk(&mut Source::new(&mut whole), budget, on);
    }
}

/// How a member is stored, from either header.
#[derive(Debug, Clone, Copy)]
struct Storage {
    flags: u16,
    method: u16,
    /// Bytes of data and of content; `None` where a streamed local header leaves them open.
    sizes: Option<(u64, u64)>,
}

impl Storage {
    /// Bit 0 of the flags, or WinZip's AES, which has a method of its own.
    fn is_encrypted(self) -> bool {
        self.flags & 1 != 0 || self.method == 99
    }

    /// Reads flags, method and sizes, which stand in this order with other things between them:
    /// at 0, 2, 12 and 16 from the flags on (APPNOTE 4.3.7 and 4.3.12).
    fn read(header: &[u8], extra: &[u8]) -> Option<Self> {
        let (flags, method) = (u16_at(header, 0)?, u16_at(header, 2)?);
        let (compressed, size) = (u32_at(header, 12)?, u32_at(header, 16)?);
        let mut wide = zip64(extra).chunks_exact(8).map_while(|value| value.first_chunk());
        let mut widen = |value: u32| match value {
            u32::MAX => wide.next().map_or(u64::from(value), |bytes| u64::from_le_bytes(*bytes)),
            value => value.into(),
        };
        // In the zip64 field the content's size comes first (APPNOTE 4.5.3).
        let size = widen(size);
        let compressed = widen(compressed);
        let open = flags & 8 != 0 && compressed == 0;
        Some(Self { flags, method, sizes: (!open).then_some((compressed, size)) })
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// The zip64 field (id 1) among the extra fields, or nothing.
fn zip64(mut extra: &[u8]) -> &[u8] {
    while let (Some(id), Some(length)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        let Some((field, rest)) = extra[4..].split_at_checked(length.into()) else { break };
        if id == 1 {
            return field;
        }
        extra = rest;
    }
    &[]
}

/// A directory has a name that ends in a slash, and no data.
fn is_directory(name: &[u8], storage: Storage) -> bool {
    name.ends_with(b"/") && storage.sizes.is_some_and(|(compressed, _)| compressed == 0)
}

/// Hands out the member whose data begins at the source's position, and leaves the source behind
/// the data, as far as that is known. `false` when nothing more may be visited.
fn member(source: &mut Source<'_>, name: &[u8], storage: Storage, budget: &Budget, on: OnEvent<'_>) -> bool {
    if !budget.spend_entry() {
        tell(source, budget, Some(name), Some(Trouble::Entries(budget.limits().entries)), on);
        return false;
    }
    let start = source.position();
    let trouble = match (storage.is_encrypted(), storage.method, storage.sizes) {
        (true, _, _) => Some(Trouble::Encrypted),
        (_, 0, None) => content(name, &mut walk::Undeclared::new(source), storage, budget, on),
        (_, 0, Some((compressed, size))) => {
            let size = if compressed == 0 { size } else { compressed };
            content(name, &mut Stored::new(source, size), storage, budget, on)
        }
        (_, 8, _) => content(name, &mut Inflate::raw(source), storage, budget, on),
        (_, 93, _) => {
            let trouble =
                content(name, &mut Zstd::new(source, budget.limits().random_access), storage, budget, on);
            // The next thing in the archive.
            trouble.filter(|trouble| *trouble != Trouble::TrailingData)
        }
        (_, method, _) => Some(Trouble::UnsupportedMethod(method)),
    };
    tell(source, budget, Some(name), trouble, on);
    if let Some((compressed, _)) = storage.sizes {
        source.skip(compressed.saturating_sub(source.position() - start));
    }
    !matches!(trouble, Some(Trouble::Output(_)))
}

/// Hands out what `decoder` gives; gives back what was wrong with it.
fn content(
    name: &[u8],
    decoder: &mut dyn Decode,
    storage: Storage,
    budget: &Budget,
    on: OnEvent<'_>,
) -> Option<Trouble> {
    let start = decoder.position();
    let mut content = Content::new(decoder, budget);
    on(Event::Member { name, content: &mut content });
    if storage.sizes.is_none() {
        // Only the end of the data tells where the next member is.
        content.drain();
    }
    let whole = content.whole();
    content.finish().or_else(|| {
        let ((compressed, size), whole) = (storage.sizes?, whole?);
        let used = decoder.position() - start;
        (whole != size || used != compressed).then_some(Trouble::WrongSize)
    })
}
