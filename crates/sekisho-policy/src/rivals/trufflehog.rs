//! trufflehog: one JSON object a line, as `--json` writes them; where a finding is stands in
//! `SourceMetadata.Data.<source>`. Format: <https://github.com/trufflesecurity/trufflehog> (protobuf
//! `source_metadata.proto`). Lines of its own log (objects without `SourceMetadata`) are passed over.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Collector, Lenient, Raw, Read};

#[derive(Deserialize)]
struct Finding {
    #[serde(rename = "SourceMetadata", default)]
    metadata: Option<Metadata>,
    #[serde(rename = "DetectorName", default)]
    rule: Lenient<String>,
}

#[derive(Deserialize)]
struct Metadata {
    /// The one member is named after the source: `Filesystem`, `Git`, `Github`, …
    #[serde(rename = "Data", default)]
    data: Option<BTreeMap<String, Location>>,
}

#[derive(Deserialize)]
struct Location {
    #[serde(default)]
    file: Lenient<String>,
    #[serde(default)]
    line: Lenient<u64>,
}

/// Reads trufflehog's JSON lines. `root` is the directory that its paths begin with, if they do.
pub fn trufflehog(content: &[u8], root: Option<&str>) -> Read {
    let mut collector = Collector::new(root);
    for (number, line) in content.split(|&byte| byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice::<Finding>(line) {
            Ok(Finding { metadata: None, .. }) => {}
            Ok(Finding { metadata: Some(metadata), rule }) => {
                let location = metadata.data.and_then(|data| data.into_values().next());
                let (path, line) = location.map(|at| (at.file.right(), at.line.right())).unwrap_or_default();
                collector.add(Raw { path, line, rule: rule.right() });
            }
            Err(error) => collector.malformed(&error, number),
        }
    }
    collector.read
}

#[cfg(test)]
mod tests {
    use super::super::RivalError;
    use super::super::tests::{assert_silent, entry};
    use super::*;

    #[test]
    fn json_lines_are_read() {
        let lines = r#"{"level":"info-0","ts":"2026-01-01T00:00:00Z","logger":"trufflehog","msg":"running source"}
{"SourceMetadata":{"Data":{"Filesystem":{"file":"/src/a.env","line":4}}},"SourceID":1,"SourceType":15,"SourceName":"trufflehog - filesystem","DetectorType":2,"DetectorName":"AWS","DecoderName":"PLAIN","Verified":false,"Raw":"canary","RawV2":"canary","Redacted":"canary","ExtraData":{"account":"canary"},"StructuredData":null}

{"SourceMetadata":{"Data":{"Git":{"commit":"c","file":"b.env","email":"e","repository":"r","timestamp":"t","line":7}}},"DetectorName":"Github","Raw":"canary"}
not json canary
{"SourceMetadata":{"Data":{"Docker":{"image":"i","layer":"l"}}},"DetectorName":"AWS","Raw":"canary"}
{"SourceMetadata":{"Data":{"Filesystem":{"file":"/other/canary","line":4}}},"DetectorName":"AWS","Raw":"canary"}
"#;
        let read = trufflehog(lines.as_bytes(), Some("/src"));
        assert_eq!(read.0, [entry("a.env", 4, "AWS"), entry("b.env", 7, "Github")]);
        assert_eq!(
            read.1,
            [
                RivalError::Malformed { line: 5, column: 2 },
                RivalError::NoPlace { entry: 3 },
                RivalError::Outside { entry: 4 }
            ]
        );
        assert_silent(&read);
    }
}
