//! `update` or `patch` of something that makes pods: its template then names what one likes. There must
//! be one to change.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "workloads-mutate",
    says: "makes, by changing what a controller makes pods of,",
    condition: "a workload of the kind is there",
    gate: Gate::Admission,
    verified: &[],
    source: "Kubernetes, RBAC good practices: workload creation",
    family: Family::Workload,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for (group, resource) in super::workloads_create::KINDS {
        let Some(place) = world.principals.find(resource) else { continue };
        for verb in ["update", "patch"] {
            for hold in world.holders(may(verb, group, resource)).iter() {
                if let Some(ground) = hold.all() {
                    let to = match hold.scope {
                        None => Vertex::Kind(place),
                        Some(here) if world.has_template(resource, here) => Vertex::Workloads(hold.scope),
                        Some(_) => continue,
                    };
                    links.granted(hold.who, to, &[ground]);
                    continue;
                }
                for (name, ground) in hold.named() {
                    for namespace in world.templates_named(resource, hold.scope, name) {
                        links.granted(hold.who, Vertex::Workloads(Some(namespace)), &[ground]);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn there_must_be_one_to_change() {
        let rule = "verbs: [patch], resources: [deployments], apiGroups: [apps]";
        let deployment = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: shop}\nspec: {template: {spec: {}}}\n";
        let world = |objects: &str, rule: &str, binding: &str| {
            SECRETS.to_owned() + objects + &grant_alone(rule, "ClusterRole", binding)
        };
        for binding in ["RoleBinding", "ClusterRoleBinding"] {
            passes(&world(deployment, rule, binding), "eve", "shop/db", "workloads-mutate");
            let elsewhere = deployment.replace("namespace: shop", "namespace: other");
            reads_not(&world(&elsewhere, rule, binding), "eve", "shop/db");
        }
        let named = format!("{rule}, resourceNames: [d]");
        passes(&world(deployment, &named, "RoleBinding"), "eve", "shop/db", "workloads-mutate");
        reads_not(&world(deployment, &named.replace("[d]", "[e]"), "RoleBinding"), "eve", "shop/db");
    }
}
