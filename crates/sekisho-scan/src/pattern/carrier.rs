//! Where the keyword of a match stands in it.
//!
//! Most patterns begin with their keyword, or have little before it: `akia[0-9a-z]{16}`. If that is
//! seen, nothing before the keyword must be read, and what stands behind a false hit tells within a few
//! bytes that it is one. So the pattern is walked for a piece that every match has and that always
//! holds a keyword: its [`Carrier`]. What can stand before it and behind it is known then.

use std::ops::Range;

use regex_syntax::hir::{Class, Hir, HirKind};

/// Most texts that a piece is expanded to, and their greatest length. Case counts once.
const MAX_TEXTS: usize = 256;
const MAX_TEXT_LEN: usize = 96;

/// A part of a pattern that always holds a keyword, as one of its matches has it.
pub(super) struct Carrier<'h> {
    /// All that it can be, in lower case; each holds a keyword.
    pub texts: Vec<Vec<u8>>,
    /// What stands before it, in the order of the text.
    pub before: Vec<Piece<'h>>,
    /// What stands behind it.
    pub after: Vec<Piece<'h>>,
}

/// A part of a pattern, and how many times it may stand there.
#[derive(Clone, Copy)]
pub(super) struct Piece<'h> {
    pub hir: &'h Hir,
    pub min: u32,
    /// None: without a limit.
    pub max: Option<u32>,
}

impl<'h> Piece<'h> {
    pub(super) fn once(hir: &'h Hir) -> Self {
        Self { hir, min: 1, max: Some(1) }
    }

    /// The longest text; 0 where there is no limit.
    pub(super) fn longest(self) -> usize {
        self.max.map_or(0, |max| max as usize * self.hir.properties().maximum_len().unwrap_or(0))
    }
}

/// Carriers of which each match of the pattern has one; none if the keyword of a match may be anywhere.
pub(super) fn carriers<'h>(hir: &'h Hir, keywords: &[Vec<u8>]) -> Option<Vec<Carrier<'h>>> {
    let mut found = Vec::new();
    find(hir, keywords, &[], &[], &mut found)?;
    Some(found)
}

/// Appends the carriers of `hir`, which stands between others.
fn find<'h>(
    hir: &'h Hir,
    keywords: &[Vec<u8>],
    before: &[Piece<'h>],
    after: &[Piece<'h>],
    found: &mut Vec<Carrier<'h>>,
) -> Option<()> {
    match hir.kind() {
        HirKind::Capture(capture) => find(&capture.sub, keywords, before, after, found),
        HirKind::Repetition(repetition) if repetition.min > 0 => {
            // The first is it, and the others stand behind it.
            let others = Piece {
                hir: &repetition.sub,
                min: repetition.min - 1,
                max: repetition.max.map(|max| max - 1),
            };
            let after = [&[others], after].concat();
            find(&repetition.sub, keywords, before, &after, found)
        }
        HirKind::Concat(pieces) => {
            let mut flat = Vec::new();
            flatten(pieces, &mut flat);
            first_of(&flat, 0..flat.len(), keywords, before, after, found)
        }
        _ => find_from(&[hir], 0, keywords, before, after, found),
    }
}

/// Concatenations and groups within a concatenation dissolved.
fn flatten<'h>(pieces: &'h [Hir], flat: &mut Vec<&'h Hir>) {
    for piece in pieces {
        match piece.kind() {
            HirKind::Concat(pieces) => flatten(pieces, flat),
            HirKind::Capture(capture) => flatten(std::slice::from_ref(&capture.sub), flat),
            _ => flat.push(piece),
        }
    }
}

/// Appends the carriers that start in the first of `starts` in which there are any.
fn first_of<'h>(
    pieces: &[&'h Hir],
    mut starts: Range<usize>,
    keywords: &[Vec<u8>],
    before: &[Piece<'h>],
    after: &[Piece<'h>],
    found: &mut Vec<Carrier<'h>>,
) -> Option<()> {
    starts.find_map(|first| {
        let known = found.len();
        let here = find_from(pieces, first, keywords, before, after, found);
        if here.is_none() {
            found.truncate(known);
        }
        here
    })
}

/// Appends the carrier that the piece number `first` is, with as many of those behind it as are needed
/// and have few enough texts together; or those that are within that piece.
fn find_from<'h>(
    pieces: &[&'h Hir],
    first: usize,
    keywords: &[Vec<u8>],
    before: &[Piece<'h>],
    after: &[Piece<'h>],
    found: &mut Vec<Carrier<'h>>,
) -> Option<()> {
    let once = |pieces: &[&'h Hir]| pieces.iter().map(|hir| Piece::once(hir)).collect::<Vec<_>>();
    let behind = |last: usize| [&once(&pieces[last + 1..]), after].concat();
    let mut texts = vec![Vec::new()];
    for (last, piece) in pieces.iter().enumerate().skip(first) {
        let Some(longer) = texts_of(piece).and_then(|more| product(&texts, &more)) else {
            // Each branch by itself may go on with fewer.
            let HirKind::Alternation(branches) = piece.kind() else { break };
            return branches.iter().try_for_each(|branch| {
                let mut flat = pieces[..last].to_vec();
                flatten(std::slice::from_ref(branch), &mut flat);
                let starts = if last == first { first..flat.len().max(first + 1) } else { first..first + 1 };
                flat.extend(&pieces[last + 1..]);
                first_of(&flat, starts, keywords, before, after, found)
            });
        };
        texts = longer;
        let holds_one =
            |text: &Vec<u8>| keywords.iter().any(|word| memchr::memmem::find(text, word).is_some());
        if texts.iter().all(holds_one) {
            let before = [before, &once(&pieces[..first])].concat();
            found.push(Carrier { texts, before, after: behind(last) });
            return Some(());
        }
    }
    match pieces.get(first)?.kind() {
        HirKind::Repetition(repetition) if repetition.min > 0 => {
            let before = [before, &once(&pieces[..first])].concat();
            find(pieces[first], keywords, &before, &behind(first), found)
        }
        _ => None,
    }
}

/// All texts of a piece in lower case, if they are few and short.
fn texts_of(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![Vec::new()]),
        HirKind::Literal(literal) => Some(vec![literal.0.to_ascii_lowercase()]),
        HirKind::Class(class) => {
            // Unicode is off: all classes are of bytes.
            let Class::Bytes(class) = class else { return None };
            let bytes = class.iter().flat_map(|range| range.start()..=range.end());
            let mut texts: Vec<Vec<u8>> = bytes.map(|byte| vec![byte.to_ascii_lowercase()]).collect();
            texts.sort_unstable();
            texts.dedup();
            (texts.len() <= 16).then_some(texts)
        }
        HirKind::Capture(capture) => texts_of(&capture.sub),
        HirKind::Alternation(branches) => {
            let all = branches.iter().map(texts_of).collect::<Option<Vec<_>>>()?.concat();
            (all.len() <= MAX_TEXTS).then_some(all)
        }
        HirKind::Concat(pieces) => {
            pieces.iter().try_fold(vec![Vec::new()], |all, piece| product(&all, &texts_of(piece)?))
        }
        HirKind::Repetition(repetition) => {
            let max = repetition.max.filter(|max| *max as usize <= MAX_TEXT_LEN)?;
            let one = texts_of(&repetition.sub)?;
            let mut repeated = vec![Vec::new()];
            let mut all = Vec::new();
            for count in 0..=max {
                if count >= repetition.min {
                    all.extend_from_slice(&repeated);
                }
                if count < max {
                    repeated = product(&repeated, &one)?;
                }
            }
            (all.len() <= MAX_TEXTS).then_some(all)
        }
    }
}

/// Every text of one list with every text of another behind it, if these are few and short.
fn product(heads: &[Vec<u8>], tails: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    if heads.len() * tails.len() > MAX_TEXTS {
        return None;
    }
    let pairs = heads.iter().flat_map(|head| tails.iter().map(move |tail| [&head[..], &tail[..]].concat()));
    let all: Vec<Vec<u8>> = pairs.collect();
    all.iter().all(|text| text.len() <= MAX_TEXT_LEN).then_some(all)
}
