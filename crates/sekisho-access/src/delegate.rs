//! Handing on: a reader that may write bindings, and holds every rule of a role that reads, can
//! make a reader of anybody else. It gains nothing itself, so this is a mark on a reader and no
//! edge. Source: `pkg/registry/rbac/rolebinding/policybased/storage.go`.

use crate::graph::Graph;
use crate::rbac::covers;
use crate::vertex::{Scope, Vertex};
use crate::world::{Holders, World, may};

const GROUP: &str = "rbac.authorization.k8s.io";
const VERBS: [&str; 3] = ["create", "update", "patch"];

/// All who may write RoleBindings, by verb.
pub(crate) fn binding_writers(world: &World<'_>) -> Vec<Holders> {
    VERBS.map(|verb| world.holders(may(verb, GROUP, "rolebindings"))).into()
}

impl Graph<'_> {
    /// Whether a reader may bind others to a role that its way rests on.
    pub(crate) fn delegates(&self, reader: Vertex, links: &[u32]) -> bool {
        let inventory = self.inventory();
        let mut roles: Vec<u32> = links
            .iter()
            .flat_map(|link| self.grounds(&self.links()[*link as usize]))
            .map(|it| it.role)
            .collect();
        roles.sort_unstable();
        roles.dedup();
        let scopes = self.binding_scopes(reader);
        scopes.iter().any(|scope| {
            let held = self.world.rules_of(reader, *scope);
            roles.iter().any(|role| {
                let rules = &inventory.roles[*role as usize].rules;
                !rules.is_empty() && covers(&inventory.names, &held, rules)
            })
        })
    }

    /// Where somebody may write bindings, by its own grants or its groups'.
    fn binding_scopes(&self, who: Vertex) -> Vec<Scope> {
        let groups = self.world.groups_of(who);
        let mut scopes = Vec::new();
        for (verb, holders) in VERBS.into_iter().zip(&self.binding_writers) {
            for hold in holders.iter().filter(|hold| hold.who == who || groups.contains(&hold.who)) {
                let ground = if verb == "create" { hold.nameless() } else { hold.some() };
                if ground.is_some() && !scopes.contains(&hold.scope) {
                    scopes.push(hold.scope);
                }
            }
        }
        scopes
    }
}
