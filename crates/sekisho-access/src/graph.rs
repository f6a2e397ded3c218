//! [`Graph`]: every way that leads to a Secret, as far as the inventory shows.
//!
//! Edges point the way an attacker goes: from whoever is somebody or somewhere to what that opens.
//! Places ([`Vertex::Secrets`], [`Vertex::Pods`], …) stand between, so that a right over all
//! Secrets of a namespace is one edge and the graph is linear in the inventory.
//!
//! Links lie in two flat arrays, by where they come from and by where they lead; all of it is
//! made once and only read afterwards.

use sekisho_kube::inventory::{Inventory, Name};

use crate::delegate;
use crate::edges::{self, EDGES, Family};
use crate::hash::Map;
use crate::options::Options;
use crate::vertex::{Scope, Vertex};
use crate::world::{Ground, Hold, Holders, World};

/// A way from one vertex to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Where it comes from, a place in [`Graph::vertices`].
    pub from: u32,
    /// Where it leads.
    pub to: u32,
    /// Which edge it is, a place in [`EDGES`].
    pub edge: u16,
    grounds: u16,
    first_ground: u32,
    /// The field that says so, where one does.
    pub field: Option<Name>,
}

/// Links that one edge may draw, and all together: a large estate has two million. A role with ten
/// thousand names for ten thousand subjects would be a hundred million out of one file.
const MOST_OF_EDGE: usize = 4 << 20;
const MOST: usize = 12 << 20;

/// The access graph of one inventory.
#[derive(Debug)]
pub struct Graph<'i> {
    /// What it was made from.
    pub world: World<'i>,
    vertices: Vec<Vertex>,
    places: Map<Vertex, u32>,
    links: Vec<Link>,
    grounds: Vec<Ground>,
    out: Adjacency,
    into: Adjacency,
    pub(crate) binding_writers: Vec<Holders>,
    /// Ways that were too many to be drawn.
    pub(crate) omitted: u64,
}

/// Links by one of their ends.
#[derive(Debug, Default)]
struct Adjacency {
    first: Vec<u32>,
    links: Vec<u32>,
}

impl Adjacency {
    fn new(vertices: usize, links: &[Link], end: impl Fn(&Link) -> u32) -> Self {
        let mut first = vec![0_u32; vertices + 1];
        for link in links {
            first[end(link) as usize + 1] += 1;
        }
        for at in 0..vertices {
            first[at + 1] += first[at];
        }
        let mut next = first.clone();
        let mut sorted = vec![0_u32; links.len()];
        for (at, link) in links.iter().enumerate() {
            let place = &mut next[end(link) as usize];
            sorted[*place as usize] = at as u32;
            *place += 1;
        }
        Self { first, links: sorted }
    }

    fn of(&self, vertex: u32) -> &[u32] {
        let range = self.first[vertex as usize] as usize..self.first[vertex as usize + 1] as usize;
        &self.links[range]
    }
}

impl<'i> Graph<'i> {
    /// Asks every edge of the registry what the inventory shows of it.
    pub fn new(inventory: &'i Inventory, options: &'i Options) -> Self {
        let mut world = World::new(inventory, options);
        edges::enter_possible_holders(&mut world);
        let mut links = Links {
            edge: 0,
            world: &world,
            vertices: Vec::new(),
            places: Map::default(),
            found: Vec::new(),
            before: 0,
            omitted: 0,
            grounds: Vec::new(),
        };
        for (at, edge) in EDGES.iter().enumerate() {
            links.edge = at as u16;
            links.before = links.found.len();
            (edge.find)(&world, &mut links);
        }
        let Links { mut vertices, mut places, found: links, grounds, omitted, .. } = links;
        // Everything that can be asked for has a vertex, with ways or without.
        let secrets = (0..inventory.secrets.len() as u32).map(Vertex::Secret);
        let accounts = (0..inventory.accounts.len() as u32).map(Vertex::Account);
        for vertex in secrets.chain(accounts).chain(world.bound()) {
            place(&mut vertices, &mut places, vertex);
        }
        let out = Adjacency::new(vertices.len(), &links, |link| link.from);
        let into = Adjacency::new(vertices.len(), &links, |link| link.to);
        let binding_writers = delegate::binding_writers(&world);
        Self { world, vertices, places, links, grounds, out, into, binding_writers, omitted }
    }

    /// What it was made from.
    pub fn inventory(&self) -> &'i Inventory {
        self.world.inventory
    }

    /// All vertices.
    pub fn vertices(&self) -> &[Vertex] {
        &self.vertices
    }

    /// The place of a vertex.
    pub fn find(&self, vertex: Vertex) -> Option<u32> {
        self.places.get(&vertex).copied()
    }

    /// All links.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The links from a vertex, by their places.
    pub fn out(&self, vertex: u32) -> &[u32] {
        self.out.of(vertex)
    }

    /// The links to a vertex, by their places.
    pub fn into(&self, vertex: u32) -> &[u32] {
        self.into.of(vertex)
    }

    /// The grants that a link rests on; all of them are needed.
    pub fn grounds(&self, link: &Link) -> &[Ground] {
        let first = link.first_ground as usize;
        &self.grounds[first..first + link.grounds as usize]
    }
}

fn place(vertices: &mut Vec<Vertex>, places: &mut Map<Vertex, u32>, vertex: Vertex) -> u32 {
    *places.entry(vertex).or_insert_with(|| {
        vertices.push(vertex);
        vertices.len() as u32 - 1
    })
}

/// Where the edges put what they find.
pub(crate) struct Links<'w, 'i> {
    edge: u16,
    world: &'w World<'i>,
    vertices: Vec<Vertex>,
    places: Map<Vertex, u32>,
    found: Vec<Link>,
    /// Links that were there before this edge.
    before: usize,
    omitted: u64,
    grounds: Vec<Ground>,
}

impl Links<'_, '_> {
    /// A way that rests on these grants together.
    pub(crate) fn granted(&mut self, from: Vertex, to: Vertex, grounds: &[Ground]) {
        self.link(from, to, grounds, None);
    }

    /// A way that a field of an object shows.
    pub(crate) fn shown(&mut self, from: Vertex, to: Vertex, field: Name) {
        self.link(from, to, &[], Some(field));
    }

    /// A way that is in the nature of things.
    pub(crate) fn given(&mut self, from: Vertex, to: Vertex) {
        self.link(from, to, &[], None);
    }

    fn link(&mut self, from: Vertex, to: Vertex, grounds: &[Ground], field: Option<Name>) {
        if from == to {
            return;
        }
        // What lies in what is as much as the inventory, and nothing holds without it.
        let is_place = EDGES[self.edge as usize].family == Family::Place;
        if !is_place && (self.found.len() - self.before >= MOST_OF_EDGE || self.found.len() >= MOST) {
            self.omitted += 1;
            return;
        }
        let from = place(&mut self.vertices, &mut self.places, from);
        let to = place(&mut self.vertices, &mut self.places, to);
        let first_ground = self.grounds.len() as u32;
        self.grounds.extend(grounds);
        self.found.push(Link {
            from,
            to,
            edge: self.edge,
            grounds: grounds.len() as u16,
            first_ground,
            field,
        });
    }

    /// To all of something in a scope, or to each that is named, as one holder's names say.
    pub(crate) fn by_names(&mut self, hold: &Hold<'_>, things: Things) {
        for ground in hold.alls() {
            self.granted(hold.who, things.all(hold.scope), &[ground]);
        }
        for (name, ground) in hold.named() {
            for to in things.named(self.world, hold.scope, name) {
                self.granted(hold.who, to, &[ground]);
            }
        }
    }
}

/// Things that have a name in a namespace.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Things {
    Secrets,
    Accounts,
    Pods,
}

impl Things {
    fn all(self, scope: Scope) -> Vertex {
        match self {
            Self::Secrets => Vertex::Secrets(scope),
            Self::Accounts => Vertex::Accounts(scope),
            Self::Pods => Vertex::Pods(scope),
        }
    }

    fn named(self, world: &World<'_>, scope: Scope, name: Name) -> Vec<Vertex> {
        match self {
            Self::Secrets => world.secrets_in(scope, name),
            Self::Accounts => world.accounts_in(scope, name),
            Self::Pods => world.pods_in(scope, name),
        }
    }
}

#[cfg(test)]
mod tests {
    use sekisho_kube::Inventory;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_product_of_names_and_subjects_is_cut_off_and_that_is_said() {
        const MANY: usize = 2_100;
        let names: Vec<String> = (0..MANY).map(|at| format!("s{at}")).collect();
        let mut builder = Inventory::builder();
        let items: Vec<_> =
            names.iter().map(|name| json!({"metadata": {"name": name, "namespace": "a"}})).collect();
        builder.add(&json!({"apiVersion": "v1", "kind": "SecretList", "items": items}));
        let api = "rbac.authorization.k8s.io/v1";
        builder.add(&json!({"apiVersion": api, "kind": "ClusterRole", "metadata": {"name": "r"},
            "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": names}]}));
        let subjects: Vec<_> = names.iter().map(|name| json!({"kind": "User", "name": name})).collect();
        builder.add(
            &json!({"apiVersion": api, "kind": "RoleBinding", "metadata": {"name": "b", "namespace": "a"},
            "roleRef": {"kind": "ClusterRole", "name": "r"}, "subjects": subjects}),
        );
        let inventory = builder.finish();
        let options = Options::default();
        let graph = Graph::new(&inventory, &options);
        assert!(graph.links().len() < MOST_OF_EDGE + 10 * MANY);
        let omitted = MANY * MANY - MOST_OF_EDGE;
        let missing = graph.not_assessed();
        let said = missing.iter().find(|it| it.what == "ways").unwrap();
        assert!(said.reason.starts_with(&omitted.to_string()), "{}", said.reason);
    }
}
