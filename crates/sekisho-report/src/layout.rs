//! Lines of styled text that know their width: the table is made of them.
//!
//! Width is counted in columns of a terminal (`unicode-width`), never in bytes or characters. Text
//! comes in already escaped and without line ends; colour is added when a line is written, so that
//! the same lines without it are the plain form.

use std::io::{self, Write};

use anstyle::{AnsiColor, Color, Effects, Style};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Text as it is.
pub(crate) const PLAIN: Style = Style::new();
/// What a thing is called.
pub(crate) const STRONG: Style = Style::new().effects(Effects::BOLD);
/// What can be skipped.
pub(crate) const FAINT: Style = Style::new().effects(Effects::DIMMED);
/// What went well.
pub(crate) const GOOD: Style =
    Style::new().fg_color(Some(Color::Ansi(AnsiColor::Green))).effects(Effects::BOLD);
/// What asks for attention.
pub(crate) const NOTICE: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Yellow)));
/// What to do.
pub(crate) const ACTION: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Cyan)));
/// Severities.
pub(crate) const CRITICAL: Style = Style::new()
    .fg_color(Some(Color::Ansi(AnsiColor::White)))
    .bg_color(Some(Color::Ansi(AnsiColor::Red)))
    .effects(Effects::BOLD);
pub(crate) const HIGH: Style =
    Style::new().fg_color(Some(Color::Ansi(AnsiColor::Red))).effects(Effects::BOLD);
pub(crate) const MEDIUM: Style =
    Style::new().fg_color(Some(Color::Ansi(AnsiColor::Yellow))).effects(Effects::BOLD);
pub(crate) const LOW: Style =
    Style::new().fg_color(Some(Color::Ansi(AnsiColor::Blue))).effects(Effects::BOLD);

/// The signs that a terminal may not have.
#[derive(Debug)]
pub(crate) struct Glyphs {
    /// A branch with more below it.
    pub(crate) tee: &'static str,
    /// The last branch.
    pub(crate) elbow: &'static str,
    /// Beside what belongs to a branch.
    pub(crate) bar: &'static str,
    /// Before what to do; also from one encoding to the next.
    pub(crate) arrow: &'static str,
    /// Between things of one kind.
    pub(crate) dot: &'static str,
    /// For what was left out.
    pub(crate) ellipsis: &'static str,
    /// From a container to its member.
    pub(crate) into: &'static str,
}

/// The usual signs.
pub(crate) const UNICODE: Glyphs =
    Glyphs {
        tee: "├─", elbow: "╰─", bar: "│ ", arrow: "→", dot: " · ", ellipsis: "…", into: " › "
    };
/// The same in ASCII.
pub(crate) const ASCII: Glyphs =
    Glyphs { tee: "|-", elbow: "`-", bar: "| ", arrow: "->", dot: " - ", ellipsis: "...", into: " > " };

/// Columns that `text` takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// A line under construction.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    parts: Vec<(Style, String)>,
    width: usize,
}

impl Line {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A line of one part.
    pub(crate) fn of(style: Style, text: impl Into<String>) -> Self {
        Self::new().with(style, text)
    }

    /// This line and a part more.
    #[must_use]
    pub(crate) fn with(mut self, style: Style, text: impl Into<String>) -> Self {
        let text = text.into();
        self.width += width(&text);
        self.parts.push((style, text));
        self
    }

    /// This line and another behind it.
    #[must_use]
    pub(crate) fn then(mut self, other: Self) -> Self {
        self.width += other.width;
        self.parts.extend(other.parts);
        self
    }

    /// This line, filled with space up to `column`.
    #[must_use]
    pub(crate) fn pad(self, column: usize) -> Self {
        let missing = column.saturating_sub(self.width);
        self.with(PLAIN, " ".repeat(missing))
    }

    /// This line in at most `width` columns: its last parts lose their middle.
    #[must_use]
    fn fit(mut self, width: usize, ellipsis: &str) -> Self {
        for (_, part) in self.parts.iter_mut().rev() {
            let excess = self.width.saturating_sub(width);
            let room = part.width().saturating_sub(excess).max(ellipsis.width());
            if excess > 0 && room < part.width() {
                self.width -= part.width();
                *part = cut(part, room, ellipsis);
                self.width += part.width();
            }
        }
        self
    }

    /// Columns taken.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Writes the line without space at its end, and a line end.
    pub(crate) fn write(&self, out: &mut dyn Write, color: bool) -> io::Result<()> {
        let text = |at: usize| self.parts[at].1.as_str();
        let used = (0..self.parts.len()).rev().find(|at| !text(*at).trim_end_matches(' ').is_empty());
        for at in 0..used.map_or(0, |last| last + 1) {
            let part = if Some(at) == used { text(at).trim_end_matches(' ') } else { text(at) };
            let style = self.parts[at].0;
            if color && style != PLAIN && !part.is_empty() {
                write!(out, "{style}{part}{style:#}")?;
            } else {
                out.write_all(part.as_bytes())?;
            }
        }
        out.write_all(b"\n")
    }
}

/// `tokens`, joined by dots, in lines of at most `width` columns; longer tokens are shortened.
pub(crate) fn flow(tokens: impl IntoIterator<Item = Line>, glyphs: &Glyphs, width: usize) -> Vec<Line> {
    let between = glyphs.dot;
    let mut lines: Vec<Line> = Vec::new();
    for token in tokens {
        let token = token.fit(width, glyphs.ellipsis);
        match lines.last_mut() {
            Some(line) if line.width + between.width() + token.width <= width => {
                *line = std::mem::take(line).with(FAINT, between).then(token);
            }
            _ => lines.push(token),
        }
    }
    lines
}

/// `text` broken between words into lines of at most `width` columns; longer words are shortened.
pub(crate) fn wrap(text: &str, width: usize, ellipsis: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = shorten(word, width, '/', ellipsis);
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// `text` in at most `width` columns, its middle left out: whole parts between `separator` where
/// that is possible, keeping the last one, which says most; else characters.
pub(crate) fn shorten(text: &str, width: usize, separator: char, ellipsis: &str) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let parts: Vec<&str> = text.split(separator).collect();
    let one = separator.width().unwrap_or(1);
    let (mut head, mut tail) = (0, 1);
    let mut taken = ellipsis.width() + one + parts[parts.len() - 1].width();
    if taken > width {
        return cut(text, width, ellipsis);
    }
    // The beginning and the end take turns; the end goes first, it is closer to the thing.
    loop {
        let left = parts.len() - head - tail;
        let behind = parts.get(parts.len() - tail - 1).filter(|_| left > 1).map(|part| part.width() + one);
        let before = parts.get(head).filter(|_| left > 1).map(|part| part.width() + one);
        let (behind, before) = (behind.filter(|w| taken + w <= width), before.filter(|w| taken + w <= width));
        match (behind, before) {
            (Some(w), _) if tail <= head + 1 || before.is_none() => (tail, taken) = (tail + 1, taken + w),
            (_, Some(w)) => (head, taken) = (head + 1, taken + w),
            _ => break,
        }
    }
    let mut short = String::with_capacity(text.len());
    for part in &parts[..head] {
        short.push_str(part);
        short.push(separator);
    }
    short.push_str(ellipsis);
    for part in &parts[parts.len() - tail..] {
        short.push(separator);
        short.push_str(part);
    }
    short
}

/// `text` in at most `width` columns, with characters of its middle left out.
fn cut(text: &str, width: usize, ellipsis: &str) -> String {
    let room = width.saturating_sub(ellipsis.width());
    let tail_room = room.div_ceil(2);
    let mut tail_at = text.len();
    let mut taken = 0;
    for (at, c) in text.char_indices().rev() {
        taken += c.width().unwrap_or(0);
        if taken > tail_room {
            break;
        }
        tail_at = at;
    }
    // A mark without its letter would sit on the ellipsis.
    while text[tail_at..].chars().next().is_some_and(|c| c.width() == Some(0)) {
        tail_at += text[tail_at..].chars().next().map_or(0, char::len_utf8);
    }
    let head_room = room - text[tail_at..].width().min(room);
    let mut head_at = 0;
    let mut taken = 0;
    for (at, c) in text.char_indices() {
        taken += c.width().unwrap_or(0);
        if taken > head_room {
            break;
        }
        head_at = at + c.len_utf8();
    }
    let head_at = head_at.min(tail_at);
    format!("{}{ellipsis}{}", &text[..head_at], &text[tail_at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(text: &str, width: usize) -> String {
        shorten(text, width, '/', "…")
    }

    #[test]
    fn paths_lose_their_middle_and_keep_their_name() {
        let path = "deploy/overlays/production/eu-west-1/api/secrets.yaml";
        assert_eq!(short(path, 60), path);
        assert_eq!(short(path, 45), "deploy/overlays/…/eu-west-1/api/secrets.yaml");
        assert_eq!(short(path, 40), "deploy/…/eu-west-1/api/secrets.yaml");
        assert_eq!(short(path, 26), "deploy/…/api/secrets.yaml");
        assert_eq!(short(path, 18), "…/api/secrets.yaml");
        assert_eq!(short(path, 14), "…/secrets.yaml");
        assert_eq!(short(path, 10), "depl….yaml");
        for n in 1..60 {
            assert!(width(&short(path, n)) <= n, "{n}: {}", short(path, n));
        }
    }

    #[test]
    fn wide_characters_count_twice() {
        let path = "設定/本番/秘密の値.yaml";
        assert_eq!(width(path), 23);
        for n in 1..30 {
            assert!(width(&short(path, n)) <= n, "{n}: {}", short(path, n));
        }
        assert_eq!(short(path, 22), "…/本番/秘密の値.yaml");
        assert_eq!(short(path, 18), "…/秘密の値.yaml");
    }

    #[test]
    fn text_wraps_between_words() {
        assert_eq!(wrap("one two  three four", 9, "…"), ["one two", "three", "four"]);
        assert_eq!(wrap("a-very-long-word b", 8, "…"), ["a-v…word", "b"]);
        assert!(wrap("", 8, "…").is_empty());
    }

    #[test]
    fn tokens_flow_and_lines_end_without_space() {
        let lines = flow(["aa", "bb", "cc"].map(|t| Line::of(STRONG, t)), &UNICODE, 7);
        assert_eq!(lines.iter().map(Line::width).collect::<Vec<_>>(), [7, 2]);
        let mut out = Vec::new();
        lines[0].clone().pad(20).write(&mut out, false).unwrap();
        Line::of(STRONG, "x").with(PLAIN, "  ").write(&mut out, true).unwrap();
        Line::new().pad(3).write(&mut out, true).unwrap();
        let long = flow([Line::of(STRONG, "abc").with(PLAIN, "defgh")], &UNICODE, 6);
        assert_eq!(long[0].width(), 6);
        assert_eq!(String::from_utf8(out).unwrap(), "aa · bb\n\x1b[1mx\x1b[0m\n\n");
    }
}
