//! What AVX2 does many at once: look up eight windows in a sieve, class thirty-two bytes.
//!
//! The one place of this crate with unsafe code. What is unsafe is named at each block, and it is three
//! things: to call what needs a feature of the processor, to read 32 bytes of an array, and to read
//! words of a sieve by their index. Each function has a portable twin, and a test that compares them.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m256i, _mm_cvtsi32_si128, _mm_setr_epi8, _mm256_add_epi32, _mm256_and_si256,
    _mm256_broadcastsi128_si256, _mm256_castps_si256, _mm256_castsi256_pd, _mm256_castsi256_ps,
    _mm256_cmpeq_epi8, _mm256_cmpeq_epi32, _mm256_cmpeq_epi64, _mm256_i32gather_epi32, _mm256_loadu_si256,
    _mm256_movemask_pd, _mm256_movemask_ps, _mm256_mullo_epi32, _mm256_or_si256, _mm256_permute4x64_epi64,
    _mm256_set1_epi8, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_shuffle_ps,
    _mm256_sllv_epi32, _mm256_srl_epi32, _mm256_srli_epi16, _mm256_srli_epi32, _mm256_xor_si256,
};

use crate::prefilter::sieve::{FOLD, MIX, Passed, Sieve};
use crate::runs::words::BATCH;

/// Bytes from the beginning of a block on that are read.
const READ: usize = 64;

/// Whether this processor has it.
pub(crate) fn is_there() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
}

impl<const WIDTH: usize, const STEP: usize> Sieve<WIDTH, STEP> {
    /// As far as whole blocks go. Only for processors with AVX2.
    pub(crate) fn pass_avx2(&self, text: &[u8], from: usize, to: usize, out: &mut Passed) -> usize {
        // SAFETY: `pass` asks whether the processor has AVX2 before it calls this.
        unsafe { self.blocks(text, from, to, out) }
    }

    #[target_feature(enable = "avx2")]
    fn blocks(&self, text: &[u8], from: usize, to: usize, out: &mut Passed) -> usize {
        let positions = if STEP == 2 { 16 } else { 8 };
        let mut at = from;
        while at + positions * STEP <= to
            && out.has_room(positions)
            && let Some(block) = text.get(at..).and_then(|rest| rest.first_chunk::<READ>())
        {
            let (even, odd) = (self.look(block, 0), if STEP == 2 { self.look(block, 2) } else { 0 });
            at += positions * STEP;
            if even | odd == 0 {
                continue;
            }
            let mut mask = if STEP == 2 { spread(even) | spread(odd) << 1 } else { even };
            let first = at - positions * STEP - from;
            loop {
                out.push(first + STEP * mask.trailing_zeros() as usize);
                mask &= mask - 1;
                if mask == 0 {
                    break;
                }
            }
        }
        at
    }

    /// Which of eight windows pass, a bit for each: those at `offset` and each fourth (eighth) byte
    /// behind it.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn look(&self, block: &[u8; READ], offset: usize) -> u32 {
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
        // SAFETY: the index has `bits - 5` bits, and the bitmap has 2^(bits - 5) words.
        let words = unsafe { _mm256_i32gather_epi32::<4>(self.bitmap.as_ptr().cast(), index) };
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
        let passes = _mm256_cmpeq_epi32(_mm256_and_si256(words, bits), bits);
        _mm256_movemask_ps(_mm256_castsi256_ps(passes)).cast_unsigned()
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

/// Eight bits, each with a zero behind it.
fn spread(bits: u32) -> u32 {
    let bits = (bits | bits << 4) & 0x0f0f;
    let bits = (bits | bits << 2) & 0x3333;
    (bits | bits << 1) & 0x5555
}
