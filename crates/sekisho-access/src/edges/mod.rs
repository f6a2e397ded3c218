//! The edges of the graph, one file each: what opens what, on which condition, how it is known.
//!
//! An edge says how one vertex leads to another, which grants it needs (all of them), what could
//! stop it on the way, and where it was seen to work: the versions of a recorded server, or the
//! source.
//!
//! What no inventory can decide has no edge:
//!
//! * **What programs give out**: `pods/log`, `pods/portforward`, `services/proxy`. (`pods/proxy` is told as
//!   uncertain.) Literal values in pods and ConfigMaps are the scanner's part.
//! * **What the kubelet shows** by `nodes/log`, `nodes/checkpoint`, `nodes/pods` and `nodes/configz`: logs, and
//!   memory that stays on the node.
//! * **What a cloud lets an identity do**: annotations of service accounts, access entries, managed
//!   identities. (`kube-system/aws-auth` is in the cluster, and has an edge.)
//! * **A node of one's own**: `nodes/status`, taints and evictions move pods to it; who has one is not written
//!   down. From a node on everything is told.
//! * **Servers and drivers of one's own**: an APIService sees what is sent to its group and never Secrets; a
//!   conversion webhook sees custom resources; a volume whose driver is handed another namespace's Secret
//!   gives it to the driver and not to the pod.
//! * **Audit logs** at level Request, and the annotations that a ValidatingAdmissionPolicy writes into
//!   them: who reads the log is not in the cluster.
//! * **`kubernetes.io/enforce-mountable-secrets`** limits pods that run as that account; whoever makes a pod
//!   names another one.
//!
//! And some permissions open nothing by themselves: `update secrets` answers with what was sent;
//! `controllerrevisions` and `podtemplates` change no pod; `serviceaccounts` without a pod or a token;
//! `userextras` and `uids` carry no right; writing an `aggregationRule` needs every right already; a role that
//! one may write without `escalate` holds no rule that its author does not. Whoever may hand its rights on is
//! marked so (`delegates`).
//!
//! The shortest way wins, and among ways of one length the edge that stands first in the registry.

mod account_token_secret;
mod admission_webhook;
mod bind;
mod bootstrap_token_create;
mod bootstrap_token_secret;
mod cloud_map;
mod contains;
mod csr_client;
mod csr_node;
mod csr_nodeclient;
mod deputy;
mod ephemeral_container;
mod escalate;
mod full_control;
mod host_control_plane;
mod host_kubelet;
mod host_pods;
mod impersonate_account;
mod impersonate_constrained;
mod impersonate_constrained_node;
mod impersonate_group;
mod impersonate_node;
mod impersonate_user;
mod member_of;
mod mutating_policy;
mod mutating_webhook;
mod namespace_label;
mod node_secrets;
mod node_tokens;
mod nodes_proxy;
mod persistent_volume;
mod pod_escape;
mod pod_mounts;
mod pod_token;
mod pods_attach;
mod pods_create;
mod pods_exec;
mod pods_mutate;
mod pods_proxy;
mod recreate_account;
mod recreate_role;
mod runs_pod;
mod secrets_delete;
mod secrets_deletecollection;
mod secrets_get;
mod secrets_list;
mod secrets_nameless;
mod secrets_patch;
mod secrets_selector;
mod secrets_watch;
mod system_masters;
mod template_mounts;
mod token_request;
mod token_secret_create;
mod var_log;
mod workload_account;
mod workload_host;
mod workload_secret;
mod workloads_create;
mod workloads_mutate;

use crate::graph::{Links, Things};
use crate::world::World;

pub(crate) use bind::enter_possible_holders;

/// What could stop a way, beside taking a grant away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Gate {
    /// Nothing: reads do not pass admission.
    None,
    /// Admission: a policy or a webhook may refuse the write.
    Admission,
    /// Pod Security admission, by a label of the namespace; other policies too.
    Psa,
}

/// What kind of way an edge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Family {
    /// The subject asks the API server for the Secret itself.
    Direct,
    /// By way of pods.
    Workload,
    /// By becoming somebody else.
    Identity,
    /// By way of nodes and the control plane.
    Node,
    /// By way of an operator that acts for whoever wrote its objects.
    Operator,
    /// What lies in what: costs nothing and is not told.
    Place,
}

/// One edge of the registry.
#[derive(Debug)]
pub struct Edge {
    /// Its name, for ever.
    pub id: &'static str,
    /// What whoever goes this way does, as the middle of a sentence: *subject* … *object*.
    pub says: &'static str,
    /// When it holds.
    pub condition: &'static str,
    /// What could stop it.
    pub gate: Gate,
    /// Versions of Kubernetes on which a recorded server showed it.
    pub verified: &'static [&'static str],
    /// Where it is read.
    pub source: &'static str,
    /// What kind of way it is.
    pub family: Family,
    /// Whether it holds wherever the condition does; else it depends on what no inventory shows.
    pub certain: bool,
    pub(crate) find: fn(&World<'_>, &mut Links<'_, '_>),
}

/// The server that the recorded exchanges are of.
const RECORDED: &[&str] = &["1.36"];

/// All edges. Where two are as short, the first is told.
pub const EDGES: &[&Edge] = ALL;

const ALL: &[&Edge] = &[
    &secrets_get::EDGE,
    &secrets_list::EDGE,
    &secrets_watch::EDGE,
    &secrets_selector::EDGE,
    &secrets_nameless::EDGE,
    &secrets_patch::EDGE,
    &secrets_delete::EDGE,
    &secrets_deletecollection::EDGE,
    &runs_pod::EDGE,
    &pod_mounts::EDGE,
    &template_mounts::EDGE,
    &pod_token::EDGE,
    &token_request::EDGE,
    &impersonate_account::EDGE,
    &impersonate_user::EDGE,
    &impersonate_group::EDGE,
    &impersonate_node::EDGE,
    &impersonate_constrained::EDGE,
    &impersonate_constrained_node::EDGE,
    &pods_exec::EDGE,
    &pods_attach::EDGE,
    &ephemeral_container::EDGE,
    &pods_create::EDGE,
    &workloads_create::EDGE,
    &workloads_mutate::EDGE,
    &pods_mutate::EDGE,
    &workload_secret::EDGE,
    &workload_account::EDGE,
    &workload_host::EDGE,
    &namespace_label::EDGE,
    &account_token_secret::EDGE,
    &token_secret_create::EDGE,
    &bind::EDGE,
    &escalate::EDGE,
    &recreate_account::EDGE,
    &recreate_role::EDGE,
    &deputy::EDGE,
    &nodes_proxy::EDGE,
    &pods_proxy::EDGE,
    &persistent_volume::EDGE,
    &pod_escape::EDGE,
    &var_log::EDGE,
    &host_pods::EDGE,
    &host_kubelet::EDGE,
    &host_control_plane::EDGE,
    &node_secrets::EDGE,
    &node_tokens::EDGE,
    &csr_client::EDGE,
    &csr_node::EDGE,
    &csr_nodeclient::EDGE,
    &bootstrap_token_create::EDGE,
    &bootstrap_token_secret::EDGE,
    &cloud_map::EDGE,
    &admission_webhook::EDGE,
    &mutating_policy::EDGE,
    &mutating_webhook::EDGE,
    &system_masters::EDGE,
    &full_control::EDGE,
    &member_of::EDGE,
    &contains::EDGE,
];

/// An edge by its name.
pub fn find(id: &str) -> Option<&'static Edge> {
    ALL.iter().find(|edge| edge.id == id).copied()
}

/// Scopes in which somebody may have pods made, each with the grants: by writing pods themselves
/// or anything that makes them.
pub(super) fn makes_pods(world: &World<'_>) -> Vec<crate::world::Holders> {
    let pods = std::iter::once(("", "pods"));
    let makers = pods.chain(workloads_create::KINDS.iter().copied());
    makers.map(|(group, resource)| world.holders(crate::world::may("create", group, resource))).collect()
}

/// A subject holds this in a scope: everything of the kind, one by one those named.
fn secrets_by_name(world: &World<'_>, links: &mut Links<'_, '_>, verb: &'static str) {
    for hold in world.holders(crate::world::may(verb, "", "secrets")).iter() {
        links.by_names(&hold, Things::Secrets);
    }
}
