//! Compact JSON Web Tokens: finding their ends, and telling those of Kubernetes from others.

use std::ops::Range;

use sekisho_scan::{Edges, Reach};

/// A header is a JSON object, and its base64url begins with `eyJ` (`{"`), or `ewog` and the like
/// when it was written with line ends; RFC 7515 section 3.1.
pub(crate) const KEYWORDS: &[&str] = &["eyj"];

/// Longest token that is read.
pub(crate) const REACH: Reach = Reach { before: 1, after: 8 << 10 };

/// The token that starts at a hit: three parts of base64url, the header naming an algorithm.
pub(crate) fn at(text: &[u8], hit: &Range<usize>, edges: Edges) -> Option<Range<usize>> {
    let start = hit.start;
    if !text[start..].starts_with(b"eyJ") {
        return None;
    }
    if start > 0 && is_base64url(text[start - 1]) {
        return None;
    }
    let mut ends = [0; 3];
    let mut at = start;
    for (part, end) in ends.iter_mut().enumerate() {
        at += text[at..].iter().take_while(|b| is_base64url(**b)).count();
        *end = at;
        if part < 2 {
            if text.get(at) != Some(&b'.') {
                return None;
            }
            at += 1;
        }
    }
    if at == text.len() && !edges.at_end {
        return None;
    }
    let [header, claims, signature] = ends;
    // The claims are an object too; a signature has at least the 32 bytes of HS256.
    if !text[header + 1..].starts_with(b"ey") || signature - claims - 1 < 20 || header - start > 4096 {
        return None;
    }
    let decoded = decode(&text[start..header])?;
    memchr::memmem::find(&decoded, b"\"alg\"")?;
    Some(start..signature)
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn decode(part: &[u8]) -> Option<Vec<u8>> {
    data_encoding::BASE64URL_NOPAD.decode(part).ok().or_else(|| {
        // Bits behind the last byte are not always zero; one character less is enough to look.
        let whole = part.len() / 4 * 4;
        data_encoding::BASE64URL_NOPAD.decode(&part[..whole]).ok()
    })
}

/// Whether the claims are those of a Kubernetes service account: legacy tokens have claims under
/// `kubernetes.io/serviceaccount/`, bound ones an object `kubernetes.io`.
pub(crate) fn is_service_account(token: &[u8]) -> bool {
    let Some(claims) = token.split(|b| *b == b'.').nth(1).and_then(decode) else { return false };
    memchr::memmem::find(&claims, b"\"kubernetes.io").is_some()
        || memchr::memmem::find(&claims, b"\"system:serviceaccount:").is_some()
}
