//! [`Limits`]: how much one input may make the reader do.

/// Caps on what is read. Whatever lies beyond one is reported as a
/// [`ReadProblem`](crate::ReadProblem), never dropped in silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Size of one document, in bytes. At most [`Limits::MAX_DOCUMENT`].
    pub document: usize,
    /// Nodes (keys, scalars and collections) of one document.
    pub nodes: usize,
    /// Depth of nesting whose values are read; what lies deeper is skipped, not refused.
    /// At most [`Limits::MAX_DEPTH`], since objects are walked by recursion.
    pub depth: usize,
    /// Bytes of paths, keys and values handed out for one document: deep paths repeat their
    /// beginning in every field, so they can outgrow the document by far.
    pub output: usize,
}

impl Limits {
    /// The greatest [`document`](Self::document) that is honoured: offsets in a document are kept
    /// in 32 bits, and a decoded value may be longer than its source.
    pub const MAX_DOCUMENT: usize = 1 << 30;

    /// The greatest [`depth`](Self::depth) that is honoured.
    pub const MAX_DEPTH: usize = 256;
}

impl Default for Limits {
    /// 16 MiB documents (the API server takes 3 MiB and etcd 1.5 MiB per object, so only lists are
    /// larger), 2 million nodes, 128 levels, 256 MiB of output.
    fn default() -> Self {
        Self { document: 16 << 20, nodes: 2 << 20, depth: 128, output: 256 << 20 }
    }
}
