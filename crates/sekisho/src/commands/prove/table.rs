//! A proof for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sekisho_etcd::evidence::Statement;
use sekisho_etcd::proof::{FileKind, FileProof, Proof, Refusal, Region, SnapshotHash, Verdict};
use sekisho_etcd::{Require, way};
use sekisho_report::escape::terminal;

/// Rows of a list before the rest is counted.
const ROWS: usize = 12;
/// Columns that sentences fill; what is to be copied (paths, commands, sums) is never broken.
const WIDTH: usize = 80;

/// The whole report.
pub(super) fn render(proof: &Proof) -> String {
    let mut out = String::new();
    for file in &proof.files {
        one_file(&mut out, file, &proof.require);
    }
    if !proof.configuration.is_empty() {
        line(&mut out, "The configuration");
        for remark in &proof.configuration {
            let at = remark.line.map(|at| format!(" line {at}")).unwrap_or_default();
            let lead = format!("  {:<8}{at} {}:", remark.severity.as_str(), remark.id);
            prose(&mut out, &lead, 11, &remark.what);
            prose(&mut out, "          ", 11, &remark.fix);
        }
        out.push('\n');
    }
    if !proof.grades.is_empty() {
        line(&mut out, "What the envelopes are worth");
        for grade in &proof.grades {
            let strength = format!("{:?}", grade.strength).to_lowercase();
            let lead = format!("  {:<24} {strength}:", grade.envelope);
            prose(&mut out, &lead, 27, &grade.reasons.join("; "));
        }
        out.push('\n');
    }
    if !proof.way.is_empty() {
        line(&mut out, "The way to clean");
        for (n, step) in proof.way.iter().enumerate() {
            prose(&mut out, &format!("  {}. {}:", n + 1, step.title), 5, &step.why);
            for command in &step.commands {
                line(&mut out, &format!("       {command}"));
            }
            if let Some(warning) = &step.warning {
                prose(&mut out, "     Beware:", 5, &format!("{warning}."));
            }
        }
        out.push('\n');
    }
    let word = word(proof.verdict());
    prose(&mut out, &format!("{word}:"), 0, &sentence(proof));
    line(&mut out, &format!("key id {}, required: {}", proof.key_id, proof.require.join(", ")));
    out
}

/// One file, and where to read on.
pub(super) fn brief(file: &FileProof, require: &Require) -> String {
    let mut out = String::new();
    let names: Vec<String> = require.names().map(str::to_owned).collect();
    one_file(&mut out, file, &names);
    let more = match way(std::slice::from_ref(file), require).len() {
        0 => "`sekisho prove` tells more".to_owned(),
        steps => format!("the way to clean has {steps} steps; `sekisho prove` tells them"),
    };
    line(&mut out, &format!("{}: {more}.", word(file.verdict)));
    out
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Plaintext => "PLAINTEXT",
        Verdict::Unproven => "UNPROVEN",
        Verdict::Clean => "CLEAN",
    }
}

fn sentence(proof: &Proof) -> String {
    let count = |verdict| proof.files.iter().filter(|file| file.verdict == verdict).count();
    let (plain, unproven) = (count(Verdict::Plaintext), count(Verdict::Unproven));
    let all = proof.files.len();
    match proof.verdict() {
        Verdict::Plaintext => format!("required resources are in plain in {plain} of {all} files"),
        Verdict::Unproven => format!("{unproven} of {all} files hold bytes that are not accounted for"),
        Verdict::Clean => format!(
            "every byte of {all} files is accounted for, and no required resource is in plain; this speaks of these files, not of the cluster"
        ),
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(&terminal(text));
    out.push('\n');
}

/// A sentence behind `lead`, in lines of [`WIDTH`] columns that begin `indent` further in.
fn prose(out: &mut String, lead: &str, indent: usize, text: &str) {
    let mut here = lead.to_owned();
    for word in text.split(' ') {
        if here.chars().count() + 1 + word.chars().count() > WIDTH && !here.trim().is_empty() {
            line(out, &here);
            here = " ".repeat(indent.saturating_sub(1));
        }
        if !here.is_empty() || indent > 0 {
            here.push(' ');
        }
        here.push_str(word);
    }
    line(out, &here);
}

fn one_file(out: &mut String, file: &FileProof, require: &[String]) {
    let kind = match file.kind {
        FileKind::Bbolt => "store",
        FileKind::Snapshot => "snapshot",
        FileKind::Wal => "log",
        FileKind::RaftSnapshot => "raft snapshot",
        FileKind::EncryptedContainer => "encrypted container, not looked into",
        FileKind::Unknown => "no file of etcd",
    };
    line(out, &format!("{}  {}", word(file.verdict), file.path));
    let mut facts = format!("  {kind}, {} bytes", file.bytes);
    if let Some(etcd) = &file.etcd {
        let _infallible =
            write!(facts, ", revision {}, {} of {} pages free", etcd.revision, etcd.free_pages, etcd.pages);
    }
    if let Some(wal) = &file.wal {
        let _infallible = write!(facts, ", entries {} to {}", wal.first_index, wal.last_index);
    }
    match file.snapshot_hash {
        Some(SnapshotHash::Ok) => facts.push_str(", its hash fits"),
        Some(SnapshotHash::Mismatch) => facts.push_str(", ITS HASH DOES NOT FIT"),
        Some(SnapshotHash::NotChecked) => facts.push_str(", its hash was not checked"),
        None => {}
    }
    line(out, &facts);
    if let Some(sha256) = &file.sha256 {
        line(out, &format!("  sha256 {sha256}"));
    }
    objects(out, file, require);
    remains(out, file, require);
    if let Some(decryption) = &file.decryption {
        line(
            out,
            &format!(
                "  with the keys given {} values open and {} do not",
                decryption.opened,
                decryption.failed.len() as u64 + decryption.failed_omitted
            ),
        );
        for failed in decryption.failed.iter().take(ROWS) {
            let from =
                failed.moved_from.as_ref().map(|key| format!(", it belongs to {key}")).unwrap_or_default();
            let reason = match failed.reason {
                Refusal::NoKey => "no key for it",
                Refusal::NotAuthentic => "not authentic",
                Refusal::Moved => "moved",
            };
            line(
                out,
                &format!(
                    "    {} {} at {}: {reason}{from}",
                    failed.region.as_str(),
                    failed.etcd_key,
                    failed.offset
                ),
            );
        }
    }
    for problem in file.problems.iter().take(ROWS) {
        let at = problem.offset.map(|offset| format!(" at {offset}")).unwrap_or_default();
        prose(out, &format!("  problem{at}:"), 4, &problem.what);
    }
    rest(out, file.problems.len() as u64 + file.problems_omitted, "problems");
    if file.accounting.unattributed > 0 {
        let ranges = file.unattributed.len() as u64 + file.unattributed_omitted;
        line(out, &format!("  {} bytes in {ranges} ranges belong to nobody", file.accounting.unattributed));
        for range in file.unattributed.iter().take(ROWS) {
            let looks = format!("{:?}", range.looks).to_lowercase();
            line(out, &format!("    {} bytes at {}, they look like {looks}", range.length, range.offset));
        }
        rest(out, ranges, "ranges");
    }
    out.push('\n');
}

fn rest(out: &mut String, all: u64, what: &str) {
    if all > ROWS as u64 {
        line(out, &format!("    and {} more {what} (--format json)", all - ROWS as u64));
    }
}

/// Counts by resource and region: required resources and those without a key one by one, the
/// others as one line.
fn objects(out: &mut String, file: &FileProof, require: &[String]) {
    let mut rows: BTreeMap<(String, Region), Vec<String>> = BTreeMap::new();
    let (mut others, mut sealed) = (0, 0);
    for count in &file.objects {
        let name = count.resource.clone().unwrap_or_else(|| "(of unknown resource)".to_owned());
        if count.resource.is_none() || require.contains(&name) {
            let key = count.kms_key_id.as_ref().map(|id| format!(" (key {id})")).unwrap_or_default();
            let text = format!("{} {}{key}", count.count, count.envelope);
            rows.entry((name, count.region)).or_default().push(text);
        } else if count.envelope == "plain" {
            others += count.count;
        } else {
            sealed += count.count;
        }
    }
    for ((name, region), counts) in rows {
        line(out, &format!("  {name:<22} {:<10} {}", region.as_str(), counts.join(", ")));
    }
    if others + sealed > 0 {
        line(out, &format!("  {:<22} {:<10} {others} plain, {sealed} in envelopes", "(others)", "all"));
    }
}

/// Plaintext of required resources and of lost keys, one by one.
fn remains(out: &mut String, file: &FileProof, require: &[String]) {
    let shown: Vec<_> = file
        .remains
        .iter()
        .filter(|plain| plain.resource.as_ref().is_none_or(|resource| require.contains(resource)))
        .collect();
    for plain in shown.iter().take(ROWS) {
        let live = match plain.still_live {
            Some(true) => "still live: rotate it",
            Some(false) => "no longer live",
            None => "live copy not readable",
        };
        let page = plain.page.map(|page| format!(" page {page}")).unwrap_or_default();
        let key = plain.etcd_key.as_deref().unwrap_or("(key lost)");
        line(
            out,
            &format!(
                "    {:<10} {key}  {} bytes at {}{page}, {live}",
                plain.region.as_str(),
                plain.length,
                plain.offset
            ),
        );
    }
    rest(out, shown.len() as u64, "plain values");
    if file.remains_omitted > 0 {
        line(out, &format!("    {} more were not listed", file.remains_omitted));
    }
}

/// What evidence says.
pub(super) fn evidence(statement: &Statement, strangers: usize) -> String {
    let mut out = String::new();
    line(&mut out, "The signature holds.");
    for (subject, file) in statement.subject.iter().zip(&statement.predicate.files) {
        line(
            &mut out,
            &format!("  {:<10} {}  sha256 {}", word(file.verdict), subject.name, subject.digest.sha256),
        );
    }
    let required = statement.predicate.require.join(", ");
    line(
        &mut out,
        &format!(
            "{} by sekisho {} for {required}",
            word(statement.predicate.verdict),
            statement.predicate.tool.version
        ),
    );
    if strangers > 0 {
        line(&mut out, &format!("{strangers} of the files given are not those that it speaks of"));
    }
    out
}
