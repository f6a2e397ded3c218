//! The objects of a cluster from what the user has of it: manifests, dumps, support bundles,
//! must-gathers, Velero backups, etcd's files.
//!
//! Everything that is a YAML or JSON document of Kubernetes goes into one [`Builder`], whatever it
//! was packed in; what a dump leaves unsaid (lists of objects that do not name their kind, logs
//! between the objects) is put right on the way (`dump.rs`). Files are read in the order of their
//! names, so that the same target gives the same inventory. No value is kept here: what the builder
//! keeps is its own affair.

mod dump;

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};

use sekisho_etcd::{Keyring, Sealing, StoredObject, Which, objects};
use sekisho_kube::inventory::Builder;
use sekisho_kube::{Limits as Document, Trouble};
use sekisho_model::{Place, Problem, Step};
use sekisho_unpack::{Budget, Container, Event, HEAD, Limits, visit};
use serde_json::{Value, json};

use crate::target::{SourceError, Target, detect_target};
use crate::{etcd, files};

/// Uncompressed bytes of one file with all that is packed in it: a backup of a large cluster.
const MAX_CONTENT: u64 = 64 << 30;

/// Reads targets into a [`Builder`].
pub struct Reader<'r> {
    builder: &'r mut Builder,
    keys: Option<&'r Keyring>,
    problem: &'r mut dyn FnMut(Problem),
    objects: u64,
}

impl<'r> Reader<'r> {
    /// A reader into `builder`. Sealed objects in etcd are opened with `keys`; what cannot be read is
    /// told to `problem`.
    pub fn new(
        builder: &'r mut Builder,
        keys: Option<&'r Keyring>,
        problem: &'r mut dyn FnMut(Problem),
    ) -> Self {
        Self { builder, keys, problem, objects: 0 }
    }

    /// Reads a file, a directory, a stream or etcd's files. Gives the number of documents and stored
    /// objects that were read.
    ///
    /// # Errors
    /// When the target as a whole cannot be read.
    pub fn read(&mut self, target: &OsStr) -> Result<u64, SourceError> {
        let before = self.objects;
        match detect_target(target)? {
            Target::Stdin => self.stream(&mut std::io::stdin().lock(), &Place::file("-"), None),
            Target::Stream(path) => {
                let mut stream = std::fs::File::open(&path).map_err(SourceError::io(&path))?;
                self.stream(&mut stream, &Place::file(files::target_path(Path::new(""), &path)), None);
            }
            Target::Etcd(path) => {
                for file in etcd::files(&path)? {
                    self.etcd(&file, &path)?;
                }
            }
            // What a history holds is none of a cluster's picture.
            Target::Repository(path) | Target::Bundle(path) => return Err(SourceError::Unsupported { path }),
            Target::File(path) => self.file(&path, path.parent().unwrap_or(Path::new("")), true),
            Target::Directory(path) => {
                for file in regular_files(&path)? {
                    self.file(&file, &path, false);
                }
            }
        }
        Ok(self.objects - before)
    }

    fn report(&mut self, place: &Place, what: String) {
        (self.problem)(Problem { place: place.clone(), what });
    }

    fn file(&mut self, path: &Path, root: &Path, follow: bool) {
        let place = Place::file(files::target_path(root, path));
        let mut file = match files::open(path, follow) {
            Ok((file, _)) => file,
            Err(error) => return self.report(&place, files::failure(error.kind())),
        };
        if !etcd::begins_as_etcd(&file, path) {
            return self.stream(&mut file, &place, None);
        }
        drop(file);
        if let Err(error) = self.etcd(path, root) {
            self.report(&place, error.to_string());
        }
    }

    /// A file or a member of an archive: opened if it is a container, read if it is documents, else
    /// passed over.
    fn stream(&mut self, content: &mut dyn Read, place: &Place, budget: Option<&Budget>) {
        let mut head = Vec::new();
        if let Err(error) = (&mut *content).take(HEAD as u64).read_to_end(&mut head) {
            return self.report(place, files::failure(error.kind()));
        }
        if let Some(container) = sekisho_unpack::sniff(&head, place.file_name()) {
            let own = Budget::new(Limits { output: MAX_CONTENT, ..Limits::default() });
            return self.container(
                container,
                &mut head.as_slice().chain(content),
                place,
                budget.unwrap_or(&own),
            );
        }
        if sekisho_kube::sniff(place.file_name(), &head).is_none() {
            return;
        }
        let cap = Document::MAX_DOCUMENT as u64;
        let read = content.take(cap.saturating_sub(head.len() as u64) + 1).read_to_end(&mut head);
        match read {
            Ok(_) if head.len() as u64 > cap => {
                self.report(place, format!("over {} MiB: not read", cap >> 20));
            }
            Ok(_) => self.documents(&head, place),
            Err(error) => self.report(place, files::failure(error.kind())),
        }
    }

    fn container(&mut self, container: Container, bytes: &mut dyn Read, place: &Place, budget: &Budget) {
        let inner = container.inner_name(place.file_name());
        visit(container, bytes, budget, &mut |event| match event {
            Event::Member { name, content } => {
                let place = place.step(Step::Entry(String::from_utf8_lossy(name).into_owned()));
                self.stream(content, &place, Some(budget));
            }
            Event::Stream { content, .. } => {
                self.stream(content, &place.step(Step::Entry(inner.clone())), Some(budget));
            }
            Event::Problem(problem) => self.report(place, problem.to_string()),
        });
    }

    fn documents(&mut self, bytes: &[u8], place: &Place) {
        let name = place.file_name();
        self.objects += 1;
        if let Some(minor) = dump::minor(name, bytes) {
            return self.builder.minor(minor);
        }
        if let Some((api_version, kind)) = dump::untyped(name, bytes) {
            let Ok(list) = serde_json::from_slice::<Value>(bytes) else {
                return self.report(place, "not JSON: not read".to_owned());
            };
            let items = list.get("items").unwrap_or(&list);
            for item in items.as_array().into_iter().flatten() {
                self.builder.add_item(item, api_version, kind);
            }
            return;
        }
        for part in dump::without_logs(bytes) {
            for problem in self.builder.read(part) {
                let what = match problem.what {
                    Trouble::Syntax => "neither YAML nor JSON from here on: not read".to_owned(),
                    what => what.to_string(),
                };
                self.report(place, format!("at byte {}: {what}", problem.offset));
            }
        }
    }

    /// The live objects of a store. Objects in envelopes that no key opens are known by their keys:
    /// that they exist, and what they are called.
    fn etcd(&mut self, path: &Path, root: &Path) -> Result<(), SourceError> {
        let opened = etcd::open(path)?;
        let place = Place::file(files::target_path(root, path));
        let Ok(true) = sekisho_etcd::is_etcd(&*opened.source) else { return Ok(()) };
        let mut count = 0;
        let builder = &mut *self.builder;
        let inventory = objects(&*opened.source, self.keys, Which::Live, &mut |stored| {
            count += 1;
            if let Some(object) = object_of(stored) {
                builder.add(&object);
            }
        });
        self.objects += count;
        if inventory.unreadable > 0 {
            let what = format!("{} values are no objects that can be read", inventory.unreadable);
            self.report(&place, what);
        }
        if let Some(trouble) = opened.trouble {
            self.report(&place, format!("the compressed file is not whole: {trouble}"));
        }
        if !inventory.is_whole && count > 0 {
            self.report(&place, "not all pages of the tree can be read".to_owned());
        }
        Ok(())
    }
}

/// A stored object as the builder takes it.
fn object_of(stored: &StoredObject<'_>) -> Option<Value> {
    if let Some(object) = stored.object {
        return serde_json::from_slice(object.json.expose_secret()).ok();
    }
    let is_closed = stored.sealing == Sealing::Closed && stored.resource == Some("secrets");
    let mut parts = stored.etcd_key.filter(|_| is_closed)?.rsplit('/');
    let (name, namespace) = (parts.next()?, parts.next()?);
    Some(json!({
        "apiVersion": "v1", "kind": "Secret", "type": "", "metadata": {"name": name, "namespace": namespace},
    }))
}

/// The regular files below a directory, in order, without those of git.
fn regular_files(directory: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let mut files = etcd::files(directory)?;
    let is_git = |path: &Path| path.components().any(|part| part.as_os_str() == ".git");
    files.retain(|file| !is_git(file.strip_prefix(directory).unwrap_or(file)));
    Ok(files)
}

#[cfg(test)]
mod tests;
