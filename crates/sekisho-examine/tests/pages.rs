//! The pages under `docs/` that say what detectors and checks look for are made from their own
//! words. They are committed; when one is stale this test fails and has then written it anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this file is tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sekisho_detectors::{ALL, Detector};
use sekisho_examine::checks;
use sekisho_model::control;

#[test]
fn pages_are_fresh() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let pages: BTreeMap<PathBuf, String> =
        pages().into_iter().map(|(name, text)| (docs.join(name), text)).collect();
    let mut stale = Vec::new();
    for (path, text) in &pages {
        if fs::read_to_string(path).unwrap_or_default() != *text {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            stale.push(path.clone());
        }
    }
    for file in fs::read_dir(docs.join("detectors")).unwrap() {
        let path = file.unwrap().path();
        if !pages.contains_key(&path) {
            fs::remove_file(&path).unwrap();
            stale.push(path);
        }
    }
    assert!(stale.is_empty(), "these were stale and have been written anew, commit them: {stale:?}");
}

/// Every page by its path below `docs/`.
fn pages() -> BTreeMap<String, String> {
    let mut providers: BTreeMap<&str, Vec<&Detector>> = BTreeMap::new();
    for detector in &ALL {
        providers.entry(detector.id.split('/').next().unwrap()).or_default().push(detector);
    }
    let mut pages: BTreeMap<String, String> = providers
        .iter()
        .map(|(name, all)| (format!("detectors/{name}.md"), provider_page(name, all)))
        .collect();
    pages.insert("detectors/README.md".to_owned(), index(&providers));
    pages.insert("checks.md".to_owned(), checks_page());
    pages
}

fn index(providers: &BTreeMap<&str, Vec<&Detector>>) -> String {
    let row = |(provider, d): (&str, &Detector)| {
        let (severity, confidence) = (d.severity.as_str(), d.confidence.as_str());
        format!(
            "| [`{}`]({provider}.md#{}) | {} | {severity} | {confidence} |\n",
            d.id,
            anchor(d.title),
            d.title
        )
    };
    let all = providers.iter().flat_map(|(provider, all)| all.iter().map(|d| (*provider, *d)));
    format!(
        "# Detectors\n\nGenerated from the detectors' own files. `sekisho explain ID` prints the same. Severity is that of a \
         sure hit;\nwhere the place speaks against it (tests, documentation, files that git ignores) it is lowered.\n\n\
         | id | what | severity | confidence |\n|---|---|---|---|\n{}\n{} detectors. What it means that a credential lies \
         at a place is a [check](../checks.md).\n",
        all.map(row).collect::<Vec<_>>().concat(),
        ALL.len(),
    )
}

fn provider_page(provider: &str, detectors: &[&Detector]) -> String {
    let sections = detectors.iter().map(|detector| section(detector));
    format!("# {provider}\n\n[All detectors](README.md)\n\n{}", sections.collect::<Vec<_>>().join("\n"))
}

fn section(d: &Detector) -> String {
    let preview = if d.preview.is_empty() { String::new() } else { format!(" · shown as `{}`", d.preview) };
    let keywords: Vec<String> = d.keywords().iter().map(|word| format!("`{word}`")).collect();
    let near = if keywords.is_empty() { "" } else { "Looked for near: " };
    let keywords = format!("{near}{}{}", keywords.join(", "), if near.is_empty() { "" } else { "\n\n" });
    let references: Vec<String> = d.references.iter().map(|url| format!("- <{url}>\n")).collect();
    format!(
        "## {}\n\n`{}` · {} severity · {} confidence · since {}{preview}\n\n{}\n\n**Why it matters.** {}\n\n\
         **What to do.** {}\n\n{keywords}Answers to: {}\n\n{}",
        d.title,
        d.id,
        d.severity.as_str(),
        d.confidence.as_str(),
        d.since,
        prose(d.what),
        prose(d.why),
        prose(d.fix),
        controls(d.controls),
        references.concat(),
    )
}

fn checks_page() -> String {
    let section = |check: &checks::Check| {
        format!(
            "## {}\n\n`{}`\n\n**Why it matters.** {}\n\n**What to do.** {}\n\nAnswers to: {}\n",
            check.title,
            check.id,
            prose(&sentence(check.reason)),
            prose(&sentence(check.fix)),
            controls(check.controls)
        )
    };
    format!(
        "# Checks\n\nGenerated from the checks' own words. A [detector](detectors/README.md) says what was seen; a check says \
         why it must\nnot lie at such a place.\n\n{}",
        checks::ALL.iter().map(section).collect::<Vec<_>>().join("\n")
    )
}

fn controls(ids: &[&str]) -> String {
    let link = |id: &&str| control::url(id).map_or_else(|| (*id).to_owned(), |url| format!("[{id}]({url})"));
    ids.iter().map(link).collect::<Vec<_>>().join(", ")
}

/// Text in which only backticks are Markdown.
fn prose(text: &str) -> String {
    let escape = |part: &str| {
        ["<", "*", "_", "["].iter().fold(part.to_owned(), |t, c| t.replace(c, &format!("\\{c}")))
    };
    let parts = text.split('`').enumerate();
    parts
        .map(|(n, part)| if n % 2 == 0 { escape(part) } else { part.to_owned() })
        .collect::<Vec<_>>()
        .join("`")
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).chain(Some('.').filter(|_| !text.ends_with('.'))).collect()
}

/// The anchor that a heading gets in Markdown.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}
