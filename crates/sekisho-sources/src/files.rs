//! Opening and reading files of a target that is not trusted.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::time::SystemTime;

use rustix::fs::OFlags;
use sekisho_model::TargetPath;

/// The kind of error for what is there but is no regular file.
const NOT_A_FILE: io::ErrorKind = io::ErrorKind::InvalidInput;

/// Whether a link leads to itself, or was met where none is followed.
pub(crate) fn is_loop(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

/// Opens a regular file for reading; anything else is not waited for. A link in the last part of
/// `path` is followed only on request.
pub(crate) fn open(path: &Path, follow: bool) -> io::Result<(File, Metadata)> {
    let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    flags.set(OFlags::NOFOLLOW, !follow);
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let file = opened.map_err(|error| if is_loop(&error) { NOT_A_FILE.into() } else { error })?;
    let there = file.metadata()?;
    if there.is_file() { Ok((file, there)) } else { Err(NOT_A_FILE.into()) }
}

/// The whole of a regular file of at most `max` bytes; `None` when there is no such file.
pub(crate) fn read_bounded(path: &Path, follow: bool, max: u64) -> io::Result<Option<Vec<u8>>> {
    let (file, there) = match open(path, follow) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut content = Vec::with_capacity(there.len().min(max) as usize);
    file.take(max.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() as u64 > max { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(Some(content)) }
}

/// What tells a file from its later self.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    len: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self { len: metadata.len(), modified: metadata.modified().ok() }
    }
}

/// Why something that is no regular file is not opened.
pub(crate) fn special(kind: std::fs::FileType) -> &'static str {
    if kind.is_fifo() {
        "a pipe, not opened"
    } else if kind.is_socket() {
        "a socket, not opened"
    } else if kind.is_block_device() || kind.is_char_device() {
        "a device, not opened"
    } else {
        "not a regular file, not opened"
    }
}

/// Why a file was not read, in our own words.
pub(crate) fn failure(kind: io::ErrorKind) -> String {
    match kind {
        io::ErrorKind::NotFound => "vanished before it was read".to_owned(),
        NOT_A_FILE => "became something other than a regular file, not read".to_owned(),
        kind => format!("not read: {kind}"),
    }
}

/// `path` below `root` with `/` between its parts, as it stands in places.
pub(crate) fn target_path(root: &Path, path: &Path) -> TargetPath {
    TargetPath::from_bytes(relative(root, path))
}

/// `path` below `root` as bytes with `/` between its parts.
pub(crate) fn relative<'a>(root: &Path, path: &'a Path) -> &'a [u8] {
    path.strip_prefix(root).unwrap_or(path).as_os_str().as_bytes()
}
