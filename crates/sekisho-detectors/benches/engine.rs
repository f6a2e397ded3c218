//! How fast the engine is with all detectors, every hit verified and every candidate decided.
//!
//! `cargo bench -p sekisho-detectors --bench engine -- [--needles N] [FILE or DIRECTORY]…` reads all files
//! named, up to 128 MB, in memory, and scans them one by one on one thread; the median of the rounds, five or as
//! many as ten seconds are enough for, is told with their number and with the density of hits, without which
//! the numbers mean nothing. With needles it also tells the largest
//! resident set, the text itself taken off.
#![allow(clippy::print_stdout, clippy::unwrap_used)] // it is a program for people

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sekisho_detectors::{ALL, Context, FileForm, PathKind, Verdict, judge, path_kind, rules};
use sekisho_scan::{Engine, Needles, Source, Window};
use sekisho_secret::SecretBytes;

/// Bytes that are read at most.
const LIMIT: usize = 128 << 20;
const ROUNDS: usize = 5;
/// What the rounds of one row may take together, on the clock.
const PATIENCE: Duration = Duration::from_secs(10);

struct Text {
    kind: PathKind,
    bytes: Vec<u8>,
}

fn read(path: &Path, total: &mut usize, texts: &mut Vec<Text>) {
    if *total >= LIMIT {
        return;
    }
    if path.is_dir() {
        let mut entries: Vec<PathBuf> = path.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for entry in &entries {
            read(entry, total, texts);
        }
    } else if path.is_file()
        && let Ok(bytes) = std::fs::read(path)
    {
        let kind = path_kind(&path.to_string_lossy(), &bytes[..bytes.len().min(1024)]);
        if kind.form != FileForm::Binary {
            *total += bytes.len();
            texts.push(Text { kind, bytes });
        }
    }
}

/// Time that this thread has run, where Linux tells it: others on the machine then count less.
fn cpu_time() -> Option<Duration> {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(schedstat.split(' ').next()?.parse().ok()?))
}

fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0) >> 10
}

/// Candidates of detectors, needles and runs, and reports.
fn scan(engine: &Engine, texts: &[Text], decide: bool) -> [usize; 4] {
    let mut counts = [0; 4];
    for text in texts {
        engine.scan(&Window::whole(&text.bytes), &mut |candidate| match candidate.source {
            Source::Rule(rule) => {
                counts[0] += 1;
                if decide {
                    let verdict = judge(&ALL[rule], &Context::of(&text.bytes, &candidate, text.kind));
                    counts[3] += usize::from(matches!(verdict, Verdict::Report { .. }));
                }
            }
            Source::Needle { .. } => counts[1] += 1,
            Source::Run { .. } => counts[2] += 1,
        });
    }
    counts
}

fn row(name: &str, engine: &Engine, texts: &[Text], decide: bool) {
    let bytes: usize = texts.iter().map(|text| text.bytes.len()).sum();
    let mut times = Vec::new();
    let mut counts = [0; 4];
    let first = Instant::now();
    while times.len() < ROUNDS && (times.is_empty() || first.elapsed() < PATIENCE) {
        let (start, start_cpu) = (Instant::now(), cpu_time());
        counts = black_box(scan(engine, texts, decide));
        let cpu = start_cpu.and_then(|start| cpu_time()?.checked_sub(start));
        times.push(cpu.unwrap_or_else(|| start.elapsed()));
    }
    times.sort();
    let seconds = times[times.len() / 2].as_secs_f64();
    let rounds = times.len();
    let [candidates, needles, runs, reports] = counts;
    println!(
        "{name:34} {:6.2} GB/s  {seconds:6.3} s in {rounds} rounds   {candidates} candidates, {needles} needles, {runs} runs, {reports} reports",
        bytes as f64 / seconds / 1e9
    );
}

/// Values that look random and are the same in every run.
fn needles(count: usize) -> Needles {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*/\"";
    let mut state = 11u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as usize
    };
    let values: Vec<SecretBytes> = (0..count)
        .map(|n| {
            SecretBytes::new((0..12 + n % 32).map(|_| LETTERS[next() % LETTERS.len()]).collect::<Vec<u8>>())
        })
        .collect();
    Needles::new(&values).0
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench").peekable();
    let mut count = 0;
    let (mut total, mut texts) = (0, Vec::new());
    while let Some(argument) = arguments.next() {
        if argument == "--needles" {
            count = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(100_000);
        } else {
            read(Path::new(&argument), &mut total, &mut texts);
        }
    }
    let engine = Engine::new(rules(), Needles::none()).unwrap();
    let hits: usize = texts.iter().map(|text| engine.count_hits(&text.bytes)).sum();
    let density = 100.0 * hits as f64 / total.max(1) as f64;
    println!(
        "{} MB in {} files; {hits} hits: {density:.2} % of the positions",
        total / 1_000_000,
        texts.len()
    );
    let plain = Engine::new(rules(), Needles::none()).unwrap().without_runs();
    row("candidates, no runs", &plain, &texts, false);
    row("candidates and runs", &engine, &texts, false);
    row("candidates and runs, decided", &engine, &texts, true);
    let portable = Engine::new(rules(), Needles::none()).unwrap().without_vectors();
    row("the same, without vectors", &portable, &texts, true);
    if count > 0 {
        let before = peak();
        let start = Instant::now();
        let engine = Engine::new(rules(), needles(count)).unwrap();
        let built = start.elapsed();
        row(&format!("the same and {count} needles"), &engine, &texts, true);
        println!("  built in {} ms; {} MiB more at most", built.as_millis(), peak() - before);
    }
}
