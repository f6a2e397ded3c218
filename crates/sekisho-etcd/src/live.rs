//! The objects in a file, one by one: a backup read as the cluster that it was taken of.

use crate::envelope::{self, Stored};
use crate::json::{JsonObject, to_json};
use crate::keyring::Keyring;
use crate::newest::{Newest, Seen, State};
use crate::proof::{FileKind, FileProof, Region};
use crate::prove::{Sniffed, sniff};
use crate::read_at::{ReadAt, Window};
use crate::records::{self, Found};
use crate::storage_name::Prefixes;

/// Which records of the tree are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The newest of each key: what the cluster is.
    Live,
    /// Older and deleted ones too: what the file holds.
    All,
}

/// How an object is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealing {
    /// In plain.
    Plain,
    /// In an envelope that was opened.
    Opened,
    /// In an envelope that no key opens.
    Closed,
}

/// An object as it is stored.
pub struct StoredObject<'o> {
    /// The etcd key; none where it is lost.
    pub etcd_key: Option<&'o str>,
    /// The resource as EncryptionConfiguration writes it; none where the key is lost or not one of
    /// Kubernetes.
    pub resource: Option<&'o str>,
    /// The mod_revision, where it is known.
    pub revision: Option<u64>,
    /// Where in etcd's life the copy is.
    pub region: Region,
    /// First byte of the value in the file, outside the tree.
    pub offset: Option<u64>,
    /// Whether it is encrypted.
    pub sealing: Sealing,
    /// The object as JSON; none when it is closed, or cannot be read, as where its end is lost.
    pub object: Option<&'o JsonObject>,
    /// What was in the envelope, or is stored in plain; empty when it is closed.
    pub plain: &'o [u8],
}

/// What was and was not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Inventory {
    /// Objects given, those that are closed apart.
    pub objects: u64,
    /// Of those, objects of which only type and metadata could be given as JSON.
    pub in_part: u64,
    /// Objects in envelopes that no key opened.
    pub sealed: u64,
    /// Values under keys of Kubernetes that are no object.
    pub unreadable: u64,
    /// Whether the whole tree could be read.
    pub is_whole: bool,
}

/// Whether a file is a store with records of etcd, or a segment of its log.
///
/// # Errors
/// When its head cannot be read.
pub fn is_etcd(source: &dyn ReadAt) -> std::io::Result<bool> {
    Ok(match sniff(source)? {
        Sniffed::File(FileKind::Wal) => true,
        Sniffed::File(FileKind::Bbolt | FileKind::Snapshot) => {
            let mut has_records = false;
            records::walk(source, &mut |_| {
                has_records = true;
                false
            });
            has_records
        }
        _ => false,
    })
}

/// Calls `each` with the objects in the tree of a store, newest first, sealed ones opened with
/// `keys`.
pub fn objects(
    db: &dyn ReadAt,
    keys: Option<&Keyring>,
    which: Which,
    each: &mut dyn FnMut(&StoredObject<'_>),
) -> Inventory {
    let mut inventory = Inventory::default();
    let prefixes = prefixes(db);
    let mut newest = Newest::new();
    loop {
        let mut ordinal = 0;
        inventory.is_whole = records::walk(db, &mut |found| {
            let state = if found.revision.is_tombstone { State::Tombstone } else { State::Plain };
            let seen = newest.see(ordinal, newest.hash(found.kv.key), state);
            ordinal += 1;
            let region = match seen {
                Seen::Newest => Some(Region::Live),
                Seen::Older(State::Tombstone) if which == Which::All => Some(Region::Deleted),
                Seen::Older(_) if which == Which::All => Some(Region::Superseded),
                Seen::Older(_) | Seen::Elsewhere => None,
            };
            if let Some(region) = region.filter(|_| !found.revision.is_tombstone) {
                one(found, region, keys, &prefixes, &mut inventory, each);
            }
            true
        });
        if !newest.next_pass() {
            return inventory;
        }
    }
}

fn one(
    found: &Found<'_>,
    region: Region,
    keys: Option<&Keyring>,
    prefixes: &Prefixes,
    inventory: &mut Inventory,
    each: &mut dyn FnMut(&StoredObject<'_>),
) {
    let Some(name) = prefixes.split(found.kv.key) else { return };
    let etcd_key = String::from_utf8_lossy(found.kv.key);
    let mut stored = StoredObject {
        etcd_key: Some(&etcd_key),
        resource: Some(&name.resource().0),
        revision: Some(found.revision.main),
        region,
        offset: None,
        sealing: Sealing::Plain,
        object: None,
        plain: found.kv.value,
    };
    let opened;
    match envelope::read(found.kv.value) {
        Stored::Plain => {}
        Stored::Sealed(envelope) => {
            let Some(plain) = keys.and_then(|keys| keys.open(&envelope, found.kv.key).ok()) else {
                inventory.sealed += 1;
                (stored.sealing, stored.plain) = (Sealing::Closed, &[]);
                return each(&stored);
            };
            opened = plain;
            (stored.sealing, stored.plain) = (Sealing::Opened, opened.expose_secret());
        }
        Stored::Broken => return inventory.unreadable += 1,
    }
    let Some(object) = to_json(stored.plain) else { return inventory.unreadable += 1 };
    inventory.objects += 1;
    inventory.in_part += u64::from(!object.is_whole);
    stored.object = Some(&object);
    each(&stored);
}

/// Calls `each` with what a proof of `source` lists in plain outside the tree: in free pages, in
/// the log, behind the high-water mark.
pub fn remnants(source: &dyn ReadAt, proof: &FileProof, each: &mut dyn FnMut(&StoredObject<'_>)) {
    let mut window = Window::new(source);
    for remains in &proof.remains {
        if matches!(remains.region, Region::Live | Region::Superseded | Region::Deleted) {
            continue;
        }
        let length = usize::try_from(remains.length).unwrap_or(usize::MAX);
        let Ok(plain) = window.get(remains.offset, length) else { continue };
        each(&StoredObject {
            etcd_key: remains.etcd_key.as_deref(),
            resource: remains.resource.as_deref(),
            revision: remains.revision,
            region: remains.region,
            offset: Some(remains.offset),
            sealing: Sealing::Plain,
            object: to_json(plain).as_ref(),
            plain,
        });
    }
}

/// The storage prefixes of a store, from the keys that every cluster has.
fn prefixes(db: &dyn ReadAt) -> Prefixes {
    let mut prefixes = Prefixes::default();
    records::walk(db, &mut |found| {
        prefixes.learn(found.kv.key);
        true
    });
    prefixes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Image, Rev, object, sealed, secret};

    /// What is given: the resource, the revision, the region and the password.
    fn given(image: &[u8], which: Which) -> (Inventory, Vec<(String, u64, Region, String)>) {
        let mut seen = Vec::new();
        let inventory = objects(&image.to_vec(), None, which, &mut |stored| {
            if stored.sealing == Sealing::Closed {
                return assert_eq!((stored.resource, stored.plain), (Some("secrets"), &b""[..]));
            }
            let json = stored.object.unwrap().json.expose_secret();
            let json: serde_json::Value = serde_json::from_slice(json).unwrap();
            let password = json["data"]["password"].as_str().unwrap_or_default().to_owned();
            seen.push((
                stored.resource.unwrap().to_owned(),
                stored.revision.unwrap(),
                stored.region,
                password,
            ));
        });
        (inventory, seen)
    }

    #[test]
    fn objects_are_given_as_they_live_and_died() {
        let (db, gone) = ("/own/secrets/shop/db", "/own/secrets/shop/gone");
        let revs = [
            Rev::put(2, "/own/namespaces/kube-system", object("v1", "Namespace", b"")),
            Rev::put(3, db, secret("shop", "db", &[("password", b"old")])),
            Rev::put(4, gone, secret("shop", "gone", &[])),
            Rev::delete(5, gone),
            Rev::put(6, db, secret("shop", "db", &[("password", b"new")])),
            Rev::put(7, "/own/secrets/shop/sealed", sealed(99, 1)),
            Rev::put(8, "/own/example.com/widgets/shop/w", b"{\"kind\":\"Widget\"}".to_vec()),
            Rev::put(9, "compact_rev_key", b"7".to_vec()),
        ];
        let image = Image::new(4096, &revs, &[]).bytes;
        let row = |name: &str, n, region, password: &str| (name.to_owned(), n, region, password.to_owned());
        let (inventory, seen) = given(&image, Which::Live);
        assert_eq!(inventory, Inventory { objects: 3, in_part: 0, sealed: 1, unreadable: 0, is_whole: true });
        let live = [
            row("widgets.example.com", 8, Region::Live, ""),
            row("secrets", 6, Region::Live, "bmV3"),
            row("namespaces", 2, Region::Live, ""),
        ];
        assert_eq!(seen, live);
        let (inventory, seen) = given(&image, Which::All);
        assert_eq!(inventory.objects, 5);
        assert!(seen.contains(&row("secrets", 3, Region::Superseded, "b2xk")), "{seen:?}");
        assert!(seen.contains(&row("secrets", 4, Region::Deleted, "")), "{seen:?}");
        assert!(is_etcd(&image).unwrap() && !is_etcd(&vec![0u8; 9000]).unwrap());
    }
}
