//! A binding may name an account that is not there. Whoever may create it and get a token of it has what
//! the binding gives.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{Hold, World, may};

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
    let create = [world.holders(may("create", "", "serviceaccounts"))];
    let mut tokens = super::makes_pods(world);
    tokens.push(world.holders(may("create", "", "serviceaccounts/token")));
    let missing: Vec<u32> =
        (0..world.inventory.accounts.len() as u32).filter(|at| !world.is_there(*at)).collect();
    if missing.is_empty() {
        return;
    }
    for (who, holds) in world.joint(&[&create, &tokens]) {
        for at in &missing {
            let account = &world.inventory.accounts[*at as usize];
            let here = |hold: &&Hold<'_>| hold.scope.is_none() || hold.scope == Some(account.namespace);
            let make = holds[0].iter().filter(here).find_map(Hold::nameless);
            let token =
                holds[1].iter().filter(here).find_map(|hold| hold.nameless().or(hold.on(account.name)));
            if let (Some(make), Some(token)) = (make, token) {
                links.granted(who, Vertex::Account(*at), &[make, token]);
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
    }
}
