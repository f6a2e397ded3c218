//! What a provider is worth, with the reasons: there is no one order among them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::envelope::Provider;

/// How well a provider keeps what it is meant to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// Keeps nothing.
    None,
    /// Keeps, with a flaw that matters.
    Weak,
    /// Keeps.
    Strong,
}

/// What a provider is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Grade {
    /// The envelope, as in the report's objects.
    pub envelope: String,
    /// How well it keeps values secret and whole.
    pub strength: Strength,
    /// Whether a value that is copied to another etcd key is refused there.
    pub bound_to_key: bool,
    /// Why, and under which conditions.
    pub reasons: Vec<String>,
}

/// Grades an envelope by its label.
pub fn grade(envelope: &str) -> Grade {
    let provider =
        [Provider::AesCbc, Provider::AesGcm, Provider::Secretbox, Provider::KmsV1, Provider::KmsV2]
            .into_iter()
            .find(|provider| envelope.split(':').next() == Some(provider.as_str()));
    let (strength, reasons): (Strength, &[&str]) = match provider {
        None => (Strength::None, &["not encrypted"]),
        Some(Provider::AesCbc) => (
            Strength::Weak,
            &[
                "no authentication: changed ciphertext is decrypted (padding oracle)",
                "not bound to its etcd key: a value can be copied to another",
                "the key stands in a file on the control plane's hosts",
            ],
        ),
        Some(Provider::AesGcm) => (
            Strength::Weak,
            &[
                "random nonces of 96 bits: the key must be rotated before 200,000 writes, and nothing enforces it",
                "bound to its etcd key",
                "the key stands in a file on the control plane's hosts",
            ],
        ),
        Some(Provider::Secretbox) => (
            Strength::Strong,
            &[
                "XSalsa20-Poly1305 with random nonces of 192 bits",
                "not bound to its etcd key: a value can be copied to another",
                "the key stands in a file on the control plane's hosts",
            ],
        ),
        Some(Provider::KmsV1) => (
            Strength::Weak,
            &[
                "deprecated since 1.28 and off since 1.29",
                "bound to its etcd key when written by 1.25 or later",
            ],
        ),
        Some(Provider::KmsV2) => (
            Strength::Strong,
            &[
                "a key for each value, derived from a seed that the KMS wrapped",
                "bound to its etcd key",
                "as strong as the place of the key in the KMS: on the same host it earns no more than a local key",
            ],
        ),
    };
    Grade {
        envelope: envelope.to_owned(),
        strength,
        bound_to_key: provider.is_some_and(Provider::is_bound_to_key),
        reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect(),
    }
}
