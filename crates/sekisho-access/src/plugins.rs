//! [`Graph::plugins`]: service accounts by the chart or operator that brought them, by how much more
//! they may read than anybody would think.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sekisho_kube::inventory::Name;

use crate::answer::{PLUGINS_SCHEMA, Plugin, Plugins, Through};
use crate::edges::{EDGES, Family};
use crate::graph::Graph;
use crate::vertex::Vertex;
use crate::world::Ground;

impl Graph<'_> {
    /// Charts and operators whose accounts read Secrets themselves, the most first.
    pub fn plugins(&self) -> Plugins {
        let inventory = self.inventory();
        let mut per_namespace: HashMap<Name, u64> = HashMap::new();
        for secret in &inventory.secrets {
            *per_namespace.entry(secret.namespace).or_default() += 1;
        }
        let mut groups: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (at, account) in inventory.accounts.iter().enumerate() {
            if let Some(origin) = account.origin {
                groups.entry(inventory.text(origin)).or_default().push(at as u32);
            }
        }
        let plugins = groups
            .into_iter()
            .filter_map(|(origin, accounts)| self.plugin(origin, &accounts, &per_namespace));
        let mut plugins: Vec<Plugin> = plugins.collect();
        plugins.sort_by(|a, b| b.secrets.cmp(&a.secrets).then_with(|| a.origin.cmp(&b.origin)));
        Plugins { schema: PLUGINS_SCHEMA.to_owned(), plugins, not_assessed: self.not_assessed() }
    }

    fn plugin(&self, origin: &str, accounts: &[u32], per_namespace: &HashMap<Name, u64>) -> Option<Plugin> {
        let mut all = Targets::default();
        let mut by_grant: BTreeMap<Ground, Targets> = BTreeMap::new();
        let mut readers = Vec::new();
        for account in accounts {
            let vertex = Vertex::Account(*account);
            let Some(at) = self.find(vertex) else { continue };
            for link in self.out(at).iter().map(|link| &self.links()[*link as usize]) {
                if EDGES[link.edge as usize].family != Family::Direct {
                    continue;
                }
                let to = self.vertices()[link.to as usize];
                all.add(to);
                for ground in self.grounds(link) {
                    by_grant.entry(*ground).or_default().add(to);
                }
                if readers.last() != Some(&vertex) {
                    readers.push(vertex);
                }
            }
        }
        if readers.is_empty() {
            return None;
        }
        let (secrets, namespaces) = all.count(self, per_namespace);
        let through = by_grant.into_iter().map(|(ground, targets)| {
            let (secrets, namespaces) = targets.count(self, per_namespace);
            Through { secrets, namespaces, grant: self.granted(ground) }
        });
        let mut through: Vec<Through> = through.collect();
        through.sort_by(|a, b| b.secrets.cmp(&a.secrets).then_with(|| a.grant.cmp(&b.grant)));
        Some(Plugin {
            origin: origin.to_owned(),
            accounts: readers.into_iter().map(|vertex| self.thing(vertex)).collect(),
            secrets,
            namespaces,
            mounted: self.mounted(accounts),
            through,
        })
    }

    /// Secrets that the pods of accounts mount.
    fn mounted(&self, accounts: &[u32]) -> u64 {
        let crews = accounts.iter().filter_map(|account| self.find(Vertex::Crew(*account)));
        let targets = |at: u32| self.out(at).iter().map(|link| self.links()[*link as usize].to);
        let pods: BTreeSet<u32> = crews.flat_map(targets).collect();
        let things: BTreeSet<u32> = pods.into_iter().flat_map(targets).collect();
        things.into_iter().filter(|at| matches!(self.vertices()[*at as usize], Vertex::Secret(_))).count()
            as u64
    }
}

/// Secrets: all, those of namespaces, single ones.
#[derive(Default)]
struct Targets {
    everything: bool,
    namespaces: BTreeSet<Name>,
    single: BTreeSet<u32>,
}

impl Targets {
    fn add(&mut self, to: Vertex) {
        match to {
            Vertex::Secrets(None) => self.everything = true,
            Vertex::Secrets(Some(namespace)) => _ = self.namespaces.insert(namespace),
            Vertex::Secret(secret) => _ = self.single.insert(secret),
            _ => {}
        }
    }

    /// Secrets, and the namespaces in which they are.
    fn count(&self, graph: &Graph<'_>, per_namespace: &HashMap<Name, u64>) -> (u64, u64) {
        let secrets = &graph.inventory().secrets;
        if self.everything {
            return (secrets.len() as u64, per_namespace.len() as u64);
        }
        let whole = self.namespaces.iter().filter_map(|namespace| per_namespace.get(namespace));
        let single = self.single.iter().map(|at| secrets[*at as usize].namespace);
        let single: Vec<Name> = single.filter(|namespace| !self.namespaces.contains(namespace)).collect();
        let others: BTreeSet<Name> = single.iter().copied().collect();
        let namespaces = whole.clone().count() + others.len();
        (whole.sum::<u64>() + single.len() as u64, namespaces as u64)
    }
}

#[cfg(test)]
mod tests {
    use sekisho_kube::Inventory;

    use crate::testing::*;
    use crate::{Graph, Options};

    #[test]
    fn an_operator_is_told_with_what_it_may_read_and_by_which_rule() {
        let account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: op, namespace: shop, labels: {helm.sh/chart: sync-1.2}}\n";
        let all = bound_in(
            "{kind: ServiceAccount, name: op, namespace: shop}",
            "verbs: [list], resources: [secrets], apiGroups: ['']",
            None,
        );
        let one = bound_in(
            "{kind: ServiceAccount, name: op, namespace: shop }",
            "verbs: [get], resources: [secrets], apiGroups: [''], resourceNames: [db]",
            Some("shop"),
        )
        .replace("r-kindServiceAccountnameopnamespaceshop", "r-one")
        .replace("b-kindServiceAccountnameopnamespaceshop", "b-one");
        let ask = |world: &str| {
            let mut builder = Inventory::builder();
            assert_eq!(builder.read(world.as_bytes()), []);
            let inventory = builder.finish();
            let options = Options::default();
            Graph::new(&inventory, &options).plugins().plugins
        };
        let wide = ask(&(SECRETS.to_owned() + account + &all + &one));
        assert_eq!((wide.len(), wide[0].origin.as_str()), (1, "sync-1.2"));
        assert_eq!((wide[0].secrets, wide[0].namespaces, wide[0].mounted), (3, 2, 0));
        assert_eq!(wide[0].through.iter().map(|it| it.secrets).collect::<Vec<_>>(), [3, 1]);
        let narrow = ask(&(SECRETS.to_owned() + account + &one));
        assert_eq!((narrow[0].secrets, narrow[0].namespaces), (1, 1));
        assert_eq!(ask(&(SECRETS.to_owned() + account)), []);
    }
}
