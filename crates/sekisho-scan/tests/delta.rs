//! Scanning a text by what it copies from another gives what scanning the whole of it gives.

#![allow(clippy::unwrap_used)] // a test throughout

mod texts;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use sekisho_scan::delta::{Copied, Kept, Passage, Passages};
use sekisho_scan::{Engine, Needles};
use texts::{Row, piece, row, rules, text, whole};

fn engines() -> [Engine; 2] {
    let engine = || Engine::new(rules(), Needles::none()).unwrap();
    [engine(), engine().without_runs()]
}

/// One part of a new version.
#[derive(Debug, Clone)]
enum Part {
    /// Bytes of the version before, from anywhere: what is told twice, and what is moved.
    Copy(usize, usize),
    /// New bytes.
    Insert(Vec<u8>),
}

/// How a version comes from the one before.
#[derive(Debug, Clone)]
enum Edit {
    /// Bytes are taken out at some places, and others put in.
    Replace(Vec<(usize, usize, Vec<u8>)>),
    /// It is put together anew.
    Compose(Vec<Part>),
}

fn edit() -> impl Strategy<Value = Edit> {
    let small = prop_oneof![piece(), Just(Vec::new()), Just(b"x".to_vec()), Just(b"\n".to_vec())];
    let replace = (any::<usize>(), prop_oneof![0..4usize, 0..200usize], small.clone());
    let part = prop_oneof![
        3 => (any::<usize>(), any::<usize>()).prop_map(|(start, len)| Part::Copy(start, len)),
        1 => small.prop_map(Part::Insert),
    ];
    prop_oneof![
        3 => proptest::collection::vec(replace, 0..6).prop_map(Edit::Replace),
        1 => proptest::collection::vec(part, 0..8).prop_map(Edit::Compose),
    ]
}

/// The new version, and what it copies.
fn apply(edit: &Edit, base: &[u8]) -> (Vec<u8>, Vec<Copied>) {
    let mut parts = Vec::new();
    match edit {
        Edit::Compose(list) => parts.clone_from(list),
        Edit::Replace(list) => {
            let mut list: Vec<_> =
                list.iter().map(|(at, len, new)| (at % (base.len() + 1), *len, new.clone())).collect();
            list.sort();
            let mut at = 0;
            for (start, len, new) in list {
                if start >= at {
                    parts.extend([Part::Copy(at, start - at), Part::Insert(new)]);
                    at = base.len().min(start + len);
                }
            }
            parts.push(Part::Copy(at, base.len() - at));
        }
    }
    let (mut made, mut copies) = (Vec::new(), Vec::<Copied>::new());
    for part in parts {
        match part {
            Part::Insert(new) => made.extend(new),
            Part::Copy(start, len) => {
                let start = start % (base.len() + 1);
                let len = len.min(base.len() - start);
                if len == 0 {
                    continue;
                }
                match copies.last_mut() {
                    Some(last) if last.base + last.len == start && last.text + last.len == made.len() => {
                        last.len += len;
                    }
                    _ => copies.push(Copied { base: start, text: made.len(), len }),
                }
                made.extend_from_slice(&base[start..start + len]);
            }
        }
    }
    (made, copies)
}

/// Passages by their hashes, and how many were known.
#[derive(Default)]
struct All {
    noted: Mutex<HashMap<u128, Arc<Passage>>>,
    known: AtomicUsize,
}

impl Passages for All {
    fn hash(&self, passage: &[u8]) -> u128 {
        let half = |number: u8| {
            let mut hasher = DefaultHasher::new();
            (number, passage).hash(&mut hasher);
            u128::from(hasher.finish())
        };
        half(0) << 64 | half(1)
    }

    fn find(&self, hash: u128) -> Option<Arc<Passage>> {
        let found = self.noted.lock().unwrap().get(&hash).cloned();
        self.known.fetch_add(usize::from(found.is_some()), Ordering::Relaxed);
        found
    }

    fn note(&self, hash: u128, passage: Passage) {
        self.noted.lock().unwrap().insert(hash, Arc::new(passage));
    }
}

fn kept(engine: &Engine, text: &[u8], base: Option<(&Kept, &[Copied])>) -> (Kept, Vec<Row>) {
    kept_with(engine, text, base, None)
}

fn kept_with(
    engine: &Engine,
    text: &[u8],
    base: Option<(&Kept, &[Copied])>,
    passages: Option<&dyn Passages>,
) -> (Kept, Vec<Row>) {
    let mut rows = Vec::new();
    let kept = engine.scan_kept(text, base, passages, &mut |candidate, _| rows.push(row(candidate, 0)));
    // What is kept in a file is what is kept in memory.
    let bytes = kept.to_bytes();
    assert_eq!(engine.kept_of(&bytes, text.len()).as_ref(), Some(&kept));
    assert!(engine.kept_of(&bytes, text.len() + 1).is_none());
    assert!(engine.kept_of(&bytes[..bytes.len() - 1], text.len()).is_none());
    (kept, rows)
}

/// A text, or one that is so long that edits in it are far from each other.
fn first() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![text(), (text(), text(), text(), text()).prop_map(|(a, b, c, d)| [a, b, c, d].concat())]
}

proptest! {
    #[test]
    fn a_chain_of_versions_gives_what_each_gives_alone(
        first in first(),
        edits in proptest::collection::vec(edit(), 1..6),
    ) {
        for engine in engines() {
            let (mut before, rows) = kept(&engine, &first, None);
            prop_assert_eq!(rows, whole(&engine, &first));
            let mut version = first.clone();
            for edit in &edits {
                let (next, copies) = apply(edit, &version);
                let (now, rows) = kept(&engine, &next, Some((&before, &copies)));
                prop_assert_eq!(&rows, &whole(&engine, &next), "{:?}", copies);
                // What is kept is the same, too, so no mistake waits for a later version.
                prop_assert_eq!(&now, &kept(&engine, &next, None).0);
                (version, before) = (next, now);
            }
        }
    }
}

/// Lines that go on with the next, in one way or another, or do not.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let wrapped = "cGFzc3dvcmQ9MTIzNDU2Nzg5MApwYXNzd29yZD1hYmNkcGFzc3dvcmQ9MTIzNDU2\n";
    let lines = [
        wrapped,
        "   cGFzc3dvcmQ9MTIzNDU2Nzg5MApwYXNzd29yZD1hYmNkcGFzc3dvcmQ9MTIzNDU2\r\n",
        "dXNlcjpwYXNzd29yZDEyMzQ1Njc4OTA=\n",
        "cGFzc3dvcmQ9MTIzNDU2Nzg5MApw\n",
        "70617373776f72643d313233343536373839300a70617373776f72643d6162\n",
        "\n",
        "ab: c\n",
        "says \"pass\\n a\\n key-abc\\\n",
        "goes on\\n and on\\\n",
        "and more\\n\" of \\n it\n",
        "password = hunter2 and key-12 near the end \n",
        "to=%41%42c%43 and begin\n",
        "echo near end\r\n",
        "%41%20",
        "\"\\n\\n",
        "cGFzc3dvcmQ9MTIzNDU2Nzg5MApw",
    ];
    prop_oneof![
        12 => proptest::sample::select(lines.to_vec()).prop_map(|line| line.as_bytes().to_vec()),
        1 => piece(),
    ]
}

/// Lines of a few kinds that take the place of some lines of the version before, or of all.
type Splice = (usize, usize, Vec<usize>);

proptest! {
    /// Few lines in many orders: what was decided around a seam holds wherever the same stands around one.
    #[test]
    fn what_stood_around_a_seam_before_is_what_each_version_gives_alone(
        kinds in proptest::collection::vec(line(), 1..5),
        first in proptest::collection::vec(0..5usize, 0..40),
        splices in proptest::collection::vec(
            (0..40usize, 0..4usize, proptest::collection::vec(0..5usize, 0..4)), 1..12),
    ) {
        let of = |kind: &usize| kinds[kind % kinds.len()].as_slice();
        let text_of = |lines: &[usize]| lines.iter().flat_map(of).copied().collect::<Vec<u8>>();
        for engine in engines() {
            let passages = All::default();
            let mut lines = first.clone();
            let mut before = kept(&engine, &text_of(&lines), None).0;
            for (at, gone, new) in &splices as &[Splice] {
                let at = at % (lines.len() + 1);
                let behind = lines.len().min(at + gone);
                let (head, tail) = (text_of(&lines[..at]).len(), text_of(&lines[behind..]).len());
                let base_len = text_of(&lines).len();
                lines.splice(at..behind, new.iter().copied());
                let text = text_of(&lines);
                let copies = [
                    Copied { base: 0, text: 0, len: head },
                    Copied { base: base_len - tail, text: text.len() - tail, len: tail },
                ];
                let copies: Vec<Copied> = copies.into_iter().filter(|copy| copy.len > 0).collect();
                let (now, rows) = kept_with(&engine, &text, Some((&before, &copies)), Some(&passages));
                prop_assert_eq!(&rows, &whole(&engine, &text), "{:?}", copies);
                prop_assert_eq!(&now, &kept(&engine, &text, None).0);
                before = now;
            }
        }
    }
}

/// One edit in many texts is looked at once.
#[test]
fn the_same_edit_in_another_text_is_known() {
    let [engine, _] = engines();
    let passages = All::default();
    for number in 0..20 {
        let lines = |count: usize| format!("line {number} of the text, and no secret\n").repeat(count);
        let same = "the same lines here, and no others\n".repeat(30);
        let before = [lines(9), same.clone(), same.clone(), lines(9)].concat();
        let insert = format!("{same}password=hunter2{}! key-abcdef\n", number % 2);
        let at = lines(9).len() + same.len();
        let text = [&before[..at], &insert[same.len()..], &before[at..]].concat();
        let (base, _) = kept(&engine, before.as_bytes(), None);
        let copies = [(0, 0, at), (at, text.len() - before.len() + at, before.len() - at)];
        let copies = copies.map(|(base, text, len)| Copied { base, text, len });
        let (now, rows) = kept_with(&engine, text.as_bytes(), Some((&base, &copies)), Some(&passages));
        assert_eq!(rows, whole(&engine, text.as_bytes()));
        assert!(!rows.is_empty());
        assert_eq!(now, kept(&engine, text.as_bytes(), None).0);
    }
    assert_eq!(passages.known.into_inner(), 18);
}

/// An edit at every single byte of a text that holds one of everything.
#[test]
fn every_single_byte_can_be_edited() {
    let mut text = Vec::new();
    for value in &texts::VALUES[2..6] {
        for form in texts::encoded(value) {
            text.extend(form);
            text.extend(b" password=abc\"q\\n\\n\\n\\n\\n\\n\" key-12 ");
        }
    }
    text.extend(b"cGFzc3dvcmQ9MTIzNDU2Nzg5MApwYXNzd29yZD1hYmNkcGFzc3dvcmQ9MTIzNDU2\n".repeat(4));
    {
        let [engine, _] = engines();
        let (before, rows) = kept(&engine, &text, None);
        assert!(rows.len() > 50, "{}", rows.len());
        for at in 0..text.len() {
            for new in [&b""[..], b"\n", b"%41"] {
                let edit = Edit::Replace(vec![(at, at % 3, new.to_vec())]);
                let (next, copies) = apply(&edit, &text);
                let (_, rows) = kept(&engine, &next, Some((&before, &copies)));
                assert_eq!(rows, whole(&engine, &next), "{new:?} at {at}");
            }
        }
    }
}

/// The hits that end a detector's text may count by what stands behind an edit, further than it reads itself.
#[test]
fn a_crowd_that_counts_by_what_was_edited_is_counted_again() {
    let [engine, _] = engines();
    for filler in 0..12 {
        let crowd = ["far ", &"-".repeat(filler % 4)].concat().repeat(38);
        let text =
            [&"x".repeat(filler), "far ", &crowd, " and more of it, to the end of the line\n"].concat();
        let (before, _) = kept(&engine, text.as_bytes(), None);
        for at in 0..text.len() {
            let edit = Edit::Replace(vec![(at, 1, b"!".to_vec())]);
            let (next, copies) = apply(&edit, text.as_bytes());
            let (now, rows) = kept(&engine, &next, Some((&before, &copies)));
            assert_eq!(rows, whole(&engine, &next), "at {at} of {text}");
            assert_eq!(now, kept(&engine, &next, None).0);
        }
    }
}
