//! What is generated and committed, and whether it is fresh.
//!
//! Each generator is a file here with one function `refresh`: it works out the files that ought
//! to stand there, writes those that differ, and tells which they were. The test does the same and
//! fails if there were any, so a stale table fails the tests once and is then already fixed.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub mod detectors;
pub mod fuzz;

/// Runs every generator and tells which files were stale.
///
/// # Errors
/// When an input does not read as it should, or a file cannot be written.
pub fn refresh(root: &Path) -> Result<Vec<PathBuf>> {
    let mut stale = detectors::refresh(root)?;
    stale.extend(fuzz::refresh(root)?);
    Ok(stale)
}

/// Writes those files, given by their path below `root`, that do not hold their text already.
fn write_if_stale(root: &Path, files: Vec<(String, String)>) -> Result<Vec<PathBuf>> {
    let mut stale = Vec::new();
    for (name, text) in files {
        let path = root.join(&name);
        if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        std::fs::create_dir_all(path.parent().unwrap_or(root))?;
        std::fs::write(&path, text).with_context(|| format!("writing {name}"))?;
        stale.push(path);
    }
    Ok(stale)
}

#[cfg(test)]
mod tests {
    #[test]
    fn generated_files_are_fresh() {
        let stale = super::refresh(&crate::root()).unwrap();
        assert!(stale.is_empty(), "were stale and are now written anew: {stale:?}");
    }
}
