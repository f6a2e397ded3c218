//! Deltas: instructions that make an object out of another.

/// A run of bytes that stands in the base and in the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copy {
    /// Where it starts in the base.
    pub base: usize,
    /// Where it starts in the result.
    pub result: usize,
    /// Its length.
    pub len: usize,
}

/// Why instructions cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeltaError {
    /// They end within one of them, or hold one that is reserved.
    #[error("a damaged delta")]
    Malformed,
    /// They are made for a base of another size.
    #[error("a delta for another base")]
    Base,
    /// They copy what the base does not have.
    #[error("a delta that copies beyond its base")]
    Bounds,
    /// They make another number of bytes than they say.
    #[error("a delta that makes an object of another size than it says")]
    Size,
    /// The object would be larger than allowed.
    #[error("a delta that makes an object over the limit")]
    TooLarge,
}

/// The size of the base and of the result, as written at the start of `delta`, and their length.
pub(crate) fn sizes(delta: &[u8]) -> Option<(u64, u64, usize)> {
    let mut at = 0;
    let mut number = || {
        let (mut value, mut shift) = (0u64, 0);
        loop {
            let byte = *delta.get(at)?;
            let bits = u64::from(byte & 0x7f);
            if shift > 63 || bits << shift >> shift != bits {
                return None;
            }
            value |= bits << shift;
            (at, shift) = (at + 1, shift + 7);
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
    };
    let (base, result) = (number()?, number()?);
    Some((base, result, at))
}

/// Follows `delta` from `base`: appends the object to `result` and its copied runs to `copies`, in
/// the order of the result, neighbours that are neighbours in both as one. Objects over `max` bytes
/// are not made.
///
/// # Errors
/// [`DeltaError`]; `result` and `copies` then hold what was made so far.
pub fn apply(
    base: &[u8],
    delta: &[u8],
    max: u64,
    result: &mut Vec<u8>,
    copies: &mut Vec<Copy>,
) -> Result<(), DeltaError> {
    let (base_size, size, mut at) = sizes(delta).ok_or(DeltaError::Malformed)?;
    if base_size != base.len() as u64 {
        return Err(DeltaError::Base);
    }
    if size > max {
        return Err(DeltaError::TooLarge);
    }
    let size = size as usize;
    // What the instructions can make at all, however large they say it is.
    let most = base.len().saturating_mul(delta.len()).saturating_add(delta.len());
    result.reserve_exact(size.min(most));
    let start = result.len();
    while let Some(&instruction) = delta.get(at) {
        at += 1;
        let made = result.len() - start;
        if instruction & 0x80 != 0 {
            let mut operand = |bits: u8, bytes: u32| {
                let mut value = 0usize;
                for n in 0..bytes {
                    if bits >> n & 1 != 0 {
                        value |= usize::from(*delta.get(at)?) << (8 * n);
                        at += 1;
                    }
                }
                Some(value)
            };
            let from = operand(instruction & 0x0f, 4).ok_or(DeltaError::Malformed)?;
            let len = operand(instruction >> 4 & 7, 3).ok_or(DeltaError::Malformed)?;
            let len = if len == 0 { 0x1_0000 } else { len };
            let run = base.get(from..from.saturating_add(len)).ok_or(DeltaError::Bounds)?;
            if len > size - made {
                return Err(DeltaError::Size);
            }
            result.extend_from_slice(run);
            match copies.last_mut() {
                Some(last) if last.base + last.len == from && last.result + last.len == made => {
                    last.len += len;
                }
                _ => copies.push(Copy { base: from, result: made, len }),
            }
        } else {
            let len = usize::from(instruction);
            let bytes = delta.get(at..at + len).filter(|_| len > 0).ok_or(DeltaError::Malformed)?;
            if len > size - made {
                return Err(DeltaError::Size);
            }
            result.extend_from_slice(bytes);
            at += len;
        }
    }
    if result.len() - start == size { Ok(()) } else { Err(DeltaError::Size) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(base: &[u8], delta: &[u8]) -> Result<(Vec<u8>, Vec<Copy>), DeltaError> {
        let (mut result, mut copies) = (Vec::new(), Vec::new());
        apply(base, delta, 1 << 20, &mut result, &mut copies).map(|()| (result, copies))
    }

    #[test]
    fn copies_and_insertions() {
        // 5 bytes to 7: copy 1..3, copy 3..5, insert "xy", copy 0..1.
        let delta = [5, 7, 0x91, 1, 2, 0x91, 3, 2, 2, b'x', b'y', 0x90, 1];
        let (result, copies) = run(b"abcde", &delta).unwrap();
        assert_eq!(result, b"bcdexya");
        assert_eq!(copies, [Copy { base: 1, result: 0, len: 4 }, Copy { base: 0, result: 6, len: 1 }]);
    }

    #[test]
    fn damage_is_told() {
        assert_eq!(run(b"abcde", &[4, 1, 1, b'x']), Err(DeltaError::Base));
        assert_eq!(run(b"abcde", &[5, 1, 0x91, 4, 2]), Err(DeltaError::Bounds));
        assert_eq!(run(b"abcde", &[5, 1, 2, b'x', b'y']), Err(DeltaError::Size));
        assert_eq!(run(b"abcde", &[5, 3, 2, b'x', b'y']), Err(DeltaError::Size));
        assert_eq!(run(b"abcde", &[5, 1, 0]), Err(DeltaError::Malformed));
        assert_eq!(run(b"abcde", &[5, 1, 3, b'x']), Err(DeltaError::Malformed));
        assert_eq!(run(b"abcde", &[5]), Err(DeltaError::Malformed));
        assert_eq!(run(b"abcde", &[5, 0xff, 0xff, 0xff, 0x7f]), Err(DeltaError::TooLarge));
    }
}
