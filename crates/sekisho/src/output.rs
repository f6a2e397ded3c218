//! Where results go: standard output or a file, in one of the report formats; and what the
//! terminal there can show.

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

use anyhow::Context as _;
use clap::builder::{PossibleValue, PossibleValuesParser};
use sekisho_examine::checks;
use sekisho_model::report::Report;
use sekisho_report::{Format, Guide, Options, Times};

use crate::cli::{Color, Global, OutputArgs};

/// Width of a report that goes to no terminal.
const PLAIN_WIDTH: usize = 100;

/// The formats as `--format` takes them.
pub(crate) fn format_parser() -> PossibleValuesParser {
    let value = |format: &&'static dyn Format| PossibleValue::new(format.name()).help(format.description());
    sekisho_report::ALL.iter().map(value).collect::<Vec<_>>().into()
}

/// When the process began: the one clock, for the format that asks for times.
static STARTED: std::sync::LazyLock<u64> = std::sync::LazyLock::new(now);

/// Seconds since 1970, or what `SOURCE_DATE_EPOCH` says they are
/// (<https://reproducible-builds.org/specs/source-date-epoch/>).
fn now() -> u64 {
    let stated = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|stated| stated.parse().ok());
    stated.unwrap_or_else(clock)
}

fn clock() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Notes when the process began.
pub(crate) fn note_start() {
    std::sync::LazyLock::force(&STARTED);
}

/// Writes a report as asked.
pub(crate) fn write_report(report: &Report, args: &OutputArgs, global: &Global) -> anyhow::Result<()> {
    let format = sekisho_report::find(&args.format).context("unknown format")?;
    if let Some(path) = &args.output {
        let options = Options {
            width: PLAIN_WIDTH,
            color: global.color == Color::Always,
            guide: Some(guide),
            times: Some(Times { start: *STARTED, end: now() }),
            ..Options::default()
        };
        return write_file_with(path, &mut |out| format.write(report, &options, out));
    }
    let terminal = io::stdout().is_terminal();
    let options = Options {
        width: width(),
        color: colored(global, terminal),
        ascii: ascii(),
        guide: Some(guide),
        times: Some(Times { start: *STARTED, end: now() }),
        ..Options::default()
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    format.write(report, &options, &mut out)?;
    Ok(out.flush()?)
}

/// Keeps a report as JSON.
pub(crate) fn save(report: &Report, path: &Path) -> anyhow::Result<()> {
    let json = sekisho_report::find("json").context("no JSON format")?;
    write_file_with(path, &mut |out| json.write(report, &Options::default(), out))
}

/// What the formats may tell of a detector or check.
fn guide(id: &str) -> Option<Guide> {
    if let Some(d) = sekisho_detectors::find(id) {
        return Some(Guide { title: d.title, what: d.what, why: d.why, fix: d.fix, controls: d.controls });
    }
    let c = checks::ALL.iter().find(|check| check.id == id)?;
    Some(Guide { title: c.title, what: "", why: c.reason, fix: c.fix, controls: c.controls })
}

/// How wide text on standard output may be.
pub(crate) fn width() -> usize {
    let terminal = io::stdout().is_terminal();
    let width = terminal_size::terminal_size().filter(|_| terminal).map(|(width, _)| usize::from(width.0));
    width.or_else(columns).unwrap_or(PLAIN_WIDTH)
}

/// The width that the user set, where no terminal says it.
fn columns() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok().filter(|width| (20..=1000).contains(width))
}

/// Whether what reads standard output can show ASCII alone. Only terminals are asked: what is written
/// to a file or a pipe is the same everywhere.
pub(crate) fn ascii() -> bool {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable);
    io::stdout().is_terminal() && shows_ascii_alone(variable("TERM").as_deref(), locale.as_deref())
}

/// What a terminal's name and the locale say of it. Without a locale it is taken for one of today.
fn shows_ascii_alone(term: Option<&str>, locale: Option<&str>) -> bool {
    let of_ascii = |locale: &str| match locale.split_once('.') {
        Some((_, charset)) => !charset.to_ascii_lowercase().replace('-', "").starts_with("utf8"),
        None => matches!(locale, "C" | "POSIX"),
    };
    term == Some("dumb") || locale.is_some_and(of_ascii)
}

/// Whether colour is wanted on a stream.
fn colored(global: &Global, terminal: bool) -> bool {
    match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}

/// Writes a file of results; reports name places and fingerprints, so they are for their owner.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    sekisho_store::write_private(path, bytes).with_context(|| format!("writing {}", path.display()))
}

/// The same of what is written on the way.
fn write_file_with(
    path: &Path,
    write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    sekisho_store::write_private_with(path, write).with_context(|| format!("writing {}", path.display()))
}

/// Writes text to standard output.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Standard error, with colour as wanted.
pub(crate) fn stderr(global: &Global) -> impl Write {
    let choice = if colored(global, io::stderr().is_terminal()) {
        anstream::ColorChoice::Always
    } else {
        anstream::ColorChoice::Never
    };
    anstream::AutoStream::new(io::stderr(), choice)
}

/// A note for the person at the terminal: shown on stderr unless `--quiet`.
pub(crate) fn note(global: &Global, text: &str) {
    if !global.quiet {
        // A closed stderr is no reason to stop.
        let _closed = writeln!(stderr(global), "sekisho: {}", sekisho_report::escape::terminal(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_without_unicode_gets_ascii() {
        for (term, locale, ascii) in [
            (None, None, false),
            (Some("xterm-256color"), Some("C.UTF-8"), false),
            (Some("xterm"), Some("de_DE.utf8"), false),
            (Some("xterm"), Some("en_GB"), false),
            (Some("xterm"), Some("POSIX"), true),
            (Some("xterm"), Some("de_DE.ISO-8859-1"), true),
            (Some("dumb"), Some("C.UTF-8"), true),
        ] {
            assert_eq!(shows_ascii_alone(term, locale), ascii, "{term:?} {locale:?}");
        }
    }
}
