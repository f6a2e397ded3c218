//! How far a match of a pattern can span around a keyword in it.
//!
//! Most patterns begin with their keyword, or have little before it: `akia[0-9a-z]{16}`. If that is
//! seen, nothing before the keyword must be read, and the search is anchored: it looks at the few
//! bytes behind a false hit that tell it to be false, not at a window. So the pattern is walked for
//! a piece that every match has and that always contains a keyword; what can stand before it and
//! from it on is then the reach. Where no such piece is found the keyword may be anywhere in the
//! longest match, which is always true.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::PatternError;
use crate::detect::Reach;

/// Most texts that a piece is expanded to, and their greatest length. Case counts once.
const MAX_TEXTS: usize = 256;
const MAX_TEXT_LEN: usize = 96;

/// The reach of a pattern around its keywords.
pub(super) fn of(hir: &Hir, keywords: &[&str]) -> Result<Reach, PatternError> {
    let longest = hir.properties().maximum_len().ok_or(PatternError::Unbounded)?;
    let shortest = keywords.iter().map(|keyword| keyword.len()).min().ok_or(PatternError::NoKeywords)?;
    let keywords: Vec<Vec<u8>> = keywords.iter().map(|keyword| keyword.to_ascii_lowercase().into()).collect();
    Ok(carrier(hir, &keywords).unwrap_or(Reach { before: longest.saturating_sub(shortest), after: longest }))
}

/// The reach around a keyword that every match has, if there is one. All lengths are bounded here.
fn carrier(hir: &Hir, keywords: &[Vec<u8>]) -> Option<Reach> {
    match hir.kind() {
        HirKind::Capture(capture) => carrier(&capture.sub, keywords),
        HirKind::Alternation(branches) => branches
            .iter()
            .map(|branch| carrier(branch, keywords))
            .try_fold(Reach::default(), |all, branch| Some(all.union(branch?))),
        HirKind::Repetition(repetition) if repetition.min > 0 => {
            let first = carrier(&repetition.sub, keywords)?;
            let others = longest(hir) - longest(&repetition.sub);
            Some(Reach { before: first.before, after: first.after + others })
        }
        HirKind::Concat(pieces) => {
            let mut flat = Vec::new();
            flatten(pieces, &mut flat);
            (0..flat.len()).find_map(|first| carrier_from(&flat, first, keywords))
        }
        _ => carrier_from(&[hir], 0, keywords),
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

/// The reach around a keyword that starts in the piece number `first` or in those behind it, where
/// these together have few enough texts; or that is somewhere within that piece.
fn carrier_from(pieces: &[&Hir], first: usize, keywords: &[Vec<u8>]) -> Option<Reach> {
    let all_longest = |pieces: &[&Hir]| pieces.iter().map(|piece| longest(piece)).sum::<usize>();
    let shifted = |reach: Reach, last: usize| Reach {
        before: reach.before + all_longest(&pieces[..first]),
        after: reach.after + all_longest(&pieces[last + 1..]),
    };
    let mut all = vec![Vec::new()];
    for (last, piece) in pieces.iter().enumerate().skip(first) {
        let Some(longer) = texts(piece).and_then(|texts| product(&all, &texts)) else { break };
        all = longer;
        let around = all.iter().try_fold(Reach::default(), |reach, text| {
            let before = keywords.iter().filter_map(|keyword| memchr::memmem::find(text, keyword)).min()?;
            Some(reach.union(Reach { before, after: text.len() - before }))
        });
        if let Some(around) = around {
            return Some(shifted(around, last));
        }
    }
    let within = match pieces[first].kind() {
        HirKind::Alternation(_) => carrier(pieces[first], keywords)?,
        HirKind::Repetition(repetition) if repetition.min > 0 => carrier(pieces[first], keywords)?,
        _ => return None,
    };
    Some(shifted(within, first))
}

/// All texts of a piece in lower case, if they are few and short.
fn texts(hir: &Hir) -> Option<Vec<Vec<u8>>> {
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
        HirKind::Capture(capture) => texts(&capture.sub),
        HirKind::Alternation(branches) => {
            let all = branches.iter().map(texts).collect::<Option<Vec<_>>>()?.concat();
            (all.len() <= MAX_TEXTS).then_some(all)
        }
        HirKind::Concat(pieces) => {
            pieces.iter().try_fold(vec![Vec::new()], |all, piece| product(&all, &texts(piece)?))
        }
        HirKind::Repetition(repetition) => {
            let max = repetition.max.filter(|max| *max as usize <= MAX_TEXT_LEN)?;
            let one = texts(&repetition.sub)?;
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

/// The longest match of a piece; 0 for one that matches nothing.
fn longest(hir: &Hir) -> usize {
    hir.properties().maximum_len().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::parse;

    fn reach(pattern: &str, keywords: &[&str]) -> (usize, usize) {
        let reach = of(&parse(pattern).unwrap(), keywords).unwrap();
        (reach.before, reach.after)
    }

    #[test]
    fn what_stands_before_the_keyword_is_counted() {
        assert_eq!(reach("akia[0-9a-z]{16}", &["akia"]), (0, 20));
        assert_eq!(reach("(?i)akia[0-9a-z]{16}", &["AKIA"]), (0, 20));
        assert_eq!(reach(r"\b(?P<secret>(?:akia|asia)[0-9a-z]{16})\b", &["akia", "asia"]), (0, 20));
        assert_eq!(
            reach(r"(?i)[\w-]{0,50}?(?:pass(?:word|wd)?|secret)\s{0,3}=\w{1,9}", &["pass", "secret"]),
            (50, 21)
        );
        assert_eq!(reach("x-(?:my)?key[a-z]{3}", &["key"]), (4, 6));
        assert_eq!(reach("(?:ab){2,3}cd", &["abab"]), (0, 8));
        assert_eq!(reach("gh[ps]_x{4}", &["ghp_", "ghs_"]), (0, 8));
    }

    #[test]
    fn alternatives_need_a_keyword_each() {
        assert_eq!(reach("a{3}key|b{5}word", &["key", "word"]), (5, 4));
        assert_eq!(reach("(?:z{2}key1|word[0-9]{9}){1,2}x", &["key", "word"]), (2, 1 + 13 + 13));
        assert_eq!(reach("a{3}key|b{5}", &["key"]), (3, 6), "no keyword in one of them: the whole length");
    }

    #[test]
    fn a_keyword_that_may_be_anywhere_can_be_anywhere() {
        assert_eq!(reach("[a-z]{40}", &["key", "word"]), (37, 40));
        assert_eq!(reach("(?:key)?[a-z]{10}", &["key"]), (10, 13));
    }
}
