//! Whether decoded bytes could hold something to find: text, or a container of it.

/// A stretch of text of this length in binary data is no accident.
const STRETCH: u32 = 12;

/// The first bytes of decoded data.
pub(super) struct Sample {
    /// With a zero before the first.
    padded: [u8; 1 + Self::SIZE + 1],
    len: usize,
}

impl Sample {
    /// Bytes that are looked at.
    pub(super) const SIZE: usize = 256;
    /// Bytes that are classed at once.
    const BLOCK: usize = 64;

    /// One that `fill` writes to, and says how much it wrote.
    pub(super) fn filled(fill: impl FnOnce(&mut [u8]) -> usize) -> Self {
        let mut padded = [0; 1 + Self::SIZE + 1];
        let len = fill(&mut padded[1..=Self::SIZE]).min(Self::SIZE);
        Self { padded, len }
    }

    fn bytes(&self) -> &[u8] {
        &self.padded[1..=self.len]
    }

    /// Whether these, of decoded data of `len` bytes, are the beginning of text in UTF-8 or UTF-16, of a
    /// known container, of DER, or hold a stretch of text.
    pub(super) fn is_worth_decoding(&self, len: usize) -> bool {
        let sample = self.bytes();
        is_container(sample)
            || is_der(sample, len)
            || is_utf16(sample)
            || self.may_be_text() && is_mostly_text(sample)
    }

    /// Whether [`is_mostly_text`] is worth asking. It is not for most noise; this counts what could be a
    /// part of text, whatever stands around it, without a branch.
    fn may_be_text(&self) -> bool {
        let (mut text, mut stretch, mut before) = (0, 0, 0u64);
        for base in (0..self.len).step_by(Self::BLOCK) {
            let parts = self.parts(base);
            text += parts.count_ones();
            // With the block before, where a stretch may have begun.
            let both = u128::from(parts) << 64 | u128::from(before);
            let four = both & both >> 1 & both >> 2 & both >> 3;
            stretch |= four & four >> 4 & four >> (STRETCH - 4);
            before = parts;
        }
        stretch != 0 || 4 * text as usize >= 3 * self.len
    }

    /// Which bytes of a block could be a part of text, a bit for each.
    fn parts(&self, base: usize) -> u64 {
        let at = |shift: usize| -> &[u8; Self::BLOCK] {
            self.padded[base + shift..].first_chunk().unwrap_or(&[0; Self::BLOCK])
        };
        let (before, here, behind) = (at(0), at(1), at(2));
        // The compiler makes vector instructions of this.
        let parts: [u8; Self::BLOCK] = std::array::from_fn(|n| {
            let byte = here[n];
            let text = u8::from(byte.wrapping_sub(b' ') <= b'~' - b' ')
                | u8::from(byte == b'\t')
                | u8::from(byte == b'\r')
                | u8::from(byte == b'\n');
            // A first byte with another behind it, or one of those with one before it.
            let first = u8::from(byte.wrapping_sub(0xc2) < 0xf5 - 0xc2) & u8::from(behind[n] & 0xc0 == 0x80);
            let other = u8::from(byte & 0xc0 == 0x80) & u8::from(before[n] >= 0x80);
            text | first | other
        });
        let (eights, _) = parts.as_chunks::<8>();
        // Gathers the lowest bits of eight bytes into one.
        let bits = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        eights.iter().rev().fold(0, |mask, eight| mask << 8 | bits(eight))
    }
}

/// First bytes of what may hold text without looking like it: gzip, Zstandard, zip, zlib at its
/// usual levels, Java key stores, protobuf as Kubernetes stores it.
fn is_container(sample: &[u8]) -> bool {
    matches!(
        sample,
        [0x1f, 0x8b, 0x08, ..]
            | [0x28, 0xb5, 0x2f, 0xfd, ..]
            | [b'P', b'K', 0x03, 0x04, ..]
            | [0x78, 0x01 | 0x9c | 0xda, ..]
            | [0xfe, 0xed, 0xfe, 0xed, ..]
            | [b'k', b'8', b's', 0, ..]
    )
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
    if memchr::memchr(0, sample).is_none() {
        return false;
    }
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
        if stretch >= STRETCH as usize {
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

    fn sample(bytes: &[u8]) -> Sample {
        Sample::filled(|sample| {
            sample[..bytes.len()].copy_from_slice(bytes);
            bytes.len()
        })
    }

    fn worth(bytes: &[u8]) -> bool {
        sample(bytes).is_worth_decoding(bytes.len())
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
        fn no_text_is_left_out(sample_of in proptest::collection::vec(0usize..14, 0..64)) {
            let pieces: [&[u8]; 14] = [
                b"a", b"Z", b" ", b"\n", b"0", b"text", "é".as_bytes(), "語".as_bytes(), "😀".as_bytes(),
                b"\x00", b"\x80", b"\xc3", b"\xf0\x9f", b"\xff",
            ];
            let bytes: Vec<u8> = sample_of.iter().flat_map(|piece| pieces[*piece]).copied().collect();
            proptest::prop_assert!(sample(&bytes).may_be_text() || !is_mostly_text(&bytes));
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
