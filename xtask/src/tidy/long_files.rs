//! A file that grows long wants to be two.

use super::{Check, Complaint};
use crate::tree::Tree;

pub(super) const CHECK: Check =
    Check { name: "long_files", says: "no source is over 1,000 lines, generated ones aside", run };

/// Lines above which a source is refused.
const TOO_LONG: usize = 1_000;
/// Lines above which it is mentioned.
const LONG: usize = 800;

fn run(tree: &Tree) -> Vec<Complaint> {
    longer_than(tree, TOO_LONG)
}

/// Sources that are long enough to ask whether they are two; nothing fails for it.
pub fn worth_a_look(tree: &Tree) -> Vec<Complaint> {
    longer_than(tree, LONG)
}

fn longer_than(tree: &Tree, lines: usize) -> Vec<Complaint> {
    let generated = |source: &str| source.lines().take(2).any(|line| line.contains("enerated from"));
    let sources = tree.rust().filter(|(_, source)| !generated(source));
    let counted = sources.map(|(path, source)| (path, source.lines().count()));
    let long = counted.filter(|(_, count)| *count > lines);
    long.map(|(path, count)| Complaint::of(path, format!("{count} lines: wants to be two files"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::{breaks, holds};

    #[test]
    fn the_house_keeps_it() {
        holds(&CHECK);
    }

    #[test]
    fn a_long_file_is_caught_and_a_generated_one_is_not() {
        breaks(&CHECK, &[("a.rs", &"\n".repeat(1_001))], &[("a.rs", 0)]);
        breaks(&CHECK, &[("a.rs", &format!("//! Generated from `x`.\n{}", "\n".repeat(1_001)))], &[]);
        assert_eq!(worth_a_look(&Tree::of(&[("a.rs", &"\n".repeat(801))])).len(), 1);
    }
}
