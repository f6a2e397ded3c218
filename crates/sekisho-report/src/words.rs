//! How things are called in front of people: numbers, sizes, places. Whatever comes from a report
//! leaves this module escaped for a terminal (see [`crate::escape`]).

use std::borrow::Cow;

use sekisho_model::report::Coverage;
use sekisho_model::{
    Copy, Credential, Encoding, GitHistory, ObjectRef, Place, Root, Step, TargetPath, Tracked,
};

use crate::escape::{terminal, terminal_bytes};

/// `1,284`.
pub(crate) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 copy`, `2 copies`.
pub(crate) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// Bytes in decimal units: `812 kB`, `18.4 MB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1_000 {
        return count(bytes, "byte", "bytes");
    }
    let (mut scaled, mut unit) = (bytes as f64 / 1e3, 0);
    while scaled >= 999.5 && unit + 1 < UNITS.len() {
        scaled /= 1e3;
        unit += 1;
    }
    let digits = usize::from(scaled < 99.95);
    format!("{scaled:.digits$} {}", UNITS[unit])
}

/// A sum of numbers from a report, which may be forged.
pub(crate) fn sum(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(0, u64::saturating_add)
}

/// Items and bytes of all targets.
pub(crate) fn looked_at(coverage: &[Coverage]) -> (u64, u64) {
    (sum(coverage.iter().map(|c| c.items)), sum(coverage.iter().map(|c| c.bytes)))
}

/// Copies that are counted and not listed.
pub(crate) fn unlisted(credentials: &[Credential]) -> u64 {
    sum(credentials.iter().map(|c| c.copies_total.saturating_sub(c.copies.len() as u64)))
}

/// A path, with bytes that are not UTF-8 as `\xff`.
pub(crate) fn path(path: &TargetPath) -> String {
    exact(&path.path, path.path_b64.as_deref())
}

fn exact(text: &str, base64: Option<&str>) -> String {
    match base64.and_then(bytes_of) {
        Some(bytes) => terminal_bytes(&bytes),
        None => terminal(text).into_owned(),
    }
}

/// The bytes behind a `path_b64`; none when it is not base64, which only a forged report holds.
pub(crate) fn bytes_of(base64: &str) -> Option<Vec<u8>> {
    data_encoding::BASE64.decode(base64.as_bytes()).ok()
}

/// Where a place is, without line and column: the path and the archive members inwards, joined by
/// `into`.
pub(crate) fn whereabouts(place: &Place, into: &str) -> String {
    let mut parts = match &*place.root {
        Root::Log { path: p, .. } if p.path == "-" => vec!["stdin".to_owned()],
        Root::File { path: p } | Root::Log { path: p, .. } => vec![path(p)],
        Root::Git { repo, path: p, blob, history } => {
            let own = if p.path.is_empty() { object_of_git(blob, history.as_deref()) } else { path(p) };
            let outer = Some(repo).filter(|repo| !matches!(repo.as_str(), "" | "."));
            outer.map(|repo| terminal(repo).into_owned()).into_iter().chain([own]).collect()
        }
        Root::Image { image, path: p, .. } => vec![terminal(image).into_owned(), path(p)],
        Root::ImageConfig { image, .. } => vec![terminal(image).into_owned(), "config".to_owned()],
        Root::Object { cluster } => vec![terminal(cluster).into_owned()],
        Root::Etcd { path: p, key, .. } => vec![path(p), terminal(key).into_owned()],
    };
    if let Some(target) = &place.target {
        parts[0] = format!("{}/{}", terminal(target.trim_end_matches('/')), parts[0]);
    }
    for step in &place.inside {
        match step {
            Step::Entry(name) => parts.push(terminal(name).into_owned()),
            Step::EntryB64(name) => parts.push(exact(name, Some(name))),
            Step::Decoded(_) | Step::Field(_) | Step::Record(_) => {}
        }
    }
    parts.join(into)
}

/// What stands at no path: the message of a commit, which is its own first, that of a tag, a blob; nothing
/// for a whole repository.
fn object_of_git(name: &str, history: Option<&GitHistory>) -> String {
    let first = history.and_then(|history| history.introduced.as_ref());
    let kind = if first.is_some_and(|first| first.commit == name) { "commit" } else { "object" };
    if name.is_empty() { String::new() } else { format!("{kind} {}", terminal(head(name, 10))) }
}

/// Whether a place's span counts in the file, blob or log of its root, not in an archive's member
/// or in what a compressed file holds.
pub(crate) fn is_in_root(place: &Place) -> bool {
    let member = |step: &Step| matches!(step, Step::Entry(_) | Step::EntryB64(_));
    let compressed =
        |step: &Step| matches!(step, Step::Decoded(Encoding::Gzip | Encoding::Zlib | Encoding::Zstd));
    !place.inside.first().is_some_and(compressed) && !place.inside.iter().any(member)
}

/// `:31:22`, or nothing for a whole item.
pub(crate) fn position(place: &Place) -> String {
    place.span.map(|span| format!(":{}:{}", span.line, span.column)).unwrap_or_default()
}

/// `Deployment api (shop)`.
pub(crate) fn object(object: &ObjectRef) -> String {
    let named = format!("{} {}", object.kind, object.name);
    let named = terminal(named.trim());
    match &object.namespace {
        Some(namespace) => format!("{named} ({})", terminal(namespace)),
        None => named.into_owned(),
    }
}

/// Parts named of a place; only forged reports have more.
const MAX_CONTEXT: usize = 8;

/// What a place is a part of: the object, the field, the fields of a document within, the blob in
/// the history, the pod that wrote the line.
pub(crate) fn context(place: &Place) -> Vec<String> {
    let mut parts: Vec<String> = place.object.iter().map(|it| object(it)).collect();
    parts.extend(place.field.iter().map(|field| terminal(field).into_owned()));
    parts.extend(place.inside.iter().filter_map(|step| match step {
        Step::Field(field) => Some(terminal(field).into_owned()),
        _ => None,
    }));
    match &*place.root {
        Root::Log { time, pod, container, .. } => {
            parts.extend(pod.iter().map(|pod| format!("pod {}", terminal(pod))));
            parts.extend(container.iter().map(|name| format!("container {}", terminal(name))));
            parts.extend(time.iter().map(|time| terminal(time).into_owned()));
        }
        Root::Git { path, .. } if path.path.is_empty() => parts.push("history".to_owned()),
        Root::Git { blob, .. } => parts.push(format!("history, blob {}", terminal(head(blob, 10)))),
        Root::Image { layer: digest, .. } => parts.push(format!("layer {}", terminal(head(digest, 19)))),
        Root::Etcd { revision, region, offset, .. } => {
            parts.extend(revision.map(|revision| format!("revision {revision}")));
            parts.extend(
                region.as_deref().filter(|region| *region != "live").map(|r| terminal(r).into_owned()),
            );
            parts.extend(offset.map(|offset| format!("at byte {offset}")));
        }
        Root::File { .. } | Root::ImageConfig { .. } | Root::Object { .. } => {}
    }
    parts.truncate(MAX_CONTEXT);
    parts
}

/// The first `n` characters.
pub(crate) fn head(text: &str, n: usize) -> &str {
    text.char_indices().nth(n).map_or(text, |(at, _)| &text[..at])
}

/// `base64 → gzip`, outermost first.
pub(crate) fn encodings(layers: &[Encoding], arrow: &str) -> Option<String> {
    let names: Vec<&str> = layers.iter().map(|layer| layer.as_str()).collect();
    (!names.is_empty()).then(|| names.join(&format!(" {arrow} ")))
}

/// What git knows of a copy's file, where that says something.
pub(crate) fn tracked(copy: &Copy) -> Option<&'static str> {
    match copy.tracked {
        Some(Tracked::Untracked) => Some("untracked"),
        Some(Tracked::Ignored) => Some("git-ignored"),
        Some(Tracked::Tracked) | None => None,
    }
}

/// `text` with a capital at its beginning.
pub(crate) fn capital(text: &str) -> Cow<'_, str> {
    match text.chars().next() {
        Some(c) if c.is_ascii_lowercase() => Cow::Owned(format!("{}{}", c.to_ascii_uppercase(), &text[1..])),
        _ => Cow::Borrowed(text),
    }
}

/// `text` as a sentence: with a capital and a full stop, without space around it.
pub(crate) fn sentence(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    match capital(text) {
        whole if text.is_empty() || text.ends_with(['.', '!', '?', '…']) => whole,
        open => Cow::Owned(format!("{open}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_sizes_read_well() {
        assert_eq!([0, 999, 1000, 1_284_000].map(number), ["0", "999", "1,000", "1,284,000"]);
        assert_eq!(count(1, "copy", "copies"), "1 copy");
        assert_eq!(count(12, "copy", "copies"), "12 copies");
        assert_eq!(
            [1, 999, 1_000, 99_949, 99_960, 999_499, 999_500, 18_400_000, 2_000_000_000].map(size),
            ["1 byte", "999 bytes", "1.0 kB", "99.9 kB", "100 kB", "999 kB", "1.0 MB", "18.4 MB", "2.0 GB"]
        );
        assert!(size(u64::MAX).ends_with(" TB"));
    }

    #[test]
    fn places_name_what_they_are_in() {
        let mut place =
            Place::file(TargetPath::from_bytes(b"caf\xe9.zip")).step(Step::Entry("b/\x1bc.env".into()));
        assert_eq!(whereabouts(&place, " > "), r"caf\xe9.zip > b/\u{1b}c.env");
        let object =
            ObjectRef { kind: "Secret".into(), namespace: Some("shop".into()), ..ObjectRef::default() };
        place.object = Some(object.into());
        place.field = Some("data.password".into());
        assert_eq!(context(&place), ["Secret (shop)", "data.password"]);
        assert_eq!(position(&place), "");
        let git = Root::Git {
            repo: ".".into(),
            path: ".env".into(),
            blob: "0123456789abcdef".into(),
            history: None,
        };
        assert_eq!(context(&Place::new(git)), ["history, blob 0123456789"]);
        let message = Root::Git {
            repo: "sub".into(),
            path: TargetPath::default(),
            blob: "0123456789abcdef".into(),
            history: None,
        };
        assert_eq!(whereabouts(&Place::new(message.clone()), " > "), "sub > object 0123456789");
        assert_eq!(context(&Place::new(message)), ["history"]);
    }
}
