//! From what is left of a ground to sightings and findings, in the order of its bytes.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use sekisho_detectors::FileForm;
use sekisho_model::item::Hint;
use sekisho_model::{
    Finding, Place, Root, Severity, SharedStr, Sighting, Suppression, Tracked, Verdict, log_line,
};
use sekisho_policy::{marked, may_mark};
use sekisho_secret::Fingerprint;

use crate::checks::{self, Check};
use crate::examiner::Run;
use crate::ground::{Ground, Spans};
use crate::pending::Pending;
use crate::words::Words;

/// Pushes everything that was decided in `ground` into the sink.
pub(crate) fn emit(run: &mut Run<'_>, ground: &Ground<'_>, mut pending: Vec<Pending>) {
    if pending.is_empty() {
        return;
    }
    pending.sort_by(|a, b| a.order().cmp(&b.order()));
    // One value at one place is one sighting, whatever the number of ways that led to it.
    pending.dedup_by(|b, a| a.span == b.span && a.fingerprint == b.fingerprint && a.inside == b.inside);
    let mut masked: Vec<Range<usize>> = pending.iter().map(|p| p.span.clone()).collect();
    masked.sort_by_key(|range| (range.start, range.end));
    if run.examiner.options.inline_markers {
        set_aside(run, ground, &mut pending);
    }
    // A text of a history lies in nothing, so all that is seen in it comes here at once.
    if run.scanned.is_some() {
        let credentials: Vec<Fingerprint> = pending.iter().map(|pending| pending.fingerprint).collect();
        if run.sink.has_better(&credentials) {
            return;
        }
    }
    let mut spans = Spans::new(ground);
    let mut manifests = BTreeSet::new();
    for mut pending in pending {
        if let Some(certificate) = pending.public.and_then(|public| run.certificates.get(&public)) {
            pending.details.insert("certificate".to_owned(), certificate.clone());
        }
        let words = &run.examiner.words;
        let place = Arc::new(place(words, ground, &pending, &mut spans));
        let masked_line = ground.masked_line(&pending.span, &masked);
        let severity = match run.tracked {
            // Never committed and kept out of commits: hygiene, not a leak.
            Some(Tracked::Ignored) => pending.severity.min(Severity::Low),
            _ => pending.severity,
        };
        let is_log = matches!(*place.root, Root::Log { .. }) || ground.kind.form == FileForm::Log;
        let check = checks::of(&pending, &place, is_log);
        if severity > Severity::Info && !matches!(run.hint, Some(Hint::Opened)) {
            let manifest = check.is_of_object();
            if !manifest || manifests.insert(pending.object_number) {
                let finding = finding(run, check, &pending, &place, severity, &masked_line);
                run.sink.finding(finding);
            }
        }
        let location_id = run.ids.id(pending.detector.id, &place, &masked_line);
        let [detector, title, preview] =
            words.share([pending.detector.id, pending.detector.title, pending.detector.preview]);
        run.sink.sighting(Sighting {
            fingerprint: pending.fingerprint,
            weak: pending.weak,
            detector,
            title,
            rank: pending.detector.rank,
            preview,
            details: pending.details,
            severity,
            confidence: pending.confidence,
            location_id,
            encoding: pending.encoding,
            tracked: run.tracked,
            place,
        });
    }
}

/// Takes out what inline markers set aside, and counts it. Values that stand close to each other share
/// what is searched for markers.
fn set_aside(run: &mut Run<'_>, ground: &Ground<'_>, pending: &mut Vec<Pending>) {
    let around: Vec<Range<usize>> = pending.iter().map(|p| ground.around(&p.span)).collect();
    let mut may_be = Vec::with_capacity(around.len());
    for near in around.chunk_by(|a, b| a.end > b.start) {
        let start = near.iter().map(|range| range.start).min().unwrap_or_default();
        let end = near.iter().map(|range| range.end).max().unwrap_or_default();
        let has = may_mark(&ground.bytes[start..end]);
        may_be.resize(may_be.len() + near.len(), has);
    }
    let mut may_be = may_be.into_iter();
    pending.retain(|pending| {
        if !may_be.next().unwrap_or(true) {
            return true;
        }
        let (line, previous) = ground.marker_lines(&pending.span);
        let marked = marked(line, previous, pending.detector.id).is_some();
        if marked {
            run.sink.suppressed(Suppression::Inline);
        }
        !marked
    });
}

/// The full place of what is pending.
fn place(words: &Words, ground: &Ground<'_>, pending: &Pending, spans: &mut Spans<'_>) -> Place {
    let mut place = ground.place.at(spans.span(&pending.span));
    place.chars = spans.chars(&pending.span);
    place.inside.extend(pending.inside.iter().cloned());
    place.object.clone_from(&pending.object);
    place.field = pending.field.as_deref().map(|field| {
        let [field] = words.share([field]);
        field
    });
    if let Root::Etcd { .. } = &*place.root {
        // The text was made of what is stored: its positions are nowhere in the file.
        (place.span, place.chars) = (None, None);
    }
    if matches!(*place.root, Root::Log { .. })
        && let Root::Log { time, pod, container, .. } = Arc::make_mut(&mut place.root)
    {
        let meta = log_line(ground.marker_lines(&pending.span).0);
        *time = meta.time.map(SharedStr::from);
        *pod = meta.pod.map(SharedStr::from);
        *container = meta.container.map(SharedStr::from);
    }
    place
}

/// What the copy's place means. A Secret's manifest is one finding for the whole object.
fn finding(
    run: &mut Run<'_>,
    check: &Check,
    pending: &Pending,
    place: &Arc<Place>,
    severity: Severity,
    masked_line: &[u8],
) -> Finding {
    let mut place = Arc::clone(place);
    let whole_object = check.is_of_object();
    if whole_object {
        let place = Arc::make_mut(&mut place);
        place.field = None;
        place.inside.truncate(place.inside.len() - pending.inside.len());
    }
    let masked_line = if whole_object { &[] } else { masked_line };
    let words = &run.examiner.words;
    let [id, reason, fix] = words.share([check.id, check.reason, check.fix]);
    Finding {
        check: id,
        verdict: Verdict::Fail,
        severity: if whole_object && run.tracked != Some(Tracked::Ignored) {
            Severity::High
        } else {
            severity
        },
        controls: words.controls(check),
        credential: (!whole_object).then_some(pending.fingerprint),
        location_id: run.ids.id(check.id, &place, masked_line),
        reason,
        fix,
        place,
    }
}
