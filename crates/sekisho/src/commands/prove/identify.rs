//! The canonical values in a Secret's field, as a scan would fingerprint them: of PEM keys the DER,
//! of a docker configuration each password, else the field itself.

use sekisho_etcd::Identify;
use sekisho_secret::{EstateKey, Fingerprint, SecretBytes, canonical, is_weak};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Fields are identified under this key.
pub(super) struct Fields(pub(super) EstateKey);

impl Fields {
    fn push(&self, value: &[u8], out: &mut Vec<Fingerprint>) {
        if let Some(canonical) = canonical(value)
            && !is_weak(value)
        {
            out.push(self.0.fingerprint(canonical));
        }
    }
}

impl Identify for Fields {
    fn identify(&self, field: &str, value: &[u8], out: &mut Vec<Fingerprint>) {
        let before = out.len();
        for block in sekisho_unpack::pem::blocks(value).filter(sekisho_unpack::pem::Block::is_private_key) {
            self.push(block.bytes.expose_secret(), out);
        }
        if field.ends_with(".dockerconfigjson") || field.ends_with(".dockercfg") {
            for password in passwords(value) {
                self.push(password.expose_secret(), out);
            }
        }
        if out.len() == before {
            self.push(value, out);
        }
    }
}

#[derive(Deserialize)]
struct DockerConfig {
    #[serde(default)]
    auths: BTreeMap<String, Login>,
}

#[derive(Deserialize)]
struct Login {
    #[serde(default)]
    password: String,
    #[serde(default)]
    auth: String,
}

/// The passwords of a docker configuration, from both places where it keeps them.
fn passwords(value: &[u8]) -> Vec<SecretBytes> {
    let auths = serde_json::from_slice::<DockerConfig>(value).map(|config| config.auths);
    // The old form is the mapping alone.
    let auths = auths.ok().filter(|auths| !auths.is_empty()).or_else(|| serde_json::from_slice(value).ok());
    let mut found: Vec<SecretBytes> = Vec::new();
    for login in auths.unwrap_or_default().into_values() {
        let password = SecretBytes::new(login.password.into_bytes());
        let auth = data_encoding::BASE64.decode(login.auth.as_bytes()).unwrap_or_default();
        let auth = SecretBytes::new(auth);
        let basic = auth.expose_secret().iter().position(|byte| *byte == b':');
        let basic = basic.map(|colon| SecretBytes::from(&auth.expose_secret()[colon + 1..]));
        for password in [Some(password), basic].into_iter().flatten().filter(|password| !password.is_empty())
        {
            if !found.contains(&password) {
                found.push(password);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prints(field: &str, value: &[u8]) -> Vec<Fingerprint> {
        let mut out = Vec::new();
        Fields(key()).identify(field, value, &mut out);
        out
    }

    fn key() -> EstateKey {
        EstateKey::from_bytes(*b"0123456789abcdef0123456789abcdef").unwrap()
    }

    #[test]
    fn fields_are_identified_as_a_scan_does() {
        let one = |value: &[u8]| vec![key().fingerprint(value)];
        assert_eq!(prints("data.password", b"correct horse\n"), one(b"correct horse"));
        assert_eq!(prints("data.pin", b"1234"), []);
        let docker = concat!(
            r#"{"auths":{"r.example":{"password":"correct horse","auth":"dTpjb3"#,
            r#"JyZWN0IGhvcnNl"}}}"#
        )
        .as_bytes();
        assert_eq!(prints("data..dockerconfigjson", docker), one(b"correct horse"));
        let pem =
            ["-----BEGIN PRI", "VATE KEY-----\nAAECAwQFBgcICQoLDA0ODw==\n-----END PRI", "VATE KEY-----\n"]
                .concat();
        assert_eq!(prints("data.tls.key", pem.as_bytes()), one(&(0..16).collect::<Vec<u8>>()));
    }
}
