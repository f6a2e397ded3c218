//! [`walk`]: every object of a [`Forest`] once, each delta on the live text of its base.
//!
//! A tree of deltas is walked depth first, so that few bases are alive at once, and each entry is
//! inflated once. Workers take whole trees; when there are no more they take the oldest waiting
//! subtree from each other, so that even one huge tree has work for all. Live bases are counted: over
//! the budget the oldest lose their bytes, and are made again from their root if a child still needs
//! them. What a visitor gave back for a base is kept until its last child was made.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use crate::forest::{Forest, Kind, NONE};
use crate::oid::ObjectKind;
use crate::pack::{Copy, Inflater, apply, sizes};

/// The largest piece of memory that a worker keeps for the next object, in bytes, and how many.
const MAX_SPARE: usize = 4 << 20;
const MAX_SPARES: usize = 4;

/// How long a worker without work waits before it looks again.
const PAUSE: Duration = Duration::from_micros(200);

/// One object, rebuilt.
pub(crate) struct Rebuilt<'a, S> {
    /// Its number.
    pub(crate) object: u32,
    pub(crate) kind: ObjectKind,
    pub(crate) bytes: &'a [u8],
    /// What it was made from, if that was an object that was visited.
    pub(crate) base: Option<Base<'a, S>>,
    /// Whether something will be made from it.
    pub(crate) has_children: bool,
}

/// What an object was made from.
pub(crate) struct Base<'a, S> {
    /// What the visitor gave back for it.
    pub(crate) state: &'a S,
    /// Bytes of it.
    pub(crate) len: usize,
    /// What the object copies.
    pub(crate) copies: &'a [Copy],
}

/// Sees every object.
pub(crate) trait Visit: Sync {
    /// What children inherit.
    type State: Send + Sync;
    /// Memory of one worker.
    type Scratch: Default;

    /// Called once for each entry, bases before what is made from them, in several threads. An
    /// object that is in several packs comes several times.
    fn visit(&self, scratch: &mut Self::Scratch, object: Rebuilt<'_, Self::State>) -> Self::State;

    /// An entry that could not be rebuilt: its object, and why.
    fn lost(&self, object: u32, why: &'static str);
}

/// How a forest is walked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan<'a> {
    /// The entries that are made, if not all: those that are wanted and all that they are made from.
    pub(crate) only: Option<&'a [bool]>,
    pub(crate) threads: usize,
    /// Bytes of live bases.
    pub(crate) budget: u64,
    /// Bytes of the largest object that is made.
    pub(crate) max: u64,
}

impl Plan<'_> {
    /// Whether an entry is made.
    fn makes(&self, entry: u32) -> bool {
        self.only.is_none_or(|only| only.get(entry as usize).copied().unwrap_or(false))
    }
}

/// Gives the bytes of an object outside of the packs that is the base of deltas in them.
pub(crate) type Outside<'a> = dyn Fn(u32) -> Option<Vec<u8>> + Sync + 'a;

/// Walks the trees of `roots` (entries that are whole, or whose base `outside` gives).
pub(crate) fn walk<V: Visit>(
    forest: &Forest,
    roots: &[u32],
    plan: Plan<'_>,
    visitor: &V,
    outside: &Outside<'_>,
) -> Walked {
    let threads = plan.threads.max(1);
    let shared = Shared {
        forest,
        roots,
        plan,
        visitor,
        outside,
        next_root: AtomicUsize::new(0),
        queues: (0..threads).map(|_| Mutex::new(VecDeque::new())).collect(),
        waiting: AtomicUsize::new(0),
        busy: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
        live: AtomicU64::new(0),
        oldest: Mutex::new(VecDeque::new()),
        again: AtomicU64::new(0),
        slack: AtomicU64::new(0),
    };
    if threads == 1 {
        Worker::new(&shared, 0).run();
    } else {
        std::thread::scope(|scope| {
            for number in 0..threads {
                let shared = &shared;
                scope.spawn(move || Worker::new(shared, number).run());
            }
        });
    }
    Walked { again: shared.again.into_inner(), slack: shared.slack.into_inner() }
}

/// What a walk came by.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Walked {
    /// Bases that had to be made again.
    pub(crate) again: u64,
    /// Bytes between entries, which no index names.
    pub(crate) slack: u64,
}

/// The content of one entry, with all that it is made from.
pub(crate) fn rebuild(
    forest: &Forest,
    entry: u32,
    max: u64,
    outside: &Outside<'_>,
    inflater: &mut Inflater,
) -> Option<Vec<u8>> {
    let mut chain = Vec::new();
    let mut at = entry;
    loop {
        let here = forest.entries.get(at as usize)?;
        chain.push(at);
        match here.kind {
            Kind::Root(_) => break,
            Kind::Delta(_) if here.base == NONE => break,
            Kind::Delta(_) if chain.len() <= forest.entries.len() => at = here.base,
            _ => return None,
        }
    }
    let mut bytes = Vec::new();
    let (mut delta, mut made, mut copies) = (Vec::new(), Vec::new(), Vec::new());
    for number in chain.into_iter().rev() {
        let entry = &forest.entries[number as usize];
        let file = &forest.packs[entry.pack as usize].file;
        let target = if matches!(entry.kind, Kind::Root(_)) { &mut bytes } else { &mut delta };
        if entry.size > max {
            return None;
        }
        inflater.exactly(file, entry.stream(), entry.size, target).ok()?;
        if matches!(entry.kind, Kind::Delta(_)) {
            if entry.base == NONE {
                bytes = outside(number)?;
            }
            made.clear();
            copies.clear();
            apply(&bytes, &delta, max, &mut made, &mut copies).ok()?;
            std::mem::swap(&mut bytes, &mut made);
        }
    }
    Some(bytes)
}

/// A base with children that wait.
struct Node<S> {
    entry: u32,
    len: usize,
    /// None when over the budget.
    bytes: Mutex<Option<Arc<Vec<u8>>>>,
    state: S,
    /// Children that were not made yet.
    left: AtomicU32,
}

struct Task<S> {
    entry: u32,
    base: Arc<Node<S>>,
}

/// What the workers share.
struct Shared<'a, V: Visit> {
    forest: &'a Forest,
    roots: &'a [u32],
    plan: Plan<'a>,
    visitor: &'a V,
    outside: &'a Outside<'a>,
    next_root: AtomicUsize,
    queues: Vec<Mutex<VecDeque<Task<V::State>>>>,
    /// Tasks in all queues.
    waiting: AtomicUsize,
    busy: AtomicUsize,
    stop: AtomicBool,
    live: AtomicU64,
    /// Nodes with bytes, the oldest first.
    oldest: Mutex<VecDeque<Weak<Node<V::State>>>>,
    again: AtomicU64,
    slack: AtomicU64,
}

/// A panic in a visitor ends the walk; locks stay usable for the others.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Stops the other workers when one panics.
struct Alarm<'a>(&'a AtomicBool);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

struct Worker<'a, V: Visit> {
    shared: &'a Shared<'a, V>,
    number: usize,
    inflater: Inflater,
    scratch: V::Scratch,
    delta: Vec<u8>,
    copies: Vec<Copy>,
    /// Memory of objects that are done with: fresh pages cost more than what is written into them.
    spare: Vec<Vec<u8>>,
}

impl<'a, V: Visit> Worker<'a, V> {
    fn new(shared: &'a Shared<'a, V>, number: usize) -> Self {
        let inflater = Inflater::new();
        Self {
            shared,
            number,
            inflater,
            scratch: V::Scratch::default(),
            delta: Vec::new(),
            copies: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Memory for an object of so many bytes; not much more, since it may stay alive for long.
    fn spare(&mut self, size: u64) -> Vec<u8> {
        let excess = self.spare.len().saturating_sub(MAX_SPARES);
        self.spare.drain(..excess);
        let fits = |bytes: &Vec<u8>| (size..=2 * size).contains(&(bytes.capacity() as u64));
        let mut bytes = match self.spare.iter().rposition(fits) {
            Some(at) => self.spare.swap_remove(at),
            None => Vec::new(),
        };
        bytes.clear();
        bytes
    }

    fn run(mut self) {
        let shared = self.shared;
        let _alarm = Alarm(&shared.stop);
        while !shared.stop.load(Ordering::Relaxed) {
            shared.busy.fetch_add(1, Ordering::SeqCst);
            if let Some(task) = self.take(self.number, true) {
                self.child(&task);
            } else if let Some(root) = self.next_root() {
                self.root(root);
            } else if let Some(task) = self.steal() {
                self.child(&task);
            } else if shared.busy.fetch_sub(1, Ordering::SeqCst) == 1
                && shared.waiting.load(Ordering::SeqCst) == 0
            {
                return;
            } else {
                std::thread::sleep(PAUSE);
                continue;
            }
            shared.busy.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// The task of a queue that came last, or first.
    fn take(&self, queue: usize, last: bool) -> Option<Task<V::State>> {
        let mut queue = lock(&self.shared.queues[queue]);
        let task = if last { queue.pop_back() } else { queue.pop_front() };
        if task.is_some() {
            self.shared.waiting.fetch_sub(1, Ordering::SeqCst);
        }
        task
    }

    fn steal(&self) -> Option<Task<V::State>> {
        let all = self.shared.queues.len();
        (1..all).find_map(|step| self.take((self.number + step) % all, false))
    }

    fn next_root(&self) -> Option<u32> {
        let number = self.shared.next_root.fetch_add(1, Ordering::Relaxed);
        let root = self.shared.roots.get(number).copied();
        if root.is_none() {
            // Never to wrap around, however often it is asked.
            self.shared.next_root.store(self.shared.roots.len(), Ordering::Relaxed);
        }
        root
    }

    /// Inflates a whole object, or the base of a tree that lies outside.
    fn root(&mut self, number: u32) {
        if !self.shared.plan.makes(number) {
            return;
        }
        let entry = &self.shared.forest.entries[number as usize];
        let Kind::Root(kind) = entry.kind else { return self.outer(number) };
        let mut bytes = self.spare(entry.size + 1);
        if let Err(why) = self.inflate(number, &mut bytes) {
            return self.lose(number, why);
        }
        let has_children = entry.first_child != NONE;
        let object = Rebuilt { object: entry.object, kind, bytes: &bytes, base: None, has_children };
        let state = self.shared.visitor.visit(&mut self.scratch, object);
        self.grow(number, bytes, state);
    }

    /// Makes an object whose base is no entry.
    fn outer(&mut self, number: u32) {
        let Some(base) = (self.shared.outside)(number) else {
            return self.lose(number, "its base is missing");
        };
        self.make(number, &base, None);
    }

    fn child(&mut self, task: &Task<V::State>) {
        let base = &task.base;
        let live = lock(&base.bytes).clone();
        let bytes = live.or_else(|| {
            self.shared.again.fetch_add(1, Ordering::Relaxed);
            let Shared { forest, plan, outside, .. } = self.shared;
            rebuild(forest, base.entry, plan.max, *outside, &mut self.inflater).map(Arc::new)
        });
        match &bytes {
            Some(bytes) => self.make(task.entry, bytes, Some(base)),
            None => self.lose(task.entry, "its base cannot be rebuilt"),
        }
        drop(bytes);
        if base.left.fetch_sub(1, Ordering::SeqCst) == 1
            && let Some(bytes) = lock(&base.bytes).take()
        {
            self.shared.live.fetch_sub(base.len as u64, Ordering::Relaxed);
            self.spare.extend(Arc::into_inner(bytes).filter(|bytes| bytes.capacity() <= MAX_SPARE));
        }
    }

    /// Makes an object from its base and its delta.
    fn make(&mut self, number: u32, base: &[u8], node: Option<&Arc<Node<V::State>>>) {
        let entry = &self.shared.forest.entries[number as usize];
        let Kind::Delta(kind) = entry.kind else { return };
        let mut delta = std::mem::take(&mut self.delta);
        let mut copies = std::mem::take(&mut self.copies);
        let mut bytes = Vec::new();
        copies.clear();
        let made = self.inflate(number, &mut delta).and_then(|()| {
            bytes = self.spare(sizes(&delta).map_or(0, |(_, size, _)| size));
            apply(base, &delta, self.shared.plan.max, &mut bytes, &mut copies).map_err(|why| match why {
                crate::pack::DeltaError::TooLarge => "it is over the size limit",
                _ => "its delta is damaged",
            })
        });
        if let Err(why) = made {
            self.lose(number, why);
        } else {
            let base = node.map(|node| Base { state: &node.state, len: base.len(), copies: &copies });
            let has_children = entry.first_child != NONE;
            let object = Rebuilt { object: entry.object, kind, bytes: &bytes, base, has_children };
            let state = self.shared.visitor.visit(&mut self.scratch, object);
            self.grow(number, bytes, state);
        }
        // What one huge delta took is not kept for ever.
        delta.clear();
        delta.shrink_to(1 << 20);
        self.delta = delta;
        copies.shrink_to(1 << 16);
        self.copies = copies;
    }

    fn inflate(&mut self, number: u32, out: &mut Vec<u8>) -> Result<(), &'static str> {
        let entry = &self.shared.forest.entries[number as usize];
        if entry.size > self.shared.plan.max {
            return Err("it is over the size limit");
        }
        let file = &self.shared.forest.packs[entry.pack as usize].file;
        let stream = entry.stream();
        let taken = self.inflater.exactly(file, stream.clone(), entry.size, out);
        let taken = taken.map_err(|_| "its bytes in the pack are damaged")?;
        self.shared.slack.fetch_add(stream.end - stream.start - taken, Ordering::Relaxed);
        Ok(())
    }

    /// Lets the children of an object wait for it.
    fn grow(&mut self, number: u32, bytes: Vec<u8>, state: V::State) {
        let forest = self.shared.forest;
        let mut children = Vec::new();
        let mut child = forest.entries[number as usize].first_child;
        while child != NONE {
            let entry = &forest.entries[child as usize];
            if matches!(entry.kind, Kind::Delta(_)) && self.shared.plan.makes(child) {
                children.push(child);
            }
            child = entry.next;
        }
        if children.is_empty() {
            if bytes.capacity() <= MAX_SPARE {
                self.spare.push(bytes);
            }
            return;
        }
        let len = bytes.len();
        let node = Arc::new(Node {
            entry: number,
            len,
            bytes: Mutex::new(Some(Arc::new(bytes))),
            state,
            left: AtomicU32::new(children.len() as u32),
        });
        if self.shared.live.fetch_add(len as u64, Ordering::Relaxed) + len as u64 > self.shared.plan.budget {
            self.shared.make_room();
        }
        self.shared.remember(&node);
        self.shared.waiting.fetch_add(children.len(), Ordering::SeqCst);
        let mut queue = lock(&self.shared.queues[self.number]);
        queue.extend(children.into_iter().rev().map(|entry| Task { entry, base: Arc::clone(&node) }));
    }

    /// Tells that an object and all that is made from it cannot be had.
    fn lose(&mut self, number: u32, why: &'static str) {
        let forest = self.shared.forest;
        self.shared.visitor.lost(forest.entries[number as usize].object, why);
        let mut waiting = vec![number];
        while let Some(number) = waiting.pop() {
            let mut child = forest.entries[number as usize].first_child;
            while child != NONE {
                let entry = &forest.entries[child as usize];
                if matches!(entry.kind, Kind::Delta(_)) {
                    self.shared.visitor.lost(entry.object, "its base cannot be rebuilt");
                    waiting.push(child);
                }
                child = entry.next;
            }
        }
    }
}

impl<V: Visit> Shared<'_, V> {
    /// Notes a node that has bytes, and forgets those that are gone now and then.
    fn remember(&self, node: &Arc<Node<V::State>>) {
        let mut oldest = lock(&self.oldest);
        if oldest.len() == oldest.capacity() {
            oldest.retain(|node| node.strong_count() > 0);
        }
        oldest.push_back(Arc::downgrade(node));
    }

    /// Drops the bytes of the oldest nodes until the live ones are within the budget.
    fn make_room(&self) {
        let mut oldest = lock(&self.oldest);
        while self.live.load(Ordering::Relaxed) > self.plan.budget
            && let Some(node) = oldest.pop_front()
        {
            if let Some(node) = node.upgrade()
                && lock(&node.bytes).take().is_some()
            {
                self.live.fetch_sub(node.len as u64, Ordering::Relaxed);
            }
        }
    }
}
