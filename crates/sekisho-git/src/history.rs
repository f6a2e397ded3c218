//! [`History`]: which blob stood at which path, on which side, and from which commit to which.
//!
//! One pass over all trees gives every blob its paths: a tree is entered once for each path that it
//! stands at, so the work grows with what changed. Commits are taken in the order of their
//! [`Side`]s, so each blob at a path has the best of them. When it is known which blobs matter, a
//! second pass over the commits compares trees, and enters only what can hold one of those.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::forest::NONE;
use crate::graph::{Commit, Graph, Mode, TreeEntry};
use crate::hashing::Mix;
use crate::oid::Oid;
use crate::repository::Repository;

/// Names of refs that are kept for one place.
const MAX_TIPS: usize = 16;
/// A tree may stand at many paths. So many entries of trees that were entered before are followed, and
/// some for each that is new; then each tree once: a few trees can be made to have more paths than there
/// are atoms, and each path with a credential is kept.
const MAX_PLACES: usize = 1 << 18;
const PLACES_EACH: usize = 4;

/// What keeps an object: the first of these that does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// A branch, tag, note, remote branch or any other ref, or a commit behind one.
    Refs,
    /// An index: it is staged.
    Index,
    /// The stash.
    Stash,
    /// A log of a ref, or what the last fetch, merge or rebase left behind.
    Reflog,
    /// Nothing: the object waits to be pruned.
    Unreachable,
}

impl Side {
    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refs => "refs",
            Self::Index => "index",
            Self::Stash => "stash",
            Self::Reflog => "reflog",
            Self::Unreachable => "unreachable",
        }
    }
}

/// The number of a path; 0 is the root, and stands for no path, too.
pub type PathId = u32;

/// A blob at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Placed {
    /// The blob's number.
    pub blob: u32,
    /// The path.
    pub path: PathId,
    /// What keeps it there.
    pub side: Side,
    /// How long ago that was: the lower, the newer the newest commit with it.
    pub age: u32,
}

/// What is asked about: blobs that hold one thing at one path; or what stands at none.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The path.
    pub path: PathId,
    /// The side.
    pub side: Side,
    /// The blobs, by number, in order. With no path a commit or tag is one, too.
    pub blobs: Vec<u32>,
}

/// A commit, as far as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// Its name.
    pub commit: Oid,
    /// When it was committed, in seconds since 1970.
    pub time: i64,
    /// Its author, if authors were kept.
    pub author: Option<String>,
}

/// What became of what was asked about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trace {
    /// The blob that had it first.
    pub first: Option<u32>,
    /// The first commit that has it while no parent has.
    pub introduced: Option<At>,
    /// The last commit that has it not while a parent has.
    pub removed: Option<At>,
    /// The refs whose newest commit has it, by short name: `HEAD`'s branch first, at most 16.
    pub tips: Vec<String>,
    /// How many refs those are.
    pub tips_total: u64,
}

/// Which blob stood where and when.
pub struct History {
    graph: Graph,
    paths: Paths,
    /// In order.
    placed: Vec<Placed>,
    /// Of each object up to the last that stood anywhere, where its places begin, and where the last end:
    /// searching for them misses every cache.
    firsts: Vec<u32>,
    sides: HashMap<u32, Side, Mix>,
    /// Short names of refs and what they name, in front of all tags.
    tips: Vec<(String, u32)>,
    /// The commits that entries of the stash are.
    stashes: HashSet<u32, Mix>,
    /// Whether some paths were left out.
    cut: bool,
    /// The blobs of which is known what they hold, if not all.
    looked_at: Option<HashSet<u32, Mix>>,
    /// Bases that were made again.
    again: u64,
    /// Of each commit.
    names: Vec<Oid>,
    times: Vec<i64>,
}

/// Paths as a tree of names.
#[derive(Default)]
struct Paths {
    /// The names: those of all trees, then those that only an index has.
    names: Vec<Box<[u8]>>,
    /// Folder and name of each.
    parts: Vec<(PathId, u32)>,
    ids: HashMap<(PathId, u32), PathId, Mix>,
}

impl Paths {
    fn below(&mut self, folder: PathId, name: u32) -> PathId {
        *self.ids.entry((folder, name)).or_insert_with(|| {
            self.parts.push((folder, name));
            self.parts.len() as PathId - 1
        })
    }

    fn find(&self, folder: PathId, name: u32) -> Option<PathId> {
        self.ids.get(&(folder, name)).copied()
    }
}

impl History {
    pub(crate) fn new(repository: &Repository, mut graph: Graph, again: u64) -> Self {
        let mut paths = Paths { names: std::mem::take(&mut graph.names), ..Paths::default() };
        paths.parts.push((0, NONE));
        let mut walk = TreeWalk {
            graph: &graph,
            paths,
            seen: HashSet::default(),
            trees: HashSet::default(),
            entries: [0; 2],
            cut: false,
            placed: HashMap::default(),
            known: BTreeMap::new(),
            age: 0,
        };
        let times = graph.corrected_times();
        let when = |object: &u32| {
            let commit = graph.number_of(*object);
            (std::cmp::Reverse(commit.map_or(i64::MAX, |commit| times[commit])), *object)
        };
        let find = |oid: &Oid| repository.names.find(oid.as_bytes());
        let refs = &repository.refs;
        let named = |stash: bool| {
            let refs = refs.names.iter().filter(move |(name, _)| (*name == "refs/stash") == stash);
            refs.filter_map(|(_, oid)| find(oid)).collect::<Vec<_>>()
        };
        let mut sides = HashMap::default();
        walk.side(named(false), Side::Refs, &when, &mut sides);
        for (path, oid) in &repository.staged {
            if let Some(object) = find(oid) {
                walk.staged(path, object);
            }
        }
        let stashed: Vec<u32> = named(true).into_iter().chain(refs.stashed.iter().filter_map(find)).collect();
        let stashes = stashed.iter().copied().collect();
        walk.side(stashed, Side::Stash, &when, &mut sides);
        walk.side(refs.logged.iter().filter_map(find).collect(), Side::Reflog, &when, &mut sides);
        let rest = graph.commits.iter().map(|commit| commit.object).collect();
        walk.side(rest, Side::Unreachable, &when, &mut sides);
        walk.unreachable_trees(repository.names.len() as u32);

        let TreeWalk { paths, placed, cut, .. } = walk;
        let mut placed: Vec<Placed> =
            placed.into_iter().map(|((blob, path), (side, age))| Placed { blob, path, side, age }).collect();
        placed.sort_unstable();
        let firsts = firsts(&placed);
        let tips = tips(repository, find);
        let names = graph.commits.iter().filter_map(|commit| repository.names.name(commit.object)).collect();
        Self { graph, paths, placed, firsts, sides, tips, stashes, cut, looked_at: None, again, names, times }
    }

    /// Whether the repository has more paths than are followed: some blobs are told without theirs.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Bases of trees and the like that had to be made again, since the live ones were over the budget.
    pub fn again(&self) -> u64 {
        self.again
    }

    /// Says that no other blobs are looked at than these: that one of the others comes in the place of one
    /// that holds something does not mean that it is gone.
    pub fn look_at(&mut self, blobs: impl Iterator<Item = u32>) {
        self.looked_at = Some(blobs.collect());
    }

    fn is_looked_at(&self, blob: u32) -> bool {
        self.looked_at.as_ref().is_none_or(|blobs| blob == NONE || blobs.contains(&blob))
    }

    pub(crate) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The path of a name in a folder, if it is one.
    pub(crate) fn below(&self, folder: PathId, name: u32) -> Option<PathId> {
        self.paths.find(folder, name)
    }

    /// How many commits there are.
    pub fn commits(&self) -> usize {
        self.graph.commits.len()
    }

    /// Where a blob stood, in order; nowhere for one that no tree and no index names.
    pub fn places(&self, blob: u32) -> &[Placed] {
        let at = |blob: usize| self.firsts.get(blob).map(|first| *first as usize);
        let range = at(blob as usize).zip(at(blob as usize + 1));
        range.and_then(|(start, end)| self.placed.get(start..end)).unwrap_or_default()
    }

    /// A path in bytes.
    pub fn path(&self, path: PathId) -> Vec<u8> {
        let mut parts = Vec::new();
        let mut at = path;
        while at != 0
            && let Some(&(folder, name)) = self.paths.parts.get(at as usize)
        {
            parts.push(self.paths.names.get(name as usize).map_or(&b""[..], |name| name));
            at = folder;
        }
        parts.reverse();
        parts.join(&b'/')
    }

    /// What keeps a commit or tag, or a blob that stands at no path.
    pub fn side_of(&self, object: u32) -> Side {
        self.sides.get(&object).copied().unwrap_or(Side::Unreachable)
    }

    /// A commit, as far as it is told; `None` for what is none.
    pub fn at(&self, object: u32) -> Option<At> {
        let commit = self.graph.commit(object)?;
        self.names_of(commit)
    }

    fn names_of(&self, commit: &Commit) -> Option<At> {
        let number = self.graph.number_of(commit.object)?;
        let author = commit.author.as_deref().map(str::to_owned);
        Some(At { commit: *self.names.get(number)?, time: commit.time, author })
    }

    /// What became of each thing that is asked about.
    pub fn trace(&self, watches: &[Watch]) -> Vec<Trace> {
        Tracer::new(self, watches).run()
    }
}

/// The refs that stand for what is there now, with short names; `HEAD`'s branch first.
fn tips(repository: &Repository, find: impl Fn(&Oid) -> Option<u32>) -> Vec<(String, u32)> {
    let head = repository.refs.head.as_deref();
    let mut tips: Vec<(bool, String, u32)> = Vec::new();
    for (name, oid) in repository.refs.names.iter().filter(|(name, _)| *name != "refs/stash") {
        let Some(object) = find(oid) else { continue };
        let short = ["refs/heads/", "refs/tags/", "refs/remotes/", "refs/"]
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix))
            .unwrap_or(name);
        tips.push((Some(name.as_str()) != head, short.to_owned(), object));
    }
    tips.sort();
    tips.into_iter().map(|(_, name, object)| (name, object)).collect()
}

/// The pass that gives blobs their paths.
struct TreeWalk<'g> {
    graph: &'g Graph,
    paths: Paths,
    /// Trees at paths that were entered.
    seen: HashSet<(u32, PathId), Mix>,
    /// Trees that were entered anywhere.
    trees: HashSet<u32, Mix>,
    /// Entries of trees that were entered for the first time, and again at other paths.
    entries: [usize; 2],
    /// Whether trees were not entered, since that is enough.
    cut: bool,
    placed: HashMap<(u32, PathId), (Side, u32), Mix>,
    /// Number of the commit at hand, the newest first.
    age: u32,
    /// Numbers of names, for paths that come as text.
    known: BTreeMap<Box<[u8]>, u32>,
}

impl TreeWalk<'_> {
    /// Takes in all that is behind `starts` and was not before, the newest commits first.
    fn side<K: Ord>(
        &mut self,
        starts: Vec<u32>,
        side: Side,
        when: &impl Fn(&u32) -> K,
        sides: &mut HashMap<u32, Side, Mix>,
    ) {
        let mut waiting = starts;
        let mut fresh = Vec::new();
        while let Some(object) = waiting.pop() {
            if sides.contains_key(&object) {
                continue;
            }
            sides.insert(object, side);
            fresh.push(object);
            if let Some(commit) = self.graph.commit(object) {
                waiting.extend(&commit.parents);
            } else if let Some(inner) = self.graph.tags.get(&object) {
                waiting.push(*inner);
            }
        }
        fresh.sort_by_key(when);
        for object in fresh {
            self.age += 1;
            if let Some(commit) = self.graph.commit(object) {
                self.tree(commit.tree, 0, side);
            } else if !self.graph.tree(object).is_empty() {
                self.tree(object, 0, side);
            } else if !self.graph.tags.contains_key(&object) {
                // A ref to a blob.
                self.placed.entry((object, 0)).or_insert((side, self.age));
            }
        }
    }

    fn tree(&mut self, tree: u32, path: PathId, side: Side) {
        let graph = self.graph;
        let mut waiting = vec![(tree, path)];
        while let Some((tree, path)) = waiting.pop() {
            let again = usize::from(!self.trees.insert(tree));
            if self.seen.contains(&(tree, path)) {
                continue;
            }
            let [fresh, more] = self.entries;
            if again == 1 && more > MAX_PLACES + PLACES_EACH * fresh {
                self.cut = true;
                continue;
            }
            self.seen.insert((tree, path));
            self.entries[again] += 1 + graph.tree(tree).len();
            for entry in graph.tree(tree) {
                if entry.object == NONE || entry.mode == Mode::Submodule {
                    continue;
                }
                let below = self.paths.below(path, entry.name);
                if entry.mode == Mode::Tree {
                    waiting.push((entry.object, below));
                } else {
                    self.placed.entry((entry.object, below)).or_insert((side, self.age));
                }
            }
        }
    }

    /// An object in an index.
    fn staged(&mut self, path: &[u8], object: u32) {
        if self.known.is_empty() {
            self.known = self.paths.names.iter().cloned().zip(0..).collect();
        }
        let mut at = 0;
        for part in path.split(|byte| *byte == b'/').filter(|part| !part.is_empty()) {
            let names = &mut self.paths.names;
            let name = *self.known.entry(part.into()).or_insert_with(|| {
                names.push(part.into());
                names.len() as u32 - 1
            });
            at = self.paths.below(at, name);
        }
        if self.graph.tree(object).is_empty() {
            self.placed.entry((object, at)).or_insert((Side::Index, 0));
        } else {
            self.tree(object, at, Side::Index);
        }
    }

    /// Trees that no commit names: those first that no other such tree holds.
    fn unreachable_trees(&mut self, objects: u32) {
        let graph = self.graph;
        let lone: Vec<u32> = (0..objects)
            .filter(|object| !graph.tree(*object).is_empty() && !self.trees.contains(object))
            .collect();
        let held: HashSet<u32, Mix> = lone
            .iter()
            .flat_map(|tree| graph.tree(*tree))
            .filter(|entry| entry.mode == Mode::Tree)
            .map(|entry| entry.object)
            .collect();
        for tree in lone.into_iter().filter(|tree| !held.contains(tree)) {
            self.tree(tree, 0, Side::Unreachable);
        }
    }
}

/// The pass that tells when watched blobs came and went.
struct Tracer<'h> {
    history: &'h History,
    watches: &'h [Watch],
    /// Which watches a blob at a path belongs to.
    of: HashMap<(PathId, u32), Vec<u32>, Mix>,
    /// Whether a tree holds a watched blob: asked once.
    holds: Vec<Option<bool>>,
    blobs: HashSet<u32, Mix>,
    traces: Vec<Found>,
    /// When a blob came to a path first.
    came: HashMap<(PathId, u32), Moment, Mix>,
}

/// A commit in the order of time.
type Moment = (i64, Oid);

#[derive(Default, Clone)]
struct Found {
    introduced: Option<(Moment, u32)>,
    removed: Option<(Moment, u32)>,
    tips: Vec<String>,
    tips_total: u64,
}

impl<'h> Tracer<'h> {
    fn new(history: &'h History, watches: &'h [Watch]) -> Self {
        let mut of: HashMap<(PathId, u32), Vec<u32>, Mix> = HashMap::default();
        for (number, watch) in watches.iter().enumerate() {
            for blob in &watch.blobs {
                of.entry((watch.path, *blob)).or_default().push(number as u32);
            }
        }
        let blobs = watches.iter().flat_map(|watch| &watch.blobs).copied().collect();
        let traces = vec![Found::default(); watches.len()];
        let holds = vec![None; history.graph.objects()];
        Self { history, watches, of, holds, blobs, traces, came: HashMap::default() }
    }

    fn run(mut self) -> Vec<Trace> {
        let history = self.history;
        let times = history.times.iter().zip(&history.names);
        for (commit, (time, name)) in history.graph.commits.iter().zip(times) {
            self.commit(commit, (*time, *name));
        }
        self.tips();
        let all = std::mem::take(&mut self.traces);
        self.watches.iter().zip(all).map(|(watch, found)| self.trace(watch, found)).collect()
    }

    fn trace(&self, watch: &Watch, found: Found) -> Trace {
        let came = |blob: &&u32| self.came.get(&(watch.path, **blob)).copied();
        let first = |blob: &&u32| came(blob).map_or((i64::MAX, None), |first| (first.0, Some(first.1)));
        let at = |place: Option<(Moment, u32)>| place.and_then(|(_, commit)| self.history.at(commit));
        Trace {
            first: watch.blobs.iter().min_by_key(first).copied(),
            introduced: at(found.introduced),
            // What is in a tip was not removed, though it may have been from another branch.
            removed: if found.tips_total == 0 { at(found.removed) } else { None },
            tips: found.tips,
            tips_total: found.tips_total,
        }
    }

    /// Compares a commit with its parents.
    fn commit(&mut self, commit: &Commit, moment: Moment) {
        let graph = &self.history.graph;
        let side = self.history.side_of(commit.object);
        let mut came: HashMap<u32, usize, Mix> = HashMap::default();
        let parents: Vec<u32> = commit
            .parents
            .iter()
            .filter_map(|parent| graph.commit(*parent))
            .map(|parent| parent.tree)
            .collect();
        let against = if parents.is_empty() { vec![NONE] } else { parents };
        for parent in &against {
            for (path, new, old) in self.changes(commit.tree, *parent) {
                if self.of.contains_key(&(path, new)) {
                    let first = self.came.entry((path, new)).or_insert(moment);
                    *first = moment.min(*first);
                }
                let none = Vec::new();
                let now = self.of.get(&(path, new)).unwrap_or(&none);
                let before = self.of.get(&(path, old)).unwrap_or(&none);
                let concerns = |watch: &&u32| side <= self.watches[**watch as usize].side;
                for watch in now.iter().filter(|watch| !before.contains(watch)).filter(concerns) {
                    *came.entry(*watch).or_default() += 1;
                }
                // An entry of the stash is made of what was staged and what was not: it takes nothing away.
                let takes_away =
                    !self.history.stashes.contains(&commit.object) && self.history.is_looked_at(new);
                let before = if takes_away { before } else { &none };
                for watch in before.iter().filter(|watch| !now.contains(watch)).filter(concerns) {
                    let found = &mut self.traces[*watch as usize].removed;
                    if found.is_none_or(|(known, _)| moment > known) {
                        *found = Some((moment, commit.object));
                    }
                }
            }
        }
        #[expect(clippy::iter_over_hash_type, reason = "each is noted by itself")]
        for (watch, count) in came {
            let found = &mut self.traces[watch as usize].introduced;
            if count == against.len() && found.is_none_or(|(known, _)| moment < known) {
                *found = Some((moment, commit.object));
            }
        }
    }

    /// Paths at which two trees have different blobs, of which one at least is watched: path, new, old.
    fn changes(&mut self, new: u32, old: u32) -> Vec<(PathId, u32, u32)> {
        let mut changes = Vec::new();
        let mut waiting = vec![(new, old, 0)];
        while let Some((new, old, path)) = waiting.pop() {
            if new == old || !self.holds(new) && !self.holds(old) {
                continue;
            }
            let history = self.history;
            for (name, new, old) in differences(history.graph.tree(new), history.graph.tree(old)) {
                let Some(path) = history.paths.find(path, name) else { continue };
                let of_mode = |entry: Option<TreeEntry>, mode| {
                    entry.filter(|entry| entry.mode == mode).map_or(NONE, |entry| entry.object)
                };
                waiting.push((of_mode(new, Mode::Tree), of_mode(old, Mode::Tree), path));
                let (new, old) = (of_mode(new, Mode::Blob), of_mode(old, Mode::Blob));
                if new != old && (self.blobs.contains(&new) || self.blobs.contains(&old)) {
                    changes.push((path, new, old));
                }
            }
        }
        changes
    }

    /// Whether a tree holds a watched blob at any depth.
    fn holds(&mut self, tree: u32) -> bool {
        if tree == NONE {
            return false;
        }
        let graph = &self.history.graph;
        let mut waiting = vec![tree];
        while let Some(&at) = waiting.last() {
            if self.holds.get(at as usize).is_none_or(Option::is_some) {
                waiting.pop();
                continue;
            }
            let inner = || graph.tree(at).iter().filter(|entry| entry.object != NONE);
            let blob = inner().any(|entry| entry.mode == Mode::Blob && self.blobs.contains(&entry.object));
            let trees = || inner().filter(|entry| entry.mode == Mode::Tree).map(|entry| entry.object);
            let known = |tree: u32| self.holds.get(tree as usize).copied().flatten();
            if blob || trees().any(|tree| known(tree) == Some(true)) {
                self.holds[at as usize] = Some(true);
            } else {
                let open = trees().find(|tree| known(*tree).is_none());
                match open.filter(|open| (*open as usize) < self.holds.len()) {
                    // Objects are named by what they hold, so no tree can hold itself; a damaged
                    // index could say so, and then the tree that closes the circle counts as empty.
                    Some(open) if waiting.len() <= self.holds.len() && !waiting.contains(&open) => {
                        waiting.push(open);
                    }
                    Some(open) => self.holds[open as usize] = Some(false),
                    None => self.holds[at as usize] = Some(false),
                }
            }
        }
        self.holds.get(tree as usize).copied().flatten().unwrap_or(false)
    }

    /// Finds what stands in the newest commit of each ref.
    fn tips(&mut self) {
        let history = self.history;
        let mut of_tree: HashMap<u32, Vec<u32>, Mix> = HashMap::default();
        for (name, object) in &history.tips {
            let behind = history.graph.behind_tags(*object);
            let object = behind.last().copied().unwrap_or(*object);
            let tree = history.graph.commit(object).map_or(object, |commit| commit.tree);
            let mut watches = if let Some(watches) = of_tree.get(&tree) {
                watches.clone()
            } else {
                let mut watches = Vec::new();
                for (path, blob, _) in self.changes(tree, NONE) {
                    let here = self.of.get(&(path, blob)).map_or(&[][..], |here| here);
                    watches.extend(here);
                }
                watches.sort_unstable();
                watches.dedup();
                of_tree.insert(tree, watches.clone());
                watches
            };
            watches.extend(behind.iter().filter_map(|object| self.of.get(&(0, *object))).flatten());
            for watch in watches {
                let found = &mut self.traces[watch as usize];
                found.tips_total += 1;
                if found.tips.len() < MAX_TIPS {
                    found.tips.push(name.clone());
                }
            }
        }
    }
}

/// Entries in which two trees differ, by name: new and old.
pub(crate) fn differences(
    new: &[TreeEntry],
    old: &[TreeEntry],
) -> Vec<(u32, Option<TreeEntry>, Option<TreeEntry>)> {
    let head = new.iter().zip(old).take_while(|(a, b)| a == b).count();
    let (new, old) = (&new[head..], &old[head..]);
    let tail = new.iter().rev().zip(old.iter().rev()).take_while(|(a, b)| a == b).count();
    let (new, old) = (&new[..new.len() - tail], &old[..old.len() - tail]);
    let before: HashMap<u32, TreeEntry, Mix> = old.iter().map(|entry| (entry.name, *entry)).collect();
    let after: HashSet<u32, Mix> = new.iter().map(|entry| entry.name).collect();
    let changed = new.iter().map(|entry| (entry.name, Some(*entry), before.get(&entry.name).copied()));
    let gone = old.iter().filter(|entry| !after.contains(&entry.name));
    changed
        .filter(|(_, new, old)| new != old)
        .chain(gone.map(|entry| (entry.name, None, Some(*entry))))
        .collect()
}
/// Where the places of each blob begin among all that are sorted, and where those of the last end.
fn firsts(placed: &[Placed]) -> Vec<u32> {
    let blobs = placed.last().map_or(0, |last| last.blob as usize + 1);
    let mut firsts = Vec::with_capacity(blobs + 1);
    for (at, placed) in placed.iter().enumerate() {
        firsts.resize(firsts.len().max(placed.blob as usize + 1), at as u32);
    }
    firsts.push(placed.len() as u32);
    firsts
}
