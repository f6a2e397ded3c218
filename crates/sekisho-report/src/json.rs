//! JSON for the formats made of it: armored, ending with a line end.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Serializer, Value};

use crate::escape::Armor;

/// Writes `value` over several lines, as our own JSON is written: hostile characters are escaped.
pub fn pretty(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Armor::pretty()))?;
    out.write_all(b"\n")
}

/// Writes `value` on one line.
pub(crate) fn line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Armor::compact()))?;
    out.write_all(b"\n")
}

/// Items that are made while they are written: there may be many, and each is large.
pub(crate) struct Lazily<I>(pub(crate) I);

impl<I: Iterator<Item = Value> + Clone> Serialize for Lazily<I> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}
