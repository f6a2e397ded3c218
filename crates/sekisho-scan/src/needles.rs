//! Needles: known values, looked for in every encoding beside the detectors.

use sekisho_secret::SecretBytes;

/// Shortest value that is looked for, in bytes.
pub const MIN_NEEDLE_LEN: usize = 4;
/// Longest value that is looked for, in bytes.
pub const MAX_NEEDLE_LEN: usize = 64 << 10;

/// Known values to look for. They are secrets: wiped when dropped, never formatted.
#[derive(Default)]
pub struct Needles {
    pub(crate) values: Vec<SecretBytes>,
}

/// A value that is not looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Its number in the list that was given.
    pub value: usize,
    /// Why.
    pub why: Refusal,
}

/// Why a value is not looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Under [`MIN_NEEDLE_LEN`] bytes: it would be found everywhere.
    TooShort,
    /// Over [`MAX_NEEDLE_LEN`] bytes.
    TooLong,
    /// Equal to an earlier value, which is looked for.
    Duplicate {
        /// The number of the earlier value.
        of: usize,
    },
}

impl Needles {
    /// Takes over values; the `needle` of a candidate is the number in `values`. Those that are not
    /// looked for are told.
    pub fn new(values: Vec<SecretBytes>) -> (Self, Vec<Refused>) {
        let mut refused = Vec::new();
        for (value, bytes) in values.iter().enumerate() {
            if bytes.len() < MIN_NEEDLE_LEN {
                refused.push(Refused { value, why: Refusal::TooShort });
            } else if bytes.len() > MAX_NEEDLE_LEN {
                refused.push(Refused { value, why: Refusal::TooLong });
            }
        }
        (Self { values }, refused)
    }

    /// No known values.
    pub fn none() -> Self {
        Self::default()
    }
}
