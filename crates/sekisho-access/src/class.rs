//! What a reader is to a Secret: the few that nobody expects are what a person should look at.

use sekisho_kube::inventory::Name;

use crate::answer::Class;
use crate::edges::{EDGES, Family};
use crate::graph::Graph;
use crate::rbac;
use crate::vertex::Vertex;

/// Groups so wide that a right of theirs is never expected.
const WIDE: &[&str] =
    &["system:authenticated", "system:unauthenticated", "system:serviceaccounts", "system:anonymous"];

impl Graph<'_> {
    /// The class of a reader of a Secret, whose shortest way this is.
    pub(crate) fn class(&self, reader: Vertex, secret: u32, links: &[u32]) -> Class {
        let inventory = self.inventory();
        let secret = &inventory.secrets[secret as usize];
        let hops = links.iter().map(|link| &self.links()[*link as usize]);
        // Whether everything the way rests on was made by the API server itself.
        let mut grounds = hops.clone().flat_map(|link| self.grounds(link)).peekable();
        let granted = grounds.peek().is_some();
        let built_in =
            grounds.all(|it| it.binding.is_some_and(|at| inventory.bindings[at as usize].bootstrap));
        let direct = || {
            hops.clone()
                .all(|link| matches!(EDGES[link.edge as usize].family, Family::Direct | Family::Place))
        };
        let name = |name: Name| self.world.principals.text(name);
        match reader {
            Vertex::Node(_) => Class::ControlPlane,
            Vertex::Group(group) if name(group) == rbac::MASTERS => Class::ClusterAdministrator,
            Vertex::Group(group)
                if WIDE.contains(&name(group)) || name(group).starts_with("system:serviceaccounts:") =>
            {
                Class::Unexpected
            }
            Vertex::Group(group) | Vertex::User(group)
                if name(group).starts_with("system:") && granted && built_in =>
            {
                Class::ControlPlane
            }
            Vertex::Group(_) | Vertex::User(_) if self.world.is_administrator(reader) => {
                Class::ClusterAdministrator
            }
            Vertex::User(user) if WIDE.contains(&name(user)) => Class::Unexpected,
            Vertex::Crew(_) if mounts(self, links) => Class::Workload,
            Vertex::Account(at) | Vertex::Crew(at) => {
                let account = &inventory.accounts[at as usize];
                if inventory.text(account.namespace) == "kube-system" && granted && built_in {
                    return Class::ControlPlane;
                }
                if account.namespace == secret.namespace && direct() && self.names_it(links, secret.name) {
                    return Class::Workload;
                }
                let brought = account.origin.is_some() && direct();
                if brought { Class::Operator } else { Class::Unexpected }
            }
            _ => Class::Unexpected,
        }
    }

    /// Whether the way rests on a rule that names this very Secret.
    fn names_it(&self, links: &[u32], secret: Name) -> bool {
        let mut grounds = links.iter().flat_map(|link| self.grounds(&self.links()[*link as usize]));
        grounds.any(|it| {
            self.inventory().roles[it.role as usize].rules[it.rule as usize].names.contains(&secret)
        })
    }
}

/// Whether a way is that of a workload to what its own pods mount.
fn mounts(graph: &Graph<'_>, links: &[u32]) -> bool {
    links.iter().all(|link| {
        matches!(
            EDGES[graph.links()[*link as usize].edge as usize].id,
            "runs-pod" | "pod-mounts" | "template-mounts"
        )
    })
}
