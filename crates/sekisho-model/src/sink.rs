//! [`Sink`]: where engines push what they see.

use schemars::JsonSchema;
use sekisho_secret::Fingerprint;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::place::Place;
use crate::sighting::Sighting;

/// Something that was not looked at, or not as deeply as asked, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What, in our own words: third-party error texts may quote content and are never passed on.
    pub what: String,
}

/// Who asked for something not to be reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suppression {
    /// A marker in the text.
    Inline,
    /// An entry of an ignore file.
    Ignore,
    /// A baseline.
    Baseline,
}

/// Takes what the examiner finds, in the order of the bytes of one item. Implementations must not
/// print and must be cheap: they are called from the scanning threads.
pub trait Sink {
    /// A credential at a place.
    fn sighting(&mut self, sighting: Sighting);

    /// A structural finding.
    fn finding(&mut self, finding: Finding);

    /// Something that was not looked at.
    fn problem(&mut self, problem: Problem);

    /// Something was set aside; only the count is kept.
    fn suppressed(&mut self, by: Suppression);

    /// The credentials that are about to be told of one item. Who has no use for their places, since it
    /// keeps those of newer versions, notes that they are there and says so: they are not told then.
    fn has_better(&mut self, credentials: &[Fingerprint]) -> bool {
        let _ = credentials;
        false
    }
}
