//! One item through the whole house: containers, manifests, text, verdicts, ledger, report.

use std::sync::LazyLock;

use sekisho_examine::{Content, Examiner, Item, Options};
use sekisho_model::report::{KeyOrigin, Tool};
use sekisho_model::{Finding, Ledger, Place, Problem, Sighting, Sink, Suppression};
use sekisho_report::{find, read};
use sekisho_secret::{EstateKey, SecretBytes};
use sekisho_unpack::Limits;

use super::{kube_read, scan_blocks, unpack_containers};
use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "examine_item",
    body,
    seeds: || {
        [(kube_read::TARGET.seeds)(), scan_blocks::seeds(), (unpack_containers::TARGET.seeds)()].concat()
    },
    words: scan_blocks::WORDS,
};

/// Small, so that the caps themselves are met.
const LIMITS: Limits = Limits { depth: 4, output: 1 << 20, ratio: 100, entries: 64, random_access: 1 << 18 };

fn key() -> Option<EstateKey> {
    let mut bytes = [7; 32];
    bytes[0] = 1;
    EstateKey::from_bytes(bytes).ok()
}

static EXAMINER: LazyLock<Option<Examiner>> = LazyLock::new(|| {
    let needles = vec![SecretBytes::from(&b"made-up-value"[..])];
    let options = Options { needles, limits: LIMITS, ..Options::new(key()?) };
    Some(Examiner::new(options).ok()?.0)
});

fn body(bytes: &[u8]) {
    let (Some(examiner), Some(key)) = (&*EXAMINER, key()) else {
        return assert!(EXAMINER.is_some(), "the examiner refuses its own rules");
    };
    let mut sink = Spans { ledger: Ledger::new(10), len: bytes.len() as u64 };
    for name in ["a", "deploy/a.yaml", ".env"] {
        let item = |content| Item { place: Place::file(name), tracked: None, hint: None, content };
        examiner.examine(item(Content::Bytes(bytes)), &mut sink);
        let mut stream = bytes;
        examiner.examine(item(Content::Stream(&mut stream)), &mut sink);
    }
    sink.ledger.close_target("a", "file", false);
    let tool = Tool { version: "0".to_owned(), ruleset: "0".to_owned() };
    let report = sink.ledger.into_report(tool, key.key_id(), KeyOrigin::Ephemeral, false);
    let mut json = Vec::new();
    let written =
        find("json").map(|format| format.write(&report, &sekisho_report::Options::default(), &mut json));
    assert!(matches!(written, Some(Ok(()))), "only the writer can fail");
    assert_eq!(read(&json), Ok(report), "what is written reads back");
}

/// Looks at the spans of what comes by.
struct Spans {
    ledger: Ledger,
    len: u64,
}

impl Spans {
    fn look(&self, place: &Place) {
        let Some(span) = place.span else { return };
        assert!(span.line >= 1 && span.column >= 1, "lines and columns count from 1");
        assert!((span.line, span.column) <= (span.end_line, span.end_column), "a span ends before it starts");
        if place.inside.is_empty() {
            assert!(span.byte_offset + span.byte_length <= self.len, "a span lies outside of the item");
        }
    }
}

impl Sink for Spans {
    fn sighting(&mut self, sighting: Sighting) {
        self.look(&sighting.place);
        self.ledger.sighting(sighting);
    }

    fn finding(&mut self, finding: Finding) {
        self.look(&finding.place);
        self.ledger.finding(finding);
    }

    fn problem(&mut self, problem: Problem) {
        self.look(&problem.place);
        self.ledger.problem(problem);
    }

    fn suppressed(&mut self, by: Suppression) {
        self.ledger.suppressed(by);
    }
}
