//! The registry of formats. To add one: write `formats/<name>.rs` and name it in [`ALL`].

use std::fmt::Debug;
use std::io::{self, Write};

use sekisho_model::report::Report;

use crate::options::Options;

mod gitlab;
mod json;
mod jsonl;
mod markdown;
mod sarif;
mod table;

/// A form in which a report is written.
pub trait Format: Debug + Sync {
    /// What the user calls it; the name of its file.
    fn name(&self) -> &'static str;

    /// One line for `--help`, without a full stop.
    fn description(&self) -> &'static str;

    /// The usual ending of such files, without the dot.
    fn extension(&self) -> &'static str;

    /// Writes the whole report, ending with a line end.
    ///
    /// # Errors
    /// Only those of `out`.
    fn write(&self, report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()>;
}

/// All formats, the one for people first.
pub const ALL: [&dyn Format; 6] =
    [&table::Table, &json::Json, &jsonl::Jsonl, &sarif::Sarif, &gitlab::Gitlab, &markdown::Markdown];

/// The format of that name.
pub fn find(name: &str) -> Option<&'static dyn Format> {
    ALL.into_iter().find(|format| format.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_the_folder() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/formats");
        let files =
            std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut files: Vec<String> =
            files.filter_map(|f| f.strip_suffix(".rs").map(str::to_owned)).filter(|f| f != "mod").collect();
        let mut names: Vec<&str> = ALL.iter().map(|format| format.name()).collect();
        files.sort();
        names.sort_unstable();
        assert_eq!(files, names);
        assert!(ALL.iter().all(|f| find(f.name()).is_some() && !f.description().ends_with('.')));
        assert!(find("xml").is_none());
    }
}
