//! Structured files: every field of a manifest is examined as what it is.
//!
//! The raw text of a field is not searched (its encoding and its neighbours would mislead); instead
//! its value is decoded, judged under its key, and searched as a text of its own. A field holds
//! either credentials of known formats, one sighting each, or it is one itself, or none: never both
//! a container and its content.

use std::ops::Range;

use sekisho_detectors::{
    FileForm, Form, KeyClass, Noun, PairVerdict, PathKind, Reason, judge_pair, path_kind, read_key,
};
use sekisho_kube::{Class, Manifest, Object, ReadProblem};
use sekisho_model::{Confidence, Encoding, Field, FieldKind, ObjectRef, Role, Severity, SpanMap, Step};
use sekisho_secret::{SecretBytes, canonical};
use sekisho_unpack::{HEAD, text as forms};

use crate::documents::{Document, Read, field_spans};
use crate::examiner::Run;
use crate::ground::{Ground, Spans};
use crate::memo::FieldHash;
use crate::pending::Pending;
use crate::text::{Holder, Text};
use crate::why::Outcome;

impl Run<'_> {
    /// Tells what of a ground was not read as it stands.
    pub(crate) fn tell_troubles(&mut self, ground: &Ground<'_>) {
        let mut spans = Spans::new(ground);
        for ReadProblem { offset, what } in std::mem::take(&mut self.troubles) {
            let at = offset.min(ground.bytes.len());
            let place = ground.place.at(spans.span(&(at..at)));
            self.problem(&place, what.to_string());
        }
    }

    /// Examines all fields of a file's documents. Spans of the answer are positions in `text`.
    pub(crate) fn fields(&mut self, text: &Text<'_>, documents: &[Document]) -> Vec<Pending> {
        let mut all = Vec::new();
        for document in documents {
            let (first, start) = (self.objects, all.len());
            match document {
                Document::Known(known, base) => {
                    self.objects += known.objects;
                    all.extend(known.found.iter().map(|pending| Pending {
                        object_number: first + pending.object_number,
                        ..pending.moved(0, *base)
                    }));
                }
                Document::Read(read) => {
                    let mut lasting = true;
                    for object in &read.manifest.objects {
                        self.objects += 1;
                        lasting &= self.fields_of(text, read, object, &mut all);
                    }
                    if let Some(hash) = read.hash.filter(|_| lasting) {
                        let found = all[start..].iter().map(|pending| Pending {
                            object_number: pending.object_number - first,
                            ..pending.moved(read.base, 0)
                        });
                        self.examiner.memo.note_document(hash, read.searched(found.collect()));
                    }
                }
            }
        }
        all
    }

    /// The fields of one object; whether they say the same whenever they are met.
    fn fields_of(&mut self, text: &Text<'_>, read: &Read, object: &Object, all: &mut Vec<Pending>) -> bool {
        let number = self.objects;
        let is_version = self.is_version(text);
        let named = (!object.object.kind.is_empty()).then_some(&object.object);
        let start = all.len();
        // Where the fields begin that what was found stands in, and those of which more came than that.
        let (mut origins, mut passing) = (Vec::new(), Vec::new());
        for field in &object.fields {
            let silent = field.role != Role::Value && self.examiner.needles.is_empty();
            if silent || field.value.is_empty() || self.is_dull(object, field) {
                continue;
            }
            let hash =
                is_version.then(|| FieldHash::new(&self.examiner.memo, field, object.secret_type.as_deref()));
            let known = hash.and_then(|hash| self.examiner.memo.field(hash));
            let mut found = if let Some(found) = known.as_deref() {
                found.to_vec()
            } else {
                let before = (self.asides, self.budget.room());
                let found = self.field(text, object, number, field);
                match hash.filter(|_| before == (self.asides, self.budget.room())) {
                    Some(hash) => self.examiner.memo.note_field(hash, &found),
                    None => passing.push(field.span.start),
                }
                found
            };
            for pending in &mut found {
                let span = field.map.source_range(pending.span.clone());
                pending.span = span.unwrap_or_else(|| field.span.clone());
                if known.is_some() {
                    pending.hold(named, number, &field.path);
                }
                origins.push(field.span.start);
            }
            all.extend(found);
        }
        for piece in &object.pieces {
            let within = |starts: &[usize]| {
                let at = |place: usize| starts.partition_point(|start| *start < place);
                at(piece.range.start)..at(piece.range.end)
            };
            if within(&passing).is_empty() {
                let found = all[start..][within(&origins)].iter().map(|pending| {
                    let path = pending.field.as_deref().and_then(|path| path.get(piece.path_len..));
                    let mut found = pending.moved(piece.range.start, 0);
                    found.hold(None, 0, path.unwrap_or_default());
                    found
                });
                self.examiner.memo.note_piece(piece, &object.fields, &found.collect::<Vec<_>>());
            }
        }
        for piece in object.known.iter().filter(|piece| piece.fields.wants_path()) {
            let found = read.found.get(&piece.hash).into_iter().flat_map(|found| found.iter());
            all.extend(found.map(|pending| {
                let path = format!("{}{}", piece.path, pending.field.as_deref().unwrap_or_default());
                let mut found = pending.moved(0, piece.start);
                found.hold(named, number, &path);
                found
            }));
        }
        passing.is_empty()
    }

    /// Whether nothing can come of a field: a short line of plain text under a key that speaks for no
    /// credential, in which the engine sees nothing to look at. Most fields are such.
    fn is_dull(&mut self, object: &Object, field: &Field) -> bool {
        let value = field.value.expose_secret();
        let has_form = || matches!(value.trim_ascii_start().first(), Some(b'{' | b'[' | b'-' | b'#'));
        let is_line = || value.iter().all(|byte| matches!(byte, b' '..=b'~'));
        let silent_key = || {
            let class = read_key(field.key.trim_start_matches('-').as_bytes()).class;
            matches!(class, KeyClass::Silent | KeyClass::About | KeyClass::Perhaps(Noun::Salt))
        };
        if field.role != Role::Value
            || !is_setting(field.kind)
            || object.secret_type.is_some()
            || value.len() > DULL
            || !is_line()
            || has_form()
            || !silent_key()
            || is_document(value)
        {
            return false;
        }
        let line = &mut self.line;
        line.clear();
        line.extend_from_slice(field.key.as_bytes());
        line.push(b'=');
        line.extend_from_slice(value);
        self.examiner.engine.is_silent(line)
    }

    /// Examines a file that a Kustomization makes an object of: as the whole value of a key, or line
    /// by line as `key=value`.
    pub(crate) fn generated(
        &mut self,
        text: &Text<'_>,
        secret: bool,
        object: &ObjectRef,
        key: Option<&str>,
    ) -> Vec<Pending> {
        let kind = if secret { FieldKind::SecretString } else { FieldKind::ConfigData };
        let field = |key: &str, range: Range<usize>| {
            let value = &text.bytes[range.clone()];
            let role = match () {
                () if sekisho_kube::is_sealed(value) => Role::Sealed,
                () if sekisho_kube::is_template(value) => Role::Template,
                () if sekisho_kube::is_reference(key, value) => Role::Reference,
                () => Role::Value,
            };
            Field {
                path: format!("data.{key}"),
                key: key.to_owned(),
                value: SecretBytes::from(value),
                map: SpanMap::verbatim(range.start, range.len()),
                span: range,
                role,
                kind,
            }
        };
        let fields = match key {
            Some(key) => vec![field(key, 0..text.bytes.len())],
            None => env_lines(text.bytes).map(|(key, range)| field(&key, range)).collect(),
        };
        let object = Object {
            object: object.clone().into(),
            range: 0..text.bytes.len(),
            class: if secret { Class::Secret } else { Class::ConfigMap },
            secret_type: None,
            fields,
            generators: Vec::new(),
            pieces: Vec::new(),
            known: Vec::new(),
        };
        let manifest = Manifest { objects: vec![object], ..Manifest::default() };
        let document = [Document::Read(Read::whole(manifest))];
        let mut pending = self.scan(text, &sekisho_scan::Window::whole(text.bytes), &field_spans(&document));
        pending.extend(self.fields(text, &document));
        pending
    }

    /// Examines one field. Spans of the answer are positions in its value.
    fn field(&mut self, text: &Text<'_>, object: &Object, number: u32, field: &Field) -> Vec<Pending> {
        let kind = field.kind;
        let base64 = matches!(
            kind,
            FieldKind::SecretData
                | FieldKind::ConfigBinary
                | FieldKind::CredentialBase64
                | FieldKind::BasicAuth
        );
        let mut encoding = Vec::new();
        let written = field.value.expose_secret();
        // What is not base64 is a mistake of its author and a value nevertheless.
        let decoded = base64.then(|| forms::base64(written)).flatten().filter(|decoded| {
            is_text(decoded.bytes.expose_secret()) || !is_stand_in(&field.key, written, kind)
        });
        let value = match &decoded {
            Some(decoded) => {
                encoding.push(Encoding::Base64);
                decoded.bytes.expose_secret()
            }
            None => written,
        };
        // Deeper structures keep the outermost object and field; their own path is a step.
        let mut inside = text.inside.clone();
        let holder = match text.holder {
            Some(outer) => {
                inside.push(Step::Field(field.path.clone()));
                outer
            }
            None => Holder {
                object: (!object.object.kind.is_empty()).then_some(&object.object),
                object_number: number,
                field: &field.path,
                kind,
            },
        };
        let in_field = Text {
            place: text.place,
            bytes: value,
            name: file_name(kind, &field.key),
            kind: file_kind(kind, &field.key, value),
            encoding: text.encoding.iter().chain(&encoding).copied().collect(),
            inside,
            holder: Some(holder),
            ground: None,
        };
        let mut found = match object.secret_type.as_deref() {
            // A reference, a template or a sealed value is none; what is known is found there too.
            _ if field.role != Role::Value => self.known(&in_field),
            // Its type says what it is: a document, with credentials in it or without any.
            Some(secret_type) if is_document_of(secret_type, &field.key, value) => self.content(&in_field),
            _ => self.value_of_field(&in_field, &field.key, kind),
        };
        if !encoding.is_empty() {
            // The place of an encoded value is its encoded text.
            let whole = 0..written.trim_ascii_end().len();
            for pending in &mut found {
                pending.span = whole.clone();
            }
        }
        found
    }

    /// Judges a value under its key and searches it. Spans are positions in `text`.
    fn value_of_field(&mut self, text: &Text<'_>, key: &str, kind: FieldKind) -> Vec<Pending> {
        let value = text.bytes;
        if kind == FieldKind::Document {
            return self.text(text);
        }
        if kind == FieldKind::BasicAuth {
            return Vec::from_iter(self.basic(text));
        }
        self.certificates_of(value);
        let verdict = judge_pair(key, value, kind, text.kind);
        // A document that mentions `example` somewhere is no placeholder: what is in it decides.
        let whole_file = value.contains(&b'\n') || kind == FieldKind::ConfigBinary || is_document(value);
        match &verdict {
            PairVerdict::Empty => return Vec::new(),
            PairVerdict::Public(_) if !holds_more(value) => return self.known(text),
            PairVerdict::Placeholder if !whole_file => return Vec::from_iter(self.placeholder(text, kind)),
            _ => {}
        }
        let mut found = if whole_file { self.content(text) } else { self.line(text, key) };
        let real = found.iter().any(|pending| pending.severity > Severity::Info);
        match verdict {
            PairVerdict::Secret { detector, severity, confidence, value } if !real => {
                let Some(detector) = sekisho_detectors::find(detector) else { return found };
                self.why(text, detector, &value, Outcome::Reported, "");
                // What is not in its detector's form is one nevertheless: the place says so.
                let plain =
                    |run: &Self| run.pending(text, detector, &text.bytes[value.clone()], value.clone());
                let pending = match detector.form {
                    // Decoded already.
                    Form::Base64 => plain(self),
                    _ => self.value(text, detector, value.clone()).or_else(|| plain(self)),
                };
                let pending = pending.map(|mut pending| {
                    pending.severity = severity;
                    pending.confidence = confidence;
                    pending
                });
                Vec::from_iter(pending)
            }
            // The place speaks for the value more than its form speaks against it.
            PairVerdict::Secret { severity, .. } => {
                for pending in found.iter_mut().filter(|p| p.severity > Severity::Info) {
                    if pending.detector.id.starts_with("generic/") {
                        pending.severity = pending.severity.max(severity);
                    }
                }
                found
            }
            PairVerdict::Placeholder if found.is_empty() => Vec::from_iter(self.placeholder(text, kind)),
            _ => found,
        }
    }

    /// Searches a one-line value together with its key, as it would stand in a settings file, so that
    /// detectors that ask for surroundings have them. Spans are positions in the value.
    fn line(&mut self, text: &Text<'_>, key: &str) -> Vec<Pending> {
        let mut line = Vec::with_capacity(key.len() + 1 + text.bytes.len());
        line.extend_from_slice(key.as_bytes());
        line.push(b'=');
        let start = line.len();
        line.extend_from_slice(text.bytes);
        let line = SecretBytes::new(line);
        let with_key = Text { bytes: line.expose_secret(), name: "", ..text.clone() };
        let window = sekisho_scan::Window::whole(with_key.bytes);
        let mut found = self.scan(&with_key, &window, &[]);
        // What the key alone speaks for is the pair's verdict, not the engine's.
        let by_key = |p: &Pending| {
            let here = p.encoding == text.encoding && p.inside == text.inside;
            here && p.span.start == start && p.detector.id.starts_with("generic/")
        };
        found.retain(|pending| pending.span.start >= start && !by_key(pending));
        for pending in &mut found {
            pending.span = pending.span.start - start..pending.span.end - start;
        }
        found
    }

    /// `user:password` of a registry's `auth`.
    fn basic(&mut self, text: &Text<'_>) -> Option<Pending> {
        let detector = sekisho_detectors::find("docker/registry-auth")?;
        let colon = text.bytes.iter().position(|byte| *byte == b':')?;
        self.pending(text, detector, &text.bytes[colon + 1..], colon + 1..text.bytes.len())
    }

    /// A value that waits to be replaced: information, and nothing joins on it.
    fn placeholder(&mut self, text: &Text<'_>, kind: FieldKind) -> Option<Pending> {
        let detector = sekisho_detectors::find(match kind {
            FieldKind::SecretData | FieldKind::SecretString => "kubernetes/secret-value",
            _ => "generic/password",
        })?;
        let value = canonical(text.bytes)?;
        let fingerprint = self.examiner.options.key.fingerprint(value);
        let mut pending = text.pending(detector, fingerprint, true, 0..value.len());
        pending.severity = Severity::Info;
        pending.confidence = Confidence::Low;
        self.why(text, detector, &pending.span, Outcome::Info, "placeholder");
        Some(pending)
    }
}

/// Longest value that is looked at for being dull, in bytes.
const DULL: usize = 256;

/// Whether a field of this kind is an ordinary setting, of which the key says whether it is a
/// credential.
fn is_setting(kind: FieldKind) -> bool {
    matches!(
        kind,
        FieldKind::ConfigData
            | FieldKind::Env
            | FieldKind::Arg
            | FieldKind::Command
            | FieldKind::Header
            | FieldKind::Annotation
            | FieldKind::Setting
    )
}

/// What a field's value would be called as a file.
fn file_name(kind: FieldKind, key: &str) -> &str {
    match kind {
        FieldKind::SecretData | FieldKind::SecretString | FieldKind::ConfigData | FieldKind::ConfigBinary => {
            key
        }
        FieldKind::Document => "document.yaml",
        _ => "",
    }
}

/// What kind of file a field's value would be. What is nothing else is a piece of a program's
/// settings, but for the prose that objects carry on a line of their own.
fn file_kind(kind: FieldKind, key: &str, value: &[u8]) -> PathKind {
    let found = path_kind(file_name(kind, key), value);
    let is_prose = !value.trim_ascii().contains(&b'\n')
        && (kind == FieldKind::Annotation || matches!(key, "description" | "message" | "summary" | "help"));
    let form = match kind {
        _ if found.form != FileForm::Unknown || is_prose => found.form,
        FieldKind::Arg | FieldKind::Command => FileForm::Script,
        _ => FileForm::Config,
    };
    PathKind { form, ..found }
}

/// Whether a field of a Secret of a built-in type is a document that is understood to its ground:
/// a registry client's configuration, a Helm release.
fn is_document_of(secret_type: &str, key: &str, value: &[u8]) -> bool {
    match (secret_type, key) {
        ("kubernetes.io/dockerconfigjson", ".dockerconfigjson")
        | ("kubernetes.io/dockercfg", ".dockercfg") => is_document(value),
        // base64 once more, of a gzip stream.
        ("helm.sh/release.v1", "release") => value.starts_with(b"H4sI"),
        _ => false,
    }
}

/// Whether what stands where base64 belongs waits to be replaced, or was taken out: `CHANGEME`,
/// `DATA+OMITTED`. Both are of base64's alphabet.
fn is_stand_in(key: &str, written: &[u8], kind: FieldKind) -> bool {
    matches!(
        judge_pair(key, written, kind, PathKind::default()),
        PairVerdict::Placeholder | PairVerdict::Plain(Reason::Redacted)
    )
}

/// Whether bytes are text: UTF-8 without control characters.
fn is_text(bytes: &[u8]) -> bool {
    let is_control = |c: char| c.is_control() && !c.is_whitespace();
    std::str::from_utf8(bytes).is_ok_and(|text| !text.contains(is_control))
}

/// Whether a value is a document of JSON or YAML, or a container.
fn is_document(value: &[u8]) -> bool {
    let head = &value[..value.len().min(HEAD)];
    sekisho_kube::sniff("", value).is_some() || sekisho_unpack::sniff(head, "").is_some()
}

/// Whether a value that is public by its form could hold a credential besides: a bundle with a key.
fn holds_more(value: &[u8]) -> bool {
    memchr::memmem::find(value, b"PRIVATE KEY").is_some()
}

/// The keys and values of `key=value` lines as kustomize reads them: no quotes, no escapes, comments
/// on lines of their own (kustomize's api/kv/kv.go).
fn env_lines(text: &[u8]) -> impl Iterator<Item = (String, Range<usize>)> + '_ {
    let mut at = 0;
    text.split_inclusive(|byte| *byte == b'\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let trimmed = line.trim_ascii_start();
        let start = start + line.len() - trimmed.len();
        let line = trimmed.trim_ascii_end();
        let equals = line.iter().position(|byte| *byte == b'=').filter(|_| !line.starts_with(b"#"))?;
        let key = String::from_utf8_lossy(&line[..equals]).into_owned();
        Some((key, start + equals + 1..start + line.len()))
    })
}
