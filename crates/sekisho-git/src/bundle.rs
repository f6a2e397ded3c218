//! Bundles: refs and a pack in one file, which may need objects that others have.
//!
//! Format: gitformat-bundle(5), versions 2 and 3. The pack has no index, so its objects are found by
//! reading it through, and named by what they hold.

use std::io;
use std::path::Path;

use crate::files;
use crate::oid::{HashKind, Oid};
use crate::pack::Stored;

/// The longest header that is read: refs and prerequisites.
const MAX_HEADER: usize = 64 << 20;

/// The header of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bundle {
    /// The hash of its names.
    pub hash: HashKind,
    /// Commits that whoever unpacks it must have.
    pub prerequisites: Vec<Oid>,
    /// Its refs.
    pub refs: Vec<(String, Oid)>,
    /// Where the pack starts.
    pub pack: u64,
    /// Whether objects were left out by a filter.
    pub filtered: bool,
}

/// Whether a file that begins with `head` is a bundle.
pub fn is_bundle(head: &[u8]) -> bool {
    head.starts_with(b"# v2 git bundle\n") || head.starts_with(b"# v3 git bundle\n")
}

impl Bundle {
    /// Reads the header at the start of `bytes`; `None` when there is none or it is cut off.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        if !is_bundle(bytes) {
            return None;
        }
        let mut bundle = Self::default();
        let mut at = memchr::memchr(b'\n', bytes)? + 1;
        loop {
            let len = memchr::memchr(b'\n', bytes.get(at..)?)?;
            let line = &bytes[at..at + len];
            at += len + 1;
            if line.is_empty() {
                bundle.pack = at as u64;
                return Some(bundle);
            }
            if let Some(capability) = line.strip_prefix(b"@") {
                match capability {
                    b"object-format=sha256" => bundle.hash = HashKind::Sha256,
                    b"object-format=sha1" => {}
                    filter if filter.starts_with(b"filter=") => bundle.filtered = true,
                    _ => return None,
                }
                continue;
            }
            let (needed, line) = line.strip_prefix(b"-").map_or((false, line), |line| (true, line));
            let end = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
            let oid = Oid::from_hex(&line[..end])?;
            if needed {
                bundle.prerequisites.push(oid);
            } else {
                let name = line.get(end + 1..).unwrap_or_default();
                bundle.refs.push((String::from_utf8_lossy(name).into_owned(), oid));
            }
        }
    }

    /// Opens a bundle; its header, and the file.
    pub(crate) fn open(path: &Path) -> io::Result<(Self, Stored)> {
        let file = Stored::new(files::open(path)?)?;
        let mut len = 64 << 10;
        loop {
            let mut head = vec![0; len];
            let read = file.read_at(&mut head, 0)?;
            match Self::parse(&head[..read]) {
                Some(bundle) => return Ok((bundle, file)),
                None if read == len && len < MAX_HEADER && is_bundle(&head) => len *= 4,
                None => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_tell_what_is_needed_and_what_is_there() {
        let id = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
        let text =
            format!("# v3 git bundle\n@object-format=sha1\n-{id} a subject\n{id} refs/heads/main\n\nPACK");
        let bundle = Bundle::parse(text.as_bytes()).unwrap();
        assert_eq!(bundle.prerequisites.len(), 1);
        assert_eq!(bundle.refs[0].0, "refs/heads/main");
        assert_eq!(&text.as_bytes()[bundle.pack as usize..], b"PACK");
        for len in 0..bundle.pack as usize {
            assert_eq!(Bundle::parse(&text.as_bytes()[..len]), None);
        }
        assert_eq!(Bundle::parse(b"# v3 git bundle\n@new=1\n\n"), None, "a capability that must be known");
    }
}
