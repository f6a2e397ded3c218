//! A webhook of one's own is sent every Secret that is written from then on, whole; a mutating one puts
//! what it likes into pods. Objects of these kinds are not sent to webhooks themselves.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "admission-webhook",
    says: "has sent to a webhook of its own, when it is next written,",
    condition: "the API server reaches the webhook; the Secret is written again",
    gate: Gate::None,
    verified: &[],
    source: "Kubernetes, RBAC good practices: control admission webhooks",
    family: Family::Node,
    certain: false,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    const GROUP: &str = "admissionregistration.k8s.io";
    for resource in ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"] {
        for verb in ["create", "update", "patch"] {
            for hold in world.holders(may(verb, GROUP, resource)).clusterwide() {
                let ground = if verb == "create" { hold.nameless() } else { hold.some() };
                if let Some(ground) = ground {
                    links.granted(hold.who, Vertex::Secrets(None), &[ground]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn with_it_and_without_it() {
        let rule = |verb: &str| {
            format!(
                "verbs: [{verb}], resources: [mutatingwebhookconfigurations], apiGroups: [admissionregistration.k8s.io]"
            )
        };
        let world = |verb: &str, binding: &str| {
            SECRETS.to_owned() + &grant_alone(&rule(verb), "ClusterRole", binding)
        };
        passes(&world("patch", "ClusterRoleBinding"), "eve", "shop/db", "admission-webhook");
        reads_not(&world("delete", "ClusterRoleBinding"), "eve", "shop/db");
        reads_not(&world("patch", "RoleBinding"), "eve", "shop/db");
    }
}
