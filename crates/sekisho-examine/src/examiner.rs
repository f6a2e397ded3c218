//! [`Examiner`]: what is the same for all items, and the way of one item through it.

use std::collections::BTreeMap;
use std::io::{self, Read};

use sekisho_detectors::{FileForm, PathKind};
use sekisho_kube::{Limits as ManifestLimits, Marks, ReadProblem, Syntax};
use sekisho_model::item::Hint;
use sekisho_model::{Encoding, LocationHasher, Place, Problem, Sink, Tracked};
use sekisho_scan::delta::{Copied, Kept, Mark};
use sekisho_scan::{Blocks, Candidate, Context, Engine, EngineError, MAX_RUN_LEN, Needles, Refused};
use sekisho_secret::{EstateKey, Fingerprint, SecretBytes, canonical, is_weak};
use sekisho_unpack::utf16::Positions;
use sekisho_unpack::{Budget, HEAD, Limits, SpkiDigest, utf16};
use zeroize::Zeroizing;

use crate::documents::MAX_WHOLE;
use crate::emit;
use crate::ground::{Ground, MARKER_REACH, Origin, Start};
use crate::inherited::{Contents, Inherited};
use crate::memo::{Member, MemberHash, Memo};
use crate::pending::Pending;
use crate::soften::soften;
use crate::text::Text;
use crate::why::Decision;
use crate::words::Words;

/// Bytes around a candidate that may be read beside its support: its line and the one before, for
/// inline markers and the line's identity.
const LINE_CONTEXT: Context = Context { before: 2 * MARKER_REACH, after: MARKER_REACH };

/// Called with every decision, for `scan --why`.
pub(crate) type Why = dyn Fn(&Decision<'_>) + Send + Sync;

/// What an examiner is made of.
pub struct Options {
    /// The key that values are fingerprinted under.
    pub key: EstateKey,
    /// Known values to look for.
    pub needles: Vec<SecretBytes>,
    /// Caps on unpacking; `random_access` is also the largest file that is held in memory.
    pub limits: Limits,
    /// Whether inline markers set sightings aside.
    pub inline_markers: bool,
    /// Told every decision.
    pub why: Option<Box<Why>>,
}

impl Options {
    /// The defaults under `key`.
    pub fn new(key: EstateKey) -> Self {
        Self { key, needles: Vec::new(), limits: Limits::default(), inline_markers: true, why: None }
    }
}

/// Examines items, one at a time per call, any number of calls in parallel.
pub struct Examiner {
    pub(crate) engine: Engine,
    pub(crate) options: Options,
    pub(crate) manifest_limits: ManifestLimits,
    /// Fingerprint of each needle, and whether it is weak; none for those too short to look for.
    pub(crate) needles: Vec<Option<(Fingerprint, bool)>>,
    pub(crate) memo: Memo,
    pub(crate) words: Words,
}

/// One item of a source.
pub struct Item<'a> {
    /// Where it is, without a span.
    pub place: Place,
    /// What git knows of it.
    pub tracked: Option<Tracked>,
    /// What the source knows of its purpose.
    pub hint: Option<&'a Hint>,
    /// Its bytes.
    pub content: Content<'a>,
}

/// The bytes of an item.
pub enum Content<'a> {
    /// All of them.
    Bytes(&'a [u8]),
    /// All of them, with the candidates in them: those that [`Examiner::candidates`] gave.
    Scanned(&'a [u8], &'a mut Scanned),
    /// As they come; read once, in flat memory.
    Stream(&'a mut dyn Read),
}

/// The candidates in a text, and what texts that are made from it inherit.
pub struct Scanned {
    pub(crate) kept: Kept,
    /// Of JSON.
    pub(crate) contents: Contents,
    /// Once somebody asked for them.
    pub(crate) marks: Option<Marks>,
    pub(crate) candidates: Vec<(Candidate, Option<Mark>)>,
    /// What was decided, for each kind of path and name of a file: the same text may stand at many
    /// paths.
    decided: Vec<Decided>,
}

/// What was decided of a text.
struct Decided {
    kind: PathKind,
    name: String,
    pending: Vec<Pending>,
    troubles: Vec<ReadProblem>,
    certificates: BTreeMap<SpkiDigest, String>,
    cut_runs: u64,
}

impl Scanned {
    /// The candidates of a text that was scanned before. Nothing can be made from it: what is
    /// inherited is more.
    pub fn of(candidates: &[Candidate]) -> Self {
        let candidates = candidates.iter().map(|candidate| (candidate.clone(), None)).collect();
        let (kept, contents) = (Kept::default(), Contents::default());
        Self { kept, contents, marks: None, candidates, decided: Vec::new() }
    }

    /// The candidates.
    pub fn candidates(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.iter().map(|(candidate, _)| candidate)
    }

    /// What is inherited, while it is not handed on.
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// What is inherited.
    pub fn into_inherited(self) -> Inherited {
        Inherited { kept: self.kept, contents: self.contents.into_met(), marks: self.marks }
    }
}

/// One item on its way: what its texts share.
pub(crate) struct Run<'a> {
    pub(crate) examiner: &'a Examiner,
    pub(crate) sink: &'a mut dyn Sink,
    pub(crate) budget: &'a Budget,
    pub(crate) tracked: Option<Tracked>,
    pub(crate) hint: Option<&'a Hint>,
    pub(crate) ids: LocationHasher,
    /// Certificates met so far, by their public keys.
    pub(crate) certificates: BTreeMap<SpkiDigest, String>,
    /// Objects met so far.
    pub(crate) objects: u32,
    /// Encoded runs that were longer than what is decoded of one.
    pub(crate) cut_runs: u64,
    /// Counts what was done beside giving an answer: problems that were told, certificates that were
    /// remembered, runs that were cut.
    pub(crate) asides: u64,
    /// What of a ground was not read as it stands, and was not told yet.
    pub(crate) troubles: Vec<ReadProblem>,
    /// The line of a field, for a look at it; wiped.
    pub(crate) line: Zeroizing<Vec<u8>>,
    /// A text whose candidates are known, and these.
    pub(crate) scanned: Option<(&'a [u8], &'a mut Scanned)>,
}

impl Examiner {
    /// An examiner with all detectors, and the needles that it does not look for. Nothing is compiled
    /// before the first hit.
    ///
    /// # Errors
    /// When a detector's keywords are not such (a defect of the detector set).
    pub fn new(mut options: Options) -> Result<(Self, Vec<Refused>), EngineError> {
        let values = std::mem::take(&mut options.needles);
        let fingerprint = |value: &SecretBytes| {
            let value = canonical(value.expose_secret())?;
            Some((options.key.fingerprint(value), is_weak(value)))
        };
        let fingerprints = values.iter().map(fingerprint).collect();
        let (needles, refused) = Needles::new(&values);
        let engine = Engine::new(sekisho_detectors::rules(), needles)?;
        let manifest_limits = ManifestLimits::default();
        let memo = Memo::new(&options.key);
        Ok((
            Self { engine, options, manifest_limits, needles: fingerprints, memo, words: Words::default() },
            refused,
        ))
    }

    /// The candidates in a text, and what texts that are made from it inherit (see
    /// [`sekisho_scan::delta`]); from `base` and what is copied from there, if that is known. `None`
    /// for what is no text of 8 bits (containers, UTF-16) and for those who look for known values:
    /// such items are examined as a whole, whatever they were made from.
    pub fn candidates(&self, bytes: &[u8], base: Option<(&Inherited, &[Copied])>) -> Option<Scanned> {
        let head = &bytes[..bytes.len().min(HEAD)];
        let is_text = sekisho_unpack::sniff(head, "").is_none() && utf16::detect(head).is_none();
        (is_text && self.engine.inherits()).then(|| {
            let mut candidates = Vec::new();
            let mut take = |candidate, mark| candidates.push((candidate, mark));
            let kept = base.map(|(base, copies)| (&base.kept, copies));
            let kept = self.engine.scan_kept(bytes, kept, Some(&self.memo), &mut take);
            let contents = base.map(|(base, copies)| base.contents(copies)).unwrap_or_default();
            let marks = base.and_then(|(base, copies)| base.marks(bytes, copies));
            Scanned { kept, contents: Contents::new(contents), marks, candidates, decided: Vec::new() }
        })
    }

    /// What texts inherit that are made from one of `len` bytes, as it was kept (see
    /// [`Kept::to_bytes`]).
    pub fn kept_of(&self, bytes: &[u8], len: usize) -> Option<Inherited> {
        self.engine.kept_of(bytes, len).map(Inherited::from)
    }

    /// Whether what is known of one version may stand for another: not for who asks why, since every
    /// decision is told, and not where known values are looked for.
    pub(crate) fn remembers(&self) -> bool {
        self.options.why.is_none() && self.engine.inherits()
    }

    /// Examines one item and pushes what it finds into `sink`. Returns how many bytes it read.
    pub fn examine(&self, item: Item<'_>, sink: &mut dyn Sink) -> u64 {
        let budget = Budget::new(self.options.limits);
        let (content, scanned) = match item.content {
            Content::Scanned(bytes, scanned) => (Content::Bytes(bytes), Some((bytes, scanned))),
            content => (content, None),
        };
        let mut run = Run {
            examiner: self,
            sink,
            budget: &budget,
            tracked: item.tracked,
            hint: item.hint,
            ids: LocationHasher::new(),
            certificates: BTreeMap::new(),
            objects: 0,
            cut_runs: 0,
            asides: 0,
            troubles: Vec::new(),
            // Large enough that growth leaves no copy behind, but for keys of an uncommon length.
            line: Zeroizing::new(Vec::with_capacity(1024)),
            scanned,
        };
        let bytes = match content {
            Content::Bytes(bytes) | Content::Scanned(bytes, _) => {
                run.file(bytes, &item.place);
                bytes.len() as u64
            }
            Content::Stream(stream) => {
                let mut counted = Counted { inner: stream, bytes: 0, failure: None };
                run.stream(&mut counted, &item.place);
                if let Some(kind) = counted.failure {
                    run.problem(&item.place, format!("reading failed: {kind}; examined up to there"));
                }
                counted.bytes
            }
        };
        if run.cut_runs > 0 {
            let runs = if run.cut_runs == 1 { "encoded run is" } else { "encoded runs are" };
            let what = format!("{} {runs} longer than {MAX_RUN_LEN} bytes: decoded in parts", run.cut_runs);
            run.problem(&item.place, what);
        }
        bytes
    }
}

impl Run<'_> {
    /// Says that something was not looked at.
    pub(crate) fn problem(&mut self, place: &Place, what: String) {
        self.asides += 1;
        self.sink.problem(Problem { place: place.clone(), what });
    }

    /// Examines a file that comes as a stream: in memory up to the cap, in parts above it.
    pub(crate) fn stream(&mut self, stream: &mut dyn Read, place: &Place) {
        let cap = self.budget.limits().random_access;
        let mut head = Vec::new();
        // A failing stream has ended for us; who owns it knows that it failed.
        let _ended = (&mut *stream).take(HEAD as u64).read_to_end(&mut head);
        if let Some(container) = sekisho_unpack::sniff(&head, place.file_name()) {
            let mut whole = head.as_slice().chain(stream);
            return self.container(container, &mut whole, place);
        }
        let _ended = (&mut *stream).take(cap.saturating_sub(head.len() as u64)).read_to_end(&mut head);
        let mut more = [0];
        if (head.len() as u64) < cap || !stream.read(&mut more).is_ok_and(|n| n == 1) {
            return self.plain(&head, place);
        }
        head.push(more[0]);
        if let Some(encoding) = utf16::detect(&head[..HEAD]).filter(|_| !has_words(&head[..HEAD])) {
            let mut text = utf16::Reader::new(head.as_slice().chain(stream), encoding);
            let positions = text.positions();
            return self.blocks(&mut text, place, Start::default(), Some((encoding, positions)));
        }
        match sekisho_kube::sniff(place.file_name(), &head[..HEAD]) {
            Some(Syntax::Yaml) => self.documents(head, stream, place),
            Some(Syntax::Json) => {
                self.without_structure(place);
                self.blocks(&mut head.as_slice().chain(stream), place, Start::default(), None);
            }
            None => self.blocks(&mut head.as_slice().chain(stream), place, Start::default(), None),
        }
    }

    /// Says that a structured file is read as plain bytes.
    fn without_structure(&mut self, place: &Place) {
        let cap = self.budget.limits().random_access;
        self.problem(place, format!("over {} MiB in one document: scanned as plain bytes", cap >> 20));
    }

    /// Examines a YAML stream above the cap, as many whole documents at a time as the cap holds.
    fn documents(&mut self, mut buffer: Vec<u8>, stream: &mut dyn Read, place: &Place) {
        let cap = self.budget.limits().random_access as usize;
        let kind = sekisho_detectors::path_kind(place.file_name(), &buffer[..buffer.len().min(HEAD)]);
        let mut start = Start::default();
        loop {
            let missing = (cap + 1).saturating_sub(buffer.len()) as u64;
            let _ended = (&mut *stream).take(missing).read_to_end(&mut buffer);
            let last = buffer.len() <= cap;
            let end = if last {
                Some(buffer.len())
            } else {
                memchr::memmem::rfind(&buffer, b"\n---").map(|at| at + 1)
            };
            let Some(end) = end.filter(|end| last || *end > 1) else {
                self.without_structure(place);
                return self.blocks(&mut buffer.as_slice().chain(stream), place, start, None);
            };
            let documents = &buffer[..end];
            let ground = Ground { bytes: documents, place: place.clone(), kind, start, origin: Origin::Here };
            let pending = self.text(&Text::of_ground(&ground, None));
            self.tell_troubles(&ground);
            emit::emit(self, &ground, pending);
            if last {
                return;
            }
            start.offset += end as u64;
            start.line += memchr::memchr_iter(b'\n', documents).count() as u64;
            buffer.drain(..end);
        }
    }

    /// Examines a file that is there as a whole.
    pub(crate) fn file(&mut self, bytes: &[u8], place: &Place) {
        let head = &bytes[..bytes.len().min(HEAD)];
        match sekisho_unpack::sniff(head, place.file_name()) {
            Some(container) => self.container(container, &mut &*bytes, place),
            None => self.plain(bytes, place),
        }
    }

    /// Examines a file that is no container.
    fn plain(&mut self, bytes: &[u8], place: &Place) {
        if self.key_store(bytes, place) {
            return;
        }
        let encoding = utf16::detect(&bytes[..bytes.len().min(HEAD)]);
        if encoding.is_some() && has_words(bytes) {
            // A mark that other bytes belie, or lines appended by a program that knows no UTF-16.
            self.text_file(bytes, place, None);
        }
        self.text_file(bytes, place, encoding);
    }

    /// Examines a file of text: UTF-16, or whatever has ASCII in it.
    fn text_file(&mut self, bytes: &[u8], place: &Place, encoding: Option<Encoding>) {
        let (text, origin) = encoding.map(|encoding| utf16::decode(bytes, encoding)).unzip();
        let bytes = text.as_ref().map_or(bytes, SecretBytes::expose_secret);
        let kind = sekisho_detectors::path_kind(place.file_name(), &bytes[..bytes.len().min(HEAD)]);
        let ground = Ground {
            bytes,
            place: place.clone(),
            kind,
            start: Start::default(),
            origin: origin.map_or(Origin::Here, Origin::Map),
        };
        let text = Text::of_ground(&ground, encoding);
        let mut pending = match self.hint {
            Some(Hint::GeneratorFile { secret, object, key }) if place.inside.is_empty() => {
                self.generated(&text, *secret, object, key.as_deref())
            }
            _ if self.is_member(&text) => self.member(&text),
            _ => self.decided(&text).unwrap_or_else(|| {
                let pending = self.text(&text);
                self.remember(&text, &pending);
                pending
            }),
        };
        soften(&ground, &mut pending);
        self.tell_troubles(&ground);
        emit::emit(self, &ground, pending);
    }

    /// Whether a text is a member of an archive that is worth remembering: of other forms than these
    /// searching takes hardly longer than a hash.
    fn is_member(&self, text: &Text<'_>) -> bool {
        let slow = matches!(text.kind.form, FileForm::Config | FileForm::Documentation | FileForm::Unknown);
        let is_member = self.budget.depth() > 0 && !text.place.inside.is_empty() && text.encoding.is_empty();
        slow && is_member && text.bytes.len() <= MAX_WHOLE && self.examiner.remembers()
    }

    /// Examines a member of an archive, unless the same was met before: the packages of a chart share
    /// nearly all their files.
    fn member(&mut self, text: &Text<'_>) -> Vec<Pending> {
        let hash =
            MemberHash::new(&self.examiner.memo, text.bytes, text.name, text.kind, self.budget.depth());
        let first = self.objects;
        if let Some(known) = self.examiner.memo.member(hash) {
            self.objects += known.objects;
            self.troubles.extend_from_slice(&known.troubles);
            return known.found.iter().map(|pending| pending.counted(0, first)).collect();
        }
        let before = (self.asides, self.cut_runs, self.budget.room());
        let found = self.text(text);
        if before == (self.asides, self.cut_runs, self.budget.room()) {
            let objects = self.objects - first;
            let troubles = self.troubles.as_slice().into();
            let found = found.iter().map(|pending| pending.counted(first, 0)).collect();
            self.examiner.memo.note_member(hash, Member { objects, troubles, found });
        }
        found
    }

    /// What was decided of a text when it stood at another path of the same kind and name.
    fn decided(&mut self, text: &Text<'_>) -> Option<Vec<Pending>> {
        let (bytes, scanned) = self.scanned.as_ref()?;
        let same = |known: &&Decided| known.kind == text.kind && known.name == last_part(text.name);
        let known = scanned.decided.iter().find(same).filter(|_| std::ptr::eq(*bytes, text.bytes))?;
        self.troubles.clone_from(&known.troubles);
        self.certificates.clone_from(&known.certificates);
        self.cut_runs = known.cut_runs;
        Some(known.pending.clone())
    }

    fn remember(&mut self, text: &Text<'_>, pending: &[Pending]) {
        if self.examiner.remembers()
            && let Some((_, scanned)) =
                self.scanned.as_mut().filter(|(bytes, _)| std::ptr::eq(*bytes, text.bytes))
        {
            scanned.decided.push(Decided {
                kind: text.kind,
                name: last_part(text.name).to_owned(),
                pending: pending.to_vec(),
                troubles: self.troubles.clone(),
                certificates: self.certificates.clone(),
                cut_runs: self.cut_runs,
            });
        }
    }

    /// Examines a file above the cap, or an endless stream, as plain bytes in flat memory. `start` is
    /// where the stream begins in its file.
    fn blocks(
        &mut self,
        stream: &mut dyn Read,
        place: &Place,
        start: Start,
        utf16: Option<(Encoding, Positions)>,
    ) {
        let (encoding, positions) = utf16.unzip();
        let mut blocks = Blocks::new(stream, &self.examiner.engine).verdict_context(LINE_CONTEXT);
        let mut kind: Option<PathKind> = None;
        let mut failed = false;
        loop {
            // After a failure what was read before it is still to come; who owns the stream tells of it.
            let next = blocks.next_block();
            if next.is_err() && !std::mem::replace(&mut failed, true) {
                continue;
            }
            let Ok(Some(block)) = next else { return };
            let bytes = block.window.bytes;
            let kind = *kind.get_or_insert_with(|| {
                sekisho_detectors::path_kind(place.file_name(), &bytes[..bytes.len().min(HEAD)])
            });
            let position = block.position(0);
            let start = Start {
                offset: start.offset + block.base,
                line: start.line + position.line - 1,
                column: position.column,
            };
            let origin = positions.clone().map_or(Origin::Here, Origin::Stream);
            let ground = Ground { bytes, place: place.clone(), kind, start, origin };
            let pending = self.window(&Text::of_ground(&ground, encoding), &block.window);
            emit::emit(self, &ground, pending);
        }
    }
}

/// A file's name without its folders: all that decisions know of it beside its kind.
fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether bytes that should be UTF-16 have a run of ASCII: in no script is one as long as this.
fn has_words(bytes: &[u8]) -> bool {
    const WORDS: usize = 16;
    let mut run = 0;
    bytes.iter().any(|byte| {
        run = if matches!(byte, b'\t' | b' '..=b'~') { run + 1 } else { 0 };
        run == WORDS
    })
}

/// Counts what is read, and remembers why it ended if it was a failure.
struct Counted<'a> {
    inner: &'a mut dyn Read,
    bytes: u64,
    failure: Option<io::ErrorKind>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Ok(n) => {
                self.bytes += n as u64;
                Ok(n)
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::Interrupted {
                    self.failure = Some(error.kind());
                }
                Err(error)
            }
        }
    }
}
