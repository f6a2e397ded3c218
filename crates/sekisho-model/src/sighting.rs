//! [`Sighting`]: one credential seen at one place.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use sekisho_secret::Fingerprint;
use serde::{Deserialize, Serialize};

use crate::encoding::Encoding;
use crate::finding::Severity;
use crate::location::LocationId;
use crate::place::Place;
use crate::shared_str::SharedStr;

/// How sure it is that the value is what the detector says. Ordered: `Low` is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The surroundings alone speak for it.
    Low,
    /// Value and surroundings agree.
    Medium,
    /// The format is unmistakable, its checksum is right, or the structure says so.
    High,
}

impl Confidence {
    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// What git knows of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tracked {
    /// In the index.
    Tracked,
    /// Not in the index and not ignored: the next `git add .` takes it.
    Untracked,
    /// Ignored and not in the index.
    Ignored,
}

/// One credential seen at one place, as the examiner hands it to the sink. It holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Which value, under the estate key in force. Always the true one; what may be exported is
    /// decided when the report is made.
    pub fingerprint: Fingerprint,
    /// Whether the value could be guessed (see [`sekisho_secret::is_weak`]).
    pub weak: bool,
    /// Id of the detector.
    pub detector: SharedStr,
    /// The detector's title for people: `AWS access key id`.
    pub title: SharedStr,
    /// How specific the detector is: among several that saw one value, the highest names it.
    pub rank: u8,
    /// The public prefix of the format and an ellipsis (`AKIA…`), or empty. Never characters of
    /// the secret.
    pub preview: SharedStr,
    /// What may be told of the value: issuer, audience and expiry of a token, subject of a
    /// certificate, whether a key is encrypted.
    pub details: BTreeMap<String, String>,
    /// How bad, at this place.
    pub severity: Severity,
    /// How sure, at this place.
    pub confidence: Confidence,
    /// The place's identity.
    pub location_id: LocationId,
    /// Layers around the value, outermost first.
    pub encoding: Vec<Encoding>,
    /// What git knows of the file, if anything.
    pub tracked: Option<Tracked>,
    /// Where.
    pub place: Arc<Place>,
}

/// One copy of a credential in a report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Copy {
    /// The place's identity.
    pub location_id: LocationId,
    /// The detector that saw this copy.
    pub detector: SharedStr,
    /// How bad, at this place.
    pub severity: Severity,
    /// How sure, at this place.
    pub confidence: Confidence,
    /// Layers around the value, outermost first.
    pub encoding: Box<[Encoding]>,
    /// What git knows of the file; null outside a work tree.
    pub tracked: Option<Tracked>,
    /// Where.
    pub place: Arc<Place>,
}
