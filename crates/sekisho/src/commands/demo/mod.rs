//! `demo`: a small leaky estate, scanned, and what to do about it.

mod estate;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use sekisho_model::report::KeyOrigin;
use sekisho_secret::EstateKey;

use crate::cli::{DemoArgs, Global};
use crate::exit::Status;
use crate::output;
use crate::scanning::{Plan, scan};

/// Builds the estate, scans it, prints the report, and always ends well.
pub(super) fn run(args: &DemoArgs, global: &Global) -> anyhow::Result<Status> {
    let scratch;
    let (root, shown) = match &args.keep {
        Some(directory) if directory.exists() => bail!("{} exists already", directory.display()),
        Some(directory) => (directory.clone(), directory.clone()),
        None => {
            scratch =
                tempfile::Builder::new().prefix("sekisho-demo-").tempdir().context("making the estate")?;
            (scratch.path().to_owned(), PathBuf::from("demo"))
        }
    };
    estate::build(&root)?;
    let mut plan = Plan::new(key()?, KeyOrigin::Ephemeral);
    plan.add(root.clone(), shown.display().to_string());
    let report = scan(plan, global)?;
    output::write_report(&report, &args.output, global)?;
    if args.output.format == "table" && args.output.output.is_none() {
        let shown = shown.join(estate::ETCD).display().to_string();
        output::print(&super::prove::brief(&root.join(estate::ETCD), &shown, key()?)?)?;
    }
    if args.keep.is_some() {
        output::note(global, &format!("the estate is in {0}: try `sekisho scan {0}`", shown.display()));
    }
    Ok(Status::Clean)
}

/// The demo's own key, so that its output is the same everywhere; nothing else is made under it.
fn key() -> anyhow::Result<EstateKey> {
    let mut bytes = [0u8; sekisho_secret::KEY_LEN];
    let text = b"sekisho demo, not a secret";
    bytes[..text.len()].copy_from_slice(text);
    Ok(EstateKey::from_bytes(bytes)?)
}
