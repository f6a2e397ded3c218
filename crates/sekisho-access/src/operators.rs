//! Operators that act for whoever writes their objects, as data: one file each in `operators/`.

use std::sync::OnceLock;

use serde::Deserialize;

/// An operator.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// Its name.
    pub name: String,
    /// API group of its kinds.
    pub group: String,
    /// Plural names of the kinds whose author it acts for.
    pub kinds: Vec<String>,
    /// What writing one opens.
    pub opens: Opens,
    /// Whether it acts in any namespace, and not only in the object's.
    #[serde(default)]
    pub anywhere: bool,
    /// How it does that, in words.
    pub how: String,
    /// The page that says so.
    pub source: String,
}

/// What the author of an operator's object gains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Opens {
    /// The operator reads Secrets and gives out their values.
    Secrets,
    /// The operator makes pods as the author describes them.
    Workloads,
    /// The operator applies whatever the author wrote.
    Everything,
}

/// The files of `operators/`, in order.
const FILES: &[(&str, &str)] = &[
    ("argo-cd.toml", include_str!("../operators/argo-cd.toml")),
    ("argo-workflows.toml", include_str!("../operators/argo-workflows.toml")),
    ("crossplane-kubernetes.toml", include_str!("../operators/crossplane-kubernetes.toml")),
    ("external-secrets-cluster-store.toml", include_str!("../operators/external-secrets-cluster-store.toml")),
    ("external-secrets-push.toml", include_str!("../operators/external-secrets-push.toml")),
    ("external-secrets-store.toml", include_str!("../operators/external-secrets-store.toml")),
    ("flux-helm.toml", include_str!("../operators/flux-helm.toml")),
    ("flux-kustomize.toml", include_str!("../operators/flux-kustomize.toml")),
    ("knative.toml", include_str!("../operators/knative.toml")),
    ("kubevirt.toml", include_str!("../operators/kubevirt.toml")),
    ("prometheus.toml", include_str!("../operators/prometheus.toml")),
    ("ray.toml", include_str!("../operators/ray.toml")),
    ("spark.toml", include_str!("../operators/spark.toml")),
    ("tekton.toml", include_str!("../operators/tekton.toml")),
];

/// All operators that are known.
pub fn all() -> &'static [Operator] {
    static ALL: OnceLock<Vec<Operator>> = OnceLock::new();
    ALL.get_or_init(|| FILES.iter().filter_map(|(_, text)| toml::from_str(text).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read_and_named() {
        for (file, text) in FILES {
            let operator: Operator = toml::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(!operator.kinds.is_empty() && operator.source.starts_with("https://"), "{file}");
        }
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("operators");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        assert_eq!(FILES.iter().map(|(file, _)| *file).collect::<Vec<_>>(), files);
    }
}
