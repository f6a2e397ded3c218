//! Directories, whatever is in them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::process::Command;

use sekisho_policy::PathPatterns;

use super::*;

fn problem(path: &str, what: &str) -> (String, String) {
    (path.to_owned(), what.to_owned())
}

#[test]
fn hidden_and_oddly_named_files_are_read() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), ".env", "a");
    write(dir.path(), ".config/deep/er/x", "b");
    write(dir.path(), "with space\nand line", "c");
    fs::write(dir.path().join(OsStr::from_bytes(b"caf\xe9")), "d").unwrap();
    fs::create_dir(dir.path().join("empty")).unwrap();
    let walked = walk(dir.path());
    assert_eq!(walked.paths(), [".config/deep/er/x", ".env", "b64:Y2Fm6Q==", "with space\nand line"]);
    assert_eq!(walked.files["b64:Y2Fm6Q=="].content, b"d");
    assert_eq!(walked.tracked(".env"), None);
    assert_eq!(walked.problems, []);
    assert_eq!(walked.stats.items, 4);
}

#[test]
fn the_number_of_threads_makes_no_difference() {
    let dir = tempfile::tempdir().unwrap();
    for at in 0..200 {
        write(dir.path(), &format!("{}/{}/{at}", at % 7, at % 3), format!("{at}"));
    }
    let jobs = |jobs| walk_with(dir.path(), DirectoryOptions { jobs, ..DirectoryOptions::default() });
    assert_eq!(jobs(1), jobs(8));
    assert_eq!(jobs(2).files.len(), 200);
}

#[test]
fn links_are_not_followed_and_only_circles_are_told_of() {
    let dir = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "outside", "x");
    write(dir.path(), "sub/real", "x");
    for (to, link) in [
        ("real", "sub/file"),
        ("..", "sub/up"),
        (".", "here"),
        ("nowhere", "broken"),
        ("self", "self"),
        ("b", "a"),
        ("a", "b"),
        (outside.path().to_str().unwrap(), "out"),
    ] {
        symlink(to, dir.path().join(link)).unwrap();
    }
    let walked = walk(dir.path());
    assert_eq!(walked.paths(), ["sub/real"]);
    let circle = "a symbolic link that leads to itself, not followed";
    assert_eq!(walked.problems, [problem("a", circle), problem("b", circle), problem("self", circle)]);
    assert_eq!(walked.stats.links, 8);
}

#[test]
fn a_link_that_the_user_names_is_followed() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "real/a", "x");
    symlink("real", dir.path().join("link")).unwrap();
    assert_eq!(walk(&dir.path().join("link")).paths(), ["a"]);
}

#[test]
fn pipes_and_sockets_are_problems_and_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a", "x");
    assert!(Command::new("mkfifo").arg(dir.path().join("pipe")).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("socket")).unwrap();
    let walked = walk(dir.path());
    assert_eq!(walked.paths(), ["a"]);
    assert_eq!(
        walked.problems,
        [problem("pipe", "a pipe, not opened"), problem("socket", "a socket, not opened")]
    );
}

#[test]
fn git_files_that_are_pipes_are_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), ".git/HEAD", "");
    fs::create_dir(dir.path().join(".git/objects")).unwrap();
    fs::create_dir(dir.path().join(".git/info")).unwrap();
    write(dir.path(), "a", "x");
    for pipe in [".git/index", ".git/info/exclude", ".gitignore", "kustomization.yaml"] {
        assert!(Command::new("mkfifo").arg(dir.path().join(pipe)).status().unwrap().success());
    }
    let walked = walk(dir.path());
    assert_eq!(walked.paths(), ["a"]);
    assert_eq!(walked.tracked("a"), None);
    let told: Vec<&str> = walked.problems.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(told, [".git", ".git", ".gitignore", ".gitignore", "kustomization.yaml"]);
}

#[test]
fn large_files_are_problems() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "small", "12345");
    write(dir.path(), "large", "123456");
    let options = DirectoryOptions { max_file_size: Some(5), ..DirectoryOptions::default() };
    let walked = walk_with(dir.path(), options);
    assert_eq!(walked.paths(), ["small"]);
    assert_eq!(walked.problems, [problem("large", "6 bytes, over the limit of 5, not read")]);
}

#[test]
fn patterns_choose_files_and_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    for path in ["a.env", "b.yaml", "vendor/c.env", "x/vendor/deep/d.env", "x/e.env"] {
        write(dir.path(), path, "x");
    }
    let patterns = |patterns: &[&str]| PathPatterns::new(patterns.iter().copied()).unwrap();
    let exclude = patterns(&["vendor/"]);
    let walked = walk_with(dir.path(), DirectoryOptions { exclude, ..DirectoryOptions::default() });
    assert_eq!(walked.paths(), ["a.env", "b.yaml", "x/e.env"]);
    assert_eq!(walked.stats.excluded, 2);
    let (include, exclude) = (patterns(&["*.env"]), patterns(&["x/vendor"]));
    let walked = walk_with(dir.path(), DirectoryOptions { include, exclude, ..DirectoryOptions::default() });
    assert_eq!(walked.paths(), ["a.env", "vendor/c.env", "x/e.env"]);
    assert_eq!(walked.stats.excluded, 2);
}

#[test]
fn generator_files_are_known() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "base/kustomization.yaml", "secretGenerator:\n- name: db\n  envs: [env/db.env]\n");
    write(dir.path(), "base/env/db.env", "PASSWORD=x\n");
    write(dir.path(), "base/env/other.env", "PASSWORD=x\n");
    for target in [dir.path().to_owned(), dir.path().join("base")] {
        let walked = walk(&target);
        let hints = walked.files.iter().filter_map(|(path, seen)| Some((path, seen.hint.as_ref()?)));
        let hints: Vec<_> = hints.collect();
        let [(path, Hint::GeneratorFile { secret: true, object, key: None })] = &hints[..] else {
            panic!("{hints:?}")
        };
        assert!(path.ends_with("env/db.env"));
        assert_eq!(object.to_string(), "Secret db");
    }
}

#[test]
fn a_target_that_is_no_directory_fails() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a", "x");
    let fails =
        |path: &str| read(&Directory::new(dir.path().join(path), DirectoryOptions::default())).unwrap_err();
    assert_eq!(fails("none"), SourceError::Missing { path: dir.path().join("none") });
    assert!(matches!(fails("a"), SourceError::Unreadable { .. }));
}

/// Root reads everything, so as root this test runs itself again as somebody else.
#[test]
fn what_may_not_be_read_is_a_problem() {
    let dir = tempfile::tempdir().unwrap();
    let is_root = dir.path().metadata().unwrap().uid() == 0;
    if is_root {
        let me = std::env::current_exe().unwrap();
        let name = "directory::what_may_not_be_read_is_a_problem";
        let again = Command::new(me).args(["--exact", name]).current_dir("/").uid(65534).gid(65534).output();
        // Where the test program itself may not be read by others there is nothing to learn.
        if let Ok(again) = again {
            let output = String::from_utf8_lossy(&again.stdout).into_owned();
            assert!(again.status.success() && output.contains("1 passed"), "{output}");
        }
        return;
    }
    for path in ["a", "secret", "locked/inside", "open/b"] {
        write(dir.path(), path, "x");
    }
    let mode = |path: &str, mode| {
        fs::set_permissions(dir.path().join(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("secret", 0o000);
    mode("locked", 0o000);
    let walked = walk(dir.path());
    let target = read(&Directory::new(dir.path().join("locked"), DirectoryOptions::default()));
    mode("locked", 0o700);
    assert_eq!(walked.paths(), ["a", "open/b", "secret"]);
    assert_eq!(walked.files["secret"].content, b"");
    let denied = "not read: permission denied";
    assert_eq!(walked.problems, [problem("locked", denied), problem("secret", denied)]);
    assert!(matches!(target, Err(SourceError::Unreadable { .. })));
}
