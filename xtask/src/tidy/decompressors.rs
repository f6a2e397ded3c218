//! Only `sekisho-unpack` names a decompressor, so that no byte is inflated past its caps.
//!
//! Code cannot name a crate that its manifest does not, so the manifests are judged. Tests may
//! depend on one, to make their inputs. The one exception: git's own inflate in `sekisho-git`, whose
//! objects are deltas of each other and must be had whole, each with the size that its header says.

use super::{Check, Complaint, dependencies, manifest, rooms};
use crate::tree::Tree;

pub(super) const CHECK: Check =
    Check { name: "decompressors", says: "only sekisho-unpack names a decompressor", run };

/// Room and crates that may be named beside.
const EXCEPTION: (&str, &[&str]) = ("sekisho-git", &["flate2", "libdeflater"]);

const ROOM: &str = "sekisho-unpack";
/// With `_` for `-`.
const CRATES: &[&str] = &[
    "flate2",
    "miniz_oxide",
    "zlib_rs",
    "libz_sys",
    "libdeflater",
    "zune_inflate",
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
    for (path, room) in rooms(tree).filter(|(_, room)| *room != ROOM) {
        let Some(manifest) = manifest(tree, path) else { continue };
        let tables = ["dependencies", "build-dependencies"];
        for name in tables.iter().flat_map(|table| dependencies(&manifest, table)) {
            let excepted = room == EXCEPTION.0 && EXCEPTION.1.contains(&name.as_str());
            if CRATES.contains(&name.replace('-', "_").as_str()) && !excepted {
                complaints.push(Complaint::of(path, format!("{name} belongs to {ROOM} alone")));
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
        let unpack = "crates/sekisho-unpack/Cargo.toml";
        breaks(&CHECK, &[(unpack, "[dependencies]\nflate2.workspace = true")], &[]);
    }
}
