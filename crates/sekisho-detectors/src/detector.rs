//! [`Detector`]: what is known of one kind of credential, and the table of all.

use std::ops::Range;
use std::sync::Arc;

use sekisho_model::{Confidence, FieldKind, Severity};
use sekisho_scan::{Detect, Edges, Found, PatternDetect, Reach};
use sha2::{Digest, Sha256};

use crate::checksum::Checksum;

pub use crate::generated::ALL;

/// One kind of credential: how it is found, how its value is read, and what people should know.
/// Held as constants; the patterns are compiled by the engine on their first hit.
#[derive(Debug)]
pub struct Detector {
    /// `provider/name`, the path of its file, stable for ever.
    pub id: &'static str,
    /// For people: `AWS access key id`.
    pub title: &'static str,
    /// The version of Sekisho that first had it.
    pub since: &'static str,
    /// How bad a sure hit is.
    pub severity: Severity,
    /// How sure a hit is before its surroundings are weighed.
    pub confidence: Confidence,
    /// Among several detectors that see one value the highest names it.
    pub rank: u8,
    /// How it is found.
    pub logic: Logic,
    /// What speaks for a hit, and so what the verdict weighs.
    pub evidence: Evidence,
    /// Least Shannon entropy of the value, in hundredths of a bit per byte; 0 asks for none.
    pub min_entropy: u16,
    /// The checksum that the value must satisfy.
    pub checksum: Option<Checksum>,
    /// Where in the value the canonical value is.
    pub form: Form,
    /// The public prefix of the format with an ellipsis, or empty.
    pub preview: &'static str,
    /// Ids of [`sekisho_model::control`].
    pub controls: &'static [&'static str],
    /// What the credential is.
    pub what: &'static str,
    /// Why a copy of it matters.
    pub why: &'static str,
    /// What to do about one.
    pub fix: &'static str,
    /// The provider's own words.
    pub references: &'static [&'static str],
    /// Texts in which it must report.
    pub matches: &'static [Example],
    /// Texts in which it must not.
    pub no_matches: &'static [Example],
}

/// How a detector finds candidates.
pub enum Logic {
    /// A pattern around keywords.
    Pattern {
        /// Lower-case ASCII words for the prefilter.
        keywords: &'static [&'static str],
        /// Unicode off, bounded length; the value is group 1, without one the whole match.
        pattern: &'static str,
        /// What the pattern can read around a keyword, measured when the table was made.
        reach: Reach,
    },
    /// Code of our own.
    Code(&'static dyn Detect),
    /// Only the structure of a document tells it (see [`judge_pair`](crate::judge_pair)); the
    /// engine never finds it.
    Field(FieldKind),
    /// Only the bytes of a whole file tell it, or a value that is known already; the examiner says
    /// so, the engine's patterns never do.
    Content,
}

impl std::fmt::Debug for Logic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pattern { pattern, .. } => f.debug_tuple("Pattern").field(pattern).finish(),
            Self::Code(_) => f.write_str("Code"),
            Self::Field(kind) => f.debug_tuple("Field").field(kind).finish(),
            Self::Content => f.write_str("Content"),
        }
    }
}

/// What speaks for a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// The value's own form; only documentation examples and dummies of it are set apart.
    Format,
    /// Words around a value that has little form of its own; the value is weighed too.
    Surroundings,
    /// An assignment to a name; name, syntax, value and kind of file are weighed.
    Assignment,
}

/// What a matched value is, and so where its canonical value is (see `canonical_form`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// The value itself.
    Plain,
    /// base64 of `user:password`: the password.
    Basic,
    /// base64 of the value.
    Base64,
    /// The password of a URL, percent-encoded.
    Url,
    /// A PEM block: the caller takes its DER.
    Pem,
    /// A compact JWT: the value itself, and its claims may be told.
    Jwt,
}

/// An example of a detector. Token-shaped parts are written split, `{{AK|REST}}`, so that the
/// repository stays clean under any scanner; see [`join_example`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// The text around and with the value.
    pub text: &'static str,
    /// The value that must be found, when the test should insist on it.
    pub value: Option<&'static str>,
    /// The path that the text is said to come from; empty for one that says nothing.
    pub path: &'static str,
}

impl Detector {
    /// The prefilter's words.
    pub fn keywords(&self) -> &[&'static str] {
        match &self.logic {
            Logic::Pattern { keywords, .. } => keywords,
            Logic::Code(code) => code.keywords(),
            Logic::Field(_) | Logic::Content => &[],
        }
    }
}

/// The detector of that id.
pub fn find(id: &str) -> Option<&'static Detector> {
    ALL.binary_search_by(|d| d.id.cmp(id)).ok().map(|at| &ALL[at])
}

/// What the engine runs, index by index as in [`ALL`]. Nothing is compiled here.
pub fn rules() -> Vec<Arc<dyn Detect>> {
    ALL.iter().map(rule).collect()
}

fn rule(detector: &'static Detector) -> Arc<dyn Detect> {
    match &detector.logic {
        Logic::Pattern { keywords, pattern, reach } => {
            Arc::new(PatternDetect::measured(pattern, keywords, *reach))
        }
        Logic::Code(code) => Arc::new(*code),
        Logic::Field(_) | Logic::Content => Arc::new(Nothing),
    }
}

/// Keeps the place of a detector that the engine cannot find.
struct Nothing;

impl Detect for Nothing {
    fn keywords(&self) -> &[&'static str] {
        &[]
    }

    fn reach(&self) -> Reach {
        Reach::default()
    }

    fn find(&self, _: &[u8], _: Range<usize>, _: Edges, _: &mut Vec<Found>) {}
}

/// The name of this set of detectors: the first 8 bytes of SHA-256 over everything in the table
/// that decides, in hexadecimal, behind the version of the crate.
pub fn ruleset_digest() -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    for detector in &ALL {
        part(detector.id.as_bytes());
        for keyword in detector.keywords() {
            part(keyword.as_bytes());
        }
        if let Logic::Pattern { pattern, .. } = &detector.logic {
            part(pattern.as_bytes());
        }
        let rest = (
            detector.severity,
            detector.confidence,
            detector.rank,
            detector.evidence,
            detector.min_entropy,
            detector.checksum,
            detector.form,
        );
        part(format!("{rest:?}").as_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    format!("{}+{}", env!("CARGO_PKG_VERSION"), data_encoding::HEXLOWER.encode(&digest[..8]))
}

/// An example's text with its split tokens joined: `{{AK|REST}}` becomes `AKREST`. Braces without
/// a bar are left as they are (they are template expressions).
pub fn join_example(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let (before, inner) = (&rest[..open], &rest[open + 2..]);
        let Some(close) = inner.find("}}") else { break };
        out.push_str(before);
        if inner[..close].contains('|') {
            out.extend(inner[..close].chars().filter(|c| *c != '|'));
        } else {
            out.push_str(&rest[open..open + close + 4]);
        }
        rest = &inner[close + 2..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_tokens_join_and_templates_stay() {
        assert_eq!(join_example("a={{AK|IA|X}} b={{ .Values.x }} {{"), "a=AKIAX b={{ .Values.x }} {{");
        assert_eq!(join_example("plain"), "plain");
    }

    #[test]
    fn ids_are_sorted_and_found() {
        assert!(ALL.is_sorted_by(|a, b| a.id < b.id));
        for detector in &ALL {
            assert_eq!(find(detector.id).map(|d| d.id), Some(detector.id));
        }
        assert!(find("no/such").is_none());
    }

    #[test]
    fn digest_is_stable() {
        assert_eq!(ruleset_digest(), ruleset_digest());
    }
}
