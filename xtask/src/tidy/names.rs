//! Names say what a thing is: no drawers (`utils`), no titles (`Manager`), no `get_`.

use super::{Check, Complaint};
use crate::rust::{code, line_of, words};
use crate::tree::Tree;

pub(super) const CHECK: Check =
    Check { name: "names", says: "no module is a drawer, no type a manager, no function a getter", run };

const DRAWERS: &[&str] = &["utils", "util", "helpers", "helper", "misc", "common", "shared", "types"];
const TITLES: &[&str] = &["Manager", "Helper", "Utils", "Util", "Impl"];

fn run(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (path, source) in tree.rust() {
        let code = code(source);
        let mut judge = |keyword: &str, bad: &dyn Fn(&str) -> bool, what: &str| {
            for at in words(&code, keyword) {
                let name = code[at + keyword.len()..].trim_start();
                let name = name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
                if bad(name) {
                    complaints.push(Complaint::at(path, line_of(&code, at), format!("`{name}` {what}")));
                }
            }
        };
        judge("mod", &|name| DRAWERS.contains(&name), "is a drawer: name what is in it");
        for keyword in ["struct", "enum", "trait", "type"] {
            judge(keyword, &|name| TITLES.iter().any(|t| name.ends_with(t)), "is a title: name what it is");
        }
        judge("fn", &|name| name.starts_with("get_"), "needs no `get_`");
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
    fn drawers_titles_and_getters_are_caught() {
        let path = "crates/a/src/lib.rs";
        for source in ["mod utils;", "pub struct KeyManager;", "trait VaultHelper {}", "fn get_key() {}"] {
            breaks(&CHECK, &[(path, source)], &[(path, 1)]);
        }
        breaks(&CHECK, &[(path, "// mod utils\nfn get(x: &str) {} struct Managed;")], &[]);
    }
}
