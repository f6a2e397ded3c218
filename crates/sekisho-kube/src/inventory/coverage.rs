//! What the picture is made of, and what is missing in it.

use std::collections::BTreeMap;

/// Kinds of objects that an [`Inventory`](super::Inventory) is read from, under their plural names.
pub const KINDS: &[&str] = &[
    "clusterrolebindings",
    "clusterroles",
    "configmaps",
    "cronjobs",
    "customresourcedefinitions",
    "daemonsets",
    "deployments",
    "ingresses",
    "jobs",
    "namespaces",
    "nodes",
    "persistentvolumeclaims",
    "persistentvolumes",
    "pods",
    "replicasets",
    "replicationcontrollers",
    "rolebindings",
    "roles",
    "secrets",
    "serviceaccounts",
    "statefulsets",
];

/// Whether a kind was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assessed {
    /// All objects of the kind are in the inventory.
    Yes,
    /// Some may be missing, or all: the reason, in words. Our own words, never a server's.
    No(String),
}

/// What was looked at, by plural name of the kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    kinds: BTreeMap<String, Assessed>,
}

impl Coverage {
    pub(super) fn set(&mut self, plural: &str, assessed: Assessed) {
        self.kinds.insert(plural.to_owned(), assessed);
    }

    /// A kind is seen when an object of it is, unless somebody said otherwise.
    pub(super) fn seen(&mut self, plural: &str) {
        if !self.kinds.contains_key(plural) {
            self.kinds.insert(plural.to_owned(), Assessed::Yes);
        }
    }

    pub(super) fn finish(&mut self) {
        for kind in KINDS {
            if !self.kinds.contains_key(*kind) {
                self.set(kind, Assessed::No("no object of this kind was given".to_owned()));
            }
        }
    }

    /// Whether all objects of a kind are there.
    pub fn has(&self, plural: &str) -> bool {
        self.kinds.get(plural) == Some(&Assessed::Yes)
    }

    /// All kinds, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Assessed)> {
        self.kinds.iter().map(|(kind, assessed)| (kind.as_str(), assessed))
    }

    /// The kinds that are missing or partial, each with the reason.
    pub fn missing(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter_map(|(kind, assessed)| match assessed {
            Assessed::Yes => None,
            Assessed::No(reason) => Some((kind, reason.as_str())),
        })
    }
}
