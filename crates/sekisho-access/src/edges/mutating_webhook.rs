//! A mutating webhook of one's own changes pods as they are made: any pod of any namespace then mounts and
//! runs as what its author likes.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "mutating-webhook",
    says: "turns new pods, by a webhook of its own, into",
    condition: "the API server reaches the webhook; a pod is made",
    gate: Gate::None,
    verified: &[],
    source: "Kubernetes, RBAC good practices: control admission webhooks",
    family: Family::Workload,
    certain: false,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    const GROUP: &str = "admissionregistration.k8s.io";
    for verb in ["create", "update", "patch"] {
        for hold in world.holders(may(verb, GROUP, "mutatingwebhookconfigurations")).clusterwide() {
            let ground = if verb == "create" { hold.nameless() } else { hold.some() };
            if let Some(ground) = ground {
                links.granted(hold.who, Vertex::Workloads(None), &[ground]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn a_mutating_one_and_no_other() {
        let world = |resource: &str, binding: &str| {
            let rule = format!(
                "verbs: [create], resources: [{resource}], apiGroups: [admissionregistration.k8s.io]"
            );
            SECRETS.to_owned() + &grant_alone(&rule, "ClusterRole", binding)
        };
        finds(&world("mutatingwebhookconfigurations", "ClusterRoleBinding"), "eve", "mutating-webhook");
        finds_not(&world("mutatingwebhookconfigurations", "RoleBinding"), "eve", "mutating-webhook");
        finds_not(&world("validatingwebhookconfigurations", "ClusterRoleBinding"), "eve", "mutating-webhook");
    }
}
