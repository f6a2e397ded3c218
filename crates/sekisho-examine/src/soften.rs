//! Where it stands makes a credential less bad, never nothing: tests, manuals, things named `SAMPLE`; and so
//! does that everybody would guess it.
//!
//! A detector's verdict knows the kind of file. This knows the place in it: the tests at the end of a
//! program, its manual, the name that a key was given; and it holds for what was decoded from a part
//! of a file, for fields of structured files and for keys in binary form, which are judged apart from
//! it. What an issuer's checksum proves was issued, and opens something wherever it stands. Objects
//! of Kubernetes are applied wherever they lie, and known values are known.

use sekisho_detectors::{Checksum, Detector, FileForm, Passages, PathKind, Setting, is_common_password};
use sekisho_model::{Confidence, Severity};

use crate::ground::Ground;
use crate::pending::Pending;

/// How far a line is looked at in front of a value, in bytes.
const LINE: usize = 120;

/// Lowers what was found in a file that is there as a whole.
pub(crate) fn soften(ground: &Ground<'_>, found: &mut [Pending]) {
    let loud = |pending: &&mut Pending| pending.severity > Severity::Medium && pending.object.is_none();
    let mut loud = found.iter_mut().filter(loud).peekable();
    if loud.peek().is_none() {
        return;
    }
    let passages = Passages::of(ground.place.file_name(), ground.bytes);
    for pending in loud {
        let at = pending.span.start;
        let setting = passages.setting(at).unwrap_or(ground.kind.setting);
        let trial = || {
            let by_name = pending.detector.id.starts_with("generic/");
            // A text of a program, which may hold anything, was searched as if it were a file.
            (by_name && !pending.encoding.is_empty())
                || is_trial(pending.detector, line_before(ground.bytes, at))
        };
        // `root`, `mypass`: whoever wants to get in tries them first.
        let common = || {
            let value = ground.bytes.get(pending.span.clone());
            pending.detector.id.starts_with("generic/") && value.is_some_and(is_common_password)
        };
        let quiet = is_quiet(pending.detector, PathKind { setting, ..ground.kind })
            || common()
            || (ground.kind.form == FileForm::Code && trial());
        if quiet {
            pending.severity = Severity::Medium;
            pending.confidence = pending.confidence.min(Confidence::Medium);
        }
    }
}

/// Whether what a detector found is less bad for the kind of place it stands in. What only a name speaks for
/// is judged by the kind of file already, but not where it was decoded from a part of one.
pub(crate) fn is_quiet(detector: &Detector, kind: PathKind) -> bool {
    let by_name = detector.id.starts_with("generic/");
    let made = match kind.form {
        FileForm::Documentation => by_name || is_of_its_maker(detector),
        FileForm::Generated | FileForm::Minified | FileForm::Localisation => by_name,
        _ => false,
    };
    made || match kind.setting {
        Setting::Test => !is_issued(detector),
        Setting::Sample => by_name,
        Setting::Ordinary => false,
    }
}

/// Whether the line in front of a value says that it is one for show: a comment of a manual, or a name such
/// as `SAMPLE` and `TEST_KEY`.
fn is_trial(detector: &Detector, line: &[u8]) -> bool {
    let comment = line.trim_ascii_start();
    let manual = comment.starts_with(b"///") || comment.starts_with(b"//!");
    (manual && is_of_its_maker(detector)) || (names_a_trial(line) && !is_issued(detector))
}

/// `SAMPLE`, `testKey`, `EXAMPLE_1`; but not `latest`.
fn names_a_trial(line: &[u8]) -> bool {
    const WORDS: [&[u8]; 6] = [b"test", b"sample", b"example", b"dummy", b"fake", b"mock"];
    (0..line.len()).any(|at| {
        let word = WORDS
            .iter()
            .find(|word| line.get(at..at + word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word)));
        let before = at.checked_sub(1).and_then(|at| line.get(at));
        let begins = before.is_none_or(|b| {
            !b.is_ascii_alphabetic() || (b.is_ascii_lowercase() && line[at].is_ascii_uppercase())
        });
        word.is_some_and(|word| {
            let behind = line.get(at + word.len());
            // `testing` and `tests`, but not `testament`.
            begins
                && behind
                    .is_none_or(|b| !b.is_ascii_lowercase() || *b == b's' || line[at].is_ascii_uppercase())
        })
    })
}

fn line_before(text: &[u8], at: usize) -> &[u8] {
    let floor = at.saturating_sub(LINE);
    let start = memchr::memrchr(b'\n', &text[floor..at]).map_or(floor, |end| floor + end + 1);
    &text[start..at]
}

/// Whether whoever uses it has made it, with a program that anybody has: keys, seeds.
fn is_of_its_maker(detector: &Detector) -> bool {
    let (provider, name) = detector.id.split_once('/').unwrap_or((detector.id, ""));
    matches!(provider, "crypto" | "age" | "jwk" | "otp" | "wireguard") || (provider, name) == ("nats", "seed")
}

/// Whether a checksum says that its provider has issued it, or somebody knows it.
fn is_issued(detector: &Detector) -> bool {
    use Checksum::{Base64Crc32, Crc32Base62, GrafanaCrc32, PypiMacaroon};
    matches!(detector.checksum, Some(Base64Crc32 | Crc32Base62 | GrafanaCrc32 | PypiMacaroon))
        || detector.id.starts_with("needle/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_things_for_show() {
        for line in [
            "const SAMPLE: &str = ",
            "TEST_SSH_KEY = ",
            "let testKey = ",
            "EXAMPLE_1: ",
            "a.dummy = ",
            "tests[",
        ] {
            assert!(names_a_trial(line.as_bytes()), "{line}");
        }
        for line in ["latest = ", "const KEY: &str = ", "contest_key", "attestation_key", "mockingbird", ""] {
            assert!(!names_a_trial(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn what_was_issued_stays_as_bad_as_it_is() {
        let kind = |setting| PathKind { form: FileForm::Code, setting };
        let of = |id| sekisho_detectors::find(id).unwrap();
        assert!(!is_quiet(of("github/personal-access-token"), kind(Setting::Test)));
        assert!(is_quiet(of("age/secret-key"), kind(Setting::Test)));
        assert!(is_quiet(of("generic/token"), kind(Setting::Sample)));
        assert!(!is_quiet(of("age/secret-key"), kind(Setting::Sample)));
        assert!(!is_quiet(of("generic/token"), kind(Setting::Ordinary)));
        assert!(is_quiet(
            of("crypto/private-key"),
            PathKind { form: FileForm::Documentation, ..kind(Setting::Ordinary) }
        ));
    }
}
