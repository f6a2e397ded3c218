//! `scan`: every copy of every secret, grouped by credential.

use std::sync::Arc;

use anyhow::Context as _;
use sekisho_kube::inventory::Depth;
use sekisho_model::report::{KeyOrigin, Report, Status as Coverage};
use sekisho_policy::{Baseline, PathPatterns};
use sekisho_secret::EstateKey;
use sekisho_sources::cluster::LiveCluster;
use sekisho_store::StoreError;

use crate::cli::{FailOn, Global, KeyArgs, ScanArgs};
use crate::exit::Status;
use crate::scanning::{Changes, ConfigFrom, Plan, scan};
use crate::{config, output};

/// Scans, writes, and says how it ended.
pub(super) fn run(args: &ScanArgs, global: &Global) -> anyhow::Result<Status> {
    let (key, origin) = key(&args.key, global)?;
    let mut plan = Plan::new(key, origin);
    for target in &args.targets {
        // A file of this name is a file.
        if target.as_os_str() == "cluster" && !target.exists() {
            let what = "scan: ConfigMaps, pods and what makes pods; no Secrets";
            let cluster = args.cluster.find(Depth::References, false, what, global)?;
            plan.add_cluster(LiveCluster::new(cluster), target.display().to_string());
        } else {
            plan.add(target.clone(), target.display().to_string());
        }
    }
    let needles = super::needles::read(args, global)?;
    plan.needles = needles.values;
    plan.needle_sources = needles.sources;
    plan.include = PathPatterns::new(args.include.iter().map(String::as_str)).context("--include")?;
    plan.exclude.clone_from(&args.exclude);
    PathPatterns::new(args.exclude.iter().map(String::as_str)).context("--exclude")?;
    plan.max_file_size = args.max_file_size;
    plan.live_bases = args.live_bases;
    plan.jobs = args.jobs.unwrap_or(plan.jobs).max(1);
    plan.history = !args.no_history;
    plan.changes = changes(args)?;
    // What is sealed with a key of this run alone nobody could read again.
    if plan.key_origin == KeyOrigin::Estate && !args.no_cache && plan.needles.is_empty() {
        plan.cache = sekisho_store::cache_directory().ok().map(|directory| directory.join("git"));
    }
    plan.every_version = args.every_version;
    plan.authors = args.authors;
    plan.max_copies = args.max_copies;
    plan.weak_fingerprints = args.weak_fingerprints;
    plan.inline_markers = !args.no_inline_ignore;
    plan.why = args.why;
    plan.config = match (&args.config_from, args.no_target_config) {
        (Some(revision), _) => ConfigFrom::Revision(revision.clone()),
        (None, true) => ConfigFrom::Nowhere,
        (None, false) => ConfigFrom::Files,
    };
    if let Some(path) = &args.baseline {
        let content =
            std::fs::read(path).with_context(|| format!("reading the baseline {}", path.display()))?;
        plan.baseline = Some(Baseline::parse(&content).with_context(|| format!("in {}", path.display()))?);
    }
    if let Some(path) = &args.ignore_file {
        let (file, problems) = config::ignore_file(path)?;
        for problem in problems {
            output::note(global, &format!("{}: {}", path.display(), problem.what));
        }
        plan.ignore = Some((path.display().to_string(), file));
    }
    plan.opening = args.opening.read(global)?.keys.map(Arc::new);
    let report = scan(plan, global)?;
    if let Some(path) = &args.save {
        output::save(&report, path)?;
    }
    output::write_report(&report, &args.output, global)?;
    Ok(status(&report, args.fail_on, args.require_complete))
}

/// The part of a repository that is asked for.
fn changes(args: &ScanArgs) -> anyhow::Result<Option<Changes>> {
    if args.staged {
        return Ok(Some(Changes::Staged));
    }
    if let Some(since) = &args.since {
        return Ok(Some(Changes::Range(since.clone(), None)));
    }
    let Some(range) = &args.range else { return Ok(None) };
    let (from, to) = range.split_once("..").context("--range: A..B is asked for")?;
    anyhow::ensure!(!to.starts_with('.'), "--range: A...B is not known, A..B is");
    let or_head = |revision: &str| if revision.is_empty() { "HEAD" } else { revision }.to_owned();
    Ok(Some(Changes::Range(or_head(from), Some(or_head(to)))))
}

/// The exit status of a report: what was found comes before what is missing.
fn status(report: &Report, fail_on: FailOn, require_complete: bool) -> Status {
    let found = match fail_on {
        FailOn::At(severity) => report.worst().is_some_and(|worst| worst >= severity),
        FailOn::Never => false,
    };
    let enough = if require_complete { Coverage::Complete } else { Coverage::Partial };
    match found {
        true => Status::Found,
        false if report.status() > enough => Status::Incomplete,
        false => Status::Clean,
    }
}

/// The key in force, and whether it outlives the run. Without a key file a job of CI gets an
/// ephemeral one: it may run proposed code, and must not hold the estate's.
pub(super) fn key(args: &KeyArgs, global: &Global) -> anyhow::Result<(EstateKey, KeyOrigin)> {
    if let Some(path) = super::key::named(args)? {
        return Ok((sekisho_store::load(path)?, KeyOrigin::Estate));
    }
    let in_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
    if args.ephemeral_key || in_ci {
        if !args.ephemeral_key {
            output::note(
                global,
                "CI is set: an ephemeral key, fingerprints mean nothing outside this report",
            );
        }
        return Ok((sekisho_store::ephemeral()?, KeyOrigin::Ephemeral));
    }
    let opened =
        sekisho_store::default_path().and_then(|path| Ok((sekisho_store::load_or_create(&path)?, path)));
    match opened {
        Ok((opened, path)) => {
            if opened.created {
                output::note(global, &format!("made a new estate key in {}", path.display()));
            }
            Ok((opened.key, KeyOrigin::Estate))
        }
        // Without a home for the key there is none; a key that is there and unsafe is an error.
        Err(error @ (StoreError::Io { .. } | StoreError::NoConfigDir)) => {
            output::note(global, &format!("{error}; using an ephemeral key"));
            Ok((sekisho_store::ephemeral()?, KeyOrigin::Ephemeral))
        }
        Err(error) => Err(error.into()),
    }
}
