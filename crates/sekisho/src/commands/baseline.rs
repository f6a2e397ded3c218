//! `baseline`: what is accepted for now, from a report of ours or of another scanner.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, bail};
use sekisho_model::report::Report;
use sekisho_policy::{Baseline, rivals};

use super::convert::read_report;
use crate::cli::{BaselineCommand, Global, ImportArgs, Rival};
use crate::exit::Status;
use crate::output;
use crate::scanning::{Plan, scan};

/// Makes a baseline.
pub(super) fn run(command: &BaselineCommand, global: &Global) -> anyhow::Result<Status> {
    match command {
        BaselineCommand::Create { report, output } => {
            write(&Baseline::from_report(&read_report(report)?), output.as_deref())?;
        }
        BaselineCommand::Import(args) => import(args, global)?,
    }
    Ok(Status::Clean)
}

/// Scans the target and takes over what lies on the lines that the other scanner names.
fn import(args: &ImportArgs, global: &Global) -> anyhow::Result<()> {
    let content = super::read_input(&args.report)?;
    let Some(rival) = args.from.or_else(|| guess(&content)) else {
        bail!("{} is of no scanner that is known here; --from says which", args.report.display());
    };
    let root = args.target.canonicalize().ok();
    let root = root.as_deref().and_then(Path::to_str);
    let (entries, errors) = match rival {
        Rival::Gitleaks => rivals::gitleaks(&content, root),
        Rival::DetectSecrets => rivals::detect_secrets(&content, root),
        Rival::Trufflehog => rivals::trufflehog(&content, root),
    };
    for error in &errors {
        output::note(global, &format!("{}: {error}", args.report.display()));
    }
    if entries.is_empty() && !errors.is_empty() {
        bail!("{} holds nothing that can be taken over", args.report.display());
    }
    let (key, origin) = super::scan::key(&args.key, global)?;
    let mut plan = Plan::new(key, origin);
    plan.history = false;
    plan.max_copies = usize::MAX;
    plan.add(args.target.clone(), args.target.display().to_string());
    let report = scan(plan, global)?;
    let named: BTreeSet<(&str, u64)> =
        entries.iter().map(|entry| (entry.path.as_str(), entry.line)).collect();
    let (kept, met) = keep(report, &named);
    let missed = named.len() - met;
    if missed > 0 {
        output::note(
            global,
            &format!("{missed} of its {} lines hold nothing that Sekisho reports", named.len()),
        );
    }
    write(&Baseline::from_report(&kept), args.output.as_deref())
}

/// What of a report lies on the named lines, and how many of those were met.
fn keep(mut report: Report, named: &BTreeSet<(&str, u64)>) -> (Report, usize) {
    let mut met = BTreeSet::new();
    let mut on_line = |place: &sekisho_model::Place| {
        let (Some(path), Some(span)) = (place.path(), place.span) else { return false };
        let lines = named.range((path.path.as_str(), span.line)..=(path.path.as_str(), span.end_line));
        let before = met.len();
        let mut any = false;
        for (path, line) in lines {
            any = true;
            met.insert(((*path).to_owned(), *line));
        }
        any || met.len() > before
    };
    for credential in &mut report.credentials {
        credential.copies.retain(|copy| on_line(&copy.place));
    }
    report.credentials.retain(|credential| !credential.copies.is_empty());
    report.findings.retain(|finding| on_line(&finding.place));
    (report, met.len())
}

/// Whose report it is, by its form.
fn guess(content: &[u8]) -> Option<Rival> {
    let text = content.trim_ascii_start();
    let has = |word: &str| text.windows(word.len()).take(1 << 16).any(|window| window == word.as_bytes());
    match text.first()? {
        b'[' | b'n' => Some(Rival::Gitleaks),
        b'{' if has("\"plugins_used\"") || has("\"generated_at\"") => Some(Rival::DetectSecrets),
        b'{' if has("\"SourceMetadata\"") => Some(Rival::Trufflehog),
        _ => None,
    }
}

fn write(baseline: &Baseline, path: Option<&Path>) -> anyhow::Result<()> {
    let json = baseline.to_json();
    match path {
        Some(path) => output::write_file(path, &json),
        None => output::print(&String::from_utf8(json).context("a baseline is text")?),
    }
}
