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
use sekisho_scan::{Candidate, RunKind, Source};
use sekisho_secret::EstateKey;
use sekisho_store::Cache;

use super::Plan;

/// The part of a path's seal that stands for it.
type PathMark = [u8; 8];

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

/// What changes an answer, beside the content: engine, detectors, options.
fn scope(plan: &Plan) -> Vec<Vec<u8>> {
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
        let directory = plan.cache.as_deref().filter(|_| plan.changes.is_none() && !plan.why)?;
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
            let Some((len, seen, candidates)) = decode(entry) else { continue };
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
        let marks: Vec<(PathMark, bool)> =
            seen.iter().map(|(path, nothing)| (self.mark(path), *nothing)).collect();
        let candidates = candidates.filter(|_| seen.iter().any(|(_, nothing)| !nothing));
        let entry = encode(len, &marks, candidates.as_deref());
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

/// Codes of what a candidate comes from: a run's kind, and then detectors.
const RUNS: [RunKind; 5] =
    [RunKind::Base64, RunKind::Base64url, RunKind::Hex, RunKind::Percent, RunKind::Escaped];

fn encode(len: u64, seen: &[(PathMark, bool)], candidates: Option<&[Candidate]>) -> Vec<u8> {
    let mut bytes = len.to_le_bytes().to_vec();
    bytes.extend((seen.len() as u32).to_le_bytes());
    for (mark, nothing) in seen {
        bytes.extend(mark);
        bytes.push(u8::from(*nothing));
    }
    for Candidate { source, whole, value, support } in candidates.unwrap_or_default() {
        let code = match source {
            Source::Rule(rule) => rule + 2 * RUNS.len(),
            Source::Run { kind, cut } => {
                2 * RUNS.iter().position(|run| run == kind).unwrap_or_default() + usize::from(*cut)
            }
            // Known values are not looked for here.
            Source::Needle { .. } => continue,
        };
        let ends = [whole.start, whole.end, value.start, value.end, support.start, support.end];
        for number in std::iter::once(code).chain(ends) {
            bytes.extend((number as u32).to_le_bytes());
        }
    }
    // What is no text has no candidates at all, which is not the same as none.
    bytes.push(u8::from(candidates.is_some()));
    bytes
}

type Decoded = (u64, Vec<(PathMark, bool)>, Option<Vec<Candidate>>);

fn decode(bytes: &[u8]) -> Option<Decoded> {
    let (is_text, bytes) = bytes.split_last()?;
    let (len, bytes) = bytes.split_first_chunk::<8>()?;
    let (count, bytes) = bytes.split_first_chunk::<4>()?;
    let (seen, bytes) = bytes.split_at_checked((u32::from_le_bytes(*count) as usize).checked_mul(9)?)?;
    let (seen, _) = seen.as_chunks::<9>();
    let seen = seen.iter().map(|[mark @ .., nothing]| (*mark, *nothing == 1)).collect();
    let len = u64::from_le_bytes(*len);
    let (candidates, rest) = bytes.as_chunks::<28>();
    let candidates: Option<Vec<Candidate>> = candidates.iter().map(|bytes| candidate(bytes, len)).collect();
    rest.is_empty().then_some((len, seen, candidates.filter(|_| *is_text == 1)))
}

/// A candidate whose spans lie in each other, and in a text of `len` bytes.
fn candidate(bytes: &[u8; 28], len: u64) -> Option<Candidate> {
    let (numbers, _) = bytes.as_chunks::<4>();
    let [code, whole, whole_end, value, value_end, support, support_end] = *numbers.first_chunk::<7>()?;
    let at = |bytes: [u8; 4]| u32::from_le_bytes(bytes) as usize;
    let source = match at(code) {
        run if run < 2 * RUNS.len() => Source::Run { kind: RUNS[run / 2], cut: run % 2 == 1 },
        rule => Source::Rule(rule - 2 * RUNS.len()),
    };
    let (whole, value, support) =
        (at(whole)..at(whole_end), at(value)..at(value_end), at(support)..at(support_end));
    let inside = whole.start <= value.start && value.start <= value.end && value.end <= whole.end;
    let here = whole.end as u64 <= len && support.start <= support.end && support.end as u64 <= len;
    (inside && here).then_some(Candidate { source, whole, value, support })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_read_back_and_spans_stay_in_their_text() {
        let one = |source| Candidate { source, whole: 3..30, value: 4..20, support: 0..40 };
        let all = [one(Source::Rule(7)), one(Source::Run { kind: RunKind::Percent, cut: true })];
        let seen = [([1; 8], true), ([2; 8], false)];
        for candidates in [None, Some(&all[..]), Some(&[])] {
            let bytes = encode(40, &seen, candidates);
            let read = decode(&bytes).unwrap();
            assert_eq!(read, (40, seen.to_vec(), candidates.map(<[Candidate]>::to_vec)));
            for len in 0..bytes.len() {
                let _ = decode(&bytes[..len]);
            }
        }
        assert_eq!(decode(&encode(39, &seen, Some(&all))).unwrap().2, None);
    }
}
