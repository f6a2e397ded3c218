//! Root on a node sees every container of it, with files, environment and tokens.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "host-pods",
    says: "sees into",
    condition: "the pod runs on the node",
    gate: Gate::None,
    verified: &[],
    source: "the pod's spec.nodeName",
    family: Family::Node,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for (at, pod) in world.inventory.pods.iter().enumerate() {
        if let Some(node) = pod.node.and_then(|node| world.node(node)).filter(|_| !pod.ended) {
            links.given(Vertex::Host(node), Vertex::Pod(at as u32));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn only_pods_of_that_node() {
        let exec =
            grant_alone("verbs: [create], resources: [pods/exec], apiGroups: ['']", "Role", "RoleBinding");
        let privileged = "containers: [{name: c, securityContext: {privileged: true}}]";
        passes(&(pod("nodeName: n1", privileged) + OTHER_POD + &exec), "eve", "other/db", "host-pods");
        reads_not(&(pod("nodeName: n2", privileged) + OTHER_POD + &exec), "eve", "other/db");
    }
}
