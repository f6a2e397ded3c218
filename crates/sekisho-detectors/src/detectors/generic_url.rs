//! Passwords in addresses: `scheme://user:password@host`, of any scheme.
//!
//! Code, because the last `@` before the host ends the password, a password may hold `@`, `:` and
//! `/` when nobody encoded it, and the user may be missing (`redis://:password@host`).

use std::ops::Range;

use sekisho_model::control::{CWE_798, OWASP_K03_2025, OWASP_K08_2022};
use sekisho_model::{Confidence, Severity};
use sekisho_scan::{Detect, Edges, Found, Reach};

use crate::detector::{Detector, Evidence, Example, Form, Logic};

/// Longest user and password together.
const MAX_USERINFO: usize = 300;

struct UrlPassword;

impl Detect for UrlPassword {
    fn keywords(&self) -> &[&'static str] {
        &["://", ":\\/\\/"]
    }

    fn reach(&self) -> Reach {
        Reach { before: 24, after: MAX_USERINFO + 64 }
    }

    fn find(&self, text: &[u8], hit: Range<usize>, edges: Edges, out: &mut Vec<Found>) {
        let in_scheme = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
        let scheme = text[..hit.start].iter().rev().take(24).take_while(|b| in_scheme(b)).count();
        if scheme < 2 {
            return;
        }
        let rest = &text[hit.end..text.len().min(hit.end + MAX_USERINFO)];
        let Some((password, at)) = userinfo(rest) else { return };
        if !host_follows(&text[hit.end + at + 1..], edges) {
            return;
        }
        let start = hit.end;
        out.push(Found {
            whole: hit.start - scheme..start + at + 1,
            value: start + password.start..start + password.end,
        });
    }
}

/// The password and the `@` behind it, in the text behind `://`.
fn userinfo(rest: &[u8]) -> Option<(Range<usize>, usize)> {
    let user = rest.iter().position(|b| !is_userinfo(*b) || *b == b':' || *b == b'@')?;
    let start = match rest[user] {
        b':' => user + 1,
        b'@' => return behind_address(rest, user).or_else(|| alone(rest, user)),
        _ => return None,
    };
    // The authority ends at a slash, unless an `@` comes later in the same word: then the slash
    // was part of a password.
    let word = rest[start..]
        .iter()
        .position(|b| !is_userinfo(*b) && !matches!(b, b'/' | b'?' | b'#'))
        .map_or(rest.len(), |n| start + n);
    let slash =
        rest[start..word].iter().position(|b| matches!(b, b'/' | b'?' | b'#')).map_or(word, |n| start + n);
    let last_at = |end: usize| rest[start..end].iter().rposition(|b| *b == b'@').map(|n| start + n);
    let at = match last_at(slash) {
        // `p@ss/word@host`: no password is as short as this.
        Some(at) if at < start + 4 && slash < word => last_at(word)?,
        Some(at) => at,
        // `host:5432/path@x` is a port and a path.
        None if rest[start..slash].iter().all(u8::is_ascii_digit) => return None,
        None => last_at(word)?,
    };
    (at > start).then_some((start..at, at))
}

/// The same where a mail address is the user: `smtps://me@example.org:password@host`. Nobody writes a slash
/// there without encoding it, and a port is no password.
fn behind_address(rest: &[u8], sign: usize) -> Option<(Range<usize>, usize)> {
    let host =
        rest[sign + 1..].iter().position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')))?;
    let colon = sign + 1 + host;
    if rest[colon] != b':' || !rest[sign + 1..colon].contains(&b'.') {
        return None;
    }
    let start = colon + 1;
    let end = rest[start..].iter().position(|b| !is_userinfo(*b)).map_or(rest.len(), |n| start + n);
    let at = rest[start..end].iter().rposition(|b| *b == b'@').map(|n| start + n)?;
    (at > start).then_some((start..at, at))
}

/// A token in the user's place: `https://token@host`. Users have shorter names.
fn alone(rest: &[u8], sign: usize) -> Option<(Range<usize>, usize)> {
    let token = &rest[..sign];
    let plain = token.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    let digits = token.iter().filter(|b| b.is_ascii_digit()).count();
    (token.len() >= 20 && digits >= 2 && plain).then_some((0..sign, sign))
}

/// What stands in user and password: RFC 3986 section 3.2.1, and what people leave unencoded.
fn is_userinfo(byte: u8) -> bool {
    byte > b' '
        && byte < 0x7f
        && !matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | b'/' | b'?' | b'#')
        || matches!(byte, b'<' | b'>')
}

/// A host begins with a letter, a digit, `[`, or an expression that will be one.
fn host_follows(rest: &[u8], edges: Edges) -> bool {
    match rest.first() {
        Some(b) => {
            b.is_ascii_alphanumeric() || matches!(b, b'[' | b'$' | b'{' | b'%' | b'(' | b'<' | b'_' | b'/')
        }
        None => edges.at_end,
    }
}

static RULE: UrlPassword = UrlPassword;

pub(crate) const DETECTOR: Detector = Detector {
    id: "generic/url",
    title: "Password in an address",
    since: "0.1.0",
    severity: Severity::High,
    confidence: Confidence::Medium,
    rank: 35,
    logic: Logic::Code(&RULE),
    evidence: Evidence::Surroundings,
    min_entropy: 0,
    checksum: None,
    form: Form::Url,
    preview: "",
    controls: &[OWASP_K03_2025, OWASP_K08_2022, CWE_798],
    what: "A password in an address: of a database, a broker, a proxy, a repository.",
    why: "Whoever can read the file can log in there, and such addresses get into logs and histories.",
    fix: "Keep user and password apart from the address, give them at run time, and change the password.",
    references: &[
        "https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1",
        "https://cwe.mitre.org/data/definitions/798.html",
    ],
    matches: &[
        Example {
            text: "DATABASE_URL=postgres://shop:{{k3Vt9|pLq2x}}@db:5432/shop\n",
            value: Some("{{k3Vt9|pLq2x}}"),
            path: ".env",
        },
        Example {
            text: "redis://:{{k3Vt9|pLq2x}}@localhost:6379/0",
            value: Some("{{k3Vt9|pLq2x}}"),
            path: "",
        },
        Example {
            text: "mongodb+srv://app:{{k3Vt%40|pLq2x}}@c.example.org/x",
            value: Some("{{k3Vt@|pLq2x}}"),
            path: "",
        },
        Example { text: "amqp://app:{{k3V@t9|pLq2x}}@mq:5672/", value: Some("{{k3V@t9|pLq2x}}"), path: "" },
        Example {
            text: "git clone https://{{k3Vt9pLq2xW|z7YbN4mKs}}@git.corp.net/a.git",
            value: Some("{{k3Vt9pLq2xW|z7YbN4mKs}}"),
            path: "run.sh",
        },
        Example {
            text: "MAIL_URL=smtps://me@corp.net:{{k3Vt9|pLq2x}}@smtp.corp.net:465",
            value: Some("{{k3Vt9|pLq2x}}"),
            path: ".env",
        },
        Example {
            text: "https://ci:{{k3V/t9|pLq2x}}@git.example.org/a.git",
            value: Some("{{k3V/t9|pLq2x}}"),
            path: "",
        },
    ],
    no_matches: &[
        Example { text: "git+ssh://git@github.com:org/app.git@main", value: None, path: "" },
        Example { text: "postgres://user:${PASSWORD}@db/x", value: None, path: "" },
        Example { text: "https://example.org:8443/a@b", value: None, path: "" },
        Example { text: "https://example.org/users/@me", value: None, path: "" },
        Example { text: "http://user:password@example.com", value: None, path: "README.md" },
        Example { text: "git@example.org:a/b.git", value: None, path: "" },
        Example { text: "postgres://{user}:{password}@{host}/x", value: None, path: "" },
        Example { text: "see https://a.example.org: mail me@example.org", value: None, path: "" },
    ],
};
