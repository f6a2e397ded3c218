//! Pieces of documents that are known, so that a version of a large file costs what changed in it.
//!
//! Versions of a file share nearly all that they hold, and walking it takes far longer than
//! recognising it. So whoever reads many versions may ask for *pieces*: values below a mapping or in
//! a list, each as large as is worth a hash, and none inside of another. A piece's hash covers all
//! that its walk reads: the nodes with their places in the piece, the bytes that they stand for, and
//! what is known of it from around. Where the caller knows a piece, it gets the places of the piece's
//! fields and not the fields.
//!
//! Pieces are made only where a walk reads nothing else: in plain settings (the keys of objects mean
//! what their kind makes of them), without anchors, aliases and merge keys.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use sekisho_model::Field;

use crate::tree::{Kind, NodeId, Tree};
use crate::walk::Around;

/// Smallest piece, in bytes: below that a walk is as quick as a hash.
const MIN_LEN: usize = 128;
/// Largest collection that is one piece: an edit in it makes all of it new.
const MAX_LEN: usize = 8 << 10;

/// The hashes of all that the walk of a piece reads: what it knows from around, which is mostly the same for
/// many, and what stands in it. They are made by [`Versions::hash`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PieceHash {
    about: u128,
    content: u128,
}

/// Where the content of a piece stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// All bytes that the hash depends on, in the source.
    pub range: Range<usize>,
    /// Its hash.
    hash: u128,
    /// What it is, so that it need not be read again.
    pub(crate) shape: Shape,
    /// Its fields if it was known with this around it, and nothing was to be told of it: nobody need be asked
    /// again.
    quiet: Option<(u128, Arc<FieldSpans>)>,
}

/// What the nodes of a content are, as far as it is asked without reading them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Of its first node, which all others stand in.
    pub(crate) kind: Kind,
    /// Length of that node, in bytes.
    pub(crate) len: u32,
    /// How many nodes it is.
    pub(crate) nodes: u32,
    /// How deep collections are nested in it, itself counted.
    pub(crate) depth: u32,
}

/// What whoever reads many versions knows.
pub trait Versions {
    /// A hash of some texts: nobody can write others that have the same.
    fn hash(&self, texts: &[&[u8]]) -> u128;

    /// What is known of a piece.
    fn piece(&self, piece: PieceHash) -> Option<Arc<FieldSpans>>;

    /// The content of JSON that begins at `start`, if the very same bytes stood in another version: what
    /// a value that begins there is, is then the same. Asked for in order.
    fn content(&self, start: usize) -> Option<Content>;

    /// Told where contents of JSON stand, in order.
    fn note(&self, content: Content);
}

/// A piece that was walked: its fields are among those of its object.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Its hash.
    pub hash: PieceHash,
    /// Its bytes in the source.
    pub range: Range<usize>,
    /// How long the beginning is that the paths of all its fields have.
    pub path_len: usize,
    /// Bytes handed out for it, but for the beginning of the paths that they all have.
    pub(crate) cost: usize,
}

/// A piece that was not walked because it is known.
#[derive(Debug, Clone)]
pub struct KnownPiece {
    /// Its hash.
    pub hash: PieceHash,
    /// Where it begins in the source.
    pub start: usize,
    /// What the paths of its fields begin with; asked for by [`FieldSpans::with_path`].
    pub path: String,
    /// Its fields.
    pub fields: Arc<FieldSpans>,
}

impl Piece {
    /// What there is to know of it, from the fields of its object.
    pub fn known(&self, fields: &[Field]) -> FieldSpans {
        let first = fields.partition_point(|field| field.span.start < self.range.start);
        let inside = fields[first..].iter().take_while(|field| field.span.start < self.range.end);
        FieldSpans { cost: self.cost, ..FieldSpans::new(self.range.start, inside.map(|field| &field.span)) }
    }
}

/// Where fields stand in a part of a file, in few bytes.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct FieldSpans {
    wants_path: bool,
    count: usize,
    cost: usize,
    /// Of each field how far it starts behind the one before, and its length: in groups of seven
    /// bits, the lowest first, and the eighth bit set where more follow.
    bytes: Box<[u8]>,
}

impl fmt::Debug for FieldSpans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter(0)).finish()
    }
}

impl FieldSpans {
    /// The spans in a part that begins at `base`, which must be in the order of their starts.
    pub fn new<'s>(base: usize, spans: impl Iterator<Item = &'s Range<usize>>) -> Self {
        let mut bytes = Vec::new();
        let (mut at, mut count) = (base, 0);
        for span in spans {
            put(&mut bytes, span.start.saturating_sub(at));
            put(&mut bytes, span.len());
            at = span.start;
            count += 1;
        }
        Self { wants_path: false, count, cost: 0, bytes: bytes.into_boxed_slice() }
    }

    /// The same; who meets the piece again wants to know at which path.
    #[must_use]
    pub fn with_path(self, wants_path: bool) -> Self {
        Self { wants_path, ..self }
    }

    /// Whether somebody wants to know at which path the piece is met again.
    pub fn wants_path(&self) -> bool {
        self.wants_path
    }

    /// The spans, where the part begins at `base`.
    pub fn iter(&self, base: usize) -> impl Iterator<Item = Range<usize>> {
        let mut rest = &*self.bytes;
        let mut at = base;
        std::iter::from_fn(move || {
            at += take(&mut rest)?;
            Some(at..at + take(&mut rest)?)
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Memory that it takes, in bytes, about.
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.bytes.len()
    }

    /// Bytes handed out for the fields, each under a path that begins with `path` bytes.
    pub(crate) fn cost(&self, path: usize) -> usize {
        self.cost.saturating_add(self.count.saturating_mul(path))
    }
}

fn put(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0;
    for shift in (0..usize::BITS).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(number)
}

/// What a walk knows of a piece from around.
pub(crate) struct About<'a> {
    /// How it was met, the key, the key above, and what else speaks for it.
    pub(crate) words: [&'a [u8]; 4],
    pub(crate) around: Around,
}

impl About<'_> {
    fn write(&self, bytes: &mut Vec<u8>) {
        let Around { kind, role, sure } = self.around;
        bytes.extend([kind as u8, role.map_or(u8::MAX, |role| role as u8), u8::from(sure)]);
        for word in self.words {
            bytes.extend((word.len() as u64).to_le_bytes());
            bytes.extend(word);
        }
    }
}

/// The pieces of a document on its way.
pub(crate) struct Pieces<'r> {
    versions: &'r dyn Versions,
    /// Whether a piece is being walked.
    inside: bool,
    /// What was known from around of the piece before, and its hash.
    about: Option<(Vec<u8>, u128)>,
    /// What is about to be hashed.
    buffer: Vec<u8>,
    pub(crate) walked: Vec<Piece>,
    pub(crate) known: Vec<KnownPiece>,
}

impl<'r> Pieces<'r> {
    pub(crate) fn new(versions: &'r dyn Versions) -> Self {
        Self {
            versions,
            inside: false,
            about: None,
            buffer: Vec::new(),
            walked: Vec::new(),
            known: Vec::new(),
        }
    }

    /// The hash of a node, if it is a piece, and what is known of it.
    pub(crate) fn look(
        &mut self,
        tree: &Tree<'_>,
        id: NodeId,
        about: &About<'_>,
    ) -> Option<(PieceHash, Option<Arc<FieldSpans>>)> {
        let node = tree.node(id);
        let len = node.span().len();
        let fits = match node.kind {
            Kind::Scalar { .. } => len >= MIN_LEN,
            Kind::Map | Kind::Seq => (MIN_LEN..=MAX_LEN).contains(&len),
            _ => false,
        };
        if self.inside || !fits {
            return None;
        }
        if !tree.is_whole_json() {
            let hash = PieceHash { content: self.described(tree, id)?, about: self.about(about) };
            return Some((hash, self.versions.piece(hash)));
        }
        let mut content = self.content(tree, id)?;
        let hash = PieceHash { content: content.hash, about: self.about(about) };
        let quiet = content.quiet.take().filter(|(about, _)| *about == hash.about);
        let known = quiet.map(|(_, fields)| fields).or_else(|| self.versions.piece(hash));
        content.quiet =
            known.clone().filter(|fields| !fields.wants_path()).map(|fields| (hash.about, fields));
        self.versions.note(content);
        Some((hash, known))
    }

    fn about(&mut self, about: &About<'_>) -> u128 {
        let mut bytes = std::mem::take(&mut self.buffer);
        bytes.clear();
        about.write(&mut bytes);
        let (before, hash) = match self.about.take() {
            Some((before, hash)) if before == bytes => (before, hash),
            before => {
                let hash = self.versions.hash(&[&bytes]);
                (std::mem::replace(&mut bytes, before.unwrap_or_default().0), hash)
            }
        };
        self.buffer = bytes;
        self.about = Some((before, hash));
        hash
    }

    /// What stands in a node of JSON, which need not be hashed where it was copied.
    fn content(&mut self, tree: &Tree<'_>, id: NodeId) -> Option<Content> {
        let range = tree.described(id);
        let range = tree.base + range.start..tree.base + range.end;
        let same = |content: &Content| content.range == range && tree.has_shape(id, content.shape);
        if let Some(content) = self.versions.content(range.start).filter(same) {
            return Some(content);
        }
        Some(Content { range, hash: self.described(tree, id)?, shape: tree.shape(id), quiet: None })
    }

    /// The hash of what stands in a node.
    fn described(&mut self, tree: &Tree<'_>, id: NodeId) -> Option<u128> {
        self.buffer.clear();
        let [source, text] = tree.describe(id, &mut self.buffer)?;
        Some(self.versions.hash(&[&self.buffer, source, text]))
    }

    /// Begins a piece, or ends it.
    pub(crate) fn set_inside(&mut self, inside: bool) {
        self.inside = inside;
    }

    pub(crate) fn note(&mut self, piece: Piece) {
        self.walked.push(piece);
    }
}
