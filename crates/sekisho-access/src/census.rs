//! [`Graph::census`]: the readers of every Secret at once, as classes.
//!
//! Most Secrets have the same readers as their neighbours, and all share those who read everything.
//! So the vertices that lead to *all* Secrets are taken out first, and their subjects are told once.
//! What is left is folded into its strongly connected parts, and sets of readers flow through those
//! from front to back; equal sets are one set. The counts are exact, and nothing is listed twice.

use std::sync::Arc;

use crate::graph::Graph;
use crate::hash::Map;
use crate::vertex::Vertex;
use crate::ways::Ways;

/// The readers of all Secrets.
#[derive(Debug)]
pub struct Census {
    /// Who reads every Secret: places in [`Graph::vertices`].
    pub everywhere: Vec<u32>,
    /// Sets of further readers, each held by one Secret at least.
    pub classes: Vec<ReaderClass>,
    /// The class of each Secret of the inventory.
    pub class_of: Vec<u32>,
}

/// Secrets with the same readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderClass {
    /// Readers beside those who read everything: places in [`Graph::vertices`].
    pub more: Arc<[u32]>,
    /// All readers.
    pub readers_total: u64,
    /// How many Secrets have exactly these.
    pub secrets: u64,
    /// The first of them, a place in `inventory.secrets`.
    pub first: u32,
}

impl Graph<'_> {
    /// The readers of every Secret.
    pub fn census(&self) -> Census {
        let secrets = self.inventory().secrets.len();
        let ways = self.find(Vertex::Secrets(None)).map(|all| Ways::to(self, &[all], &|_| true));
        let is_everywhere = |at: u32| ways.as_ref().is_some_and(|ways| ways.distance(at).is_some());
        let count = self.vertices().len() as u32;
        let mut everywhere: Vec<u32> =
            (0..count).filter(|at| is_everywhere(*at)).filter_map(|at| self.reader_at(at)).collect();
        everywhere.sort_unstable();
        everywhere.dedup();

        let parts = Parts::new(self, &|at| !is_everywhere(at));
        let mut sets = Sets::default();
        let mut set_of_part = vec![Sets::EMPTY; parts.count as usize];
        // Parts are numbered from the back: whatever leads into one has a greater number.
        let (members, first) = parts.members();
        for part in (0..parts.count).rev() {
            let (mut from, mut own) = (Vec::new(), Vec::new());
            let range = first[part as usize] as usize..first[part as usize + 1] as usize;
            for at in &members[range] {
                own.extend(self.reader_at(*at).filter(|reader| everywhere.binary_search(reader).is_err()));
                for link in self.into(*at) {
                    let before = parts.of[self.links()[*link as usize].from as usize];
                    if before != Parts::OUTSIDE && before != part {
                        from.push(set_of_part[before as usize]);
                    }
                }
            }
            set_of_part[part as usize] = sets.union(from, own);
        }

        let mut classes: Vec<ReaderClass> = Vec::new();
        let mut class_of_set: Map<u32, u32> = Map::default();
        let class_of = (0..secrets as u32).map(|secret| {
            let part = self.find(Vertex::Secret(secret)).map_or(Parts::OUTSIDE, |at| parts.of[at as usize]);
            let set = if part == Parts::OUTSIDE { Sets::EMPTY } else { set_of_part[part as usize] };
            let class = *class_of_set.entry(set).or_insert_with(|| {
                let more = Arc::clone(&sets.all[set as usize]);
                let readers_total = (everywhere.len() + more.len()) as u64;
                classes.push(ReaderClass { more, readers_total, secrets: 0, first: secret });
                classes.len() as u32 - 1
            });
            classes[class as usize].secrets += 1;
            class
        });
        let class_of = class_of.collect();
        Census { everywhere, classes, class_of }
    }

    /// The place of the subject that stands at a vertex, if it is somebody who is there.
    fn reader_at(&self, at: u32) -> Option<u32> {
        match self.vertices()[at as usize] {
            Vertex::Account(account) | Vertex::Crew(account) => {
                let is_there = self.world.is_there(account);
                is_there.then(|| self.find(Vertex::Account(account))).flatten()
            }
            vertex => vertex.is_subject().then_some(at),
        }
    }
}

/// Sets of subjects, each kept once.
struct Sets {
    all: Vec<Arc<[u32]>>,
    known: Map<Arc<[u32]>, u32>,
}

impl Default for Sets {
    fn default() -> Self {
        let empty: Arc<[u32]> = Arc::from([]);
        Self { all: vec![Arc::clone(&empty)], known: std::iter::once((empty, Self::EMPTY)).collect() }
    }
}

impl Sets {
    const EMPTY: u32 = 0;

    fn union(&mut self, mut from: Vec<u32>, own: Vec<u32>) -> u32 {
        from.sort_unstable();
        from.dedup();
        from.retain(|set| *set != Self::EMPTY);
        if own.is_empty() && from.len() <= 1 {
            return from.first().copied().unwrap_or(Self::EMPTY);
        }
        let mut all = own;
        for set in from {
            all.extend_from_slice(&self.all[set as usize]);
        }
        all.sort_unstable();
        all.dedup();
        if let Some(known) = self.known.get(all.as_slice()) {
            return *known;
        }
        let set = self.all.len() as u32;
        let all: Arc<[u32]> = all.into();
        self.all.push(Arc::clone(&all));
        self.known.insert(all, set);
        set
    }
}

/// The strongly connected parts of a part of the graph (Tarjan 1972, without recursion).
struct Parts {
    /// The part of each vertex.
    of: Vec<u32>,
    count: u32,
}

impl Parts {
    const OUTSIDE: u32 = u32::MAX;

    fn new(graph: &Graph<'_>, inside: &dyn Fn(u32) -> bool) -> Self {
        const NEW: u32 = u32::MAX;
        let count = graph.vertices().len();
        let mut parts = Self { of: vec![Self::OUTSIDE; count], count: 0 };
        let mut index = vec![NEW; count];
        let mut low = vec![0_u32; count];
        let mut open: Vec<u32> = Vec::new();
        let mut next = 0;
        for start in (0..count as u32).filter(|at| inside(*at)) {
            if index[start as usize] != NEW {
                continue;
            }
            // Each call: a vertex, and which of its links is looked at next. A link that led deeper is
            // looked at once more on the way back, to take over what was found there.
            let mut calls: Vec<(u32, usize)> = vec![(start, 0)];
            while let Some((at, from)) = calls.pop() {
                let here = at as usize;
                if index[here] == NEW {
                    (index[here], low[here]) = (next, next);
                    next += 1;
                    open.push(at);
                }
                let mut deeper = None;
                for (number, link) in graph.out(at).iter().enumerate().skip(from) {
                    let to = graph.links()[*link as usize].to;
                    if !inside(to) {
                        continue;
                    }
                    if index[to as usize] == NEW {
                        deeper = Some((number, to));
                        break;
                    }
                    if parts.of[to as usize] == Self::OUTSIDE {
                        low[here] = low[here].min(low[to as usize]);
                    }
                }
                if let Some((number, to)) = deeper {
                    calls.push((at, number));
                    calls.push((to, 0));
                    continue;
                }
                if low[here] == index[here] {
                    while let Some(member) = open.pop() {
                        parts.of[member as usize] = parts.count;
                        if member == at {
                            break;
                        }
                    }
                    parts.count += 1;
                }
            }
        }
        parts
    }

    /// All members, sorted by part, and where each part begins among them.
    fn members(&self) -> (Vec<u32>, Vec<u32>) {
        let mut first = vec![0_u32; self.count as usize + 1];
        let inside = || self.of.iter().enumerate().filter(|(_, part)| **part != Self::OUTSIDE);
        for (_, part) in inside() {
            first[*part as usize + 1] += 1;
        }
        for part in 0..self.count as usize {
            first[part + 1] += first[part];
        }
        let mut next = first.clone();
        let mut members = vec![0_u32; first[self.count as usize] as usize];
        for (at, part) in inside() {
            let place = &mut next[*part as usize];
            members[*place as usize] = at as u32;
            *place += 1;
        }
        (members, first)
    }
}
