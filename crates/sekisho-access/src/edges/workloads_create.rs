//! Everything that makes pods does it with its controller's rights: `create deployments` needs no verb
//! on pods.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "workloads-create",
    says: "makes, by way of a controller,",
    condition: "the kind's controller runs",
    gate: Gate::Admission,
    verified: &[],
    source: "Kubernetes, RBAC good practices: workload creation",
    family: Family::Workload,
    certain: true,
    find,
};

/// Kinds that make pods: group and plural name.
pub(super) const KINDS: &[(&str, &str)] = &[
    ("apps", "deployments"),
    ("apps", "daemonsets"),
    ("apps", "statefulsets"),
    ("apps", "replicasets"),
    ("batch", "jobs"),
    ("batch", "cronjobs"),
    ("", "replicationcontrollers"),
];

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for (group, resource) in KINDS {
        for hold in world.holders(may("create", group, resource)).iter() {
            for ground in hold.alls().chain(hold.only_nameless()) {
                links.granted(hold.who, Vertex::Workloads(hold.scope), &[ground]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn every_kind_that_makes_pods_in_its_own_group() {
        for (group, resource) in super::KINDS {
            let rule =
                |group: &str| format!("verbs: [create], resources: [{resource}], apiGroups: ['{group}']");
            let world = |rule: &str| SECRETS.to_owned() + &grant_alone(rule, "Role", "RoleBinding");
            passes(&world(&rule(group)), "eve", "shop/db", "workloads-create");
            reads_not(&world(&rule("extensions")), "eve", "shop/db");
        }
    }
}
