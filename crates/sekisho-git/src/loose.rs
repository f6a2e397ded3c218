//! Loose objects: one file each.

use std::path::{Path, PathBuf};

use crate::files;
use crate::oid::{HashKind, ObjectKind, Oid};
use crate::pack::{Inflater, Stored};

/// A loose object.
#[derive(Debug)]
pub(crate) struct Loose {
    pub(crate) name: Oid,
    pub(crate) path: PathBuf,
}

/// The loose objects below a directory of objects. What does not look like one is left out.
pub(crate) fn list(objects: &Path, hash: HashKind, found: &mut Vec<Loose>) -> std::io::Result<()> {
    for (folder, kind) in files::list(objects)? {
        let first = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !kind.is_dir() || first.len() != 2 || !first.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            continue;
        }
        let first = first.to_owned();
        for (path, _) in files::list(&folder)? {
            let rest = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let name = Oid::from_hex(format!("{first}{rest}").as_bytes());
            if let Some(name) = name.filter(|name| name.as_bytes().len() == hash.len()) {
                found.push(Loose { name, path });
            }
        }
    }
    Ok(())
}

/// Why a loose object was not read.
pub(crate) const UNREADABLE: &str = "its file cannot be read";
const DAMAGED: &str = "its file is damaged";
/// Told for objects over the limit, wherever they lie.
pub(crate) const TOO_LARGE: &str = "it is over the size limit";
const OTHER: &str = "its content is not what its name says";

/// The kind and content of a loose object, whose name is computed anew.
pub(crate) fn read(
    loose: &Loose,
    hash: HashKind,
    max: u64,
    inflater: &mut Inflater,
) -> Result<(ObjectKind, Vec<u8>), &'static str> {
    read_if(loose, hash, max, inflater, |_| true).and_then(|read| read.ok_or(DAMAGED))
}

/// The same, if it is of a kind that is wanted: of others nothing but the header is read.
pub(crate) fn read_if(
    loose: &Loose,
    hash: HashKind,
    max: u64,
    inflater: &mut Inflater,
    wanted: impl Fn(ObjectKind) -> bool,
) -> Result<Option<(ObjectKind, Vec<u8>)>, &'static str> {
    let file = files::open(&loose.path).and_then(Stored::new).map_err(|_| UNREADABLE)?;
    let mut bytes = Vec::new();
    let (kind, size, header) = head(&file, inflater, &mut bytes)?;
    if !wanted(kind) {
        return Ok(None);
    }
    if size > max {
        return Err(TOO_LARGE);
    }
    inflater.exactly(&file, 0..file.len, size + header as u64, &mut bytes).map_err(|_| DAMAGED)?;
    bytes.drain(..header);
    if hash.name(kind, &bytes) == Some(loose.name) { Ok(Some((kind, bytes))) } else { Err(OTHER) }
}

/// The kind of a loose object.
pub(crate) fn kind(loose: &Loose, inflater: &mut Inflater) -> Result<ObjectKind, &'static str> {
    let file = files::open(&loose.path).and_then(Stored::new).map_err(|_| UNREADABLE)?;
    Ok(head(&file, inflater, &mut Vec::new())?.0)
}

/// Kind, size and length of the header.
fn head(
    file: &Stored,
    inflater: &mut Inflater,
    bytes: &mut Vec<u8>,
) -> Result<(ObjectKind, u64, usize), &'static str> {
    inflater.head(file, bytes).map_err(|_| DAMAGED)?;
    let end = bytes.iter().position(|byte| *byte == 0).ok_or(DAMAGED)?;
    let space = bytes[..end].iter().position(|byte| *byte == b' ').ok_or(DAMAGED)?;
    let kind = ObjectKind::from_word(&bytes[..space]).ok_or(DAMAGED)?;
    let size = std::str::from_utf8(&bytes[space + 1..end]).ok().and_then(|size| size.parse().ok());
    Ok((kind, size.ok_or(DAMAGED)?, end + 1))
}
