//! `create pods/attach` takes over the main process of a container; what that leads to depends on what
//! listens there. The rule for `get` is that of exec.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::{Links, Things};
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "pods-attach",
    says: "attaches to the main process of",
    condition: "the process takes commands; with `get` alone only before 1.35",
    gate: Gate::Admission,
    verified: RECORDED,
    source: "recorded exchanges 14a and 14d",
    family: Family::Workload,
    certain: false,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for hold in world.holders(may("create", "", "pods/attach")).iter() {
        links.by_names(&hold, Things::Pods);
    }
    // A WebSocket opens with a GET, and until 1.35 that was all that was asked for.
    if world.before_websocket_create() {
        for hold in world.holders(may("get", "", "pods/attach")).iter() {
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
                    &format!("verbs: [{verb}], resources: [pods/attach], apiGroups: ['']"),
                    "Role",
                    "RoleBinding",
                )
        };
        reads(&world("create"), "eve", "shop/db", "pod-mounts");
        passes(&world("create"), "eve", "shop/db", "pods-attach");
        let minor = |minor: u32| move |builder: &mut sekisho_kube::inventory::Builder| builder.minor(minor);
        reads_not_with(&world("get"), "eve", "shop/db", minor(36));
        reads_with(&world("get"), "eve", "shop/db", "pods-attach", minor(34));
        reads_not(&world("get").replace("pods/attach", "pods"), "eve", "shop/db");
    }
}
