//! `get`: the plain read. `resourceNames` narrows it.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "secrets-get",
    says: "gets",
    condition: "the name is known or can be guessed",
    gate: Gate::None,
    verified: RECORDED,
    source: "Kubernetes, RBAC good practices",
    family: Family::Direct,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    super::secrets_by_name(world, links, "get");
}

#[cfg(test)]
mod tests {
    use crate::testing::{grant, reads, reads_not};

    #[test]
    fn with_it_and_without_it() {
        let world = |rule: &str| grant(rule, "ClusterRole", "RoleBinding");
        reads(&world("verbs: [get], resources: [secrets], apiGroups: ['']"), "eve", "shop/db", "secrets-get");
        reads(&world("verbs: ['*'], resources: ['*'], apiGroups: ['*']"), "eve", "shop/db", "secrets-get");
        reads(
            &world("verbs: [get], resources: [secrets], apiGroups: [''], resourceNames: [db]"),
            "eve",
            "shop/db",
            "secrets-get",
        );
        reads_not(&world("verbs: [get], resources: [secret], apiGroups: ['']"), "eve", "shop/db");
        reads_not(&world("verbs: [Get], resources: [secrets], apiGroups: ['']"), "eve", "shop/db");
        reads_not(&world("verbs: [get], resources: [secrets], apiGroups: [v1]"), "eve", "shop/db");
        reads_not(
            &world("verbs: [get], resources: [secrets], apiGroups: [''], resourceNames: ['*']"),
            "eve",
            "shop/db",
        );
        reads_not(&world("verbs: [get], resources: ['secrets/*'], apiGroups: ['']"), "eve", "shop/db");
        reads_not(&world("verbs: [update], resources: [secrets], apiGroups: ['']"), "eve", "shop/db");
    }
}
