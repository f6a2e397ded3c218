//! Basic authentication headers: code, because `basic` is a word of every manual and a pattern would be
//! asked at each; what follows is looked at only when it has a capital or a digit, as base64 of a login has.

use std::ops::Range;

use sekisho_model::control::{CWE_798, OWASP_K03_2025, OWASP_K08_2022};
use sekisho_model::{Confidence, Severity};
use sekisho_scan::{Detect, Edges, Found, Reach};

use crate::detector::{Detector, Evidence, Example, Form, Logic};

/// Longest base64 of a login, padding included.
const MAX_LOGIN: usize = 1000;
/// Shortest: a user of one letter, a colon, a password of four.
const MIN_LOGIN: usize = 8;

struct BasicAuth;

impl Detect for BasicAuth {
    fn keywords(&self) -> &[&'static str] {
        &["basic "]
    }

    fn reach(&self) -> Reach {
        Reach { before: 1, after: MAX_LOGIN + 4 }
    }

    fn find(&self, text: &[u8], hit: Range<usize>, edges: Edges, out: &mut Vec<Found>) {
        let joined =
            hit.start.checked_sub(1).is_some_and(|at| text[at].is_ascii_alphanumeric() || text[at] == b'_');
        if joined {
            return;
        }
        let behind = &text[hit.end..];
        let blanks = behind.iter().take(3).take_while(|b| matches!(b, b' ' | b'\t')).count();
        let start = hit.end + blanks;
        let rest = &text[start..text.len().min(start + MAX_LOGIN + 1)];
        let body = rest
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'_' | b'-'))
            .count();
        let drawn = rest[..body].iter().any(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if body < MIN_LOGIN || !drawn {
            return;
        }
        let padding = rest[body..].iter().take(2).take_while(|b| **b == b'=').count();
        let end = body + padding;
        // What runs on where nothing more may be read may be something else.
        if end > MAX_LOGIN || (end == rest.len() && !edges.at_end) {
            return;
        }
        let value = start..start + end;
        out.push(Found { whole: hit.start..value.end, value });
    }
}

static RULE: BasicAuth = BasicAuth;

pub(crate) const DETECTOR: Detector = Detector {
    id: "generic/basic-auth",
    title: "Basic authentication header",
    since: "0.1.0",
    severity: Severity::High,
    confidence: Confidence::Medium,
    rank: 30,
    logic: Logic::Code(&RULE),
    evidence: Evidence::Surroundings,
    min_entropy: 0,
    checksum: None,
    form: Form::Basic,
    preview: "",
    controls: &[OWASP_K03_2025, OWASP_K08_2022, CWE_798],
    what: "User and password in base64, as HTTP Basic authentication sends them.",
    why: "Whoever can read the file can use it, and so can everybody who gets a copy of it.",
    fix: "Take the value out of the file, give it to the program at run time, and rotate it: what was once \
          committed stays in history.",
    references: &[
        "https://www.rfc-editor.org/rfc/rfc7617",
        "https://cwe.mitre.org/data/definitions/798.html",
    ],
    matches: &[Example {
        text: "curl -H 'Authorization: Basic {{YWRtaW46emVvYz|JnZkxXWHpodmk=}}' https://x",
        value: Some("{{zeoc2gf|LWXzhvi}}"),
        path: "run.sh",
    }],
    no_matches: &[
        Example { text: "basic authentication is used", value: None, path: "" },
        Example { text: "Basic Authentication2 is used", value: None, path: "README.md" },
        Example { text: "Authorization: Basic <credentials>", value: None, path: "" },
    ],
};
