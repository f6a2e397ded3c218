//! A pod is run as a service account: the workload, which is nobody else, has what is in its pods.
//! A token of the account alone does not lead there.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "runs-pod",
    says: "runs",
    condition: "the pod names the account",
    gate: Gate::None,
    verified: &[],
    source: "the pod's spec.serviceAccountName",
    family: Family::Place,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    let inventory = world.inventory;
    for (at, pod) in inventory.pods.iter().enumerate() {
        if let Some(Vertex::Account(account)) = world.account(pod.namespace, pod.account) {
            links.given(Vertex::Crew(account), Vertex::Pod(at as u32));
        }
    }
    if !inventory.coverage.has("pods") {
        for (at, template) in inventory.templates.iter().enumerate() {
            if let Some(Vertex::Account(account)) = world.account(template.namespace, template.account) {
                links.given(Vertex::Crew(account), Vertex::Template(at as u32));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn a_workload_reads_what_it_mounts_and_a_stolen_token_does_not() {
        let world = pod("serviceAccountName: app", "volumes: [{name: v, secret: {secretName: db}}]");
        reads(&world, "system:serviceaccount:shop:app", "shop/db", "pod-mounts");
        let thief = grant(
            "verbs: [create], resources: [serviceaccounts/token], apiGroups: ['']",
            "Role",
            "RoleBinding",
        );
        reads_not(&(world + &thief), "eve", "shop/db");
    }
}
