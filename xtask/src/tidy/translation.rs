//! The Japanese README says the same in the same order.

use super::{Check, Complaint};
use crate::markdown::{Piece, pieces};
use crate::tree::Tree;

pub(super) const CHECK: Check = Check {
    name: "translation",
    says: "README.ja.md has README.md's headings, blocks and tables, in its order",
    run,
};

const ENGLISH: &str = "README.md";
const JAPANESE: &str = "README.ja.md";

/// What both share, whatever the language.
#[derive(Debug, PartialEq, Eq)]
enum Shape<'a> {
    Heading(usize),
    Block(&'a str, Vec<&'a str>),
    Row(usize),
}

fn run(tree: &Tree) -> Vec<Complaint> {
    let shape = |path| shape(tree.text(path).unwrap_or_default());
    let (english, japanese) = (shape(ENGLISH), shape(JAPANESE));
    let differs = english.iter().zip(&japanese).find(|((_, a), (_, b))| a != b);
    match differs {
        Some(((theirs, _), (line, _))) => {
            vec![Complaint::at(JAPANESE, *line, format!("differs from {ENGLISH}:{theirs}"))]
        }
        None if english.len() != japanese.len() => {
            let what =
                format!("has {} headings, blocks and rows, {ENGLISH} has {}", japanese.len(), english.len());
            vec![Complaint::of(JAPANESE, what)]
        }
        None => Vec::new(),
    }
}

fn shape(text: &str) -> Vec<(usize, Shape<'_>)> {
    let shape = |piece| match piece {
        Piece::Heading(depth, _) => Some(Shape::Heading(depth)),
        Piece::Block(language, lines) => Some(Shape::Block(language, lines)),
        Piece::Text(line) if line.starts_with('|') => Some(Shape::Row(line.matches('|').count())),
        Piece::Text(_) => None,
    };
    pieces(text).into_iter().filter_map(|(line, piece)| Some((line, shape(piece)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::{breaks, holds};

    #[test]
    fn the_house_keeps_it() {
        holds(&CHECK);
    }

    #[test]
    fn a_translation_that_fell_behind_is_caught() {
        let english = (ENGLISH, "# A\n\ntext\n```sh\nls\n```\n| a | b |\n");
        breaks(&CHECK, &[english, (JAPANESE, "# 甲\n文\n\n```sh\nls\n```\n| 一 | 二 |\n")], &[]);
        breaks(&CHECK, &[english, (JAPANESE, "# 甲\n```sh\nls -l\n```\n| 一 | 二 |\n")], &[(JAPANESE, 2)]);
        breaks(&CHECK, &[english, (JAPANESE, "## 甲\n```sh\nls\n```\n| 一 | 二 |\n")], &[(JAPANESE, 1)]);
        breaks(&CHECK, &[english, (JAPANESE, "# 甲\n```sh\nls\n```\n")], &[(JAPANESE, 0)]);
    }
}
