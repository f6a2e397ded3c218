//! A pod of one's own runs as any account of its namespace.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "workload-account",
    says: "may run as",
    condition: "always",
    gate: Gate::Admission,
    verified: &[],
    source: "Kubernetes, RBAC good practices: workload creation",
    family: Family::Identity,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    links.given(Vertex::Workloads(None), Vertex::Accounts(None));
    for namespace in &world.inventory.namespaces {
        let scope = Some(namespace.name);
        links.given(Vertex::Workloads(scope), Vertex::Accounts(scope));
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn any_account_of_the_namespace() {
        let app = account("app")
            + &bound_in(
                "{kind: ServiceAccount, name: app, namespace: shop}",
                "verbs: [get], resources: [secrets], apiGroups: ['']",
                Some("other"),
            );
        let create =
            grant_alone("verbs: [create], resources: [pods], apiGroups: ['']", "Role", "RoleBinding");
        passes(&(app.clone() + &create + RESTRICTED), "eve", "other/db", "workload-account");
        reads_not(&(app + RESTRICTED), "eve", "other/db");
    }
}
