//! `create pods/exec` runs a command in a container. By WebSocket `get` was enough until 1.35, where the
//! server asks for create as well (`AuthorizePodWebsocketUpgradeCreatePermission`).

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::{Links, Things};
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "pods-exec",
    says: "runs commands in",
    condition: "the pod exists; with `get` alone only before 1.35",
    gate: Gate::Admission,
    verified: RECORDED,
    source: "recorded exchanges 14a and 14d; kubernetes/kubernetes issue 133515",
    family: Family::Workload,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for hold in world.holders(may("create", "", "pods/exec")).iter() {
        links.by_names(&hold, Things::Pods);
    }
    // A WebSocket opens with a GET, and until 1.35 that was all that was asked for.
    if world.before_websocket_create() {
        for hold in world.holders(may("get", "", "pods/exec")).iter() {
            links.by_names(&hold, Things::Pods);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn create_opens_it_and_get_only_on_old_servers() {
        let world = |verb: &str| {
            pod("nodeName: n1", "volumes: [{name: v, secret: {secretName: db}}]")
                + &grant_alone(
                    &format!("verbs: [{verb}], resources: [pods/exec], apiGroups: ['']"),
                    "Role",
                    "RoleBinding",
                )
        };
        reads(&world("create"), "eve", "shop/db", "pod-mounts");
        passes(&world("create"), "eve", "shop/db", "pods-exec");
        let minor = |minor: u32| move |builder: &mut sekisho_kube::inventory::Builder| builder.minor(minor);
        reads_not_with(&world("get"), "eve", "shop/db", minor(36));
        reads_with(&world("get"), "eve", "shop/db", "pods-exec", minor(34));
        reads_not(&world("get").replace("pods/exec", "pods"), "eve", "shop/db");
    }
}
