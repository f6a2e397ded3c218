//! A binding may refer to a role that is not there. Whoever is bound so, and may create roles and
//! `escalate`, writes the role with everything in it. (Without `escalate` it must hold the rules already,
//! which gains it nothing.)

use std::collections::BTreeMap;

use sekisho_kube::inventory::RoleKind;

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::{Scope, Vertex};
use crate::world::{Hold, World, may};

pub(super) const EDGE: Edge = Edge {
    id: "recreate-role",
    says: "writes everything into a role that a binding still names, and has",
    condition: "roles were looked at and it is not there; escalate without resourceNames, since create has no name",
    gate: Gate::Admission,
    verified: &[],
    source: "Kubernetes, pkg/registry/rbac/escalation_check.go RoleEscalationAuthorized",
    family: Family::Identity,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    const GROUP: &str = "rbac.authorization.k8s.io";
    for (kind, resource) in [(RoleKind::Role, "roles"), (RoleKind::ClusterRole, "clusterroles")] {
        if !world.inventory.coverage.has(resource) {
            continue;
        }
        let mut waiting: BTreeMap<Vertex, Vec<Scope>> = BTreeMap::new();
        for (at, binding) in world.inventory.bindings.iter().enumerate() {
            if binding.role_kind == kind && world.rbac.role_of(binding).is_none() {
                for who in world.subjects_of(at as u32) {
                    waiting.entry(who).or_default().push(binding.namespace);
                }
            }
        }
        if waiting.is_empty() {
            continue;
        }
        let escalate = [world.holders(may("escalate", GROUP, resource))];
        let create = [world.holders(may("create", GROUP, resource))];
        for (who, holds) in world.joint(&[&escalate, &create]) {
            let all = std::iter::once(who).chain(world.groups_of(who));
            for scope in all.filter_map(|who| waiting.get(&who)).flatten() {
                // A ClusterRole is made in the whole cluster, a Role in the binding's namespace.
                let here = |hold: &&Hold<'_>| {
                    hold.scope.is_none() || (kind == RoleKind::Role && hold.scope == *scope)
                };
                let first = |need: usize| holds.of(need).filter(here).find_map(Hold::nameless);
                if let (Some(escalate), Some(create)) = (first(0), first(1)) {
                    links.granted(who, Vertex::Full(*scope), &[escalate, create]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn a_binding_to_no_role_waits_for_whoever_writes_it() {
        const GROUP: &str = "rbac.authorization.k8s.io";
        let waiting = format!(
            "---\napiVersion: {GROUP}/v1\nkind: RoleBinding\nmetadata: {{name: waits, namespace: shop}}\nroleRef: {{kind: Role, name: gone}}\nsubjects: [{{kind: User, name: eve}}]\n"
        );
        let world = |verbs: &str| {
            let rule = format!("verbs: [{verbs}], resources: [roles], apiGroups: [{GROUP}]");
            SECRETS.to_owned() + &waiting + &grant_alone(&rule, "Role", "RoleBinding")
        };
        reads(&world("create, escalate"), "eve", "shop/db", "recreate-role");
        reads_not(&world("create"), "eve", "shop/db");
        reads_not(
            &world("create, escalate")
                .replace("name: waits, namespace: shop", "name: waits, namespace: other"),
            "eve",
            "shop/db",
        );
        let there = world("create, escalate").replace("name: gone}", "name: r-eve}");
        reads_not(&there, "eve", "shop/db");
    }
}
