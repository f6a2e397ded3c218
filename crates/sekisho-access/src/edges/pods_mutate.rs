//! `update` or `patch pods` swaps the image of a running pod, which keeps what it mounts and who it is.

use super::{Edge, Family, Gate};
use crate::graph::{Links, Things};
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "pods-mutate",
    says: "replaces the image of",
    condition: "the pod exists",
    gate: Gate::Admission,
    verified: &[],
    source: "Kubernetes, validation of pod updates: spec.containers[*].image may change",
    family: Family::Workload,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for verb in ["patch", "update"] {
        for hold in world.holders(may(verb, "", "pods")).iter() {
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
                    &format!("verbs: [patch], resources: [{resource}], apiGroups: ['']"),
                    "Role",
                    "RoleBinding",
                )
        };
        passes(&world("pods"), "eve", "shop/db", "pods-mutate");
        reads_not(&world("pods/status"), "eve", "shop/db");
    }
}
