//! The label that enforces Pod Security is an object's like any other: whoever may patch the namespace
//! takes it off, and then makes privileged pods. A Role in the namespace is enough for its own Namespace.

use sekisho_kube::inventory::PodSecurity;

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{Hold, World, may};

pub(super) const EDGE: Edge = Edge {
    id: "namespace-label",
    says: "takes the Pod Security label off, runs a privileged pod and is",
    condition: "pods may be made there too",
    gate: Gate::Admission,
    verified: RECORDED,
    source: "recorded exchanges 7; Kubernetes, RBAC good practices",
    family: Family::Node,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    let makers = super::makes_pods(world);
    let patchers = ["patch", "update"].map(|verb| world.holders(may(verb, "", "namespaces")));
    for (who, holds) in world.joint(&[&makers, &patchers]) {
        for namespace in world.inventory.namespaces.iter().filter(|it| it.enforce != PodSecurity::Privileged)
        {
            let here = |hold: &&Hold<'_>| hold.scope.is_none() || hold.scope == Some(namespace.name);
            let make = holds.of(0).filter(here).find_map(Hold::nameless);
            let patch = holds.of(1).filter(here).find_map(|hold| hold.on(namespace.name));
            if let (Some(make), Some(patch)) = (make, patch) {
                links.granted(who, Vertex::Hosts, &[make, patch]);
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn both_are_needed() {
        let world = |rule: &str| {
            SECRETS.to_owned() + OTHER_POD + RESTRICTED + &grant_alone(rule, "Role", "RoleBinding")
        };
        let (pods, label) = (
            "verbs: [create], resources: [pods], apiGroups: ['']",
            "verbs: [patch], resources: [namespaces], apiGroups: ['']",
        );
        passes(&world(&format!("{pods}}}, {{{label}")), "eve", "other/db", "namespace-label");
        reads_not(&world(pods), "eve", "other/db");
        reads_not(&world(label), "eve", "other/db");
    }
}
