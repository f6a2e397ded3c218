//! The rules that the compiler cannot keep, one file each.
//!
//! A check is a pure function from the [`Tree`] to what is wrong. Beside it stand two tests: that
//! the house keeps the rule, and that a tree which breaks it is caught, for a check that cannot
//! fail keeps nothing. Every check runs under `cargo test`; `cargo xtask tidy` runs them alone
//! and also says what is only worth a look.

use std::fmt;

use crate::tree::Tree;

mod architecture;
mod big_files;
mod changelog;
mod decompressors;
mod errors;
mod layers;
mod links;
mod long_files;
mod manifests;
mod names;
mod private_words;
mod pure;
mod readme;
mod registries;
mod supply_chain;
mod translation;
mod unfinished;
mod unsafe_code;

pub use long_files::worth_a_look;

/// One rule of the house.
#[derive(Debug)]
pub struct Check {
    /// Its name, which is its file's.
    pub name: &'static str,
    /// The rule, in a sentence.
    pub says: &'static str,
    /// What in a tree breaks it.
    pub run: fn(&Tree) -> Vec<Complaint>,
}

/// All of them.
pub const ALL: &[Check] = &[
    architecture::CHECK,
    big_files::CHECK,
    changelog::CHECK,
    decompressors::CHECK,
    errors::CHECK,
    layers::CHECK,
    links::CHECK,
    long_files::CHECK,
    manifests::CHECK,
    names::CHECK,
    private_words::CHECK,
    pure::CHECK,
    readme::CHECK,
    registries::CHECK,
    supply_chain::CHECK,
    translation::CHECK,
    unfinished::CHECK,
    unsafe_code::CHECK,
];

/// What breaks a rule, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// The file.
    pub path: String,
    /// The line, from 1; 0 for the whole file.
    pub line: usize,
    /// What is wrong, or what to do.
    pub what: String,
}

impl Complaint {
    /// About a line of a file.
    pub fn at(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }

    /// About a file.
    pub fn of(path: &str, what: impl Into<String>) -> Self {
        Self::at(path, 0, what)
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {}", self.what)
    }
}

/// A Cargo.toml as a table.
fn manifest(tree: &Tree, path: &str) -> Option<toml::Table> {
    tree.text(path)?.parse().ok()
}

/// The rooms: path of the Cargo.toml and name of the folder, for every folder below `crates/`.
fn rooms(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.paths().filter_map(|path| {
        let name = path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
        (!name.contains('/')).then_some((path, name))
    })
}

/// The names in a dependency table of a manifest, as they stand there.
fn dependencies(manifest: &toml::Table, table: &str) -> Vec<String> {
    let names = |table: &toml::Table| table.keys().cloned().collect::<Vec<_>>();
    let mut found = manifest.get(table).and_then(toml::Value::as_table).map(names).unwrap_or_default();
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    for target in targets.into_iter().flat_map(toml::Table::values) {
        found.extend(target.get(table).and_then(toml::Value::as_table).map(names).unwrap_or_default());
    }
    found
}

#[cfg(test)]
mod testing {
    use std::sync::LazyLock;

    use super::*;

    static HOUSE: LazyLock<Tree> = LazyLock::new(|| Tree::read(&crate::root()).unwrap());

    /// The house keeps the rule.
    #[track_caller]
    pub(super) fn holds(check: &Check) {
        let complaints: Vec<String> = (check.run)(&HOUSE).iter().map(Complaint::to_string).collect();
        assert!(complaints.is_empty(), "{}\n  {}\n", check.says, complaints.join("\n  "));
    }

    /// A tree of these files breaks it, and the complaints are about these files and lines.
    #[track_caller]
    pub(super) fn breaks(check: &Check, files: &[(&str, &str)], expected: &[(&str, usize)]) {
        let complaints = (check.run)(&Tree::of(files));
        let found: Vec<(&str, usize)> = complaints.iter().map(|c| (c.path.as_str(), c.line)).collect();
        assert_eq!(found, expected, "{complaints:#?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_have_different_names() {
        let names: std::collections::BTreeSet<&str> = ALL.iter().map(|check| check.name).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
