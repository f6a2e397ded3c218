//! Every target survives its seeds, the inputs that once broke it, and some mutations of both.

use std::fs;
use std::path::Path;

use sekisho_fuzz::{ALL, replay};

/// Few enough for a build without optimisation; `cargo xtask fuzz` runs the many.
const ROUNDS: u64 = 2_000;

#[test]
fn every_target_survives() {
    let crashes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/crashes");
    for target in ALL {
        let mut paths: Vec<_> = fs::read_dir(crashes.join(target.name))
            .into_iter()
            .flatten()
            .map(|f| f.unwrap().path())
            .collect();
        paths.sort();
        let known: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{} has no seeds", target.name);
        if let Err(failure) = replay(target, &known, ROUNDS, None) {
            let text = failure.input.escape_ascii();
            panic!("{} broke (too slow: {}) on \"{text}\"", failure.target, failure.slow);
        }
    }
}
