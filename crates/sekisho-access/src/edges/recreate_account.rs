//! A binding may name an account that is not there. Whoever may create it and get a token of it has what
//! the binding gives.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_kube::inventory::Name;

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::{Scope, Vertex};
use crate::world::{Ground, World, may};

pub(super) const EDGE: Edge = Edge {
    id: "recreate-account",
    says: "creates, because a binding still names it,",
    condition: "accounts were looked at and it is not there; a token by pods or by request",
    gate: Gate::Admission,
    verified: &[],
    source: "Kubernetes, RBAC good practices: periodic review",
    family: Family::Identity,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    let mut called: BTreeMap<Name, Vec<u32>> = BTreeMap::new();
    for at in world.missing_accounts() {
        called.entry(world.inventory.accounts[at as usize].name).or_default().push(at);
    }
    if called.is_empty() {
        return;
    }
    let create = [world.holders(may("create", "", "serviceaccounts"))];
    let mut tokens = super::makes_pods(world);
    tokens.push(world.holders(may("create", "", "serviceaccounts/token")));
    for (who, holds) in world.joint(&[&create, &tokens]) {
        // One grant of each kind for each scope.
        let mut makes: BTreeMap<Scope, Ground> = BTreeMap::new();
        let mut gets: BTreeMap<Scope, Ground> = BTreeMap::new();
        for (grants, need) in [(&mut makes, 0), (&mut gets, 1)] {
            for hold in holds.of(need) {
                if let Some(ground) = hold.nameless() {
                    grants.entry(hold.scope).or_insert(ground);
                }
            }
        }
        let of = |grants: &BTreeMap<Scope, Ground>, scope| grants.get(&None).or(grants.get(scope)).copied();
        let scopes: BTreeSet<&Scope> = makes.keys().chain(gets.keys()).collect();
        for scope in scopes {
            if let (Some(make), Some(get)) = (of(&makes, scope), of(&gets, scope)) {
                links.granted(who, Vertex::Missing(*scope), &[make, get]);
            }
        }
        for hold in holds.of(1) {
            for (name, token) in hold.named() {
                for at in called.get(&name).into_iter().flatten() {
                    let here = Some(world.inventory.accounts[*at as usize].namespace);
                    let make = makes.get(&None).or(makes.get(&here));
                    if let Some(make) = make.filter(|_| hold.scope.is_none() || hold.scope == here) {
                        links.granted(who, Vertex::Account(*at), &[*make, token]);
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
    fn a_binding_to_nobody_waits_for_whoever_makes_it() {
        let ghost = bound(
            "{kind: ServiceAccount, name: ghost, namespace: shop}",
            "verbs: [get], resources: [secrets], apiGroups: ['']",
        );
        let world = |rules: &str| account("app") + &ghost + &grant_alone(rules, "Role", "RoleBinding");
        let both = "verbs: [create], resources: [serviceaccounts, serviceaccounts/token], apiGroups: ['']";
        passes(&world(both), "eve", "shop/db", "recreate-account");
        reads_not(&world("verbs: [create], resources: [serviceaccounts], apiGroups: ['']"), "eve", "shop/db");
        reads_not(
            &(world(both) + &account("ghost")).replace(
                "resources: [serviceaccounts, serviceaccounts/token]",
                "resources: [serviceaccounts]",
            ),
            "eve",
            "shop/db",
        );
        // A token by its name, and the account in another namespace.
        let named = "verbs: [create], resources: [serviceaccounts], apiGroups: ['']}, {verbs: [create], resources: [serviceaccounts/token], apiGroups: [''], resourceNames: [NAME]";
        passes(&world(&named.replace("NAME", "ghost")), "eve", "shop/db", "recreate-account");
        reads_not(&world(&named.replace("NAME", "other")), "eve", "shop/db");
        reads_not(
            &world(both).replace("name: b-eve, namespace: shop", "name: b-eve, namespace: other"),
            "eve",
            "shop/db",
        );
    }
}
