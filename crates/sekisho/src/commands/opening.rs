//! The keys that open what is encrypted in etcd: those of an EncryptionConfiguration, and the seeds
//! of KMS v2.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use sekisho_etcd::{Keyring, config};
use sekisho_secret::SecretBytes;

use crate::cli::Global;
use crate::output;

/// Which keys.
#[derive(Debug, Args, Default)]
pub(crate) struct OpeningArgs {
    /// An EncryptionConfiguration: its local keys open what is encrypted in etcd's files. `prove`
    /// also judges it and compares it with the bytes.
    #[arg(long, value_name = "FILE", help_heading = "Configuration and keys")]
    pub(crate) encryption_config: Option<PathBuf>,
    /// Seeds of KMS v2 as the KMS unwraps them, one a line: 64 hexadecimal digits, or base64.
    #[arg(long, value_name = "FILE", help_heading = "Configuration and keys")]
    pub(crate) kms_seeds: Option<PathBuf>,
}

/// What was read.
pub(crate) struct Opening {
    /// The configuration itself.
    pub(crate) configuration: Option<config::Configuration>,
    /// The keys, where there are any.
    pub(crate) keys: Option<Keyring>,
}

impl OpeningArgs {
    /// Reads the files.
    pub(crate) fn read(&self, global: &Global) -> anyhow::Result<Opening> {
        let mut keys = Keyring::default();
        let mut configuration = None;
        if let Some(path) = &self.encryption_config {
            let bytes = SecretBytes::new(super::read_input(path)?);
            let read =
                config::read(bytes.expose_secret()).with_context(|| format!("in {}", path.display()))?;
            if let Err(error) = read.keys(&mut keys) {
                output::note(global, &format!("the configuration: {error}"));
            }
            configuration = Some(read);
        }
        if let Some(path) = &self.kms_seeds {
            let bytes = SecretBytes::new(super::read_input(path)?);
            for (at, line) in bytes.expose_secret().split(|byte| *byte == b'\n').enumerate() {
                let line = line.trim_ascii();
                if line.is_empty() {
                    continue;
                }
                let seed =
                    seed(line).with_context(|| format!("{}: line {} is no seed", path.display(), at + 1))?;
                keys.add_seed(seed).with_context(|| format!("{}: line {}", path.display(), at + 1))?;
            }
        }
        Ok(Opening { configuration, keys: (!keys.is_empty()).then_some(keys) })
    }
}

fn seed(line: &[u8]) -> Option<SecretBytes> {
    let decoded =
        data_encoding::HEXLOWER_PERMISSIVE.decode(line).or_else(|_| data_encoding::BASE64.decode(line));
    decoded.ok().map(SecretBytes::new)
}
