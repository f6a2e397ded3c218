//! `get` or `create nodes/proxy` is the kubelet's own API: commands in every container of the node, by
//! WebSocket with GET too. Neither admission nor the API server's audit sees it.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "nodes-proxy",
    says: "runs commands through the kubelet in",
    condition: "`get` is enough by WebSocket",
    gate: Gate::None,
    verified: RECORDED,
    source: "recorded exchanges 14c; Kubernetes, kubelet authentication and authorization",
    family: Family::Node,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for verb in ["get", "create"] {
        for hold in world.holders(may(verb, "", "nodes/proxy")).clusterwide() {
            if let Some(ground) = hold.all() {
                links.granted(hold.who, Vertex::Pods(None), &[ground]);
                continue;
            }
            for (name, ground) in hold.named() {
                if let Some(node) = world.node(name) {
                    links.granted(hold.who, Vertex::PodsOn(node), &[ground]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn a_get_is_enough_and_only_in_the_whole_cluster() {
        let world = |rule: &str, binding: &str| {
            pod("nodeName: n1", "volumes: [{name: v, secret: {secretName: db}}]")
                + &grant_alone(rule, "ClusterRole", binding)
        };
        let rule = |names: &str| {
            format!("verbs: [get], resources: [nodes/proxy], apiGroups: [''], resourceNames: [{names}]")
        };
        passes(&world(&rule(""), "ClusterRoleBinding"), "eve", "shop/db", "nodes-proxy");
        passes(&world(&rule("n1"), "ClusterRoleBinding"), "eve", "shop/db", "nodes-proxy");
        reads_not(&world(&rule("n2"), "ClusterRoleBinding"), "eve", "shop/db");
        reads_not(&world(&rule(""), "RoleBinding"), "eve", "shop/db");
        reads_not(
            &world("verbs: [get], resources: [nodes, nodes/metrics], apiGroups: ['']", "ClusterRoleBinding"),
            "eve",
            "shop/db",
        );
    }
}
