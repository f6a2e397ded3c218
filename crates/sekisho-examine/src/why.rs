//! `scan --why`: what became of every candidate, in rules and classes, never in characters.

use sekisho_model::Place;

/// What became of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is reported.
    Reported,
    /// It is reported as information.
    Info,
    /// It is not reported.
    Rejected,
}

/// A decision on one candidate.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    /// The file, or the member of an archive.
    pub place: &'a Place,
    /// The path of the field in it that is examined; empty for the text of the file as a whole.
    pub field: &'a str,
    /// Bytes before the candidate in the text at hand (the file, the field's value, or what was
    /// decoded from them).
    pub offset: usize,
    /// Id of the detector.
    pub detector: &'a str,
    /// The outcome.
    pub outcome: Outcome,
    /// The rule that decided.
    pub reason: &'a str,
}
