//! What may be told of a certificate (RFC 5280).

use crate::der::{self, Element, Elements, INTEGER, OID, SEQUENCE, SET, SpkiDigest, context};

/// What is known of a certificate. All of it is public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The subject's common name, or its most specific other name.
    pub subject: String,
    /// The same of the issuer.
    pub issuer: String,
    /// Begin of validity, in seconds since 1970.
    pub not_before: i64,
    /// End of validity, in seconds since 1970.
    pub not_after: i64,
    /// Whether it may issue others (basic constraints).
    pub is_ca: bool,
    /// Its public key, the same as that of the matching [`PrivateKey`](crate::key::PrivateKey).
    pub public: SpkiDigest,
}

/// 2.5.4.3, common name.
const COMMON_NAME: &[u8] = b"\x55\x04\x03";
/// 2.5.29.19, basic constraints.
const BASIC_CONSTRAINTS: &[u8] = b"\x55\x1d\x13";
/// Names are cut off behind so many characters; RFC 5280 allows 64.
const MAX_NAME: usize = 256;

/// Reads a certificate in DER; `None` if it is none. Signatures are not verified.
pub fn certificate(der: &[u8]) -> Option<Certificate> {
    let mut to_be_signed = der::sequence(der)?.enter(SEQUENCE)?;
    // The version is left out in version 1.
    let _version = to_be_signed.tagged(context(0));
    let _serial = to_be_signed.tagged(INTEGER)?;
    let _signature = to_be_signed.tagged(SEQUENCE)?;
    let issuer = name(to_be_signed.enter(SEQUENCE)?);
    let mut validity = to_be_signed.enter(SEQUENCE)?;
    let (not_before, not_after) = (time(validity.next()?)?, time(validity.next()?)?);
    let subject = name(to_be_signed.enter(SEQUENCE)?);
    let public = SpkiDigest::of(to_be_signed.tagged(SEQUENCE)?.whole);
    let extensions = to_be_signed.find(|part| part.tag == context(3));
    let is_ca = extensions.and_then(|list| list.inside().enter(SEQUENCE)).is_some_and(is_ca);
    Some(Certificate { subject, issuer, not_before, not_after, is_ca, public })
}

/// The common name among the names, or the last of them.
fn name(names: Elements<'_>) -> String {
    let mut best = String::new();
    for set in names.filter(|set| set.tag == SET) {
        for attribute in set.inside().filter(|attribute| attribute.tag == SEQUENCE) {
            let mut parts = attribute.inside();
            let (Some(kind), Some(value)) = (parts.content(OID), parts.next()) else { continue };
            best = text(value);
            if kind == COMMON_NAME {
                return best;
            }
        }
    }
    best
}

/// A directory string, be it UTF-8, ASCII, Latin-1 or UTF-16.
fn text(value: Element<'_>) -> String {
    const BMP_STRING: u8 = 0x1e;
    const TELETEX_STRING: u8 = 0x14;
    match value.tag {
        BMP_STRING => {
            let (pairs, _) = value.content.as_chunks();
            let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
            let characters = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
            characters.take(MAX_NAME).collect()
        }
        TELETEX_STRING => value.content.iter().take(MAX_NAME).map(|b| char::from(*b)).collect(),
        _ => String::from_utf8_lossy(value.content).chars().take(MAX_NAME).collect(),
    }
}

/// Seconds since 1970 of a UTCTime or GeneralizedTime, which RFC 5280 section 4.1.2.5 wants in
/// UTC and with seconds.
fn time(value: Element<'_>) -> Option<i64> {
    const UTC_TIME: u8 = 0x17;
    const GENERALIZED_TIME: u8 = 0x18;
    let text = value.content.strip_suffix(b"Z")?;
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0i64, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
    };
    let (year, rest) = match value.tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year = number(year)?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (number(year)?, rest)
        }
        _ => return None,
    };
    let (&[month, day, hour, minute, second], _fraction) = rest.as_chunks::<2>().0.split_first_chunk()?;
    let (month, day) = (number(&month)?, number(&day)?);
    let (hour, minute, second) = (number(&hour)?, number(&minute)?, number(&second)?);
    let sound = (1..=12).contains(&month) && (1..=31).contains(&day);
    sound.then(|| ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

/// Days since 1970 in the Gregorian calendar, years beginning in March so that the leap day is
/// the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468
}

/// Whether the extensions say so.
fn is_ca(extensions: Elements<'_>) -> bool {
    const BOOLEAN: u8 = 0x01;
    for extension in extensions.filter(|extension| extension.tag == SEQUENCE) {
        let mut parts = extension.inside();
        if parts.content(OID) == Some(BASIC_CONSTRAINTS) {
            let _critical = parts.tagged(BOOLEAN);
            let value = parts.content(der::OCTET_STRING).and_then(der::sequence);
            return value.and_then(|mut value| value.content(BOOLEAN)).is_some_and(|ca| ca != [0]);
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_since_1970() {
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2000, 2, 29), 11_016);
        assert_eq!(days(2000, 3, 1), 11_017);
        assert_eq!(days(2100, 3, 1), 47_541);
        assert_eq!(days(1969, 12, 31), -1);
    }
}
