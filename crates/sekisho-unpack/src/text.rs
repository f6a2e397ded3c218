//! Text forms of bytes: base64, hex, percent, escaped strings, HTML.
//!
//! Each decoder takes one whole encoded run, without the quotes around it, and gives `None` when
//! the run is not of its form or holds nothing encoded (plain text is no percent-encoding). Output
//! is never longer than one and a half times the input.

mod base64;
mod escape;
mod hex;
mod html;
mod percent;
mod worth;

use sekisho_model::{Encoding, SpanMap};
use sekisho_secret::SecretBytes;

pub use base64::base64;
pub use escape::{c_escapes, json_escapes, yaml_escapes};
pub use hex::hex;
pub use html::html;
pub use percent::percent;
pub use worth::worth_scanning;

/// A decoded run.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// What was undone.
    pub encoding: Encoding,
    /// The bytes.
    pub bytes: SecretBytes,
    /// From decoded bytes to bytes of the run; `None` where single bytes do not correspond
    /// (base64, hex): all of the run is then the source of any part.
    pub map: Option<SpanMap>,
}

impl Decoded {
    /// The part of the run that `decoded` bytes came from; of the whole run where no closer is
    /// known. `run` is the run's length.
    pub fn source_range(&self, decoded: std::ops::Range<usize>, run: usize) -> std::ops::Range<usize> {
        self.map.as_ref().and_then(|map| map.source_range(decoded)).unwrap_or(0..run)
    }
}

/// Decoded bytes with their map, built from front to back.
struct Builder {
    bytes: Vec<u8>,
    map: SpanMap,
    /// Whether anything was encoded at all.
    changed: bool,
}

impl Builder {
    fn new(capacity: usize) -> Self {
        Self { bytes: Vec::with_capacity(capacity), map: SpanMap::default(), changed: false }
    }

    /// Text that stands for itself, at `at` of the run.
    fn verbatim(&mut self, at: usize, text: &[u8]) {
        self.map.push(self.bytes.len(), at, text.len());
        self.bytes.extend_from_slice(text);
    }

    /// The text that something encoded stands for.
    fn decoded(&mut self, text: &[u8]) {
        self.changed = true;
        self.bytes.extend_from_slice(text);
    }

    fn character(&mut self, character: char) {
        self.decoded(character.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn finish(self, encoding: Encoding) -> Option<Decoded> {
        let Self { bytes, map, changed } = self;
        // The bytes are wiped either way.
        let bytes = SecretBytes::new(bytes);
        changed.then_some(Decoded { encoding, bytes, map: Some(map) })
    }
}

/// The value of a hexadecimal digit.
fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// The number that exactly `digits` (at most 8) hexadecimal digits stand for.
fn hex_number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0u32, |number, byte| Some(number << 4 | u32::from(digit(*byte)?)))
}
