//! `list` and `watch` under `resourceNames`: a request with the field selector `metadata.name=…` carries
//! that name, so the rule matches. The old path `/api/v1/watch/…/NAME` does the same.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "secrets-selector",
    says: "lists or watches, by the field selector `metadata.name`,",
    condition: "the name is in the rule's resourceNames",
    gate: Gate::None,
    verified: RECORDED,
    source: "recorded exchanges 5; apiserver requestinfo.go",
    family: Family::Direct,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for verb in ["list", "watch"] {
        for hold in world.holders(may(verb, "", "secrets")).iter() {
            for (name, ground) in hold.named() {
                for secret in world.secrets_in(hold.scope, name) {
                    links.granted(hold.who, secret, &[ground]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{grant, reads, reads_not};

    #[test]
    fn with_it_and_without_it() {
        let world = |rule: &str| grant(rule, "ClusterRole", "RoleBinding");
        for verb in ["list", "watch"] {
            let rule = format!("verbs: [{verb}], resources: [secrets], apiGroups: [''], resourceNames: [db]");
            reads(&world(&rule), "eve", "shop/db", "secrets-selector");
            reads_not(&world(&rule), "eve", "shop/other");
        }
        let rule = "verbs: [deletecollection], resources: [secrets], apiGroups: [''], resourceNames: [db]";
        reads_not(&world(rule), "eve", "shop/db");
    }
}
