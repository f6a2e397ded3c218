//! Whether a leaked value is still the one in use.
//!
//! A dead copy whose value is still live must be rotated; one that is not is history. The live
//! copies are looked up by one walk through a store, newest first: the first record of a key is its
//! newest.

use std::collections::HashMap;

use sekisho_secret::SecretBytes;

use crate::envelope::{self, Stored};
use crate::keyring::Keyring;
use crate::object;
use crate::read_at::{ReadAt, Window};
use crate::records;

/// A dead copy: its key, and its place in its file.
pub(crate) struct Question<'q> {
    pub(crate) key: &'q [u8],
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

/// For each question on a copy in `file`, whether the live copy in the store `db` still holds one
/// of its values; none when the live copy cannot be read.
pub(crate) fn answer(
    db: &dyn ReadAt,
    file: &dyn ReadAt,
    keys: Option<&Keyring>,
    questions: &[Question<'_>],
) -> Vec<Option<bool>> {
    let mut answers = vec![None; questions.len()];
    if questions.is_empty() {
        return answers;
    }
    let mut open: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (n, question) in questions.iter().enumerate() {
        open.entry(question.key).or_default().push(n);
    }
    let mut copies = Window::new(file);
    let is_sound = records::walk(db, &mut |found| {
        let Some(asked) = open.remove(found.kv.key) else { return true };
        let opened: Option<SecretBytes>;
        let live = match envelope::read(found.kv.value) {
            Stored::Plain => Some(found.kv.value),
            Stored::Sealed(envelope) => {
                opened = keys.and_then(|keys| keys.open(&envelope, found.kv.key).ok());
                opened.as_ref().map(SecretBytes::expose_secret)
            }
            Stored::Broken => None,
        };
        for n in asked {
            let length = usize::try_from(questions[n].length).unwrap_or(usize::MAX);
            answers[n] = if found.revision.is_tombstone {
                Some(false)
            } else {
                let dead = copies.get(questions[n].offset, length).ok();
                dead.zip(live).and_then(|(dead, live)| object::shares_value(dead, live))
            };
        }
        !open.is_empty()
    });
    // A key that the whole tree does not have is live nowhere.
    if is_sound {
        for n in open.into_values().flatten() {
            answers[n] = Some(false);
        }
    }
    answers
}
