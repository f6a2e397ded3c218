//! PKCS#12 files, told by their structure.

use sekisho_model::control::{CWE_321, OWASP_K03_2025};
use sekisho_model::{Confidence, Severity};

use crate::detector::{Detector, Evidence, Form, Logic};

pub(crate) const DETECTOR: Detector = Detector {
    id: "crypto/pkcs12",
    title: "PKCS#12 key store",
    since: "0.1.0",
    severity: Severity::High,
    confidence: Confidence::High,
    rank: 90,
    logic: Logic::Content,
    evidence: Evidence::Format,
    min_entropy: 0,
    checksum: None,
    form: Form::Plain,
    preview: "",
    controls: &[OWASP_K03_2025, CWE_321],
    what: "A PKCS#12 file (.p12, .pfx): private keys with their certificates. Often encrypted under a password that is short or lies beside it.",
    why: "Whoever opens it acts as the owner of its certificates.",
    fix: "Make a new key pair, revoke the certificate, and keep the private half in a store or an HSM.",
    references: &["https://www.rfc-editor.org/rfc/rfc7292"],
    matches: &[],
    no_matches: &[],
};
