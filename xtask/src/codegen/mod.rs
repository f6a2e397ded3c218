//! What is generated and committed, and whether it is fresh.
//!
//! Each generator is a file here with one function `refresh`: it works out the files that ought
//! to stand there, writes those that differ, and tells which they were. The test does the same and
//! fails if there were any, so a stale table fails the tests once and is then already fixed.

use std::path::{Path, PathBuf};

use anyhow::Result;

pub mod detectors;

/// Runs every generator and tells which files were stale.
///
/// # Errors
/// When an input does not read as it should, or a file cannot be written.
pub fn refresh(root: &Path) -> Result<Vec<PathBuf>> {
    detectors::refresh(root)
}

#[cfg(test)]
mod tests {
    #[test]
    fn generated_files_are_fresh() {
        let stale = super::refresh(&crate::root()).unwrap();
        assert!(stale.is_empty(), "were stale and are now written anew: {stale:?}");
    }
}
