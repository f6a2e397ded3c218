//! UTF-16, as a whole and as a stream: both must say the same.

use std::io::Read;

use sekisho_model::Encoding;
use sekisho_unpack::utf16::{Reader, decode, detect};

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "unpack_utf16",
    body,
    seeds: || {
        let text = "password: \u{1f511} h\u{e9}\n";
        let little = || text.encode_utf16().flat_map(u16::to_le_bytes);
        let big = || text.encode_utf16().flat_map(u16::to_be_bytes);
        let marked = [0xff, 0xfe].into_iter().chain(little());
        vec![little().collect(), big().collect(), marked.collect(), text.as_bytes().to_vec()]
    },
    words: &[b"\xff\xfe", b"\xfe\xff", b"\x3d\xd8\x11\xdd", b"\xd8\x3d\xdd\x11", b"\x00", b"\xdc\x00"],
};

fn body(bytes: &[u8]) {
    let _ = detect(bytes);
    for encoding in [Encoding::Utf16le, Encoding::Utf16be] {
        let (text, map) = decode(bytes, encoding);
        assert!(std::str::from_utf8(text.expose_secret()).is_ok(), "what comes out is UTF-8");
        let mut streamed = Vec::new();
        let mut reader = Reader::new(Drip(bytes), encoding);
        let positions = reader.positions();
        assert!(reader.read_to_end(&mut streamed).is_ok());
        assert_eq!(streamed, text.expose_secret(), "the stream says something else");
        let len = text.len() as u64;
        for range in [0..len, len / 2..len, len / 3..len / 2, 0..0] {
            let source = map.source_range(range.clone());
            assert_eq!(source, positions.source_range(range), "the stream's map says something else");
            assert!(
                source.is_none_or(|s| s.start <= s.end && s.end <= bytes.len() as u64),
                "a span lies outside"
            );
        }
    }
}

/// Gives three bytes at a time, so that units and pairs are cut.
struct Drip<'t>(&'t [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let end = into.len().min(3);
        self.0.read(&mut into[..end])
    }
}
