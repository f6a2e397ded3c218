//! What a proof is asked for.

use sekisho_secret::{EstateKey, Fingerprint, canonical, is_weak};

use crate::keyring::Keyring;

/// Tells the identities of the values in an object's field.
///
/// The field's canonical values depend on formats that this crate does not know (of PEM the DER,
/// of a docker configuration the password), so the caller may bring its own reader. An
/// [`EstateKey`] alone takes each field as one value.
pub trait Identify {
    /// Pushes the fingerprints of the values in `value`, which stands under `field`
    /// (`data.password`). Weak values have none that may be told.
    fn identify(&self, field: &str, value: &[u8], out: &mut Vec<Fingerprint>);
}

impl Identify for EstateKey {
    fn identify(&self, _field: &str, value: &[u8], out: &mut Vec<Fingerprint>) {
        if let Some(canonical) = canonical(value)
            && !is_weak(value)
        {
            out.push(self.fingerprint(canonical));
        }
    }
}

/// The resources whose plaintext makes a file `plaintext`, as EncryptionConfiguration names them:
/// `secrets`, `widgets.example.com`, `*.example.com`, `*.*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Require(Vec<String>);

impl Default for Require {
    /// `secrets`.
    fn default() -> Self {
        Self(vec!["secrets".to_owned()])
    }
}

impl Require {
    /// These resources.
    pub fn new(resources: impl IntoIterator<Item = String>) -> Self {
        Self(resources.into_iter().collect())
    }

    /// The resources as given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether a resource is required.
    pub fn covers(&self, resource: &str) -> bool {
        self.0.iter().any(|required| match required.strip_prefix("*.") {
            Some("*") => true,
            Some("") => !resource.contains('.'),
            Some(group) => resource.split_once('.').is_some_and(|(_, of)| of == group),
            None => required == resource,
        })
    }
}

/// What a proof is asked for.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// The resources that the verdict covers.
    pub require: &'a Require,
    /// Who tells the identity of values.
    pub identify: &'a dyn Identify,
    /// Keys to open envelopes with. A proof needs none; with them every value is opened, and those
    /// that do not open are named.
    pub keys: Option<&'a Keyring>,
    /// Whether files are hashed. Without it a snapshot's own hash is not checked either, and this
    /// is said.
    pub hash: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_named_as_in_the_configuration() {
        let require = |name: &str| Require::new([name.to_owned()]);
        assert!(Require::default().covers("secrets"));
        assert!(!Require::default().covers("secrets.example.com"));
        assert!(require("*.example.com").covers("widgets.example.com"));
        assert!(!require("*.example.com").covers("example.com"));
        assert!(require("*.").covers("configmaps"));
        assert!(!require("*.").covers("deployments.apps"));
        assert!(require("*.*").covers("deployments.apps"));
    }
}
