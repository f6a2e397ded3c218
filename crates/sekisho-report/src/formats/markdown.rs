//! `markdown`: a comment on a pull or merge request.
//!
//! Read in passing, by people who did not ask for it: the heading says how bad it is, the next line
//! what to do first, and all else is folded. It fits into a comment (GitHub takes 65,536
//! characters); what does not fit is counted. Whatever comes from the report stands in a code span
//! or is made of harmless words, so that no name in a target can mention people, refer to issues,
//! load an image or close the fold it stands in.

use std::io::{self, Write};

use sekisho_model::report::{Report, Status};
use sekisho_model::{Place, Severity};

use super::Format;
use crate::escape::{html, markdown, markdown_code};
use crate::layout::shorten;
use crate::options::Options;
use crate::view::{Group, Item, View};
use crate::words::{self, count, number};

/// Characters of a comment, with room for a signature.
const MAX_CHARS: usize = 60_000;
/// Columns of a name from the report.
const MAX_NAME: usize = 160;
/// Characters of a sentence from the report.
const MAX_SENTENCE: usize = 600;
/// Lines of one group of things that need no hurry.
const MAX_BRIEF: usize = 10;
/// Credentials named at the beginning.
const FIRST: usize = 3;

/// See the module.
#[derive(Debug)]
pub(super) struct Markdown;

impl Format for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn description(&self) -> &'static str {
        "A comment for a pull or merge request"
    }

    fn extension(&self) -> &'static str {
        "md"
    }

    fn write(&self, report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let view = View::new(report);
        let max = options.max_copies.max(1);
        // The marker lets the next run's comment find this one and take its place.
        let mut text =
            format!("<!-- sekisho.report/v1 -->\n{}{}", heading(report, &view), rotate_first(&view));
        let rest = [
            brief("in files that git ignores and never had", &view.local),
            brief("for information, nothing to do", &view.info),
            not_looked_at(report, max),
        ];
        let sections = view.open.iter().map(|item| credential(item, max));
        let sections = sections.chain(view.findings.iter().map(|group| findings(group, max, options)));
        let mut room = MAX_CHARS.saturating_sub(text.chars().count());
        let mut left_out: u64 = 0;
        let mut fits = |section: &String| {
            let left = room.checked_sub(section.chars().count() + 1);
            room = left.unwrap_or(room);
            left_out += u64::from(left.is_none());
            left.is_some()
        };
        // The last sections are short; they have their room before the many.
        let rest: Vec<String> = rest.into_iter().filter(|s| !s.is_empty()).filter(&mut fits).collect();
        for section in sections.filter(&mut fits) {
            text.push('\n');
            text.push_str(&section);
        }
        if left_out > 0 {
            text.push('\n');
            text.push_str(&count(left_out, "more section does", "more sections do"));
            text.push_str(" not fit into a comment; the formats table and json have all.\n");
        }
        for section in rest {
            text.push('\n');
            text.push_str(&section);
        }
        out.write_all(text.as_bytes())
    }
}

fn heading(report: &Report, view: &View<'_>) -> String {
    let severities = Severity::ALL.into_iter().map(|severity| {
        let items =
            view.open.iter().chain(&view.local).filter(|item| item.credential.severity == severity).count();
        let groups = view.findings.iter().filter(|group| group.first().severity == severity);
        (severity, items + groups.map(|group| group.findings.len()).sum::<usize>())
    });
    let counts: Vec<String> = severities
        .filter(|(_, n)| *n > 0)
        .map(|(severity, n)| format!("{} {}", number(n as u64), severity.as_str()))
        .collect();
    let (items, bytes) = words::looked_at(&report.coverage);
    let looked = format!("{}, {}", count(items, "item", "items"), words::size(bytes));
    let excluded = words::sum(report.coverage.iter().map(|coverage| coverage.excluded));
    let looked = match report.status() {
        _ if items == 0 => "Nothing was looked at.".to_owned(),
        Status::Complete if excluded > 0 => {
            format!("All but {} was looked at: {looked}.", count(excluded, "excluded path", "excluded paths"))
        }
        Status::Complete => format!("Everything was looked at: {looked}."),
        Status::Partial => format!("**Not everything was looked at** ({looked} were)."),
        Status::Failed => format!("**A target could not be read** ({looked} were)."),
    };
    let found = if counts.is_empty() { "no credentials found".to_owned() } else { counts.join(", ") };
    format!("### Sekisho: {found}\n\n{looked}\n")
}

fn rotate_first(view: &View<'_>) -> String {
    let worst = view.open.first().map(|item| item.credential.severity);
    let urgent = view.open.iter().filter(|item| Some(item.credential.severity) == worst);
    let urgent = urgent.filter(|item| item.credential.severity >= Severity::Medium).take(FIRST);
    let lines: Vec<String> = urgent.map(named).collect();
    if lines.is_empty() { String::new() } else { format!("\n**Rotate first:**\n\n{}\n", lines.join("\n")) }
}

/// A credential and its first place, as an item of a list.
fn named(item: &Item<'_>) -> String {
    let title = markdown(&shorten(&item.credential.title, MAX_NAME, ' ', "…"));
    let place = item.credential.copies.first().map(|copy| format!(" in {}", place(&copy.place)));
    format!("- {title}{}", place.unwrap_or_default())
}

/// A section that is folded.
fn fold(summary: &str, lines: &[String], then: &str) -> String {
    let then = if then.is_empty() { String::new() } else { format!("\n{then}\n") };
    format!("<details><summary>{summary}</summary>\n\n{}\n{then}\n</details>\n", lines.join("\n"))
}

fn credential(item: &Item<'_>, max: usize) -> String {
    let credential = item.credential;
    let shown = &credential.copies[..credential.copies.len().min(max)];
    let mut lines: Vec<String> = shown
        .iter()
        .map(|copy| {
            let mut line = row(&copy.place);
            let notes = words::encodings(&copy.encoding, "→").into_iter();
            for note in notes.chain(words::tracked(copy).map(str::to_owned)) {
                line.push_str(" · ");
                line.push_str(&note);
            }
            line
        })
        .collect();
    lines.extend(more(credential.copies_total.saturating_sub(shown.len() as u64)));
    let title = html(&shorten(&credential.title, MAX_NAME, ' ', "…"));
    let preview = match html(words::head(&credential.preview, 40)) {
        empty if empty.is_empty() => empty,
        preview => format!(" <code>{preview}</code>"),
    };
    let summary = format!(
        "<b>{}</b> · <code>{title}</code>{preview} · {}",
        credential.severity.as_str(),
        count(credential.copies_total, "copy", "copies")
    );
    fold(&summary, &lines, &format!("**Next:** {}", sentence(&item.next)))
}

fn findings(group: &Group<'_>, max: usize, options: &Options) -> String {
    let first = group.first();
    let shown = &group.findings[..group.findings.len().min(max)];
    let mut lines: Vec<String> = shown.iter().map(|finding| row(&finding.place)).collect();
    lines.extend(more((group.findings.len() - shown.len()) as u64));
    let title =
        options.guide.and_then(|guide| guide(&first.check)).map_or(first.check.as_str(), |guide| guide.title);
    let summary = format!(
        "<b>{}</b> · <code>{}</code> · {}",
        first.severity.as_str(),
        html(&shorten(title, MAX_NAME, ' ', "…")),
        count(group.findings.len() as u64, "place", "places")
    );
    let mut then = group.reason().map(sentence).unwrap_or_default();
    if !first.fix.is_empty() {
        then.push_str(if then.is_empty() { "" } else { "\n\n" });
        then.push_str("**Next:** ");
        then.push_str(&sentence(&first.fix));
    }
    fold(&summary, &lines, &then)
}

/// Credentials that need no hurry.
fn brief(what: &str, items: &[Item<'_>]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let mut lines: Vec<String> = items.iter().take(MAX_BRIEF).map(named).collect();
    lines.extend(more(items.len().saturating_sub(MAX_BRIEF) as u64));
    fold(&format!("{} {what}", count(items.len() as u64, "credential", "credentials")), &lines, "")
}

fn not_looked_at(report: &Report, max: usize) -> String {
    let mut lines = Vec::new();
    let mut total: u64 = 0;
    for coverage in report.coverage.iter().filter(|coverage| coverage.status != Status::Complete) {
        if coverage.status == Status::Failed {
            total = total.saturating_add(1);
            let target = markdown_code(&shorten(&coverage.target, MAX_NAME, '/', "…"));
            lines.push(format!("- target {target} could not be read"));
        }
        total =
            total.saturating_add(coverage.problems.len() as u64).saturating_add(coverage.problems_omitted);
        let problems = coverage.problems.iter().take(max);
        lines.extend(problems.map(|problem| {
            format!("{} · {}", row(&problem.place), shielded(&words::capital(&problem.what)))
        }));
    }
    if lines.is_empty() {
        return String::new();
    }
    lines.truncate(4 * max);
    lines.extend(more(total.saturating_sub(lines.len() as u64)));
    fold(&format!("{} not looked at", count(total, "thing", "things")), &lines, "")
}

/// A place and what it is a part of, as an item of a list.
fn row(at: &Place) -> String {
    let mut line = format!("- {}", place(at));
    for part in words::context(at) {
        line.push_str(" · ");
        line.push_str(&markdown_code(&shorten(&part, MAX_NAME, '.', "…")));
    }
    line
}

/// `path:31:22`, its line and column whole.
fn place(place: &Place) -> String {
    let path = shorten(&words::whereabouts(place, " › "), MAX_NAME, '/', "…");
    markdown_code(&(path + &words::position(place)))
}

fn more(n: u64) -> Option<String> {
    (n > 0).then(|| format!("- … and {} more", number(n)))
}

fn sentence(text: &str) -> String {
    shielded(&words::sentence(text))
}

fn shielded(text: &str) -> String {
    let head = words::head(text, MAX_SENTENCE);
    markdown(head) + if head.len() < text.len() { " …" } else { "" }
}
