//! Seeds of NATS nkeys: code, because their prefix is short and only capitals count.

use std::ops::Range;

use sekisho_model::control::{CWE_321, CWE_798, OWASP_K03_2025, OWASP_K08_2022};
use sekisho_model::{Confidence, Severity};
use sekisho_scan::{Detect, Edges, Found, Reach, Witness};

use crate::checksum::Checksum;
use crate::detector::{Detector, Evidence, Example, Form, Logic};

/// Characters of an encoded seed: two bytes of prefix, 32 of seed, two of checksum, in base32.
const LEN: usize = 58;

/// S and the kind: operator, account, user, server, cluster, curve. The third character holds only bits
/// of the prefix and so is always A; the first bit of the fourth is one, so it is one of sixteen.
static KEYWORDS: [&str; 96] = {
    macro_rules! begin {
        ($($kind:literal)*) => { [$(
            concat!($kind, "a"), concat!($kind, "b"), concat!($kind, "c"), concat!($kind, "d"),
            concat!($kind, "e"), concat!($kind, "f"), concat!($kind, "g"), concat!($kind, "h"),
            concat!($kind, "i"), concat!($kind, "j"), concat!($kind, "k"), concat!($kind, "l"),
            concat!($kind, "m"), concat!($kind, "n"), concat!($kind, "o"), concat!($kind, "p"),
        )*] };
    }
    begin!["soa" "saa" "sua" "sna" "sca" "sxa"]
};

struct Seed;

impl Detect for Seed {
    fn keywords(&self) -> &[&'static str] {
        &KEYWORDS
    }

    fn reach(&self) -> Reach {
        Reach { before: 1, after: LEN + 1 }
    }

    fn witness(&self, _: &[u8]) -> Option<Witness> {
        // `scan` and `usually` are words, `SCAN` and `SUAL` few.
        let mut bytes = Box::new([false; 256]);
        bytes[usize::from(b'S')] = true;
        Some(Witness { offset: 0, bytes })
    }

    fn find(&self, text: &[u8], hit: Range<usize>, _: Edges, out: &mut Vec<Found>) {
        let Some(seed) = text.get(hit.start..hit.start + LEN) else { return };
        let free =
            |at: Option<usize>| at.and_then(|at| text.get(at)).is_none_or(|b| !b.is_ascii_alphanumeric());
        let base32 = seed.iter().all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(b));
        if base32 && free(hit.start.checked_sub(1)) && free(Some(hit.start + LEN)) {
            let whole = hit.start..hit.start + LEN;
            out.push(Found { whole: whole.clone(), value: whole });
        }
    }
}

static RULE: Seed = Seed;

pub(crate) const DETECTOR: Detector = Detector {
    id: "nats/seed",
    title: "NATS nkey seed",
    since: "0.1.0",
    severity: Severity::Critical,
    confidence: Confidence::High,
    rank: 90,
    logic: Logic::Code(&RULE),
    evidence: Evidence::Format,
    min_entropy: 0,
    checksum: Some(Checksum::Nkey),
    form: Form::Plain,
    preview: "S…",
    controls: &[OWASP_K03_2025, OWASP_K08_2022, CWE_321, CWE_798],
    what: "The seed of a NATS key pair (of an operator, account, user, server, cluster or curve key); its checksum is verified, and a seed with a wrong one is told as low.",
    why: "It is the identity: a user connects, an account issues users, an operator issues accounts.",
    fix: "Make a new key (nsc, nk), put the old public key on the revocation list, and push the account again.",
    references: &[
        "https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth",
        "https://github.com/nats-io/nkeys#readme",
    ],
    matches: &[
        Example {
            text: "-----BEGIN USER NKEY SEED-----\n{{SUAL|K6EUVKZMLQKFW6L53OISNZOMUIBRCIIF6Z3ECT5PNMQA3LYJTWY564}}\n------END USER NKEY SEED------\n",
            value: Some("{{SUAL|K6EUVKZMLQKFW6L53OISNZOMUIBRCIIF6Z3ECT5PNMQA3LYJTWY564}}"),
            path: "user.creds",
        },
        // One letter is wrong: low, for the right one is soon found.
        Example {
            text: "{{SUAL|K6EUVKZMLQKFW6L53OISNZOMUIBRCIIF6Z3ECT5PNMQA3LYJTWY56A}}",
            value: Some("{{SUAL|K6EUVKZMLQKFW6L53OISNZOMUIBRCIIF6Z3ECT5PNMQA3LYJTWY56A}}"),
            path: "",
        },
    ],
    no_matches: &[
        Example {
            text: "{{SUAL|K6EUVKZMLQKFW6L53OISNZOMUIBRCIIF6Z3ECT5PNMQA3LYJTWY5}}",
            value: None,
            path: "",
        },
        Example { text: "usual scale", value: None, path: "" },
    ],
};
