//! Whoever runs code in a pod has the token that is mounted in it.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::World;

pub(super) const EDGE: Edge = Edge {
    id: "pod-token",
    says: "finds the mounted token of",
    condition: "automountServiceAccountToken is not false, in the pod or else in the account; a projected token for the API server",
    gate: Gate::None,
    verified: &[],
    source: "Kubernetes, plugin/pkg/admission/serviceaccount",
    family: Family::Identity,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    for (at, pod) in world.inventory.pods.iter().enumerate() {
        let Some(Vertex::Account(account)) = world.account(pod.namespace, pod.account) else { continue };
        let automount = world.inventory.accounts[account as usize].automount;
        if pod.token.unwrap_or(automount) && !pod.mirror {
            links.given(Vertex::Pod(at as u32), Vertex::Account(account));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn exec_brings_the_token_unless_none_is_mounted() {
        let exec = grant("verbs: [create], resources: [pods/exec], apiGroups: ['']", "Role", "RoleBinding");
        let app = bound(
            "{kind: ServiceAccount, name: app, namespace: shop}",
            "verbs: [get], resources: [secrets], apiGroups: ['']",
        );
        let world = pod("serviceAccountName: app", "") + &exec + &app;
        reads(&world, "eve", "shop/db", "pod-token");
        let world = pod("serviceAccountName: app", "automountServiceAccountToken: false") + &exec + &app;
        reads_not(&world, "eve", "shop/db");
    }
}
