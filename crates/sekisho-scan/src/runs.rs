//! Encoded runs: what may hide a credential.
//!
//! A run is a maximal stretch of text in one encoding. It is reported when decoding it could show
//! something that the text itself does not, not whenever it could be decoded: most long words of
//! base64's alphabet are identifiers, paths and hashes, and a look at what the first bytes decode to
//! tells nearly all of them apart. Whoever gets a run decodes it and scans the result.
//!
//! Where a run starts, and whether it is reported, is a function of the bytes within [`BEFORE`] of
//! its start and [`AFTER`] from it, so that it is the same in every partition.
//!
//! The passes are cheap next to the prefilter: base64 and hexadecimal runs are long [`words`],
//! found by a bit for each eight bytes, the others by their `%` and `\`.

mod alphabet;
mod base64;
mod escaped;
mod percent;
mod plausible;
#[cfg(test)]
mod tests;
pub(crate) mod words;

use std::ops::Range;

/// Longest run that is reported whole, in bytes.
///
/// A Kubernetes object cannot be larger than about this (etcd refuses requests over 1.5 MiB), so
/// every value of a cluster is decoded whole. Of a longer run the first part of this length is
/// reported, and [`Source::Run`](crate::Source::Run) says that it was cut.
pub const MAX_RUN_LEN: usize = 3 << 19;

/// How far before the start of a run lies what decides about it.
pub(crate) const BEFORE: usize = max(base64::BEFORE, max(percent::BEFORE, escaped::BEFORE));
/// How far from the start of a run on lies what decides about it.
pub(crate) const AFTER: usize = MAX_RUN_LEN + max(base64::AFTER, max(percent::AFTER, escaped::AFTER));

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// How a run is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RunKind {
    /// RFC 4648 section 4, padded or not, possibly over several lines; 24 characters or more.
    Base64,
    /// RFC 4648 section 5, likewise.
    Base64url,
    /// Hexadecimal digits, an even number and 32 or more of them, possibly over several lines.
    Hex,
    /// Percent-encoding, RFC 3986 section 2.1, with two escapes or more.
    Percent,
    /// The inside of a quoted string with two backslash escapes or more (JSON, YAML, C and heirs).
    Escaped,
}

/// A run in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub kind: RunKind,
    /// It goes on behind `span`, which is as long as can be.
    pub cut: bool,
    pub span: Range<usize>,
    /// Every byte that the decision read.
    pub support: Range<usize>,
}

/// Appends every run whose support touches one of `seams` (in order, not overlapping), and perhaps
/// some more, and some twice.
pub(crate) fn find_around(text: &[u8], seams: &[Range<usize>], vectors: bool, out: &mut Vec<Run>) {
    base64::find_around(text, seams, vectors, out);
    percent::find_around(text, seams, out);
    escaped::find_around(text, seams, out);
}

/// For each of `seams` the part of the text in which the runs start that touch it: from `back` of its
/// beginning to `ahead` of its end. Parts that overlap become one.
fn parts(
    seams: &[Range<usize>],
    ahead: impl Fn(usize) -> usize,
    back: impl Fn(usize, usize) -> usize,
) -> Vec<Range<usize>> {
    let mut parts: Vec<Range<usize>> = Vec::with_capacity(seams.len());
    for seam in seams {
        let end = ahead(seam.end);
        // What another part covers already need not be gone through again.
        let floor = parts.last().map_or(0, |part| part.end);
        let start = back(seam.start, floor);
        match parts.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => parts.push(start..end),
        }
    }
    parts
}

/// Appends the runs that start in `own`, and perhaps some that start elsewhere.
pub(crate) fn find(text: &[u8], own: Range<usize>, vectors: bool, out: &mut Vec<Run>) {
    base64::find(text, own.clone(), vectors, out);
    percent::find(text, own.clone(), out);
    escaped::find(text, own, out);
}
