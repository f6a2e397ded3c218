//! The values inside a plain object: what is fingerprinted, and what makes a leaked copy still
//! live.
//!
//! kube-apiserver stores built-in kinds as `k8s\0` and a protobuf `runtime.Unknown`, and custom
//! resources as JSON. Of Secrets and ConfigMaps the data maps are opened. A message that is cut
//! gives the entries that are whole: a fragment of an object names what it still leaks.
//! (k8s.io/apimachinery pkg/runtime/generated.proto; k8s.io/api core/v1/generated.proto.)

use sekisho_secret::{SecretBytes, canonical};
use serde::Deserialize;

use crate::envelope::PROTOBUF_MARK;
use crate::proto::{Field, Fields, Value};

/// What an object says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct TypeMeta<'v> {
    pub(crate) api_version: &'v [u8],
    pub(crate) kind: &'v [u8],
    pub(crate) namespace: &'v [u8],
    pub(crate) name: &'v [u8],
}

/// Fields of `runtime.Unknown`.
const UNKNOWN_TYPE_META: u32 = 1;
const UNKNOWN_RAW: u32 = 2;

/// The message of a protobuf object: its type and its raw bytes, as far as they are there.
fn unknown(value: &[u8]) -> Option<(TypeMeta<'_>, &[u8])> {
    let body = value.strip_prefix(PROTOBUF_MARK)?;
    let mut meta = TypeMeta::default();
    let mut fields = Fields::new(body);
    loop {
        let before = fields.position();
        match fields.next() {
            Some(Ok(field)) => match (field.number, field.value) {
                (UNKNOWN_TYPE_META, Value::Bytes { bytes, .. }) => {
                    for field in Fields::new(bytes).flatten() {
                        match (field.number, field.value) {
                            (1, Value::Bytes { bytes, .. }) => meta.api_version = bytes,
                            (2, Value::Bytes { bytes, .. }) => meta.kind = bytes,
                            _ => {}
                        }
                    }
                }
                (UNKNOWN_RAW, Value::Bytes { bytes, .. }) => return Some((meta, bytes)),
                _ => {}
            },
            // Cut within the raw bytes.
            Some(Err(_)) => return Some((meta, cut_field(body, before, UNKNOWN_RAW).unwrap_or_default())),
            None => return Some((meta, &[])),
        }
    }
}

/// The object's own message within a plain protobuf value.
pub(crate) fn raw(value: &[u8]) -> Option<&[u8]> {
    unknown(value).map(|(_, raw)| raw)
}

/// The rest of a length-delimited field at `at` whose end is lost.
fn cut_field(message: &[u8], at: usize, number: u32) -> Option<&[u8]> {
    let (tag, tag_len) = crate::proto::varint(message.get(at..)?)?;
    let (_, len_len) = crate::proto::varint(message.get(at + tag_len..)?)?;
    (tag == u64::from(number << 3 | 2)).then(|| &message[at + tag_len + len_len..])
}

/// Which object a plain protobuf value is.
pub(crate) fn type_meta(value: &[u8]) -> Option<TypeMeta<'_>> {
    let (mut meta, raw) = unknown(value)?;
    // ObjectMeta is field 1 of every object: name = 1, namespace = 3.
    if let Some(Ok(field)) = Fields::new(raw).next()
        && field.number == 1
        && let Value::Bytes { bytes, .. } = field.value
    {
        for field in Fields::new(bytes).flatten() {
            match (field.number, field.value) {
                (1, Value::Bytes { bytes, .. }) => meta.name = bytes,
                (3, Value::Bytes { bytes, .. }) => meta.namespace = bytes,
                _ => {}
            }
        }
    }
    Some(meta)
}

/// The bytes of the type of a plain protobuf object (`TypeMeta`), to look it up by.
pub(crate) fn type_bytes(value: &[u8]) -> Option<&[u8]> {
    match Fields::new(value.strip_prefix(PROTOBUF_MARK)?).next()?.ok()? {
        Field { number: UNKNOWN_TYPE_META, value } => value.bytes(),
        _ => None,
    }
}

/// Calls `each` with the field path and the bytes of every data value in a plain Secret or
/// ConfigMap. Objects of other kinds have none.
pub(crate) fn values(value: &[u8], each: &mut dyn FnMut(&str, &[u8])) {
    if let Some((meta, raw)) = unknown(value) {
        let maps: &[(u32, &str)] = match meta.kind {
            b"Secret" => &[(2, "data"), (4, "stringData")],
            b"ConfigMap" => &[(2, "data"), (3, "binaryData")],
            _ => return,
        };
        for field in Fields::new(raw).flatten() {
            if let Some((_, map)) = maps.iter().find(|(number, _)| *number == field.number)
                && let Some(entry) = field.value.bytes()
            {
                let (mut key, mut bytes): (&[u8], &[u8]) = Default::default();
                for field in Fields::new(entry).flatten() {
                    match (field.number, field.value) {
                        (1, Value::Bytes { bytes, .. }) => key = bytes,
                        (2, Value::Bytes { bytes: value, .. }) => bytes = value,
                        _ => {}
                    }
                }
                each(&format!("{map}.{}", String::from_utf8_lossy(key)), bytes);
            }
        }
    } else if value.first() == Some(&b'{') {
        json_values(value, each);
    }
}

/// The least length of a value that is told from another by being equal to it.
const TELLING: usize = 8;

/// Whether the live copy of an object still holds one of the values of a dead one; none when that
/// cannot be told, because the kind is not opened or too little of the dead one is left.
pub(crate) fn shares_value(dead: &[u8], live: &[u8]) -> Option<bool> {
    if dead == live {
        return Some(true);
    }
    let (mut some, mut shared) = (false, false);
    values(dead, &mut |_, dead| {
        if canonical(dead).is_some() {
            some = true;
            values(live, &mut |_, live| shared |= canonical(live) == canonical(dead));
        }
    });
    if some {
        return Some(shared);
    }
    // A piece: it holds a live value, or lies within one.
    values(live, &mut |_, live| {
        shared |= live.len() >= TELLING && memchr::memmem::find(dead, live).is_some();
        let end = &dead[dead.len().saturating_sub(64)..];
        shared |= end.len() == 64 && memchr::memmem::find(live, end).is_some();
    });
    shared.then_some(true)
}

/// A Secret or ConfigMap in JSON: clusters before 1.6, and aggregated servers.
#[derive(Deserialize)]
struct JsonObject {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    data: Option<std::collections::BTreeMap<String, JsonText>>,
    #[serde(default, rename = "stringData")]
    string_data: Option<std::collections::BTreeMap<String, JsonText>>,
    #[serde(default, rename = "binaryData")]
    binary_data: Option<std::collections::BTreeMap<String, JsonText>>,
}

/// A text that is wiped after use.
struct JsonText(SecretBytes);

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<String>::deserialize(deserializer)
            .map(|text| Self(SecretBytes::new(text.unwrap_or_default().into_bytes())))
    }
}

fn json_values(value: &[u8], each: &mut dyn FnMut(&str, &[u8])) {
    // Custom resources need no full parse: only these two kinds have maps to open.
    if memchr::memmem::find(value, b"Secret").is_none() && memchr::memmem::find(value, b"ConfigMap").is_none()
    {
        return;
    }
    let Ok(object) = serde_json::from_slice::<JsonObject>(value) else { return };
    let (encoded, plain) = match object.kind.as_str() {
        "Secret" => ([("data", &object.data), ("", &None)], [("stringData", &object.string_data)]),
        "ConfigMap" => ([("binaryData", &object.binary_data), ("", &None)], [("data", &object.data)]),
        _ => return,
    };
    for (map, entries) in encoded {
        for (key, text) in entries.iter().flatten() {
            if let Ok(bytes) = data_encoding::BASE64.decode(text.0.expose_secret()) {
                each(&format!("{map}.{key}"), SecretBytes::new(bytes).expose_secret());
            }
        }
    }
    for (map, entries) in plain {
        for (key, text) in entries.iter().flatten() {
            each(&format!("{map}.{key}"), text.0.expose_secret());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2];
        let mut len = bytes.len();
        while len >= 0x80 {
            out.push(len as u8 | 0x80);
            len >>= 7;
        }
        out.push(len as u8);
        out.extend(bytes);
        out
    }

    /// A Secret as kube-apiserver stores it.
    fn secret() -> Vec<u8> {
        let entry = |key: &[u8], value: &[u8]| field(2, &[field(1, key), field(2, value)].concat());
        let meta = field(1, &[field(1, b"db"), field(3, b"shop")].concat());
        let raw = [meta, entry(b"password", b"hunter2hunter2"), entry(b"user", b"app"), field(3, b"Opaque")];
        let types = field(1, &[field(1, b"v1"), field(2, b"Secret")].concat());
        [b"k8s\0".to_vec(), types, field(2, &raw.concat()), field(3, b""), field(4, b"")].concat()
    }

    fn collect(value: &[u8]) -> Vec<(String, Vec<u8>)> {
        let mut all = Vec::new();
        values(value, &mut |path, bytes| all.push((path.to_owned(), bytes.to_vec())));
        all
    }

    #[test]
    fn a_secret_gives_its_values() {
        let expected = [("data.password", &b"hunter2hunter2"[..]), ("data.user", b"app")];
        let expected = expected.map(|(path, bytes)| (path.to_owned(), bytes.to_vec()));
        assert_eq!(collect(&secret()), expected);
        let secret = secret();
        let meta = type_meta(&secret).unwrap();
        assert_eq!((meta.kind, meta.namespace, meta.name), (&b"Secret"[..], &b"shop"[..], &b"db"[..]));
        let json = concat!(
            r#"{"kind":"Secret","data":{"password":"aHVudGV"#,
            r#"yMmh1bnRlcjI=","none":null,"user":"YXBw"}}"#
        )
        .as_bytes();
        assert_eq!(collect(json)[1..], expected);
    }

    #[test]
    fn a_cut_secret_gives_the_values_that_are_whole() {
        let whole = secret();
        let mut seen = Vec::new();
        for len in 0..whole.len() {
            seen.push(collect(&whole[..len]).len());
            let _ = type_meta(&whole[..len]);
        }
        assert!(seen.is_sorted());
        assert_eq!(seen.last(), Some(&2));
    }
}
