//! Reports and baselines of other scanners.

use sekisho_policy::rivals::{detect_secrets, gitleaks, trufflehog};

use crate::{Target, seeds};

pub(crate) const TARGET: Target = Target {
    name: "policy_rivals",
    body,
    seeds: || {
        seeds::all(&[
            r#"[{"RuleID":"generic-api-key","File":"src/a.env","StartLine":3,"EndLine":3,"Secret":"x"}]"#,
            r#"{"version":"1.5.0","results":{"a.env":[{"type":"Secret Keyword","filename":"a.env","line_number":3}]}}"#,
            "{\"SourceMetadata\":{\"Data\":{\"Filesystem\":{\"file\":\"/x/a.env\",\"line\":3}}},\"DetectorName\":\"AWS\"}\n",
        ])
    },
    words: &[
        b"\"File\"",
        b"\"results\"",
        b"\"SourceMetadata\"",
        b"../",
        b"C:\\\\",
        b"\\u0000",
        b"-1",
        b"1e99",
    ],
};

fn body(bytes: &[u8]) {
    for read in [gitleaks, detect_secrets, trufflehog] {
        for root in [None, Some("/x")] {
            let (entries, _errors) = read(bytes, root);
            assert!(entries.len() <= bytes.len(), "more entries than bytes");
        }
    }
}
