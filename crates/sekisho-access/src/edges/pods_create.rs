//! `create pods`: a pod of one's own names any Secret and any account of its namespace. Pod Security
//! `restricted` allows that.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "pods-create",
    says: "makes",
    condition: "always",
    gate: Gate::Admission,
    verified: &[],
    source: "Kubernetes, RBAC good practices: workload creation",
    family: Family::Workload,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for hold in world.holders(may("create", "", "pods")).iter() {
        for ground in hold.alls().chain(hold.only_nameless()) {
            links.granted(hold.who, Vertex::Workloads(hold.scope), &[ground]);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn with_it_and_without_it() {
        let world = |rule: &str| SECRETS.to_owned() + &grant_alone(rule, "Role", "RoleBinding");
        reads(
            &world("verbs: [create], resources: [pods], apiGroups: ['']"),
            "eve",
            "shop/db",
            "workload-secret",
        );
        passes(
            &world("verbs: [create], resources: [pods], apiGroups: ['']"),
            "eve",
            "shop/db",
            "pods-create",
        );
        reads_not(&world("verbs: [create], resources: [pods], apiGroups: [apps]"), "eve", "shop/db");
        reads_not(
            &world("verbs: [create], resources: [pods], apiGroups: [''], resourceNames: [web]"),
            "eve",
            "shop/db",
        );
    }
}
