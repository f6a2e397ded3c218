//! What a line of a log tells of itself: when, which pod, which container.
//!
//! Read from the forms in which Kubernetes' logs come: `kubectl logs` with `--prefix` and
//! `--timestamps`, CRI files, docker's json-file, klog, logfmt, stern, and JSON lines as fluent-bit,
//! filebeat, Loki, Google Cloud and OpenTelemetry write them.
//!
//! A log is not trusted, and its line holds a credential: only what has the shape of a time or of a
//! Kubernetes name is taken, so that no value can pass as one. What does not fit is left out.

/// What a line tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogMeta {
    /// The time stamp as it stands there.
    pub time: Option<String>,
    /// The pod that wrote the line.
    pub pod: Option<String>,
    /// The container that wrote the line.
    pub container: Option<String>,
}

/// Bytes at the beginning of a line that are read: metadata behind that is not worth a second pass
/// over endless lines.
const READ: usize = 16 * 1024;

/// Reads what `line` tells of itself; with or without its line end, of any length.
pub fn log_line(line: &[u8]) -> LogMeta {
    let line = &line[..line.len().min(READ)];
    let mut meta = LogMeta::default();
    let rest = match kubectl_prefix(line).or_else(|| stern_prefix(line)) {
        Some((pod, container, rest)) => {
            meta.pod = name(pod);
            meta.container = name(container);
            rest
        }
        None => line,
    };
    let bare = [&b"time="[..], b"ts="].into_iter().find_map(|key| rest.strip_prefix(key)).unwrap_or(rest);
    if let Some(time) = timestamp(bare.strip_prefix(b"\"").unwrap_or(bare)) {
        meta.time = Some(time);
    } else if let Some(time) = klog_time(rest) {
        meta.time = Some(time);
    } else if rest.starts_with(b"{") {
        json(rest, &mut meta);
    }
    meta
}

/// `[pod/NAME/CONTAINER] rest`.
fn kubectl_prefix(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let line = line.strip_prefix(b"[pod/")?;
    let (prefix, rest) = split_once(line, b']')?;
    let (pod, container) = split_once(prefix, b'/')?;
    Some((pod, container, rest.strip_prefix(b" ").unwrap_or(rest)))
}

/// `POD CONTAINER rest`, where the first word is unmistakably the name of a pod: it ends with the
/// suffix that a controller gave it, or with an ordinal and a time stamp follows.
fn stern_prefix(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (pod, rest) = split_once(line, b' ')?;
    let (container, rest) = split_once(rest, b' ')?;
    let suffix = &pod[pod.iter().rposition(|&b| b == b'-')? + 1..];
    // The alphabet of k8s.io/apimachinery/pkg/util/rand: no vowels, and no digits that look like some.
    let generated = suffix.len() == 5 && suffix.iter().all(|b| b"bcdfghjklmnpqrstvwxz2456789".contains(b));
    let ordinal = !suffix.is_empty() && suffix.iter().all(u8::is_ascii_digit) && timestamp(rest).is_some();
    (is_name(pod) && is_name(container) && (generated || ordinal)).then_some((pod, container, rest))
}

fn split_once(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let mid = bytes.iter().position(|&b| b == at)?;
    Some((&bytes[..mid], &bytes[mid + 1..]))
}

/// A name of RFC 1123, as pods and containers have.
fn is_name(bytes: &[u8]) -> bool {
    let inner = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    bytes.len() <= 253 && bytes.iter().all(inner) && edge(bytes.first()) && edge(bytes.last())
}

fn name(bytes: &[u8]) -> Option<String> {
    is_name(bytes).then(|| text(bytes))
}

/// ASCII as text.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Whether `bytes` begin with `shape`, in which `0` stands for any digit.
fn has_shape(bytes: &[u8], shape: &[u8]) -> bool {
    bytes.len() >= shape.len()
        && bytes.iter().zip(shape).all(|(b, s)| if *s == b'0' { b.is_ascii_digit() } else { b == s })
}

/// A time stamp of RFC 3339, or its kin with a blank for the `T`, a comma in the seconds or no
/// zone, at the beginning of `bytes`.
fn timestamp(bytes: &[u8]) -> Option<String> {
    if !has_shape(bytes, b"0000-00-00") || !matches!(bytes.get(10), Some(b'T' | b't' | b' ')) {
        return None;
    }
    if !has_shape(&bytes[11..], b"00:00:00") {
        return None;
    }
    let mut len = 19;
    if matches!(bytes.get(len), Some(b'.' | b',')) {
        let digits = bytes[len + 1..].iter().take(9).take_while(|b| b.is_ascii_digit()).count();
        len += if digits > 0 { 1 + digits } else { 0 };
    }
    let zone = &bytes[len..];
    if zone.starts_with(b"Z") || zone.starts_with(b"z") {
        len += 1;
    } else if has_shape(zone, b"+00:00") || has_shape(zone, b"-00:00") {
        len += 6;
    } else if has_shape(zone, b"+0000") || has_shape(zone, b"-0000") {
        len += 5;
    }
    let ends = bytes.get(len).is_none_or(|b| !b.is_ascii_alphanumeric());
    ends.then(|| text(&bytes[..len]))
}

/// `I0131 15:04:05.678901` of klog: month and day, without a year.
fn klog_time(line: &[u8]) -> Option<String> {
    let (level, rest) = line.split_first()?;
    (b"IWEF".contains(level) && has_shape(rest, b"0000 00:00:00.000000")).then(|| text(&rest[..20]))
}

/// Seconds, milliseconds or nanoseconds since 1970 as a JSON number.
fn epoch(number: &[u8]) -> Option<String> {
    let digits = number.iter().filter(|b| b.is_ascii_digit()).count();
    let plain = number.iter().all(|b| b.is_ascii_digit() || b".eE+".contains(b));
    (plain && (10..=20).contains(&digits) && number.len() <= 24).then(|| text(number))
}

const TIME_KEYS: &[&str] = &["time", "ts", "timestamp", "@timestamp"];
const POD_KEYS: &[&str] = &[
    "pod",
    "pod_name",
    "podName",
    "kubernetes.pod_name",
    "kubernetes.pod.name",
    "k8s.pod.name",
    "labels.pod",
    "resource.labels.pod_name",
];
const CONTAINER_KEYS: &[&str] = &[
    "container",
    "container_name",
    "containerName",
    "kubernetes.container_name",
    "kubernetes.container.name",
    "k8s.container.name",
    "labels.container",
    "resource.labels.container_name",
];

/// A path of keys is at most this long, in bytes, and at most this deep; what lies beyond has no
/// name that we know.
const MAX_PATH: usize = 64;
const MAX_DEPTH: usize = 4;

/// Takes the members of a JSON object that tell of the line; of several the first. One pass without
/// recursion; what is broken or cut off ends it.
fn json(line: &[u8], meta: &mut LogMeta) {
    // The path of keys, joined by dots, and its length at each open bracket; arrays have no keys.
    let mut path: Vec<u8> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut expects_key = false;
    let mut at = 0;
    while let Some(&byte) = line.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => {
                if !open.is_empty() {
                    path.push(if byte == b'{' { b'.' } else { b'[' });
                }
                open.push(path.len());
                expects_key = byte == b'{';
                // Deep nesting is for payloads.
                if open.len() > MAX_DEPTH || path.len() > MAX_PATH {
                    let Some(end) = skip_nested(line, at) else { return };
                    at = end;
                    open.pop();
                    expects_key = false;
                }
            }
            b'}' | b']' => {
                open.pop();
                expects_key = false;
                if open.is_empty() {
                    return;
                }
            }
            b',' => {
                let Some(&len) = open.last() else { return };
                path.truncate(len);
                expects_key = path.last() != Some(&b'[');
            }
            b'"' => {
                let Some(end) = string_end(line, at) else { return };
                let string = &line[at..end];
                at = end + 1;
                if expects_key {
                    let Some(&len) = open.last() else { return };
                    path.truncate(len);
                    path.extend_from_slice(string.get(..MAX_PATH).unwrap_or(string));
                    expects_key = false;
                } else {
                    member(&path, string, meta);
                }
            }
            b'0'..=b'9' => {
                let len =
                    line[at..].iter().take_while(|b| b.is_ascii_digit() || b".eE+-".contains(b)).count();
                let number = &line[at - 1..at + len];
                at += len;
                if meta.time.is_none() && is_one_of(&path, TIME_KEYS) {
                    meta.time = epoch(number);
                }
            }
            _ => {}
        }
    }
}

/// Takes a string under `path`, if it is one of ours and has the right shape.
fn member(path: &[u8], string: &[u8], meta: &mut LogMeta) {
    if meta.time.is_none() && is_one_of(path, TIME_KEYS) {
        meta.time = timestamp(string).filter(|time| time.len() == string.len());
    } else if meta.pod.is_none() && is_one_of(path, POD_KEYS) {
        meta.pod = name(string);
    } else if meta.container.is_none() && is_one_of(path, CONTAINER_KEYS) {
        meta.container = name(string);
    }
}

fn is_one_of(path: &[u8], keys: &[&str]) -> bool {
    keys.iter().any(|key| key.as_bytes() == path)
}

/// The closing quote of a string that begins at `at`.
fn string_end(line: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match line.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Behind the bracket that closes one that was opened before `at`.
fn skip_nested(line: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 1_usize;
    while depth > 0 {
        match line.get(at)? {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b'"' => at = string_end(line, at + 1)?,
            _ => {}
        }
        at += 1;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `time|pod|container`, empty for what is not told.
    fn read(line: &str) -> String {
        let meta = log_line(line.as_bytes());
        [meta.time, meta.pod, meta.container].map(Option::unwrap_or_default).join("|")
    }

    #[test]
    fn kubectl() {
        assert_eq!(read("[pod/web-0/app] hello"), "|web-0|app");
        assert_eq!(
            read("[pod/web-0/app] 2026-01-02T03:04:05.123456789Z hello"),
            "2026-01-02T03:04:05.123456789Z|web-0|app"
        );
        assert_eq!(read("2026-01-02T03:04:05+09:00 hello"), "2026-01-02T03:04:05+09:00||");
        assert_eq!(read("[pod/Not A Name/app] hello"), "||app");
    }

    #[test]
    fn runtimes() {
        assert_eq!(
            read("2026-01-02T03:04:05.678901234Z stdout F token=x"),
            "2026-01-02T03:04:05.678901234Z||"
        );
        assert_eq!(
            read(r#"{"log":"token=\"x\" pod\n","stream":"stderr","time":"2026-01-02T03:04:05.6Z"}"#),
            "2026-01-02T03:04:05.6Z||"
        );
    }

    #[test]
    fn plain_forms() {
        assert_eq!(read("I0131 15:04:05.678901       1 server.go:12] started"), "0131 15:04:05.678901||");
        assert_eq!(read(r#"time="2026-01-02T03:04:05Z" level=info"#), "2026-01-02T03:04:05Z||");
        assert_eq!(read("ts=2026-01-02T03:04:05.1Z caller=x"), "2026-01-02T03:04:05.1Z||");
        assert_eq!(read("2026-01-02 03:04:05,123 INFO hello"), "2026-01-02 03:04:05,123||");
        assert_eq!(read("2026-01-02T03:04:05-0700 hello"), "2026-01-02T03:04:05-0700||");
    }

    #[test]
    fn stern() {
        assert_eq!(read("web-7d9c5b8f6b-x2w9k nginx GET /"), "|web-7d9c5b8f6b-x2w9k|nginx");
        assert_eq!(read("db-0 postgres 2026-01-02T03:04:05Z ready"), "2026-01-02T03:04:05Z|db-0|postgres");
        assert_eq!(read("top-10 items of the list"), "||");
        assert_eq!(read("error while connecting"), "||");
        assert_eq!(
            read(r#"{"message":"m","nodeName":"n","namespace":"s","podName":"web-0","containerName":"app"}"#),
            "|web-0|app"
        );
    }

    #[test]
    fn collectors() {
        assert_eq!(
            read(
                r#"{"date":1.5,"log":"x","kubernetes":{"pod_name":"web-0","namespace_name":"shop","labels":{"app":"web"},"container_name":"app"}}"#
            ),
            "|web-0|app"
        );
        assert_eq!(
            read(
                r#"{"@timestamp":"2026-01-02T03:04:05.000Z","kubernetes":{"pod":{"name":"web-0","ip":["::1"]},"container":{"name":"app"}}}"#
            ),
            "2026-01-02T03:04:05.000Z|web-0|app"
        );
        assert_eq!(
            read(
                r#"{"labels":{"pod":"web-0","container":"app"},"line":"x","timestamp":"2026-01-02T03:04:05Z"}"#
            ),
            "2026-01-02T03:04:05Z|web-0|app"
        );
        assert_eq!(
            read(r#"{"k8s.pod.name":"web-0","k8s.container.name":"app","ts":1767323045.25,"level":"info"}"#),
            "1767323045.25|web-0|app"
        );
        assert_eq!(
            read(
                r#"[pod/web-0/app] {"ts":"2026-01-02T03:04:05Z","list":[1,{"pod":"no"},"time"],"pod":"other"}"#
            ),
            "2026-01-02T03:04:05Z|web-0|app"
        );
    }

    /// Members that only look like ours by their key hold what must not be told.
    #[test]
    fn values_do_not_pass_as_metadata() {
        for line in [
            r#"{"time":"CANARY","pod":"CANARY_x","container":"CANARY/1"}"#,
            r#"{"time":"2026-01-02T03:04:05Z CANARY"}"#,
            r#"{"ts":123}"#,
            r#"{"secret":{"pod":"canary"},"x":[{"pod":"canary"}]}"#,
            r#"{"a":{"b":{"c":{"d":{"pod":"canary"}}}}}"#,
            r#"{"pod":"can\u0061ry"}"#,
            "[pod/CANARY/CANARY] x",
            "2026-01-02T03:04:05CANARY",
        ] {
            assert_eq!(read(line), "||", "{line}");
        }
    }

    #[test]
    fn broken_and_endless_lines_end() {
        for line in [
            r#"{"time""#,
            r#"{"time":"2026"#,
            "{{{{{{{{",
            "[pod/",
            "[pod/a",
            r#"{"a\"#,
            "{]}",
            "},",
            "{\"a\":[[[[",
        ] {
            assert_eq!(read(line), "||", "{line}");
        }
        assert_eq!(read(&format!("{{\"log\":\"{}\",\"pod\":\"web-0\"}}", "x".repeat(READ))), "||");
        assert_eq!(read(&"{\"a\":".repeat(READ)), "||");
        assert_eq!(read(&"[".repeat(READ)), "||");
    }
}
