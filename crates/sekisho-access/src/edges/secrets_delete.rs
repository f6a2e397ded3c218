//! `delete` is a read: with `dryRun=All` and `propagationPolicy=Foreground` or `Orphan` the server adds
//! a finalizer, answers with the whole Secret and changes nothing. A Secret that has a finalizer comes
//! back whole from a plain delete too.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "secrets-delete",
    says: "deletes, as a dry run in the foreground, and is answered with the whole of",
    condition: "the name is known; `?dryRun=All&propagationPolicy=Foreground` or `Orphan`, or a Secret with a finalizer",
    gate: Gate::Admission,
    verified: RECORDED,
    source: "recorded exchanges 3a to 3h",
    family: Family::Direct,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    super::secrets_by_name(world, links, "delete");
}

#[cfg(test)]
mod tests {
    use crate::testing::{grant, reads, reads_not};

    #[test]
    fn with_it_and_without_it() {
        let world = |rule: &str| grant(rule, "ClusterRole", "RoleBinding");
        reads(
            &world("verbs: [delete], resources: [secrets], apiGroups: ['']"),
            "eve",
            "shop/db",
            "secrets-delete",
        );
        reads(
            &world("verbs: [delete], resources: [secrets], apiGroups: [''], resourceNames: [db]"),
            "eve",
            "shop/db",
            "secrets-delete",
        );
        reads_not(
            &world("verbs: [delete], resources: [secrets], apiGroups: [''], resourceNames: [other]"),
            "eve",
            "shop/db",
        );
        reads_not(&world("verbs: [delete], resources: [secrets], apiGroups: [apps]"), "eve", "shop/db");
    }
}
