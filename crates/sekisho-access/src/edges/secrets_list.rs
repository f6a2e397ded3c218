//! `list` carries every value in its answer; `get` is not needed.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "secrets-list",
    says: "lists, with all values,",
    condition: "alone is enough",
    gate: Gate::None,
    verified: RECORDED,
    source: "Kubernetes, RBAC good practices: listing Secrets",
    family: Family::Direct,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for hold in world.holders(may("list", "", "secrets")).iter() {
        for ground in hold.alls() {
            links.granted(hold.who, Vertex::Secrets(hold.scope), &[ground]);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{grant, reads, reads_not};

    #[test]
    fn with_it_and_without_it() {
        let world = |rule: &str| grant(rule, "ClusterRole", "RoleBinding");
        reads(
            &world("verbs: [list], resources: [secrets], apiGroups: ['']"),
            "eve",
            "shop/db",
            "secrets-list",
        );
        reads_not(&world("verbs: [list], resources: [secrets], apiGroups: [batch]"), "eve", "shop/db");
        reads_not(&world("verbs: [list], resources: [secrets], apiGroups: ['']"), "eve", "other/db");
    }
}
