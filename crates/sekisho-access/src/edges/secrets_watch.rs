//! `watch` begins with every existing Secret, values and all.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "secrets-watch",
    says: "watches, which begins with all values,",
    condition: "alone is enough",
    gate: Gate::None,
    verified: RECORDED,
    source: "recorded exchanges 5 and 15d",
    family: Family::Direct,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for hold in world.holders(may("watch", "", "secrets")).iter() {
        for ground in hold.alls() {
            links.granted(hold.who, Vertex::Secrets(hold.scope), &[ground]);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{grant, reads, reads_not};

    #[test]
    fn with_it_and_without_it() {
        let world = |rule: &str| grant(rule, "ClusterRole", "RoleBinding");
        reads(
            &world("verbs: [watch], resources: [secrets], apiGroups: ['']"),
            "eve",
            "shop/db",
            "secrets-watch",
        );
        reads_not(&world("verbs: [watch], resources: [secrets], apiGroups: [batch]"), "eve", "shop/db");
        reads_not(&world("verbs: [watch], resources: [secrets], apiGroups: ['']"), "eve", "other/db");
    }
}
