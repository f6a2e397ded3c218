//! Percent-encoded runs: a word of a URL's characters with two escapes or more.

use std::ops::Range;

use super::{MAX_RUN_LEN, Run, RunKind};

/// Escapes without which there is no run: one alone is as often a percentage as an escape.
const MIN_ESCAPES: usize = 2;
/// Escapes further apart than this belong to two runs; a run begins this far before its first escape
/// at most, and ends this far behind its last.
const GAP: usize = 1024;

/// How far before the start of a run lies what decides about it.
pub(super) const BEFORE: usize = GAP + 4;
/// How far behind a run of [`MAX_RUN_LEN`] lies what decides about it.
pub(super) const AFTER: usize = GAP + 4;

/// Whether a byte can stand in a run besides escapes: visible ASCII other than quotes, brackets and
/// the like.
fn is_inside(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"'`<>\\^{}|%".contains(&byte)
}

/// Whether an escape stands for something that texts have: no control character.
fn is_escape(text: &[u8]) -> bool {
    let [b'%', high, low, ..] = *text else { return false };
    let text_like = |high: u8| matches!(high, b'2'..=b'9' | b'a'..=b'f' | b'A'..=b'F');
    let blank = high == b'0' && matches!(low, b'9' | b'a' | b'A' | b'd' | b'D');
    low.is_ascii_hexdigit() && (text_like(high) || blank)
}

/// Number of bytes that can stand in a run, from the first on, at most `limit`.
fn inside<'t>(bytes: impl Iterator<Item = &'t u8>, limit: usize) -> usize {
    bytes.take(limit).take_while(|byte| is_inside(**byte)).count()
}

/// Appends every run whose support touches one of `seams`.
pub(super) fn find_around(text: &[u8], seams: &[Range<usize>], out: &mut Vec<Run>) {
    let in_run = |byte: u8| byte == b'%' || is_inside(byte);
    let back = |seam: usize, floor: usize| {
        // A run that ends this far before is touched, and goes back to a byte that is in none.
        let near = seam.saturating_sub(AFTER + 2);
        let far = near.saturating_sub(MAX_RUN_LEN + 2 * GAP).max(floor.min(near));
        near - text[far..near].iter().rev().take_while(|byte| in_run(**byte)).count()
    };
    for part in super::parts(seams, |end| text.len().min(end + 8), back) {
        find(text, part, out);
    }
}

/// Appends the runs that start in `own`, and perhaps some that start elsewhere.
pub(super) fn find(text: &[u8], own: Range<usize>, out: &mut Vec<Run>) {
    // A run's first escape lies at most this far behind its start.
    let until = text.len().min(own.end + GAP);
    let mut at = own.start;
    while at < until
        && let Some(ahead) = memchr::memchr(b'%', &text[at..until])
    {
        at += ahead;
        let first = at;
        at += 1;
        if !is_escape(&text[first..]) {
            continue;
        }
        // The digits of an escape before this one are among the bytes inside.
        let lead = inside(text[..first].iter().rev(), GAP + 3);
        if lead <= GAP + 2 && first > lead && is_escape(&text[first - lead - 1..]) {
            continue;
        }
        let start = first - lead.min(GAP);
        let (mut end, mut escapes, mut cut) = (first + 3, 1, false);
        let mut read;
        loop {
            let gap = inside(text[end..].iter(), GAP + 1);
            // A byte that is not inside, and two that make an escape of it.
            read = end + gap + 3;
            if gap > GAP || !is_escape(&text[end + gap..]) {
                end += gap.min(GAP);
                break;
            }
            if end + gap + 3 - start > MAX_RUN_LEN {
                cut = true;
                break;
            }
            end += gap + 3;
            escapes += 1;
        }
        at = end;
        if escapes >= MIN_ESCAPES {
            out.push(Run {
                kind: RunKind::Percent,
                cut,
                span: start..end,
                support: start.saturating_sub(4)..text.len().min(read),
            });
        }
    }
}
