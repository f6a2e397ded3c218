//! [`judge_pair`]: the verdict on a structured field, where key and value are known exactly.
//!
//! In a Secret the place itself speaks: whoever put a value there calls it secret, so everything is
//! a credential that is not plainly public, empty, a reference or a placeholder, `hunter2` and
//! `12345678` included. Everywhere else (a ConfigMap, an environment variable, an argument, an
//! annotation, a chart's values) the key must speak for a credential, and a value must stand there
//! that can be one.

use std::ops::Range;

use sekisho_model::{Confidence, FieldKind, Severity};

use crate::key::{KeyClass, Noun, PublicName, public_key_name, read_key, speaks_of_setting};
use crate::known::is_known_public;
use crate::path_kind::{FileForm, PathKind};
use crate::placeholder;
use crate::reason::Reason;
use crate::value::{self, Traits};
use crate::verdict::is_common;
use crate::weigh::names_a_secret;
use crate::words::contains;

/// The decision on a structured field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PairVerdict {
    /// A credential, unless a detector of a format knows it by a better name.
    Secret {
        /// Id of the detector that names it.
        detector: &'static str,
        /// How bad.
        severity: Severity,
        /// How sure.
        confidence: Confidence,
        /// Where in the value the credential is (behind `Bearer `, for example).
        value: Range<usize>,
    },
    /// Public by its key or its form: makes no sighting.
    Public(Public),
    /// Waits to be replaced: information.
    Placeholder,
    /// Nothing there.
    Empty,
    /// Names where the value is kept.
    Reference,
    /// An ordinary setting, for the reason given.
    Plain(Reason),
}

/// Why a value is public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Public {
    /// A certificate or a bundle of them.
    Certificate,
    /// A public key, a certificate request, known hosts.
    PublicKey,
    /// A user or login name.
    UserName,
    /// A host or an address.
    Host,
    /// A port.
    Port,
    /// An address without credentials in it.
    Url,
    /// A switch.
    Boolean,
    /// A number under a name that speaks of one.
    Number,
    /// A mail address.
    Email,
    /// A path of a file.
    FilePath,
    /// The name of a database, bucket, region and the like.
    Name,
}

/// Decides on a value under its key. `value` is what the field holds after base64 where the kind
/// has it ([`FieldKind::SecretData`] and so on are passed decoded).
pub fn judge_pair(key: &str, value: &[u8], kind: FieldKind, path: PathKind) -> PairVerdict {
    let trimmed = value.trim_ascii();
    if trimmed.is_empty() || placeholder::is_null(trimmed) {
        return PairVerdict::Empty;
    }
    if placeholder::is_reference(trimmed) || placeholder::is_sealed(trimmed) {
        return PairVerdict::Reference;
    }
    if let Some(public) = public_form(trimmed) {
        return PairVerdict::Public(public);
    }
    let reading = read_key(last_name(key));
    match kind {
        FieldKind::SecretData | FieldKind::SecretString => in_secret(key, value, trimmed, reading.class),
        FieldKind::Credential | FieldKind::CredentialBase64 | FieldKind::BasicAuth => {
            if placeholder::is_redacted(trimmed) {
                return PairVerdict::Plain(Reason::Redacted);
            }
            if placeholder::is_placeholder(trimmed) || is_known_public(trimmed) {
                return PairVerdict::Placeholder;
            }
            // Its base64 is that of a PEM block (client-go's api/v1 types); anything else was made up.
            if kind == FieldKind::CredentialBase64
                && key != "secret"
                && memchr::memmem::find(trimmed, b"-----BEGIN ").is_none()
                && !value::is_random(trimmed, 32)
                && trimmed.is_ascii()
            {
                return PairVerdict::Placeholder;
            }
            let (detector, severity) = match kind {
                // The one of an EncryptionConfiguration's two encoded fields; the other is a client's.
                FieldKind::CredentialBase64 if key == "secret" => {
                    ("kubernetes/encryption-key", Severity::Critical)
                }
                FieldKind::CredentialBase64 => ("kubernetes/kubeconfig-client-key", Severity::High),
                FieldKind::BasicAuth => ("docker/registry-auth", Severity::High),
                _ => ("kubernetes/credential-field", Severity::High),
            };
            let value = without_line_end(value);
            PairVerdict::Secret { detector, severity, confidence: Confidence::High, value }
        }
        _ => in_setting(key, value, trimmed, reading.class, (kind, path.form)),
    }
}

/// A key without the dashes of a flag.
fn last_name(key: &str) -> &[u8] {
    key.trim_start_matches('-').as_bytes()
}

/// The value without blanks around it that no credential has.
fn without_line_end(value: &[u8]) -> Range<usize> {
    let end = value.len() - value.iter().rev().take_while(|b| matches!(b, b'\n' | b'\r')).count().min(2);
    0..end
}

fn in_secret(key: &str, value: &[u8], trimmed: &[u8], class: KeyClass) -> PairVerdict {
    let sure = matches!(class, KeyClass::Credential(_));
    if placeholder::is_boolean(trimmed) {
        return PairVerdict::Public(Public::Boolean);
    }
    // `AWS_ACCESS_KEY_ID` is half a credential, and a detector knows which.
    let half = class == KeyClass::About && key_id(key);
    if !sure
        && !half
        && let Some(public) = public_by_key(key, trimmed)
    {
        return PairVerdict::Public(public);
    }
    if placeholder::is_placeholder(trimmed)
        || placeholder::is_redacted(trimmed)
        || pem_body(trimmed).is_some_and(placeholder::is_placeholder)
    {
        return PairVerdict::Placeholder;
    }
    if !sure {
        if value::is_plain_url(trimmed) && !query_has_secret(trimmed) {
            return PairVerdict::Public(Public::Url);
        }
        if value::is_email(trimmed) {
            return PairVerdict::Public(Public::Email);
        }
        if value::is_path(trimmed) {
            return PairVerdict::Public(Public::FilePath);
        }
    }
    PairVerdict::Secret {
        detector: "kubernetes/secret-value",
        severity: Severity::High,
        confidence: Confidence::High,
        value: without_line_end(value),
    }
}

/// What stands between the lines of a PEM block, where it is one line alone:
/// `<your-private-key>`.
fn pem_body(value: &[u8]) -> Option<&[u8]> {
    let mut lines = value.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let (begin, body, end) = (lines.next()?, lines.next()?, lines.next()?);
    let block = begin.starts_with(b"-----BEGIN ") && end.starts_with(b"-----END ");
    (block && lines.next().is_none()).then_some(body)
}

/// `access-key-id`, `apiKeyId`.
fn key_id(key: &str) -> bool {
    let letters: Vec<u8> =
        key.bytes().filter(u8::is_ascii_alphanumeric).map(|b| b.to_ascii_lowercase()).collect();
    letters.ends_with(b"keyid")
}

/// Public by its form, whatever the key: what only ever holds public keys.
fn public_form(value: &[u8]) -> Option<Public> {
    let pem = value::starts_pem(value) || memchr::memmem::find(value, b"-----BEGIN ").is_some();
    if pem {
        if memchr::memmem::find(value, b"PRIVATE KEY").is_some() {
            return None;
        }
        if memchr::memmem::find(value, b"-----BEGIN CERTIFICATE-----").is_some()
            || memchr::memmem::find(value, b"-----BEGIN TRUSTED CERTIFICATE-----").is_some()
            || memchr::memmem::find(value, b"-----BEGIN X509 C").is_some()
        {
            return value::starts_pem(value).then_some(Public::Certificate);
        }
        if value::starts_pem(value) && memchr::memmem::find(value, b"PUBLIC KEY").is_some() {
            return Some(Public::PublicKey);
        }
    }
    // A recipient of age: what files are encrypted to (age's specification, "The X25519 recipient type").
    if value::is_age_recipient(value) {
        return Some(Public::PublicKey);
    }
    let ssh: [&[u8]; 6] =
        [b"ssh-rsa AAAA", b"ssh-ed25519 AAAA", b"ecdsa-sha2-", b"ssh-dss AAAA", b"sk-ssh-", b"sk-ecdsa-"];
    let known_host = value.split(|b| *b == b'\n').next().is_some_and(|line| {
        ssh.iter().any(|mark| line.starts_with(mark))
            || ssh
                .iter()
                .any(|mark| memchr::memmem::find(line, mark).is_some_and(|at| at > 0 && line[at - 1] == b' '))
    });
    known_host.then_some(Public::PublicKey)
}

/// Public by its key, where the value agrees.
fn public_by_key(key: &str, value: &[u8]) -> Option<Public> {
    let lower = key.to_ascii_lowercase();
    if [".crt", ".cer", ".csr", ".pub", "known_hosts", "ca-bundle", "ca.pem"]
        .iter()
        .any(|end| lower.ends_with(end))
    {
        let private = memchr::memmem::find(value, b"PRIVATE KEY").is_some();
        return (!private).then_some(Public::Certificate);
    }
    if value::is_number(value) && speaks_of_setting(last_name(key)) {
        return Some(Public::Number);
    }
    let name = public_key_name(last_name(key))?;
    if value.contains(&b'\n') || value.len() > 512 {
        return None;
    }
    match name {
        PublicName::User => Some(Public::UserName),
        PublicName::Email => Some(Public::Email),
        PublicName::Host => (!value::url_has_password(value)).then_some(Public::Host),
        PublicName::Port => value.iter().all(u8::is_ascii_digit).then_some(Public::Port),
        PublicName::Url => {
            (!value::url_has_password(value) && !query_has_secret(value)).then_some(Public::Url)
        }
        PublicName::Name => Some(Public::Name),
        PublicName::Setting => {
            (value::is_number(value) || value.iter().all(u8::is_ascii_alphabetic) || value.contains(&b'-'))
                .then_some(Public::Number)
        }
    }
}

/// `?token=…`, `&sig=…`, webhooks: an address that is itself a key.
fn query_has_secret(value: &[u8]) -> bool {
    [&b"token="[..], b"sig=", b"key=", b"secret=", b"password=", b"hooks.", b"webhook"]
        .iter()
        .any(|mark| contains(value, mark))
        || value.split(|b| matches!(b, b'/' | b'?' | b'=' | b'&')).any(|part| value::is_random(part, 20))
}

/// The setting of the path is not weighed: a manifest in `examples/` is applied as any other.
fn in_setting(
    key: &str,
    value: &[u8],
    trimmed: &[u8],
    class: KeyClass,
    (kind, form): (FieldKind, FileForm),
) -> PairVerdict {
    let (noun, sure) = match class {
        KeyClass::Credential(noun) => (noun, true),
        // "pass" alone is a verb in prose and in programs; as the key of a text it is a password.
        KeyClass::Perhaps(Noun::Password) if key.eq_ignore_ascii_case("pass") => {
            // Texts of tests say what passed, in any alphabet.
            let told = value::is_prose(trimmed) || !trimmed.is_ascii();
            (Noun::Password, !value::is_number(trimmed) && !told)
        }
        KeyClass::Perhaps(Noun::Salt) | KeyClass::Silent => return PairVerdict::Plain(Reason::KeyIsSilent),
        KeyClass::Perhaps(noun) => (noun, false),
        KeyClass::About => return PairVerdict::Plain(Reason::KeyIsAbout),
    };
    // A manual that holds a manifest reads as one: `The following ExternalSecret:` is a sentence.
    let words = key.bytes().filter(|b| *b == b' ').count();
    if form == FileForm::Documentation && (words >= 2 || trimmed.starts_with(b"```")) {
        return PairVerdict::Plain(Reason::Prose);
    }
    // `- RANDOM_PASSWORD="yes"`: the quotes are the shell's.
    let unquoted = trimmed.strip_prefix(b"\"").and_then(|t| t.strip_suffix(b"\"")).unwrap_or(trimmed);
    if placeholder::is_boolean(unquoted) {
        return PairVerdict::Plain(Reason::NoValue);
    }
    if value::says_where(unquoted, key.as_bytes()) {
        return PairVerdict::Plain(Reason::SameAsKey);
    }
    if placeholder::is_redacted(trimmed) {
        return PairVerdict::Plain(Reason::Redacted);
    }
    // What Java's key stores come with is no placeholder: where it stands it is in use.
    if noun == Noun::Password && sure && trimmed == b"changeit" {
        return PairVerdict::Secret {
            detector: "generic/password",
            severity: Severity::Low,
            confidence: Confidence::Low,
            value: credential_in(value),
        };
    }
    if placeholder::is_placeholder(trimmed) {
        // `key: <name>` alone asks for anything.
        return match noun {
            Noun::Key if !sure => PairVerdict::Plain(Reason::KeyIsSilent),
            _ => PairVerdict::Placeholder,
        };
    }
    let range = credential_in(value);
    let inner = value[range.clone()].trim_ascii();
    if value::is_hash(inner) {
        return PairVerdict::Plain(Reason::Hash);
    }
    if value::is_plain_url(inner) || value::url_has_password(inner) {
        return PairVerdict::Plain(Reason::Url);
    }
    if value::is_path(inner) {
        return PairVerdict::Plain(Reason::FilePath);
    }
    if inner.contains(&b'\n') || inner.len() > 2048 {
        return PairVerdict::Plain(Reason::Document);
    }
    let found = |confidence| PairVerdict::Secret {
        detector: match noun {
            Noun::Password => "generic/password",
            Noun::Secret => "generic/secret",
            Noun::Token => "generic/token",
            Noun::Key => "generic/key",
            Noun::Salt => "generic/salt",
        },
        // `password: password`: whoever wants to get in tries it first.
        severity: match noun {
            _ if !sure => Severity::Medium,
            Noun::Password if kind == FieldKind::Setting && is_common(inner) => Severity::Medium,
            _ => Severity::High,
        },
        confidence,
        value: range.clone(),
    };
    if kind == FieldKind::Setting && value::is_version(inner) {
        return PairVerdict::Plain(Reason::Number);
    }
    let traits = Traits::of(inner);
    let random = value::is_random(inner, 8);
    if form == FileForm::Localisation && !(random && traits.spaces == 0) {
        return PairVerdict::Plain(Reason::Localisation);
    }
    if !sure {
        // Behind `Bearer ` stands a token, and few look drawn at random to a short-sighted eye.
        let scheme = range.start > 0 && inner.len() >= 8 && traits.digits > 0;
        return if scheme || (value::is_random(inner, 16) && !value::is_uuid(inner)) {
            found(Confidence::Low)
        } else {
            PairVerdict::Plain(Reason::KeyIsSilent)
        };
    }
    if noun != Noun::Password && kind == FieldKind::Setting && is_member(inner) {
        return PairVerdict::Plain(Reason::Identifier);
    }
    if noun == Noun::Password && kind == FieldKind::Setting && placeholder::is_tried(inner) {
        return PairVerdict::Placeholder;
    }
    if noun != Noun::Password && value::is_sequential(inner) {
        return PairVerdict::Placeholder;
    }
    if random {
        return found(Confidence::High);
    }
    if noun == Noun::Password {
        if value::is_number(inner) && inner.len() < 4 {
            return PairVerdict::Plain(Reason::Number);
        }
        if traits.spaces > 0 && value::is_prose(inner) && traits.spaces > 5 {
            return PairVerdict::Plain(Reason::Prose);
        }
        if value::is_identifier(inner) && names_a_secret(inner) {
            return PairVerdict::Plain(Reason::ResourceName);
        }
        if value::is_type_or_keyword(inner) && type_word(inner) {
            return PairVerdict::Plain(Reason::Keyword);
        }
        return found(Confidence::Medium);
    }
    weak_secret(key, inner, &traits, noun, kind).map_or_else(|| found(Confidence::Medium), PairVerdict::Plain)
}

/// `bodySortBg`, `lib/some.Module`: what programs call their own in data, though not all of it is words.
fn is_member(value: &[u8]) -> bool {
    let path = value.contains(&b'/') && value.contains(&b'.');
    let upper = value.iter().filter(|b| b.is_ascii_uppercase()).count();
    let camel = upper > 0
        && value.len() < 20
        && value.first().is_some_and(u8::is_ascii_lowercase)
        && upper * 3 <= value.len();
    let mark = |b: &u8| b.is_ascii_alphabetic() || (path && matches!(b, b'/' | b'.' | b'-' | b'_'));
    (path || camel) && value.iter().all(mark)
}

/// Why a value that does not look random is no secret, token or key.
fn weak_secret(key: &str, inner: &[u8], traits: &Traits, noun: Noun, kind: FieldKind) -> Option<Reason> {
    if value::is_number(inner) {
        return Some(Reason::Number);
    }
    // `secret1: secret1 value`: a name, said twice.
    let own = key.rsplit('/').next().unwrap_or(key).as_bytes();
    let said = inner.get(..own.len()).is_some_and(|head| head.eq_ignore_ascii_case(own));
    let phrase = noun == Noun::Secret && traits.spaces <= 2 && kind != FieldKind::Annotation && !said;
    if traits.spaces > 0 && value::is_prose(inner) && !phrase {
        return Some(Reason::Prose);
    }
    if value::is_type_or_keyword(inner) {
        return Some(Reason::Keyword);
    }
    if inner.len() < 6 {
        return Some(Reason::LowEntropy);
    }
    // A bare `secret: my-app` in a custom resource or a chart names a Secret.
    let qualified = key.bytes().any(|b| matches!(b, b'_' | b'-' | b'.'))
        || key.bytes().skip(1).any(|b| b.is_ascii_uppercase());
    let label =
        inner.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'/'));
    let named = kind == FieldKind::Setting || kind == FieldKind::Annotation;
    if label
        && value::is_wordy(inner)
        && (names_a_secret(inner) || (named && (!qualified || inner.contains(&b'-'))))
    {
        return Some(Reason::ResourceName);
    }
    // `token: paddingInline`, `key: lib/some.Module`: in data of programs, names of their own.
    let joined = inner.iter().filter(|b| matches!(b, b'/' | b'.' | b'-' | b'_' | b':')).count();
    let name = value::is_identifier(inner) && inner.iter().any(u8::is_ascii_uppercase);
    if kind == FieldKind::Setting && noun != Noun::Secret && traits.digits <= 1 && (name || joined >= 2) {
        return Some(Reason::Identifier);
    }
    // `nginx.ingress.kubernetes.io/auth-secret: logins`.
    if kind == FieldKind::Annotation && noun == Noun::Secret && label {
        return Some(Reason::ResourceName);
    }
    if value::is_identifier(inner) && names_a_secret(inner) {
        return Some(Reason::ResourceName);
    }
    if value::is_host(inner) && inner.contains(&b'.') && value::is_wordy(inner) {
        return Some(Reason::ResourceName);
    }
    if noun == Noun::Key && value::is_wordy(inner) {
        return Some(Reason::Word);
    }
    None
}

/// Words of schemas that no one uses as a password.
fn type_word(value: &[u8]) -> bool {
    [
        "string",
        "str",
        "text",
        "required",
        "optional",
        "boolean",
        "object",
        "sensitive",
        "securestring",
        "nullable",
    ]
    .iter()
    .any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
}

/// Behind an authentication scheme: `Bearer …`, `Basic …`, `token …`.
fn credential_in(value: &[u8]) -> Range<usize> {
    let whole = without_line_end(value);
    for scheme in ["bearer ", "basic ", "token ", "apikey ", "digest "] {
        let head = value.get(..scheme.len());
        if head.is_some_and(|h| h.eq_ignore_ascii_case(scheme.as_bytes())) && scheme.len() < whole.end {
            return scheme.len()..whole.end;
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(key: &str, value: &str, kind: FieldKind) -> PairVerdict {
        judge_pair(key, value.as_bytes(), kind, PathKind::default())
    }

    #[track_caller]
    fn is_secret(key: &str, value: &str, kind: FieldKind) {
        assert!(
            matches!(pair(key, value, kind), PairVerdict::Secret { .. }),
            "{key}: {value} is {:?}",
            pair(key, value, kind)
        );
    }

    #[track_caller]
    fn is_no_secret(key: &str, value: &str, kind: FieldKind) {
        assert!(!matches!(pair(key, value, kind), PairVerdict::Secret { .. }), "{key}: {value}");
    }

    #[test]
    fn in_a_secret_everything_real_is_one() {
        for (key, value) in [
            ("password", "hunter2"),
            ("password", "password"),
            ("password", "12345678"),
            ("POSTGRES_PASSWORD", "postgres"),
            ("token", "my-token-value"),
            ("anything", "some text that is kept here"),
            ("redis", "simple"),
            ("pin", "1234"),
            ("api-key", "a.b.c.d"),
            ("connection", "Server=x;Password=y"),
            ("url", "postgres://u:p@db/x"),
            ("DATABASE_URL", "postgres://u:p@db/x"),
            ("AWS_ACCESS_KEY_ID", "some0access1key"),
            ("erlang-cookie", "abcdefgh"),
            ("webhook-url", "https://hooks.slack.com/services/a/b/c"),
        ] {
            is_secret(key, value, FieldKind::SecretString);
            is_secret(key, value, FieldKind::SecretData);
        }
    }

    #[test]
    fn public_parts_of_a_secret() {
        use Public::{Boolean, Certificate, Email, Host, Name, Number, Port, PublicKey, Url, UserName};
        let cert = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        for (key, value, public) in [
            ("username", "admin", UserName),
            ("DB_USER", "app", UserName),
            ("host", "db.example.org", Host),
            ("DB_HOST", "10.0.0.1", Host),
            ("port", "5432", Port),
            ("dbname", "orders", Name),
            ("url", "https://api.example.org/v1", Url),
            ("ca.crt", cert, Certificate),
            ("tls.crt", cert, Certificate),
            ("anything", cert, Certificate),
            ("ssh-publickey", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ me@host", PublicKey),
            ("known_hosts", "github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ", PublicKey),
            ("ssl", "true", Boolean),
            ("region", "eu-central-1", Name),
            ("bucket", "backups", Name),
            ("contact-email", "a@example.org", Email),
            ("connection_timeout_ms", "30000", Number),
            ("server.crt", "not yet known", Certificate),
            ("auth-extra-groups", "system:bootstrappers:worker", Name),
            ("timeout", "30s", Number),
        ] {
            assert_eq!(pair(key, value, FieldKind::SecretString), PairVerdict::Public(public), "{key}");
        }
        let key = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n";
        is_secret("tls.key", key, FieldKind::SecretString);
        is_secret("tls.crt", &format!("{cert}{key}"), FieldKind::SecretString);
    }

    #[test]
    fn nothing_references_and_placeholders() {
        for value in ["", "\n", "null", "  "] {
            assert_eq!(pair("password", value, FieldKind::SecretString), PairVerdict::Empty);
        }
        for value in
            ["${DB_PASSWORD}", "{{ .Values.password }}", "vault:secret/data/db#password", "$(DB_PASSWORD)"]
        {
            assert_eq!(pair("password", value, FieldKind::SecretString), PairVerdict::Reference, "{value}");
            assert_eq!(pair("DB_PASSWORD", value, FieldKind::Env), PairVerdict::Reference, "{value}");
        }
        for value in
            ["changeme", "<password>", "xxxxxxxx", "your-password", "CHANGE_ME", "replace-me", "TODO"]
        {
            assert_eq!(pair("password", value, FieldKind::SecretString), PairVerdict::Placeholder, "{value}");
            assert_eq!(pair("DB_PASSWORD", value, FieldKind::Env), PairVerdict::Placeholder, "{value}");
        }
    }

    #[test]
    fn settings_with_credentials() {
        for (key, value) in [
            ("DB_PASSWORD", "hunter2"),
            ("POSTGRES_PASSWORD", "postgres"),
            ("dbPassword", "letmein"),
            ("spring.datasource.password", "s3cr3t"),
            ("PASSWORD", "123456"),
            ("JWT_SECRET", "supersecret"),
            ("API_KEY", "k3Vt9pLq2xWz"),
            ("AUTH_TOKEN", "abc123def456"),
            ("--password", "hunter2"),
            ("password", "correct horse battery staple"),
            ("SESSION_SECRET", "keyboard cat"),
            ("CLIENT_SECRET", "0b0c7f3a-91d5-4b3c-8f2e-6a1d9c4e7b20"),
        ] {
            is_secret(key, value, FieldKind::Env);
            is_secret(key, value, FieldKind::ConfigData);
        }
        assert!(matches!(
            pair("Authorization", "Bearer k3Vt9pLq2xWz7YbN4mKs", FieldKind::Header),
            PairVerdict::Secret { value: Range { start: 7, end: 27 }, .. }
        ));
    }

    #[test]
    fn settings_without() {
        for (key, value) in [
            ("PASSWORD_MIN_LENGTH", "12"),
            ("TOKEN_URL", "https://idp/token"),
            ("SECRET_NAME", "db-credentials"),
            ("PASSWORD_FILE", "/run/secrets/db"),
            ("TOKEN_PATH", "/var/run/token"),
            ("AUTH_ENABLED", "true"),
            ("token_ttl", "3600"),
            ("passwordPolicy", "strict"),
            ("LOG_LEVEL", "debug"),
            ("secret", "my-app-tls"),
            ("secretName", "my-app-tls"),
            ("TOKEN", "true"),
            ("API_KEY_HEADER", "X-Api-Key"),
            ("authMode", "password"),
            ("existingSecret", "redis-credentials"),
            ("DB_PASSWORD", "/run/secrets/db-password"),
            ("imagePullSecret", "registry-creds"),
            ("DB_USER", "admin"),
            ("tokenKey", "token"),
            ("passwordKey", "password"),
            ("secretKey", "password"),
        ] {
            is_no_secret(key, value, FieldKind::Env);
            is_no_secret(key, value, FieldKind::ConfigData);
            is_no_secret(key, value, FieldKind::Setting);
        }
    }

    #[test]
    fn annotations_without() {
        for (key, value) in [
            ("checksum/secret", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
            ("nginx.ingress.kubernetes.io/auth-secret", "logins"),
            ("vault.hashicorp.com/agent-inject-secret-db", "database/creds/app"),
            ("vault.hashicorp.com/agent-inject-token", "true"),
            ("cert-manager.io/issuer-secret-name", "ca-key-pair"),
        ] {
            is_no_secret(key, value, FieldKind::Annotation);
        }
        is_secret("example.org/api-key", "k3Vt9pLq2xWz7YbN", FieldKind::Annotation);
        is_secret("example.org/db-password", "hunter2", FieldKind::Annotation);
    }

    #[test]
    fn fields_of_known_documents() {
        assert!(matches!(
            pair("client-key-data", "-----BEGIN RSA PRIVATE KEY-----\nx", FieldKind::CredentialBase64),
            PairVerdict::Secret { detector: "kubernetes/kubeconfig-client-key", .. }
        ));
        is_secret("token", "abcdef", FieldKind::Credential);
        is_secret("auth", "user:hunter2", FieldKind::BasicAuth);
    }
}
