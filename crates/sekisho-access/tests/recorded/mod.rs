//! Where recorded data is found.

use std::io::Read as _;
use std::path::{Path, PathBuf};

/// A folder of `$SEKISHO_ORACLE` (default `../shared/oracle` beside the workspace). Without it the
/// test says so and passes.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("SEKISHO_ORACLE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracle"), PathBuf::from);
    let found = root.join(name);
    if !found.exists() {
        eprintln!("NOT TESTED: no recorded data at {}; set SEKISHO_ORACLE", found.display());
        return None;
    }
    Some(found)
}

/// The files of a folder with this end, in order.
#[allow(dead_code, reason = "each test takes what it needs")]
pub(crate) fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = entries
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(end)))
        .collect();
    found.sort();
    found
}

/// A file, unpacked if it is packed.
#[allow(dead_code, reason = "each test takes what it needs")]
pub(crate) fn read(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_none_or(|end| end != "zst") {
        return bytes;
    }
    let (mut packed, mut unpacked) = (bytes.as_slice(), Vec::new());
    while !packed.is_empty() {
        let mut frame = ruzstd::decoding::StreamingDecoder::new(&mut packed).unwrap();
        frame.read_to_end(&mut unpacked).unwrap();
    }
    unpacked
}
