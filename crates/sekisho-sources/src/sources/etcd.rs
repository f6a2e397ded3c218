//! Files of etcd: every object in them, decoded.
//!
//! Of a store each revision in the tree is one item, as the JSON that a server would serve, sealed
//! ones opened with the keys that are given; then come the copies in plain outside the tree: free
//! pages, the log, the tail. Their places have the etcd key, the revision and the region. What could
//! not be opened is a problem, and so is what could not be read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sekisho_etcd::proof::FileKind;
use sekisho_etcd::{
    Identify, Keyring, Options, ReadAt, Require, Sealing, Sniffed, StoredObject, Which, objects, prove,
    remnants, sniff,
};
use sekisho_model::item::Hint;
use sekisho_model::{Place, Problem, Root, TargetPath};
use sekisho_secret::{Fingerprint, SecretBytes};

use crate::etcd;
use crate::files;
use crate::item::{Bytes, Item, Unopened};
use crate::target::SourceError;
use crate::{Source, Stats};

/// A store, a log segment, or a directory with both.
pub struct EtcdFiles {
    path: PathBuf,
    keys: Option<Arc<Keyring>>,
    /// The place of a file that was met on another source's way.
    place: Option<Place>,
}

impl EtcdFiles {
    /// The file or directory `path`; sealed objects are opened with `keys`.
    pub fn new(path: PathBuf, keys: Option<Arc<Keyring>>) -> Self {
        Self { path, keys, place: None }
    }

    /// A file that was met as an item with this place.
    pub(crate) fn found(path: PathBuf, place: Place) -> Self {
        Self { path, keys: None, place: Some(place) }
    }

    /// The same, with these keys.
    #[must_use]
    pub fn with_keys(mut self, keys: Option<Arc<Keyring>>) -> Self {
        self.keys = keys;
        self
    }
}

impl Source for EtcdFiles {
    fn name(&self) -> &'static str {
        "etcd"
    }

    fn each(
        &self,
        on: &(dyn Fn(Item<'_>) + Sync),
        problem: &(dyn Fn(Problem) + Sync),
    ) -> Result<Stats, SourceError> {
        let mut stats = Stats::default();
        let paths = etcd::files(&self.path)?;
        let is_alone = !self.path.is_dir();
        for path in &paths {
            let base = if is_alone { path.parent().unwrap_or(Path::new("")) } else { &self.path };
            let met = self.place.as_ref().and_then(|place| place.path().cloned());
            let shown = met.unwrap_or_else(|| files::target_path(base, path));
            let report = |what: String| problem(Problem { place: Place::file(shown.clone()), what });
            let opened = match etcd::open(path) {
                Ok(opened) => opened,
                Err(error) if is_alone => return Err(error),
                Err(error) => {
                    report(error.to_string());
                    continue;
                }
            };
            if let Some(trouble) = opened.trouble {
                report(format!("the compressed file is not whole: {trouble}"));
            }
            let mut one = OneFile { path: &shown, keys: self.keys.as_deref(), on, problem, items: 0 };
            match sniff(&*opened.source) {
                Ok(Sniffed::File(FileKind::Bbolt | FileKind::Snapshot)) => {
                    one.tree(&*opened.source, &report);
                    one.rest(&*opened.source, &report);
                }
                Ok(Sniffed::File(FileKind::Wal)) => one.rest(&*opened.source, &report),
                Ok(Sniffed::File(FileKind::EncryptedContainer)) => {
                    report("an encrypted container, closed to this tool".to_owned());
                }
                // Snapshots of raft, and whatever lies beside: read as any file.
                Ok(_) => one.file(path),
                Err(error) => report(files::failure(error.kind())),
            }
            stats.items += one.items;
        }
        Ok(stats)
    }
}

/// One file on its way.
struct OneFile<'a> {
    path: &'a TargetPath,
    keys: Option<&'a Keyring>,
    on: &'a (dyn Fn(Item<'_>) + Sync),
    problem: &'a (dyn Fn(Problem) + Sync),
    items: u64,
}

impl OneFile<'_> {
    /// The objects in the tree of a store.
    fn tree(&mut self, source: &dyn ReadAt, report: &dyn Fn(String)) {
        let keys = self.keys;
        let inventory = objects(source, keys, Which::All, &mut |stored| self.object(stored));
        if inventory.sealed > 0 {
            let why = if keys.is_some() { "no key that was given opens" } else { "there is no key for" };
            report(format!("{why} {} encrypted objects: not read", inventory.sealed));
        }
        if inventory.unreadable > 0 {
            report(format!("{} values are no objects that can be read", inventory.unreadable));
        }
        if !inventory.is_whole {
            report("not all pages of the tree can be read".to_owned());
        }
    }

    /// What lies in plain outside the tree, as a proof lists it.
    fn rest(&mut self, source: &dyn ReadAt, report: &dyn Fn(String)) {
        let require = Require::default();
        let options = Options { require: &require, identify: &Nameless, keys: None, hash: false };
        let proof = prove(source, "", &options);
        if proof.remains_omitted > 0 {
            report(format!("{} more copies in plain are not listed and not read", proof.remains_omitted));
        }
        remnants(source, &proof, &mut |stored| self.object(stored));
    }

    /// One stored object as an item: its JSON, else what is stored.
    fn object(&mut self, stored: &StoredObject<'_>) {
        if stored.sealing == Sealing::Closed {
            return;
        }
        let json = stored.object.filter(|object| object.is_whole);
        let bytes = json.map_or(stored.plain, |object| object.json.expose_secret());
        let place = Place::new(Root::Etcd {
            path: self.path.clone(),
            key: stored.etcd_key.unwrap_or_default().into(),
            revision: stored.revision.and_then(|revision| i64::try_from(revision).ok()),
            region: Some(stored.region.as_str().into()),
            offset: stored.offset,
        });
        let size = bytes.len() as u64;
        let hint = (stored.sealing == Sealing::Opened).then_some(Hint::Opened);
        self.give(place, size, hint, Bytes::Held(SecretBytes::from(bytes)));
    }

    fn file(&mut self, path: &Path) {
        let size = std::fs::metadata(path).map_or(0, |there| there.len());
        let bytes = Bytes::File { path: path.to_owned(), max: None, follow: true };
        self.give(Place::file(self.path.clone()), size, None, bytes);
    }

    fn give(&mut self, place: Place, size: u64, hint: Option<Hint>, bytes: Bytes) {
        self.items += 1;
        let content = Unopened { place: place.clone(), bytes, problem: self.problem };
        (self.on)(Item { place, tracked: None, hint, size, content });
    }
}

/// Values are fingerprinted by whoever examines the items.
struct Nameless;

impl Identify for Nameless {
    fn identify(&self, _field: &str, _value: &[u8], _out: &mut Vec<Fingerprint>) {}
}
