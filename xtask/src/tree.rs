//! [`Tree`]: the repository's files in memory, so that every check is a pure function and its
//! negative test a literal.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Paths relative to the root, with `/` between their parts, and what stands there.
#[derive(Debug, Default)]
pub struct Tree {
    files: BTreeMap<String, Vec<u8>>,
}

impl Tree {
    /// The files that git tracks below `root`, and those that the next `git add .` would take.
    ///
    /// # Errors
    /// When git does not answer or a file cannot be read.
    pub fn read(root: &Path) -> Result<Self> {
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .context("running git ls-files")?;
        ensure!(listed.status.success(), "git ls-files failed: the checks read a git work tree");
        let mut files = BTreeMap::new();
        for name in listed.stdout.split(|b| *b == 0).filter(|name| !name.is_empty()) {
            let name = String::from_utf8(name.to_vec()).context("a tracked file name is not UTF-8")?;
            // What git lists and the work tree no longer has is being deleted.
            match std::fs::read(root.join(&name)) {
                Ok(bytes) => _ = files.insert(name, bytes),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error).with_context(|| format!("reading {name}")),
            }
        }
        Ok(Self { files })
    }

    /// A tree of literals.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let entry = |(path, text): &(&str, &str)| ((*path).to_owned(), text.as_bytes().to_vec());
        Self { files: files.iter().map(entry).collect() }
    }

    /// All paths, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// All files, sorted by path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// The files that are UTF-8 text, sorted by path.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter_map(|(path, bytes)| Some((path, std::str::from_utf8(bytes).ok()?)))
    }

    /// The Rust sources.
    pub fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(|(path, _)| is_rust(path))
    }

    /// The documents.
    pub fn markdown(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(|(path, _)| has_extension(path, "md"))
    }

    /// The text of one file.
    pub fn text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(self.files.get(path)?).ok()
    }

    /// Whether there is such a file, or a folder with a file in it.
    pub fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.files.contains_key(path) || self.files.keys().any(|file| file.starts_with(&folder))
    }

    /// The names of the files right in a folder.
    pub fn in_folder<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        let name = move |path: &'a str| path.strip_prefix(folder)?.strip_prefix('/');
        self.paths().filter_map(name).filter(|name| !name.contains('/'))
    }
}

/// Whether a path names a Rust source.
pub fn is_rust(path: &str) -> bool {
    has_extension(path, "rs")
}

fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_told_by_their_files() {
        let tree = Tree::of(&[("a/b/c.rs", ""), ("a/d.rs", "")]);
        assert!(tree.has("a/b") && tree.has("a/b/") && tree.has("a/d.rs") && !tree.has("a/c"));
        assert_eq!(tree.in_folder("a").collect::<Vec<_>>(), ["d.rs"]);
    }
}
