//! The shortest ways through a graph: to a Secret, or from somebody.
//!
//! The fewest hops win; places and memberships are none. Of one hop and another, asking for the Secret
//! itself and mounting it cost a little less, so that they are told first wherever they are as short;
//! a hop that depends on what no inventory shows costs as much as hundreds: a way that is sure is told
//! before one that may be.

use crate::edges::{EDGES, Family};
use crate::graph::{Graph, Link};

/// What a hop costs that is not certain.
const UNCERTAIN: u32 = 1024;
/// What a hop costs, and one that ends in the Secret by itself.
const HOP: u32 = 4;
const LAST_HOP: u32 = 3;

/// No way.
pub(crate) const NO_WAY: u32 = u32::MAX;

/// Shortest ways between everything and some vertices.
#[derive(Debug)]
pub struct Ways {
    distance: Vec<u32>,
    /// The link to take at each vertex.
    link: Vec<u32>,
    /// Whether links are taken from their ends.
    backward: bool,
}

impl Ways {
    /// From everywhere to these vertices, by links that `open` lets through.
    pub fn to(graph: &Graph<'_>, targets: &[u32], open: &dyn Fn(&Link) -> bool) -> Self {
        search(graph, targets, open, true)
    }

    /// From these vertices to everywhere.
    pub fn from(graph: &Graph<'_>, starts: &[u32], open: &dyn Fn(&Link) -> bool) -> Self {
        search(graph, starts, open, false)
    }

    /// What the way costs; `None` without one.
    pub fn distance(&self, vertex: u32) -> Option<u32> {
        Some(self.distance[vertex as usize]).filter(|distance| *distance != NO_WAY)
    }

    /// Whether all hops of the way are certain.
    pub fn is_certain(&self, vertex: u32) -> bool {
        self.distance[vertex as usize] < UNCERTAIN
    }

    /// The links of the way between a vertex and the nearest of the others, in the order they are
    /// gone.
    pub fn links(&self, graph: &Graph<'_>, vertex: u32) -> Vec<u32> {
        let mut links = Vec::new();
        let mut at = vertex;
        while let Some(link) = Some(self.link[at as usize]).filter(|link| *link != NO_WAY) {
            links.push(link);
            let link = &graph.links()[link as usize];
            at = if self.backward { link.to } else { link.from };
        }
        if !self.backward {
            links.reverse();
        }
        links
    }
}

/// What a link costs.
fn cost(link: &Link) -> u32 {
    let edge = EDGES[link.edge as usize];
    match edge.family {
        Family::Place => 0,
        _ if !edge.certain => UNCERTAIN,
        Family::Direct => LAST_HOP,
        _ if matches!(edge.id, "pod-mounts" | "template-mounts") => LAST_HOP,
        _ => HOP,
    }
}

/// Dijkstra with a bucket for each distance: costs are small whole numbers.
fn search(graph: &Graph<'_>, starts: &[u32], open: &dyn Fn(&Link) -> bool, backward: bool) -> Ways {
    let count = graph.vertices().len();
    let mut ways = Ways { distance: vec![NO_WAY; count], link: vec![NO_WAY; count], backward };
    let mut buckets: Vec<Vec<u32>> = vec![starts.to_vec()];
    for start in starts {
        ways.distance[*start as usize] = 0;
    }
    let mut at = 0;
    while at < buckets.len() {
        // A bucket grows while it is read: places cost nothing.
        let mut next = 0;
        while let Some(vertex) = buckets[at].get(next).copied() {
            next += 1;
            if ways.distance[vertex as usize] != at as u32 {
                continue;
            }
            let links = if backward { graph.into(vertex) } else { graph.out(vertex) };
            for number in links {
                let link = &graph.links()[*number as usize];
                if !open(link) {
                    continue;
                }
                let other = if backward { link.from } else { link.to } as usize;
                let cost = cost(link);
                let distance = at as u32 + cost;
                let better = distance < ways.distance[other];
                // Of two ways of one length the edge that stands first is told. (Ways that cost
                // nothing are not exchanged: that could close a circle.)
                let known = ways.link[other];
                let nicer = cost > 0
                    && distance == ways.distance[other]
                    && known != NO_WAY
                    && link.edge < graph.links()[known as usize].edge;
                if better || nicer {
                    ways.link[other] = *number;
                }
                if better {
                    ways.distance[other] = distance;
                    if buckets.len() <= distance as usize {
                        buckets.resize_with(distance as usize + 1, Vec::new);
                    }
                    buckets[distance as usize].push(other as u32);
                }
            }
        }
        buckets[at] = Vec::new();
        at += 1;
    }
    ways
}
