//! Whoever may create `certificatesigningrequests/nodeclient` has requests for a node's certificate
//! approved by the controller: that is how nodes join, and anybody with a bootstrap token is any node.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{Ground, Hold, World, may};

pub(super) const EDGE: Edge = Edge {
    id: "csr-nodeclient",
    says: "joins as, and has the certificate of,",
    condition: "the approving controller runs (it does by default)",
    gate: Gate::Admission,
    verified: &[],
    source: "Kubernetes, TLS bootstrapping",
    family: Family::Node,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    const GROUP: &str = "certificates.k8s.io";
    let create = [world.holders(may("create", GROUP, "certificatesigningrequests"))];
    let approved = [world.holders(may("create", GROUP, "certificatesigningrequests/nodeclient"))];
    let read =
        ["get", "list", "watch"].map(|verb| world.holders(may(verb, GROUP, "certificatesigningrequests")));
    for (who, holds) in world.joint(&[&create, &approved, &read]) {
        let first = |need: usize, ground: &dyn Fn(&Hold<'_>) -> Option<Ground>| {
            holds.of(need).filter(|hold| hold.scope.is_none()).find_map(ground)
        };
        let grounds = (
            first(0, &|hold| hold.nameless()),
            first(1, &|hold| hold.nameless()),
            first(2, &|hold| hold.nameless().or(hold.some())),
        );
        if let (Some(create), Some(approved), Some(read)) = grounds {
            links.granted(who, Vertex::Nodes, &[create, approved, read]);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn both_requests_are_needed() {
        let rule = |resource: &str| {
            format!("verbs: [create, get], resources: [{resource}], apiGroups: [certificates.k8s.io]")
        };
        let world = |resources: &str| {
            pod("nodeName: n1", "imagePullSecrets: [{name: db}]")
                + &grant_alone(&rule(resources), "ClusterRole", "ClusterRoleBinding")
        };
        passes(
            &world("certificatesigningrequests, certificatesigningrequests/nodeclient"),
            "eve",
            "shop/db",
            "csr-nodeclient",
        );
        reads_not(&world("certificatesigningrequests"), "eve", "shop/db");
        reads_not(
            &world("certificatesigningrequests, certificatesigningrequests/selfnodeclient"),
            "eve",
            "shop/db",
        );
    }
}
