//! Invariant 10: scanning any partition of a buffer gives what scanning the whole buffer gives.
//!
//! The texts are made of what the engine reacts to, so densely that reaches, runs and needles
//! overlap everywhere; the windows have exactly the context that the engine asks for, and what lies
//! beyond is cut off, so that a decision that reads further is caught.

#![allow(clippy::unwrap_used)] // a test throughout

mod texts;

use proptest::prelude::*;
use sekisho_scan::{Blocks, Engine, Needles, Window};
use sekisho_secret::SecretBytes;
use texts::{Row, VALUES, encoded, long_value, row, rules, text, whole};

fn needles() -> Needles {
    let mut values: Vec<SecretBytes> = VALUES.iter().map(|value| SecretBytes::from(*value)).collect();
    values.push(SecretBytes::new(long_value()));
    let (needles, refused) = Needles::new(&values);
    assert_eq!(refused, []);
    needles
}

fn engine() -> Engine {
    Engine::new(rules(), needles()).unwrap()
}

/// One with all it can find, and others that need less context, so that more is cut off.
fn engines() -> [Engine; 3] {
    let without_runs = |rules, needles| Engine::new(rules, needles).unwrap().without_runs();
    [engine(), without_runs(rules(), Needles::none()), without_runs(Vec::new(), needles())]
}

/// Scans in windows that own the parts between `cuts`.
fn in_windows(engine: &Engine, text: &[u8], cuts: &[usize]) -> Vec<Row> {
    let context = engine.context();
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    let mut rows = Vec::new();
    for own in cuts.windows(2) {
        let start = own[0].saturating_sub(context.before);
        let end = text.len().min(own[1] + context.after);
        let window = Window {
            bytes: &text[start..end],
            at_start: start == 0,
            at_end: end == text.len(),
            own: own[0] - start..own[1] - start,
        };
        engine.scan(&window, &mut |candidate| rows.push(row(candidate, start)));
    }
    rows
}

fn in_blocks(engine: &Engine, mut text: &[u8], block: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut blocks = Blocks::new(&mut text, engine).block(block);
    while let Some(block) = blocks.next_block().unwrap() {
        engine.scan(&block.window, &mut |candidate| rows.push(row(candidate, block.base as usize)));
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 2, ..ProptestConfig::default() })]

    #[test]
    fn windows_give_what_the_whole_gives(text in text(), cuts in proptest::collection::vec(any::<usize>(), 0..12)) {
        for engine in engines() {
            prop_assert_eq!(in_windows(&engine, &text, &cuts), whole(&engine, &text));
        }
    }

    #[test]
    fn blocks_give_what_the_whole_gives(text in text(), block in 60..3000usize) {
        for engine in engines() {
            prop_assert_eq!(in_blocks(&engine, &text, block), whole(&engine, &text));
        }
    }

    #[test]
    fn order_is_by_place_and_nothing_comes_twice(text in text()) {
        let rows = whole(&engine(), &text);
        let keys: Vec<_> = rows.iter().map(|(source, whole, value, _)| (whole.start, whole.end, *source, value.start, value.end)).collect();
        prop_assert!(keys.is_sorted_by(|a, b| a < b));
        for (_, whole, value, support) in rows {
            prop_assert!(whole.start <= value.start && value.end <= whole.end);
            prop_assert!(support.start <= whole.start && support.end <= text.len());
        }
    }
}

/// Down to one byte per window, over a text that holds one of everything.
#[test]
fn every_single_byte_can_be_a_window() {
    let mut text = Vec::new();
    for value in VALUES {
        for form in encoded(value) {
            text.extend(form);
            text.extend(b" password=abc\"q\\n\\n\\n\\n\\n\\n\\n\" key-12 ");
        }
    }
    let cuts: Vec<usize> = (0..text.len()).collect();
    for engine in engines() {
        let rows = whole(&engine, &text);
        assert!(rows.len() > 50, "{}", rows.len());
        assert_eq!(in_windows(&engine, &text, &cuts), rows);
    }
}

/// A chunk of the engine ends inside long runs and dense hits.
#[test]
fn large_buffers_are_cut_into_chunks_unseen() {
    let engine = engine();
    let mut text = Vec::new();
    while text.len() < 2_000_000 {
        let line = text.len() / 7;
        text.extend_from_slice(
            format!("password={line} key-{line} aaaaaaaa \"\\n{line}\\n\\n\\n\\n\\n\" ").as_bytes(),
        );
        text.extend_from_slice(&b"cGFzc3dvcmQ9MTIzNDU2Nzg5MApwYXNzd29yZD1hYmNk".repeat(line % 900));
    }
    let rows = whole(&engine, &text);
    assert_eq!(in_windows(&engine, &text, &[100_000, 262_144, 262_145, 1_000_000]), rows);
    assert_eq!(in_blocks(&engine, &text, 300_000), rows);
}
