//! How far a match of a pattern can span around a keyword in it.
//!
//! As far as what can stand around the keyword's [`Carrier`]. Where the keyword may be anywhere, it may
//! be anywhere in the longest match, which is always true.

use regex_syntax::hir::Hir;

use super::PatternError;
use super::carrier::{Carrier, Piece, carriers};
use crate::detect::Reach;

/// The reach of a pattern around its keywords.
pub(super) fn of(hir: &Hir, keywords: &[&str]) -> Result<Reach, PatternError> {
    let longest = hir.properties().maximum_len().ok_or(PatternError::Unbounded)?;
    let shortest = keywords.iter().map(|keyword| keyword.len()).min().ok_or(PatternError::NoKeywords)?;
    let keywords: Vec<Vec<u8>> = keywords.iter().map(|keyword| keyword.to_ascii_lowercase().into()).collect();
    let Some(carriers) = carriers(hir, &keywords) else {
        return Ok(Reach { before: longest.saturating_sub(shortest), after: longest });
    };
    Ok(carriers.iter().map(|carrier| around(carrier, &keywords)).fold(Reach::default(), Reach::union))
}

/// The reach around the first keyword in a carrier.
fn around(carrier: &Carrier<'_>, keywords: &[Vec<u8>]) -> Reach {
    let longest = |pieces: &[Piece<'_>]| pieces.iter().map(|piece| piece.longest()).sum::<usize>();
    let (before, after) = (longest(&carrier.before), longest(&carrier.after));
    let of_text = |text: &Vec<u8>| {
        let places = keywords.iter().filter_map(|keyword| memchr::memmem::find(text, keyword));
        let first = places.min().unwrap_or(0);
        Reach { before: before + first, after: text.len() - first + after }
    };
    carrier.texts.iter().map(of_text).fold(Reach::default(), Reach::union)
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
