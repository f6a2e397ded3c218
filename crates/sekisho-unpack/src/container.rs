//! [`Container`]: which formats are opened, and how they are told by their first bytes.

use sekisho_model::Encoding;

use crate::compress::is_zstd;
use crate::tar;

/// So many first bytes of a content are enough for [`sniff`] and for
/// [`utf16::detect`](crate::utf16::detect).
pub const HEAD: usize = 8192;

/// A format that holds other content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Container {
    /// APPNOTE zip: also jar, war, whl, apk, docx and so on.
    Zip,
    /// POSIX ustar and pax, GNU and v7 tar.
    Tar,
    /// RFC 1952.
    Gzip,
    /// RFC 1950.
    Zlib,
    /// RFC 8878.
    Zstd,
    /// A compressed format that is known by this name and not read.
    Unread(&'static str),
}

impl Container {
    /// The encoding of a compressed stream; `None` for archives.
    pub fn encoding(self) -> Option<Encoding> {
        match self {
            Self::Gzip => Some(Encoding::Gzip),
            Self::Zlib => Some(Encoding::Zlib),
            Self::Zstd => Some(Encoding::Zstd),
            Self::Zip | Self::Tar | Self::Unread(_) => None,
        }
    }

    /// The name of what a compressed stream holds: `notes.txt` of `notes.txt.gz`, `all.tar` of
    /// `all.tgz`. Without a known ending, and for archives, the name itself.
    pub fn inner_name(self, name: &str) -> String {
        const ENDINGS: &[(Container, &str, &str)] = &[
            (Container::Gzip, ".gz", ""),
            (Container::Gzip, ".gzip", ""),
            (Container::Gzip, ".tgz", ".tar"),
            (Container::Gzip, ".taz", ".tar"),
            (Container::Gzip, ".svgz", ".svg"),
            (Container::Zstd, ".zst", ""),
            (Container::Zstd, ".zstd", ""),
            (Container::Zstd, ".tzst", ".tar"),
            (Container::Zlib, ".zz", ""),
            (Container::Zlib, ".zlib", ""),
        ];
        for (container, ending, instead) in ENDINGS {
            if *container == self
                && let Some(stem) = stem(name, ending)
            {
                return format!("{stem}{instead}");
            }
        }
        name.to_owned()
    }
}

/// What stands before an ASCII ending, matched without case; `None` if that is nothing.
fn stem<'a>(name: &'a str, ending: &str) -> Option<&'a str> {
    let (stem, tail) = name.split_at_checked(name.len().checked_sub(ending.len())?)?;
    (!stem.is_empty() && tail.eq_ignore_ascii_case(ending)).then_some(stem)
}

/// Endings of programs that are a zip with a script in front of it.
const SCRIPTED_ZIPS: &[&str] = &[".jar", ".war", ".pex", ".pyz", ".shiv", ".zip"];

/// Magic numbers of compressed formats that are not read, each from its own specification.
const UNREAD: &[(&[u8], &str)] = &[
    (b"\xfd7zXZ\0", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"LZIP\x01", "lzip"),
    (b"MSCF\0\0\0\0", "cab"),
];

/// Which container a content is, by its first [`HEAD`] bytes (or all, if it is shorter). The name
/// decides only where the bytes cannot: for a zip behind a script.
pub fn sniff(head: &[u8], name: &str) -> Option<Container> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") || head.starts_with(b"PK\x07\x08") {
        return Some(Container::Zip);
    }
    if head.starts_with(b"\x1f\x8b\x08") {
        return Some(Container::Gzip);
    }
    if is_zstd(head) {
        return Some(Container::Zstd);
    }
    if let Some((_, format)) = UNREAD.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(Container::Unread(format));
    }
    // A block of pi's digits follows the size digit.
    if head.starts_with(b"BZh") && head.get(4..10) == Some(b"1AY&SY") {
        return Some(Container::Unread("bzip2"));
    }
    if tar::is_header(head) {
        return Some(Container::Tar);
    }
    if is_zlib(head) {
        return Some(Container::Zlib);
    }
    let scripted = head.starts_with(b"#!") && SCRIPTED_ZIPS.iter().any(|e| stem(name, e).is_some());
    scripted.then_some(Container::Zip)
}

/// RFC 1950 has no magic number, only 2 bytes with a check that `x^` passes too: so the head must
/// really inflate to something.
fn is_zlib(head: &[u8]) -> bool {
    matches!(head, [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..]) && {
        let mut zlib = flate2::Decompress::new(true);
        let done = zlib.decompress(head, &mut [0; 4096], flate2::FlushDecompress::None);
        done.is_ok() && zlib.total_out() > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        assert_eq!(sniff(b"PK\x03\x04rest", "x"), Some(Container::Zip));
        assert_eq!(sniff(b"PK\x05\x06", "empty.zip"), Some(Container::Zip));
        assert_eq!(sniff(b"\x1f\x8b\x08\x00", "x"), Some(Container::Gzip));
        assert_eq!(sniff(b"\x28\xb5\x2f\xfd\x00", "x"), Some(Container::Zstd));
        assert_eq!(sniff(b"\x53\x2a\x4d\x18\x00", "x"), Some(Container::Zstd));
        assert_eq!(sniff(b"\xfd7zXZ\0\0", "x"), Some(Container::Unread("xz")));
        assert_eq!(sniff(b"BZh91AY&SY", "x"), Some(Container::Unread("bzip2")));
        assert_eq!(sniff(b"BZh9 is a word", "x"), None);
        assert_eq!(sniff(b"#!/bin/sh\nexec java\n", "app.JAR"), Some(Container::Zip));
        assert_eq!(sniff(b"#!/bin/sh\nexec java\n", "app.sh"), None);
        assert_eq!(sniff(b"x^2 + y^2 = 1, a circle", "x"), None);
        assert_eq!(sniff(b"", ""), None);
        assert_eq!(sniff(b"plain", "claims.zip"), None);
    }

    #[test]
    fn zlib_must_inflate() {
        use std::io::Write;
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(b"some words").unwrap();
        let bytes = encoder.finish().unwrap();
        assert_eq!(sniff(&bytes, "x"), Some(Container::Zlib));
        assert_eq!(sniff(&bytes[..2], "x"), None);
        assert_eq!(sniff(b"\x78\x9c not deflate at all", "x"), None);
    }

    #[test]
    fn inner_names() {
        assert_eq!(Container::Gzip.inner_name("a/notes.txt.gz"), "a/notes.txt");
        assert_eq!(Container::Gzip.inner_name("all.TGZ"), "all.tar");
        assert_eq!(Container::Zstd.inner_name("all.tar.zst"), "all.tar");
        assert_eq!(Container::Gzip.inner_name("release"), "release");
        assert_eq!(Container::Gzip.inner_name(".gz"), ".gz");
        assert_eq!(Container::Zip.inner_name("a.zip"), "a.zip");
    }
}
