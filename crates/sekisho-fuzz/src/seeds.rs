//! Seeds that several targets share. Tokens are made up and written split.

/// A small report of every member, as the format `json` writes it.
pub(crate) const REPORT: &str = r#"{
  "schema": "sekisho.report/v1",
  "tool": { "version": "0.1.0", "ruleset": "0" },
  "key_id": "f00a630fd938fd82",
  "key": "estate",
  "coverage": [{
    "target": ".", "source": "dir", "status": "partial", "items": 3, "bytes": 300,
    "suppressed": { "inline": 1, "ignore": 0, "baseline": 0 },
    "problems": [{ "place": { "type": "file", "path": "a.zip" }, "what": "cut short" }]
  }],
  "credentials": [{
    "fingerprint": "3b44cd94414762ac2c4881cbf4ddf828", "detector": "aws/access-key-id", "title": "AWS access key",
    "severity": "critical", "confidence": "high", "preview": "AKIA…", "copies_total": 2,
    "details": { "expires": "2026-01-01T00:00:00Z" },
    "copies": [{
      "location_id": "000102030405060708090a0b0c0d0e0f", "detector": "aws/access-key-id", "severity": "critical",
      "confidence": "high", "encoding": ["base64"], "tracked": null,
      "place": {
        "type": "file", "path": "deploy/db.yaml", "inside": [{ "entry": "a.zip" }, { "decoded": "gzip" }],
        "line": 12, "column": 5, "end_line": 12, "end_column": 25, "byte_offset": 200, "byte_length": 20,
        "object": { "apiVersion": "v1", "kind": "Secret", "namespace": "shop", "name": "db" }, "field": "data.password"
      }
    }]
  }],
  "findings": [{
    "check": "k8s/secret-manifest", "verdict": "fail", "severity": "high", "controls": ["OWASP-K03:2025"],
    "credential": null, "location_id": "000102030405060708090a0b0c0d0e0f",
    "place": { "type": "log", "path": "-", "time": "2026-01-01T00:00:00Z", "pod": "api-0", "container": "app" },
    "reason": "a value stands in the manifest", "fix": "rotate it"
  }]
}
"#;

/// The same as owned bytes, for lists of seeds.
pub(crate) fn all(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}
