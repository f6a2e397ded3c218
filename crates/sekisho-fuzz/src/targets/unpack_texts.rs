//! Text forms: base64, hex, percent, escapes, HTML.

use sekisho_unpack::text::{base64, c_escapes, hex, html, json_escapes, percent, yaml_escapes};
use sekisho_unpack::worth_scanning;

use crate::{Target, seeds};

pub(crate) const TARGET: Target = Target {
    name: "unpack_texts",
    body,
    seeds: || {
        seeds::all(&[
            "cG9zdGdyZXM6Ly91OnBAaG9zdC9kYg==",
            "cG9zdGdyZXM6Ly91\n  OnBAaG9zdC9kYg",
            "_-_-cG9z",
            "706f7374 67726573",
            "postgres%3A%2F%2Fu%3Ap%40host%2Fdb",
            "a\\u00e9\\ud83d\\ude00\\n\\\"b\\\\",
            "a\\x41\\101\\e\\_\\N\\U0001F600",
            "a&amp;b&#x41;&#65;&quot;&lt;",
        ])
    },
    words: &[b"==", b"\\u", b"\\ud800", b"%25", b"&#x", b"&amp;", b"\\x", b"\r\n", b"-_"],
};

fn body(bytes: &[u8]) {
    for decode in [base64, hex, percent, json_escapes, yaml_escapes, c_escapes, html] {
        let Some(decoded) = decode(bytes) else { continue };
        let len = decoded.bytes.len();
        assert!(len <= bytes.len() + bytes.len() / 2, "grows more than it says");
        for range in [0..len, 0..len.min(1), len / 2..len, len..len] {
            let source = decoded.source_range(range, bytes.len());
            assert!(source.start <= source.end && source.end <= bytes.len(), "a span lies outside the run");
        }
        let _ = worth_scanning(decoded.bytes.expose_secret());
    }
}
