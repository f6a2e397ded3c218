//! Where recorded data is found.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

/// A folder of `$SEKISHO_ORACLE` (default `../shared/oracle` beside the workspace). Without it the
/// test says so and passes.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("SEKISHO_ORACLE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracle"), PathBuf::from);
    let found = root.join(name);
    if !found.exists() {
        // Past the test runner, which keeps for itself what a passing test prints.
        let _closed = writeln!(
            std::io::stderr(),
            "SKIPPED: no recorded data at {}; set SEKISHO_ORACLE",
            found.display()
        );
        return None;
    }
    Some(found)
}

/// The files of a folder with this end, packed or not, in order.
#[allow(dead_code, reason = "each test takes what it needs")]
pub(crate) fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = entries
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.strip_suffix(".zst").unwrap_or(&name).ends_with(end)
        })
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
