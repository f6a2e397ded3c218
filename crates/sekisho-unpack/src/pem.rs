//! PEM (RFC 7468), and its relatives: OpenSSL's encrypted form (RFC 1421 headers), OpenSSH, PGP.
//!
//! Keys are pasted into everything, so the lines between the marks may be indented, end with
//! CRLF, stand in one string with `\n` between them (however often escaped), be put together from
//! quoted strings, or carry what stands before the first mark on its line (`+` of a diff, `# ` of
//! a comment, `> ` of a quotation).

use std::ops::Range;

use sekisho_secret::SecretBytes;

use crate::key::{self, PrivateKey};
use crate::text::base64;
use crate::x509::{self, Certificate};

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
/// Longest known: `ENCRYPTED PRIVATE KEY`, `PGP PRIVATE KEY BLOCK`.
const MAX_LABEL: usize = 64;

/// A block between `BEGIN` and `END`.
#[derive(Debug, Clone)]
pub struct Block {
    /// What it says that it is: `RSA PRIVATE KEY`, `CERTIFICATE`.
    pub label: String,
    /// Where it stands, from the first dash to the last.
    pub range: Range<usize>,
    /// The bytes inside: DER, or OpenSSH's or PGP's own format, or ciphertext.
    pub bytes: SecretBytes,
    /// Whether the headers say that the bytes are ciphertext (`Proc-Type: 4,ENCRYPTED`).
    headers_encrypted: bool,
}

impl Block {
    /// Whether it is a private key, by its label.
    pub fn is_private_key(&self) -> bool {
        self.label.contains("PRIVATE KEY")
    }

    /// The certificate in it, if it is one.
    pub fn certificate(&self) -> Option<Certificate> {
        self.label.ends_with("CERTIFICATE").then(|| x509::certificate(self.bytes.expose_secret())).flatten()
    }

    /// What is known of the private key in it, if it is one that is read here (PGP's are not).
    pub fn private_key(&self) -> Option<PrivateKey> {
        let bytes = self.bytes.expose_secret();
        if self.headers_encrypted && self.is_private_key() {
            let kind = match self.label.split(' ').next() {
                Some("RSA") => key::KeyKind::Rsa,
                Some("DSA") => key::KeyKind::Dsa,
                Some("EC") => key::KeyKind::Ec,
                _ => key::KeyKind::Unknown,
            };
            return Some(PrivateKey { kind, bits: None, encrypted: true, public: None });
        }
        self.is_private_key().then(|| key::private_key(bytes).or_else(|| key::openssh_key(bytes))).flatten()
    }
}

/// All blocks of a text, in order. A mark without its partner, and what is no base64 between two
/// marks, is none.
pub fn blocks(text: &[u8]) -> impl Iterator<Item = Block> + '_ {
    let mut begins = memchr::memmem::find_iter(text, BEGIN).peekable();
    std::iter::from_fn(move || {
        loop {
            let begin = begins.next()?;
            // A block ends before the next begins; so all is looked at once.
            let limit = begins.peek().copied().unwrap_or(text.len());
            if let Some(block) = block(text, begin, limit) {
                return Some(block);
            }
        }
    })
}

/// The block that begins at `begin` and ends before `limit`.
fn block(text: &[u8], begin: usize, limit: usize) -> Option<Block> {
    let label_at = begin + BEGIN.len();
    let label_limit = limit.min(label_at + MAX_LABEL + DASHES.len());
    let label_len = memchr::memmem::find(&text[label_at..label_limit], DASHES)?;
    let label = &text[label_at..label_at + label_len];
    let sound =
        |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b' ' | b'-' | b'.' | b'_');
    let label = std::str::from_utf8(label).ok().filter(|label| label.bytes().all(|b| sound(&b)))?;
    let body_at = label_at + label_len + DASHES.len();
    let mark = [END, label.as_bytes(), DASHES].concat();
    let end = body_at + memchr::memmem::find(&text[body_at..limit], &mark)?;
    let (bytes, headers_encrypted) = body(&text[body_at..end], line_prefix(text, begin))?;
    Some(Block { label: label.to_owned(), range: begin..end + mark.len(), bytes, headers_encrypted })
}

/// What stands before the first mark on its line, if that can be a prefix of every line.
fn line_prefix(text: &[u8], begin: usize) -> &[u8] {
    let before = &text[begin.saturating_sub(16)..begin];
    let start = before.iter().rposition(|b| matches!(b, b'\n' | b'\r'));
    let prefix = match start {
        Some(start) => &before[start + 1..],
        None if begin <= 16 => before,
        None => return b"",
    };
    let prefix = prefix.trim_ascii();
    // Quotes are the lines' own.
    let sound = |b: &u8| b.is_ascii_punctuation() && !matches!(b, b'"' | b'\'' | b'`');
    if prefix.iter().all(sound) { prefix } else { b"" }
}

/// The bytes that the lines stand for, and whether a header calls them encrypted.
fn body(body: &[u8], prefix: &[u8]) -> Option<(SecretBytes, bool)> {
    let mut encrypted = false;
    let mut digits = Vec::with_capacity(body.len());
    for line in Lines(body) {
        let line = line.trim_ascii();
        let line = trim_quotes(line.strip_prefix(prefix).unwrap_or(line));
        if line.contains(&b':') {
            // RFC 1421 headers of OpenSSL, RFC 9580 section 6.2.2 headers of PGP.
            encrypted |= line.starts_with(b"Proc-Type") && line.ends_with(b"ENCRYPTED");
        } else if !(line.len() == 5 && line[0] == b'=') {
            // Other than PGP's checksum.
            digits.extend_from_slice(line);
        }
    }
    let digits = SecretBytes::new(digits);
    let bytes = base64(digits.expose_secret())?.bytes;
    Some((bytes, encrypted))
}

/// A line of a text put together from strings: without white space, quotes, commas, plus signs
/// between strings, and backslashes at its ends.
fn trim_quotes(line: &[u8]) -> &[u8] {
    let quoted = line.iter().any(|b| matches!(b, b'"' | b'\'' | b'`'));
    let around = |b: &u8| {
        b.is_ascii_whitespace()
            || matches!(b, b'"' | b'\'' | b'`' | b',' | b';' | b'\\' | b'(' | b')')
            || (quoted && matches!(b, b'+' | b'.'))
    };
    let start = line.iter().position(|b| !around(b)).unwrap_or(line.len());
    let end = line.iter().rposition(|b| !around(b)).map_or(start, |at| at + 1);
    &line[start..end]
}

/// Lines, ended by real or escaped line ends.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let mut at = 0;
        while let Some(step) = memchr::memchr3(b'\n', b'\r', b'\\', &self.0[at..]) {
            at += step;
            let (line, rest) = self.0.split_at(at);
            if rest[0] != b'\\' {
                self.0 = &rest[1..];
                return Some(line);
            }
            let backslashes = rest.iter().take_while(|b| **b == b'\\').count();
            if let Some(b'n' | b'r') = rest.get(backslashes) {
                self.0 = &rest[backslashes + 1..];
                return Some(line);
            }
            at += backslashes;
        }
        Some(std::mem::take(&mut self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A block of bytes 0, 1, 2, …, with the mark put together so that no scanner takes it for one.
    fn pem(label: &str, line_end: &str, prefix: &str) -> String {
        let bytes: Vec<u8> = (0..100).collect();
        let text = data_encoding::BASE64.encode(&bytes);
        let mark = |word: &str| format!("{prefix}{}{word} {label}{0}{line_end}", "-----");
        let lines =
            [&text[..64], &text[64..128], &text[128..]].map(|line| format!("{prefix}{line}{line_end}"));
        [mark("BEGIN"), lines.concat(), mark("END")].concat()
    }

    fn one(text: &str) -> Option<Block> {
        let mut all = blocks(text.as_bytes());
        let first = all.next();
        assert!(all.next().is_none());
        first
    }

    #[test]
    fn forms_of_the_same() {
        let expected: Vec<u8> = (0..100).collect();
        let quoted = pem("EC PRIVATE KEY", "\\n\" +\n", "  \"");
        let forms = [
            pem("EC PRIVATE KEY", "\n", ""),
            pem("EC PRIVATE KEY", "\r\n", ""),
            pem("EC PRIVATE KEY", "\n", "        "),
            pem("EC PRIVATE KEY", "\\n", ""),
            pem("EC PRIVATE KEY", "\\\\n", ""),
            pem("EC PRIVATE KEY", "\\r\\n", ""),
            pem("EC PRIVATE KEY", "\n", "+"),
            pem("EC PRIVATE KEY", "\n", "# "),
            pem("EC PRIVATE KEY", "\n", "> "),
            pem("EC PRIVATE KEY", " ", ""),
            pem("EC PRIVATE KEY", "', \n", "'"),
            quoted,
        ];
        for form in &forms {
            for text in [form.clone(), format!("key: x\n{form}\nend"), format!("{form}{}", "-".repeat(3))] {
                let block = one(&text).unwrap_or_else(|| panic!("{text}"));
                assert_eq!(block.bytes.expose_secret(), expected, "{text}");
                assert_eq!(block.label, "EC PRIVATE KEY");
                assert!(text[block.range.clone()].starts_with("-----BEGIN"));
                assert!(text[block.range].ends_with("KEY-----"));
            }
        }
    }

    #[test]
    fn headers() {
        let begin = pem("RSA PRIVATE KEY", "\n", "");
        let (first, rest) = begin.split_once('\n').unwrap();
        let text = format!("{first}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233\n\n{rest}");
        let key = one(&text).unwrap().private_key().unwrap();
        assert!(key.encrypted);
        assert_eq!(key.kind, crate::key::KeyKind::Rsa);
        // PGP's headers and checksum.
        let begin = pem("PGP PRIVATE KEY BLOCK", "\n", "");
        let (first, rest) = begin.split_once('\n').unwrap();
        let text = format!("{first}\nVersion: GnuPG v2\n\n{}", rest.replace("-----END", "=abcd\n-----END"));
        let block = one(&text).unwrap();
        assert!(block.is_private_key());
        assert_eq!((block.bytes.len(), block.private_key()), (100, None));
    }

    #[test]
    fn several_blocks() {
        let text = [pem("CERTIFICATE", "\n", ""), pem("EC PRIVATE KEY", "\n", "")].concat();
        let labels: Vec<_> = blocks(text.as_bytes()).map(|block| block.label).collect();
        assert_eq!(labels, ["CERTIFICATE", "EC PRIVATE KEY"]);
        // One without an end does not swallow the next.
        let cut = &text[..40];
        let labels: Vec<_> = blocks(format!("{cut}\n{text}").as_bytes()).map(|block| block.label).collect();
        assert_eq!(labels, ["CERTIFICATE", "EC PRIVATE KEY"]);
    }

    #[test]
    fn what_is_none() {
        let text = pem("EC PRIVATE KEY", "\n", "");
        assert!(one(&text.replace("END EC", "END RSA")).is_none());
        assert!(one(&text.replace("AAEC", "A.EC")).is_none());
        assert!(one(&text.replace("EC PRIVATE", "{{ kind }} PRIVATE")).is_none());
        assert!(one(&format!("{}BEGIN EC PRIVATE KEY{0}\n...\n{0}END EC PRIVATE KEY{0}", "-----")).is_none());
    }

    /// Looking for partners must not be quadratic.
    #[test]
    fn many_marks_without_partners_take_no_time() {
        let text = format!("{}BEGIN X{0}\n", "-----").repeat(200_000);
        let start = std::time::Instant::now();
        assert!(one(&text).is_none());
        assert!(start.elapsed().as_secs() < 5);
    }

    proptest! {
        #[test]
        fn is_total(text in "(-----BEGIN |-----END |A|-----|EC|\\\\|n|\n|:|=|\"|\\+| |Proc-Type){0,40}") {
            for block in blocks(text.as_bytes()) {
                prop_assert!(block.range.end <= text.len());
                block.private_key();
                block.certificate();
            }
        }
    }
}
