//! `sarif`: SARIF 2.1.0, for code scanning (GitHub, SonarQube, DefectDojo).
//!
//! One result for each copy, since a copy is what a person closes, with the other copies of the
//! credential as related locations; and one for each finding about a whole object. No value
//! fingerprint: `partialFingerprints` has the location id.
//!
//! **Columns.** Ours are in bytes; SARIF knows UTF-16 code units and code points only (§3.14.27),
//! and without the text nobody can convert. So `columnKind` is `unicodeCodePoints`, and a region has
//! columns exactly where the place carries columns counted in characters; then it has the byte
//! offset and length too, as one and the same range (§3.30.1). Where it carries none, the region is
//! the whole lines `startLine` to `endLine`, which is true; a byte range beside it would not be, for
//! it would be another range, which §3.30.4 forbids in so many words. It goes into the property bag.
//! A region belongs to the artifact that is named (§3.29.4), so places inside archives and
//! compressed files have none, and etcd's bytes have a byte range only.
//!
//! **Limits** are those of GitHub's code scanning, which refuses files above them. What they leave
//! out is said in the invocation's notifications, as is all that was not looked at.
//!
//! **Fingerprints.** GitHub matches alerts by `primaryLocationLineHash` alone. Its upload action
//! computes that for files of the repository and warns of any other value, so it stands here only
//! where the action computes none: results without a line, or outside the repository.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use sekisho_model::report::{Report, Status};
use sekisho_model::{Confidence, Copy, Place, Root, Severity, SharedStr, TargetPath, control};
use serde::Serialize;
use serde_json::{Value, json};

use super::Format;
use crate::escape::{markdown, terminal};
use crate::json::Lazily;
use crate::options::{Guide, Options};
use crate::view::{Item, Subject, View};
use crate::words::{self, count, number};

/// Results in a run; a file with more is refused.
const MAX_RESULTS: usize = 25_000;
/// Results that are shown, the worst by severity.
const MAX_SHOWN: usize = 5_000;
/// Tags of a rule; more are refused.
const MAX_TAGS: usize = 20;
/// Related locations of a result: each is a link in its message.
const MAX_RELATED: usize = 5;
/// Characters of a description.
const MAX_DESCRIPTION: usize = 1_024;
/// Characters of a rule's name.
const MAX_NAME: usize = 255;
/// Characters of a message or help text; no limit of GitHub's, but nobody reads more.
const MAX_TEXT: usize = 8_192;
/// Notifications; the rest is counted.
const MAX_NOTIFICATIONS: usize = 1_000;

/// See the module.
#[derive(Debug)]
pub(super) struct Sarif;

impl Format for Sarif {
    fn name(&self) -> &'static str {
        "sarif"
    }

    fn description(&self) -> &'static str {
        "SARIF 2.1.0, for code scanning"
    }

    fn extension(&self) -> &'static str {
        "sarif"
    }

    fn write(&self, report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let view = View::new(report);
        let mut results = view.subjects();
        let total = results.len();
        results.truncate(MAX_RESULTS);
        let (rules, cut_tags) = rules(&view, &results, options);
        let index: BTreeMap<&str, usize> = rules.iter().enumerate().map(|(at, (id, _))| (*id, at)).collect();
        let notifications = notifications(report, &view, results.len(), total, cut_tags);
        let failed = report.status() == Status::Failed;
        let log = Log {
            schema: "https://json.schemastore.org/sarif-2.1.0.json",
            version: "2.1.0",
            runs: [Run {
                tool: json!({ "driver": {
                    // Tracked by name: DefectDojo makes it the type of a test. Never change it.
                    "name": "Sekisho",
                    "version": plain(&report.tool.version, MAX_NAME),
                    "informationUri": env!("CARGO_PKG_REPOSITORY"),
                    "rules": rules.into_iter().map(|(_, rule)| rule).collect::<Vec<_>>(),
                    "notifications": Notice::ALL.map(Notice::descriptor),
                    "properties": { "ruleset": plain(&report.tool.ruleset, MAX_NAME) },
                }}),
                automation_details: json!({ "id": "sekisho/" }),
                invocations: [json!({
                    "executionSuccessful": !failed,
                    "toolExecutionNotifications": notifications,
                })],
                original_uri_base_ids: json!({ SOURCE_ROOT: {
                    "description": { "text": "The target that was scanned" },
                }}),
                column_kind: "unicodeCodePoints",
                results: Lazily(results.iter().map(|subject| result(*subject, &view, &index, options))),
            }],
        };
        crate::json::pretty(&log, out)
    }
}

/// The base of relative addresses, as GitHub names it.
const SOURCE_ROOT: &str = "%SRCROOT%";

#[derive(Serialize)]
struct Log<R: Serialize> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<R>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<R: Serialize> {
    tool: Value,
    automation_details: Value,
    invocations: [Value; 1],
    original_uri_base_ids: Value,
    column_kind: &'static str,
    results: R,
}

fn result(subject: Subject<'_>, view: &View<'_>, rules: &BTreeMap<&str, usize>, options: &Options) -> Value {
    let place = subject.place();
    let related: Vec<&Copy> = subject.others().take(MAX_RELATED).collect();
    let (message, properties) = match subject {
        Subject::Copy(item, copy) => {
            let properties = json!({
                "severity": copy.severity,
                "confidence": copy.confidence,
                "encoding": copy.encoding,
                "tracked": copy.tracked,
                "copies": item.credential.copies_total,
            });
            (of_copy(view, item, subject, &related), properties)
        }
        Subject::Finding(finding) => {
            let guide = options.guide.and_then(|guide| guide(&finding.check));
            let title = guide.map_or(subject.title(), |guide| guide.title);
            let message = sentences(&[&format!("{title}: {}", at(place)), &finding.reason, &finding.fix]);
            (message, json!({ "severity": finding.severity }))
        }
    };
    let id = plain(&subject.location_id().to_string(), MAX_NAME);
    let mut fingerprints = json!({ "sekishoLocationId/v1": id });
    if !matches!(*place.root, Root::File { .. }) || region(place).is_none() {
        fingerprints["primaryLocationLineHash"] = json!(id);
    }
    let rule = subject.rule();
    let mut result = json!({
        "ruleId": plain(rule, MAX_NAME),
        "ruleIndex": rules.get(rule),
        "level": level(subject.severity()),
        "message": { "text": message },
        "locations": [location(place)],
        "partialFingerprints": fingerprints,
        "properties": properties,
    });
    if !related.is_empty() {
        let related = related.iter().enumerate().map(|(at, copy)| {
            let mut related = location(&copy.place);
            related["id"] = json!(at + 1);
            related["message"] = json!({ "text": "The same value" });
            related
        });
        result["relatedLocations"] = related.collect();
    }
    result
}

/// What is said of a copy, its first sentence the summary.
fn of_copy(view: &View<'_>, item: &Item<'_>, subject: Subject<'_>, related: &[&Copy]) -> String {
    let summary = sentences(&[&format!("{} in {}", subject.title(), at(subject.place()))]);
    let reason = subject.finding(view).map(|finding| finding.reason.as_str()).unwrap_or_default();
    let parts = [summary, same_value(subject, related), sentences(&[reason, &item.next])];
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// Where else the value is, with links to the related locations. Without lines: a message that
/// changes with every edit above is a new one to some.
fn same_value(subject: Subject<'_>, related: &[&Copy]) -> String {
    if related.is_empty() {
        return String::new();
    }
    let links = related
        .iter()
        .enumerate()
        .map(|(at, copy)| format!("[{}]({})", link_text(&words::whereabouts(&copy.place, " > ")), at + 1));
    let links = links.collect::<Vec<_>>().join(", ");
    let others = subject.others_total();
    let rest = match others.saturating_sub(related.len() as u64) {
        0 => String::new(),
        rest => format!(" and {} more", number(rest)),
    };
    format!("The same value is in {}: {links}{rest}.", count(others, "other place", "other places"))
}

/// `Deployment api (shop), spec.…`, else the path; with the line, for where no region can say it.
fn at(place: &Place) -> String {
    let position = if region(place).is_some() { String::new() } else { words::position(place) };
    let whereabouts = words::whereabouts(place, " > ") + &position;
    let mut parts: Vec<String> = place.object.iter().map(|object| words::object(object)).collect();
    parts.extend(place.field.iter().map(|field| terminal(field).into_owned()));
    if parts.is_empty() || !position.is_empty() {
        parts.push(whereabouts);
    }
    parts.join(", ")
}

/// Texts as sentences of a plain text message.
fn sentences(texts: &[&str]) -> String {
    let texts = texts.iter().filter(|text| !text.trim().is_empty());
    texts.map(|text| plain(&words::sentence(text), MAX_TEXT)).collect::<Vec<_>>().join(" ")
}

/// Foreign text in a plain text message: no controls, no placeholders (§3.11.5), no links of its
/// own (§3.11.6), at most `max` characters.
fn plain(text: &str, max: usize) -> String {
    let text = terminal(text);
    let head = words::head(&text, max.saturating_sub(1));
    let ellipsis = if head.len() < text.len() { "…" } else { "" };
    head.replace('{', "{{").replace('}', "}}").replace("](", "] (") + ellipsis
}

/// Shown text as the text of an embedded link (§3.11.6).
fn link_text(shown: &str) -> String {
    let mut text = String::with_capacity(shown.len());
    for c in plain(shown, MAX_NAME).chars() {
        if matches!(c, '\\' | '[' | ']') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// What is known of a rule from the results under it.
struct Rule<'a> {
    title: &'a str,
    severity: Severity,
    confidence: Confidence,
    controls: BTreeSet<&'a str>,
    why: &'a str,
    fix: &'a str,
}

/// The rules of the results by id, and whether a rule lost tags.
fn rules<'a>(
    view: &'a View<'a>,
    results: &[Subject<'a>],
    options: &Options,
) -> (Vec<(&'a str, Value)>, bool) {
    let mut rules: BTreeMap<&str, Rule<'_>> = BTreeMap::new();
    for subject in results {
        let (confidence, fix) = match *subject {
            Subject::Copy(item, copy) => (copy.confidence, item.next.as_ref()),
            Subject::Finding(finding) => (Confidence::High, finding.fix.as_ref()),
        };
        let (title, finding) = (subject.title(), subject.finding(view));
        let rule = rules.entry(subject.rule()).or_insert(Rule {
            title,
            severity: subject.severity(),
            confidence,
            controls: BTreeSet::new(),
            why: finding.map(|finding| finding.reason.as_str()).unwrap_or_default(),
            fix,
        });
        if rule.title == subject.rule() {
            rule.title = title;
        }
        rule.severity = rule.severity.max(subject.severity());
        rule.confidence = rule.confidence.max(confidence);
        rule.controls
            .extend(finding.iter().flat_map(|finding| finding.controls.iter()).map(SharedStr::as_str));
    }
    let mut cut_tags = false;
    let rules = rules.into_iter().map(|(id, rule)| {
        let (value, cut) = descriptor(id, &rule, options.guide.and_then(|guide| guide(id)));
        cut_tags |= cut;
        (id, value)
    });
    (rules.collect(), cut_tags)
}

/// A rule's reporting descriptor, and whether it lost tags.
fn descriptor(id: &str, rule: &Rule<'_>, guide: Option<Guide>) -> (Value, bool) {
    let title = guide.map_or(rule.title, |guide| guide.title);
    let (what, why, fix) = guide.map_or(("", rule.why, rule.fix), |guide| (guide.what, guide.why, guide.fix));
    let full = sentences(&[what, why]);
    let full = if full.is_empty() { plain(title, MAX_DESCRIPTION) } else { head(&full, MAX_DESCRIPTION) };
    let help = [("What", what), ("Why", why), ("Fix", fix)].into_iter().filter(|(_, text)| !text.is_empty());
    let text: Vec<String> =
        help.clone().map(|(name, text)| format!("{name}: {}", sentences(&[text]))).collect();
    let shielded = help.map(|(name, text)| format!("**{name}.** {}", markdown(&sentences(&[text]))));
    let shielded: Vec<String> = shielded.collect();

    let mut controls = rule.controls.clone();
    controls.extend(guide.iter().flat_map(|guide| guide.controls));
    let mut tags = vec!["security".to_owned(), "secrets".to_owned()];
    tags.extend(controls.iter().map(|control| plain(control, MAX_NAME)));
    // The form in which code scanning recognises weaknesses.
    let weaknesses = controls.iter().filter_map(|control| control.strip_prefix("CWE-"));
    tags.extend(weaknesses.map(|n| format!("external/cwe/cwe-{}", plain(n, 16))));
    let cut = tags.len() > MAX_TAGS;
    tags.truncate(MAX_TAGS);

    let mut properties = json!({
        "tags": tags,
        "precision": match rule.confidence {
            Confidence::High => "very-high",
            Confidence::Medium => "high",
            Confidence::Low => "low",
        },
        "problem.severity": match level(rule.severity) {
            "note" => "recommendation",
            other => other,
        },
    });
    // The middle of the ranges in which code scanning names severities the same.
    let score = match rule.severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.0"),
        Severity::Info => None,
    };
    if let Some(score) = score {
        properties["security-severity"] = json!(score);
    }
    let mut rule = json!({
        "id": plain(id, MAX_NAME),
        "name": plain(title, MAX_NAME),
        "shortDescription": { "text": plain(title, MAX_DESCRIPTION) },
        "fullDescription": { "text": full },
        "help": { "text": text.join("\n\n"), "markdown": shielded.join("\n\n") },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": properties,
    });
    if text.is_empty() {
        rule["help"] = json!({ "text": plain(title, MAX_DESCRIPTION) });
    }
    if let Some(address) =
        controls.iter().find_map(|id| control::url(id)).filter(|address| is_address(address))
    {
        rule["helpUri"] = json!(address);
    }
    (rule, cut)
}

/// Whether a control's address is one: the number of a forged weakness could be anything.
fn is_address(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/".contains(&b))
}

/// The first `max` characters of a text that is already plain.
fn head(text: &str, max: usize) -> String {
    words::head(text, max).to_owned()
}

/// A place as a location object (§3.28).
fn location(place: &Place) -> Value {
    let (uri, below_root) = address(place);
    let mut artifact = json!({ "uri": uri });
    if below_root {
        artifact["uriBaseId"] = json!(SOURCE_ROOT);
    }
    let mut physical = json!({ "artifactLocation": artifact });
    if let Some(region) = region(place) {
        if let (None, Some(span)) = (region.get("byteOffset"), &place.span) {
            physical["properties"] = json!({
                "byteColumn": span.column,
                "byteOffset": span.byte_offset,
                "byteLength": span.byte_length,
            });
        }
        physical["region"] = region;
    }
    let mut location = json!({ "physicalLocation": physical });
    if let Some(object) = &place.object {
        let namespace = object.namespace.as_deref().unwrap_or_default();
        let parts = [&object.api_version, &object.kind, namespace, &object.name];
        let mut full =
            parts.into_iter().filter(|part| !part.is_empty()).map(|part| terminal(part)).collect::<Vec<_>>();
        let mut name = words::object(object);
        if let Some(field) = &place.field {
            full.push(terminal(field));
            name = terminal(field).into_owned();
        }
        let kind = if place.field.is_some() { "member" } else { "resource" };
        location["logicalLocations"] =
            json!([{ "name": name, "fullyQualifiedName": full.join("/"), "kind": kind }]);
    }
    location
}

/// The region of a place in the artifact that [`address`] names; see the module.
fn region(place: &Place) -> Option<Value> {
    let span = place.span?;
    if !words::is_in_root(place) {
        return None;
    }
    if matches!(*place.root, Root::Etcd { .. }) {
        return Some(json!({ "byteOffset": span.byte_offset, "byteLength": span.byte_length }));
    }
    // Numbers of forged reports: lines and columns begin at 1, ends do not come before starts.
    let start_line = (span.line > 0).then_some(span.line)?;
    let end_line = span.end_line.max(start_line);
    let exact = place.chars.filter(|chars| {
        chars.char_column > 0
            && chars.char_end_column > 0
            && (end_line > start_line || chars.char_end_column >= chars.char_column)
    });
    Some(match exact {
        Some(chars) => json!({
            "startLine": start_line,
            "startColumn": chars.char_column,
            "endLine": end_line,
            "endColumn": chars.char_end_column,
            "byteOffset": span.byte_offset,
            "byteLength": span.byte_length,
        }),
        None => json!({ "startLine": start_line, "endLine": end_line }),
    })
}

/// The address of a place's outermost artifact as a relative reference (RFC 3986 section 4.2), and
/// whether it is below the target. What has no file gets a name that is stable and tells what it is.
fn address(place: &Place) -> (String, bool) {
    match &*place.root {
        Root::Log { path, .. } if path.path == "-" => ("stdin".to_owned(), false),
        Root::File { path } | Root::Log { path, .. } | Root::Etcd { path, .. } => (encoded(path), true),
        Root::Git { repo, path, .. } if matches!(repo.as_str(), "" | ".") => (encoded(path), true),
        Root::Git { repo, path, .. } => (format!("{}/{}", percent(repo.as_bytes()), encoded(path)), true),
        Root::Image { image, path, .. } => {
            (format!("images/{}/{}", percent(image.as_bytes()), encoded(path)), false)
        }
        Root::ImageConfig { image, .. } => {
            (format!("images/{}/config.json", percent(image.as_bytes())), false)
        }
        Root::Object { cluster } => {
            let mut uri = format!("k8s/{}", percent(cluster.as_bytes()));
            if let Some(object) = &place.object {
                let namespace = object.namespace.as_deref().unwrap_or("_cluster");
                for part in [namespace, &object.kind] {
                    uri.push('/');
                    uri.push_str(&percent(part.as_bytes()));
                }
                uri.push('/');
                uri.push_str(&percent(object.name.as_bytes()));
            }
            (uri + ".yaml", false)
        }
    }
}

fn encoded(path: &TargetPath) -> String {
    match path.path_b64.as_deref().and_then(words::bytes_of) {
        Some(bytes) => percent(&bytes),
        None => percent(path.path.as_bytes()),
    }
}

/// A path as part of an address: all but unreserved characters and the `/` between its parts
/// percent-encoded. A leading `/` would make another reference of it.
fn percent(path: &[u8]) -> String {
    let mut uri = String::with_capacity(path.len());
    for &byte in path {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => uri.push(byte as char),
            b'/' if !uri.is_empty() => uri.push('/'),
            _ => {
                uri.push('%');
                for nibble in [byte >> 4, byte & 15] {
                    uri.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase());
                }
            }
        }
    }
    if uri.is_empty() { ".".to_owned() } else { uri }
}

/// The kinds of notifications.
#[derive(Clone, Copy)]
enum Notice {
    TargetFailed,
    NotLookedAt,
    NotAssessed,
    LeftOut,
}

impl Notice {
    const ALL: [Self; 4] = [Self::TargetFailed, Self::NotLookedAt, Self::NotAssessed, Self::LeftOut];

    fn id(self) -> &'static str {
        match self {
            Self::TargetFailed => "coverage/target-failed",
            Self::NotLookedAt => "coverage/not-looked-at",
            Self::NotAssessed => "coverage/not-assessed",
            Self::LeftOut => "format/left-out",
        }
    }

    fn level(self) -> &'static str {
        match self {
            // An error says that the run failed (§3.20.21), and nothing less does.
            Self::TargetFailed => "error",
            Self::NotLookedAt => "warning",
            Self::NotAssessed | Self::LeftOut => "note",
        }
    }

    fn descriptor(self) -> Value {
        let text = match self {
            Self::TargetFailed => "A target could not be read at all.",
            Self::NotLookedAt => "Something was not looked at, or not as deeply as asked.",
            Self::NotAssessed => "A check could not be made.",
            Self::LeftOut => "Something is in the report but not in this file.",
        };
        json!({
            "id": self.id(),
            "shortDescription": { "text": text },
            "defaultConfiguration": { "level": self.level() },
        })
    }

    /// A notification; `text` is ours.
    fn says(self, text: &str) -> Value {
        json!({ "descriptor": { "id": self.id() }, "level": self.level(), "message": { "text": text } })
    }

    /// A notification about a place; `text` is the report's.
    fn says_of(self, place: &Place, text: &str) -> Value {
        let mut notice = self.says(&sentences(&[text]));
        notice["locations"] = json!([location(place)]);
        notice
    }
}

/// What this file leaves out, and what was not looked at.
fn notifications(report: &Report, view: &View<'_>, kept: usize, total: usize, cut_tags: bool) -> Vec<Value> {
    let failed =
        report.coverage.iter().filter(|coverage| coverage.status == Status::Failed).map(|coverage| {
            let (target, source) = (plain(&coverage.target, MAX_NAME), plain(&coverage.source, MAX_NAME));
            Notice::TargetFailed.says(&format!("The target {target} ({source}) could not be read."))
        });
    let problems = report.coverage.iter().flat_map(|coverage| &coverage.problems).map(|problem| {
        let whereabouts = words::whereabouts(&problem.place, " > ");
        Notice::NotLookedAt.says_of(&problem.place, &format!("{}: {whereabouts}", problem.what))
    });
    let not_assessed = view.not_assessed.iter().map(|finding| {
        let text = format!("not assessed, {}: {}", finding.check, finding.reason);
        Notice::NotAssessed.says_of(&finding.place, &text)
    });
    let mut all = failed.chain(problems).chain(not_assessed);

    let mut notices = left_out(report, kept, total, cut_tags);
    notices.extend(all.by_ref().take(MAX_NOTIFICATIONS));
    let omitted = words::sum(report.coverage.iter().map(|coverage| coverage.problems_omitted));
    let more = omitted.saturating_add(all.count() as u64);
    if more > 0 {
        let more = count(more, "more notice is", "more notices are");
        notices.push(Notice::NotLookedAt.says(&format!("{more} not listed.")));
    }
    notices
}

/// What is in the report and not in this file, or in this file and not shown.
fn left_out(report: &Report, kept: usize, total: usize, cut_tags: bool) -> Vec<Value> {
    let unlisted = words::unlisted(&report.credentials);
    let (results, all) = (number(kept as u64), number(total as u64));
    let texts = [
        (kept < total).then(|| {
            format!(
                "{results} of {all} results are in this file, the worst first: a run holds no more. \
                 The format json has all."
            )
        }),
        (kept > MAX_SHOWN).then(|| {
            format!("Code scanning shows the worst {} of a run's results.", number(MAX_SHOWN as u64))
        }),
        (unlisted > 0)
            .then(|| format!("{} not listed (--max-copies).", count(unlisted, "copy is", "copies are"))),
        cut_tags
            .then(|| format!("A rule answers to more controls than the {MAX_TAGS} tags that it may have.")),
    ];
    texts.iter().flatten().map(|text| Notice::LeftOut.says(text)).collect()
}

#[cfg(test)]
mod tests {
    use sekisho_model::{CharColumns, Encoding, Span, Step};

    use super::*;

    #[test]
    fn addresses_are_relative_references() {
        let of = |path: &[u8]| address(&Place::file(TargetPath::from_bytes(path))).0;
        assert_eq!(of(b"deploy/api.yaml"), "deploy/api.yaml");
        assert_eq!(of(b"a b/c#d?e%f:g"), "a%20b/c%23d%3Fe%25f%3Ag");
        assert_eq!(of(b"caf\xe9/\xff"), "caf%E9/%FF");
        assert_eq!(of("秘密".as_bytes()), "%E7%A7%98%E5%AF%86");
        assert_eq!(of(b"//evil.example/x"), "%2F/evil.example/x");
        assert_eq!(of(b""), ".");
    }

    #[test]
    fn columns_stand_only_where_they_are_exact() {
        let span =
            Span { line: 3, column: 9, end_line: 3, end_column: 29, byte_offset: 100, byte_length: 20 };
        let mut place = Place::file("a").at(span);
        assert_eq!(region(&place), Some(json!({ "startLine": 3, "endLine": 3 })));
        assert_eq!(location(&place)["physicalLocation"]["properties"]["byteOffset"], 100);
        place.chars = Some(CharColumns { char_column: 7, char_end_column: 27 });
        let full = json!({ "startLine": 3, "startColumn": 7, "endLine": 3, "endColumn": 27,
            "byteOffset": 100, "byteLength": 20 });
        assert_eq!(region(&place), Some(full));
        assert!(location(&place)["physicalLocation"].get("properties").is_none());
        let decoded = place.step(Step::Decoded(Encoding::Base64));
        assert!(region(&decoded).is_some(), "the encoded text stands in the file");
        assert_eq!(region(&place.step(Step::Entry("b".into()))), None);
        assert_eq!(region(&place.step(Step::Decoded(Encoding::Gzip))), None);
        let (path, key) = ("db".into(), "k".into());
        let root = Root::Etcd { path, key, revision: None, region: None, offset: None };
        let etcd = Place { root: root.into(), ..place };
        assert_eq!(region(&etcd), Some(json!({ "byteOffset": 100, "byteLength": 20 })));
    }

    #[test]
    fn foreign_text_makes_no_links_and_no_placeholders() {
        assert_eq!(plain("see [x](https://a.example) {0}\n", 99), r"see [x] (https://a.example) {{0}}\n");
        assert_eq!(link_text(r"env[A]\b"), r"env\[A\]\\b");
        assert_eq!(plain("abcdef", 4), "abc…");
        assert_eq!(sentences(&["one", "", "two."]), "One. Two.");
    }
}
