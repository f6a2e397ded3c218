//! `impersonate serviceaccounts`: the account's name is asked for in its namespace, so a RoleBinding
//! is enough. Its groups come with it.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::{Links, Things};
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "impersonate-account",
    says: "impersonates",
    condition: "header Impersonate-User",
    gate: Gate::None,
    verified: RECORDED,
    source: "recorded exchanges 11; apiserver filters/impersonation",
    family: Family::Identity,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for hold in world.holders(may("impersonate", "", "serviceaccounts")).iter() {
        links.by_names(&hold, Things::Accounts);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn with_it_and_without_it() {
        let app = account("app")
            + &bound(
                "{kind: ServiceAccount, name: app, namespace: shop}",
                "verbs: [get], resources: [secrets], apiGroups: ['']",
            );
        let world = |rule: &str| app.clone() + &grant(rule, "Role", "RoleBinding");
        reads(
            &world("verbs: [impersonate], resources: [serviceaccounts], apiGroups: ['']"),
            "eve",
            "shop/db",
            "impersonate-account",
        );
        reads_not(
            &world(
                "verbs: [impersonate], resources: [serviceaccounts], apiGroups: [''], resourceNames: [other]",
            ),
            "eve",
            "shop/db",
        );
        reads_not(&world("verbs: [impersonate], resources: [users], apiGroups: ['']"), "eve", "shop/db");
    }
}
