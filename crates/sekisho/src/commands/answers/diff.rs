//! What is new in an answer since an older one.

use std::path::Path;

use anyhow::{Context as _, bail};
use sekisho_access::answer::{REACH_SCHEMA, READERS_SCHEMA, Reached, Reader, Readers, Way};
use sekisho_access::compare;
use serde::de::DeserializeOwned;

/// Reads an older answer.
fn read<T: DeserializeOwned>(path: &Path, schema: impl Fn(&T) -> &str, expected: &str) -> anyhow::Result<T> {
    let bytes = crate::commands::read_input(path)?;
    // The error of the parser could quote what it read.
    let answer: T = serde_json::from_slice(&bytes)
        .ok()
        .with_context(|| format!("{} is no answer of this command", path.display()))?;
    if schema(&answer) != expected {
        bail!("{} is of schema {:?}, not {expected}", path.display(), schema(&answer));
    }
    Ok(answer)
}

/// Readers that the older answer does not have.
pub(crate) fn new_readers<'r>(now: &'r Readers, old: &Path) -> anyhow::Result<Vec<&'r Reader>> {
    let old: Readers = read(old, |answer: &Readers| &answer.schema, READERS_SCHEMA)?;
    if old.object != now.object {
        bail!("the older answer is about another object");
    }
    Ok(compare::new_readers(&old, now))
}

/// Ways to Secrets that the older answer does not have.
pub(crate) fn new_ways<'r>(now: &'r Reached, old: &Path) -> anyhow::Result<Vec<&'r Way>> {
    let old: Reached = read(old, |answer: &Reached| &answer.schema, REACH_SCHEMA)?;
    if old.subject != now.subject {
        bail!("the older answer is about another subject");
    }
    Ok(compare::newly_reached(&old, now))
}
