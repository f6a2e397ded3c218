//! [`Inventory`]: the objects of one cluster that say who can reach which Secret.
//!
//! Own narrow types, made one object at a time by a [`Builder`], whatever the objects come from: a
//! manifest, a dump, a backup, etcd, a live server. Names are kept once ([`Names`]), so that a
//! hundred thousand pods are a few dozen megabytes, and everything is sorted at the end, so that
//! the order of arrival changes nothing.
//!
//! It must never keep a value of a Secret, nor any annotation of one: `last-applied-configuration`
//! repeats the values. What was not given, or refused, is in its [`Coverage`].

mod builder;
mod coverage;
mod items;
mod names;
mod objects;
mod rbac;
mod view;
mod workload;

pub use builder::{Builder, Depth};
pub use coverage::{Assessed, Coverage, KINDS};
pub use names::{Name, Names};
pub use objects::{Claim, Definition, Namespace, Node, PodSecurity, Secret, ServiceAccount, Volume};
pub use rbac::{Binding, Role, RoleKind, Rule, Selector, Subject, SubjectKind};
pub use workload::{Powers, Workload};

/// The objects of one cluster. Every list is sorted by the texts of namespace and name.
#[derive(Debug, Default)]
pub struct Inventory {
    /// All texts.
    pub names: Names,
    /// Namespaces, those among them that only other objects name.
    pub namespaces: Vec<Namespace>,
    /// Nodes, those among them that only pods name.
    pub nodes: Vec<Node>,
    /// Secrets, those among them that only other objects name.
    pub secrets: Vec<Secret>,
    /// Service accounts, those among them that only pods and bindings name, and `default` of every
    /// namespace.
    pub accounts: Vec<ServiceAccount>,
    /// Roles and ClusterRoles.
    pub roles: Vec<Role>,
    /// RoleBindings and ClusterRoleBindings.
    pub bindings: Vec<Binding>,
    /// Pods.
    pub pods: Vec<Workload>,
    /// Everything else with a pod template.
    pub templates: Vec<Workload>,
    /// PersistentVolumeClaims.
    pub claims: Vec<Claim>,
    /// PersistentVolumes.
    pub volumes: Vec<Volume>,
    /// Kinds that CustomResourceDefinitions bring, or that custom resources were seen of.
    pub definitions: Vec<Definition>,
    /// Secrets that ingresses and custom resources name.
    pub references: Vec<SecretReference>,
    /// Whether ConfigMap `kube-system/aws-auth` maps a cloud's roles to groups.
    pub cloud_map: bool,
    /// What was looked at.
    pub coverage: Coverage,
    /// How deeply Secrets were looked at.
    pub depth: Depth,
    /// Minor version of the API server (1.x), where it is known.
    pub minor: Option<u32>,
}

impl Inventory {
    /// An empty builder.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The text of a name.
    pub fn text(&self, name: Name) -> &str {
        self.names.text(name)
    }

    /// The place of a Secret in [`secrets`](Self::secrets).
    pub fn find_secret(&self, namespace: &str, name: &str) -> Option<usize> {
        let text = |secret: &Secret| (self.text(secret.namespace), self.text(secret.name));
        self.secrets.binary_search_by(|secret| text(secret).cmp(&(namespace, name))).ok()
    }

    /// Whether a service account is there: seen, or used by a pod, or made by the controller. One that
    /// only a binding names is not, where all accounts were looked at: the binding is dangling.
    pub fn is_there(&self, account: &ServiceAccount, used: bool) -> bool {
        account.seen || used || self.text(account.name) == "default" || !self.coverage.has("serviceaccounts")
    }

    /// The place of a service account in [`accounts`](Self::accounts).
    pub fn find_account(&self, namespace: &str, name: &str) -> Option<usize> {
        let text = |account: &ServiceAccount| (self.text(account.namespace), self.text(account.name));
        self.accounts.binary_search_by(|account| text(account).cmp(&(namespace, name))).ok()
    }

    /// The place of a namespace in [`namespaces`](Self::namespaces).
    pub fn find_namespace(&self, name: &str) -> Option<usize> {
        self.namespaces.binary_search_by(|namespace| self.text(namespace.name).cmp(name)).ok()
    }
}

/// One place where a pod, an account or a volume names a Secret of its namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretUse {
    /// Name of the Secret.
    pub secret: Name,
    /// What for.
    pub how: Use,
    /// The field that names it, from the object's root.
    pub field: Name,
}

/// How a Secret reaches whoever names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// As files in a container.
    Mount,
    /// As environment variables of a container.
    Environment,
    /// To a volume's driver on the node; containers do not see it.
    Volume,
    /// To the kubelet, for pulling images; containers do not see it.
    Pull,
    /// A service account's own list.
    Account,
}

impl Use {
    /// Whether a container sees the value.
    pub fn in_container(self) -> bool {
        matches!(self, Self::Mount | Self::Environment)
    }
}

/// A Secret that an ingress or a custom resource names; it is in the same namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretReference {
    /// Kind, namespace and name of the object.
    pub from: (Name, Name, Name),
    /// Name of the Secret.
    pub secret: Name,
    /// The field that names it, from the object's root.
    pub field: Name,
}

/// What every object says of itself.
struct Meta {
    namespace: Name,
    name: Name,
    labels: Box<[(Name, Name)]>,
    bootstrap: bool,
    stored: bool,
    owner: Option<(Name, Name)>,
    mirror: bool,
    origin: Option<Name>,
}

/// Indices in the order of their texts.
fn sorted_names<'n>(indices: impl Iterator<Item = usize>, text: impl Fn(usize) -> &'n str) -> Vec<usize> {
    let mut sorted: Vec<usize> = indices.collect();
    sorted.sort_by(|a, b| text(*a).cmp(text(*b)));
    sorted
}

#[cfg(test)]
mod tests;
