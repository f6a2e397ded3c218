//! The repository holds no big files: big inputs are made when they are needed.

use super::{Check, Complaint};
use crate::tree::Tree;

pub(super) const CHECK: Check = Check { name: "big_files", says: "no file is over 1 MiB", run };

const MOST: usize = 1 << 20;

fn run(tree: &Tree) -> Vec<Complaint> {
    let big = tree.files().filter(|(_, bytes)| bytes.len() > MOST);
    big.map(|(path, bytes)| Complaint::of(path, format!("{} KiB", bytes.len() >> 10))).collect()
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
    fn a_big_file_is_caught() {
        breaks(&CHECK, &[("a.bin", &"x".repeat(MOST))], &[]);
        breaks(&CHECK, &[("a.bin", &"x".repeat(MOST + 1))], &[("a.bin", 0)]);
    }
}
