//! `cargo xtask estate PODS FILE`: a made-up estate as a file, as `kubectl get -A -o json` writes one.
//!
//! The shape is [`Shape::of`] the number of pods; what is in it, and why, says
//! [`sekisho_access::estate`], which the benches use without the file between.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use sekisho_access::estate::{Shape, objects};

/// Writes the estate and says how many objects it has.
pub fn write(pods: usize, path: &Path) -> Result<u64> {
    let file = File::create(path).with_context(|| format!("creating {}", path.display()))?;
    let mut out = BufWriter::new(file);
    out.write_all(b"{\"apiVersion\":\"v1\",\"items\":[")?;
    let (mut count, mut outcome) = (0, Ok(()));
    objects(Shape::of(pods), &mut |object| {
        let mut one = || -> Result<()> {
            if count > 0 {
                out.write_all(b",\n")?;
            }
            Ok(serde_json::to_writer(&mut out, &object)?)
        };
        if outcome.is_ok() {
            outcome = one();
            count += 1;
        }
    });
    outcome?;
    out.write_all(b"],\"kind\":\"List\"}\n")?;
    out.flush()?;
    Ok(count)
}
