//! What a value looks like, told without its surroundings.
//!
//! Every function here answers one question about bytes that stood where a credential may stand,
//! and each is deliberately simple: a list of marks, a count, a walk over pairs of bytes. Whether
//! an answer matters is the verdict's part. Nothing here may keep, print or copy a value into
//! anything that outlives the call.

use crate::checksum::Checksum;
use crate::words::{List, contains};

/// Facts of a value that several questions need, counted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Traits {
    pub(crate) len: usize,
    pub(crate) lower: usize,
    pub(crate) upper: usize,
    pub(crate) digits: usize,
    pub(crate) spaces: usize,
    /// Printable ASCII that is no letter, digit or blank.
    pub(crate) marks: usize,
    /// Bytes outside printable ASCII.
    pub(crate) foreign: usize,
    pub(crate) distinct: usize,
}

impl Traits {
    pub(crate) fn of(value: &[u8]) -> Self {
        let mut traits = Self { len: value.len(), ..Self::default() };
        let mut seen = [0u64; 4];
        for byte in value {
            seen[usize::from(*byte >> 6)] |= 1 << (byte & 63);
            match byte {
                b'a'..=b'z' => traits.lower += 1,
                b'A'..=b'Z' => traits.upper += 1,
                b'0'..=b'9' => traits.digits += 1,
                b' ' | b'\t' => traits.spaces += 1,
                b'!'..=b'~' => traits.marks += 1,
                _ => traits.foreign += 1,
            }
        }
        traits.distinct = seen.iter().map(|part| part.count_ones() as usize).sum();
        traits
    }

    pub(crate) fn letters(&self) -> usize {
        self.lower + self.upper
    }
}

/// Shannon entropy in hundredths of a bit per byte.
pub(crate) fn entropy(value: &[u8]) -> u16 {
    let mut counts = [0u32; 256];
    for byte in value {
        counts[usize::from(*byte)] += 1;
    }
    let len = value.len() as f64;
    // Each of the bytes once, in the order of the value: few of 256 are in it.
    let bits: f64 = value
        .iter()
        .map(|byte| f64::from(std::mem::take(&mut counts[usize::from(*byte)])) / len)
        .filter(|share| *share > 0.0)
        .map(|share| -share * share.log2())
        .sum();
    (bits * 100.0).round() as u16
}

fn starts(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

/// Units behind a number.
static UNITS: List = List::new(" s ms m h d k kb mb gb ki mi gi f l u ul px % ");

/// A number, a duration, a size, a version: digits with a unit or with dots.
pub(crate) fn is_number(value: &[u8]) -> bool {
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    let value = value.strip_prefix(b"-").unwrap_or(value);
    let Some(first) = value.first() else { return false };
    if !first.is_ascii_digit() || digits == 0 {
        return false;
    }
    let end = value.iter().take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b',' | b'_')).count();
    let unit = &value[end..];
    unit.is_empty()
        || UNITS.has(unit)
        || (value.starts_with(b"0x") && value.len() <= 10 && value[2..].iter().all(u8::is_ascii_hexdigit))
}

/// Digits alone, too many for a count and too mixed to be typed along the row; thirteen that begin with a
/// one are a time in milliseconds.
pub(crate) fn is_long_number(value: &[u8]) -> bool {
    value.len() >= 14
        && value.iter().all(u8::is_ascii_digit)
        && Traits::of(value).distinct >= 6
        && !is_sequential(value)
        && !has_sequence(value, 6)
}

/// The numbers of a list of bytes as programs write them: `0x2b, 0x7e, …`, `43, 126, …`. `None` when it is
/// none.
fn spelled_bytes(value: &[u8]) -> Option<Vec<u8>> {
    let list = value.contains(&b',');
    let apart = |b: &u8| if list { *b == b',' } else { matches!(b, b':' | b' ') };
    let mut bytes = Vec::new();
    for part in value.split(apart) {
        let part = part.trim_ascii();
        if part.is_empty() {
            continue;
        }
        let part = part.strip_prefix(b"(byte)").map_or(part, <[u8]>::trim_ascii);
        let hex = part.strip_prefix(b"0x").or(part.strip_prefix(b"0X"));
        let (digits, radix) = match hex {
            Some(digits) => (digits, 16),
            None if list => (part, 10),
            None if part.len() == 2 => (part, 16),
            None => return None,
        };
        let digits = std::str::from_utf8(digits).ok()?;
        bytes.push(u8::from_str_radix(digits, radix).ok()?);
    }
    Some(bytes)
}

/// How many different bytes a text of nothing but escapes has: `\x5a\x69…`.
fn escaped_bytes(value: &[u8]) -> Option<usize> {
    if !value.starts_with(b"\\x") || value.len() < 32 || !value.len().is_multiple_of(4) {
        return None;
    }
    let mut seen = [false; 256];
    let mut distinct = 0;
    for escape in value.chunks_exact(4) {
        let digits = std::str::from_utf8(escape.strip_prefix(b"\\x")?).ok()?;
        let byte = u8::from_str_radix(digits, 16).ok()?;
        distinct += usize::from(!std::mem::replace(&mut seen[usize::from(byte)], true));
    }
    Some(distinct)
}

/// Eight bytes or more, written as numbers or as pairs of hexadecimal digits, that count nothing: neither a
/// row of neighbours nor a few over and over.
pub(crate) fn is_spelled_bytes(value: &[u8]) -> bool {
    if let Some(bytes) = escaped_bytes(value) {
        return bytes >= 8;
    }
    if !value.iter().take(4).any(|b| matches!(b, b',' | b':' | b' ' | b'x' | b'X')) || value.len() < 23 {
        return false;
    }
    let Some(bytes) = spelled_bytes(value) else { return false };
    let mut seen = [false; 256];
    let distinct = bytes.iter().filter(|b| !std::mem::replace(&mut seen[usize::from(**b)], true)).count();
    let steps = bytes.windows(2).filter(|pair| pair[1].abs_diff(pair[0]) <= 1).count();
    bytes.len() >= 8 && distinct >= 7 && distinct * 3 >= bytes.len().min(32) && steps * 4 <= bytes.len()
}

/// A version, as images are tagged with and packages ask for: `v1.2`, `0.9.9-ubi`, `16.4-alpine3.20`, `^7.0.1`.
pub(crate) fn is_version(value: &[u8]) -> bool {
    let value = value.trim_ascii_start();
    let value = &value[value.iter().take(2).take_while(|b| b"^~<>=v".contains(b)).count()..];
    let number = value.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    let (number, rest) = value.split_at(number);
    number.first().is_some_and(u8::is_ascii_digit)
        && number.contains(&b'.')
        && number.len() <= 16
        && matches!(rest, [] | [b'-', ..])
        && rest.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
}

/// Rows of a keyboard.
const ROWS: &[u8] = b"qwertyuiop asdfghjkl zxcvbnm 1234567890";

/// Runs of neighbours in the alphabet, the digits or a keyboard row: `123456`, `abcdef`,
/// `abcdefgh12345678`, `qwerty`. Three quarters of the pairs must be neighbours.
pub(crate) fn is_sequential(value: &[u8]) -> bool {
    if value.len() < 4 {
        return false;
    }
    let follows = |a: u8, b: u8| {
        let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
        if !a.is_ascii_alphanumeric() || !b.is_ascii_alphanumeric() {
            return false;
        }
        b == a.wrapping_add(1) || a == b.wrapping_add(1) || ROWS.windows(2).any(|w| w == [a, b])
    };
    let pairs = value.windows(2).filter(|w| follows(w[0], w[1])).count();
    pairs * 4 >= (value.len() - 1) * 3
}

/// Whether a long run of neighbours stands somewhere in a value that should be random:
/// `AKIA1234567890ABCDEF`, `ghp_abcdefghijklmnop…`.
pub(crate) fn has_sequence(value: &[u8], at_least: usize) -> bool {
    let mut run = 1;
    for pair in value.windows(2) {
        let next = pair[0].to_ascii_lowercase().wrapping_add(1) == pair[1].to_ascii_lowercase()
            || (pair[0] == b'9' && pair[1] == b'0');
        run = if next && pair[1].is_ascii_alphanumeric() { run + 1 } else { 1 };
        if run >= at_least {
            return true;
        }
    }
    false
}

/// Whether one byte stands many times in a row in a value that should be random.
pub(crate) fn has_repeat(value: &[u8], at_least: usize) -> bool {
    value.windows(at_least).any(|w| w.iter().all(|b| *b == w[0]))
}

/// A stored form of a password by its own mark, or a digest with the name of its algorithm.
pub(crate) fn is_hash(value: &[u8]) -> bool {
    static MARKS: List = List::new(
        " \
        $2a$ $2b$ $2y$ $1$ $5$ $6$ $y$ $7$ $apr1$ $argon2 $scrypt$ $pbkdf2 pbkdf2_ pbkdf2: scrypt: bcrypt argon2 \
        {ssha {sha {md5} {crypt} {bcrypt} sha1$ md5$ sha256$ sha512$ sha1- sha256- sha384- sha512- sha256: sha512: sha1: md5: scram-sha- ",
    );
    let hex = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    MARKS.begins(&value[..value.len().min(16)].to_ascii_lowercase())
        || (value.len() == 35 && value.starts_with(b"md5") && hex(&value[3..]))
        || (value.len() == 41 && value[0] == b'*' && hex(&value[1..]))
}

/// `"SetPassword": "service:SetPassword"`: the name of something, and where it is.
pub(crate) fn says_where(value: &[u8], name: &[u8]) -> bool {
    let last = value.rsplit(|b| matches!(b, b':' | b'/' | b'.')).next().unwrap_or(value);
    last.len() >= 8 && last.len() < value.len() && last.eq_ignore_ascii_case(name)
}

/// RFC 9562: 8-4-4-4-12 hexadecimal digits.
pub(crate) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// Whether a UUID stands somewhere in a longer text.
pub(crate) fn holds_uuid(value: &[u8]) -> bool {
    value.len() > 36 && value.windows(36).any(is_uuid)
}

/// Hexadecimal digits only, of a length that digests have.
pub(crate) fn is_digest_hex(value: &[u8]) -> bool {
    matches!(value.len(), 32 | 40 | 56 | 64 | 96 | 128) && value.iter().all(u8::is_ascii_hexdigit)
}

/// `scheme://…` without credentials in it.
pub(crate) fn is_plain_url(value: &[u8]) -> bool {
    let Some(at) = memchr::memmem::find(value, b"://") else { return false };
    let scheme = &value[..at];
    let named = !scheme.is_empty()
        && scheme.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.' | b':'));
    named && !url_has_password(value)
}

/// Whether an address holds `user:password@`.
pub(crate) fn url_has_password(value: &[u8]) -> bool {
    let Some(at) = memchr::memmem::find(value, b"://") else { return false };
    let rest = &value[at + 3..];
    let end =
        rest.iter().position(|b| matches!(b, b'/' | b'?' | b'#' | b' ' | b'"' | b'\'')).unwrap_or(rest.len());
    // A password may hold a slash when nobody encoded it, so a later `@` counts as well.
    let authority = if rest[..end].contains(&b'@') { &rest[..end] } else { rest };
    let Some(sign) = authority.iter().rposition(|b| *b == b'@') else { return false };
    authority[..sign].iter().position(|b| *b == b':').is_some_and(|colon| colon + 1 < sign)
}

/// `name@host.tld`.
pub(crate) fn is_email(value: &[u8]) -> bool {
    let Some(at) = value.iter().position(|b| *b == b'@') else { return false };
    let (user, host) = (&value[..at], &value[at + 1..]);
    !user.is_empty()
        && user.iter().all(|b| b.is_ascii_alphanumeric() || b"._%+-".contains(b))
        && is_host(host)
        && host.contains(&b'.')
}

/// A host name or address, with or without a port: labels joined by dots, or `localhost`.
pub(crate) fn is_host(value: &[u8]) -> bool {
    let (host, port) = match value.iter().rposition(|b| *b == b':') {
        Some(at) => (&value[..at], &value[at + 1..]),
        None => (value, &b""[..]),
    };
    if !port.iter().all(u8::is_ascii_digit) || host.is_empty() || host.len() > 253 {
        return false;
    }
    let mut labels = host.split(|b| *b == b'.').peekable();
    let dotted = host.contains(&b'.');
    let fine = labels.all(|label| {
        !label.is_empty()
            && label.len() <= 63
            && label.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    });
    let last = host.rsplit(|b| *b == b'.').next().unwrap_or_default();
    let top = last.iter().all(u8::is_ascii_lowercase) || is_ipv4(host);
    fine && ((dotted && top) || host == b"localhost" || !port.is_empty())
}

fn is_ipv4(host: &[u8]) -> bool {
    let parts = host.split(|b| *b == b'.');
    parts.clone().count() == 4 && { parts }
        .all(|p| (1..=3).contains(&p.len()) && p.iter().all(u8::is_ascii_digit))
}

/// A path of a file system, or a file's name with a known ending.
pub(crate) fn is_path(value: &[u8]) -> bool {
    if starts(value, b"./") || starts(value, b"../") || starts(value, b"~/") {
        return true;
    }
    if value.len() > 3 && value[0].is_ascii_alphabetic() && value[1] == b':' && value[2] == b'\\' {
        return true;
    }
    let segments = value.split(|b| *b == b'/');
    let count = segments.clone().count();
    if value.starts_with(b"/") && count >= 2 {
        return segments.skip(1).all(|s| s.is_empty() || is_word_like(s));
    }
    let ending = value.iter().rposition(|b| *b == b'.').filter(|at| *at > 0).map(|at| &value[at..]);
    if ending.is_some_and(|e| FILE_ENDINGS.has(e)) && !value.contains(&b' ') {
        return true;
    }
    count >= 3
        && !value.contains(&b'=')
        && !value.contains(&b'+')
        && segments.into_iter().all(|s| is_word_like(s) && is_wordy(s))
}

static FILE_ENDINGS: List = List::new(
    " \
    .pem .der .key .crt .cer .json .yaml .yml .txt .env .properties .conf .cfg .p12 .pfx .jks .keystore .toml .xml \
    .html .js .ts .py .go .rs .rb .php .java .sh .md .png .svg .css .log .ini .pub .gpg .asc .vue .jsx .tsx .tf .tpl ",
);

/// Letters, digits, `_`, `-`, `.`.
fn is_word_like(text: &[u8]) -> bool {
    text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

/// Names of types, schemas, schemes and form fields that stand where a value may stand.
pub(crate) fn is_type_or_keyword(value: &[u8]) -> bool {
    static NAMES: List = List::new(
        " \
        files compat systemd \
        string str text varchar char bytes byte int integer bool boolean float double object array \
        number any void option optional required nullable public private protected static final const \
        let var new return self this function func fn def class struct enum interface type import from \
        export default async await basic bearer digest oauth oauth2 apikey api_key header query body \
        cookie path form hidden input submit email username user login name password passwd passphrase \
        secret token key keys credential credentials auth authorization access_token refresh_token \
        id_token client_secret client_credentials plain plaintext opaque rsa dsa ecdsa ed25519 ssh-rsa \
        ssh-ed25519 aes hmac sha256 sha1 md5 jwt saml ldap kerberos x509 tls ssl pem der jwk env file \
        value data id securestring secretstring sensitive confidential masked stored random generated \
        auto automatic session local global internal external none new-password current-password \
        one-time-code super unsafe inherit always never ifnotpresent warn error info debug allow deny \
        unspecified new-object scram-sha-256 scram-sha-1 ",
    );
    NAMES.has(value)
}

/// Rules for a form's field, as Laravel and VeeValidate write them: `required|min:8`.
pub(crate) fn is_validation(value: &[u8]) -> bool {
    static RULES: List = List::new(" required nullable sometimes bail confirmed string present filled ");
    let name = |rule: &[u8]| rule.iter().take_while(|b| b.is_ascii_lowercase() || **b == b'_').count();
    let mut rules = value.split(|b| *b == b'|');
    value.contains(&b'|')
        && rules.clone().any(|rule| RULES.has(rule))
        && rules.all(|rule| matches!((name(rule), rule.get(name(rule))), (1.., None | Some(b':'))))
}

/// A call, an index or a member of a program's own: `Joi.string().required()`, `user&.[](:password)`.
pub(crate) fn is_call(value: &[u8]) -> bool {
    let named = |b: &u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'$' | b'>' | b'-' | b'?' | b'!' | b'&')
    };
    let opens = value.iter().position(|b| matches!(b, b'(' | b'['));
    opens.is_some_and(|at| at > 2 && value[..at].iter().all(named) && is_wordy(&value[..at]))
        && value.iter().any(|b| matches!(b, b')' | b']'))
}

/// A command of PowerShell by the verbs that give something: `Read-Host`.
pub(crate) fn is_cmdlet(value: &[u8]) -> bool {
    static VERBS: List =
        List::new(" read get new convertto convertfrom import export select join invoke unprotect ");
    let Some(dash) = value.iter().position(|b| *b == b'-') else { return false };
    let (verb, noun) = (&value[..dash], &value[dash + 1..]);
    let capital = |word: &[u8]| word.first().is_some_and(u8::is_ascii_uppercase);
    VERBS.has(verb) && capital(verb) && capital(noun) && noun.iter().all(u8::is_ascii_alphabetic)
}

/// Whether a text closes what it has not opened, and something stands behind that: `str):`, `x}).name`.
pub(crate) fn closes_more(value: &[u8]) -> bool {
    let mut depth = 0i32;
    for (at, byte) in value.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            let behind = value[at..].iter().find(|b| !matches!(b, b')' | b']' | b'}'));
            return is_wordy(&value[..at]) && matches!(behind, Some(b'.' | b':' | b';' | b','));
        }
    }
    false
}

/// `FIRST_SECOND_THIRD`: a constant of three words or more, most of them readable, with few digits.
pub(crate) fn is_constant(value: &[u8]) -> bool {
    let plain = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_';
    let words = || value.split(|b| *b == b'_');
    let read =
        words().filter(|word| word.len() >= 3 && word.iter().all(u8::is_ascii_alphabetic) && is_wordy(word));
    let count = words().count();
    count >= 3 && value.iter().all(plain) && read.count() * 3 >= count * 2
}

/// Pieces of a program that stand unquoted (or as an interpolation) where a value may stand.
pub(crate) fn is_expression(value: &[u8]) -> bool {
    if value.is_empty() {
        return false;
    }
    let first = value[0];
    if matches!(
        first,
        b'(' | b'['
            | b'{'
            | b'&'
            | b'*'
            | b'|'
            | b'!'
            | b'='
            | b'>'
            | b'<'
            | b'@'
            | b'`'
            | b'\\'
            | b'"'
            | b'\''
            | b','
            | b';'
            | b')'
            | b']'
            | b'}'
            | b'?'
    ) {
        return true;
    }
    // A call, an index, a member, a path, a generic: `f(x)`, `a[0]`, `a->b`, `A::b`, `Vec<u8>`.
    let call = value.iter().position(|b| matches!(b, b'(' | b'[')).is_some_and(|at| {
        at > 2
            && is_wordy(&value[..at])
            && value[..at].iter().all(|b| {
                b.is_ascii_alphanumeric()
                    || matches!(b, b'_' | b'.' | b':' | b'$' | b'>' | b'-' | b'?' | b'!')
            })
    });
    if call
        || contains(value, b"->")
        || contains(value, b"::")
        || contains(value, b"=>")
        || contains(value, b"&&")
        || contains(value, b"||")
    {
        return true;
    }
    if value.len() > 3 && contains(value, b"<") && value.last() == Some(&b'>') {
        return true;
    }
    // `user.password`, `req.body.token`: names joined by dots.
    value.contains(&b'.')
        && value.split(|b| *b == b'.').all(|part| {
            part.first().is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'$'))
                && part.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'?' | b'!'))
                && (is_wordy(part) || (part.len() <= 3 && part.iter().all(u8::is_ascii_lowercase)))
        })
}

/// Pairs of letters that make up most of English text, by rank; random letters hit a quarter of
/// them. Written from common knowledge of English, not from a corpus.
const PAIRS: &[u8] = b"th he in er an re nd at on nt ha es st en ed to it ou ea hi is or ti as te et ng of al de se le sa si ar ve ra ld ur \
ro co me ma li ri io ic la el ne om ec di il us ce ch ll be ac ho ta ee ss tr ns no so pr pe ca lo ot ut em un ge ct mo po ie wa id \
ir vi sh rs sp oo ow am ul im ay ad tu fo do ke fi wi ai ag ab op ev ck mp ex pa ts up ty ey ap sw rd ou ry ly ak bl br cl cr cu da \
dr du eb ef eg ei ek ep ew fa fe fl fr fu ga gi gl gr gu ht if ig ik iv ja jo ju ki ks lt lu mi mu my na ni nk nu oa ob oc od oi ok \
ol os ov pl pp pt pu qu rc rk rl rm rn rr rt ru rv ry sc sk sl sm sn su sy tl tt tw ub uc ud ue ug ui um va vo we wh wo wn ye yo ys \
ze pi bo ba bi bu by go ff gh oy aw av au aj az ye dd gg mm nn bb cc ws xt xp ox ax ip lf lv ms gs ds nc nf ngo nv ny ps rg rw ub";

fn is_common_pair(a: u8, b: u8) -> bool {
    static TABLE: std::sync::OnceLock<[[bool; 26]; 26]> = std::sync::OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut table = [[false; 26]; 26];
        for pair in PAIRS.split(|b| *b == b' ').filter(|p| p.len() >= 2) {
            table[usize::from(pair[0] - b'a')][usize::from(pair[1] - b'a')] = true;
        }
        table
    });
    table[usize::from(a.to_ascii_lowercase() - b'a')][usize::from(b.to_ascii_lowercase() - b'a')]
}

/// Whether a text is made of words: every run of letters could be read aloud, and digits stand only
/// in ones or twos at the ends of words.
pub(crate) fn is_wordy(text: &[u8]) -> bool {
    let mut letters = 0;
    let mut digits = 0;
    let (mut common, mut pairs) = (0, 0);
    let mut changes = 0;
    for (at, byte) in text.iter().enumerate() {
        if byte.is_ascii_alphabetic() {
            letters += 1;
        } else if byte.is_ascii_digit() {
            digits += 1;
        }
        if let Some(next) = text.get(at + 1) {
            if byte.is_ascii_lowercase() && next.is_ascii_uppercase() {
                changes += 1;
            } else if byte.is_ascii_alphabetic() && next.is_ascii_alphabetic() {
                pairs += 1;
                common += usize::from(is_common_pair(*byte, *next));
                if byte.is_ascii_uppercase()
                    && next.is_ascii_lowercase()
                    && at > 0
                    && text[at - 1].is_ascii_uppercase()
                {
                    changes += 1;
                }
            } else if byte.is_ascii_digit() && next.is_ascii_alphabetic() {
                changes += 1;
            }
        }
    }
    if letters == 0 {
        return false;
    }
    let readable = pairs == 0 || common * 100 >= pairs * 72;
    readable && digits * 4 <= letters && changes * 3 <= letters
}

/// Letters, and perhaps digits, that nobody could read aloud.
pub(crate) fn is_unread(value: &[u8]) -> bool {
    let letters = value.iter().filter(|b| b.is_ascii_alphabetic()).count();
    value.len() >= 8
        && letters >= 6
        && value.iter().all(u8::is_ascii_alphanumeric)
        && !is_wordy(value)
        && !is_readable_part(value)
}

/// `age1` and 58 characters of bech32.
pub(crate) fn is_age_recipient(value: &[u8]) -> bool {
    let digit = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    value.len() == 62 && value.starts_with(b"age1") && value.iter().all(digit)
}

/// A public nkey of NATS: base32 of a prefix, 32 bytes and a CRC-16 that holds; a seed is two letters longer.
pub(crate) fn is_public_nkey(value: &[u8]) -> bool {
    value.len() == 56 && Checksum::Nkey.holds(value)
}

/// An OpenPGP key as `user.signingkey` of git names it: its id or its fingerprint (RFC 4880 section 12.2), as
/// GnuPG prints them.
pub(crate) fn is_openpgp_id(value: &[u8]) -> bool {
    matches!(value.len(), 16 | 40) && value.iter().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'))
}

/// `-----BEGIN …`.
pub(crate) fn starts_pem(value: &[u8]) -> bool {
    value.trim_ascii_start().starts_with(b"-----BEGIN ")
}

/// Prose: several words with blanks between them.
pub(crate) fn is_prose(value: &[u8]) -> bool {
    let words = value.split(|b| *b == b' ').filter(|w| !w.is_empty());
    let count = words.clone().count();
    if count < 2 {
        return false;
    }
    let wordy = words
        .filter(|w| {
            let letters = w.iter().filter(|b| b.is_ascii_alphabetic() || **b >= 0x80).count();
            letters * 4 >= w.len() * 3 || w.len() <= 2
        })
        .count();
    wordy * 3 >= count * 2
}

/// A name of a program's own: words joined by `_`, `-`, `.` or capitals, without digits that mix.
pub(crate) fn is_identifier(value: &[u8]) -> bool {
    let word_like = value
        .first()
        .is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-' | b'.' | b':'))
        && value.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':' | b'/'));
    if !word_like {
        return false;
    }
    let joined = value.iter().any(|b| matches!(b, b'_' | b'-' | b'.' | b':' | b'/'))
        || value.windows(2).any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase());
    // `python.xml.sax`: names of programs are not all words, but random text has digits or cases.
    let parts = value.split(|b| !b.is_ascii_alphabetic());
    let plain = !value.iter().any(u8::is_ascii_digit)
        && (!value.iter().any(u8::is_ascii_uppercase) || !value.iter().any(u8::is_ascii_lowercase))
        && parts.clone().count() > 1
        && { parts }.all(|part| part.len() <= 12);
    joined && (plain || is_wordy(value))
}

/// base64 of a DER certificate or public key: a sequence whose first member is a sequence. In a
/// private key (PKCS#1, SEC 1, PKCS#8) the first member is the version, an integer.
pub(crate) fn is_public_der(value: &[u8]) -> bool {
    let Some(Ok(der)) = value.get(..16).map(|head| data_encoding::BASE64.decode(head)) else { return false };
    let first = match der.as_slice() {
        [0x30, len, rest @ ..] if *len < 0x80 => rest.first(),
        [0x30, 0x81, _, rest @ ..] | [0x30, 0x82, _, _, rest @ ..] => rest.first(),
        _ => None,
    };
    value.len() >= 48 && first == Some(&0x30)
}

/// Whether a value looks drawn at random: many distinct bytes, no readable words, classes mixed.
/// `least` is the length below which nothing is said.
pub(crate) fn is_random(value: &[u8], least: usize) -> bool {
    if value.len() < least {
        return false;
    }
    let traits = Traits::of(value);
    // Generators that draw from all printable characters draw blanks too: WordPress' keys.
    let printable = value.len() >= 40 && traits.marks * 6 >= value.len() && traits.digits >= 3;
    if (traits.spaces > 0 && !printable) || traits.foreign > 0 {
        return false;
    }
    let hex = value.iter().all(u8::is_ascii_hexdigit);
    if hex && traits.digits > 0 {
        // Sixteen letters: less entropy for the length.
        return value.len() >= 16 && traits.distinct >= 8 && (traits.letters() > 0 || value.len() >= 20);
    }
    let bits = entropy(value);
    // The most that a text of this length can have is log2 of its length.
    let most = ((value.len().min(64)) as f64).log2() * 100.0;
    if f64::from(bits) < most * 0.72 {
        return false;
    }
    if traits.digits == 0 && traits.marks == 0 {
        // Letters alone: unreadable, or cases mixed without the look of words.
        return !is_wordy(value) && (value.len() >= 16 || changes_of_class(value) >= 4);
    }
    !is_wordy(value) && (changes_of_class(value) * 5 >= value.len() || !is_readable_part(value))
}

/// How often neighbours are of different classes (lower, upper, digit, other).
fn changes_of_class(value: &[u8]) -> usize {
    let class = |b: u8| match b {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    value.windows(2).filter(|w| class(w[0]) != class(w[1])).count()
}

/// Whether the letters of a value are mostly words.
fn is_readable_part(value: &[u8]) -> bool {
    let (mut common, mut pairs) = (0, 0);
    for pair in value.windows(2) {
        if pair.iter().all(u8::is_ascii_alphabetic) {
            pairs += 1;
            common += usize::from(is_common_pair(pair[0], pair[1]));
        }
    }
    pairs >= 4 && common * 100 >= pairs * 72
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Whether a question is answered yes for each word of one list and no for each of another.
    #[track_caller]
    pub(crate) fn all(check: impl Fn(&[u8]) -> bool, yes: &str, no: &str) {
        for value in yes.split_ascii_whitespace() {
            assert!(check(value.as_bytes()), "should be: {value}");
        }
        for value in no.split_ascii_whitespace() {
            assert!(!check(value.as_bytes()), "should not be: {value}");
        }
    }

    #[test]
    fn sequences_and_repeats() {
        all(
            is_sequential,
            "123456 12345678 abcdef abcdefgh12345678 qwerty 7654321",
            "hunter2 a1b2c3 k3Vt9pLq2 abcXYZ99",
        );
        assert!(has_sequence(b"xyz1234567890ABCDEF", 8));
        assert!(!has_sequence(b"xyzQ3J5ZKVWB7XN2MLP", 8));
        assert!(has_repeat(b"abxxxxxxxcd", 7) && !has_repeat(b"abxxxcd", 7));
    }

    #[test]
    fn numbers_paths_hosts() {
        all(is_number, "1 3600 30s 1.5 -1 512mb 0x1f", "abc 12ab34 1password");
        all(
            is_path,
            "/etc/ssl/tls.key ./a ~/x key.pem C:\\x\\y config/app/secrets",
            "hunter2 ab/cd+ef== aGVsbG8/d29ybGQx",
        );
        all(is_host, "db.example.com localhost 10.0.0.1:5432 db:5432", "hunter2 Xy.Z9");
        all(is_email, "a@example.com", "p@ssw0rd a@b");
        all(is_plain_url, "https://example.com/x", "https://u:p@example.com abc");
    }

    #[test]
    fn words_and_random_texts() {
        all(
            is_wordy,
            "password my_secret_name databaseCredentials invalid-token accessToken kubernetes",
            "k3Vt9pLq2 xqzwvkjh a8f5f167f44f4964 Zx9Qw7Lk",
        );
        all(
            |v| is_random(v, 8),
            "k3Vt9pLq2x a8f5f167f44f4964e6c998de wJalrXUtnFEMIK7MDENGbPxRfiCY qX7-pLm2_ZnB4",
            "password my_secret_name databaseCredentials hunter2 production",
        );
        assert!(!is_random(b"the quick brown fox", 8));
    }

    #[test]
    fn expressions_and_identifiers() {
        all(
            is_expression,
            "getPassword() user.password args[0] x->y Foo::bar (a)",
            "hunter2 pa(ss k3Vt9.pLq2",
        );
        all(
            is_identifier,
            "user_password user.password userPassword X-Auth-Token",
            "hunter2 k3V-t9pLq2 password",
        );
    }

    #[test]
    fn entropy_is_shannons() {
        assert_eq!(entropy(b"aaaa"), 0);
        assert_eq!(entropy(b"abab"), 100);
        assert_eq!(entropy(b"abcdefgh"), 300);
    }
}
