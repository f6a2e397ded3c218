//! A certificate of any node by the kubelet's signer, approved by oneself.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{Ground, Hold, World, may};

pub(super) const EDGE: Edge = Edge {
    id: "csr-node",
    says: "signs itself the certificate of",
    condition: "signer kubernetes.io/kube-apiserver-client-kubelet",
    gate: Gate::Admission,
    verified: &[],
    source: "Kubernetes, certificate signing requests",
    family: Family::Node,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    const GROUP: &str = "certificates.k8s.io";
    let create = [world.holders(may("create", GROUP, "certificatesigningrequests"))];
    let read =
        ["get", "list", "watch"].map(|verb| world.holders(may(verb, GROUP, "certificatesigningrequests")));
    let approval = ["update", "patch"]
        .map(|verb| world.holders(may(verb, GROUP, "certificatesigningrequests/approval")));
    let signers = [world.holders(may("approve", GROUP, "signers"))];
    for (who, holds) in world.joint(&[&create, &read, &approval, &signers]) {
        let first = |need: usize, ground: &dyn Fn(&Hold<'_>) -> Option<Ground>| {
            holds[need].iter().filter(|hold| hold.scope.is_none()).find_map(ground)
        };
        let signer = |hold: &Hold<'_>| {
            let names = ["kubernetes.io/kube-apiserver-client-kubelet", "kubernetes.io/*"]
                .map(|name| world.inventory.names.find(name));
            hold.all().or_else(|| names.into_iter().flatten().find_map(|name| hold.on(name)))
        };
        // The name of the request is the subject's to choose, so any name is enough but for create.
        let grounds = (
            first(0, &|hold| hold.nameless()),
            first(1, &|hold| hold.nameless().or(hold.some())),
            first(2, &|hold| hold.some()),
            first(3, &signer),
        );
        let (Some(create), Some(read), Some(approval), Some(signer)) = grounds else { continue };
        let grounds = [create, read, approval, signer];
        links.granted(who, Vertex::Nodes, &grounds);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn all_four_parts_are_needed() {
        let rule = |verbs: &str, resource: &str, names: &str| {
            format!(
                "verbs: [{verbs}], resources: [{resource}], apiGroups: [certificates.k8s.io], resourceNames: [{names}]"
            )
        };
        let parts = [
            rule("create", "certificatesigningrequests", ""),
            rule("get", "certificatesigningrequests", ""),
            rule("update", "certificatesigningrequests/approval", ""),
            rule("approve", "signers", "kubernetes.io/kube-apiserver-client-kubelet"),
        ];
        let world = |parts: &[String]| {
            pod("nodeName: n1", "imagePullSecrets: [{name: db}]")
                + &grant_alone(&parts.join("}, {"), "ClusterRole", "ClusterRoleBinding")
        };
        passes(&world(&parts), "eve", "shop/db", "csr-node");
        for at in 0..parts.len() {
            let mut less = parts.to_vec();
            less.remove(at);
            reads_not(&world(&less), "eve", "shop/db");
        }
        let mut other = parts.to_vec();
        other[3] = rule("approve", "signers", "example.com/mine");
        reads_not(&world(&other), "eve", "shop/db");
    }
}
