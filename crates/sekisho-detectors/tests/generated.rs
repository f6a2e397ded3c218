//! The committed table is the one that the detector files give.

#[path = "../../../xtask/src/codegen/detectors.rs"]
#[allow(unreachable_pub, reason = "public where it lives")]
mod codegen;

use std::path::Path;

#[test]
fn table_and_registry_are_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let stale = codegen::refresh(&root).unwrap();
    assert!(stale.is_empty(), "these were stale and have been written anew, commit them: {stale:?}");
}
