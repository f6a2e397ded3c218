//! [`SecretBytes`]: sensitive bytes in memory.

use std::fmt;

use zeroize::optimization_barrier;

/// Sensitive bytes in memory: wiped when dropped, formatted as a constant, read only through
/// [`expose_secret`](Self::expose_secret), so that every read can be found by its name.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Takes over `bytes`; no copy is made.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes themselves. Never pass them to anything that formats, logs or serialises.
    pub fn expose_secret(&self) -> &[u8] {
        &self.0
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Drop for SecretBytes {
    /// Wipes all of the memory, what is spare with it, at once: megabytes pass here, and `zeroize` writes
    /// them byte by byte.
    fn drop(&mut self) {
        self.0.clear();
        self.0.resize(self.0.capacity(), 0);
        optimization_barrier(self.0.as_slice());
    }
}

impl From<&[u8]> for SecretBytes {
    fn from(bytes: &[u8]) -> Self {
        Self::new(bytes.to_vec())
    }
}

impl fmt::Debug for SecretBytes {
    /// A constant: not even the length is told.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_is_a_constant() {
        let canary = SecretBytes::from(&b"canary-value"[..]);
        assert_eq!(format!("{canary:?}"), "SecretBytes(..)");
        assert_eq!(format!("{:?}", Some(vec![canary])), "Some([SecretBytes(..)])");
    }
}
