//! User and password in one text: HTTP Basic (RFC 7617) and the user information of URLs
//! (RFC 3986 section 3.2.1).

use std::ops::Range;

use sekisho_secret::SecretBytes;

use crate::text::base64;

/// A decoded `user:password`.
#[derive(Debug, Clone)]
pub struct Basic {
    decoded: SecretBytes,
    colon: usize,
}

impl Basic {
    /// All of the decoded text.
    pub fn decoded(&self) -> &SecretBytes {
        &self.decoded
    }

    /// The user, in [`decoded`](Self::decoded).
    pub fn user(&self) -> Range<usize> {
        0..self.colon
    }

    /// The password, in [`decoded`](Self::decoded). It may be empty and may hold colons.
    pub fn password(&self) -> Range<usize> {
        self.colon + 1..self.decoded.len()
    }
}

/// Reads base64 of `user:password`, as it stands behind `Basic ` and under `auth` of a
/// dockerconfigjson; one line end behind the password is not part of it. `None` if there is no
/// colon, or what is decoded is no text.
pub fn basic(text: &[u8]) -> Option<Basic> {
    let mut decoded = base64(text)?.bytes;
    let bytes = decoded.expose_secret();
    let without_end = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let without_end = without_end.strip_suffix(b"\r").unwrap_or(without_end);
    if without_end.len() < bytes.len() {
        decoded = SecretBytes::from(without_end);
    }
    let bytes = decoded.expose_secret();
    let colon = bytes.iter().position(|b| *b == b':')?;
    let is_text = !bytes.iter().any(u8::is_ascii_control) && std::str::from_utf8(bytes).is_ok();
    is_text.then_some(Basic { decoded, colon })
}

/// Where the parts of a URL with user information stand in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserInfo {
    /// `postgres`, `https`, `jdbc:mysql`.
    pub scheme: Range<usize>,
    /// The user; may be empty.
    pub user: Range<usize>,
    /// The password, still percent-encoded; `None` where there is no colon.
    pub password: Option<Range<usize>>,
    /// Host and port, or several; may be empty.
    pub host: Range<usize>,
}

/// Finds the user information of the URL that `url` begins with; `None` if it has none.
///
/// People put passwords into URLs as they are. So the last `@` before the path ends the user
/// information, and a `/`, `?` or `#` in the password is borne where nothing else can be meant:
/// behind a colon that no port follows.
pub fn user_info(url: &[u8]) -> Option<UserInfo> {
    let scheme = memchr::memmem::find(&url[..url.len().min(64)], b"://")?;
    let sound = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.' | b':' | b'_');
    if !url[0].is_ascii_alphabetic() || !url[..scheme].iter().all(sound) {
        return None;
    }
    let start = scheme + 3;
    let outside = |b: &u8| {
        b.is_ascii_whitespace() || b.is_ascii_control() || matches!(b, b'"' | b'\'' | b'<' | b'>' | b'`')
    };
    let rest = &url[start..];
    let rest = &rest[..rest.iter().position(outside).unwrap_or(rest.len())];
    let path = |text: &[u8]| text.iter().position(|b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(text.len());

    let authority = &rest[..path(rest)];
    let at = authority.iter().rposition(|b| *b == b'@').or_else(|| {
        // No port is anything but digits, so what follows the colon is a password.
        let colon = authority.iter().position(|b| *b == b':')?;
        let port = authority[colon + 1..].iter().all(u8::is_ascii_digit);
        rest.iter().position(|b| *b == b'@').filter(|_| !port)
    })?;
    let colon = rest[..at].iter().position(|b| *b == b':');
    let end = at + 1 + path(&rest[at + 1..]);
    Some(UserInfo {
        scheme: 0..scheme,
        user: start..start + colon.unwrap_or(at),
        password: colon.map(|colon| start + colon + 1..start + at),
        host: start + at + 1..start + end,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn basic_of(text: &str) -> Option<(String, String)> {
        let basic = basic(data_encoding::BASE64.encode(text.as_bytes()).as_bytes())?;
        let bytes = basic.decoded().expose_secret();
        let part = |range: Range<usize>| String::from_utf8(bytes[range].to_vec()).unwrap();
        Some((part(basic.user()), part(basic.password())))
    }

    #[test]
    fn basic_credentials() {
        assert_eq!(basic_of("ci:hunter22"), Some(("ci".into(), "hunter22".into())));
        assert_eq!(basic_of("ci:a:b"), Some(("ci".into(), "a:b".into())));
        assert_eq!(basic_of("ci:hunter22\n"), Some(("ci".into(), "hunter22".into())));
        assert_eq!(basic_of(":"), Some((String::new(), String::new())));
        assert_eq!(basic_of("no colon"), None);
        assert_eq!(basic_of("bin:\u{1}\u{2}"), None);
        assert!(basic(b"not base64!").is_none());
    }

    /// Scheme, user, password, host.
    fn parts(url: &str) -> Option<(&str, &str, Option<&str>, &str)> {
        let info = user_info(url.as_bytes())?;
        Some((&url[info.scheme], &url[info.user], info.password.map(|range| &url[range]), &url[info.host]))
    }

    #[test]
    fn urls() {
        assert_eq!(
            parts(concat!("postgres://app:", "s3cr3t@db.shop:5432/orders?x=1")),
            Some(("postgres", "app", Some("s3cr3t"), "db.shop:5432"))
        );
        assert_eq!(
            parts(concat!("redis://:", "s3cr3t@localhost")),
            Some(("redis", "", Some("s3cr3t"), "localhost"))
        );
        assert_eq!(parts("https://token@git.example/x.git"), Some(("https", "token", None, "git.example")));
        assert_eq!(parts(concat!("mysql://u:", "p@ss@w@h/db")), Some(("mysql", "u", Some("p@ss@w"), "h")));
        assert_eq!(parts(concat!("postgres://u:", "p%40ss@h")), Some(("postgres", "u", Some("p%40ss"), "h")));
        assert_eq!(parts("mongodb+srv://u:p@h1,h2:1/db"), Some(("mongodb+srv", "u", Some("p"), "h1,h2:1")));
        assert_eq!(parts("jdbc:mysql://u:p@h/db"), Some(("jdbc:mysql", "u", Some("p"), "h")));
        assert_eq!(
            parts(concat!("postgres://u:", "pa/ss?w#x@h/db")),
            Some(("postgres", "u", Some("pa/ss?w#x"), "h"))
        );
        assert_eq!(parts("postgres://u:p@/db"), Some(("postgres", "u", Some("p"), "")));
        assert_eq!(parts("amqp://u:p@h1,amqp://u:q@h2"), Some(("amqp", "u", Some("p"), "h1,amqp:")));
        assert_eq!(parts("http://u:p@h\" rest@x"), Some(("http", "u", Some("p"), "h")));
    }

    #[test]
    fn urls_without() {
        for url in [
            "",
            "://",
            "https://host/path@x",
            "https://host:8080/a@b",
            "https://host:/a@b",
            "https://host?mail=a@b",
            "https://host\nuser:x@y",
            "no url u:p@h",
            "1http://u:p@h",
            "mailto:a@b",
        ] {
            assert_eq!(parts(url), None, "{url}");
        }
    }

    proptest! {
        #[test]
        fn is_total(url in any::<Vec<u8>>(), near in "[a-z]{0,3}:?/{0,2}[a-z:@/?#\" ]{0,20}") {
            for url in [&url[..], near.as_bytes()] {
                if let Some(info) = user_info(url) {
                    prop_assert!(info.host.end <= url.len() && info.user.end < info.host.start);
                }
                basic(url);
            }
        }
    }
}
