//! Pack indexes: which object starts where.

use super::Stored;
use crate::oid::{HashKind, is_sorted};

/// Marks version 2 and later.
const MAGIC: [u8; 4] = [0xff, b't', b'O', b'c'];
const FAN: usize = 256;
/// The bit of an offset that makes it a number in the table of long ones.
const LONG: u32 = 1 << 31;

/// Why a file is no index of a pack. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdxError {
    /// Not of the format, cut off, or out of order.
    #[error("not an index of a pack, or a damaged one")]
    Malformed,
    /// A version after 2.
    #[error("an index of a pack in a version that is not known")]
    Version,
}

/// The objects of a pack, in the order of their names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PackIndex {
    /// Names, one behind the other.
    pub names: Vec<u8>,
    /// Where each of them starts in the pack.
    pub offsets: Vec<u64>,
}

impl PackIndex {
    /// Reads an index that is there as a whole.
    ///
    /// # Errors
    /// [`IdxError`].
    pub fn parse(bytes: &[u8], hash: HashKind) -> Result<Self, IdxError> {
        let at = |offset: u64, len: usize| {
            let start = usize::try_from(offset).ok()?;
            bytes.get(start..start.checked_add(len)?).map(<[u8]>::to_vec)
        };
        read(&at, bytes.len() as u64, hash)
    }

    /// Reads an index by parts: what is not needed is not read.
    pub(crate) fn open(file: &Stored, hash: HashKind) -> Result<Self, IdxError> {
        read(&|offset, len| file.exactly(offset, len), file.len, hash)
    }
}

fn word(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

fn read(at: &dyn Fn(u64, usize) -> Option<Vec<u8>>, len: u64, hash: HashKind) -> Result<PackIndex, IdxError> {
    let get = |offset: u64, len: usize| at(offset, len).ok_or(IdxError::Malformed);
    let head = get(0, 8)?;
    let version = if head[..4] == MAGIC { word(&head[4..]) } else { 1 };
    let fan_at = match version {
        1 => 0,
        2 => 8,
        _ => return Err(IdxError::Version),
    };
    let fan = get(fan_at, 4 * FAN)?;
    let fan: Vec<u32> = fan.chunks_exact(4).map(word).collect();
    let count = fan[FAN - 1] as usize;
    let table = fan_at + 4 * FAN as u64;
    // Every object takes a name and an offset at least, so the count cannot lie about memory.
    let least = (count as u64).saturating_mul(hash.len() as u64 + 4);
    if !fan.is_sorted() || least > len.saturating_sub(table) {
        return Err(IdxError::Malformed);
    }
    let index = if version == 1 {
        let rows = get(table, count * (4 + hash.len()))?;
        let rows = || rows.chunks_exact(4 + hash.len());
        PackIndex {
            names: rows().flat_map(|row| &row[4..]).copied().collect(),
            offsets: rows().map(|row| u64::from(word(row))).collect(),
        }
    } else {
        let names = get(table, count * hash.len())?;
        // The checksums of the packed bytes stand between.
        let short_at = table + (count * (hash.len() + 4)) as u64;
        let short = get(short_at, 4 * count)?;
        let longs = short.chunks_exact(4).filter(|offset| word(offset) & LONG != 0).count();
        let long = get(short_at + 4 * count as u64, 8 * longs)?;
        let offset = |short: &[u8]| match word(short) {
            short if short & LONG == 0 => Ok(u64::from(short)),
            number => {
                let start = 8 * (number & !LONG) as usize;
                let bytes = long.get(start..).and_then(<[u8]>::first_chunk);
                bytes.map(|bytes| u64::from_be_bytes(*bytes)).ok_or(IdxError::Malformed)
            }
        };
        let offsets = short.chunks_exact(4).map(offset).collect::<Result<_, _>>()?;
        PackIndex { names, offsets }
    };
    let mut counted = 0;
    let fan_holds = fan.iter().enumerate().all(|(first, end)| {
        let names = index.names.chunks_exact(hash.len()).skip(counted);
        counted += names.take_while(|name| usize::from(name[0]) == first).count();
        counted == *end as usize
    });
    if fan_holds && is_sorted(&index.names, hash.len()) { Ok(index) } else { Err(IdxError::Malformed) }
}
