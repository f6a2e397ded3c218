//! [`Memo`]: what was searched before, and what came of it.
//!
//! The versions of a manifest share nearly all their bytes, and searching them takes a hundred times
//! as long as recognising them. So it is remembered of whole documents, of pieces of large ones, of
//! single fields, of files in archives, of encoded runs and of candidates in other texts what was found
//! in them, nearly always nothing, and of what stands around edits which candidates there are. Each is
//! known by a hash of all that it depends on, under a key that comes from the estate's, so nobody can
//! write one that passes for another. With documents and pieces it is kept how they were read, and where
//! their fields stand: what a raw scan sees in those gives way. It holds fingerprints and no values.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use highway::{HighwayHash as _, HighwayHasher, Key};
use sekisho_detectors::{Context, PathKind};
use sekisho_kube::{FieldSpans, Manifest, Piece, PieceHash, ReadProblem};
use sekisho_model::Field;
use sekisho_scan::RunKind;
use sekisho_scan::delta::{Passage, Passages};
use sekisho_secret::EstateKey;

use crate::pending::Pending;

/// Parts with a lock of their own, for scans in many threads.
const PARTS: usize = 64;
/// Memory that things of each sort may take, in bytes, about.
const BUDGET: usize = 24 << 20;
/// What an entry takes beside its value: its hash, a pointer, and room to grow.
const ENTRY: usize = 48;

/// The hash of something.
type Hash = u128;

/// Tables need no hash of a hash, or of two.
#[derive(Default)]
struct Low(u64);

impl Hasher for Low {
    fn write(&mut self, _: &[u8]) {}

    fn write_u128(&mut self, hash: Hash) {
        self.0 ^= hash as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Hashes what is remembered.
struct Hashing(Key);

impl Hashing {
    /// Its key is a code of the estate's key over a name of its own.
    fn new(key: &EstateKey) -> Self {
        let halves = [0, 1].map(|half| key.seal(&[b"memo", &[half]]));
        let (words, _) = halves.as_flattened().as_chunks();
        let mut key = Key::default();
        key.0.iter_mut().zip(words).for_each(|(to, word)| *to = u64::from_le_bytes(*word));
        Self(key)
    }

    /// HighwayHash of parts, each but the last with its length.
    fn of(&self, parts: &[&[u8]], last: &[u8]) -> Hash {
        let mut hash = HighwayHasher::new(self.0);
        for part in parts {
            hash.append(&(part.len() as u64).to_le_bytes());
            hash.append(part);
        }
        hash.append(last);
        let [low, high] = hash.finalize128();
        Hash::from(high) << 64 | Hash::from(low)
    }
}

/// A field of an object; of a Secret also with its type.
#[derive(Clone, Copy)]
pub(crate) struct FieldHash(Hash);

impl FieldHash {
    pub(crate) fn new(memo: &Memo, field: &Field, secret_type: Option<&str>) -> Self {
        let secret_type = secret_type.unwrap_or_default();
        let about = [&[field.kind as u8, field.role as u8], secret_type.as_bytes(), field.key.as_bytes()];
        Self(memo.hashing.of(&about, field.value.expose_secret()))
    }
}

/// A document of a file of some name, which tells some documents apart.
#[derive(Clone, Copy)]
pub(crate) struct DocumentHash(Hash);

impl DocumentHash {
    pub(crate) fn new(memo: &Memo, document: &[u8], file: &str) -> Self {
        Self(memo.hashing.of(&[file.as_bytes()], document))
    }
}

/// A member of an archive: its bytes, its name and kind, and how deep in archives it lies.
#[derive(Clone, Copy)]
pub(crate) struct MemberHash(Hash);

impl MemberHash {
    pub(crate) fn new(memo: &Memo, member: &[u8], file: &str, kind: PathKind, depth: u32) -> Self {
        let about = [kind.form as u8, kind.setting as u8];
        Self(memo.hashing.of(&[&depth.to_le_bytes(), &about, file.as_bytes()], member))
    }
}

/// A candidate in a text that lies in nothing: the detector, the kind of file, and all that the verdict may
/// look at.
#[derive(Clone, Copy)]
pub(crate) struct CandidateHash(Hash);

impl CandidateHash {
    pub(crate) fn new(memo: &Memo, rule: usize, context: &Context<'_>) -> Self {
        let Context { text, whole, value, path } = context;
        let places = [rule, whole.start, whole.end, value.start, value.end].map(usize::to_le_bytes);
        let kind = [path.form as u8, path.setting as u8];
        Self(memo.hashing.of(&[places.as_flattened(), &kind], text))
    }
}

/// An encoded run in a text that lies in nothing.
#[derive(Clone, Copy)]
pub(crate) struct RunHash(Hash);

impl RunHash {
    pub(crate) fn new(memo: &Memo, kind: RunKind, run: &[u8]) -> Self {
        Self(memo.hashing.of(&[&[kind as u8]], run))
    }
}

/// A member or an encoded run that was searched before.
pub(crate) struct Member {
    /// How many objects it has.
    pub(crate) objects: u32,
    /// What of it was not read as it stands.
    pub(crate) troubles: Box<[ReadProblem]>,
    /// What was found there; objects count from 0.
    pub(crate) found: Box<[Pending]>,
}

/// What was found in something, with places that count from its beginning.
pub(crate) type Found = Arc<[Pending]>;

/// A document that was read and searched.
pub(crate) struct Searched {
    /// How many objects it has.
    pub(crate) objects: u32,
    /// Whether one of them has a kind.
    pub(crate) has_kind: bool,
    /// Whether it was read by its lines.
    pub(crate) fallback: bool,
    /// What of it was not read as it stands, by places in it.
    problems: Box<[ReadProblem]>,
    /// Its fields.
    fields: FieldSpans,
    /// What was found there; objects count from 0.
    pub(crate) found: Box<[Pending]>,
}

impl Searched {
    /// A document that begins at `base`, with its fields in order, and what was found in them.
    pub(crate) fn new(
        manifest: &Manifest,
        base: usize,
        fields: &[Range<usize>],
        found: Box<[Pending]>,
    ) -> Self {
        let place = |problem: &ReadProblem| ReadProblem { offset: problem.offset - base, ..*problem };
        Self {
            objects: u32::try_from(manifest.objects.len()).unwrap_or(u32::MAX),
            has_kind: manifest.objects.iter().any(|object| !object.object.kind.is_empty()),
            fallback: manifest.fallback,
            problems: manifest.problems.iter().map(place).collect(),
            fields: FieldSpans::new(base, fields.iter()),
            found,
        }
    }

    /// Where its fields stand when it begins at `base`.
    pub(crate) fn fields(&self, base: usize) -> impl Iterator<Item = Range<usize>> {
        self.fields.iter(base)
    }

    /// What was not read as it stands when it begins at `base`.
    pub(crate) fn problems(&self, base: usize) -> impl Iterator<Item = ReadProblem> {
        self.problems.iter().map(move |problem| ReadProblem { offset: base + problem.offset, ..*problem })
    }
}

/// What was found in what.
pub(crate) struct Memo {
    hashing: Hashing,
    fields: Shelf<Found>,
    pieces: Shelf<(Arc<FieldSpans>, Found), PieceHash>,
    documents: Shelf<Arc<Searched>>,
    members: Shelf<Arc<Member>>,
    candidates: Shelf<Found>,
    runs: Shelf<Arc<Member>>,
    passages: Shelf<Arc<Passage>>,
    nothing: Found,
}

impl Memo {
    /// One that is empty, under the estate's key.
    pub(crate) fn new(key: &EstateKey) -> Self {
        Self {
            hashing: Hashing::new(key),
            fields: Shelf::default(),
            pieces: Shelf::default(),
            documents: Shelf::default(),
            members: Shelf::default(),
            candidates: Shelf::default(),
            runs: Shelf::default(),
            passages: Shelf::default(),
            nothing: Found::default(),
        }
    }

    /// A hash of some texts, for who hashes more than is here.
    pub(crate) fn hash_of(&self, texts: &[&[u8]]) -> u128 {
        self.hashing.of(texts, b"")
    }

    /// What was found in a field.
    pub(crate) fn field(&self, field: FieldHash) -> Option<Found> {
        self.fields.find(field.0)
    }

    /// Remembers what was found in a field.
    pub(crate) fn note_field(&self, field: FieldHash, found: &[Pending]) {
        self.fields.put(field.0, self.found(found), size_of_found(found));
    }

    /// What is known of a piece of a document, and what was found in it. Paths of fields are those
    /// behind the beginning that all of them have.
    pub(crate) fn piece(&self, piece: PieceHash) -> Option<(Arc<FieldSpans>, Found)> {
        self.pieces.find(piece)
    }

    /// Remembers a piece that was walked, given the fields of its object and what was found in it.
    pub(crate) fn note_piece(&self, piece: &Piece, fields: &[Field], found: &[Pending]) {
        let fields = piece.known(fields).with_path(!found.is_empty());
        let size = fields.size() + size_of_found(found);
        self.pieces.put(piece.hash, (Arc::new(fields), self.found(found)), size);
    }

    /// Nothing is found nearly always.
    fn found(&self, found: &[Pending]) -> Found {
        if found.is_empty() { self.nothing.clone() } else { found.into() }
    }

    /// What is known of a member.
    pub(crate) fn member(&self, member: MemberHash) -> Option<Arc<Member>> {
        self.members.find(member.0)
    }

    /// Remembers a member.
    pub(crate) fn note_member(&self, hash: MemberHash, member: Member) {
        let size = size_of::<Member>() + size_of_val(&*member.troubles) + size_of_found(&member.found);
        self.members.put(hash.0, Arc::new(member), size);
    }

    /// What is known of an encoded run.
    pub(crate) fn run(&self, run: RunHash) -> Option<Arc<Member>> {
        self.runs.find(run.0)
    }

    /// Remembers an encoded run.
    pub(crate) fn note_run(&self, hash: RunHash, run: Member) {
        let size = size_of::<Member>() + size_of_found(&run.found);
        self.runs.put(hash.0, Arc::new(run), size);
    }

    /// What was decided of a candidate.
    pub(crate) fn candidate(&self, candidate: CandidateHash) -> Option<Found> {
        self.candidates.find(candidate.0)
    }

    /// Remembers what was decided of a candidate.
    pub(crate) fn note_candidate(&self, candidate: CandidateHash, found: &[Pending]) {
        self.candidates.put(candidate.0, self.found(found), size_of_found(found));
    }

    /// What is known of a document.
    pub(crate) fn document(&self, document: DocumentHash) -> Option<Arc<Searched>> {
        self.documents.find(document.0)
    }

    /// Remembers a document.
    pub(crate) fn note_document(&self, document: DocumentHash, searched: Searched) {
        let Searched { problems, fields, found, .. } = &searched;
        let size = size_of_val(&**problems) + fields.size() + size_of_found(found);
        self.documents.put(document.0, Arc::new(searched), size_of::<Searched>() + size);
    }
}

impl Passages for Memo {
    fn hash(&self, passage: &[u8]) -> u128 {
        self.hashing.of(&[], passage)
    }

    fn find(&self, hash: u128) -> Option<Arc<Passage>> {
        self.passages.find(hash)
    }

    fn note(&self, hash: u128, passage: Passage) {
        let size = size_of::<Passage>() + passage.size();
        self.passages.put(hash, Arc::new(passage), size);
    }
}

/// Memory of what was found, in bytes, about: twice the members, for the texts that they own.
fn size_of_found(found: &[Pending]) -> usize {
    2 * size_of_val(found)
}

/// Values by their hashes, in bounded memory.
struct Shelf<T, K = Hash>(Vec<Mutex<Part<T, K>>>);

struct Part<T, K> {
    known: HashMap<K, T, BuildHasherDefault<Low>>,
    size: usize,
}

impl<T, K> Default for Shelf<T, K> {
    fn default() -> Self {
        let part = || Mutex::new(Part { known: HashMap::default(), size: 0 });
        Self((0..PARTS).map(|_| part()).collect())
    }
}

impl<T: Clone, K: Copy + Eq + std::hash::Hash> Shelf<T, K> {
    fn with<R>(&self, hash: K, work: impl FnOnce(&mut Part<T, K>) -> R) -> R {
        let mut low = Low::default();
        hash.hash(&mut low);
        // Neither what places an entry in its part, nor what tells it from its neighbours.
        let part = &self.0[(low.finish() >> 40) as usize % PARTS];
        work(&mut part.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn find(&self, hash: K) -> Option<T> {
        self.with(hash, |part| part.known.get(&hash).cloned())
    }

    /// Puts a value of some size in; a part that is full begins anew.
    fn put(&self, hash: K, value: T, size: usize) {
        self.with(hash, |part| {
            if part.size >= BUDGET / PARTS {
                part.known.clear();
                part.size = 0;
            }
            if part.known.insert(hash, value).is_none() {
                part.size += ENTRY + size;
            }
        });
    }
}
