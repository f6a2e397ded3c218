//! `create secrets` of type `kubernetes.io/service-account-token` with any way to read it back: the
//! controller fills in a token of the account that the annotation names. Two grants, one way.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::vertex::{Vertex, meet};
use crate::world::{Ground, Hold, Holders, World, may};

pub(super) const EDGE: Edge = Edge {
    id: "token-secret-create",
    says: "has a token Secret filled in, and reads it, for",
    condition: "the account exists; any verb that reads Secrets, quiet ones too",
    gate: Gate::Admission,
    verified: RECORDED,
    source: "recorded exchanges 9a to 9d",
    family: Family::Identity,
    certain: true,
    find,
};

/// The grant by which a hold lets the filled Secret be read.
type Allows<'a> = &'a dyn Fn(&Hold<'_>) -> Option<Ground>;

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    let create = [world.holders(may("create", "", "secrets"))];
    let by_name = ["get", "patch", "delete"].map(|verb| world.holders(may(verb, "", "secrets")));
    let by_list = ["list", "watch"].map(|verb| world.holders(may(verb, "", "secrets")));
    let collection = [world.holders(may("deletecollection", "", "secrets"))];
    // The name may be chosen, so one name that may be read is enough, unless it is taken.
    let free = |hold: &Hold<'_>| {
        let seen = |name| world.secrets_in(hold.scope, name).into_iter().any(|it| world.is_seen(it));
        let mut free = hold.named().filter(|(name, _)| !seen(*name));
        hold.all().or_else(|| free.next().map(|(_, ground)| ground))
    };
    let ways: [(&[Holders], Allows<'_>); 3] = [
        (&by_name, &free),
        (&by_list, &|hold| hold.nameless().or_else(|| free(hold))),
        (&collection, &|hold| hold.nameless()),
    ];
    for (readers, ground) in ways {
        for (who, holds) in world.joint(&[&create, readers]) {
            for make in holds.of(0) {
                for read in holds.of(1) {
                    let scope = meet(make.scope, read.scope);
                    if let (Some(scope), Some(make), Some(read)) = (scope, make.nameless(), ground(read)) {
                        links.granted(who, Vertex::Accounts(scope), &[make, read]);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn create_and_any_read_are_needed() {
        let app = account("app")
            + &bound(
                "{kind: ServiceAccount, name: app, namespace: shop}",
                "verbs: [get], resources: [secrets], apiGroups: [''], resourceNames: [db]",
            );
        let world = |verbs: &str, names: &str| {
            app.clone()
                + &grant_alone(
                    &format!(
                        "verbs: [create], resources: [secrets], apiGroups: ['']}}, {{verbs: [{verbs}], resources: [secrets], apiGroups: [''], resourceNames: [{names}]"
                    ),
                    "Role",
                    "RoleBinding",
                )
        };
        for verb in ["get", "patch", "delete", "list", "watch"] {
            passes(&world(verb, "of-my-own"), "eve", "shop/db", "token-secret-create");
        }
        reads_not(&world("deletecollection", "of-my-own"), "eve", "shop/db");
        reads_not(&world("get", "other"), "eve", "shop/db");
        reads_not(&world("update", ""), "eve", "shop/db");
        let elsewhere = grant_alone(
            "verbs: [create, get], resources: [secrets], apiGroups: [''], resourceNames: [x]",
            "Role",
            "RoleBinding",
        );
        reads_not(&(app + &elsewhere), "eve", "shop/db");
    }
}
