//! Java key stores, told by their structure.

use sekisho_model::control::{CWE_321, OWASP_K03_2025};
use sekisho_model::{Confidence, Severity};

use crate::detector::{Detector, Evidence, Form, Logic};

pub(crate) const DETECTOR: Detector = Detector {
    id: "crypto/java-key-store",
    title: "Java key store with private keys",
    since: "0.1.0",
    severity: Severity::Medium,
    confidence: Confidence::High,
    rank: 90,
    logic: Logic::Content,
    evidence: Evidence::Format,
    min_entropy: 0,
    checksum: None,
    form: Form::Plain,
    preview: "",
    controls: &[OWASP_K03_2025, CWE_321],
    what: "A JKS or JCEKS file that holds private or secret keys. Both formats protect keys weakly, under passwords that can be tried offline.",
    why: "Whoever guesses the password, often the default, has the keys.",
    fix: "Make new keys, keep them in a store, and use PKCS#12 with a strong password where a file must be.",
    references: &[
        "https://docs.oracle.com/en/java/javase/21/security/java-cryptography-architecture-jca-reference-guide.html",
    ],
    matches: &[],
    no_matches: &[],
};
