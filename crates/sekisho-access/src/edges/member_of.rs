//! Service accounts, nodes and users are members of groups without anybody saying so; other groups of
//! users are known only from the user of this program.

use std::collections::BTreeSet;

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "member-of",
    says: "is a member of",
    condition: "service accounts: three groups; nodes: system:nodes; everybody: system:authenticated",
    gate: Gate::None,
    verified: RECORDED,
    source: "recorded decisions; Kubernetes, authenticating",
    family: Family::Place,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    let accounts = (0..world.inventory.accounts.len() as u32).map(Vertex::Account);
    let nodes = (0..world.inventory.nodes.len() as u32).map(Vertex::Node);
    let mut bound: Vec<Vertex> = world.bound().chain(world.mapped_users()).collect();
    bound.retain(|who| matches!(who, Vertex::User(_) | Vertex::Group(_)));
    bound.sort();
    bound.dedup();
    // A group that no binding names opens nothing, but for one.
    let mut groups: BTreeSet<Vertex> = world.bound().filter(|who| matches!(who, Vertex::Group(_))).collect();
    groups.extend(world.group(crate::rbac::MASTERS));
    for who in accounts.chain(nodes).chain(bound) {
        for group in world.groups_of(who).into_iter().filter(|group| groups.contains(group)) {
            links.given(who, group);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn a_right_of_all_accounts_is_a_right_of_each() {
        let world = |group: &str| {
            account("app")
                + &bound(
                    &format!("{{kind: Group, name: '{group}'}}"),
                    "verbs: [get], resources: [secrets], apiGroups: ['']",
                )
        };
        for group in ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"] {
            reads(&world(group), "system:serviceaccount:shop:app", "shop/db", "secrets-get");
        }
        reads_not(&world("system:serviceaccounts:other"), "system:serviceaccount:shop:app", "shop/db");
    }
}
