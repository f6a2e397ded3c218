//! Storage envelopes: what kube-apiserver's transformers put around a value.
//!
//! | provider | bytes | bound to its etcd key |
//! |---|---|---|
//! | identity | the object itself | – |
//! | aescbc | `k8s:enc:aescbc:v1:<key>:` IV16, AES-CBC with PKCS#7 padding | no |
//! | aesgcm | `k8s:enc:aesgcm:v1:<key>:` nonce12, ciphertext, tag16 | yes |
//! | secretbox | `k8s:enc:secretbox:v1:<key>:` nonce24, box | no |
//! | kms v1 | `k8s:enc:kms:v1:<provider>:` length u16 BE, wrapped key, then GCM (CBC before 1.25) | yes |
//! | kms v2 | `k8s:enc:kms:v2:<provider>:` protobuf EncryptedObject | yes |
//!
//! (k8s.io/apiserver pkg/storage/value/encrypt, pkg/server/options/encryptionconfig.)
//! The names stand in plain before the ciphertext, so they can be told without any key. What
//! begins like an envelope and is not one, or has text where ciphertext should be, is
//! [`Stored::Broken`]: it is never counted as encrypted.

use crate::looks;
use crate::proto::{Fields, Value};

/// What all envelopes begin with.
pub(crate) const MARK: &[u8] = b"k8s:enc:";
/// What protobuf objects begin with (k8s.io/apimachinery pkg/runtime/serializer/protobuf).
pub(crate) const PROTOBUF_MARK: &[u8] = b"k8s\0";

/// Which transformer wrote an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provider {
    /// AES-CBC without a tag.
    AesCbc,
    /// AES-GCM with the etcd key as associated data.
    AesGcm,
    /// XSalsa20-Poly1305.
    Secretbox,
    /// KMS v1: a data key for each write, wrapped by the plugin.
    KmsV1,
    /// KMS v2: data keys from a seed that the plugin wrapped.
    KmsV2,
}

impl Provider {
    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AesCbc => "aescbc",
            Self::AesGcm => "aesgcm",
            Self::Secretbox => "secretbox",
            Self::KmsV1 => "kms-v1",
            Self::KmsV2 => "kms-v2",
        }
    }

    /// Whether a value that is copied to another etcd key is refused there.
    pub const fn is_bound_to_key(self) -> bool {
        !matches!(self, Self::AesCbc | Self::Secretbox)
    }

    /// The provider and the length of its prefix behind [`MARK`].
    fn read(rest: &[u8]) -> Option<(Self, &[u8])> {
        [
            (Self::AesCbc, &b"aescbc:v1:"[..]),
            (Self::AesGcm, b"aesgcm:v1:"),
            (Self::Secretbox, b"secretbox:v1:"),
            (Self::KmsV1, b"kms:v1:"),
            (Self::KmsV2, b"kms:v2:"),
        ]
        .into_iter()
        .find_map(|(provider, prefix)| Some((provider, rest.strip_prefix(prefix)?)))
    }
}

/// An envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope<'v> {
    /// Which transformer wrote it.
    pub provider: Provider,
    /// The name of the key, or of the KMS provider.
    pub name: &'v [u8],
    /// Everything behind the prefix.
    pub body: &'v [u8],
    /// The parts of a KMS v2 body.
    pub kms: Option<EncryptedObject<'v>>,
}

/// The body of a KMS v2 envelope (k8s.io/apiserver
/// pkg/storage/value/encrypt/envelope/kmsv2/v2/api.proto).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EncryptedObject<'v> {
    /// Field 1: for a seed `info[32] ‖ nonce[12] ‖ ciphertext ‖ tag[16]`, for a key
    /// `nonce[12] ‖ ciphertext ‖ tag[16]`.
    pub encrypted_data: &'v [u8],
    /// Field 2: the id of the key in the KMS that wrapped the seed or key.
    pub key_id: &'v [u8],
    /// Field 3: the seed or key, wrapped.
    pub encrypted_dek_source: &'v [u8],
    /// Field 5: 0 for an AES-GCM key, 1 for a seed of HKDF-SHA256.
    pub dek_source_type: u64,
    /// Field 4: how many annotations of the plugin there are.
    pub annotations: usize,
}

/// What an etcd value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored<'v> {
    /// The object itself.
    Plain,
    /// An envelope with ciphertext.
    Sealed(Envelope<'v>),
    /// Begins like an envelope and is none that is known.
    Broken,
}

/// The longest key id and wrapped seed of KMS v2
/// (k8s.io/apiserver pkg/storage/value/encrypt/envelope/kmsv2/envelope.go).
const KMS_FIELD_MAX: usize = 1024;

/// Reads the whole of a stored value.
pub(crate) fn read(value: &[u8]) -> Stored<'_> {
    let Some(rest) = value.strip_prefix(MARK) else { return Stored::Plain };
    match envelope(rest) {
        Some(envelope) if envelope.is_whole() && !looks::holds_text(envelope.ciphertext()) => {
            Stored::Sealed(envelope)
        }
        _ => Stored::Broken,
    }
}

/// Reads a stored value whose end is lost: the prefix must be whole, the ciphertext need not be.
pub(crate) fn read_head(value: &[u8]) -> Stored<'_> {
    let Some(rest) = value.strip_prefix(MARK) else {
        // Cut within the mark, it may be either.
        return if MARK.starts_with(value) { Stored::Broken } else { Stored::Plain };
    };
    match envelope(rest) {
        Some(envelope) if !looks::holds_text(envelope.ciphertext()) => Stored::Sealed(envelope),
        _ => Stored::Broken,
    }
}

fn envelope(rest: &[u8]) -> Option<Envelope<'_>> {
    let (provider, rest) = Provider::read(rest)?;
    let colon = memchr::memchr(b':', rest)?;
    let (name, body) = (&rest[..colon], &rest[colon + 1..]);
    let kms = (provider == Provider::KmsV2).then(|| EncryptedObject::read(body));
    Some(Envelope { provider, name, body, kms })
}

impl<'v> EncryptedObject<'v> {
    /// Reads what is there; a cut message gives the fields before the cut, and of a cut field
    /// nothing.
    fn read(body: &'v [u8]) -> Self {
        let mut object = Self::default();
        let mut fields = Fields::new(body);
        while let Some(Ok(field)) = fields.next() {
            match (field.number, field.value) {
                (1, Value::Bytes { bytes, .. }) => object.encrypted_data = bytes,
                (2, Value::Bytes { bytes, .. }) => object.key_id = bytes,
                (3, Value::Bytes { bytes, .. }) => object.encrypted_dek_source = bytes,
                (4, Value::Bytes { .. }) => object.annotations += 1,
                (5, Value::Varint(n)) => object.dek_source_type = n,
                _ => {}
            }
        }
        object
    }
}

impl<'v> Envelope<'v> {
    /// `aescbc:key1`, `kms-v2:NAME`.
    pub fn label(&self) -> String {
        format!("{}:{}", self.provider.as_str(), String::from_utf8_lossy(self.name))
    }

    /// The part of the body that is uniform bytes.
    fn ciphertext(&self) -> &'v [u8] {
        match self.kms {
            // An empty field is a cut one: the head of the body is its ciphertext then.
            Some(kms) if !kms.encrypted_data.is_empty() => kms.encrypted_data,
            // The wrapped key may be any text that the plugin likes.
            None if self.provider == Provider::KmsV1 => match self.body.split_first_chunk::<2>() {
                Some((len, rest)) => rest.get(usize::from(u16::from_be_bytes(*len))..).unwrap_or_default(),
                None => &[],
            },
            _ => self.body,
        }
    }

    /// Whether the lengths are those that the transformer writes.
    fn is_whole(&self) -> bool {
        let body = self.body;
        !self.name.is_empty()
            && match self.provider {
                Provider::AesCbc => body.len() >= 32 && body.len().is_multiple_of(16),
                Provider::AesGcm => body.len() >= 12 + 16,
                Provider::Secretbox => body.len() >= 24 + 16,
                Provider::KmsV1 => body.split_first_chunk::<2>().is_some_and(|(len, rest)| {
                    let len = usize::from(u16::from_be_bytes(*len));
                    len > 0 && rest.len() >= len + 12 + 16
                }),
                Provider::KmsV2 => self.kms.is_some_and(|kms| {
                    let least = if kms.dek_source_type == 1 { 32 + 12 + 16 } else { 12 + 16 };
                    kms.dek_source_type <= 1
                        && kms.encrypted_data.len() >= least
                        && (1..=KMS_FIELD_MAX).contains(&kms.key_id.len())
                        && (1..=KMS_FIELD_MAX).contains(&kms.encrypted_dek_source.len())
                        && crate::proto::Fields::new(body).all(|field| field.is_ok())
                }),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(prefix: &str, body: &[u8]) -> Vec<u8> {
        [prefix.as_bytes(), body].concat()
    }

    #[test]
    fn providers_and_names_are_told_without_a_key() {
        let body: Vec<u8> = (0..96u32).map(|n| (n * 167 + 13) as u8).collect();
        for (prefix, label) in [
            ("k8s:enc:aescbc:v1:key1:", "aescbc:key1"),
            ("k8s:enc:aesgcm:v1:key-2:", "aesgcm:key-2"),
            ("k8s:enc:secretbox:v1:k:", "secretbox:k"),
        ] {
            let value = sealed(prefix, &body);
            let Stored::Sealed(envelope) = read(&value) else { panic!("{prefix}") };
            assert_eq!(envelope.label(), label);
            assert_eq!(envelope.body, body);
        }
        let kms1 = sealed("k8s:enc:kms:v1:old:", &[&[0, 4, 1, 2, 3, 4][..], &body].concat());
        assert!(matches!(read(&kms1), Stored::Sealed(e) if e.label() == "kms-v1:old"));
        let object = [&[0x0a, 96][..], &body, b"\x12\x02k1\x1a\x03dek\x28\x01"].concat();
        let kms2 = sealed("k8s:enc:kms:v2:main:", &object);
        let Stored::Sealed(envelope) = read(&kms2) else { panic!() };
        assert_eq!(envelope.label(), "kms-v2:main");
        assert_eq!(envelope.kms.unwrap().key_id, b"k1");
    }

    #[test]
    fn what_only_begins_like_an_envelope_is_broken() {
        let text = b"apiVersion: v1, kind: Secret, data: password: hunter2hunter2, and so on: 32 and more";
        for value in [
            sealed("k8s:enc:rot13:v1:key1:", &[7; 64]),
            sealed("k8s:enc:aescbc:v1:key1:", &[7; 63]),
            sealed("k8s:enc:aescbc:v1:key1", &[7; 64]),
            sealed("k8s:enc:aesgcm:v1::", &[7; 64]),
            sealed("k8s:enc:kms:v1:p:", &[0xff; 64]),
            sealed("k8s:enc:kms:v2:p:", &[7; 64]),
            sealed("k8s:enc:aesgcm:v1:key1:", text),
            sealed("k8s:enc:", b""),
        ] {
            assert_eq!(
                read(&value),
                Stored::Broken,
                "{}",
                String::from_utf8_lossy(&value[..20.min(value.len())])
            );
        }
        assert_eq!(read(b"k8s\0\x0a"), Stored::Plain);
        assert_eq!(read(b""), Stored::Plain);
    }
}
