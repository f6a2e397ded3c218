//! Private keys in PEM and OpenSSH form, whatever their label, plain or escaped in a string.
//!
//! A header alone is no key: documentation, parsers and error messages are full of them. There must
//! be a body of base64, and an end; a block that is cut off counts when enough of it is there.

use std::ops::Range;

use sekisho_model::control::{CWE_321, CWE_798, OWASP_K03_2025, OWASP_K08_2022};
use sekisho_model::{Confidence, Severity};
use sekisho_scan::{Detect, Edges, Found, Reach};

use crate::detector::{Detector, Evidence, Example, Form, Logic};
use crate::pem::block;

struct PrivateKey;

impl Detect for PrivateKey {
    fn keywords(&self) -> &[&'static str] {
        &["private key-----", "private key -----"]
    }

    fn reach(&self) -> Reach {
        Reach { before: 48, after: 12 << 10 }
    }

    fn find(&self, text: &[u8], hit: Range<usize>, edges: Edges, out: &mut Vec<Found>) {
        let Some(block) = block(text, &hit, edges, is_label) else { return };
        out.push(Found { whole: block.clone(), value: block });
    }
}

/// `RSA PRIVATE KEY`, `ENCRYPTED PRIVATE KEY`, `PRIVATE KEY`, …; RFC 7468 and what came before it.
fn is_label(label: &[u8]) -> bool {
    label.trim_ascii_end().ends_with(b"PRIVATE KEY")
}

static RULE: PrivateKey = PrivateKey;

pub(crate) const DETECTOR: Detector = Detector {
    id: "crypto/private-key",
    title: "Private key",
    since: "0.1.0",
    severity: Severity::Critical,
    confidence: Confidence::High,
    rank: 80,
    logic: Logic::Code(&RULE),
    evidence: Evidence::Format,
    min_entropy: 0,
    checksum: None,
    form: Form::Pem,
    preview: "-----BEGIN … PRIVATE KEY-----",
    controls: &[OWASP_K03_2025, OWASP_K08_2022, CWE_321, CWE_798],
    what: "A private key in PEM or OpenSSH form: of a server, a certificate authority, a person, a signature.",
    why: "Whoever has it is its owner: they log in, answer in the name of the host, or sign what others trust.",
    fix: "Make a new key pair, replace the public half or the certificate everywhere, revoke the old certificate, and mount keys at run time.",
    references: &[
        "https://www.rfc-editor.org/rfc/rfc7468",
        "https://www.rfc-editor.org/rfc/rfc5958",
        "https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key",
    ],
    matches: &[
        Example {
            text: "-----BEGIN RSA {{PRIVATE| KEY}}-----\ngtD7fGUOv8fwNfBb0jXxUJR4QQAAabVVloZaXZxmCu1VShIqmArIntn9oX98WHgC\ntzC1uwB5FXZPf7stg7NvlE3LaruSrjLnonWKTn9UGKzEesg61SHE/qaQQ0NV3vTH\n1lS6V6+o9jl8zSOwW/rXL+iuItEnuj+hlrWB8gpj7ktsjs0sW5uqSVZu9kK1V1mi\n-----END RSA {{PRIVATE| KEY}}-----\n",
            value: None,
            path: "",
        },
        Example {
            text: "key: |\n  -----BEGIN {{PRIVATE| KEY}}-----\n  gtD7fGUOv8fwNfBb0jXxUJR4QQAAabVVloZaXZxmCu1VShIqmArIntn9oX98WHgC\n  tzC1uwB5FXZPf7stg7NvlE3LaruSrjLnonWKTn9UGKzEesg61SHE/qaQQ0NV3vTH\n  1lS6V6+o9jl8zSOwW/rXL+iuItEnuj+hlrWB8gpj7ktsjs0sW5uqSVZu9kK1V1mi\n  -----END {{PRIVATE| KEY}}-----\n",
            value: None,
            path: "secret.yaml",
        },
        Example {
            text: "{\"k\": \"-----BEGIN EC {{PRIVATE| KEY}}-----\\ngtD7fGUOv8fwNfBb0jXxUJR4QQAAabVVloZaXZxmCu1VShIqmArIntn9oX98WHgC\\ntzC1uwB5FXZPf7stg7NvlE3LaruSrjLnonWKTn9UGKzEesg61SHE/qaQQ0NV3vTH\\n1lS6V6+o9jl8zSOwW/rXL+iuItEnuj+hlrWB8gpj7ktsjs0sW5uqSVZu9kK1V1mi\\n-----END EC {{PRIVATE| KEY}}-----\\n\"}",
            value: None,
            path: "a.json",
        },
    ],
    no_matches: &[
        Example {
            text: "-----BEGIN {{PRIVATE| KEY}}-----\ngtD7fGUOv8fwNfBb0jXxUJR4QQAAabVVloZaXZxmCu1VShIqmArIntn9oX98WHgC\n...\n1lS6V6+o9jl8zSOwW/rXL+iuItEnuj+hlrWB8gpj7ktsjs0sW5uqSVZu9kK1V1mi\n-----END {{PRIVATE| KEY}}-----",
            value: None,
            path: "README.md",
        },
        Example { text: "-----BEGIN RSA {{PRIVATE| KEY}}-----", value: None, path: "" },
        Example {
            text: "-----BEGIN {{PRIVATE| KEY}}-----\n...\n-----END {{PRIVATE| KEY}}-----",
            value: None,
            path: "",
        },
        Example {
            text: "check(t, \"-----BEGIN RSA {{PRIVATE| KEY}}-----\", string(secretMap[\"private-key-of-server\"]))\nentry := EntryCredentialDefaultData{EntryCredentialAccessCodeData}\nEntryConnectionStringDefaultData(PublicKeyAuthentication, KeyboardInteractiveAuthentication)\n\t\"-----BEGIN\"",
            value: None,
            path: "src/a_test.go",
        },
        Example {
            text: "if text.contains(\"-----BEGIN {{PRIVATE| KEY}}-----\") { load(text) }",
            value: None,
            path: "src/a.rs",
        },
        Example {
            text: "-----BEGIN {{PRIVATE| KEY}}-----\n<your key>\n-----END {{PRIVATE| KEY}}-----",
            value: None,
            path: "",
        },
    ],
};
