//! `deletecollection` with `dryRun=All` answers with the list of Secrets, values and all, and deletes
//! nothing. It works namespace by namespace; a rule with resourceNames matches it only
//! if the empty name is among them.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "secrets-deletecollection",
    says: "deletes all, as a dry run, and is answered with the list of",
    condition: "one namespace at a time; a grant in the whole cluster is one in each",
    gate: Gate::Admission,
    verified: RECORDED,
    source: "recorded exchanges 2a to 2f; apiserver registry/store.go DeleteCollection",
    family: Family::Direct,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for hold in world.holders(may("deletecollection", "", "secrets")).iter() {
        for ground in hold.alls().chain(hold.only_nameless()) {
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
            &world("verbs: [deletecollection], resources: [secrets], apiGroups: ['']"),
            "eve",
            "shop/db",
            "secrets-deletecollection",
        );
        let nameless =
            "verbs: [deletecollection], resources: [secrets], apiGroups: [''], resourceNames: ['']";
        reads(&world(nameless), "eve", "shop/db", "secrets-deletecollection");
        let named = "verbs: [deletecollection], resources: [secrets], apiGroups: [''], resourceNames: [db]";
        reads_not(&world(named), "eve", "shop/db");
        reads_not(
            &world("verbs: [deletecollection], resources: [secrets], apiGroups: ['']"),
            "eve",
            "other/db",
        );
    }
}
