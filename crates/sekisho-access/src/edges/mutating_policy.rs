//! A MutatingAdmissionPolicy with its binding changes pods as they are made, without any webhook: any pod
//! of any namespace then mounts what its author likes.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "mutating-policy",
    says: "turns new pods, by a policy, into",
    condition: "MutatingAdmissionPolicy is served; policy and binding are both needed",
    gate: Gate::None,
    verified: &[],
    source: "Kubernetes, mutating admission policy (KEP-3962)",
    family: Family::Workload,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    const GROUP: &str = "admissionregistration.k8s.io";
    let write =
        |resource| ["create", "update", "patch"].map(|verb| world.holders(may(verb, GROUP, resource)));
    let policies = write("mutatingadmissionpolicies");
    let bindings = write("mutatingadmissionpolicybindings");
    for (who, holds) in world.joint(&[&policies, &bindings]) {
        let first = |need: usize| {
            let mut all = holds.of(need).filter(|hold| hold.scope.is_none());
            all.find_map(|hold| hold.nameless().or(hold.some()))
        };
        if let (Some(policy), Some(binding)) = (first(0), first(1)) {
            links.granted(who, Vertex::Workloads(None), &[policy, binding]);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn policy_and_binding_are_needed() {
        let world = |resources: &str| {
            let rule = format!(
                "verbs: [create], resources: [{resources}], apiGroups: [admissionregistration.k8s.io]"
            );
            SECRETS.to_owned() + &grant_alone(&rule, "ClusterRole", "ClusterRoleBinding")
        };
        passes(
            &world("mutatingadmissionpolicies, mutatingadmissionpolicybindings"),
            "eve",
            "shop/db",
            "mutating-policy",
        );
        reads_not(&world("mutatingadmissionpolicies"), "eve", "shop/db");
    }
}
