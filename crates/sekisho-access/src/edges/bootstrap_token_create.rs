//! `create secrets` in kube-system makes a bootstrap token: an identity in `system:bootstrappers`, and in
//! any group below it, which may join nodes.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "bootstrap-token-create",
    says: "makes a bootstrap token and is a member of",
    condition: "the API server takes bootstrap tokens (kubeadm turns them on)",
    gate: Gate::Admission,
    verified: &[],
    source: "Kubernetes, authenticating with bootstrap tokens",
    family: Family::Identity,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    let system = world.inventory.names.find("kube-system");
    for hold in world.holders(may("create", "", "secrets")).iter() {
        let here = hold.scope.is_none() || hold.scope == system;
        let Some(ground) = hold.nameless().filter(|_| here) else { continue };
        for group in bootstrappers(world) {
            links.granted(hold.who, group, &[ground]);
        }
    }
}

/// The groups that bootstrap tokens may carry, of those that bindings name.
pub(super) fn bootstrappers(world: &World<'_>) -> Vec<Vertex> {
    let is_theirs = |who: &Vertex| match who {
        Vertex::Group(name) => {
            let rest = world.principals.text(*name).strip_prefix("system:bootstrappers");
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        }
        _ => false,
    };
    let mut groups: Vec<Vertex> = world.bound().filter(is_theirs).collect();
    groups.sort();
    groups.dedup();
    groups
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn in_kube_system_only() {
        let join = "verbs: [create, get], resources: [certificatesigningrequests, certificatesigningrequests/nodeclient], apiGroups: [certificates.k8s.io]";
        let world = |namespace: &str| {
            pod("nodeName: n1", "imagePullSecrets: [{name: db}]")
                + &bound_in("{kind: Group, name: 'system:bootstrappers:kubeadm'}", join, None)
                + &bound_in(
                    "{kind: User, name: eve}",
                    "verbs: [create], resources: [secrets], apiGroups: ['']",
                    Some(namespace),
                )
        };
        passes(&world("kube-system"), "eve", "shop/db", "bootstrap-token-create");
        reads_not(&world("shop"), "eve", "shop/db");
    }
}
