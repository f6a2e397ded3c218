//! [`Passages`]: which parts of a program are its tests or its manual, though the file is neither.
//!
//! Rust keeps tests at the end of what they test, and Python's manuals stand in the functions that
//! they tell of. What looks like a credential there opens something as seldom as in a folder of
//! tests, and no path says so. Both are told from a line that begins them, without reading the
//! language: the module that is called `tests`, and three quotes that are the first on their line.

use std::ops::Range;

use crate::path_kind::Setting;

/// The passages of one text.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Passages {
    /// Where the tests begin; they run to the end.
    tests: Option<usize>,
    /// Texts for people, in order.
    manuals: Vec<Range<usize>>,
}

impl Passages {
    /// The passages of the file `name` (its path, as far as it is known), which holds `text`.
    pub fn of(name: &str, text: &[u8]) -> Self {
        match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
            "rs" => Self { tests: module_of_tests(text), ..Self::default() },
            "py" | "pyi" => Self { manuals: docstrings(text), ..Self::default() },
            _ => Self::default(),
        }
    }

    /// What the passage at a position is, where it is another than the file: tests, or a sample.
    pub fn setting(&self, at: usize) -> Option<Setting> {
        if self.tests.is_some_and(|tests| at >= tests) {
            return Some(Setting::Test);
        }
        let next = self.manuals.partition_point(|manual| manual.end <= at);
        let within = self.manuals.get(next).is_some_and(|manual| manual.start <= at);
        within.then_some(Setting::Sample)
    }
}

/// Where `mod tests {` stands at the beginning of a line.
fn module_of_tests(text: &[u8]) -> Option<usize> {
    let names = [&b"\nmod tests {"[..], b"\nmod test {", b"\npub mod tests {", b"\npub(crate) mod tests {"];
    names.into_iter().filter_map(|name| memchr::memmem::find(text, name)).min()
}

/// Texts between three quotes that begin a line; the same quotes elsewhere enclose data.
fn docstrings(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    let next = |from: usize| {
        let rest = text.get(from..)?;
        let quote = [&b"\"\"\""[..], b"'''"]
            .into_iter()
            .filter_map(|quote| memchr::memmem::find(rest, quote).map(|start| (from + start, quote)));
        quote.min()
    };
    while let Some((start, quote)) = next(at) {
        let inside = start + quote.len();
        let end = memchr::memmem::find(&text[inside..], quote).map_or(text.len(), |len| inside + len);
        let line = memchr::memrchr(b'\n', &text[..start]).map_or(0, |line| line + 1);
        if text[line..start].iter().all(|b| matches!(b, b' ' | b'\t' | b'r' | b'R' | b'u')) {
            found.push(start..end);
        }
        at = end + quote.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_of_rust_begin_at_their_module() {
        let text = b"fn a() {}\n#[cfg(test)]\nmod tests {\n    const KEY: &str = \"x\";\n}\n";
        let passages = Passages::of("src/a.rs", text);
        assert_eq!(passages.setting(3), None);
        assert_eq!(passages.setting(text.len() - 4), Some(Setting::Test));
        assert_eq!(Passages::of("src/a.rs", b"\nmod tests;\nfn a() {}").setting(15), None);
        assert_eq!(Passages::of("a.go", text).setting(text.len() - 4), None);
    }

    #[test]
    fn manuals_of_python_begin_a_line() {
        let text =
            b"def a():\n    \"\"\"Takes x.\n\n    token='y'\n    \"\"\"\n    b = \"\"\"\nc='d'\n\"\"\"\n";
        let passages = Passages::of("a.py", text);
        let at = |what: &[u8]| memchr::memmem::find(text, what).unwrap_or_default();
        assert_eq!(passages.setting(at(b"'y'")), Some(Setting::Sample));
        assert_eq!(passages.setting(at(b"'d'")), None);
        assert_eq!(passages.setting(1), None);
    }

    #[test]
    fn a_text_that_never_closes_runs_to_the_end() {
        assert_eq!(Passages::of("a.py", b"'''abc").setting(5), Some(Setting::Sample));
        assert_eq!(Passages::of("a.py", b"").setting(0), None);
    }
}
