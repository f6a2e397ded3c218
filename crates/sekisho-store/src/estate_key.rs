//! The estate key's file: 64 hexadecimal digits and a line end.
//!
//! The file is made on first use, 0600 in a directory of 0700, complete before it has its name, so
//! that two first runs at once agree on one key. Who owns it is not checked (a Kubernetes Secret
//! volume belongs to root, its reader does not) and its group may read it (`fsGroup`), but nobody
//! else. Symbolic links are followed, since Secret volumes are made of them; the mode of the file
//! at their end counts.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use rustix::fs::OFlags;
use sekisho_secret::{EstateKey, KEY_LEN};
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::private::{create_private, parent, write_private};

/// A key file is at most this long, in bytes; a key takes 65.
pub const KEY_FILE_MAX: usize = 1024;

/// Permission bits by which everyone may read or write.
const OPEN_TO_ALL: u32 = 0o006;

/// A key from a file that may have been made for it.
#[derive(Debug)]
pub struct Opened {
    /// The key.
    pub key: EstateKey,
    /// Whether this call made it.
    pub created: bool,
}

/// What [`rotate`] did.
#[derive(Debug)]
pub struct Rotated {
    /// The key from now on.
    pub new: EstateKey,
    /// The key until now.
    pub old: EstateKey,
    /// Where the old key is kept: reports made under it can still be joined.
    pub kept: PathBuf,
}

/// `sekisho/estate.key` in the user's configuration directory (`$XDG_CONFIG_HOME`, else
/// `~/.config`).
///
/// # Errors
/// [`StoreError::NoConfigDir`].
pub fn default_path() -> Result<PathBuf, StoreError> {
    let base = etcetera::choose_base_strategy().map_err(|_| StoreError::NoConfigDir)?;
    Ok(base.config_dir().join("sekisho").join("estate.key"))
}

/// Reads the key in `path`.
///
/// # Errors
/// Any [`StoreError`] but `NoConfigDir` and `NoRandom`.
pub fn load(path: &Path) -> Result<EstateKey, StoreError> {
    let failed = StoreError::io("read estate key file", path);
    let (content, len) = match open(path).and_then(|file| Ok((file.metadata()?, file))) {
        Err(error) => return Err(failed(error)),
        Ok((there, _)) if !there.is_file() => return Err(StoreError::NotAFile { path: path.to_owned() }),
        Ok((there, _)) if there.permissions().mode() & OPEN_TO_ALL != 0 => {
            let mode = there.permissions().mode() & 0o7777;
            return Err(StoreError::OpenToAll { path: path.to_owned(), mode });
        }
        Ok((_, file)) => read_start(file).map_err(failed)?,
    };
    if len > KEY_FILE_MAX {
        return Err(StoreError::TooLarge { path: path.to_owned() });
    }
    EstateKey::from_hex(&content[..len]).map_err(|why| StoreError::BadKey { path: path.to_owned(), why })
}

/// Reads the key in `path`, or makes one there, and its directory, when there is none.
///
/// # Errors
/// Any [`StoreError`] but `NoConfigDir`.
pub fn load_or_create(path: &Path) -> Result<Opened, StoreError> {
    match load(path) {
        Err(error) if error.is_missing() => {}
        loaded => return loaded.map(|key| Opened { key, created: false }),
    }
    let directory = parent(path);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(StoreError::io("create the directory", directory))?;
    let key = ephemeral()?;
    if create_private(path, key.to_hex().as_bytes())? {
        return Ok(Opened { key, created: true });
    }
    // Another process was first: its key is the estate's.
    load(path).map(|key| Opened { key, created: false })
}

/// A key for this run alone; nothing is written.
///
/// # Errors
/// [`StoreError::NoRandom`].
pub fn ephemeral() -> Result<EstateKey, StoreError> {
    let mut bytes = Zeroizing::new([0; KEY_LEN]);
    getrandom::fill(&mut *bytes).map_err(|_| StoreError::NoRandom)?;
    EstateKey::from_bytes(*bytes).map_err(|_| StoreError::NoRandom)
}

/// Puts a new key into `path` and keeps the old one beside it as `<name>.<key id>`. Fingerprints of
/// the two do not compare. A symbolic link stays one: the file at its end is rotated.
///
/// # Errors
/// Any [`StoreError`] but `NoConfigDir`; the old key is then still in force.
pub fn rotate(path: &Path) -> Result<Rotated, StoreError> {
    let path = &fs::canonicalize(path).map_err(StoreError::io("rotate estate key file", path))?;
    let old = load(path)?;
    let new = ephemeral()?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", old.key_id()));
    let kept = path.with_file_name(name);
    write_private(&kept, old.to_hex().as_bytes())?;
    write_private(path, new.to_hex().as_bytes())?;
    Ok(Rotated { new, old, kept })
}

/// Opens for reading without waiting for a pipe's writer and without taking a terminal.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

/// Up to one byte more than a key file may have, in memory that is wiped.
fn read_start(mut file: File) -> io::Result<(Zeroizing<[u8; KEY_FILE_MAX + 1]>, usize)> {
    let mut content = Zeroizing::new([0; KEY_FILE_MAX + 1]);
    let mut len = 0;
    while len < content.len() {
        match file.read(&mut content[len..]) {
            Ok(0) => break,
            Ok(n) => len += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok((content, len))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use sekisho_secret::KeyError;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn key_file(dir: &Path, content: &[u8], mode: u32) -> PathBuf {
        let path = dir.join("key");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn hex() -> String {
        "0123456789abcdef".repeat(4)
    }

    #[test]
    fn the_first_use_makes_a_private_key_that_lasts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config/sekisho/estate.key");
        let first = load_or_create(&path).unwrap();
        assert!(first.created);
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        let again = load_or_create(&path).unwrap();
        assert!(!again.created);
        assert_eq!(again.key.key_id(), first.key.key_id());
        assert_eq!(fs::read(&path).unwrap().len(), 65);
        assert_ne!(ephemeral().unwrap().key_id(), first.key.key_id());
    }

    #[test]
    fn first_runs_at_once_agree_on_one_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = &dir.path().join("sekisho/estate.key");
        let opened: Vec<Opened> = std::thread::scope(|scope| {
            let runs: Vec<_> = (0..16).map(|_| scope.spawn(|| load_or_create(path).unwrap())).collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        assert_eq!(opened.iter().filter(|o| o.created).count(), 1);
        assert!(opened.iter().all(|o| o.key.key_id() == opened[0].key.key_id()));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no scratch file is left");
    }

    #[test]
    fn a_key_that_everyone_can_read_or_write_is_refused_with_the_remedy() {
        let dir = tempfile::tempdir().unwrap();
        for open in [0o644, 0o604, 0o602, 0o666, 0o444] {
            let path = key_file(dir.path(), hex().as_bytes(), open);
            let error = load(&path).unwrap_err();
            assert_eq!(error, StoreError::OpenToAll { path, mode: open });
            let text = error.to_string();
            assert!(text.contains("chmod 600") && text.contains("defaultMode: 0400"), "{text}");
            assert!(text.contains(&format!("{open:04o}")), "{text}");
        }
        for private in [0o600, 0o400, 0o440, 0o640, 0o660] {
            load(&key_file(dir.path(), hex().as_bytes(), private)).unwrap();
        }
    }

    /// `key -> ..data/key`, `..data -> ..2026_01_01/`, as the kubelet lays out a Secret volume.
    #[test]
    fn a_secret_volume_is_followed_and_its_file_counts() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().join("..2026_01_01");
        fs::create_dir(&real).unwrap();
        key_file(&real, hex().as_bytes(), 0o440);
        symlink("..2026_01_01", dir.path().join("..data")).unwrap();
        let link = dir.path().join("key");
        symlink("..data/key", &link).unwrap();
        load(&link).unwrap();
        key_file(&real, hex().as_bytes(), 0o644);
        assert_eq!(load(&link).unwrap_err(), StoreError::OpenToAll { path: link, mode: 0o644 });
    }

    #[test]
    fn what_is_no_key_file_is_refused_without_its_content() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg("-m600").arg(&fifo).status().unwrap();
        assert!(made.success());
        assert_eq!(load(&fifo).unwrap_err(), StoreError::NotAFile { path: fifo });
        assert_eq!(load(dir.path()).unwrap_err(), StoreError::NotAFile { path: dir.path().to_owned() });
        let long = key_file(dir.path(), &[b'a'; KEY_FILE_MAX + 1], 0o600);
        assert_eq!(load(&long).unwrap_err(), StoreError::TooLarge { path: long });
        let other = key_file(dir.path(), b"canary-not-a-key", 0o600);
        let error = load(&other).unwrap_err();
        assert_eq!(error, StoreError::BadKey { path: other, why: KeyError::NotHex });
        assert!(!format!("{error} {error:?}").contains("canary"));
        assert!(load(&dir.path().join("none")).unwrap_err().is_missing());
        let lost = dir.path().join("lost");
        symlink("nowhere", &lost).unwrap();
        assert!(load_or_create(&lost).unwrap_err().is_missing());
    }

    #[test]
    fn rotation_keeps_the_old_key_under_its_id() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("estate.key");
        let old = load_or_create(&path).unwrap().key;
        let link = dir.path().join("link");
        symlink("estate.key", &link).unwrap();
        let rotated = rotate(&link).unwrap();
        assert_eq!(rotated.old.key_id(), old.key_id());
        assert_eq!(load(&path).unwrap().key_id(), rotated.new.key_id());
        assert_eq!(load(&link).unwrap().key_id(), rotated.new.key_id());
        assert_ne!(rotated.new.key_id(), old.key_id());
        assert_eq!(load(&rotated.kept).unwrap().key_id(), old.key_id());
        assert_eq!(mode(&rotated.kept), 0o600);
        let name = format!("estate.key.{}", old.key_id());
        assert_eq!(rotated.kept, fs::canonicalize(dir.path()).unwrap().join(name));
    }
}
