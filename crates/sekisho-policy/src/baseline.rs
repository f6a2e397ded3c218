//! Baselines: everything known so far, so that only what is new is reported.
//!
//! A place is recognised by its location id, which needs no key. Where the baseline was made under
//! the key now in force, the fingerprint must agree too: a changed value at a known place is new.
//! Values that could be guessed have no fingerprint in a report, and compare by their place alone.
//!
//! The file (`sekisho.baseline/v1`) holds one entry for each place, in the order of the paths, so
//! that it reads well in a review. A whole report works as a baseline too.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use sekisho_model::report::{KeyOrigin, Report, SCHEMA as REPORT_SCHEMA};
use sekisho_model::{LocationId, Place, TargetPath, Verdict};
use sekisho_secret::{Fingerprint, KeyId};
use serde::{Deserialize, Serialize};

/// The schema's name, in every baseline.
pub const BASELINE_SCHEMA: &str = "sekisho.baseline/v1";

/// One known place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct BaselineEntry {
    /// Path for people, relative to the target; empty for places that have none.
    #[serde(default)]
    pub path: String,
    /// Line for people, from 1, when the baseline was made.
    #[serde(default)]
    pub line: Option<u64>,
    /// The detector or check, for people.
    #[serde(default)]
    pub detector: String,
    /// The place's identity.
    pub location_id: LocationId,
    /// The value's identity under the baseline's key; null where it may not be told.
    #[serde(default)]
    pub fingerprint: Option<Fingerprint>,
}

/// The file's form.
#[derive(Serialize, Deserialize)]
struct File {
    schema: String,
    key_id: KeyId,
    entries: Vec<BaselineEntry>,
}

/// What is known already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    key_id: KeyId,
    entries: BTreeMap<LocationId, Vec<BaselineEntry>>,
}

/// Why bytes are no baseline. Holds nothing of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BaselineError {
    /// Not JSON, or not of the form that its schema asks for.
    #[error("line {line}, column {column}: neither a baseline nor a report of Sekisho")]
    Malformed {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
    },
    /// JSON, but of another schema.
    #[error("the schema is neither {BASELINE_SCHEMA} nor {REPORT_SCHEMA}")]
    OtherSchema,
}

impl From<serde_json::Error> for BaselineError {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed { line: error.line(), column: error.column() }
    }
}

impl Baseline {
    /// A baseline of these places, whose fingerprints hold under `key_id`.
    pub fn new(key_id: KeyId, entries: impl IntoIterator<Item = BaselineEntry>) -> Self {
        let mut known: BTreeMap<LocationId, Vec<BaselineEntry>> = BTreeMap::new();
        for entry in entries {
            known.entry(entry.location_id.clone()).or_default().push(entry);
        }
        for entries in known.values_mut() {
            entries.sort();
            entries.dedup();
        }
        Self { key_id, entries: known }
    }

    /// All copies and failed findings of a report. It should have been made without a bound on the
    /// copies: those that were only counted are not known.
    pub fn from_report(report: &Report) -> Self {
        // Under a key that is gone fingerprints tell nothing to us and something to a guesser.
        let kept = |fingerprint: Option<Fingerprint>| fingerprint.filter(|_| report.key == KeyOrigin::Estate);
        let copies = report.credentials.iter().flat_map(|credential| {
            let entry = |copy: &sekisho_model::Copy| {
                entry(&copy.place, &copy.detector, &copy.location_id, kept(credential.fingerprint))
            };
            credential.copies.iter().map(entry)
        });
        let failed = report.findings.iter().filter(|finding| finding.verdict == Verdict::Fail);
        let findings = failed.map(|f| entry(&f.place, &f.check, &f.location_id, kept(f.credential)));
        Self::new(report.key_id, copies.chain(findings))
    }

    /// Reads a baseline, or a whole report as one.
    ///
    /// # Errors
    /// [`BaselineError`].
    pub fn parse(content: &[u8]) -> Result<Self, BaselineError> {
        #[derive(Deserialize)]
        struct Head {
            schema: String,
        }
        let head: Head = serde_json::from_slice(content)?;
        match head.schema.as_str() {
            BASELINE_SCHEMA => {
                let file: File = serde_json::from_slice(content)?;
                Ok(Self::new(file.key_id, file.entries))
            }
            REPORT_SCHEMA => Ok(Self::from_report(&serde_json::from_slice(content)?)),
            _ => Err(BaselineError::OtherSchema),
        }
    }

    /// The file's content, the same bytes for the same entries.
    pub fn to_json(&self) -> Vec<u8> {
        let mut entries: Vec<BaselineEntry> = self.entries.values().flatten().cloned().collect();
        entries.sort();
        let file = File { schema: BASELINE_SCHEMA.to_owned(), key_id: self.key_id, entries };
        // Strings and numbers under string keys: this cannot fail.
        let mut json = serde_json::to_vec_pretty(&file).unwrap_or_default();
        json.push(b'\n');
        json
    }

    /// Whether something at `location_id` is known. `fingerprint` is that of its value under the
    /// key `key_id`, or `None` where the value could be guessed or there is none.
    pub fn suppresses(
        &self,
        key_id: KeyId,
        location_id: &LocationId,
        fingerprint: Option<Fingerprint>,
    ) -> bool {
        let Some(known) = self.entries.get(location_id) else { return false };
        let Some(fingerprint) = fingerprint.filter(|_| key_id == self.key_id) else { return true };
        known.iter().any(|entry| entry.fingerprint.is_none_or(|known| known == fingerprint))
    }

    /// How many places are known.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn entry(
    place: &Place,
    detector: &str,
    location_id: &LocationId,
    fingerprint: Option<Fingerprint>,
) -> BaselineEntry {
    BaselineEntry {
        path: place.path().map(|TargetPath { path, .. }| path.to_string()).unwrap_or_default(),
        line: place.span.map(|span| span.line),
        detector: detector.to_owned(),
        location_id: location_id.clone(),
        fingerprint,
    }
}

#[cfg(test)]
mod tests {
    use sekisho_model::report::Tool;
    use sekisho_model::{Confidence, Ledger, Severity, SharedStr, Sighting, Sink, Span};
    use sekisho_secret::EstateKey;

    use super::*;

    fn key(first: u8) -> EstateKey {
        let mut bytes = [7; 32];
        bytes[0] = first;
        EstateKey::from_bytes(bytes).unwrap()
    }

    fn sighting(key: &EstateKey, location: &str, value: &[u8], weak: bool) -> Sighting {
        let span = Span { line: 3, column: 1, ..Span::default() };
        Sighting {
            fingerprint: key.fingerprint(value),
            weak,
            detector: "generic/password".into(),
            title: "password".into(),
            rank: 0,
            preview: SharedStr::default(),
            details: BTreeMap::new(),
            severity: Severity::High,
            confidence: Confidence::Low,
            location_id: LocationId::from(location.to_owned()),
            encoding: Vec::new(),
            tracked: None,
            place: Place::file("a.env").at(span).into(),
        }
    }

    fn report(key: &EstateKey, origin: KeyOrigin) -> Report {
        let mut ledger = Ledger::new(usize::MAX);
        ledger.sighting(sighting(key, "strong", b"first value", false));
        ledger.sighting(sighting(key, "weak", b"secret", true));
        let tool = Tool { version: String::new(), ruleset: String::new() };
        ledger.into_report(tool, key.key_id(), origin, false)
    }

    fn id(text: &str) -> LocationId {
        LocationId::from(text.to_owned())
    }

    #[test]
    fn a_changed_value_is_new_where_keys_agree() {
        let key = key(1);
        let baseline = Baseline::from_report(&report(&key, KeyOrigin::Estate));
        let first = Some(key.fingerprint(b"first value"));
        let second = Some(key.fingerprint(b"second value"));
        assert!(baseline.suppresses(key.key_id(), &id("strong"), first));
        assert!(!baseline.suppresses(key.key_id(), &id("strong"), second));
        assert!(!baseline.suppresses(key.key_id(), &id("elsewhere"), first));
    }

    #[test]
    fn under_another_key_the_place_decides() {
        let (mine, other) = (key(1), key(2));
        let baseline = Baseline::from_report(&report(&mine, KeyOrigin::Estate));
        let changed = Some(other.fingerprint(b"second value"));
        assert!(baseline.suppresses(other.key_id(), &id("strong"), changed));
        assert!(!baseline.suppresses(other.key_id(), &id("elsewhere"), changed));
    }

    #[test]
    fn values_without_a_fingerprint_compare_by_place() {
        let key = key(1);
        let baseline = Baseline::from_report(&report(&key, KeyOrigin::Estate));
        assert!(baseline.suppresses(key.key_id(), &id("weak"), None));
        assert!(baseline.suppresses(key.key_id(), &id("weak"), Some(key.fingerprint(b"strong now"))));
        assert!(baseline.suppresses(key.key_id(), &id("strong"), None));
    }

    #[test]
    fn reports_and_baselines_read_alike() {
        let key = key(1);
        let report = report(&key, KeyOrigin::Estate);
        let baseline = Baseline::from_report(&report);
        assert_eq!(baseline.len(), 2);
        assert_eq!(Baseline::parse(&serde_json::to_vec(&report).unwrap()), Ok(baseline.clone()));
        let json = baseline.to_json();
        assert_eq!(Baseline::parse(&json), Ok(baseline.clone()));
        let again = Baseline::new(key.key_id(), baseline.entries.into_values().flatten());
        assert_eq!(again.to_json(), json);
        let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(
            value["entries"][1],
            serde_json::json!({
                "path": "a.env", "line": 3, "detector": "generic/password", "location_id": "weak",
                "fingerprint": null
            })
        );
        assert_eq!(value["schema"], BASELINE_SCHEMA);
    }

    #[test]
    fn a_key_that_is_gone_leaves_no_fingerprints() {
        let key = key(1);
        let json = Baseline::from_report(&report(&key, KeyOrigin::Ephemeral)).to_json();
        assert!(!String::from_utf8(json).unwrap().contains(&key.fingerprint(b"first value").to_string()));
    }

    #[test]
    fn what_is_no_baseline_is_refused_without_its_content() {
        for (content, expected) in [
            (&b"canary"[..], BaselineError::Malformed { line: 1, column: 1 }),
            (b"{\"schema\": \"canary\"}", BaselineError::OtherSchema),
            (
                b"{\"schema\": \"sekisho.baseline/v1\",\n\"key_id\": \"canary\"}",
                BaselineError::Malformed { line: 2, column: 19 },
            ),
            (b"[]", BaselineError::Malformed { line: 1, column: 2 }),
        ] {
            let error = Baseline::parse(content).unwrap_err();
            assert_eq!(error, expected);
            assert!(!format!("{error} {error:?}").contains("canary"));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_will_do(content: Vec<u8>) {
            proptest::prop_assert!(Baseline::parse(&content).is_err());
        }
    }
}
