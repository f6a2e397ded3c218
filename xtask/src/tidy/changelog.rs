//! The change log is kept as it goes.

use super::{Check, Complaint};
use crate::tree::Tree;

pub(super) const CHECK: Check =
    Check { name: "changelog", says: "CHANGELOG.md opens with what is unreleased", run };

const PATH: &str = "CHANGELOG.md";

fn run(tree: &Tree) -> Vec<Complaint> {
    let text = tree.text(PATH).unwrap_or_default();
    let first = text.lines().find(|line| line.starts_with("## "));
    match first {
        Some("## [Unreleased]") => Vec::new(),
        _ => vec![Complaint::of(PATH, "the first section is not `## [Unreleased]`")],
    }
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
    fn a_missing_section_is_caught() {
        breaks(&CHECK, &[(PATH, "# Change log\n\n## 1.0.0\n")], &[(PATH, 0)]);
        breaks(&CHECK, &[(PATH, "# Change log\n\n## [Unreleased]\n")], &[]);
        breaks(&CHECK, &[], &[(PATH, 0)]);
    }
}
