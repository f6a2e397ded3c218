//! What is known of the blobs of a history from the scan before.
//!
//! For each blob: at which paths there is nothing, and, where there is something, the spans of its
//! candidates; never what stands there. So a blob with nothing is not rebuilt, and one with something
//! is rebuilt, decided again from its candidates, and told: the report is made anew every time, and is
//! the same as without all this. A path at which a blob was not seen before has it examined again.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use sekisho_git::{History, Placed, Repository};
use sekisho_scan::Candidate;
use sekisho_secret::EstateKey;
use sekisho_store::{BlobEntry, Cache, PathMark};

use super::Plan;

/// What is known of the blobs of one repository, and what becomes known.
pub(super) struct Known {
    /// Blobs that need not be looked at, by number.
    nothing: Vec<bool>,
    /// The candidates of others.
    candidates: HashMap<u32, Vec<Candidate>>,
    /// Of those that need not be looked at: how many, their bytes, and excluded paths.
    pub(super) spared: (u64, u64, u64),
    cache: Cache,
    key: EstateKey,
    entries: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
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
            candidates: HashMap::new(),
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
        let mut kept = BTreeMap::new();
        for object in 0..repository.names().len() as u32 {
            let Some(name) = repository.names().name(object) else { continue };
            let Some(entry) = self.cache.entry(name.as_bytes()) else { continue };
            let Some(BlobEntry { len, seen, candidates }) = BlobEntry::parse(entry) else { continue };
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
                kept.insert(name.as_bytes().to_vec(), entry.to_vec());
            } else if let Some(candidates) = candidates {
                self.candidates.insert(object, candidates);
            }
        }
        self.entries = Mutex::new(kept);
    }

    /// Whether a blob has to be looked at.
    pub(super) fn wants(&self, object: u32) -> bool {
        !self.nothing.get(object as usize).copied().unwrap_or(false)
    }

    /// The candidates of a blob, if they are known.
    pub(super) fn candidates(&self, object: u32) -> Option<&[Candidate]> {
        self.candidates.get(&object).map(Vec::as_slice)
    }

    fn mark(&self, path: &[u8]) -> PathMark {
        let seal = self.key.seal(&[b"path", path]);
        std::array::from_fn(|at| seal[at])
    }

    /// Notes what was seen of a blob: for each path whether there was nothing, and the candidates if
    /// it is a text.
    pub(super) fn note(
        &self,
        name: &[u8],
        len: u64,
        seen: &[(Vec<u8>, bool)],
        candidates: Option<Vec<Candidate>>,
    ) {
        let candidates = candidates.filter(|_| seen.iter().any(|(_, nothing)| !nothing));
        let seen = seen.iter().map(|(path, nothing)| (self.mark(path), *nothing)).collect();
        let entry = BlobEntry { len, seen, candidates }.to_bytes();
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_vec(), entry);
    }

    /// Keeps what is known for the next scan. A cache that cannot be written is none.
    pub(super) fn keep(self) {
        let entries = self.entries.into_inner().unwrap_or_else(PoisonError::into_inner);
        let _none = self.cache.replace(&entries, &self.key);
    }
}

/// The paths of a blob; the empty one, if it has none.
fn paths(history: &History, object: u32) -> Vec<Vec<u8>> {
    match history.places(object) {
        [] => vec![Vec::new()],
        places => places.iter().map(|Placed { path, .. }| history.path(*path)).collect(),
    }
}
