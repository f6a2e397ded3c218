//! Signed JSON Web Tokens in compact form, other than those of Kubernetes service accounts.

use std::ops::Range;

use sekisho_model::control::{CWE_798, OWASP_K03_2025, OWASP_K08_2022};
use sekisho_model::{Confidence, Severity};
use sekisho_scan::{Detect, Edges, Found, Reach};

use crate::detector::{Detector, Evidence, Example, Form, Logic};
use crate::jwt;

struct Rule;

impl Detect for Rule {
    fn keywords(&self) -> &[&'static str] {
        jwt::KEYWORDS
    }

    fn reach(&self) -> Reach {
        jwt::REACH
    }

    fn find(&self, text: &[u8], hit: Range<usize>, edges: Edges, out: &mut Vec<Found>) {
        let Some(token) = jwt::at(text, &hit, edges) else { return };
        if !jwt::is_service_account(&text[token.clone()]) {
            out.push(Found { whole: token.clone(), value: token });
        }
    }
}

static RULE: Rule = Rule;

pub(crate) const DETECTOR: Detector = Detector {
    id: "jwt/token",
    title: "JSON Web Token",
    since: "0.1.0",
    severity: Severity::Medium,
    confidence: Confidence::High,
    rank: 50,
    logic: Logic::Code(&RULE),
    evidence: Evidence::Format,
    min_entropy: 0,
    checksum: None,
    form: Form::Jwt,
    preview: "eyJ…",
    controls: &[OWASP_K03_2025, OWASP_K08_2022, CWE_798],
    what: "A signed token in compact form; issuer, audience and expiry can be read from it.",
    why: "Until it expires it acts for its subject wherever its issuer is trusted.",
    fix: "Let it expire or revoke it at its issuer, and find out how it got into the file; one without an expiry needs a new signing key.",
    references: &[
        "https://www.rfc-editor.org/rfc/rfc7519",
        "https://www.rfc-editor.org/rfc/rfc7515#section-3.1",
    ],
    matches: &[Example {
        text: "Authorization: Bearer {{eyJhbG|ciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI0MiIsImlzcyI6InNob3AiLCJleHAiOjE5OTk5OTk5OTl9.PCQmkrlD7suQEAg6NYB229x8yZl7ImA3k8nSV9_qT2G}}",
        value: Some(
            "{{eyJhbG|ciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI0MiIsImlzcyI6InNob3AiLCJleHAiOjE5OTk5OTk5OTl9.PCQmkrlD7suQEAg6NYB229x8yZl7ImA3k8nSV9_qT2G}}",
        ),
        path: "run.sh",
    }],
    no_matches: &[
        Example { text: "eyJhbGciOi", value: None, path: "" },
        Example {
            text: "{{eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9|.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c}}",
            value: None,
            path: "",
        },
    ],
};
