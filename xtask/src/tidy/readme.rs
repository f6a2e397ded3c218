//! The commands in the documents exist: verbs and flags of the program, tasks of this one.

use std::collections::BTreeSet;

use super::{Check, Complaint};
use crate::markdown::{Piece, pieces};
use crate::rust::{code, words};
use crate::tree::Tree;

pub(super) const CHECK: Check = Check {
    name: "readme",
    says: "README.md names the test command once, and every command in the documents exists",
    run,
};

const README: &str = "README.md";
const ROOT: &str = "Cargo.toml";
const DEFAULT: &str = "default-members = [\"crates/sekisho\"]";
const CLI: &str = "crates/sekisho/src/cli.rs";
/// Larger verbs have their arguments with them.
const VERBS: &str = "crates/sekisho/src/commands/";
const TASKS: &str = "xtask/src/main.rs";

fn run(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let tests = commands(tree.text(README).unwrap_or_default());
    let tests = tests.iter().filter(|(_, command)| command.starts_with("cargo test")).count();
    if tests != 1 {
        let what = format!("names {tests} test commands; .ci/run reads the one");
        complaints.push(Complaint::of(README, what));
    }
    // With several programs in the workspace `cargo run` asks which.
    if tree.text(ROOT).is_some_and(|root| !root.contains(DEFAULT)) {
        complaints.push(Complaint::of(ROOT, format!("`cargo run` of {README} needs {DEFAULT}")));
    }
    let verbs = tree.rust().filter(|(path, _)| path.starts_with(VERBS)).map(|(_, text)| text);
    let verbs: Vec<&str> = verbs.collect();
    let known = tree.text(CLI).map(|cli| Known::of(cli, &verbs));
    let tasks = tree.text(TASKS).unwrap_or_default();
    for (path, text) in tree.markdown().filter(|(path, _)| !path.starts_with("crates/")) {
        for (line, command) in commands(text) {
            let mut missing = |what: String| complaints.push(Complaint::at(path, line, what));
            let words: Vec<&str> = command.split_whitespace().collect();
            let ours = match words.as_slice() {
                ["cargo", "xtask", task, ..] => {
                    if !tasks.contains(&format!("\"{task}\"")) {
                        missing(format!("xtask has no task `{task}`"));
                    }
                    continue;
                }
                ["cargo", "run", "--release", "--", rest @ ..] | ["sekisho", rest @ ..] => rest,
                _ => continue,
            };
            let Some(known) = &known else { continue };
            if let Some(verb) =
                ours.first().filter(|verb| !verb.starts_with('-') && !known.verbs.contains(**verb))
            {
                missing(format!("there is no verb `{verb}`"));
            }
            let flags =
                ours.iter().filter_map(|word| word.strip_prefix("--")).filter(|flag| !flag.is_empty());
            for flag in flags.map(|flag| flag.split('=').next().unwrap_or(flag)) {
                if !known.flags.contains(flag) {
                    missing(format!("there is no flag `--{flag}`"));
                }
            }
        }
    }
    complaints
}

/// Command lines in blocks of a shell: `$ command` in transcripts, every line in `sh`. What stands
/// behind a pipe is a command too.
fn commands(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, piece) in pieces(text) {
        let Piece::Block(language, lines) = piece else { continue };
        for (n, text) in lines.iter().enumerate() {
            let command = match language {
                "console" => text.strip_prefix("$ "),
                "sh" | "bash" => Some(*text),
                _ => None,
            };
            let command = command.map(|command| command.split(" #").next().unwrap_or(command));
            for part in command.into_iter().flat_map(|command| command.split(['|', '&', ';'])) {
                found.push((line + 1 + n, part.trim().to_owned()));
            }
        }
    }
    found
}

/// What the command line offers, read from its types.
struct Known {
    verbs: BTreeSet<String>,
    flags: BTreeSet<String>,
}

impl Known {
    fn of(cli: &str, verbs: &[&str]) -> Self {
        let rest = code(&verbs.concat());
        let code = code(cli);
        let verbs = code.split_once("enum Command {").map_or("", |(_, rest)| rest);
        let mut depth = 1;
        let mut names = BTreeSet::new();
        for line in verbs.lines() {
            let name: String = line.trim().chars().take_while(|c| c.is_alphanumeric()).collect();
            if depth == 1 && name.starts_with(char::is_uppercase) {
                names.insert(kebab(&name));
            }
            depth += line.matches('{').count();
            depth -= line.matches('}').count().min(depth);
            if depth == 0 {
                break;
            }
        }
        let fields = |code: &str| -> Vec<String> {
            let fields = words(code, "pub(crate)").map(|at| code[at + "pub(crate)".len()..].trim_start());
            let fields = fields.filter_map(|rest| rest.split_once(':'));
            fields.map(|(name, _)| name.replace('_', "-")).collect()
        };
        let mut flags: BTreeSet<String> = fields(&code).into_iter().chain(fields(&rest)).collect();
        flags.extend(["help", "version", "output"].map(str::to_owned));
        Self { verbs: names, flags }
    }
}

fn kebab(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.extend(c.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::{breaks, holds};

    const CLI_TEXT: (&str, &str) = (
        CLI,
        "pub(crate) enum Command {\n  Scan(Box<ScanArgs>),\n  Completions {\n Shell: x,\n },\n}\n\
         struct ScanArgs { pub(crate) fail_on: X, }",
    );

    #[test]
    fn the_house_keeps_it() {
        holds(&CHECK);
    }

    #[test]
    fn commands_that_do_not_exist_are_caught() {
        let tests = "```sh\ncargo test --workspace\n```\n";
        let with = |command: &str| format!("{tests}```console\n$ {command}\n```\n");
        let judge = |command: &str, expected: &[(&str, usize)]| {
            let readme = with(command);
            breaks(&CHECK, &[CLI_TEXT, (README, &readme), (TASKS, "\"tidy\" =>")], expected);
        };
        for good in [
            "sekisho scan . --fail-on=high",
            "kubectl logs x | sekisho scan -",
            "cargo xtask tidy",
            "ls --fail",
        ] {
            judge(good, &[]);
        }
        for bad in
            ["sekisho shell", "cargo run --release -- demo", "cargo xtask sweep", "ls | sekisho scan --fail"]
        {
            judge(bad, &[(README, 5)]);
        }
        breaks(&CHECK, &[(README, "")], &[(README, 0)]);
        breaks(&CHECK, &[(README, tests), (ROOT, "[workspace]")], &[(ROOT, 0)]);
    }
}
