//! The whole answer about a history, for when nothing of it has changed.
//!
//! [`Known`](super::cache::Known) spares the blobs that hold nothing, and still all headers, trees and
//! commits are read. When the [imprint](Standing::imprint) of a repository is the same as before, all
//! that its scan told is told again. That holds no fingerprints: those are had from a few texts in
//! which all credentials are seen. They are read and examined again, as in any scan, and must show
//! exactly what they showed; else the answer is not used, and everything is scanned.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use sekisho_examine::{Content, Scanned};
use sekisho_git::{History, Objects, Oid, PathId, Repository, Standing};
use sekisho_model::{Finding, LocationId, Place, Problem, Root, Sighting, Sink, Suppression, TargetPath};
use sekisho_scan::Candidate;
use sekisho_secret::{EstateKey, Fingerprint};
use sekisho_sources::git::Fold;
use sekisho_store::{Answer, Cache, Counts, Probe, Record};

use super::filter::Filter;
use super::history::Histories;
use super::{Plan, cache};

/// The one entry of its file.
const ENTRY: &[u8] = b"answer";
/// Texts that are thought of for each credential, the cheapest first.
const CHOICE: usize = 8;
/// Largest text that is read again.
const MAX_TEXT: u64 = 64 << 20;

/// Where the answer about one repository is kept.
pub(super) struct Answers {
    cache: Cache,
    key: EstateKey,
    imprint: Vec<u8>,
}

impl Answers {
    /// The place for the answer about a repository at `path` that is told as `name`; none where
    /// nothing is kept.
    pub(super) fn of(
        histories: &Histories<'_>,
        standing: &Standing,
        path: &Path,
        name: &str,
    ) -> Option<Self> {
        let Plan { key, cache, include, every_version, authors, .. } = histories.plan;
        // How authors are told may depend on the key.
        let directory = cache.as_deref().filter(|_| authors.is_none() && cache::is_kept(histories.plan))?;
        let target = standing.git_dir().canonicalize().ok()?;
        let imprint = standing.imprint();
        let mut scope = cache::scope(histories.plan);
        scope.extend([imprint.clone(), path.as_os_str().as_encoded_bytes().to_vec(), name.into()]);
        for patterns in [include, histories.exclude] {
            scope.push((patterns.texts().count() as u64).to_le_bytes().into());
            scope.extend(patterns.texts().map(Vec::from));
        }
        scope.push(vec![u8::from(*every_version)]);
        let scope: Vec<&[u8]> = scope.iter().map(Vec::as_slice).collect();
        let cache =
            Cache::open(&directory.join("answers"), target.as_os_str().as_encoded_bytes(), &scope, key);
        Some(Self { cache, key: key.clone(), imprint })
    }

    /// Entries that somebody else wrote, or damaged.
    pub(super) fn refused(&self) -> u64 {
        self.cache.refused()
    }

    /// Tells what was told before, if it is known and still holds.
    pub(super) fn tell(
        &self,
        histories: &Histories<'_>,
        standing: &Standing,
        name: &str,
        filter: &mut Filter<'_>,
    ) -> bool {
        let Some(answer) = self.cache.entry(ENTRY).and_then(Answer::parse) else { return false };
        let mut values = BTreeMap::new();
        let Some(objects) = Objects::open(standing.git_dir()) else { return false };
        for probe in &answer.probes {
            let Some(text) = Text::read(&objects, &probe.object) else { return false };
            if text.bytes().len() as u64 != probe.len {
                return false;
            }
            let seen = look(histories, name, &probe.path, text.bytes(), probe.candidates.as_deref());
            let expected = probe.seen.iter().map(|(location, _)| location);
            if !seen.iter().map(|(location, _)| location).eq(expected) {
                return false;
            }
            for ((_, value), (_, number)) in seen.into_iter().zip(&probe.seen) {
                if *values.entry(*number as usize).or_insert(value) != value {
                    return false;
                }
            }
        }
        let values: Vec<Fingerprint> = (0..answer.credentials).map_while(|at| values.remove(&at)).collect();
        let told = values.len() == answer.credentials && answer.tell(&values, filter);
        if told {
            let Counts { items, bytes, excluded } = answer.counts;
            filter.ledger.count_items(items, bytes);
            filter.ledger.count_excluded(excluded);
        }
        told
    }

    /// Keeps what was told, unless the repository has changed since this was made.
    pub(super) fn keep(self, histories: &Histories<'_>, path: &Path, name: &str, told: Told) {
        let same = Standing::read(path).filter(|standing| standing.imprint() == self.imprint);
        let Some(objects) = same.and_then(|standing| Objects::open(standing.git_dir())) else { return };
        let Told { record, counts, texts } = told;
        let mut probes = Vec::new();
        for (path, object) in texts {
            let Some(text) = Text::read(&objects, object.as_bytes()) else { return };
            let scanned =
                if text.is_blob() { histories.examiner.candidates(text.bytes(), None) } else { None };
            let candidates: Option<Vec<Candidate>> = scanned.map(|all| all.candidates().cloned().collect());
            let seen = look(histories, name, &path, text.bytes(), candidates.as_deref());
            let numbered = |(location, value)| Some((location, record.number_of(value)?));
            let Some(seen) = seen.into_iter().map(numbered).collect::<Option<Vec<_>>>() else { return };
            let (object, len) = (object.as_bytes().to_vec(), text.bytes().len() as u64);
            probes.push(Probe { object, path, len, candidates, seen });
        }
        let shown: BTreeSet<u32> =
            probes.iter().flat_map(|probe| &probe.seen).map(|(_, number)| *number).collect();
        if shown.len() == record.credentials()
            && let Some(entry) = record.finish(counts, &probes)
        {
            // A cache that cannot be written is none.
            let _none = self.cache.replace(&[(ENTRY.to_vec(), entry)].into(), &self.key);
        }
    }
}

/// A text that people wrote: a blob, or the message of a commit or tag.
struct Text {
    kind: sekisho_git::ObjectKind,
    content: Vec<u8>,
}

impl Text {
    fn read(objects: &Objects, name: &[u8]) -> Option<Self> {
        let (kind, content) = objects.read(&Oid::new(name)?, MAX_TEXT)?;
        kind.text(&content)?;
        Some(Self { kind, content })
    }

    fn bytes(&self) -> &[u8] {
        self.kind.text(&self.content).unwrap_or_default()
    }

    fn is_blob(&self) -> bool {
        self.kind == sekisho_git::ObjectKind::Blob
    }
}

/// What is seen in a text.
type Seen = Vec<(LocationId, Fingerprint)>;

/// Examines a text at a path, as a scan does.
fn look(
    histories: &Histories<'_>,
    name: &str,
    path: &[u8],
    text: &[u8],
    candidates: Option<&[Candidate]>,
) -> Seen {
    let mut scanned = candidates.map(Scanned::of);
    let content = match &mut scanned {
        Some(scanned) => Content::Scanned(text, scanned),
        None => Content::Bytes(text),
    };
    let mut looked = Looked(Vec::new());
    histories.item(place(name, TargetPath::from_bytes(path)), content, &mut looked);
    looked.0
}

/// The place of an item of a history, before it is known what became of it.
pub(super) fn place(repo: &str, path: TargetPath) -> Place {
    Place::new(Root::Git { repo: repo.to_owned(), path, blob: String::new(), history: None })
}

/// Takes what is seen, and nothing else.
struct Looked(Seen);

impl Sink for Looked {
    fn sighting(&mut self, sighting: Sighting) {
        self.0.push((sighting.location_id, sighting.fingerprint));
    }

    fn finding(&mut self, _: Finding) {}

    fn problem(&mut self, _: Problem) {}

    fn suppressed(&mut self, _: Suppression) {}
}

/// What a scan told of one repository.
pub(super) struct Told {
    pub(super) record: Record,
    pub(super) counts: Counts,
    /// Paths and objects in which all credentials are seen.
    pub(super) texts: Vec<(Vec<u8>, Oid)>,
}

/// Tells two: the filter, and what is to be kept.
pub(super) struct Both<'a, 'f> {
    pub(super) filter: &'a mut Filter<'f>,
    pub(super) record: Option<Record>,
}

impl Sink for Both<'_, '_> {
    fn sighting(&mut self, sighting: Sighting) {
        if let Some(record) = &mut self.record {
            record.sighting(sighting.clone());
        }
        self.filter.sighting(sighting);
    }

    fn finding(&mut self, finding: Finding) {
        if let Some(record) = &mut self.record {
            record.finding(finding.clone());
        }
        self.filter.finding(finding);
    }

    fn problem(&mut self, problem: Problem) {
        if let Some(record) = &mut self.record {
            record.problem(problem.clone());
        }
        self.filter.problem(problem);
    }

    fn suppressed(&mut self, by: Suppression) {
        if let Some(record) = &mut self.record {
            record.suppressed(by);
        }
        self.filter.suppressed(by);
    }
}

/// Few and light texts in which all credentials of a fold are seen: paths and objects.
pub(super) fn texts(fold: &Fold, repository: &Repository, history: &History) -> Vec<(Vec<u8>, Oid)> {
    let mut weights: HashMap<u32, u64> = HashMap::new();
    let mut weight = |object: u32| *weights.entry(object).or_insert_with(|| repository.weight(object));
    let mut choices: BTreeMap<Fingerprint, BTreeSet<(u64, u32, PathId)>> = BTreeMap::new();
    for (fingerprint, path, objects) in fold.copies() {
        let choice = choices.entry(fingerprint).or_default();
        for object in objects {
            choice.insert((weight(*object), *object, path));
            if choice.len() > CHOICE {
                choice.pop_last();
            }
        }
    }
    let mut shows: BTreeMap<(u64, u32, PathId), Vec<Fingerprint>> = BTreeMap::new();
    for (fingerprint, choice) in &choices {
        for text in choice {
            shows.entry(*text).or_default().push(*fingerprint);
        }
    }
    // The cheapest by what each shows; the one that shows nothing new is left out.
    let mut by_worth: Vec<_> = shows.into_iter().collect();
    by_worth.sort_by_key(|((weight, object, path), shown)| (weight / shown.len() as u64, *object, *path));
    let mut open: BTreeSet<Fingerprint> = choices.into_keys().collect();
    let mut chosen = Vec::new();
    for ((_, object, path), shown) in by_worth {
        let new = shown.iter().filter(|fingerprint| open.remove(fingerprint)).count();
        if new > 0
            && let Some(name) = repository.names().name(object)
        {
            chosen.push((history.path(path), name));
        }
    }
    chosen
}
