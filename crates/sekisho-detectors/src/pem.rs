//! Where a PEM block begins and ends, plain, indented or escaped in a string.

use std::ops::Range;

use sekisho_scan::Edges;

/// Least base64 characters of a body: an Ed25519 key in PKCS#8 has 64.
const MIN_BODY: usize = 48;

/// The block whose header's end was hit: from `-----BEGIN` to behind `-----END …-----`. A block
/// that is cut off ends where its base64 does.
pub(crate) fn block(
    text: &[u8],
    hit: &Range<usize>,
    edges: Edges,
    is_label: impl Fn(&[u8]) -> bool,
) -> Option<Range<usize>> {
    let head = &text[..hit.end];
    let begin = memchr::memmem::rfind(head, b"-----BEGIN ")?;
    let label = head[begin + 11..].strip_suffix(b"-----")?;
    if label.len() > 40 || label.contains(&b'\n') || !is_label(label) {
        return None;
    }
    let body = &text[hit.end..];
    if is_argument(body) {
        return None;
    }
    let marker = memchr::memmem::find(body, b"-----");
    let ended = marker.is_some_and(|at| body[at..].starts_with(b"-----END "));
    let body_end = marker.unwrap_or(body.len());
    let (base64, last) = base64_in(&body[..body_end]);
    if base64 < MIN_BODY || (marker.is_some() && !ended && base64 < 2 * MIN_BODY) {
        return None;
    }
    if marker.is_none() && !edges.at_end && last == body.len() {
        // Longer than any key: not one that can be told.
        return None;
    }
    let end = match marker.filter(|_| ended) {
        Some(at) => {
            let tail = &body[at + 9..body.len().min(at + 9 + 64)];
            at + 9 + memchr::memmem::find(tail, b"-----").map_or(0, |n| n + 5)
        }
        None => last,
    };
    Some(begin..hit.end + end)
}

/// Whether the header is a text of its own, and what follows it is no other text: `"-----BEGIN …-----", name`.
fn is_argument(body: &[u8]) -> bool {
    let Some(rest) = body.strip_prefix(b"\"").or_else(|| body.strip_prefix(b"'")) else { return false };
    let Some(rest) = rest.trim_ascii_start().strip_prefix(b",") else { return false };
    let rest = rest.trim_ascii_start();
    let name = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    name > 0 && !matches!(rest.get(name), Some(b'"' | b'\''))
}

/// How many characters of base64 stand in a body, and where the last one ends. Lines that are
/// headers (`Proc-Type: 4,ENCRYPTED`, `Version: …`) and escapes are stepped over; a body with much
/// else in it (prose, code) counts nothing.
fn base64_in(body: &[u8]) -> (usize, usize) {
    let (mut base64, mut other, mut last, mut run) = (0, 0, 0, 0);
    let mut at = 0;
    while at < body.len() {
        let byte = body[at];
        if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=') {
            run += 1;
            at += 1;
            continue;
        }
        let escaped = byte == b'\\' && matches!(body.get(at + 1), Some(b'n' | b'r' | b'/' | b'\\'));
        if run >= 16 {
            base64 += run;
            last = at;
        }
        if run < 16
            || !(byte.is_ascii_whitespace()
                || escaped
                || matches!(
                    byte,
                    b'"' | b'\'' | b'`' | b',' | b'+' | b'#' | b'|' | b'>' | b'<' | b'*' | b'&'
                ))
        {
            other += 1;
        }
        if other > 200 {
            break;
        }
        run = 0;
        at += if escaped { 2 } else { 1 };
    }
    if run >= 16 {
        base64 += run;
        last = at;
    }
    (base64, last)
}
