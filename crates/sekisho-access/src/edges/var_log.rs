//! A pod that mounts the node's `/var/log` puts a link where the kubelet looks for a container's log; whoever
//! then reads that pod's log is shown the file that it leads to, as root reads it.

use std::collections::BTreeMap;

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::{Scope, Vertex};
use crate::world::{Ground, World, may};

pub(super) const EDGE: Edge = Edge {
    id: "var-log",
    says: "reads the node's files through the kubelet's logs, and is",
    condition: "the mount can be written; the pod's own account may get pods/log; the kubelet follows links there",
    gate: Gate::None,
    verified: &[],
    source: "Kubernetes, hostPath volumes: /var/log; KubeHound, CE_VAR_LOG_SYMLINK",
    family: Family::Node,
    certain: false,
    find,
};

const PATHS: &[&str] = &["/var/log", "/var/log/containers", "/var/log/pods"];

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    let inventory = world.inventory;
    let logs = world.holders(may("get", "", "pods/log"));
    let mut may_read: BTreeMap<(Vertex, Scope), Ground> = BTreeMap::new();
    for hold in logs.iter() {
        if let Some(ground) = hold.all() {
            may_read.entry((hold.who, hold.scope)).or_insert(ground);
        }
    }
    for (at, pod) in inventory.pods.iter().enumerate().filter(|(_, pod)| !pod.ended) {
        let mounts = |path: &str| PATHS.contains(&path.trim_end_matches('/'));
        if !pod.host_paths.iter().any(|path| mounts(inventory.text(*path))) {
            continue;
        }
        let node = pod.node.and_then(|node| world.node(node));
        let (Some(node), Some(account)) = (node, world.account(pod.namespace, pod.account)) else { continue };
        let all = std::iter::once(account).chain(world.groups_of(account));
        let scopes = [Some(pod.namespace), None];
        let mut grounds =
            all.flat_map(|who| scopes.map(|scope| may_read.get(&(who, scope)).copied())).flatten();
        if let Some(ground) = grounds.next() {
            links.granted(Vertex::Pod(at as u32), Vertex::Host(node), &[ground]);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn the_mount_and_the_right_to_read_logs_are_needed() {
        let exec =
            grant_alone("verbs: [create], resources: [pods/exec], apiGroups: ['']", "Role", "RoleBinding");
        let world = |path: &str, resource: &str| {
            let volume = format!("volumes: [{{name: v, hostPath: {{path: {path}}}}}]");
            pod("nodeName: n1, serviceAccountName: app", &volume)
                + OTHER_POD
                + &exec
                + &bound(
                    "{kind: ServiceAccount, name: app, namespace: shop}",
                    &format!("verbs: [get], resources: [{resource}], apiGroups: ['']"),
                )
        };
        passes(&world("/var/log/", "pods/log"), "eve", "other/db", "var-log");
        reads_not(&world("/var/log/", "pods"), "eve", "other/db");
        reads_not(&world("/var/log/app", "pods/log"), "eve", "other/db");
    }
}
