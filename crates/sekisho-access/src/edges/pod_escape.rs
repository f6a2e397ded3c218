//! A pod that is privileged, may trace or load what the node runs, or mounts the node's own files leads
//! to its node.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "pod-escape",
    says: "leaves its container for",
    condition: "privileged; capabilities with the node's processes in sight, or SYS_ADMIN and the like; a hostPath over the node's system or its runtime's socket",
    gate: Gate::None,
    verified: &[],
    source: "Kubernetes, Pod Security Standards: what baseline forbids",
    family: Family::Node,
    certain: true,
    find,
};

/// Paths of a node whose owner owns the node: system, kubelet, runtime sockets, control plane.
const PATHS: &[&str] = &[
    "/boot",
    "/etc",
    "/etc/cron.d",
    "/etc/kubernetes",
    "/etc/kubernetes/manifests",
    "/etc/kubernetes/pki",
    "/etc/ssh",
    "/opt/cni/bin",
    "/proc",
    "/root",
    "/root/.ssh",
    "/run",
    "/run/containerd",
    "/run/containerd/containerd.sock",
    "/run/crio/crio.sock",
    "/run/docker.sock",
    "/usr",
    "/usr/bin",
    "/var",
    "/var/lib",
    "/var/lib/containerd",
    "/var/lib/docker",
    "/var/lib/etcd",
    "/var/lib/kubelet",
    "/var/lib/kubelet/pki",
    "/var/lib/kubelet/pods",
    "/var/run",
    "/var/run/containerd",
    "/var/run/containerd/containerd.sock",
    "/var/run/crio/crio.sock",
    "/var/run/docker.sock",
];
fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    let inventory = world.inventory;
    for (at, pod) in inventory.pods.iter().enumerate() {
        let Some(node) = pod.node.and_then(|node| world.node(node)) else { continue };
        let path = |path: &str| match path.trim_end_matches('/') {
            "" => true,
            path => PATHS.contains(&path),
        };
        let escapes = pod.powers.privileged
            || pod.powers.capabilities
            || pod.host_paths.iter().any(|it| path(inventory.text(*it)));
        if escapes && !pod.ended {
            links.given(Vertex::Pod(at as u32), Vertex::Host(node));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn a_privileged_pod_leads_to_the_secrets_of_its_node() {
        let exec =
            grant_alone("verbs: [create], resources: [pods/exec], apiGroups: ['']", "Role", "RoleBinding");
        let world = |spec: &str| pod("nodeName: n1", spec) + OTHER_POD + &exec;
        passes(
            &world("containers: [{name: c, securityContext: {privileged: true}}]"),
            "eve",
            "other/db",
            "pod-escape",
        );
        passes(
            &world("volumes: [{name: v, hostPath: {path: /var/run/docker.sock}}]"),
            "eve",
            "other/db",
            "pod-escape",
        );
        passes(&world("volumes: [{name: v, hostPath: {path: /}}]"), "eve", "other/db", "pod-escape");
        reads_not(&world("volumes: [{name: v, hostPath: {path: /usr/share/zoneinfo}}]"), "eve", "other/db");
        reads_not(&world("containers: [{name: c, securityContext: {privileged: false}}]"), "eve", "other/db");
        // Tracing leads out only where the node's processes are in sight.
        let trace = "containers: [{name: c, securityContext: {capabilities: {add: [CAP_SYS_PTRACE]}}}]";
        passes(&world(&format!("hostPID: true, {trace}")), "eve", "other/db", "pod-escape");
        reads_not(&world(trace), "eve", "other/db");
    }
}
