//! [`test_examples`]: every detector's own examples through the real engine, for `detectors test`.

use sekisho_scan::{Engine, EngineError, Needles, Source, Window};

use crate::canonical::canonical_form;
use crate::detector::{ALL, Detector, Example, Logic, join_example, rules};
use crate::pair::{PairVerdict, judge_pair};
use crate::path_kind::path_kind;
use crate::verdict::{Context, Verdict, judge};

/// What one example gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExampleResult {
    /// The detector.
    pub detector: &'static str,
    /// Whether it must report.
    pub must_match: bool,
    /// Position among the examples of that kind, from 0.
    pub index: usize,
    /// What happened.
    pub outcome: Outcome,
}

/// What happened to an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// As it should be.
    Good,
    /// A credential was missed.
    Missed,
    /// A credential was found, but not the value that the example names.
    OtherValue,
    /// Something was reported that is none.
    FalseAlarm,
}

/// Runs every example of every detector.
///
/// # Errors
/// When the engine refuses a keyword.
pub fn test_examples() -> Result<Vec<ExampleResult>, EngineError> {
    let engine = Engine::new(rules(), Needles::none())?;
    let mut results = Vec::new();
    for (rule, detector) in ALL.iter().enumerate() {
        for (must_match, examples) in [(true, detector.matches), (false, detector.no_matches)] {
            for (index, example) in examples.iter().enumerate() {
                let outcome = run(&engine, rule, detector, example, must_match);
                results.push(ExampleResult { detector: detector.id, must_match, index, outcome });
            }
        }
    }
    Ok(results)
}

fn run(engine: &Engine, rule: usize, detector: &Detector, example: &Example, must_match: bool) -> Outcome {
    let text = join_example(example.text);
    let wanted = example.value.map(join_example);
    let (mut reported, mut as_wanted) = (false, false);
    if let Logic::Field(kind) = detector.logic {
        let (key, value) = text.split_once(": ").unwrap_or((&text, ""));
        let verdict = judge_pair(key, value.as_bytes(), kind, path_kind(example.path, b""));
        if let PairVerdict::Secret { detector: id, value: range, .. } = verdict {
            reported = id == detector.id;
            as_wanted = wanted.as_ref().is_none_or(|w| w.as_bytes() == &value.as_bytes()[range]);
        }
    } else {
        let path = path_kind(example.path, text.as_bytes());
        engine.scan(&Window::whole(text.as_bytes()), &mut |candidate| {
            if candidate.source != Source::Rule(rule) {
                return;
            }
            let verdict = judge(detector, &Context::of(text.as_bytes(), &candidate, path));
            if !matches!(verdict, Verdict::Report { .. }) {
                return;
            }
            let Some(canonical) = canonical_form(detector, &text.as_bytes()[candidate.value.clone()]) else {
                return;
            };
            reported = true;
            as_wanted |= wanted.as_ref().is_none_or(|w| w.as_bytes() == &*canonical.bytes);
        });
    }
    match (must_match, reported, as_wanted) {
        (true, true, true) | (false, false, _) => Outcome::Good,
        (true, true, false) => Outcome::OtherValue,
        (true, false, _) => Outcome::Missed,
        (false, true, _) => Outcome::FalseAlarm,
    }
}
