//! Every Cargo.toml says what it should: name, licence, lints, and outside crates by way of the
//! root, where each group of them has its reason.

use super::{Check, Complaint, manifest, rooms};
use crate::rust::line_of;
use crate::tree::Tree;

pub(super) const CHECK: Check = Check {
    name: "manifests",
    says: "every crate is named as its folder, takes licence and lints from the workspace, and every outside crate stands once in the root with its reason",
    run,
};

const ROOT: &str = "Cargo.toml";

fn run(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let support = ["xtask/Cargo.toml"].into_iter().filter(|path| tree.has(path)).map(|path| (path, "xtask"));
    for (path, folder) in rooms(tree).chain(support) {
        let Some(manifest) = manifest(tree, path) else {
            complaints.push(Complaint::of(path, "does not parse"));
            continue;
        };
        let field = |path: &[&str]| {
            let (first, rest) = path.split_first()?;
            rest.iter().try_fold(manifest.get(*first)?, |at, key| at.get(key))
        };
        if field(&["package", "name"]).and_then(toml::Value::as_str) != Some(folder) {
            complaints.push(Complaint::of(path, "the crate is not named as its folder"));
        }
        if field(&["package", "description"]).is_none() {
            complaints.push(Complaint::of(path, "the crate has no description"));
        }
        for keys in [&["package", "license", "workspace"][..], &["lints", "workspace"]] {
            if field(keys).and_then(toml::Value::as_bool) != Some(true) {
                complaints.push(Complaint::of(path, format!("{} = true is missing", keys.join("."))));
            }
        }
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(named) = manifest.get(table).and_then(toml::Value::as_table) else { continue };
            for (name, value) in named {
                if value.get("workspace").and_then(toml::Value::as_bool) != Some(true) {
                    let what = format!("{name} does not come from the workspace's table");
                    complaints.push(Complaint::of(path, what));
                }
            }
        }
    }
    if let Some(text) = tree.text(ROOT) {
        unexplained(text).for_each(|(line, name)| {
            complaints.push(Complaint::at(ROOT, line, format!("{name} stands under no reason (`# - why`)")));
        });
        // A room may stand there before anyone enters it.
        let unused = |name: &&str| !name.starts_with("sekisho") && !used(tree, name);
        let names: Vec<&str> = named(text).map(|(_, name)| name).filter(unused).collect();
        complaints
            .extend(names.iter().map(|name| Complaint::of(ROOT, format!("{name} is used by no crate"))));
    }
    complaints
}

/// The section of workspace dependencies, with where it starts.
fn section(text: &str) -> (usize, &str) {
    const HEAD: &str = "[workspace.dependencies]";
    let Some(start) = text.find(HEAD).map(|at| at + HEAD.len()) else { return (0, "") };
    let len = text[start..].find("\n[").unwrap_or(text.len() - start);
    (line_of(text, start), &text[start..start + len])
}

/// Lines and names of the workspace's dependencies.
fn named(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let (first, section) = section(text);
    section.lines().enumerate().filter_map(move |(n, line)| {
        let name = line.split(['=', '.']).next()?.trim();
        (!name.is_empty() && !line.starts_with(['#', ' ', ']', '}'])).then_some((first + n, name))
    })
}

/// Dependencies with no reason above them in their group; an empty line ends a group.
fn unexplained(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let (first, section) = section(text);
    let lines: Vec<&str> = section.lines().collect();
    named(text).filter(move |(line, _)| {
        let above = lines[..line - first].iter().rev().take_while(|l| !l.is_empty());
        !above.into_iter().any(|l| l.starts_with("# - "))
    })
}

fn used(tree: &Tree, name: &str) -> bool {
    let depends = |text: &str| {
        text.lines().any(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', ' ', '='])))
    };
    tree.texts().any(|(path, text)| path != ROOT && path.ends_with("Cargo.toml") && depends(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::{breaks, holds};

    const PATH: &str = "crates/sekisho-scan/Cargo.toml";
    const GOOD: &str = "[package]\nname = 'sekisho-scan'\ndescription = 'x'\nlicense.workspace = true\n[lints]\nworkspace = true\n";

    #[test]
    fn the_house_keeps_it() {
        holds(&CHECK);
    }

    #[test]
    fn what_a_manifest_lacks_is_caught() {
        breaks(&CHECK, &[(PATH, GOOD)], &[]);
        for line in GOOD.lines().filter(|line| line.contains('=')) {
            breaks(&CHECK, &[(PATH, &GOOD.replace(line, ""))], &[(PATH, 0)]);
        }
        let own = format!("{GOOD}[dependencies]\nserde = '1'\n");
        breaks(&CHECK, &[(PATH, &own)], &[(PATH, 0)]);
    }

    #[test]
    fn a_crate_without_a_reason_or_a_user_is_caught() {
        let user = format!("{GOOD}[dependencies]\na.workspace = true\nb.workspace = true\n");
        let root = "[workspace.dependencies]\n# - why\na = '1'\n\nb = '1'\n[other]\nc = 1\n";
        breaks(&CHECK, &[(ROOT, root), (PATH, &user)], &[(ROOT, 5)]);
        let root = "[workspace.dependencies]\n# - why\na = '1'\nb = '1'\nc = '1'\n";
        breaks(&CHECK, &[(ROOT, root), (PATH, &user)], &[(ROOT, 0)]);
    }
}
