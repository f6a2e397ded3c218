//! Files of which a Kustomization makes Secrets and ConfigMaps.
//!
//! By its name such a file looks like any other; only the `kustomization.yaml` above it knows. As
//! kustomize does by default, files outside the Kustomization's directory are not followed.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use sekisho_kube::{Generated, GeneratorFile, Limits};
use sekisho_model::ObjectRef;
use sekisho_model::item::Hint;

use crate::files::read_bounded;

/// The names that kustomize looks for.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The largest Kustomization that is read for its generators, in bytes.
const MAX_KUSTOMIZATION: u64 = 1 << 20;

/// What a directory's Kustomization makes of files, and those above it.
pub(crate) struct Generators {
    files: BTreeMap<PathBuf, Hint>,
    above: Option<Arc<Generators>>,
}

impl Generators {
    /// These, below others.
    pub(crate) fn below(self, above: Option<Arc<Self>>) -> Self {
        Self { above, ..self }
    }

    /// What is made of the file `path`; the nearest Kustomization decides.
    pub(crate) fn hint(&self, path: &Path) -> Option<Hint> {
        let mut generators = Some(self);
        while let Some(here) = generators {
            if let Some(hint) = here.files.get(path) {
                return Some(hint.clone());
            }
            generators = here.above.as_deref();
        }
        None
    }
}

/// The generators of the Kustomization in `directory`, if there are any. One that cannot be read is
/// a problem of its own item, not of this.
pub(crate) fn generators(directory: &Path) -> Option<Generators> {
    let (name, content) = NAMES.iter().find_map(|name| {
        let content = read_bounded(&directory.join(name), false, MAX_KUSTOMIZATION).ok()??;
        Some((name, content))
    })?;
    let manifest = sekisho_kube::read(&content, name, &Limits::default());
    let mut files: BTreeMap<PathBuf, Hint> = BTreeMap::new();
    for generator in manifest.objects.into_iter().flat_map(|object| object.generators) {
        let Some(path) = inside(directory, &generator.path) else { continue };
        let hint = hint(generator);
        // A file that several use is what its most secret use makes it, else its first.
        match files.get(&path) {
            Some(Hint::GeneratorFile { secret: true, .. }) => {}
            Some(_) if !matches!(hint, Hint::GeneratorFile { secret: true, .. }) => {}
            _ => {
                files.insert(path, hint);
            }
        }
    }
    (!files.is_empty()).then_some(Generators { files, above: None })
}

fn hint(generator: GeneratorFile) -> Hint {
    let secret = generator.kind == Generated::Secret;
    let kind = if secret { "Secret" } else { "ConfigMap" }.to_owned();
    let (namespace, name) = (generator.namespace, generator.name);
    let object = ObjectRef { api_version: "v1".to_owned(), kind, namespace, name };
    Hint::GeneratorFile { secret, object, key: generator.key }
}

/// `path`, relative to `directory`, without leaving it.
fn inside(directory: &Path, path: &str) -> Option<PathBuf> {
    let mut whole = PathBuf::new();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => whole.push(name),
            Component::CurDir => {}
            Component::ParentDir => {
                if !whole.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(directory.join(whole))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn secret(name: &str, namespace: Option<&str>, key: Option<&str>) -> Hint {
        hint(GeneratorFile {
            path: String::new(),
            kind: Generated::Secret,
            name: name.into(),
            namespace: namespace.map(Into::into),
            key: key.map(Into::into),
        })
    }

    #[test]
    fn generators_name_their_files() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path();
        assert!(generators(path).is_none());
        let text = "\
configMapGenerator:
- name: settings
  envs: [shared.env, settings.env]
secretGenerator:
- name: db
  namespace: shop
  envs:
  - ./db.env
  - shared.env
- name: tls
  files:
  - tls/../tls/tls.key
  - ca=tls/ca.crt
  - ../outside.key
  - /etc/passwd
";
        fs::write(path.join("kustomization.yml"), text).unwrap();
        let found = generators(path).unwrap();
        let of = |name: &str| found.hint(&path.join(name));
        assert_eq!(of("db.env"), Some(secret("db", Some("shop"), None)));
        assert_eq!(of("shared.env"), Some(secret("db", Some("shop"), None)));
        assert_eq!(of("tls/tls.key"), Some(secret("tls", None, Some("tls.key"))));
        assert_eq!(of("tls/ca.crt"), Some(secret("tls", None, Some("ca"))));
        assert!(matches!(of("settings.env"), Some(Hint::GeneratorFile { secret: false, .. })));
        assert_eq!(of("outside.key"), None);
        assert_eq!(found.files.len(), 5);
    }

    #[test]
    fn what_is_no_kustomization_has_no_generators() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("kustomization.yaml"), "resources: [a.yaml]").unwrap();
        assert!(generators(dir.path()).is_none());
        fs::write(dir.path().join("kustomization.yaml"), b"\xff\xfe: [").unwrap();
        assert!(generators(dir.path()).is_none());
    }
}
