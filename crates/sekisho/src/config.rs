//! Settings: sizes as people write them, and what a target says of itself.
//!
//! A target is not trusted: its `.sekisho.toml` may leave paths out and its `.sekisho-ignore.toml`
//! may set findings aside, both counted in coverage, and nothing else. Any other member is told and
//! does nothing.

use std::path::Path;

use anyhow::Context as _;
use sekisho_git::GitError;
use sekisho_model::{Place, Problem, Span};
use sekisho_policy::{IGNORE_FILE_NAME, IgnoreFile, PathPatterns};
use toml::de::{DeTable, DeValue};

use crate::scanning::ConfigFrom;

/// The settings file at the root of a target.
pub(crate) const CONFIG_FILE_NAME: &str = ".sekisho.toml";

/// Longest settings file, in bytes.
const MAX_CONFIG: usize = 1 << 20;
/// Most paths that a target may leave out.
const MAX_EXCLUDES: usize = 1000;

/// `500k`, `10M`, `2G`, or plain bytes; powers of 1024.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'k' | b'K') => (&text[..text.len() - 1], 1 << 10),
        Some(b'm' | b'M') => (&text[..text.len() - 1], 1 << 20),
        Some(b'g' | b'G') => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1u64),
    };
    let number: u64 = digits.parse().map_err(|_| "a number of bytes, or one with k, M or G".to_owned())?;
    number.checked_mul(unit).ok_or_else(|| "too large".to_owned())
}

/// The day, for expiry.
pub(crate) fn today() -> sekisho_policy::Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// Reads an ignore file that the user named.
pub(crate) fn ignore_file(path: &Path) -> anyhow::Result<(IgnoreFile, Vec<Problem>)> {
    let content =
        std::fs::read(path).with_context(|| format!("reading the ignore file {}", path.display()))?;
    let (file, errors) = IgnoreFile::parse(&content, today());
    let name = path.display().to_string();
    Ok((file, errors.iter().map(|error| problem(&name, None, error.to_string())).collect()))
}

/// What a target says of itself.
#[derive(Default)]
pub(crate) struct TargetConfig {
    /// Paths to leave out, as globs.
    pub(crate) exclude: Vec<String>,
    /// What to set aside, and the file's name.
    pub(crate) ignore: Option<(String, IgnoreFile)>,
    /// What was wrong with it.
    pub(crate) problems: Vec<Problem>,
}

impl TargetConfig {
    /// Reads the settings of a directory. Other targets have none.
    pub(crate) fn read(target: &Path, from: &ConfigFrom) -> anyhow::Result<Self> {
        let mut config = Self::default();
        if *from == ConfigFrom::Nowhere || !target.is_dir() {
            return Ok(config);
        }
        if let Some(content) = config.load(target, CONFIG_FILE_NAME, from)? {
            config.settings(&content);
        }
        if let Some(content) = config.load(target, IGNORE_FILE_NAME, from)? {
            let (file, errors) = IgnoreFile::parse(&content, today());
            let said = errors.iter().map(|error| problem(IGNORE_FILE_NAME, None, error.to_string()));
            config.problems.extend(said);
            config.ignore = Some((IGNORE_FILE_NAME.to_owned(), file));
        }
        Ok(config)
    }

    /// What is left out by the user and, as far as that can be done, by the target.
    pub(crate) fn excluded(&mut self, by_user: &[String]) -> anyhow::Result<PathPatterns> {
        let both = by_user.iter().chain(&self.exclude).map(String::as_str);
        if let Ok(patterns) = PathPatterns::new(both) {
            return Ok(patterns);
        }
        let what = "the excluded paths are too many or too complex together: none of them is used".to_owned();
        self.problems.push(problem(CONFIG_FILE_NAME, None, what));
        PathPatterns::new(by_user.iter().map(String::as_str)).context("--exclude")
    }

    /// A small file at the root of a target, as it is or as it was. One that cannot be read is a
    /// problem and no error: a target must not be able to stop its own scan.
    fn load(&mut self, target: &Path, name: &str, from: &ConfigFrom) -> anyhow::Result<Option<Vec<u8>>> {
        let mut unusable = |what: &str| {
            self.problems.push(problem(name, None, format!("{what}: none of it is used")));
            Ok(None)
        };
        if let ConfigFrom::Revision(revision) = from {
            return match sekisho_git::file_at(target, name, revision) {
                Err(GitError::NotAFile(_)) => unusable("no small regular file"),
                found => found.with_context(|| format!("reading {name} at {revision}")),
            };
        }
        // A link could lead out of the target.
        let path = target.join(name);
        match std::fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_file() && meta.len() <= MAX_CONFIG as u64 => match std::fs::read(&path) {
                Ok(content) => Ok(Some(content)),
                Err(error) => unusable(&error.kind().to_string()),
            },
            Ok(_) => unusable("no small regular file"),
            Err(_) => Ok(None),
        }
    }

    /// Takes what a settings file may say: `exclude = ["glob", …]`.
    fn settings(&mut self, content: &[u8]) {
        let mut wrong =
            |line: Option<u64>, what: String| self.problems.push(problem(CONFIG_FILE_NAME, line, what));
        let Ok(text) = std::str::from_utf8(content) else {
            return wrong(None, "not UTF-8: none of it is used".to_owned());
        };
        let line_of = |at: usize| text.get(..at).unwrap_or(text).split('\n').count() as u64;
        let table = match DeTable::parse(text) {
            Ok(table) => table,
            Err(error) => {
                let line = error.span().map(|span| line_of(span.start));
                return wrong(line, "not TOML: none of it is used".to_owned());
            }
        };
        for (key, value) in table.get_ref() {
            let line = Some(line_of(key.span().start));
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("exclude", DeValue::Array(items)) if items.len() <= MAX_EXCLUDES => {
                    for item in items {
                        match item.get_ref() {
                            DeValue::String(glob) if is_pattern(glob) => self.exclude.push(glob.to_string()),
                            DeValue::String(_) => {
                                wrong(Some(line_of(item.span().start)), "not a path pattern".to_owned());
                            }
                            _ => wrong(Some(line_of(item.span().start)), "exclude takes texts".to_owned()),
                        }
                    }
                }
                ("exclude", _) => wrong(line, format!("exclude takes a list of up to {MAX_EXCLUDES} globs")),
                _ => wrong(line, "a target's settings may only exclude; this member does nothing".to_owned()),
            }
        }
    }
}

fn is_pattern(text: &str) -> bool {
    PathPatterns::new([text]).is_ok()
}

fn problem(name: &str, line: Option<u64>, what: String) -> Problem {
    let place = Place::file(name);
    let span = line.map(|line| Span { line, column: 1, end_line: line, end_column: 1, ..Span::default() });
    Problem { place: Place { span, ..place }, what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(parse_size("0"), Ok(0));
        assert_eq!(parse_size("500k"), Ok(512_000));
        assert_eq!(parse_size("10M"), Ok(10 << 20));
        assert_eq!(parse_size("2G"), Ok(2 << 30));
        assert!(parse_size("").is_err());
        assert!(parse_size("M").is_err());
        assert!(parse_size("-1").is_err());
        assert!(parse_size("99999999999G").is_err());
    }

    #[test]
    fn a_target_may_only_exclude() {
        let mut config = TargetConfig::default();
        config.settings(b"exclude = [\"vendor/**\", 7]\noutput = \"/etc/passwd\"\n[key]\nfile = \"x\"\n");
        assert_eq!(config.exclude, ["vendor/**"]);
        let mut lines: Vec<_> = config.problems.iter().map(|p| p.place.span.unwrap().line).collect();
        lines.sort_unstable();
        assert_eq!(lines, [1, 2, 3]);
        for (wrong, left) in [("exclude = [", 0), ("exclude = [\"[\", \"a/\"]", 1), ("exclude = [\"!a\"]", 0)]
        {
            let mut config = TargetConfig::default();
            config.settings(wrong.as_bytes());
            assert_eq!((config.problems.len(), config.exclude.len()), (1, left), "{wrong}");
        }
    }
}
