//! [`Answer`]: all that a scan saw in a history, for when nothing of it has changed.
//!
//! It is written while the scan tells its sink ([`Record`]), and told to another sink from here
//! ([`Answer::told`]). What is kept must never hold a value or a fingerprint: of credentials it holds
//! nothing but numbers. So that they can be told apart again, it names texts ([`Probe`]) in which they
//! all were seen. Whoever wants the answer reads those few again, as the scan did, and hands in
//! what they show.
//!
//! Texts stand once and are numbered; numbers take as many bytes as they need (LEB128). The bytes are
//! sealed by the [`Cache`](crate::Cache), and yet nothing in them is believed.

mod told;

use std::collections::HashMap;

use sekisho_model::{
    Finding, GitCommit, GitHistory, LocationId, ObjectRef, Place, Problem, Root, Sighting, Sink, Span, Step,
    Suppression, Verdict,
};
use sekisho_scan::Candidate;
use sekisho_secret::Fingerprint;

pub use self::told::Answer;
use crate::spans::write_candidates;
use crate::words::Writer;

/// Parts of a record.
const SIGHTING: u64 = 0;
const FINDING: u64 = 1;
const PROBLEM: u64 = 2;
const INLINE: u64 = 3;

/// A record of more bytes is not kept.
const MAX_RECORD: usize = 256 << 20;

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Items that were examined.
    pub items: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Paths that were left out on request.
    pub excluded: u64,
}

/// A text that is read again for the credentials in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The name of its object.
    pub object: Vec<u8>,
    /// Bytes of the text.
    pub len: u64,
    /// Values that stand in it as they are: where, how long, and the credential's number.
    pub plain: Vec<(u64, u64, u32)>,
    /// How others come to light.
    pub looks: Vec<Look>,
}

/// How a part of a text is examined, and what is seen in it then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Where it starts.
    pub start: u64,
    /// Its bytes.
    pub len: u64,
    /// The path that it is examined at.
    pub path: Vec<u8>,
    /// The candidates in it, if it was scanned for them.
    pub candidates: Option<Vec<Candidate>>,
    /// Everything that is seen there, in order: its place's identity, and the credential's number. A
    /// part may show what the whole does not.
    pub seen: Vec<(LocationId, Option<u32>)>,
}

/// Writes down what a sink is told.
#[derive(Default)]
pub struct Record {
    texts: HashMap<Box<[u8]>, u64>,
    /// The texts in the order of their numbers.
    table: Writer,
    events: Writer,
    count: u64,
    /// Numbers of credentials.
    numbers: HashMap<Fingerprint, u32>,
    /// Whether something came that is not kept.
    odd: bool,
}

impl Record {
    /// Nothing so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of a credential, if it was seen.
    pub fn number_of(&self, fingerprint: Fingerprint) -> Option<u32> {
        self.numbers.get(&fingerprint).copied()
    }

    /// How many credentials were seen.
    pub fn credentials(&self) -> usize {
        self.numbers.len()
    }

    /// The whole, if it can be kept.
    pub fn finish(mut self, counts: Counts, probes: &[Probe]) -> Option<Vec<u8>> {
        let events = std::mem::take(&mut self.events);
        for Probe { object, len, plain, looks } in probes {
            self.bytes(object).number(*len);
            self.each(plain.iter(), |this, (start, len, number)| {
                this.number(*start).number(*len).number(u64::from(*number))
            });
            self.each(looks.iter(), |this, Look { start, len, path, candidates, seen }| {
                this.number(*start).number(*len).bytes(path);
                write_candidates(candidates.as_deref(), &mut this.events);
                this.each(seen.iter(), |this, (location, number)| {
                    this.location(location);
                    this.maybe(*number, |this, number| this.number(u64::from(number)))
                })
            });
        }
        let Counts { items, bytes, excluded } = counts;
        let mut all = Writer::default();
        all.number(items).number(bytes).number(excluded);
        all.number(self.numbers.len() as u64);
        all.number(self.texts.len() as u64).raw(&self.table.0);
        all.number(probes.len() as u64).raw(&self.events.0);
        all.number(self.count).raw(&events.0);
        (!self.odd && all.0.len() <= MAX_RECORD).then_some(all.0)
    }

    fn number(&mut self, number: u64) -> &mut Self {
        self.events.number(number);
        self
    }

    /// The number of a text, which is given one if it has none.
    fn bytes(&mut self, text: &[u8]) -> &mut Self {
        if let Some(number) = self.texts.get(text) {
            self.events.number(*number);
            return self;
        }
        let number = self.texts.len() as u64;
        self.table.number(text.len() as u64).raw(text);
        self.texts.insert(text.into(), number);
        self.number(number)
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// Something that may be missing: 0, or 1 and then what it is.
    fn maybe<T>(&mut self, what: Option<T>, one: impl FnOnce(&mut Self, T) -> &mut Self) -> &mut Self {
        self.events.number(u64::from(what.is_some()));
        match what {
            Some(what) => one(self, what),
            None => self,
        }
    }

    /// A list behind its length.
    fn each<T>(
        &mut self,
        all: impl ExactSizeIterator<Item = T>,
        mut one: impl FnMut(&mut Self, T) -> &mut Self,
    ) -> &mut Self {
        self.events.number(all.len() as u64);
        for item in all {
            one(self, item);
        }
        self
    }

    /// A place's identity: hexadecimal digits, packed.
    fn location(&mut self, location: &LocationId) -> &mut Self {
        let digest = location.digest();
        self.odd |= digest.is_none();
        self.events.raw(&digest.unwrap_or_default());
        self
    }

    fn place(&mut self, place: &Place) -> &mut Self {
        let Place { target, root, inside, span, chars, object, field } = place;
        let Root::Git { repo, path, blob, history } = &**root else {
            self.odd = true;
            return self;
        };
        // Whose target it is, is said behind us.
        self.odd |= target.is_some();
        self.text(repo).text(&path.path).text(blob);
        self.maybe(path.path_b64.as_ref(), |this, exact| this.text(exact));
        self.maybe(history.as_deref(), Self::history);
        self.each(inside.iter(), |this, step| match step {
            Step::Entry(name) => this.number(0).text(name),
            Step::EntryB64(name) => this.number(1).text(name),
            Step::Decoded(encoding) => this.number(2).text(encoding.as_str()),
            Step::Field(name) => this.number(3).text(name),
            Step::Record(number) => this.number(4).number(*number),
        });
        self.maybe(*span, |this, span| {
            let Span { line, column, end_line, end_column, byte_offset, byte_length } = span;
            this.number(line).number(column).number(end_line).number(end_column);
            this.number(byte_offset).number(byte_length)
        });
        self.maybe(*chars, |this, chars| this.number(chars.char_column).number(chars.char_end_column));
        self.maybe(object.as_deref(), |this, object| {
            let ObjectRef { api_version, kind, namespace, name } = object;
            this.text(api_version).text(kind).text(name);
            this.maybe(namespace.as_ref(), |this, namespace| this.text(namespace))
        });
        self.maybe(field.as_ref(), |this, field| this.text(field))
    }

    fn history(&mut self, history: &GitHistory) -> &mut Self {
        let GitHistory { side, versions, first_blob, introduced, removed, in_tip_of, tips } = history;
        self.text(side).number(*versions).text(first_blob).number(*tips);
        for commit in [introduced, removed] {
            self.maybe(commit.as_ref(), |this, GitCommit { commit, when, author }| {
                // An author may be told as a keyed hash, which is not kept.
                this.odd |= author.is_some();
                this.text(commit).text(when)
            });
        }
        self.each(in_tip_of.iter(), |this, name| this.text(name))
    }

    fn credential(&mut self, fingerprint: Fingerprint) -> &mut Self {
        let next = self.numbers.len() as u32;
        let number = *self.numbers.entry(fingerprint).or_insert(next);
        self.number(u64::from(number))
    }
}

impl Sink for Record {
    fn sighting(&mut self, sighting: Sighting) {
        let Sighting { fingerprint, weak, detector, title, rank, preview, details, .. } = &sighting;
        let Sighting { severity, confidence, location_id, encoding, tracked, place, .. } = &sighting;
        self.odd |= tracked.is_some();
        self.count += 1;
        self.number(SIGHTING).credential(*fingerprint).number(u64::from(*weak));
        self.text(detector).text(title).number(u64::from(*rank)).text(preview);
        self.text(severity.as_str()).text(confidence.as_str()).location(location_id);
        self.each(details.iter(), |this, (name, value)| this.text(name).text(value));
        self.each(encoding.iter(), |this, encoding| this.text(encoding.as_str()));
        self.place(place);
    }

    fn finding(&mut self, finding: Finding) {
        let Finding { check, verdict, severity, controls, credential, .. } = &finding;
        let Finding { location_id, place, reason, fix, .. } = &finding;
        self.odd |= *verdict != Verdict::Fail;
        self.count += 1;
        self.number(FINDING);
        self.maybe(*credential, Self::credential);
        self.text(check).text(severity.as_str()).text(reason).text(fix).location(location_id);
        self.each(controls.iter(), |this, control| this.text(control));
        self.place(place);
    }

    fn problem(&mut self, problem: Problem) {
        self.count += 1;
        self.number(PROBLEM).text(&problem.what).place(&problem.place);
    }

    fn suppressed(&mut self, by: Suppression) {
        self.count += 1;
        self.number(INLINE);
        self.odd |= by != Suppression::Inline;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sekisho_model::{Confidence, Encoding, Severity, TargetPath, control};
    use sekisho_scan::Source;

    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct All(Vec<Sighting>, Vec<Finding>, Vec<Problem>, usize);

    impl Sink for All {
        fn sighting(&mut self, sighting: Sighting) {
            self.0.push(sighting);
        }

        fn finding(&mut self, finding: Finding) {
            self.1.push(finding);
        }

        fn problem(&mut self, problem: Problem) {
            self.2.push(problem);
        }

        fn suppressed(&mut self, _: Suppression) {
            self.3 += 1;
        }
    }

    fn place(path: &[u8], full: bool) -> Place {
        let commit =
            |name: &str| GitCommit { commit: name.into(), when: "2024-01-01T00:00:00Z".into(), author: None };
        let history = full.then(|| GitHistory {
            side: "refs".into(),
            versions: 300,
            first_blob: "ab".into(),
            introduced: Some(commit("c1")),
            removed: None,
            in_tip_of: ["main".into(), "v1".into()].into(),
            tips: 2,
        });
        let (repo, path, history) = (".".into(), TargetPath::from_bytes(path), history.map(Arc::new));
        let mut place = Place::new(Root::Git { repo, path, blob: "cd".into(), history });
        if full {
            let inside =
                [Step::Entry("a".into()), Step::EntryB64("b".into()), Step::Decoded(Encoding::Utf16le)];
            place.inside = inside.into_iter().chain([Step::Field("f".into()), Step::Record(7)]).collect();
            place.span = Some(Span {
                line: 1,
                column: 2,
                end_line: 3,
                end_column: 4,
                byte_offset: 1 << 40,
                byte_length: 6,
            });
            place.chars = Some(sekisho_model::CharColumns { char_column: 2, char_end_column: 4 });
            let [api_version, kind, name] = ["v1", "Secret", "db"].map(str::to_owned);
            place.object = Some(ObjectRef { api_version, kind, namespace: None, name }.into());
            place.field = Some("data.password".into());
        }
        place
    }

    fn value(value: u8) -> Fingerprint {
        let key = sekisho_secret::EstateKey::from_hex(format!("01{}", "0a".repeat(31)).as_bytes()).unwrap();
        key.fingerprint(&[value; 16])
    }

    fn sighting(number: u8, full: bool) -> Sighting {
        Sighting {
            fingerprint: value(number),
            weak: !full,
            detector: "acme/token".into(),
            title: "Acme token".into(),
            rank: 9,
            preview: "acme_…".into(),
            details: full.then(|| ("issuer".into(), "x".into())).into_iter().collect(),
            severity: Severity::High,
            confidence: Confidence::Medium,
            location_id: LocationId::from("0f".repeat(16)),
            encoding: if full { vec![Encoding::Base64] } else { Vec::new() },
            tracked: None,
            place: place(b"caf\xe9.env", full).into(),
        }
    }

    fn finding(number: u8) -> Finding {
        Finding {
            check: "secrets/in-code".into(),
            verdict: Verdict::Fail,
            severity: Severity::Critical,
            controls: [control::OWASP_K03_2025.into()].into(),
            credential: Some(value(number)),
            location_id: LocationId::from("1e".repeat(16)),
            place: place(b"a", true).into(),
            reason: "r".into(),
            fix: "f".into(),
        }
    }

    fn tell(sink: &mut dyn Sink) {
        sink.finding(finding(1));
        sink.sighting(sighting(1, true));
        sink.sighting(sighting(2, false));
        sink.sighting(sighting(1, false));
        sink.problem(Problem { place: place(b"", false), what: "missing".into() });
        sink.suppressed(Suppression::Inline);
    }

    #[test]
    fn what_is_recorded_is_told_again_and_holds_no_fingerprint() {
        let mut record = Record::new();
        tell(&mut record);
        assert_eq!([1, 2, 3].map(|number| record.number_of(value(number))), [Some(0), Some(1), None]);
        let counts = Counts { items: 3, bytes: 1 << 33, excluded: 1 };
        let candidate = Candidate { source: Source::Rule(3), whole: 1..9, value: 2..8, support: 0..9 };
        let seen = vec![(LocationId::from("0f".repeat(16)), Some(0))];
        let path = b"caf\xe9.env".to_vec();
        let look = Look { start: 1, len: 9, path, candidates: Some(vec![candidate]), seen };
        let probe = Probe { object: vec![7; 20], len: 10, plain: vec![(1, 8, 1)], looks: vec![look] };
        let bytes = record.finish(counts, std::slice::from_ref(&probe)).unwrap();
        let values = [1, 2].map(value);
        let is_value = |window: &[u8]| values.iter().any(|value| value.as_bytes() == window);
        assert!(!bytes.windows(16).any(is_value));
        let answer = Answer::parse(&bytes).unwrap();
        assert_eq!((answer.counts, &answer.probes, answer.credentials), (counts, &vec![probe], 2));
        let (mut told, mut expected) = (All::default(), All::default());
        assert!(answer.tell(&values, &mut told));
        tell(&mut expected);
        assert_eq!(told, expected);
        // A value is missing, or an end: that is said.
        assert!(!answer.tell(&values[..1], &mut All::default()));
        for len in 0..bytes.len() {
            let answer = Answer::parse(&bytes[..len]);
            let whole = answer.is_some_and(|answer| answer.tell(&values, &mut All::default()));
            assert!(!whole, "cut at {len}");
        }
    }

    #[test]
    fn what_cannot_be_written_as_it_is_is_not_kept() {
        fn at(sighting: &mut Sighting) -> &mut Place {
            Arc::make_mut(&mut sighting.place)
        }
        let kept = |change: &dyn Fn(&mut Sighting)| {
            let mut record = Record::new();
            let mut sighting = sighting(1, true);
            change(&mut sighting);
            record.sighting(sighting);
            record.finish(Counts::default(), &[]).is_some()
        };
        assert!(kept(&|_| {}));
        assert!(!kept(&|sighting| sighting.tracked = Some(sekisho_model::Tracked::Tracked)));
        assert!(!kept(&|sighting| at(sighting).target = Some("t".into())));
        assert!(!kept(&|sighting| at(sighting).root = Root::Object { cluster: "c".into() }.into()));
        assert!(!kept(&|sighting| sighting.location_id = LocationId::from("12".to_owned())));
        assert!(!kept(&|sighting| {
            let Root::Git { history: Some(history), .. } = Arc::make_mut(&mut at(sighting).root) else {
                unreachable!()
            };
            Arc::make_mut(history).introduced.as_mut().unwrap().author = Some("somebody".into());
        }));
    }
}
