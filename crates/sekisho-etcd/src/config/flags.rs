//! The flags of a kube-apiserver, from its manifest.

use sekisho_model::Severity;

use crate::config::yaml::{self, Node, Value};
use crate::config::{ConfigError, Configuration, Kind, KmsVersion, Remark};

/// The flags that decide what is encrypted, with their lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Flags {
    /// Line of the container's command, from 1.
    line: u64,
    flags: Vec<(String, String, u64)>,
}

/// Reads the manifest of a kube-apiserver (a static pod, a Deployment, or a list of them).
///
/// # Errors
/// When no container in it runs one.
pub fn read_flags(bytes: &[u8]) -> Result<Flags, ConfigError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ConfigError::NotText)?;
    let documents = yaml::read(text).map_err(|error| ConfigError::Syntax { line: error.line })?;
    documents.iter().find_map(server).ok_or(ConfigError::Missing("kube-apiserver container"))
}

/// The first container below a node that runs kube-apiserver. The tree's depth is capped.
fn server(node: &Node) -> Option<Flags> {
    match &node.value {
        Value::Map(entries) => {
            let words: Vec<&Node> =
                ["command", "args"].iter().filter_map(|key| node.get(key)).flat_map(Node::items).collect();
            let is_server = |word: &&Node| {
                word.text().is_some_and(|text| text.rsplit('/').next() == Some("kube-apiserver"))
            };
            let has_flag = |word: &&Node| word.text().is_some_and(|text| text.starts_with("--etcd-servers"));
            if words.iter().any(is_server) || words.iter().any(has_flag) {
                let flags = words.iter().filter_map(|word| {
                    let (name, value) = word
                        .text()?
                        .strip_prefix("--")
                        .map(|flag| flag.split_once('=').unwrap_or((flag, "true")))?;
                    Some((name.to_owned(), value.to_owned(), word.line))
                });
                return Some(Flags { line: words.first()?.line, flags: flags.collect() });
            }
            entries.iter().find_map(|(_, value)| server(value))
        }
        Value::Seq(items) => items.iter().find_map(server),
        _ => None,
    }
}

impl Flags {
    fn get(&self, name: &str) -> Option<(&str, u64)> {
        // The last one counts.
        self.flags
            .iter()
            .rev()
            .find(|(flag, ..)| flag == name)
            .map(|(_, value, line)| (value.as_str(), *line))
    }

    /// The prefix of all etcd keys.
    pub fn etcd_prefix(&self) -> &str {
        self.get("etcd-prefix").map_or("/registry", |(prefix, _)| prefix)
    }

    /// Judges the flags, together with the configuration where it is at hand.
    pub fn lint(&self, configuration: Option<&Configuration>) -> Vec<Remark> {
        let mut out = Vec::new();
        let mut say = |severity, id: &str, line, what: String, fix: &str| {
            out.push(Remark::new(severity, id, line, what, fix));
        };
        let config = self.get("encryption-provider-config").filter(|(path, _)| !path.is_empty());
        let Some((_, line)) = config else {
            say(
                Severity::Critical,
                "no-encryption-config",
                self.line,
                "--encryption-provider-config is not set: everything is stored in plain".to_owned(),
                "Write an EncryptionConfiguration and name it with this flag on every kube-apiserver.",
            );
            return out;
        };
        match self.get("encryption-provider-config-automatic-reload") {
            Some(("true", line)) => say(
                Severity::Low,
                "automatic-reload",
                line,
                "the file is read again every minute, and when it does not load the old one stays in force in silence".to_owned(),
                "Watch apiserver_encryption_config_controller_automatic_reloads_total (status failure) and compare the bytes after each change.",
            ),
            _ => say(
                Severity::Low,
                "no-automatic-reload",
                line,
                "the file is read at start only: a change waits for a restart of every kube-apiserver".to_owned(),
                "Restart all of them after each change, and compare the bytes.",
            ),
        }
        let gates = self.get("feature-gates");
        let kms_v1_on = gates.is_some_and(|(gates, _)| gates.split(',').any(|gate| gate == "KMSv1=true"));
        if let (true, Some((_, line))) = (kms_v1_on, gates) {
            say(
                Severity::Medium,
                "kms-v1-gate",
                line,
                "the feature gate KMSv1 keeps a deprecated provider alive".to_owned(),
                "Move to KMS v2 and remove the gate.",
            );
        }
        let providers = configuration.into_iter().flat_map(|configuration| &configuration.entries);
        let mut providers = providers.flat_map(|entry| &entry.providers);
        let uses_kms_v1 = providers
            .any(|provider| matches!(&provider.kind, Kind::Kms { version: KmsVersion::V1 { .. }, .. }));
        if uses_kms_v1 && !kms_v1_on {
            say(
                Severity::High,
                "kms-v1-off",
                line,
                "the configuration has a KMS v1 provider and the feature gate KMSv1 is off: the server does not take it".to_owned(),
                "Write `apiVersion: v2` if the plugin speaks it.",
            );
        }
        if let Some((prefix, line)) = self.get("etcd-prefix")
            && prefix != "/registry"
        {
            say(
                Severity::Info,
                "etcd-prefix",
                line,
                format!(
                    "keys begin with {prefix:?}: aesgcm and KMS values are bound to it, and a restore under another prefix cannot read them"
                ),
                "Restore backups under the same --etcd-prefix.",
            );
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POD: &str = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: kube-apiserver\n    command:\n    - kube-apiserver\n    - --etcd-servers=https://127.0.0.1:2379\n";

    fn ids(flags: &str) -> Vec<String> {
        let flags = read_flags(format!("{POD}{flags}").as_bytes()).unwrap();
        flags.lint(None).into_iter().map(|remark| remark.id).collect()
    }

    #[test]
    fn flags_are_read_from_a_static_pod() {
        assert_eq!(ids(""), ["no-encryption-config"]);
        assert_eq!(ids("    - --encryption-provider-config=/etc/enc.yaml\n"), ["no-automatic-reload"]);
        let all = "    - --encryption-provider-config=/etc/enc.yaml\n    - --encryption-provider-config-automatic-reload=true\n    - --feature-gates=A=false,KMSv1=true\n    - --etcd-prefix=/own\n";
        assert_eq!(ids(all), ["automatic-reload", "kms-v1-gate", "etcd-prefix"]);
        assert!(read_flags(b"kind: Pod\n").is_err());
    }
}
