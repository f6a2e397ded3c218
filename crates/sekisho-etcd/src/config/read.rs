//! Reading a configuration as strictly as kube-apiserver does, and on behind its first complaint.

use sekisho_model::Severity;
use sekisho_secret::SecretBytes;

use crate::config::yaml::{self, Node, Value};
use crate::config::{
    ConfigError, Configuration, ConfiguredKey, ConfiguredProvider, Entry, Kind, KmsVersion, Remark,
};
use crate::envelope::Provider;

const KIND: &str = "EncryptionConfiguration";
/// kube-apiserver stops with this, so every refusal carries it.
const REFUSED: &str =
    "kube-apiserver refuses the file: at start it does not come up, on reload it keeps the old one";

/// Reads a file that holds an EncryptionConfiguration, on its own or among other documents, or as
/// a key of a Secret that was not decoded yet.
///
/// # Errors
/// When there is none in it.
pub fn read(bytes: &[u8]) -> Result<Configuration, ConfigError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ConfigError::NotText)?;
    let documents = yaml::read(text).map_err(|error| ConfigError::Syntax { line: error.line })?;
    let document = documents.iter().find(|document| document.text_under("kind") == Some(KIND));
    let document = document.ok_or(ConfigError::Missing(KIND))?;
    let mut reader = Reader { refusals: Vec::new() };
    let entries = reader.document(document);
    Ok(Configuration { entries, refusals: reader.refusals })
}

struct Reader {
    refusals: Vec<Remark>,
}

impl Reader {
    fn refuse(&mut self, line: u64, what: impl std::fmt::Display, fix: &str) {
        self.refusals.push(Remark::new(Severity::High, "refused", line, format!("{what}; {REFUSED}"), fix));
    }

    /// Decoding is strict: unknown fields and repeated ones are errors.
    fn fields(&mut self, node: &Node, known: &[&str]) {
        let mut seen: Vec<&str> = Vec::new();
        for (key, _) in node.entries() {
            match key.text() {
                Some(name) if seen.contains(&name) => {
                    self.refuse(key.line, "a field stands twice", "Remove one of them.");
                }
                Some(name) if known.contains(&name) => seen.push(name),
                _ => {
                    self.refuse(
                        key.line,
                        "a field is not known here",
                        "Correct its name or its indentation.",
                    );
                }
            }
        }
    }

    fn document(&mut self, document: &Node) -> Vec<Entry> {
        self.fields(document, &["apiVersion", "kind", "resources"]);
        match document.text_under("apiVersion") {
            Some("apiserver.config.k8s.io/v1") => {}
            _ => self.refuse(
                document.line,
                "the apiVersion is not apiserver.config.k8s.io/v1",
                "Write `apiVersion: apiserver.config.k8s.io/v1`.",
            ),
        }
        let entries = document.get("resources").map_or(&[][..], Node::items);
        if entries.is_empty() {
            self.refuse(document.line, "there are no resources", "List the resources and their providers.");
        }
        entries.iter().map(|entry| self.entry(entry)).collect()
    }

    fn entry(&mut self, node: &Node) -> Entry {
        self.fields(node, &["resources", "providers"]);
        let listed = node.get("resources").map_or(&[][..], Node::items);
        let resources: Vec<(String, u64)> =
            listed.iter().filter_map(|item| Some((item.text()?.to_owned(), item.line))).collect();
        let providers = node.get("providers").map_or(&[][..], Node::items);
        let providers: Vec<_> = providers.iter().map(|provider| self.provider(provider)).collect();
        if resources.is_empty() {
            self.refuse(
                node.line,
                "an entry lists no resource",
                "List at least one resource, such as `secrets`.",
            );
        }
        if providers.is_empty() {
            self.refuse(node.line, "an entry has no provider", "Give the entry at least one provider.");
        }
        Entry { line: node.line, resources, providers }
    }

    fn provider(&mut self, node: &Node) -> ConfiguredProvider {
        const PROVIDERS: [&str; 5] = ["aesgcm", "aescbc", "secretbox", "identity", "kms"];
        self.fields(node, &PROVIDERS);
        if node.entries().len() > 1 {
            self.refuse(
                node.line,
                "an element of `providers` names more than one provider",
                "Put a dash before each provider: every one is an element of its own.",
            );
        }
        let kind = match node.entries().first().and_then(|(name, value)| Some((name.text()?, value))) {
            Some(("identity", _)) => Kind::Identity,
            Some(("aescbc", value)) => self.local(Provider::AesCbc, value),
            Some(("aesgcm", value)) => self.local(Provider::AesGcm, value),
            Some(("secretbox", value)) => self.local(Provider::Secretbox, value),
            Some(("kms", value)) => self.kms(value),
            _ => {
                if node.entries().is_empty() {
                    self.refuse(
                        node.line,
                        "a provider is empty",
                        "Name the provider, such as `identity: {}`.",
                    );
                }
                Kind::Unknown
            }
        };
        ConfiguredProvider { line: node.line, kind }
    }

    fn local(&mut self, provider: Provider, node: &Node) -> Kind {
        self.fields(node, &["keys"]);
        let listed = node.get("keys").map_or(&[][..], Node::items);
        if listed.is_empty() {
            self.refuse(node.line, format!("{} has no key", provider.as_str()), "Give it a key.");
        }
        let lengths: &[usize] = if provider == Provider::Secretbox { &[32] } else { &[16, 24, 32] };
        let mut keys: Vec<ConfiguredKey> = Vec::new();
        for item in listed {
            self.fields(item, &["name", "secret"]);
            let name = item.text_under("name").unwrap_or_default().to_owned();
            if name.is_empty() || name.contains(':') {
                self.refuse(
                    item.line,
                    "a key's name is empty or holds a colon",
                    "Give it a name without colons.",
                );
            }
            if keys.iter().any(|key| key.name == name) {
                self.refuse(
                    item.line,
                    format!("two keys are named {name:?}"),
                    "Give every key a name of its own.",
                );
            }
            let text = match item.get("secret").map(|secret| &secret.value) {
                Some(Value::Scalar(text)) => text.expose_secret(),
                _ => &[],
            };
            let secret = data_encoding::BASE64.decode(text).ok().map(SecretBytes::new);
            let fits = secret.as_ref().is_some_and(|secret| lengths.contains(&secret.len()));
            if !fits {
                self.refuse(
                    item.line,
                    format!("the key {name:?} is not {lengths:?} bytes in base64"),
                    "Make one: `head -c 32 /dev/urandom | base64`.",
                );
            }
            keys.push(ConfiguredKey { line: item.line, name, secret });
        }
        Kind::Local { provider, keys }
    }

    fn kms(&mut self, node: &Node) -> Kind {
        self.fields(node, &["apiVersion", "name", "cachesize", "endpoint", "timeout"]);
        let version = match node.text_under("apiVersion") {
            Some("v2") => KmsVersion::V2,
            Some("v1") => KmsVersion::V1 { is_default: false },
            None => KmsVersion::V1 { is_default: true },
            Some(_) => {
                self.refuse(
                    node.line,
                    "the apiVersion of a KMS is neither v1 nor v2",
                    "Write `apiVersion: v2`.",
                );
                KmsVersion::V2
            }
        };
        let name = node.text_under("name").unwrap_or_default().to_owned();
        if name.is_empty() || name.contains(':') {
            self.refuse(
                node.line,
                "a KMS has no name, or one with a colon",
                "Give it a name without colons.",
            );
        }
        match node.get("endpoint").and_then(|endpoint| Some((endpoint.line, endpoint.text()?))) {
            Some((_, endpoint)) if endpoint.starts_with("unix://") && endpoint.len() > 7 => {}
            found => {
                let line = found.map_or(node.line, |(line, _)| line);
                self.refuse(
                    line,
                    "a KMS's endpoint is not a unix socket",
                    "Write `endpoint: unix:///path/to.sock`.",
                );
            }
        }
        if version == KmsVersion::V2
            && let Some(size) = node.get("cachesize")
        {
            self.refuse(
                size.line,
                "KMS v2 takes no cachesize",
                "Remove the field: v2 keeps its keys itself.",
            );
        }
        if let Some(timeout) = node.get("timeout")
            && timeout.text().is_none_or(|text| {
                text.starts_with('-') || text.trim_start_matches('0').is_empty() || text == "0s"
            })
        {
            self.refuse(
                timeout.line,
                "a KMS's timeout is not above zero",
                "Give it a duration, such as `3s`.",
            );
        }
        Kind::Kms { name, version }
    }
}
