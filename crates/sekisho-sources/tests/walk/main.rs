//! Walks over real directories and real repositories.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics, and so do its helpers")]

mod directory;
mod git;
mod named_file;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Mutex;

use sekisho_model::item::Hint;
use sekisho_model::{Place, Problem, Tracked};
use sekisho_sources::{Content, Directory, DirectoryOptions, Item, Source, SourceError, Stats};

/// What a walk gave.
#[derive(Debug, Default, PartialEq)]
struct Walked {
    files: BTreeMap<String, Seen>,
    problems: Vec<(String, String)>,
    stats: Stats,
}

/// What an item was.
#[derive(Debug, PartialEq)]
struct Seen {
    tracked: Option<Tracked>,
    hint: Option<Hint>,
    content: Vec<u8>,
}

impl Walked {
    fn paths(&self) -> Vec<&str> {
        self.files.keys().map(String::as_str).collect()
    }

    fn tracked(&self, path: &str) -> Option<Tracked> {
        self.files.get(path).unwrap_or_else(|| panic!("{path} was not read")).tracked
    }
}

/// The exact bytes of a place's path, shown so that other bytes than UTF-8 can be told.
fn shown(place: &Place) -> String {
    let path = place.path().unwrap();
    path.path_b64.as_ref().map_or_else(|| path.path.to_string(), |b64| format!("b64:{b64}"))
}

fn read(source: &dyn Source) -> Result<Walked, SourceError> {
    let files = Mutex::new(BTreeMap::new());
    let problems = Mutex::new(Vec::new());
    let on = |item: Item<'_>| {
        let mut content = Vec::new();
        match item.content.open() {
            Some(Content::Bytes(bytes)) => content = bytes,
            Some(Content::Reader(mut reader)) => drop(reader.read_to_end(&mut content).unwrap()),
            _ => {}
        }
        let seen = Seen { tracked: item.tracked, hint: item.hint, content };
        assert_eq!(files.lock().unwrap().insert(shown(&item.place), seen), None, "read twice");
    };
    let problem = |problem: Problem| problems.lock().unwrap().push((shown(&problem.place), problem.what));
    let stats = source.each(&on, &problem)?;
    let mut problems = problems.into_inner().unwrap();
    problems.sort();
    Ok(Walked { files: files.into_inner().unwrap(), problems, stats })
}

fn walk_with(path: &Path, options: DirectoryOptions) -> Walked {
    read(&Directory::new(path.to_owned(), options)).unwrap()
}

fn walk(path: &Path) -> Walked {
    walk_with(path, DirectoryOptions::default())
}

/// Writes a file and the directories above it.
fn write(root: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}
