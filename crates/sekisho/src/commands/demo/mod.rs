//! `demo`: a small leaky estate, scanned, and what to do about it.

mod estate;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use sekisho_kube::Inventory;
use sekisho_model::report::KeyOrigin;
use sekisho_secret::EstateKey;
use sekisho_sources::inventory::Reader;

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
        output::print(&more(&root, &shown.display().to_string())?)?;
    }
    if args.keep.is_some() {
        output::note(global, &format!("the estate is in {0}: try `sekisho scan {0}`", shown.display()));
    }
    Ok(Status::Clean)
}

/// What the other verbs say of the same estate.
fn more(root: &Path, shown: &str) -> anyhow::Result<String> {
    let snapshot = root.join(estate::ETCD);
    let mut out = super::prove::brief(&snapshot, &format!("{shown}/{}", estate::ETCD), key()?)?;
    let mut builder = Inventory::builder();
    Reader::new(&mut builder, None, &mut |_| ()).read(root.join("deploy").as_os_str())?;
    let (inventory, width) = (builder.finish(), output::width());
    let shown = sekisho_report::escape::terminal(shown).into_owned();
    let _infallible = write!(out, "\nWho reads it · sekisho who secret/shop/db --from {shown}/deploy\n\n");
    out.push_str(&super::who::brief(&inventory, "secret/shop/db", width)?);
    let _infallible =
        write!(out, "What leads there · sekisho reach group/build-operators --from {shown}/deploy\n\n");
    out.push_str(super::reach::brief(&inventory, "group/build-operators", width)?.trim_end());
    out.push('\n');
    Ok(out)
}

/// The demo's own key, so that its output is the same everywhere; nothing else is made under it.
fn key() -> anyhow::Result<EstateKey> {
    let mut bytes = [0u8; sekisho_secret::KEY_LEN];
    let text = b"sekisho demo, not a secret";
    bytes[..text.len()].copy_from_slice(text);
    Ok(EstateKey::from_bytes(bytes)?)
}
