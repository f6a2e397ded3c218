//! [`Pending`]: a decided candidate on its way to the sink, and how overlapping ones settle.
//!
//! One text can hold one credential twice over (a provider's token as the value of an assignment)
//! or a container around another (a URL around its password, a base64 run around a file). The rule
//! of the house: one value each, and none for the container. Texts settle from the inside out, so
//! only candidates of one text, and texts decoded from it, ever compare.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use sekisho_detectors::Detector;
use sekisho_model::{Confidence, Encoding, FieldKind, ObjectRef, Severity, Step};
use sekisho_secret::Fingerprint;
use sekisho_unpack::SpkiDigest;

/// A candidate that was decided, without its final place.
#[derive(Clone)]
pub(crate) struct Pending {
    /// In the text at hand; translated as it moves outwards, in the end a range of the ground.
    pub(crate) span: Range<usize>,
    pub(crate) detector: &'static Detector,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) weak: bool,
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
    pub(crate) details: BTreeMap<String, String>,
    /// The public half of a private key: names its certificate, when one lies beside it.
    pub(crate) public: Option<SpkiDigest>,
    /// Outermost first.
    pub(crate) encoding: Vec<Encoding>,
    /// Steps inwards behind the ground's own.
    pub(crate) inside: Vec<Step>,
    pub(crate) object: Option<Arc<ObjectRef>>,
    pub(crate) field: Option<String>,
    pub(crate) field_kind: Option<FieldKind>,
    /// Tells two objects of one name in one file apart.
    pub(crate) object_number: u32,
}

impl Pending {
    /// The same in a text in which what begins at `from` here begins at `to`.
    pub(crate) fn moved(&self, from: usize, to: usize) -> Self {
        let Range { start, end } = self.span;
        Self { span: start + to - from..end + to - from, ..self.clone() }
    }

    /// The same where the objects behind number `from` come behind `to`; what is in none stays so.
    pub(crate) fn counted(&self, from: u32, to: u32) -> Self {
        let object_number = match self.object_number {
            0 => 0,
            number => number.saturating_sub(from).saturating_add(to),
        };
        Self { object_number, ..self.clone() }
    }

    /// Puts it into a field of an object.
    pub(crate) fn hold(&mut self, object: Option<&Arc<ObjectRef>>, number: u32, field: &str) {
        self.object = object.cloned();
        self.object_number = number;
        self.field = Some(field.to_owned());
    }

    /// The order of output: by position, then by what is further out, then by what names it better.
    pub(crate) fn order(&self) -> impl Ord + '_ {
        let Range { start, end } = self.span;
        (start, end, &self.inside, self.fingerprint, std::cmp::Reverse(self.detector.rank), self.detector.id)
    }
}

/// What was found in a text decoded from a range of the one at hand.
pub(crate) struct Inner {
    /// The range.
    pub(crate) range: Range<usize>,
    /// What was found there, already placed in that range.
    pub(crate) pending: Vec<Pending>,
}

/// Settles the candidates of one text among themselves: where two overlap, the higher rank stays,
/// then the longer, then the first. Sorted by position afterwards.
pub(crate) fn settle(mut candidates: Vec<Pending>) -> Vec<Pending> {
    candidates.sort_by(|a, b| {
        (a.span.start, a.span.end, a.detector.id).cmp(&(b.span.start, b.span.end, b.detector.id))
    });
    let mut kept: Vec<Pending> = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        // Kept candidates do not overlap, so only those at the end can reach this one.
        loop {
            match kept.last() {
                Some(last) if last.span.end > candidate.span.start => {
                    if strength(&candidate) > strength(last) {
                        kept.pop();
                    } else {
                        break;
                    }
                }
                _ => {
                    kept.push(candidate);
                    break;
                }
            }
        }
    }
    kept
}

fn strength(pending: &Pending) -> (u8, usize) {
    (pending.detector.rank, pending.span.len())
}

/// Settles a text against what was decoded from it: an inner credential takes the place of a
/// candidate around or across its range, unless that one is more specific. `own` is settled.
pub(crate) fn settle_inner(own: Vec<Pending>, inner: Vec<Inner>) -> Vec<Pending> {
    let mut own: Vec<Option<Pending>> = own.into_iter().map(Some).collect();
    let ends: Vec<(usize, usize, u8)> =
        own.iter().flatten().map(|p| (p.span.start, p.span.end, p.detector.rank)).collect();
    let mut taken = Vec::new();
    for inner in inner {
        let real = inner.pending.iter().filter(|p| p.severity > Severity::Info);
        if let Some(rank) = real.map(|p| p.detector.rank).max() {
            let first = ends.partition_point(|(_, end, _)| *end <= inner.range.start);
            let over = ends[first..].partition_point(|(start, _, _)| *start < inner.range.end);
            let over = first..first + over;
            if ends[over.clone()].iter().any(|(_, _, outer)| *outer > rank) {
                continue;
            }
            own[over].fill_with(|| None);
        }
        taken.extend(inner.pending);
    }
    taken.extend(own.into_iter().flatten());
    taken.sort_by_key(|p| (p.span.start, p.span.end));
    taken
}
