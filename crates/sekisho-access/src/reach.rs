//! [`Graph::reach`]: what somebody's token, or a shell in a pod, leads to.

use std::collections::BTreeMap;

use crate::answer::{NamespaceCount, REACH_SCHEMA, Reached, Way};
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
                // Groups that it is a member of anyway are nobody new.
                vertex if vertex.is_subject() && distance > 0 => {
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
