//! Operators act with their own rights for whoever writes their objects: a workflow runs pods, a store of
//! secrets reads and copies them. Each is a file of `operators/`, with the kinds, what writing one opens,
//! and the page that says so.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::operators::{self, Opens};
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "deputy",
    says: "writes an object with which an operator opens",
    condition: "the operator's kind is there (its definition, or an object of it); unknown where definitions were not looked at",
    gate: Gate::Admission,
    verified: &[],
    source: "operators/*.toml, each with its own source",
    family: Family::Operator,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for operator in operators::all() {
        for kind in &operator.kinds {
            if !world.has_kind(&operator.group, kind) {
                continue;
            }
            for verb in ["create", "update", "patch"] {
                for hold in world.holders_of(verb, &operator.group, kind).iter() {
                    let ground = if verb == "create" { hold.nameless() } else { hold.some() };
                    let Some(ground) = ground else { continue };
                    let scope = if operator.anywhere { None } else { hold.scope };
                    let to = match operator.opens {
                        Opens::Secrets => Vertex::Secrets(scope),
                        Opens::Workloads => Vertex::Workloads(scope),
                        Opens::Everything => Vertex::Full(scope),
                    };
                    links.granted(hold.who, to, &[ground]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn if_the_operator_is_there() {
        let rule = "verbs: [create], resources: [pushsecrets], apiGroups: [external-secrets.io]";
        let world = |definition: &str| {
            SECRETS.to_owned()
                + &grant_alone(rule, "Role", "RoleBinding")
                + &format!(
                    "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: x}}\nspec: {{group: {definition}, names: {{plural: pushsecrets}}}}\n"
                )
        };
        passes(&world("external-secrets.io"), "eve", "shop/db", "deputy");
        reads_not(&world("other.io"), "eve", "shop/db");
        reads_not(&world("external-secrets.io"), "eve", "other/db");
    }
}
