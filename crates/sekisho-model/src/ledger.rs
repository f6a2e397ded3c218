//! [`Ledger`]: sightings folded by fingerprint.
//!
//! Memory is O(distinct credentials + kept copies): of each credential the first `max_copies`
//! copies *in the order of their places* are kept and the total is exact. Keeping by order, not by
//! arrival, makes the result independent of how parallel workers shared the items, so ledgers of
//! workers can be merged in any order and the report is the same to the byte.
//!
//! A tree of gigabytes can hold hundreds of thousands of copies, so each is small: a finding shares
//! its place with its copy, places of one file share its path, and words are [`SharedStr`]s.

use std::cmp::Reverse;
use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::JsonSchema;
use sekisho_secret::{Fingerprint, KeyId};
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Severity};
use crate::location::LocationId;
use crate::place::Place;
use crate::report::{Coverage, KeyOrigin, Report, SCHEMA, Status, Suppressed, Tool};
use crate::shared_str::SharedStr;
use crate::sighting::{Confidence, Copy, Sighting};
use crate::sink::{Problem, Sink, Suppression};

/// Problems listed per coverage entry; the rest is counted.
const MAX_PROBLEMS: usize = 1_000;

/// All sightings of one value: the unit that a person reads, owns and rotates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Credential {
    /// Identity of the value under the report's key; null when the value could be guessed.
    pub fingerprint: Option<Fingerprint>,
    /// Id of the most specific detector that saw it.
    pub detector: SharedStr,
    /// What it is, for people.
    pub title: SharedStr,
    /// The worst of its copies.
    pub severity: Severity,
    /// The surest of its copies.
    pub confidence: Confidence,
    /// Public prefix of the format and an ellipsis, or empty.
    pub preview: SharedStr,
    /// What may be told of the value, such as a token's issuer and expiry.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
    /// How many copies there are, kept or not.
    pub copies_total: u64,
    /// The first copies in the order of their places.
    pub copies: Vec<Copy>,
}

impl Credential {
    /// Sort key of reports: worst first, surest first, then by what and where.
    pub(crate) fn order(&self) -> impl Ord + '_ {
        (
            Reverse(self.severity),
            Reverse(self.confidence),
            &self.detector,
            self.copies.first().map(|c| &c.place),
            self.fingerprint,
        )
    }

    /// Takes in another credential of the same fingerprint.
    pub(crate) fn absorb(&mut self, other: Self) {
        // The surer one names it, whichever came first; ranks are not in reports.
        let sureness = |c: &Self| (c.confidence, c.severity, Reverse(c.detector.clone()));
        if sureness(&other) > sureness(self) {
            (self.detector, self.title, self.preview) = (other.detector, other.title, other.preview);
        }
        self.severity = self.severity.max(other.severity);
        self.confidence = self.confidence.max(other.confidence);
        // Numbers of a report that was read may be anything.
        self.copies_total = self.copies_total.saturating_add(other.copies_total);
        note_details(&mut self.details, other.details);
        self.copies.extend(other.copies);
        self.copies.sort_by(|a, b| (&a.place, &a.location_id).cmp(&(&b.place, &b.location_id)));
    }
}

/// What is at a place.
trait AtPlace {
    fn at(&self) -> (&Place, &LocationId);
}

impl AtPlace for Copy {
    fn at(&self) -> (&Place, &LocationId) {
        (&self.place, &self.location_id)
    }
}

impl AtPlace for Finding {
    fn at(&self) -> (&Place, &LocationId) {
        (&self.place, &self.location_id)
    }
}

/// Things at different places, of which the first so many in the order of the places are kept. Most
/// of these lists hold one thing, so they grow by no more than is needed.
#[derive(Debug)]
struct Firsts<T>(Vec<T>);

impl<T: AtPlace> Firsts<T> {
    const fn new() -> Self {
        Self(Vec::new())
    }

    /// Takes in another thing; of two at one place the later stays.
    fn keep(&mut self, max: usize, thing: T) {
        let Self(things) = self;
        if things.len() == things.capacity() {
            things.reserve_exact(things.len() / 2 + 1);
        }
        things.push(thing);
        if things.len() > max.saturating_add(max / 4) {
            self.settle(max);
        }
    }

    /// Takes in what another list has kept.
    fn merge(&mut self, max: usize, other: Self) {
        other.0.into_iter().for_each(|thing| self.keep(max, thing));
    }

    /// Puts them in order, and drops what is too many.
    fn settle(&mut self, max: usize) {
        let Self(things) = self;
        things.sort_by(|a, b| a.at().cmp(&b.at()));
        things.dedup_by(|later, earlier| {
            let same = later.at() == earlier.at();
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        things.truncate(max);
    }

    /// The first `max`.
    fn into_vec(mut self, max: usize) -> Vec<T> {
        self.settle(max);
        self.0
    }
}

/// What is known of one value so far.
#[derive(Debug)]
struct Entry {
    weak: bool,
    /// Rank, detector, title and preview: the greatest names the credential.
    name: (u8, SharedStr, SharedStr, SharedStr),
    severity: Severity,
    confidence: Confidence,
    details: BTreeMap<String, String>,
    total: u64,
    copies: Firsts<Copy>,
}

/// Sightings folded by fingerprint, findings, and the coverage of one target. Workers fill one
/// each; [`merge`](Self::merge) makes them one.
#[derive(Debug)]
pub struct Ledger {
    max_copies: usize,
    entries: HashMap<Fingerprint, Entry>,
    findings: BTreeMap<(SharedStr, Option<Fingerprint>), Firsts<Finding>>,
    coverage: Vec<Coverage>,
    suppressed: Suppressed,
    problems: BTreeSet<Problem>,
    problems_omitted: u64,
    items: u64,
    bytes: u64,
    excluded: u64,
}

impl Ledger {
    /// An empty ledger that keeps at most `max_copies` copies of each credential.
    pub fn new(max_copies: usize) -> Self {
        Self {
            max_copies: max_copies.max(1),
            entries: HashMap::new(),
            findings: BTreeMap::new(),
            coverage: Vec::new(),
            suppressed: Suppressed::default(),
            problems: BTreeSet::new(),
            problems_omitted: 0,
            items: 0,
            bytes: 0,
            excluded: 0,
        }
    }

    /// Counts one examined item of `bytes` bytes.
    pub fn count_item(&mut self, bytes: u64) {
        self.items += 1;
        self.bytes += bytes;
    }

    /// Counts several examined items of `bytes` bytes together.
    pub fn count_items(&mut self, items: u64, bytes: u64) {
        self.items += items;
        self.bytes += bytes;
    }

    /// Counts files and directories that were left out on request.
    pub fn count_excluded(&mut self, n: u64) {
        self.excluded += n;
    }

    /// Closes the coverage of a target: all that was counted since the last call belongs to it.
    /// `failed` says that the target as a whole could not be read; problems make it partial.
    pub fn close_target(&mut self, target: &str, source: &str, failed: bool) {
        let problems: Vec<Problem> = std::mem::take(&mut self.problems).into_iter().collect();
        let status = match (failed, problems.is_empty()) {
            (true, _) => Status::Failed,
            (false, false) => Status::Partial,
            (false, true) => Status::Complete,
        };
        self.coverage.push(Coverage {
            target: target.to_owned(),
            source: source.to_owned(),
            status,
            items: std::mem::take(&mut self.items),
            bytes: std::mem::take(&mut self.bytes),
            excluded: std::mem::take(&mut self.excluded),
            suppressed: std::mem::take(&mut self.suppressed),
            problems_omitted: std::mem::take(&mut self.problems_omitted),
            problems,
        });
    }

    /// Takes in another ledger, for example a worker's. The order of merging does not matter.
    pub fn merge(&mut self, mut other: Self) {
        // The larger map takes in the smaller: the two are never in memory three times.
        if other.entries.len() > self.entries.len() {
            std::mem::swap(&mut self.entries, &mut other.entries);
        }
        if other.findings.len() > self.findings.len() {
            std::mem::swap(&mut self.findings, &mut other.findings);
        }
        #[expect(clippy::iter_over_hash_type, reason = "entries fold into a map; order cannot be seen")]
        for (fingerprint, entry) in other.entries {
            match self.entries.entry(fingerprint) {
                Slot::Vacant(slot) => {
                    slot.insert(entry);
                }
                Slot::Occupied(mut slot) => {
                    let mine = slot.get_mut();
                    mine.weak |= entry.weak;
                    mine.severity = mine.severity.max(entry.severity);
                    mine.confidence = mine.confidence.max(entry.confidence);
                    mine.total += entry.total;
                    note_details(&mut mine.details, entry.details);
                    if entry.name > mine.name {
                        mine.name = entry.name;
                    }
                    mine.copies.merge(self.max_copies, entry.copies);
                }
            }
        }
        for (key, findings) in other.findings {
            let max = self.max_findings(key.1);
            self.findings.entry(key).or_insert(Firsts::new()).merge(max, findings);
        }
        self.coverage.extend(other.coverage);
        self.suppressed.inline += other.suppressed.inline;
        self.suppressed.ignore += other.suppressed.ignore;
        self.suppressed.baseline += other.suppressed.baseline;
        self.problems_omitted += other.problems_omitted;
        for problem in other.problems {
            self.problem(problem);
        }
        self.items += other.items;
        self.bytes += other.bytes;
        self.excluded += other.excluded;
    }

    /// Findings of one credential are bounded as its copies are; those of an object stand alone.
    fn max_findings(&self, credential: Option<Fingerprint>) -> usize {
        credential.map_or(usize::MAX, |_| self.max_copies)
    }

    /// The report. Fingerprints of weak values are left out unless `export_weak`.
    pub fn into_report(self, tool: Tool, key_id: KeyId, key: KeyOrigin, export_weak: bool) -> Report {
        let mut weak: BTreeSet<Fingerprint> = BTreeSet::new();
        let mut credentials = Vec::with_capacity(self.entries.len());
        #[expect(clippy::iter_over_hash_type, reason = "sorted below")]
        for (fingerprint, entry) in self.entries {
            let hidden = entry.weak && !export_weak;
            if hidden {
                weak.insert(fingerprint);
            }
            let (_, detector, title, preview) = entry.name;
            credentials.push(Credential {
                fingerprint: (!hidden).then_some(fingerprint),
                detector,
                title,
                severity: entry.severity,
                confidence: entry.confidence,
                preview,
                details: entry.details,
                copies_total: entry.total,
                copies: entry.copies.into_vec(self.max_copies),
            });
        }
        let mut findings = Vec::with_capacity(self.findings.values().map(|kept| kept.0.len()).sum());
        for ((_, credential), kept) in self.findings {
            let (max, told) = (
                credential.map_or(usize::MAX, |_| self.max_copies),
                credential.filter(|f| !weak.contains(f)),
            );
            findings.extend(
                kept.into_vec(max).into_iter().map(|finding| Finding { credential: told, ..finding }),
            );
        }
        let mut report = Report {
            schema: SCHEMA.to_owned(),
            tool,
            key_id,
            key,
            coverage: self.coverage,
            credentials,
            findings,
        };
        report.sort();
        report
    }
}

/// Adds details; where two differ the lesser stays, whichever came first.
fn note_details(mine: &mut BTreeMap<String, String>, other: BTreeMap<String, String>) {
    for (name, value) in other {
        match mine.entry(name) {
            std::collections::btree_map::Entry::Vacant(slot) => {
                slot.insert(value);
            }
            std::collections::btree_map::Entry::Occupied(mut slot) if value < *slot.get() => {
                slot.insert(value);
            }
            std::collections::btree_map::Entry::Occupied(_) => {}
        }
    }
}

impl Sink for Ledger {
    fn sighting(&mut self, s: Sighting) {
        let name = (s.rank, s.detector.clone(), s.title, s.preview);
        let copy = Copy {
            location_id: s.location_id,
            detector: s.detector,
            severity: s.severity,
            confidence: s.confidence,
            encoding: s.encoding.into(),
            tracked: s.tracked,
            place: s.place,
        };
        let entry = self.entries.entry(s.fingerprint).or_insert_with(|| Entry {
            weak: s.weak,
            name: name.clone(),
            severity: s.severity,
            confidence: s.confidence,
            details: BTreeMap::new(),
            total: 0,
            copies: Firsts::new(),
        });
        entry.weak |= s.weak;
        entry.severity = entry.severity.max(s.severity);
        entry.confidence = entry.confidence.max(s.confidence);
        note_details(&mut entry.details, s.details);
        if name > entry.name {
            entry.name = name;
        }
        entry.total += 1;
        entry.copies.keep(self.max_copies, copy);
    }

    fn finding(&mut self, finding: Finding) {
        let max = self.max_findings(finding.credential);
        let key = (finding.check.clone(), finding.credential);
        self.findings.entry(key).or_insert(Firsts::new()).keep(max, finding);
    }

    fn problem(&mut self, problem: Problem) {
        if self.problems.insert(problem) && self.problems.len() > MAX_PROBLEMS {
            self.problems.pop_last();
            self.problems_omitted += 1;
        }
    }

    fn suppressed(&mut self, by: Suppression) {
        match by {
            Suppression::Inline => self.suppressed.inline += 1,
            Suppression::Ignore => self.suppressed.ignore += 1,
            Suppression::Baseline => self.suppressed.baseline += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use sekisho_secret::EstateKey;

    use super::*;
    use crate::location::LocationHasher;
    use crate::place::Span;

    fn key() -> EstateKey {
        let mut bytes = [7; 32];
        bytes[0] = 1;
        EstateKey::from_bytes(bytes).unwrap()
    }

    fn sighting(value: &[u8], path: &str, line: u64) -> Sighting {
        let place = Place::file(path).at(Span { line, column: 1, ..Span::default() });
        Sighting {
            fingerprint: key().fingerprint(value),
            weak: value.len() < 8,
            detector: "generic/password".into(),
            title: "Password".into(),
            rank: 1,
            preview: SharedStr::default(),
            details: BTreeMap::new(),
            severity: Severity::High,
            confidence: Confidence::Medium,
            location_id: LocationHasher::new().id("generic/password", &place, b""),
            encoding: Vec::new(),
            tracked: None,
            place: place.into(),
        }
    }

    fn report(ledger: Ledger) -> Report {
        let tool = Tool { version: "0".into(), ruleset: "0".into() };
        ledger.into_report(tool, key().key_id(), KeyOrigin::Ephemeral, false)
    }

    #[test]
    fn copies_are_bounded_totals_are_exact_and_order_of_arrival_does_not_matter() {
        let all: Vec<Sighting> =
            (0..50).map(|n| sighting(b"one-strong-value", &format!("f{n:02}"), n)).collect();
        let mut straight = Ledger::new(10);
        all.iter().cloned().for_each(|s| straight.sighting(s));
        let (mut left, mut right) = (Ledger::new(10), Ledger::new(10));
        for (n, s) in all.into_iter().rev().enumerate() {
            if n % 3 == 0 { left.sighting(s) } else { right.sighting(s) }
        }
        left.merge(right);
        let (straight, merged) = (report(straight), report(left));
        assert_eq!(straight, merged);
        assert_eq!(straight.credentials[0].copies_total, 50);
        assert_eq!(straight.credentials[0].copies.len(), 10);
        assert_eq!(straight.credentials[0].copies[9].place.path().unwrap().path, "f09");
    }

    #[test]
    fn findings_of_objects_are_all_told_however_many_workers_there_were() {
        let finding = |n: u64| {
            let place = Place::file(format!("f{n:02}").as_str());
            Finding {
                check: "k8s/secret-manifest".into(),
                verdict: crate::Verdict::Fail,
                severity: Severity::High,
                controls: [].into(),
                credential: None,
                location_id: LocationHasher::new().id("k8s/secret-manifest", &place, b""),
                place: place.into(),
                reason: "it holds values".into(),
                fix: "keep it without them".into(),
            }
        };
        let (mut left, mut right) = (Ledger::new(3), Ledger::new(3));
        for n in 0..20 {
            if n % 3 == 0 { left.finding(finding(n)) } else { right.finding(finding(n)) }
        }
        left.merge(right);
        let report = report(left);
        assert_eq!(report.findings, (0..20).map(finding).collect::<Vec<_>>());
    }

    #[test]
    fn of_two_at_one_place_the_later_stays() {
        let mut ledger = Ledger::new(2);
        for (path, title) in
            [("b", "old"), ("c", "old"), ("a", "old"), ("a", "new"), ("b", "new"), ("d", "old")]
        {
            let mut sighting = sighting(b"one-strong-value", path, 1);
            sighting.detector = title.into();
            ledger.sighting(sighting);
        }
        let credential = &report(ledger).credentials[0];
        let copies: Vec<(&str, &str)> =
            credential.copies.iter().map(|copy| (copy.place.file_name(), copy.detector.as_str())).collect();
        assert_eq!((credential.copies_total, copies), (6, vec![("a", "new"), ("b", "new")]));
    }

    #[test]
    fn weak_fingerprints_stay_inside() {
        let mut ledger = Ledger::new(10);
        ledger.sighting(sighting(b"hunter2", "a", 1));
        ledger.sighting(sighting(b"a-stronger-one", "a", 2));
        let report = report(ledger);
        let told: Vec<bool> = report.credentials.iter().map(|c| c.fingerprint.is_some()).collect();
        assert_eq!(told.iter().filter(|t| **t).count(), 1);
    }

    #[test]
    fn reports_join_under_one_key_only() {
        let of = |value: &[u8], path: &str| {
            let mut ledger = Ledger::new(10);
            ledger.sighting(sighting(value, path, 1));
            ledger.close_target(path, "dir", false);
            report(ledger)
        };
        let joined = Report::join(vec![of(b"one-strong-value", "b"), of(b"one-strong-value", "a")]).unwrap();
        assert_eq!(joined.credentials.len(), 1);
        assert_eq!(joined.credentials[0].copies_total, 2);
        assert_eq!(joined.credentials[0].copies[0].place.path().unwrap().path, "a");
        assert_eq!(joined.coverage.len(), 2);
        let mut surer = of(b"one-strong-value", "c");
        surer.credentials[0].confidence = Confidence::High;
        surer.credentials[0].title = "Token".into();
        for order in [vec![joined.clone(), surer.clone()], vec![surer, joined.clone()]] {
            assert_eq!(Report::join(order).unwrap().credentials[0].title, "Token");
        }
        let mut other = of(b"x", "c");
        other.key_id = "00".repeat(8).parse().unwrap();
        assert!(matches!(
            Report::join(vec![joined, other]),
            Err(crate::report::JoinError::KeyDiffers { index: 2, .. })
        ));
    }
}
