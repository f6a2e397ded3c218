//! Encoded runs: what may hide a credential.

/// Longest run that is reported whole, in bytes.
///
/// A Kubernetes object cannot be larger than about this (etcd refuses requests over 1.5 MiB), so
/// every value of a cluster is decoded whole. Of a longer run the first part of this length is
/// reported, and [`Source::Run`](crate::Source::Run) says that it was cut.
pub const MAX_RUN_LEN: usize = 3 << 19;

/// How a run is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RunKind {
    /// RFC 4648 section 4, padded or not, possibly over several lines.
    Base64,
    /// RFC 4648 section 5, padded or not, possibly over several lines.
    Base64url,
    /// Hexadecimal digits, an even number of them.
    Hex,
    /// Percent-encoding, RFC 3986 section 2.1.
    Percent,
    /// The inside of a quoted string with backslash escapes (JSON, YAML, C and its heirs).
    Escaped,
}
