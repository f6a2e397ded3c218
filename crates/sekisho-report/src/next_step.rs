//! [`next_step`]: what to do about a credential, in one sentence.
//!
//! The finding of its worst copy knows best: it was made by the check of that kind of place. Where
//! a report has none, the kind of place and the detector decide.

use std::borrow::Cow;

use sekisho_model::{Credential, Finding, Place, Root, Severity, Tracked};

use crate::words::sentence;

/// What to do next about `credential`, short and beginning with a capital; `finding` is that of its
/// worst copy, when the report has one. The text comes from the report: it must still be escaped.
pub fn next_step<'a>(credential: &Credential, finding: Option<&'a Finding>) -> Cow<'a, str> {
    if credential.severity == Severity::Info {
        return Cow::Borrowed("Nothing to do: it opens nothing.");
    }
    if is_local(credential) {
        return Cow::Borrowed("Nothing leaves with the repository; rotate it if the file was ever shared.");
    }
    let step = match finding.map(|finding| sentence(&finding.fix)) {
        Some(fix) if !fix.is_empty() => fix,
        _ => Cow::Owned(format!("{}, then {}.", renew(credential), remove(credential))),
    };
    if is_also_in_history(credential, finding) { Cow::Owned(format!("{step} {ALSO}")) } else { step }
}

/// For who would remove a file and think that the value is gone.
const ALSO: &str = "The history has it, too: removing it here leaves it there, and a purge does not un-leak what \
                    has been cloned.";

/// Whether a step that is about something else is half of the way: the value was committed as well.
fn is_also_in_history(credential: &Credential, finding: Option<&Finding>) -> bool {
    let committed = |place: &Place| matches!(*place.root, Root::Git { .. }) && !place.is_staged();
    finding.is_some_and(|finding| !committed(&finding.place))
        && credential.copies.iter().any(|copy| committed(&copy.place))
}

/// Whether all copies lie in files that git ignores and never had: they stand in their own group.
/// Where not all copies are listed the severity decides, which such copies hold at low or less.
pub(crate) fn is_local(credential: &Credential) -> bool {
    let ignored = |copy: &sekisho_model::Copy| {
        copy.tracked == Some(Tracked::Ignored) && matches!(*copy.place.root, Root::File { .. })
    };
    let listed = credential.copies.len() as u64 == credential.copies_total;
    let copies = &credential.copies;
    !copies.is_empty() && copies.iter().all(ignored) && (listed || credential.severity <= Severity::Low)
}

/// How a value of this kind becomes worthless.
fn renew(credential: &Credential) -> &'static str {
    let id = credential.detector.as_str();
    let names = |words: &[&str]| words.iter().any(|word| id.contains(word));
    if names(&["private-key", "certificate", "pem", "pkcs"]) {
        "Make a new key pair and revoke what the old one signed for"
    } else if names(&["password", "url", "basic", "database", "generic"]) {
        "Change it where it is checked"
    } else {
        "Revoke it where it was issued"
    }
}

/// How its worst copy is closed for good.
fn remove(credential: &Credential) -> &'static str {
    let worst = credential.copies.iter().max_by_key(|copy| copy.severity);
    let Some(Place { root, object, field, .. }) = worst.map(|copy| &*copy.place) else {
        return "keep the new one in a secret store";
    };
    let kind = object.as_ref().map(|object| object.kind.as_str());
    match (&**root, kind) {
        (Root::Log { .. }, _) => "stop the program from writing it and clear the stored logs",
        (Root::Image { .. } | Root::ImageConfig { .. }, _) => {
            "rebuild the image without it: a later layer does not remove it"
        }
        (Root::Git { .. }, _) if worst.is_some_and(|copy| copy.place.is_staged()) => {
            "take it out of the file and of the index"
        }
        (Root::Git { .. }, _) => "leave the history: a rewritten one still has been read",
        (Root::Etcd { .. }, _) => "encrypt etcd at rest and write its Secrets again",
        (_, Some("Secret")) => "keep the manifest without values (ExternalSecret, SealedSecret, SOPS)",
        (_, Some("ConfigMap")) => "move it into a Secret and mount that as a file",
        (_, Some(_)) if field.is_some() => "let the object name a Secret instead",
        _ => "read it at run time from a mounted file or a secret store",
    }
}

#[cfg(test)]
mod tests {
    use sekisho_model::{Confidence, Copy, ObjectRef, Verdict};

    use super::*;

    fn credential(detector: &str, place: Place, tracked: Option<Tracked>) -> Credential {
        let copy = Copy {
            location_id: String::new().into(),
            detector: detector.into(),
            severity: Severity::High,
            confidence: Confidence::High,
            encoding: [].into(),
            tracked,
            place: place.into(),
        };
        Credential {
            fingerprint: None,
            detector: detector.into(),
            title: "".into(),
            severity: Severity::High,
            confidence: Confidence::High,
            preview: "".into(),
            details: std::collections::BTreeMap::new(),
            copies_total: 1,
            copies: vec![copy],
        }
    }

    #[test]
    fn the_place_and_the_kind_decide_where_no_finding_does() {
        let mut place = Place::file("a.yaml");
        place.object = Some(ObjectRef { kind: "ConfigMap".into(), ..ObjectRef::default() }.into());
        let credential = credential("generic/password", place, None);
        assert_eq!(
            next_step(&credential, None),
            "Change it where it is checked, then move it into a Secret and mount that as a file."
        );
    }

    #[test]
    fn a_file_that_was_committed_is_not_closed_by_removing_it() {
        let mut credential = credential("generic/password", Place::file(".env"), None);
        let finding = Finding {
            check: "code/secret-in-file".into(),
            verdict: Verdict::Fail,
            severity: Severity::High,
            controls: Vec::new().into(),
            credential: None,
            location_id: String::new().into(),
            place: credential.copies[0].place.clone(),
            reason: "".into(),
            fix: "remove it".into(),
        };
        assert_eq!(next_step(&credential, Some(&finding)), "Remove it.");
        let git = Root::Git { repo: ".".into(), path: ".env".into(), blob: "00".into(), history: None };
        let copy = Copy { place: Place::new(git).into(), ..credential.copies[0].clone() };
        credential.copies.push(copy);
        assert!(next_step(&credential, Some(&finding)).ends_with("does not un-leak what has been cloned."));
    }

    #[test]
    fn only_what_git_ignores_is_local() {
        assert!(is_local(&credential("a/b", Place::file(".env"), Some(Tracked::Ignored))));
        assert!(!is_local(&credential("a/b", Place::file(".env"), Some(Tracked::Untracked))));
        assert!(!is_local(&credential("a/b", Place::file(".env"), None)));
        let git = Root::Git { repo: ".".into(), path: ".env".into(), blob: "00".into(), history: None };
        assert!(!is_local(&credential("a/b", Place::new(git), Some(Tracked::Ignored))));
        let mut cut = credential("a/b", Place::file(".env"), Some(Tracked::Ignored));
        cut.copies_total = 9;
        assert!(!is_local(&cut), "the copies not listed may lie elsewhere");
        cut.severity = Severity::Low;
        assert!(is_local(&cut));
        cut.copies.clear();
        assert!(!is_local(&cut));
    }
}
