//! A kubelet may ask for tokens of the accounts of its node's pods.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "node-tokens",
    says: "as its kubelet asks for a token of",
    condition: "a pod of the node runs as the account",
    gate: Gate::None,
    verified: &[],
    source: "Kubernetes, plugin/pkg/auth/authorizer/node node_authorizer.go",
    family: Family::Node,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for pod in world.inventory.pods.iter().filter(|pod| !pod.mirror) {
        let node = pod.node.and_then(|node| world.node(node));
        if let (Some(node), Some(account)) = (node, world.account(pod.namespace, pod.account)) {
            links.given(Vertex::Node(node), account);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn a_node_is_whoever_runs_on_it() {
        let app = bound(
            "{kind: ServiceAccount, name: app, namespace: shop}",
            "verbs: [get], resources: [secrets], apiGroups: ['']",
        );
        passes(
            &(pod("nodeName: n1", "serviceAccountName: app") + &app),
            "system:node:n1",
            "shop/db",
            "node-tokens",
        );
        reads_not(&(pod("nodeName: n2", "serviceAccountName: app") + &app), "system:node:n1", "shop/db");
    }
}
