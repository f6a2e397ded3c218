//! `patch` alone reads: an empty merge patch, strategic merge patch, JSON patch or apply patch changes
//! nothing and is answered with the whole Secret, as a dry run too. It leaves no trace in etcd.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "secrets-patch",
    says: "sends an empty patch and is answered with the whole of",
    condition: "the name is known; an empty patch, dry run or not",
    gate: Gate::Admission,
    verified: RECORDED,
    source: "recorded exchanges 1a to 1g and 12c; apiserver handlers/patch.go",
    family: Family::Direct,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    super::secrets_by_name(world, links, "patch");
}

#[cfg(test)]
mod tests {
    use crate::testing::{grant, reads, reads_not};

    #[test]
    fn with_it_and_without_it() {
        let world = |rule: &str| grant(rule, "ClusterRole", "RoleBinding");
        reads(
            &world("verbs: [patch], resources: [secrets], apiGroups: ['']"),
            "eve",
            "shop/db",
            "secrets-patch",
        );
        reads(
            &world("verbs: [patch], resources: [secrets], apiGroups: [''], resourceNames: [db]"),
            "eve",
            "shop/db",
            "secrets-patch",
        );
        reads_not(
            &world("verbs: [patch], resources: [secrets], apiGroups: [''], resourceNames: [other]"),
            "eve",
            "shop/db",
        );
        reads_not(&world("verbs: [patch], resources: [configmaps], apiGroups: ['']"), "eve", "shop/db");
        reads_not(&world("verbs: [create, update], resources: [secrets], apiGroups: ['']"), "eve", "shop/db");
    }
}
