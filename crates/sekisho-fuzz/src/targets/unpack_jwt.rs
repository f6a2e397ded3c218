//! JSON Web Tokens.

use sekisho_unpack::jwt;

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "unpack_jwt",
    body,
    seeds: || {
        let legacy = r#"{"iss":"kubernetes/serviceaccount","kubernetes.io/serviceaccount/namespace":"shop",
            "kubernetes.io/serviceaccount/secret.name":"t","kubernetes.io/serviceaccount/service-account.name":"api",
            "kubernetes.io/serviceaccount/service-account.uid":"0","sub":"system:serviceaccount:shop:api"}"#;
        let bound = r#"{"iss":"https://k","aud":["a","b"],"exp":1893456000,"iat":1.5e9,"sub":"system:serviceaccount:shop:api",
            "kubernetes.io":{"namespace":"shop","pod":{"name":"p","uid":"1"},"serviceaccount":{"name":"api","uid":"0"}}}"#;
        vec![
            token(r#"{"alg":"RS256","typ":"JWT"}"#, legacy),
            token(r#"{"alg":"ES256","kid":"1"}"#, bound),
            token(r#"{"alg":"none"}"#, r#"{"exp":1e300,"aud":"x"}"#),
        ]
    },
    words: &[b".", b"..", b"eyJ", b"IjoxZTk5", b"W1tb", b"e30"],
};

/// The compact form with a signature of the right look.
fn token(header: &str, claims: &str) -> Vec<u8> {
    format!("{}.{}.{}", base64url(header), base64url(claims), base64url("a signature that signs nothing"))
        .into_bytes()
}

fn base64url(text: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let group = |bytes: &[u8]| {
        let bits =
            bytes.iter().enumerate().fold(0, |bits, (n, byte)| bits | u32::from(*byte) << (16 - 8 * n));
        (0..=bytes.len())
            .map(|n| char::from(ALPHABET[(bits >> (18 - 6 * n) & 63) as usize]))
            .collect::<String>()
    };
    text.as_bytes().chunks(3).map(group).collect()
}

fn body(bytes: &[u8]) {
    if let Some(token) = jwt(bytes) {
        assert!(token.audiences.len() <= bytes.len(), "more audiences than bytes");
    }
}
