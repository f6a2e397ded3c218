//! Every form that manifests come in, good and bad twins side by side: path, key, kind, role and
//! the very bytes of each field.

#![allow(clippy::expect_used, clippy::format_collect, reason = "helpers of tests")]

use sekisho_kube::{Class, Generated, Limits, Manifest, Trouble, read};
use sekisho_model::Field;

mod kinds;
mod syntax;

fn manifest(name: &str, source: &str) -> Manifest {
    let manifest = read(source.as_bytes(), name, &Limits::default());
    for object in &manifest.objects {
        assert!(object.range.end <= source.len());
        for field in &object.fields {
            faithful(source, field);
        }
    }
    manifest
}

/// What a field says of its bytes is so.
fn faithful(source: &str, field: &Field) {
    let value = field.value.expose_secret();
    let span = field.map.source_range(0..value.len()).expect("a value has a place");
    assert!(span.start >= field.span.start, "{}", field.path);
    let text = &source.as_bytes()[field.span.clone()];
    // Whatever stands unchanged in the source, the span is exactly it.
    if text.len() == value.len() {
        assert_eq!(text, value, "{}", field.path);
        assert_eq!(span, field.span, "{}", field.path);
    }
}

/// `path <key> Kind Role: value`, one a line.
fn lines(manifest: &Manifest) -> Vec<String> {
    let fields = manifest.objects.iter().flat_map(|object| &object.fields);
    fields
        .map(|field| {
            let value = String::from_utf8_lossy(field.value.expose_secret()).replace('\n', "\\n");
            let line = format!("{} <{}> {:?} {:?}: {value}", field.path, field.key, field.kind, field.role);
            line.trim_start().to_owned()
        })
        .collect()
}

#[track_caller]
fn check(name: &str, source: &str, expected: &str) -> Manifest {
    let manifest = manifest(name, source);
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(lines(&manifest), expected);
    // Neither line ends nor text before a document make a difference.
    let crlf = source.replace('\n', "\r\n");
    assert_eq!(lines(&self::manifest(name, &crlf)), expected, "with CRLF");
    if !source.starts_with(['{', '\u{feff}']) {
        let behind = format!("# \u{e9}\u{65e5}\u{672c}\n---\n{source}");
        assert_eq!(lines(&self::manifest(name, &behind)), expected, "behind a comment");
    }
    manifest
}
