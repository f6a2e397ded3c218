//! `table`: for people.
//!
//! It answers, in this order: what is it, how bad is it, where do its copies lie, what do I do next.
//! So credentials stand worst first with their copies as a small tree and the next step under them;
//! then what is wrong with whole objects; then what needs no hurry, one line each; then what was
//! not looked at; and last, where the eye rests when the scan is done, what to do first. A line never
//! grows wider than the terminal; names that are too long lose their middle, never their line and
//! column.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anstyle::Style;
use sekisho_model::report::{KeyOrigin, Report, Status, Suppressed};
use sekisho_model::{Confidence, Copy, Credential, Finding, Place, Severity};

use super::Format;
use crate::escape::terminal;
use crate::layout::{self, ACTION, FAINT, GOOD, Glyphs, Line, NOTICE, PLAIN, STRONG, flow, shorten, wrap};
use crate::options::Options;
use crate::view::{Group, Item, View};
use crate::words::{self, count, number};

/// Columns of the badge and the space behind it.
const BADGE: usize = 10;
/// Columns of a branch: indent, glyph, space.
const BRANCH: usize = 5;
/// Columns between a place and what it is a part of.
const GAP: usize = 2;
/// Columns that a path has at least.
const MIN_PATH: usize = 12;
/// Columns from which on every copy carries its location id.
const WIDE: usize = 160;
/// Credentials named in the last lines.
const FIRST: usize = 3;
/// Lines of one next step.
const MAX_STEP_LINES: usize = 3;
/// Credentials told in full; the next ones get a line each.
const MAX_FULL: usize = 40;
/// Lines for credentials after those.
const MAX_BRIEF: usize = 200;
/// Lines of one group of things that need no hurry.
const MAX_SMALL: usize = 10;

/// See the module.
#[derive(Debug)]
pub(super) struct Table;

impl Format for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn description(&self) -> &'static str {
        "For people: worst first, with every copy and what to do next"
    }

    fn extension(&self) -> &'static str {
        "txt"
    }

    fn write(&self, report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let page = Page::new(report, options);
        page.lines.iter().try_for_each(|line| line.write(out, options.color))
    }
}

/// The table under construction.
struct Page<'a> {
    report: &'a Report,
    options: &'a Options,
    glyphs: &'static Glyphs,
    width: usize,
    lines: Vec<Line>,
}

impl<'a> Page<'a> {
    fn new(report: &'a Report, options: &'a Options) -> Self {
        let glyphs = if options.ascii { &layout::ASCII } else { &layout::UNICODE };
        let width = options.width.max(40);
        let mut page = Self { report, options, glyphs, width, lines: Vec::new() };
        let view = View::new(report);
        page.head();
        let (full, brief) = view.open.split_at(view.open.len().min(MAX_FULL));
        for item in full {
            page.credential(item);
        }
        page.brief("More credentials", "", brief, MAX_BRIEF);
        page.findings(&view.findings);
        let shared = "rotate those whose file was ever shared";
        page.brief("Only in files that git ignores and never had", shared, &view.local, MAX_SMALL);
        page.brief("For information", "nothing to do", &view.info, MAX_SMALL);
        page.not_assessed(&view);
        page.coverage();
        page.summary(&view);
        page
    }

    /// A heading of a section, and a word about it.
    fn heading(&mut self, heading: &str, note: &str) {
        let tokens = [Line::of(STRONG, heading), Line::of(FAINT, note)].into_iter().filter(|t| t.width() > 0);
        self.flow(tokens.collect(), 2);
    }

    /// Tokens in as many lines as they need, later ones indented.
    fn flow(&mut self, tokens: Vec<Line>, indent: usize) {
        let mut lines = flow(tokens, self.glyphs, self.width - indent).into_iter();
        self.lines.extend(lines.next());
        self.lines.extend(lines.map(|line| Line::new().pad(indent).then(line)));
    }

    /// `Sekisho 0.1.0 · shop · 1,284 items · 18.4 MB · key f00a630fd938fd82`
    fn head(&mut self) {
        let report = self.report;
        let mut tokens =
            vec![Line::of(STRONG, "Sekisho").with(PLAIN, " ").with(PLAIN, terminal(&report.tool.version))];
        let mut targets: Vec<&str> = report.coverage.iter().map(|c| c.target.as_str()).collect();
        targets.dedup();
        match targets[..] {
            [] => {}
            [one] => tokens.push(Line::of(PLAIN, self.short_path(&terminal(one), self.width / 2))),
            _ => tokens.push(Line::of(PLAIN, count(targets.len() as u64, "target", "targets"))),
        }
        let (items, bytes) = words::looked_at(&report.coverage);
        tokens.push(Line::of(PLAIN, count(items, "item", "items")));
        tokens.push(Line::of(PLAIN, words::size(bytes)));
        tokens.push(match report.key {
            KeyOrigin::Estate => Line::of(FAINT, format!("key {}", report.key_id)),
            KeyOrigin::Ephemeral => {
                Line::of(FAINT, format!("key {}", report.key_id)).with(NOTICE, " (this run only)")
            }
        });
        self.flow(tokens, 2);
        self.lines.push(Line::new());
    }

    fn credential(&mut self, item: &Item<'_>) {
        let credential = item.credential;
        let mut tokens = vec![self.name(credential, self.width - BADGE)];
        tokens.push(Line::of(PLAIN, count(credential.copies_total, "copy", "copies")));
        if credential.confidence != Confidence::High {
            tokens.push(Line::of(FAINT, format!("{} confidence", credential.confidence.as_str())));
        }
        tokens.push(Line::of(FAINT, self.short_id(&credential.detector)));
        self.titled(credential.severity, tokens);
        self.details(&credential.details);

        let shown = &credential.copies[..credential.copies.len().min(self.options.max_copies.max(1))];
        let hidden = credential.copies_total.saturating_sub(shown.len() as u64);
        let rows: Vec<Row> = shown.iter().map(|copy| Row::of_copy(copy, self.glyphs)).collect();
        self.tree(&rows, hidden);
        self.step(&item.next);
        self.lines.push(Line::new());
    }

    /// `CRITICAL  GitHub personal access token ghp_… · …`
    fn titled(&mut self, severity: Severity, tokens: Vec<Line>) {
        let mut lines = flow(tokens, self.glyphs, self.width - BADGE).into_iter();
        self.lines.extend(lines.next().map(|line| badge(severity).then(line)));
        self.lines.extend(lines.map(|line| Line::new().pad(BADGE).then(line)));
    }

    /// Title and preview in at most `room` columns.
    fn name(&self, credential: &Credential, room: usize) -> Line {
        let title = if credential.title.is_empty() { &credential.detector } else { &credential.title };
        let line = Line::of(STRONG, shorten(&terminal(title), room, ' ', self.glyphs.ellipsis));
        let preview = terminal(&credential.preview);
        if preview.is_empty() || line.width() + 1 + layout::width(&preview) > room {
            return line;
        }
        line.with(PLAIN, " ").with(FAINT, preview)
    }

    /// What may be told of the value: issuer, expiry.
    fn details(&mut self, details: &BTreeMap<String, String>) {
        let room = self.width - BADGE;
        let told = details.iter().take(8).map(|(name, value)| {
            let text = format!("{} {}", terminal(name), terminal(value));
            Line::of(FAINT, shorten(&text, room, ' ', self.glyphs.ellipsis))
        });
        let lines = flow(told.collect::<Vec<_>>(), self.glyphs, room);
        self.lines.extend(lines.into_iter().map(|line| Line::new().pad(BADGE).then(line)));
    }

    /// Rows as branches. What they are a part of stands in a column beside them where it fits, else
    /// below; on a wide terminal the location ids come last.
    fn tree(&mut self, rows: &[Row], hidden: u64) {
        let ids =
            rows.iter().map(|row| layout::width(&row.id)).max().filter(|_| self.width >= WIDE).unwrap_or(0);
        let room = self.width - BRANCH - if ids > 0 { ids + GAP } else { 0 };
        let usual = rows.iter().map(Row::width).filter(|width| width * 2 <= room).max().unwrap_or(0);
        let branches: Vec<(Line, Vec<Line>)> =
            rows.iter().map(|row| self.row(row, usual + GAP, room)).collect();
        let id_column = branches.iter().map(|(line, _)| line.width()).max().unwrap_or(0) + GAP;
        for (at, (row, (line, below))) in rows.iter().zip(branches).enumerate() {
            let last = at + 1 == rows.len() && hidden == 0;
            let line = if ids > 0 { line.pad(id_column).with(FAINT, row.id.clone()) } else { line };
            self.branch(last, line);
            let bar = if last { "" } else { self.glyphs.bar };
            let below =
                below.into_iter().map(|line| Line::new().pad(2).with(FAINT, bar).pad(BRANCH + 2).then(line));
            self.lines.extend(below);
        }
        if hidden > 0 {
            self.branch(
                true,
                Line::of(FAINT, format!("{} and {} more", self.glyphs.ellipsis, number(hidden))),
            );
        }
    }

    /// A row in at most `room` columns, its context from `column` on: the line, and the lines below
    /// it when that does not fit.
    fn row(&self, row: &Row, column: usize, room: usize) -> (Line, Vec<Line>) {
        let base = self.short_path(&row.base, room.saturating_sub(layout::width(&row.position)));
        let place = Line::of(PLAIN, base).with(PLAIN, row.position.clone());
        let context = |room| {
            let short = move |text: &str| shorten(text, room, '.', self.glyphs.ellipsis);
            row.context.iter().map(move |(style, text)| Line::of(*style, short(text)))
        };
        let beside = flow(context(room), self.glyphs, usize::MAX).pop().unwrap_or_default();
        let column = column.max(place.width() + GAP);
        if beside.width() == 0 {
            (place, Vec::new())
        } else if column + beside.width() <= room {
            (place.pad(column).then(beside), Vec::new())
        } else {
            (place, flow(context(room - 2), self.glyphs, room - 2))
        }
    }

    fn branch(&mut self, last: bool, line: Line) {
        let glyph = if last { self.glyphs.elbow } else { self.glyphs.tee };
        self.lines.push(Line::new().pad(2).with(FAINT, glyph).with(PLAIN, " ").then(line));
    }

    /// `  → Revoke it …`
    fn step(&mut self, text: &str) {
        let mut lines = wrap(&terminal(text), self.width - BRANCH, self.glyphs.ellipsis);
        if lines.len() > MAX_STEP_LINES {
            lines.truncate(MAX_STEP_LINES);
            let room = self.width - BRANCH - layout::width(self.glyphs.ellipsis) - 1;
            if let Some(last) = lines.last_mut() {
                *last = format!("{} {}", shorten(last, room, ' ', ""), self.glyphs.ellipsis);
            }
        }
        for (at, line) in lines.into_iter().enumerate() {
            let arrow = if at == 0 { self.glyphs.arrow } else { "" };
            self.lines.push(Line::new().pad(2).with(ACTION, arrow).pad(BRANCH).with(PLAIN, line));
        }
    }

    fn findings(&mut self, groups: &[Group<'_>]) {
        if !groups.is_empty() {
            self.heading("Findings", "about objects and settings as a whole");
        }
        for group in groups {
            self.finding_group(group);
        }
    }

    fn finding_group(&mut self, group: &Group<'_>) {
        let first = group.first();
        let title = self.options.guide.and_then(|guide| guide(&first.check)).map(|guide| guide.title);
        let id = self.short_id(&first.check);
        let mut tokens = vec![Line::of(STRONG, title.map_or(id.clone(), str::to_owned))];
        tokens.push(Line::of(PLAIN, count(group.findings.len() as u64, "place", "places")));
        if title.is_some() {
            tokens.push(Line::of(FAINT, id));
        }
        self.titled(first.severity, tokens);
        let reason = group.reason();
        if let Some(reason) = reason {
            for line in wrap(&terminal(&words::sentence(reason)), self.width - BADGE, self.glyphs.ellipsis) {
                self.lines.push(Line::new().pad(BADGE).with(FAINT, line));
            }
        }
        let shown = &group.findings[..group.findings.len().min(self.options.max_copies.max(1))];
        let rows: Vec<Row> =
            shown.iter().map(|finding| Row::of_finding(finding, reason.is_none(), self.glyphs)).collect();
        self.tree(&rows, (group.findings.len() - shown.len()) as u64);
        if !first.fix.is_empty() {
            self.step(&words::sentence(&first.fix));
        }
        self.lines.push(Line::new());
    }

    /// Credentials, one line each.
    fn brief(&mut self, heading: &str, note: &str, items: &[Item<'_>], max: usize) {
        if items.is_empty() {
            return;
        }
        self.heading(heading, note);
        let shown = &items[..items.len().min(max)];
        let position = |item: &Item<'_>| {
            let position = item.credential.copies.first().map(|copy| words::position(&copy.place));
            match item.credential.copies_total.saturating_sub(1) {
                0 => position.unwrap_or_default(),
                others => format!("{} +{}", position.unwrap_or_default(), number(others)),
            }
        };
        let widest = shown.iter().map(|item| layout::width(&position(item))).max().unwrap_or(0);
        let room = self.width - BADGE;
        let limit = (room / 2).min(room.saturating_sub(GAP + MIN_PATH + widest));
        let names: Vec<Line> = shown.iter().map(|item| self.name(item.credential, limit)).collect();
        let column = BADGE + GAP + names.iter().map(Line::width).max().unwrap_or(0);
        for (item, name) in shown.iter().zip(names) {
            let position = position(item);
            let line = badge(item.credential.severity).then(name).pad(column);
            let path = item.credential.copies.first().map(|c| words::whereabouts(&c.place, self.glyphs.into));
            let room = self.width.saturating_sub(column + layout::width(&position));
            let path = self.short_path(&path.unwrap_or_default(), room);
            self.lines.push(line.with(PLAIN, path).with(PLAIN, position));
        }
        if items.len() > shown.len() {
            let more = number((items.len() - shown.len()) as u64);
            self.lines.push(
                Line::new().pad(BADGE).with(FAINT, format!("{} and {more} more", self.glyphs.ellipsis)),
            );
        }
        self.lines.push(Line::new());
    }

    fn not_assessed(&mut self, view: &View<'_>) {
        let mut by_reason: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for finding in &view.not_assessed {
            *by_reason.entry((&finding.check, &finding.reason)).or_default() += 1;
        }
        if by_reason.is_empty() {
            return;
        }
        self.heading("Not assessed", "");
        for ((check, reason), n) in by_reason.iter().take(MAX_SMALL) {
            let text = format!("{} ({}): {}", self.short_id(check), number(*n), terminal(reason));
            for (at, line) in wrap(&text, self.width - 4, self.glyphs.ellipsis).into_iter().enumerate() {
                self.lines.push(Line::new().pad(if at == 0 { 2 } else { 4 }).with(PLAIN, line));
            }
        }
        self.lines.push(Line::new());
    }

    /// What was not looked at.
    fn coverage(&mut self) {
        let report = self.report;
        if report.coverage.iter().all(|c| c.status == Status::Complete) {
            return;
        }
        self.heading("Not looked at", "");
        for coverage in report.coverage.iter().filter(|c| c.status != Status::Complete) {
            let style = if coverage.status == Status::Failed { layout::HIGH } else { NOTICE };
            let status = if coverage.status == Status::Failed { "failed" } else { "partial" };
            let target = self.short_path(&terminal(&coverage.target), self.width / 2);
            let mut tokens =
                vec![Line::new().pad(2).with(style, status).with(PLAIN, "  ").with(STRONG, target)];
            tokens.push(Line::of(FAINT, terminal(&coverage.source)));
            tokens.push(Line::of(PLAIN, format!("{} read", count(coverage.items, "item", "items"))));
            self.flow(tokens, 4);
            let shown = &coverage.problems[..coverage.problems.len().min(self.options.max_copies.max(1))];
            let rows: Vec<Row> = shown
                .iter()
                .map(|problem| Row::of_problem(&problem.place, &problem.what, self.glyphs))
                .collect();
            let hidden =
                coverage.problems_omitted.saturating_add((coverage.problems.len() - shown.len()) as u64);
            self.tree(&rows, hidden);
        }
        self.lines.push(Line::new());
    }

    fn summary(&mut self, view: &View<'_>) {
        let report = self.report;
        let total = view.open.len() + view.local.len() + view.info.len();
        let findings: usize = view.findings.iter().map(|group| group.findings.len()).sum();
        if total == 0 && findings == 0 {
            self.nothing();
        } else {
            let mut counts: BTreeMap<Severity, u64> = BTreeMap::new();
            let items = view.open.iter().chain(&view.local).chain(&view.info);
            items.for_each(|item| *counts.entry(item.credential.severity).or_default() += 1);
            view.findings
                .iter()
                .for_each(|g| *counts.entry(g.first().severity).or_default() += g.findings.len() as u64);
            let tokens = counts.iter().rev().map(|(severity, n)| {
                Line::of(style(*severity), format!("{} {}", number(*n), severity.as_str()))
            });
            self.flow(tokens.collect(), 2);
            let copies = words::sum(report.credentials.iter().map(|c| c.copies_total));
            let credentials = count(total as u64, "credential", "credentials");
            let mut tokens =
                vec![Line::of(PLAIN, format!("{credentials} in {}", count(copies, "place", "places")))];
            if findings > 0 {
                let findings = count(findings as u64, "finding on its own", "findings on their own");
                tokens.push(Line::of(PLAIN, findings));
            }
            self.flow(tokens, 2);
        }
        self.set_aside();
        self.first(view);
    }

    fn nothing(&mut self) {
        let (items, bytes) = words::looked_at(&self.report.coverage);
        let looked = format!("{}, {}", count(items, "item", "items"), words::size(bytes));
        let (style, text) = match self.report.status() {
            _ if items == 0 => (NOTICE, "Nothing was looked at, so nothing can be said.".to_owned()),
            Status::Complete if self.excluded() > 0 => {
                let excluded = count(self.excluded(), "excluded path", "excluded paths");
                (GOOD, format!("No credentials found, and all but {excluded} was looked at ({looked})."))
            }
            Status::Complete => {
                (GOOD, format!("No credentials found, and everything was looked at ({looked})."))
            }
            Status::Partial => (NOTICE, format!("No credentials found in what was looked at ({looked}).")),
            Status::Failed => {
                (NOTICE, format!("No credentials found, but a target failed ({looked} were read)."))
            }
        };
        for line in wrap(&text, self.width, self.glyphs.ellipsis) {
            self.lines.push(Line::of(style, line));
        }
    }

    fn excluded(&self) -> u64 {
        words::sum(self.report.coverage.iter().map(|coverage| coverage.excluded))
    }

    /// What somebody asked not to be told.
    fn set_aside(&mut self) {
        let sum =
            |of: fn(&Suppressed) -> u64| words::sum(self.report.coverage.iter().map(|c| of(&c.suppressed)));
        let by = [
            (sum(|s| s.baseline), "by the baseline"),
            (sum(|s| s.ignore), "by ignore entries"),
            (sum(|s| s.inline), "by inline markers"),
            (self.excluded(), "paths excluded"),
        ];
        let by = by.iter().filter(|(n, _)| *n > 0).map(|(n, by)| format!("{} {by}", number(*n)));
        let by: Vec<String> = by.collect();
        if !by.is_empty() {
            let lines = wrap(&format!("Set aside: {}", by.join(", ")), self.width, self.glyphs.ellipsis);
            self.lines.extend(lines.into_iter().map(|line| Line::of(FAINT, line)));
        }
    }

    /// What to do first.
    fn first(&mut self, view: &View<'_>) {
        let worst = view.open.first().map(|item| item.credential.severity);
        let urgent = view.open.iter().filter(|item| Some(item.credential.severity) == worst);
        let urgent: Vec<&Credential> =
            urgent.map(|item| item.credential).filter(|c| c.severity >= Severity::Medium).collect();
        let label = "Rotate first: ";
        let room = self.width - label.len();
        for (at, credential) in urgent.iter().take(FIRST).enumerate() {
            let mut line = Line::new().with(ACTION, if at == 0 { label } else { "" }).pad(label.len());
            line = line.with(STRONG, shorten(&terminal(&credential.title), room, ' ', self.glyphs.ellipsis));
            if let Some(copy) = credential.copies.first() {
                let position = words::position(&copy.place);
                let left = self.width.saturating_sub(line.width() + 5 + layout::width(&position));
                if left >= 12 {
                    let base = self.short_path(&words::whereabouts(&copy.place, self.glyphs.into), left);
                    line = line.with(FAINT, format!(" in {base}{position}"));
                }
            }
            self.lines.push(line);
        }
        if let Some(left) = urgent.len().checked_sub(FIRST).filter(|left| *left > 0) {
            let more = format!("{} and {} more as bad", self.glyphs.ellipsis, number(left as u64));
            self.lines.push(Line::new().pad(label.len()).with(FAINT, more));
        }
        let id = view.open.first().map(|item| item.credential.detector.as_str());
        if let Some(id) = id.or_else(|| view.findings.first().map(|group| group.first().check.as_str())) {
            let command = "sekisho explain ";
            let id = shorten(&terminal(id), room - command.len(), '/', self.glyphs.ellipsis);
            let explain = Line::of(PLAIN, command).with(PLAIN, id);
            let all = Line::of(PLAIN, "--format json").with(FAINT, " for every copy and its location_id");
            let mut lines = flow([explain, all], self.glyphs, room).into_iter();
            self.lines
                .extend(lines.next().map(|line| Line::of(ACTION, "More: ").pad(label.len()).then(line)));
            self.lines.extend(lines.map(|line| Line::new().pad(label.len()).then(line)));
        }
    }

    fn short_path(&self, shown: &str, room: usize) -> String {
        shorten(shown, room.max(1), '/', self.glyphs.ellipsis)
    }

    fn short_id(&self, id: &str) -> String {
        shorten(&terminal(id), self.width - BADGE, '/', self.glyphs.ellipsis)
    }
}

/// One branch of a tree.
struct Row {
    /// Path and members inwards.
    base: String,
    /// Line and column; never shortened.
    position: String,
    /// What it is a part of, and what there is to say.
    context: Vec<(Style, String)>,
    /// The location id.
    id: String,
}

impl Row {
    fn of_place(place: &Place, id: &str, glyphs: &Glyphs) -> Self {
        Self {
            base: words::whereabouts(place, glyphs.into),
            position: words::position(place),
            context: words::context(place).into_iter().map(|text| (PLAIN, text)).collect(),
            id: terminal(words::head(id, 32)).into_owned(),
        }
    }

    fn of_copy(copy: &Copy, glyphs: &Glyphs) -> Self {
        let mut row = Self::of_place(&copy.place, &copy.location_id.to_string(), glyphs);
        row.context.extend(words::encodings(&copy.encoding, glyphs.arrow).map(|text| (FAINT, text)));
        row.context.extend(words::tracked(copy).map(|text| (NOTICE, text.to_owned())));
        row
    }

    fn of_finding(finding: &Finding, with_reason: bool, glyphs: &Glyphs) -> Self {
        let mut row = Self::of_place(&finding.place, &finding.location_id.to_string(), glyphs);
        if with_reason {
            row.context.push((FAINT, terminal(&finding.reason).into_owned()));
        }
        row
    }

    fn of_problem(place: &Place, what: &str, glyphs: &Glyphs) -> Self {
        let mut row = Self::of_place(place, "", glyphs);
        row.context.push((NOTICE, terminal(what).into_owned()));
        row
    }

    fn width(&self) -> usize {
        layout::width(&self.base) + layout::width(&self.position)
    }
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => layout::CRITICAL,
        Severity::High => layout::HIGH,
        Severity::Medium => layout::MEDIUM,
        Severity::Low => layout::LOW,
        Severity::Info => FAINT,
    }
}

fn badge(severity: Severity) -> Line {
    Line::of(style(severity), severity.as_str().to_uppercase()).pad(BADGE)
}
