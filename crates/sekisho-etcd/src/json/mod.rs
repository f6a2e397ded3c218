//! Objects as kube-apiserver stores them, as the JSON that it would serve.
//!
//! Built-in kinds are stored in protobuf; whoever reads manifests (scan, posture, who, reach) reads
//! JSON, so that a backup is as good a source as a cluster. The table (`objects.schema`) has the
//! fields that hold values, name secrets, grant access or say where a pod runs; kinds that it does
//! not know give their metadata alone, and that is said. Custom resources are stored in JSON already.

mod schema;

use std::ops::Range;

use sekisho_secret::SecretBytes;
use zeroize::Zeroizing;

use self::schema::{Field, Kind, SCHEMA, Shape};
use crate::envelope::PROTOBUF_MARK;
use crate::object;
use crate::proto::{self, Value};

/// Messages within messages, at most: no kind nests deeper than a dozen.
const MAX_DEPTH: u8 = 32;

/// An object as JSON.
#[derive(Debug)]
pub struct JsonObject {
    /// The JSON, which may hold values.
    pub json: SecretBytes,
    /// Whether the fields of its kind are in it; of kinds that the table does not know only type
    /// and metadata are.
    pub is_whole: bool,
}

/// Reads a plain stored value as JSON; none when it is neither protobuf of Kubernetes nor JSON.
pub fn to_json(value: &[u8]) -> Option<JsonObject> {
    if value.first() == Some(&b'{') {
        return Some(JsonObject { json: SecretBytes::from(value), is_whole: true });
    }
    value.strip_prefix(PROTOBUF_MARK)?;
    let meta = object::type_meta(value)?;
    let raw = object::raw(value)?;
    let (version, kind) = (std::str::from_utf8(meta.api_version).ok()?, std::str::from_utf8(meta.kind).ok()?);
    // Longer than any value in base64, so that no half-written copy is left behind in memory.
    let mut writer = Writer { out: Zeroizing::new(Vec::with_capacity(3 * value.len() + 4096)) };
    writer.raw(b"{\"apiVersion\":");
    writer.text(meta.api_version);
    writer.raw(b",\"kind\":");
    writer.text(meta.kind);
    let is_whole = if let Some(root) = SCHEMA.root(version, kind) {
        writer.members(root, raw, 0)?;
        true
    } else {
        let fields = proto::all(raw)?;
        if let Some(bytes) = fields.first().filter(|f| f.number == 1).and_then(|f| f.value.bytes()) {
            writer.raw(b",\"metadata\":{");
            writer.members(SCHEMA.meta, bytes, 0)?;
            writer.raw(b"}");
        }
        false
    };
    writer.raw(b"}");
    Some(JsonObject { json: SecretBytes::new(std::mem::take(&mut *writer.out)), is_whole })
}

struct Writer {
    out: Zeroizing<Vec<u8>>,
}

impl Writer {
    fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// A comma, unless the last byte opened something.
    fn comma(&mut self) {
        if !matches!(self.out.last(), Some(b'{' | b'[')) {
            self.out.push(b',');
        }
    }

    fn text(&mut self, bytes: &[u8]) {
        self.out.push(b'"');
        for chunk in bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '"' => self.raw(b"\\\""),
                    '\\' => self.raw(b"\\\\"),
                    '\n' => self.raw(b"\\n"),
                    '\r' => self.raw(b"\\r"),
                    '\t' => self.raw(b"\\t"),
                    '\0'..='\x1f' => self.raw(format!("\\u{:04x}", u32::from(c)).as_bytes()),
                    _ => self.raw(c.encode_utf8(&mut [0; 4]).as_bytes()),
                }
            }
            if !chunk.invalid().is_empty() {
                self.raw("\u{fffd}".as_bytes());
            }
        }
        self.out.push(b'"');
    }

    /// The members of a message, in the order of the table.
    fn members(&mut self, message: usize, bytes: &[u8], depth: u8) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        let fields = proto::all(bytes)?;
        for field in SCHEMA.messages.get(message)? {
            let values: Vec<Value<'_>> =
                fields.iter().filter(|found| found.number == field.number).map(|found| found.value).collect();
            let Some(last) = values.last() else { continue };
            if field.shape == Shape::Embedded {
                if let (Kind::Message(inner), Some(bytes)) = (field.kind, last.bytes()) {
                    self.members(inner, bytes, depth + 1)?;
                }
                continue;
            }
            let from = self.out.len();
            self.comma();
            self.text(field.name.as_bytes());
            self.raw(b":");
            let is_there = match field.shape {
                Shape::List => self.list(field, &values, depth)?,
                Shape::Map => self.map(field, &values, depth)?,
                // Of a field that stands twice the last one counts.
                _ => self.value(field.kind, *last, depth)?,
            };
            if !is_there {
                self.cut(from..self.out.len());
            }
        }
        Some(())
    }

    /// Takes back what was written.
    fn cut(&mut self, range: Range<usize>) {
        self.out[range.clone()].fill(0);
        self.out.truncate(range.start);
    }

    fn list(&mut self, field: &Field, values: &[Value<'_>], depth: u8) -> Option<bool> {
        self.raw(b"[");
        for value in values {
            let from = self.out.len();
            self.comma();
            if !self.value(field.kind, *value, depth)? {
                self.cut(from..self.out.len());
            }
        }
        self.raw(b"]");
        Some(true)
    }

    /// Entries are messages of key = 1 and value = 2.
    fn map(&mut self, field: &Field, values: &[Value<'_>], depth: u8) -> Option<bool> {
        self.raw(b"{");
        for value in values {
            let entry = proto::all(value.bytes()?)?;
            let part = |number| entry.iter().rev().find(|part| part.number == number).map(|part| part.value);
            let empty = Value::Bytes { at: 0, bytes: &[] };
            self.comma();
            self.text(part(1).and_then(Value::bytes).unwrap_or_default());
            self.raw(b":");
            if !self.value(field.kind, part(2).unwrap_or(empty), depth)? {
                self.raw(b"null");
            }
        }
        self.raw(b"}");
        Some(true)
    }

    /// One value; false, with nothing written, when it stands for nothing.
    fn value(&mut self, kind: Kind, value: Value<'_>, depth: u8) -> Option<bool> {
        match (kind, value) {
            (Kind::Text, Value::Bytes { bytes, .. }) => self.text(bytes),
            (Kind::Bytes, Value::Bytes { bytes, .. }) => {
                let text = Zeroizing::new(data_encoding::BASE64.encode(bytes));
                self.text(text.as_bytes());
            }
            (Kind::Bool, Value::Varint(n)) => self.raw(if n == 0 { b"false" } else { b"true" }),
            // Negative numbers are written as the 64 bits of their complement.
            (Kind::Int, Value::Varint(n)) => self.raw(n.cast_signed().to_string().as_bytes()),
            (Kind::IntOrString, Value::Bytes { bytes, .. }) => {
                let fields = proto::all(bytes)?;
                let part =
                    |number| fields.iter().find(|field| field.number == number).map(|field| field.value);
                if part(1).and_then(Value::varint) == Some(1) {
                    self.text(part(3).and_then(Value::bytes).unwrap_or_default());
                } else {
                    let n = part(2).and_then(Value::varint).unwrap_or_default();
                    self.raw(n.cast_signed().to_string().as_bytes());
                }
            }
            (Kind::Time, Value::Bytes { bytes, .. }) => {
                let fields = proto::all(bytes)?;
                let seconds =
                    fields.iter().find(|field| field.number == 1).and_then(|field| field.value.varint());
                // A time that is not set is written as an empty message.
                let Some(seconds) = seconds else { return Some(false) };
                self.text(rfc3339(seconds.cast_signed()).as_bytes());
            }
            (Kind::Message(message), Value::Bytes { bytes, .. }) => {
                self.raw(b"{");
                self.members(message, bytes, depth + 1)?;
                self.raw(b"}");
            }
            _ => return None,
        }
        Some(true)
    }
}

/// Seconds since 1970 in UTC (civil date from days, after Howard Hinnant's `civil_from_days`).
fn rfc3339(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days.saturating_add(719_468);
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{field, number, object, secret};
    use proptest::prelude::*;

    fn json(value: &[u8]) -> serde_json::Value {
        serde_json::from_slice(to_json(value).unwrap().json.expose_secret()).unwrap()
    }

    #[test]
    fn a_secret_is_what_the_server_would_serve() {
        let value = secret("shop", "db", &[("password", b"correct horse"), ("raw", &[0xff, 0, 1])]);
        assert_eq!(
            json(&value),
            serde_json::json!({
                "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "shop"},
                "data": {"password": concat!("Y29ycmVj", "dCBob3JzZQ=="), "raw": "/wAB"}, "type": "Opaque",
            })
        );
    }

    #[test]
    fn a_pod_keeps_its_shape() {
        let secret_key = field(4, &[field(1, &field(1, b"db")), field(2, b"password")].concat());
        let env = field(7, &[field(1, b"A"), field(2, b"x\"\n")].concat());
        let env_ref = field(7, &[field(1, b"B"), field(3, &secret_key)].concat());
        let port = field(6, &[field(1, b"http"), number(3, 8080)].concat());
        let container = field(2, &[field(1, b"web"), port, env, env_ref].concat());
        let volume = field(1, &[field(1, b"v"), field(2, &field(6, &field(1, b"db")))].concat());
        let spec = field(2, &[volume, container, number(11, 1)].concat());
        let meta = field(1, &[field(1, b"web"), field(8, &number(1, 1_700_000_000)), field(9, b"")].concat());
        assert_eq!(
            json(&object("v1", "Pod", &[meta, spec].concat())),
            serde_json::json!({
                "apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": "web", "creationTimestamp": "2023-11-14T22:13:20Z"},
                "spec": {
                    "volumes": [{"name": "v", "secret": {"secretName": "db"}}],
                    "containers": [{
                        "name": "web", "ports": [{"name": "http", "containerPort": 8080}],
                        "env": [
                            {"name": "A", "value": "x\"\n"},
                            {"name": "B", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
                        ],
                    }],
                    "hostNetwork": true,
                },
            })
        );
    }

    #[test]
    fn unknown_kinds_give_their_metadata() {
        let value = object("example.com/v1", "Widget", &field(1, &field(1, b"w")));
        let read = to_json(&value).unwrap();
        assert!(!read.is_whole);
        assert_eq!(json(&value)["metadata"]["name"], "w");
        assert!(to_json(b"neither").is_none());
    }

    #[test]
    fn dates() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(rfc3339(-1), "1969-12-31T23:59:59Z");
    }

    proptest! {
        #[test]
        fn whatever_comes_out_is_json(raw in prop::collection::vec(any::<u8>(), 0..200), pick in 0usize..4) {
            let (version, kind) = [("v1", "Pod"), ("v1", "Secret"), ("apps/v1", "Deployment"), ("x/v1", "X")][pick];
            if let Some(read) = to_json(&object(version, kind, &raw)) {
                prop_assert!(serde_json::from_slice::<serde_json::Value>(read.json.expose_secret()).is_ok());
            }
        }
    }
}
