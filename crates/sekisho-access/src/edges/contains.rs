//! What lies in what: all Secrets of the cluster are those of its namespaces, and so on.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "contains",
    says: "holds",
    condition: "always",
    gate: Gate::None,
    verified: &[],
    source: "the inventory",
    family: Family::Place,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    let inventory = world.inventory;
    for namespace in &inventory.namespaces {
        let scope = Some(namespace.name);
        for (all, here) in [
            (Vertex::Secrets(None), Vertex::Secrets(scope)),
            (Vertex::Workloads(None), Vertex::Workloads(scope)),
            (Vertex::Accounts(None), Vertex::Accounts(scope)),
            (Vertex::Pods(None), Vertex::Pods(scope)),
        ] {
            links.given(all, here);
        }
        if !inventory.coverage.has("pods") {
            links.given(Vertex::Debug(None), Vertex::Debug(scope));
            links.given(Vertex::Debug(scope), Vertex::Secrets(scope));
        }
    }
    for (at, secret) in inventory.secrets.iter().enumerate() {
        links.given(Vertex::Secrets(Some(secret.namespace)), Vertex::Secret(at as u32));
    }
    for (at, account) in inventory.accounts.iter().enumerate() {
        if world.is_there(at as u32) {
            links.given(Vertex::Accounts(Some(account.namespace)), Vertex::Account(at as u32));
        }
    }
    let mut last = None;
    for (at, pod) in inventory.pods.iter().enumerate().filter(|(_, pod)| !pod.ended) {
        let scope = Some(pod.namespace);
        links.given(Vertex::Pods(scope), Vertex::Pod(at as u32));
        if let Some(node) = pod.node.and_then(|node| world.node(node)) {
            links.given(Vertex::PodsOn(node), Vertex::Pod(at as u32));
        }
        if last != scope && inventory.coverage.has("pods") {
            links.given(Vertex::Debug(None), Vertex::Debug(scope));
            links.given(Vertex::Debug(scope), Vertex::Secrets(scope));
            links.given(Vertex::Debug(scope), Vertex::Pods(scope));
        }
        last = scope;
    }
    for at in 0..inventory.nodes.len() as u32 {
        links.given(Vertex::Nodes, Vertex::Node(at));
        links.given(Vertex::Hosts, Vertex::Host(at));
    }
    for at in &world.bindable {
        let role = &inventory.roles[*at as usize];
        let holder = Vertex::Holder(*at, role.namespace);
        links.given(Vertex::Roles(None), Vertex::Roles(role.namespace));
        links.given(Vertex::Roles(role.namespace), holder);
        links.given(Vertex::RolesCalled(role.name), holder);
    }
    for at in world.missing_accounts() {
        let scope = Some(inventory.accounts[at as usize].namespace);
        links.given(Vertex::Missing(None), Vertex::Missing(scope));
        links.given(Vertex::Missing(scope), Vertex::Account(at));
    }
    // Where a kind was not looked at, any namespace may hold one.
    for (_, resource) in super::workloads_create::KINDS {
        let Some(kind) = world.principals.find(resource) else { continue };
        if !inventory.coverage.has(resource) {
            links.given(Vertex::Kind(kind), Vertex::Workloads(None));
            continue;
        }
        for namespace in world.namespaces_with(resource) {
            links.given(Vertex::Kind(kind), Vertex::Workloads(Some(namespace)));
        }
    }
    let masters = world.group(crate::rbac::MASTERS);
    let mut bound: Vec<Vertex> = world.bound().chain(world.mapped_users()).collect();
    bound.sort();
    bound.dedup();
    for who in bound {
        match who {
            Vertex::User(_) => links.given(Vertex::Users, who),
            Vertex::Group(_) if Some(who) != masters => links.given(Vertex::Groups, who),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn the_whole_holds_its_parts_and_not_the_reverse() {
        let world = |binding: &str| {
            SECRETS.to_owned()
                + &grant_alone("verbs: [list], resources: [secrets], apiGroups: ['']", "ClusterRole", binding)
        };
        reads(&world("ClusterRoleBinding"), "eve", "other/db", "secrets-list");
        reads_not(&world("RoleBinding"), "eve", "other/db");
    }
}
