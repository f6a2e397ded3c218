//! Whether a leaked value is still the one in use.
//!
//! A dead copy whose value is still live must be rotated; one that is not is history. The live
//! copies are looked up by one walk backwards through a store: the first record of a key is its
//! newest.

use std::collections::HashMap;

use crate::bbolt::{Bitmap, BucketRef, Tree, Visit, bucket_of, leaf_elements, read_metas};
use crate::envelope::{self, Stored};
use crate::mvcc::{KeyValue, Revision};
use crate::object;
use crate::read_at::{ReadAt, Window};

/// A dead copy: its key, and its place in its file.
pub(crate) struct Question<'q> {
    pub(crate) key: &'q [u8],
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

/// For each question on a copy in `file`, whether the live copy in the store `db` still holds one
/// of its values; none when the live copy cannot be read.
pub(crate) fn answer(db: &dyn ReadAt, file: &dyn ReadAt, questions: &[Question<'_>]) -> Vec<Option<bool>> {
    let mut answers = vec![None; questions.len()];
    if questions.is_empty() {
        return answers;
    }
    let mut window = Window::new(db);
    let Some(metas) = read_metas(&mut window) else { return answers };
    let page_size = metas.newest.page_size;
    let pages = metas.newest.high_water.min(db.len() / u64::from(page_size));
    if pages > crate::store::MAX_PAGES {
        return answers;
    }
    let mut open: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (n, question) in questions.iter().enumerate() {
        open.entry(question.key).or_default().push(n);
    }
    let mut tree =
        Tree { window: &mut window, page_size: page_size as usize, pages, reached: Bitmap::new(pages) };
    let mut copies = Window::new(file);
    let mut buckets = vec![metas.newest.root];
    let mut elements = Vec::new();
    let mut is_sound = metas.newest.high_water <= pages;
    let mut next = 0;
    while let Some(root) = buckets.get(next).copied() {
        next += 1;
        tree.walk_back(root, &mut |visit| {
            let (run, count) = match visit {
                Visit::Leaf { header, run, .. } => (run, header.count),
                Visit::Branch { .. } => return true,
                Visit::Fault { .. } => {
                    is_sound = false;
                    return true;
                }
            };
            is_sound &= leaf_elements(run, count, run.len(), &mut elements).is_ok();
            for element in elements.iter().rev() {
                let value = element.value(run);
                if element.is_bucket
                    && let Some(BucketRef::Root(root)) = bucket_of(value)
                    && buckets.len() < 64
                {
                    buckets.push(root);
                }
                let Some(revision) = Revision::read(element.key(run)) else { continue };
                let Some(kv) = KeyValue::read(value) else {
                    is_sound = false;
                    continue;
                };
                for n in open.remove(kv.key).unwrap_or_default() {
                    answers[n] = match envelope::read(kv.value) {
                        _ if revision.is_tombstone => Some(false),
                        Stored::Plain => {
                            let length = usize::try_from(questions[n].length).unwrap_or(usize::MAX);
                            let dead = copies.get(questions[n].offset, length);
                            dead.ok().and_then(|dead| object::shares_value(dead, kv.value))
                        }
                        Stored::Sealed(_) | Stored::Broken => None,
                    };
                }
            }
            !open.is_empty()
        });
    }
    // A key that the whole tree does not have is live nowhere.
    if is_sound {
        for n in open.into_values().flatten() {
            answers[n] = Some(false);
        }
    }
    answers
}
