//! Salt or nonce in an assignment: drawn at random once, and written down.
//!
//! No credential by itself, and so never more than low: what it protects is weaker for it.

use sekisho_model::control::{CWE_798, OWASP_K03_2025, OWASP_K08_2022};
use sekisho_model::{Confidence, Severity};

use crate::assignment::Assignments;
use crate::detector::{Detector, Evidence, Example, Form, Logic};
use crate::key::Noun;

static RULE: Assignments = Assignments { noun: Noun::Salt, keywords: &["salt", "nonce"] };

pub(crate) const DETECTOR: Detector = Detector {
    id: "generic/salt",
    title: "Salt or nonce in an assignment",
    since: "0.1.0",
    severity: Severity::Low,
    confidence: Confidence::Low,
    rank: 10,
    logic: Logic::Code(&RULE),
    evidence: Evidence::Assignment,
    min_entropy: 0,
    checksum: None,
    form: Form::Plain,
    preview: "",
    controls: &[OWASP_K03_2025, OWASP_K08_2022, CWE_798],
    what: "A salt or a nonce, drawn at random, that is written down beside its name.",
    why: "One salt for all lets all passwords be guessed at once, and a nonce that is used again can undo \
          the encryption or the signature that it belongs to.",
    fix: "Draw it anew for every password, message and signature, and keep it beside the result, not in the program.",
    references: &[
        "https://cwe.mitre.org/data/definitions/760.html",
        "https://cwe.mitre.org/data/definitions/323.html",
    ],
    matches: &[
        example("salt = \"{{k3Vt9pLq|2xWz7YbN}}\"", "k3Vt9pLq2xWz7YbN", "src/a.py"),
        example("oauth_nonce: '{{k3Vt9pLq|2xWz7YbN}}',", "k3Vt9pLq2xWz7YbN", "src/a.js"),
    ],
    no_matches: &[
        benign("salt_length: \"128bytes2\"", "a.yaml"),
        benign("const salt = await bcrypt.genSalt(10)", "src/a.js"),
        benign("nonce: \"random-text\"", "a.json"),
        benign("nonce = secrets.token_hex(16)", "src/a.py"),
    ],
};

const fn example(text: &'static str, value: &'static str, path: &'static str) -> Example {
    Example { text, value: Some(value), path }
}

const fn benign(text: &'static str, path: &'static str) -> Example {
    Example { text, value: None, path }
}
