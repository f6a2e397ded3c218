//! The readers of all Secrets of made-up estates, and of one, at four sizes.
//!
//! `cargo bench -p sekisho-access --bench estate -- [PODS]…` (without any: 1,000, 10,000, 50,000 and
//! 150,000). Times are of the processor (user and system), so that what else a machine does is not
//! in them; loading is apart. The peak of memory is the process' own: ask for one size alone to have
//! that size's.
#![allow(clippy::print_stdout, clippy::unwrap_used)] // it is a program for people

use sekisho_access::estate::{Shape, objects};
use sekisho_access::{Graph, Options, Show};
use sekisho_kube::Inventory;

/// How many `who` are asked.
const ASKED: usize = 50;

fn main() {
    let asked: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if asked.is_empty() { vec![1_000, 10_000, 50_000, 150_000] } else { asked };
    for pods in sizes {
        let shape = Shape::of(pods);
        let begin = cpu();
        let mut builder = Inventory::builder();
        objects(shape, &mut |object| builder.add(&object));
        let inventory = builder.finish();
        let loaded = cpu() - begin;
        let begin = cpu();
        let options = Options::default();
        let graph = Graph::new(&inventory, &options);
        let built = cpu() - begin;
        let begin = cpu();
        let census = graph.census();
        let counted = cpu() - begin;
        let places = || (0..ASKED).map(|at| at * inventory.secrets.len() / ASKED);
        let begin = cpu();
        for at in places() {
            let readers = graph.who(at, Show { cuts: false, ..Show::default() }).unwrap();
            assert_eq!(readers.readers_total, census.classes[census.class_of[at] as usize].readers_total);
        }
        let alone = (cpu() - begin) / ASKED as f64;
        let begin = cpu();
        places().for_each(|at| assert!(graph.who(at, Show::default()).is_some()));
        let with_cuts = (cpu() - begin) / ASKED as f64;
        println!(
            "{pods} pods: {shape:?}\n  inventory {loaded:.2} s, graph {built:.2} s ({} vertices, {} links)",
            graph.vertices().len(),
            graph.links().len(),
        );
        println!(
            "  readers of all {} secrets {counted:.2} s: {} everywhere, {} classes",
            inventory.secrets.len(),
            census.everywhere.len(),
            census.classes.len(),
        );
        println!("  one who: {:.1} ms, with cuts {:.1} ms; peak {} MB", alone * 1e3, with_cuts * 1e3, peak());
    }
}

/// Seconds of the processor that this process has used, where the system says so (in hundredths).
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind = stat.rsplit(')').next().unwrap_or_default();
    let ticks = behind.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// Peak of resident memory, in MB, where the system says so.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or_default() / 1024
}
