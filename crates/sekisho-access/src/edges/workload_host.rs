//! A privileged pod of one's own, or one that mounts the node's files, is root on a node; one may choose
//! which. Pod Security `baseline` and `restricted` forbid it where the namespace enforces them.

use sekisho_kube::inventory::PodSecurity;

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "workload-host",
    says: "may be privileged, and are",
    condition: "the namespace enforces neither baseline nor restricted",
    gate: Gate::Psa,
    verified: &[],
    source: "Kubernetes, Pod Security Standards",
    family: Family::Node,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for namespace in &world.inventory.namespaces {
        if namespace.enforce == PodSecurity::Privileged {
            links.given(Vertex::Workloads(Some(namespace.name)), Vertex::Hosts);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn unless_the_namespace_forbids_it() {
        let create =
            grant_alone("verbs: [create], resources: [pods], apiGroups: ['']", "Role", "RoleBinding");
        let world = SECRETS.to_owned() + OTHER_POD + &create;
        passes(&world, "eve", "other/db", "workload-host");
        reads_not(&(world + RESTRICTED), "eve", "other/db");
    }
}
