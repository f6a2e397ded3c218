//! `impersonate users`, which only a ClusterRoleBinding gives. It brings neither the user's groups nor
//! service accounts or nodes.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "impersonate-user",
    says: "impersonates",
    condition: "header Impersonate-User; without the user's groups",
    gate: Gate::None,
    verified: RECORDED,
    source: "recorded exchanges 11; apiserver filters/impersonation",
    family: Family::Identity,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for hold in world.holders(may("impersonate", "", "users")).clusterwide() {
        if let Some(ground) = hold.all() {
            links.granted(hold.who, Vertex::Users, &[ground]);
            continue;
        }
        for (name, ground) in hold.named() {
            if let Some(user @ Vertex::User(_)) = world.find_user(world.inventory.text(name)) {
                links.granted(hold.who, user, &[ground]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn with_it_and_without_it() {
        let ada = bound("{kind: User, name: ada}", "verbs: [get], resources: [secrets], apiGroups: ['']");
        let world = |rule: &str, binding: &str| {
            SECRETS.to_owned() + &ada + &grant_alone(rule, "ClusterRole", binding)
        };
        let all = "verbs: [impersonate], resources: [users], apiGroups: ['']";
        reads(&world(all, "ClusterRoleBinding"), "eve", "shop/db", "impersonate-user");
        reads_not(&world(all, "RoleBinding"), "eve", "shop/db");
        let other = "verbs: [impersonate], resources: [users], apiGroups: [''], resourceNames: [bob]";
        reads_not(&world(other, "ClusterRoleBinding"), "eve", "shop/db");
    }
}
