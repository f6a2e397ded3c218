//! Scanning a text by what it copies from another gives what scanning the whole of it gives.

#![allow(clippy::unwrap_used)] // a test throughout

mod texts;

use proptest::prelude::*;
use sekisho_scan::delta::{Copied, Kept};
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

fn kept(engine: &Engine, text: &[u8], base: Option<(&Kept, &[Copied])>) -> (Kept, Vec<Row>) {
    let mut rows = Vec::new();
    let kept = engine.scan_kept(text, base, &mut |candidate, _| rows.push(row(candidate, 0)));
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
