//! The other objects that say who can reach a Secret.

use sekisho_secret::{EstateKey, Fingerprint, SecretBytes, canonical};

use super::builder::{Reader, Values};
use super::names::Name;
use super::view::View;
use super::{Meta, SecretReference, SecretUse, Use};

/// A Secret: what is known of it without its values.
#[derive(Debug, Clone)]
pub struct Secret {
    /// Namespace.
    pub namespace: Name,
    /// Name.
    pub name: Name,
    /// `type`; `None` where the Secret is known only because something names it.
    pub kind: Option<Name>,
    /// Names of its keys, in their order.
    pub keys: Box<[Name]>,
    /// Fingerprints of its values by key, if values were asked for. Weak values have none.
    pub fingerprints: Box<[(Name, Fingerprint)]>,
    /// Of a service account's token: the account that its annotation names.
    pub account: Option<Name>,
    /// Names of its annotations. Their values are not kept: one of them repeats the Secret's.
    pub annotations: Box<[Name]>,
    /// Whether `kubectl.kubernetes.io/last-applied-configuration` repeats its values.
    pub applied: bool,
    /// Whether it has finalizers.
    pub finalizers: bool,
    /// Whether the object itself was seen, and not only its name.
    pub seen: bool,
    /// The object that owns it: kind and name.
    pub owner: Option<(Name, Name)>,
    /// What brought it.
    pub origin: Option<Name>,
}

/// A service account.
#[derive(Debug, Clone)]
pub struct ServiceAccount {
    /// Namespace.
    pub namespace: Name,
    /// Name.
    pub name: Name,
    /// Whether pods get its token unless they say otherwise.
    pub automount: bool,
    /// Secrets that it names: `secrets` and `imagePullSecrets`.
    pub secrets: Box<[SecretUse]>,
    /// Whether pods that run as it may mount only the Secrets it names (annotation
    /// `kubernetes.io/enforce-mountable-secrets`, deprecated since 1.32).
    pub only_mountable: bool,
    /// Whether the object itself was seen, and not only its name.
    pub seen: bool,
    /// What brought it.
    pub origin: Option<Name>,
}

/// A namespace.
#[derive(Debug, Clone)]
pub struct Namespace {
    /// Name.
    pub name: Name,
    /// The Pod Security Standard that its label enforces.
    pub enforce: PodSecurity,
    /// Whether the object itself was seen, and not only its name.
    pub seen: bool,
}

/// Levels of the Pod Security Standards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum PodSecurity {
    /// Nothing is enforced, as far as the namespace says.
    #[default]
    Privileged,
    /// No known way to the node.
    Baseline,
    /// The strictest.
    Restricted,
}

/// A node.
#[derive(Debug, Clone)]
pub struct Node {
    /// Name.
    pub name: Name,
    /// Whether the control plane runs on it (its role labels).
    pub control_plane: bool,
    /// Minor version of its kubelet (1.x).
    pub minor: Option<u32>,
    /// Whether the object itself was seen, and not only its name.
    pub seen: bool,
}

/// A PersistentVolumeClaim.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Namespace.
    pub namespace: Name,
    /// Name.
    pub name: Name,
    /// The PersistentVolume it is bound to.
    pub volume: Option<Name>,
}

/// A PersistentVolume.
#[derive(Debug, Clone)]
pub struct Volume {
    /// Name.
    pub name: Name,
    /// The claim it is bound to: namespace and name.
    pub claim: Option<(Name, Name)>,
    /// Secrets that it names, with their namespace (any namespace may stand there).
    pub secrets: Box<[(Name, SecretUse)]>,
    /// The path of the node that it is.
    pub host_path: Option<Name>,
}

/// A kind that a CustomResourceDefinition brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Definition {
    /// API group.
    pub group: Name,
    /// Plural name.
    pub plural: Name,
}

/// A Secret's type for service account tokens.
pub(super) const TOKEN_TYPE: &str = "kubernetes.io/service-account-token";
/// Keys of Secrets whose values are none: copies of them are everywhere, and should be.
const PUBLIC: &[&str] = &[
    "ca.crt",
    "database",
    "dbname",
    "host",
    "hostname",
    "namespace",
    "port",
    "region",
    "service-ca.crt",
    "tls.crt",
    "user",
    "username",
];
const APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

impl Reader<'_> {
    pub(super) fn secret(
        &mut self,
        object: View<'_>,
        meta: &Meta,
        key: Option<&EstateKey>,
        mut values: Option<&mut Values>,
    ) -> Secret {
        let kind = object.word_at("type").unwrap_or("Opaque".into());
        let annotations = object.path(&["metadata", "annotations"]);
        let account = annotations.and_then(|all| all.word_at("kubernetes.io/service-account.name"));
        let account = account.filter(|_| kind == TOKEN_TYPE).map(|account| self.names.intern(&account));
        let annotations = annotations.map(View::entries).unwrap_or_default();
        let applied = annotations.iter().any(|(name, _)| name == APPLIED);
        let mut annotations: Vec<String> =
            annotations.into_iter().map(|(name, _)| name.into_owned()).collect();
        annotations.sort();
        let mut keys = Vec::new();
        let mut fingerprints: Vec<(Name, Fingerprint)> = Vec::new();
        for (field, encoded) in [("data", true), ("stringData", false)] {
            for (name, value) in object.at(field).map(View::entries).unwrap_or_default() {
                let is_public = PUBLIC.contains(&name.to_ascii_lowercase().as_str());
                let name = self.names.intern(&name);
                if !keys.contains(&name) {
                    keys.push(name);
                }
                if key.is_none() && values.is_none() {
                    continue;
                }
                value.with_bytes(&mut |bytes| {
                    let Some(value) = decoded(bytes, encoded) else { return };
                    let canonical = canonical(value.expose_secret());
                    let Some(canonical) = canonical.filter(|it| !sekisho_secret::is_weak(it)) else { return };
                    fingerprints.extend(key.map(|key| (name, key.fingerprint(canonical))));
                    if let Some(values) = values.as_mut().filter(|_| !is_public) {
                        values.0.push(SecretBytes::from(canonical));
                    }
                });
            }
        }
        Secret {
            namespace: meta.namespace,
            name: meta.name,
            kind: Some(self.names.intern(&kind)),
            keys: keys.into(),
            fingerprints: fingerprints.into(),
            account,
            annotations: annotations.iter().map(|name| self.names.intern(name)).collect(),
            applied,
            finalizers: object.path(&["metadata", "finalizers"]).is_some_and(|all| !all.items().is_empty()),
            seen: true,
            owner: meta.owner,
            origin: meta.origin,
        }
    }

    pub(super) fn service_account(&mut self, object: View<'_>, meta: &Meta) -> ServiceAccount {
        let mut secrets = Vec::new();
        for (list, how) in [("secrets", Use::Account), ("imagePullSecrets", Use::Pull)] {
            for (index, reference) in object.list(list).into_iter().enumerate() {
                let Some(name) = reference.word_at("name") else { continue };
                let field = self.names.intern(&format!("{list}[{index}]"));
                secrets.push(SecretUse { secret: self.names.intern(&name), how, field });
            }
        }
        let annotations = object.path(&["metadata", "annotations"]);
        ServiceAccount {
            namespace: meta.namespace,
            name: meta.name,
            automount: object.flag("automountServiceAccountToken") != Some(false),
            secrets: secrets.into(),
            only_mountable: annotations
                .is_some_and(|all| all.flag("kubernetes.io/enforce-mountable-secrets") == Some(true)),
            seen: true,
            origin: meta.origin,
        }
    }

    pub(super) fn namespace(object: View<'_>, meta: &Meta) -> Namespace {
        let labels = object.path(&["metadata", "labels"]);
        let enforce = labels.and_then(|labels| labels.text_at("pod-security.kubernetes.io/enforce"));
        let enforce = match enforce.unwrap_or_default().as_ref() {
            "baseline" => PodSecurity::Baseline,
            "restricted" => PodSecurity::Restricted,
            _ => PodSecurity::Privileged,
        };
        Namespace { name: meta.name, enforce, seen: true }
    }

    pub(super) fn node(object: View<'_>, meta: &Meta) -> Node {
        let labels = object.path(&["metadata", "labels"]);
        let control_plane = labels.is_some_and(|labels| {
            ["control-plane", "master", "etcd"]
                .iter()
                .any(|role| labels.at(&format!("node-role.kubernetes.io/{role}")).is_some())
        });
        let version = object.path(&["status", "nodeInfo", "kubeletVersion"]).and_then(View::text);
        Node {
            name: meta.name,
            control_plane,
            minor: version.and_then(|version| minor(&version)),
            seen: true,
        }
    }

    pub(super) fn claim(&mut self, object: View<'_>, meta: &Meta) -> Claim {
        let volume = object.at("spec").and_then(|spec| spec.word_at("volumeName"));
        let volume = volume.map(|volume| self.names.intern(&volume));
        Claim { namespace: meta.namespace, name: meta.name, volume }
    }

    /// The Secrets of a PersistentVolume, as the Node authorizer visits them: `VisitPVSecretNames`
    /// of `pkg/api/v1/persistentvolume`. Where it names no namespace the claim's is meant.
    pub(super) fn volume(&mut self, object: View<'_>, meta: &Meta) -> Option<Volume> {
        let spec = object.at("spec")?;
        let claim = spec.at("claimRef").and_then(|claim| {
            Some((
                self.names.intern(&claim.word_at("namespace")?),
                self.names.intern(&claim.word_at("name")?),
            ))
        });
        let mut secrets = Vec::new();
        let mut note = |names: &mut super::names::Names, namespace: Option<Name>, name: &str, field: &str| {
            if let Some(namespace) = namespace.or(claim.map(|(namespace, _)| namespace)) {
                let secret = names.intern(name);
                let field = names.intern(&format!("spec.{field}"));
                secrets.push((namespace, SecretUse { secret, how: Use::Volume, field }));
            }
        };
        for driver in ["cephfs", "cinder", "flexVolume", "rbd", "iscsi", "scaleIO", "storageos"] {
            let reference = spec.path(&[driver, "secretRef"]);
            if let Some((reference, name)) = reference.and_then(|it| Some((it, it.word_at("name")?))) {
                let namespace = reference.word_at("namespace").map(|namespace| self.names.intern(&namespace));
                note(self.names, namespace, &name, &format!("{driver}.secretRef"));
            }
        }
        if let Some(azure) = spec.at("azureFile")
            && let Some(name) = azure.word_at("secretName")
        {
            let namespace = azure.word_at("secretNamespace").map(|namespace| self.names.intern(&namespace));
            note(self.names, namespace, &name, "azureFile");
        }
        for field in [
            "controllerPublishSecretRef",
            "nodePublishSecretRef",
            "nodeStageSecretRef",
            "nodeExpandSecretRef",
        ] {
            let reference = spec.path(&["csi", field]);
            if let Some((reference, name)) = reference.and_then(|it| Some((it, it.word_at("name")?))) {
                let namespace = reference.word_at("namespace").map(|namespace| self.names.intern(&namespace));
                note(self.names, namespace, &name, &format!("csi.{field}"));
            }
        }
        let host_path = spec.path(&["hostPath", "path"]).or_else(|| spec.path(&["local", "path"]));
        let host_path = host_path.and_then(View::text).map(|path| self.names.intern(&path));
        Some(Volume { name: meta.name, claim, secrets: secrets.into(), host_path })
    }

    pub(super) fn definition(&mut self, object: View<'_>) -> Option<Definition> {
        let spec = object.at("spec")?;
        let group = self.names.intern(&spec.word_at("group")?);
        let plural = self.names.intern(&spec.at("names")?.word_at("plural")?);
        Some(Definition { group, plural })
    }

    /// Secrets that other objects name: an ingress its certificates, a custom resource its Secret.
    pub(super) fn references(
        &mut self,
        object: View<'_>,
        meta: &Meta,
        kind: &str,
        found: &mut Vec<SecretReference>,
    ) {
        let from = (self.names.intern(kind), meta.namespace, meta.name);
        let mut note = |names: &mut super::names::Names, name: &str, field: &str| {
            found.push(SecretReference { from, secret: names.intern(name), field: names.intern(field) });
        };
        let Some(spec) = object.at("spec") else { return };
        match kind {
            "Ingress" => {
                for (index, tls) in spec.list("tls").into_iter().enumerate() {
                    if let Some(name) = tls.word_at("secretName") {
                        note(self.names, &name, &format!("spec.tls[{index}].secretName"));
                    }
                }
            }
            "Certificate" => {
                if let Some(name) = spec.word_at("secretName") {
                    note(self.names, &name, "spec.secretName");
                }
            }
            "ExternalSecret" => {
                // Without a target the Secret is named as the ExternalSecret.
                let target = spec.path(&["target", "name"]).and_then(View::text);
                let own = self.names.text(meta.name).to_owned();
                let name = target.map_or(own, std::borrow::Cow::into_owned);
                note(self.names, &name, "spec.target.name");
            }
            "PushSecret" => {
                let name = spec.path(&["selector", "secret", "name"]).and_then(View::text);
                if let Some(name) = name {
                    note(self.names, &name, "spec.selector.secret.name");
                }
            }
            "SealedSecret" => {
                let own = self.names.text(meta.name).to_owned();
                let name = spec.path(&["template", "metadata", "name"]).and_then(View::text);
                note(self.names, &name.unwrap_or(own.into()), "spec.template.metadata.name");
            }
            "SecretProviderClass" => {
                for (index, object) in spec.list("secretObjects").into_iter().enumerate() {
                    if let Some(name) = object.word_at("secretName") {
                        note(self.names, &name, &format!("spec.secretObjects[{index}].secretName"));
                    }
                }
            }
            "VaultStaticSecret" | "VaultDynamicSecret" | "VaultPKISecret" => {
                let name = spec.path(&["destination", "name"]).and_then(View::text);
                if let Some(name) = name {
                    note(self.names, &name, "spec.destination.name");
                }
            }
            _ => {}
        }
    }
}

/// A value's own bytes.
fn decoded(bytes: &[u8], encoded: bool) -> Option<SecretBytes> {
    if !encoded {
        return Some(SecretBytes::from(bytes));
    }
    let text: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let text = SecretBytes::new(text);
    data_encoding::BASE64.decode(text.expose_secret()).ok().map(SecretBytes::new)
}

/// The minor version in `v1.36.2`.
pub(super) fn minor(version: &str) -> Option<u32> {
    let mut parts = version.trim_start_matches('v').split('.');
    (parts.next()? == "1").then_some(())?;
    let digits: String = parts.next()?.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}
