//! What is wrong with a configuration by itself.

use sekisho_model::Severity;
use sekisho_secret::SecretBytes;

use crate::config::{Configuration, ConfiguredKey, Entry, Kind, KmsVersion, Remark};
use crate::envelope::Provider;
use crate::options::Require;

/// Judges a configuration: what kube-apiserver refuses, and what it takes and should not be so.
/// `require` are the resources that must not be in plain.
pub fn lint(configuration: &Configuration, require: &Require) -> Vec<Remark> {
    let mut lint = Lint { out: configuration.refusals.clone() };
    lint.names(configuration);
    for entry in &configuration.entries {
        lint.entry(entry);
    }
    for resource in require.names() {
        lint.required(configuration, resource);
    }
    lint.kms_names(configuration);
    lint.key_material(configuration);
    lint.custom_resources(configuration);
    lint.out.sort_by(|a, b| (a.line, b.severity, &a.id).cmp(&(b.line, a.severity, &b.id)));
    lint.out.dedup();
    lint.out
}

struct Lint {
    out: Vec<Remark>,
}

impl Lint {
    fn say(&mut self, severity: Severity, id: &str, line: u64, what: impl Into<String>, fix: &str) {
        self.out.push(Remark::new(severity, id, line, what, fix));
    }

    fn refuse(&mut self, line: u64, what: impl std::fmt::Display, fix: &str) {
        let what = format!("{what}; kube-apiserver refuses the file");
        self.out.push(Remark::new(Severity::High, "refused", line, what, fix));
    }

    /// The names of resources, each by itself and against the ones before it.
    fn names(&mut self, configuration: &Configuration) {
        let mut before: Vec<&str> = Vec::new();
        for entry in &configuration.entries {
            let mut in_list: Vec<&str> = Vec::new();
            for (name, line) in &entry.resources {
                self.name(name, *line);
                if in_list.iter().any(|other| overlaps(other, name)) {
                    self.refuse(
                        *line,
                        format!("{name:?} overlaps another name in the same list"),
                        "Keep the wider one.",
                    );
                } else if before.iter().any(|other| masks(other, name)) {
                    self.refuse(
                        *line,
                        format!("{name:?} is masked by an entry above"),
                        "Put the narrower entry above the wider one.",
                    );
                }
                in_list.push(name);
            }
            before.extend(in_list);
        }
    }

    fn name(&mut self, name: &str, line: u64) {
        let (resource, group) = name.split_once('.').unwrap_or((name, ""));
        if name == "*" {
            self.refuse(
                line,
                "`*` alone is no resource",
                "Write `*.` for the core group or `*.*` for everything.",
            );
        } else if group == "*" && resource != "*" {
            self.refuse(line, format!("{name:?} has a wildcard as its group"), "Name the group.");
        } else if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.refuse(
                line,
                format!("{name:?} has capital letters"),
                "Write the plural in lower case, such as `secrets`.",
            );
        } else if name.ends_with(".events.k8s.io") {
            self.refuse(line, format!("{name:?} is stored as `events`"), "Write `events`.");
        } else if group == "extensions" {
            self.refuse(line, "the group extensions is gone", "Name the group where the resource is now.");
        } else if ["apiserveripinfo", "serviceipallocations", "servicenodeportallocations"].contains(&name) {
            self.refuse(line, format!("{name:?} cannot be encrypted"), "Remove it from the list.");
        } else if name == "secret" || name == "configmap" {
            self.say(
                Severity::High,
                "unknown-resource",
                line,
                format!("{name:?} is no resource: nothing is encrypted by this name"),
                "Write the plural: `secrets`, `configmaps`.",
            );
        }
    }

    fn entry(&mut self, entry: &Entry) {
        let Some(last) = entry.providers.last() else { return };
        let has_cipher = entry.providers.iter().any(|provider| !matches!(provider.kind, Kind::Identity));
        if entry.providers.len() > 1 && has_cipher && matches!(last.kind, Kind::Identity) {
            self.say(
                Severity::Low,
                "trailing-identity",
                last.line,
                "identity stands last: needed while plain objects are left, and until it goes whoever writes to etcd can plant plain objects that are read as genuine",
                "When `sekisho prove` shows no plain object in the store, remove it.",
            );
        }
        for (at, provider) in entry.providers.iter().enumerate() {
            match &provider.kind {
                Kind::Kms { version: KmsVersion::V1 { is_default }, .. } => {
                    let why = if *is_default {
                        "no apiVersion is given, which selects KMS v1"
                    } else {
                        "KMS v1 is named"
                    };
                    self.say(
                        Severity::High,
                        "kms-v1",
                        provider.line,
                        format!("{why}: it is deprecated, off unless --feature-gates=KMSv1=true, and calls the KMS on every write"),
                        "Add a v2 provider (`apiVersion: v2`, a new name) above it, write all objects again, then remove v1.",
                    );
                }
                Kind::Kms { .. } => self.say(
                    Severity::Info,
                    "kms-key-host",
                    provider.line,
                    "KMS v2 is as strong as the place of its key: with the key on this host it earns no more than a local key",
                    "Keep the KMS and its credentials off the hosts that hold etcd and its backups.",
                ),
                Kind::Local { provider: Provider::AesCbc, .. } if at == 0 => self.say(
                    Severity::Medium,
                    "aescbc-first",
                    provider.line,
                    "aescbc has no authentication: changed ciphertext is decrypted (padding oracle), and a value can be copied to another key",
                    "Put secretbox or KMS v2 above it, write all objects again, then remove it.",
                ),
                Kind::Local { provider: Provider::AesGcm, .. } if at == 0 => self.say(
                    Severity::Medium,
                    "aesgcm-first",
                    provider.line,
                    "aesgcm draws random nonces of 96 bits: its key must be rotated before 200,000 writes, and nothing here does so",
                    "Rotate the key on a schedule, or put KMS v2 above it, which derives a key for each value.",
                ),
                Kind::Local { provider: Provider::Secretbox, .. } if at == 0 => self.say(
                    Severity::Info,
                    "secretbox-unbound",
                    provider.line,
                    "secretbox is strong and not bound to its place: whoever writes to etcd can copy a value to another key",
                    "KMS v2 and aesgcm bind every value to its etcd key.",
                ),
                Kind::Local { .. } | Kind::Identity | Kind::Unknown => {}
            }
        }
    }

    fn required(&mut self, configuration: &Configuration, resource: &str) {
        if resource.starts_with('*') {
            return;
        }
        let Some(entry) = configuration.entry(resource) else {
            let line = configuration.entries.first().map_or(1, |entry| entry.line);
            self.say(
                Severity::Critical,
                "not-listed",
                line,
                format!("no entry covers {resource}: they are stored in plain"),
                "Add the resource to an entry whose first provider encrypts, restart every kube-apiserver, write all objects again.",
            );
            return;
        };
        if let Some(first) = entry.providers.first()
            && matches!(first.kind, Kind::Identity)
        {
            self.say(
                Severity::Critical,
                "identity-first",
                first.line,
                format!("identity stands first for {resource}: every write is plain, whatever stands below"),
                "Put the encrypting provider first and identity last, restart every kube-apiserver, write all objects again.",
            );
        }
    }

    fn kms_names(&mut self, configuration: &Configuration) {
        let mut seen: Vec<&str> = Vec::new();
        for provider in configuration.entries.iter().flat_map(|entry| &entry.providers) {
            let Kind::Kms { name, .. } = &provider.kind else { continue };
            if seen.contains(&name.as_str()) {
                self.say(
                    Severity::Medium,
                    "kms-name-twice",
                    provider.line,
                    format!(
                        "two KMS providers are named {name:?}: with automatic reload the file is refused"
                    ),
                    "Give every KMS provider a name of its own.",
                );
            }
            seen.push(name);
        }
    }

    fn key_material(&mut self, configuration: &Configuration) {
        let providers = configuration.entries.iter().flat_map(|entry| &entry.providers);
        let keys: Vec<(&ConfiguredKey, &SecretBytes, Provider)> = providers
            .filter_map(|provider| match &provider.kind {
                Kind::Local { provider, keys } => Some((*provider, keys)),
                _ => None,
            })
            .flat_map(|(provider, keys)| keys.iter().map(move |key| (key, key.secret.as_ref(), provider)))
            .filter_map(|(key, secret, provider)| Some((key, secret?, provider)))
            .collect();
        for (at, (key, secret, provider)) in keys.iter().enumerate() {
            let bytes = secret.expose_secret();
            let is_text = bytes.iter().all(|byte| (0x20..0x7f).contains(byte));
            let is_constant = bytes.windows(2).all(|pair| pair[0] == pair[1]);
            if is_text || is_constant {
                self.say(
                    Severity::High,
                    "key-not-random",
                    key.line,
                    format!("the key {:?} is text or a constant and not random: such keys are copied from documentation", key.name),
                    "Make a random one (`head -c 32 /dev/urandom | base64`), put it first, write all objects again.",
                );
            }
            if bytes.len() < 32 {
                self.say(
                    Severity::Low,
                    "key-short",
                    key.line,
                    format!(
                        "the key {:?} has {} bytes; the documentation asks for 32",
                        key.name,
                        bytes.len()
                    ),
                    "Make one of 32 bytes when it is rotated.",
                );
            }
            let twin = keys[..at].iter().find(|(other, same, _)| same == secret && other.name != key.name);
            if let Some((other, ..)) = twin {
                self.say(
                    Severity::Medium,
                    "key-twice",
                    key.line,
                    format!(
                        "the keys {:?} and {:?} are the same bytes: a rotation between them changes nothing",
                        other.name, key.name
                    ),
                    "Make a new key.",
                );
            }
            if at == 0 {
                self.say(
                    Severity::Info,
                    "local-key",
                    key.line,
                    format!("the keys of {} stand in this file, on the hosts of the control plane: they protect backups and disks, not a host that is taken", provider.as_str()),
                    "Keep the file at mode 0600 for root and out of backups that hold etcd; or use KMS v2.",
                );
            }
        }
    }

    fn custom_resources(&mut self, configuration: &Configuration) {
        let names = || configuration.entries.iter().flat_map(|entry| &entry.resources);
        let everything = names().any(|(name, _)| name == "*.*");
        if let Some((_, line)) = names().find(|(name, _)| name == "*.")
            && !everything
        {
            self.say(
                Severity::Low,
                "core-only",
                *line,
                "`*.` is the core group alone: custom resources, new ones among them, stay plain",
                "Add `*.*` below, or name the groups of custom resources that hold secrets.",
            );
        }
    }
}

/// Whether two names of one list cover the same resource.
fn overlaps(a: &str, b: &str) -> bool {
    a == b || masks(a, b) || masks(b, a)
}

/// Whether a name above leaves nothing for one below.
fn masks(above: &str, below: &str) -> bool {
    match above.strip_prefix("*.") {
        Some("*") => true,
        Some(group) => below.split_once('.').map_or("", |(_, group)| group) == group,
        None => above == below,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::read;

    fn ids(text: &str) -> Vec<(String, Option<u64>)> {
        let configuration = read(text.as_bytes()).unwrap();
        lint(&configuration, &Require::default()).into_iter().map(|remark| (remark.id, remark.line)).collect()
    }

    fn config(entries: &str) -> String {
        format!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n{entries}"
        )
    }

    fn key(name: &str, fill: u8) -> String {
        let bytes: Vec<u8> = (0..32u8).map(|n| n.wrapping_mul(37) ^ fill).collect();
        format!("{{name: {name}, secret: {}}}", data_encoding::BASE64.encode(&bytes))
    }

    #[test]
    fn identity_first_and_missing_resources_are_critical() {
        let text = config("- resources: [secrets]\n  providers:\n  - identity: {}\n");
        assert_eq!(ids(&text), [("identity-first".to_owned(), Some(6))]);
        let aes =
            format!("- resources: [configmaps]\n  providers:\n  - secretbox: {{keys: [{}]}}\n", key("a", 1));
        assert!(ids(&config(&aes)).contains(&("not-listed".to_owned(), Some(4))));
    }

    #[test]
    fn every_trap_has_its_line() {
        for (entries, id, line) in [
            ("- resources: [secrets]\n  providers:\n  - kms: {name: a, endpoint: unix:///a}\n", "kms-v1", 6),
            ("- resources: [secrets]\n  providers:\n  - aescbc: {keys: [KEY]}\n", "aescbc-first", 6),
            ("- resources: [secrets]\n  providers:\n  - aesgcm: {keys: [KEY]}\n", "aesgcm-first", 6),
            ("- resources: [secrets]\n  providers:\n  - secretbox: {keys: [KEY]}\n", "secretbox-unbound", 6),
            (
                "- resources: [secrets]\n  providers:\n  - secretbox: {keys: [KEY]}\n  - identity: {}\n",
                "trailing-identity",
                7,
            ),
            ("- resources:\n  - '*'\n  providers:\n  - identity: {}\n", "refused", 5),
            ("- resources:\n  - Secrets\n  providers:\n  - identity: {}\n", "refused", 5),
            ("- resources:\n  - secret\n  providers:\n  - identity: {}\n", "unknown-resource", 5),
            ("- resources:\n  - secrets\n  - '*.'\n  providers:\n  - identity: {}\n", "refused", 6),
            ("- resources:\n  - '*.events.k8s.io'\n  providers:\n  - identity: {}\n", "refused", 5),
            ("- resources:\n  - '*.extensions'\n  providers:\n  - identity: {}\n", "refused", 5),
            ("- resources:\n  - serviceipallocations\n  providers:\n  - identity: {}\n", "refused", 5),
            (
                "- resources: ['*.*']\n  providers: [{identity: {}}]\n- resources:\n  - secrets\n  providers: [{identity: {}}]\n",
                "refused",
                7,
            ),
            (
                "- resources: [secrets]\n  providers:\n  - identity: {}\n    aescbc: {keys: [KEY]}\n",
                "refused",
                6,
            ),
            (
                "- resources: [secrets]\n  providers:\n  - kms: {apiVersion: v2, name: 'a:b', endpoint: unix:///a}\n",
                "refused",
                6,
            ),
            (
                "- resources: [secrets]\n  providers:\n  - kms:\n      apiVersion: v2\n      name: a\n      endpoint: unix:///a\n      cachesize: 9\n",
                "refused",
                10,
            ),
            (
                "- resources: [secrets]\n  providers:\n  - kms: {apiVersion: v2, name: a, endpoint: unix:///a}\n  - kms: {apiVersion: v2, name: a, endpoint: unix:///b}\n",
                "kms-name-twice",
                7,
            ),
            (
                concat!(
                    "- resources: [secrets]\n  providers:\n  - aescbc:\n      keys:\n      - {name: a, secret: c2Vj",
                    "cmV0IGlzIHNlY3VyZQ==}\n"
                ),
                "key-not-random",
                8,
            ),
            (
                "- resources: [secrets]\n  providers:\n  - aescbc:\n      keys:\n      - {name: a, secret: nope}\n",
                "refused",
                8,
            ),
            (
                "- resources: [secrets]\n  providers:\n  - secretbox:\n      keys:\n      - KEY\n      - KEY2\n",
                "key-twice",
                9,
            ),
            ("- resources:\n  - '*.'\n  providers:\n  - identity: {}\n", "core-only", 5),
            ("- resource: [secrets]\n  providers:\n  - identity: {}\n", "refused", 4),
        ] {
            let text = config(&entries.replace("KEY2", &key("b", 1)).replace("KEY", &key("a", 1)));
            let found = ids(&text);
            assert!(found.contains(&(id.to_owned(), Some(line))), "{id} {line}: {found:?}\n{text}");
        }
    }

    #[test]
    fn names_are_matched_as_kube_apiserver_does() {
        let text = config(
            "- resources: [secrets]\n  providers: [{identity: {}}]\n- resources: ['*.apps']\n  providers: [{identity: {}}]\n- resources: ['*.*']\n  providers: [{identity: {}}]\n",
        );
        let configuration = read(text.as_bytes()).unwrap();
        let line = |resource: &str| configuration.entry(resource).unwrap().line;
        assert_eq!((line("secrets"), line("deployments.apps"), line("configmaps")), (4, 6, 8));
    }

    #[test]
    fn what_is_no_configuration_is_said_to_be_so() {
        use crate::config::ConfigError;
        assert_eq!(read(b"\xff").err(), Some(ConfigError::NotText));
        assert!(matches!(read(b"a: [").err(), Some(ConfigError::Syntax { .. })));
        assert!(matches!(read(b"kind: Pod\n").err(), Some(ConfigError::Missing(_))));
    }
}
