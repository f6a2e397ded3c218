//! Keys, certificates and tokens as real tools make them: `openssl` and `ssh-keygen`, fresh ones for
//! every run. A machine without them skips these tests and says so.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::format_push_string,
    clippy::let_underscore_must_use,
    reason = "a test may end in a panic and say why"
)]

use std::path::Path;
use std::process::Command;

use sekisho_examine::{Content, Examiner, Item, Options};
use sekisho_model::{Finding, Place, Problem, Severity, Sighting, Sink, Suppression};
use sekisho_secret::EstateKey;

#[derive(Default)]
struct Seen(Vec<Sighting>);

impl Sink for Seen {
    fn sighting(&mut self, sighting: Sighting) {
        self.0.push(sighting);
    }

    fn finding(&mut self, _: Finding) {}

    fn problem(&mut self, _: Problem) {}

    fn suppressed(&mut self, _: Suppression) {}
}

fn examiner() -> Examiner {
    let mut key = [3; 32];
    key[0] = 1;
    Examiner::new(Options::new(EstateKey::from_bytes(key).unwrap())).unwrap().0
}

fn examine(name: &str, content: &[u8]) -> Vec<Sighting> {
    examine_with(&examiner(), name, Content::Bytes(content))
}

fn examine_with(examiner: &Examiner, name: &str, content: Content<'_>) -> Vec<Sighting> {
    let mut seen = Seen::default();
    examiner.examine(Item { place: Place::file(name), tracked: None, hint: None, content }, &mut seen);
    seen.0
}

/// Runs a tool in `at`; false where there is none.
fn run(at: &Path, command: &str) -> bool {
    let mut words = command.split(' ');
    let program = words.next().unwrap();
    let Ok(output) = Command::new(program).args(words).current_dir(at).output() else {
        println!("SKIPPED: no {program} on this machine");
        return false;
    };
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    true
}

#[track_caller]
fn one(name: &str, content: &[u8]) -> Sighting {
    let mut seen = examine(name, content);
    assert_eq!(seen.len(), 1, "{name}: {:?}", seen.iter().map(|s| &s.detector).collect::<Vec<_>>());
    seen.remove(0)
}

#[test]
fn one_key_in_three_forms_is_one_credential_with_its_certificate() {
    let scratch = tempfile::tempdir().unwrap();
    let at = scratch.path();
    let made = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=shop.example";
    if !run(at, made) {
        return;
    }
    run(at, "openssl pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.der");
    run(
        at,
        "openssl pkcs12 -export -inkey key.pem -in cert.pem -passout pass:made-for-a-test -out store.p12",
    );
    let read = |name: &str| std::fs::read(at.join(name)).unwrap();
    let (pem, certificate, der) = (read("key.pem"), read("cert.pem"), read("key.der"));

    let in_pem = one("key.pem", &pem);
    assert_eq!((in_pem.detector.as_str(), in_pem.severity), ("crypto/private-key", Severity::Critical));
    assert_eq!(in_pem.details["key"], "RSA 2048");
    assert_eq!(in_pem.details["encrypted"], "no");
    assert!(!in_pem.details.contains_key("certificate"));

    let in_der = one("key.der", &der);
    assert_eq!(in_der.detector, "crypto/der-private-key");
    assert_eq!(in_der.fingerprint, in_pem.fingerprint);

    let both = one("tls.pem", &[certificate.clone(), pem.clone()].concat());
    assert!(both.details["certificate"].starts_with("shop.example until "), "{:?}", both.details);
    assert_eq!(both.fingerprint, in_pem.fingerprint);

    // A key that is known from one version may lie beside its certificate in another.
    let versions = examiner();
    for beside in [false, true, false, true] {
        let text = if beside { [pem.clone(), certificate.clone()].concat() } else { pem.clone() };
        let mut scanned = versions.candidates(&text, None).unwrap();
        let seen = examine_with(&versions, "tls.pem", Content::Scanned(&text, &mut scanned));
        let told: Vec<bool> = seen.iter().map(|seen| seen.details.contains_key("certificate")).collect();
        assert_eq!(told, [beside]);
    }

    assert!(examine("cert.pem", &certificate).is_empty());

    let base64 = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
    let manifest = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: edge, namespace: shop}}\ntype: kubernetes.io/tls\ndata:\n  tls.crt: {}\n  tls.key: {}\n",
        base64(&certificate),
        base64(&pem)
    );
    let in_secret = one("edge.yaml", manifest.as_bytes());
    assert_eq!(in_secret.fingerprint, in_pem.fingerprint);
    assert_eq!(in_secret.place.field.as_deref(), Some("data.tls.key"));
    assert!(in_secret.details["certificate"].starts_with("shop.example until "));

    let store = one("store.p12", &read("store.p12"));
    assert_eq!((store.detector.as_str(), store.severity), ("crypto/pkcs12", Severity::Medium));
    assert_eq!(store.details["encrypted"], "yes");
}

#[test]
fn an_encrypted_key_is_told_as_such() {
    let scratch = tempfile::tempdir().unwrap();
    let at = scratch.path();
    if run(at, "openssl genpkey -algorithm ED25519 -aes-256-cbc -pass pass:made-for-a-test -out key.pem") {
        let key = one("key.pem", &std::fs::read(at.join("key.pem")).unwrap());
        assert_eq!(key.details["encrypted"], "yes");
        assert_eq!(key.severity, Severity::Medium);
    }
    if run(at, "ssh-keygen -q -t ed25519 -N made-for-a-test -f locked") {
        run(at, "ssh-keygen -q -t ed25519 -N  -f open");
        let locked = one("locked", &std::fs::read(at.join("locked")).unwrap());
        let open = one("open", &std::fs::read(at.join("open")).unwrap());
        assert_eq!((locked.details["encrypted"].as_str(), open.details["encrypted"].as_str()), ("yes", "no"));
        assert!(examine("open.pub", &std::fs::read(at.join("open.pub")).unwrap()).is_empty());
    }
}

/// A token in compact form over these claims; the signature is made up.
fn token(claims: &str) -> String {
    let part = |text: &str| data_encoding::BASE64URL_NOPAD.encode(text.as_bytes());
    let signature = data_encoding::BASE64URL_NOPAD.encode(&[0x5a; 64].map(|b: u8| b.wrapping_mul(37)));
    format!("{}.{}.{signature}", part(r#"{"alg":"RS256","kid":"x"}"#), part(claims))
}

#[test]
fn tokens_tell_their_claims_and_service_accounts_their_kind() {
    let plain = token(r#"{"iss":"https://idp.example","aud":["api","web"],"exp":1893456000,"sub":"job"}"#);
    let seen = one("a.env", format!("TOKEN={plain}\n").as_bytes());
    assert_eq!(seen.detector, "jwt/token");
    assert_eq!(seen.details["issuer"], "https://idp.example");
    assert_eq!(seen.details["audience"], "api, web");
    assert_eq!(seen.details["expires"], "2030-01-01T00:00:00Z");

    let legacy = token(
        r#"{"iss":"kubernetes/serviceaccount","kubernetes.io/serviceaccount/namespace":"shop","kubernetes.io/serviceaccount/secret.name":"web-token","kubernetes.io/serviceaccount/service-account.name":"web","sub":"system:serviceaccount:shop:web"}"#,
    );
    let seen = one("a.env", format!("TOKEN={legacy}\n").as_bytes());
    assert_eq!(seen.detector, "kubernetes/service-account-token");
    assert_eq!(seen.details["service account token"], "legacy, from Secret web-token");

    let bound = token(
        r#"{"iss":"https://kubernetes.default.svc","aud":["https://kubernetes.default.svc"],"exp":1893456000,"kubernetes.io":{"namespace":"shop","pod":{"name":"web-0","uid":"1"},"serviceaccount":{"name":"web","uid":"2"}},"sub":"system:serviceaccount:shop:web"}"#,
    );
    let seen = one("a.env", format!("TOKEN={bound}\n").as_bytes());
    assert_eq!(seen.details["service account token"], "bound to pod web-0");
}
