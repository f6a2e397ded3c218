//! PuTTY's own private key files.

use std::ops::Range;

use sekisho_model::control::{CWE_321, CWE_798, OWASP_K03_2025, OWASP_K08_2022};
use sekisho_model::{Confidence, Severity};
use sekisho_scan::{Detect, Edges, Found, Reach};

use crate::detector::{Detector, Evidence, Example, Form, Logic};

struct PuttyKey;

impl Detect for PuttyKey {
    fn keywords(&self) -> &[&'static str] {
        &["private-lines:"]
    }

    fn reach(&self) -> Reach {
        Reach { before: 1, after: 8 << 10 }
    }

    /// `Private-Lines: n`, n lines of base64.
    fn find(&self, text: &[u8], hit: Range<usize>, _: Edges, out: &mut Vec<Found>) {
        let rest = text[hit.end..].trim_ascii_start();
        let start = text.len() - rest.len();
        let digits = rest.iter().take(3).take_while(|b| b.is_ascii_digit()).count();
        let count = rest[..digits].iter().fold(0usize, |n, b| n * 10 + usize::from(b - b'0'));
        let body_start =
            start + digits + rest[digits..].iter().take(2).take_while(|b| b.is_ascii_whitespace()).count();
        let mut end = body_start;
        let mut lines = 0;
        for line in text[body_start..].split(|b| *b == b'\n').take(count) {
            let base64 = line.trim_ascii_end();
            if base64.is_empty() || !base64.iter().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b)) {
                break;
            }
            end += line.len() + 1;
            lines += 1;
        }
        if count > 0 && lines == count {
            let end = end.min(text.len());
            out.push(Found { whole: hit.start..end, value: body_start..end });
        }
    }
}

static RULE: PuttyKey = PuttyKey;

pub(crate) const DETECTOR: Detector = Detector {
    id: "crypto/putty-private-key",
    title: "PuTTY private key",
    since: "0.1.0",
    severity: Severity::Critical,
    confidence: Confidence::High,
    rank: 80,
    logic: Logic::Code(&RULE),
    evidence: Evidence::Format,
    min_entropy: 0,
    checksum: None,
    form: Form::Plain,
    preview: "PuTTY-User-Key-File",
    controls: &[OWASP_K03_2025, OWASP_K08_2022, CWE_321, CWE_798],
    what: "The private part of a key file of PuTTY (.ppk).",
    why: "It logs in wherever its public half is authorized.",
    fix: "Make a new key pair and take the old public half out of every authorized_keys.",
    references: &["https://the.earth.li/~sgtatham/putty/latest/htmldoc/AppendixC.html"],
    matches: &[Example {
        text: "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nPrivate-Lines: 2\n{{DZU4XcXF8cVGROoX9YE17swJaevAsz|j0OvEmMlrltQ10v7SUw9ZRLsAwNpSpw23c}}\n/l9wxUhm/g1Con+kS9DP4flFRyB9jf8Ef+iTkl/8\nPrivate-MAC: x\n",
        value: None,
        path: "",
    }],
    no_matches: &[
        Example { text: "Private-Lines: 14", value: None, path: "" },
        Example { text: "read the Private-Lines: header", value: None, path: "" },
    ],
};
