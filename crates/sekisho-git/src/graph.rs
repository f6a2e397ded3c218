//! [`Graph`]: commits, trees and tags, as far as they say which blob stood where and when.
//!
//! Trees are kept with numbers for names and objects: a dozen bytes an entry. A damaged tree or
//! commit is kept as far as it can be read, and told.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::forest::NONE;
use crate::hashing::Mix;
use crate::oid::{Names, ObjectKind, Oid};
use crate::pack::Copy;
use crate::walk::{Rebuilt, Visit};

/// Of a mode, the bits that tell a directory, a link, a submodule.
const KIND: u32 = 0o170_000;
/// Tags of tags that are followed.
const MAX_TAGS: usize = 64;
/// The longest name of a tree's entry.
const MAX_NAME: usize = 4096;

/// What a tree's entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Tree,
    Blob,
    /// A commit of another repository.
    Submodule,
}

/// An entry of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TreeEntry {
    /// Number of its name.
    pub(crate) name: u32,
    /// Number of the object; [`NONE`] if it is not here.
    pub(crate) object: u32,
    pub(crate) mode: Mode,
}

/// A commit.
#[derive(Debug, Clone)]
pub(crate) struct Commit {
    pub(crate) object: u32,
    /// Its tree's object.
    pub(crate) tree: u32,
    /// Objects of its parents that are here.
    pub(crate) parents: Vec<u32>,
    /// When it was committed, in seconds since 1970.
    pub(crate) time: i64,
    /// Name and address of its author; kept on request.
    pub(crate) author: Option<Box<str>>,
}

/// Commits, trees and tags.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// Where the entries of each tree are, by its object's number.
    trees: Vec<(u32, u32)>,
    entries: Vec<TreeEntry>,
    pub(crate) commits: Vec<Commit>,
    /// The commit of an object, or [`NONE`].
    commit_of: Vec<u32>,
    /// What annotated tags name.
    pub(crate) tags: HashMap<u32, u32, Mix>,
    pub(crate) names: Vec<Box<[u8]>>,
    /// Objects that something names and that are not here.
    pub(crate) missing: BTreeSet<Oid>,
}

impl Graph {
    /// The entries of a tree; none for what is no tree.
    pub(crate) fn tree(&self, object: u32) -> &[TreeEntry] {
        let (start, len) = self.trees.get(object as usize).copied().unwrap_or_default();
        &self.entries[start as usize..(start + len) as usize]
    }

    /// The commit that an object is.
    pub(crate) fn commit(&self, object: u32) -> Option<&Commit> {
        let at = *self.commit_of.get(object as usize)?;
        self.commits.get(at as usize)
    }

    /// The place of a commit among [`commits`](Self::commits).
    pub(crate) fn number_of(&self, object: u32) -> Option<usize> {
        self.commit_of.get(object as usize).filter(|at| **at != NONE).map(|at| *at as usize)
    }

    /// How many objects there are, commits or not.
    pub(crate) fn objects(&self) -> usize {
        self.commit_of.len()
    }

    /// When each commit was made, later than all its parents: clocks are wrong, and several commits are
    /// made in one second. (Git calls this the corrected commit date, gitformat-commit-graph(5).)
    pub(crate) fn corrected_times(&self) -> Vec<i64> {
        let mut times: Vec<Option<i64>> = vec![None; self.commits.len()];
        let mut open = vec![false; self.commits.len()];
        for first in 0..self.commits.len() {
            let mut waiting = vec![first];
            while let Some(&at) = waiting.last() {
                let parents = || self.commits[at].parents.iter().filter_map(|parent| self.number_of(*parent));
                let unknown = parents().find(|parent| times[*parent].is_none() && !open[*parent]);
                open[at] = true;
                if let Some(parent) = unknown {
                    waiting.push(parent);
                    continue;
                }
                waiting.pop();
                let after = parents().filter_map(|parent| times[parent]).max();
                let own = self.commits[at].time;
                times[at] = Some(after.map_or(own, |after| own.max(after.saturating_add(1))));
            }
        }
        times.into_iter().map(Option::unwrap_or_default).collect()
    }

    /// An object and, if it is a tag, what it names, and so on to what is none.
    pub(crate) fn behind_tags(&self, object: u32) -> Vec<u32> {
        let next = |object: &u32| self.tags.get(object).copied();
        std::iter::successors(Some(object), next).take(MAX_TAGS).collect()
    }
}

/// A text that people wrote into a commit or tag.
pub struct Message<'a> {
    /// The commit or tag.
    pub object: u32,
    /// The text, without the header.
    pub text: &'a [u8],
}

/// Makes a [`Graph`] out of what it is shown.
pub(crate) struct Builder<'a> {
    names: &'a Names,
    on_message: &'a (dyn Fn(Message<'_>) + Sync),
    on_lost: &'a (dyn Fn(u32, &'static str) + Sync),
    authors: bool,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    graph: Graph,
    numbers: HashMap<Box<[u8]>, u32>,
}

/// A worker's own view of names, so that the shared one is seldom asked; and what it parses into.
#[derive(Default)]
pub(crate) struct Scratch {
    numbers: HashMap<Box<[u8]>, u32>,
}

/// A parsed tree with the place of each entry in its bytes: what a delta of it inherits.
#[derive(Default)]
pub(crate) struct Parsed(Vec<(u32, TreeEntry)>);

impl<'a> Builder<'a> {
    pub(crate) fn new(
        names: &'a Names,
        authors: bool,
        on_message: &'a (dyn Fn(Message<'_>) + Sync),
        on_lost: &'a (dyn Fn(u32, &'static str) + Sync),
    ) -> Self {
        let graph = Graph {
            trees: vec![(0, 0); names.len()],
            commit_of: vec![NONE; names.len()],
            ..Graph::default()
        };
        let inner = Mutex::new(Inner { graph, numbers: HashMap::new() });
        Self { names, on_message, on_lost, authors, inner }
    }

    pub(crate) fn finish(self) -> Graph {
        self.inner.into_inner().unwrap_or_else(PoisonError::into_inner).graph
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tree(
        &self,
        scratch: &mut Scratch,
        object: u32,
        bytes: &[u8],
        base: Option<(&Parsed, &[Copy])>,
    ) -> Parsed {
        let mut parsed = Vec::with_capacity(bytes.len() / 32);
        let mut at = 0;
        let mut missing = Vec::new();
        let mut inherited = base.map(|(base, copies)| Inherited { base: &base.0, copies, copy: 0 });
        while at < bytes.len() {
            if let Some(inherited) = &mut inherited
                && let Some(next) = inherited.take(at, &mut parsed)
            {
                at = next;
                continue;
            }
            let Some((mode, name, oid, next)) = tree_entry(bytes, at, self.names) else {
                (self.on_lost)(object, "a damaged tree: read up to there");
                break;
            };
            let number = self.number(scratch, name);
            let found = self.names.find(oid).unwrap_or(NONE);
            if found == NONE && mode != Mode::Submodule {
                missing.extend(Oid::new(oid));
            }
            parsed.push((at as u32, TreeEntry { name: number, object: found, mode }));
            at = next;
        }
        let mut inner = self.inner();
        let start = inner.graph.entries.len();
        // The first copy of an object counts.
        if let Some(slot @ (_, 0)) = inner.graph.trees.get_mut(object as usize) {
            *slot = (start as u32, parsed.len() as u32);
            inner.graph.entries.extend(parsed.iter().map(|(_, entry)| *entry));
        }
        inner.graph.missing.extend(missing);
        drop(inner);
        Parsed(parsed)
    }

    fn number(&self, scratch: &mut Scratch, name: &[u8]) -> u32 {
        if let Some(number) = scratch.numbers.get(name) {
            return *number;
        }
        let mut inner = self.inner();
        let Inner { graph, numbers } = &mut *inner;
        let number = *numbers.entry(name.into()).or_insert_with(|| {
            graph.names.push(name.into());
            graph.names.len() as u32 - 1
        });
        drop(inner);
        scratch.numbers.insert(name.into(), number);
        number
    }

    fn commit(&self, object: u32, bytes: &[u8]) {
        let (head, text) = header_and_text(bytes);
        let mut commit = Commit { object, tree: NONE, parents: Vec::new(), time: 0, author: None };
        let mut missing = Vec::new();
        let mut find = |oid: &[u8]| {
            let oid = Oid::from_hex(oid)?;
            let found = self.names.find(oid.as_bytes());
            if found.is_none() {
                missing.push(oid);
            }
            found
        };
        for (key, value) in header_lines(head) {
            match key {
                b"tree" => commit.tree = find(value).unwrap_or(NONE),
                b"parent" => commit.parents.extend(find(value)),
                b"committer" => commit.time = time_of(value),
                b"author" if self.authors => {
                    let end = value.iter().rposition(|byte| *byte == b'>').map_or(0, |at| at + 1);
                    commit.author = Some(String::from_utf8_lossy(&value[..end]).into());
                }
                _ => {}
            }
        }
        if commit.tree == NONE && missing.is_empty() {
            (self.on_lost)(object, "a damaged commit: it names no tree");
        }
        let mut inner = self.inner();
        inner.graph.missing.extend(missing);
        let number = inner.graph.commits.len() as u32;
        let fresh = inner.graph.commit_of.get(object as usize) == Some(&NONE);
        if fresh {
            inner.graph.commit_of[object as usize] = number;
            inner.graph.commits.push(commit);
        }
        drop(inner);
        if fresh {
            (self.on_message)(Message { object, text });
            // Git puts the tag that was merged into the header, message and all.
            if let Some(at) = memchr::memmem::find(head, b"\nmergetag ") {
                (self.on_message)(Message { object, text: &head[at + 1..] });
            }
        }
    }

    fn tag(&self, object: u32, bytes: &[u8]) {
        let (head, text) = header_and_text(bytes);
        let named = header_lines(head).find(|(key, _)| *key == b"object");
        let named = named.and_then(|(_, value)| Oid::from_hex(value));
        let mut inner = self.inner();
        match named.map(|oid| (oid, self.names.find(oid.as_bytes()))) {
            Some((_, Some(found))) => {
                inner.graph.tags.insert(object, found);
            }
            Some((oid, None)) => drop(inner.graph.missing.insert(oid)),
            None => {}
        }
        drop(inner);
        (self.on_message)(Message { object, text });
    }
}

impl Visit for Builder<'_> {
    type State = Parsed;
    type Scratch = Scratch;

    fn visit(&self, scratch: &mut Scratch, object: Rebuilt<'_, Parsed>) -> Parsed {
        match object.kind {
            ObjectKind::Tree => {
                let base = object.base.as_ref().map(|base| (base.state, base.copies));
                let parsed = self.tree(scratch, object.object, object.bytes, base);
                return if object.has_children { parsed } else { Parsed::default() };
            }
            ObjectKind::Commit => self.commit(object.object, object.bytes),
            ObjectKind::Tag => self.tag(object.object, object.bytes),
            ObjectKind::Blob => {}
        }
        Parsed::default()
    }

    fn lost(&self, object: u32, why: &'static str) {
        (self.on_lost)(object, why);
    }
}

/// Takes entries over from the tree that this one was made from.
struct Inherited<'a> {
    base: &'a [(u32, TreeEntry)],
    copies: &'a [Copy],
    /// The copy that was used last.
    copy: usize,
}

impl Inherited<'_> {
    /// The entries from `at` on that stand whole in a copied run, where one begins there; the place
    /// behind them.
    fn take(&mut self, at: usize, parsed: &mut Vec<(u32, TreeEntry)>) -> Option<usize> {
        while self.copies.get(self.copy).is_some_and(|copy| copy.result + copy.len <= at) {
            self.copy += 1;
        }
        let copy = self.copies.get(self.copy).filter(|copy| copy.result <= at)?;
        let from = (copy.base + (at - copy.result)) as u32;
        let first = self.base.binary_search_by_key(&from, |(at, _)| *at).ok()?;
        let end = (copy.base + copy.len) as u32;
        // The last one ends where the next begins; of the very last the end is not known.
        let last = self.base[first..].partition_point(|(at, _)| *at <= end) + first;
        let taken = &self.base[first..last.checked_sub(1)?.max(first)];
        let next = self.base.get(first + taken.len()).filter(|_| !taken.is_empty())?.0;
        parsed.extend(taken.iter().map(|(place, entry)| ((*place - from) + at as u32, *entry)));
        Some(at + (next - from) as usize)
    }
}

/// Mode, name, object's name and end of the entry of a tree at `at`.
fn tree_entry<'b>(bytes: &'b [u8], at: usize, names: &Names) -> Option<(Mode, &'b [u8], &'b [u8], usize)> {
    let rest = bytes.get(at..)?;
    let space = rest.iter().take(8).position(|byte| *byte == b' ')?;
    let mode = rest[..space].iter().try_fold(0u32, |mode, digit| match digit {
        b'0'..=b'7' => Some(mode << 3 | u32::from(digit - b'0')),
        _ => None,
    })?;
    let name = &rest[space + 1..];
    let len = memchr::memchr(0, &name[..name.len().min(MAX_NAME)])?;
    let start = at + space + 1 + len + 1;
    let end = start + names.hash_len();
    let mode = match mode & KIND {
        0o040_000 => Mode::Tree,
        0o160_000 => Mode::Submodule,
        _ => Mode::Blob,
    };
    Some((mode, &name[..len], bytes.get(start..end)?, end))
}

/// The header of a commit or tag, and the text behind it.
pub(crate) fn header_and_text(bytes: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memmem::find(bytes, b"\n\n") {
        Some(at) => (&bytes[..at], &bytes[at + 2..]),
        None => (bytes, &[]),
    }
}

/// Keys and values of the lines of a header; lines that go on with a blank are left out.
fn header_lines(head: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    head.split(|byte| *byte == b'\n').filter_map(|line| {
        let space = line.iter().position(|byte| *byte == b' ')?;
        (space > 0).then(|| (&line[..space], &line[space + 1..]))
    })
}

/// The time in `name <address> time zone`.
fn time_of(line: &[u8]) -> i64 {
    let behind = line.iter().rposition(|byte| *byte == b'>').map_or(line, |at| &line[at + 1..]);
    let word = behind.trim_ascii_start().split(|byte| *byte == b' ').next().unwrap_or_default();
    std::str::from_utf8(word).ok().and_then(|word| word.parse().ok()).unwrap_or(0)
}
