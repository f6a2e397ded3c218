//! What a pod's containers get as files or environment variables, all kinds of containers.
//! Secrets for pulling images and for volume drivers do not reach a container: see `node_secrets`.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "pod-mounts",
    says: "mounts",
    condition: "a volume, projected volume, env or envFrom of the pod names it",
    gate: Gate::None,
    verified: &[],
    source: "Kubernetes, pkg/api/v1/pod VisitPodSecretNames",
    family: Family::Workload,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for (at, pod) in world.inventory.pods.iter().enumerate() {
        for used in pod.secrets.iter().filter(|used| used.how.in_container()) {
            if let Some(secret) = world.secret(pod.namespace, used.secret) {
                links.shown(Vertex::Pod(at as u32), secret, used.field);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn files_and_environment_reach_a_container_and_pull_secrets_do_not() {
        for spec in [
            "volumes: [{name: v, secret: {secretName: db}}]",
            "volumes: [{name: v, projected: {sources: [{secret: {name: db}}]}}]",
            "initContainers: [{name: i, envFrom: [{secretRef: {name: db}}]}]",
            "ephemeralContainers: [{name: i, env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: k}}}]}]",
        ] {
            let world = pod("serviceAccountName: app", spec);
            reads(&world, "system:serviceaccount:shop:app", "shop/db", "pod-mounts");
        }
        let world = pod("serviceAccountName: app", "imagePullSecrets: [{name: db}]");
        reads_not(&world, "system:serviceaccount:shop:app", "shop/db");
    }
}
