//! How a value is given to a name: one reader for the assignments of all syntaxes.
//!
//! `PASSWORD=x`, `"password": "x"`, `password => 'x'`, `<password>x</password>`,
//! `config["password"] = "x"`, `setPassword("x")`, `--password x`, `name: DB_PASSWORD` /
//! `value: x`: between a name and its value stand a few marks, the same few in every language. The
//! reader walks them once, forwards, within a bounded distance, and never looks at what line or
//! how long a line it is in. It knows no language; whether an unquoted right-hand side is a
//! literal or a program's expression is for the verdict, which knows the kind of file.

use std::ops::Range;

use sekisho_scan::{Detect, Edges, Found, Reach};

use crate::assignment::marks::{binds, element, index, is_lookup, opens_element, sets_variable};
use crate::key::{Noun, makes_key};

/// Longest name, in bytes, to each side of the keyword.
pub(crate) const MAX_NAME_SIDE: usize = 64;
/// Longest distance from a name's end to the end of its value.
pub(crate) const MAX_BEHIND: usize = 448;
/// Quotes as HTML and XML write them.
const QUOTES: [&str; 5] = ["&quot;", "&#34;", "&#39;", "&apos;", "&#x27;"];
/// How marks that end a value without quotes go on behind their `&`.
const ENTITIES: [&[u8]; 9] =
    [b"quot;", b"#34;", b"#39;", b"apos;", b"#x27;", b"amp;", b"lt;", b"gt;", b"nbsp;"];
/// Shortest value that is worth a candidate (see the canonical value's least length).
const MIN_VALUE: usize = 4;

/// What stands between name and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Separator {
    /// `=`, `:=`, `?=`, `+=`, `<-`
    Equals,
    /// `:`
    Colon,
    /// `=>`
    Arrow,
    /// `==`, `!=`, `===`
    Comparison,
    /// `"name", "value"`
    Comma,
    /// `name("value")`
    Call,
    /// `<name>value`
    Tag,
    /// `--name value`
    Flag,
    /// `name "value"`
    Blank,
    /// `name="KEY" value="…"`, `name: KEY` / `value: …`
    NameValue,
}

/// An assignment as read; ranges are positions in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) name: Range<usize>,
    pub(crate) separator: Separator,
    pub(crate) quoted: bool,
    /// Neither blank nor quote stands between name, `=` and value, as in `-e NAME=value`.
    pub(crate) tight: bool,
    /// The default of a look-up (`getenv("X", "value")`) or an alternative (`x || "value"`).
    pub(crate) fallback: bool,
    pub(crate) value: Range<usize>,
    /// Behind the closing quote.
    pub(crate) end: usize,
    /// Nothing else stands on its line; for who knows the lines to say.
    pub(crate) ends: bool,
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$')
}

/// The name around a keyword: letters, digits, `_`, `-`, `.`, `$`, without dashes and dots at its ends.
pub(crate) fn name_around(text: &[u8], hit: &Range<usize>) -> Range<usize> {
    let before = text[..hit.start].iter().rev().take(MAX_NAME_SIDE).take_while(|b| is_of_name(**b)).count();
    let mut start = hit.start - before;
    let mut end = hit.end;
    while end > hit.start && !is_of_name(text[end - 1]) {
        end -= 1;
    }
    if end == hit.end {
        end += text[end..].iter().take(MAX_NAME_SIDE).take_while(|b| is_of_name(**b)).count();
    }
    while start < hit.start && matches!(text[start], b'-' | b'.' | b'$') {
        start += 1;
    }
    // An escape in front of a name belongs to the text, not to the name: `\npassword`.
    if start > 0 && text[start - 1] == b'\\' && start < hit.start {
        start += 1;
    }
    while end > start && matches!(text[end - 1], b'-' | b'.' | b'$') {
        end -= 1;
    }
    with_word_before(text, start)..end
}

/// The name that a text begins with, as [`name_around`] gave it when the text was found.
pub(crate) fn name_at_start(text: &[u8]) -> Range<usize> {
    let first = name_around(text, &(0..1.min(text.len())));
    let second = first.end + 1..(first.end + 4).min(text.len());
    let both = text.get(second.clone()).is_some().then(|| name_around(text, &second));
    both.filter(|name| name.start == 0 && text[first.end] == b' ').unwrap_or(first)
}

/// The quote that a name in parts begins with, `"Jwt:Secret"`, or else what stands in front of its last part.
fn opening_of_path(before: &[u8]) -> Option<u8> {
    let of_path = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b':' | b'/' | b'_' | b'-' | b'.');
    let parts = before.iter().rev().take(MAX_NAME_SIDE).take_while(|b| of_path(b)).count();
    let first = before.len().checked_sub(parts + 1).map(|at| before[at]);
    first.filter(|b| parts > 1 && matches!(b, b'"' | b'\'')).or(before.last().copied())
}

/// Where a name begins that is written as two words, `API Key` or `Public key`: a bare `key` says nothing, and
/// the word in front of it all.
fn with_word_before(text: &[u8], start: usize) -> usize {
    let bare = text[start..].get(..3).is_some_and(|word| word.eq_ignore_ascii_case(b"key"))
        && !text.get(start + 3).is_some_and(u8::is_ascii_alphanumeric);
    let Some(blank) = start.checked_sub(1).filter(|at| bare && text[*at] == b' ') else { return start };
    let len = text[..blank].iter().rev().take(16).take_while(|b| b.is_ascii_alphabetic()).count();
    if makes_key(&text[blank - len..blank]) { blank - len } else { start }
}

/// Reads the assignment to the name at `name`, if there is one.
pub(crate) fn read(text: &[u8], name: Range<usize>, edges: Edges) -> Option<Assignment> {
    let mut reader = Reader { text, at: name.end, edges, limit: text.len().min(name.end + MAX_BEHIND) };
    let dashes = text[..name.start].iter().rev().take_while(|b| **b == b'-').count();
    let opening = name.start.checked_sub(dashes + 1).map(|at| text[at]);
    // `${NAME:-default}`, `#{name}` and `{{name}}` are references, and no assignments.
    let outside = name.start.checked_sub(dashes + 2).map(|at| text[at]);
    if opening == Some(b'{') && matches!(outside, Some(b'$' | b'#' | b'%' | b'{')) {
        return if outside == Some(b'$') { reader.default(name) } else { None };
    }
    let opening =
        if matches!(opening, Some(b':' | b'/')) { opening_of_path(&text[..name.start]) } else { opening };
    let quoted_name = reader.closing_entity(name.start) || reader.closing_quote(opening)?;
    match opening {
        // Perl's `$ENV{NAME}`, Markdown's `**Name**`.
        Some(b'{') => reader.skip_one(b'}'),
        Some(b'*') => reader.skip_stars(),
        _ if quoted_name || opening == Some(b'[') => reader.skip_one(b']'),
        // Go's `name, err := …`, `name, _ = …`; the value is that of a decoder.
        _ if reader.rest().starts_with(b", ") => reader.skip_second(),
        // `char name[] = "…"`, `name?: string = "…"`.
        _ if reader.rest().starts_with(b"[]") => reader.at += 2,
        // `unsigned char name[16] = {…}`
        _ if reader.rest().starts_with(b"[") => {
            let digits = reader.rest().iter().skip(1).take(5).take_while(|b| b.is_ascii_digit()).count();
            let array =
                digits > 0 && reader.rest().get(digits + 1..).is_some_and(|rest| rest.starts_with(b"] ="));
            reader.at += if array { digits + 2 } else { 0 };
        }
        _ if reader.rest().starts_with(b"?:") => reader.at += 1,
        _ => {}
    }
    let blanks = reader.skip_blanks();
    let (separator, value_quoted_only) =
        reader.separator(name.start, opening, dashes, quoted_name, blanks)?;
    if separator == Separator::Colon {
        reader.skip_type();
        if opening == Some(b'*') {
            reader.skip_stars();
        }
    }
    reader.skip_blanks();
    if separator == Separator::Equals && reader.opens_line() {
        reader.at += 1;
    } else if separator == Separator::Equals
        && let Some(read) = reader.one_of_several(&name)
    {
        return Some(read);
    }
    if reader.peek() == Some(b'\n') || reader.peek() == Some(b'\r') {
        // A value on the next line must be quoted.
        reader.skip_space(64);
        return reader.finish(name, separator, false, false);
    }
    let fallback = reader.skip_wrappers()?;
    reader.finish(name, separator, fallback, !value_quoted_only && !fallback)
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    edges: Edges,
    /// Where the reading stops.
    limit: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text[..self.limit].get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        self.text[..self.limit].get(self.at..).unwrap_or_default()
    }

    fn skip_one(&mut self, byte: u8) {
        if self.peek() == Some(byte) {
            self.at += 1;
        }
    }

    fn skip_blanks(&mut self) -> usize {
        let blanks = self.rest().iter().take(48).take_while(|b| matches!(b, b' ' | b'\t')).count();
        self.at += blanks;
        blanks
    }

    /// Steps over `, err` in front of `:= hex.DecodeString(` and its like.
    fn skip_second(&mut self) {
        let rest = self.rest();
        let second =
            rest.iter().skip(2).take(16).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        let behind = &rest[2 + second..];
        let set = behind.strip_prefix(b" := ").or(behind.strip_prefix(b" = ")).unwrap_or_default();
        if set.starts_with(b"hex.DecodeString(") || set.starts_with(b"base64.") {
            self.at += 2 + second;
        }
    }

    /// Whether a name and one word more are a line.
    fn is_setting(&self, name: usize) -> bool {
        let line = self.text[..name].iter().rev().find(|b| !matches!(b, b' ' | b'\t'));
        let rest = self.rest();
        let word = rest.iter().take(128).take_while(|b| b.is_ascii_graphic()).count();
        let digit = rest[..word].iter().any(u8::is_ascii_digit);
        let ends = matches!(rest.get(word), Some(b'\n' | b'\r')) || (word == rest.len() && self.edges.at_end);
        matches!(line, None | Some(b'\n')) && digit && ends && !matches!(rest[0], b'"' | b'\'' | b'$' | b'<')
    }

    /// Whether a parenthesis is the last thing on the line: the value stands on the next one.
    fn opens_line(&self) -> bool {
        matches!(self.rest(), [b'(', b'\n', ..] | [b'(', b'\r', b'\n', ..])
    }

    /// `user, password = "app", "…"`: the value that stands where the name stands.
    fn one_of_several(&self, name: &Range<usize>) -> Option<Assignment> {
        let line = &self.text[..name.start];
        let line = &line
            [line.iter().rposition(|b| matches!(b, b'\n' | b';' | b'(' | b'{')).map_or(0, |at| at + 1)..];
        let names = line.trim_ascii();
        let plain =
            |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b',' | b' ' | b'$' | b'@');
        if !names.ends_with(b",") || !names.iter().all(plain) {
            return None;
        }
        let mut reader = Reader { text: self.text, at: self.at, edges: self.edges, limit: self.limit };
        for left in (0..names.split(|b| *b == b',').count()).rev() {
            reader.skip_blanks();
            let close = reader.quote()?;
            let start = reader.at;
            let end = reader.closing(start, close)?;
            reader.at = end + close.len();
            if left == 0 {
                let read = Assignment {
                    name: name.clone(),
                    separator: Separator::Equals,
                    quoted: true,
                    tight: false,
                    fallback: false,
                    value: start..end,
                    end: reader.at,
                    ends: false,
                };
                return (end - start >= MIN_VALUE).then_some(read);
            }
            reader.skip_blanks();
            if reader.peek() != Some(b',') {
                return None;
            }
            reader.at += 1;
        }
        None
    }

    fn skip_space(&mut self, most: usize) {
        self.at += self.rest().iter().take(most).take_while(|b| b.is_ascii_whitespace()).count();
    }

    fn skip_stars(&mut self) {
        self.at += self.rest().iter().take(2).take_while(|b| **b == b'*').count();
    }

    /// `${NAME:-value}` and Spring's `${name:value}`: what is taken where the name has no value.
    fn default(&self, name: Range<usize>) -> Option<Assignment> {
        let rest = self.rest();
        let marks = match rest {
            [b':', b'-' | b'=', ..] => 2,
            // `${NAME:?message}` and `${NAME:+other}`.
            [b':', b'?' | b'+', ..] => return None,
            [b':', ..] => 1,
            _ => return None,
        };
        let len = rest.iter().skip(marks).position(|b| b"}${\n\r\"'".contains(b))?;
        let value = self.at + marks..self.at + marks + len;
        (len >= MIN_VALUE && self.text.get(value.end) == Some(&b'}')).then(|| Assignment {
            name,
            separator: Separator::Equals,
            quoted: true,
            tight: false,
            fallback: true,
            end: value.end + 1,
            value,
            ends: false,
        })
    }

    /// Whether the name stands between quotes as HTML writes them: `&quot;name&quot;`.
    fn closing_entity(&mut self, name: usize) -> bool {
        let entity = QUOTES.into_iter().find(|entity| self.rest().starts_with(entity.as_bytes()));
        let both = entity.filter(|entity| self.text[..name].ends_with(entity.as_bytes()));
        self.at += both.map_or(0, str::len);
        both.is_some()
    }

    /// Whether the name ends in a quote that opened in front of it; `None` when a quote stands
    /// there that did not.
    fn closing_quote(&mut self, opening: Option<u8>) -> Option<bool> {
        let escaped = self.rest().starts_with(b"\\");
        let at = self.at + usize::from(escaped);
        match self.text[..self.limit].get(at) {
            Some(quote @ (b'"' | b'\'' | b'`')) => {
                if opening != Some(*quote) {
                    return None;
                }
                self.at = at + 1;
                Some(true)
            }
            _ => Some(false),
        }
    }

    /// The marks between name and value, and whether only a quoted value can follow.
    fn separator(
        &mut self,
        name_start: usize,
        opening: Option<u8>,
        dashes: usize,
        quoted_name: bool,
        blanks: usize,
    ) -> Option<(Separator, bool)> {
        let rest = self.rest();
        let (separator, len, quoted_only) = match rest {
            [b'=', b'>', ..] => (Separator::Arrow, 2, true),
            [b'=' | b'!', b'=', b'=', ..] => (Separator::Comparison, 3, true),
            [b'=' | b'!', b'=', ..] => (Separator::Comparison, 2, true),
            [b'=', b'~', ..] | [b':', b':', ..] => return None,
            [b':' | b'?' | b'+', b'=', ..] | [b'<', b'-', ..] => (Separator::Equals, 2, false),
            [b'=', ..] => (Separator::Equals, 1, false),
            // Vue's `name="password" :rules="…"`: the next attribute.
            [b':', behind @ ..] if quoted_name && blanks > 0 && binds(behind) => return None,
            // `last ? ['user', 'password'] : ['mail', 'code']`
            [b':', ..] if blanks > 0 && self.text[..self.at - blanks].ends_with(b"]") => return None,
            [b':', ..] => (Separator::Colon, 1, false),
            // Scala's pairs.
            [b'-', b'>', ..] if quoted_name => (Separator::Arrow, 2, true),
            // Erlang's `{name, "…"}` and `{name, <<"…">>}`, Ruby's `set :name, "…"`.
            [b',', ..] if matches!(opening, Some(b'{' | b':')) && !quoted_name => (Separator::Comma, 1, true),
            // A property list's `<key>name</key><string>…`, Hadoop's `<name>name</name><value>…`.
            [b'<', b'/', ..] if rest.starts_with(b"</key>") || rest.starts_with(b"</name>") => {
                let end = if rest[2] == b'k' { 6 } else { 7 };
                (Separator::Tag, end + element(&rest[end..])?, false)
            }
            // `<property name="name">` with the value in an element of its own.
            [b'>', b'\n' | b'\r' | b' ' | b'\t' | b'<', ..]
                if quoted_name && element(&rest[1..]).is_some() =>
            {
                (Separator::Tag, 1 + element(&rest[1..])?, false)
            }
            // `<password type="text">…`: attributes.
            _ if blanks > 0 && !quoted_name && opens_element(&self.text[..name_start]) => {
                let end = rest.iter().take(96).position(|b| matches!(b, b'>' | b'<' | b'\n'))?;
                let attributes = rest[end] == b'>' && end > 3 && rest[end - 1] == b'"';
                if !attributes || !rest[..end].contains(&b'=') {
                    return None;
                }
                (Separator::Tag, end + 1, false)
            }
            // C#'s `Name { get; set; } = "…"`.
            [b'{', b' ', b'g', b'e', b't', b';', ..] if blanks > 0 => {
                let close = rest.iter().take(48).position(|b| *b == b'}')?;
                let equals = rest[close + 1..].strip_prefix(b" = ")?;
                (Separator::Equals, rest.len() - equals.len(), true)
            }
            // C++'s `std::string name{"…"}`.
            [b'{', b'"', ..] if blanks == 0 && !quoted_name && opening == Some(b' ') => {
                (Separator::Equals, 1, true)
            }
            _ if blanks > 0 && !quoted_name && sets_variable(&self.text[..name_start]) => {
                (Separator::Equals, 0, false)
            }
            // `Dim name As String = "…"`.
            [b'A', b's', b' ', behind @ ..] if blanks > 0 => {
                let kind =
                    behind.iter().take(24).take_while(|b| b.is_ascii_alphabetic() || **b == b' ').count();
                if behind.get(kind) != Some(&b'=') {
                    return None;
                }
                (Separator::Equals, 4 + kind, true)
            }
            // An element whose name this is: `<password>`, `<a:password>`, or `name="password">`.
            [b'>', next, ..] if !next.is_ascii_whitespace() => {
                let tag = matches!(opening, Some(b'<'))
                    || (opening == Some(b':')
                        && self.text[..name_start].iter().rev().take(32).any(|b| *b == b'<'));
                if !tag && !quoted_name {
                    return None;
                }
                (Separator::Tag, 1, false)
            }
            [b'(', ..] if blanks == 0 && !quoted_name => (Separator::Call, 1, true),
            [b',', ..] if quoted_name => {
                if let Some(found) = self.name_value(blanks) {
                    return Some(found);
                }
                // `add_argument('--name', default='…')`
                let rest = self.rest();
                let space = rest[1..].iter().take(32).take_while(|b| b.is_ascii_whitespace()).count();
                // `define('NAME', '…')`
                let front = &self.text[..name_start.saturating_sub(1)];
                // Go's `flag.String("name", "…", "what it is")`.
                let flag = [&b"lag.String("[..], b"lags.String(", b"lags().String("];
                let defines = front.ends_with(b"define(") || flag.iter().any(|call| front.ends_with(call));
                // `["run", "--password", "…"]`; a call's first argument would declare it.
                let passed = dashes == 2 && !self.text[..name_start.saturating_sub(3)].ends_with(b"(");
                if passed {
                    (Separator::Flag, 1, true)
                } else if rest[1 + space..].starts_with(b"default=") {
                    (Separator::Equals, 9 + space, true)
                } else if defines {
                    (Separator::Equals, 1, true)
                } else {
                    (Separator::Comma, 1, true)
                }
            }
            [b'"' | b'\'', ..] | [b'@', b'"', ..] if blanks > 0 && !quoted_name => {
                let defines = self.text[..name_start].trim_ascii_end().ends_with(b"#define");
                let separator = match dashes {
                    0 if defines => Separator::Equals,
                    0 => Separator::Blank,
                    _ => Separator::Flag,
                };
                (separator, 0, true)
            }
            // `-Password x` is PowerShell's way, `-repotoken x` that of Go's flags.
            _ if blanks > 0
                && !quoted_name
                && !self.text[name_start..self.at].contains(&b'$')
                && (dashes == 2 || (dashes == 1 && self.at >= name_start + 6 + blanks)) =>
            {
                (Separator::Flag, 0, false)
            }
            // `bindpw x`: a setting on a line of its own.
            _ if blanks > 0 && !quoted_name && dashes == 0 && self.is_setting(name_start) => {
                (Separator::Blank, 0, false)
            }
            // `s:8:"password";s:4:"..."`, as PHP serialises.
            [b';', b's', b':', ..] if quoted_name => {
                let digits = rest[3..].iter().take(5).take_while(|b| b.is_ascii_digit()).count();
                if rest.get(3 + digits) != Some(&b':') {
                    return None;
                }
                (Separator::Arrow, 4 + digits, true)
            }
            _ => return self.name_value(blanks),
        };
        self.at += len;
        Some((separator, quoted_only))
    }

    /// `KEY", "value": …`, `KEY" value="…"`, `KEY` + line end + `value: …`.
    fn name_value(&mut self, blanks: usize) -> Option<(Separator, bool)> {
        let rest = self.rest();
        let space = rest
            .iter()
            .take(96)
            .take_while(|b| b.is_ascii_whitespace() || matches!(b, b',' | b';' | b'"' | b'\'' | b'\\'))
            .count();
        // CloudFormation says `ParameterValue`.
        let prefix = rest.get(space..space + 9).is_some_and(|word| word.eq_ignore_ascii_case(b"parameter"));
        let space = space + if prefix { 9 } else { 0 };
        let word = rest.get(space..space + 5)?;
        if space + blanks == 0 || !word.eq_ignore_ascii_case(b"value") {
            return None;
        }
        let mut at = space + 5;
        at += rest[at..].iter().take(2).take_while(|b| matches!(b, b'"' | b'\'' | b'\\')).count();
        at += rest[at..].iter().take(16).take_while(|b| matches!(b, b' ' | b'\t')).count();
        if !matches!(rest.get(at), Some(b'=' | b':')) {
            return None;
        }
        self.at += at + 1;
        Some((Separator::NameValue, false))
    }

    /// `: String = "…"`: a type between the colon and the value.
    fn skip_type(&mut self) {
        let rest = self.rest();
        // A quote belongs to a lifetime (`&'static str`), or opens the value, which may end in `=`.
        if rest.trim_ascii_start().starts_with(b"'") {
            return;
        }
        let mut depth = 0;
        let len = rest
            .iter()
            .take(48)
            .take_while(|b| {
                depth += i32::from(**b == b'[') - i32::from(**b == b']');
                // `[u8; 16]`
                b.is_ascii_alphanumeric() || b"_&'<>[]?.:| *".contains(b) || (depth > 0 && **b == b';')
            })
            .count();
        let typed = rest[..len].iter().any(u8::is_ascii_alphabetic);
        if typed && rest.get(len) == Some(&b'=') && !matches!(rest.get(len + 1), Some(b'=' | b'>')) {
            self.at += len + 1;
        }
    }

    /// Steps over `String::from(`, `new X(`, `Some(`, `os.getenv("X",` and `x ||`. True when the
    /// value is a fallback; `None` when a name in a look-up stands where the value would.
    fn skip_wrappers(&mut self) -> Option<bool> {
        for _ in 0..3 {
            let rest = self.rest();
            let rest = rest.strip_prefix(b"new ").or(rest.strip_prefix(b"[]")).unwrap_or(rest);
            let rest = rest.strip_prefix(b"<%= ").unwrap_or(rest);
            let skipped = self.rest().len() - rest.len();
            let len = rest
                .iter()
                .take(64)
                .take_while(|b| {
                    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'$' | b'?' | b'!')
                })
                .count();
            let callee = &rest[..len];
            // `ENV["X"] || "…"`
            let index = index(&rest[len..]).filter(|_| len > 0).unwrap_or(0);
            let len = len + index;
            let behind = &rest[len..];
            let blanks = behind.iter().take(8).take_while(|b| matches!(b, b' ' | b'\t')).count();
            // `process.env.X || "…"`, `x ?? "…"`, `os.environ.get("X") or "…"`.
            for mark in [&b"||"[..], b"??", b"or "] {
                if len > 0 && behind[blanks..].starts_with(mark) {
                    let quote = behind[blanks + mark.len()..].iter().take(8).position(|b| *b != b' ');
                    if let Some(quote) = quote {
                        self.at += skipped + len + blanks + mark.len() + quote;
                        return Some(true);
                    }
                }
            }
            if len == 0 || behind.first() != Some(&b'(') {
                return Some(false);
            }
            let inner = &behind[1..];
            let inner_blanks = inner.iter().take(8).take_while(|b| matches!(b, b' ' | b'\t')).count();
            let opens = inner.get(inner_blanks).copied();
            if callee.ends_with(b"$") || callee == b"ENC" {
                // The output of a command; what Jasypt encrypted.
                return None;
            }
            if is_lookup(callee) {
                let quote = opens.filter(|b| matches!(b, b'"' | b'\'' | b'`'))?;
                let first = &inner[inner_blanks + 1..];
                let closing = first.iter().take(64).position(|b| *b == quote)?;
                let tail = &first[closing + 1..];
                let marks = tail.iter().take(8).take_while(|b| matches!(b, b',' | b' ')).count();
                let behind_call = tail.first() == Some(&b')');
                let at = self.at + skipped + len + 1 + inner_blanks + 1 + closing + 1;
                if behind_call {
                    let or = [&b") || "[..], b") or ", b") ?? "].into_iter().find(|m| tail.starts_with(m))?;
                    self.at = at + or.len();
                } else {
                    if marks == 0 {
                        return None;
                    }
                    self.at = at + marks;
                }
                return Some(true);
            }
            if !opens.is_some_and(|b| {
                b.is_ascii_alphanumeric() || matches!(b, b'"' | b'\'' | b'`' | b'@' | b'$' | b'[')
            }) {
                return Some(false);
            }
            self.at += skipped + len + 1 + inner_blanks;
            // `Field(default="…")`
            if self.rest().starts_with(b"default=") {
                self.at += 8;
            }
        }
        Some(false)
    }

    /// Steps over an opening quote with its prefix and tells its closing form.
    fn quote(&mut self) -> Option<&'static [u8]> {
        let rest = self.rest();
        let prefix = rest.iter().take(3).take_while(|b| b"bBrRuUfFL@$#&[<".contains(b)).count();
        for skip in 0..=prefix {
            let body = &rest[skip..];
            let (open, close): (usize, &'static [u8]) = match body {
                [b'"', b'"', b'"', ..] => (3, b"\"\"\""),
                [b'\'', b'\'', b'\'', ..] => (3, b"'''"),
                [b'`', b'`', ..] => (2, b"``"),
                [b'\\', b'"', ..] => (2, b"\\\""),
                [b'\\', b'\'', ..] => (2, b"\\'"),
                [b'"', ..] => (1, b"\""),
                [b'\'', ..] => (1, b"'"),
                [b'`', ..] => (1, b"`"),
                _ => {
                    let entity = QUOTES.into_iter().find(|entity| body.starts_with(entity.as_bytes()));
                    let Some(entity) = entity else { continue };
                    (entity.len(), entity.as_bytes())
                }
            };
            self.at += skip + open;
            return Some(close);
        }
        None
    }

    fn finish(
        mut self,
        name: Range<usize>,
        separator: Separator,
        fallback: bool,
        unquoted_too: bool,
    ) -> Option<Assignment> {
        let before = self.at;
        // Behind a colon no list opens on the next line but as the value of a setting that is a list.
        let next_line = separator == Separator::Colon && !unquoted_too && !fallback;
        let bytes = if next_line { None } else { self.bytes() };
        let (quoted, value, end) = if let Some(value) = bytes {
            (true, value.clone(), value.end)
        } else if let Some(close) = self.quote() {
            let start = self.at;
            let end = self.closing(start, close)?;
            (true, start..end, end + close.len())
        } else if before == self.at && unquoted_too {
            let value = self.bare(separator)?;
            (false, value.clone(), value.end)
        } else {
            return None;
        };
        if value.len() < MIN_VALUE {
            return None;
        }
        let tight = separator == Separator::Equals && value.start == name.end + 1;
        Some(Assignment { name, separator, quoted, tight, fallback, value, end, ends: false })
    }

    /// Where the quote closes, on the same line.
    fn closing(&self, start: usize, close: &[u8]) -> Option<usize> {
        let body = &self.text[start..self.limit];
        let mut at = 0;
        while at < body.len() {
            if body[at..].starts_with(close) {
                return Some(start + at);
            }
            match body[at] {
                b'\n' | b'\r' => return None,
                b'\\' if close[0] != b'\\' => at += 2,
                _ => at += 1,
            }
        }
        None
    }
}

/// Assignments to names of one kind, as a detector: the engine's hits become candidates when the
/// keyword is part of the word that decides and a value follows.
pub(crate) struct Assignments {
    /// The kind of name.
    pub(crate) noun: Noun,
    /// Parts of the nouns of that kind.
    pub(crate) keywords: &'static [&'static str],
}

impl Detect for Assignments {
    fn keywords(&self) -> &[&'static str] {
        self.keywords
    }

    fn reach(&self) -> Reach {
        // One byte more than the name, to see what stands in front of it, and its dashes.
        Reach { before: MAX_NAME_SIDE + 40, after: MAX_NAME_SIDE + MAX_BEHIND }
    }

    fn find(&self, text: &[u8], hit: Range<usize>, edges: Edges, out: &mut Vec<Found>) {
        let name = name_around(text, &hit);
        if name.start <= hit.start
            && name.end > hit.start
            && let Some(read) = read(text, name.clone(), edges)
            && sight::means(text, &hit, &name, self.noun)
        {
            out.push(Found { whole: name.start..read.end.max(hit.end), value: read.value });
        }
    }

    fn sight(&self) -> Reach {
        sight::SIGHT
    }

    fn may_stand(&self, near: &[u8], hit: Range<usize>) -> bool {
        sight::may_stand(near, &hit, self.noun)
    }
}

mod bare;
mod bytes;
mod marks;
mod sight;
#[cfg(test)]
mod tests;
