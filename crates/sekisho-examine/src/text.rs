//! One text: candidates by the engine, fields by the manifest reader, and what both decode to.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::ops::Range;
use std::sync::Arc;

use sekisho_detectors::{Context, Detector, FileForm, Form, PathKind, Verdict, judge, path_kind};
use sekisho_model::{Confidence, Encoding, FieldKind, ObjectRef, Place, Severity, Step};
use sekisho_scan::delta::{Kept, Mark};
use sekisho_scan::{Candidate, RunKind, Source, Window};
use sekisho_secret::{Fingerprint, SecretBytes};
use sekisho_unpack::{Decoded, Event, HEAD, text as forms, worth_scanning};

use crate::documents::field_spans;
use crate::examiner::{Run, Scanned};
use crate::ground::Ground;
use crate::memo::{CandidateHash, Member, RunHash};
use crate::pending::{Inner, Pending, settle, settle_inner};
use crate::why::{Decision, Outcome};

/// From this rank on a detector's format is unmistakable: an encoded run inside its value is a part
/// of it (the segments of a token), not something of its own.
const SPECIFIC: u8 = 50;

/// The detector that needles are reported under.
const KNOWN_VALUE: &str = "needle/known-value";

/// A text under examination: a file, or what was decoded from a part of one.
#[derive(Clone)]
pub(crate) struct Text<'a> {
    pub(crate) bytes: &'a [u8],
    /// What it would be called as a file; decides its form.
    pub(crate) name: &'a str,
    /// The place of the file that it is, or lies in.
    pub(crate) place: &'a Place,
    pub(crate) kind: PathKind,
    /// Layers between the ground and this text, outermost first.
    pub(crate) encoding: Vec<Encoding>,
    /// Fields between the ground and this text, behind `field`.
    pub(crate) inside: Vec<Step>,
    /// The object and field that hold it.
    pub(crate) holder: Option<Holder<'a>>,
    /// The ground, when the text is all of it.
    pub(crate) ground: Option<&'a Ground<'a>>,
}

/// The Kubernetes object, and the field in it, that a text stands in.
#[derive(Clone, Copy)]
pub(crate) struct Holder<'a> {
    /// None for structured files that are no Kubernetes objects.
    pub(crate) object: Option<&'a Arc<ObjectRef>>,
    /// Tells two objects of one name in one file apart.
    pub(crate) object_number: u32,
    pub(crate) field: &'a str,
    pub(crate) kind: FieldKind,
}

impl<'a> Text<'a> {
    /// The text of a file.
    pub(crate) fn of_ground(ground: &'a Ground<'a>, encoding: Option<Encoding>) -> Self {
        Self {
            bytes: ground.bytes,
            name: ground.place.file_name(),
            place: &ground.place,
            kind: ground.kind,
            encoding: Vec::from_iter(encoding),
            inside: Vec::new(),
            holder: None,
            ground: Some(ground),
        }
    }

    /// A text decoded from a part of this one.
    pub(crate) fn inner<'b>(&'b self, bytes: &'b [u8], encoding: &[Encoding]) -> Text<'b> {
        Text {
            bytes,
            name: "",
            place: self.place,
            kind: self.kind_of_file("", bytes),
            encoding: self.encoding.iter().chain(encoding).copied().collect(),
            inside: self.inside.clone(),
            holder: self.holder,
            ground: None,
        }
    }

    /// The kind of a file in this text's place: what is nothing else, and stands in a field of a
    /// manifest, is a piece of a program's settings.
    fn kind_of_file(&self, name: &str, bytes: &[u8]) -> PathKind {
        let found = path_kind(name, bytes);
        match found.form {
            FileForm::Unknown if self.holder.is_some() => PathKind { form: FileForm::Config, ..found },
            _ => found,
        }
    }

    /// A sure sighting in this text, of the detector's own severity.
    pub(crate) fn pending(
        &self,
        detector: &'static Detector,
        fingerprint: Fingerprint,
        weak: bool,
        span: Range<usize>,
    ) -> Pending {
        Pending {
            span,
            detector,
            fingerprint,
            weak,
            severity: detector.severity,
            confidence: detector.confidence,
            details: BTreeMap::new(),
            public: None,
            encoding: self.encoding.clone(),
            inside: self.inside.clone(),
            object: self.holder.and_then(|holder| holder.object.cloned()),
            field: self.holder.map(|holder| holder.field.to_owned()),
            field_kind: self.holder.map(|holder| holder.kind),
            object_number: self.holder.map_or(0, |holder| holder.object_number),
        }
    }
}

impl Run<'_> {
    /// Examines a text that is there as a whole. Spans of the answer are positions in it.
    pub(crate) fn text(&mut self, text: &Text<'_>) -> Vec<Pending> {
        let documents = if self.is_too_deep(text) { None } else { self.manifest(text) };
        let spans = documents.as_deref().map(field_spans).unwrap_or_default();
        let mut pending = self.scan(text, &Window::whole(text.bytes), &spans);
        if let Some(documents) = documents {
            pending.extend(self.fields(text, &documents));
            pending.sort_by_key(|p| (p.span.start, p.span.end));
        }
        pending
    }

    /// Whether so many documents stand one in the other that this one is not read, and says so if it is one.
    fn is_too_deep(&mut self, text: &Text<'_>) -> bool {
        let cap = self.budget.limits().depth as usize;
        let is_deep = text.inside.len() >= cap;
        if is_deep && sekisho_kube::sniff(text.name, text.bytes).is_some() {
            let what = format!(
                "over {cap} documents stand one in the other: the innermost is scanned as plain text"
            );
            self.problem(text.place, what);
        }
        is_deep
    }

    /// Examines a block of a stream.
    pub(crate) fn window(&mut self, text: &Text<'_>, window: &Window<'_>) -> Vec<Pending> {
        self.scan(text, window, &[])
    }

    /// Candidates outside of `fields` (sorted), and what encoded runs hold.
    pub(crate) fn scan(
        &mut self,
        text: &Text<'_>,
        window: &Window<'_>,
        fields: &[Range<usize>],
    ) -> Vec<Pending> {
        // The very text, and not one that was decoded from it.
        let here = |(bytes, _): &mut (&[u8], &mut Scanned)| {
            text.ground.is_some() && std::ptr::eq(*bytes, window.bytes)
        };
        if let Some((bytes, scanned)) = self.scanned.take_if(here) {
            let Scanned { kept, candidates, .. } = &mut *scanned;
            let pending = self.decide(text, candidates, Some(kept), fields);
            self.scanned = Some((bytes, scanned));
            return pending;
        }
        let mut candidates = Vec::new();
        self.examiner.engine.scan(window, &mut |candidate| candidates.push((candidate, None)));
        self.decide(text, &candidates, None, fields)
    }

    /// What becomes of candidates. Where there is nothing at one, that is noted in `kept`, and is not
    /// looked at again in texts that inherit it and are of the same kind.
    fn decide(
        &mut self,
        text: &Text<'_>,
        candidates: &[(Candidate, Option<Mark>)],
        mut kept: Option<&mut Kept>,
        fields: &[Range<usize>],
    ) -> Vec<Pending> {
        if candidates.is_empty() {
            return Vec::new();
        }
        let in_field = |range: &Range<usize>| {
            let next = fields.partition_point(|field| field.end <= range.start);
            fields.get(next).is_some_and(|field| field.start < range.end)
        };
        let notes = self.examiner.remembers();
        // One of a version lies in nothing, so all that its candidates depend on is in it.
        let is_version = notes && kept.is_some();
        let condition = condition(text.kind);
        let mut own = Vec::new();
        let mut runs = Vec::new();
        for (candidate, mark) in candidates {
            let mark = mark.filter(|_| notes);
            let known = mark.and_then(|mark| kept.as_deref().map(|kept| kept.nothing_at(mark)));
            if known.is_some_and(|known| known & condition != 0) || in_field(&candidate.value) {
                continue;
            }
            match candidate.source {
                Source::Rule(rule) => {
                    let asides = self.asides;
                    let found = self.candidate(text, candidate, rule, is_version);
                    if found.is_none() && asides == self.asides {
                        note(&mut kept, mark, condition);
                    }
                    own.extend(found);
                }
                Source::Needle { needle, encoding } => {
                    own.extend(self.needle(text, needle, encoding, candidate.value.clone()));
                }
                // The rest of a cut run comes as text of its own; what straddles the cut is lost, and
                // that is said.
                Source::Run { kind, cut } => runs.push((kind, cut, candidate.value.clone(), mark)),
            }
        }
        if own.iter().any(|pending| pending.detector.form == Form::Pem) {
            self.certificates_of(text.bytes);
        }
        let own = settle(own);
        let mut inner: Vec<Inner> = Vec::new();
        for (kind, cut, range, mark) in runs {
            let next = own.partition_point(|p| p.span.end <= range.start);
            if own.get(next).is_some_and(|p| p.span.start < range.end && p.detector.rank >= SPECIFIC) {
                continue;
            }
            let (asides, room) = (self.asides, self.budget.room());
            self.cut_runs += u64::from(cut);
            self.asides += u64::from(cut);
            let found =
                self.run(text, kind, range, is_version && !cut).filter(|inner| !inner.pending.is_empty());
            if found.is_none() && !cut && asides == self.asides && room == self.budget.room() {
                // What is decoded from a part of a file is judged without the file's name.
                note(&mut kept, mark, if text.holder.is_none() { u64::MAX } else { condition });
            }
            inner.extend(found);
        }
        settle_inner(own, inner)
    }

    /// Takes the verdict on a candidate, and reads its canonical value. In a version of many the same was
    /// mostly decided before, wherever it stood.
    fn candidate(
        &mut self,
        text: &Text<'_>,
        candidate: &Candidate,
        rule: usize,
        is_version: bool,
    ) -> Option<Pending> {
        let context = Context::of(text.bytes, candidate, text.kind);
        let detector = sekisho_detectors::ALL.get(rule)?;
        if !is_version {
            return self.judged(text, detector, candidate, &context);
        }
        let start = candidate.value.start - context.value.start;
        let hash = CandidateHash::new(&self.examiner.memo, rule, &context);
        if let Some(known) = self.examiner.memo.candidate(hash) {
            return known.first().map(|pending| pending.moved(0, start));
        }
        let found = self.judged(text, detector, candidate, &context);
        self.examiner.memo.note_candidate(hash, found.as_ref().map(|found| found.moved(start, 0)).as_slice());
        found
    }

    /// The same of one that is not known. Nothing is read but what the verdict may look at.
    fn judged(
        &mut self,
        text: &Text<'_>,
        detector: &'static Detector,
        candidate: &Candidate,
        context: &Context<'_>,
    ) -> Option<Pending> {
        let (severity, confidence) = match judge(detector, context) {
            Verdict::Report { severity, confidence } => {
                self.why(text, detector, &candidate.value, Outcome::Reported, "");
                (severity, confidence)
            }
            Verdict::Info(reason) => {
                self.why(text, detector, &candidate.value, Outcome::Info, reason.as_str());
                (Severity::Info, Confidence::Low)
            }
            Verdict::Reject(reason) => {
                self.why(text, detector, &candidate.value, Outcome::Rejected, reason.as_str());
                return None;
            }
        };
        let mut pending = self.value(text, detector, candidate.value.clone())?;
        // A format can say less of a value than its claims do: an encrypted key, an unsigned token.
        pending.severity = pending.severity.min(severity);
        pending.confidence = confidence;
        if severity == Severity::Info {
            // What waits to be replaced is the same everywhere: nothing joins on it.
            pending.weak = true;
        }
        Some(pending)
    }

    /// The known values in a text of which nothing else is asked.
    pub(crate) fn known(&self, text: &Text<'_>) -> Vec<Pending> {
        let mut found = Vec::new();
        if self.examiner.needles.is_empty() {
            return found;
        }
        self.examiner.engine.scan(&Window::whole(text.bytes), &mut |candidate| {
            if let Source::Needle { needle, encoding } = candidate.source {
                found.extend(self.needle(text, needle, encoding, candidate.value));
            }
        });
        settle(found)
    }

    /// A known value: no verdict is needed.
    fn needle(
        &self,
        text: &Text<'_>,
        needle: usize,
        encoding: &[Encoding],
        span: Range<usize>,
    ) -> Option<Pending> {
        let (fingerprint, weak) = (*self.examiner.needles.get(needle)?)?;
        let detector = sekisho_detectors::find(KNOWN_VALUE)?;
        let mut pending = text.pending(detector, fingerprint, weak, span);
        pending.encoding.extend(encoding);
        Some(pending)
    }

    /// Decodes an encoded run and examines what it holds, unless the same was met in another version.
    fn run(
        &mut self,
        text: &Text<'_>,
        kind: RunKind,
        range: Range<usize>,
        is_version: bool,
    ) -> Option<Inner> {
        let source = text.bytes.get(range.clone())?;
        if !is_version {
            return Some(Inner { pending: self.in_run(text, kind, &range)?, range });
        }
        let hash = RunHash::new(&self.examiner.memo, kind, source);
        let first = self.objects;
        if let Some(known) = self.examiner.memo.run(hash) {
            self.objects += known.objects;
            let found = known.found.iter().map(|pending| pending.counted(0, first).moved(0, range.start));
            return Some(Inner { pending: found.collect(), range });
        }
        let before = (self.asides, self.budget.room());
        let pending = self.in_run(text, kind, &range).unwrap_or_default();
        if before == (self.asides, self.budget.room()) {
            let found = pending.iter().map(|pending| pending.moved(range.start, 0).counted(first, 0));
            let (objects, found) = (self.objects - first, found.collect());
            self.examiner.memo.note_run(hash, Member { objects, troubles: Box::default(), found });
        }
        Some(Inner { range, pending })
    }

    /// What an encoded run holds.
    fn in_run(&mut self, text: &Text<'_>, kind: RunKind, range: &Range<usize>) -> Option<Vec<Pending>> {
        let source = text.bytes.get(range.clone())?;
        let decoded = decode(kind, source)?;
        if !worth_scanning(decoded.bytes.expose_secret()) {
            return None;
        }
        let mut pending = self.decoded(text, &decoded)?;
        for pending in &mut pending {
            let inner = decoded.source_range(pending.span.clone(), source.len());
            pending.span = range.start + inner.start..range.start + inner.end;
        }
        Some(pending)
    }

    /// Examines decoded bytes: what a container holds, or a text. `None` at the depth cap.
    fn decoded(&mut self, text: &Text<'_>, decoded: &Decoded) -> Option<Vec<Pending>> {
        let budget = self.budget;
        let _deeper = budget.deeper()?;
        Some(self.content(&text.inner(decoded.bytes.expose_secret(), &[decoded.encoding])))
    }

    /// Examines bytes that stand in a part of a file and may be a container. What a container holds
    /// has no positions there: all of it is placed at the whole.
    pub(crate) fn content(&mut self, text: &Text<'_>) -> Vec<Pending> {
        let bytes = text.bytes;
        let Some(container) = sekisho_unpack::sniff(&bytes[..bytes.len().min(HEAD)], "") else {
            return self.text(text);
        };
        let budget = self.budget;
        let cap = budget.limits().random_access;
        let mut all = Vec::new();
        sekisho_unpack::visit(container, &mut &*bytes, budget, &mut |event| {
            let (content, encoding, entry) = match event {
                Event::Stream { encoding, content } => (content, Some(encoding), None),
                Event::Member { name, content } => (content, None, Some(name)),
                Event::Problem(_) => return,
            };
            let mut inner = Vec::new();
            let _ended = content.take(cap).read_to_end(&mut inner);
            let inner = SecretBytes::new(inner);
            let name = entry.map(|name| String::from_utf8_lossy(name).into_owned());
            let steps = name.clone().map(Step::Entry);
            let name = name.unwrap_or_else(|| container.inner_name(text.name));
            let mut text = text.inner(inner.expose_secret(), encoding.as_slice());
            text.inside.extend(steps);
            if !name.is_empty() {
                text.name = &name;
                text.kind = text.kind_of_file(&name, inner.expose_secret());
            }
            all.extend(self.content(&text));
        });
        for pending in &mut all {
            pending.span = 0..bytes.len();
        }
        all
    }

    /// Tells a decision to `--why`.
    pub(crate) fn why(
        &self,
        text: &Text<'_>,
        detector: &Detector,
        at: &Range<usize>,
        outcome: Outcome,
        reason: &str,
    ) {
        if let Some(why) = &self.examiner.options.why {
            let field = text.holder.map_or("", |holder| holder.field);
            let (place, offset, detector) = (text.place, at.start, detector.id);
            why(&Decision { place, field, offset, detector, outcome, reason });
        }
    }
}

/// A kind of path as a condition of [`Kept`].
fn condition(kind: PathKind) -> u64 {
    // Three settings for each form.
    1 << ((3 * kind.form as u32 + kind.setting as u32) % u64::BITS)
}

/// Notes in `kept` that there is nothing at a candidate.
fn note(kept: &mut Option<&mut Kept>, mark: Option<Mark>, conditions: u64) {
    if let (Some(kept), Some(mark)) = (kept, mark) {
        kept.note_nothing(mark, conditions);
    }
}

/// Takes one layer off a run.
fn decode(kind: RunKind, source: &[u8]) -> Option<Decoded> {
    match kind {
        RunKind::Base64 | RunKind::Base64url => forms::base64(source),
        RunKind::Hex => forms::hex(source),
        RunKind::Percent => forms::percent(source),
        RunKind::Escaped => forms::c_escapes(source),
        _ => None,
    }
}
