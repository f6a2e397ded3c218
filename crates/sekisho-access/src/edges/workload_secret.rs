//! A pod of one's own names any Secret of its namespace.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "workload-secret",
    says: "may mount",
    condition: "the name is known; Pod Security does not stop it",
    gate: Gate::Admission,
    verified: &[],
    source: "Kubernetes, RBAC good practices: workload creation",
    family: Family::Workload,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    links.given(Vertex::Workloads(None), Vertex::Secrets(None));
    for namespace in &world.inventory.namespaces {
        let scope = Some(namespace.name);
        links.given(Vertex::Workloads(scope), Vertex::Secrets(scope));
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn of_its_namespace_and_no_other() {
        let world = SECRETS.to_owned()
            + &grant_alone("verbs: [create], resources: [pods], apiGroups: ['']", "Role", "RoleBinding");
        reads(&world, "eve", "shop/db", "workload-secret");
        let guarded = "---\napiVersion: v1\nkind: NamespaceList\nitems:\n- {metadata: {name: other, labels: {pod-security.kubernetes.io/enforce: restricted}}}\n- {metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}}\n";
        reads_not(&(world + guarded), "eve", "other/db");
    }
}
