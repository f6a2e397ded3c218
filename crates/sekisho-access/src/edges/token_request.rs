//! `create serviceaccounts/token` gives out a token of the account. The account's name is in the path,
//! so resourceNames works here although the verb is create.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::{Links, Things};
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "token-request",
    says: "asks for a token of",
    condition: "the account exists",
    gate: Gate::Admission,
    verified: RECORDED,
    source: "recorded exchanges 8",
    family: Family::Identity,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for hold in world.holders(may("create", "", "serviceaccounts/token")).iter() {
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
            &world("verbs: [create], resources: [serviceaccounts/token], apiGroups: ['']"),
            "eve",
            "shop/db",
            "token-request",
        );
        reads(
            &world("verbs: [create], resources: ['*/token'], apiGroups: [''], resourceNames: [app]"),
            "eve",
            "shop/db",
            "token-request",
        );
        reads_not(
            &world(
                "verbs: [create], resources: [serviceaccounts/token], apiGroups: [''], resourceNames: [other]",
            ),
            "eve",
            "shop/db",
        );
        reads_not(&world("verbs: [create], resources: [serviceaccounts], apiGroups: ['']"), "eve", "shop/db");
    }
}
