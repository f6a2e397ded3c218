//! A node's user name with the group `system:nodes`: the Node authorizer then gives what its pods use.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "impersonate-node",
    says: "impersonates the kubelet of",
    condition: "headers Impersonate-User: system:node:NAME and Impersonate-Group: system:nodes",
    gate: Gate::None,
    verified: RECORDED,
    source: "recorded exchanges 11; node_authorizer.go",
    family: Family::Node,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    let inventory = world.inventory;
    let groups = [world.holders(may("impersonate", "", "groups"))];
    let users = [world.holders(may("impersonate", "", "users"))];
    let nodes = inventory.names.find("system:nodes");
    for (who, holds) in world.joint(&[&users, &groups]) {
        let group = holds.of(1).filter(|hold| hold.scope.is_none());
        let mut group = group.filter_map(|hold| nodes.map_or(hold.all(), |nodes| hold.on(nodes)));
        let Some(group) = group.next() else { continue };
        for hold in holds.of(0).filter(|hold| hold.scope.is_none()) {
            if let Some(user) = hold.all() {
                links.granted(who, Vertex::Nodes, &[user, group]);
                continue;
            }
            for (name, user) in hold.named() {
                if let Some(node @ Vertex::Node(_)) = world.find_user(inventory.text(name)) {
                    links.granted(who, node, &[user, group]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn with_it_and_without_it() {
        let world = |rule: &str| {
            pod("nodeName: n1", "volumes: [{name: v, secret: {secretName: db}}]")
                + &grant_alone(rule, "ClusterRole", "ClusterRoleBinding")
        };
        let names = "resourceNames: ['system:node:n1', 'system:nodes']";
        reads(
            &world(&format!("verbs: [impersonate], resources: [users, groups], apiGroups: [''], {names}")),
            "eve",
            "shop/db",
            "node-secrets",
        );
        reads_not(&world("verbs: [impersonate], resources: [users], apiGroups: ['']"), "eve", "shop/db");
    }
}
