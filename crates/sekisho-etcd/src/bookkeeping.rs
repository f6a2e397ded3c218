//! etcd's own records: those outside the `key` bucket.
//!
//! They hold no object, yet every byte is accounted for, and a stale page does not say which
//! bucket it belonged to. So they are known by their keys and the form of their values; what is
//! not known here is nobody's. (server/storage/schema, server/lease/leasepb, api/authpb.)

use crate::proto::{self, Value};

/// Keys of the `meta`, `cluster` and `auth` buckets, and the lengths of their values where these
/// are fixed.
const FIXED: &[(&[u8], Option<usize>)] = &[
    (b"consistent_index", Some(8)),
    (b"term", Some(8)),
    (b"scheduledCompactRev", Some(17)),
    (b"finishedCompactRev", Some(17)),
    (b"authEnabled", Some(1)),
    (b"authRevision", Some(8)),
    (b"confState", None),
    (b"storageVersion", None),
    (b"clusterVersion", None),
    (b"downgrade", None),
    (b"cluster_version", None),
];

/// The longest of etcd's own values that is believed by its form.
const MAX: usize = 64 << 10;

/// Whether this is a record of etcd's own.
pub(crate) fn is_own(key: &[u8], value: &[u8]) -> bool {
    if value.len() > MAX {
        return false;
    }
    if let Some((_, len)) = FIXED.iter().find(|(name, _)| *name == key) {
        return match len {
            Some(len) => value.len() == *len,
            None => is_short_text(value) || key == b"confState",
        };
    }
    is_member(key, value) || is_lease(key, value) || is_alarm(key, value) || is_auth(key, value)
}

fn is_short_text(value: &[u8]) -> bool {
    value.len() <= 256 && value.iter().all(|b| (0x20..0x7f).contains(b))
}

/// `members` and `members_removed`: the id in 16 hexadecimal digits, a JSON object or `removed`.
fn is_member(key: &[u8], value: &[u8]) -> bool {
    key.len() == 16
        && key.iter().all(u8::is_ascii_hexdigit)
        && (value == b"removed" || (value.starts_with(b"{\"id\":") && value.ends_with(b"}")))
}

/// `lease`: 8 bytes of id, and a `Lease` of varints (ID = 1, TTL = 2, RemainingTTL = 3).
fn is_lease(key: &[u8], value: &[u8]) -> bool {
    key.len() == 8
        && !value.is_empty()
        && proto::all(value).is_some_and(|fields| {
            fields.iter().all(|field| field.number <= 3 && matches!(field.value, Value::Varint(_)))
                && fields.first().is_some_and(|field| {
                    field.number == 1
                        && field.value.varint() == key.first_chunk().map(|id| u64::from_be_bytes(*id))
                })
        })
}

/// `alarm`: an `AlarmMember` of varints as key, nothing as value.
fn is_alarm(key: &[u8], value: &[u8]) -> bool {
    value.is_empty()
        && proto::all(key).is_some_and(|fields| {
            !fields.is_empty()
                && fields.iter().all(|field| field.number <= 2 && matches!(field.value, Value::Varint(_)))
        })
}

/// `authUsers` and `authRoles`: messages whose first field is the key.
fn is_auth(key: &[u8], value: &[u8]) -> bool {
    key.len() >= 2
        && proto::all(value).is_some_and(|fields| {
            fields.first().is_some_and(|field| field.number == 1 && field.value.bytes() == Some(key))
                && fields.iter().all(|field| field.number <= 4)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_records_are_known_and_no_others() {
        assert!(is_own(b"consistent_index", &[0; 8]));
        assert!(is_own(b"clusterVersion", b"3.5.0"));
        assert!(is_own(b"8e9e05c52164694d", br#"{"id":10276657743932975437,"peerURLs":[]}"#));
        assert!(is_own(&7u64.to_be_bytes(), b"\x08\x07\x10\x3c"));
        assert!(is_own(b"root", b"\x0a\x04root\x12\x03$2a\x1a\x04root"));
        assert!(!is_own(b"consistent_index", &[0; 9]));
        assert!(!is_own(&7u64.to_be_bytes(), b"\x08\x08\x10\x3c"));
        assert!(!is_own(b"storageVersion", &[b'a'; 300]));
        assert!(!is_own(b"password", b"hunter2"));
        assert!(!is_own(b"", b""));
    }
}
