//! Meta pages.

use crate::bbolt::page::HEADER;
use crate::read_at::Window;

/// First number of a meta (bbolt internal/common/types.go).
const MAGIC: u32 = 0xED0C_DAED;
/// The only version of the format.
const VERSION: u32 = 2;
/// Bytes of a meta without its checksum.
const SUMMED: usize = 56;
/// Bytes of a meta.
pub(crate) const META_LEN: usize = SUMMED + 8;

/// A freelist page id that means none is written: etcd's setting.
pub(crate) const NO_FREELIST: u64 = u64::MAX;

/// A valid meta.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) page_size: u32,
    /// Root page of the bucket of buckets.
    pub(crate) root: u64,
    /// Page of the freelist, or [`NO_FREELIST`].
    pub(crate) freelist: u64,
    /// The high-water mark: no page from here on was ever used.
    pub(crate) high_water: u64,
    /// Transaction id.
    pub(crate) txid: u64,
}

/// Both metas of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Metas {
    /// The one in force.
    pub(crate) newest: Meta,
    /// Which of page 0 and 1 is not valid.
    pub(crate) invalid: [bool; 2],
}

fn number(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |n| u64::from_le_bytes(*n))
}

fn short(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |n| u32::from_le_bytes(*n))
}

/// FNV-1a with 64 bits.
fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Meta {
    /// Reads the meta of a page from its first [`HEADER`] + [`META_LEN`] bytes.
    fn read(page: &[u8]) -> Option<Self> {
        let meta = page.get(HEADER..HEADER + META_LEN)?;
        let sound = short(meta, 0) == MAGIC
            && short(meta, 4) == VERSION
            && number(meta, SUMMED) == fnv(&meta[..SUMMED]);
        let page_size = short(meta, 8);
        (sound && page_size.is_power_of_two() && (512..=1 << 16).contains(&page_size)).then(|| Self {
            page_size,
            root: number(meta, 16),
            freelist: number(meta, 32),
            high_water: number(meta, 40),
            txid: number(meta, 48),
        })
    }
}

/// Whether a file begins as bbolt's do; `head` is its first kilobyte or more.
pub(crate) fn sniff(head: &[u8]) -> bool {
    short(head, HEADER) == MAGIC
}

/// The metas of a file, if at least one is valid. When page 0 is lost, page 1 is looked for behind
/// every page size (as bbolt does).
pub(crate) fn read_metas(window: &mut Window<'_>) -> Option<Metas> {
    let mut at = |offset: u64| Meta::read(window.get(offset, HEADER + META_LEN).ok()?);
    let first = at(0);
    let second = match first {
        Some(meta) => at(u64::from(meta.page_size)),
        None => (9..=16).find_map(|shift| at(1 << shift).filter(|meta| meta.page_size == 1 << shift)),
    };
    let second = second.filter(|meta| first.is_none_or(|first| first.page_size == meta.page_size));
    let newest = first.into_iter().chain(second).max_by_key(|meta| meta.txid)?;
    Some(Metas { newest, invalid: [first.is_none(), second.is_none()] })
}
