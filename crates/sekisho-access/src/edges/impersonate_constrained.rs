//! Constrained impersonation (KEP-5284): `impersonate:user-info` on a user or `impersonate:serviceaccount`
//! on an account, and `impersonate-on:MODE:VERB` on what is then asked for. Only what the impersonated
//! identity may do with that very verb is gained.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::vertex::{Vertex, meet};
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "impersonate-constrained",
    says: "impersonates, for this request alone, somebody who may read,",
    condition: "on where the feature gate is: alpha in 1.35, beta (on) in 1.36",
    gate: Gate::None,
    verified: RECORDED,
    source: "recorded exchanges 11; apiserver filters/impersonation/mode.go",
    family: Family::Direct,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    const GROUP: &str = "authentication.k8s.io";
    const VERBS: &[(&str, &str, &str)] = &[
        ("get", "impersonate-on:user-info:get", "impersonate-on:serviceaccount:get"),
        ("list", "impersonate-on:user-info:list", "impersonate-on:serviceaccount:list"),
        ("watch", "impersonate-on:user-info:watch", "impersonate-on:serviceaccount:watch"),
        ("patch", "impersonate-on:user-info:patch", "impersonate-on:serviceaccount:patch"),
        ("delete", "impersonate-on:user-info:delete", "impersonate-on:serviceaccount:delete"),
        (
            "deletecollection",
            "impersonate-on:user-info:deletecollection",
            "impersonate-on:serviceaccount:deletecollection",
        ),
    ];
    // Before 1.35 nobody asks for these verbs.
    if world.inventory.minor.is_some_and(|minor| minor < 35) {
        return;
    }
    let users = [world.holders(may("impersonate:user-info", GROUP, "users"))];
    let accounts = [world.holders(may("impersonate:serviceaccount", GROUP, "serviceaccounts"))];
    for (verb, on_user, on_account) in VERBS {
        let able = world.holders(may(verb, "", "secrets"));
        // A rule for every verb is no way round itself.
        let outright = able.outright();
        for (mode, targets, on) in [(0, &users, on_user), (1, &accounts, on_account)] {
            let on = [world.holders(may(on, "", "secrets"))];
            for (who, holds) in world.joint(&[targets, &on]) {
                for target in holds.of(0) {
                    for mine in holds.of(1).filter(|hold| hold.all().is_none_or(|it| !outright.contains(&it)))
                    {
                        for theirs in able.iter() {
                            let become_them = match theirs.who {
                                Vertex::User(_) if mode == 0 && target.scope.is_none() => {
                                    name_of(world, theirs.who).map_or(target.all(), |name| target.on(name))
                                }
                                Vertex::Account(at) if mode == 1 => {
                                    let account = &world.inventory.accounts[at as usize];
                                    meet(target.scope, Some(account.namespace))
                                        .and_then(|_| target.on(account.name))
                                }
                                _ => None,
                            };
                            let (Some(become_them), Some(scope)) =
                                (become_them, meet(mine.scope, theirs.scope))
                            else {
                                continue;
                            };
                            let grounds = |mine, theirs| [become_them, mine, theirs];
                            if let (Some(mine), Some(theirs)) = (mine.all(), theirs.all()) {
                                links.granted(who, Vertex::Secrets(scope), &grounds(mine, theirs));
                                continue;
                            }
                            let named = mine.named().chain(theirs.named()).map(|(name, _)| name);
                            for name in named {
                                let (Some(mine), Some(theirs)) = (mine.on(name), theirs.on(name)) else {
                                    continue;
                                };
                                for secret in world.secrets_in(scope, name) {
                                    links.granted(who, secret, &grounds(mine, theirs));
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A user's name as roles write it, if any does.
fn name_of(world: &World<'_>, user: Vertex) -> Option<sekisho_kube::inventory::Name> {
    match user {
        Vertex::User(name) => world.inventory.names.find(world.principals.text(name)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn both_halves_and_the_same_verb_are_needed() {
        let ada = bound("{kind: User, name: ada}", "verbs: [list], resources: [secrets], apiGroups: ['']");
        let half = "verbs: ['impersonate:user-info'], resources: [users], apiGroups: [authentication.k8s.io]";
        let on = |verb: &str| {
            format!("verbs: ['impersonate-on:user-info:{verb}'], resources: [secrets], apiGroups: ['']")
        };
        let world = |rules: &str| {
            SECRETS.to_owned() + &ada + &grant_alone(rules, "ClusterRole", "ClusterRoleBinding")
        };
        reads(&world(&format!("{half}}}, {{{}", on("list"))), "eve", "shop/db", "impersonate-constrained");
        reads_not(&world(&format!("{half}}}, {{{}", on("get"))), "eve", "shop/db");
        reads_not(&world(half), "eve", "shop/db");
        reads_not(&world(&on("list")), "eve", "shop/db");
    }
}
