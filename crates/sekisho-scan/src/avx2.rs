//! What AVX2 does many at once: look up eight windows in a sieve, class thirty-two bytes.
//!
//! The one place of this crate with unsafe code. What is unsafe is named at each block, and it is three
//! things: to call what needs a feature of the processor, to read 32 bytes of an array, and to read
//! words of a sieve by their index. Each function has a portable twin, and a test that compares them.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m128i, __m256i, _mm_cvtsi32_si128, _mm_cvtsi128_si64, _mm_extract_epi64, _mm_insert_epi32,
    _mm_setr_epi8, _mm256_add_epi32, _mm256_and_si256, _mm256_blend_epi16, _mm256_broadcastsi128_si256,
    _mm256_castps_si256, _mm256_castsi128_si256, _mm256_castsi256_pd, _mm256_castsi256_ps,
    _mm256_castsi256_si128, _mm256_cmpeq_epi8, _mm256_cmpeq_epi32, _mm256_cmpeq_epi64,
    _mm256_extracti128_si256, _mm256_inserti128_si256, _mm256_loadu_si256, _mm256_movemask_epi8,
    _mm256_movemask_pd, _mm256_mullo_epi32, _mm256_or_si256, _mm256_packs_epi16, _mm256_packs_epi32,
    _mm256_permute4x64_epi64, _mm256_set1_epi8, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_shuffle_epi8,
    _mm256_shuffle_ps, _mm256_sllv_epi32, _mm256_srl_epi32, _mm256_srli_epi16, _mm256_srli_epi32,
    _mm256_xor_si256,
};

use crate::prefilter::sieve::{FOLD, MIX, Passed, Sieve};
use crate::runs::words::BATCH;

/// Bytes from the beginning of a block on that are read.
const READ: usize = 64;

/// Whether this processor has it, and what all have that do.
pub(crate) fn is_there() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
        && std::arch::is_x86_feature_detected!("bmi1")
        && std::arch::is_x86_feature_detected!("popcnt")
}

impl<const WIDTH: usize, const STEP: usize> Sieve<WIDTH, STEP> {
    /// As far as whole blocks go. Only for processors with AVX2.
    pub(crate) fn pass_avx2(&self, text: &[u8], from: usize, to: usize, out: &mut Passed<'_>) -> usize {
        // SAFETY: `pass` asks [`is_there`] before it calls this.
        unsafe { self.blocks(text, from, to, out) }
    }

    /// Whatever passes of 64 positions is collected at once: a branch for each block would be guessed
    /// wrongly whenever something passes.
    #[target_feature(enable = "avx2,bmi1,popcnt")]
    fn blocks(&self, text: &[u8], from: usize, to: usize, out: &mut Passed<'_>) -> usize {
        let mut at = from;
        while at + 64 * STEP <= to
            && out.has_room(64)
            && let Some(blocks) = text.get(at..at + 64 * STEP - 32 + READ)
        {
            out.extend(at - from, STEP, self.many::<64>(blocks));
            at += 64 * STEP;
        }
        while at + 16 * STEP <= to
            && out.has_room(64)
            && let Some(blocks) = text.get(at..at + 16 * STEP - 32 + READ)
        {
            out.extend(at - from, STEP, self.many::<16>(blocks));
            at += 16 * STEP;
        }
        // What is left of a text is mostly less than a block, and texts are mostly short.
        while STEP == 2 && at < to.min(text.len()) && out.has_room(64) {
            let rest = &text[at..];
            let left = (to.min(text.len()) - at).div_ceil(STEP).min(16);
            let passed = rest.first_chunk::<READ>().map_or_else(
                || {
                    let mut padded = [0; READ];
                    padded[..rest.len()].copy_from_slice(rest);
                    self.many::<16>(&padded)
                },
                |block| self.many::<16>(block),
            );
            out.extend(at - from, STEP, passed & ((1 << left) - 1));
            at += left * STEP;
        }
        at
    }

    /// Which of `COUNT` (16 or 64) windows pass, a bit for each, in order.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn many<const COUNT: usize>(&self, blocks: &[u8]) -> u64 {
        let mut all = 0;
        let block = |at: usize| blocks[at..].first_chunk::<READ>().unwrap_or(&[0; READ]);
        for done in (0..COUNT).step_by(16) {
            let start = done * STEP;
            let passes = if STEP == 2 {
                let (even, odd) = (self.look(block(start), 0), self.look(block(start), 2));
                _mm256_blend_epi16::<0b1010_1010>(even, odd)
            } else {
                let (first, next) = (self.look(block(start), 0), self.look(block(start + 64), 0));
                _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi32(first, next))
            };
            // Sixteen bits for each: half of the bytes say it.
            let bytes = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi16(passes, passes));
            let sixteen = _mm256_movemask_epi8(bytes).cast_unsigned() & 0xffff;
            all |= u64::from(sixteen) << done;
        }
        all
    }

    /// Which of eight windows pass, all bits of each that does: those at `offset` and each fourth (eighth) byte
    /// behind it.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn look(&self, block: &[u8; READ], offset: usize) -> __m256i {
        let (low, high) = if STEP == 8 {
            let (a, b) = (load(block, 0), load(block, 32));
            (dwords::<0x88>(a, b), dwords::<0xdd>(a, b))
        } else {
            (load(block, offset), load(block, offset + 4))
        };
        let fold = _mm256_set1_epi32(FOLD as i32);
        let mix = |window, by: u32| _mm256_mullo_epi32(window, _mm256_set1_epi32(by.cast_signed()));
        let low = _mm256_or_si256(low, fold);
        let low = _mm256_and_si256(low, _mm256_set1_epi32((Self::KEPT as u32).cast_signed()));
        let mut hash = mix(low, MIX[0]);
        if WIDTH > 4 {
            let high = _mm256_and_si256(_mm256_or_si256(high, fold), _mm256_set1_epi32(0xffff));
            hash = _mm256_add_epi32(hash, mix(high, MIX[1]));
        }
        let shifted = |by: u32| _mm256_srl_epi32(hash, _mm_cvtsi32_si128(by.cast_signed()));
        let index = shifted(37 - self.bits);
        let words = self.words(index);
        let number = |bits, mask| _mm256_and_si256(bits, _mm256_set1_epi32(mask));
        let (first, second) = (shifted(32 - self.bits), _mm256_srli_epi32::<5>(hash));
        let one = _mm256_set1_epi32(1);
        let bits = if WIDTH > 4 {
            _mm256_or_si256(
                _mm256_sllv_epi32(one, number(first, 31)),
                _mm256_sllv_epi32(one, number(second, 31)),
            )
        } else {
            let second = number(_mm256_xor_si256(second, high), 15);
            let upper = _mm256_set1_epi32(1 << 16);
            _mm256_or_si256(_mm256_sllv_epi32(one, number(first, 15)), _mm256_sllv_epi32(upper, second))
        };
        _mm256_cmpeq_epi32(_mm256_and_si256(words, bits), bits)
    }

    /// The words of the bitmap at eight indexes. One load after the other: the instruction that gathers is
    /// slower than that on AMD's processors, and on Intel's since their microcode makes it safe.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn words(&self, index: __m256i) -> __m256i {
        const HALF: u64 = u32::MAX as u64;
        // SAFETY: an index has `bits - 5` bits, and the bitmap has 2^(bits - 5) words.
        let word = |at: u64| unsafe { *self.bitmap.get_unchecked(at as usize) }.cast_signed();
        let four = |index: __m128i| {
            let low = _mm_cvtsi128_si64(index).cast_unsigned();
            let high = _mm_extract_epi64::<1>(index).cast_unsigned();
            let words = _mm_insert_epi32::<1>(_mm_cvtsi32_si128(word(low & HALF)), word(low >> 32));
            _mm_insert_epi32::<3>(_mm_insert_epi32::<2>(words, word(high & HALF)), word(high >> 32))
        };
        let low = four(_mm256_castsi256_si128(index));
        let high = four(_mm256_extracti128_si256::<1>(index));
        _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(low), high)
    }
}

/// Which groups of eight bytes are all characters of base64's alphabets, a bit for each. Only for
/// processors with AVX2.
pub(crate) fn full_groups(batch: &[u8; BATCH]) -> u64 {
    // SAFETY: whoever calls this has asked [`is_there`].
    unsafe { groups(batch) }
}

#[target_feature(enable = "avx2")]
fn groups(batch: &[u8; BATCH]) -> u64 {
    // The set is five rectangles of high and low digits: 2 × {b d f}, 3 × {0-9}, {4 6} × {1-f},
    // 5 × {0-a f}, 7 × {0-a}. A byte is in it if its two digits share a rectangle.
    let low = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        26, 30, 30, 30, 30, 30, 30, 30, 30, 30, 28, 5, 4, 5, 4, 13,
    ));
    let high = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 0, 1, 2, 4, 8, 4, 16, 0, 0, 0, 0, 0, 0, 0, 0));
    let full = |bytes: __m256i| {
        let digit = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(15));
        // Bytes over 127 select nothing of the low digits.
        let shared = _mm256_and_si256(_mm256_shuffle_epi8(low, bytes), _mm256_shuffle_epi8(high, digit));
        let outside = _mm256_cmpeq_epi8(shared, _mm256_setzero_si256());
        let full = _mm256_cmpeq_epi64(outside, _mm256_setzero_si256());
        u64::from(_mm256_movemask_pd(_mm256_castsi256_pd(full)).cast_unsigned())
    };
    let (blocks, _) = batch.as_chunks::<READ>();
    blocks.iter().rev().fold(0, |all, block| all << 8 | full(load(block, 32)) << 4 | full(load(block, 0)))
}

/// 32 bytes of a block.
#[target_feature(enable = "avx2")]
#[inline]
fn load(block: &[u8; READ], offset: usize) -> __m256i {
    let bytes: &[u8; 32] = block[offset..offset + 32].try_into().unwrap_or(&[0; 32]);
    // SAFETY: 32 bytes are there, and nothing is asked of their alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

/// The even (`0x88`) or odd (`0xdd`) words of 32 bits of two vectors, in order.
#[target_feature(enable = "avx2")]
#[inline]
fn dwords<const WHICH: i32>(a: __m256i, b: __m256i) -> __m256i {
    let mixed = _mm256_shuffle_ps::<WHICH>(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b));
    _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_castps_si256(mixed))
}
