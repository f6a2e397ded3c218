//! [`Problem`]: what was not unpacked, or not whole, and why.

use std::fmt;
use std::io;

/// Something in a container that could not be looked at. It never holds content, only the name
/// of a member, which the reporter escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The archive member concerned, as its raw name; `None` for the container itself.
    pub entry: Option<Vec<u8>>,
    /// Where in the container's bytes it was noticed.
    pub offset: u64,
    /// What is wrong.
    pub trouble: Trouble,
}

impl fmt::Display for Problem {
    /// The trouble and its offset, without the member's name (that belongs to the place).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.trouble, self.offset)
    }
}

/// What can be wrong with a container or a member of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// The source of the bytes failed.
    #[error("reading failed: {0}")]
    Read(io::ErrorKind),
    /// The bytes end before the format says so; what was there has been visited.
    #[error("ends early")]
    Truncated,
    /// The bytes break the named part of the format.
    #[error("damaged: {0}")]
    Malformed(&'static str),
    /// A checksum is wrong; the content has been visited nevertheless.
    #[error("checksum does not match")]
    Checksum,
    /// A size in a header is not that of the content, which has been visited nevertheless.
    #[error("size does not match its header")]
    WrongSize,
    /// Bytes of no known meaning follow the end of the format.
    #[error("unknown bytes follow the end")]
    TrailingData,
    /// A member shares its bytes with another one and was not visited again.
    #[error("overlaps another entry")]
    Overlap,
    /// Encrypted: only its name is known.
    #[error("encrypted")]
    Encrypted,
    /// A zip compression method that is not read.
    #[error("compression method {0} is not supported")]
    UnsupportedMethod(u16),
    /// A container format that is recognised and not read.
    #[error("{0} is not supported")]
    UnsupportedFormat(&'static str),
    /// A decompressor asks for more memory than allowed.
    #[error("needs a window of more than {0} bytes")]
    Window(u64),
    /// Too many layers; see [`Limits::depth`](crate::Limits::depth).
    #[error("more than {0} layers deep")]
    Depth(u32),
    /// Too much output; see [`Limits::output`](crate::Limits::output).
    #[error("unpacks to more than {0} bytes")]
    Output(u64),
    /// A bomb; see [`Limits::ratio`](crate::Limits::ratio).
    #[error("unpacks to more than {0} times its size")]
    Ratio(u64),
    /// Too many members; see [`Limits::entries`](crate::Limits::entries).
    #[error("more than {0} entries")]
    Entries(u64),
    /// Too large for random access, so it was read front to back without its directory; see
    /// [`Limits::random_access`](crate::Limits::random_access).
    #[error("larger than {0} bytes: read front to back, without its directory")]
    RandomAccess(u64),
    /// An archive without a usable directory, read front to back.
    #[error("directory is missing or damaged: read front to back")]
    NoDirectory,
}
