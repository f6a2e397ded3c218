//! The estate key: where it comes from, who may read its file, and when there is none.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::leaky;
use crate::sandbox::{Sandbox, run, write_with_mode};

const HEX: &str = "1f83d9abfb41bd6b5be0cd19137e2179cbbb9d5dc1059ed8629a292a367cd507";

fn key_id(run: &crate::sandbox::Run) -> String {
    run.json()["key_id"].as_str().unwrap().to_owned()
}

#[test]
fn the_first_scan_makes_a_key_that_lasts() {
    let sandbox = leaky();
    let first = sandbox.run(["scan", ".", "--format", "json"]).ends(1);
    let path = sandbox.root().join("config/sekisho/estate.key");
    assert!(first.err().contains("made a new estate key in"), "{}", first.err());
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    let second = sandbox.run(["scan", ".", "--format", "json"]).ends(1);
    assert_eq!(second.err(), "");
    assert_eq!(first.stdout, second.stdout);
    assert_eq!(sandbox.run(["key", "id"]).ends(0).out().trim(), key_id(&first));
    // Another estate has another key, and other fingerprints for the same value.
    let other = leaky();
    let elsewhere = other.run(["scan", ".", "--format", "json"]).ends(1);
    assert_ne!(key_id(&first), key_id(&elsewhere));
    let fingerprint = |run: &crate::sandbox::Run| run.json()["credentials"][0]["fingerprint"].clone();
    assert_ne!(fingerprint(&first), fingerprint(&elsewhere));
    let location =
        |run: &crate::sandbox::Run| run.json()["credentials"][0]["copies"][0]["location_id"].clone();
    assert_eq!(location(&first), location(&elsewhere), "a place needs no key");
}

#[test]
fn a_key_that_everyone_can_read_is_refused_with_the_remedy() {
    let sandbox = leaky();
    for open in [0o644, 0o604, 0o666, 0o602] {
        write_with_mode(&sandbox.key(), HEX, open);
        let run = sandbox.scan(&[]).ends(2);
        assert!(run.err().contains("defaultMode: 0400"), "{}", run.err());
        assert!(run.err().contains("chmod 600"), "{}", run.err());
        assert!(run.stdout.is_empty());
        let key = sandbox.key();
        sandbox.run(["key", "id", "--estate-key-file", key.to_str().unwrap()]).ends(2);
    }
    for private in [0o600, 0o400, 0o440, 0o640] {
        write_with_mode(&sandbox.key(), HEX, private);
        sandbox.scan(&[]).ends(1);
    }
    // The one of the configuration directory is no better: that is an error, not a reason for
    // another key.
    fs::create_dir_all(sandbox.root().join("config/sekisho")).unwrap();
    write_with_mode(&sandbox.root().join("config/sekisho/estate.key"), HEX, 0o644);
    assert!(sandbox.run(["scan"]).ends(2).err().contains("defaultMode: 0400"));
}

/// As the kubelet lays out a Secret volume: `key -> ..data/key`, `..data -> ..2026_01_01`.
#[test]
fn a_key_in_a_secret_volume_is_read_through_its_links() {
    let sandbox = leaky();
    let volume = sandbox.out("volume");
    fs::create_dir_all(volume.join("..2026_01_01")).unwrap();
    symlink("..2026_01_01", volume.join("..data")).unwrap();
    symlink("..data/estate.key", volume.join("estate.key")).unwrap();
    let path = volume.join("estate.key");
    let args = ["scan", ".", "--format", "json", "--estate-key-file", path.to_str().unwrap()];
    write_with_mode(&volume.join("..2026_01_01/estate.key"), HEX, 0o440);
    let read = sandbox.run(args).ends(1);
    assert_eq!(read.json()["key"], "estate");
    write_with_mode(&volume.join("..2026_01_01/estate.key"), HEX, 0o644);
    assert!(sandbox.run(args).ends(2).err().contains("defaultMode: 0400"));
    // The same by the environment; the command line comes first.
    write_with_mode(&volume.join("..2026_01_01/estate.key"), HEX, 0o400);
    let mut command = sandbox.command(["scan", ".", "--format", "json"]);
    command.env("SEKISHO_ESTATE_KEY_FILE", &path);
    assert_eq!(run(command, b"").ends(1).stdout, read.stdout);
    let mut command = sandbox.command(sandbox.scan_args(&[]));
    command.env("SEKISHO_ESTATE_KEY_FILE", &path);
    assert_ne!(key_id(&run(command, b"").ends(1)), key_id(&read));
}

#[test]
fn in_ci_the_key_is_for_this_run_alone_and_it_is_said() {
    let sandbox = leaky();
    let in_ci = |args: &[&str], value: &str| {
        let mut command = sandbox.command(args);
        command.env("CI", value);
        run(command, b"")
    };
    let scan = ["scan", ".", "--format", "json"];
    let first = in_ci(&scan, "true").ends(1);
    assert!(first.err().contains("CI is set: an ephemeral key"), "{}", first.err());
    assert_eq!(first.json()["key"], "ephemeral");
    assert_ne!(key_id(&first), key_id(&in_ci(&scan, "1").ends(1)), "each run has its own");
    assert!(!sandbox.root().join("config/sekisho").exists(), "and leaves none behind");
    let table = in_ci(&["scan", "."], "true").ends(1);
    assert!(table.out().contains("this run only"), "{}", table.out());
    // A key that was asked for is used; `CI=false` is no CI.
    let key = sandbox.key();
    let named =
        in_ci(&["scan", ".", "--format", "json", "--estate-key-file", key.to_str().unwrap()], "true").ends(1);
    assert_eq!((named.json()["key"].as_str().unwrap(), named.err()), ("estate", ""));
    assert_eq!(in_ci(&scan, "false").ends(1).json()["key"], "estate");
    // Outside of CI on request, without a word.
    let asked = sandbox.run(["scan", ".", "--format", "json", "--ephemeral-key"]).ends(1);
    assert_eq!((asked.json()["key"].as_str().unwrap(), asked.err()), ("ephemeral", ""));
}

#[test]
fn without_a_home_there_is_a_key_for_this_run() {
    let sandbox = leaky();
    let mut command = sandbox.command(["scan", ".", "--format", "json"]);
    command.env("XDG_CONFIG_HOME", "/proc/none").env("HOME", "/proc/none");
    let run = run(command, b"").ends(1);
    assert_eq!(run.json()["key"], "ephemeral");
    assert!(run.err().contains("using an ephemeral key"), "{}", run.err());
}

#[test]
fn keys_are_made_named_and_replaced() {
    let sandbox = Sandbox::new();
    let path = sandbox.out("new.key");
    let path = path.to_str().unwrap();
    let made = sandbox.run(["key", "new", path]).ends(0);
    assert_eq!(made.out().trim().len(), 16);
    let refused = sandbox.run(["key", "new", path]).ends(2);
    assert!(refused.err().contains(made.out().trim()), "{}", refused.err());
    assert_eq!(sandbox.run(["key", "id", "--estate-key-file", path]).ends(0).out(), made.out());
    let rotated = sandbox.run(["key", "rotate", "--estate-key-file", path]).ends(0);
    assert_ne!(rotated.out(), made.out());
    let kept = format!("{path}.{}", made.out().trim());
    assert_eq!(sandbox.run(["key", "id", "--estate-key-file", &kept]).ends(0).out(), made.out());
    sandbox.run(["key", "id"]).ends(2);
}
