//! The canonical form of a value: what is fingerprinted.

/// A canonical value is at least this long, in bytes; anything shorter is no credential.
pub const MIN_CANONICAL_LEN: usize = 4;

/// The canonical form of innermost decoded bytes: without one trailing line end (`\n`, `\r\n` or
/// `\r`), and `None` below [`MIN_CANONICAL_LEN`] bytes.
///
/// Finding the innermost bytes (the password of `user:pass` and of a URL, the DER of a PEM block,
/// the compact form of a JWT) is the caller's part; this is the last step, the same for all.
pub fn canonical(bytes: &[u8]) -> Option<&[u8]> {
    let bytes = match bytes {
        [rest @ .., b'\r', b'\n'] | [rest @ .., b'\n' | b'\r'] => rest,
        all => all,
    };
    (bytes.len() >= MIN_CANONICAL_LEN).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_end_is_taken_off_and_no_more() {
        assert_eq!(canonical(b"hunter22\n"), Some(&b"hunter22"[..]));
        assert_eq!(canonical(b"hunter22\r\n"), Some(&b"hunter22"[..]));
        assert_eq!(canonical(b"hunter22\r"), Some(&b"hunter22"[..]));
        assert_eq!(canonical(b"hunter22\n\n"), Some(&b"hunter22\n"[..]));
        assert_eq!(canonical(b" hunter22 "), Some(&b" hunter22 "[..]));
    }

    #[test]
    fn short_values_have_none() {
        assert_eq!(canonical(b""), None);
        assert_eq!(canonical(b"abc"), None);
        assert_eq!(canonical(b"abc\n"), None);
        assert_eq!(canonical(b"abcd"), Some(&b"abcd"[..]));
    }
}
