//! `system:masters` is allowed everything before any authorizer is asked; no binding takes it away.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "system-masters",
    says: "is in system:masters and has",
    condition: "always",
    gate: Gate::None,
    verified: RECORDED,
    source: "recorded decisions: a member is allowed with an empty reason",
    family: Family::Identity,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    if let Some(masters) = world.group(crate::rbac::MASTERS) {
        links.given(masters, Vertex::Full(None));
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn members_read_everything_and_others_do_not() {
        reads(SECRETS, "group system:masters", "shop/db", "system-masters");
        reads_not(SECRETS, "group system:authenticated", "shop/db");
    }
}
