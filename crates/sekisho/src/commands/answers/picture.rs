//! The picture of a cluster that `who` and `reach` answer from, and where it is read.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use sekisho_kube::Inventory;
use sekisho_kube::inventory::Depth as Depths;
use sekisho_model::Problem;
use sekisho_sources::inventory::Reader;

use crate::cli::{Global, KeyArgs};
use crate::commands::opening::OpeningArgs;
use crate::output;

/// Where the picture comes from.
#[derive(Debug, Args)]
pub(crate) struct PictureArgs {
    /// What the cluster is read from: manifests, `kubectl get -o json` or `yaml`, `kubectl
    /// cluster-info dump`, support bundles, must-gathers, Velero backups, etcd's files, `-` for a
    /// stream. Several together are one picture.
    #[arg(long, value_name = "TARGET", num_args = 1.., help_heading = "The picture")]
    pub(crate) from: Vec<OsString>,
    /// How deeply Secrets are looked at. What is read is not said by it: a dump holds what it holds.
    #[arg(long, value_enum, default_value_t = Depth::Metadata, help_heading = "The picture")]
    pub(crate) depth: Depth,
    /// Groups of users, which the cluster does not know: lines of `user: group, group`.
    #[arg(long, value_name = "FILE", help_heading = "The picture")]
    pub(crate) groups: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) opening: OpeningArgs,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
}

/// How deeply Secrets are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Depth {
    /// Their names alone, from whatever refers to them.
    References,
    /// Names, types and the names of their keys.
    Metadata,
    /// Fingerprints of their values too; the values are forgotten.
    Values,
}

/// What was read.
pub(crate) struct Picture {
    pub(crate) inventory: Inventory,
    /// Groups of users, as the user says.
    pub(crate) groups: BTreeMap<String, Vec<String>>,
}

impl PictureArgs {
    /// Reads everything that was named.
    pub(crate) fn read(&self, global: &Global) -> anyhow::Result<Picture> {
        if self.from.is_empty() {
            bail!("--from is missing: name a dump, a backup or a directory of manifests");
        }
        let keys = self.opening.read(global)?.keys;
        let mut builder = Inventory::builder();
        builder = match self.depth {
            Depth::References => builder.depth(Depths::References),
            Depth::Metadata => builder.depth(Depths::Metadata),
            Depth::Values => builder.fingerprints(crate::commands::scan::key(&self.key, global)?.0),
        };
        let mut problems = Vec::new();
        for target in &self.from {
            let mut problem = |problem: Problem| problems.push(problem);
            let read = Reader::new(&mut builder, keys.as_ref(), &mut problem).read(target)?;
            if read == 0 {
                let shown = target.to_string_lossy();
                output::note(global, &format!("{shown}: nothing of Kubernetes in it"));
            }
        }
        problems.sort();
        for problem in problems.iter().take(5) {
            output::note(global, &format!("not read: {}: {}", problem.place, problem.what));
        }
        if problems.len() > 5 {
            output::note(global, &format!("not read: {} more", problems.len() - 5));
        }
        let groups = self.groups.as_deref().map(read_groups).transpose()?.unwrap_or_default();
        Ok(Picture { inventory: builder.finish(), groups })
    }
}

/// Reads lines of `user: group, group`; what begins with `#` is a comment.
fn read_groups(path: &std::path::Path) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let bytes = crate::commands::read_input(path)?;
    let text = std::str::from_utf8(&bytes).with_context(|| format!("{} is not UTF-8", path.display()))?;
    groups(text)
        .map_err(|line| anyhow::anyhow!("{}: line {line} is not `user: group, group`", path.display()))
}

fn groups(text: &str) -> Result<BTreeMap<String, Vec<String>>, usize> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        // A colon with a blank behind it: the names of service accounts and groups hold others.
        let (user, groups) = line.split_once(": ").ok_or(at + 1)?;
        let groups = groups.split(',').map(str::trim).filter(|group| !group.is_empty());
        all.entry(user.trim().to_owned()).or_default().extend(groups.map(str::to_owned));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_users_are_read() {
        let read =
            groups("# our provider\nalice: dev, ops\n\noidc:bob: system:masters\nalice: qa\n").unwrap();
        assert_eq!(read["alice"], ["dev", "ops", "qa"]);
        assert_eq!(read["oidc:bob"], ["system:masters"]);
        assert_eq!(groups("alice: dev\nbob\n"), Err(2));
    }
}
