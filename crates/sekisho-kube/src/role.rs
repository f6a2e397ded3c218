//! What a scalar is for: a literal value, a reference to one, a sealed one, or a template.
//!
//! A safe form is never a finding, and a plain value beside a safe form always is one. So a scalar
//! is called safe only when *nothing else in it could be a credential*: `${DB_PASSWORD}` is a
//! reference and `postgres://$(USER):$(PASS)@db/shop` too, while `postgres://app:…@$(HOST)/`
//! stays a value. The functions here know keys and bytes, no documents, so that they serve text
//! outside of manifests just as well.

use std::ops::Range;

use memchr::memmem;

/// Whether a value can have one of the safe forms at all: all but three have one of these bytes.
/// Most values have none, base64 among them.
pub(crate) fn may_be_safe(value: &[u8]) -> bool {
    const MARKS: [bool; 256] = {
        let mut marks = [false; 256];
        let bytes = b":$<%{[(@?-#";
        let mut at = 0;
        while at < bytes.len() {
            marks[bytes[at] as usize] = true;
            at += 1;
        }
        marks
    };
    value.iter().any(|byte| MARKS[usize::from(*byte)])
        || starts_with_any(value.trim_ascii_start(), &[b"/aws/", b"projects/", b"os.environ/"])
}

/// Whether a value is encrypted for somebody else.
///
/// Known are SOPS (`ENC[AES256_GCM,…]`), eyaml (`ENC[PKCS7,…]`, `ENC[GPG,…]`), jasypt (`ENC(…)`),
/// Spring Cloud Config (`{cipher}…`), the transit engine of Vault and OpenBao (`vault:v1:…`),
/// Ansible Vault, age, OpenPGP and CMS messages in their text forms, and kapitan (`?{gpg:…}`).
pub fn is_sealed(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    let bracketed = |open: &[u8], close: &[u8]| value.starts_with(open) && value.ends_with(close);
    bracketed(b"ENC[", b"]")
        || bracketed(b"ENC(", b")")
        || bracketed(b"?{gpg:", b"}")
        || bracketed(b"?{gkms:", b"}")
        || bracketed(b"?{awskms:", b"}")
        || starts_with_any(
            value,
            &[
                b"{cipher}",
                b"$ANSIBLE_VAULT;",
                b"-----BEGIN AGE ENCRYPTED FILE-----",
                b"-----BEGIN PGP MESSAGE-----",
                b"-----BEGIN CMS-----",
                b"-----BEGIN PKCS7-----",
            ],
        )
        || is_transit(value)
}

/// `vault:v1:` and base64, as Vault's transit engine writes ciphertext.
fn is_transit(value: &[u8]) -> bool {
    let Some(rest) = value.strip_prefix(b"vault:v") else { return false };
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    digits > 0 && rest.get(digits) == Some(&b':')
}

/// Whether a value is an unrendered template: it holds expressions of Go templates and Jinja
/// (`{{ … }}`, `{% … %}`), GitHub Actions (`${{ … }}`), ERB (`<% … %>`), and nothing else that
/// could be a credential.
pub fn is_template(value: &[u8]) -> bool {
    let expressions = expressions(value, Family::Template);
    if expressions.is_empty() {
        // Maven resource filtering and the like: `@db.password@`.
        let value = value.trim_ascii();
        return value.len() > 2
            && value.starts_with(b"@")
            && value.ends_with(b"@")
            && value[1..value.len() - 1].iter().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(b));
    }
    is_harmless_around(value, &expressions)
}

/// Whether a value names where the real one is kept, by its own form or by its key: `${VAR}`,
/// `vault:secret/data/x#y`, `arn:aws:secretsmanager:…`, a path under `*_FILE`, a name under
/// `secretName`. `key` may be empty.
pub fn is_reference(key: &str, value: &[u8]) -> bool {
    is_reference_value(value) || is_reference_key(key, value)
}

/// [`is_reference`] by the value alone.
pub(crate) fn is_reference_value(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    if value.is_empty() {
        return false;
    }
    if is_locator(value) || is_bare_variable(value) {
        return true;
    }
    let expressions = expressions(value, Family::Variable);
    if expressions.is_empty() || default_of(value).is_some() {
        return false;
    }
    is_harmless_around(value, &expressions)
}

/// The literal default inside of a variable reference that is the whole value:
/// `${DB_PASSWORD:-hunter22}` of shells and docker-compose, `${db.password:hunter22}` of Spring.
/// The reference is safe, its default is a value like any other.
pub fn default_of(value: &[u8]) -> Option<Range<usize>> {
    let inner = value.strip_prefix(b"${")?.strip_suffix(b"}")?;
    if inner.contains(&b'{') || inner.contains(&b'}') {
        return None;
    }
    // A hyphen is part of a property's name and ends a variable's.
    let is_property = !inner.first()?.is_ascii_uppercase();
    let in_name = |b: &u8| b.is_ascii_alphanumeric() || b"_.".contains(b) || (is_property && *b == b'-');
    let name = inner.iter().take_while(|b| in_name(b)).count();
    let skip = match inner.get(name..)? {
        [b':', b'-' | b'=', ..] => 2,
        // `${VAR:?message}` and `${VAR:+other}` hold no default, `${vault://…}` is an address.
        [b':', b'?' | b'+' | b'/', ..] => return None,
        [b':', ..] if is_variable(&inner[..name]) => 1,
        [b'-' | b'=', ..] => 1,
        _ => return None,
    };
    let (start, end) = (2 + name + skip, value.len() - 1);
    (name > 0 && start < end).then_some(start..end)
}

/// The literal default inside of a Go template that is the whole value:
/// `{{ .Values.password | default "hunter22" | quote }}`, `{{ default "hunter22" .Values.password }}`.
pub(crate) fn template_default_of(value: &[u8]) -> Option<Range<usize>> {
    let inner = value.strip_prefix(b"{{")?.strip_suffix(b"}}")?;
    if memmem::find(inner, b"}}").is_some() {
        return None;
    }
    let start = memmem::find_iter(inner, b"default ").find_map(|at| {
        let word = at == 0 || matches!(inner[at - 1], b' ' | b'|' | b'(' | b'-');
        let behind = at + b"default ".len();
        let open = behind + inner[behind..].iter().take_while(|b| **b == b' ').count();
        matches!(inner.get(open), Some(b'"' | b'`')).then_some(open).filter(|_| word)
    })?;
    let literal = &inner[start + 1..];
    let len = memchr::memchr(inner[start], literal)?;
    // Escapes would have to be undone.
    let plain = len > 0 && !literal[..len].contains(&b'\\');
    plain.then_some(2 + start + 1..2 + start + 1 + len)
}

/// Whether what stands before a colon is a variable with a default behind it (`${db.password:x}`),
/// and not the name of a resolver (`${file:/run/x}`, `${ssm:/db/password}`, `${self:custom.x}`).
fn is_variable(name: &[u8]) -> bool {
    // Strimzi's and Kafka's providers: `${secrets:namespace/name:key}`.
    name != b"secrets"
        && (name.iter().any(|b| b.is_ascii_uppercase() || b"._-".contains(b))
            || [&b"pass"[..], b"token", b"secret", b"key"].iter().any(|word| {
                name.len() > word.len() && memmem::find(name, word).is_some()
                    || name == *word && name != b"secret"
            }))
}

/// Addresses of secret stores. Sources: bank-vaults (`vault:path#key`, `>>vault:`), vals
/// (`ref+…://`), argocd-vault-plugin (`<path:…>`), 1Password (`op://`), AWS (ARNs, dynamic
/// references), Azure (`@Microsoft.KeyVault(…)`), Google (`projects/…/secrets/…`), Spring
/// (`file:`), Grafana (`$__file{…}`), Concourse (`((x))`), kapitan (`?{vaultkv:…}`), LiteLLM
/// (`os.environ/X`).
fn is_locator(value: &[u8]) -> bool {
    if value.contains(&b'\n') {
        return false;
    }
    let marked = starts_with_any(
        value,
        &[
            b"ref+",
            b"secretref+",
            b"op://",
            b"arn:",
            b"vault://",
            b"awssm://",
            b"awsps://",
            b"gcpsm://",
            b"gsm://",
            b"sm://",
            b"azurekv://",
            b"akv://",
            b"keyvault://",
            b"ssm://",
            b"secretsmanager://",
            b"bws://",
            b"doppler://",
            b"infisical://",
            b"keepass://",
            b"file://",
            b"file:/",
            b">>vault:",
            b">>bao:",
            b"/aws/reference/secretsmanager/",
            b"@Microsoft.KeyVault(",
            b"@microsoft.keyvault(",
            b"os.environ/",
            b"k8s:secret/",
            b"k8s://",
            b"kubernetes://",
            b"secretKeyRef:",
            b"$__file{",
            b"$__env{",
            b"$__vault{",
            b"?{vaultkv:",
            b"?{base64:ref",
            b"?{plain:ref",
            b"$env:",
            b"azurekeyvault:",
        ],
    );
    if marked {
        // An ARN in a list of roles is as safe as one of a secret; what holds blanks is prose.
        return !value.contains(&b' ') || value.starts_with(b"?{") || value.starts_with(b"@");
    }
    is_vault_path(value)
        || (value.starts_with(b"<path:") && value.ends_with(b">"))
        || (value.starts_with(b"((") && value.ends_with(b"))"))
        || (value.starts_with(b"projects/") && memmem::find(value, b"/secrets/").is_some())
}

/// `vault:secret/data/db#password`, also `bao:`.
fn is_vault_path(value: &[u8]) -> bool {
    let path = value.strip_prefix(b"vault:").or_else(|| value.strip_prefix(b"bao:"));
    path.is_some_and(|path| path.contains(&b'#') || (path.contains(&b'/') && !is_transit(value)))
}

/// `$VAR`, `%VAR%`. A password may begin with a dollar sign, so the name must look like one of a
/// variable: capitals, or words joined by `_`.
fn is_bare_variable(value: &[u8]) -> bool {
    let is_name = |name: &[u8], lower: bool| {
        name.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
            && name.iter().all(|b| {
                b.is_ascii_uppercase()
                    || b.is_ascii_digit()
                    || *b == b'_'
                    || (lower && b.is_ascii_lowercase())
            })
    };
    if let Some(name) = value.strip_prefix(b"$") {
        return is_name(name, false)
            || (is_name(name, true)
                && name.contains(&b'_')
                && !name.iter().any(|b| b.is_ascii_uppercase() || b.is_ascii_digit()));
    }
    value.len() > 2
        && value.starts_with(b"%")
        && value.ends_with(b"%")
        && is_name(&value[1..value.len() - 1], false)
}

/// Whether the key says that the value is a path or a name, and the value looks like one.
pub(crate) fn is_reference_key(key: &str, value: &[u8]) -> bool {
    let value = value.trim_ascii();
    match key_sense(key) {
        Sense::Path => is_path_like(value),
        Sense::Name => is_name_like(value),
        // `adminPasswordKey: admin-password` names a key of a Secret; `USER_KEY: 4af1…` is one.
        Sense::Selector => {
            is_name_like(value) && value.iter().all(|b| b.is_ascii_lowercase() || b"-_.".contains(b))
        }
        Sense::Other => false,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    /// A path or file name.
    Path,
    /// The name of an object.
    Name,
    /// The name of a key in an object.
    Selector,
    /// Anything.
    Other,
}

/// What the last words of a key promise: `DB_PASSWORD_FILE`, `tokenFile`, `--tls-key-path`,
/// `existingSecret`, `auth.secretName`, `adminPasswordKey`.
fn key_sense(key: &str) -> Sense {
    let mut lower = [0; 48];
    let (before, last) = last_words(key.as_bytes(), &mut lower);
    match (before, last) {
        (
            _,
            b"file" | b"files" | b"filename" | b"location" | b"path" | b"paths" | b"dir" | b"directory"
            | b"filepath" | b"mountpath",
        ) => Sense::Path,
        (
            _,
            b"secretname" | b"existingsecret" | b"secretref" | b"keyref" | b"secretkeyref" | b"ref" | b"refs"
            | b"arn",
        )
        | (
            b"secret" | b"secrets" | b"key" | b"password" | b"token" | b"credential" | b"credentials",
            b"name",
        )
        | (b"existing" | b"pull" | b"tls" | b"from", b"secret" | b"secrets")
        | (b"secret", b"namespace" | b"store") => Sense::Name,
        // docker-compose lists the names of secrets under `secrets`.
        (b"password" | b"username" | b"user" | b"token", b"key" | b"keyname") | (b"", b"secrets") => {
            Sense::Selector
        }
        _ => {
            let stem = last.strip_suffix(b"file").or_else(|| last.strip_suffix(b"path"));
            let known: [&[u8]; 11] = [
                b"password",
                b"passwd",
                b"key",
                b"token",
                b"secret",
                b"cert",
                b"ca",
                b"cred",
                b"creds",
                b"auth",
                b"pem",
            ];
            if stem.is_some_and(|stem| known.contains(&stem)) { Sense::Path } else { Sense::Other }
        }
    }
}

/// The last two words of a key, in lower case, written into `buffer`: words are parted by what is
/// neither letter nor digit, and by capitals behind small letters.
fn last_words<'b>(key: &[u8], buffer: &'b mut [u8; 48]) -> (&'b [u8], &'b [u8]) {
    let tail = &key[key.len().saturating_sub(buffer.len())..];
    let mut words = [0..0, 0..0];
    let mut end = tail.len();
    for word in &mut words {
        while end > 0 && !tail[end - 1].is_ascii_alphanumeric() {
            end -= 1;
        }
        let mut start = end;
        while start > 0 && tail[start - 1].is_ascii_alphanumeric() {
            start -= 1;
            let capital = tail[start].is_ascii_uppercase();
            if capital && start > 0 && !tail[start - 1].is_ascii_uppercase() {
                break;
            }
        }
        *word = start..end;
        end = start;
    }
    buffer[..tail.len()].copy_from_slice(tail);
    buffer.make_ascii_lowercase();
    let [last, before] = words;
    (&buffer[before], &buffer[last])
}

/// Whether a value can be a path or a file name: one line, no blanks, and nothing that base64 and
/// passwords have and paths do not.
fn is_path_like(value: &[u8]) -> bool {
    !value.is_empty()
        && value.len() <= 4096
        && value.iter().all(|b| b.is_ascii_alphanumeric() || b"._-/\\:~${}()@,*".contains(b) || *b >= 0x80)
}

/// Whether a value can be the name of an object, or of a key in one.
pub(crate) fn is_name_like(value: &[u8]) -> bool {
    !value.is_empty()
        && value.len() <= 253
        && value.iter().all(|b| b.is_ascii_alphanumeric() || b"._-/:".contains(b))
}

/// Whether a value can be the name of a Kubernetes object (RFC 1123), with a namespace or without.
pub(crate) fn is_object_name(value: &[u8]) -> bool {
    is_name_like(value)
        && value.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-./".contains(b))
}

fn starts_with_any(value: &[u8], prefixes: &[&[u8]]) -> bool {
    prefixes.iter().any(|prefix| value.starts_with(prefix))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Template,
    Variable,
}

/// The expressions in a value, in order and apart.
fn expressions(value: &[u8], family: Family) -> Vec<Range<usize>> {
    let openings: &[(&[u8], &[u8])] = match family {
        Family::Template => &[(b"{{", b"}}"), (b"{%", b"%}"), (b"<%", b"%>")],
        Family::Variable => &[(b"${", b"}"), (b"$(", b")"), (b"{{resolve:", b"}}")],
    };
    let mut found = Vec::new();
    let mut at = 0;
    let starts = match family {
        Family::Template => [b'{', b'<'],
        Family::Variable => [b'$', b'{'],
    };
    while let Some(next) = memchr::memchr2(starts[0], starts[1], value.get(at..).unwrap_or_default()) {
        let start = at + next;
        let pair = openings.iter().find(|(open, _)| value[start..].starts_with(open));
        let Some((open, close)) = pair else {
            at = start + 1;
            continue;
        };
        let Some(len) = memmem::find(&value[start + open.len()..], close) else { break };
        at = start + open.len() + len + close.len();
        found.push(start..at);
    }
    found
}

/// Whether what stands around expressions holds nothing that could be a credential: no literal
/// password in a URL, no literal behind a key of one, no run of letters and digits as random
/// tokens have.
fn is_harmless_around(value: &[u8], expressions: &[Range<usize>]) -> bool {
    /// Stands for an expression.
    const HOLE: u8 = 0;
    let mut rest = Vec::with_capacity(value.len());
    let mut from = 0;
    for expression in expressions {
        rest.extend_from_slice(&value[from..expression.start]);
        rest.push(HOLE);
        from = expression.end;
    }
    rest.extend_from_slice(&value[from..]);
    let harmless = !has_url_password(&rest, HOLE) && !has_assignment(&rest, HOLE) && !has_opaque_run(&rest);
    // What stands around the expressions may be most of a secret.
    zeroize(&mut rest);
    harmless
}

fn zeroize(bytes: &mut Vec<u8>) {
    drop(sekisho_secret::SecretBytes::new(std::mem::take(bytes)));
}

/// How far behind a sign of a literal its end is looked for: signs can stand close together, so
/// this bounds the work.
const MAX_LITERAL: usize = 1024;

/// `://user:literal@`.
fn has_url_password(text: &[u8], hole: u8) -> bool {
    memmem::find_iter(text, b"://").any(|at| {
        let rest = &text[at + 3..text.len().min(at + 3 + MAX_LITERAL)];
        let end = rest.iter().position(|b| b"/?# \t\r\n\"'".contains(b)).unwrap_or(rest.len());
        let Some(at) = memchr::memrchr(b'@', &rest[..end]) else { return false };
        let Some(colon) = memchr::memchr(b':', &rest[..at]) else { return false };
        let password = &rest[colon + 1..at];
        !password.is_empty() && !password.contains(&hole)
    })
}

/// `password=literal`, `"token": "literal"`, `Bearer literal` of at least four bytes.
fn has_assignment(text: &[u8], hole: u8) -> bool {
    const WORDS: [&[u8]; 9] =
        [b"password", b"passwd", b"pwd", b"secret", b"token", b"key", b"pass", b"credential", b"bearer"];
    let lower = text.to_ascii_lowercase();
    let found = WORDS.iter().any(|word| {
        memmem::find_iter(&lower, word).any(|at| {
            let start = at + word.len();
            let rest = &text[start..text.len().min(start + MAX_LITERAL)];
            let gap = rest.iter().take_while(|b| b"\"' \t".contains(b)).count();
            let rest = match rest.get(gap) {
                Some(b'=' | b':') => &rest[gap + 1..],
                _ if *word == b"bearer" && gap > 0 => &rest[gap..],
                _ => return false,
            };
            let gap = rest.iter().take_while(|b| b"\"'= \t".contains(b)).count();
            let literal = &rest[gap..];
            let len = literal.iter().position(|b| b" \t\r\n\"',;&".contains(b)).unwrap_or(literal.len());
            len >= 4
                && !literal[..len].contains(&hole)
                && !starts_with_any(literal, &[b"$", b"/", b"<", b"%"])
        })
    });
    drop(sekisho_secret::SecretBytes::new(lower));
    found
}

/// Sixteen letters and digits in a row, with both among them.
fn has_opaque_run(text: &[u8]) -> bool {
    text.split(|b| !(b.is_ascii_alphanumeric() || b"_+".contains(b))).any(|run| {
        run.len() >= 16
            && run.iter().filter(|b| b.is_ascii_digit()).count() >= 2
            && run.iter().any(u8::is_ascii_alphabetic)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(values: &[&str], test: impl Fn(&[u8]) -> bool, expected: bool) {
        for value in values {
            assert_eq!(test(value.as_bytes()), expected, "{value}");
            // The quick look lets no safe form go by.
            if expected {
                assert!(may_be_safe(value.as_bytes()), "{value}");
            }
        }
    }

    #[test]
    fn sealed() {
        let sealed = [
            "ENC[AES256_GCM,data:AAAA,iv:BBBB,tag:CC==,type:str]",
            "ENC[PKCS7,MIIB]",
            "ENC(AAAA==)",
            "{cipher}AAAA",
            "vault:v1:AAAA",
            "$ANSIBLE_VAULT;1.1;AES256\n6162",
            "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n",
            "-----BEGIN PGP MESSAGE-----\n\nhQ",
            "?{gpg:targets/x}",
        ];
        text(&sealed, is_sealed, true);
        text(&["ENC", "hunter22", "ENC[hunter22", "vault:secret/x#y", "{cipher", ""], is_sealed, false);
    }

    #[test]
    fn templates() {
        let templates = [
            "{{ .Values.password }}",
            "{{ .Values.password | quote }}",
            "${{ secrets.TOKEN }}",
            "{{ a }}{{ b }}",
            "{{ .Release.Name }}-kube-prometheus-stack-alertmanager-main",
            "postgres://app:{{ .Values.password }}@db:5432/shop",
            "Bearer {{ token }}",
            "password={{ .Data.password }}\nuser={{ .Data.user }}",
            "{% if x %}{{ y }}{% endif %}",
            "<%= ENV['TOKEN'] %>",
            "@db.password@",
        ];
        text(&templates, is_template, true);
        let values = [
            "hunter22",
            "{ .Values.x }",
            "{{ unclosed",
            concat!("postgres://app:", "hunter22@{{ .Values.host }}/shop"),
            "host={{ .Values.host }};Password=hunter22",
            "{{ .Values.user }}:{\"token\": \"hunter22\"}",
            "{{ .prefix }}9f86d081884c7d659a2feaa0c55ad015",
            "Bearer hunter22 {{ x }}",
            "me@example.com@",
        ];
        text(&values, is_template, false);
    }

    #[test]
    fn references() {
        let references = [
            "${DB_PASSWORD}",
            "$(DB_PASSWORD)",
            "$DB_PASSWORD",
            "$db_password",
            "%DB_PASSWORD%",
            "${DB_PASSWORD:?must be set}",
            "postgres://$(USER):$(PASS)@db/shop",
            "$(cat /run/secrets/password)",
            "vault:secret/data/db#password",
            ">>vault:secret/data/db#password",
            "vault://secret/db",
            "ref+vault://secret/db#/password",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf",
            "{{resolve:secretsmanager:db:SecretString:password}}",
            "/aws/reference/secretsmanager/db",
            "op://vault/item/password",
            "<path:secret/data/db#password>",
            "projects/p/secrets/db/versions/latest",
            "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/db/)",
            "file:///run/secrets/db",
            "${file:/run/secrets/db}",
            "${ssm:/db/password}",
            "((db-password))",
            "$__file{/run/secrets/db}",
        ];
        text(&references, is_reference_value, true);
        let values = [
            "",
            "hunter22",
            "$ecretPass1",
            "$ecret",
            "$2y$10$abcdefghijklmnopqrstuv",
            "pa$$word",
            concat!("postgres://app:", "hunter22@$(HOST)/shop"),
            "${DB_PASSWORD:-hunter22}",
            "/run/secrets/db",
            "100%",
        ];
        text(&values, is_reference_value, false);
    }

    #[test]
    fn keys_of_paths_and_names() {
        for (key, value) in [
            ("DB_PASSWORD_FILE", "/run/secrets/db"),
            ("passwordFile", "password.txt"),
            ("--tls-private-key-file", "/etc/tls.key"),
            ("tokenPath", "/var/run/token"),
            ("token_path", "C:\\token"),
            ("keyfile", "id_rsa"),
            ("secretName", "db"),
            ("existingSecret", "db"),
            ("auth.existingSecret", "db"),
            ("DB_SECRET_NAME", "prod/db"),
            ("adminPasswordKey", "admin-password"),
            ("from_secret", "token"),
            ("secrets", "db_password"),
        ] {
            assert!(is_reference(key, value.as_bytes()), "{key}");
        }
        for (key, value) in [
            ("DB_PASSWORD", "hunter22"),
            ("DB_PASSWORD_FILE", "hunter 22!"),
            ("DB_PASSWORD_FILE", "-----BEGIN PRIVATE KEY-----\nMII"),
            ("tokenPath", "aHVudGVyMjI="),
            ("clientSecret", "hunter22"),
            ("USER_KEY", "u1a2b3c4d5"),
            ("apiKey", "hunter"),
            ("secrets", "hunter22"),
            ("my_secrets", "hunter"),
            ("", "hunter22"),
            ("_", "hunter22"),
        ] {
            assert!(!is_reference(key, value.as_bytes()), "{key}");
        }
    }

    #[test]
    fn literal_defaults() {
        for (value, default) in [
            ("${DB_PASSWORD:-hunter22}", "hunter22"),
            ("${DB_PASSWORD-hunter22}", "hunter22"),
            ("${DB_PASSWORD:=hunter22}", "hunter22"),
            ("${db.password:hunter22}", "hunter22"),
            ("${db-password:hunter22}", "hunter22"),
            ("${password:hunter22}", "hunter22"),
        ] {
            let range = default_of(value.as_bytes()).expect(value);
            assert_eq!(&value[range], default);
        }
        for value in [
            "${A}",
            "${A:-}",
            "${A:?no}",
            "${A:+b}",
            "${file:/x}",
            "${ssm:/x}",
            "${self:x.y}",
            "${A:-${B}}",
            "x${A:-b}",
            "${",
            "${}",
            "${:-x}",
        ] {
            assert_eq!(default_of(value.as_bytes()), None, "{value}");
        }
    }
}
