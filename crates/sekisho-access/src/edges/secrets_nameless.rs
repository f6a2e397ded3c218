//! `resourceNames: [""]` matches every request that carries no name: list and watch of everything
//! (and `deletecollection`, which is an edge of its own), though it looks like a rule about nothing.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "secrets-nameless",
    says: "lists or watches, by a rule about the empty name,",
    condition: "resourceNames holds an empty name",
    gate: Gate::None,
    verified: RECORDED,
    source: "recorded exchanges 6",
    family: Family::Direct,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for verb in ["list", "watch"] {
        for hold in world.holders(may(verb, "", "secrets")).iter() {
            for ground in hold.only_nameless() {
                links.granted(hold.who, Vertex::Secrets(hold.scope), &[ground]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{grant, reads, reads_not};

    #[test]
    fn with_it_and_without_it() {
        let world = |rule: &str| grant(rule, "Role", "RoleBinding");
        for verb in ["list", "watch"] {
            let rule = format!("verbs: [{verb}], resources: [secrets], apiGroups: [''], resourceNames: ['']");
            reads(&world(&rule), "eve", "shop/db", "secrets-nameless");
        }
        let rule = "verbs: [get, patch, delete], resources: [secrets], apiGroups: [''], resourceNames: ['']";
        reads_not(&world(rule), "eve", "shop/db");
    }
}
