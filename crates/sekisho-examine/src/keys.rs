//! From a matched value to its canonical value, and what may be told of it: keys, tokens, stores.

use std::collections::BTreeMap;
use std::ops::Range;

use sekisho_detectors::{Detector, Form, PathKind, canonical_form, path_kind};
use sekisho_model::{Confidence, Encoding, Place, Severity};
use sekisho_secret::{canonical, is_weak};
use sekisho_unpack::key::{PrivateKey, private_key};
use sekisho_unpack::{Jwt, Protection, ServiceAccountToken, jwt, key_store, pem, pkcs12, putty_key};

use crate::emit;
use crate::examiner::Run;
use crate::ground::{Ground, Origin, Start};
use crate::pending::Pending;
use crate::soften::is_quiet;
use crate::text::Text;

/// Largest text that is searched for the certificate of a key, and largest binary key file.
const MAX_KEY_TEXT: usize = 1 << 20;

impl Run<'_> {
    /// What a detector's value is: canonical bytes, fingerprint, and what may be told of it. `None`
    /// when the form does not hold what it promises.
    pub(crate) fn value(
        &mut self,
        text: &Text<'_>,
        detector: &'static Detector,
        span: Range<usize>,
    ) -> Option<Pending> {
        let matched = text.bytes.get(span.clone())?;
        match detector.form {
            Form::Pem => return self.pem(text, detector, span),
            Form::Jwt => return self.token(text, detector, span),
            _ => {}
        }
        let form = canonical_form(detector, matched)?;
        let place = span.start + form.range.start..span.start + form.range.end;
        let mut pending = self.pending(text, detector, &form.bytes, place)?;
        match detector.form {
            Form::Basic | Form::Base64 => pending.encoding.push(Encoding::Base64),
            Form::Url if *form.bytes != *matched => pending.encoding.push(Encoding::Percent),
            _ => {}
        }
        Some(pending)
    }

    /// A pending sighting of `value`; `None` when it is too short to be one.
    pub(crate) fn pending(
        &self,
        text: &Text<'_>,
        detector: &'static Detector,
        value: &[u8],
        span: Range<usize>,
    ) -> Option<Pending> {
        let value = canonical(value)?;
        let fingerprint = self.examiner.options.key.fingerprint(value);
        Some(text.pending(detector, fingerprint, is_weak(value), span))
    }

    /// A private key in PEM, OpenSSH's or PuTTY's form.
    fn pem(&mut self, text: &Text<'_>, detector: &'static Detector, span: Range<usize>) -> Option<Pending> {
        let matched = text.bytes.get(span.clone())?;
        let (key, bytes, range) = if let Some(putty) = putty_key(matched) {
            (Some(putty.key), putty.bytes, putty.range)
        } else if let Some(block) = pem::blocks(matched).find(pem::Block::is_private_key) {
            (block.private_key(), block.bytes, block.range)
        } else {
            // Cut off or damaged: most of a key is still most of its secret, and says so less loudly.
            let mut pending = self.pending(text, detector, matched, span)?;
            pending.severity = pending.severity.min(Severity::Medium);
            pending.confidence = Confidence::Low;
            return Some(pending);
        };
        let span = span.start + range.start..span.start + range.end;
        let mut pending = self.pending(text, detector, bytes.expose_secret(), span)?;
        if let Some(key) = key {
            tell_key(&key, &mut pending);
        }
        Some(pending)
    }

    /// Remembers the certificates in a text, for the keys that match them.
    pub(crate) fn certificates_of(&mut self, text: &[u8]) {
        if text.len() > MAX_KEY_TEXT || memchr::memmem::find(text, b"-----BEGIN CERT").is_none() {
            return;
        }
        for certificate in pem::blocks(text).filter_map(|block| block.certificate()) {
            let what = format!("{} until {}", certificate.subject, date(certificate.not_after));
            self.certificates.insert(certificate.public, what);
            self.asides += 1;
        }
    }

    /// A token whose claims can be read.
    fn token(&mut self, text: &Text<'_>, detector: &'static Detector, span: Range<usize>) -> Option<Pending> {
        let matched = text.bytes.get(span.clone())?;
        let token = jwt(matched)?;
        if token.protection == Protection::Unsecured {
            // Anybody can make one.
            return None;
        }
        let mut pending = self.pending(text, detector, matched, span)?;
        tell_token(&token, &mut pending.details);
        Some(pending)
    }

    /// Key stores and keys in binary forms: the file is the credential. Whether it was one.
    pub(crate) fn key_store(&mut self, bytes: &[u8], place: &Place) -> bool {
        let Some((id, severity, details)) = recognise(bytes) else { return false };
        let Some(detector) = sekisho_detectors::find(id) else { return false };
        let ground = Ground {
            bytes,
            place: place.clone(),
            kind: PathKind::default(),
            start: Start::default(),
            origin: Origin::Here,
        };
        let pending = self.pending(&Text::of_ground(&ground, None), detector, bytes, 0..bytes.len());
        let pending = pending.map(|mut pending| {
            pending.severity = severity.min(detector.severity);
            if is_quiet(detector, path_kind(place.file_name(), b"")) {
                pending.severity = pending.severity.min(Severity::Medium);
            }
            pending.confidence = Confidence::High;
            pending.details = details;
            pending
        });
        emit::emit(self, &ground, Vec::from_iter(pending));
        true
    }
}

/// What a binary file of keys is: detector, how bad at most, what may be told.
fn recognise(bytes: &[u8]) -> Option<(&'static str, Severity, BTreeMap<String, String>)> {
    let mut details = BTreeMap::new();
    let mut tell = |name: &str, value: String| {
        details.insert(name.to_owned(), value);
    };
    if let Some(store) = key_store(bytes) {
        if store.keys == 0 && store.complete {
            return None;
        }
        tell("format", store.format.to_owned());
        tell("keys", store.keys.to_string());
        tell("encrypted", "yes".to_owned());
        return Some(("crypto/java-key-store", Severity::Medium, details));
    }
    if bytes.first() != Some(&0x30) || bytes.len() > MAX_KEY_TEXT {
        return None;
    }
    if let Some(store) = pkcs12(bytes) {
        let encrypted = match (store.plain_key, store.encrypted) {
            (true, _) | (false, Some(false)) => "no",
            (false, Some(true)) => "yes",
            (false, None) => "not told",
        };
        tell("encrypted", encrypted.to_owned());
        let severity = if store.plain_key { Severity::High } else { Severity::Medium };
        return Some(("crypto/pkcs12", severity, details));
    }
    let key = private_key(bytes)?;
    tell("key", key_name(&key));
    tell("encrypted", if key.encrypted { "yes" } else { "no" }.to_owned());
    let severity = if key.encrypted { Severity::Medium } else { Severity::High };
    Some(("crypto/der-private-key", severity, details))
}

/// Notes what is known of a key; an encrypted one is not open yet.
fn tell_key(key: &PrivateKey, pending: &mut Pending) {
    pending.details.insert("key".to_owned(), key_name(key));
    pending.details.insert("encrypted".to_owned(), if key.encrypted { "yes" } else { "no" }.to_owned());
    pending.public = key.public;
    if key.encrypted {
        pending.severity = pending.severity.min(Severity::Medium);
    }
}

fn key_name(key: &PrivateKey) -> String {
    match key.bits {
        Some(bits) => format!("{} {bits}", key.kind),
        None => key.kind.to_string(),
    }
}

/// Notes a token's claims.
fn tell_token(token: &Jwt, details: &mut BTreeMap<String, String>) {
    let mut tell = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            details.insert(name.to_owned(), value);
        }
    };
    tell("issuer", token.issuer.clone());
    tell("subject", token.subject.clone());
    tell(
        "service account token",
        token.service_account.as_ref().map(|token| match token {
            ServiceAccountToken::Legacy { secret, .. } => {
                format!("legacy, from Secret {secret}")
            }
            ServiceAccountToken::Bound { pod: Some(pod), .. } => format!("bound to pod {pod}"),
            ServiceAccountToken::Bound { .. } => "bound".to_owned(),
        }),
    );
    tell("audience", (!token.audiences.is_empty()).then(|| token.audiences.join(", ")));
    match token.protection {
        Protection::Encrypted => tell("claims", Some("encrypted".to_owned())),
        _ => tell("expires", Some(token.expires.map_or("never".to_owned(), date))),
    }
}

/// Seconds since 1970 as a date and time.
fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| "at no time".to_owned(), |time| time.to_string())
}
