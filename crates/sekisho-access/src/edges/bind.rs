//! `bind` on a role with the right to write bindings: the subject binds itself. `bind` is asked on
//! roles and clusterroles, by name, in the binding's namespace; without it the subject must hold every
//! rule of the role already (`Covers`), which gains it nothing.
//!
//! Every role that can be bound so becomes a holder of its own in the graph ([`Vertex::Holder`]), with all
//! that a binding of it would open. Between whoever may bind every Role of a namespace and these Roles a
//! place stands, so that the work is that of the inventory and not of everybody times every role. Only who
//! may bind many named ClusterRoles in many namespaces makes a product; it is cut off, and that is said.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_kube::inventory::Name;

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::{Scope, Vertex};
use crate::world::{Ground, Hold, World, may};

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
/// Pairs of a named ClusterRole and a namespace that are looked at.
const PAIRS: u64 = 200_000;

/// What was done, for those who want to know that it is not too much.
#[derive(Debug, Default, Clone, Copy)]
struct Work {
    steps: u64,
    pairs: u64,
}

/// Before the edges are asked: every role that somebody may bind, where.
pub(crate) fn enter_possible_holders(world: &mut World<'_>) {
    let mut found = BTreeSet::new();
    let work = each(world, &mut |_, to, _| _ = found.insert(to));
    world.left_out = work.pairs.saturating_sub(PAIRS);
    let all: BTreeSet<Scope> = found.iter().filter_map(|it| as_roles(*it)).collect();
    let called: BTreeSet<Name> = found.iter().filter_map(|it| as_called(*it)).collect();
    for (at, role) in world.inventory.roles.iter().enumerate() {
        let here = role.namespace;
        if here.is_some() && (all.contains(&None) || all.contains(&here) || called.contains(&role.name)) {
            found.insert(Vertex::Holder(at as u32, here));
        }
    }
    for vertex in found {
        if let Vertex::Holder(role, scope) = vertex {
            world.hold(role, scope);
        }
    }
}

fn as_roles(vertex: Vertex) -> Option<Scope> {
    if let Vertex::Roles(scope) = vertex { Some(scope) } else { None }
}

fn as_called(vertex: Vertex) -> Option<Name> {
    if let Vertex::RolesCalled(name) = vertex { Some(name) } else { None }
}

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    each(world, &mut |who, to, grounds| links.granted(who, to, grounds));
}

/// What somebody may bind in one scope.
#[derive(Default)]
struct Bindable {
    all: Option<Ground>,
    named: BTreeMap<Name, Ground>,
}

/// Hands over who may bind what, with both grants.
fn each(world: &World<'_>, take: &mut dyn FnMut(Vertex, Vertex, &[Ground])) -> Work {
    let mut work = Work::default();
    for (bindings, clusterwide) in [("rolebindings", false), ("clusterrolebindings", true)] {
        let write = VERBS.map(|verb| world.holders(may(verb, GROUP, bindings)));
        for (roles, of_cluster) in [("clusterroles", true), ("roles", false)] {
            if clusterwide && !of_cluster {
                continue;
            }
            let bind = [world.holders(may("bind", GROUP, roles))];
            for (who, holds) in world.joint(&[&write, &bind]) {
                let counts = |hold: &&Hold<'_>| !clusterwide || hold.scope.is_none();
                let mut writes: BTreeMap<Scope, Ground> = BTreeMap::new();
                for hold in holds.of(0).filter(counts) {
                    work.steps += 1;
                    if let Some(ground) = hold.nameless().or(hold.some()) {
                        writes.entry(hold.scope).or_insert(ground);
                    }
                }
                let mut binds: BTreeMap<Scope, Bindable> = BTreeMap::new();
                for hold in holds.of(1).filter(counts) {
                    let here = binds.entry(hold.scope).or_default();
                    here.all = here.all.or(hold.all());
                    for (name, ground) in hold.named() {
                        work.steps += 1;
                        here.named.entry(name).or_insert(ground);
                    }
                }
                for (scope, bindable) in &binds {
                    // Writing in the whole cluster is writing in each namespace too.
                    let shared: Vec<(Scope, Ground)> = match (writes.get(&None), scope) {
                        (Some(ground), _) => vec![(*scope, *ground)],
                        (None, Some(_)) => {
                            writes.get(scope).map(|ground| (*scope, *ground)).into_iter().collect()
                        }
                        (None, None) => writes.iter().map(|(scope, ground)| (*scope, *ground)).collect(),
                    };
                    for (scope, written) in shared {
                        work.steps += 1;
                        if let Some(bound) = bindable.all {
                            // `cluster-admin` is on every cluster.
                            let to = if of_cluster { Vertex::Full(scope) } else { Vertex::Roles(scope) };
                            take(who, to, &[bound, written]);
                            continue;
                        }
                        for (name, bound) in &bindable.named {
                            let to = match (of_cluster, scope) {
                                (true, _) => {
                                    world.rbac.cluster_role(*name).map(|role| Vertex::Holder(role, scope))
                                }
                                (false, None) => Some(Vertex::RolesCalled(*name)),
                                (false, Some(namespace)) => {
                                    world.rbac.role(namespace, *name).map(|role| Vertex::Holder(role, scope))
                                }
                            };
                            work.pairs += 1;
                            if let Some(to) = to.filter(|_| work.pairs <= PAIRS) {
                                work.steps += 1;
                                take(who, to, &[*bound, written]);
                            }
                        }
                    }
                }
            }
        }
    }
    work
}

#[cfg(test)]
mod tests {
    use sekisho_kube::Inventory;
    use serde_json::json;

    use crate::testing::*;
    use crate::{Graph, Options};

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

    #[test]
    fn a_role_of_a_namespace_is_bound_there() {
        const GROUP: &str = "rbac.authorization.k8s.io";
        let role = |namespace: &str| {
            format!(
                "---\napiVersion: {GROUP}/v1\nkind: Role\nmetadata: {{name: reader, namespace: {namespace}}}\nrules: [{{verbs: [get], resources: [secrets], apiGroups: ['']}}]\n"
            )
        };
        let rules = |names: &str| {
            format!(
                "verbs: [create], resources: [rolebindings], apiGroups: [{GROUP}]}}, {{verbs: [bind], resources: [roles], apiGroups: [{GROUP}]{names}"
            )
        };
        for names in ["", ", resourceNames: [reader]"] {
            for (binding, elsewhere) in [("RoleBinding", false), ("ClusterRoleBinding", true)] {
                let world = SECRETS.to_owned()
                    + &role("shop")
                    + &role("other")
                    + &grant_alone(&rules(names), "ClusterRole", binding);
                passes(&world, "eve", "shop/db", "bind");
                if elsewhere {
                    passes(&world, "eve", "other/db", "bind");
                } else {
                    reads_not(&world, "eve", "other/db");
                }
            }
        }
        let world = SECRETS.to_owned()
            + &role("shop")
            + &grant_alone(&rules(", resourceNames: [other]"), "ClusterRole", "ClusterRoleBinding");
        reads_not(&world, "eve", "shop/db");
    }

    /// One subject, and everybody, with as many bindings as there are roles: the work grows as the
    /// inventory does.
    #[test]
    fn the_work_is_that_of_the_inventory() {
        const GROUP: &str = "rbac.authorization.k8s.io";
        let work = |n: usize| {
            let mut builder = Inventory::builder();
            let mut add = |object: serde_json::Value| builder.add(&object);
            let api = format!("{GROUP}/v1");
            let write = json!({"verbs": ["create"], "resources": ["rolebindings"], "apiGroups": [GROUP]});
            let bind =
                json!({"verbs": ["bind"], "resources": ["roles", "clusterroles"], "apiGroups": [GROUP]});
            add(
                json!({"apiVersion": api, "kind": "ClusterRole", "metadata": {"name": "binder"}, "rules": [write, bind]}),
            );
            let binding = |name: String, namespace: Option<String>, user: String| {
                let kind = if namespace.is_some() { "RoleBinding" } else { "ClusterRoleBinding" };
                json!({"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": namespace},
                    "roleRef": {"kind": "ClusterRole", "name": "binder"}, "subjects": [{"kind": "User", "name": user}]})
            };
            for at in 0..n {
                let namespace = format!("n{}", at % 50);
                add(
                    json!({"apiVersion": api, "kind": "Role", "metadata": {"name": format!("r{at}"), "namespace": namespace}}),
                );
                add(binding(format!("one{at}"), Some(format!("n{at}")), "eve".to_owned()));
                add(binding(format!("each{at}"), None, format!("user{at}")));
                // A binding to an account that is not there, for whoever may make it.
                add(
                    json!({"apiVersion": api, "kind": "RoleBinding", "metadata": {"name": format!("gone{at}"), "namespace": namespace},
                    "roleRef": {"kind": "ClusterRole", "name": "maker"},
                    "subjects": [{"kind": "ServiceAccount", "name": format!("gone{at}")}, {"kind": "User", "name": format!("user{at}")}]}),
                );
            }
            let make = json!({"verbs": ["create"], "resources": ["serviceaccounts", "serviceaccounts/token"], "apiGroups": [""]});
            add(
                json!({"apiVersion": api, "kind": "ClusterRole", "metadata": {"name": "maker"}, "rules": [make]}),
            );
            add(
                json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "there", "namespace": "n0"}}),
            );
            let inventory = builder.finish();
            let options = Options::default();
            let world = crate::world::World::new(&inventory, &options);
            let steps = super::each(&world, &mut |_, _, _| ()).steps;
            (steps, Graph::new(&inventory, &options).links().len() as u64)
        };
        let (few, many) = (work(200), work(1600));
        // Eight times the inventory; a product would be sixty-four times the work.
        assert!(many.0 <= 10 * few.0, "{few:?} {many:?}");
        assert!(many.1 <= 10 * few.1, "{few:?} {many:?}");
    }

    #[test]
    fn a_product_is_cut_off_and_that_is_said() {
        const GROUP: &str = "rbac.authorization.k8s.io";
        let mut builder = Inventory::builder();
        let mut add = |object: serde_json::Value| builder.add(&object);
        let api = format!("{GROUP}/v1");
        let names: Vec<String> = (0..500).map(|at| format!("r{at}")).collect();
        let bind = json!({"verbs": ["bind"], "resources": ["clusterroles"], "apiGroups": [GROUP], "resourceNames": names});
        let write = json!({"verbs": ["create"], "resources": ["rolebindings"], "apiGroups": [GROUP]});
        let subjects = json!([{"kind": "User", "name": "eve"}]);
        let role = |name: &str, rules: serde_json::Value| json!({"apiVersion": api, "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules});
        add(role("bind", json!([bind])));
        add(role("write", json!([write])));
        for name in &names {
            add(role(name, json!([])));
        }
        add(
            json!({"apiVersion": api, "kind": "ClusterRoleBinding", "metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "bind"}, "subjects": subjects}),
        );
        for at in 0..500 {
            add(
                json!({"apiVersion": api, "kind": "RoleBinding", "metadata": {"name": "w", "namespace": format!("n{at}")}, "roleRef": {"kind": "ClusterRole", "name": "write"}, "subjects": subjects}),
            );
        }
        let inventory = builder.finish();
        let options = Options::default();
        let graph = Graph::new(&inventory, &options);
        let missing = graph.not_assessed();
        let said = missing.iter().find(|it| it.what == "bindings that could be made").unwrap();
        assert_eq!(said.reason, "50000 more pairs of a role and a namespace could be bound");
    }
}
