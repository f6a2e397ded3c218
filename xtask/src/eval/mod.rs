//! `cargo xtask eval SET`: how much of a labelled set is found, and how much that is none.
//!
//! The program that users get is what is measured, through its report, and so are the peers that are
//! installed. A true span is found when a report has a character in common with it (a line, for a
//! scanner that tells no columns), and found *exactly* when one has its first and its last. A false alarm is a report that meets no true span and stands where the
//! set has a false label: at its span, or anywhere on its line where the label is of the line. Reports on
//! lines that nobody labelled are counted apart, for nobody can say what they are; so are those on
//! doubtful ones, and the strict precision counts these against the scanner. The exact F1 counts a span that
//! is only touched as missed and its report as a false alarm.
//!
//! Tune on some repositories and judge on others: a set is a directory, so two directories do.

mod scanners;
mod set;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use scanners::Report;
pub(crate) use scanners::{Scanner, peers};
use set::{Label, Set, Spot, Truth};

/// What to measure, and how.
#[derive(Debug, Default)]
pub struct Options {
    /// The labelled set.
    pub set: PathBuf,
    /// The binary; by default the release build of this tree.
    pub binary: Option<PathBuf>,
    /// Categories that are left out.
    pub without: Vec<String>,
    /// A directory for the lists of misses and false alarms.
    pub lists: Option<PathBuf>,
    /// Whether the peers are run beside.
    pub peers: bool,
}

/// Measures and tells.
///
/// # Errors
/// When the set does not read, a scanner does not run, or a list cannot be written.
pub fn run(root: &Path, options: &Options) -> Result<String> {
    let mut set = Set::read(&options.set)?;
    set.without(&options.without.iter().map(String::as_str).collect());
    let built = root.join("target/release/sekisho");
    let mut scanners = vec![Scanner::sekisho(options.binary.clone().unwrap_or(built))];
    if options.peers {
        scanners.extend(peers());
    }
    let scratch = std::env::temp_dir().join(format!("sekisho-eval-{}", std::process::id()));
    fs::create_dir_all(&scratch)?;
    let mut out = head(&set);
    let mut ours = None;
    for scanner in &scanners {
        let (reports, run) = match scanner.scan(&set.data, &scratch) {
            Ok(scanned) => scanned,
            // A peer that is installed need not run: it may want to fetch itself first.
            Err(why) if ours.is_some() => {
                writeln!(out, "{:<15} {why}", scanner.name)?;
                continue;
            }
            Err(why) => return Err(why),
        };
        let score = Score::of(&set, reports);
        score.row(scanner.name, &mut out)?;
        writeln!(out, " {:>7.2} {:>6}", run.cpu.as_secs_f64(), run.peak >> 20)?;
        if ours.is_none() {
            ours = Some(score);
        }
    }
    fs::remove_dir_all(&scratch)?;
    let ours = ours.context("nothing was measured")?;
    ours.categories(&set, &mut out)?;
    if let Some(folder) = &options.lists {
        ours.lists(&set, folder)?;
    }
    Ok(out)
}

fn head(set: &Set) -> String {
    let count = |label| set.truths.values().flatten().filter(|truth| truth.label == label).count();
    format!(
        "{} files; {} true, {} false, {} doubtful labels\n\n{:<15} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>7} {:>6}\n",
        set.truths.len(),
        count(Label::True),
        count(Label::False),
        count(Label::Doubtful),
        "scanner",
        "found",
        "missed",
        "false",
        "doubt",
        "other",
        "P",
        "R",
        "F1",
        "P str",
        "F1 str",
        "exact",
        "F1 ex",
        "CPU-s",
        "MiB",
    )
}

/// How a report stands to the labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Meets {
    True,
    False,
    Doubtful,
    Nothing,
}

/// One scanner against the set.
struct Score {
    /// True labels by whether they were found, in the order of the set.
    found: BTreeSet<(String, usize)>,
    missed: BTreeSet<(String, usize)>,
    /// How many were found from their first character to their last, as far as the label says where these are.
    exact: usize,
    reports: Vec<(Report, Meets)>,
}

impl Score {
    fn of(set: &Set, reports: Vec<Report>) -> Self {
        let mut by_file: BTreeMap<&str, Vec<&Spot>> = BTreeMap::new();
        for report in &reports {
            by_file.entry(&report.spot.file).or_default().push(&report.spot);
        }
        let (mut found, mut missed, mut exact) = (BTreeSet::new(), BTreeSet::new(), 0);
        for (file, truths) in &set.truths {
            let spots = by_file.get(file.as_str()).map(Vec::as_slice).unwrap_or_default();
            for (at, truth) in truths.iter().enumerate().filter(|(_, truth)| truth.label == Label::True) {
                let hit = spots.iter().any(|spot| spot.touches(&truth.spot));
                exact += usize::from(spots.iter().any(|spot| truth.spot.is_told_by(spot)));
                if hit { &mut found } else { &mut missed }.insert((file.clone(), at));
            }
        }
        let judged = reports.into_iter().map(|report| {
            let truths = set.truths.get(&report.spot.file).map(Vec::as_slice).unwrap_or_default();
            let meets = meets(&report.spot, truths);
            (report, meets)
        });
        Self { found, missed, exact, reports: judged.collect() }
    }

    /// Places of reports that stand so to the labels; several rules at one place count once.
    fn places(&self, kind: Meets) -> usize {
        let of_kind = self.reports.iter().filter(|(_, meets)| *meets == kind);
        of_kind.map(|(report, _)| &report.spot).collect::<BTreeSet<_>>().len()
    }

    fn row(&self, name: &str, out: &mut String) -> Result<()> {
        let (found, missed) = (self.found.len(), self.missed.len());
        let (wrong, doubtful) = (self.places(Meets::False), self.places(Meets::Doubtful));
        let (p, r, f1) = rates(found, missed, wrong);
        let (p_strict, _, f1_strict) = rates(found, missed, wrong + doubtful);
        let touched = found - self.exact;
        let (_, _, f1_exact) = rates(self.exact, missed + touched, wrong + touched);
        write!(
            out,
            "{name:<15} {found:>6} {missed:>6} {wrong:>6} {doubtful:>6} {:>6} {p:>6.3} {r:>6.3} {f1:>6.3} {p_strict:>6.3} \
             {f1_strict:>6.3} {:>6} {f1_exact:>6.3}",
            self.places(Meets::Nothing),
            self.exact,
        )?;
        Ok(())
    }

    /// Found and missed by category; a label of several counts in each.
    fn categories(&self, set: &Set, out: &mut String) -> Result<()> {
        let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
        for (slot, keys) in [&self.found, &self.missed].into_iter().enumerate() {
            for truth in keys.iter().filter_map(|(file, at)| set.truths.get(file)?.get(*at)) {
                for category in &truth.categories {
                    counts.entry(category).or_default()[slot] += 1;
                }
            }
        }
        for (report, _) in self.reports.iter().filter(|(_, meets)| *meets == Meets::False) {
            let truths = set.truths.get(&report.spot.file).map(Vec::as_slice).unwrap_or_default();
            let on = truths
                .iter()
                .find(|truth| truth.label == Label::False && truth.spot.same_lines(&report.spot));
            for category in on.iter().flat_map(|truth| &truth.categories) {
                counts.entry(category).or_default()[2] += 1;
            }
        }
        let mut rows: Vec<_> = counts.into_iter().collect();
        rows.sort_by_key(|(name, [found, missed, _])| (std::cmp::Reverse(found + missed), *name));
        writeln!(
            out,
            "\n{:<34} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}",
            "category", "found", "missed", "false", "P", "R", "F1"
        )?;
        for (name, [found, missed, wrong]) in rows {
            let (p, r, f1) = rates(found, missed, wrong);
            writeln!(out, "{name:<34} {found:>6} {missed:>6} {wrong:>6} {p:>6.2} {r:>6.2} {f1:>6.2}")?;
        }
        Ok(())
    }

    /// Writes `missed.tsv`, `false.tsv`, `doubtful.tsv` and `other.tsv`, with the lines themselves: a set is
    /// public, or its owner keeps the lists as the set.
    fn lists(&self, set: &Set, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)?;
        let mut missed = String::new();
        for (file, at) in &self.missed {
            if let Some(truth) = set.truths.get(file).and_then(|truths| truths.get(*at)) {
                writeln!(missed, "{}\t{}", truth.categories.join(":"), line(set, &truth.spot))?;
            }
        }
        fs::write(folder.join("missed.tsv"), missed)?;
        let kinds = [
            ("false", Meets::False),
            ("doubtful", Meets::Doubtful),
            ("other", Meets::Nothing),
            ("found", Meets::True),
        ];
        for (name, kind) in kinds {
            let mut text = String::new();
            for (report, _) in self.reports.iter().filter(|(_, meets)| *meets == kind) {
                writeln!(text, "{}\t{}", report.rule, line(set, &report.spot))?;
            }
            fs::write(folder.join(format!("{name}.tsv")), text)?;
        }
        Ok(())
    }
}

fn meets(spot: &Spot, truths: &[Truth]) -> Meets {
    let of = |label| truths.iter().filter(move |truth| truth.label == label);
    if of(Label::True).any(|truth| truth.spot.touches(spot)) {
        Meets::True
    } else if of(Label::False).any(|truth| truth.spot.same_lines(spot)) {
        Meets::False
    } else if of(Label::Doubtful).any(|truth| truth.spot.same_lines(spot)) {
        Meets::Doubtful
    } else {
        Meets::Nothing
    }
}

/// Precision, recall and their harmonic mean.
fn rates(found: usize, missed: usize, wrong: usize) -> (f64, f64, f64) {
    let share = |of: usize| if of == 0 { 0.0 } else { found as f64 / of as f64 };
    let (p, r) = (share(found + wrong), share(found + missed));
    let f1 = if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 };
    (p, r, f1)
}

/// Place, value and line of a spot, cut short.
fn line(set: &Set, spot: &Spot) -> String {
    let bytes = fs::read(set.data.join(&spot.file)).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let line = text.split('\n').nth(spot.first_line.saturating_sub(1) as usize).unwrap_or_default();
    let (start, end) = spot.columns.unwrap_or_default();
    let value: String =
        line.chars().skip(start as usize).take(end.saturating_sub(start).min(80) as usize).collect();
    let around: String = line.chars().skip((start as usize).saturating_sub(70)).take(200).collect();
    format!("{}:{}\t{value}\t{}", spot.file, spot.first_line, around.trim().replace('\t', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(line: u64, columns: (u64, u64)) -> Spot {
        Spot { file: "f".to_owned(), first_line: line, last_line: line, columns: Some(columns) }
    }

    fn truth(line: u64, columns: (u64, u64), label: Label) -> Truth {
        Truth { spot: spot(line, columns), label, categories: vec!["Password".to_owned()] }
    }

    #[test]
    fn reports_are_counted_by_what_they_meet() {
        let truths = vec![
            truth(1, (4, 9), Label::True),
            truth(2, (4, 9), Label::True),
            truth(3, (4, 9), Label::False),
            truth(4, (4, 9), Label::Doubtful),
            truth(5, (4, 9), Label::False),
            truth(5, (20, 29), Label::True),
        ];
        let set = Set { data: PathBuf::new(), truths: BTreeMap::from([("f".to_owned(), truths)]) };
        let report = |line, columns, rule: &str| Report { spot: spot(line, columns), rule: rule.to_owned() };
        let reports = vec![
            report(1, (3, 9), "a"),
            report(2, (20, 25), "a"),
            report(3, (4, 9), "a"),
            report(3, (4, 9), "b"),
            report(4, (4, 9), "a"),
            report(5, (20, 29), "a"),
            report(6, (4, 9), "a"),
        ];
        let score = Score::of(&set, reports);
        assert_eq!((score.found.len(), score.missed.len()), (2, 1));
        assert_eq!(score.places(Meets::False), 1);
        assert_eq!(score.places(Meets::Doubtful), 1);
        assert_eq!(score.places(Meets::Nothing), 2);
        let mut row = String::new();
        score.row("x", &mut row).unwrap();
        assert!(row.contains("0.667  0.667  0.667  0.500"), "{row}");
        // One of the two found spans is touched and no more.
        assert!(row.ends_with("     1  0.333"), "{row}");
    }

    #[test]
    fn rates_of_nothing_are_nothing() {
        assert_eq!(rates(0, 0, 0), (0.0, 0.0, 0.0));
    }
}
