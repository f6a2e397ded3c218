//! Root on a node of the control plane has the keys that sign every identity, and etcd's files.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "host-control-plane",
    says: "takes the keys of the control plane and has",
    condition: "the node's labels say control-plane, master or etcd",
    gate: Gate::None,
    verified: &[],
    source: "kubeadm, /etc/kubernetes/pki",
    family: Family::Node,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for (at, node) in world.inventory.nodes.iter().enumerate() {
        if node.control_plane {
            links.given(Vertex::Host(at as u32), Vertex::Full(None));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn only_where_the_control_plane_is() {
        let exec =
            grant_alone("verbs: [create], resources: [pods/exec], apiGroups: ['']", "Role", "RoleBinding");
        let node = |label: &str| {
            format!("---\napiVersion: v1\nkind: Node\nmetadata: {{name: n1, labels: {{{label}: ''}}}}\n")
        };
        let world = |label: &str| {
            pod("nodeName: n1", "containers: [{name: c, securityContext: {privileged: true}}]")
                + &node(label)
                + &exec
        };
        passes(&world("node-role.kubernetes.io/control-plane"), "eve", "other/db", "host-control-plane");
        reads_not(&world("node-role.kubernetes.io/worker"), "eve", "other/db");
    }
}
