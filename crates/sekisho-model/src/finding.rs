//! [`Finding`]: what a check says, with the reason and the way out.

use std::sync::Arc;

use schemars::JsonSchema;
use sekisho_secret::Fingerprint;
use serde::{Deserialize, Serialize};

use crate::location::LocationId;
use crate::place::Place;
use crate::shared_str::SharedStr;

/// How bad it is. Ordered: `Info` is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing, nothing to do: a placeholder, a public key beside its private one.
    Info,
    /// Hygiene.
    Low,
    /// A credential whose use is bounded, or one of low confidence.
    Medium,
    /// A credential that opens something.
    High,
    /// A credential that opens an account, a cluster or a signing key.
    Critical,
}

impl Severity {
    /// All, worst first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Info => "info",
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Looked at and good.
    Pass,
    /// Looked at and bad.
    Fail,
    /// Could not be looked at, for the reason given.
    NotAssessed,
}

/// A rule about how secrets are kept, and what it found at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The check's stable id, for example `k8s/secret-manifest`.
    pub check: SharedStr,
    /// The outcome.
    pub verdict: Verdict,
    /// How bad a failure is.
    pub severity: Severity,
    /// Ids of public controls, for example `OWASP-K03:2025`; see the module `control`.
    pub controls: Arc<[SharedStr]>,
    /// The credential concerned, when there is one and its fingerprint may be told.
    pub credential: Option<Fingerprint>,
    /// The place's identity without key or value.
    pub location_id: LocationId,
    /// Where.
    pub place: Arc<Place>,
    /// Why it is said: names and structure, never a value.
    pub reason: SharedStr,
    /// What to do next.
    pub fix: SharedStr,
}
