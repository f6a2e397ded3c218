//! A plain walk over the records of a store, newest first, for questions that come after a proof.

use crate::bbolt::{Bitmap, BucketRef, Tree, Visit, bucket_of, leaf_elements, read_metas};
use crate::mvcc::{KeyValue, Revision};
use crate::read_at::{ReadAt, Window};
use crate::store::MAX_PAGES;

/// Buckets that are followed; etcd has ten.
const MAX_BUCKETS: usize = 64;

/// A record of the tree.
pub(crate) struct Found<'r> {
    pub(crate) revision: Revision,
    pub(crate) kv: KeyValue<'r>,
}

/// Calls `each` with every record that the root reaches, newest first, for as long as it says so.
/// Tells whether the whole tree could be read.
pub(crate) fn walk(db: &dyn ReadAt, each: &mut dyn FnMut(&Found<'_>) -> bool) -> bool {
    let mut window = Window::new(db);
    let Some(metas) = read_metas(&mut window) else { return false };
    let page_size = metas.newest.page_size;
    let pages = metas.newest.high_water.min(db.len() / u64::from(page_size));
    if pages > MAX_PAGES {
        return false;
    }
    let reached = Bitmap::new(pages);
    let mut tree = Tree { window: &mut window, page_size: page_size as usize, pages, reached };
    let mut buckets = vec![metas.newest.root];
    let mut elements = Vec::new();
    let mut is_sound = metas.newest.high_water <= pages;
    let mut goes_on = true;
    let mut next = 0;
    while goes_on && let Some(root) = buckets.get(next).copied() {
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
            if leaf_elements(run, count, run.len(), &mut elements).is_err() {
                is_sound = false;
                return true;
            }
            for element in elements.iter().rev() {
                let value = element.value(run);
                if element.is_bucket {
                    match bucket_of(value) {
                        Some(BucketRef::Root(root)) if buckets.len() < MAX_BUCKETS => buckets.push(root),
                        Some(BucketRef::Inline) => {}
                        _ => is_sound = false,
                    }
                } else if let Some(revision) = Revision::read(element.key(run)) {
                    match KeyValue::read(value).filter(|kv| kv.fits(revision)) {
                        Some(kv) => goes_on = each(&Found { revision, kv }),
                        None => is_sound = false,
                    }
                }
                if !goes_on {
                    return false;
                }
            }
            true
        });
    }
    is_sound
}
