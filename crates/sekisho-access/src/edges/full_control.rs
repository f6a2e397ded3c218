//! Whoever may do everything somewhere.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "full-control",
    says: "has everything in",
    condition: "always",
    gate: Gate::None,
    verified: &[],
    source: "Kubernetes, RBAC: rules are additive",
    family: Family::Place,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    let scopes = std::iter::once(None).chain(world.inventory.namespaces.iter().map(|it| Some(it.name)));
    for scope in scopes {
        let full = Vertex::Full(scope);
        for to in
            [Vertex::Secrets(scope), Vertex::Workloads(scope), Vertex::Accounts(scope), Vertex::Pods(scope)]
        {
            links.given(full, to);
        }
    }
    for to in [Vertex::Users, Vertex::Groups, Vertex::Nodes] {
        links.given(Vertex::Full(None), to);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn of_one_namespace_is_not_of_another() {
        let rule = "verbs: [escalate, patch], resources: [roles], apiGroups: [rbac.authorization.k8s.io]";
        let world = SECRETS.to_owned() + RESTRICTED + &grant_alone(rule, "Role", "RoleBinding");
        reads(&world, "eve", "shop/db", "escalate");
        reads_not(&world, "eve", "other/db");
    }
}
