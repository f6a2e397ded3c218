//! Root on a node has its kubelet's credentials.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "host-kubelet",
    says: "uses the kubelet's credentials of",
    condition: "always",
    gate: Gate::None,
    verified: &[],
    source: "Kubernetes, Node authorization",
    family: Family::Node,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for at in 0..world.inventory.nodes.len() as u32 {
        links.given(Vertex::Host(at), Vertex::Node(at));
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn what_only_the_kubelet_may_read_is_read_from_its_node() {
        let exec =
            grant_alone("verbs: [create], resources: [pods/exec], apiGroups: ['']", "Role", "RoleBinding");
        let world = |power: bool| {
            pod(
                "nodeName: n1",
                &format!(
                    "imagePullSecrets: [{{name: db}}], containers: [{{name: c, securityContext: {{privileged: {power}}}}}]"
                ),
            ) + &exec
        };
        passes(&world(true), "eve", "shop/db", "host-kubelet");
        reads_not(&world(false), "eve", "shop/db");
    }
}
