//! What bytes look like when nothing else is known of them.
//!
//! Ciphertext is uniform: of 64 uniform bytes 24 are printable on average, and 45 or more in one
//! of ten million windows. Object data is text with a few tags between, so a window with 45
//! printable bytes, or a printable run of 16, is taken for plaintext. That is a judgement for
//! *orphaned* bytes alone: what it calls random is never called clean, it is unattributed.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What unattributed bytes look like. Ordered: what most likely holds a secret in plain comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Looks {
    /// Printable almost throughout.
    Text,
    /// Text with tags and lengths between, as protobuf messages are.
    Protobuf,
    /// Neither text nor uniform.
    Binary,
    /// Uniform: ciphertext, compressed data or a random value.
    Random,
}

const WINDOW: usize = 64;
/// Printable bytes in a window that make it text.
const TEXT_IN_WINDOW: usize = 45;
/// A printable run that makes its window text.
const TEXT_RUN: usize = 16;
/// Windows between two text windows that do not part them.
const BRIDGE: usize = 4;

/// Whether all bytes are zero.
pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    bytes.chunks(1024).all(|chunk| chunk.iter().fold(0, |all, byte| all | byte) == 0)
}

/// How many bytes at the head are zero.
pub(crate) fn zero_prefix(bytes: &[u8]) -> usize {
    let mut at = 0;
    for chunk in bytes.chunks(1024) {
        if !is_zero(chunk) {
            break;
        }
        at += chunk.len();
    }
    at + bytes[at..].iter().take_while(|b| **b == 0).count()
}

/// How many bytes at the end are zero.
pub(crate) fn zero_suffix(bytes: &[u8]) -> usize {
    bytes.iter().rev().take_while(|b| **b == 0).count()
}

fn is_printable(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7e | b'\t' | b'\n' | b'\r')
}

/// Counted in bytes, which the compiler does for many at once.
fn printable(bytes: &[u8]) -> usize {
    let count = |chunk: &[u8]| chunk.iter().fold(0u8, |n, byte| n + u8::from(is_printable(*byte)));
    bytes.chunks(WINDOW).map(|chunk| usize::from(count(chunk))).sum()
}

fn longest_run(bytes: &[u8]) -> usize {
    bytes.split(|b| !is_printable(*b)).map(<[u8]>::len).max().unwrap_or(0)
}

/// Whether what claims to be ciphertext has text in it.
pub(crate) fn holds_text(bytes: &[u8]) -> bool {
    bytes.chunks_exact(WINDOW).any(|window| printable(window) >= TEXT_IN_WINDOW + 5)
}

/// What the bytes look like; zeros at the ends do not count.
pub(crate) fn looks(bytes: &[u8]) -> Looks {
    let bytes = &bytes[zero_prefix(bytes)..];
    let bytes = &bytes[..bytes.len() - zero_suffix(bytes)];
    let share = printable(bytes) as f64 / bytes.len().max(1) as f64;
    match share {
        0.95.. => Looks::Text,
        0.55.. => Looks::Protobuf,
        _ if bytes.len() >= 256 && !is_uniform(bytes) => Looks::Binary,
        0.25..0.50 if bytes.len() >= 32 => Looks::Random,
        _ => Looks::Binary,
    }
}

/// Whether the byte counts fit a uniform distribution: chi squared with 255 degrees of freedom has
/// mean 255 and deviation 22.6, so 400 is above six deviations.
fn is_uniform(bytes: &[u8]) -> bool {
    let mut counts = [0u32; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let expected = bytes.len() as f64 / 256.0;
    counts.iter().map(|n| (f64::from(*n) - expected).powi(2) / expected).sum::<f64>() < 400.0
}

/// A stretch of bytes between zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Island {
    pub(crate) range: Range<usize>,
    /// Whether it holds text, so is plaintext of somebody's.
    pub(crate) text: bool,
}

/// What a window of dead bytes holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Zero,
    Other,
    Text,
}

impl Class {
    fn of(window: &[u8]) -> Self {
        let filled = window.iter().map(|b| usize::from(*b != 0)).sum::<usize>();
        if filled == 0 {
            return Self::Zero;
        }
        let dense = filled >= TEXT_RUN && printable(window) * WINDOW >= TEXT_IN_WINDOW * filled;
        if dense || longest_run(window) >= TEXT_RUN { Self::Text } else { Self::Other }
    }
}

/// The stretches of `bytes` that are not zero, those with text apart from those without. A short
/// stretch without text between two with it belongs to them: binary fields of an object.
pub(crate) fn islands(bytes: &[u8]) -> Vec<Island> {
    let mut classes: Vec<Class> = bytes.chunks(WINDOW).map(Class::of).collect();
    let mut last_text = None;
    for at in 0..classes.len() {
        match (classes[at], last_text) {
            (Class::Text, Some(last)) if at - last <= BRIDGE + 1 => classes[last..at].fill(Class::Text),
            (Class::Zero, _) => last_text = None,
            _ => {}
        }
        if classes[at] == Class::Text {
            last_text = Some(at);
        }
    }
    let mut islands = Vec::new();
    let mut start = 0;
    for run in classes.chunk_by(|a, b| a == b) {
        let end = (start + run.len() * WINDOW).min(bytes.len());
        if run[0] != Class::Zero {
            islands.push(Island { range: start..end, text: run[0] == Class::Text });
        }
        start = end;
    }
    spread_text(bytes, &mut islands);
    islands
}

/// Gives text islands the printable bytes at the edges of their neighbours, and takes zeros off
/// all ends.
fn spread_text(bytes: &[u8], islands: &mut Vec<Island>) {
    for at in 1..islands.len() {
        let (before, after) = islands.split_at_mut(at);
        let (Some(before), Some(after)) = (before.last_mut(), after.first_mut()) else { continue };
        if before.range.end != after.range.start {
            continue;
        }
        if before.text {
            let head = bytes[after.range.clone()].iter().take_while(|b| is_printable(**b)).count();
            before.range.end += head;
            after.range.start += head;
        } else if after.text {
            let tail = bytes[before.range.clone()].iter().rev().take_while(|b| is_printable(**b)).count();
            before.range.end -= tail;
            after.range.start -= tail;
        }
    }
    for island in islands.iter_mut() {
        let stretch = &bytes[island.range.clone()];
        if is_zero(stretch) {
            island.range.end = island.range.start;
            continue;
        }
        island.range = island.range.start + zero_prefix(stretch)..island.range.end - zero_suffix(stretch);
    }
    islands.retain(|island| !island.range.is_empty());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Uniform bytes without a random source: a 64-bit mixer over a counter.
    pub(crate) fn noise(len: usize, seed: u64) -> Vec<u8> {
        (0..len as u64)
            .map(|n| {
                let mut x = (n ^ seed << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
                (x >> 56) as u8
            })
            .collect()
    }

    #[test]
    fn kinds_are_told_apart() {
        assert_eq!(looks(b"apiVersion: v1\nkind: Secret\n"), Looks::Text);
        assert_eq!(looks(b"\x0a\x0cpassword\x12\x1ehunter2hunter2\x0a\x05"), Looks::Protobuf);
        assert_eq!(looks(&noise(4096, 1)), Looks::Random);
        assert_eq!(looks(&[7; 4096]), Looks::Binary);
    }

    #[test]
    fn noise_has_no_text_and_text_in_noise_is_found() {
        for seed in 0..200 {
            let page = noise(4096, seed);
            assert!(!holds_text(&page));
            let islands = islands(&page);
            assert!(islands.len() == 1 && !islands[0].text, "seed {seed}: {islands:?}");
        }
        let mut page = noise(4096, 3);
        page[2000..2016].copy_from_slice(b"bfqb8e1y1r8xco15");
        let text: Vec<_> = islands(&page).into_iter().filter(|i| i.text).collect();
        assert!(text.iter().any(|i| i.range.start <= 2000 && i.range.end >= 2016), "{text:?}");
    }

    proptest! {
        #[test]
        fn islands_cover_all_but_zeros(
            parts in prop::collection::vec((0usize..200, 0u8..3), 0..12)
        ) {
            let mut bytes = Vec::new();
            for (len, kind) in parts {
                bytes.extend(match kind {
                    0 => vec![0; len],
                    1 => noise(len, len as u64),
                    _ => vec![b'a'; len],
                });
            }
            let islands = islands(&bytes);
            prop_assert!(islands.windows(2).all(|w| w[0].range.end <= w[1].range.start));
            let mut left = bytes.clone();
            for island in &islands {
                left[island.range.clone()].fill(0);
            }
            prop_assert!(is_zero(&left));
        }

        #[test]
        fn zeros_are_counted(head in 0usize..3000, tail in 0usize..3000) {
            let mut bytes = vec![0; head + 1 + tail];
            bytes[head] = 1;
            prop_assert_eq!(zero_prefix(&bytes), head);
            prop_assert_eq!(zero_suffix(&bytes), tail);
            prop_assert!(!is_zero(&bytes));
        }
    }
}
