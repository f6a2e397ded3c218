//! The documents of a structured file. Of one version of many those that are known are not read.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use sekisho_detectors::FileForm;
use sekisho_kube::{Content, FieldSpans, Manifest, Marks, PieceHash, ReadProblem, Trouble, Versions};

use crate::examiner::Run;
use crate::inherited::Contents;
use crate::memo::{DocumentHash, Found, Memo, Searched};
use crate::pending::Pending;
use crate::text::Text;

/// Largest document or member that is remembered as a whole, in bytes: an edit in it makes all of it new, so
/// that larger ones are rather remembered by their pieces.
pub(crate) const MAX_WHOLE: usize = 256 << 10;

/// A document of a file, or all of them.
pub(crate) enum Document {
    /// As it was read.
    Read(Read),
    /// One that was searched before, and where it begins.
    Known(Arc<Searched>, usize),
}

/// What was read.
pub(crate) struct Read {
    pub(crate) manifest: Manifest,
    /// Where it begins.
    pub(crate) base: usize,
    /// As what it may be remembered.
    pub(crate) hash: Option<DocumentHash>,
    /// What was found in the pieces of it that are known.
    pub(crate) found: HashMap<PieceHash, Found>,
}

impl Read {
    /// All of a file.
    pub(crate) fn whole(manifest: Manifest) -> Self {
        Self { manifest, base: 0, hash: None, found: HashMap::new() }
    }

    /// What is remembered of it, given what was found.
    pub(crate) fn searched(&self, found: Box<[Pending]>) -> Searched {
        let mut spans = Vec::new();
        spans_of(&self.manifest, &mut spans);
        spans.sort_by_key(|span| (span.start, span.end));
        Searched::new(&self.manifest, self.base, &spans, found)
    }
}

impl Document {
    fn fallback(&self) -> bool {
        match self {
            Self::Read(read) => read.manifest.fallback,
            Self::Known(known, _) => known.fallback,
        }
    }

    fn has_kind(&self) -> bool {
        match self {
            Self::Read(read) => read.manifest.objects.iter().any(|object| !object.object.kind.is_empty()),
            Self::Known(known, _) => known.has_kind,
        }
    }

    fn problems(&self) -> Vec<ReadProblem> {
        match self {
            Self::Read(read) => read.manifest.problems.clone(),
            Self::Known(known, base) => known.problems(*base).collect(),
        }
    }
}

impl Run<'_> {
    /// Reads a text as a manifest, if it is one. What was not read as it stands is told for files,
    /// not for what was decoded from a part of one: there it was only a try.
    pub(crate) fn manifest(&mut self, text: &Text<'_>) -> Option<Vec<Document>> {
        let by_name = sekisho_kube::sniff(text.name, b"").is_some();
        // A program that writes manifests has their lines in its texts, and is none itself.
        let program = matches!(text.kind.form, FileForm::Code | FileForm::Generated | FileForm::Minified);
        if !by_name && (program || sekisho_kube::sniff(text.name, text.bytes).is_none()) {
            return None;
        }
        let documents: Vec<Document> = if self.is_version(text) {
            self.unskipped(text).into_iter().map(|range| self.document(text, range)).collect()
        } else {
            let manifest = sekisho_kube::read(text.bytes, text.name, &self.examiner.manifest_limits);
            vec![Document::Read(Read::whole(manifest))]
        };
        let fallback = documents.iter().any(Document::fallback);
        // It began like one and is none: TOML, a snapshot, prose behind a line of dashes; or its fields are
        // texts for people and sums of packages, whatever their names.
        let other = matches!(text.kind.form, FileForm::Localisation | FileForm::Lockfile);
        if ((fallback && !by_name) || other) && !documents.iter().any(Document::has_kind) {
            return None;
        }
        if text.ground.is_some() {
            // The words of a manual around its manifests are no broken ones.
            let manual = text.kind.form == FileForm::Documentation;
            let problems = documents.iter().flat_map(Document::problems);
            self.troubles.extend(problems.filter(|problem| !manual || problem.what != Trouble::Syntax));
        }
        Some(documents)
    }

    /// Whether a text is one version of many, so that what is known of others may stand for it.
    /// Further in, what is found depends on how deep it lies.
    pub(crate) fn is_version(&self, text: &Text<'_>) -> bool {
        let whole = self.scanned.as_ref().is_some_and(|(bytes, _)| std::ptr::eq(*bytes, text.bytes));
        whole && text.ground.is_some() && self.examiner.remembers()
    }

    /// The documents of a version that are to be read.
    fn unskipped(&mut self, text: &Text<'_>) -> Vec<Range<usize>> {
        let mut found = None;
        let marks = self.scanned.as_mut().map_or(&mut found, |(_, scanned)| &mut scanned.marks);
        marks.get_or_insert_with(|| Marks::of(text.bytes)).documents(text.bytes).collect()
    }

    /// One document of a version.
    fn document(&self, text: &Text<'_>, range: Range<usize>) -> Document {
        let document = &text.bytes[range.clone()];
        let memo = &self.examiner.memo;
        let hash = (document.len() <= MAX_WHOLE).then(|| DocumentHash::new(memo, document, text.name));
        if let Some(known) = hash.and_then(|hash| memo.document(hash)) {
            return Document::Known(known, range.start);
        }
        let contents = self.scanned.as_ref().map(|(_, scanned)| &scanned.contents);
        let versions = Known { memo, contents, found: RefCell::default() };
        let limits = &self.examiner.manifest_limits;
        let base = range.start;
        let manifest = sekisho_kube::read_version(document, base, text.name, limits, &versions);
        Document::Read(Read { manifest, base, hash, found: versions.found.into_inner() })
    }
}

/// What is known from other versions.
struct Known<'a> {
    memo: &'a Memo,
    contents: Option<&'a Contents>,
    /// What was found in the pieces that were asked for.
    found: RefCell<HashMap<PieceHash, Found>>,
}

impl Versions for Known<'_> {
    fn hash(&self, texts: &[&[u8]]) -> u128 {
        self.memo.hash_of(texts)
    }

    fn piece(&self, piece: PieceHash) -> Option<Arc<FieldSpans>> {
        let (fields, found) = self.memo.piece(piece)?;
        if !found.is_empty() {
            self.found.borrow_mut().insert(piece, found);
        }
        Some(fields)
    }

    fn content(&self, start: usize) -> Option<Content> {
        self.contents?.at(start)
    }

    fn note(&self, content: Content) {
        if let Some(contents) = self.contents {
            contents.note(content);
        }
    }
}

/// The scalars of documents in the order of the source: what is examined field by field.
pub(crate) fn field_spans(documents: &[Document]) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    for document in documents {
        match document {
            Document::Read(read) => spans_of(&read.manifest, &mut spans),
            Document::Known(known, base) => spans.extend(known.fields(*base)),
        }
    }
    spans.retain(|span| !span.is_empty());
    spans.sort_by_key(|span| (span.start, span.end));
    spans
}

fn spans_of(manifest: &Manifest, spans: &mut Vec<Range<usize>>) {
    for object in &manifest.objects {
        spans.extend(object.fields.iter().map(|field| field.span.clone()));
        for known in &object.known {
            spans.extend(known.fields.iter(known.start));
        }
    }
}
