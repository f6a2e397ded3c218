//! Histories: every blob and message of a repository through the examiner, folded into copies.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sekisho_detectors::PathKind;
use sekisho_examine::{Content, Examiner, Item, Scanned};
use sekisho_git::{
    Blob, Blobs, Brought, GitError, History, Message, Names, Oid, OnTrouble, Options, Placed, Repository,
    Side, Standing, Text, Trouble,
};
use sekisho_model::{Place, Problem, Root, SharedStr, Sink, TargetPath};
use sekisho_policy::PathPatterns;
use sekisho_scan::delta::Copied;
use sekisho_sources::git::{Fold, Stood};
use sekisho_store::{Counts, Record};

use super::answer::{self, Answers, Both, Told};
use super::cache::Known;
use super::filter::Filter;
use super::progress::Progress;
use super::{Authors, Changes, Plan, staged};
use crate::cli::Global;
use crate::output;

/// Largest file of text in a git directory that is examined, in bytes.
const MAX_TEXT: u64 = 256 << 20;

/// What all histories of a target share.
pub(super) struct Histories<'a> {
    pub(super) plan: &'a Plan,
    pub(super) examiner: &'a Examiner,
    pub(super) progress: &'a Progress,
    pub(super) exclude: &'a PathPatterns,
    pub(super) global: &'a Global,
    /// Bytes of blobs that no other blob gave.
    pub(super) looked: AtomicU64,
}

impl Histories<'_> {
    /// Scans the repository at `path`, called `name`, and those of its submodules. False when there
    /// is none.
    pub(super) fn one(&self, path: &Path, name: &str, filter: &mut Filter<'_>) -> bool {
        let mut done = BTreeSet::new();
        let mut waiting = vec![(path.to_owned(), name.to_owned())];
        let mut found = false;
        while let Some((path, name)) = waiting.pop() {
            // A submodule has its git directory in two places; each is scanned once.
            if done.insert(path.canonicalize().unwrap_or_else(|_| path.clone())) {
                match self.repository(&path, &name, filter) {
                    Some(modules) => {
                        found = true;
                        waiting.extend(modules.into_iter().map(|(module, path)| {
                            (path, if name == "." { module } else { format!("{name}/{module}") })
                        }));
                    }
                    None if !found => return false,
                    None => {}
                }
            }
        }
        found
    }

    /// Tells of one repository, and gives back those of its submodules; `None` when it is none.
    fn repository(&self, path: &Path, name: &str, filter: &mut Filter<'_>) -> Option<Vec<(String, PathBuf)>> {
        let standing = if path.is_dir() { Standing::read(path) } else { None };
        let kept = standing.as_ref().and_then(|standing| Answers::of(self, standing, path, name));
        if let (Some(standing), Some(kept)) = (&standing, &kept) {
            if kept.refused() > 0 {
                self.tell_refused();
            } else if kept.tell(self, standing, name, filter) {
                self.texts(standing.texts(), standing.common_dir(), name, filter);
                return Some(standing.modules().to_vec());
            }
        }
        self.read(path, name, standing, kept, filter)
    }

    fn tell_refused(&self) {
        let what = "what was kept from the scan before is damaged, or not ours: scanned again";
        output::note(self.global, what);
    }

    /// The same, from its objects.
    fn read(
        &self,
        path: &Path,
        name: &str,
        standing: Option<Standing>,
        kept: Option<Answers>,
        filter: &mut Filter<'_>,
    ) -> Option<Vec<(String, PathBuf)>> {
        let troubles = Mutex::new(BTreeSet::new());
        let trouble = |trouble: Trouble| {
            lock(&troubles).insert(trouble);
        };
        let repository = match self.open(path, standing, &trouble) {
            Some(repository) => repository,
            None if self.plan.changes.is_some() => {
                let what = "no repository of git, or one that cannot be read".to_owned();
                filter.problem(Problem { place: Place::file(name), what });
                return None;
            }
            None => return None,
        };
        let range = match self.range(path) {
            Ok(range) => range,
            Err(error) => {
                filter.problem(Problem { place: Place::file(name), what: error.to_string() });
                return None;
            }
        };
        let scan = Scan {
            histories: self,
            repo: name.into(),
            folds: Mutex::new(Vec::new()),
            messages: AtomicU64::new(0),
            excluded: AtomicU64::new(0),
            history: None,
            brought: None,
            known: None,
            names: None,
        };
        // Which messages are of the range is known once all commits were read.
        let messages = Mutex::new(Vec::new());
        let on_message = |message: Message<'_>| match range {
            Some(_) => lock(&messages).push((message.object, message.text.to_vec())),
            None => scan.message(&message),
        };
        let mut history = repository.history(&on_message, &trouble);
        let brought = match range.map(|(from, to)| history.brought(&repository, &from, &to)) {
            Some(None) => {
                let what = "a commit of the range is not here: nothing of it is read".to_owned();
                trouble(Trouble { object: None, what });
                Some(Brought::default())
            }
            found => found.flatten(),
        };
        if let Some(brought) = &brought {
            history.look_at(brought.blobs());
        }
        for (object, text) in messages.into_inner().unwrap_or_else(PoisonError::into_inner) {
            if brought.as_ref().is_some_and(|brought| brought.has_commit(object)) {
                scan.message(&Message { object, text: &text });
            }
        }
        if history.is_cut() {
            let what = "some trees stand at too many paths: not all of these are told".to_owned();
            trouble(Trouble { object: None, what });
        }
        let mut known = Known::of(self.plan, repository.git_dir());
        if let Some(known) = &mut known {
            if known.refused() > 0 {
                self.tell_refused();
            }
            known.compare(&repository, &history, &|path| self.is_excluded(path));
        }
        let names = Some(repository.names());
        let scan =
            Scan { history: Some(&history), brought: brought.as_ref(), known: known.as_ref(), names, ..scan };
        let wanted = brought.as_ref().map(|brought| brought.blobs().collect::<BTreeSet<u32>>());
        let wants = |blob: u32| {
            wanted.as_ref().is_none_or(|wanted| wanted.contains(&blob))
                && known.as_ref().is_none_or(|known| known.wants(blob))
        };
        let is_part = wanted.is_some() || known.is_some();
        let walked = repository.blobs(&scan, is_part.then_some(&wants), &trouble);
        let again = history.again() + walked.again;
        if again > 0 {
            // Not for the report, which is the same however much room there was.
            let what = format!("{name}: {again} bases of deltas were over the budget, and inflated again");
            output::note(self.global, &what);
        }
        if brought.is_none() {
            self.texts(repository.texts(), repository.common_dir(), name, filter);
        }
        let (blobs, bytes, left_out) = known.as_ref().map_or((0, 0, 0), |known| known.spared);
        let items = scan.messages.into_inner() + walked.blobs + blobs;
        let excluded = scan.excluded.into_inner() + left_out;
        let mut folds = scan.folds.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter();
        let mut all = folds.next().unwrap_or_else(|| Fold::new(self.plan.every_version));
        folds.for_each(|fold| all.merge(fold));
        let author = |author: &str| match self.plan.authors? {
            Authors::Plain => Some(author.to_owned()),
            Authors::Keyed => Some(self.plan.key.fingerprint(author.as_bytes()).to_string()),
        };
        let texts = kept.as_ref().map(|_| answer::texts(&all, &repository, &history));
        let mut both = Both { filter, record: kept.as_ref().map(|_| Record::new()) };
        all.unfold(&history, &|object| repository.names().name(object), &author, &mut both);
        for Trouble { object, what } in lock(&troubles).iter() {
            let number = object.and_then(|object| repository.names().find(object.as_bytes()));
            let places = number.map_or(&[][..], |number| history.places(number));
            // The newest that is not left out; what is left out everywhere is nothing that is missed.
            let told = places.iter().map(|placed| (placed.age, history.path(placed.path)));
            let path = told.filter(|(_, path)| !self.is_excluded(path)).min().map(|(_, path)| path);
            if path.is_none() && !places.is_empty() {
                continue;
            }
            let blob = object.map(|object| object.to_string()).unwrap_or_default();
            let path = TargetPath::from_bytes(&path.unwrap_or_default());
            let root = Root::Git { repo: name.into(), path, blob: blob.into(), history: None };
            both.problem(Problem { place: Place::new(root), what: what.clone() });
        }
        let Both { filter, record } = both;
        let counts = Counts { items, bytes: walked.bytes + bytes, excluded };
        filter.ledger.count_items(counts.items, counts.bytes);
        filter.ledger.count_excluded(counts.excluded);
        if let Some(known) = known {
            known.keep();
        }
        if let (Some(kept), Some(record), Some(texts)) = (kept, record, texts) {
            kept.keep(self, path, name, Told { record, counts, texts });
        }
        // A revision is one of this repository.
        if self.plan.changes.is_some() { Some(Vec::new()) } else { Some(repository.modules().to_vec()) }
    }

    fn open(&self, path: &Path, standing: Option<Standing>, trouble: &OnTrouble<'_>) -> Option<Repository> {
        let options = Options {
            threads: self.plan.jobs,
            authors: self.plan.authors.is_some(),
            max_object: self.plan.max_file_size.unwrap_or(u64::MAX).min(Options::default().max_object),
            budget: self.plan.live_bases.unwrap_or(Options::default().budget),
        };
        if path.is_dir() {
            return Some(standing?.open(options, trouble));
        }
        Repository::open_bundle(path, options, trouble).ok()
    }

    fn is_excluded(&self, path: &[u8]) -> bool {
        let include = &self.plan.include;
        !include.is_empty() && !include.covers(path) || self.exclude.covers(path)
    }

    /// The two ends of the range that is asked for.
    fn range(&self, path: &Path) -> Result<Option<(Oid, Oid)>, GitError> {
        let Some(Changes::Range(from, to)) = &self.plan.changes else { return Ok(None) };
        let to = to.as_deref().unwrap_or("HEAD");
        Ok(Some((sekisho_git::resolve(path, from)?, sekisho_git::resolve(path, to)?)))
    }

    /// Examines one item. A defect that makes us panic costs this item and nothing else.
    pub(super) fn item(&self, place: Place, content: Content<'_>, sink: &mut dyn Sink) {
        let item = Item { place: place.clone(), tracked: None, hint: None, content };
        let examined = catch_unwind(AssertUnwindSafe(|| self.examiner.examine(item, sink)));
        if examined.is_err() {
            let what = "internal error while examining this item; please report it".to_owned();
            sink.problem(Problem { place, what });
        }
    }

    fn texts(&self, texts: &[Text], common_dir: &Path, name: &str, filter: &mut Filter<'_>) {
        for text in texts {
            self.text(text, common_dir, name, filter);
        }
    }

    /// Examines a file of text in a git directory: settings with credentials in the addresses of
    /// remotes, logs of refs with the same.
    fn text(&self, text: &Text, common_dir: &Path, name: &str, filter: &mut Filter<'_>) {
        let Text { path, content } = text;
        let inside = path.strip_prefix(common_dir).unwrap_or(path);
        let folder = if name == "." { PathBuf::new() } else { PathBuf::from(name) };
        let shown = folder.join(".git").join(inside);
        let place = Place::file(TargetPath::from_bytes(shown.as_os_str().as_encoded_bytes()));
        let read = || {
            if std::fs::metadata(path)?.len() > MAX_TEXT {
                return Err(std::io::ErrorKind::FileTooLarge.into());
            }
            std::fs::read(path)
        };
        match content.clone().map_or_else(read, Ok) {
            Ok(bytes) => {
                let item = Item { place, tracked: None, hint: None, content: Content::Bytes(&bytes) };
                self.examiner.examine(item, filter);
            }
            Err(error) => filter.problem(Problem { place, what: format!("not read: {}", error.kind()) }),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One scan of one repository.
struct Scan<'a> {
    histories: &'a Histories<'a>,
    repo: SharedStr,
    /// Folds that no worker uses at the moment.
    folds: Mutex<Vec<Fold>>,
    messages: AtomicU64,
    excluded: AtomicU64,
    /// Known once all trees were read.
    history: Option<&'a History>,
    /// Of what, if not of all.
    brought: Option<&'a Brought>,
    /// From the scan before.
    known: Option<&'a Known>,
    names: Option<&'a Names>,
}

impl Scan<'_> {
    /// Lends a fold.
    fn with<R>(&self, work: impl FnOnce(&mut Fold) -> R) -> R {
        let mine = lock(&self.folds).pop();
        let mut mine = mine.unwrap_or_else(|| Fold::new(self.histories.plan.every_version));
        let result = work(&mut mine);
        lock(&self.folds).push(mine);
        result
    }

    /// What is kept of a blob for those that are made from it.
    fn inherited(&self, blob: &Blob<'_, Inherited>) -> Inherited {
        let kept = self.known.filter(|_| blob.has_children)?.inherited(blob.object)?;
        self.histories.examiner.kept_of(&kept, blob.bytes.len())
    }

    /// The candidates in a blob, and what it gives to those that are made from it.
    fn candidates(&self, blob: &Blob<'_, Inherited>) -> Option<Scanned> {
        let copied =
            |copy: &sekisho_git::pack::Copy| Copied { base: copy.base, text: copy.result, len: copy.len };
        let base = blob.base.and_then(|(state, _, copies)| Some((state.as_ref()?, copies)));
        let base = base.map(|(base, copies)| (base, copies.iter().map(copied).collect::<Vec<_>>()));
        let copied: usize = base.iter().flat_map(|(_, copies)| copies).map(|copy| copy.len).sum();
        self.histories.looked.fetch_add(blob.bytes.len().saturating_sub(copied) as u64, Ordering::Relaxed);
        let base = base.as_ref().map(|(base, copies)| (*base, copies.as_slice()));
        let examiner = self.histories.examiner;
        catch_unwind(AssertUnwindSafe(|| examiner.candidates(blob.bytes, base))).ok().flatten()
    }

    fn message(&self, message: &Message<'_>) {
        self.messages.fetch_add(1, Ordering::Relaxed);
        let stood = Stood::Message(message.object);
        let content = Content::Bytes(message.text);
        self.with(|fold| self.item(fold, stood, TargetPath::default(), content));
    }

    /// Examines an item; whether nothing was seen in it.
    fn item(&self, fold: &mut Fold, stood: Stood, path: TargetPath, content: Content<'_>) -> bool {
        let mut sink = fold.item(stood);
        let mut place = answer::place(self.repo.clone(), path);
        // What is to be done about it is another thing then.
        if let (Stood::Blob(Placed { side: Side::Index, .. }), Root::Git { blob, history, .. }) =
            (stood, Arc::make_mut(&mut place.root))
        {
            *history = Some(staged::no_history(blob.clone()));
        }
        self.histories.item(place, content, &mut sink);
        sink.is_quiet()
    }

    /// Examines a blob once for each kind of path that it stands at. What shows nothing under one
    /// name shows nothing under another of that kind.
    fn versions(&self, blob: u32, bytes: &[u8], mut scanned: Option<&mut Scanned>) {
        let nowhere = [Placed { blob, path: 0, side: Side::Unreachable, age: u32::MAX }];
        let places = self.history.map_or(&[][..], |history| history.places(blob));
        let places = if places.is_empty() { &nowhere } else { places };
        // At one path alone nothing is asked twice.
        let several = places.len() > 1;
        let mut quiet: Vec<(Option<PathKind>, Vec<u8>)> = Vec::new();
        let mut seen: Vec<(Vec<u8>, bool)> = Vec::new();
        let mut excluded = 0;
        for placed in places {
            if self.brought.is_some_and(|brought| !brought.has(placed)) {
                continue;
            }
            let path = self.history.map(|history| history.path(placed.path)).unwrap_or_default();
            if self.histories.is_excluded(&path) {
                excluded += 1;
                continue;
            }
            let shown = TargetPath::from_bytes(&path);
            let head = &bytes[..bytes.len().min(1024)];
            let kind = several.then(|| sekisho_detectors::path_kind(&shown.path, head));
            let file = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
            if quiet.iter().any(|(known, name)| *known == kind && name == file) {
                seen.push((path, true));
                continue;
            }
            let content = match &mut scanned {
                Some(scanned) => Content::Scanned(bytes, scanned),
                None => Content::Bytes(bytes),
            };
            let nothing = self.with(|fold| self.item(fold, Stood::Blob(*placed), shown, content));
            if nothing {
                quiet.push((kind, file.to_owned()));
            }
            seen.push((path, nothing));
        }
        if let Some(known) = self.known
            && let Some(name) = self.names.and_then(|names| names.name(blob))
        {
            let kept = || match known.inherited(blob) {
                Some(kept) => Some(kept),
                // Of what was not scanned now there is nothing to inherit.
                None if known.candidates(blob).is_some() => None,
                None => scanned.as_ref().map(|scanned| scanned.kept().to_bytes()),
            };
            let kept = if known.is_newest(blob) { kept() } else { None };
            let candidates = scanned.map(|scanned| scanned.candidates().cloned().collect());
            known.note(name.as_bytes(), bytes.len() as u64, &seen, candidates, kept);
        }
        self.excluded.fetch_add(excluded, Ordering::Relaxed);
    }
}

/// What blobs inherit: nothing, when the one that they are made from is no text.
type Inherited = Option<sekisho_examine::Inherited>;

impl Blobs for Scan<'_> {
    type State = Inherited;
    type Scratch = ();

    fn blob(&self, (): &mut (), blob: Blob<'_, Inherited>, again: bool) -> Inherited {
        // Of a part of all, what is made from what is not asked for is scanned as a whole, unless it
        // is kept what it inherits.
        let spared = self.known.is_some_and(|known| known.spared.0 > 0);
        let partial = spared || self.brought.is_some();
        if again && (partial || !blob.has_children) {
            return self.inherited(&blob);
        }
        let candidates = self.known.and_then(|known| known.candidates(blob.object));
        if let Some(mut scanned) = candidates.as_deref().map(Scanned::of) {
            self.versions(blob.object, blob.bytes, Some(&mut scanned));
            self.histories.progress.advance(blob.bytes.len() as u64);
            return self.inherited(&blob);
        }
        let mut scanned = self.candidates(&blob);
        if !again {
            self.versions(blob.object, blob.bytes, scanned.as_mut());
            self.histories.progress.advance(blob.bytes.len() as u64);
        }
        scanned.map(Scanned::into_inherited).filter(|_| blob.has_children)
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use sekisho_examine::Options as ExamineOptions;
    use sekisho_model::Ledger;
    use sekisho_model::report::KeyOrigin;
    use sekisho_secret::EstateKey;

    use super::super::filter::Policy;
    use super::*;
    use crate::cli::Color;

    fn git(at: &Path, args: &[&str]) {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=t", "-c", "user.email=t@example.org"]).args(args).current_dir(at);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").stdout(Stdio::null());
        assert!(command.status().unwrap().success(), "git {args:?}");
    }

    /// Scans a repository, and says how many bytes of its blobs were looked at; the answer is the same
    /// with what is kept and without.
    fn looked_at(repository: &Path, cache: &Path) -> u64 {
        let scan = |cache: Option<PathBuf>| {
            let digits = format!("01{}", "2b".repeat(31));
            let key = EstateKey::from_hex(digits.as_bytes()).unwrap();
            let mut plan = Plan::new(key.clone(), KeyOrigin::Estate);
            plan.cache = cache;
            let (examiner, _) = Examiner::new(ExamineOptions::new(key.clone())).unwrap();
            let global = Global { color: Color::Never, quiet: true };
            let (progress, exclude) = (Progress::new(&global), PathPatterns::default());
            let (looked, global) = (AtomicU64::new(0), &global);
            let (plan, examiner, progress, exclude) = (&plan, &examiner, &progress, &exclude);
            let histories = Histories { plan, examiner, progress, exclude, global, looked };
            let policy = Policy { key_id: key.key_id(), baseline: None, ignore: Vec::new() };
            let mut ledger = Ledger::new(1_000);
            let filter = &mut Filter::new(&policy, &mut ledger, None);
            assert!(histories.one(repository, ".", filter));
            ledger.close_target(".", "git", false);
            let looked = histories.looked.into_inner();
            let tool = sekisho_model::report::Tool { version: String::new(), ruleset: String::new() };
            (looked, ledger.into_report(tool, key.key_id(), KeyOrigin::Estate, true))
        };
        let (looked, report) = scan(Some(cache.to_owned()));
        assert_eq!(report, scan(None).1);
        looked
    }

    #[test]
    fn after_a_fetch_what_has_changed_is_looked_at_and_no_more() {
        let scratch = tempfile::tempdir().unwrap();
        let [theirs, ours, cache] = ["theirs", "ours", "cache"].map(|name| scratch.path().join(name));
        std::fs::create_dir(&theirs).unwrap();
        git(&theirs, &["init", "-q", "-b", "main"]);
        let text = |file: usize, versions: usize| {
            let line = |n: usize| format!("line {n} of file {file}, {}\n", n * n * 7919 % 10_007);
            let changed = |n: &usize| format!("password: {}{n}\n", concat!("kV8x", "Qz2mPw7RtYb4"));
            let lines: String = (0..2_000).map(line).collect();
            lines + &(0..versions).filter(|n| n % 2 == file % 2).map(|n| changed(&n)).collect::<String>()
        };
        let commit = |versions: usize| {
            for file in 0..4 {
                std::fs::write(theirs.join(format!("{file}.txt")), text(file, versions)).unwrap();
            }
            git(&theirs, &["add", "."]);
            git(&theirs, &["commit", "-qm", "more"]);
        };
        commit(0);
        git(scratch.path(), &["clone", "-q", "--bare", "theirs", "ours"]);
        let whole = looked_at(&ours, &cache);
        assert!(whole > 4 * 50_000, "{whole}");
        let mut said = 0;
        for versions in [2, 5, 9] {
            commit(versions);
            // As large fetches are kept: as a pack.
            let limit = ["-c", "fetch.unpackLimit=1", "fetch", "-q", "../theirs", "main:main"];
            git(&ours, &limit);
            said += looked_at(&ours, &cache);
            assert_eq!(looked_at(&ours, &cache), 0, "nothing has changed");
        }
        assert!(said < 4_000, "{said} bytes were looked at of some hundred that are new");
    }
}
