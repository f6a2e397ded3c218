//! The readers of all Secrets of made-up estates, and of one, at four sizes.
//!
//! `cargo bench -p sekisho-access --bench estate -- [PODS]…` (without any: 1,000, 10,000, 50,000 and
//! 150,000). Loading is apart; the peak of memory is the process' own, so ask for one size alone to
//! have that size's.
#![allow(clippy::print_stdout, clippy::unwrap_used)] // it is a program for people

use std::time::Instant;

use sekisho_access::estate::{Shape, objects};
use sekisho_access::{Graph, Options, Show};
use sekisho_kube::Inventory;

fn main() {
    let asked: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if asked.is_empty() { vec![1_000, 10_000, 50_000, 150_000] } else { asked };
    for pods in sizes {
        let shape = Shape::of(pods);
        let begin = Instant::now();
        let mut builder = Inventory::builder();
        objects(shape, &mut |object| builder.add(&object));
        let inventory = builder.finish();
        let loaded = begin.elapsed();
        let begin = Instant::now();
        let options = Options::default();
        let graph = Graph::new(&inventory, &options);
        let built = begin.elapsed();
        let begin = Instant::now();
        let census = graph.census();
        let counted = begin.elapsed();
        let mut times = Vec::new();
        for at in (0..20).map(|at| at * inventory.secrets.len() / 20) {
            let begin = Instant::now();
            let readers = graph.who(at, Show::default()).unwrap();
            times.push(begin.elapsed());
            assert_eq!(readers.readers_total, census.classes[census.class_of[at] as usize].readers_total);
        }
        times.sort();
        println!(
            "{pods} pods: {shape:?}\n  inventory {loaded:.1?}, graph {built:.1?} ({} vertices, {} links)\n  readers of all {} secrets {counted:.1?}: {} everywhere, {} classes\n  one who: median {:.1?}, slowest {:.1?}\n  peak {} MB",
            graph.vertices().len(),
            graph.links().len(),
            inventory.secrets.len(),
            census.everywhere.len(),
            census.classes.len(),
            times[times.len() / 2],
            times[times.len() - 1],
            peak(),
        );
    }
}

/// Peak of resident memory, in MB, where the system says so.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or_default() / 1024
}
