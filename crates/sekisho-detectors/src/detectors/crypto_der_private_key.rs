//! Private keys in DER, told by their structure.

use sekisho_model::control::{CWE_321, OWASP_K03_2025};
use sekisho_model::{Confidence, Severity};

use crate::detector::{Detector, Evidence, Form, Logic};

pub(crate) const DETECTOR: Detector = Detector {
    id: "crypto/der-private-key",
    title: "Private key in DER",
    since: "0.1.0",
    severity: Severity::Critical,
    confidence: Confidence::High,
    rank: 90,
    logic: Logic::Content,
    evidence: Evidence::Format,
    min_entropy: 0,
    checksum: None,
    form: Form::Plain,
    preview: "",
    controls: &[OWASP_K03_2025, CWE_321],
    what: "A private key in DER, as PKCS#1, PKCS#8 or SEC 1 lay it out, without the text armor of PEM.",
    why: "Whoever reads the file can act as its owner.",
    fix: "Make a new key pair, revoke the old one, and keep the private half in a store or an HSM.",
    references: &[
        "https://www.rfc-editor.org/rfc/rfc5958",
        "https://www.rfc-editor.org/rfc/rfc8017",
        "https://www.rfc-editor.org/rfc/rfc5915",
    ],
    matches: &[],
    no_matches: &[],
};
