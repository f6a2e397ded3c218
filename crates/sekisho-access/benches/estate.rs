//! The readers of all Secrets of made-up estates, and of one, at four sizes.
//!
//! `cargo bench -p sekisho-access --bench estate -- [PODS]…` (without any: 1,000, 10,000, 50,000 and
//! 150,000). Times are those of a clock and, in brackets, of the processor (user and system), in which
//! what else a machine does is not; loading is apart; of a single `who` the median of fifty is told. The
//! peak of memory is the process' own: ask for one size alone to have that size's.
#![allow(clippy::print_stdout, clippy::unwrap_used)] // it is a program for people

use std::time::Instant;

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
        let (inventory, loaded) = timed(|| {
            let mut builder = Inventory::builder();
            objects(shape, &mut |object| builder.add(&object));
            builder.finish()
        });
        let options = Options::default();
        let (graph, built) = timed(|| Graph::new(&inventory, &options));
        let (census, counted) = timed(|| graph.census());
        let median = |show: Show| {
            let one = |at: usize| {
                let at = at * inventory.secrets.len() / ASKED;
                let (readers, took) = timed(|| graph.who(at, show).unwrap());
                let class = &census.classes[census.class_of[at] as usize];
                assert_eq!(readers.readers_total, class.readers_total);
                took.wall
            };
            let mut all: Vec<f64> = (0..ASKED).map(one).collect();
            all.sort_by(f64::total_cmp);
            (all[ASKED / 2] * 1e3, all[ASKED - 1] * 1e3)
        };
        let (alone, longest) = median(Show { cuts: false, ..Show::default() });
        let (with_cuts, longest_with_cuts) = median(Show::default());
        println!("{pods} pods: {shape:?}");
        println!(
            "  inventory {loaded}, graph {built} ({} vertices, {} links)",
            graph.vertices().len(),
            graph.links().len()
        );
        println!(
            "  readers of all {} secrets {counted}: {} everywhere, {} classes",
            inventory.secrets.len(),
            census.everywhere.len(),
            census.classes.len(),
        );
        println!(
            "  one who: {alone:.1} ms (longest {longest:.1}), with cuts {with_cuts:.1} ms (longest {longest_with_cuts:.1}); peak {} MB",
            peak()
        );
    }
}

/// What something took.
struct Took {
    wall: f64,
    cpu: f64,
}

impl std::fmt::Display for Took {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} s ({:.2} s)", self.wall, self.cpu)
    }
}

fn timed<T>(what: impl FnOnce() -> T) -> (T, Took) {
    let (since, before) = (Instant::now(), cpu());
    let made = what();
    (made, Took { wall: since.elapsed().as_secs_f64(), cpu: cpu() - before })
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
