//! [`Answer`]: what was recorded, read back.

use std::collections::BTreeMap;
use std::sync::Arc;

use sekisho_model::{
    CharColumns, Finding, GitCommit, GitHistory, LocationId, ObjectRef, Place, Problem, Root, Severity,
    SharedStr, Sighting, Sink, Span, Step, Suppression, TargetPath, Verdict,
};
use sekisho_secret::Fingerprint;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as NotNamed;

use super::{Counts, FINDING, INLINE, Look, PROBLEM, Probe, SIGHTING};
use crate::spans::read_candidates;
use crate::words::Reader;

/// A record stands for at most this many times its bytes: one text may be told at many places.
const MAX_RATIO: usize = 256;

/// What was recorded of one history.
#[derive(Debug)]
pub struct Answer<'a> {
    /// What was counted.
    pub counts: Counts,
    /// Texts in which all credentials are seen.
    pub probes: Vec<Probe>,
    /// How many credentials there are.
    pub credentials: usize,
    texts: Vec<&'a [u8]>,
    /// Bytes of texts that may be told.
    room: usize,
    /// Everything that is told.
    events: Reader<'a>,
}

impl<'a> Answer<'a> {
    /// Reads what [`Record::finish`](super::Record::finish) gave; `None` for anything else.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let counts = Counts { items: reader.number()?, bytes: reader.number()?, excluded: reader.number()? };
        // Each is seen somewhere.
        let credentials = reader.size().filter(|count| *count <= bytes.len())?;
        let texts = reader.each(|reader| {
            let len = reader.size()?;
            reader.raw(len)
        })?;
        let room = bytes.len().saturating_mul(MAX_RATIO);
        let mut told = Told { texts: &texts, shared: Vec::new(), last: None, values: &[], room, reader };
        let probes = told.each(Told::probe)?;
        let events = told.reader;
        Some(Self { counts, probes, credentials, texts, room, events })
    }

    /// Tells a sink all that was recorded. `values` are the fingerprints of the credentials in the order
    /// of their numbers. False when the record is not whole: what was told of it until then does not
    /// count.
    #[must_use]
    pub fn tell(&self, values: &[Fingerprint], sink: &mut dyn Sink) -> bool {
        let (room, reader) = (self.room, self.events.clone());
        let shared = vec![None; self.texts.len()];
        let mut told = Told { texts: &self.texts, shared, last: None, values, room, reader };
        told.events(sink).is_some() && told.reader.0.is_empty()
    }
}

/// Reads what is told.
struct Told<'r, 'a> {
    texts: &'r [&'a [u8]],
    /// Those that were told, by their numbers.
    shared: Vec<Option<SharedStr>>,
    /// The last place that was told.
    last: Option<Arc<Place>>,
    values: &'r [Fingerprint],
    room: usize,
    reader: Reader<'a>,
}

impl<'a> Told<'_, 'a> {
    fn events(&mut self, sink: &mut dyn Sink) -> Option<()> {
        for _ in 0..self.reader.number()? {
            match self.reader.number()? {
                SIGHTING => sink.sighting(self.sighting()?),
                FINDING => sink.finding(self.finding()?),
                INLINE => sink.suppressed(Suppression::Inline),
                PROBLEM => {
                    let (what, place) = (self.string()?, self.place()?);
                    sink.problem(Problem { what, place: Arc::unwrap_or_clone(place) });
                }
                _ => return None,
            }
        }
        Some(())
    }

    fn probe(&mut self) -> Option<Probe> {
        let (object, len) = (self.bytes()?.to_vec(), self.reader.number()?);
        let inside = |start: u64, size: u64| start.checked_add(size).filter(|end| *end <= len);
        let plain = self.each(|this| {
            let (start, size, number) = (this.reader.number()?, this.reader.number()?, this.small()?);
            inside(start, size).map(|_| (start, size, number))
        })?;
        let looks = self.each(|this| {
            let (start, len) = (this.reader.number()?, this.reader.number()?);
            inside(start, len)?;
            let path = this.bytes()?.to_vec();
            let candidates = read_candidates(&mut this.reader, len)?;
            let seen = this.each(|this| Some((this.location()?, this.maybe(Self::small)?)))?;
            Some(Look { start, len, path, candidates, seen })
        })?;
        Some(Probe { object, len, plain, looks })
    }

    fn small(&mut self) -> Option<u32> {
        u32::try_from(self.reader.number()?).ok()
    }

    fn sighting(&mut self) -> Option<Sighting> {
        Some(Sighting {
            fingerprint: self.credential()?,
            weak: self.reader.number()? == 1,
            detector: self.text()?,
            title: self.text()?,
            rank: self.reader.number()?.try_into().ok()?,
            preview: self.text()?,
            severity: self.named()?,
            confidence: self.named()?,
            location_id: self.location()?,
            details: self
                .each(|this| Some((this.string()?, this.string()?)))?
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
            encoding: self.each(Self::named)?,
            tracked: None,
            place: self.place()?,
        })
    }

    fn finding(&mut self) -> Option<Finding> {
        let credential = self.maybe(Self::credential)?;
        let (check, severity, reason, fix) =
            (self.text()?, self.named::<Severity>()?, self.text()?, self.text()?);
        let (location_id, controls) = (self.location()?, self.each(Self::text)?.into());
        let (verdict, place) = (Verdict::Fail, self.place()?);
        Some(Finding { check, verdict, severity, controls, credential, location_id, place, reason, fix })
    }

    fn place(&mut self) -> Option<Arc<Place>> {
        let (repo, path, blob) = (self.text()?, self.text()?, self.text()?);
        let path = TargetPath { path, path_b64: self.maybe(Self::text)? };
        let history = self.maybe(Self::history)?.map(|history| self.known_history(history));
        let inside = self.each(|this| {
            Some(match this.reader.number()? {
                0 => Step::Entry(this.string()?),
                1 => Step::EntryB64(this.string()?),
                2 => Step::Decoded(this.named()?),
                3 => Step::Field(this.string()?),
                4 => Step::Record(this.reader.number()?),
                _ => return None,
            })
        })?;
        let span = self.maybe(|this| {
            let mut number = || this.reader.number();
            let (line, column, end_line, end_column) = (number()?, number()?, number()?, number()?);
            Some(Span { line, column, end_line, end_column, byte_offset: number()?, byte_length: number()? })
        })?;
        let chars = self.maybe(|this| {
            let (char_column, char_end_column) = (this.reader.number()?, this.reader.number()?);
            Some(CharColumns { char_column, char_end_column })
        })?;
        let object = self.maybe(|this| {
            let (api_version, kind, name) = (this.string()?, this.string()?, this.string()?);
            Some(ObjectRef { api_version, kind, name, namespace: this.maybe(Self::string)? })
        })?;
        let field = self.maybe(Self::text)?;
        let (root, object) = (Arc::new(Root::Git { repo, path, blob, history }), object.map(Arc::new));
        let place = Place { target: None, root, inside, span, chars, object, field };
        // A finding goes before its sighting, and is at the same place.
        if self.last.as_deref() != Some(&place) {
            self.last = Some(place.into());
        }
        self.last.clone()
    }

    /// All versions of a copy have one history.
    fn known_history(&self, new: GitHistory) -> Arc<GitHistory> {
        match self.last.as_ref().map(|place| &*place.root) {
            Some(Root::Git { history: Some(known), .. }) if **known == new => Arc::clone(known),
            _ => new.into(),
        }
    }

    fn history(&mut self) -> Option<GitHistory> {
        let (side, versions, first_blob) = (self.text()?, self.reader.number()?, self.text()?);
        let tips = self.reader.number()?;
        let mut commit =
            || self.maybe(|this| Some(GitCommit { commit: this.text()?, when: this.text()?, author: None }));
        let (introduced, removed) = (commit()?, commit()?);
        let in_tip_of = self.each(Self::text)?.into();
        Some(GitHistory { side, versions, first_blob, introduced, removed, in_tip_of, tips })
    }

    fn credential(&mut self) -> Option<Fingerprint> {
        self.values.get(self.reader.size()?).copied()
    }

    fn location(&mut self) -> Option<LocationId> {
        self.reader.array().map(LocationId::from)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let number = self.reader.size()?;
        self.numbered(number)
    }

    fn numbered(&mut self, number: usize) -> Option<&'a [u8]> {
        let text = self.texts.get(number).copied()?;
        self.room = self.room.checked_sub(text.len())?;
        Some(text)
    }

    fn text(&mut self) -> Option<SharedStr> {
        let number = self.reader.size()?;
        let text = std::str::from_utf8(self.numbered(number)?).ok()?;
        Some(self.shared.get_mut(number)?.get_or_insert_with(|| text.into()).clone())
    }

    fn string(&mut self) -> Option<String> {
        self.text().map(|text| text.to_string())
    }

    /// One of a few words.
    fn named<T: for<'de> Deserialize<'de>>(&mut self) -> Option<T> {
        let word = std::str::from_utf8(self.bytes()?).ok()?;
        T::deserialize(IntoDeserializer::<NotNamed>::into_deserializer(word)).ok()
    }

    fn each<T>(&mut self, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.reader.size().filter(|count| *count <= self.reader.0.len())?;
        let mut all = Vec::with_capacity(count.min(64));
        for _ in 0..count {
            all.push(one(self)?);
        }
        Some(all)
    }

    #[expect(clippy::option_option, reason = "whether it can be read, and whether there is one")]
    fn maybe<T>(&mut self, one: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.reader.number()? {
            0 => Some(None),
            1 => one(self).map(Some),
            _ => None,
        }
    }
}
