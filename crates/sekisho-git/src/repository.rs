//! [`Repository`]: all objects of a repository, wherever they are kept.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::bundle::Bundle;
use crate::files;
use crate::forest::{Forest, Kind, NONE, Pack};
use crate::graph::{Builder, Graph, Message};
use crate::history::History;
use crate::index::IndexFile;
use crate::layout::Layout;
use crate::loose::{self, Loose};
use crate::oid::{HashKind, Names, ObjectKind, Oid};
use crate::pack::{Copy, Inflater, PackIndex, Stored};
use crate::refs::{Refs, Text};
use crate::scan_pack::{self, Cut, Scanned};
use crate::standing::Standing;
use crate::walk::{self, Plan, Rebuilt, Visit};

/// Largest index file that is read.
pub(crate) const MAX_INDEX: u64 = 512 << 20;

/// Missing objects that are named; the rest is counted.
const MAX_MISSING: usize = 1_000;

/// What a loose object weighs, and the base of a delta that is one: its size is not known.
const LOOSE_WEIGHT: u64 = 64 << 10;

/// How a repository is read.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Threads that rebuild objects.
    pub threads: usize,
    /// Bytes of bases that are alive at once; over it they are dropped and made again.
    pub budget: u64,
    /// Bytes of the largest object that is read.
    pub max_object: u64,
    /// Whether authors of commits are kept.
    pub authors: bool,
}

impl Default for Options {
    /// All cores, 128 MiB of live bases, objects up to 256 MiB, no authors.
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { threads, budget: 128 << 20, max_object: 256 << 20, authors: false }
    }
}

/// Something of a repository that is not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trouble {
    /// The object, if it is one.
    pub object: Option<Oid>,
    /// What, in our own words.
    pub what: String,
}

/// Takes what is not read.
pub type OnTrouble<'a> = dyn Fn(Trouble) + Sync + 'a;

/// Takes a loose object: number, kind, content, the worker's memory.
type OnLoose<'a, S> = dyn Fn(u32, ObjectKind, &[u8], &mut S) + Sync + 'a;

/// All objects of a repository.
#[derive(Debug)]
pub struct Repository {
    pub(crate) options: Options,
    pub(crate) hash: HashKind,
    pub(crate) names: Names,
    pub(crate) forest: Forest,
    pub(crate) refs: Refs,
    /// Paths and objects of the indexes of all work trees.
    pub(crate) staged: Vec<(Box<[u8]>, Oid)>,
    loose: Vec<Loose>,
    /// Whether objects are left out on purpose, and how that is called.
    absent: Option<&'static str>,
    git_dir: PathBuf,
    common_dir: PathBuf,
    modules: Vec<(String, PathBuf)>,
}

/// A blob, rebuilt.
pub struct Blob<'a, S> {
    /// Its number.
    pub object: u32,
    /// Its content.
    pub bytes: &'a [u8],
    /// What it was made from: what was given back for that, its length, and what is copied from it.
    pub base: Option<(&'a S, usize, &'a [Copy])>,
    /// Whether something will be made from it.
    pub has_children: bool,
}

/// Sees all blobs.
pub trait Blobs: Sync {
    /// What blobs inherit that are made from one.
    type State: Send + Sync;
    /// Memory of one worker.
    type Scratch: Default;

    /// Called for every blob in every pack, bases before what is made from them, from several
    /// threads. A blob that is kept several times comes several times, with `again` from the second
    /// time on.
    fn blob(&self, scratch: &mut Self::Scratch, blob: Blob<'_, Self::State>, again: bool) -> Self::State;
}

/// What a walk over all blobs came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Walked {
    /// Different blobs.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bases that had to be made again, since the live ones were over the budget.
    pub again: u64,
}

impl Repository {
    /// Opens the repository of a work tree or git directory; `None` when `path` is neither. Reads
    /// indexes and the headers of all packed objects.
    pub fn open(path: &Path, options: Options, trouble: &OnTrouble<'_>) -> Option<Self> {
        Some(Self::of(Standing::read(path)?, options, trouble))
    }

    /// Opens what stands there.
    pub(crate) fn of(standing: Standing, options: Options, trouble: &OnTrouble<'_>) -> Self {
        let Standing { layout, refs, staged, packs, loose, partial, modules, troubles } = standing;
        for what in troubles {
            trouble(Trouble { object: None, what: what.to_owned() });
        }
        let opened = packs.iter().filter_map(|path| open_pack(path, layout.hash, options, trouble));
        let mut this = Self::assemble(options, layout.hash, opened.collect(), loose, refs);
        this.absent = match (layout.shallow, partial) {
            (_, true) => Some("left out by a partial clone"),
            (true, false) => Some("left out by a shallow clone"),
            (false, false) => None,
        };
        this.staged = staged;
        this.modules = modules;
        this.git_dir = layout.git_dir;
        this.common_dir = layout.common_dir;
        this.find_outside_bases();
        this.tell_what_is_lost(trouble);
        this
    }

    /// Opens a bundle. Objects that it needs and does not have are told as missing, by name.
    ///
    /// # Errors
    /// When the file cannot be read or is no bundle.
    pub fn open_bundle(path: &Path, options: Options, trouble: &OnTrouble<'_>) -> std::io::Result<Self> {
        let (bundle, file) = Bundle::open(path)?;
        let refs = Refs { names: bundle.refs.into_iter().collect(), ..Refs::default() };
        let scanned = scan_pack::scan(&file, bundle.pack, bundle.hash, options.max_object);
        tell_unread(&scanned, "bundle", trouble);
        let trailer = bundle.hash.len() as u64;
        let pack = (Pack { file, start: bundle.pack, trailer }, scanned.index);
        let mut this = Self::assemble(options, bundle.hash, vec![pack], Vec::new(), refs);
        if bundle.filtered {
            this.absent = Some("left out by a filter");
        } else if !bundle.prerequisites.is_empty() {
            this.absent = Some("a prerequisite of the bundle");
        }
        this.tell_what_is_lost(trouble);
        Ok(this)
    }

    fn assemble(
        options: Options,
        hash: HashKind,
        packs: Vec<(Pack, PackIndex)>,
        mut loose: Vec<Loose>,
        refs: Refs,
    ) -> Self {
        loose.sort_by_key(|loose| loose.name);
        let mut lists: Vec<Vec<u8>> = packs.iter().map(|(_, index)| index.names.clone()).collect();
        if !loose.is_empty() {
            lists.push(loose.iter().flat_map(|loose| loose.name.as_bytes()).copied().collect());
        }
        let names = Names::new(lists, hash);
        let forest = Forest::new(packs, &names, hash);
        Self {
            options,
            hash,
            names,
            forest,
            refs,
            staged: Vec::new(),
            loose,
            absent: None,
            git_dir: PathBuf::new(),
            common_dir: PathBuf::new(),
            modules: Vec::new(),
        }
    }

    /// All names of objects.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The git directory.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// What the git directory shares with other work trees; itself, if it shares nothing.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// Submodules whose repositories are kept in this one: name and git directory.
    pub fn modules(&self) -> &[(String, PathBuf)] {
        &self.modules
    }

    /// Files of text in the git directory that people or git write into: settings, messages that were
    /// not committed yet, logs of refs.
    pub fn texts(&self) -> &[Text] {
        &self.refs.texts
    }

    /// Names the trees of deltas whose base is a loose object.
    fn find_outside_bases(&mut self) {
        let mut outside = std::mem::take(&mut self.forest.outside);
        outside.sort_unstable();
        let mut inflater = Inflater::new();
        for (entry, name) in outside {
            let loose = self.loose_named(&name);
            if let Some(kind) = loose.and_then(|loose| loose::kind(loose, &mut inflater).ok()) {
                self.forest.entries[entry as usize].kind = Kind::Delta(kind);
                self.forest.name_tree(entry, kind);
            }
            self.forest.outside.push((entry, name));
        }
    }

    /// A loose object by its name.
    fn loose_named(&self, name: &Oid) -> Option<&Loose> {
        let at = self.loose.binary_search_by_key(name, |loose| loose.name).ok()?;
        self.loose.get(at)
    }

    /// Tells every packed object that is in no tree of the forest, and bytes that no index names.
    fn tell_what_is_lost(&self, trouble: &OnTrouble<'_>) {
        for entry in &self.forest.entries {
            let what = match entry.kind {
                Kind::Damaged => "its header in the pack is damaged",
                Kind::Lost => "a delta whose base is missing, or that goes round in a circle",
                _ => continue,
            };
            trouble(Trouble { object: self.names.name(entry.object), what: what.to_owned() });
        }
        for (_, from, to) in &self.forest.gaps {
            let what = format!("{} bytes of a pack are in no index, not read", to - from);
            trouble(Trouble { object: None, what });
        }
    }

    /// About how many bytes are made to have one object: its chain of bases, and what they make.
    pub fn weight(&self, object: u32) -> u64 {
        let entries = &self.forest.entries;
        let mut at = self.forest.of_object.get(object as usize).map_or(NONE, |entry| *entry);
        let (mut stored, mut links, mut whole) = (0, 0, LOOSE_WEIGHT);
        while let Some(entry) = entries.get(at as usize).filter(|_| links <= entries.len() as u64) {
            (stored, links, whole) = (stored + entry.size, links + 1, entry.size);
            at = entry.base;
        }
        stored.saturating_add(links.max(1).saturating_mul(whole))
    }

    fn plan(&self) -> Plan<'static> {
        let Options { threads, budget, max_object, .. } = self.options;
        Plan { only: None, threads, budget, max: max_object }
    }

    /// The entries of the objects that are wanted, and of all that these are made from.
    fn marked(&self, wanted: &(dyn Fn(u32) -> bool + Sync)) -> Vec<bool> {
        let mut marked = vec![false; self.forest.entries.len()];
        for (number, entry) in self.forest.entries.iter().enumerate() {
            if entry.object == NONE || !wanted(entry.object) {
                continue;
            }
            let mut at = number;
            while let Some(mark) = marked.get_mut(at).filter(|mark| !**mark) {
                *mark = true;
                at = self.forest.entries[at].base as usize;
            }
        }
        marked
    }

    /// The bytes of the base of an entry that no pack holds.
    fn outside(&self, entry: u32) -> Option<Vec<u8>> {
        let outside = &self.forest.outside;
        let (_, name) = outside.get(outside.binary_search_by_key(&entry, |(of, _)| *of).ok()?)?;
        let loose = self.loose_named(name)?;
        loose::read(loose, self.hash, self.options.max_object, &mut Inflater::new())
            .ok()
            .map(|(_, bytes)| bytes)
    }

    /// The entries that trees of the forest start from, for objects that `wanted` wants.
    fn roots(&self, wanted: impl Fn(ObjectKind) -> bool) -> Vec<u32> {
        let is_root = |entry: &crate::forest::Entry| match entry.kind {
            Kind::Root(kind) => wanted(kind),
            Kind::Delta(kind) => entry.base == NONE && wanted(kind),
            _ => false,
        };
        let entries = self.forest.entries.iter().enumerate();
        entries.filter(|(_, entry)| is_root(entry)).map(|(number, _)| number as u32).collect()
    }

    /// Reads all commits, trees and tags, and what their people wrote into them.
    pub fn history(&self, on_message: &(dyn Fn(Message<'_>) + Sync), trouble: &OnTrouble<'_>) -> History {
        let lost = |object: u32, why: &'static str| {
            trouble(Trouble { object: self.names.name(object), what: why.to_owned() });
        };
        let builder = Builder::new(&self.names, self.options.authors, on_message, &lost);
        let roots = self.roots(|kind| kind != ObjectKind::Blob);
        let walked = walk::walk(&self.forest, &roots, self.plan(), &builder, &|entry| self.outside(entry));
        tell_slack(walked.slack, trouble);
        self.each_loose(&|_| true, &|kind| kind != ObjectKind::Blob, &|object, kind, bytes, scratch| {
            let object = Rebuilt { object, kind, bytes, base: None, has_children: false };
            builder.visit(scratch, object);
        });
        let mut graph = builder.finish();
        let named = self.refs.names.values().chain(self.staged.iter().map(|(_, object)| object));
        graph.missing.extend(named.filter(|oid| self.names.find(oid.as_bytes()).is_none()));
        self.tell_what_is_missing(&graph, trouble);
        History::new(self, graph, walked.again)
    }

    fn tell_what_is_missing(&self, graph: &Graph, trouble: &OnTrouble<'_>) {
        let Some(first) = graph.missing.first() else { return };
        let count = graph.missing.len();
        if let Some(why) = self.absent {
            // Left out on purpose, and by the thousand: one line says it.
            let what = format!("{count} objects are not here, {why}");
            return trouble(Trouble { object: Some(*first), what });
        }
        for name in graph.missing.iter().take(MAX_MISSING) {
            trouble(Trouble { object: Some(*name), what: "missing".to_owned() });
        }
        if count > MAX_MISSING {
            let what = format!("{} more objects are missing", count - MAX_MISSING);
            trouble(Trouble { object: None, what });
        }
    }

    /// Rebuilds all blobs, or those that are wanted. What these are made from comes as well, as if it
    /// came again.
    pub fn blobs<B: Blobs>(
        &self,
        visitor: &B,
        wanted: Option<&(dyn Fn(u32) -> bool + Sync)>,
        trouble: &OnTrouble<'_>,
    ) -> Walked {
        let seen = Seen::new(self.names.len());
        let walked = Mutex::new(Walked::default());
        let adapter = Adapter { visitor, wanted, seen, walked, lost: Mutex::new(Vec::new()) };
        let roots = self.roots(|kind| kind == ObjectKind::Blob);
        let only = wanted.map(|wanted| self.marked(wanted));
        let plan = Plan { only: only.as_deref(), ..self.plan() };
        let forest_walk = walk::walk(&self.forest, &roots, plan, &adapter, &|entry| self.outside(entry));
        let on_blob = |object, kind, bytes: &[u8], scratch: &mut B::Scratch| {
            let object = Rebuilt { object, kind, bytes, base: None, has_children: false };
            adapter.visit(scratch, object);
        };
        let wants = |object| adapter.wants(object);
        let loose_lost = self.each_loose(&wants, &|kind| kind == ObjectKind::Blob, &on_blob);
        let mut lost = adapter.lost.into_inner().unwrap_or_else(PoisonError::into_inner);
        lost.extend(loose_lost);
        lost.sort_unstable();
        lost.dedup_by_key(|(object, _)| *object);
        for (object, why) in lost {
            // Another copy may have been readable; and what is not asked for costs nothing.
            if !adapter.seen.contains(object) && wanted.is_none_or(|wanted| wanted(object)) {
                trouble(Trouble { object: self.names.name(object), what: why.to_owned() });
            }
        }
        let mut walked = adapter.walked.into_inner().unwrap_or_else(PoisonError::into_inner);
        walked.again = forest_walk.again;
        tell_slack(forest_walk.slack, trouble);
        walked
    }

    /// Hands out the loose objects that are wanted, of the kinds that are wanted; those that could not
    /// be read are given back.
    fn each_loose<S: Default>(
        &self,
        wanted: &(dyn Fn(u32) -> bool + Sync),
        of_kind: &(dyn Fn(ObjectKind) -> bool + Sync),
        on: &OnLoose<'_, S>,
    ) -> Vec<(u32, &'static str)> {
        let next = AtomicU64::new(0);
        let lost = Mutex::new(Vec::new());
        let work = || {
            let (mut inflater, mut scratch) = (Inflater::new(), S::default());
            while let Some(loose) = self.loose.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                let Some(object) = self.names.find(loose.name.as_bytes()) else { continue };
                if !wanted(object) {
                    continue;
                }
                match loose::read_if(loose, self.hash, self.options.max_object, &mut inflater, of_kind) {
                    Ok(Some((kind, bytes))) => on(object, kind, &bytes, &mut scratch),
                    Ok(None) => {}
                    Err(why) => lost.lock().unwrap_or_else(PoisonError::into_inner).push((object, why)),
                }
            }
        };
        let threads = self.options.threads.clamp(1, 1 + self.loose.len() / 16);
        if threads == 1 {
            work();
        } else {
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(work);
                }
            });
        }
        lost.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells that there are bytes between the objects of packs.
fn tell_slack(bytes: u64, trouble: &OnTrouble<'_>) {
    if bytes > 0 {
        let what = format!("{bytes} bytes between the objects of packs are in no index, not read");
        trouble(Trouble { object: None, what });
    }
}

/// A set of objects that many threads fill.
struct Seen(Vec<AtomicU64>);

impl Seen {
    fn new(objects: usize) -> Self {
        Self((0..=objects / 64).map(|_| AtomicU64::new(0)).collect())
    }

    /// Whether it was there already.
    fn insert(&self, object: u32) -> bool {
        let Some(word) = self.0.get(object as usize / 64) else { return false };
        let bit = 1 << (object % 64);
        word.fetch_or(bit, Ordering::Relaxed) & bit != 0
    }

    fn contains(&self, object: u32) -> bool {
        let word = self.0.get(object as usize / 64);
        word.is_some_and(|word| word.load(Ordering::Relaxed) >> (object % 64) & 1 == 1)
    }
}

/// Shows blobs to whoever wants them, and tells which come again.
struct Adapter<'a, B: Blobs> {
    visitor: &'a B,
    wanted: Option<&'a (dyn Fn(u32) -> bool + Sync)>,
    seen: Seen,
    walked: Mutex<Walked>,
    lost: Mutex<Vec<(u32, &'static str)>>,
}

impl<B: Blobs> Adapter<'_, B> {
    fn wants(&self, object: u32) -> bool {
        self.wanted.is_none_or(|wanted| wanted(object))
    }
}

impl<B: Blobs> Visit for Adapter<'_, B> {
    type State = B::State;
    type Scratch = B::Scratch;

    fn visit(&self, scratch: &mut B::Scratch, object: Rebuilt<'_, B::State>) -> B::State {
        let again = self.seen.insert(object.object) || !self.wants(object.object);
        if !again {
            let mut walked = self.walked.lock().unwrap_or_else(PoisonError::into_inner);
            walked.blobs += 1;
            walked.bytes += object.bytes.len() as u64;
        }
        let base = object.base.map(|base| (base.state, base.len, base.copies));
        let Rebuilt { object, bytes, has_children, .. } = object;
        self.visitor.blob(scratch, Blob { object, bytes, base, has_children }, again)
    }

    fn lost(&self, object: u32, why: &'static str) {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).push((object, why));
    }
}

/// Opens a pack with its index; without one it is read through.
fn open_pack(
    path: &Path,
    hash: HashKind,
    options: Options,
    trouble: &OnTrouble<'_>,
) -> Option<(Pack, PackIndex)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let tell = |what: &str| trouble(Trouble { object: None, what: format!("{name}: {what}") });
    let Ok(file) = files::open(path).and_then(Stored::new) else {
        tell("the pack cannot be read");
        return None;
    };
    let trailer = hash.len() as u64;
    let mut head = [0; 8];
    let read = file.read_at(&mut head, 0).unwrap_or(0);
    if read < 8 || head[..4] != *b"PACK" || !matches!(head[4..], [0, 0, 0, 2 | 3]) {
        tell("the pack is none, or of a version that is not known");
        return None;
    }
    let index = files::open(&path.with_extension("idx")).and_then(Stored::new).ok();
    let is_its_own = index.as_ref().is_some_and(|index| ends_alike(&file, index, trailer));
    let is_damaged = index.as_ref().is_some_and(|index| !index.ends_with_its_checksum(hash));
    let index = index.and_then(|index| PackIndex::open(&index, hash).ok());
    let index = match index {
        Some(index) if is_its_own && !is_damaged => return Some((Pack { file, start: 0, trailer }, index)),
        index => index,
    };
    // Without its index a pack still says what it holds.
    let scanned = scan_pack::scan(&file, 0, hash, options.max_object);
    match index {
        // The pack was cut off or damaged, and the index names what it held.
        Some(index) if !is_damaged && holds(&index, &scanned.index, hash) => {
            return Some((Pack { file, start: 0, trailer }, index));
        }
        Some(index) if !scanned.is_whole() && holds(&index, &scanned.index, hash) => {
            tell("its index is damaged (its checksum is wrong), and names that it alone has may be wrong");
            return Some((Pack { file, start: 0, trailer }, index));
        }
        Some(_) if !is_damaged => tell("the index beside it is of another pack, and it was read without"),
        _ if is_damaged => tell("its index is damaged (its checksum is wrong), and it was read without"),
        _ => {}
    }
    if !scanned.is_whole() {
        tell("it has no readable index, and not all of its objects could be read without one");
        tell_unread(&scanned, &format!("pack {name}"), trouble);
    }
    Some((Pack { file, start: 0, trailer }, scanned.index))
}

/// Whether an index of a pack says that it ends with the checksum that this one ends with.
fn ends_alike(pack: &Stored, index: &Stored, checksum: u64) -> bool {
    let at = |file: &Stored, back: u64| file.exactly(file.len.checked_sub(back)?, checksum as usize);
    at(pack, checksum).is_some_and(|end| Some(end) == at(index, 2 * checksum))
}

/// Whether an index has each object that another has, at the same place.
fn holds(index: &PackIndex, other: &PackIndex, hash: HashKind) -> bool {
    let rows = |index: &PackIndex| {
        let names = index.names.chunks_exact(hash.len()).map(<[u8]>::to_vec);
        names.zip(index.offsets.iter().copied()).collect::<BTreeSet<_>>()
    };
    rows(other).is_subset(&rows(index))
}

/// Tells what could not be read of a pack that was read through, the one of `holder`.
fn tell_unread(scanned: &Scanned, holder: &str, trouble: &OnTrouble<'_>) {
    let tell = |object: Option<Oid>, what: String| trouble(Trouble { object, what });
    if let Some(Cut { read, of, at }) = scanned.cut {
        let what =
            format!("the {holder} is damaged: {read} of {of} objects were read, nothing behind byte {at}");
        tell(None, what);
    }
    for (base, of) in scanned.bases.iter().take(MAX_MISSING) {
        tell(Some(*base), format!("missing, and {of} objects of the {holder} are made from it"));
    }
    if let Some(more) = scanned.bases.len().checked_sub(MAX_MISSING).filter(|more| *more > 0) {
        tell(None, format!("{more} more objects are missing that objects of the {holder} are made from"));
    }
    for (count, why) in [
        (scanned.large, "are over the size limit, or made from what is"),
        (scanned.unnamed, "are damaged, or made from what is"),
    ] {
        if count > 0 {
            tell(None, format!("{count} objects of the {holder} {why}"));
        }
    }
}

/// What the indexes of all work trees stage.
pub(crate) fn staged(layout: &Layout, troubles: &mut Vec<&'static str>) -> Vec<(Box<[u8]>, Oid)> {
    let mut all = Vec::new();
    for directory in &layout.work_trees {
        let path = directory.join("index");
        if path.symlink_metadata().is_err() {
            continue;
        }
        let read = index_of(directory, &path);
        if !matches!(read, Some((_, Ok(_)))) {
            troubles.push("an index cannot be read: what is staged in it counts as unreachable");
        }
        let Some((index, shared)) = read else { continue };
        let shared = shared.ok().flatten();
        let entries = index.entries(shared.as_ref());
        all.extend(entries.into_iter().map(|(path, object)| (Box::from(path), object)));
    }
    all
}

/// A shared index that cannot be read.
pub(crate) struct NotShared;

/// An index, and the one of the git directory that it shares the rest with, if it is split.
pub(crate) fn index_of(
    git_dir: &Path,
    path: &Path,
) -> Option<(IndexFile, Result<Option<IndexFile>, NotShared>)> {
    let parse = |path: &Path| IndexFile::parse(&files::read(path, MAX_INDEX).ok()??).ok();
    let index = parse(path)?;
    let shared = index.shared().map(|shared| parse(&git_dir.join(&shared.file_name)).ok_or(NotShared));
    Some((index, shared.transpose()))
}
