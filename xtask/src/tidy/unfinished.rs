//! Nothing is left for later in the sources: what is not done is in an issue.

use super::{Check, Complaint};
use crate::rust::{code, comments, line_of, words};
use crate::tree::{Tree, is_rust};

pub(super) const CHECK: Check = Check {
    name: "unfinished",
    says: "no test is skipped and no note says that something is to be done",
    run,
};

/// Marks in comments and documents. Written in two halves: this file is judged too.
const NOTES: &[&str] =
    &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:"), concat!("HA", "CK:")];
/// Marks in code.
const CODE: &[&str] = &["#[ignore", "todo!(", "unimplemented!(", "dbg!(", "#[should_panic]"];

fn run(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (path, text) in tree.texts() {
        // A literal may well say it: the words that tests are about.
        let text = if is_rust(path) { comments(text) } else { text.to_owned() };
        for note in NOTES {
            for at in words(&text, note) {
                complaints.push(Complaint::at(
                    path,
                    line_of(&text, at),
                    format!("`{note}`: do it, or file it"),
                ));
            }
        }
    }
    for (path, source) in tree.rust() {
        let code = code(source);
        for mark in CODE {
            for (at, _) in code.match_indices(mark) {
                complaints.push(Complaint::at(path, line_of(&code, at), format!("`{mark}` is left")));
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
    fn skipped_tests_and_notes_are_caught() {
        let note = format!("\n// {}: later", NOTES[0]);
        breaks(&CHECK, &[("a.rs", &note)], &[("a.rs", 2)]);
        breaks(&CHECK, &[("a.rs", "\n#[ignore = \"slow\"]")], &[("a.rs", 2)]);
        breaks(&CHECK, &[("a.rs", "\"#[ignore] XXX: \" dbg_macro")], &[]);
    }
}
