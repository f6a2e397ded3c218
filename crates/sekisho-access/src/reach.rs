//! [`Graph::reach`]: what somebody's token, or a shell in a pod, leads to.

use std::collections::BTreeMap;

use crate::answer::{NamespaceCount, REACH_SCHEMA, Reached, Way};
use crate::edges::EDGES;
use crate::graph::Graph;
use crate::vertex::Vertex;
use crate::ways::Ways;

impl Graph<'_> {
    /// What can be reached from a subject or a pod. Of each kind the `show` nearest ways are told and
    /// all are counted. `None` where the inventory does not know it.
    pub fn reach(&self, start: Vertex, show: usize) -> Option<Reached> {
        let inventory = self.inventory();
        let at = self.find(start)?;
        let ways = Ways::from(self, &[at], &|_| true);
        let (mut secrets, mut becomes) = (Vec::new(), Vec::new());
        let mut namespaces: BTreeMap<&str, u64> = BTreeMap::new();
        for (place, vertex) in self.vertices().iter().enumerate().filter(|(place, _)| *place != at as usize) {
            let Some(distance) = ways.distance(place as u32) else { continue };
            match *vertex {
                Vertex::Secret(secret) => {
                    let namespace = inventory.secrets[secret as usize].namespace;
                    *namespaces.entry(inventory.text(namespace)).or_default() += 1;
                    secrets.push((distance, *vertex, place as u32));
                }
                // Groups that it, or whoever it becomes, is a member of anyway are nobody new.
                Vertex::Group(_) if self.is_membership(&ways, place as u32) => {}
                vertex if vertex.is_subject() => {
                    becomes.push((distance, vertex, place as u32));
                }
                _ => {}
            }
        }
        let (secrets_total, becomes_total) = (secrets.len() as u64, becomes.len() as u64);
        let told = |mut found: Vec<(u32, Vertex, u32)>| -> Vec<Way> {
            found.sort_by_cached_key(|(distance, vertex, _)| (*distance, self.thing(*vertex)));
            let way = |(_, vertex, place): (u32, Vertex, u32)| Way {
                to: self.thing(vertex),
                certain: ways.is_certain(place),
                path: self.tell(&ways.links(self, place)),
            };
            found.into_iter().take(show).map(way).collect()
        };
        let namespaces = namespaces
            .into_iter()
            .map(|(namespace, secrets)| NamespaceCount { namespace: namespace.to_owned(), secrets });
        let mut namespaces: Vec<NamespaceCount> = namespaces.collect();
        namespaces.sort_by(|a, b| b.secrets.cmp(&a.secrets).then_with(|| a.namespace.cmp(&b.namespace)));
        Some(Reached {
            schema: REACH_SCHEMA.to_owned(),
            subject: self.thing(start),
            secrets_total,
            namespaces,
            becomes_total,
            becomes: told(becomes),
            secrets: told(secrets),
            not_assessed: self.not_assessed(),
        })
    }

    /// Whether the way to a group ends in a membership.
    fn is_membership(&self, ways: &Ways, group: u32) -> bool {
        let last = ways.links(self, group).pop();
        last.is_some_and(|link| EDGES[self.links()[link as usize].edge as usize].id == "member-of")
    }

    /// The vertex of `pod/NAMESPACE/NAME`, `serviceaccount/NAMESPACE/NAME` (`sa/…`), `user/NAME`,
    /// `group/NAME` or `node/NAME`; of a plain text, that of the user.
    pub fn subject(&self, text: &str) -> Option<Vertex> {
        let (kind, rest) = text.split_once('/').unwrap_or(("user", text));
        let find = |text: &str| self.inventory().names.find(text);
        let named =
            || rest.split_once('/').and_then(|(namespace, name)| Some((find(namespace)?, find(name)?)));
        match kind.to_ascii_lowercase().as_str() {
            "pod" | "pods" => {
                named().and_then(|(namespace, name)| self.world.pods_in(Some(namespace), name).pop())
            }
            "serviceaccount" | "serviceaccounts" | "sa" => {
                named().and_then(|(namespace, name)| self.world.account(namespace, name))
            }
            "node" | "nodes" => find(rest).and_then(|name| self.world.node(name)).map(Vertex::Node),
            "group" | "groups" => self.world.group(rest),
            "user" | "users" => self.world.find_user(rest),
            _ => self.world.find_user(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use sekisho_kube::Inventory;

    use crate::testing::*;
    use crate::{Graph, Options};

    #[test]
    fn a_shell_in_a_pod_is_told_hop_by_hop() {
        let world =
            pod("serviceAccountName: app, nodeName: n1", "volumes: [{name: v, secret: {secretName: db}}]")
                + &bound_in(
                    "{kind: ServiceAccount, name: app, namespace: shop}",
                    "verbs: [list], resources: [secrets], apiGroups: ['']",
                    Some("other"),
                );
        let mut builder = Inventory::builder();
        assert_eq!(builder.read(world.as_bytes()), []);
        let inventory = builder.finish();
        let options = Options::default();
        let graph = Graph::new(&inventory, &options);
        let reached = graph.reach(graph.subject("pod/shop/web").unwrap(), 10).unwrap();
        let way =
            |at: usize| reached.secrets[at].path.iter().map(|hop| hop.edge.as_str()).collect::<Vec<_>>();
        assert_eq!((reached.secrets_total, reached.becomes_total), (2, 1));
        assert_eq!((way(0), way(1)), (vec!["pod-mounts"], vec!["pod-token", "secrets-list"]));
        assert_eq!(
            reached.namespaces.iter().map(|it| it.namespace.as_str()).collect::<Vec<_>>(),
            ["other", "shop"]
        );
        // The token alone brings no files.
        let account = graph.reach(graph.subject("sa/shop/app").unwrap(), 10).unwrap();
        assert_eq!((account.secrets_total, account.becomes_total), (1, 0));
        for unknown in ["pod/shop/no", "nobody", "group/no", "node/n2", "sa/x"] {
            assert_eq!(graph.subject(unknown), None, "{unknown}");
        }
    }
}
