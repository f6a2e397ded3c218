//! What stands so near to a keyword that no value can follow.
//!
//! `secret`, `token` and `pass` are in every text about Kubernetes, and nearly always nothing is assigned
//! to them. A look at a few bytes tells most of these: [`read`](super::read) finds nothing there, whatever
//! stands further off. In doubt, and wherever what is near ends too soon, something may stand there
//! (`tests::nothing_that_is_read_is_out_of_sight` holds the two together).

use std::ops::Range;

use sekisho_scan::Reach;

use super::{is_of_name, name_around, sets_variable};
use crate::key::{KeyClass, Noun, read_name};

/// How far is looked around a keyword, in bytes: a name, the line in front of it, and a value on the next
/// line, with its indentation.
pub(super) const SIGHT: Reach = Reach { before: 32, after: 64 };

/// Bytes in front of a name that may set a variable.
const COMMAND: usize = 16;

/// Whether a value may be given to a name of some kind at a keyword.
pub(super) fn may_stand(near: &[u8], hit: &Range<usize>, noun: Noun) -> bool {
    // A keyword may end in marks, which are behind the name.
    let marks = near[hit.clone()].iter().rev().take_while(|b| !is_of_name(**b)).count();
    let rest = if marks == 0 { near[hit.end..].iter().take_while(|b| is_of_name(**b)).count() } else { 0 };
    let end = hit.end - marks + rest;
    let Some(behind) = near.get(end..).filter(|behind| !behind.is_empty() && end > hit.start) else {
        return true;
    };
    let before = near[..hit.start].iter().rev().take_while(|b| is_of_name(**b)).count();
    let Some(front) = near.get(..hit.start - before).filter(|front| !front.is_empty()) else { return true };
    // Dots and dashes behind a name are no part of it, and no value follows them.
    if matches!(near[end - 1], b'-' | b'.' | b'$') {
        return false;
    }
    let name = hit.start - before..end;
    let sight = Sight { front, name: &near[name.clone()] };
    sight.may_follow(behind)
        && if sight.is_plain() { means(near, hit, &name, noun) } else { may_mean(near, hit, noun) }
}

/// Whether the name around a keyword may be of some kind, and the keyword a part of what makes it so.
fn may_mean(near: &[u8], hit: &Range<usize>, noun: Noun) -> bool {
    let name = name_around(near, hit);
    // In front of a bare `key` stands the word that decides, and it may not be all here.
    let bare = || near[name.start..].get(..3).is_some_and(|word| word.eq_ignore_ascii_case(b"key"));
    name.start == 0 || name.start < COMMAND && bare() || means(near, hit, &name, noun)
}

/// Whether a name is of some kind, and the keyword in it a part of what makes it so.
pub(super) fn means(text: &[u8], hit: &Range<usize>, name: &Range<usize>, noun: Noun) -> bool {
    if name.start > hit.start || name.end <= hit.start {
        return false;
    }
    let reading = read_name(&text[name.clone()]);
    let (KeyClass::Credential(found) | KeyClass::Perhaps(found)) = reading.class else { return false };
    let (from, to) = (hit.start - name.start, hit.end.min(name.end) - name.start);
    found == noun && from < reading.noun.end && reading.noun.start < to
}

/// What stands in front of a name.
struct Sight<'a> {
    /// At least one byte.
    front: &'a [u8],
    /// With the dots and dashes in front of it.
    name: &'a [u8],
}

impl Sight<'_> {
    /// Whether the name is all that stands between the marks, as [`name_around`] reads it.
    fn is_plain(&self) -> bool {
        let bare = self.name.get(..3).is_some_and(|word| word.eq_ignore_ascii_case(b"key"));
        !bare && self.front.last() != Some(&b'\\') && !matches!(self.name[0], b'-' | b'.' | b'$')
    }

    /// Whether a value may follow, given what stands behind the name.
    fn may_follow(&self, behind: &[u8]) -> bool {
        let next = behind.get(1).copied();
        let opening = self.front.last().copied().unwrap_or_default();
        match behind[0] {
            b' ' | b'\t' => self.may_follow_blanks(behind),
            b':' if next == Some(b':') => opening == b'{',
            b':' => may_follow_colon(&behind[1..]),
            b'=' | b'&' | b'[' | b'(' => true,
            b'"' | b'\'' | b'`' => may_follow_quote(&behind[1..]),
            b'\\' if matches!(next, Some(b'"' | b'\'' | b'`') | None) => true,
            b'?' => matches!(next, Some(b':' | b'=') | None),
            b'+' | b'!' => matches!(next, Some(b'=') | None),
            b'<' => matches!(next, Some(b'-' | b'/') | None),
            b'>' => matches!(opening, b'<' | b':'),
            b'{' => matches!(next, Some(b'"') | None),
            b'*' => opening == b'*',
            b'}' => opening == b'{' && may_follow_closing(&behind[1..]),
            b']' => may_follow_closing(&behind[1..]),
            b',' => matches!(opening, b'{' | b':') || may_be_second(behind) || may_be_value(behind, false),
            b'\n' | b'\r' | b';' | b'\\' => may_be_value(behind, false),
            _ => false,
        }
    }

    /// The same behind blanks.
    fn may_follow_blanks(&self, behind: &[u8]) -> bool {
        let blanks = behind.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let rest = &behind[blanks..];
        let [first, ..] = rest else { return true };
        match first {
            b'=' | b'+' | b'!' | b'?' | b'<' | b'>' | b'"' | b'\'' | b'@' | b',' | b'{' => return true,
            b':' => return may_follow_colon(&rest[1..]),
            b'A' if matches!(rest.get(1), Some(b's') | None) => return true,
            _ => {}
        }
        may_be_value(rest, true) || self.may_be_argument(rest)
    }

    /// Whether a value may stand behind blanks alone: behind a flag, in an element with attributes, behind a
    /// command that sets a variable, as a setting on a line of its own.
    fn may_be_argument(&self, rest: &[u8]) -> bool {
        let in_front = self.front.len();
        // A dash or a dollar sign in front of the name, or an escape.
        if self.name.first().is_some_and(|first| matches!(first, b'-' | b'.' | b'$')) {
            return true;
        }
        match self.front.last() {
            Some(b'<' | b':' | b'\\') | None => return true,
            Some(b'\n') => return may_be_setting(rest),
            Some(b' ' | b'\t') => {}
            _ => return false,
        }
        let line = self.front.iter().rposition(|b| !matches!(b, b' ' | b'\t'));
        match line.map(|at| self.front[at]) {
            None | Some(b'\n') => may_be_setting(rest),
            Some(_) if in_front < COMMAND => true,
            Some(_) => sets_variable(self.front),
        }
    }
}

/// Whether one word with a digit in it and the end of the line may follow.
fn may_be_setting(rest: &[u8]) -> bool {
    let word = rest.iter().take_while(|b| b.is_ascii_graphic()).count();
    match rest.get(word) {
        Some(b'\n' | b'\r') => rest[..word].iter().any(u8::is_ascii_digit),
        Some(_) => false,
        None => true,
    }
}

/// Behind a colon: a value on its line, or a quote on the next one.
fn may_follow_colon(rest: &[u8]) -> bool {
    let skip = |at: usize, marks: &[u8], most| {
        at + rest[at..].iter().take(most).take_while(|b| marks.contains(b)).count()
    };
    let at = skip(skip(skip(0, b" \t", usize::MAX), b"*", 2), b" \t", usize::MAX);
    match rest.get(at) {
        Some(b'\n' | b'\r') => {
            let space = rest[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
            let next = &rest[at + space..];
            // A quote, behind as many letters as say what it opens.
            next.len() < 4 || next[..4].iter().any(|b| matches!(b, b'"' | b'\'' | b'`' | b'\\' | b'&'))
        }
        _ => true,
    }
}

/// Behind the quote that ends a name.
fn may_follow_quote(rest: &[u8]) -> bool {
    let bracket = usize::from(rest.first() == Some(&b']'));
    let blanks = rest.iter().skip(bracket).take_while(|b| matches!(b, b' ' | b'\t')).count();
    let behind = &rest[bracket + blanks..];
    match behind.first() {
        Some(b':') => behind.get(1) != Some(&b':') && may_follow_colon(&behind[1..]),
        Some(b'=' | b'?' | b'+' | b'!' | b'<' | b'>' | b'-' | b',' | b';' | b'(' | b'{') | None => true,
        Some(_) => may_be_value(&rest[bracket..], false),
    }
}

/// Behind the bracket or brace that closes around a name.
fn may_follow_closing(rest: &[u8]) -> bool {
    let blanks = rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let marks = b":=?+!<>-,;({\"'@[\\";
    rest.get(blanks).is_none_or(|first| marks.contains(first)) || may_be_value(rest, false)
}

/// Whether `, err := …` may follow, and so a value.
fn may_be_second(behind: &[u8]) -> bool {
    let Some(rest) = behind.strip_prefix(b", ") else { return behind.len() < 2 };
    let word = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let marks = &rest[word..];
    [&b" := "[..], b" = "].into_iter().any(|set| marks.starts_with(set) || set.starts_with(marks))
}

/// Whether the word `value` may follow, in quotes or on the next line, as what is assigned to a name.
fn may_be_value(rest: &[u8], blanks: bool) -> bool {
    let of_space = |b: &&u8| b.is_ascii_whitespace() || matches!(b, b',' | b';' | b'"' | b'\'' | b'\\');
    let space = rest.iter().take_while(of_space).count();
    let word = &rest[space..];
    let begins = |whole: &[u8]| {
        let len = word.len().min(whole.len());
        word[..len].eq_ignore_ascii_case(&whole[..len])
    };
    (blanks || space > 0) && begins(b"value") || begins(b"parametervalue")
}
