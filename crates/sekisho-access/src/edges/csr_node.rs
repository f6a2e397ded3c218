//! A certificate of any node by the kubelet's signer, approved by oneself.

use super::csr_client::self_signed;
use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

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
    for (who, grounds) in self_signed(world, "kubernetes.io/kube-apiserver-client-kubelet") {
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
