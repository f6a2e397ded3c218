//! A Secret of type `kubernetes.io/service-account-token` is its account's token: whoever reads it is the
//! account.

use super::{Edge, Family, Gate, RECORDED};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "account-token-secret",
    says: "is a token of",
    condition: "type and annotation say so",
    gate: Gate::None,
    verified: RECORDED,
    source: "recorded exchanges 9a to 9c",
    family: Family::Identity,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for (at, secret) in world.inventory.secrets.iter().enumerate() {
        let account = secret.account.and_then(|account| world.account(secret.namespace, account));
        if let Some(account) = account {
            links.given(Vertex::Secret(at as u32), account);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn reading_a_token_is_being_the_account() {
        let token = |kind: &str| {
            format!(
                "---\napiVersion: v1\nkind: Secret\ntype: {kind}\nmetadata: {{name: token, namespace: shop, annotations: {{kubernetes.io/service-account.name: app}}}}\n"
            )
        };
        let app = account("app")
            + &bound(
                "{kind: ServiceAccount, name: app, namespace: shop}",
                "verbs: [get], resources: [secrets], apiGroups: ['']",
            );
        let eve = grant_alone(
            "verbs: [get], resources: [secrets], apiGroups: [''], resourceNames: [token]",
            "Role",
            "RoleBinding",
        );
        passes(
            &(app.clone() + &token("kubernetes.io/service-account-token") + &eve),
            "eve",
            "shop/db",
            "account-token-secret",
        );
        reads_not(&(app + &token("Opaque") + &eve), "eve", "shop/db");
    }
}
