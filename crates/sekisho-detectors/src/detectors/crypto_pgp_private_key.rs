//! OpenPGP private keys in ASCII armour.

use std::ops::Range;

use sekisho_model::control::{CWE_321, CWE_798, OWASP_K03_2025, OWASP_K08_2022};
use sekisho_model::{Confidence, Severity};
use sekisho_scan::{Detect, Edges, Found, Reach};

use crate::detector::{Detector, Evidence, Example, Form, Logic};
use crate::pem::block;

struct PgpPrivateKey;

impl Detect for PgpPrivateKey {
    fn keywords(&self) -> &[&'static str] {
        &["private key block-----"]
    }

    fn reach(&self) -> Reach {
        Reach { before: 48, after: 16 << 10 }
    }

    fn find(&self, text: &[u8], hit: Range<usize>, edges: Edges, out: &mut Vec<Found>) {
        let Some(block) = block(text, &hit, edges, |label| label == b"PGP PRIVATE KEY BLOCK") else { return };
        out.push(Found { whole: block.clone(), value: block });
    }
}

static RULE: PgpPrivateKey = PgpPrivateKey;

pub(crate) const DETECTOR: Detector = Detector {
    id: "crypto/pgp-private-key",
    title: "OpenPGP private key",
    since: "0.1.0",
    severity: Severity::Critical,
    confidence: Confidence::High,
    rank: 80,
    logic: Logic::Code(&RULE),
    evidence: Evidence::Format,
    min_entropy: 0,
    checksum: None,
    form: Form::Plain,
    preview: "-----BEGIN PGP PRIVATE KEY BLOCK-----",
    controls: &[OWASP_K03_2025, OWASP_K08_2022, CWE_321, CWE_798],
    what: "An OpenPGP private key, perhaps under a passphrase.",
    why: "It signs packages, releases and commits, and decrypts what was meant for its owner.",
    fix: "Revoke the key, publish the revocation, sign anew with another.",
    references: &["https://www.rfc-editor.org/rfc/rfc9580#name-forming-ascii-armor"],
    matches: &[Example {
        text: "-----BEGIN PGP {{PRIVATE| KEY}} BLOCK-----\nVersion: x\n\ngtD7fGUOv8fwNfBb0jXxUJR4QQAAabVVloZaXZxmCu1VShIqmArIntn9oX98WHgC\ntzC1uwB5FXZPf7stg7NvlE3LaruSrjLnonWKTn9UGKzEesg61SHE/qaQQ0NV3vTH\n1lS6V6+o9jl8zSOwW/rXL+iuItEnuj+hlrWB8gpj7ktsjs0sW5uqSVZu9kK1V1mi\n=abcd\n-----END PGP {{PRIVATE| KEY}} BLOCK-----\n",
        value: None,
        path: "",
    }],
    no_matches: &[Example {
        text: "-----BEGIN PGP {{PRIVATE| KEY}} BLOCK-----\n[...]\n-----END PGP {{PRIVATE| KEY}} BLOCK-----",
        value: None,
        path: "",
    }],
};
