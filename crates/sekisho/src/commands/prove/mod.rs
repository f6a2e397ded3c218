//! `prove`: what is and is not encrypted in etcd's bytes.

mod identify;
mod table;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use sekisho_etcd::evidence::{self, Statement};
use sekisho_etcd::proof::{FileKind, FileProof, Problem, ProblemKind, Proof, Verdict};
use sekisho_etcd::{Options, Require, config, prove, resolve_still_live, sha256};
use sekisho_secret::{EstateKey, SecretBytes};
use sekisho_sources::etcd;

use self::identify::Fields;
use crate::cli::{Global, KeyArgs};
use crate::commands::opening::{Opening, OpeningArgs};
use crate::exit::Status;
use crate::output;

/// Arguments of `prove`.
#[derive(Debug, Args)]
pub(crate) struct ProveArgs {
    /// Stores (`member/snap/db`), snapshots, logs (`*.wal`) and whole member directories; gzip and
    /// zstd are opened. Read them from a copy or a stopped member: a store that is written to
    /// meanwhile may look torn.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    /// Resources that must not be in plain, as EncryptionConfiguration names them
    /// (`secrets`, `widgets.example.com`, `*.*`).
    #[arg(long, value_name = "RESOURCE", value_delimiter = ',', default_value = "secrets")]
    pub(crate) require: Vec<String>,
    /// Do not hash files. A snapshot's own hash is then not checked either.
    #[arg(long)]
    pub(crate) no_hash: bool,

    /// The report's format.
    #[arg(short, long, value_enum, default_value_t = ProofFormat::Table, help_heading = "Output")]
    pub(crate) format: ProofFormat,
    /// Write the report to a file instead of standard output.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,

    /// A kube-apiserver manifest: its flags are judged.
    #[arg(long, value_name = "FILE", help_heading = "Configuration and keys")]
    pub(crate) apiserver_manifest: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) opening: OpeningArgs,

    /// Write signed evidence (DSSE over an in-toto statement) to FILE.
    #[arg(
        long,
        value_name = "FILE",
        requires = "evidence_key",
        conflicts_with = "no_hash",
        help_heading = "Evidence"
    )]
    pub(crate) evidence: Option<PathBuf>,
    /// The Ed25519 private key to sign with, in PEM (`openssl genpkey -algorithm ed25519`).
    #[arg(long, value_name = "KEY", help_heading = "Evidence")]
    pub(crate) evidence_key: Option<PathBuf>,
    /// Put the names of plain objects into the evidence.
    #[arg(long, requires = "evidence", help_heading = "Evidence")]
    pub(crate) names: bool,
    /// Check evidence: its signature, and that it speaks of the FILEs. Nothing is proven.
    #[arg(
        long,
        value_name = "EVIDENCE",
        requires = "public_key",
        conflicts_with = "evidence",
        help_heading = "Evidence"
    )]
    pub(crate) verify_evidence: Option<PathBuf>,
    /// The Ed25519 public key to check with, in PEM (`openssl pkey -pubout`).
    #[arg(long, value_name = "KEY", help_heading = "Evidence")]
    pub(crate) public_key: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) key: KeyArgs,
}

/// Formats of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProofFormat {
    /// For people.
    Table,
    /// `sekisho.proof/v1`.
    Json,
}

/// Proves, writes, and says how it ended.
pub(crate) fn run(args: &ProveArgs, global: &Global) -> anyhow::Result<Status> {
    if let Some(path) = &args.verify_evidence {
        return verify(args, path, global);
    }
    let (key, _) = super::scan::key(&args.key, global)?;
    let key_id = key.key_id();
    let require = Require::new(args.require.iter().filter(|name| !name.is_empty()).cloned());
    let Opening { configuration, keys } = args.opening.read(global)?;
    let identify = Fields(key);
    let options =
        Options { require: &require, identify: &identify, keys: keys.as_ref(), hash: !args.no_hash };
    let files = prove_all(args, &options, global)?;
    let mut proof = Proof::new(key_id, &require, files);
    proof.configuration = remarks(args, configuration.as_ref(), &proof, &require)?;
    write(&proof, args, global)?;
    if let (Some(path), Some(key)) = (&args.evidence, &args.evidence_key) {
        write_evidence(&proof, path, key, args.names)?;
    }
    Ok(match proof.verdict() {
        Verdict::Plaintext => Status::Found,
        Verdict::Unproven => Status::Incomplete,
        Verdict::Clean => Status::Clean,
    })
}

/// The proof of one file, for `demo`: what it shows and its verdict, without the way to clean.
pub(super) fn brief(path: &Path, shown: &str, key: EstateKey) -> anyhow::Result<String> {
    let (require, identify) = (Require::default(), Fields(key));
    let options = Options { require: &require, identify: &identify, keys: None, hash: true };
    let file = prove(&*etcd::open(path)?.source, shown, &options);
    Ok(format!(
        "\nThe same backup, byte by byte · sekisho prove {}\n\n{}",
        sekisho_report::escape::terminal(shown),
        table::brief(&file, &require)
    ))
}

/// Proves every file of every target. A file that cannot be read is one that is not proven.
fn prove_all(args: &ProveArgs, options: &Options<'_>, global: &Global) -> anyhow::Result<Vec<FileProof>> {
    let mut paths = Vec::new();
    for target in &args.files {
        let found = etcd::files(target)?;
        if found.is_empty() {
            bail!("{} holds no file", target.display());
        }
        paths.extend(found);
    }
    let mut proofs = Vec::with_capacity(paths.len());
    for path in &paths {
        let shown = path.display().to_string();
        let opened = match etcd::open(path) {
            Ok(opened) => opened,
            Err(error) => {
                output::note(global, &format!("{error}"));
                proofs.push(unreadable(&shown, options));
                continue;
            }
        };
        let mut proof = prove(&*opened.source, &shown, options);
        if let Some(trouble) = opened.trouble {
            let what = format!("the compressed file is not whole: {trouble}");
            spoil(&mut proof, Problem { kind: ProblemKind::Truncated, offset: None, what });
        }
        proofs.push(proof);
    }
    chains(&mut proofs);
    with_their_stores(&paths, &mut proofs, options);
    Ok(proofs)
}

/// The proof of a file that could not be opened.
fn unreadable(path: &str, options: &Options<'_>) -> FileProof {
    let mut proof = prove(&Vec::new(), path, &Options { hash: false, ..*options });
    let what = "the file cannot be read".to_owned();
    spoil(&mut proof, Problem { kind: ProblemKind::Io, offset: None, what });
    proof
}

fn spoil(proof: &mut FileProof, problem: Problem) {
    proof.problems.push(problem);
    proof.verdict = proof.verdict.max(Verdict::Unproven);
}

/// Checks that the segments of one log follow each other: each begins with the checksum that the
/// one before ended with.
fn chains(proofs: &mut [FileProof]) {
    let directory = |path: &str| Path::new(path).parent().map(Path::to_owned);
    for at in 1..proofs.len() {
        let (before, after) = proofs.split_at_mut(at);
        let (Some(before), Some(after)) = (before.last(), after.first_mut()) else { continue };
        if let (Some(first), Some(second)) = (before.wal, after.wal)
            && directory(&before.path) == directory(&after.path)
            && before.problems.is_empty()
            && first.end_crc != second.seed_crc
        {
            let what = "the segment does not follow the one before it: one is missing or not of this log";
            spoil(after, Problem { kind: ProblemKind::Checksum, offset: Some(0), what: what.to_owned() });
        }
    }
}

/// Answers `still_live` for files beside a store: those of the same member, or all when there is
/// one store alone.
fn with_their_stores(paths: &[PathBuf], proofs: &mut [FileProof], options: &Options<'_>) {
    let stores: Vec<usize> = (0..proofs.len())
        .filter(|n| matches!(proofs[*n].kind, FileKind::Bbolt | FileKind::Snapshot))
        .collect();
    // `member/snap/db` and `member/wal/…`, or a copy of both in one directory.
    let member = |path: &Path| path.parent().and_then(Path::parent).map(Path::to_owned);
    for n in 0..proofs.len() {
        let needs =
            proofs[n].kind == FileKind::Wal && proofs[n].remains.iter().any(|r| r.still_live.is_none());
        let own = stores.iter().copied().find(|store| {
            paths[*store].file_name().is_some_and(|name| name == "db")
                && member(&paths[*store]) == member(&paths[n])
        });
        let only = if let [store] = stores[..] { Some(store) } else { None };
        let Some(store) = own.or(only).filter(|_| needs) else { continue };
        if let (Ok(db), Ok(file)) = (etcd::open(&paths[store]), etcd::open(&paths[n])) {
            resolve_still_live(&*db.source, &*file.source, options.keys, &mut proofs[n]);
        }
    }
}

/// What is to be said of the configuration, by itself and against the stores.
fn remarks(
    args: &ProveArgs,
    configuration: Option<&config::Configuration>,
    proof: &Proof,
    require: &Require,
) -> anyhow::Result<Vec<config::Remark>> {
    let mut remarks = Vec::new();
    if let Some(configuration) = configuration {
        remarks.extend(config::lint(configuration, require));
        for file in &proof.files {
            remarks.extend(config::compare(configuration, file, require));
        }
    }
    if let Some(path) = &args.apiserver_manifest {
        let flags = config::read_flags(&super::read_input(path)?);
        remarks.extend(flags.with_context(|| format!("in {}", path.display()))?.lint(configuration));
    }
    remarks.sort_by(|a, b| (b.severity, a).cmp(&(a.severity, b)));
    remarks.dedup();
    Ok(remarks)
}

fn write(proof: &Proof, args: &ProveArgs, global: &Global) -> anyhow::Result<()> {
    if let Some(path) = &args.output {
        let mut bytes = Vec::new();
        render(proof, args.format, &mut bytes)?;
        output::write_file(path, &bytes)?;
        output::note(global, &format!("written: {}", path.display()));
        return Ok(());
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    render(proof, args.format, &mut out)?;
    Ok(out.flush()?)
}

fn render(proof: &Proof, format: ProofFormat, out: &mut dyn std::io::Write) -> anyhow::Result<()> {
    match format {
        ProofFormat::Table => out.write_all(table::render(proof).as_bytes())?,
        ProofFormat::Json => sekisho_report::write_json(proof, out)?,
    }
    Ok(())
}

fn write_evidence(proof: &Proof, path: &Path, key: &Path, names: bool) -> anyhow::Result<()> {
    let statement = evidence::statement(proof, env!("CARGO_PKG_VERSION"), names)?;
    let key = SecretBytes::new(super::read_input(key)?);
    let time = jiff::Timestamp::now().to_string();
    let envelope = evidence::sign(&statement, key.expose_secret(), Some(time))?;
    let mut bytes = serde_json::to_vec_pretty(&envelope).context("writing evidence")?;
    bytes.push(b'\n');
    output::write_file(path, &bytes)
}

/// Checks the signature of evidence, and that the files are those it speaks of.
fn verify(args: &ProveArgs, path: &Path, global: &Global) -> anyhow::Result<Status> {
    let public = args.public_key.as_deref().context("--public-key is missing")?;
    let found = evidence::verify(&super::read_input(path)?, &super::read_input(public)?);
    let statement = found.with_context(|| format!("in {}", path.display()))?;
    let mut strangers = 0;
    for target in &args.files {
        for file in etcd::files(target)? {
            let opened = etcd::open(&file)?;
            let sha256 = sha256(&*opened.source).with_context(|| format!("reading {}", file.display()))?;
            if !statement.subject.iter().any(|subject| subject.digest.sha256 == sha256) {
                strangers += 1;
                output::note(global, &format!("{}: the evidence does not speak of it", file.display()));
            }
        }
    }
    output::print(&table::evidence(&statement, strangers))?;
    Ok(status_of(&statement, strangers))
}

fn status_of(statement: &Statement, strangers: usize) -> Status {
    match statement.predicate.verdict {
        _ if strangers > 0 => Status::Incomplete,
        Verdict::Plaintext => Status::Found,
        Verdict::Unproven => Status::Incomplete,
        Verdict::Clean => Status::Clean,
    }
}
