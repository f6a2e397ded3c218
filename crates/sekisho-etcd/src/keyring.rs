//! Opening envelopes with keys that the user gives: the local keys of an EncryptionConfiguration,
//! and the seeds of KMS v2 (or data keys), as the KMS unwraps them.
//!
//! What is opened is authenticated: by its tag where the format has one (aesgcm and KMS v2 with
//! the etcd key as associated data, secretbox alone), and for aescbc, which has none, by its
//! padding and by beginning as a stored object does.

use aes::cipher::{BlockCipherDecrypt, KeyInit as _};
use aes::{Aes128, Aes192, Aes256};
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{AesGcm, Nonce};
use hmac::{Hmac, Mac as _};
use poly1305::Poly1305;
use salsa20::XSalsa20;
use salsa20::cipher::{KeyIvInit as _, StreamCipher as _};
use sekisho_secret::SecretBytes;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::envelope::{EncryptedObject, Envelope, PROTOBUF_MARK, Provider};

/// Why a value does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// No key of this provider and name was given.
    #[error("no key of this provider and name was given")]
    NoKey,
    /// The key does not fit, or the value was changed, or it was moved from another etcd key.
    #[error("the value is not authentic under its key")]
    NotAuthentic,
}

/// Why a key is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRefused {
    /// The provider does not take keys of this length.
    #[error("a key has the wrong length for its provider")]
    Length,
}

struct LocalKey {
    provider: Provider,
    name: String,
    key: SecretBytes,
}

/// Keys by provider and name. Never formatted.
#[derive(Default)]
pub struct Keyring {
    local: Vec<LocalKey>,
    /// Seeds and data keys of KMS v2.
    seeds: Vec<SecretBytes>,
}

impl Keyring {
    /// Adds a local key of aescbc or aesgcm (16, 24 or 32 bytes) or secretbox (32 bytes).
    pub fn add(&mut self, provider: Provider, name: &str, key: SecretBytes) -> Result<(), KeyRefused> {
        let fits = match provider {
            Provider::AesCbc | Provider::AesGcm => matches!(key.len(), 16 | 24 | 32),
            Provider::Secretbox => key.len() == 32,
            Provider::KmsV1 | Provider::KmsV2 => false,
        };
        if !fits {
            return Err(KeyRefused::Length);
        }
        self.local.push(LocalKey { provider, name: name.to_owned(), key });
        Ok(())
    }

    /// Adds what a KMS gave for an `encryptedDEKSource`: a seed or a data key, 32 bytes. Which
    /// values it opens shows itself.
    pub fn add_seed(&mut self, seed: SecretBytes) -> Result<(), KeyRefused> {
        if seed.len() != 32 {
            return Err(KeyRefused::Length);
        }
        self.seeds.push(seed);
        Ok(())
    }

    /// Whether there is no key at all.
    pub fn is_empty(&self) -> bool {
        self.local.is_empty() && self.seeds.is_empty()
    }

    /// Opens an envelope that stands under `etcd_key`.
    pub fn open(&self, envelope: &Envelope<'_>, etcd_key: &[u8]) -> Result<SecretBytes, Refused> {
        if let Some(kms) = &envelope.kms {
            let opened = self.seeds.iter().find_map(|seed| open_kms(kms, seed.expose_secret(), etcd_key));
            return opened.ok_or(if self.seeds.is_empty() { Refused::NoKey } else { Refused::NotAuthentic });
        }
        let mut refused = Refused::NoKey;
        for local in &self.local {
            if local.provider == envelope.provider && local.name.as_bytes() == envelope.name {
                let key = local.key.expose_secret();
                let opened = match envelope.provider {
                    Provider::AesCbc => open_cbc(key, envelope.body),
                    Provider::AesGcm => open_gcm(key, envelope.body, etcd_key),
                    _ => open_secretbox(key, envelope.body),
                };
                match opened {
                    Some(opened) => return Ok(opened),
                    None => refused = Refused::NotAuthentic,
                }
            }
        }
        Err(refused)
    }
}

/// KMS v2. A seed gives one key for each value: HKDF-Expand of RFC 5869 with SHA-256 and 32 bytes
/// of output, which is one block of HMAC over `info ‖ 0x01`
/// (k8s.io/apiserver pkg/storage/value/encrypt/aes/aes_extended_nonce.go).
fn open_kms(kms: &EncryptedObject<'_>, seed: &[u8], etcd_key: &[u8]) -> Option<SecretBytes> {
    if kms.dek_source_type == 0 {
        return open_gcm(seed, kms.encrypted_data, etcd_key);
    }
    let (info, sealed) = kms.encrypted_data.split_first_chunk::<32>()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(seed).ok()?;
    mac.update(info);
    mac.update(&[1]);
    let key: Zeroizing<[u8; 32]> = Zeroizing::new(mac.finalize().into_bytes().into());
    open_gcm(&*key, sealed, etcd_key)
}

/// Nonce of 12 bytes, ciphertext, tag of 16 bytes.
fn open_gcm(key: &[u8], sealed: &[u8], associated: &[u8]) -> Option<SecretBytes> {
    let (nonce, msg) = sealed.split_first_chunk::<12>()?;
    let nonce: &Nonce<U12> = nonce.into();
    let payload = Payload { msg, aad: associated };
    let opened = match key.len() {
        16 => AesGcm::<Aes128, U12>::new_from_slice(key).ok()?.decrypt(nonce, payload),
        24 => AesGcm::<Aes192, U12>::new_from_slice(key).ok()?.decrypt(nonce, payload),
        _ => AesGcm::<Aes256, U12>::new_from_slice(key).ok()?.decrypt(nonce, payload),
    };
    opened.ok().map(SecretBytes::new)
}

/// Nonce of 24 bytes, tag of 16 bytes, ciphertext. The tag's key is the first block of the stream
/// (NaCl `crypto_secretbox_xsalsa20poly1305`).
fn open_secretbox(key: &[u8], sealed: &[u8]) -> Option<SecretBytes> {
    let (nonce, sealed) = sealed.split_first_chunk::<24>()?;
    let (tag, ciphertext) = sealed.split_first_chunk::<16>()?;
    let mut stream = XSalsa20::new_from_slices(key, nonce).ok()?;
    let mut mac_key = Zeroizing::new([0u8; 32]);
    stream.apply_keystream(&mut *mac_key);
    let expected = Poly1305::new_from_slice(&*mac_key).ok()?.compute_unpadded(ciphertext);
    // The comparison need not be in constant time: the tag is in the file.
    if expected[..] != tag[..] {
        return None;
    }
    let mut opened = Zeroizing::new(ciphertext.to_vec());
    stream.apply_keystream(&mut opened);
    Some(SecretBytes::new(std::mem::take(&mut *opened)))
}

/// IV of 16 bytes, AES-CBC with padding of RFC 5652 section 6.3.
fn open_cbc(key: &[u8], sealed: &[u8]) -> Option<SecretBytes> {
    let opened = match key.len() {
        16 => cbc(&Aes128::new_from_slice(key).ok()?, sealed),
        24 => cbc(&Aes192::new_from_slice(key).ok()?, sealed),
        _ => cbc(&Aes256::new_from_slice(key).ok()?, sealed),
    }?;
    let plain = opened.expose_secret();
    let padding = plain.last().copied().map(usize::from).filter(|n| (1..=16).contains(n))?;
    let (object, padded) = plain.split_at_checked(plain.len().checked_sub(padding)?)?;
    let is_padding = padded.iter().all(|byte| usize::from(*byte) == padding);
    let is_object = object.starts_with(PROTOBUF_MARK) || object.first() == Some(&b'{');
    (is_padding && is_object).then(|| SecretBytes::from(object))
}

fn cbc(
    cipher: &impl BlockCipherDecrypt<BlockSize = aes_gcm::aead::consts::U16>,
    sealed: &[u8],
) -> Option<SecretBytes> {
    let (blocks, []) = sealed.as_chunks::<16>() else { return None };
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
    for pair in blocks.windows(2) {
        let mut block = pair[1].into();
        cipher.decrypt_block(&mut block);
        plain.extend(block.iter().zip(pair[0]).map(|(byte, before)| byte ^ before));
    }
    Some(SecretBytes::new(std::mem::take(&mut *plain)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::{self, Stored};

    /// What stands under [`ETCD_KEY`] in all vectors below, which were computed with Python's
    /// `cryptography` and PyNaCl: key 00 01 … , IV 10 11 …, nonces 00 01 …, info 20 21 ….
    const PLAIN: &[u8] = b"k8s\0known answer";
    const ETCD_KEY: &[u8] = b"/registry/secrets/shop/db";
    const SEED: &str = "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f000102030405060708090a0b48930f62c61c0f662d942ed8d2f450855c71416b2d8e796af114bcf2e9723316";

    fn hex(text: &str) -> Vec<u8> {
        data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
    }

    fn key(len: u8) -> SecretBytes {
        SecretBytes::new((0..len).collect())
    }

    fn open(ring: &Keyring, value: &[u8], etcd_key: &[u8]) -> Result<SecretBytes, Refused> {
        let Stored::Sealed(envelope) = envelope::read(value) else { panic!("no envelope") };
        ring.open(&envelope, etcd_key)
    }

    #[test]
    fn local_formats_open_to_known_answers() {
        for (provider, len, body) in [
            (
                Provider::AesCbc,
                16,
                "101112131415161718191a1b1c1d1e1f6af5b8ea8f3065cec95f306a681d831d5e783d7cd8e49197e7431e70d5cea3ef",
            ),
            (
                Provider::AesCbc,
                24,
                "101112131415161718191a1b1c1d1e1fddb01e075254842592569b572f90c5266b2a76af8be6fa2905b7a314cd195487",
            ),
            (
                Provider::AesCbc,
                32,
                "101112131415161718191a1b1c1d1e1f6efa6a9ec9069054de3a71939b7494872a7722df00d30313b7915351b396d07f",
            ),
            (
                Provider::AesGcm,
                16,
                "000102030405060708090a0bf854d4ce0d75982325f200e445d4157a82c67ae765abc9ba30c90901bbe5e7e3",
            ),
            (
                Provider::AesGcm,
                24,
                "000102030405060708090a0b8dc1519bf2d7a679be13bdec8cdeb90246538f18026798b6bdc12af236a7208d",
            ),
            (
                Provider::AesGcm,
                32,
                "000102030405060708090a0b2c3aa51bae8bad6ce361f6e5c29e1d1f3a20a052033985c17438a642aa35235e",
            ),
            (
                Provider::Secretbox,
                32,
                "000102030405060708090a0b0c0d0e0f1011121314151617470977149b69a829819b46d6079dc17135c74b4faca4cd67d51cee501bf82fe5",
            ),
        ] {
            let prefix = format!("k8s:enc:{}:v1:key1:", provider.as_str());
            let mut value = [prefix.as_bytes(), &hex(body)].concat();
            let mut ring = Keyring::default();
            assert_eq!(open(&ring, &value, ETCD_KEY).err(), Some(Refused::NoKey));
            ring.add(provider, "key1", key(len)).unwrap();
            assert_eq!(open(&ring, &value, ETCD_KEY).unwrap().expose_secret(), PLAIN);
            assert_eq!(open(&ring, &value, b"/other").is_err(), provider.is_bound_to_key());
            let last = value.len() - 1;
            value[last] ^= 1;
            assert_eq!(open(&ring, &value, ETCD_KEY).err(), Some(Refused::NotAuthentic));
        }
    }

    #[test]
    fn a_seed_of_kms_v2_opens_to_the_known_answer() {
        let data = hex(SEED);
        let object = [&[0x0a, data.len() as u8][..], &data, b"\x12\x02k1\x1a\x03dek\x28\x01"].concat();
        let value = [b"k8s:enc:kms:v2:main:", &object[..]].concat();
        let mut ring = Keyring::default();
        assert_eq!(open(&ring, &value, ETCD_KEY).err(), Some(Refused::NoKey));
        ring.add_seed(SecretBytes::new(vec![9; 32])).unwrap();
        assert_eq!(open(&ring, &value, ETCD_KEY).err(), Some(Refused::NotAuthentic));
        ring.add_seed(key(32)).unwrap();
        assert_eq!(open(&ring, &value, ETCD_KEY).unwrap().expose_secret(), PLAIN);
        assert_eq!(open(&ring, &value, b"/registry/secrets/shop/db2").err(), Some(Refused::NotAuthentic));
    }

    #[test]
    fn keys_of_other_lengths_are_refused() {
        let mut ring = Keyring::default();
        assert_eq!(ring.add(Provider::AesCbc, "a", key(15)), Err(KeyRefused::Length));
        assert_eq!(ring.add(Provider::Secretbox, "a", key(16)), Err(KeyRefused::Length));
        assert_eq!(ring.add_seed(key(31)), Err(KeyRefused::Length));
        assert!(ring.is_empty());
    }
}
