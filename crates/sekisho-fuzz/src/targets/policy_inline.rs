//! Inline markers, in lines of any bytes.

use sekisho_policy::marked;

use crate::{Target, seeds};

pub(crate) const TARGET: Target = Target {
    name: "policy_inline",
    body,
    seeds: || {
        seeds::all(&[
            "password = x # sekisho:ignore generic/password",
            "# pragma: allowlist nextline secret\npassword = x",
            "password = x // gitleaks:allow trufflehog:ignore",
        ])
    },
    words: &[
        b"sekisho:ignore",
        b"gitleaks:allow",
        b"trufflehog:ignore",
        b"pragma: allowlist secret",
        b"#",
        b"//",
        b"<!--",
    ],
};

fn body(bytes: &[u8]) {
    let mut lines = bytes.rsplitn(2, |byte| *byte == b'\n');
    let line = lines.next().unwrap_or_default();
    let _ = marked(line, lines.next(), "generic/password");
}
