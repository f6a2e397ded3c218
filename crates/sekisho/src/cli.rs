//! The command line: every verb, flag and help text; those of the larger verbs stand with them under
//! `commands`. Completions and man pages are generated from these types.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sekisho_model::Severity;

/// Every copy of every secret, everyone who can read it, proof of what is encrypted, and the
/// shortest way to close it.
#[derive(Debug, Parser)]
#[command(
    name = "sekisho",
    version,
    propagate_version = true,
    disable_help_subcommand = true,
    after_help = "Exit status: 0 nothing at or above --fail-on, 1 something is, 2 wrong usage or settings, \
                  3 a target failed (or anything is missing under --require-complete).\n\n\
                  Start with `sekisho demo`, then `sekisho scan .`"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every verb.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// When to use colour. NO_COLOR is kept.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, help_heading = "Global options")]
    pub(crate) color: Color,
    /// Neither progress nor warnings on stderr.
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub(crate) quiet: bool,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal only.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find every copy of every secret, grouped by credential.
    Scan(Box<ScanArgs>),
    /// Say what is and is not encrypted in etcd's bytes: stores, backups, logs.
    #[command(
        after_help = "Exit status: 0 clean, 1 a required resource is in plain, 3 not all bytes are accounted for, 2 wrong usage."
    )]
    Prove(Box<crate::commands::prove::ProveArgs>),
    /// Everyone who can read a Secret, by which path, and what to cut.
    #[command(after_help = "Exit status: 0, or 1 when --diff finds a new unexpected reader, 2 wrong usage.")]
    Who(Box<crate::commands::who::WhoArgs>),
    /// What a pod, an account, a user, a group or a node can reach.
    #[command(
        after_help = "Exit status: 0, or 1 when --diff finds a Secret that was not reached, 2 wrong usage."
    )]
    Reach(Box<crate::commands::reach::ReachArgs>),
    /// The ClusterRole that reading a live cluster needs.
    Rbac(crate::commands::rbac::RbacArgs),
    /// Build a small leaky estate in a temporary directory, scan it, and say what to do.
    Demo(DemoArgs),
    /// What a detector or check looks for, why it matters and how to fix it.
    Explain(ExplainArgs),
    /// The detectors.
    #[command(subcommand)]
    Detectors(DetectorsCommand),
    /// The estate key, under which values are fingerprinted.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Write a saved JSON report in another format.
    Convert(ConvertArgs),
    /// Several reports under one key as one.
    Join(JoinArgs),
    /// What is accepted for now.
    #[command(subcommand)]
    Baseline(BaselineCommand),
    /// Completions for a shell, on standard output.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Man pages of all verbs, written into a directory.
    Man {
        /// The directory; it must exist.
        directory: PathBuf,
    },
}

/// Which key the fingerprints are made under.
#[derive(Debug, Args, Default)]
pub(crate) struct KeyArgs {
    /// File with the estate key (64 hexadecimal digits), instead of the one in your configuration
    /// directory. It lets its holder test guesses against fingerprints: give it to trusted central
    /// jobs, never to jobs that run proposed code (pull requests); those do best with no key at all.
    #[arg(
        long,
        value_name = "FILE",
        env = "SEKISHO_ESTATE_KEY_FILE",
        hide_env_values = true,
        help_heading = "Key"
    )]
    pub(crate) estate_key_file: Option<PathBuf>,
    /// A key for this run alone: fingerprints mean nothing outside the report. The default when
    /// the variable CI is set and no key file is given.
    #[arg(long, conflicts_with = "estate_key_file", help_heading = "Key")]
    pub(crate) ephemeral_key: bool,
}

/// Where a report goes, and in which form.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// The report's format.
    #[arg(short, long, value_name = "FORMAT", default_value = "table", value_parser = crate::output::format_parser(), help_heading = "Output")]
    pub(crate) format: String,
    /// Write the report to a file instead of standard output.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// Directories, files, archives, or `-` for a stream (`kubectl logs … | sekisho scan -`). Files and
    /// member directories of etcd are recognised; `etcd:FILE` says that one is (a compressed backup). `git:PATH`
    /// is a repository's history alone; bundles are recognised. `cluster` is the live one: its ConfigMaps,
    /// pods and what makes pods, and no Secrets (`sekisho rbac --print scan`).
    #[arg(default_value = ".", value_name = "TARGET")]
    pub(crate) targets: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// Exit with 1 when a credential or finding is at least this bad.
    #[arg(long, value_name = "SEVERITY", default_value = "high", value_parser = fail_on, help_heading = "Output")]
    pub(crate) fail_on: FailOn,
    /// Exit with 3 unless all was looked at.
    #[arg(long, help_heading = "Output")]
    pub(crate) require_complete: bool,
    /// Also keep the report as JSON in FILE (mode 0600), for `join`, `convert` and `--baseline`.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) save: Option<PathBuf>,
    /// Copies kept of each credential; totals stay exact.
    #[arg(long, value_name = "N", default_value_t = 100, help_heading = "Output")]
    pub(crate) max_copies: usize,
    /// Tell why candidates were reported or not, on stderr: rules and classes, never characters.
    #[arg(long, help_heading = "Output")]
    pub(crate) why: bool,
    /// Also export the fingerprints of weak values (short or common ones, which can be guessed by
    /// whoever holds the key).
    #[arg(long, help_heading = "Output")]
    pub(crate) weak_fingerprints: bool,

    /// Look for the values in FILE (one a line) in every encoding, beside the detectors.
    #[arg(long, value_name = "FILE", help_heading = "What to look for")]
    pub(crate) needles: Option<PathBuf>,
    /// Look for the values of the Secrets in TARGET, in every encoding: manifests, dumps, backups, etcd's
    /// files, or `cluster` for the live one. The values stay in memory and are wiped; certificates, users,
    /// hosts and weak values are not looked for.
    #[arg(long, value_name = "TARGET", help_heading = "What to look for")]
    pub(crate) needles_from: Vec<OsString>,
    /// The same as `--needles-from cluster`. It needs what `sekisho rbac --print values` prints.
    #[arg(long, help_heading = "What to look for")]
    pub(crate) read_values: bool,
    /// Only paths that match GLOB (may be repeated).
    #[arg(long, value_name = "GLOB", help_heading = "What to look for")]
    pub(crate) include: Vec<String>,
    /// No paths that match GLOB (may be repeated).
    #[arg(long, value_name = "GLOB", help_heading = "What to look for")]
    pub(crate) exclude: Vec<String>,
    /// Leave out files above SIZE (`500k`, `10M`, `2G`); they are named in coverage.
    #[arg(long, value_name = "SIZE", value_parser = crate::config::parse_size, help_heading = "What to look for")]
    pub(crate) max_file_size: Option<u64>,
    /// Keep at most SIZE of the bases of deltas at once; the others are inflated again (128M).
    #[arg(long, value_name = "SIZE", value_parser = crate::config::parse_size, hide = true)]
    pub(crate) live_bases: Option<u64>,
    /// Leave out the history of repositories.
    #[arg(long, help_heading = "What to look for")]
    pub(crate) no_history: bool,
    /// Only what is staged: the files of the index that HEAD has otherwise, as hooks need it.
    #[arg(long, conflicts_with_all = ["no_history", "every_version", "authors"], help_heading = "What to look for")]
    pub(crate) staged: bool,
    /// Only what commits brought after REV: those that HEAD has and REV has not.
    #[arg(long, value_name = "REV", conflicts_with_all = ["no_history", "staged"], help_heading = "What to look for")]
    pub(crate) since: Option<String>,
    /// Only what commits brought that B has and A has not (HEAD, where one is left out).
    #[arg(long, value_name = "A..B", conflicts_with_all = ["no_history", "staged", "since"], help_heading = "What to look for")]
    pub(crate) range: Option<String>,
    /// Do not keep or use what is known of histories from the scan before (spans of candidates, never
    /// values; under the estate key alone).
    #[arg(long, help_heading = "What to look for")]
    pub(crate) no_cache: bool,
    /// Of histories, list every version of a copy and not the newest alone.
    #[arg(long, help_heading = "What to look for")]
    pub(crate) every_version: bool,
    /// Tell the authors of commits: keyed (an HMAC under the estate key), or in plain.
    #[arg(long, value_name = "HOW", value_enum, help_heading = "What to look for")]
    pub(crate) authors: Option<Authors>,
    /// Threads; all cores by default.
    #[arg(short, long, value_name = "N", help_heading = "What to look for")]
    pub(crate) jobs: Option<usize>,

    /// Set aside what FILE (a baseline, or a JSON report) already knows. A changed value is new.
    #[arg(long, value_name = "FILE", help_heading = "What to set aside")]
    pub(crate) baseline: Option<PathBuf>,
    /// Ignore entries with reason, owner and expiry.
    #[arg(long, value_name = "FILE", help_heading = "What to set aside")]
    pub(crate) ignore_file: Option<PathBuf>,
    /// Do not read `.sekisho.toml` in the target.
    #[arg(long, help_heading = "What to set aside")]
    pub(crate) no_target_config: bool,
    /// Read `.sekisho.toml` from this git revision of the target, not from the files as they are:
    /// a proposed change can then not set itself aside.
    #[arg(long, value_name = "REV", conflicts_with = "no_target_config", help_heading = "What to set aside")]
    pub(crate) config_from: Option<String>,
    /// Report what inline markers (`sekisho:ignore`, `gitleaks:allow`, …) would set aside.
    #[arg(long, help_heading = "What to set aside")]
    pub(crate) no_inline_ignore: bool,

    #[command(flatten)]
    pub(crate) opening: crate::commands::opening::OpeningArgs,
    #[command(flatten)]
    pub(crate) cluster: crate::commands::answers::picture::ClusterArgs,

    #[command(flatten)]
    pub(crate) key: KeyArgs,
}

/// How authors of commits are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Authors {
    /// As an HMAC under the estate key: the same author is the same, and no name is told.
    Keyed,
    /// As the commits name them.
    Plain,
}

/// From which severity on a run fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailOn {
    /// At this severity or worse.
    At(Severity),
    /// Never.
    Never,
}

fn fail_on(text: &str) -> Result<FailOn, String> {
    if text == "never" {
        return Ok(FailOn::Never);
    }
    let found = Severity::ALL.into_iter().find(|severity| severity.as_str() == text);
    found.map(FailOn::At).ok_or_else(|| "one of critical, high, medium, low, info, never".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// Keep the estate in DIR (must not exist) to look at it and scan it again.
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Id of a detector or check, as reports name it.
    pub(crate) id: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DetectorsCommand {
    /// All detectors and checks, one a line.
    List,
    /// Run every detector's own examples.
    Test,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a new estate key, in your configuration directory or in FILE; never overwrites.
    New {
        /// Where to write it.
        file: Option<PathBuf>,
    },
    /// Print the key's id, which stands in every report.
    Id(KeyArgs),
    /// Replace the key by a new one; the old one stays beside it, named by its id.
    Rotate(KeyArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// A JSON report; `-` for standard input.
    pub(crate) report: PathBuf,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct JoinArgs {
    /// JSON reports made under one key.
    #[arg(required = true)]
    pub(crate) reports: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BaselineCommand {
    /// A baseline of all that a JSON report holds.
    Create {
        /// The report.
        report: PathBuf,
        /// Where to write the baseline; standard output by default.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// A baseline of what another scanner's report or baseline holds: TARGET is scanned, and what
    /// lies on the same lines is taken over.
    Import(Box<ImportArgs>),
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Report of gitleaks (JSON), `.secrets.baseline` of detect-secrets, or trufflehog's JSON lines.
    pub(crate) report: PathBuf,
    /// What the report is about.
    #[arg(default_value = ".")]
    pub(crate) target: PathBuf,
    /// Whose report it is; told from its content by default.
    #[arg(long, value_enum)]
    pub(crate) from: Option<Rival>,
    /// Where to write the baseline; standard output by default.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
}

/// Scanners whose reports can be taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rival {
    /// gitleaks, and betterleaks in the same form.
    Gitleaks,
    /// Yelp's detect-secrets.
    DetectSecrets,
    /// trufflehog.
    Trufflehog,
}
