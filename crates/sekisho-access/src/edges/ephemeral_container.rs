//! `patch pods/ephemeralcontainers` adds a container to a running pod: it sees the pod's volumes and
//! processes, and its environment may name any Secret of the namespace. `pods/exec` is not needed: the
//! container may send what it sees.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "ephemeral-container",
    says: "adds, to a running pod, a container that sees",
    condition: "a pod is there",
    gate: Gate::Admission,
    verified: RECORDED,
    source: "recorded exchanges 14e",
    family: Family::Workload,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    let inventory = world.inventory;
    for verb in ["patch", "update"] {
        for hold in world.holders(may(verb, "", "pods/ephemeralcontainers")).iter() {
            if let Some(ground) = hold.all() {
                links.granted(hold.who, Vertex::Debug(hold.scope), &[ground]);
                continue;
            }
            for (name, ground) in hold.named() {
                for pod in world.pods_in(hold.scope, name) {
                    let Vertex::Pod(at) = pod else { continue };
                    let namespace = inventory.pods[at as usize].namespace;
                    links.granted(hold.who, pod, &[ground]);
                    links.granted(hold.who, Vertex::Secrets(Some(namespace)), &[ground]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn any_secret_of_the_namespace_if_there_is_a_pod() {
        let rule = "verbs: [patch], resources: [pods/ephemeralcontainers], apiGroups: ['']";
        let grant = grant_alone(rule, "Role", "RoleBinding");
        reads(&(pod("nodeName: n1", "") + &grant), "eve", "shop/db", "ephemeral-container");
        let none = "---\n{apiVersion: v1, kind: PodList, items: []}\n";
        reads_not(&(SECRETS.to_owned() + none + &grant), "eve", "shop/db");
        let other = rule.replace("pods/ephemeralcontainers", "pods");
        reads_not(
            &(SECRETS.to_owned() + none + &grant_alone(&other, "Role", "RoleBinding")),
            "eve",
            "shop/db",
        );
    }
}
