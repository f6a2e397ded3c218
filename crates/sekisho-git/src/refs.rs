//! What names objects: refs, pseudo refs, logs of refs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::files;
use crate::layout::Layout;
use crate::oid::Oid;

/// Largest `packed-refs`: some ten million refs.
const MAX_PACKED: u64 = 1 << 30;
/// Largest file of one ref.
const MAX_REF: u64 = 1 << 20;
/// Largest log of a ref.
const MAX_LOG: u64 = 256 << 20;
/// Folders in folders of refs.
const MAX_DEPTH: usize = 64;

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
    pub(crate) texts: Vec<PathBuf>,
    pub(crate) problems: Vec<&'static str>,
}

/// Reads all refs and logs of a repository.
pub(crate) fn read(layout: &Layout) -> Refs {
    let mut refs = Refs::default();
    match files::read(&layout.common_dir.join("packed-refs"), MAX_PACKED) {
        Ok(packed) => refs.packed(&packed.unwrap_or_default()),
        Err(_) => refs.problems.push("its packed-refs cannot be read"),
    }
    for (number, directory) in layout.work_trees.iter().enumerate() {
        refs.loose(directory, &directory.join("refs"), 0);
        refs.pseudo(directory, number == 0);
        refs.logs(&directory.join("logs"), 0);
        for name in ["config", "config.worktree", "COMMIT_EDITMSG", "MERGE_MSG", "SQUASH_MSG", "TAG_EDITMSG"]
        {
            if directory.join(name).symlink_metadata().is_ok_and(|there| there.is_file()) {
                refs.texts.push(directory.join(name));
            }
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

    fn loose(&mut self, root: &Path, directory: &Path, depth: usize) {
        let Ok(entries) = files::list(directory) else {
            return self.problems.push("a folder of its refs cannot be read");
        };
        for (path, kind) in entries {
            if kind.is_dir() && depth < MAX_DEPTH {
                self.loose(root, &path, depth + 1);
            } else if let Ok(Some(content)) = files::read(&path, MAX_REF) {
                let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
                if let Some(oid) = Oid::from_hex(content.trim_ascii()) {
                    self.names.insert(name, oid);
                }
            }
        }
    }

    /// `HEAD`, `ORIG_HEAD`, `FETCH_HEAD` and their kin: what stands first on each line.
    fn pseudo(&mut self, directory: &Path, main: bool) {
        for (path, kind) in files::list(directory).unwrap_or_default() {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if !kind.is_file() || !name.ends_with("HEAD") {
                continue;
            }
            let Ok(Some(content)) = files::read(&path, MAX_REF) else { continue };
            if let Some(branch) = content.strip_prefix(b"ref: ") {
                if main && name == "HEAD" {
                    self.head = Some(String::from_utf8_lossy(branch.trim_ascii()).into_owned());
                }
                continue;
            }
            for line in content.split(|byte| *byte == b'\n') {
                let word = line.split(u8::is_ascii_whitespace).next().unwrap_or_default();
                let Some(oid) = Oid::from_hex(word) else { continue };
                if name == "HEAD" {
                    let name =
                        if main { "HEAD".to_owned() } else { format!("HEAD of {}", directory.display()) };
                    self.names.insert(name, oid);
                } else {
                    self.logged.push(oid);
                }
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
            self.texts.push(path);
        }
    }
}
