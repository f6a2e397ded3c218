//! A certificate for any user and group but `system:masters`: create a signing request, approve it oneself,
//! read the certificate. Four grants, one way.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{Ground, Hold, World, may};

pub(super) const EDGE: Edge = Edge {
    id: "csr-client",
    says: "signs itself a certificate as",
    condition: "signer kubernetes.io/kube-apiserver-client; system:masters is refused by admission",
    gate: Gate::Admission,
    verified: &[],
    source: "Kubernetes, certificate signing requests; plugin/pkg/admission/certificates",
    family: Family::Identity,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for (who, grounds) in self_signed(world, "kubernetes.io/kube-apiserver-client") {
        links.granted(who, Vertex::Users, &grounds);
        links.granted(who, Vertex::Groups, &grounds);
    }
}

/// Who makes a signing request, approves it for a signer, and reads the certificate, with the grants of
/// each step.
pub(super) fn self_signed(world: &World<'_>, signer: &str) -> Vec<(Vertex, [Ground; 4])> {
    const GROUP: &str = "certificates.k8s.io";
    let create = [world.holders(may("create", GROUP, "certificatesigningrequests"))];
    let read =
        ["get", "list", "watch"].map(|verb| world.holders(may(verb, GROUP, "certificatesigningrequests")));
    let approval = ["update", "patch"]
        .map(|verb| world.holders(may(verb, GROUP, "certificatesigningrequests/approval")));
    let signers = [world.holders(may("approve", GROUP, "signers"))];
    let names = [signer, "kubernetes.io/*"].map(|name| world.inventory.names.find(name));
    let found = world.joint(&[&create, &read, &approval, &signers]).into_iter().filter_map(|(who, holds)| {
        let first = |need: usize, ground: &dyn Fn(&Hold<'_>) -> Option<Ground>| {
            holds.of(need).filter(|hold| hold.scope.is_none()).find_map(ground)
        };
        // The name of the request is the subject's to choose, so any name is enough but for create.
        let create = first(0, &|hold| hold.nameless())?;
        let read = first(1, &|hold| hold.nameless().or(hold.some()))?;
        let approval = first(2, &|hold| hold.some())?;
        let by_name = |hold: &Hold<'_>| names.into_iter().flatten().find_map(|name| hold.on(name));
        let signer = first(3, &|hold| hold.all().or_else(|| by_name(hold)))?;
        Some((who, [create, read, approval, signer]))
    });
    found.collect()
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
            rule("approve", "signers", "kubernetes.io/kube-apiserver-client"),
        ];
        let world = |parts: &[String]| {
            SECRETS.to_owned()
                + &bound("{kind: User, name: ada}", "verbs: [get], resources: [secrets], apiGroups: ['']")
                + &grant_alone(&parts.join("}, {"), "ClusterRole", "ClusterRoleBinding")
        };
        passes(&world(&parts), "eve", "shop/db", "csr-client");
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
