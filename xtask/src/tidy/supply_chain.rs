//! `deny.toml`, judged without the network: licences, sources, forbidden crates, second versions.
//!
//! `cargo deny` reads the same file and knows more (advisories, for one), but it is a program of
//! its own that a fresh machine lacks. What can be judged from Cargo.lock and from the manifests
//! that cargo has fetched anyway is judged here, so that it is judged always.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Output};

use anyhow::Context;

use super::{Check, Complaint};
use crate::tree::Tree;

pub(super) const CHECK: Check = Check {
    name: "supply_chain",
    says: "outside crates come from the one registry, once each, under licences that deny.toml allows, and none that it bans",
    run,
};

const LOCK: &str = "Cargo.lock";
const POLICY: &str = "deny.toml";
/// Where crates come from: cargo's own registry, by its index on the host of the language.
const REGISTRY: &str = "registry+https://github.com/rust-lang/";

fn run(tree: &Tree) -> Vec<Complaint> {
    let parse = |path| tree.text(path).and_then(|text| text.parse::<toml::Table>().ok());
    let Some(policy) = parse(POLICY) else {
        return vec![Complaint::of(POLICY, "is missing or does not parse")];
    };
    let Some(lock) = parse(LOCK) else { return vec![Complaint::of(LOCK, "is missing or does not parse")] };
    let mut complaints = judge_lock(&policy, &lock);
    match built() {
        Ok(crates) => {
            complaints.extend(judge_versions(&policy, &crates));
            complaints.extend(judge_licences(&policy, &crates));
        }
        Err(error) => complaints.push(Complaint::of(LOCK, format!("crates were not judged: {error:#}"))),
    }
    complaints
}

/// The elements of an array of the policy.
fn entries<'a>(policy: &'a toml::Table, section: &str, key: &str) -> impl Iterator<Item = &'a toml::Value> {
    let array = policy.get(section).and_then(|section| section.get(key)).and_then(toml::Value::as_array);
    array.into_iter().flatten()
}

fn text<'a>(value: &'a toml::Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(toml::Value::as_str)
}

fn texts<'a>(value: &'a toml::Value, key: &str) -> impl Iterator<Item = &'a str> {
    let array = value.get(key).and_then(toml::Value::as_array);
    array.into_iter().flatten().filter_map(toml::Value::as_str)
}

/// Forbidden crates and unknown sources, of all systems.
fn judge_lock(policy: &toml::Table, lock: &toml::Table) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let packages = || lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    for package in packages() {
        let Some(name) = text(package, "name") else { continue };
        if text(package, "source").is_some_and(|source| !source.starts_with(REGISTRY)) {
            complaints.push(Complaint::of(LOCK, format!("{name} comes from an unknown source")));
        }
        for ban in entries(policy, "bans", "deny").filter(|ban| text(ban, "crate") == Some(name)) {
            let wrappers: Vec<&str> = texts(ban, "wrappers").collect();
            // A dependency is named with its version where there are several.
            let depends = |user: &&toml::Value| {
                texts(user, "dependencies").any(|on| on.split(' ').next() == Some(name))
            };
            let users = packages().filter(depends).filter_map(|user| text(user, "name"));
            for user in users.filter(|user| !wrappers.contains(user)) {
                complaints.push(Complaint::of(LOCK, format!("{name}, which {user} uses, is banned")));
            }
        }
    }
    complaints
}

/// A crate that is built for this system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Built {
    name: String,
    version: String,
    licence: String,
}

/// What cargo says of the crates that it builds for this system; no network is used.
///
/// `cargo tree` and not `cargo metadata`: the latter also lists what weak features of optional
/// dependencies would bring.
fn built() -> anyhow::Result<BTreeSet<Built>> {
    // What is built has been fetched; a run of these tests alone on a fresh machine fetches it.
    let output = [&["--offline"][..], &[]]
        .into_iter()
        .map(tree_of)
        .find(|output| output.as_ref().is_ok_and(|output| output.status.success()));
    let output = output.context("cargo tree failed")??;
    let built = std::str::from_utf8(&output.stdout)?.lines().filter_map(|line| {
        let (package, rest) = line.split_once('\t')?;
        let (name, version) = package.split_once(" v")?;
        let version = version.split(' ').next()?;
        let licence = rest.split('\t').next()?;
        Some(Built { name: name.to_owned(), version: version.to_owned(), licence: licence.to_owned() })
    });
    Ok(built.collect())
}

fn tree_of(options: &[&str]) -> std::io::Result<Output> {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["tree", "--workspace", "--locked", "--prefix=none", "--format={p}\t{l}\t"])
        .args(options)
        .current_dir(crate::root())
        .output()
}

/// Second versions of one crate, unless `skip` names one of them (`crate@1`).
fn judge_versions(policy: &toml::Table, crates: &BTreeSet<Built>) -> Vec<Complaint> {
    let skips: Vec<(&str, &str)> = entries(policy, "bans", "skip")
        .filter_map(|skip| text(skip, "crate"))
        .map(|spec| spec.split_once('@').unwrap_or((spec, "")))
        .collect();
    let meets = |(name, version): (&str, &str), found: &Built| {
        let rest = found.version.strip_prefix(version);
        name == found.name
            && rest.is_some_and(|rest| version.is_empty() || rest.is_empty() || rest.starts_with('.'))
    };
    let mut complaints = Vec::new();
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for found in crates.iter().filter(|found| !skips.iter().any(|skip| meets(*skip, found))) {
        versions.entry(&found.name).or_default().push(&found.version);
    }
    for (name, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
        let what = format!("{name} stands there {} times: {}", versions.len(), versions.join(", "));
        complaints.push(Complaint::of(LOCK, what));
    }
    for skip in skips {
        if !crates.iter().any(|found| meets(skip, found)) || !versions.contains_key(skip.0) {
            complaints.push(Complaint::of(POLICY, format!("{} needs no skip any more", skip.0)));
        }
    }
    complaints
}

fn judge_licences(policy: &toml::Table, crates: &BTreeSet<Built>) -> Vec<Complaint> {
    let allowed: BTreeSet<&str> =
        entries(policy, "licenses", "allow").filter_map(toml::Value::as_str).collect();
    let bad = crates.iter().filter(|found| !allows(&allowed, &found.licence));
    bad.map(|found| Complaint::of(LOCK, format!("{} is under {:?}", found.name, found.licence))).collect()
}

/// Whether an SPDX expression can be met with the allowed licences. `OR` binds least; `/` is its
/// old spelling; a licence `WITH` an exception is named as a whole.
fn allows(allowed: &BTreeSet<&str>, expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    either(allowed, &words, &mut at) && at == words.len()
}

fn either(allowed: &BTreeSet<&str>, words: &[&str], at: &mut usize) -> bool {
    let mut met = both(allowed, words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        met |= both(allowed, words, at);
    }
    met
}

fn both(allowed: &BTreeSet<&str>, words: &[&str], at: &mut usize) -> bool {
    let mut met = single(allowed, words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= single(allowed, words, at);
    }
    met
}

fn single(allowed: &BTreeSet<&str>, words: &[&str], at: &mut usize) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let met = either(allowed, words, at);
        *at += usize::from(words.get(*at) == Some(&")"));
        return met;
    }
    if words.get(*at) == Some(&"WITH") {
        let whole = words.get(*at + 1).map(|exception| format!("{word} WITH {exception}"));
        *at += 2;
        return whole.is_some_and(|whole| allowed.contains(whole.as_str()));
    }
    allowed.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::holds;

    fn table(text: &str) -> toml::Table {
        text.parse().unwrap()
    }

    fn built(crates: &[(&str, &str, &str)]) -> BTreeSet<Built> {
        let built = |(name, version, licence): &(&str, &str, &str)| {
            let [name, version, licence] = [name, version, licence].map(|text| (*text).to_owned());
            Built { name, version, licence }
        };
        crates.iter().map(built).collect()
    }

    fn whats(complaints: Vec<Complaint>) -> Vec<String> {
        complaints.into_iter().map(|complaint| complaint.what).collect()
    }

    #[test]
    fn the_house_keeps_it() {
        holds(&CHECK);
    }

    #[test]
    fn banned_and_foreign_crates_are_caught() {
        let policy = table("[bans]\ndeny = [{ crate = 'bad', reason = 'x', wrappers = ['fine'] }]");
        let of = |lock: &str| whats(judge_lock(&policy, &table(lock)));
        let user = |name: &str| format!("[[package]]\nname = '{name}'\ndependencies = ['bad 1.0.0']\n");
        let bad = format!("[[package]]\nname = 'bad'\nsource = '{REGISTRY}x'\n");
        assert_eq!(of(&(bad.clone() + &user("fine"))), [""; 0]);
        assert_eq!(of(&(bad + &user("other"))), ["bad, which other uses, is banned"]);
        let git = "[[package]]\nname = 'odd'\nsource = 'git+https://example.com/odd'";
        assert_eq!(of(git), ["odd comes from an unknown source"]);
    }

    #[test]
    fn second_versions_are_caught() {
        let policy = table("[bans]\nskip = [{ crate = 'old@1', reason = 'x' }]");
        let of = |crates: &[(&str, &str)]| {
            let crates: Vec<_> = crates.iter().map(|(name, version)| (*name, *version, "")).collect();
            whats(judge_versions(&policy, &built(&crates)))
        };
        assert_eq!(of(&[("old", "1.2.0"), ("old", "2.0.0"), ("new", "1.0.0")]), [""; 0]);
        assert_eq!(of(&[("old", "2.0.0")]), ["old needs no skip any more"]);
        assert_eq!(of(&[("old", "1.2.0")]), ["old needs no skip any more"]);
        let twice = [("old", "1.2.0"), ("old", "2.0.0"), ("new", "1.0.0"), ("new", "10.0.0")];
        assert_eq!(of(&twice), ["new stands there 2 times: 1.0.0, 10.0.0"]);
        let thrice = [("old", "1.2.0"), ("old", "2.0.0"), ("old", "3.0.0")];
        assert_eq!(of(&thrice), ["old stands there 2 times: 2.0.0, 3.0.0"]);
    }

    #[test]
    fn licences_that_are_not_allowed_are_caught() {
        let policy = table("[licenses]\nallow = ['MIT', 'Apache-2.0', 'Apache-2.0 WITH LLVM-exception']");
        let of = |licence: &str| judge_licences(&policy, &built(&[("a", "1.0.0", licence)])).len();
        for good in ["MIT", "MIT OR GPL-3.0", "GPL-3.0/MIT", "(X OR MIT) AND Apache-2.0 WITH LLVM-exception"]
        {
            assert_eq!(of(good), 0, "{good}");
        }
        for bad in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR X) AND X", "MIT WITH Odd-exception", "", "MIT MIT"]
        {
            assert_eq!(of(bad), 1, "{bad}");
        }
    }

    #[test]
    fn cargo_tells_what_is_built() {
        let built = super::built().unwrap();
        assert!(
            built.iter().any(|found| found.name == "xtask" && found.licence == "Apache-2.0"),
            "{built:?}"
        );
        assert!(
            built.iter().any(|found| found.name == "serde" && found.version.starts_with("1.")),
            "{built:?}"
        );
    }
}
