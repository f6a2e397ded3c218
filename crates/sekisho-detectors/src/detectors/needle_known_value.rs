//! Values that are known to be secret, looked for beside the detectors.

use sekisho_model::control::{CWE_312, OWASP_K03_2025};
use sekisho_model::{Confidence, Severity};

use crate::detector::{Detector, Evidence, Form, Logic};

pub(crate) const DETECTOR: Detector = Detector {
    id: "needle/known-value",
    title: "Known value",
    since: "0.1.0",
    severity: Severity::High,
    confidence: Confidence::High,
    rank: 60,
    logic: Logic::Content,
    evidence: Evidence::Format,
    min_entropy: 0,
    checksum: None,
    form: Form::Plain,
    preview: "",
    controls: &[OWASP_K03_2025, CWE_312],
    what: "A value that you said is secret (`--needles`), found as it is or encoded: base64 at any alignment, hex, percent, JSON or YAML escapes.",
    why: "No guess is involved: this is a copy of that very value.",
    fix: "Remove the copy; rotate the value if anyone could read it here who may not.",
    references: &["https://cwe.mitre.org/data/definitions/312.html"],
    matches: &[],
    no_matches: &[],
};
