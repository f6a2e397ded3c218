//! `key`: the estate key of trusted central jobs.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::cli::{Global, KeyArgs, KeyCommand};
use crate::exit::Status;
use crate::output;

/// Makes, names or replaces the key.
pub(super) fn run(command: &KeyCommand, global: &Global) -> anyhow::Result<Status> {
    match command {
        KeyCommand::New { file } => {
            let path = file.clone().map_or_else(sekisho_store::default_path, Ok)?;
            let opened = sekisho_store::load_or_create(&path)?;
            if !opened.created {
                bail!(
                    "{} holds key {} already; `sekisho key rotate` replaces it",
                    path.display(),
                    opened.key.key_id()
                );
            }
            output::print(&format!("{}\n", opened.key.key_id()))?;
            output::note(
                global,
                &format!("new estate key in {}; give it to trusted central jobs only", path.display()),
            );
        }
        KeyCommand::Id(args) => {
            let key = sekisho_store::load(&path(args)?)?;
            output::print(&format!("{}\n", key.key_id()))?;
        }
        KeyCommand::Rotate(args) => {
            let rotated = sekisho_store::rotate(&path(args)?)?;
            output::print(&format!("{}\n", rotated.new.key_id()))?;
            let (old, kept) = (rotated.old.key_id(), rotated.kept.display());
            output::note(
                global,
                &format!("key {old} is kept in {kept}; reports made under it do not join with new ones"),
            );
        }
    }
    Ok(Status::Clean)
}

/// The key file that is meant.
fn path(args: &KeyArgs) -> anyhow::Result<PathBuf> {
    if args.ephemeral_key {
        bail!("an ephemeral key has no file");
    }
    let named = named(args)?.map(Path::to_owned);
    named.map_or_else(sekisho_store::default_path, Ok).context("no key file")
}

/// The key file that the user names. In the settings of CI jobs it happens that the key itself stands
/// where its file should: an error about that file would print it.
pub(super) fn named(args: &KeyArgs) -> anyhow::Result<Option<&Path>> {
    let Some(path) = args.estate_key_file.as_deref() else { return Ok(None) };
    let text = path.as_os_str().as_encoded_bytes().trim_ascii();
    if text.len() == 2 * sekisho_secret::KEY_LEN && text.iter().all(u8::is_ascii_hexdigit) {
        bail!("the estate key's file is asked for, and a key was given: put it into a file of mode 0600");
    }
    Ok(Some(path))
}
