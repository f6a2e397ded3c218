//! [`Graph::who`]: everyone who can obtain the value of a Secret, nearest first.

use std::collections::BTreeMap;

use crate::answer::{Class, ClassCount, Minimal, Object, READERS_SCHEMA, Reader, Readers};
use crate::edges::{EDGES, Family};
use crate::graph::Graph;
use crate::vertex::Vertex;
use crate::ways::Ways;

/// How much of the answer is spelled out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Show {
    /// Readers that are listed, the nearest; all are counted.
    pub readers: usize,
    /// Whether cuts are looked for.
    pub cuts: bool,
}

impl Default for Show {
    /// A thousand readers, and the cuts.
    fn default() -> Self {
        Self { readers: 1000, cuts: true }
    }
}

/// A reader before it is put in words.
pub(crate) struct Found {
    pub(crate) subject: Vertex,
    /// Where its shortest way begins: the account, or the pods that run as it.
    pub(crate) start: u32,
    pub(crate) distance: u32,
    pub(crate) class: Class,
}

impl Graph<'_> {
    /// Everyone who can obtain the value of a Secret (a place in `inventory.secrets`); `None` where
    /// there is no such place.
    pub fn who(&self, secret: usize, show: Show) -> Option<Readers> {
        let inventory = self.inventory();
        let object = inventory.secrets.get(secret)?;
        let target = self.find(Vertex::Secret(secret as u32))?;
        let ways = Ways::to(self, &[target], &|_| true);
        let (found, latent) = self.readers(secret as u32, &ways);
        let mut classes: BTreeMap<Class, u64> = BTreeMap::new();
        for reader in &found {
            *classes.entry(reader.class).or_default() += 1;
        }
        let readers = found.iter().take(show.readers).map(|reader| self.reader(reader, &ways)).collect();
        let (cuts, minimal) =
            if show.cuts { self.cuts(secret as u32, &found, &ways) } else { (Vec::new(), Minimal::Greedy) };
        Some(Readers {
            schema: READERS_SCHEMA.to_owned(),
            object: Object {
                api_version: "v1".to_owned(),
                kind: "Secret".to_owned(),
                namespace: Some(inventory.text(object.namespace).to_owned()),
                name: inventory.text(object.name).to_owned(),
            },
            seen: object.seen,
            readers_total: found.len() as u64,
            classes: classes.into_iter().map(|(class, readers)| ClassCount { class, readers }).collect(),
            readers,
            latent: latent.into_iter().map(|vertex| self.thing(vertex)).collect(),
            cuts,
            minimal,
            not_assessed: self.not_assessed(),
            verification: None,
        })
    }

    /// All readers, the nearest first, and those that are only named by a binding.
    pub(crate) fn readers(&self, secret: u32, ways: &Ways) -> (Vec<Found>, Vec<Vertex>) {
        let mut best: BTreeMap<Vertex, (u32, u32)> = BTreeMap::new();
        for (at, vertex) in self.vertices().iter().enumerate().filter(|(_, vertex)| vertex.is_subject()) {
            let Some(distance) = ways.distance(at as u32) else { continue };
            let subject = match *vertex {
                Vertex::Crew(account) => Vertex::Account(account),
                other => other,
            };
            let found = best.entry(subject).or_insert((distance, at as u32));
            // A workload's own mounts come before what else its account may do.
            if (distance, *vertex == subject) < (found.0, self.vertices()[found.1 as usize] == subject) {
                *found = (distance, at as u32);
            }
        }
        let mut found = Vec::new();
        let mut latent = Vec::new();
        for (subject, (distance, start)) in best {
            if matches!(subject, Vertex::Account(at) if !self.world.is_there(at)) {
                latent.push(subject);
                continue;
            }
            let links = ways.links(self, start);
            let class = self.class(self.vertices()[start as usize], secret, &links);
            found.push(Found { subject, start, distance, class });
        }
        // Names before numbers: the order must not depend on who was named first in the input.
        let key = |reader: &Found| (reader.distance, reader.class, self.thing(reader.subject));
        found.sort_by_cached_key(key);
        latent.sort_by_cached_key(|vertex| self.thing(*vertex));
        (found, latent)
    }

    fn reader(&self, found: &Found, ways: &Ways) -> Reader {
        let links = ways.links(self, found.start);
        let told = links.iter().map(|link| EDGES[self.links()[*link as usize].edge as usize]);
        let mut told = told.filter(|edge| edge.family != Family::Place);
        let direct = told.next().is_some_and(|edge| edge.family == Family::Direct) && told.next().is_none();
        let origin = match found.subject {
            Vertex::Account(at) => self.inventory().accounts[at as usize].origin,
            _ => None,
        };
        Reader {
            subject: self.thing(found.subject),
            class: found.class,
            direct,
            certain: ways.is_certain(found.start),
            delegates: self.delegates(found.subject, &links),
            origin: origin.map(|origin| self.inventory().text(origin).to_owned()),
            path: self.tell(&links),
        }
    }
}

#[cfg(test)]
mod tests {
    use sekisho_kube::Inventory;

    use crate::answer::{Class, Readers};
    use crate::testing::*;
    use crate::{Graph, Options, Show};

    fn ask(world: &str, options: &Options) -> Readers {
        let mut builder = Inventory::builder();
        assert_eq!(builder.read(world.as_bytes()), []);
        let inventory = builder.finish();
        let graph = Graph::new(&inventory, options);
        graph.who(inventory.find_secret("shop", "db").unwrap(), Show::default()).unwrap()
    }

    fn show(readers: &Readers) -> Vec<(&str, Class, bool)> {
        let name = |it: &crate::answer::Reader| (it.class, it.direct);
        let show = |it| (name(it), it);
        let shown = readers.readers.iter().map(show);
        shown
            .map(|((class, direct), it)| (it.subject.name.as_deref().unwrap_or_default(), class, direct))
            .collect()
    }

    #[test]
    fn a_read_of_ones_own_is_told_before_another_way_as_short() {
        // Everything in `shop`: escalation is one hop too, and the group's right to read costs no hop.
        let world = bound(
            "{kind: Group, name: 'system:authenticated'}",
            "verbs: ['*'], resources: ['*'], apiGroups: ['*']",
        ) + &bound(
            "{kind: User, name: eve}",
            "verbs: [escalate, patch, bind, create], resources: [clusterroles, rolebindings], apiGroups: ['*']",
        );
        let readers = ask(&(SECRETS.to_owned() + &world), &Options::default());
        let eve = readers.readers.iter().find(|it| it.subject.name.as_deref() == Some("eve")).unwrap();
        assert!(eve.direct, "{:?}", eve.path);
        assert_eq!(
            eve.path.iter().map(|hop| hop.edge.as_str()).collect::<Vec<_>>(),
            ["member-of", "secrets-get"]
        );
        assert!(eve.delegates, "it holds everything there and may write bindings");
    }

    #[test]
    fn groups_of_users_are_what_the_user_says() {
        let ops = SECRETS.to_owned()
            + &bound("{kind: Group, name: ops}", "verbs: [get], resources: [secrets], apiGroups: ['']");
        let none = ask(&ops, &Options::default());
        assert_eq!(
            show(&none),
            [("ops", Class::Unexpected, true), ("system:masters", Class::ClusterAdministrator, false)]
        );
        let options = Options { groups_of: [("ada".to_owned(), vec!["ops".to_owned()])].into() };
        let some = ask(&ops, &options);
        assert_eq!(some.readers_total, 3);
        assert!(show(&some).contains(&("ada", Class::Unexpected, true)));
    }

    #[test]
    fn who_only_a_binding_names_is_told_apart() {
        let ghost = bound(
            "{kind: ServiceAccount, name: ghost, namespace: shop}",
            "verbs: [get], resources: [secrets], apiGroups: ['']",
        );
        let readers = ask(&(account("app") + &ghost), &Options::default());
        assert_eq!(readers.readers_total, 1);
        assert_eq!(readers.latent[0].name.as_deref(), Some("ghost"));
        // Without a look at accounts nobody can say that it is not there.
        assert_eq!(ask(&(SECRETS.to_owned() + &ghost), &Options::default()).readers_total, 2);
    }
}
