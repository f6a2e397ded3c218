//! Baselines: our own, and whole reports as one.

use sekisho_policy::Baseline;

use crate::{Target, seeds};

const BASELINE: &str = r#"{"schema":"sekisho.baseline/v1","key_id":"f00a630fd938fd82","entries":[
{"location_id":"000102030405060708090a0b0c0d0e0f","detector":"generic/password","path":"a.env","fingerprint":null}]}"#;

pub(crate) const TARGET: Target = Target {
    name: "policy_baseline",
    body,
    seeds: || seeds::all(&[BASELINE, seeds::REPORT]),
    words: &[b"sekisho.baseline/v1", b"sekisho.report/v1", b"\"entries\"", b"\"fingerprint\"", b"null"],
};

fn body(bytes: &[u8]) {
    if let Ok(baseline) = Baseline::parse(bytes) {
        let again = Baseline::parse(&baseline.to_json());
        assert_eq!(
            again.as_ref().map(Baseline::to_json),
            Ok(baseline.to_json()),
            "what is written reads back"
        );
    }
}
