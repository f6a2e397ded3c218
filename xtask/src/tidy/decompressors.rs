//! Only `sekisho-unpack` names a decompressor, so that no byte is inflated past its caps.

use super::{Check, Complaint, dependencies, manifest, rooms};
use crate::layers::room;
use crate::rust::{code, line_of, test_files, without_tests, words};
use crate::tree::Tree;

pub(super) const CHECK: Check =
    Check { name: "decompressors", says: "only sekisho-unpack names a decompressor", run };

const ROOM: &str = "sekisho-unpack";
/// As crates are spelt in code.
const CRATES: &[&str] = &[
    "flate2",
    "miniz_oxide",
    "zlib_rs",
    "libz_sys",
    "ruzstd",
    "zstd",
    "zip",
    "tar",
    "bzip2",
    "xz2",
    "liblzma",
    "lzma_rs",
    "brotli",
    "lz4",
    "lz4_flex",
    "snap",
    "weezl",
    "sevenz_rust",
];

fn run(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (path, _) in rooms(tree).filter(|(_, room)| *room != ROOM) {
        let Some(manifest) = manifest(tree, path) else { continue };
        for name in dependencies(&manifest, "dependencies") {
            if CRATES.contains(&name.replace('-', "_").as_str()) {
                complaints.push(Complaint::of(path, format!("{name} belongs to {ROOM} alone")));
            }
        }
    }
    let tests = test_files(tree);
    let elsewhere = |path: &str| room(path).is_some_and(|room| room != ROOM) && !tests.contains(path);
    for (path, source) in tree.rust().filter(|(path, _)| elsewhere(path)) {
        let code = without_tests(&code(source));
        for name in CRATES {
            for at in words(&code, name).filter(|at| code[at + name.len()..].starts_with("::")) {
                // `Container::tar` and `self::zip::` are our own names.
                if !code[..at].ends_with("::") {
                    complaints.push(Complaint::at(
                        path,
                        line_of(&code, at),
                        format!("{name} belongs to {ROOM} alone"),
                    ));
                }
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::{breaks, holds};

    #[test]
    fn the_house_keeps_it() {
        holds(&CHECK);
    }

    #[test]
    fn a_second_decompressor_is_caught() {
        let manifest = "crates/sekisho-kube/Cargo.toml";
        breaks(&CHECK, &[(manifest, "[dependencies]\nflate2.workspace = true")], &[(manifest, 0)]);
        breaks(&CHECK, &[(manifest, "[dev-dependencies]\nflate2.workspace = true")], &[]);
        let source = "crates/sekisho-kube/src/lib.rs";
        breaks(&CHECK, &[(source, "\nuse flate2::read::GzDecoder;")], &[(source, 2)]);
        breaks(&CHECK, &[("crates/sekisho-unpack/src/lib.rs", "use flate2::x;")], &[]);
    }
}
