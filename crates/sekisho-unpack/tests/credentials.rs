//! Credential formats as the usual programs write them. Keys are made afresh on every run, so that
//! none lies in the repository; a machine without the program skips its part.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "all of this file is tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sekisho_unpack::key::KeyKind;
use sekisho_unpack::pem::{Block, blocks};
use sekisho_unpack::{key_store, pkcs12};

/// A directory of this test's own, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sekisho-unpack-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Runs a program here; `false` when the machine does not have it.
    fn run(&self, program: &str, arguments: &str) -> bool {
        let mut command = Command::new(program);
        command.current_dir(&self.0).args(arguments.split_whitespace());
        let Ok(output) = command.stdin(Stdio::null()).output() else {
            eprintln!("skipped: there is no {program}");
            return false;
        };
        assert!(output.status.success(), "{program} {arguments}");
        true
    }

    fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.0.join(file)).unwrap()
    }

    fn block(&self, file: &str) -> Block {
        blocks(&self.read(file)).last().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        assert!(self.0.starts_with(std::env::temp_dir()) && self.0 != Path::new("/"));
        let _ignored = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn keys_find_their_certificates() {
    let dir = Scratch::new("keys");
    let kinds = [
        ("rsa", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048", KeyKind::Rsa, Some(2048)),
        ("ec", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256", KeyKind::Ec, Some(256)),
        ("ec521", "-algorithm EC -pkeyopt ec_paramgen_curve:P-521", KeyKind::Ec, Some(521)),
        ("ed25519", "-algorithm ED25519", KeyKind::Ed25519, None),
    ];
    for (name, options, kind, bits) in kinds {
        if !dir.run("openssl", &format!("genpkey {options} -out {name}.key")) {
            return;
        }
        dir.run(
            "openssl",
            &format!(
                "req -new -x509 -key {name}.key -days 30 -subj /O=Example/CN={name}.example -out {name}.crt"
            ),
        );
        dir.run("openssl", &format!("pkey -in {name}.key -aes128 -passout pass:x -out {name}.enc"));
        let certificate = dir.block(&format!("{name}.crt")).certificate().unwrap();
        assert_eq!(certificate.subject, format!("{name}.example"));
        assert_eq!(certificate.issuer, certificate.subject);
        assert!(certificate.is_ca, "as openssl req -x509 makes them");
        assert_eq!(certificate.not_after - certificate.not_before, 30 * 86_400);
        assert!(certificate.not_before > 1_700_000_000);

        let key = dir.block(&format!("{name}.key")).private_key().unwrap();
        assert_eq!((key.kind, key.bits, key.encrypted), (kind, bits, false));
        let carried = kind != KeyKind::Ed25519;
        assert_eq!(key.public, carried.then_some(certificate.public));

        let encrypted = dir.block(&format!("{name}.enc"));
        assert_eq!(encrypted.label, "ENCRYPTED PRIVATE KEY");
        assert!(encrypted.private_key().unwrap().encrypted);
    }
    // The traditional forms, plain and encrypted.
    for (name, label) in [("rsa", "RSA PRIVATE KEY"), ("ec", "EC PRIVATE KEY")] {
        let certificate = dir.block(&format!("{name}.crt")).certificate().unwrap();
        let traditional = if name == "rsa" { "-traditional" } else { "" };
        dir.run("openssl", &format!("{name} -in {name}.key {traditional} -out {name}.old"));
        let block = dir.block(&format!("{name}.old"));
        assert_eq!(block.label, label);
        assert_eq!(block.private_key().unwrap().public, Some(certificate.public));
        dir.run(
            "openssl",
            &format!("{name} -in {name}.key -aes128 -passout pass:x {traditional} -out {name}.oldenc"),
        );
        let key = dir.block(&format!("{name}.oldenc")).private_key().unwrap();
        assert!(key.encrypted && key.kind != KeyKind::Unknown);
    }
}

#[test]
fn a_certificate_of_a_server_is_no_authority() {
    let dir = Scratch::new("leaf");
    if dir.run(
        "openssl",
        "req -x509 -newkey rsa:2048 -nodes -keyout k -out c -days 1 -subj /CN=\u{e9}t\u{e9} -utf8 \
         -addext basicConstraints=critical,CA:FALSE",
    ) {
        let certificate = dir.block("c").certificate().unwrap();
        assert!(!certificate.is_ca);
        assert_eq!(certificate.subject, "été");
    }
}

#[test]
fn openssh_keys() {
    let dir = Scratch::new("ssh");
    let kinds = [
        ("rsa", "-b 2048", KeyKind::Rsa, Some(2048)),
        ("ecdsa", "-b 384", KeyKind::Ec, Some(384)),
        ("ed25519", "", KeyKind::Ed25519, None),
    ];
    for (kind, options, expected, bits) in kinds {
        for (password, encrypted) in [("", false), ("correct-horse", true)] {
            let file = format!("{kind}{encrypted}");
            let mut command = Command::new("ssh-keygen");
            command.current_dir(&dir.0).args(["-q", "-t", kind, "-N", password, "-f", &file]);
            command.args(options.split_whitespace()).stdin(Stdio::null());
            if command.status().is_err() {
                return;
            }
            let key = dir.block(&file).private_key().unwrap();
            assert_eq!((key.kind, key.bits, key.encrypted), (expected, bits, encrypted));
            assert!(key.public.is_some());
            if expected != KeyKind::Ed25519 && !encrypted {
                // The same digest as from the traditional form of the key.
                let mut command = Command::new("ssh-keygen");
                command.current_dir(&dir.0).args(["-q", "-p", "-m", "PEM", "-P", "", "-N", "", "-f", &file]);
                assert!(command.status().unwrap().success());
                let traditional = dir.block(&file);
                assert_ne!(traditional.label, "OPENSSH PRIVATE KEY");
                assert_eq!(traditional.private_key(), Some(key));
            }
        }
    }
}

#[test]
fn pkcs12_files() {
    let dir = Scratch::new("p12");
    if !dir.run("openssl", "req -x509 -newkey rsa:2048 -nodes -keyout k -out c -days 1 -subj /CN=x") {
        return;
    }
    let export = "pkcs12 -export -inkey k -in c -passout pass:x";
    dir.run("openssl", &format!("{export} -out encrypted"));
    dir.run("openssl", &format!("{export} -keypbe NONE -certpbe NONE -out plain"));
    dir.run("openssl", &format!("{export} -keypbe NONE -certpbe NONE -nomac -out nothing"));
    let read = |file| {
        let found = pkcs12(&dir.read(file)).unwrap();
        (found.encrypted, found.plain_key, found.mac)
    };
    assert_eq!(read("encrypted"), (Some(true), false, true));
    assert_eq!(read("plain"), (Some(false), true, true));
    assert_eq!(read("nothing"), (Some(false), true, false));
    let whole = dir.read("encrypted");
    for end in 0..whole.len() {
        assert_eq!(pkcs12(&whole[..end]), None);
    }
}

#[test]
fn java_key_stores() {
    let dir = Scratch::new("jks");
    for (kind, format, complete) in [("jks", "JKS", true), ("jceks", "JCEKS", true)] {
        let store = format!("-keystore {kind}.store -storetype {kind} -storepass changeit");
        if !dir
            .run("keytool", &format!("-genkeypair -alias a -keyalg EC -dname CN=x -keypass changeit {store}"))
        {
            return;
        }
        dir.run("keytool", &format!("-exportcert -alias a -file {kind}.crt {store}"));
        let trust = format!("-keystore {kind}.trust -storetype {kind} -storepass changeit");
        dir.run("keytool", &format!("-importcert -noprompt -alias b -file {kind}.crt {trust}"));
        let (keys, trusted) =
            (key_store(&dir.read(&format!("{kind}.store"))), key_store(&dir.read(&format!("{kind}.trust"))));
        let (keys, trusted) = (keys.unwrap(), trusted.unwrap());
        assert_eq!((keys.format, keys.keys, keys.certificates, keys.complete), (format, 1, 0, complete));
        assert_eq!((trusted.keys, trusted.certificates), (0, 1));
    }
}
