//! Throwing mutations of the seeds at a target, the same ones on every machine.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::{Rng, Target, mutate};

/// What a replay did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// How often the body ran.
    pub runs: u64,
    /// The longest run.
    pub slowest: Duration,
}

/// An input that broke a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The target's name.
    pub target: &'static str,
    /// What to put into `fuzz/crashes/<target>/`, so that it is replayed for ever.
    pub input: Vec<u8>,
    /// Whether it took too long and did not panic.
    pub slow: bool,
}

/// A run above this is a failure: inputs are below 64 KiB, so only a blow-up takes so long, even
/// in a build without optimisation on a busy machine.
const TOO_SLOW: Duration = Duration::from_secs(10);

/// Runs `target` over its seeds, over `known` inputs, and over `rounds` mutations of both, until
/// `deadline` if there is one.
///
/// # Errors
/// The first input that panics or takes too long.
pub fn replay(
    target: &Target,
    known: &[Vec<u8>],
    rounds: u64,
    deadline: Option<Instant>,
) -> Result<Stats, Failure> {
    let mut inputs = (target.seeds)();
    inputs.extend_from_slice(known);
    inputs.push(Vec::new());
    let mut stats = Stats::default();
    for input in &inputs {
        run(target, input, &mut stats)?;
    }
    // Each target has its own numbers, so that adding one does not change another's.
    let name = target.name.bytes().fold(0u64, |sum, byte| sum.rotate_left(8) ^ u64::from(byte));
    let mut rng = Rng::new(name);
    for _ in 0..rounds {
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            break;
        }
        let mut input = inputs[rng.below(inputs.len())].clone();
        let other = rng.below(inputs.len());
        mutate(&mut rng, &mut input, &inputs[other], target.words);
        run(target, &input, &mut stats)?;
    }
    Ok(stats)
}

fn run(target: &Target, input: &[u8], stats: &mut Stats) -> Result<(), Failure> {
    let start = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.body)(input)));
    let took = start.elapsed();
    stats.runs += 1;
    stats.slowest = stats.slowest.max(took);
    if outcome.is_err() || took > TOO_SLOW {
        return Err(Failure { target: target.name, input: input.to_vec(), slow: outcome.is_ok() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAGILE: Target = Target {
        name: "fragile",
        body: |bytes| assert!(!bytes.starts_with(b"magic!"), "broken"),
        seeds: || vec![b"magic".to_vec()],
        words: &[b"!"],
    };

    #[test]
    fn a_fragile_parser_is_broken_and_the_input_is_told() {
        let failure = replay(&FRAGILE, &[], 10_000, None).unwrap_err();
        assert!(failure.input.starts_with(b"magic!") && !failure.slow);
        assert_eq!(replay(&FRAGILE, &[], 10_000, None).unwrap_err(), failure);
    }

    #[test]
    fn a_known_input_is_replayed_first() {
        let known = b"magic!known".to_vec();
        assert_eq!(replay(&FRAGILE, std::slice::from_ref(&known), 0, None).unwrap_err().input, known);
    }
}
