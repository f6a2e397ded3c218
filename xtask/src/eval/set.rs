//! Labelled sets in the three forms that people keep them in.
//!
//! * A directory with `meta/*.csv` and `data/`: CredData's form, a row per span with its label.
//! * A directory with `valid` and `invalid` directories somewhere in it, whose files hold one
//!   credential, or none, each.
//! * A CSV file whose header names `path`, `line` and `label`, and perhaps `start`, `end` and
//!   `category`; paths are relative to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

/// What a label says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Label {
    /// A credential.
    True,
    /// None.
    False,
    /// Nobody could say: a test value, an example.
    Doubtful,
}

/// Where something stands: lines from 1, columns from 0, in characters, the end exclusive.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    /// Relative to the set's data, with `/`.
    pub(super) file: String,
    pub(super) first_line: u64,
    pub(super) last_line: u64,
    /// Of a span within one line.
    pub(super) columns: Option<(u64, u64)>,
}

impl Spot {
    pub(super) fn same_lines(&self, other: &Self) -> bool {
        self.file == other.file && self.first_line <= other.last_line && other.first_line <= self.last_line
    }

    /// Whether the spans have a character in common; the lines alone decide where columns are not known.
    pub(super) fn touches(&self, other: &Self) -> bool {
        self.same_lines(other)
            && match (self.columns, other.columns) {
                (Some(a), Some(b)) => a.0 < b.1 && b.0 < a.1,
                _ => true,
            }
    }

    /// Whether a report has this label's span and nothing else. A label that does not say where its value
    /// ends, or spans lines, is content with a touch.
    pub(super) fn is_told_by(&self, report: &Self) -> bool {
        match (self.columns, report.columns) {
            (Some(own), Some(other)) if own.1 > own.0 + 1 => self.same_lines(report) && own == other,
            _ => self.touches(report),
        }
    }
}

/// One labelled span, line or file.
#[derive(Debug, Clone)]
pub(super) struct Truth {
    pub(super) spot: Spot,
    pub(super) label: Label,
    pub(super) categories: Vec<String>,
}

/// A labelled set.
#[derive(Debug)]
pub(super) struct Set {
    /// What the scanners are given.
    pub(super) data: PathBuf,
    pub(super) truths: BTreeMap<String, Vec<Truth>>,
}

impl Set {
    /// Reads the set at `path`, in whichever form it is.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let set = if path.is_file() {
            Self::of_csv(path)?
        } else if path.join("meta").is_dir() && path.join("data").is_dir() {
            Self::of_meta(path)?
        } else {
            Self::of_directories(path)?
        };
        ensure!(!set.truths.is_empty(), "{}: no labels", path.display());
        Ok(set)
    }

    fn of(data: PathBuf, truths: Vec<Truth>) -> Self {
        let mut by_file: BTreeMap<String, Vec<Truth>> = BTreeMap::new();
        for truth in truths {
            by_file.entry(truth.spot.file.clone()).or_default().push(truth);
        }
        Self { data, truths: by_file }
    }

    fn of_meta(path: &Path) -> Result<Self> {
        let mut truths = Vec::new();
        for file in
            files(&path.join("meta"))?.iter().filter(|file| file.extension().is_some_and(|e| e == "csv"))
        {
            for row in Table::read(file)? {
                let number = |name: &str| row.get(name).and_then(|text| text.parse::<u64>().ok());
                let text = |name: &str| row.get(name).map(String::as_str).unwrap_or_default();
                let file = text("FilePath");
                let (Some(first_line), Some(last_line)) = (number("LineStart"), number("LineEnd")) else {
                    bail!("a row of {file} has no lines");
                };
                let columns =
                    number("ValueStart").map(|start| (start, number("ValueEnd").unwrap_or(start + 1)));
                truths.push(Truth {
                    spot: Spot {
                        file: file.strip_prefix("data/").unwrap_or(file).to_owned(),
                        first_line,
                        last_line,
                        columns: columns.filter(|_| first_line == last_line),
                    },
                    label: label(text("GroundTruth"))?,
                    categories: text("Category").split(':').map(str::to_owned).collect(),
                });
            }
        }
        Ok(Self::of(path.join("data"), truths))
    }

    fn of_csv(path: &Path) -> Result<Self> {
        let mut truths = Vec::new();
        for row in Table::read(path)? {
            let number = |name: &str| row.get(name).and_then(|text| text.parse::<u64>().ok());
            let line = number("line").with_context(|| format!("{}: a row has no line", path.display()))?;
            truths.push(Truth {
                spot: Spot {
                    file: row.get("path").context("a row has no path")?.clone(),
                    first_line: line,
                    last_line: number("end_line").unwrap_or(line),
                    columns: number("start").zip(number("end")),
                },
                label: label(row.get("label").context("a row has no label")?)?,
                categories: row.get("category").cloned().into_iter().collect(),
            });
        }
        Ok(Self::of(path.parent().unwrap_or(path).to_owned(), truths))
    }

    fn of_directories(path: &Path) -> Result<Self> {
        let mut truths = Vec::new();
        for file in files(path)? {
            let inside = file.strip_prefix(path).unwrap_or(&file);
            let parts: Vec<String> =
                inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
            let folders = parts.split_last().map_or(&[][..], |(_, folders)| folders);
            let label = folders.iter().rev().find_map(|folder| label(folder).ok());
            let Some(label) = label else { continue };
            let category = folders.iter().find(|folder| self::label(folder).is_err());
            truths.push(Truth {
                spot: Spot { file: parts.join("/"), first_line: 1, last_line: u64::MAX, columns: None },
                label,
                categories: category.cloned().into_iter().collect(),
            });
        }
        Ok(Self::of(path.to_owned(), truths))
    }

    /// Leaves out what belongs to these categories and to no other.
    pub(super) fn without(&mut self, categories: &BTreeSet<&str>) {
        for truths in self.truths.values_mut() {
            truths.retain(|truth| {
                truth.categories.is_empty()
                    || !truth.categories.iter().all(|category| categories.contains(category.as_str()))
            });
        }
    }
}

fn label(text: &str) -> Result<Label> {
    Ok(match text.to_ascii_lowercase().as_str() {
        "t" | "true" | "1" | "valid" | "positive" | "yes" => Label::True,
        "f" | "false" | "0" | "invalid" | "negative" | "no" => Label::False,
        "x" | "doubtful" | "unknown" => Label::Doubtful,
        _ => bail!("{text:?} is no label"),
    })
}

/// All files below a directory, sorted.
pub(super) fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    let mut open = vec![path.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                all.push(entry.path());
            }
        }
    }
    all.sort();
    Ok(all)
}

/// Rows of a CSV file (RFC 4180) by the names in its header.
struct Table;

impl Table {
    fn read(path: &Path) -> Result<Vec<BTreeMap<String, String>>> {
        let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let mut rows = records(&text).into_iter();
        let header = rows.next().with_context(|| format!("{} is empty", path.display()))?;
        Ok(rows.map(|row| header.iter().cloned().zip(row).collect()).collect())
    }
}

fn records(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let (mut row, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            _ => field.push(letter),
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_csv() {
        assert_eq!(
            records("a,b\r\n\"x,\"\"y\"\"\n\",z\nlast,"),
            [["a", "b"], ["x,\"y\"\n", "z"], ["last", ""]]
        );
    }

    #[test]
    fn spots_touch_by_columns_where_both_know_them() {
        let spot = |line, columns| Spot { file: "f".to_owned(), first_line: line, last_line: line, columns };
        assert!(spot(3, Some((4, 9))).touches(&spot(3, Some((8, 12)))));
        assert!(!spot(3, Some((4, 8))).touches(&spot(3, Some((8, 12)))));
        assert!(spot(3, None).touches(&spot(3, Some((8, 12)))));
        assert!(!spot(3, None).touches(&spot(4, None)));
    }
}
