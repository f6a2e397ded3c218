//! `deny.toml`, judged without the network: licences, sources, forbidden crates, second versions.
//!
//! `cargo deny` reads the same file and knows more (advisories, for one), but it is a program of
//! its own that a fresh machine lacks. What can be judged from Cargo.lock and from the manifests
//! that cargo has fetched anyway is judged here, so that it is judged always.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

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
    match licences() {
        Ok(licences) => complaints.extend(judge_licences(&policy, &lock, &licences)),
        Err(error) => complaints.push(Complaint::of(LOCK, format!("licences were not judged: {error:#}"))),
    }
    complaints
}

/// Texts in an array of the policy, or the `field`s of the tables in it.
fn names(policy: &toml::Table, section: &str, key: &str, field: &str) -> BTreeSet<String> {
    let array = policy.get(section).and_then(|section| section.get(key)).and_then(toml::Value::as_array);
    let name = |value: &toml::Value| {
        let text = value.as_str().or_else(|| value.get(field)?.as_str())?;
        // A skip names a version: `crate@1.2`; the name is what is judged here.
        Some(text.split('@').next().unwrap_or(text).to_owned())
    };
    array.into_iter().flatten().filter_map(name).collect()
}

fn packages(lock: &toml::Table) -> impl Iterator<Item = (&str, &str, Option<&str>)> {
    let packages = lock.get("package").and_then(toml::Value::as_array);
    packages.into_iter().flatten().filter_map(|package| {
        let text = |key| package.get(key).and_then(toml::Value::as_str);
        Some((text("name")?, text("version")?, text("source")))
    })
}

fn judge_lock(policy: &toml::Table, lock: &toml::Table) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let banned = names(policy, "bans", "deny", "crate");
    let skipped = names(policy, "bans", "skip", "crate");
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, version, source) in packages(lock) {
        if banned.contains(name) {
            complaints.push(Complaint::of(LOCK, format!("{name} is banned")));
        }
        if source.is_some_and(|source| !source.starts_with(REGISTRY)) {
            complaints.push(Complaint::of(LOCK, format!("{name} comes from an unknown source")));
        }
        versions.entry(name).or_default().push(version);
    }
    for (name, versions) in &versions {
        if versions.len() > 1 && !skipped.contains(*name) {
            let what = format!("{name} stands there {} times: {}", versions.len(), versions.join(", "));
            complaints.push(Complaint::of(LOCK, what));
        }
    }
    let single = |name: &&String| versions.get(name.as_str()).is_none_or(|versions| versions.len() < 2);
    let idle = skipped.iter().filter(single);
    complaints.extend(idle.map(|name| Complaint::of(POLICY, format!("{name} needs no skip any more"))));
    complaints
}

/// Name and version to licence expression.
type Licences = BTreeMap<(String, String), Option<String>>;

/// What cargo says of the crates that it fetched for this machine; no network is used.
fn licences() -> anyhow::Result<Licences> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let version = Command::new(&cargo).arg("-vV").output()?;
    let version = String::from_utf8(version.stdout)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--locked", "--offline", "--filter-platform", host])
        .current_dir(crate::root())
        .output()?;
    anyhow::ensure!(output.status.success(), "cargo metadata failed");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let text = |package: &serde_json::Value, key| package[key].as_str().map(str::to_owned);
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let named = packages.filter_map(|p| Some(((text(p, "name")?, text(p, "version")?), text(p, "license"))));
    Ok(named.collect())
}

fn judge_licences(policy: &toml::Table, lock: &toml::Table, licences: &Licences) -> Vec<Complaint> {
    let allowed = names(policy, "licenses", "allow", "");
    let mut complaints = Vec::new();
    for (name, version, _) in packages(lock) {
        // Crates for other systems are not fetched here; a machine that builds them judges them.
        let Some(licence) = licences.get(&(name.to_owned(), version.to_owned())) else { continue };
        match licence {
            None => complaints.push(Complaint::of(LOCK, format!("{name} names no licence"))),
            Some(expression) if !allows(&allowed, expression) => {
                complaints.push(Complaint::of(LOCK, format!("{name} is under {expression}")));
            }
            Some(_) => {}
        }
    }
    complaints
}

/// Whether an SPDX expression can be met with the allowed licences. `OR` binds least; `/` is its
/// old spelling; a licence `WITH` an exception is named as a whole.
fn allows(allowed: &BTreeSet<String>, expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    either(allowed, &words, &mut at) && at == words.len()
}

fn either(allowed: &BTreeSet<String>, words: &[&str], at: &mut usize) -> bool {
    let mut met = both(allowed, words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        met |= both(allowed, words, at);
    }
    met
}

fn both(allowed: &BTreeSet<String>, words: &[&str], at: &mut usize) -> bool {
    let mut met = single(allowed, words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= single(allowed, words, at);
    }
    met
}

fn single(allowed: &BTreeSet<String>, words: &[&str], at: &mut usize) -> bool {
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
        return whole.is_some_and(|whole| allowed.contains(&whole));
    }
    allowed.contains(*word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::holds;

    fn table(text: &str) -> toml::Table {
        text.parse().unwrap()
    }

    fn package(name: &str, version: &str, source: &str) -> String {
        format!("[[package]]\nname = '{name}'\nversion = '{version}'\n{source}\n")
    }

    #[test]
    fn the_house_keeps_it() {
        holds(&CHECK);
    }

    #[test]
    fn banned_doubled_and_foreign_crates_are_caught() {
        let policy = table(
            "[bans]\ndeny = [{ crate = 'bad', reason = 'x' }]\nskip = [{ crate = 'twice@1', reason = 'x' }]",
        );
        let of =
            |lock: &str| judge_lock(&policy, &table(lock)).into_iter().map(|c| c.what).collect::<Vec<_>>();
        let twice = package("twice", "1.0.0", "") + &package("twice", "2.0.0", "");
        let fine = format!("source = '{REGISTRY}x'");
        assert_eq!(of(&(twice.clone() + &package("good", "1.0.0", &fine))), [""; 0]);
        assert_eq!(of(&(twice.clone() + &package("bad", "1.0.0", ""))), ["bad is banned"]);
        let git = package("odd", "1.0.0", "source = 'git+https://example.com/odd'");
        assert_eq!(of(&(twice.clone() + &git)), ["odd comes from an unknown source"]);
        let again = twice + &package("other", "1.0.0", "") + &package("other", "2.0.0", "");
        assert_eq!(of(&again), ["other stands there 2 times: 1.0.0, 2.0.0"]);
        assert_eq!(of(&package("twice", "1.0.0", "")), ["twice needs no skip any more"]);
    }

    #[test]
    fn licences_that_are_not_allowed_are_caught() {
        let policy = table("[licenses]\nallow = ['MIT', 'Apache-2.0', 'Apache-2.0 WITH LLVM-exception']");
        let lock = table(&package("a", "1.0.0", ""));
        let of = |licence: Option<&str>| {
            let licences =
                BTreeMap::from([(("a".to_owned(), "1.0.0".to_owned()), licence.map(str::to_owned))]);
            judge_licences(&policy, &lock, &licences).len()
        };
        for good in ["MIT", "MIT OR GPL-3.0", "GPL-3.0/MIT", "(X OR MIT) AND Apache-2.0 WITH LLVM-exception"]
        {
            assert_eq!(of(Some(good)), 0, "{good}");
        }
        for bad in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR X) AND X", "MIT WITH Odd-exception", "", "MIT MIT"]
        {
            assert_eq!(of(Some(bad)), 1, "{bad}");
        }
        assert_eq!(of(None), 1);
    }
}
