//! The lower floors know no files, no environment, no network, no clock and no command line.

use super::{Check, Complaint, dependencies, manifest, rooms};
use crate::layers::{LAST_PURE, is_pure, layer};
use crate::rust::{code, line_of, test_files, without_tests, words};
use crate::tree::Tree;

pub(super) const CHECK: Check = Check {
    name: "pure",
    says: "rooms of floors 0 to 2 use no files, environment, network, processes, clock, runtime or command line",
    run,
};

/// Modules of `std` that reach outside.
const STD: &[&str] = &["fs", "env", "net", "process", "os"];
/// Names that reach outside or read a clock, wherever they come from.
const NAMES: &[&str] = &["SystemTime", "Instant", "stdin", "stdout", "stderr"];
/// Crates that the lower floors must not name.
const CRATES: &[&str] = &[
    "tokio",
    "async-std",
    "kube",
    "k8s-openapi",
    "reqwest",
    "hyper",
    "ureq",
    "clap",
    "rustix",
    "libc",
    "gix",
    "ignore",
    "rayon",
    "tempfile",
    "indicatif",
    "getrandom",
];

fn run(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (path, room) in rooms(tree) {
        if layer(room).is_none_or(|layer| layer > LAST_PURE) {
            continue;
        }
        let Some(manifest) = manifest(tree, path) else { continue };
        for name in dependencies(&manifest, "dependencies") {
            if CRATES.contains(&name.as_str()) {
                complaints.push(Complaint::of(path, format!("{room} is pure and must not depend on {name}")));
            }
        }
        let build = path.replace("Cargo.toml", "build.rs");
        if tree.has(&build) {
            complaints.push(Complaint::of(&build, "a pure room is not built by a program"));
        }
    }
    let tests = test_files(tree);
    for (path, source) in tree.rust().filter(|(path, _)| is_pure(path) && !tests.contains(*path)) {
        let code = without_tests(&code(source));
        let mut complain = |at: usize, what: String| {
            complaints.push(Complaint::at(path, line_of(&code, at), what));
        };
        for module in STD {
            for at in std_uses(&code, module) {
                complain(at, format!("a pure room does not name std::{module}"));
            }
        }
        for name in NAMES {
            words(&code, name).for_each(|at| complain(at, format!("a pure room does not name {name}")));
        }
    }
    complaints
}

/// Where code names a module of `std`, in full or in a group of imports.
fn std_uses<'a>(code: &'a str, module: &'a str) -> impl Iterator<Item = usize> + 'a {
    words(code, module).filter(move |at| {
        let before = code[..*at].trim_end();
        if before.ends_with("std::") {
            return true;
        }
        // The statement up to here: `use std::{io, fs`.
        let statement = before.rsplit(';').next().unwrap_or(before);
        let open = statement.rsplit_once("use std::{");
        open.is_some_and(|(_, group)| !group.contains('}') && !group.trim_end().ends_with("::"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::{breaks, holds};

    const FILE: &str = "crates/sekisho-scan/src/lib.rs";

    #[test]
    fn the_house_keeps_it() {
        holds(&CHECK);
    }

    #[test]
    fn reaching_outside_is_caught() {
        for source in [
            "\nuse std::fs;",
            "\nfn f() { std::env::var(X); }",
            "\nuse std::{io, net};",
            "\nuse std::time::Instant;",
            "\nlet text = std :: io :: stdin ();",
        ] {
            breaks(&CHECK, &[(FILE, source)], &[(FILE, 2)]);
        }
    }

    #[test]
    fn tests_comments_and_upper_floors_are_free() {
        for source in
            ["// std::fs", "let fs = 1; use std::fmt; env!(X)", "#[cfg(test)]\nmod t { use std::fs; }"]
        {
            breaks(&CHECK, &[(FILE, source)], &[]);
        }
        breaks(&CHECK, &[("crates/sekisho-store/src/lib.rs", "use std::fs;")], &[]);
    }

    #[test]
    fn a_client_and_a_build_program_are_caught() {
        let manifest = "crates/sekisho-scan/Cargo.toml";
        breaks(&CHECK, &[(manifest, "[dependencies]\ntokio = '1'")], &[(manifest, 0)]);
        let build = "crates/sekisho-scan/build.rs";
        breaks(&CHECK, &[(manifest, ""), (build, "")], &[(build, 0)]);
    }
}
