//! Needles: known values, looked for in every written form beside the detectors.
//!
//! A value is found raw, in base64 (standard and URL-safe, at each of the three alignments), in
//! hexadecimal digits of either case, percent-encoded, and with the escapes of a JSON or YAML
//! string. Not all of these are texts that could be listed: which characters an encoder escapes is
//! its own choice, and between `"` and `\u0022` it has two spellings. So of each form only a short
//! window is looked for, chosen where all spellings agree, and around it the text is *compared with
//! the value* in the terms of the encoding. What is kept per value is its bytes, about five forms of
//! eight bytes, and the hashes of their windows, all in flat arrays: a hundred thousand values are
//! a few tens of megabytes.
//!
//! What a form spans is its encoded text: for base64 also the characters at both ends that hold
//! only some bits of the value (these bits must be right), and padding that follows.
//!
//! Not found here: a value across the line break of wrapped base64 and a value in two encodings at
//! once. Both lie in a run that is decoded and scanned again.
//!
//! Values are secrets: wiped when dropped, never formatted; the tables hold hashes only.

mod encode;
mod forms;
#[cfg(test)]
mod tests;

use std::ops::Range;

use sekisho_model::Encoding;
use sekisho_secret::SecretBytes;
use zeroize::Zeroizing;

use crate::prefilter::{Builder, Choice};
use forms::{Backslash, DoubledQuote, Encoded, Percent};

/// Shortest value that is looked for, in bytes.
pub const MIN_NEEDLE_LEN: usize = 4;
/// Longest value that is looked for, in bytes.
pub const MAX_NEEDLE_LEN: usize = 64 << 10;

/// The window of a form lies within this many bytes from its start.
const MAX_ANCHOR: usize = 256;
/// A form is at most this many times as long as its value: `\u0000`.
const MAX_GROWTH: usize = 6;
/// Of occurrences of one value in one encoding that overlap, later ones are dropped when they start
/// within this distance from the one before: `aaaa` stands once in a megabyte of `a`.
const OVERLAP: usize = 256;
/// Bytes before a form that tell whether it starts inside an escape.
const LOOK_BEHIND: usize = 66;
/// Bytes behind a form that may be padding.
const LOOK_AHEAD: usize = 3;

/// Known values to look for. They are secrets: wiped when dropped, never formatted.
#[derive(Default)]
pub struct Needles {
    /// All values, one behind the other.
    bytes: SecretBytes,
    /// Where each value ends in `bytes`. A value that is not looked for has no bytes.
    ends: Vec<usize>,
    longest: usize,
    forms: Vec<Form>,
}

/// A value that is not looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Its number in the list that was given.
    pub needle: usize,
    /// Why.
    pub why: Refusal,
}

/// Why a value is not looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Under [`MIN_NEEDLE_LEN`] bytes: it would be found everywhere.
    TooShort,
    /// Over [`MAX_NEEDLE_LEN`] bytes.
    TooLong,
    /// Equal to an earlier value, which is looked for.
    Duplicate {
        /// The number of the earlier value.
        of: usize,
    },
}

/// One way to write one value.
#[derive(Clone, Copy)]
struct Form {
    needle: u32,
    writing: Writing,
    /// Where the part starts that is looked for, in the text that it was chosen from, see [`Writing`].
    anchor: u16,
    /// Length of that part.
    len: u8,
    /// Its [`stamp`]. Which of its windows led here depends on where a scan began; that all of it
    /// stands here does not.
    stamp: u32,
}

/// How a form is written, and which text its window was chosen from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// Raw. The value.
    Raw,
    /// Raw or with any escapes. The value, in a part of it that no encoder escapes.
    Any,
    /// With escapes. The value, in a part of it that this kind of encoder does not escape.
    Within(Escapes),
    /// With escapes. The value as a common encoder of this kind writes it.
    Encoded(Escapes),
    /// In base64, this many bytes behind a multiple of three. The characters that the value
    /// determines wholly.
    Base64(u8),
    /// In hexadecimal. The lower-case digits.
    Hex,
}

/// The kinds of escapes, see [`forms`].
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    Percent,
    Backslash,
    DoubledQuote,
}

/// A needle in a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Occurrence {
    pub needle: usize,
    pub encoding: &'static [Encoding],
    pub start: usize,
    pub end: usize,
}

impl Occurrence {
    /// Every byte that the decision to report it read.
    pub(crate) fn support(&self, text: &[u8]) -> Range<usize> {
        let start = self.start.saturating_sub(OVERLAP + LOOK_BEHIND);
        start..text.len().min(self.end + LOOK_AHEAD)
    }
}

impl Needles {
    /// Takes values; the `needle` of a candidate is the number in `values`. Those that are not
    /// looked for are told, in order.
    pub fn new(values: &[SecretBytes]) -> (Self, Vec<Refused>) {
        let mut refused = Vec::new();
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by_key(|needle| values[*needle].expose_secret());
        for group in order.chunk_by(|a, b| values[*a] == values[*b]) {
            let (looked_for, why) = match values[group[0]].len() {
                ..MIN_NEEDLE_LEN => (0, Refusal::TooShort),
                MIN_NEEDLE_LEN..=MAX_NEEDLE_LEN => (1, Refusal::Duplicate { of: group[0] }),
                _ => (0, Refusal::TooLong),
            };
            refused.extend(group[looked_for..].iter().map(|needle| Refused { needle: *needle, why }));
        }
        refused.sort_unstable_by_key(|refused| refused.needle);

        // Reserved as a whole, so that growth leaves no copy behind.
        let mut bytes = Vec::with_capacity(values.iter().map(SecretBytes::len).sum());
        let mut ends = Vec::with_capacity(values.len());
        let mut longest = 0;
        let mut skipped = refused.iter().map(|refused| refused.needle).peekable();
        for (needle, value) in values.iter().enumerate() {
            if skipped.next_if_eq(&needle).is_none() {
                bytes.extend_from_slice(value.expose_secret());
                longest = longest.max(value.len());
            }
            ends.push(bytes.len());
        }
        (Self { bytes: SecretBytes::new(bytes), ends, longest, forms: Vec::new() }, refused)
    }

    /// No known values.
    pub fn none() -> Self {
        Self::default()
    }

    fn value(&self, needle: usize) -> &[u8] {
        let start = needle.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes.expose_secret()[start..self.ends[needle]]
    }

    /// Whether there is anything to look for.
    pub(crate) fn any(&self) -> bool {
        self.longest > 0
    }

    /// How far the window of a form may start behind the start of the form.
    pub(crate) fn lead(&self) -> usize {
        if self.any() { MAX_GROWTH * MAX_ANCHOR } else { 0 }
    }

    /// How far before the start of an occurrence lies what decides about it.
    pub(crate) fn look_behind(&self) -> usize {
        if self.any() { OVERLAP + LOOK_BEHIND } else { 0 }
    }

    /// How far from the start of an occurrence on lies what decides about it.
    pub(crate) fn look_ahead(&self) -> usize {
        if self.any() { self.longest * MAX_GROWTH + LOOK_AHEAD } else { 0 }
    }

    /// Enters the windows of all forms; the literal of form `n` is `first + n`.
    pub(crate) fn enter(&mut self, builder: &mut Builder, first: usize) {
        let values = (0..self.ends.len()).map(|needle| self.value(needle));
        let is_middle = |value: &&[u8]| value.len() < 16 || !value.iter().copied().all(encode::is_plain);
        builder.expect(values.filter(|value| !value.is_empty()).filter(is_middle).count());
        let mut entry = Entry { builder, first, forms: Vec::new(), text: Zeroizing::default() };
        // Large enough that growth leaves no copy behind.
        entry.text.reserve(MAX_GROWTH * MAX_ANCHOR);
        for needle in 0..self.ends.len() {
            let value = self.value(needle);
            if !value.is_empty() {
                entry.all_forms(needle, &value[..value.len().min(MAX_ANCHOR)]);
            }
        }
        self.forms = entry.forms;
    }

    /// Compares a form with the text around the place of its window; appends what is there.
    pub(crate) fn compare(&self, form: usize, text: &[u8], at: usize, out: &mut Vec<Occurrence>) {
        let Form { needle, writing, anchor, len, stamp: expected } = self.forms[form];
        let part = text.get(at..at + usize::from(len));
        if part.is_none_or(|part| stamp(part, writing) != Some(expected)) {
            return;
        }
        let (needle, anchor) = (needle as usize, usize::from(anchor));
        let value = self.value(needle);
        if matches!(writing, Writing::Raw | Writing::Any)
            && let Some(start) = at.checked_sub(anchor)
            && text[start..].starts_with(value)
        {
            out.push(Occurrence { needle, encoding: &[], start, end: start + value.len() });
        }
        let escaped = |escapes, anchor, at| match escapes {
            Escapes::Percent => forms::escaped::<Percent>(value, anchor, text, at),
            Escapes::Backslash => forms::escaped::<Backslash>(value, anchor, text, at),
            Escapes::DoubledQuote => forms::escaped::<DoubledQuote>(value, anchor, text, at),
        };
        let all = [Escapes::Percent, Escapes::Backslash, Escapes::DoubledQuote];
        let found = match writing {
            Writing::Raw => [None; 3],
            Writing::Any => all.map(|escapes| escaped(escapes, anchor, at)),
            Writing::Within(escapes) => [escaped(escapes, anchor, at), None, None],
            Writing::Encoded(escapes) => {
                [at.checked_sub(anchor).and_then(|start| escaped(escapes, 0, start)), None, None]
            }
            Writing::Base64(alignment) => {
                [forms::base64(value, usize::from(alignment), anchor, text, at), None, None]
            }
            Writing::Hex => [forms::hex(value, anchor, text, at), None, None],
        };
        out.extend(found.into_iter().flatten().map(|Encoded { start, end, encoding }| Occurrence {
            needle,
            encoding: alone(encoding),
            start,
            end,
        }));
    }
}

/// Brings occurrences into order and drops those that overlap the one before, see [`OVERLAP`].
pub(crate) fn settle(occurrences: &mut Vec<Occurrence>) {
    occurrences.sort_unstable();
    occurrences.dedup();
    let mut before: Option<Occurrence> = None;
    occurrences.retain(|this| {
        let overlaps = before.as_ref().is_some_and(|before| {
            (before.needle, before.encoding) == (this.needle, this.encoding)
                && before.end > this.start
                && this.start - before.start <= OVERLAP
        });
        before = Some(this.clone());
        !overlaps
    });
}

/// Enters the forms of needles into the prefilter.
struct Entry<'b> {
    builder: &'b mut Builder,
    /// Literal of the first form.
    first: usize,
    forms: Vec<Form>,
    /// Encoded texts; wiped.
    text: Zeroizing<Vec<u8>>,
}

impl Entry<'_> {
    fn all_forms(&mut self, needle: usize, value: &[u8]) {
        let raw = |text: &mut Vec<u8>| text.extend_from_slice(value);
        if value.iter().copied().all(encode::is_plain) {
            self.encoded(needle, Writing::Raw, raw);
        } else if !self.part(needle, Writing::Any, value, encode::is_plain) {
            self.encoded(needle, Writing::Raw, raw);
            for encoder in encode::distinct(encode::PERCENT_ENCODERS, value) {
                let percent = |text: &mut Vec<u8>| encode::percent(value, *encoder, text);
                self.encoded(needle, Writing::Encoded(Escapes::Percent), percent);
            }
            if !self.part(needle, Writing::Within(Escapes::Backslash), value, encode::is_plain_in_strings) {
                for encoder in encode::distinct(encode::BACKSLASH_ENCODERS, value) {
                    let backslash = |text: &mut Vec<u8>| encode::backslash(value, *encoder, text);
                    self.encoded(needle, Writing::Encoded(Escapes::Backslash), backslash);
                }
            }
            if value.contains(&b'\'') {
                let doubled = |text: &mut Vec<u8>| encode::doubled_quotes(value, text);
                self.encoded(needle, Writing::Encoded(Escapes::DoubledQuote), doubled);
            }
        }
        for alignment in 0..3 {
            let base64 = |text: &mut Vec<u8>| encode::base64(value, usize::from(alignment), text);
            self.encoded(needle, Writing::Base64(alignment), base64);
        }
        self.encoded(needle, Writing::Hex, |text| encode::hex(value, text));
    }

    /// A form whose window is chosen from an encoded text.
    fn encoded(&mut self, needle: usize, writing: Writing, encode: impl Fn(&mut Vec<u8>)) {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        encode(&mut text);
        text.truncate(MAX_ANCHOR);
        if let Some(choice) = self.builder.choose(&text) {
            self.form(needle, writing, &text, choice);
        }
        self.text = text;
    }

    /// A form whose window is chosen from a part of the value, of bytes that are all `plain`; false
    /// if no such part is long enough.
    fn part(&mut self, needle: usize, writing: Writing, value: &[u8], plain: fn(u8) -> bool) -> bool {
        let mut best: Option<Choice> = None;
        let mut offset = 0;
        for part in value.split(|byte| !plain(*byte)) {
            let choice = self.builder.choose(part).map(|choice| choice.within(offset));
            best = best.into_iter().chain(choice).min_by_key(|choice| choice.rank);
            offset += part.len() + 1;
        }
        // A short window of a long value is worse than one window per form.
        let best = best.filter(|choice| {
            choice.is_long() || self.builder.choose(value).is_none_or(|whole| !whole.is_long())
        });
        if let Some(choice) = best {
            self.form(needle, writing, value, choice);
        }
        best.is_some()
    }

    fn form(&mut self, needle: usize, writing: Writing, text: &[u8], choice: Choice) {
        let literal = self.first + self.forms.len();
        let part = choice.part(text);
        let (anchor, len) = (choice.offset as u16, part.len() as u8);
        let stamp = stamp(part, writing).unwrap_or_default();
        self.forms.push(Form { needle: needle as u32, writing, anchor, len, stamp });
        self.builder.enter(part, literal, 0);
        if matches!(writing, Writing::Base64(_)) && part.iter().any(|byte| matches!(byte, b'+' | b'/')) {
            let url_safe = |byte: &u8| match byte {
                b'+' => b'-',
                b'/' => b'_',
                other => *other,
            };
            self.builder.enter(&Zeroizing::new(part.iter().map(url_safe).collect::<Vec<_>>()), literal, 0);
        }
    }
}

/// A hash of a part, without case. Of base64 both alphabets are one, and none if it mixes them.
fn stamp(part: &[u8], writing: Writing) -> Option<u32> {
    let mut bytes = Zeroizing::new([0; 16]);
    for (slot, byte) in bytes.iter_mut().zip(part) {
        *slot = byte | 0x20;
    }
    if matches!(writing, Writing::Base64(_)) {
        let url_safe = part.iter().any(|byte| matches!(byte, b'-' | b'_'));
        if url_safe && part.iter().any(|byte| matches!(byte, b'+' | b'/')) {
            return None;
        }
        for (slot, byte) in bytes.iter_mut().zip(part) {
            *slot = match byte {
                b'-' => b'+',
                b'_' => b'/',
                _ => *slot,
            };
        }
    }
    let number = u128::from_le_bytes(*bytes);
    let wide = u128::from(number as u64 ^ 0xa076_1d64_78bd_642f)
        * u128::from((number >> 64) as u64 ^ 0xe703_7ed1_a0b4_28db);
    Some((wide >> 64) as u32 ^ wide as u32)
}

/// One encoding as a list.
fn alone(encoding: Encoding) -> &'static [Encoding] {
    match encoding {
        Encoding::Base64 => &[Encoding::Base64],
        Encoding::Base64url => &[Encoding::Base64url],
        Encoding::Hex => &[Encoding::Hex],
        Encoding::Percent => &[Encoding::Percent],
        Encoding::JsonEscape => &[Encoding::JsonEscape],
        _ => &[Encoding::YamlEscape],
    }
}
