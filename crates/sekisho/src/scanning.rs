//! One scan: targets through sources and the examiner into a report. Shared by `scan`, `demo` and
//! `baseline import`.

mod answer;
mod cache;
mod filter;
mod history;
mod pool;
mod progress;
mod staged;

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use sekisho_etcd::Keyring;
use sekisho_examine::{Content, Decision, Examiner, Item, Options, Outcome};
use sekisho_model::report::{KeyOrigin, Report, Tool};
use sekisho_model::{Ledger, Place, Problem, SharedStr, Sink as _};
use sekisho_policy::{Baseline, IgnoreFile, PathPatterns};
use sekisho_secret::{EstateKey, SecretBytes};
use sekisho_sources::cluster::LiveCluster;
use sekisho_sources::{
    Content as Opened, Directory, DirectoryOptions, EtcdFiles, Item as Found, NamedFile, Source, SourceError,
    Stream, Target as Kind,
};

use self::filter::{Filter, Policy};
use crate::cli::{Authors, Global};
use crate::commands::NeedleSource;
use crate::config::TargetConfig;
use crate::output;

/// What to scan, and how.
pub(crate) struct Plan {
    pub(crate) key: EstateKey,
    pub(crate) key_origin: KeyOrigin,
    pub(crate) targets: Vec<Target>,
    pub(crate) needles: Vec<SecretBytes>,
    /// Where needles came from, each an entry of coverage of its own.
    pub(crate) needle_sources: Vec<NeedleSource>,
    pub(crate) include: PathPatterns,
    pub(crate) exclude: Vec<String>,
    pub(crate) max_file_size: Option<u64>,
    /// Bytes of live bases of deltas, if not as many as usual.
    pub(crate) live_bases: Option<u64>,
    pub(crate) jobs: usize,
    pub(crate) history: bool,
    /// Of repositories, only this.
    pub(crate) changes: Option<Changes>,
    /// Where what is known of histories is kept, if it is.
    pub(crate) cache: Option<PathBuf>,
    pub(crate) every_version: bool,
    pub(crate) authors: Option<Authors>,
    pub(crate) max_copies: usize,
    pub(crate) weak_fingerprints: bool,
    pub(crate) inline_markers: bool,
    pub(crate) why: bool,
    pub(crate) baseline: Option<Baseline>,
    pub(crate) ignore: Option<(String, IgnoreFile)>,
    pub(crate) config: ConfigFrom,
    /// Keys that open what is encrypted in etcd's files.
    pub(crate) opening: Option<Arc<Keyring>>,
}

/// A target, and what it is called in the report.
pub(crate) struct Target {
    pub(crate) path: PathBuf,
    pub(crate) shown: String,
    /// The live cluster that is meant.
    pub(crate) live: Option<LiveCluster>,
}

/// A part of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Changes {
    /// What the next commit would bring.
    Staged,
    /// What the commits bring that are in the second revision (`HEAD`) and not in the first.
    Range(String, Option<String>),
}

/// Where a target's own settings are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConfigFrom {
    /// The files as they are.
    Files,
    /// A git revision.
    Revision(String),
    /// Nowhere.
    Nowhere,
}

impl Plan {
    /// The defaults, with no target yet.
    pub(crate) fn new(key: EstateKey, key_origin: KeyOrigin) -> Self {
        Self {
            key,
            key_origin,
            targets: Vec::new(),
            needles: Vec::new(),
            needle_sources: Vec::new(),
            include: PathPatterns::default(),
            exclude: Vec::new(),
            max_file_size: None,
            live_bases: None,
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            history: true,
            changes: None,
            cache: None,
            every_version: false,
            authors: None,
            max_copies: 100,
            weak_fingerprints: false,
            inline_markers: true,
            why: false,
            baseline: None,
            ignore: None,
            config: ConfigFrom::Files,
            opening: None,
        }
    }

    /// Adds a live cluster.
    pub(crate) fn add_cluster(&mut self, live: LiveCluster, shown: String) {
        self.targets.push(Target { path: PathBuf::new(), shown, live: Some(live) });
    }

    /// Adds a target that is called `shown`.
    pub(crate) fn add(&mut self, path: PathBuf, shown: String) {
        self.targets.push(Target { path, shown, live: None });
    }
}

/// Scans all targets of the plan.
pub(crate) fn scan(mut plan: Plan, global: &Global) -> anyhow::Result<Report> {
    let mut options = Options::new(plan.key.clone());
    options.needles = std::mem::take(&mut plan.needles);
    options.inline_markers = plan.inline_markers;
    if plan.why {
        options.why = Some(Box::new(tell_why));
    }
    let (examiner, refused) = Examiner::new(options)?;
    if !refused.is_empty() {
        let what =
            format!("{} needles are not looked for: too short, too long, or given twice", refused.len());
        output::note(global, &what);
    }
    let progress = progress::Progress::new(global);
    let mut ledger = Ledger::new(plan.max_copies);
    for NeedleSource { shown, problems } in std::mem::take(&mut plan.needle_sources) {
        for problem in problems {
            ledger.problem(problem);
        }
        ledger.close_target(&shown, "needles", false);
    }
    for target in &plan.targets {
        one_target(target, &plan, &examiner, (&progress, global), &mut ledger)
            .with_context(|| format!("scanning {}", target.shown))?;
    }
    progress.finish();
    if let Some((name, file)) = &plan.ignore {
        filter::remarks(name, file, &mut ledger);
    }
    let tool =
        Tool { version: env!("CARGO_PKG_VERSION").to_owned(), ruleset: sekisho_detectors::ruleset_digest() };
    Ok(ledger.into_report(tool, plan.key.key_id(), plan.key_origin, plan.weak_fingerprints))
}

/// Scans one target into the ledger and closes its coverage.
fn one_target(
    target: &Target,
    plan: &Plan,
    examiner: &Examiner,
    (progress, global): (&progress::Progress, &Global),
    ledger: &mut Ledger,
) -> anyhow::Result<()> {
    let mut config = TargetConfig::read(&target.path, &plan.config)?;
    let exclude = config.excluded(&plan.exclude)?;
    let kind = sekisho_sources::detect_target(target.path.as_os_str());
    let mut ignore: Vec<&IgnoreFile> = Vec::new();
    ignore.extend(plan.ignore.iter().chain(&config.ignore).map(|(_, file)| file));
    let policy = Policy { key_id: plan.key.key_id(), baseline: plan.baseline.as_ref(), ignore };
    let named = (plan.targets.len() > 1).then(|| SharedStr::from(target.shown.as_str()));
    let named = named.as_ref();
    let looked = AtomicU64::new(0);
    let histories = history::Histories { plan, examiner, progress, exclude: &exclude, global, looked };
    if plan.changes == Some(Changes::Staged) {
        let path = match &kind {
            Ok(Kind::Repository(path)) => path.clone(),
            _ => sekisho_git::work_tree_of(&target.path).unwrap_or_else(|| target.path.clone()),
        };
        let mut filter = Filter::new(&policy, ledger, named);
        let read = staged::scan(&path, plan, examiner, &exclude, &mut filter);
        for problem in &config.problems {
            ledger.problem(problem.clone());
        }
        ledger.close_target(&target.shown, "git", !read);
        return Ok(());
    }
    let range = matches!(plan.changes, Some(Changes::Range(..)));
    let repository = match &kind {
        Ok(Kind::Repository(path) | Kind::Bundle(path)) => Some(path.clone()),
        Ok(Kind::Directory(path)) if range => {
            Some(sekisho_git::work_tree_of(path).unwrap_or_else(|| path.clone()))
        }
        _ => None,
    };
    if let Some(path) = repository {
        let failed = !histories.one(&path, ".", &mut Filter::new(&policy, ledger, named));
        if failed && !range {
            let what = "no repository of git, or one that cannot be read".to_owned();
            ledger.problem(Problem { place: Place::file(target.shown.as_str()), what });
        }
        ledger.close_target(&target.shown, "git", failed);
        return Ok(());
    }
    let (source, name) = match open(target, plan, exclude.clone(), kind) {
        Ok(opened) => opened,
        Err(error) => {
            let place = Place::file(target.shown.as_str());
            ledger.problem(Problem { place, what: error.to_string() });
            ledger.close_target(&target.shown, "file", true);
            return Ok(());
        }
    };
    let pool = pool::Pool::new(plan.max_copies);
    let on_problem = |problem: Problem| pool.with(|ledger| ledger.problem(problem));
    let examine = |item: Found<'_>| {
        pool.with(|ledger| {
            let (bytes, inner) = one_item(item, examiner, &policy, named, ledger)?;
            ledger.count_item(bytes);
            progress.advance(bytes);
            inner
        })
    };
    let bundles = Mutex::new(Vec::new());
    let on_item = |item: Found<'_>| match examine(item) {
        Some(Inner::Bundle(path, place)) => {
            bundles.lock().unwrap_or_else(PoisonError::into_inner).push((path, place.to_string()));
        }
        // A file of etcd among others: its objects are items, and hold no further files.
        Some(Inner::Etcd(inner)) => {
            let inner = inner.with_keys(plan.opening.clone());
            if let Err(error) = inner.each(&|item| drop(examine(item)), &on_problem) {
                on_problem(Problem { place: Place::file(target.shown.as_str()), what: error.to_string() });
            }
        }
        None => {}
    };
    let walked = source.each(&on_item, &on_problem);
    pool.drain_into(ledger);
    for problem in &config.problems {
        ledger.problem(problem.clone());
    }
    let repositories = match walked {
        Ok(stats) => {
            ledger.count_excluded(stats.excluded);
            ledger.close_target(&target.shown, name, false);
            stats.repositories
        }
        Err(error) => {
            ledger.problem(Problem { place: Place::file(target.shown.as_str()), what: error.to_string() });
            ledger.close_target(&target.shown, name, true);
            Vec::new()
        }
    };
    let shown = |path: &PathBuf| {
        let inside = path.strip_prefix(&target.path).unwrap_or(path);
        if inside.as_os_str().is_empty() { ".".to_owned() } else { inside.to_string_lossy().into_owned() }
    };
    let mut repositories: Vec<(PathBuf, String)> =
        repositories.into_iter().map(|path| (path.clone(), shown(&path))).collect();
    let mut bundles = bundles.into_inner().unwrap_or_else(PoisonError::into_inner);
    bundles.sort();
    repositories.append(&mut bundles);
    if plan.history && !repositories.is_empty() {
        for (repository, inside) in repositories {
            if !histories.one(&repository, &inside, &mut Filter::new(&policy, ledger, named)) {
                let place = Place::file(inside.as_str());
                let what = "its history cannot be read: no readable git directory".to_owned();
                ledger.problem(Problem { place, what });
            }
        }
        ledger.close_target(&target.shown, "git", false);
    }
    if let Some((name, file)) = &config.ignore {
        filter::remarks(name, file, ledger);
    }
    Ok(())
}

/// The source of a target, and its name in coverage.
fn open(
    target: &Target,
    plan: &Plan,
    exclude: PathPatterns,
    kind: Result<Kind, SourceError>,
) -> Result<(Box<dyn Source>, &'static str), SourceError> {
    if let Some(live) = &target.live {
        return Ok((Box::new(live.clone()), live.name()));
    }
    let source: Box<dyn Source> = match kind? {
        Kind::Stdin => Box::new(Stream::stdin()),
        Kind::Stream(path) => Box::new(Stream::open(&path)?),
        Kind::File(path) => Box::new(NamedFile::new(path, plan.max_file_size)),
        Kind::Etcd(path) => Box::new(EtcdFiles::new(path, plan.opening.clone())),
        Kind::Directory(path) => {
            let (include, max_file_size) = (plan.include.clone(), plan.max_file_size);
            let options = DirectoryOptions { include, exclude, max_file_size, jobs: plan.jobs };
            Box::new(Directory::new(path, options))
        }
        _ => return Err(SourceError::Unsupported { path: target.path.clone() }),
    };
    let name = source.name();
    Ok((source, name))
}

/// An item that is a source in turn.
enum Inner {
    Etcd(Box<EtcdFiles>),
    Bundle(PathBuf, Place),
}

/// Examines an item; gives back its bytes, or none when it could not be opened (that was said), and
/// what is a source in turn. A defect that makes us panic costs this item and nothing else.
fn one_item(
    item: Found<'_>,
    examiner: &Examiner,
    policy: &Policy<'_>,
    target: Option<&SharedStr>,
    ledger: &mut Ledger,
) -> Option<(u64, Option<Inner>)> {
    let Found { place, tracked, hint, content, .. } = item;
    let mut opened = content.open()?;
    let mut filter = Filter::new(policy, ledger, target);
    let content = match &mut opened {
        Opened::Bytes(bytes) => Content::Bytes(bytes),
        Opened::Held(bytes) => Content::Bytes(bytes.expose_secret()),
        Opened::Reader(reader) => Content::Stream(reader.as_mut()),
        Opened::Etcd(_) | Opened::Bundle(_) => Content::Bytes(&[]),
        _ => return None,
    };
    let item = Item { place: place.clone(), tracked, hint: hint.as_ref(), content };
    let examined = catch_unwind(AssertUnwindSafe(|| examiner.examine(item, &mut filter)));
    if examined.is_err() {
        let what = "internal error while examining this item; please report it".to_owned();
        filter.problem(Problem { place: place.clone(), what });
    }
    let bytes = examined.ok()?;
    let inner = match opened {
        Opened::Etcd(files) => Some(Inner::Etcd(files)),
        Opened::Bundle(path) => Some(Inner::Bundle(path, place)),
        _ => None,
    };
    Some((bytes, inner))
}

/// Tells a decision on stderr: rules and classes, never characters.
fn tell_why(decision: &Decision<'_>) {
    let Decision { place, field, offset, detector, outcome, reason } = decision;
    let outcome = match outcome {
        Outcome::Reported => "reported",
        Outcome::Info => "info",
        Outcome::Rejected => "rejected",
    };
    let place = place.to_string();
    let parts = [place.as_str(), field, detector, outcome, reason].map(sekisho_report::escape::terminal);
    let [place, field, detector, outcome, reason] = parts;
    let text = [place, field].join(" ");
    let line = format!("why: {}@{offset} {detector}: {outcome} {reason}", text.trim_end());
    // A closed stderr is no reason to stop.
    let _closed = writeln!(std::io::stderr().lock(), "{}", line.trim_end());
}
