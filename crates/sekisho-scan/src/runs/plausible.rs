//! Whether decoded bytes could hold something to find: text, or a container of it.

/// Bytes that are looked at.
pub(super) const SAMPLE: usize = 256;
/// A stretch of text of this length in binary data is no accident.
const STRETCH: usize = 12;

/// First bytes of what may hold text without looking like it: gzip, Zstandard, zip, zlib at its
/// usual levels, Java key stores, protobuf as Kubernetes stores it.
const MAGIC: &[&[u8]] = &[
    b"\x1f\x8b\x08",
    b"\x28\xb5\x2f\xfd",
    b"PK\x03\x04",
    b"\x78\x01",
    b"\x78\x9c",
    b"\x78\xda",
    b"\xfe\xed\xfe\xed",
    b"k8s\0",
];

/// Whether `sample`, the first bytes of decoded data `len` bytes long, is the beginning of text in
/// UTF-8 or UTF-16, of a known container, of DER, or holds a stretch of text.
pub(super) fn worth_decoding(sample: &[u8], len: usize) -> bool {
    MAGIC.iter().any(|magic| sample.starts_with(magic))
        || is_der(sample, len)
        || is_utf16(sample)
        || may_be_text(sample) && is_mostly_text(sample)
}

/// Whether [`is_mostly_text`] is worth asking. It is not for most noise; this counts what could be a part
/// of text, whatever stands around it, without a branch.
fn may_be_text(sample: &[u8]) -> bool {
    let (mut text, mut stretch, mut longest) = (0, 0, 0);
    let behind = sample.iter().skip(1).chain([&0]);
    let mut before = 0;
    for (byte, next) in sample.iter().zip(behind) {
        // A first byte with another behind it, or one of those with one before it.
        let first = u8::from((0xc2..0xf5).contains(byte)) & u8::from(next & 0xc0 == 0x80);
        let other = u8::from(byte & 0xc0 == 0x80) & u8::from(before >= 0x80);
        let part = usize::from(u8::from(is_text(*byte)) | first | other);
        text += part;
        stretch = (stretch + 1) * part;
        longest = stretch.max(longest);
        before = *byte;
    }
    longest >= STRETCH || 4 * text >= 3 * sample.len()
}

/// A DER sequence (X.690 section 8.1.3) whose length is that of the data.
fn is_der(sample: &[u8], len: usize) -> bool {
    let (header, body) = match *sample {
        [0x30, short @ ..=0x7f, ..] => (2, usize::from(short)),
        [0x30, 0x81, long, ..] => (3, usize::from(long)),
        [0x30, 0x82, high, low, ..] => (4, usize::from(u16::from_be_bytes([high, low]))),
        _ => return false,
    };
    (header + body).abs_diff(len) <= 2
}

/// Every second byte is zero and most others are text.
fn is_utf16(sample: &[u8]) -> bool {
    let sample = sample.strip_prefix(b"\xff\xfe").or(sample.strip_prefix(b"\xfe\xff")).unwrap_or(sample);
    let units = sample.len() / 2;
    let has_form = |text: usize| {
        let fits = |unit: &&[u8]| unit[1 - text] == 0 && is_text(unit[text]);
        4 * sample.chunks_exact(2).filter(fits).count() >= 3 * units
    };
    units >= 4 && (has_form(0) || has_form(1))
}

fn is_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n')
}

/// Three quarters are text, or a stretch is.
fn is_mostly_text(sample: &[u8]) -> bool {
    let (mut text, mut stretch) = (0, 0);
    let mut rest = sample;
    while let [first, behind @ ..] = rest {
        let len = if is_text(*first) { 1 } else { utf8_len(rest) };
        text += len;
        stretch = if len > 0 { stretch + len } else { 0 };
        if stretch >= STRETCH {
            return true;
        }
        rest = if len > 0 { &rest[len..] } else { behind };
    }
    !sample.is_empty() && 4 * text >= 3 * sample.len()
}

/// Length of the character of several bytes (RFC 3629) at the start of `bytes`, 0 if there is none.
fn utf8_len(bytes: &[u8]) -> usize {
    let len = match bytes[0] {
        0xc2..=0xdf => 2,
        0xe1..=0xef => 3,
        0xf1..=0xf4 => 4,
        _ => return 0,
    };
    let tail = bytes.get(1..len).unwrap_or(&[]);
    if !tail.is_empty() && tail.iter().all(|byte| (0x80..0xc0).contains(byte)) { len } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worth(bytes: &[u8]) -> bool {
        worth_decoding(bytes, bytes.len())
    }

    #[test]
    fn text_and_containers_are() {
        assert!(worth(b"user:password"));
        assert!(worth("パスワード=秘密".as_bytes()));
        assert!(worth(b"p\0a\0s\0s\0w\0d\0"));
        assert!(worth(b"\xfe\xff\0p\0a\0s\0s\0w\0d"));
        assert!(worth(b"\x1f\x8b\x08\0\x80\x81\x82\x83"));
        assert!(worth(b"\x30\x06\x80\x81\x82\x83\x84\x85"));
        assert!(worth(b"\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8fpassword=1234\x90"));
    }

    proptest::proptest! {
        /// What is left out by a look is left out by reading, too.
        #[test]
        fn no_text_is_left_out(sample in proptest::collection::vec(0usize..14, 0..40)) {
            let pieces: [&[u8]; 14] = [
                b"a", b"Z", b" ", b"\n", b"0", b"text", "é".as_bytes(), "語".as_bytes(), "😀".as_bytes(),
                b"\x00", b"\x80", b"\xc3", b"\xf0\x9f", b"\xff",
            ];
            let sample: Vec<u8> = sample.iter().flat_map(|piece| pieces[*piece]).copied().collect();
            proptest::prop_assert!(may_be_text(&sample) || !is_mostly_text(&sample));
        }
    }

    #[test]
    fn noise_is_not() {
        assert!(!worth(b""));
        assert!(!worth(&[0; 32]));
        let mut state = 1u64;
        let mut taken = 0;
        for _ in 0..10_000 {
            let noise: Vec<u8> = (0..32)
                .map(|_| {
                    state =
                        state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (state >> 33) as u8
                })
                .collect();
            taken += usize::from(worth(&noise));
        }
        assert!(taken < 20, "{taken} of 10,000 hashes");
    }
}
