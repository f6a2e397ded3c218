//! JSON Web Tokens in compact form: JWS (RFC 7515), JWE (RFC 7516), claims (RFC 7519), and the
//! two kinds of Kubernetes service account tokens.

use serde_json::{Map, Value};

use crate::text::base64;

/// Longer ones are not read; headers of HTTP servers end at 8 to 64 KiB.
const MAX_TOKEN: usize = 64 * 1024;
/// Texts are cut off behind so many characters.
const MAX_TEXT: usize = 512;
/// So many audiences are kept.
const MAX_AUDIENCES: usize = 16;

/// What a token says of itself. Nothing is verified, and nothing of it is secret by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwt {
    /// How it is protected.
    pub protection: Protection,
    /// `alg` of its header.
    pub algorithm: String,
    /// `iss`: who made it.
    pub issuer: Option<String>,
    /// `sub`: whom it speaks for.
    pub subject: Option<String>,
    /// `aud`: for whom it is meant.
    pub audiences: Vec<String>,
    /// `exp`, in seconds since 1970; none: it lives for ever.
    pub expires: Option<i64>,
    /// `iat`, in seconds since 1970.
    pub issued_at: Option<i64>,
    /// The Kubernetes service account that it is of.
    pub service_account: Option<ServiceAccountToken>,
}

/// How a token is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protection {
    /// JWS with a signature or MAC.
    Signed,
    /// JWS with `alg: none`: anybody can make one, so it is no credential.
    Unsecured,
    /// JWE: the claims cannot be read.
    Encrypted,
}

/// The two kinds of service account tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceAccountToken {
    /// From a Secret of type `kubernetes.io/service-account-token`: no expiry, no audience; valid
    /// until that Secret is deleted.
    Legacy {
        /// Namespace of the service account and the Secret.
        namespace: String,
        /// The service account.
        name: String,
        /// The Secret.
        secret: String,
    },
    /// From the TokenRequest API or a projected volume: expires, and is bound to an object.
    Bound {
        /// Namespace of the service account.
        namespace: String,
        /// The service account.
        name: String,
        /// The pod that it is bound to, if it is one.
        pod: Option<String>,
        /// `exp`, in seconds since 1970.
        expires: Option<i64>,
    },
}

/// Reads a token in compact form; `None` if it is none.
pub fn jwt(token: &[u8]) -> Option<Jwt> {
    if token.len() > MAX_TOKEN {
        return None;
    }
    let parts: Vec<&[u8]> = token.split(|b| *b == b'.').take(6).collect();
    let base64url =
        |part: &&[u8]| part.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'='));
    if !parts.iter().all(base64url) {
        return None;
    }
    let header = object(parts[0])?;
    let algorithm = text(&header, "alg")?;
    match parts[..] {
        [_, claims, signature] => {
            let unsecured = algorithm.eq_ignore_ascii_case("none");
            if signature.is_empty() && !unsecured {
                return None;
            }
            let protection = if unsecured { Protection::Unsecured } else { Protection::Signed };
            Some(signed(protection, algorithm, &object(claims)?))
        }
        [_, _, _, ciphertext, tag]
            if header.contains_key("enc") && !ciphertext.is_empty() && !tag.is_empty() =>
        {
            Some(Jwt {
                protection: Protection::Encrypted,
                algorithm,
                issuer: None,
                subject: None,
                audiences: Vec::new(),
                expires: None,
                issued_at: None,
                service_account: None,
            })
        }
        _ => None,
    }
}

fn signed(protection: Protection, algorithm: String, claims: &Map<String, Value>) -> Jwt {
    let audiences = match claims.get("aud") {
        Some(Value::Array(all)) => {
            all.iter().filter_map(Value::as_str).take(MAX_AUDIENCES).map(cut).collect()
        }
        Some(Value::String(one)) => vec![cut(one)],
        _ => Vec::new(),
    };
    Jwt {
        protection,
        algorithm,
        issuer: text(claims, "iss"),
        subject: text(claims, "sub"),
        audiences,
        expires: seconds(claims, "exp"),
        issued_at: seconds(claims, "iat"),
        service_account: service_account(claims),
    }
}

/// Legacy tokens have flat claims, bound ones an object (kubernetes/pkg/serviceaccount, `legacy.go`
/// and `claims.go`).
fn service_account(claims: &Map<String, Value>) -> Option<ServiceAccountToken> {
    if let Some(Value::Object(bound)) = claims.get("kubernetes.io") {
        let named = |key| bound.get(key).and_then(Value::as_object).and_then(|object| text(object, "name"));
        return Some(ServiceAccountToken::Bound {
            namespace: text(bound, "namespace")?,
            name: named("serviceaccount")?,
            pod: named("pod"),
            expires: seconds(claims, "exp"),
        });
    }
    let legacy = |key: &str| text(claims, &format!("kubernetes.io/serviceaccount/{key}"));
    Some(ServiceAccountToken::Legacy {
        namespace: legacy("namespace")?,
        name: legacy("service-account.name")?,
        secret: legacy("secret.name").unwrap_or_default(),
    })
}

fn object(part: &[u8]) -> Option<Map<String, Value>> {
    let bytes = base64(part)?.bytes;
    serde_json::from_slice(bytes.expose_secret()).ok()
}

fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key)?.as_str().map(cut)
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

/// A NumericDate (RFC 7519 section 2), which may have a fraction.
fn seconds(object: &Map<String, Value>, key: &str) -> Option<i64> {
    let number = object.get(key)?;
    number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token(header: &str, claims: &str, signature: &str) -> String {
        let encode = |text: &str| data_encoding::BASE64URL_NOPAD.encode(text.as_bytes());
        format!("{}.{}.{signature}", encode(header), encode(claims))
    }

    fn read(header: &str, claims: &str, signature: &str) -> Option<Jwt> {
        jwt(token(header, claims, signature).as_bytes())
    }

    const RS256: &str = r#"{"alg":"RS256","kid":"x"}"#;

    #[test]
    fn claims() {
        let claims =
            r#"{"iss":"https://id.example","sub":"u1","aud":["a","b"],"exp":1700000000.5,"iat":1600000000}"#;
        let read = read(RS256, claims, "c2ln").unwrap();
        assert_eq!(read.protection, Protection::Signed);
        assert_eq!(read.algorithm, "RS256");
        assert_eq!(read.issuer.as_deref(), Some("https://id.example"));
        assert_eq!(read.subject.as_deref(), Some("u1"));
        assert_eq!(read.audiences, ["a", "b"]);
        assert_eq!((read.expires, read.issued_at), (Some(1_700_000_000), Some(1_600_000_000)));
        assert_eq!(read.service_account, None);
    }

    #[test]
    fn service_accounts() {
        let legacy = r#"{"iss":"kubernetes/serviceaccount",
            "kubernetes.io/serviceaccount/namespace":"shop",
            "kubernetes.io/serviceaccount/secret.name":"api-token-x1",
            "kubernetes.io/serviceaccount/service-account.name":"api",
            "kubernetes.io/serviceaccount/service-account.uid":"0",
            "sub":"system:serviceaccount:shop:api"}"#;
        let (namespace, name) = ("shop".to_owned(), "api".to_owned());
        let secret = "api-token-x1".to_owned();
        let expected =
            ServiceAccountToken::Legacy { namespace: namespace.clone(), name: name.clone(), secret };
        let legacy = read(RS256, legacy, "c2ln").unwrap();
        assert_eq!((legacy.service_account, legacy.expires), (Some(expected), None));

        let bound = r#"{"aud":["https://kubernetes.default.svc"],"exp":1731613413,"iat":1700077413,
            "iss":"https://kubernetes.default.svc","kubernetes.io":{"namespace":"shop",
            "node":{"name":"n1","uid":"0"},"pod":{"name":"api-7d9","uid":"0"},
            "serviceaccount":{"name":"api","uid":"0"},"warnafter":1700081020},
            "sub":"system:serviceaccount:shop:api"}"#;
        let (pod, expires) = (Some("api-7d9".to_owned()), Some(1_731_613_413));
        let expected = ServiceAccountToken::Bound { namespace, name, pod, expires };
        assert_eq!(read(RS256, bound, "c2ln").unwrap().service_account, Some(expected));
    }

    #[test]
    fn protections() {
        assert_eq!(read(r#"{"alg":"none"}"#, "{}", "").unwrap().protection, Protection::Unsecured);
        assert_eq!(read(r#"{"alg":"HS256"}"#, "{}", "c2ln").unwrap().protection, Protection::Signed);
        let jwe = token(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#, "key", "aXY.Y2lwaGVy.dGFn");
        assert_eq!(jwt(jwe.as_bytes()).unwrap().protection, Protection::Encrypted);
    }

    #[test]
    fn what_is_none() {
        assert_eq!(read(RS256, "{}", ""), None, "cut off");
        assert_eq!(read(r#"{"kid":"x"}"#, "{}", "c2ln"), None);
        assert_eq!(read("[]", "{}", "c2ln"), None);
        assert_eq!(read(RS256, "no json", "c2ln"), None);
        for text in ["", ".", "..", "a.b.c", "....", "com.example.Class"] {
            assert_eq!(jwt(text.as_bytes()), None, "{text}");
        }
        let deep = "[".repeat(20_000);
        assert_eq!(read(RS256, &deep, "c2ln"), None);
    }

    proptest! {
        #[test]
        fn is_total(header in any::<String>(), claims in any::<Vec<u8>>(), raw in any::<Vec<u8>>()) {
            let claims = data_encoding::BASE64URL_NOPAD.encode(&claims);
            jwt(format!("{header}.{claims}.x").as_bytes());
            let header = data_encoding::BASE64URL_NOPAD.encode(RS256.as_bytes());
            jwt(format!("{header}.{claims}.x").as_bytes());
            jwt(&raw);
        }
    }
}
