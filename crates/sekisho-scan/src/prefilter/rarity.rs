//! How common a pair of bytes is in ordinary text: the table from which the prefilter takes the
//! window of a word that is seldom hit by accident (`_tkn` of `api_tkn_`, not `api_`).
//!
//! Only ranks matter, and only for speed. Counted over 40 MB of Rust sources and 60 MB of
//! configuration, scripts and JSON; case does not count, digits are one class, so are blanks, so are
//! quotes, and the last class is everything else.
//!
//! Pairs know no words: to them `passw` is a thing of one in a million, and programs are full of it. So
//! the words of which programs are full, as far as keywords hold pieces of them, are listed, counted
//! likewise.

use std::sync::LazyLock;

/// The classes of [`PAIRS`], in the order of its rows and columns.
const CLASSES: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0_-./:= \"?";

/// Base-two logarithm of the pair's occurrences per 2^20 pairs, plus one: a hexadecimal digit per
/// pair, rows by the first byte.
const PAIRS: &[&[u8; 36]; 36] = &[
    b"7abb69a6b58dbc4b4ccda999968a67684b99", // a
    b"a687a573b93a74a72988a442948748574c99", // b
    b"b687b86ca3bb96d85b9c9754828b5859498a", // c
    b"b87ad7a6b44976a74a989665829b694a6c9b", // d
    b"b9ccaba7858dbd8bbedd7a9ca59b8a6b8dad", // e
    b"a578aa83b22b8ab73aa9934371997c384c8b", // f
    b"8676c589a538798639a88646567a58786b8a", // g
    b"b556c434a15676a459798361646958475a7a", // h
    b"99bbacb6747bbeca5acc5a492a8846462878", // i
    b"523292216241218422836100215405032656", // j
    b"8656b5639327476536866471426947284969", // k
    b"c77add65c36b66c826baa662949a58496b8b", // l
    b"c978c655a36897ab4698a455746957684a89", // m
    b"b7bccac6b49a79c858dda974857b79596cab", // n
    b"9abb7a94959abeab3dbbb9a8567a67575b89", // o
    b"c777c758a17b65ba4b9bd753a17a5848597a", // p
    b"32344152301534432442b122114705051649", // q
    b"c7aad9a5c289abc84bbca876a26b695a7c9c", // r
    b"a7a7e78ac38998ba68ceb675a58b6b8a7dac", // s
    b"c6a9d95dd27997c93cbbb788c68c8a7a7dac", // t
    b"ac98b992a13bab7a1bbb532626c634150796", // u
    b"b475c7349117667425553337528836362767", // v
    b"a4569429b227689429753364216836263879", // w
    b"8697982782177559456a334763b957485979", // x
    b"656576647127787b27a93573556b68696b8a", // y
    b"6135a3237114537521623125566514153666", // z
    b"88888865656565653466855b56fa9a7b5cae", // digits
    b"bbbabb99b69abaab7bbbba9756ab05042879", // _
    b"67776645634765674687555435a2a110486a", // -
    b"b8a999979779988a49a9878544aa19414b87", // .
    b"666756546625654617765554227214c01b68", // /
    b"76a7785594557877178866533386527c2e79", // :
    b"445446234024474404673332108431109d88", // =
    b"dcdcccaad89cbccd7cddcab888dcb9b8dfde", // blanks
    b"a89989789578988959aa88755598887b4cbd", // quotes
    b"99aa9978a689aa995acaa87a66c88a8b8fce", // everything else
];

/// Words of programs by how common they are, in the measure of [`commonness`]; the commonest first.
const WORDS: &[(i32, &str)] = &[
    (10, "github token string function"),
    (9, "access config password application location service identifier"),
    (8, "buffer require import secret session count register registry authorization authentication feature"),
    (7, "account audit block build certificate credential delete encode export login modified organization"),
    (7, "private security search signature"),
    (6, "basic cloud product scale share verifier oauth client public"),
    (5, "developer discovery docker machine mysql package restrict webhook scripts default database"),
];

/// Bytes of the pieces in which words are known again.
const PIECE: usize = 4;

/// The pieces of the words, in order, with how common their words are.
static PIECES: LazyLock<Vec<(&[u8], i32)>> = LazyLock::new(|| {
    let words = WORDS.iter().flat_map(|(common, words)| words.split(' ').map(|word| (*common, word)));
    let mut pieces: Vec<_> = words
        .flat_map(|(common, word)| word.as_bytes().windows(PIECE).map(move |piece| (piece, common)))
        .collect();
    // Of a piece of several words the commonest counts.
    pieces.sort_unstable_by_key(|(piece, common)| (*piece, -common));
    pieces.dedup_by_key(|(piece, _)| *piece);
    pieces
});

/// The least common that a text may be called that has a piece of a word of programs; each byte that is
/// in none makes it four times rarer.
fn commonness_of_pieces(text: &[u8]) -> Option<i32> {
    let of = |piece: &[u8]| {
        let at = PIECES.binary_search_by_key(&piece, |(known, _)| *known).ok()?;
        Some(PIECES[at].1)
    };
    let (mut least, mut missing) = (None, 0);
    for common in text.windows(PIECE).map(of) {
        least = least.into_iter().chain(common).min();
        missing += i32::from(common.is_none());
    }
    Some(least? - 2 * missing)
}

/// The class of each byte.
const CLASS: [u8; 256] = {
    let mut class = [CLASSES.len() as u8 - 1; 256];
    let mut at = 0;
    while at < CLASSES.len() - 1 {
        class[CLASSES[at] as usize] = at as u8;
        class[CLASSES[at].to_ascii_uppercase() as usize] = at as u8;
        at += 1;
    }
    let mut digit = b'0';
    while digit <= b'9' {
        class[digit as usize] = class[b'0' as usize];
        digit += 1;
    }
    class[b'\t' as usize] = class[b' ' as usize];
    class[b'\r' as usize] = class[b' ' as usize];
    class[b'\n' as usize] = class[b' ' as usize];
    class[b'\'' as usize] = class[b'"' as usize];
    class
};

/// Base-two logarithm of the occurrences of each class, in the same measure.
const SINGLES: [u32; CLASSES.len()] = {
    let mut singles = [0; CLASSES.len()];
    let mut row = 0;
    while row < CLASSES.len() {
        let (mut sum, mut column) = (0u32, 0);
        while column < CLASSES.len() {
            sum += (1 << pair(row, column)) >> 1;
            column += 1;
        }
        singles[row] = sum.ilog2() + 1;
        row += 1;
    }
    singles
};

/// The digit of a pair of classes.
const fn pair(first: usize, second: usize) -> u32 {
    match PAIRS[first][second] {
        digit @ b'0'..=b'9' => (digit - b'0') as u32,
        digit => (digit - b'a') as u32 + 10,
    }
}

/// How common a piece of a keyword, in lower case, is, as the logarithm of its occurrences in 2^20 bytes, plus one.
pub(super) fn commonness_in_programs(text: &[u8]) -> i32 {
    commonness_of_pieces(text).map_or(commonness(text), |of_pieces| of_pieces.max(commonness(text)))
}

/// The same for a piece of anything: each byte as likely as it is behind the one before it.
pub(super) fn commonness(text: &[u8]) -> i32 {
    let class = |byte: u8| usize::from(CLASS[usize::from(byte)]);
    let pairs: u32 = text.windows(2).map(|two| pair(class(two[0]), class(two[1]))).sum();
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    pairs.cast_signed() - inner.iter().map(|byte| SINGLES[class(*byte)].cast_signed()).sum::<i32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_kind_of_blank_do_not_count() {
        assert_eq!(commonness(b"PA5\t"), commonness(b"pa9 "));
        assert!(commonness(b"ssw0") < commonness(b"in t"));
        assert!(commonness_in_programs(b"_key") < commonness_in_programs(b"acce"));
        assert!(commonness_in_programs(b"cess_") < commonness_in_programs(b"acces"));
        assert!(commonness(b"y---") < commonness(b"----"));
        assert!(PAIRS.iter().all(|row| row.iter().all(u8::is_ascii_hexdigit)));
    }
}
