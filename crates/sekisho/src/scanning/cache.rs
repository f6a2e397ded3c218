//! What is known of the blobs of a history from the scan before.
//!
//! For each blob: at which paths there is nothing, and, where there is something, the spans of its
//! candidates; never what stands there. So a blob with nothing is not rebuilt, and one with something
//! is rebuilt, decided again from its candidates, and told: the report is made anew every time, and is
//! the same as without all this. A path at which a blob was not seen before has it examined again.
//!
//! Of the newest version at each path it is also kept what others inherit that are made from it: the
//! next fetch brings deltas of those, and of these only what has changed is looked at.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use sekisho_git::{History, PathId, Placed, Repository, Side};
use sekisho_scan::Candidate;
use sekisho_secret::EstateKey;
use sekisho_store::{BlobEntry, Cache, PathMark};

use super::Plan;

/// What is known of the blobs of one repository, and what becomes known.
pub(super) struct Known {
    /// Blobs that need not be looked at, by number.
    nothing: Vec<bool>,
    /// The numbers of the entries of blobs, by the numbers of the blobs. They are read where they are
    /// wanted: read all at once, their candidates would be several times as large.
    at: Vec<Option<u32>>,
    /// Blobs that are the newest at a path, by number.
    newest: Vec<bool>,
    /// Of those that need not be looked at: how many, their bytes, and excluded paths.
    pub(super) spared: (u64, u64, u64),
    cache: Cache,
    key: EstateKey,
    /// What is to be kept; none where that is what is there.
    entries: Mutex<BTreeMap<Vec<u8>, Option<Vec<u8>>>>,
}

/// Whether anything is kept: not for who asks why, and not of a part of a history.
pub(super) fn is_kept(plan: &Plan) -> bool {
    plan.changes.is_none() && !plan.why
}

/// What changes an answer, beside the content: engine, detectors, options.
pub(super) fn scope(plan: &Plan) -> Vec<Vec<u8>> {
    // A version is no proof of being the same program while it is developed.
    let program = std::env::current_exe().and_then(|path| path.metadata()).ok();
    let built = program.and_then(|there| Some((there.len(), there.modified().ok()?)));
    vec![
        env!("CARGO_PKG_VERSION").into(),
        format!("{built:?}").into_bytes(),
        sekisho_detectors::ruleset_digest().into_bytes(),
        vec![u8::from(plan.inline_markers)],
        plan.max_file_size.unwrap_or(u64::MAX).to_le_bytes().into(),
    ]
}

impl Known {
    /// What is known of a repository, if that is kept: not without the estate's key, for known values,
    /// or for who asks why.
    pub(super) fn of(plan: &Plan, git_dir: &Path) -> Option<Self> {
        let directory = plan.cache.as_deref().filter(|_| is_kept(plan))?;
        let target = git_dir.canonicalize().ok()?;
        let scope = scope(plan);
        let scope: Vec<&[u8]> = scope.iter().map(Vec::as_slice).collect();
        let cache = Cache::open(directory, target.as_os_str().as_encoded_bytes(), &scope, &plan.key);
        Some(Self {
            nothing: Vec::new(),
            at: Vec::new(),
            newest: Vec::new(),
            spared: (0, 0, 0),
            cache,
            key: plan.key.clone(),
            entries: Mutex::default(),
        })
    }

    /// Entries that somebody else wrote, or damaged.
    pub(super) fn refused(&self) -> u64 {
        self.cache.refused()
    }

    /// Finds out which blobs of the history need not be looked at.
    pub(super) fn compare(
        &mut self,
        repository: &Repository,
        history: &History,
        is_excluded: &dyn Fn(&[u8]) -> bool,
    ) {
        self.nothing = vec![false; repository.names().len()];
        self.at = vec![None; repository.names().len()];
        self.newest = newest(history, repository.names().len());
        let mut entries = BTreeMap::new();
        for object in 0..repository.names().len() as u32 {
            let Some(name) = repository.names().name(object) else { continue };
            let Some(at) = self.cache.find(name.as_bytes()) else { continue };
            let Some(mut known) = self.cache.numbered(at).and_then(BlobEntry::parse) else { continue };
            self.at[object as usize] = u32::try_from(at).ok();
            // What is no longer the newest gives to this scan, and to none after it.
            let is_old = known.kept.is_some() && !self.newest[object as usize];
            known.kept.take_if(|_| is_old);
            let entry = is_old.then(|| known.to_bytes());
            let BlobEntry { len, seen, .. } = known;
            let (mut excluded, mut is_nothing) = (0, true);
            for path in paths(history, object) {
                if is_excluded(&path) {
                    excluded += 1;
                } else {
                    let mark = self.mark(&path);
                    is_nothing &= seen.iter().any(|(known, nothing)| *known == mark && *nothing);
                }
            }
            if is_nothing {
                self.nothing[object as usize] = true;
                self.spared.0 += 1;
                self.spared.1 += len;
                self.spared.2 += excluded;
                entries.insert(name.as_bytes().to_vec(), entry);
            }
        }
        self.entries = Mutex::new(entries);
    }

    /// Whether a blob has to be looked at.
    pub(super) fn wants(&self, object: u32) -> bool {
        !self.nothing.get(object as usize).copied().unwrap_or(false)
    }

    /// The candidates of a blob, if they are known.
    pub(super) fn candidates(&self, object: u32) -> Option<Vec<Candidate>> {
        self.of_blob(object).filter(|_| self.wants(object))?.candidates
    }

    /// What others inherit that are made from a blob, if it is known.
    pub(super) fn inherited(&self, object: u32) -> Option<Vec<u8>> {
        self.of_blob(object)?.kept
    }

    fn of_blob(&self, object: u32) -> Option<BlobEntry> {
        let at = self.at.get(object as usize).copied().flatten()?;
        self.cache.numbered(at as usize).and_then(BlobEntry::parse)
    }

    /// Whether a blob is the newest at a path.
    pub(super) fn is_newest(&self, object: u32) -> bool {
        self.newest.get(object as usize).copied().unwrap_or(false)
    }

    fn mark(&self, path: &[u8]) -> PathMark {
        let seal = self.key.seal(&[b"path", path]);
        std::array::from_fn(|at| seal[at])
    }

    /// Notes what was seen of a blob: for each path whether there was nothing, and the candidates if
    /// it is a text; and what others inherit that will be made from it.
    pub(super) fn note(
        &self,
        name: &[u8],
        len: u64,
        seen: &[(Vec<u8>, bool)],
        candidates: Option<Vec<Candidate>>,
        kept: Option<Vec<u8>>,
    ) {
        let candidates = candidates.filter(|_| seen.iter().any(|(_, nothing)| !nothing));
        let seen = seen.iter().map(|(path, nothing)| (self.mark(path), *nothing)).collect();
        let mut entry = BlobEntry { len, seen, candidates, kept }.to_bytes();
        // There are as many as blobs, and they stay until the end.
        entry.shrink_to_fit();
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_vec(), Some(entry));
    }

    /// Keeps what is known for the next scan. A cache that cannot be written is none.
    pub(super) fn keep(self) {
        let entries = self.entries.into_inner().unwrap_or_else(PoisonError::into_inner);
        let _none = self.cache.replace(&entries, &self.key);
    }
}

/// Which of so many objects are blobs that are the newest at a path behind a ref.
fn newest(history: &History, objects: usize) -> Vec<bool> {
    let mut at: HashMap<PathId, (u32, u32)> = HashMap::new();
    for object in 0..objects as u32 {
        for placed in history.places(object).iter().filter(|placed| placed.side == Side::Refs) {
            let here = (placed.age, object);
            at.entry(placed.path).and_modify(|newest| *newest = here.min(*newest)).or_insert(here);
        }
    }
    let mut newest = vec![false; objects];
    for (_, object) in at.into_values() {
        newest[object as usize] = true;
    }
    newest
}

/// The paths of a blob; the empty one, if it has none.
fn paths(history: &History, object: u32) -> Vec<Vec<u8>> {
    match history.places(object) {
        [] => vec![Vec::new()],
        places => places.iter().map(|Placed { path, .. }| history.path(*path)).collect(),
    }
}
