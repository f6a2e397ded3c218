//! `escalate` lets the author of a role write rules that it does not hold. With `update` or `patch` of a
//! role that it is bound to it has everything there; so too with `create` of a ClusterRole that is
//! aggregated into one. (`escalate` with resourceNames never allows create: the request has no name.)

use std::collections::BTreeMap;

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::{Scope, Vertex};
use crate::world::{Hold, World, may};

pub(super) const EDGE: Edge = Edge {
    id: "escalate",
    says: "writes every right into a role that it holds, and so has",
    condition: "the subject is bound to the role, or to one that aggregates",
    gate: Gate::Admission,
    verified: &[],
    source: "Kubernetes, pkg/registry/rbac/escalation_check.go RoleEscalationAuthorized",
    family: Family::Identity,
    certain: true,
    find,
};

const GROUP: &str = "rbac.authorization.k8s.io";

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    let inventory = world.inventory;
    let mut bound: BTreeMap<Vertex, Vec<(u32, Scope)>> = BTreeMap::new();
    for (who, role, scope) in world.role_holders() {
        bound.entry(who).or_default().push((role, scope));
    }
    let held = |who: Vertex| {
        let all = std::iter::once(who).chain(world.groups_of(who));
        all.filter_map(|who| bound.get(&who)).flatten().copied().collect::<Vec<_>>()
    };
    for (roles, of_cluster) in [("roles", false), ("clusterroles", true)] {
        let escalate = [world.holders(may("escalate", GROUP, roles))];
        let change = ["update", "patch"].map(|verb| world.holders(may(verb, GROUP, roles)));
        for (who, holds) in world.joint(&[&escalate, &change]) {
            for (at, scope) in held(who) {
                let role = &inventory.roles[at as usize];
                if role.namespace.is_none() != of_cluster {
                    continue;
                }
                let here = |hold: &&Hold<'_>| hold.scope.is_none() || hold.scope == role.namespace;
                let may_escalate = holds.of(0).filter(here).find_map(|hold| hold.on(role.name));
                let may_change = holds.of(1).filter(here).find_map(|hold| hold.on(role.name));
                if let (Some(may_escalate), Some(may_change)) = (may_escalate, may_change) {
                    links.granted(who, Vertex::Full(scope), &[may_escalate, may_change]);
                }
            }
        }
    }
    let escalate = [world.holders(may("escalate", GROUP, "clusterroles"))];
    let create = [world.holders(may("create", GROUP, "clusterroles"))];
    for (who, holds) in world.joint(&[&escalate, &create]) {
        let clusterwide = |hold: &&Hold<'_>| hold.scope.is_none();
        let may_escalate = holds.of(0).filter(clusterwide).find_map(Hold::nameless);
        let may_create = holds.of(1).filter(clusterwide).find_map(Hold::nameless);
        let (Some(may_escalate), Some(may_create)) = (may_escalate, may_create) else { continue };
        for (at, scope) in held(who) {
            if inventory.roles[at as usize].aggregates.as_ref().is_some_and(|selectors| !selectors.is_empty())
            {
                links.granted(who, Vertex::Full(scope), &[may_escalate, may_create]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn escalate_and_the_change_of_a_role_that_one_holds() {
        const GROUP: &str = "rbac.authorization.k8s.io";
        let world = |rule: &str| SECRETS.to_owned() + &grant_alone(rule, "Role", "RoleBinding");
        let rule = |verbs: &str, names: &str| {
            format!("verbs: [{verbs}], resources: [roles], apiGroups: [{GROUP}], resourceNames: [{names}]")
        };
        passes(&world(&rule("escalate, patch", "")), "eve", "shop/db", "escalate");
        passes(&world(&rule("escalate, update", "r-eve")), "eve", "shop/db", "escalate");
        reads_not(&world(&rule("escalate, update", "other")), "eve", "shop/db");
        reads_not(&world(&rule("escalate, create", "")), "eve", "shop/db");
        reads_not(&world(&rule("update, patch", "")), "eve", "shop/db");
        reads_not(&world(&rule("escalate, patch", "")), "eve", "other/db");
    }
}
