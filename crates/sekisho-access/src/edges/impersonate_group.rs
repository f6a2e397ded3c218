//! `impersonate groups` together with somebody to be: Impersonate-Group without Impersonate-User is
//! refused. It reaches `system:masters`.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "impersonate-group",
    says: "impersonates a member of",
    condition: "headers Impersonate-User and Impersonate-Group",
    gate: Gate::None,
    verified: RECORDED,
    source: "recorded exchanges 11; apiserver filters/impersonation",
    family: Family::Identity,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    let groups = [world.holders(may("impersonate", "", "groups"))];
    let users = [
        world.holders(may("impersonate", "", "users")),
        world.holders(may("impersonate", "", "serviceaccounts")),
    ];
    let is_account = |hold: &crate::world::Hold<'_>| {
        users[1].iter().any(|it| it.who == hold.who && it.all() == hold.all())
    };
    for (who, holds) in world.joint(&[&groups, &users]) {
        // Users are impersonated in the whole cluster only, accounts in their namespaces too.
        let somebody = holds.of(1).find(|hold| hold.scope.is_none() || is_account(hold));
        let Some(somebody) = somebody.and_then(crate::world::Hold::some) else { continue };
        for hold in holds.of(0).filter(|hold| hold.scope.is_none()) {
            if let Some(ground) = hold.all() {
                links.granted(who, Vertex::Groups, &[ground, somebody]);
                if let Some(masters) = world.group(crate::rbac::MASTERS) {
                    links.granted(who, masters, &[ground, somebody]);
                }
            }
            for (name, ground) in hold.named() {
                if let Some(group) = world.group(world.inventory.text(name)) {
                    links.granted(who, group, &[ground, somebody]);
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
        let ops = bound("{kind: Group, name: ops}", "verbs: [get], resources: [secrets], apiGroups: ['']");
        let world =
            |rule: &str| SECRETS.to_owned() + &ops + &grant_alone(rule, "ClusterRole", "ClusterRoleBinding");
        reads(
            &world("verbs: [impersonate], resources: [users, groups], apiGroups: ['']"),
            "eve",
            "shop/db",
            "impersonate-group",
        );
        reads_not(&world("verbs: [impersonate], resources: [groups], apiGroups: ['']"), "eve", "shop/db");
        reads_not(&world("verbs: [impersonate], resources: [users], apiGroups: ['']"), "eve", "shop/db");
        let named = "verbs: [impersonate], resources: [users, groups], apiGroups: [''], resourceNames: [system:masters]";
        reads(&world(named), "eve", "shop/db", "impersonate-group");
    }
}
