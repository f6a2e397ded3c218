//! What must stand around a keyword for the pattern to be worth a search.
//!
//! Nearly all hits are false, and a regular expression takes long to say so: it is started, or its
//! whole reach is searched. But of every distance from the keyword it is known which bytes a match can
//! have there. They are looked at one after the other; the first that no match has ends what a match
//! can span, and if that is too little there is none. What is left to search is short.
//!
//! The bytes of a distance are computed by walking the pattern from the keyword outwards with the set
//! of distances that one can have come to. That takes more for possible than is, never less. Where it
//! says little (`login`, then anything on the line, then ` -p`), something that every match has is
//! looked for besides: a [`Must`].

use std::ops::RangeInclusive;

use regex_syntax::hir::{Class, Hir, HirKind};

use super::carrier::{Carrier, Piece, carriers};
use crate::detect::Witness;

/// Distances that are told apart; all further ones are one.
const FAR: usize = 63;

/// What stands around the keywords of a pattern, for each of these.
pub(super) struct Glance(Vec<Around>);

/// What stands around a keyword.
#[derive(Default)]
struct Around {
    /// From its first byte on.
    ahead: Sets,
    /// Before it, the nearest first.
    behind: Sets,
    /// Somewhere behind it.
    must: Option<Must>,
}

/// What every match has.
enum Must {
    /// A text.
    Text(Vec<u8>),
    /// So many bytes of a kind, one behind the other.
    Run(Box<Bytes>, usize),
}

/// The bytes that a match can have at each distance.
struct Sets {
    /// For each distance up to the last at which a match can have any, which of `kinds`.
    at: Vec<u8>,
    kinds: Vec<Bytes>,
    /// Bytes that each match has in this direction.
    least: usize,
}

type Bytes = [bool; 256];

impl Default for Sets {
    /// What no match has.
    fn default() -> Self {
        Self { at: Vec::new(), kinds: Vec::new(), least: usize::MAX }
    }
}

impl Sets {
    /// How many of these a match can span; none if they are too few for any.
    fn extent<'t>(&self, text: impl Iterator<Item = &'t u8>) -> Option<usize> {
        let fits = |(far, byte): &(usize, &u8)| {
            let kind = self.at.get((*far).min(FAR)).and_then(|kind| self.kinds.get(usize::from(*kind)));
            kind.is_some_and(|bytes| bytes[usize::from(**byte)])
        };
        let extent = text.enumerate().take_while(fits).count();
        (extent >= self.least).then_some(extent)
    }
}

impl Glance {
    /// What `hir` says of its keywords; none where they may be anywhere in a match.
    pub(super) fn new(hir: &Hir, keywords: &[&str]) -> Option<Self> {
        let lower: Vec<Vec<u8>> =
            keywords.iter().map(|keyword| keyword.to_ascii_lowercase().into()).collect();
        let carriers = carriers(hir, &lower)?;
        Some(Self(lower.iter().map(|keyword| Around::new(&carriers, keyword)).collect()))
    }

    /// The byte behind the beginning of a keyword that says most, if it says much.
    pub(super) fn witness(&self, keyword: usize) -> Option<Witness> {
        let ahead = &self.0.get(keyword)?.ahead;
        let count = |bytes: &Bytes| bytes.iter().filter(|can| **can).count();
        let kinds = ahead.at.iter().take(ahead.least.min(Witness::REACH)).enumerate();
        let all = kinds.filter_map(|(offset, kind)| Some((offset, ahead.kinds.get(usize::from(*kind))?)));
        let (offset, bytes) = all.min_by_key(|(_, bytes)| count(bytes))?;
        Some(Witness { offset, bytes: Box::new(*bytes) })
    }

    /// How far a match can span before the keyword and from its first byte on; none if there is no
    /// match in which it stands where it was expected.
    pub(super) fn around(&self, keyword: usize, before: &[u8], from: &[u8]) -> Option<(usize, usize)> {
        let around = self.0.get(keyword)?;
        let ahead = around.ahead.extent(from.iter())?;
        let behind = around.behind.extent(before.iter().rev())?;
        let has_all = around.must.as_ref().is_none_or(|must| must.is_in(&from[..ahead]));
        has_all.then_some((behind, ahead))
    }
}

impl Around {
    fn new(carriers: &[Carrier<'_>], keyword: &[u8]) -> Self {
        let (mut ahead, mut behind) = (Walk::default(), Walk::default());
        let mut musts = Vec::new();
        for Carrier { texts, before, after } in carriers {
            let (mut to, mut back) = (0, 0);
            for text in texts {
                let Some(at) = memchr::memmem::find(text, keyword) else { continue };
                to |= ahead.text(text[at..].iter());
                back |= behind.text(text[..at].iter().rev());
            }
            if to != 0 {
                musts.push(Must::best(after.iter().filter(|piece| piece.min > 0).map(|piece| piece.hir)));
                let to = after.iter().fold(to, |to, piece| ahead.piece(*piece, to, false));
                ahead.ends |= to;
                let back = before.iter().rev().fold(back, |back, piece| behind.piece(*piece, back, true));
                behind.ends |= back;
            }
        }
        Self { ahead: ahead.sets(), behind: behind.sets(), must: Must::of_any(musts) }
    }
}

impl Must {
    /// Whether a text has it.
    fn is_in(&self, text: &[u8]) -> bool {
        match self {
            Self::Text(must) => {
                let firsts = must.first().map(|first| memchr::memchr_iter(*first, text));
                firsts.is_some_and(|mut firsts| firsts.any(|at| text[at..].starts_with(must)))
            }
            Self::Run(bytes, len) => {
                // From the end of a possible run backwards: what is in the way is stepped over.
                let mut start = 0;
                while let Some(run) = text.get(start..start + len) {
                    match run.iter().rposition(|byte| !bytes[usize::from(*byte)]) {
                        Some(at) => start += at + 1,
                        None => return true,
                    }
                }
                false
            }
        }
    }

    /// How much it says: a long run of few kinds of bytes is seldom, a text too.
    fn weight(&self) -> usize {
        match self {
            Self::Text(text) => 3 * text.len(),
            Self::Run(bytes, len) => {
                let kinds = bytes.iter().filter(|is_one| **is_one).count();
                if kinds > 80 { 0 } else { len * 64 / (kinds + 16) }
            }
        }
    }

    /// The one of these pieces' that says most.
    fn best<'h>(pieces: impl Iterator<Item = &'h Hir>) -> Option<Self> {
        pieces.filter_map(Self::of).filter(|must| must.weight() > 1).max_by_key(Self::weight)
    }

    /// What every match of a pattern has.
    fn of(hir: &Hir) -> Option<Self> {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) | HirKind::Class(Class::Unicode(_)) => None,
            HirKind::Literal(literal) => Some(Self::Text(literal.0.to_vec())),
            HirKind::Class(Class::Bytes(class)) => {
                let mut bytes = Box::new([false; 256]);
                let all = class.iter().flat_map(|range| range.start()..=range.end());
                all.for_each(|byte| bytes[usize::from(byte)] = true);
                Some(Self::Run(bytes, 1))
            }
            HirKind::Repetition(repetition) => match Self::of(&repetition.sub)? {
                _ if repetition.min == 0 => None,
                Self::Run(bytes, len) => {
                    let is_class = matches!(repetition.sub.kind(), HirKind::Class(_));
                    Some(Self::Run(bytes, if is_class { repetition.min as usize } else { len }))
                }
                text @ Self::Text(_) => Some(text),
            },
            HirKind::Capture(capture) => Self::of(&capture.sub),
            HirKind::Concat(pieces) => Self::best(pieces.iter()),
            HirKind::Alternation(branches) => Self::of_any(branches.iter().map(Self::of)),
        }
    }

    /// What there is of each of these: the shortest run of all their bytes.
    fn of_any(all: impl IntoIterator<Item = Option<Self>>) -> Option<Self> {
        all.into_iter().reduce(|one, other| match (one?, other?) {
            (Self::Text(one), Self::Text(other)) if one == other => Some(Self::Text(one)),
            (one, other) => {
                let ((mut bytes, len), (more, other)) = (one.into_run(), other.into_run());
                bytes.iter_mut().zip(*more).for_each(|(is_one, more)| *is_one |= more);
                Some(Self::Run(bytes, len.min(other)))
            }
        })?
    }

    fn into_run(self) -> (Box<Bytes>, usize) {
        match self {
            Self::Text(text) => {
                let mut bytes = Box::new([false; 256]);
                for byte in &text {
                    bytes[usize::from(*byte)] = true;
                }
                (bytes, text.len())
            }
            Self::Run(bytes, len) => (bytes, len),
        }
    }
}

/// A walk along a pattern. Distances are bits of a word; the last stands for all that are further.
struct Walk {
    at: Vec<Bytes>,
    /// Distances at which a match can end.
    ends: u64,
}

impl Default for Walk {
    fn default() -> Self {
        Self { at: vec![[false; 256]; FAR + 1], ends: 0 }
    }
}

impl Walk {
    /// One of `bytes` at each of the distances; gives back the distances behind it.
    fn step(&mut self, from: u64, bytes: &[RangeInclusive<u8>]) -> u64 {
        for (far, at) in self.at.iter_mut().enumerate() {
            if from >> far & 1 != 0 {
                bytes.iter().cloned().flatten().for_each(|byte| at[usize::from(byte)] = true);
            }
        }
        from << 1 | from & 1 << FAR
    }

    /// A text in any case, from distance 0 on.
    fn text<'t>(&mut self, text: impl Iterator<Item = &'t u8>) -> u64 {
        text.fold(1, |from, byte| {
            let (lower, upper) = (byte.to_ascii_lowercase(), byte.to_ascii_uppercase());
            self.step(from, &[lower..=lower, upper..=upper])
        })
    }

    fn piece(&mut self, piece: Piece<'_>, from: u64, back: bool) -> u64 {
        let mut here = from;
        let mut to = if piece.min == 0 { from } else { 0 };
        for count in 1..=piece.max.unwrap_or(u32::MAX) {
            let next = self.hir(piece.hir, here, back);
            // Once all is far away, it stays so.
            let ended = next == here || next == 0;
            here = next;
            if count >= piece.min || ended {
                to |= here;
            }
            if ended {
                break;
            }
        }
        to
    }

    fn hir(&mut self, hir: &Hir, from: u64, back: bool) -> u64 {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => from,
            HirKind::Literal(literal) => {
                let step = |from, byte: &u8| self.step(from, &[*byte..=*byte]);
                if back { literal.0.iter().rev().fold(from, step) } else { literal.0.iter().fold(from, step) }
            }
            HirKind::Class(Class::Bytes(class)) => {
                let ranges: Vec<_> = class.iter().map(|range| range.start()..=range.end()).collect();
                self.step(from, &ranges)
            }
            // With Unicode off there is none.
            HirKind::Class(Class::Unicode(_)) => self.step(from, &[0..=255]),
            HirKind::Capture(capture) => self.hir(&capture.sub, from, back),
            HirKind::Repetition(repetition) => {
                let (min, max) = (repetition.min, repetition.max);
                self.piece(Piece { hir: &repetition.sub, min, max }, from, back)
            }
            HirKind::Concat(pieces) => {
                let step = |from, hir: &Hir| self.hir(hir, from, back);
                if back { pieces.iter().rev().fold(from, step) } else { pieces.iter().fold(from, step) }
            }
            HirKind::Alternation(branches) => {
                branches.iter().fold(0, |to, branch| to | self.hir(branch, from, back))
            }
        }
    }

    fn sets(self) -> Sets {
        if self.ends == 0 {
            return Sets::default();
        }
        let (mut at, mut kinds) = (Vec::new(), Vec::new());
        for bytes in self.at.into_iter().take_while(|bytes| bytes.contains(&true)) {
            let kind = kinds.iter().position(|known| *known == bytes).unwrap_or(kinds.len());
            if kind == kinds.len() {
                kinds.push(bytes);
            }
            at.push(kind as u8);
        }
        Sets { at, kinds, least: self.ends.trailing_zeros() as usize }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::parse;

    fn around(pattern: &str, keywords: &[&str], before: &str, from: &str) -> Option<(usize, usize)> {
        let glance = Glance::new(&parse(pattern).unwrap(), keywords).unwrap();
        let keyword = keywords.iter().position(|keyword| from.starts_with(keyword)).unwrap();
        glance.around(keyword, before.as_bytes(), from.as_bytes())
    }

    #[test]
    fn the_first_byte_that_no_match_has_ends_what_it_can_span() {
        let pattern = r"\b(pat[0-9A-Za-z]{14}\.[0-9a-f]{64})\b";
        assert_eq!(around(pattern, &["pat"], "the ", "path/to/a/file"), None);
        let token = format!("patAbcdefghijklmn.{} and more", "0a".repeat(32));
        assert_eq!(around(pattern, &["pat"], "the ", &token), Some((0, 82)));
        assert_eq!(around(pattern, &["pat"], "", &token[..81]), None, "too short");
        let before = r"(?:[a-z]{2,4}-)?(?:id|key)=[0-9]{3}";
        assert_eq!(around(before, &["id=", "key="], "x.ab-", "key=1234"), Some((3, 7)));
        assert_eq!(around(before, &["id=", "key="], "x.ab-", "id=12"), None);
    }

    #[test]
    fn each_keyword_has_what_stands_around_it_alone() {
        let pattern = r"a{2}key[0-9]|b{3}word[x-z]{2}";
        assert_eq!(around(pattern, &["key", "word"], "aa", "key1"), Some((2, 4)));
        assert_eq!(around(pattern, &["key", "word"], "bbb", "key1"), None);
        assert_eq!(around(pattern, &["key", "word"], "abbb", "wordzzz"), Some((3, 6)));
    }

    #[test]
    fn what_every_match_has_is_looked_for() {
        let flag = r"login[^\n|;]{0,120}?[\t ]-p[\t ]?([^\s]{4,100})";
        assert_eq!(around(flag, &["login"], "", "login to the registry, then push"), None);
        let line = "login -u me -p x123";
        assert_eq!(around(flag, &["login"], "", line), Some((0, line.len())));
        let run = r"totp[^\n]{0,100}?(?:[A-Z2-7]{16}|[A-Z2-7]{26})";
        assert_eq!(around(run, &["totp"], "", "totp = ABCDEFGHIJKLMNO and no more"), None);
        let line = "totp = ABCDEFGHIJKLMNOP";
        assert_eq!(around(run, &["totp"], "", line), Some((0, line.len())));
    }
}
