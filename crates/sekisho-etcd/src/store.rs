//! A bbolt file from end to end: every page, and every byte of every page.
//!
//! The tree is walked backwards, so that of every key the newest revision comes first (see
//! [`Newest`]); then the pages that it did not reach are read in the order of the file. A page that
//! was freed is intact until it is used again: its header still names it, and its records are read
//! as they were. When a run of overflow pages lost its head, or a part of it was used again, what
//! is left is carved.
//!
//! That the pages behind a stale head are its own, up to the next page with a header of its own or
//! the next reached one, follows from how bbolt writes: a run that was written over any of them
//! later either began among them (then its head is there, or was in turn overwritten by a run with
//! a head there or by a reached page, and the cut is there), or began before them, and then would
//! have overwritten the head.

use crate::bbolt::{
    BUCKET_HEADER, Bitmap, BucketRef, ELEMENT, Element, Fault, HEADER, Header, META_LEN, Metas, NO_FREELIST,
    PageKind, Tree, Visit, branch_children, bucket_of, leaf_elements, read_metas,
};
use crate::bookkeeping;
use crate::carve::{Host, Scrap, carve};
use crate::envelope::Stored;
use crate::keyring::Keyring;
use crate::looks;
use crate::moved;
use crate::mvcc::{KeyValue, Revision, noted_revision};
use crate::newest::{Newest, Seen, State};
use crate::options::Options;
use crate::proof::{EtcdState, FileKind, FileProof, ProblemKind, Region};
use crate::read_at::{MAX_RUN, ReadAt, Window};
use crate::still_live::{Question, answer};
use crate::tally::{LiveCopy, Record, Tally};

/// Bytes of the hash behind a snapshot.
const HASH: u64 = 32;
/// Page size that is assumed when no meta tells it: that of most machines.
const USUAL_PAGE: u32 = 4096;
/// Pages of a file, at most: 2 TiB of the usual size. A bitmap of them takes 64 MiB.
pub(crate) const MAX_PAGES: u64 = 1 << 29;
/// Buckets of a file, at most; etcd has ten.
const MAX_BUCKETS: usize = 10_000;
/// How much of orphaned pages is carved at once.
const CARVE: u64 = 4 << 20;

/// Whether a bbolt file has a hash behind it. Pages and so files are multiples of 512 bytes
/// (etcdutl/snapshot/v3_snapshot.go has the same test).
pub(crate) fn has_hash(len: u64) -> bool {
    len % 512 == HASH && len > HASH
}

/// Where a leaf or an element of it stands.
#[derive(Clone, Copy)]
struct At {
    /// Of the run's first byte.
    offset: u64,
    page_size: u64,
    /// What plaintext in it is reported as; none in the tree, where the revision decides.
    dead: Option<Region>,
}

impl At {
    fn slack(self) -> Region {
        self.dead.unwrap_or(Region::Free)
    }
}

struct Store<'o> {
    tally: Tally<'o>,
    keys: Option<&'o Keyring>,
    newest: Newest,
    /// Records met in this pass over the tree.
    ordinal: u64,
    /// Whether the whole tree could be read.
    is_sound: bool,
    state: EtcdState,
    elements: Vec<Element>,
    buckets: Vec<u64>,
}

/// Reads a bbolt file. Hash and path are left to the caller.
pub(crate) fn prove(source: &dyn ReadAt, options: &Options<'_>) -> FileProof {
    let bytes = source.len();
    let kind = if has_hash(bytes) { FileKind::Snapshot } else { FileKind::Bbolt };
    let content = if kind == FileKind::Snapshot { bytes - HASH } else { bytes };
    let mut store = Store {
        tally: Tally::new(options),
        keys: options.keys,
        newest: Newest::new(),
        ordinal: 0,
        is_sound: true,
        state: EtcdState::default(),
        elements: Vec::new(),
        buckets: Vec::new(),
    };
    let mut window = Window::new(source);
    store.tally.structure(bytes - content);
    let metas = read_metas(&mut window);
    let page_size = metas.map_or(USUAL_PAGE, |metas| metas.newest.page_size);
    let pages = content / u64::from(page_size);
    if pages > MAX_PAGES {
        store.tally.problem(ProblemKind::TooLong, None, "the file has more pages than are read");
        return store.tally.finish(kind, bytes);
    }
    let mut tree =
        Tree { window: &mut window, page_size: page_size as usize, pages, reached: Bitmap::new(pages) };
    let high_water = if let Some(metas) = metas {
        store.living(&mut tree, &metas, pages)
    } else {
        store.is_sound = false;
        store.tally.problem(ProblemKind::Checksum, Some(0), "neither meta page is valid");
        pages
    };
    store.dead(&mut tree, content, high_water);
    let reached = (0..pages.min(high_water)).filter(|page| tree.reached.has(*page)).count() as u64;
    store.state.page_size = page_size;
    store.state.pages = high_water;
    store.state.free_pages = high_water.min(pages) - reached;
    store.ask(source);
    let mut proof = store.tally.finish(kind, bytes);
    proof.etcd = metas.map(|_| store.state);
    if let (Some(keys), Some(decryption)) = (options.keys, &mut proof.decryption) {
        moved::trace(source, keys, decryption);
    }
    proof
}

impl Store<'_> {
    /// Everything that the root reaches, and the meta pages. Gives the high-water mark.
    fn living(&mut self, tree: &mut Tree<'_, '_>, metas: &Metas, pages: u64) -> u64 {
        let newest = metas.newest;
        let page_size = u64::from(newest.page_size);
        let high_water = newest.high_water;
        if high_water > pages {
            self.is_sound = false;
            self.tally.problem(
                ProblemKind::Truncated,
                Some(pages * page_size),
                format!("the file ends at page {pages} of {high_water}"),
            );
        }
        tree.pages = pages.min(high_water);
        self.metas(tree, metas);
        self.walk(tree, newest.root);
        while self.newest.next_pass() {
            self.tally.set_muted(true);
            let fresh = Bitmap::new(pages);
            let reached = std::mem::replace(&mut tree.reached, fresh);
            tree.reached.set(0);
            tree.reached.set(1);
            self.walk(tree, newest.root);
            tree.reached = reached;
        }
        self.tally.set_muted(false);
        if newest.freelist != NO_FREELIST {
            self.freelist(tree, newest.freelist);
        }
        high_water
    }

    fn metas(&mut self, tree: &mut Tree<'_, '_>, metas: &Metas) {
        for (page, invalid) in (0..).zip(metas.invalid) {
            let offset = page * tree.page_size as u64;
            let Ok(bytes) = tree.window.get(offset, tree.page_size) else { continue };
            tree.reached.set(page);
            let at = At { offset, page_size: tree.page_size as u64, dead: Some(Region::Free) };
            let used = if invalid {
                self.tally.problem(
                    ProblemKind::Checksum,
                    Some(offset),
                    format!("meta page {page} is not valid"),
                );
                0
            } else {
                HEADER + META_LEN
            };
            self.tally.structure(used as u64);
            self.slack(&bytes[used..], offset + used as u64, at);
        }
    }

    /// One pass over the tree of buckets and all buckets in it.
    fn walk(&mut self, tree: &mut Tree<'_, '_>, root: u64) {
        self.ordinal = 0;
        self.buckets.clear();
        self.buckets.push(root);
        let mut next = 0;
        while let Some(root) = self.buckets.get(next).copied() {
            next += 1;
            let page_size = tree.page_size as u64;
            tree.walk_back(root, &mut |visit| {
                self.visit(&visit, page_size);
                true
            });
        }
    }

    fn visit(&mut self, visit: &Visit<'_>, page_size: u64) {
        match *visit {
            Visit::Branch { page, run, used } => {
                self.tally.structure(used as u64);
                let at = At { offset: page * page_size, page_size, dead: None };
                self.slack(&run[used..], at.offset + used as u64, at);
            }
            Visit::Leaf { page, header, run } => {
                let at = At { offset: page * page_size, page_size, dead: None };
                if !self.leaf(run, header.count, run.len(), at) {
                    self.torn(page, at.offset);
                    self.carve_all(run, at);
                }
            }
            Visit::Fault { page, fault, bytes } => {
                let offset = page.saturating_mul(page_size);
                match fault {
                    Fault::Torn => self.torn(page, offset),
                    Fault::Twice | Fault::TooDeep => {
                        self.fault(
                            ProblemKind::Circle,
                            offset,
                            format!("page {page} is named twice or too deep"),
                        );
                    }
                    Fault::OutOfRange => self.fault(
                        ProblemKind::Truncated,
                        offset,
                        format!("page {page} is named and not in the file"),
                    ),
                    Fault::TooLong => {
                        self.fault(
                            ProblemKind::TooLong,
                            offset,
                            format!("page {page} has too many overflow pages"),
                        );
                    }
                    Fault::Io(kind) => self.fault(ProblemKind::Io, offset, format!("page {page}: {kind}")),
                }
                self.carve_all(bytes, At { offset, page_size, dead: None });
            }
        }
    }

    fn fault(&mut self, kind: ProblemKind, offset: u64, what: String) {
        self.is_sound = false;
        self.tally.problem(kind, Some(offset), what);
    }

    fn torn(&mut self, page: u64, offset: u64) {
        self.fault(ProblemKind::Torn, offset, format!("page {page} is not what the tree says it is"));
    }

    /// Reads the elements of a leaf; false when its array of elements cannot be believed, and then
    /// nothing was counted.
    fn leaf(&mut self, run: &[u8], count: u16, len: usize, at: At) -> bool {
        let mut elements = std::mem::take(&mut self.elements);
        let is_sound = leaf_elements(run, count, len, &mut elements).is_ok();
        if is_sound {
            let mut behind = HEADER + usize::from(count) * ELEMENT;
            self.tally.structure(behind as u64);
            for element in &elements {
                self.slack(&run[behind..element.key], at.offset + behind as u64, at);
                behind = element.end;
            }
            self.slack(&run[behind..], at.offset + behind as u64, at);
            // The newest first.
            for element in elements.iter().rev() {
                self.element(run, element, at);
            }
        }
        self.elements = elements;
        is_sound
    }

    fn element(&mut self, run: &[u8], element: &Element, at: At) {
        let (key, value) = (element.key(run), element.value(run));
        if element.is_bucket {
            if self.bucket(key, value, at.offset + element.value as u64, at) {
                return;
            }
        } else if let Some(revision) = Revision::read(key) {
            let is_cut = element.end == run.len();
            let kv = KeyValue::read_head(value).filter(|kv| {
                kv.fits(revision) && kv.end == value.len() && (kv.is_whole || (is_cut && at.dead.is_some()))
            });
            if let Some(kv) = kv {
                let offset = at.offset + (element.value + kv.value_at) as u64;
                self.tally.record((key.len() + value.len() - kv.value.len()) as u64);
                let stored = self.tally.value(kv.value, kv.is_whole, offset, kv.value.len());
                let page = Some(offset / at.page_size);
                let record = Record {
                    key: kv.key,
                    value: kv.value,
                    offset,
                    page,
                    is_whole: kv.is_whole,
                    revision: Some(revision.main),
                };
                self.found(&record, stored, revision, at);
                return;
            }
        } else if bookkeeping::is_own(key, value) {
            self.tally.record((key.len() + value.len()) as u64);
            if at.dead.is_none() && key == b"finishedCompactRev" {
                self.state.compact_revision = noted_revision(value);
            }
            return;
        }
        if at.dead.is_none() {
            let offset = at.offset + element.key as u64;
            self.fault(ProblemKind::Torn, offset, "an element of a page is not a record".to_owned());
        }
        self.carve_all(&run[element.key..element.end], At { offset: at.offset + element.key as u64, ..at });
    }

    /// A bucket in a leaf; false when it is none, and then nothing was counted.
    fn bucket(&mut self, key: &[u8], value: &[u8], offset: u64, at: At) -> bool {
        let Some(bucket) = bucket_of(value) else { return false };
        let behind = &value[BUCKET_HEADER..];
        let inner = At { offset: offset + BUCKET_HEADER as u64, ..at };
        match bucket {
            BucketRef::Root(root) => {
                if at.dead.is_none() {
                    if self.buckets.len() < MAX_BUCKETS {
                        self.buckets.push(root);
                    } else {
                        self.fault(ProblemKind::TooLong, offset, "there are too many buckets".to_owned());
                    }
                }
                self.slack(behind, inner.offset, at);
            }
            BucketRef::Inline => {
                let header = Header::read(behind).filter(|header| header.kind == PageKind::Leaf);
                let Some(header) = header.filter(|header| header.overflow == 0) else { return false };
                // An inline bucket holds no bucket, so this goes one level down and no further.
                let mut inline = Vec::new();
                if leaf_elements(behind, header.count, behind.len(), &mut inline).is_err()
                    || inline.iter().any(|element| element.is_bucket)
                    || !self.leaf(behind, header.count, behind.len(), inner)
                {
                    return false;
                }
            }
        }
        self.tally.structure((key.len() + BUCKET_HEADER) as u64);
        true
    }

    /// A record under a revision.
    fn found(&mut self, record: &Record<'_>, stored: Stored<'_>, revision: Revision, at: At) {
        let state = match stored {
            _ if revision.is_tombstone => State::Tombstone,
            Stored::Plain => State::Plain,
            Stored::Sealed(_) | Stored::Broken => State::Sealed,
        };
        if let Some(region) = at.dead {
            if state != State::Tombstone {
                let live = self.live_copy(record.key, stored);
                self.tally.count(region, record, stored, live);
            }
            return;
        }
        let seen = self.newest.see(self.ordinal, self.newest.hash(record.key), state);
        self.ordinal += 1;
        self.state.revision = self.state.revision.max(i64::try_from(revision.main).unwrap_or(i64::MAX));
        if seen == Seen::Elsewhere {
            return;
        }
        self.state.revisions += 1;
        if state == State::Tombstone {
            self.state.tombstones += 1;
            return;
        }
        let (region, live) = match seen {
            Seen::Older(State::Tombstone) => (Region::Deleted, LiveCopy::Known(Some(false))),
            Seen::Older(State::Sealed) if self.keys.is_none() => (Region::Superseded, LiveCopy::Known(None)),
            Seen::Older(_) => (Region::Superseded, LiveCopy::Ask),
            _ => (Region::Live, LiveCopy::Known(Some(true))),
        };
        self.tally.count(region, record, stored, live);
    }

    /// What the tree knows of the live copy of a key.
    fn live_copy(&self, key: &[u8], stored: Stored<'_>) -> LiveCopy {
        if !self.newest.is_whole() || stored != Stored::Plain {
            return LiveCopy::Ask;
        }
        match self.newest.state(self.newest.hash(key)) {
            Some(State::Sealed) if self.keys.is_none() => LiveCopy::Known(None),
            Some(State::Plain | State::Sealed) => LiveCopy::Ask,
            Some(State::Tombstone) | None => LiveCopy::Known(self.is_sound.then_some(false)),
        }
    }

    fn slack(&mut self, bytes: &[u8], offset: u64, at: At) {
        if looks::is_zero(bytes) {
            self.tally.zero(bytes.len() as u64);
        } else {
            self.carve_all(bytes, At { offset, dead: Some(at.slack()), ..at });
        }
    }

    fn carve_all(&mut self, bytes: &[u8], at: At) {
        self.carve(bytes, false, at);
    }

    fn carve(&mut self, bytes: &[u8], more: bool, at: At) -> usize {
        let region = at.dead.unwrap_or(Region::Live);
        let scrap = Scrap { bytes, offset: at.offset, region, page_size: Some(at.page_size), more };
        carve(&mut Carving { store: self, at }, &scrap)
    }

    /// The page of the free pages, where there is one.
    fn freelist(&mut self, tree: &mut Tree<'_, '_>, page: u64) {
        let page_size = tree.page_size as u64;
        let run = (2..tree.pages).contains(&page) && !tree.reached.has(page);
        let header =
            run.then(|| tree.window.get(page * page_size, tree.page_size).ok().and_then(Header::read));
        let header = header.flatten().filter(|header| header.id == page && header.kind == PageKind::Freelist);
        let Some(header) = header else {
            self.torn(page, page.saturating_mul(page_size));
            return;
        };
        let end = page + 1 + u64::from(header.overflow);
        let len = (end - page) as usize * tree.page_size;
        let at = At { offset: page * page_size, page_size, dead: None };
        let used = match tree.window.get(at.offset, len) {
            Ok(run) if end <= tree.pages && (page..end).all(|page| !tree.reached.has(page)) => {
                self.free_ids(run, &header, at)
            }
            _ => false,
        };
        if used {
            (page..end).for_each(|page| tree.reached.set(page));
        } else {
            self.torn(page, at.offset);
        }
    }

    /// Accounts for a freelist page; false when it is none.
    fn free_ids(&mut self, run: &[u8], header: &Header, at: At) -> bool {
        let body = run.get(HEADER..).unwrap_or_default();
        let (skip, count) = match (header.count, body.first_chunk()) {
            // A count that does not fit stands in the first place of the list.
            (u16::MAX, Some(count)) => (8, u64::from_le_bytes(*count)),
            (count, _) => (0, u64::from(count)),
        };
        let used =
            count.checked_mul(8).and_then(|ids| usize::try_from(ids).ok()).map(|ids| HEADER + skip + ids);
        let Some(used) = used.filter(|used| *used <= run.len()) else { return false };
        self.tally.structure(used as u64);
        self.slack(&run[used..], at.offset + used as u64, at);
        true
    }

    /// Every page that the tree did not reach, and the end of the file.
    fn dead(&mut self, tree: &mut Tree<'_, '_>, content: u64, high_water: u64) {
        let page_size = tree.page_size as u64;
        let pages = content / page_size;
        let mut page = 0;
        while page < pages {
            if tree.reached.has(page) {
                page += 1;
                continue;
            }
            let region = if page < high_water { Region::Free } else { Region::Tail };
            let end = if page < high_water { pages.min(high_water) } else { pages };
            page = self.dead_run(tree, page, end, region);
        }
        let rest = pages * page_size;
        let at = At { offset: rest, page_size, dead: Some(Region::Tail) };
        match tree.window.get(rest, (content - rest) as usize) {
            Ok(bytes) => self.carve_all(bytes, at),
            Err(_) => self.fault(ProblemKind::Io, rest, "the end of the file cannot be read".to_owned()),
        }
    }

    /// Deals with the dead page `page` and those that go with it, all below `end`; gives the next.
    fn dead_run(&mut self, tree: &mut Tree<'_, '_>, page: u64, end: u64, region: Region) -> u64 {
        let page_size = tree.page_size as u64;
        let at = At { offset: page * page_size, page_size, dead: Some(region) };
        let Ok(bytes) = tree.window.get(at.offset, tree.page_size) else {
            self.fault(ProblemKind::Io, at.offset, format!("page {page} cannot be read"));
            return page + 1;
        };
        let (header, zero) = (own_header(bytes, page), looks::is_zero(bytes));
        if zero {
            self.tally.zero(page_size);
            return page + 1;
        }
        // The run goes on to the next page that is reached or has a header of its own.
        let limit = match header {
            Some(header) => {
                let most = (MAX_RUN as u64 / page_size).max(1);
                end.min(page + 1 + u64::from(header.overflow)).min(page + most)
            }
            None => end,
        };
        let mut next = page + 1;
        while next < limit && !tree.reached.has(next) {
            let Ok(bytes) = tree.window.get(next * page_size, tree.page_size) else { break };
            if own_header(bytes, next).is_some() || (header.is_none() && looks::is_zero(bytes)) {
                break;
            }
            next += 1;
        }
        if let Some(header) = header {
            let len = (next - page) as usize * tree.page_size;
            let declared = (1 + header.overflow as usize) * tree.page_size;
            let done = match tree.window.get(at.offset, len) {
                Ok(run) => self.stale(run, &header, declared, at),
                Err(_) => false,
            };
            if done {
                return next;
            }
        }
        self.orphans(tree, at, next * page_size);
        next
    }

    /// A page as it was when it was freed, with what is left of its overflow pages; false when it
    /// is not what its header says.
    fn stale(&mut self, run: &[u8], header: &Header, declared: usize, at: At) -> bool {
        match header.kind {
            PageKind::Leaf => self.leaf(run, header.count, declared, at),
            PageKind::Branch => {
                let Some(used) = branch_children(run, header.count, &mut |_| {}) else { return false };
                self.tally.structure(used as u64);
                self.slack(&run[used..], at.offset + used as u64, at);
                true
            }
            PageKind::Freelist => self.free_ids(run, header, at),
            PageKind::Meta => false,
        }
    }

    /// Pages without a head, from `at` to `end`.
    fn orphans(&mut self, tree: &mut Tree<'_, '_>, at: At, end: u64) {
        let mut offset = at.offset;
        while offset < end {
            let len = (end - offset).min(CARVE);
            let Ok(bytes) = tree.window.get(offset, len as usize) else {
                self.fault(ProblemKind::Io, offset, "a page cannot be read".to_owned());
                return;
            };
            let done = self.carve(bytes, offset + len < end, At { offset, ..at });
            offset += (done as u64).max(1);
        }
    }

    /// Looks up the live copies of dead plaintext where the tree has them in plain.
    fn ask(&mut self, source: &dyn ReadAt) {
        let drafts = &mut self.tally.drafts;
        let asked: Vec<usize> = (0..drafts.len()).filter(|n| drafts[*n].live == LiveCopy::Ask).collect();
        let questions = asked.iter().filter_map(|n| {
            let draft = &drafts[*n];
            Some(Question { key: draft.key.as_deref()?, offset: draft.offset, length: draft.length })
        });
        let questions: Vec<Question<'_>> = questions.collect();
        let answers = answer(source, source, self.keys, &questions);
        for (n, answer) in asked.into_iter().zip(answers) {
            drafts[n].live = LiveCopy::Known(answer);
        }
    }
}

/// The store while bytes at a place are carved.
struct Carving<'s, 'o> {
    store: &'s mut Store<'o>,
    at: At,
}

impl<'o> Host<'o> for Carving<'_, 'o> {
    fn tally(&mut self) -> &mut Tally<'o> {
        &mut self.store.tally
    }

    fn found(&mut self, record: &Record<'_>, stored: Stored<'_>, revision: Option<Revision>) {
        let unknown = Revision { main: 0, is_tombstone: record.value.is_empty() };
        self.store.found(record, stored, revision.unwrap_or(unknown), self.at);
    }
}

/// The header of a page that names itself: such a page was the head of a run.
fn own_header(bytes: &[u8], page: u64) -> Option<Header> {
    Header::read(bytes).filter(|header| header.id == page && header.kind != PageKind::Meta)
}
