//! EncryptionConfiguration (`apiserver.config.k8s.io/v1`): what kube-apiserver is told to encrypt,
//! what is wrong with that, and whether the bytes agree.
//!
//! The first provider of an entry writes; all are tried on reading. A resource that no entry covers
//! is stored in plain. (k8s.io/apiserver pkg/server/options/encryptionconfig,
//! pkg/apis/apiserver/validation.)

mod compare;
mod flags;
mod grade;
mod lint;
mod read;
mod yaml;

use schemars::JsonSchema;
use sekisho_model::Severity;
use sekisho_secret::SecretBytes;
use serde::{Deserialize, Serialize};

pub use compare::compare;
pub use flags::{Flags, read_flags};
pub use grade::{Grade, Strength, grade};
pub use lint::lint;
pub use read::read;

use crate::envelope::Provider;
use crate::keyring::{KeyRefused, Keyring};

/// Something to know about a configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Remark {
    /// How bad it is.
    pub severity: Severity,
    /// Stable id, for example `identity-first`.
    pub id: String,
    /// Line in the configuration or manifest, from 1; null where the bytes speak.
    pub line: Option<u64>,
    /// What is so, and what follows from it.
    pub what: String,
    /// What to do.
    pub fix: String,
}

impl Remark {
    fn new(
        severity: Severity,
        id: &str,
        line: impl Into<Option<u64>>,
        what: impl Into<String>,
        fix: &str,
    ) -> Self {
        Self { severity, id: id.to_owned(), line: line.into(), what: what.into(), fix: fix.to_owned() }
    }
}

/// Why a file is no configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Not UTF-8.
    #[error("the file is not text in UTF-8")]
    NotText,
    /// Not YAML, or YAML with aliases or beyond all measure.
    #[error("line {line} cannot be read as YAML")]
    Syntax {
        /// Line, from 1.
        line: u64,
    },
    /// No document of the kind that is looked for.
    #[error("the file holds no {0}")]
    Missing(&'static str),
}

/// A configuration as far as it can be understood.
pub struct Configuration {
    /// Its entries, in order.
    pub(crate) entries: Vec<Entry>,
    /// What reading it found: kube-apiserver refuses such a file.
    pub(crate) refusals: Vec<Remark>,
}

pub(crate) struct Entry {
    pub(crate) line: u64,
    pub(crate) resources: Vec<(String, u64)>,
    pub(crate) providers: Vec<ConfiguredProvider>,
}

pub(crate) struct ConfiguredProvider {
    pub(crate) line: u64,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    Identity,
    Local { provider: Provider, keys: Vec<ConfiguredKey> },
    Kms { name: String, version: KmsVersion },
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KmsVersion {
    /// `apiVersion: v1`, or none given.
    V1 {
        is_default: bool,
    },
    V2,
}

pub(crate) struct ConfiguredKey {
    pub(crate) line: u64,
    pub(crate) name: String,
    /// Decoded; none when it is not base64.
    pub(crate) secret: Option<SecretBytes>,
}

impl ConfiguredProvider {
    /// What the provider writes, as reports name envelopes: `plain`, `aescbc:key1`, `kms-v2:NAME`.
    pub(crate) fn writes(&self) -> Option<String> {
        match &self.kind {
            Kind::Identity => Some("plain".to_owned()),
            Kind::Local { provider, keys } => {
                keys.first().map(|key| format!("{}:{}", provider.as_str(), key.name))
            }
            Kind::Kms { name, version } => Some(format!("{}:{name}", version.provider().as_str())),
            Kind::Unknown => None,
        }
    }

    /// What the provider can read.
    pub(crate) fn reads(&self) -> Vec<String> {
        match &self.kind {
            Kind::Local { provider, keys } => {
                keys.iter().map(|key| format!("{}:{}", provider.as_str(), key.name)).collect()
            }
            _ => self.writes().into_iter().collect(),
        }
    }
}

impl KmsVersion {
    pub(crate) fn provider(self) -> Provider {
        if self == Self::V2 { Provider::KmsV2 } else { Provider::KmsV1 }
    }
}

impl Configuration {
    /// The entry that holds for a resource: its own name first, then `*.group`, then `*.*`.
    pub(crate) fn entry(&self, resource: &str) -> Option<&Entry> {
        let group = resource.split_once('.').map_or("", |(_, group)| group);
        [resource, &format!("*.{group}"), "*.*"].into_iter().find_map(|name| {
            self.entries.iter().find(|entry| entry.resources.iter().any(|(listed, _)| listed == name))
        })
    }

    /// Whether everything is so that kube-apiserver takes the file.
    pub fn is_valid(&self) -> bool {
        self.refusals.is_empty()
    }

    /// Adds the local keys to a keyring.
    ///
    /// # Errors
    /// When a key has a length that its provider does not take; the others are added.
    pub fn keys(&self, ring: &mut Keyring) -> Result<(), KeyRefused> {
        let mut refused = Ok(());
        for provider in self.entries.iter().flat_map(|entry| &entry.providers) {
            let Kind::Local { provider, keys } = &provider.kind else { continue };
            for key in keys {
                if let Some(secret) = &key.secret
                    && let Err(error) = ring.add(*provider, &key.name, secret.clone())
                {
                    refused = Err(error);
                }
            }
        }
        refused
    }
}
