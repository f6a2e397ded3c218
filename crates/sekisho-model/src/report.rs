//! The report `sekisho.report/v1`: what `scan` writes and `join`, `convert`, baselines and saved
//! estates read. Changes are additive; a reader ignores members that it does not know.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use sekisho_secret::{Fingerprint, KeyId};
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Severity};
use crate::ledger::Credential;
use crate::shared_str::SharedStr;
use crate::sink::Problem;

/// The schema's name, in every report.
pub const SCHEMA: &str = "sekisho.report/v1";

/// Everything that one run, or several joined runs, found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Always `sekisho.report/v1`.
    pub schema: String,
    /// What made it.
    pub tool: Tool,
    /// The name of the estate key under which the fingerprints hold.
    pub key_id: KeyId,
    /// Whether that key outlives the run.
    pub key: KeyOrigin,
    /// What was looked at, and what was not.
    pub coverage: Vec<Coverage>,
    /// Credentials, worst first.
    pub credentials: Vec<Credential>,
    /// Findings, worst first.
    pub findings: Vec<Finding>,
}

/// Where the key of a report came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyOrigin {
    /// A kept estate key: reports join under it.
    Estate,
    /// Made for this run alone: fingerprints mean nothing outside the report.
    Ephemeral,
}

/// The program that made a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// Version of Sekisho.
    pub version: String,
    /// Digest of the detector set.
    pub ruleset: String,
}

/// What was looked at in one target through one source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// The target as named by the user.
    pub target: String,
    /// The source: `dir`, `file`, `log`, `git`, …
    pub source: String,
    /// Whether everything was looked at.
    pub status: Status,
    /// Items examined.
    pub items: u64,
    /// Bytes examined, before decompression.
    pub bytes: u64,
    /// Files and directories left out by `--exclude`, `--include` or the target's settings.
    #[serde(default)]
    pub excluded: u64,
    /// How much was set aside on request.
    pub suppressed: Suppressed,
    /// Problems that were too many to list.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub problems_omitted: u64,
    /// What was not looked at, or not as deeply as asked.
    pub problems: Vec<Problem>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// How complete a target's coverage is. Ordered: `Complete` is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All of it.
    Complete,
    /// Some things were not looked at; they are listed.
    Partial,
    /// The target could not be read at all.
    Failed,
}

/// Counts of what was set aside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Suppressed {
    /// By a marker in the text.
    pub inline: u64,
    /// By an entry of an ignore file.
    pub ignore: u64,
    /// By a baseline.
    pub baseline: u64,
}

/// Why reports do not join.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// No report was given.
    #[error("no report to join")]
    Nothing,
    /// Two reports were made under different keys.
    #[error(
        "report {index} was made under key {found}, the first under {expected}: fingerprints do not compare"
    )]
    KeyDiffers {
        /// Position of the report among the arguments, from 1.
        index: usize,
        /// The key id of the first report.
        expected: KeyId,
        /// The key id of this one.
        found: KeyId,
    },
}

impl Report {
    /// The worst severity of all credentials and failed findings, if there is any.
    pub fn worst(&self) -> Option<Severity> {
        let findings = self.findings.iter().filter(|f| f.verdict == crate::Verdict::Fail).map(|f| f.severity);
        self.credentials.iter().map(|c| c.severity).chain(findings).max()
    }

    /// The worst coverage status.
    pub fn status(&self) -> Status {
        self.coverage.iter().map(|c| c.status).max().unwrap_or(Status::Complete)
    }

    /// Sorts credentials and findings into the order of a report: worst first, then by place.
    pub fn sort(&mut self) {
        self.coverage.sort();
        self.credentials.sort_by(|a, b| a.order().cmp(&b.order()));
        // There may be hundreds of thousands, each at a place of its own: a stable sort would take half
        // of their memory again.
        self.findings.sort_unstable_by(|a, b| {
            let what = |finding: &Finding| (finding.credential, finding.reason.clone());
            (b.severity, &a.check, &a.place, &a.location_id)
                .cmp(&(a.severity, &b.check, &b.place, &b.location_id))
                .then_with(|| what(a).cmp(&what(b)))
        });
    }

    /// Says at every place which target it is relative to, when the report has only one.
    fn name_target(&mut self) {
        let Some(first) = self.coverage.first() else { return };
        if self.coverage.iter().any(|coverage| coverage.target != first.target) {
            return;
        }
        let target = SharedStr::from(first.target.as_str());
        let copies = self.credentials.iter_mut().flat_map(|credential| &mut credential.copies);
        let places = copies.map(|copy| &mut copy.place).chain(self.findings.iter_mut().map(|f| &mut f.place));
        for place in places {
            Arc::make_mut(place).target.get_or_insert_with(|| target.clone());
        }
    }

    /// Several reports under one key as one: credentials of one fingerprint become one; those
    /// whose fingerprint is not told (weak values) stay apart.
    ///
    /// # Errors
    /// When there is no report, or the keys differ.
    pub fn join(reports: Vec<Self>) -> Result<Self, JoinError> {
        let targets: BTreeSet<&str> =
            reports.iter().flat_map(|r| &r.coverage).map(|c| c.target.as_str()).collect();
        let several = targets.len() > 1;
        let mut reports = reports.into_iter().map(|mut report| {
            if several {
                report.name_target();
            }
            report
        });
        let mut joined = reports.next().ok_or(JoinError::Nothing)?;
        let mut known: BTreeMap<Fingerprint, usize> = BTreeMap::new();
        for (at, credential) in joined.credentials.iter().enumerate() {
            known.extend(credential.fingerprint.map(|f| (f, at)));
        }
        for (at, report) in reports.enumerate() {
            if report.key_id != joined.key_id {
                let (expected, found) = (joined.key_id, report.key_id);
                return Err(JoinError::KeyDiffers { index: at + 2, expected, found });
            }
            joined.coverage.extend(report.coverage);
            joined.findings.extend(report.findings);
            for credential in report.credentials {
                if let Some(&at) = credential.fingerprint.and_then(|f| known.get(&f)) {
                    joined.credentials[at].absorb(credential);
                } else {
                    known.extend(credential.fingerprint.map(|f| (f, joined.credentials.len())));
                    joined.credentials.push(credential);
                }
            }
        }
        joined.sort();
        Ok(joined)
    }
}
