//! Known values for a scan: from a list, or from the Secrets of a cluster, a dump, a backup.
//!
//! They are read into memory that is wiped, looked for in every encoding, and told as fingerprints like
//! any other. Which Secrets they came from is not kept: `who FINGERPRINT` finds them.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context as _, bail};
use sekisho_kube::inventory::{Builder, Depth, Inventory};
use sekisho_model::{Place, Problem};
use sekisho_secret::SecretBytes;
use sekisho_sources::cluster::Event;
use sekisho_sources::inventory::Reader;

use super::answers::told::count;
use crate::cli::{Global, ScanArgs};
use crate::output;

/// Values to look for, and what could not be read of where they come from.
#[derive(Default)]
pub(super) struct Needles {
    pub(super) values: Vec<SecretBytes>,
    pub(super) sources: Vec<NeedleSource>,
}

/// Where values came from.
pub(crate) struct NeedleSource {
    /// What it is called in the report.
    pub(crate) shown: String,
    /// What could not be read.
    pub(crate) problems: Vec<Problem>,
}

/// Reads all that the arguments name.
pub(super) fn read(args: &ScanArgs, global: &Global) -> anyhow::Result<Needles> {
    let mut needles = Needles::default();
    if let Some(file) = &args.needles {
        needles.values = listed(file)?;
    }
    let live = OsString::from("cluster");
    let mut targets: Vec<&OsString> = args.needles_from.iter().collect();
    if args.read_values && !targets.contains(&&live) {
        targets.push(&live);
    }
    for target in targets {
        let mut builder = Inventory::builder().handing_values();
        let shown = target.to_string_lossy().into_owned();
        let problems = if *target == live {
            from_cluster(args, &mut builder, global)?
        } else {
            let keys = args.opening.read(global)?.keys;
            let mut problems = Vec::new();
            let mut problem = |problem: Problem| problems.push(problem);
            Reader::new(&mut builder, keys.as_ref(), &mut problem)
                .read(target)
                .with_context(|| format!("--needles-from {shown}"))?;
            problems
        };
        let mut values = builder.take_values();
        values.sort_by(|a, b| a.expose_secret().cmp(b.expose_secret()));
        values.dedup();
        if values.is_empty() && problems.is_empty() {
            bail!("--needles-from {shown}: no Secret with a value in it");
        }
        let found = count(values.len() as u64, "value");
        output::note(global, &format!("looking for {found} of the Secrets of {shown}"));
        // The same value may be in several of them.
        let known: BTreeSet<&[u8]> = needles.values.iter().map(SecretBytes::expose_secret).collect();
        values.retain(|value| !known.contains(value.expose_secret()));
        needles.values.extend(values);
        needles.sources.push(NeedleSource { shown, problems });
    }
    Ok(needles)
}

/// The values of a live cluster's Secrets; what was refused is a problem.
fn from_cluster(args: &ScanArgs, builder: &mut Builder, global: &Global) -> anyhow::Result<Vec<Problem>> {
    let what = "values: looked for in memory, then forgotten";
    let mut cluster = args.cluster.find(Depth::Values, false, what, global)?;
    let mut problems = Vec::new();
    cluster.read_secrets(&mut |event| match event {
        Event::Page { list, .. } => drop(builder.read(list.expose_secret())),
        Event::NotAssessed { plural, reason } => {
            output::note(global, &format!("not read: {plural}: {reason}"));
            problems.push(Problem { place: Place::file(plural), what: reason });
        }
        _ => {}
    })?;
    Ok(problems)
}

/// Known values, one a line; empty lines are none.
fn listed(path: &Path) -> anyhow::Result<Vec<SecretBytes>> {
    let content = SecretBytes::new(super::read_input(path).context("--needles")?);
    let lines = content.expose_secret().split(|byte| *byte == b'\n');
    let values = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)).filter(|line| !line.is_empty());
    Ok(values.map(SecretBytes::from).collect())
}
