//! What is kept of histories between scans: answers, what is known of blobs, what deltas inherit.
//!
//! All of it is sealed; this is what stands behind the seal.

use std::sync::OnceLock;

use sekisho_model::{
    Finding, LocationId, Place, Problem, Root, Severity, Sighting, Sink, Suppression, TargetPath,
};
use sekisho_scan::delta::Copied;
use sekisho_scan::{Candidate, Engine, Needles, Source};
use sekisho_secret::{EstateKey, Fingerprint};
use sekisho_store::{Answer, BlobEntry, Counts, Look, Probe, Record};

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "store_entries",
    body,
    seeds: || vec![answer(), entry(), inherited()],
    words: &[
        b"\x80\x80\x80\x80\x01",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\xff\xff\xff\xff",
        b"high",
        b"base64",
    ],
};

/// The text that a delta is made from, and of.
const TEXT: &[u8] = b"password: \"aZ3kQ9vLx7\"\napi_key=0123456789abcdef\n";

fn engine() -> Option<&'static Engine> {
    static ENGINE: OnceLock<Option<Engine>> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(sekisho_detectors::rules(), Needles::default()).ok()).as_ref()
}

fn value() -> Option<Fingerprint> {
    let key =
        EstateKey::from_hex(b"6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19").ok()?;
    Some(key.fingerprint(b"aZ3kQ9vLx7"))
}

fn candidate() -> Candidate {
    Candidate { source: Source::Rule(3), whole: 1..9, value: 2..8, support: 0..9 }
}

fn answer() -> Vec<u8> {
    let mut record = Record::new();
    let root =
        Root::Git { repo: ".".into(), path: TargetPath::from("a.env"), blob: "ab".into(), history: None };
    let location = LocationId::from("0f".repeat(16));
    if let Some(fingerprint) = value() {
        record.sighting(Sighting {
            fingerprint,
            weak: false,
            detector: "generic/password".into(),
            title: "Password".into(),
            rank: 1,
            preview: "".into(),
            details: [("issuer".to_owned(), "x".to_owned())].into(),
            severity: Severity::High,
            confidence: sekisho_model::Confidence::High,
            location_id: location.clone(),
            encoding: vec![sekisho_model::Encoding::Base64],
            tracked: None,
            place: Place::new(root.clone()).into(),
        });
    }
    record.problem(Problem { place: Place::new(root), what: "missing".to_owned() });
    record.suppressed(Suppression::Inline);
    let seen = vec![(location, Some(0))];
    let look = Look { start: 0, len: 20, path: b"a.env".to_vec(), candidates: Some(vec![candidate()]), seen };
    let probe = Probe { object: vec![7; 20], len: 48, plain: vec![(11, 10, 0)], looks: vec![look] };
    record.finish(Counts { items: 1, bytes: 48, excluded: 0 }, &[probe]).unwrap_or_default()
}

fn entry() -> Vec<u8> {
    let (seen, candidates) = (vec![([1; 8], false)], Some(vec![candidate()]));
    BlobEntry { len: 48, seen, candidates, kept: Some(inherited()) }.to_bytes()
}

fn inherited() -> Vec<u8> {
    engine().map(|engine| engine.scan_kept(TEXT, None, None, &mut |_, _| {}).to_bytes()).unwrap_or_default()
}

/// Counts what it is told.
#[derive(Default)]
struct Told(usize);

impl Sink for Told {
    fn sighting(&mut self, sighting: Sighting) {
        self.0 += 1 + usize::from(sighting.weak);
    }

    fn finding(&mut self, _: Finding) {
        self.0 += 1;
    }

    fn problem(&mut self, _: Problem) {
        self.0 += 1;
    }

    fn suppressed(&mut self, _: Suppression) {
        self.0 += 1;
    }
}

fn body(bytes: &[u8]) {
    if let Some(entry) = BlobEntry::parse(bytes) {
        for Candidate { whole, value, support, .. } in entry.candidates.iter().flatten() {
            assert!(whole.start <= value.start && value.end <= whole.end && whole.end as u64 <= entry.len);
            assert!(support.end as u64 <= entry.len, "a span behind the end of its text");
        }
        assert_eq!(BlobEntry::parse(&entry.to_bytes()), Some(entry), "it reads back");
    }
    if let Some((answer, value)) = Answer::parse(bytes).zip(value()) {
        let inside = |start: u64, len: u64, of: u64| start.checked_add(len).is_some_and(|end| end <= of);
        for probe in &answer.probes {
            assert!(probe.plain.iter().all(|(start, len, _)| inside(*start, *len, probe.len)));
            assert!(probe.looks.iter().all(|look| inside(look.start, look.len, probe.len)));
        }
        let values = vec![value; answer.credentials.min(1 << 10)];
        let mut told = Told::default();
        let whole = answer.tell(&values, &mut told);
        assert!(!whole || told.0 <= 2 * bytes.len(), "more is told than was written");
    }
    let Some(engine) = engine() else { return };
    if let Some(kept) = engine.kept_of(bytes, TEXT.len()) {
        assert_eq!(engine.kept_of(&kept.to_bytes(), TEXT.len()).as_ref(), Some(&kept), "it reads back");
        // Whatever it says, to inherit it is safe.
        let half = TEXT.len() / 2;
        let copies =
            [Copied { base: half, text: 0, len: half }, Copied { base: 0, text: half + 3, len: half }];
        let text = [&TEXT[half..2 * half], b"xyz", &TEXT[..half]].concat();
        let _ = engine.scan_kept(&text, Some((&kept, &copies)), None, &mut |_, _| {});
    }
}
