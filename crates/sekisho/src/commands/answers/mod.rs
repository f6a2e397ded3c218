//! What `who` and `reach` share: the picture that they answer from, and the forms of an answer.

pub(super) mod diff;
pub(super) mod draw;
pub(crate) mod picture;
pub(super) mod sketch;
#[cfg(test)]
mod testing;
pub(super) mod told;
pub(super) mod verify;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::cli::Global;
use crate::output;

/// In which form an answer is given, and where.
#[derive(Debug, Args)]
pub(crate) struct AnswerArgs {
    /// The answer's format.
    #[arg(short, long, value_enum, default_value_t = AnswerFormat::Table, help_heading = "Output")]
    pub(crate) format: AnswerFormat,
    /// Write the answer to a file instead of standard output.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Ways that are told, the nearest; all are counted.
    #[arg(long, value_name = "N", default_value_t = 20, help_heading = "Output")]
    pub(crate) limit: usize,
}

/// Formats of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswerFormat {
    /// For people.
    Table,
    /// For programs: `sekisho.readers/v1`, `sekisho.reach/v1`.
    Json,
    /// A flowchart for Mermaid, which Markdown of GitHub and GitLab draws.
    Mermaid,
    /// A graph for Graphviz.
    Dot,
    /// Drawn for a terminal: of `who` the way of one reader, of `reach` what lies near.
    Drawing,
}

impl AnswerArgs {
    /// Writes an answer: as JSON, or what `render` makes of it.
    pub(super) fn write(
        &self,
        answer: &impl Serialize,
        render: impl FnOnce(AnswerFormat) -> String,
        global: &Global,
    ) -> anyhow::Result<()> {
        let mut bytes = Vec::new();
        match self.format {
            AnswerFormat::Json => sekisho_report::write_json(answer, &mut bytes)?,
            other => bytes.extend(render(other).into_bytes()),
        }
        if let Some(path) = &self.output {
            output::write_file(path, &bytes)?;
            output::note(global, &format!("written: {}", path.display()));
            return Ok(());
        }
        output::print(&String::from_utf8_lossy(&bytes))
    }

    /// How many ways the answer has to hold.
    pub(super) fn ways(&self) -> usize {
        if self.format == AnswerFormat::Json { usize::MAX } else { self.limit }
    }
}
