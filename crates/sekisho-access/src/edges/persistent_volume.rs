//! `create persistentvolumes` of type hostPath, claimed and mounted by a pod of one's own, is a node's
//! file system; Pod Security does not look behind a claim.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::{Vertex, meet};
use crate::world::{Hold, World, may};

pub(super) const EDGE: Edge = Edge {
    id: "persistent-volume",
    says: "mounts a node's files, by a volume of its own, and is",
    condition: "a claim and a pod may be made in one namespace too",
    gate: Gate::Admission,
    verified: &[],
    source: "Kubernetes, RBAC good practices: persistent volume creation",
    family: Family::Node,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    let volumes = [world.holders(may("create", "", "persistentvolumes"))];
    let claims = [world.holders(may("create", "", "persistentvolumeclaims"))];
    let makers = super::makes_pods(world);
    for (who, holds) in world.joint(&[&volumes, &claims, &makers]) {
        let volume = holds.of(0).filter(|hold| hold.scope.is_none()).find_map(Hold::nameless);
        let Some(volume) = volume else { continue };
        let pairs = holds.of(1).flat_map(|claim| holds.of(2).map(move |make| (claim, make)));
        let mut both = pairs.filter(|(claim, make)| meet(claim.scope, make.scope).is_some());
        let found = both.find_map(|(claim, make)| Some([volume, claim.nameless()?, make.nameless()?]));
        if let Some(grounds) = found {
            links.granted(who, Vertex::Hosts, &grounds);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn volume_claim_and_pod_are_needed() {
        let world = |resources: &str| {
            SECRETS.to_owned()
                + OTHER_POD
                + RESTRICTED
                + &grant_alone(
                    &format!("verbs: [create], resources: [{resources}], apiGroups: ['']"),
                    "ClusterRole",
                    "ClusterRoleBinding",
                )
                .replace("zzz", "")
        };
        let all = world("persistentvolumes, persistentvolumeclaims, replicationcontrollers");
        reads(&all, "eve", "other/db", "workload-secret");
        finds(&all, "eve", "persistent-volume");
        finds_not(&world("persistentvolumes, replicationcontrollers"), "eve", "persistent-volume");
        finds_not(&world("persistentvolumes, persistentvolumeclaims"), "eve", "persistent-volume");
    }
}
