//! [`read`]: a report out of its JSON.
//!
//! Reports are read that others wrote, and one that is broken may hold anything: a file given by
//! mistake, a value pasted where a number belongs. So errors say where and never what.

use std::io::{self, Write};

use sekisho_model::report::{Report, SCHEMA};
use serde::Deserialize;
use serde_json::error::Category;

use crate::formats::Format;
use crate::options::Options;

/// Why bytes are not a report. Holds positions only: lines from 1, columns in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Not JSON.
    #[error("line {line}, column {column}: not JSON")]
    NotJson {
        /// Line of the first thing that is wrong.
        line: usize,
        /// Column there.
        column: usize,
    },
    /// The JSON ends too early.
    #[error("line {line}, column {column}: the JSON ends here and is not complete")]
    Incomplete {
        /// The last line.
        line: usize,
        /// Its end.
        column: usize,
    },
    /// JSON, but of something else.
    #[error("this is not a report: it has no \"schema\": \"sekisho.report/…\"")]
    NoReport,
    /// A report of a version that this program does not know.
    #[error("this is a report of another version than sekisho.report/v1")]
    OtherVersion,
    /// A report with a member that is missing or of the wrong form.
    #[error("line {line}, column {column}: a member of the report is missing or not as the schema has it")]
    NotAsTheSchema {
        /// Line at which the reader noticed.
        line: usize,
        /// Column there.
        column: usize,
    },
}

/// Why a report was not converted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// It could not be read.
    #[error("reading the report")]
    Read(#[from] ReadError),
    /// The other form of it could not be written.
    #[error("writing the report")]
    Write(#[from] io::Error),
}

/// What tells a report from other JSON.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    schema: Option<String>,
}

/// Reads a report from what the format `json` wrote. Members that it does not know are ignored.
///
/// # Errors
/// When the bytes are not JSON or not a report; see [`ReadError`].
pub fn read(json: &[u8]) -> Result<Report, ReadError> {
    let head: Head = serde_json::from_slice(json).map_err(|error| match error.classify() {
        Category::Data => ReadError::NoReport,
        Category::Eof => ReadError::Incomplete { line: error.line(), column: error.column() },
        Category::Syntax | Category::Io => ReadError::NotJson { line: error.line(), column: error.column() },
    })?;
    match head.schema.as_deref() {
        Some(SCHEMA) => {}
        Some(other) if other.starts_with("sekisho.report/") => return Err(ReadError::OtherVersion),
        _ => return Err(ReadError::NoReport),
    }
    serde_json::from_slice(json)
        .map_err(|error| ReadError::NotAsTheSchema { line: error.line(), column: error.column() })
}

/// Reads a report and writes it in another format.
///
/// # Errors
/// When it cannot be read or written.
pub fn convert(
    json: &[u8],
    format: &dyn Format,
    options: &Options,
    out: &mut dyn Write,
) -> Result<(), ConvertError> {
    Ok(format.write(&read(json)?, options, out)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_where_and_not_what() {
        let canary = "canary-3f9a";
        let cases: [(String, ReadError); 8] = [
            (canary.into(), ReadError::NotJson { line: 1, column: 1 }),
            (format!("{{\"schema\": \"{canary}\"}}"), ReadError::NoReport),
            (format!("[\"{canary}\"]"), ReadError::NoReport),
            (format!("{{\"a\": \"{canary}\"}}"), ReadError::NoReport),
            ("{\"schema\": \"sekisho.report/v9\"}".into(), ReadError::OtherVersion),
            ("{\"schema\":\n \"sekisho".into(), ReadError::Incomplete { line: 2, column: 9 }),
            (
                format!("{{\"schema\": \"sekisho.report/v1\",\n \"tool\": \"{canary}\"}}"),
                ReadError::NotAsTheSchema { line: 2, column: 22 },
            ),
            (String::new(), ReadError::Incomplete { line: 1, column: 0 }),
        ];
        for (json, expected) in cases {
            let error = read(json.as_bytes()).unwrap_err();
            assert_eq!(error, expected, "{json}");
            assert!(!format!("{error} {error:?}").contains("canary"));
        }
    }

    #[test]
    fn hostile_input_is_refused() {
        let deep = "[".repeat(100_000);
        assert!(matches!(read(deep.as_bytes()), Err(ReadError::NotJson { .. } | ReadError::NoReport)));
        let deep = format!("{{\"schema\": \"sekisho.report/v1\", \"x\": {}", "[".repeat(100_000));
        assert!(read(deep.as_bytes()).is_err());
        assert!(read(b"\xff\xfe").is_err());
    }
}
