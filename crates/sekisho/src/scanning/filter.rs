//! [`Filter`]: takes out what ignore files and the baseline set aside, and counts it.

use std::sync::Arc;

use sekisho_model::{
    Finding, Ledger, LocationHasher, Place, Problem, Severity, SharedStr, Sighting, Sink, Suppression,
    Verdict, control,
};
use sekisho_policy::{Baseline, IgnoreFile, RemarkKind};
use sekisho_secret::KeyId;

/// What sets things aside.
pub(super) struct Policy<'a> {
    pub(super) key_id: KeyId,
    /// The baseline, if there is one.
    pub(super) baseline: Option<&'a Baseline>,
    /// Ignore files: the user's, and the target's.
    pub(super) ignore: Vec<&'a IgnoreFile>,
}

/// A sink before the ledger.
pub(super) struct Filter<'a> {
    pub(super) policy: &'a Policy<'a>,
    pub(super) ledger: &'a mut Ledger,
    /// The target, said at every place when the report has several.
    pub(super) target: Option<&'a SharedStr>,
    /// The place that was last told, as it came and with its target: a finding goes before its
    /// sighting, and shares its place.
    last: Option<(Arc<Place>, Arc<Place>)>,
}

impl<'a> Filter<'a> {
    pub(super) const fn new(
        policy: &'a Policy<'a>,
        ledger: &'a mut Ledger,
        target: Option<&'a SharedStr>,
    ) -> Self {
        Self { policy, ledger, target, last: None }
    }

    fn name_target(&mut self, place: &mut Arc<Place>) {
        let Some(target) = self.target else { return };
        let named = match self.last.take() {
            Some((known, named)) if Arc::ptr_eq(&known, place) => named,
            _ => Arc::new(Place { target: Some(target.clone()), ..Place::clone(place) }),
        };
        let unnamed = std::mem::replace(place, Arc::clone(&named));
        self.last = Some((unnamed, named));
    }
}

impl Sink for Filter<'_> {
    fn sighting(&mut self, mut sighting: Sighting) {
        let Policy { key_id, baseline, ignore } = self.policy;
        // Every file is asked, so that each knows which of its entries are in use.
        let ignored =
            |file: &&IgnoreFile| file.ignores(&sighting.detector, &sighting.place, &sighting.location_id);
        if ignore.iter().filter(|file| ignored(file)).count() > 0 {
            return self.ledger.suppressed(Suppression::Ignore);
        }
        let fingerprint = (!sighting.weak).then_some(sighting.fingerprint);
        if baseline.is_some_and(|known| known.suppresses(*key_id, &sighting.location_id, fingerprint)) {
            return self.ledger.suppressed(Suppression::Baseline);
        }
        self.name_target(&mut sighting.place);
        self.ledger.sighting(sighting);
    }

    fn finding(&mut self, mut finding: Finding) {
        // A copy's finding goes with the copy; only sightings are counted as set aside.
        let Policy { key_id, baseline, ignore } = self.policy;
        let ignored = |file: &&IgnoreFile| file.ignores(&finding.check, &finding.place, &finding.location_id);
        let known =
            baseline.is_some_and(|known| known.suppresses(*key_id, &finding.location_id, finding.credential));
        if !known && ignore.iter().filter(|file| ignored(file)).count() == 0 {
            self.name_target(&mut finding.place);
            self.ledger.finding(finding);
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.ledger.problem(problem);
    }

    fn suppressed(&mut self, by: Suppression) {
        self.ledger.suppressed(by);
    }
}

/// Entries of an ignore file that have expired or that nothing needed, as findings at their lines.
pub(super) fn remarks(name: &str, file: &IgnoreFile, ledger: &mut Ledger) {
    let mut ids = LocationHasher::new();
    for remark in file.remarks() {
        let (check, severity) = match remark.kind {
            RemarkKind::Expired { .. } => ("policy/ignore-expired", Severity::Low),
            _ => ("policy/ignore-unused", Severity::Info),
        };
        let line = remark.line as u64;
        let span =
            sekisho_model::Span { line, column: 1, end_line: line, end_column: 1, ..Default::default() };
        let place = Place::file(name).at(span);
        ledger.finding(Finding {
            check: check.into(),
            verdict: Verdict::Fail,
            severity,
            controls: [control::OWASP_K03_2025.into()].into(),
            credential: None,
            location_id: ids.id(check, &place, remark.entry.to_string().as_bytes()),
            place: place.into(),
            reason: remark.to_string().into(),
            fix: "remove the entry, or give it a new day with its owner's reason".into(),
        });
    }
}
