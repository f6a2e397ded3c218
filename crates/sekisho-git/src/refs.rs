//! What names objects: refs, pseudo refs, logs of refs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::files;
use crate::layout::Layout;
use crate::oid::Oid;
use crate::reftable::{self, Value};

/// Largest `packed-refs`: some ten million refs.
const MAX_PACKED: u64 = 1 << 30;
/// Largest file of one ref.
const MAX_REF: u64 = 1 << 20;
/// Largest log of a ref.
const MAX_LOG: u64 = 256 << 20;
/// Folders in folders of refs.
const MAX_DEPTH: usize = 64;

/// Files beside those that end with `HEAD` which name objects, gitrevisions(7), git-merge(1),
/// git-bisect(1), git-notes(1).
const PSEUDO: [&str; 3] = ["AUTO_MERGE", "BISECT_EXPECTED_REV", "NOTES_MERGE_PARTIAL"];

/// Whether a file in a git directory is read elsewhere, or says nothing: indexes, refs, locks.
fn is_known(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    matches!(name, "index" | "packed-refs" | "shallow")
        || name.starts_with("sharedindex.")
        || ending == "lock"
}

/// A text in a git directory.
#[derive(Debug, Clone)]
pub struct Text {
    /// Where it stands, or would.
    pub path: PathBuf,
    /// What it says, if it is no file.
    pub content: Option<Vec<u8>>,
}

impl Text {
    fn file(path: PathBuf) -> Self {
        Self { path, content: None }
    }
}

/// A work tree, by its git directory.
struct WorkTree<'a> {
    directory: &'a Path,
    /// What its own refs are called with in the others (gitrevisions(7), `worktrees/NAME/`).
    prefix: String,
    /// Whether it is the one that is scanned.
    is_named: bool,
}

impl<'a> WorkTree<'a> {
    fn of(layout: &Layout, directory: &'a Path) -> Self {
        let name = directory.file_name().unwrap_or_default().to_string_lossy();
        let is_main = directory == layout.common_dir;
        let prefix = if is_main { String::new() } else { format!("worktrees/{name}/") };
        let same = || directory.canonicalize().ok() == layout.git_dir.canonicalize().ok();
        Self { directory, prefix, is_named: directory == layout.git_dir || same() }
    }
}

/// What a name keeps alive.
#[derive(Debug, Default)]
pub(crate) struct Refs {
    /// Refs by their full names, and `HEAD`s that are detached.
    pub(crate) names: BTreeMap<String, Oid>,
    /// The branch that `HEAD` names.
    pub(crate) head: Option<String>,
    /// Objects that logs of refs name.
    pub(crate) logged: Vec<Oid>,
    /// Objects that the stash's log names.
    pub(crate) stashed: Vec<Oid>,
    /// Files of text in the git directory: logs, settings, messages.
    pub(crate) texts: Vec<Text>,
    pub(crate) problems: Vec<&'static str>,
}

/// Reads all refs and logs of a repository.
pub(crate) fn read(layout: &Layout) -> Refs {
    let mut refs = Refs::default();
    match files::read(&layout.common_dir.join("packed-refs"), MAX_PACKED) {
        Ok(packed) => refs.packed(&packed.unwrap_or_default()),
        Err(_) => refs.problems.push("its packed-refs cannot be read"),
    }
    for directory in &layout.work_trees {
        let tree = WorkTree::of(layout, directory);
        refs.loose(&tree, &directory.join("refs"), 0);
        refs.top(&tree);
        refs.logs(&directory.join("logs"), 0);
        refs.tables(&tree);
        for folder in ["rebase-apply", "rebase-merge", "sequencer"] {
            refs.under_way(&directory.join(folder));
        }
        for folder in ["branches", "hooks", "info", "remotes"] {
            refs.written(&directory.join(folder));
        }
    }
    refs
}

impl Refs {
    fn packed(&mut self, content: &[u8]) {
        for line in content.split(|byte| *byte == b'\n') {
            // `#` heads the file, `^` peels the tag before.
            let Some(space) = line.iter().position(|byte| *byte == b' ') else { continue };
            if let Some(oid) = Oid::from_hex(&line[..space]) {
                self.names.insert(String::from_utf8_lossy(&line[space + 1..]).into_owned(), oid);
            }
        }
    }

    fn loose(&mut self, tree: &WorkTree<'_>, directory: &Path, depth: usize) {
        let Ok(entries) = files::list(directory) else {
            return self.problems.push("a folder of its refs cannot be read");
        };
        for (path, kind) in entries {
            if kind.is_dir() && depth < MAX_DEPTH {
                self.loose(tree, &path, depth + 1);
            } else if let Ok(Some(content)) = files::read(&path, MAX_REF) {
                let name = path.strip_prefix(tree.directory).unwrap_or(&path).to_string_lossy();
                if let Some(oid) = Oid::from_hex(content.trim_ascii()) {
                    self.names.insert(format!("{}{name}", tree.prefix), oid);
                }
            }
        }
    }

    /// Refs and logs that are kept in tables.
    fn tables(&mut self, tree: &WorkTree<'_>) {
        let Some(stack) = reftable::read(tree.directory) else { return };
        if !stack.whole {
            self.problems
                .push("a reftable cannot be read, or not all of it: what it names may count as unreachable");
        }
        for (name, value) in stack.refs {
            let name = String::from_utf8_lossy(&name).into_owned();
            match value {
                Value::Symbolic(branch) if tree.is_named && name == "HEAD" => {
                    self.head = Some(String::from_utf8_lossy(&branch).into_owned());
                }
                Value::Object(oid) if name == "HEAD" || name.starts_with("refs/") => {
                    self.names.insert(format!("{}{name}", tree.prefix), oid);
                }
                Value::Object(oid) => self.logged.push(oid),
                Value::Symbolic(_) | Value::Deleted => {}
            }
        }
        let mut texts: BTreeMap<PathBuf, Vec<u8>> = BTreeMap::new();
        // As in files the newest come last.
        for (key, reftable::Entry { objects, line }) in stack.logs.into_iter().rev() {
            let name = key.split(|byte| *byte == 0).next().unwrap_or_default();
            let named = objects.iter().filter(|oid| !oid.is_null());
            if name == b"refs/stash" {
                self.stashed.extend(named);
            } else {
                self.logged.extend(named);
            }
            let path = tree.directory.join("logs").join(String::from_utf8_lossy(name).as_ref());
            let text = texts.entry(path).or_default();
            text.extend_from_slice(format!("{} {} ", objects[0], objects[1]).as_bytes());
            text.extend_from_slice(&line);
            text.push(b'\n');
        }
        let texts = texts.into_iter().map(|(path, content)| Text { path, content: Some(content) });
        self.texts.extend(texts);
    }

    /// The files in the git directory itself: `HEAD`, `ORIG_HEAD`, `FETCH_HEAD` and their kin, which
    /// name objects; settings and messages.
    fn top(&mut self, tree: &WorkTree<'_>) {
        for (path, kind) in files::list(tree.directory).unwrap_or_default() {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if !kind.is_file() {
                continue;
            }
            if name.ends_with("HEAD") || PSEUDO.contains(&name) {
                self.pseudo(tree, name, &path);
            } else if !is_known(name) {
                self.texts.push(Text::file(path));
            }
        }
    }

    /// What stands first on each line.
    fn pseudo(&mut self, tree: &WorkTree<'_>, name: &str, path: &Path) {
        let Ok(Some(content)) = files::read(path, MAX_REF) else { return };
        if let Some(branch) = content.strip_prefix(b"ref: ") {
            if tree.is_named && name == "HEAD" {
                self.head = Some(String::from_utf8_lossy(branch.trim_ascii()).into_owned());
            }
            return;
        }
        for line in content.split(|byte| *byte == b'\n') {
            let word = line.split(u8::is_ascii_whitespace).next().unwrap_or_default();
            let Some(oid) = Oid::from_hex(word) else { continue };
            if name == "HEAD" {
                self.names.insert(format!("{}HEAD", tree.prefix), oid);
            } else {
                self.logged.push(oid);
            }
        }
    }

    /// A rebase, or the like, that has not ended: patches and messages, and the commits that it is about.
    fn under_way(&mut self, directory: &Path) {
        for (path, kind) in files::list(directory).unwrap_or_default() {
            if kind.is_file() {
                let content = files::read(&path, MAX_REF).ok().flatten().unwrap_or_default();
                let words = content.split(u8::is_ascii_whitespace);
                self.logged.extend(words.filter_map(Oid::from_hex));
                self.texts.push(Text::file(path));
            }
        }
    }

    /// Files that people wrote: hooks, excluded paths, remotes. Git's own examples are left out.
    fn written(&mut self, directory: &Path) {
        for (path, kind) in files::list(directory).unwrap_or_default() {
            if kind.is_file() && path.extension().is_none_or(|ending| ending != "sample") {
                self.texts.push(Text::file(path));
            }
        }
    }

    fn logs(&mut self, directory: &Path, depth: usize) {
        for (path, kind) in files::list(directory).unwrap_or_default() {
            if kind.is_dir() && depth < MAX_DEPTH {
                self.logs(&path, depth + 1);
                continue;
            }
            let Ok(Some(content)) = files::read(&path, MAX_LOG) else {
                self.problems.push("a log of a ref cannot be read");
                continue;
            };
            let stash = path.ends_with("logs/refs/stash");
            for line in content.split(|byte| *byte == b'\n') {
                let mut words = line.split(|byte| *byte == b' ');
                let oids = [words.next(), words.next()].into_iter().flatten().filter_map(Oid::from_hex);
                let oids = oids.filter(|oid| !oid.is_null());
                if stash { self.stashed.extend(oids) } else { self.logged.extend(oids) }
            }
            self.texts.push(Text::file(path));
        }
    }
}
