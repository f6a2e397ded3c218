//! The same credential is as bad as the place that it stands in, and is told everywhere.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test throughout")]

use sekisho_examine::{Content, Examiner, Item, Options};
use sekisho_model::{Finding, Place, Problem, Severity, Sighting, Sink, Suppression};
use sekisho_secret::EstateKey;

#[derive(Default)]
struct Worst(Option<Severity>);

impl Sink for Worst {
    fn sighting(&mut self, sighting: Sighting) {
        self.0 = self.0.max(Some(sighting.severity));
    }

    fn finding(&mut self, _: Finding) {}

    fn problem(&mut self, problem: Problem) {
        panic!("{problem:?}");
    }

    fn suppressed(&mut self, _: Suppression) {}
}

/// How bad the worst of a file is.
fn worst(path: &str, text: &str) -> Option<Severity> {
    let mut key = [3; 32];
    key[0] = 1;
    let (examiner, _) = Examiner::new(Options::new(EstateKey::from_bytes(key).unwrap())).unwrap();
    let mut worst = Worst::default();
    let item = Item {
        place: Place::file(path),
        tracked: None,
        hint: None,
        content: Content::Bytes(text.as_bytes()),
    };
    examiner.examine(item, &mut worst);
    worst.0
}

const TOKEN: &str = concat!("k3Vt9pLq2xWz7", "YbNm4Rc8Hd1");

#[test]
fn tests_and_manuals_of_a_program_are_less_bad_than_it() {
    let used = format!("fn a() {{\n    let api_token = \"{TOKEN}\";\n}}\n");
    assert_eq!(worst("src/a.rs", &used), Some(Severity::High));
    let tested =
        format!("fn a() {{}}\n\n#[cfg(test)]\nmod tests {{\n    const API_TOKEN: &str = \"{TOKEN}\";\n}}\n");
    assert_eq!(worst("src/a.rs", &tested), Some(Severity::Medium));
    let told = format!("def a():\n    \"\"\"Logs in.\n\n    a(api_token=\"{TOKEN}\")\n    \"\"\"\n");
    assert_eq!(worst("a.py", &told), Some(Severity::Medium));
    let named = format!("const TEST_API_TOKEN: &str = \"{TOKEN}\";\n");
    assert_eq!(worst("src/a.rs", &named), Some(Severity::Medium));
}

#[test]
fn structured_files_of_tests_and_samples_are_too_but_not_what_is_applied() {
    let json = format!("{{\"api_token\": \"{TOKEN}\"}}\n");
    assert_eq!(worst("app.json", &json), Some(Severity::High));
    assert_eq!(worst("tests/fixtures/app.json", &json), Some(Severity::Medium));
    assert_eq!(worst("api.examples.json", &json), Some(Severity::Medium));
    let secret =
        format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  api-token: {TOKEN}\n");
    assert_eq!(worst("tests/fixtures/a.yaml", &secret), Some(Severity::High));
}

#[test]
fn what_everybody_would_guess_is_less_bad_outside_of_objects() {
    let compose =
        |password| format!("services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: {password}\n");
    assert_eq!(worst("compose.yaml", &compose("root")), Some(Severity::Medium));
    assert_eq!(worst("compose.yaml", &compose("hunter2")), Some(Severity::High));
}

#[test]
fn what_its_provider_has_issued_is_as_bad_everywhere() {
    let token = concat!("gh", "p_", "rvmuJQEv1tLaEoqo", "aUru3hUusy76ap4Xr54x");
    let used = worst("src/a.rs", &format!("let t = \"{token}\";\n"));
    let tested = worst("tests/a.rs", &format!("let t = \"{token}\";\n"));
    assert_eq!(used, tested);
    assert!(used >= Some(Severity::High), "{used:?}");
}
