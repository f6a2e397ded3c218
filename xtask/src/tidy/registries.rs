//! What is one file in one folder is in the folder's registry, and no source is left out of the
//! build.
//!
//! A source that no `mod` names is silently not compiled, and a detector that `ALL` does not hold
//! is silently not run: both look finished and do nothing.

use super::{Check, Complaint};
use crate::rust::{code, words};
use crate::tree::{Tree, is_rust};

pub(super) const CHECK: Check = Check {
    name: "registries",
    says: "every source is declared by its parent, and every file of a registry's folder stands in its ALL",
    run,
};

/// Folders whose `mod.rs` holds an `ALL` with one entry for each file. The table of detectors is
/// generated from its folders and kept fresh by its own test.
const REGISTRIES: &[&str] = &[
    "crates/sekisho-access/src/edges",
    "crates/sekisho-fuzz/src/targets",
    "crates/sekisho-report/src/formats",
    "xtask/src/tidy",
];

fn run(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let sources = tree.rust().filter(|(path, _)| path.contains("/src/"));
    for (path, _) in sources.filter(|(path, _)| !is_root(path)) {
        let declared = parents(path)
            .iter()
            .any(|parent| tree.text(parent).is_some_and(|text| declares(text, module(path))));
        if !declared {
            complaints.push(Complaint::of(path, "no `mod` declares it: it is not compiled"));
        }
    }
    for folder in REGISTRIES {
        let registry = format!("{folder}/mod.rs");
        let Some(text) = tree.text(&registry).map(code) else { continue };
        let all = text.find("ALL").map_or("", |at| &text[at..]);
        for file in tree.in_folder(folder).filter(|file| *file != "mod.rs" && is_rust(file)) {
            let name = file.trim_end_matches(".rs");
            if !words(all, name).any(|at| all[at + name.len()..].starts_with("::")) {
                complaints.push(Complaint::of(&registry, format!("ALL does not hold {name}")));
            }
        }
    }
    complaints
}

/// Roots of crates and programs, which nothing declares.
fn is_root(path: &str) -> bool {
    path.ends_with("/src/lib.rs") || path.ends_with("/src/main.rs") || path.contains("/src/bin/")
}

fn module(path: &str) -> &str {
    let path = path.strip_suffix("/mod.rs").or(path.strip_suffix(".rs")).unwrap_or(path);
    path.rsplit('/').next().unwrap_or(path)
}

/// The files that may declare a module: those of the folder above it.
fn parents(path: &str) -> Vec<String> {
    let path = path.strip_suffix("/mod.rs").unwrap_or(path);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found: Vec<String> =
        ["lib.rs", "main.rs", "mod.rs"].iter().map(|name| format!("{folder}/{name}")).collect();
    found.push(format!("{folder}.rs"));
    found
}

fn declares(source: &str, module: &str) -> bool {
    let code = code(source);
    words(&code, module).any(|at| {
        let before = code[..at].trim_end();
        before.ends_with("mod") && code[at + module.len()..].trim_start().starts_with([';', '{'])
    })
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
    fn a_source_that_nothing_declares_is_caught() {
        let lib = ("crates/a/src/lib.rs", "mod b;\npub mod c;\n// mod d;");
        let good = [
            lib,
            ("crates/a/src/b.rs", "mod e;"),
            ("crates/a/src/b/e.rs", ""),
            ("crates/a/src/c/mod.rs", ""),
        ];
        breaks(&CHECK, &good, &[]);
        breaks(&CHECK, &[lib, ("crates/a/src/d.rs", "")], &[("crates/a/src/d.rs", 0)]);
        breaks(&CHECK, &[lib, ("crates/a/src/d/mod.rs", "")], &[("crates/a/src/d/mod.rs", 0)]);
    }

    #[test]
    fn a_file_that_the_registry_does_not_hold_is_caught() {
        let folder = "crates/sekisho-report/src/formats";
        let lib = ("crates/sekisho-report/src/lib.rs", "mod formats;");
        let (registry, json) = (format!("{folder}/mod.rs"), format!("{folder}/json.rs"));
        let held = "mod json;\npub const ALL: &[&Format] = &[&json::FORMAT];";
        breaks(&CHECK, &[lib, (&registry, held), (&json, "")], &[]);
        let not_held = "mod json;\nuse json::X;\npub const ALL: &[&Format] = &[];";
        breaks(&CHECK, &[lib, (&registry, not_held), (&json, "")], &[(&registry, 0)]);
    }
}
