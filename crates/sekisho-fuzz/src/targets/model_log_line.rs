//! What a log line tells of itself.

use sekisho_model::log_line;

use crate::{Target, seeds};

pub(crate) const TARGET: Target = Target {
    name: "model_log_line",
    body,
    seeds: || {
        seeds::all(&[
            "[pod/api-7d9c6bf5d4-x2x8p/app] 2026-11-20T08:14:03.117Z made up",
            "2026-11-20T08:14:03.117203Z stdout F made up",
            r#"{"log":"made up\n","stream":"stdout","time":"2026-11-20T08:14:03.1Z"}"#,
            r#"{"kubernetes":{"pod_name":"api-0","container_name":"app"},"@timestamp":"2026-11-20T08:14:03Z","message":"x"}"#,
            "I1120 08:14:03.117203       1 server.go:42] made up",
            "ts=2026-11-20T08:14:03Z level=info msg=\"made up\"",
            "api-0 app 2026-11-20T08:14:03Z made up",
        ])
    },
    words: &[
        b"[pod/",
        b"] ",
        b"time=\"",
        b"\"time\":",
        b"\"kubernetes\":{",
        b"T25:61:61Z",
        b"+14:00",
        b"\\u0000",
        b"[[[[",
    ],
};

fn body(bytes: &[u8]) {
    let meta = log_line(bytes);
    for text in [&meta.time, &meta.pod, &meta.container].into_iter().flatten() {
        // Whatever is told stands in the line, has the shape of a name or time, and is short.
        assert!(!text.is_empty() && text.len() <= 253, "too long to be a name or a time");
        assert!(
            text.bytes().all(|b| b.is_ascii_graphic() || b == b' '),
            "no name or time has such characters"
        );
    }
}
