//! Constrained impersonation of nodes (KEP-5284): `impersonate:arbitrary-node` on a node by name, or, out of
//! a pod, `impersonate:associated-node` for the node that the pod runs on; and
//! `impersonate-on:MODE:get` on the Secrets that are then asked for. The Node authorizer answers as to the
//! kubelet. For the associated node the name that is asked about is `*`.

use std::collections::BTreeMap;

use super::{Edge, Family, Gate, node_secrets};
use crate::graph::Links;
use crate::vertex::{Scope, Vertex};
use crate::world::{Ground, Hold, World, may};

pub(super) const EDGE: Edge = Edge {
    id: "impersonate-constrained-node",
    says: "impersonates, for this request alone, the kubelet that may get",
    condition: "on where the feature gate is: alpha in 1.35, beta (on) in 1.36; a pod of the node names the Secret",
    gate: Gate::None,
    verified: &[],
    source: "apiserver filters/impersonation/mode.go; node_authorizer.go",
    family: Family::Node,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    const GROUP: &str = "authentication.k8s.io";
    // Before 1.35 nobody asks for these verbs.
    if world.inventory.minor.is_some_and(|minor| minor < 35) {
        return;
    }
    let on = |mode: [&'static str; 3]| mode.map(|verb| world.holders(may(verb, "", "secrets")));
    let arbitrary = [world.holders(may("impersonate:arbitrary-node", GROUP, "nodes"))];
    let associated = [world.holders(may("impersonate:associated-node", GROUP, "nodes"))];
    let on_arbitrary = on([
        "impersonate-on:arbitrary-node:get",
        "impersonate-on:arbitrary-node:list",
        "impersonate-on:arbitrary-node:watch",
    ]);
    let on_associated = on([
        "impersonate-on:associated-node:get",
        "impersonate-on:associated-node:list",
        "impersonate-on:associated-node:watch",
    ]);
    // A rule for every verb is no way round itself.
    let outright = world.holders(may("get", "", "secrets")).outright();
    let is_new = |hold: &&Hold<'_>| hold.all().is_none_or(|it| !outright.contains(&it));
    let mut used: Option<BTreeMap<u32, Vec<Vertex>>> = None;
    for (who, holds) in world.joint(&[&arbitrary, &on_arbitrary]) {
        let new: Vec<Hold<'_>> = holds.of(1).filter(is_new).copied().collect();
        if new.is_empty() {
            continue;
        }
        let used = used.get_or_insert_with(|| used_on(world));
        for (node, become_it) in nodes(world, holds.of(0)) {
            open(world, links, used, (who, node, become_it), &new);
        }
    }
    let whole = world.inventory.names.find("*");
    for (who, holds) in world.joint(&[&associated, &on_associated]) {
        let new: Vec<Hold<'_>> = holds.of(1).filter(is_new).copied().collect();
        let Vertex::Account(account) = who else { continue };
        let mut mine = holds.of(0).filter(|hold| hold.scope.is_none());
        let become_it = mine.find_map(|hold| hold.all().or_else(|| whole.and_then(|name| hold.on(name))));
        let Some(become_it) = become_it else { continue };
        let used = used.get_or_insert_with(|| used_on(world));
        // Only a token that says on which node its pod runs will do.
        let it = &world.inventory.accounts[account as usize];
        let pods = world.inventory.pods.iter().enumerate();
        let pods =
            pods.filter(|(_, pod)| (pod.namespace, pod.account) == (it.namespace, it.name) && !pod.ended);
        for (at, pod) in pods.filter(|(_, pod)| pod.token.unwrap_or(it.automount)) {
            if let Some(node) = pod.node.and_then(|node| world.node(node)) {
                open(world, links, used, (Vertex::Pod(at as u32), node, become_it), &new);
            }
        }
    }
}

/// The nodes that may be impersonated, each with the grant.
fn nodes<'h>(world: &World<'_>, holds: impl Iterator<Item = &'h Hold<'h>>) -> BTreeMap<u32, Ground> {
    let mut found = BTreeMap::new();
    for hold in holds.filter(|hold| hold.scope.is_none()) {
        if let Some(ground) = hold.all() {
            let all = 0..world.inventory.nodes.len() as u32;
            return all.map(|node| (node, ground)).collect();
        }
        let named = hold.named().filter_map(|(name, ground)| Some((world.node(name)?, ground)));
        found.extend(named);
    }
    found
}

/// Links somebody who can be a node's kubelet to the Secrets that it may then ask for.
fn open(
    world: &World<'_>,
    links: &mut Links<'_, '_>,
    used: &BTreeMap<u32, Vec<Vertex>>,
    (from, node, become_it): (Vertex, u32, Ground),
    on: &[Hold<'_>],
) {
    let secrets = &world.inventory.secrets;
    for secret in used.get(&node).into_iter().flatten() {
        let Vertex::Secret(at) = *secret else { continue };
        let secret_is = |scope: Scope| scope.is_none_or(|it| it == secrets[at as usize].namespace);
        let mut grounds = on.iter().filter(|hold| secret_is(hold.scope));
        if let Some(on) = grounds.find_map(|hold| hold.on(secrets[at as usize].name)) {
            links.granted(from, *secret, &[become_it, on]);
        }
    }
}

/// The Secrets that each node's kubelet may get.
fn used_on(world: &World<'_>) -> BTreeMap<u32, Vec<Vertex>> {
    let mut used: BTreeMap<u32, Vec<Vertex>> = BTreeMap::new();
    node_secrets::each(world, &mut |node, secret, _| used.entry(node).or_default().push(secret));
    for secrets in used.values_mut() {
        secrets.sort();
        secrets.dedup();
    }
    used
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    const NODES: &str = "resources: [nodes], apiGroups: [authentication.k8s.io]";

    fn on(mode: &str, verb: &str) -> String {
        format!("verbs: ['impersonate-on:{mode}:{verb}'], resources: [secrets], apiGroups: ['']")
    }

    #[test]
    fn any_node_by_its_name_and_what_it_uses() {
        let world = |first: &str, second: &str| {
            let both = format!("{first}}}, {{{second}");
            pod("nodeName: n1", "imagePullSecrets: [{name: db}]")
                + &grant_alone(&both, "ClusterRole", "ClusterRoleBinding")
        };
        let node =
            |name: &str| format!("verbs: ['impersonate:arbitrary-node'], {NODES}, resourceNames: [{name}]");
        let get = on("arbitrary-node", "get");
        reads(&world(&node("n1"), &get), "eve", "shop/db", "impersonate-constrained-node");
        reads(&world(&node(""), &get), "eve", "shop/db", "impersonate-constrained-node");
        reads_not(&world(&node("n2"), &get), "eve", "shop/db");
        reads_not(&world(&node("n1"), &on("associated-node", "get")), "eve", "shop/db");
        // No pod of the node names it.
        reads_not(&world(&node("n1"), &get), "eve", "shop/other");
        let minor = |minor: u32| move |builder: &mut sekisho_kube::inventory::Builder| builder.minor(minor);
        reads_not_with(&world(&node("n1"), &get), "eve", "shop/db", minor(34));
    }

    #[test]
    fn the_node_of_ones_own_pod() {
        let exec =
            grant_alone("verbs: [create], resources: [pods/exec], apiGroups: ['']", "Role", "RoleBinding");
        let world = |mode: &str, node: &str| {
            let rules = format!("verbs: ['impersonate:{mode}'], {NODES}}}, {{{}", on(mode, "get"));
            pod(&format!("nodeName: {node}, serviceAccountName: app"), "")
                + OTHER_POD
                + &exec
                + &bound_in("{kind: ServiceAccount, name: app, namespace: shop}", &rules, None)
        };
        passes(&world("associated-node", "n1"), "eve", "other/db", "impersonate-constrained-node");
        reads_not(&world("associated-node", "n2"), "eve", "other/db");
        // A token that is asked for from elsewhere says no node.
        let rule = "verbs: [create], resources: [serviceaccounts/token], apiGroups: ['']";
        let token = world("associated-node", "n1").replace(&exec, &grant_alone(rule, "Role", "RoleBinding"));
        reads_not(&token, "eve", "other/db");
    }
}
