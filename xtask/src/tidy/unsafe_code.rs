//! Every crate root forbids unsafe code, or is named here with its reason.

use super::{Check, Complaint};
use crate::rust::code;
use crate::tree::Tree;

pub(super) const CHECK: Check =
    Check { name: "unsafe_code", says: "every crate forbids unsafe code, or is a named exception", run };

/// Crate roots that cannot forbid it, each with the reason.
const EXCEPTIONS: &[(&str, &str)] =
    &[("crates/sekisho-scan/src/lib.rs", "the gathers of AVX2, in one module that allows it for itself")];

fn run(tree: &Tree) -> Vec<Complaint> {
    let is_root = |path: &str| {
        let tail = path.strip_prefix("crates/").and_then(|path| path.split_once('/')).map(|(_, tail)| tail);
        matches!(tail.or_else(|| path.strip_prefix("xtask/")), Some("src/lib.rs" | "src/main.rs"))
    };
    let allowed = |path: &str| EXCEPTIONS.iter().any(|(exception, _)| *exception == path);
    let open = tree.rust().filter(|(path, source)| {
        is_root(path) && !allowed(path) && !code(source).contains("#![forbid(unsafe_code)]")
    });
    open.map(|(path, _)| Complaint::of(path, "#![forbid(unsafe_code)] is missing")).collect()
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
    fn a_root_that_does_not_forbid_is_caught() {
        let path = "crates/sekisho-kube/src/lib.rs";
        breaks(&CHECK, &[(path, "// #![forbid(unsafe_code)]")], &[(path, 0)]);
        breaks(&CHECK, &[(path, "#![forbid(unsafe_code)]")], &[]);
        breaks(&CHECK, &[("crates/sekisho-kube/src/other.rs", "")], &[]);
    }
}
