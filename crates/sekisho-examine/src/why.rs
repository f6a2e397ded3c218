//! `scan --why`: what became of every candidate, in rules and classes, never in characters.

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
    /// Name of the file; empty for what was decoded from a part of one.
    pub file: &'a str,
    /// Bytes before the candidate in the text at hand (a file, or what was decoded from it).
    pub offset: usize,
    /// Id of the detector.
    pub detector: &'a str,
    /// The outcome.
    pub outcome: Outcome,
    /// The rule that decided.
    pub reason: &'a str,
}
