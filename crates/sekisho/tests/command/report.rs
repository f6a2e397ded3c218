//! What tests ask of a report.

use serde_json::{Value, json};

/// Every copy of every credential, each with its credential's detector and severity.
pub(crate) fn copies(report: &Value) -> Vec<Value> {
    let credentials = report["credentials"].as_array().unwrap();
    credentials.iter().flat_map(|credential| credential["copies"].as_array().unwrap()).cloned().collect()
}

/// The paths of all copies in their order, each once, as `path` or `path!entry!…`.
pub(crate) fn paths(report: &Value) -> Vec<String> {
    let mut paths: Vec<String> = copies(report).iter().map(|copy| path(&copy["place"])).collect();
    paths.sort();
    paths.dedup();
    paths
}

/// `path!entry!…` of a place.
pub(crate) fn path(place: &Value) -> String {
    let mut path = place["path"].as_str().unwrap_or_default().to_owned();
    for step in place["inside"].as_array().into_iter().flatten() {
        if let Some(entry) = step["entry"].as_str() {
            path.push('!');
            path.push_str(entry);
        }
    }
    path
}

/// All problems of all targets as `path!entry: what`.
pub(crate) fn problems(report: &Value) -> Vec<String> {
    let coverage = report["coverage"].as_array().unwrap();
    let problems = coverage.iter().flat_map(|target| target["problems"].as_array().unwrap());
    problems.map(|p| format!("{}: {}", path(&p["place"]), p["what"].as_str().unwrap())).collect()
}

/// The one coverage entry of a source.
#[track_caller]
pub(crate) fn coverage<'a>(report: &'a Value, source: &str) -> &'a Value {
    let all = report["coverage"].as_array().unwrap();
    all.iter().find(|c| c["source"] == source).unwrap_or_else(|| panic!("no {source} in {all:?}"))
}

/// The checks and paths of all findings.
pub(crate) fn findings(report: &Value) -> Vec<(String, String)> {
    let all = report["findings"].as_array().unwrap().iter();
    all.map(|f| (f["check"].as_str().unwrap().to_owned(), path(&f["place"]))).collect()
}

/// The members of a place that say which bytes, for the one place where `value` stands in `content`.
#[track_caller]
pub(crate) fn span(content: &[u8], value: &[u8]) -> Value {
    let starts: Vec<usize> =
        content.windows(value.len()).enumerate().filter(|(_, w)| *w == value).map(|(at, _)| at).collect();
    let [start] = starts[..] else { panic!("stands there {} times", starts.len()) };
    let position = |at: usize| {
        let before = &content[..at];
        let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |end| end + 1);
        (before.iter().filter(|&&b| b == b'\n').count() + 1, at - line_start + 1)
    };
    let ((line, column), (end_line, end_column)) = (position(start), position(start + value.len()));
    json!({
        "line": line, "column": column, "end_line": end_line, "end_column": end_column,
        "byte_offset": start, "byte_length": value.len(),
    })
}

/// Asserts that a JSON value has at least the members of another, at any depth.
#[track_caller]
pub(crate) fn assert_has(value: &Value, members: &Value) {
    let Some(members) = members.as_object() else {
        assert_eq!(value, members);
        return;
    };
    for (name, member) in members {
        assert!(!value[name].is_null() || member.is_null(), "no {name} in {value}");
        assert_has(&value[name], member);
    }
}
