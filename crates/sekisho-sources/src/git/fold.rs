//! [`Fold`]: the versions of a path that hold one credential, as one copy.
//!
//! A copy in a history is one credential at one path on one [`Side`]. Its place is that in the
//! newest version; of the others it keeps their numbers alone, so memory grows with the copies and
//! not with the versions. Which version is the newest is known beforehand, so the order in which
//! versions come does not show.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use sekisho_git::{History, Oid, PathId, Placed, Side, Trace, Watch};
use sekisho_model::{
    Finding, GitCommit, GitHistory, Place, Problem, Root, SharedStr, Sighting, Sink, Suppression, Texts,
};
use sekisho_secret::Fingerprint;

/// Where an item of a history stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stood {
    /// A blob at a path, or with none.
    Blob(Placed),
    /// The message of a commit or tag with this number.
    Message(u32),
}

/// What one copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key {
    fingerprint: Fingerprint,
    path: PathId,
    side: Side,
    /// Tells messages apart, and blobs without a path.
    object: Option<u32>,
}

/// One version of a copy.
struct Version {
    object: u32,
    age: u32,
    sighting: Sighting,
    finding: Option<Finding>,
}

/// A copy so far.
struct Copy {
    /// Numbers of the objects, in the order of arrival.
    objects: Vec<u32>,
    /// The newest.
    newest: Version,
    /// All others, when all are asked for.
    others: Vec<Version>,
}

impl Copy {
    /// Notes that it is in an object.
    fn note(&mut self, object: u32) {
        // Versions of one object come one behind the other; what is left is done at the end.
        if self.objects.last() != Some(&object) {
            self.objects.push(object);
        }
    }
}

/// Takes what is seen in the items of a history, and gives it back as copies.
pub struct Fold {
    every_version: bool,
    copies: HashMap<Key, Copy>,
    /// The newest item with each problem, by path.
    problems: BTreeMap<(PathId, String), (u32, Problem)>,
    inline: u64,
}

impl Fold {
    /// An empty one. With `every_version` all versions are given back, each as a copy.
    pub fn new(every_version: bool) -> Self {
        Self { every_version, copies: HashMap::new(), problems: BTreeMap::new(), inline: 0 }
    }

    /// The sink for one item.
    pub fn item(&mut self, stood: Stood) -> FoldItem<'_> {
        FoldItem { fold: self, stood, finding: None, quiet: true }
    }

    /// Takes in what another worker folded.
    pub fn merge(&mut self, other: Self) {
        #[expect(clippy::iter_over_hash_type, reason = "copies fold into a map; order cannot be seen")]
        for (key, copy) in other.copies {
            for version in copy.others {
                self.version(key, version);
            }
            self.version(key, copy.newest);
            if let Some(mine) = self.copies.get_mut(&key) {
                mine.objects.extend(copy.objects);
            }
        }
        for ((path, what), (age, problem)) in other.problems {
            self.problem(path, what, age, problem);
        }
        self.inline += other.inline;
    }

    fn version(&mut self, key: Key, version: Version) {
        let Some(copy) = self.copies.get_mut(&key) else {
            let copy = Copy { objects: vec![version.object], newest: version, others: Vec::new() };
            self.copies.insert(key, copy);
            return;
        };
        copy.note(version.object);
        let order = |version: &Version| {
            let at = version.sighting.place.span.map_or(0, |span| span.byte_offset);
            (version.age, version.object, at, version.sighting.location_id.clone())
        };
        if order(&version) < order(&copy.newest) {
            let older = std::mem::replace(&mut copy.newest, version);
            if self.every_version {
                copy.others.push(older);
            }
        } else if self.every_version {
            copy.others.push(version);
        }
    }

    fn problem(&mut self, path: PathId, what: String, age: u32, problem: Problem) {
        match self.problems.entry((path, what)) {
            std::collections::btree_map::Entry::Vacant(slot) => {
                slot.insert((age, problem));
            }
            std::collections::btree_map::Entry::Occupied(mut slot) => {
                if (age, &problem) < (slot.get().0, &slot.get().1) {
                    slot.insert((age, problem));
                }
            }
        }
    }

    /// Of all copies the credential, the path and the numbers of the objects, in no order.
    pub fn copies(&self) -> impl Iterator<Item = (Fingerprint, PathId, &[u32])> {
        self.copies.iter().map(|(key, copy)| (key.fingerprint, key.path, copy.objects.as_slice()))
    }

    /// Hands all copies out, with what became of them. `name` gives the name of an object, `author`
    /// how an author is told.
    pub fn unfold(
        self,
        history: &History,
        name: &dyn Fn(u32) -> Option<Oid>,
        author: &dyn Fn(&str) -> Option<String>,
        sink: &mut dyn Sink,
    ) {
        let mut copies: Vec<(Key, Copy)> = self.copies.into_iter().collect();
        copies.sort_by_key(|(key, _)| *key);
        let watch = |(key, copy): &mut (Key, Copy)| {
            copy.objects.sort_unstable();
            copy.objects.dedup();
            // What keeps a commit is known when all were read, and messages are seen on the way.
            key.side = key.object.map_or(key.side, |object| history.side_of(object));
            Watch { path: key.path, side: key.side, blobs: copy.objects.clone() }
        };
        let watches: Vec<Watch> = copies.iter_mut().map(watch).collect();
        let traces = history.trace(&watches);
        let texts = RefCell::new(Texts::new());
        let share = |text: &str| texts.borrow_mut().share(text);
        let hex = |object: u32| name(object).map(|name| share(&name.to_string())).unwrap_or_default();
        let told = |at: &sekisho_git::At| GitCommit {
            commit: share(&at.commit.to_string()),
            when: share(&when(at.time)),
            author: at.author.as_deref().and_then(author).map(|author| share(&author)),
        };
        // Most copies stand in the newest commits of the same refs.
        let mut refs: Arc<[SharedStr]> = Arc::default();
        for ((key, copy), trace) in copies.into_iter().zip(traces) {
            let Trace { first, introduced, removed, tips, tips_total } = trace;
            if !refs.iter().map(SharedStr::as_str).eq(tips.iter().map(String::as_str)) {
                refs = tips.iter().map(|tip| share(tip)).collect();
            }
            let made = key.object.and_then(|object| history.at(object));
            let known = Arc::new(GitHistory {
                side: share(key.side.as_str()),
                versions: copy.objects.len() as u64,
                first_blob: hex(first.unwrap_or(copy.newest.object)),
                introduced: introduced.or(made).as_ref().map(&told),
                removed: removed.as_ref().map(&told),
                in_tip_of: Arc::clone(&refs),
                tips: tips_total,
            });
            for version in copy.others.into_iter().chain([copy.newest]) {
                let Version { object, mut sighting, finding, .. } = version;
                let blob = hex(object);
                let place = complete(&sighting.place, &blob, &known);
                if let Some(mut finding) = finding {
                    finding.place = if Arc::ptr_eq(&finding.place, &sighting.place) {
                        Arc::clone(&place)
                    } else {
                        complete(&finding.place, &blob, &known)
                    };
                    sink.finding(finding);
                }
                sighting.place = place;
                sink.sighting(sighting);
            }
        }
        for (_, mut problem) in self.problems.into_values() {
            if let Root::Git { blob, .. } = Arc::make_mut(&mut problem.place.root) {
                *blob = blob.parse().ok().map(hex).unwrap_or_default();
            }
            sink.problem(problem);
        }
        for _ in 0..self.inline {
            sink.suppressed(Suppression::Inline);
        }
    }
}

/// A place with the blob that it is in, and what else is known.
fn complete(place: &Place, name: &SharedStr, known: &Arc<GitHistory>) -> Arc<Place> {
    let mut place = place.clone();
    if let Root::Git { blob, history, .. } = Arc::make_mut(&mut place.root) {
        blob.clone_from(name);
        *history = Some(Arc::clone(known));
    }
    place.into()
}

/// Seconds since 1970 as RFC 3339.
fn when(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| "at no time".to_owned(), |time| time.to_string())
}

/// Takes what is seen in one item.
pub struct FoldItem<'f> {
    fold: &'f mut Fold,
    stood: Stood,
    /// Waits for its sighting.
    finding: Option<Finding>,
    quiet: bool,
}

impl FoldItem<'_> {
    /// Whether nothing was seen in the item.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    fn object(&self) -> u32 {
        match self.stood {
            Stood::Blob(placed) => placed.blob,
            Stood::Message(object) => object,
        }
    }

    fn age(&self) -> u32 {
        match self.stood {
            Stood::Blob(placed) => placed.age,
            Stood::Message(_) => 0,
        }
    }

    fn key(&self, fingerprint: Fingerprint) -> Key {
        let object = Some(self.object());
        match self.stood {
            Stood::Blob(Placed { path: 0, side, .. }) => Key { fingerprint, path: 0, side, object },
            Stood::Blob(Placed { path, side, .. }) => Key { fingerprint, path, side, object: None },
            Stood::Message(_) => Key { fingerprint, path: 0, side: Side::Refs, object },
        }
    }
}

impl Sink for FoldItem<'_> {
    fn sighting(&mut self, sighting: Sighting) {
        self.quiet = false;
        let (object, age) = (self.object(), self.age());
        let finding = self.finding.take();
        self.fold.version(self.key(sighting.fingerprint), Version { object, age, sighting, finding });
    }

    fn has_better(&mut self, credentials: &[Fingerprint]) -> bool {
        let this = (self.age(), self.object());
        let keys: Vec<Key> = credentials.iter().map(|credential| self.key(*credential)).collect();
        // All or none: what makes two alike places of one item different is counted.
        let better = !self.fold.every_version
            && keys.iter().all(|key| {
                self.fold.copies.get(key).is_some_and(|copy| (copy.newest.age, copy.newest.object) < this)
            });
        if better {
            self.quiet = false;
            for key in &keys {
                self.fold.copies.entry(*key).and_modify(|copy| copy.note(this.1));
            }
        }
        better
    }

    fn finding(&mut self, finding: Finding) {
        self.finding = Some(finding);
    }

    fn problem(&mut self, mut problem: Problem) {
        self.quiet = false;
        let (object, age) = (self.object(), self.age());
        let path = match self.stood {
            Stood::Blob(placed) => placed.path,
            Stood::Message(_) => 0,
        };
        // The same thing in the next version is the same problem.
        (problem.place.span, problem.place.chars) = (None, None);
        if let Root::Git { blob, history, .. } = Arc::make_mut(&mut problem.place.root) {
            *blob = object.to_string().into();
            *history = None;
        }
        self.fold.problem(path, problem.what.clone(), age, problem);
    }

    fn suppressed(&mut self, _: Suppression) {
        self.quiet = false;
        self.fold.inline += 1;
    }
}
