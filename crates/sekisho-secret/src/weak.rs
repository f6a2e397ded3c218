//! Weak values: those whose fingerprint could be reversed by guessing.

use crate::canonical::canonical;

/// Values below this length, in bytes, are weak.
pub const MIN_STRONG_LEN: usize = 8;

/// Words that stand at the head of every published list of leaked passwords, and the defaults of
/// the software that estates run; matched without case and without trailing digits, `!`, `@`, `#`,
/// `$`, `.`, `*`, `-` and `_`, so that `Password123!` is found under `password`.
const COMMON: &[&str] = &[
    "abc",
    "abcabc",
    "abcd",
    "abcdef",
    "abcdefgh",
    "access",
    "admin",
    "adminadmin",
    "administrator",
    "adminpass",
    "adminpassword",
    "alexander",
    "andrea",
    "andrew",
    "anthony",
    "apache",
    "asdasd",
    "asdf",
    "asdfasdf",
    "asdfgh",
    "asdfghjk",
    "asdfghjkl",
    "ashley",
    "backup",
    "bailey",
    "baseball",
    "basketball",
    "batman",
    "benjamin",
    "blahblah",
    "bitnami",
    "calvin",
    "cassandra",
    "changeit",
    "changeme",
    "changemeplease",
    "changeme123now",
    "charlie",
    "cheese",
    "chelsea",
    "chocolate",
    "cisco",
    "computer",
    "cookie",
    "couchbase",
    "dallas",
    "daniel",
    "database",
    "dbpass",
    "dbpassword",
    "default",
    "demo",
    "demodemo",
    "dragon",
    "elastic",
    "elasticsearch",
    "example",
    "facebook",
    "flower",
    "football",
    "forever",
    "freedom",
    "friends",
    "gfhjkm",
    "ginger",
    "google",
    "grafana",
    "guest",
    "hannah",
    "harley",
    "hello",
    "hellohello",
    "helloworld",
    "hottie",
    "hunter",
    "iloveyou",
    "internet",
    "jasmine",
    "jenkins",
    "jennifer",
    "jessica",
    "jordan",
    "jordan23a",
    "joshua",
    "justin",
    "keycloak",
    "killer",
    "kubernetes",
    "letmein",
    "letmeinnow",
    "liverpool",
    "login",
    "loginlogin",
    "london",
    "lovely",
    "loveme",
    "maggie",
    "mariadb",
    "martin",
    "master",
    "masterkey",
    "matrix",
    "matthew",
    "michael",
    "michelle",
    "minio",
    "minioadmin",
    "mongo",
    "mongodb",
    "monkey",
    "monitor",
    "mustang",
    "mypass",
    "mypassword",
    "mysecret",
    "mysecretpassword",
    "mysql",
    "mysqlroot",
    "naruto",
    "nicole",
    "nothing",
    "oracle",
    "p@ssw0rd",
    "p@ssword",
    "pa55w0rd",
    "pa55word",
    "pass",
    "passpass",
    "passw0rd",
    "password",
    "passwordpassword",
    "passwd",
    "passphrase",
    "patrick",
    "pepper",
    "pokemon",
    "postgres",
    "postgrespassword",
    "postgresql",
    "prettyprincess",
    "princess",
    "prometheus",
    "public",
    "purple",
    "qazwsx",
    "qazwsxedc",
    "qwer",
    "qwerty",
    "qwertyqwerty",
    "qwertyui",
    "qwertyuiop",
    "q1w2e3r4",
    "q1w2e3r4t5",
    "1q2w3e4r",
    "1q2w3e4r5t",
    "1qaz2wsx",
    "1qaz2wsx3edc",
    "zaq12wsx",
    "rabbit",
    "rabbitmq",
    "rainbow",
    "redis",
    "redispassword",
    "robert",
    "root",
    "rootpass",
    "rootpassword",
    "rootroot",
    "samantha",
    "sample",
    "secret",
    "secret123secret",
    "secretkey",
    "secretpassword",
    "secretsecret",
    "server",
    "shadow",
    "sophie",
    "soccer",
    "spring",
    "starwars",
    "summer",
    "sunshine",
    "superman",
    "supersecret",
    "supersecretpassword",
    "superuser",
    "support",
    "system",
    "temp",
    "temppass",
    "temppassword",
    "test",
    "tester",
    "testing",
    "testpass",
    "testpassword",
    "testtest",
    "thomas",
    "tigger",
    "tomcat",
    "toor",
    "trustno",
    "unknown",
    "user",
    "userpass",
    "username",
    "vagrant",
    "wasadmin",
    "weblogic",
    "welcome",
    "whatever",
    "william",
    "winter",
    "wordpress",
    "yankees",
    "zabbix",
    "zookeeper",
    "zxcvbn",
    "zxcvbnm",
    "autumn",
    "verysecret",
    "topsecret",
    "notsecret",
    "insecure",
    "nopassword",
    "yourpassword",
    "yoursecret",
    "dev",
    "devpass",
    "devpassword",
    "development",
    "production",
    "staging",
    "integration",
    "localhost",
    "local",
    "private",
];

/// Whether a value's fingerprint must not leave the process unless asked for: its canonical form
/// is under [`MIN_STRONG_LEN`] bytes, a [common password](is_common_password), or made of so few
/// distinct bytes that it can be listed. Fingerprints are keyed, yet whoever holds the key (or a
/// job that lent it) could test guesses.
pub fn is_weak(value: &[u8]) -> bool {
    let Some(value) = canonical(value) else { return true };
    value.len() < MIN_STRONG_LEN
        || few_distinct_bytes(value)
        || all_digits(value)
        || is_common_password(value)
}

/// Whether a value is in the list of common passwords, see the rule of comparison at the list.
pub fn is_common_password(value: &[u8]) -> bool {
    if value.len() > 64 {
        return false;
    }
    let lower = value.to_ascii_lowercase();
    let end = lower
        .iter()
        .rposition(|b| !b.is_ascii_digit() && !b"!@#$.*-_?%&+=".contains(b))
        .map_or(0, |at| at + 1);
    let listed = |stem: &[u8]| COMMON.iter().any(|word| word.as_bytes() == stem);
    listed(&lower[..end]) || listed(&lower)
}

/// Up to three distinct bytes, whatever the length: `aaaaaaaa`, `abababab`, `xxxx-xxxx`.
fn few_distinct_bytes(value: &[u8]) -> bool {
    let mut seen = [false; 256];
    let mut distinct = 0;
    for byte in value {
        if !std::mem::replace(&mut seen[usize::from(*byte)], true) {
            distinct += 1;
        }
    }
    distinct <= 3
}

/// Digits alone below 13: PINs, dates, telephone numbers.
fn all_digits(value: &[u8]) -> bool {
    value.len() < 13 && value.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_common_values_are_weak() {
        for value in [
            &b""[..],
            b"abc",
            b"hunter2",
            b"hunter2\n",
            b"password",
            b"Password123!",
            b"P@ssw0rd2024",
            b"aaaaaaaaaaaaaaaa",
            b"xxxx-xxxx-xxxx",
            b"20240131",
            b"123456789012",
            b"minioadmin",
            b"changeme\n",
            b"qwertyuiop",
        ] {
            assert!(is_weak(value), "{}", String::from_utf8_lossy(value));
        }
    }

    #[test]
    fn others_are_not() {
        for value in [&b"correct horse"[..], b"k3Vt9-pLq2", b"9f86d081884c7d65", b"passwordless-entry"] {
            assert!(!is_weak(value), "{}", String::from_utf8_lossy(value));
        }
    }
}
