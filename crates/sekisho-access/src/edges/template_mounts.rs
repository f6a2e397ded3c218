//! What the pods of a template will get, where no pods were looked at (manifests).

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "template-mounts",
    says: "mounts",
    condition: "the template of a workload names it; pods were not looked at",
    gate: Gate::None,
    verified: &[],
    source: "Kubernetes, pkg/api/v1/pod VisitPodSecretNames",
    family: Family::Workload,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    if world.inventory.coverage.has("pods") {
        return;
    }
    for (at, template) in world.inventory.templates.iter().enumerate() {
        for used in template.secrets.iter().filter(|used| used.how.in_container()) {
            if let Some(secret) = world.secret(template.namespace, used.secret) {
                links.shown(Vertex::Template(at as u32), secret, used.field);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn a_deployment_reads_what_it_mounts_until_pods_are_seen() {
        let deployment = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: shop}\nspec: {template: {spec: {serviceAccountName: app, volumes: [{name: v, secret: {secretName: db}}]}}}\n".to_owned();
        reads(
            &(SECRETS.to_owned() + &deployment),
            "system:serviceaccount:shop:app",
            "shop/db",
            "template-mounts",
        );
        let pods = "---\n{apiVersion: v1, kind: PodList, items: []}\n";
        reads_not(&(SECRETS.to_owned() + &deployment + pods), "system:serviceaccount:shop:app", "shop/db");
    }
}
