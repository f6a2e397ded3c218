//! `get pods/proxy` reaches every port of a pod by plain requests; some of what listens there gives out
//! its settings.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::{Links, Things};
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "pods-proxy",
    says: "sends requests to ports of",
    condition: "what listens there gives it out",
    gate: Gate::None,
    verified: RECORDED,
    source: "recorded exchanges 14c",
    family: Family::Workload,
    certain: false,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for verb in ["get", "create", "update", "patch", "delete"] {
        for hold in world.holders(may(verb, "", "pods/proxy")).iter() {
            links.by_names(&hold, Things::Pods);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn with_it_and_without_it() {
        let world = |resource: &str| {
            pod("nodeName: n1", "volumes: [{name: v, secret: {secretName: db}}]")
                + &grant_alone(
                    &format!("verbs: [get], resources: [{resource}], apiGroups: ['']"),
                    "Role",
                    "RoleBinding",
                )
        };
        passes(&world("pods/proxy"), "eve", "shop/db", "pods-proxy");
        reads_not(&world("services/proxy"), "eve", "shop/db");
    }
}
