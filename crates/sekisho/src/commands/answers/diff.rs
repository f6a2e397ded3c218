//! What is new in an answer since an older one.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, bail};
use sekisho_access::answer::{REACH_SCHEMA, READERS_SCHEMA, Reached, Reader, Readers, Thing, Way};
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
    let known: BTreeSet<&Thing> = old.readers.iter().map(|reader| &reader.subject).collect();
    Ok(now.readers.iter().filter(|reader| !known.contains(&reader.subject)).collect())
}

/// Ways to Secrets that the older answer does not have.
pub(crate) fn new_ways<'r>(now: &'r Reached, old: &Path) -> anyhow::Result<Vec<&'r Way>> {
    let old: Reached = read(old, |answer: &Reached| &answer.schema, REACH_SCHEMA)?;
    if old.subject != now.subject {
        bail!("the older answer is about another subject");
    }
    let known: BTreeSet<&Thing> = old.secrets.iter().map(|way| &way.to).collect();
    Ok(now.secrets.iter().filter(|way| !known.contains(&way.to)).collect())
}
