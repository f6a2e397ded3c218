//! The whole answer about a history, for when nothing of it has changed.
//!
//! [`Known`](super::cache::Known) spares the blobs that hold nothing, and still all headers, trees and
//! commits are read. When the [imprint](Standing::imprint) of a repository is the same as before, all
//! that its scan told is told again. That holds no fingerprints: those are had from a few texts in
//! which all credentials are seen. Most values stand there as they are, and it is kept where; texts
//! that hold encoded ones are examined again, as in any scan, and must show exactly what they showed.
//! Else the answer is not used, and everything is scanned.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use sekisho_examine::{Content, Scanned};
use sekisho_git::{History, Objects, Oid, PathId, Repository, Standing};
use sekisho_model::{
    Finding, Ledger, LocationId, Place, Problem, Root, SharedStr, Sighting, Sink, Suppression, TargetPath,
};
use sekisho_scan::Candidate;
use sekisho_secret::{EstateKey, Fingerprint, canonical};
use sekisho_sources::git::Fold;
use sekisho_store::{Answer, Cache, Counts, Look, Probe, Record};

use super::filter::Filter;
use super::history::Histories;
use super::{Plan, cache};

/// The one entry of its file.
const ENTRY: &[u8] = b"answer";
/// Texts that are thought of for each credential, the cheapest first.
const CHOICE: usize = 8;
/// Bytes around a value that may be needed to see it.
const AROUND: [u64; 4] = [0, 512, 4 << 10, 32 << 10];
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
        let threads = histories.plan.jobs.clamp(1, 1 + answer.probes.len() / 16);
        let part = |number: usize| {
            let objects = Objects::open(standing.git_dir())?;
            let mine = answer.probes.iter().skip(number).step_by(threads);
            mine.map(|probe| values(histories, &objects, name, probe)).collect::<Option<Vec<_>>>()
        };
        let parts: Option<Vec<_>> = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|number| scope.spawn(move || part(number))).collect();
            // Objects are read by a library that others may feed: its defects cost the answer alone.
            let first = catch_unwind(AssertUnwindSafe(|| part(0))).ok().flatten();
            std::iter::once(first)
                .chain(others.into_iter().map(|other| other.join().ok().flatten()))
                .collect()
        });
        let Some(parts) = parts else { return false };
        let mut known = vec![None; answer.credentials];
        for (number, value) in parts.into_iter().flatten().flatten() {
            match known.get_mut(number as usize) {
                Some(slot) if slot.is_none_or(|known| known == value) => *slot = Some(value),
                _ => return false,
            }
        }
        let Some(known) = known.into_iter().collect::<Option<Vec<_>>>() else { return false };
        let mut ledger = Ledger::new(histories.plan.max_copies);
        let Counts { items, bytes, excluded } = answer.counts;
        ledger.count_items(items, bytes);
        ledger.count_excluded(excluded);
        let Filter { policy, target, .. } = filter;
        let told = answer.tell(&known, &mut Filter::new(policy, &mut ledger, *target));
        if told {
            filter.ledger.merge(ledger);
        }
        told
    }

    /// Keeps what was told, unless the repository has changed since this was made.
    pub(super) fn keep(self, histories: &Histories<'_>, path: &Path, name: &str, told: Told) {
        let same = Standing::read(path).filter(|standing| standing.imprint() == self.imprint);
        let Some(objects) = same.and_then(|standing| Objects::open(standing.git_dir())) else { return };
        let Told { record, counts, texts } = told;
        let probes = catch_unwind(AssertUnwindSafe(|| probes(histories, &objects, name, &record, texts)));
        let Ok(Some(probes)) = probes else { return };
        if let Some(entry) = record.finish(counts, &probes) {
            // A cache that cannot be written is none.
            let _none = self.cache.replace(&[(ENTRY.to_vec(), Some(entry))].into(), &self.key);
        }
    }
}

/// The values that a probe shows, with the numbers of their credentials; `None` when it does not show
/// what it did.
fn values(
    histories: &Histories<'_>,
    objects: &Objects,
    name: &str,
    probe: &Probe,
) -> Option<Vec<(u32, Fingerprint)>> {
    let text = Text::read(objects, &probe.object)?;
    let text = text.bytes();
    if text.len() as u64 != probe.len {
        return None;
    }
    let plain = probe.plain.iter().map(|(start, len, number)| {
        let value = value_at(histories, text, (*start, *len))?;
        Some((*number, value))
    });
    let mut values: Vec<(u32, Fingerprint)> = plain.collect::<Option<_>>()?;
    for Look { start, len, path, candidates, seen } in &probe.looks {
        let looked = look(histories, name, path, part(text, *start, *len)?, candidates.as_deref());
        if !looked.iter().map(|seen| &seen.location).eq(seen.iter().map(|(location, _)| location)) {
            return None;
        }
        let numbered =
            looked.into_iter().zip(seen).filter_map(|(looked, (_, number))| Some(((*number)?, looked.value)));
        values.extend(numbered);
    }
    Some(values)
}

fn part(text: &[u8], start: u64, len: u64) -> Option<&[u8]> {
    let (start, len) = (usize::try_from(start).ok()?, usize::try_from(len).ok()?);
    text.get(start..start.checked_add(len)?)
}

/// The fingerprint of what stands somewhere, as it stands there.
fn value_at(histories: &Histories<'_>, text: &[u8], (start, len): (u64, u64)) -> Option<Fingerprint> {
    Some(histories.plan.key.fingerprint(canonical(part(text, start, len)?)?))
}

/// What is to be read again of these texts to have all credentials of a record.
fn probes(
    histories: &Histories<'_>,
    objects: &Objects,
    name: &str,
    record: &Record,
    texts: Vec<(Vec<u8>, Oid)>,
) -> Option<Vec<Probe>> {
    let mut known = BTreeSet::new();
    let mut probes = Vec::new();
    // Of each text what is seen, and not as it stands there.
    let mut hidden = Vec::new();
    for (path, object) in texts {
        let text = Text::read(objects, object.as_bytes())?;
        let mut plain = Vec::new();
        let mut others = Vec::new();
        for Seen { value, span, .. } in look(histories, name, &path, text.bytes(), None) {
            let number = record.number_of(value)?;
            match span.filter(|span| value_at(histories, text.bytes(), *span) == Some(value)) {
                Some((start, len)) if known.insert(number) => plain.push((start, len, number)),
                Some(_) => {}
                None => others.push((value, span)),
            }
        }
        let len = text.bytes().len() as u64;
        probes.push(Probe { object: object.as_bytes().to_vec(), len, plain, looks: Vec::new() });
        hidden.push((path, object, others));
    }
    for (probe, (path, object, others)) in probes.iter_mut().zip(hidden) {
        // Read again rather than held: there may be hundreds, of megabytes each.
        let mut text = None;
        for (value, span) in others {
            if !known.contains(&record.number_of(value)?) {
                let text = match &mut text {
                    Some(text) => text,
                    none => none.insert(Text::read(objects, object.as_bytes())?),
                };
                let look = smallest_look(histories, name, record, (&path, text), (value, span))?;
                known.extend(look.seen.iter().filter_map(|(_, number)| *number));
                probe.looks.push(look);
            }
        }
    }
    probes.retain(|probe| !probe.looks.is_empty() || !probe.plain.is_empty());
    (known.len() == record.credentials()).then_some(probes)
}

/// The smallest part of a text around a span that shows a value when it is examined: mostly the span
/// alone, or with the line around it.
fn smallest_look(
    histories: &Histories<'_>,
    name: &str,
    record: &Record,
    (path, text): (&[u8], &Text),
    (value, span): (Fingerprint, Option<(u64, u64)>),
) -> Option<Look> {
    let whole = text.bytes().len() as u64;
    let around = |(start, len): (u64, u64), more: u64| {
        let (from, to) = (start.saturating_sub(more), (start + len + more).min(whole));
        (from, to.saturating_sub(from))
    };
    // A part of a structured file is none, and may show more when it is not taken for one.
    let parts = span.into_iter().flat_map(|span| AROUND.map(|more| around(span, more)));
    let parts = parts.flat_map(|part| [path, &[]].map(|path| (path, part)));
    parts.chain([(path, (0, whole))]).find_map(|(path, (start, len))| {
        let part = part(text.bytes(), start, len)?;
        let scanned = if text.is_blob() { histories.examiner.candidates(part, None) } else { None };
        let candidates: Option<Vec<Candidate>> = scanned.map(|all| all.candidates().cloned().collect());
        let looked = look(histories, name, path, part, candidates.as_deref());
        let shows = looked.iter().any(|seen| seen.value == value);
        let seen = looked.into_iter().map(|seen| (seen.location, record.number_of(seen.value))).collect();
        shows.then(|| Look { start, len, path: path.to_vec(), candidates, seen })
    })
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
struct Seen {
    location: LocationId,
    value: Fingerprint,
    /// Where, if that is in the text itself: the first byte, and how many.
    span: Option<(u64, u64)>,
}

/// Examines a text at a path, as a scan does.
fn look(
    histories: &Histories<'_>,
    name: &str,
    path: &[u8],
    text: &[u8],
    candidates: Option<&[Candidate]>,
) -> Vec<Seen> {
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
pub(super) fn place(repo: impl Into<SharedStr>, path: TargetPath) -> Place {
    Place::new(Root::Git { repo: repo.into(), path, blob: SharedStr::default(), history: None })
}

/// Takes what is seen, and nothing else.
struct Looked(Vec<Seen>);

impl Sink for Looked {
    fn sighting(&mut self, sighting: Sighting) {
        let Sighting { location_id: location, fingerprint: value, place, .. } = sighting;
        let span = place.span.map(|span| (span.byte_offset, span.byte_length));
        self.0.push(Seen { location, value, span });
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
