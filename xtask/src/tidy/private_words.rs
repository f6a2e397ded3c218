//! What belongs to one machine or one sitting stays out of the tree: paths of somebody's disk,
//! hosts of package registries, words about when something was written.

use super::{Check, Complaint};
use crate::rust::line_of;
use crate::tree::Tree;

pub(super) const CHECK: Check = Check {
    name: "private_words",
    says: "no file names a path of one machine, a registry's host, or the sitting in which it was written",
    run,
};

/// Written in two halves: this file is judged too.
const WORDS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("registry", ".npmjs"),
    concat!("deb", ".debian.org"),
    concat!("this sess", "ion"),
    concat!("next sess", "ion"),
    concat!("last sess", "ion"),
    concat!("my sess", "ion"),
    concat!("our sess", "ion"),
];

fn run(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    // The lock file names its registry in every entry; the check `supply_chain` judges it.
    for (path, text) in tree.texts().filter(|(path, _)| !path.ends_with("Cargo.lock")) {
        let lower = text.to_ascii_lowercase();
        for word in WORDS {
            for (at, _) in lower.match_indices(word) {
                complaints.push(Complaint::at(
                    path,
                    line_of(text, at),
                    format!("`{word}` belongs to one machine"),
                ));
            }
        }
    }
    complaints
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
    fn a_path_of_one_machine_is_caught() {
        for word in WORDS {
            breaks(&CHECK, &[("a.md", &format!("see\n{word}x"))], &[("a.md", 2)]);
        }
        breaks(&CHECK, &[("Cargo.lock", WORDS[1])], &[]);
    }
}
