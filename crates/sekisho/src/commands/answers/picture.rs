//! The picture of a cluster that `who` and `reach` answer from, and where it is read.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use sekisho_kube::Inventory;
use sekisho_kube::inventory::{Builder, Depth};
use sekisho_model::Problem;
use sekisho_sources::cluster::{self, Cluster, Event};
use sekisho_sources::inventory::Reader;

use crate::cli::{Global, KeyArgs};
use crate::commands::opening::OpeningArgs;
use crate::commands::rbac::DepthName;
use crate::output;

/// Problems that are told one by one.
const TOLD: usize = 5;

/// Where the picture comes from.
#[derive(Debug, Args)]
pub(crate) struct PictureArgs {
    /// What the cluster is read from: manifests, `kubectl get -o json` or `yaml`, `kubectl
    /// cluster-info dump`, support bundles, must-gathers, Velero backups, etcd's files, `-` for a
    /// stream, `cluster` for a live one. Several together are one picture. By default the cluster of
    /// the current context.
    #[arg(long, value_name = "TARGET", num_args = 1.., help_heading = "The picture")]
    pub(crate) from: Vec<OsString>,
    /// How deeply Secrets are looked at; by default `references` in a live cluster and `metadata` in
    /// what lies there already.
    #[arg(long, value_enum, help_heading = "The picture")]
    pub(crate) depth: Option<DepthName>,
    /// The same as `--depth values`.
    #[arg(long, conflicts_with = "depth", help_heading = "The picture")]
    pub(crate) read_values: bool,
    /// Groups of users, which the cluster does not know: lines of `user: group, group`.
    #[arg(long, value_name = "FILE", help_heading = "The picture")]
    pub(crate) groups: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
    /// At depth `metadata`, the names of Secrets' annotations too. The server then also sends
    /// `last-applied-configuration`, which holds values; it is forgotten.
    #[arg(long, help_heading = "Live cluster")]
    pub(crate) annotations: bool,
    #[command(flatten)]
    pub(crate) opening: OpeningArgs,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
}

/// Which live cluster, and how gently.
#[derive(Debug, Args)]
pub(crate) struct ClusterArgs {
    /// The context; by default the current one.
    #[arg(long, value_name = "NAME", help_heading = "Live cluster")]
    pub(crate) context: Option<String>,
    /// The kubeconfig; by default KUBECONFIG, `~/.kube/config`, or the pod's own service account.
    #[arg(long, value_name = "FILE", help_heading = "Live cluster")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Requests a second.
    #[arg(long, value_name = "N", default_value_t = cluster::DEFAULT_QPS, help_heading = "Live cluster")]
    pub(crate) max_qps: f64,
    /// Only these namespaces.
    #[arg(long, value_name = "NAME", value_delimiter = ',', help_heading = "Live cluster")]
    pub(crate) namespaces: Vec<String>,
}

impl ClusterArgs {
    /// The cluster that is meant, named before it is asked anything; `what` says what is about to be read.
    pub(crate) fn find(
        &self,
        depth: Depth,
        annotations: bool,
        what: &str,
        global: &Global,
    ) -> anyhow::Result<Cluster> {
        let Self { context, kubeconfig, max_qps, namespaces } = self;
        let cluster = Cluster::find(cluster::Options {
            kubeconfig: kubeconfig.clone(),
            context: context.clone(),
            depth,
            annotations,
            namespaces: namespaces.clone(),
            max_qps: *max_qps,
        })?;
        output::note(
            global,
            &format!("reading context {} at {} ({what})", cluster.context(), cluster.server()),
        );
        Ok(cluster)
    }
}

/// What was read.
pub(crate) struct Picture {
    pub(crate) inventory: Inventory,
    /// Groups of users, as the user says.
    pub(crate) groups: BTreeMap<String, Vec<String>>,
    /// The live cluster, where one was read.
    pub(crate) cluster: Option<Cluster>,
}

impl PictureArgs {
    /// Reads everything that was named.
    pub(crate) fn read(&self, global: &Global) -> anyhow::Result<Picture> {
        let live = OsString::from("cluster");
        let targets = if self.from.is_empty() { std::slice::from_ref(&live) } else { &self.from };
        let is_live = |target: &&OsString| **target == live;
        let asked = self.depth.map(Depth::from).or(self.read_values.then_some(Depth::Values));
        let alone = targets.iter().all(|target| is_live(&target));
        let depth = asked.unwrap_or(if alone { Depth::References } else { Depth::Metadata });
        let mut builder = match depth {
            Depth::Values => {
                Inventory::builder().fingerprints(crate::commands::scan::key(&self.key, global)?.0)
            }
            depth => Inventory::builder().depth(depth),
        };
        let keys = self.opening.read(global)?.keys;
        let mut problems = Vec::new();
        for target in targets.iter().filter(|target| !is_live(target)) {
            let mut problem = |problem: Problem| problems.push(problem);
            let read = Reader::new(&mut builder, keys.as_ref(), &mut problem).read(target)?;
            if read == 0 {
                let shown = target.to_string_lossy();
                output::note(global, &format!("{shown}: nothing of Kubernetes in it"));
            }
        }
        problems.sort();
        for problem in problems.iter().take(TOLD) {
            output::note(global, &format!("not read: {}: {}", problem.place, problem.what));
        }
        if problems.len() > TOLD {
            output::note(global, &format!("not read: {} more", problems.len() - TOLD));
        }
        let mut cluster = None;
        if targets.iter().any(|target| is_live(&target)) {
            cluster = Some(self.live(asked.unwrap_or(Depth::References), &mut builder, global)?);
        }
        let groups = self.groups.as_deref().map(read_groups).transpose()?.unwrap_or_default();
        Ok(Picture { inventory: builder.finish(), groups, cluster })
    }

    /// Reads the live cluster, which is named before it is asked anything.
    fn live(&self, depth: Depth, builder: &mut Builder, global: &Global) -> anyhow::Result<Cluster> {
        let what = match depth {
            Depth::References => "references: no verb on Secrets",
            Depth::Metadata => "metadata: Secrets are listed without their values",
            Depth::Values => "values: fingerprinted in memory, then forgotten",
        };
        let found = self.cluster.find(depth, self.annotations, what, global);
        if found.is_err() && self.from.is_empty() {
            output::note(
                global,
                "without a cluster, --from names manifests, a dump, a backup or etcd's files",
            );
        }
        let mut cluster = found?;
        cluster.read(&mut |event| match event {
            Event::Page { list, .. } => drop(builder.read(list.expose_secret())),
            Event::Assessed { plural } => builder.assessed(plural),
            Event::NotAssessed { plural, reason } => builder.not_assessed(plural, &reason),
            Event::Minor(minor) => builder.minor(minor),
            _ => {}
        })?;
        if depth == Depth::References {
            builder.not_assessed("secrets", "only references to Secrets were asked for");
        }
        own_grants(&mut cluster, depth, global);
        Ok(cluster)
    }
}

/// Says what whoever runs this may do that it need not.
fn own_grants(cluster: &mut Cluster, depth: Depth, global: &Global) {
    let Ok(grants) = cluster.own_grants() else {
        return output::note(global, "what you may do yourself could not be asked");
    };
    let needed = |grant: &cluster::Grant| {
        depth > Depth::References && (grant.verb, grant.resource) == ("list", "secrets")
    };
    let more: Vec<String> = grants
        .iter()
        .filter(|grant| !needed(grant))
        .map(|grant| format!("{} {}", grant.verb, grant.resource))
        .collect();
    if !more.is_empty() {
        let name = match depth {
            Depth::References => "references",
            Depth::Metadata => "metadata",
            Depth::Values => "values",
        };
        let more = more.join(", ");
        output::note(
            global,
            &format!(
                "you yourself may {more} in the whole cluster, which this needs not: \
                 `sekisho rbac --print {name}` prints the role that is enough"
            ),
        );
    }
    if grants.iter().any(needed) {
        output::note(global, "the grant `list secrets`, which this depth needs, could read every value");
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
