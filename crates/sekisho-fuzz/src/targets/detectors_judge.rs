//! The verdict, over everything that the engine offers and over keys with values.

use std::sync::LazyLock;

use sekisho_detectors::{ALL, Context, canonical_form, judge, judge_pair, path_kind, read_key, rules};
use sekisho_model::FieldKind;
use sekisho_scan::{Engine, Needles, Source, Window};

use super::scan_blocks;
use crate::Target;

pub(crate) const TARGET: Target =
    Target { name: "detectors_judge", body, seeds: scan_blocks::seeds, words: scan_blocks::WORDS };

static ENGINE: LazyLock<Option<Engine>> = LazyLock::new(|| Engine::new(rules(), Needles::none()).ok());

fn body(bytes: &[u8]) {
    let Some(engine) = &*ENGINE else { return assert!(ENGINE.is_some(), "the engine refuses its own rules") };
    let kinds = ["src/a.py", ".env", "deploy/a.yaml", "test/a.go"].map(|name| path_kind(name, bytes));
    engine.scan(&Window::whole(bytes), &mut |candidate| {
        let Source::Rule(rule) = candidate.source else { return };
        let detector = &ALL[rule];
        for kind in kinds {
            let _ = judge(detector, &Context::of(bytes, &candidate, kind));
        }
        let _ = canonical_form(detector, &bytes[candidate.value]);
    });
    // The first line as key, the rest as value.
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let (key, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let _ = read_key(key);
    let key = String::from_utf8_lossy(key);
    for kind in
        [FieldKind::SecretString, FieldKind::Env, FieldKind::Arg, FieldKind::Header, FieldKind::Setting]
    {
        let _ = judge_pair(&key, value, kind, kinds[0]);
    }
}
