//! `jsonl`: the parts of `json`, one a line, for pipes and log stores.
//!
//! The first line is the head (`"type": "report"`), then follow `coverage`, `credential` and
//! `finding` lines in the order of the report. Each is the object of `sekisho.report/v1` with a
//! `type` member more.

use std::io::{self, Write};

use sekisho_model::report::{Coverage, KeyOrigin, Report, Tool};
use sekisho_model::{Credential, Finding};
use sekisho_secret::KeyId;
use serde::Serialize;

use super::Format;
use crate::options::Options;

/// See the module.
#[derive(Debug)]
pub(super) struct Jsonl;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'a> {
    Report { schema: &'a str, tool: &'a Tool, key_id: KeyId, key: KeyOrigin },
    Coverage(&'a Coverage),
    Credential(&'a Credential),
    Finding(&'a Finding),
}

impl Format for Jsonl {
    fn name(&self) -> &'static str {
        "jsonl"
    }

    fn description(&self) -> &'static str {
        "The same, one credential, finding or target a line"
    }

    fn extension(&self) -> &'static str {
        "jsonl"
    }

    fn write(&self, report: &Report, _: &Options, out: &mut dyn Write) -> io::Result<()> {
        let head = Line::Report {
            schema: &report.schema,
            tool: &report.tool,
            key_id: report.key_id,
            key: report.key,
        };
        let coverage = report.coverage.iter().map(Line::Coverage);
        let credentials = report.credentials.iter().map(Line::Credential);
        let findings = report.findings.iter().map(Line::Finding);
        std::iter::once(head)
            .chain(coverage)
            .chain(credentials)
            .chain(findings)
            .try_for_each(|line| crate::json::line(&line, out))
    }
}
