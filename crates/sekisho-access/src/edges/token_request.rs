//! `create serviceaccounts/token` gives out a token of the account. The account's name is in the path,
//! so resourceNames works here although the verb is create.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::vertex::Vertex;
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
        for ground in hold.alls() {
            links.granted(hold.who, Vertex::Accounts(hold.scope), &[ground]);
        }
        for (name, ground) in hold.named() {
            let there = |it: &Vertex| matches!(*it, Vertex::Account(at) if world.is_there(at));
            for account in world.accounts_in(hold.scope, name).into_iter().filter(there) {
                links.granted(hold.who, account, &[ground]);
            }
        }
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
        // Of an account that only a binding names there is no token.
        let named =
            "verbs: [create], resources: [serviceaccounts/token], apiGroups: [''], resourceNames: [app]";
        let gone = world(named).replace(
            "kind: ServiceAccount\nmetadata: {name: app,",
            "kind: ServiceAccount\nmetadata: {name: other,",
        );
        reads_not(&gone, "eve", "shop/db");
    }
}
