//! Path patterns with the rules of gitignore(5), the same wherever paths are named: `--include`,
//! `--exclude`, settings, ignore entries.
//!
//! Without a slash a pattern means a name at any depth; a slash at its beginning or inside ties it
//! to the root; one at its end means directories; what names a directory means all below it. `*`
//! and `?` stop at slashes, `**` does not, and `{a,b}` works too. There is no `!`.

use globset::{Candidate, Glob, GlobBuilder, GlobSet};

/// Bytes in one pattern.
pub(crate) const MAX_PATTERN: usize = 512;

/// Which pattern of several is none. Patterns are set by people and may be long: the number tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// One is not a pattern.
    #[error(
        "path pattern {number} is not one (as in .gitignore, without a leading !, at most {MAX_PATTERN} bytes)"
    )]
    Malformed {
        /// Its position, from 1.
        number: usize,
    },
    /// All together need too much memory.
    #[error("the path patterns are too many or too complex together")]
    TooComplex,
}

/// Patterns of which any may match.
#[derive(Debug, Clone, Default)]
pub struct PathPatterns {
    all: GlobSet,
    directories: GlobSet,
    texts: Vec<String>,
}

impl PathPatterns {
    /// Reads patterns.
    ///
    /// # Errors
    /// [`PatternError`].
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, PatternError> {
        let (mut all, mut directories) = (GlobSet::builder(), GlobSet::builder());
        let mut texts = Vec::new();
        for (at, text) in patterns.into_iter().enumerate() {
            texts.push(text.to_owned());
            let pattern = Pattern::parse(text).ok_or(PatternError::Malformed { number: at + 1 })?;
            directories.add(pattern.here.clone());
            for glob in pattern.globs() {
                all.add(glob);
            }
        }
        let build = |set: globset::GlobSetBuilder| set.build().map_err(|_| PatternError::TooComplex);
        Ok(Self { all: build(all)?, directories: build(directories)?, texts })
    }

    /// Whether a pattern covers the file `path`, relative to the root with `/` between its parts.
    pub fn covers(&self, path: &[u8]) -> bool {
        self.all.is_match_candidate(&Candidate::from_bytes(path))
    }

    /// Whether a pattern covers the directory `path` and so all below it.
    pub fn covers_directory(&self, path: &[u8]) -> bool {
        let path = Candidate::from_bytes(path);
        self.directories.is_match_candidate(&path) || self.all.is_match_candidate(&path)
    }

    /// The patterns as they were given.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(String::as_str)
    }

    /// Whether there are no patterns.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

/// One pattern as globs.
pub(crate) struct Pattern {
    /// What it names.
    here: Glob,
    /// All below that.
    below: Glob,
    /// It names directories alone.
    directory: bool,
}

impl Pattern {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_PATTERN || text.starts_with('!') {
            return None;
        }
        let bare = text.strip_prefix("./").unwrap_or(text);
        let (bare, directory) = bare.strip_suffix('/').map_or((bare, false), |bare| (bare, true));
        let (bare, tied) = bare.strip_prefix('/').map_or((bare, bare.contains('/')), |bare| (bare, true));
        if bare.is_empty() {
            return None;
        }
        let here = if tied { bare.to_owned() } else { format!("**/{bare}") };
        let below = format!("{here}/**");
        let glob =
            |text: &str| GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build().ok();
        Some(Self { here: glob(&here)?, below: glob(&below)?, directory })
    }

    /// The globs that files are compared with.
    pub(crate) fn globs(self) -> impl Iterator<Item = Glob> {
        let here = (!self.directory).then_some(self.here);
        here.into_iter().chain([self.below])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_directories() {
        for (pattern, files, other_files, directories, other_directories) in [
            (
                "*.env",
                &["a.env", "x/y/a.env", "dir.env/a"][..],
                &["a.env.txt"][..],
                &["d.env"][..],
                &["d"][..],
            ),
            (
                "fixtures",
                &["fixtures", "a/fixtures/b"],
                &["fixtures2/a", "a/my-fixtures"],
                &["a/fixtures"],
                &["a"],
            ),
            (
                "fixtures/",
                &["fixtures/a", "a/fixtures/b/c"],
                &["fixtures", "a/fixtures"],
                &["a/fixtures"],
                &["a"],
            ),
            ("/a.env", &["a.env"], &["x/a.env"], &["a.env"], &["x/a.env"]),
            ("tests/data", &["tests/data/a", "tests/data"], &["x/tests/data/a"], &["tests/data"], &["tests"]),
            ("**/data/*.yaml", &["data/a.yaml", "x/y/data/a.yaml"], &["data/x/a.yaml"], &[], &["data"]),
            ("tests/**", &["tests/a", "tests/a/b"], &["tests", "x/tests/a"], &["tests/a"], &["tests"]),
            ("a?c", &["abc", "x/abc"], &["a/c", "abbc"], &[], &[]),
            ("[ab].env", &["a.env", "x/b.env"], &["c.env"], &[], &[]),
            ("{a,b}.env", &["a.env", "x/b.env"], &["c.env"], &[], &[]),
            ("./a/b", &["a/b"], &["x/a/b"], &[], &[]),
            ("a\\*b", &["a*b"], &["axb"], &[], &[]),
            ("*", &["a", "a/b"], &[], &["a"], &[]),
        ] {
            let patterns = PathPatterns::new([pattern]).unwrap();
            for path in files {
                assert!(patterns.covers(path.as_bytes()), "{pattern} covers {path}");
            }
            for path in other_files {
                assert!(!patterns.covers(path.as_bytes()), "{pattern} does not cover {path}");
            }
            for path in directories {
                assert!(patterns.covers_directory(path.as_bytes()), "{pattern} covers {path}/");
            }
            for path in other_directories {
                assert!(!patterns.covers_directory(path.as_bytes()), "{pattern} does not cover {path}/");
            }
        }
        assert!(PathPatterns::new(["caf?.env"]).unwrap().covers(b"caf\xe9.env"));
        assert!(!PathPatterns::default().covers(b"a"));
    }

    #[test]
    fn what_is_no_pattern_is_numbered() {
        for bad in ["", "/", "!a", "[a", "./"] {
            let error = PathPatterns::new(["fine", bad]).unwrap_err();
            assert_eq!(error, PatternError::Malformed { number: 2 }, "{bad}");
        }
    }
}
