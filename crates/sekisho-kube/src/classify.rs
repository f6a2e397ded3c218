//! What objects and keys mean: the tables behind the walker.
//!
//! All that is known of particular kinds stands here: by which kind, shape or file name a document
//! is told, and which of its keys hold values in a way of their own.

use std::ops::Range;

use sekisho_model::{FieldKind, ObjectRef, Role};

use crate::object::{Class, Generated, GeneratorFile};
use crate::tree::{Kind, NodeId, Tree};
use crate::walk::{Around, Walker};

/// The object that `root` is, and its class. `list` is the list it stands in: items of a typed
/// list (`SecretList`) leave out what the list says of them.
pub(crate) fn classify(
    tree: &Tree<'_>,
    root: NodeId,
    name: &str,
    list: Option<&ObjectRef>,
) -> (ObjectRef, Class) {
    let file = name.rsplit(['/', '\\', '!']).next().unwrap_or(name);
    let metadata = tree.lookup(root, "metadata");
    let in_metadata = |key| metadata.and_then(|metadata| tree.string_at(metadata, key));
    let listed = list.and_then(|list| list.kind.strip_suffix("List").filter(|kind| !kind.is_empty()));
    let mut object = ObjectRef {
        api_version: tree.string_at(root, "apiVersion").unwrap_or_default(),
        kind: tree.string_at(root, "kind").unwrap_or_default(),
        namespace: in_metadata("namespace"),
        name: in_metadata("name").or_else(|| in_metadata("generateName")).unwrap_or_default(),
    };
    if let (Some(kind), true) = (listed, object.kind.is_empty()) {
        kind.clone_into(&mut object.kind);
        if let (Some(list), true) = (list, object.api_version.is_empty()) {
            object.api_version.clone_from(&list.api_version);
        }
    }
    let has = |key| tree.lookup(root, key).is_some();
    if object.kind.is_empty() || !(list.is_some() || has("apiVersion") || metadata.is_some()) {
        let class = by_shape(tree, root, file);
        // What is told by its shape alone keeps the kind that everybody calls it by.
        let kind = match class {
            Class::Kubeconfig => "Config",
            Class::Kustomization => "Kustomization",
            _ => "",
        };
        return (ObjectRef { kind: kind.to_owned(), ..ObjectRef::default() }, class);
    }
    let class = by_kind(tree, root, &object);
    (object, class)
}

fn by_kind(tree: &Tree<'_>, root: NodeId, object: &ObjectRef) -> Class {
    let group = object.api_version.split('/').next().unwrap_or_default();
    match object.kind.as_str() {
        "Secret" => Class::Secret,
        "ConfigMap" => Class::ConfigMap,
        "SealedSecret" => Class::SealedSecret,
        "Config" if is_kubeconfig(tree, root) => Class::Kubeconfig,
        "Kustomization" | "Component" if matches!(group, "" | "kustomize.config.k8s.io") => {
            Class::Kustomization
        }
        "EncryptionConfiguration" | "EncryptionConfig" => Class::EncryptionConfiguration,
        kind if EXTERNAL_KINDS.contains(&kind) => Class::ExternalSecret,
        _ => Class::Object,
    }
}

/// Kinds that bring a value from a store: external-secrets, the secrets store CSI driver, and the
/// operators of Vault, 1Password, Doppler, Infisical, Bitwarden, Azure (akv2k8s) and AWS.
const EXTERNAL_KINDS: &[&str] = &[
    "ExternalSecret",
    "ClusterExternalSecret",
    "PushSecret",
    "ClusterPushSecret",
    "SecretStore",
    "ClusterSecretStore",
    "SecretProviderClass",
    "VaultStaticSecret",
    "VaultDynamicSecret",
    "VaultPKISecret",
    "VaultAuth",
    "VaultConnection",
    "VaultSecret",
    "OnePasswordItem",
    "DopplerSecret",
    "InfisicalSecret",
    "BitwardenSecret",
    "AzureKeyVaultSecret",
    "AWSSecret",
];

fn is_map(tree: &Tree<'_>, id: NodeId) -> bool {
    tree.node(id).kind == Kind::Map
}

fn is_kubeconfig(tree: &Tree<'_>, root: NodeId) -> bool {
    let is_list = |key| tree.lookup(root, key).is_some_and(|id| tree.node(id).kind == Kind::Seq);
    is_list("users") || is_list("clusters")
}

/// Documents without a kind.
fn by_shape(tree: &Tree<'_>, root: NodeId, file: &str) -> Class {
    if !is_map(tree, root) {
        return Class::Plain;
    }
    let has_map = |key| tree.lookup(root, key).is_some_and(|id| is_map(tree, id));
    let has = |key| tree.lookup(root, key).is_some();
    let ending = file.rsplit_once('.').map(|(_, ending)| ending);
    let yaml = matches!(ending, Some("yaml" | "yml"));
    if has_map("auths") || is_dockercfg(tree, root) {
        Class::DockerConfig
    } else if has_map("chart") && has("manifest") && has("info") {
        Class::HelmRelease
    } else if is_kubeconfig(tree, root) && has("contexts") {
        Class::Kubeconfig
    } else if matches!(file, "kustomization.yaml" | "kustomization.yml" | "Kustomization") {
        Class::Kustomization
    } else if yaml && file.starts_with("values") {
        Class::HelmValues
    } else {
        Class::Plain
    }
}

/// The older form of a registry client's configuration: registries at the root.
fn is_dockercfg(tree: &Tree<'_>, root: NodeId) -> bool {
    let mut entries = tree.entries(root).peekable();
    entries.peek().is_some()
        && entries.all(|(_, value)| {
            is_map(tree, value)
                && tree.lookup(value, "auth").is_some()
                && ["username", "password", "email"].iter().any(|key| tree.lookup(value, key).is_some())
        })
}

/// Whether an object is a list of objects.
pub(crate) fn is_list(object: &ObjectRef) -> bool {
    object.kind.ends_with("List")
}

/// Whether a mapping inside of an object is an object of its own: a manifest within a Template,
/// an Application or a policy. Claim templates of a StatefulSet are parts of it.
pub(crate) fn is_nested_object(tree: &Tree<'_>, id: NodeId, key: &str) -> bool {
    if key == "volumeClaimTemplates" {
        return false;
    }
    // Most mappings are told by their first entries not to be one; three lookups are for the rest.
    let is_text =
        |key| tree.lookup(id, key).is_some_and(|id| matches!(tree.node(id).kind, Kind::Scalar { .. }));
    is_text("kind")
        && is_text("apiVersion")
        && ["metadata", "data", "stringData"]
            .iter()
            .any(|key| tree.lookup(id, key).is_some_and(|id| is_map(tree, id)))
}

/// Whether a mapping is nothing but the name of an object and of a key in it, as `secretKeyRef`
/// is and as many custom resources write without that word; or a key and the path it is put at, as
/// in the items of a volume.
pub(crate) fn is_selector(tree: &Tree<'_>, id: NodeId, above: &str) -> bool {
    // Strimzi: `passwordSecret: {secretName: connect-user, password: password}`.
    if above.ends_with("Secret") && tree.lookup(id, "secretName").is_some() {
        return true;
    }
    let (mut key, mut where_to) = (false, false);
    for (count, (entry, value)) in tree.entries(id).enumerate() {
        if count >= 5 || !matches!(tree.node(value).kind, Kind::Scalar { .. }) {
            return false;
        }
        match tree.raw(entry) {
            b"key" => key = true,
            b"name" | b"path" => where_to = true,
            b"namespace" | b"optional" | b"property" | b"version" | b"mode" => {}
            _ => return false,
        }
    }
    key && where_to
}

/// Keys below which all names are names of other objects, of labels or of keys in them.
pub(crate) fn is_reference_map(key: &str) -> bool {
    key.ends_with("Ref")
        || key.ends_with("Refs")
        || key.ends_with("KeySelector")
        || matches!(
            key,
            "valueFrom"
                | "envFrom"
                | "valuesFrom"
                | "imagePullSecrets"
                | "pullSecrets"
                | "secretName"
                | "existingSecret"
                | "caProvider"
                | "matchExpressions"
                | "matchLabelKeys"
                | "topologyKey"
                | "tolerations"
        )
}

/// What a key says of the values below it, in any kind of object.
pub(crate) fn kind_of_key(key: &str) -> Option<FieldKind> {
    Some(match key {
        "env" | "environment" | "envVars" | "extraEnv" | "extraEnvs" | "extraEnvVars" | "envs" => {
            FieldKind::Env
        }
        "args" | "extraArgs" => FieldKind::Arg,
        "command" | "entrypoint" => FieldKind::Command,
        "httpHeaders" | "headers" | "HttpHeaders" => FieldKind::Header,
        "stringData" => FieldKind::SecretString,
        _ => return None,
    })
}

/// Keys that stand beside a value and name it.
pub(crate) fn is_pair_name(key: &str) -> bool {
    matches!(key, "name" | "Name" | "key" | "Key" | "ParameterKey" | "header")
}

/// Keys that say nothing of their value but that it is one.
pub(crate) fn is_pair_value(key: &str) -> bool {
    matches!(
        key,
        "value"
            | "Value"
            | "ParameterValue"
            | "default"
            | "Default"
            | "literal"
            | "plaintext"
            | "plainText"
            | "stringValue"
    )
}

/// The name in a mapping that is a name beside a value; of a file in a Helm release beside data.
pub(crate) fn pair_name(tree: &Tree<'_>, id: NodeId) -> Option<NodeId> {
    let (mut name, mut value) = (None, false);
    let (mut path, mut patch) = (None, false);
    for (entry, node) in tree.entries(id).take(16) {
        if !matches!(tree.node(node).kind, Kind::Scalar { .. } | Kind::Alias) {
            continue;
        }
        match tree.raw(entry) {
            b"name" | b"key" | b"Name" | b"Key" | b"ParameterKey" | b"header" => {
                name = name.or(tree.resolve(node));
            }
            b"value" | b"Value" | b"ParameterValue" | b"data" | b"default" => value = true,
            b"op" => patch = true,
            b"path" => path = tree.resolve(node),
            _ => {}
        }
    }
    // A JSON patch names what it sets by its path: `/stringData/password` (RFC 6902).
    name.or(path.filter(|_| patch)).filter(|_| value)
}

/// Whether an argument is a flag that takes the next one as its value.
pub(crate) fn is_flag(argument: &str) -> bool {
    argument.len() > 1 && argument.starts_with('-') && !argument.contains(['=', ' '])
}

/// The name and the start of the value in `--flag=value` and `NAME=value`; of flags that set
/// something by name (`--set=db.password=x`), the inner name.
pub(crate) fn assignment(text: &[u8]) -> Option<(Range<usize>, usize)> {
    let (name, start) = one_assignment(text, 0)?;
    if matches!(
        &text[name.clone()],
        b"--set" | b"--set-string" | b"--env" | b"-e" | b"--build-arg" | b"--from-literal" | b"--extra-vars"
    ) {
        return one_assignment(text, start).or(Some((name, start)));
    }
    Some((name, start))
}

fn one_assignment(text: &[u8], from: usize) -> Option<(Range<usize>, usize)> {
    let rest = text.get(from..)?;
    let dashes = rest.iter().take(3).take_while(|b| **b == b'-').count();
    let name = rest[dashes..]
        .iter()
        .take(256)
        .take_while(|b| b.is_ascii_alphanumeric() || b"._-".contains(b))
        .count();
    let first = rest.get(dashes)?;
    let end = dashes + name;
    let value = rest.get(end + 1..)?;
    // `dG9rZW4=` and `YQ==` are base64, no assignments.
    (dashes <= 2
        && (first.is_ascii_alphabetic() || *first == b'_')
        && rest[end] == b'='
        && value.iter().any(|b| *b != b'='))
    .then_some((from..from + end, from + end + 1))
}

/// Whether a string is a document of its own, by its key or by its first lines.
pub(crate) fn is_document(key: &str, value: &[u8]) -> bool {
    if !value.contains(&b'\n') {
        return false;
    }
    matches!(
        key,
        "manifest" | "manifests" | "patch" | "patches" | "patchesStrategicMerge" | "values" | "valuesContent"
    ) || {
        let head = &value[..value.len().min(4096)];
        let begins = |word: &[u8]| head.split(|b| *b == b'\n').any(|line| line.starts_with(word));
        begins(b"apiVersion:") && begins(b"kind:")
    }
}

/// Keys that one class reads in a way of its own. `path` ends with `name`.
pub(crate) fn special(
    class: Class,
    path: &str,
    name: &str,
    parent: &str,
    object: &ObjectRef,
) -> Option<Around> {
    let at_root = path.len() == name.len();
    match class {
        Class::SealedSecret => match path {
            "spec.encryptedData" | "spec.data" => Some(Around::surely(Role::Sealed)),
            "spec.template.data" | "spec.template.stringData" => Some(Around::of(FieldKind::SecretString)),
            _ => None,
        },
        Class::ExternalSecret => match name {
            "data" | "stringData" if parent == "template" => Some(Around::of(FieldKind::SecretString)),
            "objects" if parent == "parameters" => Some(Around::surely(Role::Reference)),
            "data" | "dataFrom" | "secretObjects" | "destination" | "output"
                if matches!(parent, "spec" | "externalSecretSpec") =>
            {
                Some(Around::SETTING.role(Role::Reference))
            }
            "remoteRef" => Some(Around::surely(Role::Reference)),
            "name" if parent == "target" => Some(Around::SETTING.role(Role::Reference)),
            _ => None,
        },
        Class::Kustomization => match name {
            "files" | "envs" | "env" if matches!(parent, "secretGenerator" | "configMapGenerator") => {
                Some(Around::surely(Role::Reference))
            }
            _ => None,
        },
        Class::Kubeconfig => match name {
            "token" | "password" if parent == "user" => Some(Around::of(FieldKind::Credential)),
            "client-key-data" => Some(Around::of(FieldKind::CredentialBase64)),
            "access-token" | "refresh-token" | "id-token" | "client-secret" => {
                Some(Around::of(FieldKind::Credential))
            }
            "client-key" | "client-certificate" | "certificate-authority" => {
                Some(Around::SETTING.role(Role::Reference))
            }
            _ => None,
        },
        Class::DockerConfig => match name {
            "auth" => Some(Around::of(FieldKind::BasicAuth)),
            "password" | "identitytoken" | "registrytoken" => Some(Around::of(FieldKind::Credential)),
            "credsStore" => Some(Around::SETTING.role(Role::Reference)),
            "credHelpers" if at_root => Some(Around::SETTING.role(Role::Reference)),
            _ => None,
        },
        Class::HelmRelease => match name {
            "manifest" => Some(Around::of(FieldKind::Document)),
            "data" if path.starts_with("chart.templates[") || path.starts_with("chart.files[") => {
                Some(Around::of(FieldKind::ConfigBinary))
            }
            _ => None,
        },
        // Keys of etcd's data; see the API server's EncryptionConfiguration.
        Class::EncryptionConfiguration if name == "secret" => Some(Around::of(FieldKind::CredentialBase64)),
        Class::Object if at_root && name == "secrets" && object.kind == "ServiceAccount" => {
            Some(Around::SETTING.role(Role::Reference))
        }
        Class::Object if object.api_version.starts_with("kubeadm.k8s.io/") => match name {
            "certificateKey" | "tlsBootstrapToken" => Some(Around::of(FieldKind::Credential)),
            "token" if matches!(parent, "bootstrapTokens" | "bootstrapToken") => {
                Some(Around::of(FieldKind::Credential))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether a document was encrypted by SOPS: it has a `sops` block with a `mac`.
pub(crate) fn is_sops(tree: &Tree<'_>, root: NodeId) -> bool {
    tree.at(root, &["sops", "mac"]).is_some()
}

const GENERATORS: [(&str, Generated); 2] =
    [("secretGenerator", Generated::Secret), ("configMapGenerator", Generated::ConfigMap)];

/// `literals` of a Kustomization's generators: `key=value`.
pub(crate) fn generator_literals(walker: &mut Walker<'_, '_>, root: NodeId) {
    let tree = walker.tree;
    for (key, generated) in GENERATORS {
        let kind =
            if generated == Generated::Secret { FieldKind::SecretString } else { FieldKind::ConfigData };
        let Some(list) = tree.lookup(root, key) else { continue };
        for (index, generator) in tree.items(list).enumerate() {
            let Some(literals) = tree.lookup(generator, "literals") else { continue };
            for (at, literal) in tree.items(literals).enumerate() {
                walker.within(&format!("{key}[{index}].literals[{at}]"), |walker| {
                    walker.literal(literal, kind);
                });
            }
        }
    }
}

/// Files that a Kustomization's generators read: `files` (`path` or `key=path`), `envs` and the
/// older `env`.
pub(crate) fn generator_files(tree: &Tree<'_>, root: NodeId) -> Vec<GeneratorFile> {
    let mut files = Vec::new();
    let own_namespace = tree.string_at(root, "namespace");
    for (key, kind) in GENERATORS {
        let Some(list) = tree.lookup(root, key) else { continue };
        for generator in tree.items(list) {
            let name = tree.string_at(generator, "name").unwrap_or_default();
            let namespace = tree.string_at(generator, "namespace").or_else(|| own_namespace.clone());
            let mut add = |path: String, key: Option<String>| {
                let (name, namespace) = (name.clone(), namespace.clone());
                files.push(GeneratorFile { path, kind, name, namespace, key });
            };
            if let Some(path) = tree.string_at(generator, "env") {
                add(path, None);
            }
            for path in tree.lookup(generator, "envs").into_iter().flat_map(|list| tree.items(list)) {
                add(tree.string(path).into_owned(), None);
            }
            for entry in tree.lookup(generator, "files").into_iter().flat_map(|list| tree.items(list)) {
                let entry = tree.string(entry);
                let (key, path) = match entry.split_once('=') {
                    Some((key, path)) => (key, path),
                    None => (entry.rsplit('/').next().unwrap_or(&entry), &*entry),
                };
                add(path.to_owned(), Some(key.to_owned()));
            }
        }
    }
    files
}
