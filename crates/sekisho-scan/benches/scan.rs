//! How fast the engine is, and how fast `aho-corasick` is with the same keywords on the same text.
//!
//! `cargo bench -p sekisho-scan --bench scan -- [FILE or DIRECTORY]…` reads all files named (without
//! any: the Rust sources in cargo's registry, up to 64 MB), scans them as one buffer a few times, and
//! prints the medians with the density of hits, without which the numbers mean nothing.
#![allow(clippy::print_stdout, clippy::unwrap_used)] // it is a program for people

use std::hint::black_box;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use sekisho_scan::{Blocks, Detect, Edges, Engine, Found, Needles, PatternDetect, Reach, Source, Window};
use sekisho_secret::SecretBytes;

/// Bytes that are read at most.
const LIMIT: usize = 64 << 20;
const ROUNDS: usize = 5;

/// Keywords of providers and of generic rules, as an estate's detectors have them.
const KEYWORDS: &[&str] = &[
    "-----begin",
    "://",
    "abia",
    "acca",
    "accountkey=",
    "access_key",
    "accesskey",
    "age-secret-key-",
    "aiza",
    "akia",
    "api-key",
    "api_key",
    "apikey",
    "asia",
    "auth",
    "basic",
    "bearer",
    "client_secret",
    "connectionstring",
    "credential",
    "datadog",
    "dckr_pat_",
    "dop_v1_",
    "eyj",
    "ghp_",
    "gho_",
    "ghr_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "gldt-",
    "glpat-",
    "glptt-",
    "glrt-",
    "hf_",
    "hooks.slack.com",
    "hvb.",
    "hvs.",
    "identified by",
    "k8s-aws-v1.",
    "mailgun",
    "mysql_pwd",
    "npm_",
    "passphrase",
    "passwd",
    "password",
    "pgpassword",
    "private key-----",
    "private_key",
    "pwd",
    "pypi-",
    "rk_live_",
    "secret",
    "sendgrid",
    "sg.",
    "sharedaccesskey",
    "shpat_",
    "sig=",
    "sk-ant-",
    "sk-proj-",
    "sk_live_",
    "sq0atp-",
    "token",
    "twilio",
    "xapp-",
    "xoxb-",
    "xoxp-",
    "ya29.",
];

/// As many more, made of syllables: names of providers that do not exist.
fn more_keywords(count: usize) -> Vec<&'static str> {
    const SYLLABLES: &[&str] = &[
        "ka", "lo", "mi", "ster", "vex", "ora", "sen", "ti", "nel", "dy", "gra", "fly", "qu", "ix", "pro",
        "ze",
    ];
    let mut random = Random(7);
    (0..count)
        .map(|n| {
            let stem: String = (0..2 + n % 3).map(|_| SYLLABLES[random.next() % SYLLABLES.len()]).collect();
            let end = ["_", "-", "", "key", "_tk", ".com"][random.next() % 6];
            &*Box::leak(format!("{stem}{end}").into_boxed_str())
        })
        .collect()
}

/// A detector that finds nothing: what is left is the way to it.
struct Nothing(Vec<&'static str>);

impl Detect for Nothing {
    fn keywords(&self) -> &[&'static str] {
        &self.0
    }

    fn reach(&self) -> Reach {
        Reach { before: 32, after: 128 }
    }

    fn find(&self, text: &[u8], _: Range<usize>, _: Edges, _: &mut Vec<Found>) {
        black_box(text);
    }
}

/// Patterns of the usual shapes, all keywords of [`KEYWORDS`] among them.
fn patterns() -> Vec<Arc<dyn Detect>> {
    let mut rules: Vec<Arc<dyn Detect>> = Vec::new();
    let mut add = |pattern: String, keywords: Vec<&'static str>| {
        let detect = PatternDetect::new(pattern.leak(), keywords.leak()).unwrap();
        detect.check().unwrap();
        rules.push(Arc::new(detect));
    };
    let generic = ["auth", "credential", "passwd", "password", "pwd", "secret", "token"];
    for keyword in KEYWORDS {
        if !generic.contains(keyword) {
            let literal: String = keyword
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("\\{c}") })
                .collect();
            add(format!(r"\b(?P<secret>{literal}[0-9A-Za-z_-]{{16,64}})\b"), vec![keyword]);
        }
    }
    add(
        r#"(?i)[\w.-]{0,40}?(?:auth|credential|passwd|password|pwd|secret|token)[\w.-]{0,20}["']?\s{0,4}(?:=>|:=|[=:])\s{0,4}["']?(?P<secret>[^\s"']{6,80})"#.to_string(),
        generic.to_vec(),
    );
    rules
}

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as usize
    }
}

/// Values of 12 to 43 characters, every fourth with characters that are escaped.
fn needles(count: usize) -> Needles {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*/\"";
    let mut random = Random(11);
    let mut value = |n: usize| {
        let letters = if n.is_multiple_of(4) { LETTERS } else { &LETTERS[..62] };
        (0..12 + n % 32).map(|_| letters[random.next() % letters.len()]).collect::<Vec<u8>>()
    };
    let values: Vec<SecretBytes> = (0..count).map(|n| SecretBytes::new(value(n))).collect();
    Needles::new(&values).0
}

fn read(path: &Path, text: &mut Vec<u8>, only: Option<&str>) {
    if text.len() >= LIMIT {
        return;
    }
    if path.is_dir() {
        let mut entries: Vec<PathBuf> = path.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for entry in &entries {
            read(entry, text, only);
        }
    } else if only.is_none_or(|only| path.extension().is_some_and(|extension| extension == only))
        && let Ok(bytes) = std::fs::read(path)
    {
        text.extend(bytes);
    }
}

/// Time that this thread has run, where Linux tells it: others on the machine then count less.
fn cpu_time() -> Option<Duration> {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(schedstat.split(' ').next()?.parse().ok()?))
}

/// Median of the rounds, and what the last one gave.
fn median<T>(mut round: impl FnMut() -> T) -> (Duration, T) {
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..ROUNDS {
        let (start, start_cpu) = (Instant::now(), cpu_time());
        last = Some(black_box(round()));
        let cpu = start_cpu.and_then(|start| cpu_time()?.checked_sub(start));
        times.push(cpu.unwrap_or_else(|| start.elapsed()));
    }
    times.sort();
    (times[ROUNDS / 2], last.unwrap())
}

fn row(name: &str, text: &[u8], (time, note): (Duration, String)) {
    let speed = text.len() as f64 / time.as_secs_f64() / 1e6;
    println!("{name:44} {speed:8.0} MB/s   {note}");
}

/// Candidates by kind.
fn scan(engine: &Engine, text: &[u8]) -> String {
    let mut counts = [0usize; 3];
    let mut run_bytes = 0;
    engine.scan(&Window::whole(text), &mut |candidate| match candidate.source {
        Source::Rule(_) => counts[0] += 1,
        Source::Needle { .. } => counts[1] += 1,
        Source::Run { .. } => {
            counts[2] += 1;
            run_bytes += candidate.whole.len();
        }
    });
    let share = 100.0 * run_bytes as f64 / text.len() as f64;
    format!("{} found, {} needles, {} runs ({share:.2} % of the text)", counts[0], counts[1], counts[2])
}

fn main() {
    let paths: Vec<PathBuf> =
        std::env::args_os().skip(1).filter(|arg| arg != "--bench").map(PathBuf::from).collect();
    let mut text = Vec::new();
    if paths.is_empty() {
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo"))).unwrap();
        read(&home.join("registry/src"), &mut text, Some("rs"));
    }
    for path in &paths {
        read(path, &mut text, None);
    }
    text.truncate(LIMIT);
    let text = &text[..];

    let some = KEYWORDS.to_vec();
    let many = [KEYWORDS, &more_keywords(732)].concat();
    for keywords in [some, many] {
        let ac = |kind| {
            AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(kind)).build(&keywords).unwrap()
        };
        let hits = ac(AhoCorasickKind::ContiguousNFA).find_overlapping_iter(text).count();
        let density = 100.0 * hits as f64 / text.len() as f64;
        println!(
            "\n{} MB, {} keywords, {hits} hits: {density:.2} % of the positions",
            text.len() / 1_000_000,
            keywords.len()
        );
        let engine =
            Engine::new(vec![Arc::new(Nothing(keywords.clone()))], Needles::none()).unwrap().without_runs();
        row("engine: prefilter, verified hits", text, median(|| scan(&engine, text)));
        let engine = Engine::new(vec![Arc::new(Nothing(keywords.clone()))], Needles::none()).unwrap();
        row("engine: the same and runs", text, median(|| scan(&engine, text)));
        for (name, kind) in [
            ("aho-corasick: DFA, overlapping", AhoCorasickKind::DFA),
            ("aho-corasick: contiguous NFA, overlapping", AhoCorasickKind::ContiguousNFA),
        ] {
            let ac = ac(kind);
            row(name, text, median(|| format!("{} hits", ac.find_overlapping_iter(text).count())));
        }
    }
    println!();
    let engine = Engine::new(patterns(), Needles::none()).unwrap().without_runs();
    row("engine: patterns", text, median(|| scan(&engine, text)));
    let engine = Engine::new(patterns(), Needles::none()).unwrap();
    row("engine: patterns, runs", text, median(|| scan(&engine, text)));
    let streamed = median(|| {
        let mut input = text;
        let mut blocks = Blocks::new(&mut input, &engine);
        let mut count = 0;
        while let Some(block) = blocks.next_block().unwrap() {
            engine.scan(&block.window, &mut |candidate| {
                black_box(block.position(candidate.value.start));
                count += 1;
            });
        }
        format!("{count} candidates with line and column")
    });
    row("engine: patterns, runs, as a stream", text, streamed);
    for count in [1_000, 100_000] {
        let values = needles(count);
        let start = Instant::now();
        let engine = Engine::new(patterns(), values).unwrap();
        let built = start.elapsed().as_millis();
        let (time, note) = median(|| scan(&engine, text));
        row(
            &format!("engine: patterns, runs, {count} needles"),
            text,
            (time, format!("{note}; built in {built} ms")),
        );
    }
    let (time, ()) = median(|| drop(black_box(Engine::new(patterns(), Needles::none()))));
    println!("\nstart-up with {} patterns, reach measured: {} µs", patterns().len(), time.as_micros());
}
