//! `cargo xtask TASK`: see the crate's library for what the tasks are.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program for developers, which prints no foreign text")]

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use xtask::tree::Tree;
use xtask::{bench, codegen, estate, eval, fuzz, tidy};

const USAGE: &str = "usage: cargo xtask TASK

  tidy       judge the tree by the rules that the compiler cannot keep
  codegen    write what is generated and committed
  fuzz --minutes N [TARGET]…
             libFuzzer over every parser in turn; the record is fuzz/RESULTS.md
  bench etcd [BYTES [RUNS]]
             `prove` over a big store (4 GiB, 5 runs): speed and peak of memory
  bench git REPO [RUNS | --compare]
             the history of a repository (3 runs), beside the scanners that are installed; or by
             deltas and then, repacked, without any: the reports must be one
  bench scan DIRECTORY [RUNS]
             `scan` over a directory (3 runs), one small file, and the engine, beside the peers
  estate PODS FILE
             a made-up cluster of this size, as `kubectl get -A -o json` writes one
  eval SET [--binary FILE] [--without CATEGORY]… [--lists DIRECTORY] [--peers]
             precision and recall on a labelled set, beside those of the peers that are installed
";

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        // Before anything that takes a name: help is asked for behind a task, too.
        [] | ["help", ..] | [.., "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        ["tidy"] => judge(),
        ["codegen"] => {
            for path in codegen::refresh(&xtask::root())? {
                println!("written: {}", path.display());
            }
            Ok(ExitCode::SUCCESS)
        }
        ["fuzz", "--minutes", minutes, targets @ ..] => {
            let minutes: f64 = minutes.parse().context("N is a number of minutes")?;
            let sound = fuzz::run(&xtask::root(), Duration::from_secs_f64(60.0 * minutes), targets)?;
            Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        ["bench", "etcd", rest @ ..] => {
            let number = |n: usize, default: u64| rest.get(n).map_or(Ok(default), |text| text.parse());
            let (size, runs) = (number(0, bench::etcd::SIZE)?, number(1, 5)?);
            let mut print = |line: &str| println!("{line}");
            let kept = bench::etcd::measure(&xtask::root(), size, usize::try_from(runs)?, &mut print)?;
            Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        ["bench", "scan", data, rest @ ..] => {
            let runs = rest.first().map_or(Ok(3), |runs| runs.parse())?;
            bench::scan::measure(&xtask::root(), Path::new(data), runs, &mut |line| println!("{line}"))?;
            Ok(ExitCode::SUCCESS)
        }
        ["estate", pods, file] => {
            let count = estate::write(pods.parse().context("PODS is a number")?, file.as_ref())?;
            println!("{count} objects: {file}");
            Ok(ExitCode::SUCCESS)
        }
        ["eval", set, flags @ ..] => {
            print!("{}", eval::run(&xtask::root(), &eval_options(set, flags)?)?);
            Ok(ExitCode::SUCCESS)
        }
        ["bench", "git", repository, "--compare"] => {
            bench::git::compare(&xtask::root(), repository.as_ref(), &mut |line| println!("{line}"))?;
            Ok(ExitCode::SUCCESS)
        }
        ["bench", "git", repository, rest @ ..] => {
            let runs = rest.first().map_or(Ok(3), |text| text.parse())?;
            let mut print = |line: &str| println!("{line}");
            bench::git::measure(&xtask::root(), repository.as_ref(), runs, &mut print)?;
            Ok(ExitCode::SUCCESS)
        }
        _ => bail!("unknown task\n\n{USAGE}"),
    }
}

/// The flags of `eval`.
fn eval_options(set: &str, mut flags: &[&str]) -> Result<eval::Options> {
    let mut options = eval::Options { set: set.into(), ..eval::Options::default() };
    while let [flag, rest @ ..] = flags {
        flags = match (*flag, rest) {
            ("--peers", _) => {
                options.peers = true;
                rest
            }
            ("--binary", [file, rest @ ..]) => {
                options.binary = Some(file.into());
                rest
            }
            ("--lists", [folder, rest @ ..]) => {
                options.lists = Some(folder.into());
                rest
            }
            ("--without", [category, rest @ ..]) => {
                options.without.push((*category).to_owned());
                rest
            }
            _ => bail!("unknown flag {flag}\n\n{USAGE}"),
        };
    }
    Ok(options)
}

/// Runs every check and tells what breaks which rule.
fn judge() -> Result<ExitCode> {
    let tree = Tree::read(&xtask::root())?;
    let mut broken = 0;
    for check in tidy::ALL {
        let complaints = (check.run)(&tree);
        if !complaints.is_empty() {
            broken += 1;
            println!("{}: {}", check.name, check.says);
            for complaint in &complaints {
                println!("  {complaint}");
            }
        }
    }
    for complaint in tidy::worth_a_look(&tree) {
        println!("worth a look: {complaint}");
    }
    println!("{} rules, {broken} broken", tidy::ALL.len());
    Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
