//! A Secret of type `bootstrap.kubernetes.io/token` is a bootstrap token. Which groups it carries is in
//! its values, which are not kept: all are taken that bindings name.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "bootstrap-token-secret",
    says: "is a bootstrap token of",
    condition: "type says so, in kube-system",
    gate: Gate::None,
    verified: &[],
    source: "Kubernetes, authenticating with bootstrap tokens",
    family: Family::Identity,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    let inventory = world.inventory;
    let groups = super::bootstrap_token_create::bootstrappers(world);
    for (at, secret) in inventory.secrets.iter().enumerate() {
        let is_token =
            secret.kind.is_some_and(|kind| inventory.text(kind) == "bootstrap.kubernetes.io/token");
        if is_token && inventory.text(secret.namespace) == "kube-system" {
            for group in &groups {
                links.given(Vertex::Secret(at as u32), *group);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn reading_one_is_joining() {
        let join = "verbs: [create, get], resources: [certificatesigningrequests, certificatesigningrequests/nodeclient], apiGroups: [certificates.k8s.io]";
        let world = |kind: &str| {
            pod("nodeName: n1", "imagePullSecrets: [{name: db}]")
                + &format!(
                    "---\napiVersion: v1\nkind: Secret\ntype: {kind}\nmetadata: {{name: bootstrap-token-abcdef, namespace: kube-system}}\n"
                )
                + &bound_in("{kind: Group, name: 'system:bootstrappers'}", join, None)
                + &bound_in(
                    "{kind: User, name: eve}",
                    "verbs: [get], resources: [secrets], apiGroups: ['']",
                    Some("kube-system"),
                )
        };
        passes(&world("bootstrap.kubernetes.io/token"), "eve", "shop/db", "bootstrap-token-secret");
        reads_not(&world("Opaque"), "eve", "shop/db");
    }
}
