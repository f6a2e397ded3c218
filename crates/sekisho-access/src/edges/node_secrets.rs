//! What the Node authorizer gives a kubelet: each Secret that a pod of its node names, pull secrets and
//! volume drivers' ones too, and those of its persistent volumes, which may be of other namespaces.
//! This is a node's blast radius. A mirror pod gives nothing.

use std::collections::HashMap;

use sekisho_kube::inventory::Name;

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "node-secrets",
    says: "as its kubelet may get",
    condition: "a pod of the node names it, or a volume of a claim of such a pod",
    gate: Gate::None,
    verified: &[],
    source: "Kubernetes, plugin/pkg/auth/authorizer/node graph.go and node_authorizer.go",
    family: Family::Node,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    each(world, &mut |node, secret, field| links.shown(Vertex::Node(node), secret, field));
}

/// Hands over each node with each Secret that its kubelet may get, and the field that names it.
pub(super) fn each(world: &World<'_>, take: &mut dyn FnMut(u32, Vertex, Name)) {
    let inventory = world.inventory;
    let claims: HashMap<_, _> =
        inventory.claims.iter().map(|it| ((it.namespace, it.name), it.volume)).collect();
    let volumes: HashMap<_, _> = inventory.volumes.iter().map(|it| (it.name, it)).collect();
    let bound: HashMap<_, _> = inventory.volumes.iter().filter_map(|it| Some((it.claim?, it))).collect();
    for pod in inventory.pods.iter().filter(|pod| !pod.mirror) {
        let Some(node) = pod.node.and_then(|node| world.node(node)) else { continue };
        for used in &pod.secrets {
            if let Some(secret) = world.secret(pod.namespace, used.secret) {
                take(node, secret, used.field);
            }
        }
        for claim in &pod.claims {
            let key = (pod.namespace, *claim);
            let volume = claims.get(&key).copied().flatten().and_then(|volume| volumes.get(&volume).copied());
            let Some(volume) = volume.or_else(|| bound.get(&key).copied()) else { continue };
            for (namespace, used) in &volume.secrets {
                if let Some(secret) = world.secret(*namespace, used.secret) {
                    take(node, secret, used.field);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn every_reference_and_the_volumes_behind_claims() {
        let node = "system:node:n1";
        reads(&pod("nodeName: n1", "imagePullSecrets: [{name: db}]"), node, "shop/db", "node-secrets");
        reads_not(&pod("nodeName: n2", "imagePullSecrets: [{name: db}]"), node, "shop/db");
        let mirror = pod("nodeName: n1", "imagePullSecrets: [{name: db}]").replace(
            "metadata: {name: web,",
            "metadata: {annotations: {kubernetes.io/config.mirror: x}, name: web,",
        );
        reads_not(&mirror, node, "shop/db");
        let volume = "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {name: pv}\nspec: {claimRef: {namespace: shop, name: data}, csi: {driver: d, nodeStageSecretRef: {name: db, namespace: other}}}\n";
        let world =
            pod("nodeName: n1", "volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]") + volume;
        reads(&world, node, "other/db", "node-secrets");
        reads_not(&(pod("nodeName: n1", "") + volume), node, "other/db");
    }
}
