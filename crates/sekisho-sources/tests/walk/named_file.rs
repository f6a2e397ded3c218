//! Files that the user named.

use std::path::PathBuf;
use std::process::Command;

use sekisho_sources::NamedFile;

use super::*;

fn named(path: impl Into<PathBuf>, max_file_size: Option<u64>) -> Walked {
    read(&NamedFile::new(path.into(), max_file_size)).unwrap()
}

#[test]
fn a_file_is_one_item_called_as_it_was_named() {
    // The working directory of a test is its package.
    for (path, shown) in [
        ("tests/walk/main.rs", "tests/walk/main.rs"),
        ("./tests/./walk/main.rs", "tests/walk/main.rs"),
        ("tests/../tests/walk/main.rs", "main.rs"),
    ] {
        let walked = named(path, None);
        assert_eq!(walked.paths(), [shown]);
        assert!(walked.files[shown].content.starts_with(b"//! Walks"));
        assert_eq!(walked.stats.items, 1);
    }
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a.env", "x");
    assert_eq!(named(dir.path().join("a.env"), None).paths(), ["a.env"]);
}

#[test]
fn git_and_kustomizations_are_asked() {
    let dir = tempfile::tempdir().unwrap();
    let init = Command::new("git").current_dir(dir.path()).args(["init", "-q"]).status().unwrap();
    assert!(init.success());
    write(dir.path(), ".gitignore", "*.env\n");
    write(dir.path(), "kustomization.yaml", "secretGenerator:\n- name: db\n  envs: [a.env]\n");
    write(dir.path(), "a.env", "x");
    let walked = named(dir.path().join("a.env"), None);
    assert_eq!(walked.tracked("a.env"), Some(Tracked::Ignored));
    assert!(matches!(walked.files["a.env"].hint, Some(Hint::GeneratorFile { secret: true, .. })));
}

#[test]
fn links_are_followed_and_limits_kept() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a", "123");
    std::os::unix::fs::symlink("a", dir.path().join("link")).unwrap();
    assert_eq!(named(dir.path().join("link"), None).files["link"].content, b"123");
    let walked = named(dir.path().join("a"), Some(2));
    assert!(walked.files.is_empty());
    assert_eq!(walked.problems, [("a".to_owned(), "3 bytes, over the limit of 2, not read".to_owned())]);
    assert!(read(&NamedFile::new(dir.path().to_owned(), None)).is_err());
    assert!(read(&NamedFile::new(dir.path().join("none"), None)).is_err());
}
