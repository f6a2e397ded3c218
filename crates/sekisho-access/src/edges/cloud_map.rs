//! On EKS the ConfigMap `kube-system/aws-auth` says which role of the cloud is in which groups: whoever
//! writes it puts a role of their own into any group, `system:masters` among them.

use super::{Edge, Family, Gate};
use crate::graph::Links;
use crate::vertex::Vertex;
use crate::world::{World, may};

pub(super) const EDGE: Edge = Edge {
    id: "cloud-map",
    says: "maps a role of the cloud to",
    condition: "the ConfigMap is there and the authenticator reads it (EKS); the author has some role",
    gate: Gate::Admission,
    verified: &[],
    source: "Amazon EKS, granting IAM access with aws-auth",
    family: Family::Identity,
    certain: true,
    find,
};

fn find(world: &World<'_>, links: &mut Links<'_, '_>) {
    let names = &world.inventory.names;
    let (Some(system), Some(map)) = (names.find("kube-system"), names.find("aws-auth")) else { return };
    if !world.inventory.cloud_map {
        return;
    }
    for verb in ["update", "patch"] {
        for hold in world.holders(may(verb, "", "configmaps")).iter() {
            let here = hold.scope.is_none() || hold.scope == Some(system);
            let Some(ground) = hold.on(map).filter(|_| here) else { continue };
            links.granted(hold.who, Vertex::Groups, &[ground]);
            if let Some(masters) = world.group(crate::rbac::MASTERS) {
                links.granted(hold.who, masters, &[ground]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn if_the_map_is_there() {
        let map =
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\n";
        let world = |map: &str, namespace: &str| {
            let rule = "verbs: [patch], resources: [configmaps], apiGroups: [''], resourceNames: [aws-auth]";
            SECRETS.to_owned() + map + &bound_in("{kind: User, name: eve}", rule, Some(namespace))
        };
        passes(&world(map, "kube-system"), "eve", "shop/db", "cloud-map");
        reads_not(&world("", "kube-system"), "eve", "shop/db");
        reads_not(&world(map, "shop"), "eve", "shop/db");
    }
}
