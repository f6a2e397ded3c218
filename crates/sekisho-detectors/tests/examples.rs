//! Every detector's own examples, and the rules that every detector keeps.

use sekisho_detectors::{ALL, Logic, Outcome, test_examples};
use sekisho_scan::PatternDetect;

#[test]
fn every_example_gives_what_it_says() {
    let results = test_examples().unwrap();
    let bad: Vec<_> = results.iter().filter(|r| r.outcome != Outcome::Good).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert!(results.len() > 2 * ALL.len());
}

#[test]
fn every_pattern_compiles_and_has_the_reach_of_the_table() {
    for detector in &ALL {
        if let Logic::Pattern { keywords, pattern, reach } = &detector.logic {
            let checked = PatternDetect::measured(pattern, keywords, *reach).check();
            assert!(checked.is_ok(), "{}: {checked:?}", detector.id);
            // Else each hit would cost a search of all that a match can span.
            let pattern = PatternDetect::measured(pattern, keywords, *reach);
            let id = detector.id;
            assert!(
                pattern.knows_its_keywords(),
                "{id}: a match may have its keyword anywhere, or have none"
            );
        }
    }
}

#[test]
fn every_detector_is_documented() {
    for detector in &ALL {
        let id = detector.id;
        assert!(!detector.references.is_empty(), "{id}");
        assert!(detector.references.iter().all(|r| r.starts_with("https://")), "{id}");
        assert!(detector.keywords().iter().all(|k| k.len() >= 3), "{id}");
        for text in [detector.title, detector.what, detector.why, detector.fix, detector.since] {
            assert!(!text.is_empty(), "{id}");
        }
        // What bytes alone tell has no text to show; the examiner's tests make such files.
        let told_by_bytes = matches!(detector.logic, sekisho_detectors::Logic::Content);
        assert!(!detector.matches.is_empty() || told_by_bytes, "{id}");
        assert!(detector.controls.iter().all(|c| sekisho_model::control::url(c).is_some()), "{id}");
    }
}
