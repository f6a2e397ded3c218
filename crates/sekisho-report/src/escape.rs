//! Foreign text made harmless for whoever shows it.
//!
//! Names in a target are chosen by whoever wrote the target: a path, an object's name or a field
//! may hold terminal controls, text that runs backwards, markup, `@mentions`, or the workflow
//! commands that CI systems read from a job's output. Nothing of it reaches an output raw:
//!
//! * [`terminal`] comes first everywhere: controls and invisible characters become visible escapes,
//!   and nothing reads as a workflow command. Its result is one line.
//! * [`markdown`], [`markdown_code`] and [`html`] start from it and add their own.
//! * `Armor` writes JSON that holds the same text and shows no such character raw.
//!
//! The escapes are for eyes and are not meant to be read back; `json` has the exact text.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};
use unicode_width::UnicodeWidthChar as _;

/// Marks that may sit on one letter; the next ones are escaped, since a tower of them covers the
/// lines above.
const MAX_MARKS: usize = 4;

/// Whether `c` moves the cursor, turns the text around, or cannot be seen: C0, DEL and C1 controls,
/// line and paragraph separators, and the default-ignorable code points of Unicode (DerivedCoreProperties,
/// 16.0: bidirectional controls, zero-width characters, variation selectors, tags, fillers).
pub fn is_hostile(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// `text` on one line, as a terminal and the log of a CI job may show it: hostile characters as
/// `\n`, `\u{1b}`, …, and no workflow command (GitHub's `::name` and `##[name]`, Azure's
/// `##vso[…]`, TeamCity's `##teamcity[…]`; GitLab's need an escape character).
pub fn terminal(text: &str) -> Cow<'_, str> {
    let plain = |b: u8| (b' '..0x7f).contains(&b);
    if text.bytes().all(plain) && !text.contains("::") && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let (mut before, mut marks) = (' ', 0);
    for (at, c) in text.char_indices() {
        marks = if c.width() == Some(0) { marks + 1 } else { 0 };
        let command = match c {
            ':' => before.is_whitespace() && is_colon_command(&text[at..]),
            '#' => before == '#' && is_hash_command(&text[at..]),
            _ => false,
        };
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if command || is_hostile(c) || marks > MAX_MARKS => escape(&mut shown, c),
            _ => shown.push(c),
        }
        before = c;
    }
    Cow::Owned(shown)
}

fn escape(into: &mut String, c: char) {
    // Writing to a string cannot fail.
    let _infallible = write!(into, "\\u{{{:x}}}", u32::from(c));
}

/// Whether `rest` begins a GitHub command: `::error …`, where nothing but space stands before.
fn is_colon_command(rest: &str) -> bool {
    rest.strip_prefix("::").is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// Whether `rest`, which begins with the second `#`, begins a command such as `##[error]`.
fn is_hash_command(rest: &str) -> bool {
    rest[1..].trim_start_matches(|c: char| c.is_ascii_alphabetic()).starts_with('[')
}

/// `bytes` as [`terminal`] shows text, with what is not UTF-8 as `\xff`.
pub fn terminal_bytes(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        shown.push_str(&terminal(chunk.valid()));
        for byte in chunk.invalid() {
            let _infallible = write!(shown, "\\x{byte:02x}");
        }
    }
    shown
}

/// `text` for GitHub's and GitLab's Markdown, readable where it can be: words of plain letters stay
/// as they are, every other word becomes a code span, in which neither markup, HTML, mentions,
/// references, emoji nor links are read. Meant for the middle of a line.
pub fn markdown(text: &str) -> String {
    let text = terminal(text);
    let words = text.split(' ').filter(|word| !word.is_empty());
    let words =
        words.map(|word| if is_plain_word(word) { Cow::Borrowed(word) } else { Cow::Owned(code_span(word)) });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether no Markdown flavour reads anything into `word`.
fn is_plain_word(word: &str) -> bool {
    let inner = word.trim_start_matches(['(', '"']).trim_end_matches(['.', ',', ';', ':', ')', '"', '?']);
    let harmless = |c: char| {
        c.is_alphanumeric() || matches!(c, '.' | ',' | '\'' | '/' | '-' | '(' | ')' | '…' | '→' | '·')
    };
    let lower = inner.to_ascii_lowercase();
    // `www.` links itself, `GH-1` is an issue, `/close` a command of GitLab's, and seven or more
    // hexadecimal digits a commit.
    let link = lower.starts_with("www.") || lower.starts_with("gh-") || inner.starts_with('/');
    let commit = inner.len() >= 7 && inner.bytes().all(|b| b.is_ascii_hexdigit());
    // A word of signs alone, such as `---`, can be a line of its own.
    let said = inner.chars().next().is_some_and(char::is_alphanumeric);
    said && inner.chars().all(harmless) && !link && !commit
}

/// `text` as one Markdown code span.
pub fn markdown_code(text: &str) -> String {
    code_span(&terminal(text))
}

/// A code span around text without line ends, CommonMark 0.31 section 6.1: fenced by more backticks
/// than stand in it. Not for tables, which are split at `|` before spans are read.
fn code_span(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// `text` between HTML tags or in a quoted attribute.
pub fn html(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in terminal(text).chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&#39;"),
            _ => shown.push(c),
        }
    }
    shown
}

/// A JSON formatter that writes hostile characters, and the second `#` of `##`, as `\u` escapes:
/// the text means the same to every reader and does nothing to whatever displays it.
#[derive(Debug)]
pub(crate) struct Armor<F>(F);

impl Armor<PrettyFormatter<'static>> {
    /// Indented by two spaces.
    pub(crate) fn pretty() -> Self {
        Self(PrettyFormatter::new())
    }
}

impl Armor<CompactFormatter> {
    /// On one line.
    pub(crate) fn compact() -> Self {
        Self(CompactFormatter)
    }
}

/// Passes calls on to the formatter within.
macro_rules! as_within {
    ($($method:ident($($arg:ident: $type:ty),*)),* $(,)?) => {
        $(fn $method<W: ?Sized + io::Write>(&mut self, out: &mut W $(, $arg: $type)*) -> io::Result<()> {
            self.0.$method(out $(, $arg)*)
        })*
    };
}

impl<F: Formatter> Formatter for Armor<F> {
    as_within! {
        begin_array(), end_array(), begin_array_value(first: bool), end_array_value(),
        begin_object(), end_object(), begin_object_key(first: bool), end_object_key(),
        begin_object_value(), end_object_value(),
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let (mut start, mut before) = (0, ' ');
        for (at, c) in fragment.char_indices() {
            if is_hostile(c) || (c == '#' && before == '#') {
                out.write_all(&fragment.as_bytes()[start..at])?;
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
                start = at + c.len_utf8();
            }
            before = c;
        }
        out.write_all(&fragment.as_bytes()[start..])
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize as _;

    use super::*;

    #[test]
    fn controls_and_invisible_characters_become_visible() {
        assert_eq!(terminal("a\x1b[31m\u{9b}b\r\nc\td\0\x7f"), r"a\u{1b}[31m\u{9b}b\r\nc\td\u{0}\u{7f}");
        assert_eq!(
            terminal("safe\u{202e}gpj.exe\u{2066}\u{200b}\u{feff}"),
            r"safe\u{202e}gpj.exe\u{2066}\u{200b}\u{feff}"
        );
        assert_eq!(terminal("tags\u{e0041}\u{fe0f}\u{2028}"), r"tags\u{e0041}\u{fe0f}\u{2028}");
        assert_eq!(terminal("設定/秘密.yaml café"), "設定/秘密.yaml café");
        assert!(matches!(terminal("deploy/api.yaml"), Cow::Borrowed(_)));
    }

    #[test]
    fn marks_do_not_pile_up() {
        let tower = format!("e{}", "\u{301}".repeat(100));
        let shown = terminal(&tower);
        assert_eq!(shown.matches('\u{301}').count(), MAX_MARKS);
        assert!(shown.ends_with(r"\u{301}"));
    }

    #[test]
    fn workflow_commands_are_broken() {
        assert_eq!(terminal("::error file=a::b"), r"\u{3a}:error file=a::b");
        assert_eq!(terminal("a ::set-output name=x::y"), r"a \u{3a}:set-output name=x::y");
        assert_eq!(terminal("a\n::error::b"), r"a\n\u{3a}:error::b");
        assert_eq!(
            terminal("x ##[error]y ##vso[task.complete]"),
            r"x #\u{23}[error]y #\u{23}vso[task.complete]"
        );
        assert_eq!(terminal("##teamcity[message]###[group]"), r"#\u{23}teamcity[message]##\u{23}[group]");
        // What is no command stays readable.
        assert_eq!(terminal("std::fmt arn:aws:iam::1 ## title [x]"), "std::fmt arn:aws:iam::1 ## title [x]");
    }

    #[test]
    fn bytes_that_are_not_text_are_shown() {
        assert_eq!(terminal_bytes(b"caf\xe9\x1b.env"), r"caf\xe9\u{1b}.env");
    }

    #[test]
    fn markdown_keeps_plain_words_and_shields_the_rest() {
        assert_eq!(
            markdown("Rotate it, then (read) it at run-time."),
            "Rotate it, then (read) it at run-time."
        );
        assert_eq!(markdown("ask @admin"), "ask `@admin`");
        assert_eq!(markdown("  ---    - x"), "`---` `-` x");
        assert_eq!(markdown("<img src=x onerror=y>"), "`<img` `src=x` `onerror=y>`");
        assert_eq!(
            markdown("see #12 !3 &4 GH-5 a_b_ :tada: *x* [l](u)"),
            "see `#12` `!3` `&4` `GH-5` `a_b_` `:tada:` `*x*` `[l](u)`"
        );
        assert_eq!(
            markdown("https://a.example www.a.example a@b.example"),
            "`https://a.example` `www.a.example` `a@b.example`"
        );
        assert_eq!(markdown("deadbeef00 /close 秘密"), "`deadbeef00` `/close` 秘密");
    }

    #[test]
    fn code_spans_cannot_be_closed_from_within() {
        assert_eq!(markdown_code("a`b``c"), "```a`b``c```");
        assert_eq!(markdown_code("`"), "`` ` ``");
        assert_eq!(markdown_code("a\nb"), "`a\\nb`");
        assert_eq!(markdown_code(""), "");
    }

    #[test]
    fn html_is_text() {
        assert_eq!(html(r#"<b a="1" b='2'>&"#), "&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;");
    }

    #[test]
    fn armored_json_is_the_same_json() {
        let text = "a\x1b\u{9b}\u{202e}\u{e0041}##[error]\"\\\n###é秘";
        let mut out = Vec::new();
        let value = serde_json::json!({ text: [text, 1, null, {}] });
        value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, Armor::pretty())).unwrap();
        let json = String::from_utf8(out).unwrap();
        assert!(!json.contains("##") && !json.chars().any(|c| c != '\n' && is_hostile(c)), "{json}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), value);
        assert_eq!(json.lines().count(), serde_json::to_string_pretty(&value).unwrap().lines().count());
    }
}
