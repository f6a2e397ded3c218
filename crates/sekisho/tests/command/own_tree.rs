//! This repository under its own scanner: made-up tokens stand split, and what is whole on purpose stands in
//! places that the tree's settings leave out. The file of those settings is read as of any target.

use std::path::Path;

use crate::sandbox::Sandbox;

#[test]
fn nothing_of_high_severity_stands_in_our_own_tree() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sandbox = Sandbox::new();
    let run = sandbox.run([
        "scan",
        tree.to_str().unwrap(),
        "--no-history",
        "--ephemeral-key",
        "--format",
        "table",
        "--exclude",
        ".git/**",
    ]);
    assert_eq!(run.status, 0, "split the tokens, or leave the place out in .sekisho.toml:\n{}", run.out());
}
