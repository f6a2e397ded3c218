//! `sekisho-fuzz`: see the library.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program for developers, which prints no foreign text")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use sekisho_fuzz::{ALL, Target, replay};

const USAGE: &str = "usage: sekisho-fuzz list
       sekisho-fuzz replay SECONDS [TARGET]…   replay and mutate, SECONDS in all
       sekisho-fuzz run TARGET FILE…           run a target once over each file
       sekisho-fuzz seeds DIRECTORY            write the seeds as DIRECTORY/<target>/<n>, with dictionaries";

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["list"] => {
            for target in ALL {
                println!("{}", target.name);
            }
            Ok(ExitCode::SUCCESS)
        }
        ["replay", seconds, names @ ..] => {
            let targets = names.iter().map(|name| find(name)).collect::<Result<Vec<_>>>()?;
            let targets = if targets.is_empty() { ALL.to_vec() } else { targets };
            let seconds: u64 = seconds.parse().context("SECONDS is a number")?;
            replay_all(&targets, Duration::from_secs(seconds))
        }
        ["run", name, files @ ..] => {
            let target = find(name)?;
            for file in files {
                (target.body)(&fs::read(file).with_context(|| format!("reading {file}"))?);
                println!("{name} survived {file}");
            }
            Ok(ExitCode::SUCCESS)
        }
        ["seeds", directory] => write_seeds(Path::new(directory)),
        _ => bail!(USAGE),
    }
}

fn find(name: &str) -> Result<&'static Target> {
    let found = ALL.iter().find(|target| target.name == name);
    found.copied().with_context(|| format!("no target is named {name}"))
}

fn replay_all(targets: &[&'static Target], total: Duration) -> Result<ExitCode> {
    let share = total / targets.len().try_into().unwrap_or(1);
    let mut failed = 0;
    for target in targets {
        match replay(target, &known(target.name)?, u64::MAX, Some(Instant::now() + share)) {
            Ok(stats) => {
                println!(
                    "{:<24} {:>9} runs, slowest {} ms",
                    target.name,
                    stats.runs,
                    stats.slowest.as_millis()
                );
            }
            Err(failure) => {
                failed += 1;
                let path = std::env::temp_dir().join(format!("sekisho-fuzz-{}", target.name));
                fs::write(&path, &failure.input)?;
                let how = if failure.slow { "took too long" } else { "panicked" };
                println!("{:<24} {how}: {}", target.name, path.display());
            }
        }
    }
    println!("{} targets, {failed} failed", targets.len());
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Inputs that once broke a target.
fn known(name: &str) -> Result<Vec<Vec<u8>>> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/crashes").join(name);
    let Ok(files) = fs::read_dir(directory) else { return Ok(Vec::new()) };
    let mut paths = files.map(|file| Ok(file?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    paths.iter().map(|path| fs::read(path).context("reading a known input")).collect()
}

fn write_seeds(directory: &Path) -> Result<ExitCode> {
    for target in ALL {
        let corpus = directory.join(target.name);
        fs::create_dir_all(&corpus)?;
        for (n, seed) in (target.seeds)().into_iter().chain(known(target.name)?).enumerate() {
            fs::write(corpus.join(format!("{n:03}")), seed)?;
        }
        let quoted = |word: &&[u8]| {
            let bytes = word.iter().map(|byte| format!("\\x{byte:02x}")).collect::<Vec<_>>().concat();
            format!("\"{bytes}\"\n")
        };
        let words: String = target.words.iter().map(quoted).collect();
        fs::write(directory.join(format!("{}.dict", target.name)), words)?;
    }
    Ok(ExitCode::SUCCESS)
}
