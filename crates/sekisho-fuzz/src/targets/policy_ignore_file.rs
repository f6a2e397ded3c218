//! The ignore file of a target that is not trusted.

use sekisho_model::{LocationHasher, Place};
use sekisho_policy::{Date, IgnoreFile};

use crate::{Target, seeds};

const FILE: &str = r#"[[ignore]]
path = "tests/fixtures/"
detector = "generic/*"
reason = "made-up values"
owner = "payments"
expires = 2026-12-31

[[ignore]]
object = "Secret/shop/db-*"
reason = "local only"
owner = "web"
"#;

pub(crate) const TARGET: Target = Target {
    name: "policy_ignore_file",
    body,
    seeds: || seeds::all(&[FILE, "[[ignore]]\nlocation_id = \"00\"\nreason = \"x\"\nowner = \"y\"\n"]),
    words: &[
        b"[[ignore]]",
        b"**/",
        b"{a,b}",
        b"[!x]",
        b"\\\"",
        b"'''",
        b"expires = 2020-01-01",
        b"object = ",
        b"\\u0000",
    ],
};

fn body(bytes: &[u8]) {
    let (file, _errors) = IgnoreFile::parse(bytes, Date::constant(2026, 6, 1));
    let place = Place::file("tests/fixtures/db.yaml");
    let id = LocationHasher::new().id("generic/password", &place, b"line");
    let _ = file.ignores("generic/password", &place, &id);
    assert!(file.remarks().len() <= file.len(), "at most one remark for each entry");
}
