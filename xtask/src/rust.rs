//! Rust source as far as the checks need it: which bytes are code, and which code is tests.
//!
//! A full parser would know more; telling comments, literals and test modules from the rest is
//! enough to judge names, and keeps the checks quick and without dependencies.

use std::collections::BTreeSet;

use crate::tree::Tree;

/// The source with comments and literals blanked. Line ends stay, so positions hold.
pub fn code(source: &str) -> String {
    only(source, Token::Code)
}

/// The source with everything but its comments blanked.
pub fn comments(source: &str) -> String {
    only(source, Token::Comment)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Code,
    Comment,
    Literal,
}

fn only(source: &str, kept: Token) -> String {
    let bytes = source.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let (token, len) = token(source, at);
        let end = (at + len).min(bytes.len());
        if token != kept {
            for byte in out[at..end].iter_mut().filter(|byte| **byte != b'\n') {
                *byte = b' ';
            }
        }
        at = end;
    }
    // Whole tokens were blanked byte by byte, so this is UTF-8 still.
    String::from_utf8(out).unwrap_or_default()
}

/// What starts at a byte, and its length.
fn token(source: &str, at: usize) -> (Token, usize) {
    let bytes = source.as_bytes();
    let rest = &bytes[at..];
    let literal = match rest {
        [b'/', b'/', ..] => return (Token::Comment, line_length(rest)),
        [b'/', b'*', ..] => return (Token::Comment, block_comment_length(rest)),
        [b'"', ..] => Some(string_length(rest)),
        [b'r', ..] if !follows_word(bytes, at) || raw_prefix(bytes, at) => raw_length(rest),
        [b'\'', ..] => char_length(&source[at..]),
        _ => None,
    };
    literal.map_or((Token::Code, 1), |len| (Token::Literal, len))
}

/// Code (as [`code`] gives it) without its `#[cfg(test)]` items.
pub fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        out.push_str(&rest[..at]);
        let item = &rest[at..];
        let len = item_length(item, MARK.len());
        out.extend(item[..len].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = &item[len..];
    }
    out.push_str(rest);
    out
}

/// Sources that are tests as a whole: folders of tests, and modules declared under `#[cfg(test)]`.
pub fn test_files(tree: &Tree) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, source) in tree.rust() {
        if path.split('/').any(|part| matches!(part, "tests" | "benches" | "examples")) {
            found.insert(path.to_owned());
        }
        let folder = module_folder(path);
        let mut lines = source.lines().map(str::trim).peekable();
        while let Some(line) = lines.next() {
            let Some(next) = lines.peek().filter(|_| line == "#[cfg(test)]") else { continue };
            let name = next.split_once("mod ").and_then(|(_, name)| name.strip_suffix(';'));
            if let Some(name) = name {
                let below = format!("{folder}/{name}/");
                found.insert(format!("{folder}/{name}.rs"));
                found.extend(tree.paths().filter(|p| p.starts_with(&below)).map(str::to_owned));
            }
        }
    }
    found
}

/// The 1-based line of a byte.
pub fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1
}

/// Where `word` stands in `code` as a whole word.
pub fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        !code[..*at].chars().next_back().is_some_and(is_word)
            && !code[at + word.len()..].chars().next().is_some_and(is_word)
    })
}

/// The folder in which a file's child modules stand.
fn module_folder(path: &str) -> String {
    let (folder, file) = path.rsplit_once('/').unwrap_or((".", path));
    match file {
        "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
        _ => format!("{folder}/{}", file.trim_end_matches(".rs")),
    }
}

fn line_length(rest: &[u8]) -> usize {
    rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len())
}

/// Block comments nest.
fn block_comment_length(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

/// From the opening quote to the closing one.
fn string_length(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

fn follows_word(bytes: &[u8], at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_alphanumeric() || bytes[before] == b'_')
}

/// `br"…"` and `cr"…"`.
fn raw_prefix(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| (bytes[before], follows_word(bytes, before)));
    matches!(before, Some((b'b' | b'c', false)))
}

fn raw_length(rest: &[u8]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|b| **b == b'#').count();
    let body = rest.get(1 + hashes..)?.strip_prefix(b"\"")?;
    let close: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let len = body.windows(close.len()).position(|w| w == close)?;
    Some(2 + hashes + len + close.len())
}

/// The length of a character literal; `None` for a lifetime.
fn char_length(rest: &str) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        chars.next();
        return chars.find(|(_, c)| *c == '\'').map(|(at, _)| at + 1);
    }
    chars.next().filter(|(_, c)| *c == '\'').map(|(at, _)| at + 1)
}

/// The length of the item that starts at an attribute: to its `;` or its closing brace.
fn item_length(item: &str, from: usize) -> usize {
    let mut depth = 0usize;
    for (at, byte) in item.bytes().enumerate().skip(from) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth <= 1 => return at + 1,
            b'}' => depth -= 1,
            b';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    item.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_is_left() {
        let source = "let a = \"std::fs\"; // std::env\nlet b = r#\"x \" std::net\"#; /* a /* b */ c */ d";
        let code = code(source);
        assert_eq!(code.len(), source.len());
        for name in ["std", "x \"", "b */"] {
            assert!(!code.contains(name), "{name} in {code}");
        }
        assert!(code.contains("let a") && code.contains("\nlet b") && code.ends_with(" d"));
        let comments: Vec<String> = comments(source).lines().map(|line| line.trim().to_owned()).collect();
        assert_eq!(comments, ["// std::env", "/* a /* b */ c */"]);
    }

    #[test]
    fn lifetimes_are_not_characters() {
        let text = "fn f<'a>(x: &'a str) -> char { '\\'' } fn g() -> char { '\"' } // \"";
        let code = code(text);
        assert!(code.contains("fn f<'a>(x: &'a str)") && code.contains("fn g()"), "{code}");
        assert!(!code.contains('"') && !code.contains("//"), "{code}");
    }

    #[test]
    fn words_ending_in_r_open_no_raw_string() {
        assert!(code("for r in or { br\"x\" } std").contains("for r in or {"));
        assert!(!code("br#\"secret\"#").contains("secret"));
    }

    #[test]
    fn test_modules_are_left_out() {
        let source = "use a;\n#[cfg(test)]\nmod tests {\n fn f() { std::fs::x() }\n}\nfn g() {}\n";
        let code = without_tests(&code(source));
        assert!(!code.contains("std::fs") && code.contains("fn g()"), "{code}");
        assert_eq!(code.lines().count(), source.lines().count());
    }

    #[test]
    fn test_modules_in_their_own_file_are_known() {
        let tree = Tree::of(&[
            ("crates/a/src/lib.rs", "#[cfg(test)]\nmod trial;\nmod real;"),
            ("crates/a/src/real.rs", "#[cfg(test)]\nmod inner;"),
            ("crates/a/tests/x.rs", ""),
        ]);
        let files = test_files(&tree);
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        assert_eq!(files, ["crates/a/src/real/inner.rs", "crates/a/src/trial.rs", "crates/a/tests/x.rs"]);
    }
}
