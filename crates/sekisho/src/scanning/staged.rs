//! `scan --staged`: what the next commit would bring, for hooks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sekisho_examine::{Content, Examiner, Item};
use sekisho_git::Layout;
use sekisho_model::{GitHistory, Place, Problem, Root, SharedStr, Sink as _, TargetPath};
use sekisho_policy::PathPatterns;

use super::Plan;
use super::filter::Filter;

/// Largest staged file that is examined, unless a limit is asked for.
const MAX_FILE: u64 = 256 << 20;

/// Examines the staged files of the repository at `path`. False when there is none, or it cannot be
/// read; that was told then.
pub(super) fn scan(
    path: &Path,
    plan: &Plan,
    examiner: &Examiner,
    exclude: &PathPatterns,
    filter: &mut Filter<'_>,
) -> bool {
    let stage = match sekisho_git::staged(path, index_of_commit(path).as_deref()) {
        Ok(stage) => stage,
        Err(error) => {
            let place = Place::file(path.to_string_lossy().as_ref());
            filter.problem(Problem { place, what: error.to_string() });
            return false;
        }
    };
    let (mut items, mut bytes, mut excluded) = (0, 0, 0);
    for file in &stage.files {
        if !plan.include.is_empty() && !plan.include.covers(&file.path) || exclude.covers(&file.path) {
            excluded += 1;
            continue;
        }
        let place = place(&file.path, file.object.to_string().into());
        let content = match stage.read(file, plan.max_file_size.unwrap_or(MAX_FILE)) {
            Ok(Some(content)) => content,
            Ok(None) => continue,
            Err(what) => {
                filter.problem(Problem { place, what: what.to_owned() });
                continue;
            }
        };
        let item =
            Item { place: place.clone(), tracked: None, hint: None, content: Content::Bytes(&content) };
        // A defect that makes us panic costs this item and nothing else.
        let examined = catch_unwind(AssertUnwindSafe(|| examiner.examine(item, filter)));
        if examined.is_err() {
            let what = "internal error while examining this item; please report it".to_owned();
            filter.problem(Problem { place, what });
        }
        (items, bytes) = (items + 1, bytes + content.len() as u64);
    }
    filter.ledger.count_items(items, bytes);
    filter.ledger.count_excluded(excluded);
    true
}

/// The index that git makes for one commit and names to its hooks, where that is about this repository.
fn index_of_commit(path: &Path) -> Option<PathBuf> {
    let named = PathBuf::from(std::env::var_os("GIT_INDEX_FILE").filter(|name| !name.is_empty())?);
    let git_dir = |path: &Path| Layout::find(path)?.git_dir.canonicalize().ok();
    let here = sekisho_git::work_tree_of(&std::env::current_dir().ok()?)?;
    (git_dir(path)? == git_dir(&here)?).then(|| here.join(named))
}

fn place(path: &[u8], blob: SharedStr) -> Place {
    let (repo, path, history) = (".".into(), TargetPath::from_bytes(path), Some(no_history(blob.clone())));
    Place::new(Root::Git { repo, path, blob, history })
}

/// What became of a blob that stands in the index and in no commit.
pub(super) fn no_history(blob: SharedStr) -> Arc<GitHistory> {
    let history = GitHistory {
        side: sekisho_git::Side::Index.as_str().into(),
        versions: 1,
        first_blob: blob,
        introduced: None,
        removed: None,
        in_tip_of: [].into(),
        tips: 0,
    };
    history.into()
}
