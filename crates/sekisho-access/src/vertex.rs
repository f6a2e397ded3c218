//! What the graph is made of: subjects, things, and places where many things are.

use sekisho_kube::inventory::Name;

/// Where something holds: in one namespace, or (`None`) in the whole cluster.
pub type Scope = Option<Name>;

/// The part of two scopes that they share.
pub(crate) fn meet(a: Scope, b: Scope) -> Option<Scope> {
    match (a, b) {
        (None, scope) | (scope, None) => Some(scope),
        (a, b) if a == b => Some(a),
        _ => None,
    }
}

/// A vertex of the access graph. Numbers are places in the inventory's lists; the names of users
/// and groups are in [`World::principals`](crate::world::World).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Vertex {
    /// A user.
    User(Name),
    /// A group: whoever is a member of it.
    Group(Name),
    /// Whoever has a service account's token.
    Account(u32),
    /// The pods that run as a service account, which have what is mounted in them. Nobody else gets
    /// there by way of this vertex: a stolen token brings no files.
    Crew(u32),
    /// Whoever has a kubelet's credentials.
    Node(u32),
    /// Whoever is root on a node.
    Host(u32),
    /// Whoever runs code in a pod's containers.
    Pod(u32),
    /// A pod template that no pod was seen of.
    Template(u32),
    /// Whoever holds a role there, by a binding that could be made.
    Holder(u32, Scope),
    /// The value of a Secret.
    Secret(u32),

    /// Every Secret there.
    Secrets(Scope),
    /// Pods of one's own making there.
    Workloads(Scope),
    /// Every service account there.
    Accounts(Scope),
    /// Every pod there.
    Pods(Scope),
    /// An ephemeral container in a pod there.
    Debug(Scope),
    /// Every Role there, as something to be bound.
    Roles(Scope),
    /// Every Role of this name, as something to be bound.
    RolesCalled(Name),
    /// Every service account there that a binding names and nobody made.
    Missing(Scope),
    /// Every namespace with a template of this kind, by its plural's name among the principals.
    Kind(Name),
    /// The pods of one node.
    PodsOn(u32),
    /// Everything there.
    Full(Scope),
    /// Every kubelet's credentials.
    Nodes,
    /// Every node.
    Hosts,
    /// Every user that some binding names.
    Users,
    /// Every group that some binding names, but `system:masters`.
    Groups,
}

impl Vertex {
    /// Whether it is somebody, and not something.
    pub fn is_subject(self) -> bool {
        matches!(self, Self::User(_) | Self::Group(_) | Self::Account(_) | Self::Crew(_) | Self::Node(_))
    }

    /// Whether it only stands for many others: ways through it are told without it.
    pub fn is_place(self) -> bool {
        self >= Self::Secrets(None)
    }
}
