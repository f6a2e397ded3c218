//! `bind` on a role with the right to write bindings: the subject binds itself. `bind` is asked on
//! roles and clusterroles, by name, in the binding's namespace; without it the subject must hold every
//! rule of the role already (`Covers`), which gains it nothing.
//!
//! Every role that can be bound so becomes a holder of its own in the graph ([`Vertex::Holder`]), with all
//! that a binding of it would open.

use std::collections::BTreeSet;

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::{Vertex, meet};
use crate::world::{Ground, World, may};

pub(super) const EDGE: Edge = Edge {
    id: "bind",
    says: "binds itself to",
    condition: "the role exists; writing a binding of the namespace (or of the cluster) is allowed too",
    gate: Gate::Admission,
    verified: &[],
    source: "Kubernetes, pkg/registry/rbac/escalation_check.go BindingAuthorized",
    family: Family::Identity,
    certain: true,
    find,
};

const GROUP: &str = "rbac.authorization.k8s.io";
const VERBS: [&str; 3] = ["create", "update", "patch"];

/// Before the edges are asked: every role that somebody may bind, where.
pub(crate) fn enter_possible_holders(world: &mut World<'_>) {
    let mut found = BTreeSet::new();
    each(world, &mut |_, to, _| {
        if let Vertex::Holder(role, scope) = to {
            found.insert((role, scope));
        }
    });
    for (role, scope) in found {
        world.hold(role, scope);
    }
}

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    each(world, &mut |who, to, grounds| links.granted(who, to, grounds));
}

fn each(world: &World<'_>, take: &mut dyn FnMut(Vertex, Vertex, &[Ground])) {
    let inventory = world.inventory;
    for (bindings, clusterwide) in [("rolebindings", false), ("clusterrolebindings", true)] {
        let write = VERBS.map(|verb| world.holders(may(verb, GROUP, bindings)));
        for (roles, of_cluster) in [("clusterroles", true), ("roles", false)] {
            if clusterwide && !of_cluster {
                continue;
            }
            let bind = [world.holders(may("bind", GROUP, roles))];
            for (who, holds) in world.joint(&[&write, &bind]) {
                for write in holds[0].iter().filter(|hold| !clusterwide || hold.scope.is_none()) {
                    let Some(written) = write.nameless().or(write.some()) else { continue };
                    for bind in holds[1].iter().filter(|hold| !clusterwide || hold.scope.is_none()) {
                        let Some(scope) = meet(write.scope, bind.scope) else { continue };
                        // `cluster-admin` is on every cluster.
                        if let (Some(bound), true) = (bind.all(), of_cluster) {
                            take(who, Vertex::Full(scope), &[bound, written]);
                            continue;
                        }
                        for (at, role) in inventory.roles.iter().enumerate() {
                            let Some(bound) = bind.on(role.name) else { continue };
                            let place = if of_cluster {
                                role.namespace.is_none().then_some(scope)
                            } else {
                                role.namespace.and_then(|namespace| meet(scope, Some(namespace)))
                            };
                            if let Some(place) = place {
                                take(who, Vertex::Holder(at as u32, place), &[bound, written]);
                            }
                        }
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
    fn bind_on_the_role_and_writing_the_binding_are_needed() {
        const GROUP: &str = "rbac.authorization.k8s.io";
        let reader = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: reader}\nrules: [{verbs: [get], resources: [secrets], apiGroups: ['']}]\n";
        let world =
            |rules: &str| SECRETS.to_owned() + reader + &grant_alone(rules, "ClusterRole", "RoleBinding");
        let write = format!("verbs: [create], resources: [rolebindings], apiGroups: [{GROUP}]");
        let bind = |names: &str| {
            format!(
                "verbs: [bind], resources: [clusterroles], apiGroups: [{GROUP}], resourceNames: [{names}]"
            )
        };
        passes(&world(&format!("{write}}}, {{{}", bind("reader"))), "eve", "shop/db", "bind");
        passes(&world(&format!("{write}}}, {{{}", bind(""))), "eve", "shop/db", "bind");
        reads_not(&world(&format!("{write}}}, {{{}", bind("other"))), "eve", "shop/db");
        reads_not(&world(&bind("")), "eve", "shop/db");
        reads_not(&world(&write), "eve", "shop/db");
        let wrong = format!("verbs: [bind, create], resources: [rolebindings], apiGroups: [{GROUP}]");
        reads_not(&world(&wrong), "eve", "shop/db");
        reads_not(&world(&format!("{write}}}, {{{}", bind("reader"))), "eve", "other/db");
    }
}
