use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use proptest::prelude::*;
use sekisho_model::Encoding;
use sekisho_secret::SecretBytes;

use super::*;
use crate::engine::{Engine, Source, Window};

fn needles(values: &[&[u8]]) -> (Needles, Vec<Refused>) {
    Needles::new(&values.iter().map(|value| SecretBytes::from(*value)).collect::<Vec<_>>())
}

fn engine(values: &[&[u8]]) -> Engine {
    Engine::new(Vec::new(), needles(values).0).unwrap()
}

/// Number, encoding and text of every needle found.
fn found<'t>(values: &[&[u8]], text: &'t [u8]) -> Vec<(usize, &'static [Encoding], &'t [u8])> {
    scan(&engine(values), text)
}

fn scan<'t>(engine: &Engine, text: &'t [u8]) -> Vec<(usize, &'static [Encoding], &'t [u8])> {
    let mut all = Vec::new();
    engine.scan(&Window::whole(text), &mut |candidate| {
        if let Source::Needle { needle, encoding } = candidate.source {
            assert_eq!(candidate.whole, candidate.value);
            all.push((needle, encoding, &text[candidate.value]));
        }
    });
    all
}

/// Encoding and span of the one needle in a text.
fn only(value: &[u8], text: &[u8]) -> (&'static [Encoding], String) {
    match &found(&[value], text)[..] {
        [(0, encoding, span)] => (*encoding, span.escape_ascii().to_string()),
        others => panic!("{} in {}", others.len(), text.escape_ascii()),
    }
}

#[test]
fn values_that_are_not_looked_for_are_told() {
    let long = vec![b'x'; MAX_NEEDLE_LEN + 1];
    let (needles, refused) = needles(&[b"abcd", b"abc", b"efgh", b"abcd", &long, b"", b"abcd", &long[1..]]);
    let told: Vec<_> = refused.iter().map(|refused| (refused.needle, refused.why)).collect();
    assert_eq!(
        told,
        [
            (1, Refusal::TooShort),
            (3, Refusal::Duplicate { of: 0 }),
            (4, Refusal::TooLong),
            (5, Refusal::TooShort),
            (6, Refusal::Duplicate { of: 0 }),
        ]
    );
    let values: Vec<usize> = (0..8).map(|needle| needles.value(needle).len()).collect();
    assert_eq!(values, [4, 0, 4, 0, 0, 0, 0, MAX_NEEDLE_LEN]);
    assert_eq!(found(&[b"abcd", b"abc"], b"..abcdefgh..abcd").len(), 2);
}

#[test]
fn every_written_form_is_found() {
    use Encoding::{Base64, Base64url, Hex, JsonEscape, Percent, YamlEscape};
    let value = b"p@ss/wo\"rd'1\\2";
    assert_eq!(only(value, value), (&[][..], value.escape_ascii().to_string()));
    for (text, encoding) in [
        ("x=p%40ss%2Fwo%22rd%271%5C2&y", Percent),
        ("x=p%40ss%2fwo%22rd%271%5c2&y", Percent),
        ("x=p%40ss/wo%22rd%271%5C2&y", Percent),
        ("x=p%40ss%2Fwo%22rd'1%5C2&y", Percent),
        (r#""p@ss/wo\"rd'1\\2""#, JsonEscape),
        (r#""p@ss\/wo\"rd'1\\2""#, JsonEscape),
        (r#""p@ss/wo\u0022rd\u00271\\2""#, JsonEscape),
        (r#"'p@ss/wo"rd''1\2'"#, YamlEscape),
        ("x=7040737 cut 704073732f776f2272642731 cut 704073732f776f22726427315c32 0", Hex),
        ("704073732F776F22726427315C32", Hex),
        ("cEBzcy93byJyZCcxXDI", Base64),
    ] {
        assert_eq!(only(value, text.as_bytes()).0, [encoding], "{text}");
    }
    let umlauts = "pä\"ß-12".as_bytes();
    assert_eq!(only(umlauts, r#""pä\"ß-12""#.as_bytes()).0, [JsonEscape]);
    assert_eq!(only(umlauts, br#""p\u00e4\"\u00df-12""#).0, [JsonEscape]);
    assert_eq!(only(umlauts, br#""p\xE4\"\xDF-12""#).0, [YamlEscape]);
    // Where a stretch is plain, any spelling will do.
    assert_eq!(only(b"a\"/hunter2-3/", br#"\u0061\"\/hunter2-3\x2f"#).0, [YamlEscape]);
    assert_eq!(only(b"\xfb\xff\xbf..value..", b"a -_-_Li52YWx1ZS4u b").0, [Base64url]);
    assert_eq!(only(b"\xfb\xff\xbf..value..", b"a +/+/Li52YWx1ZS4u b").0, [Base64]);
}

#[test]
fn spans_hold_the_whole_encoded_text_and_no_more() {
    assert_eq!(only(b"p@ss/word", b"url://u:p%40ss%2Fword@h").1, "p%40ss%2Fword");
    assert_eq!(only(b"\"quoted\"", br#"{"a":"\"quoted\""}"#).1, r#"\\\"quoted\\\""#);
    let value = b"hunter2!";
    for (before, after) in [("", ""), ("u:", ""), ("u", ""), ("user:", "\n"), ("us", "\n\n"), ("u", "1")] {
        let plain = [before.as_bytes(), value, after.as_bytes()].concat();
        for text in [BASE64.encode(&plain), BASE64_NOPAD.encode(&plain)] {
            // Characters wholly before and behind the value are left out.
            let first = before.len() * 8 / 6;
            let bits = (before.len() + value.len()) * 8;
            let mut last = bits.div_ceil(6);
            if after.is_empty() {
                last = text.len();
            }
            let line = format!("auth: {text}\n");
            assert_eq!(only(value, line.as_bytes()).1, text[first..last], "{before:?} {after:?}");
        }
    }
}

/// The bits of the value in the characters at both ends count: these four characters are those of
/// another value.
#[test]
fn characters_that_hold_some_bits_must_fit() {
    assert_eq!(BASE64.encode(b"xabcdy"), "eGFiY2R5");
    assert_eq!(only(b"abcd", b"eGFiY2R5").1, "GFiY2R");
    assert_eq!(found(&[b"abcd"], b"eHFiY2R5"), [], "qbcd");
    assert_eq!(found(&[b"abcd"], b"eGFiY2h5"), [], "abcx");
    assert_eq!(found(&[b"abcd"], b" FiY2R5"), [], "the first character is missing");
}

#[test]
fn the_middle_of_an_escape_is_no_start() {
    assert_eq!(found(&[b"nabc@x"], br"\nabc\u0040x"), []);
    assert_eq!(only(b"nabc@x", br"\\nabc\u0040x").1, r"nabc\\u0040x");
    assert_eq!(found(&[b"41ab@"], b"%41ab%40"), []);
    assert_eq!(found(&[b"1ab@"], b"%41ab%40"), []);
    assert_eq!(only(b"41ab@", b"%2541ab%40").1, "41ab%40");
    assert_eq!(only("n\u{1f600}abc".as_bytes(), br"-n\ud83d\ude00abc").1, r"n\\ud83d\\ude00abc");
    assert_eq!(only("abc\u{1f600}".as_bytes(), br"-abc\U0001F600").1, r"abc\\U0001F600");
}

#[test]
fn repeating_values_are_found_once_per_stretch() {
    assert_eq!(found(&[b"aaaa"], &vec![b'a'; 100_000]).len(), 1);
    assert_eq!(found(&[b"aaaa"], b"aaaa aaaaa aaaabaaaa").len(), 4);
    assert_eq!(found(&[b"abab"], b"abababab.abab").len(), 2);
}

/// Values with one long beginning: windows behind it are chosen, or every occurrence of the
/// beginning would be compared with all of them.
#[test]
fn many_values_with_one_beginning_do_not_share_a_window() {
    let values: Vec<Vec<u8>> = (0..2_000u32)
        .map(|n| format!("zqxjzqxjzqxj-{}", n.wrapping_mul(2_654_435_761)).into_bytes())
        .collect();
    let slices: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
    let text = b"zqxjzqxjzqxj-".repeat(2_000);
    assert_eq!(found(&slices, &text), []);
    let text = [&text[..], &values[777], b" ", &BASE64.encode(&values[1_999]).into_bytes()].concat();
    let hits: Vec<usize> = found(&slices, &text).iter().map(|(needle, ..)| *needle).collect();
    assert_eq!(hits, [777, 1_999]);
}

type Encoder = fn(&[u8]) -> Vec<u8>;

/// All encoders that write a value with what stands around it.
fn encoders() -> Vec<(Option<Encoding>, Encoder)> {
    vec![
        (None, <[u8]>::to_vec),
        (Some(Encoding::Base64), |text| BASE64.encode(text).into_bytes()),
        (Some(Encoding::Base64url), |text| BASE64URL.encode(text).into_bytes()),
        (Some(Encoding::Base64url), |text| BASE64URL_NOPAD.encode(text).into_bytes()),
        (Some(Encoding::Hex), |text| HEXLOWER.encode(text).into_bytes()),
        (Some(Encoding::Hex), |text| HEXUPPER.encode(text).into_bytes()),
        (Some(Encoding::Percent), |text| {
            let escape = |byte: &u8| format!("%{byte:02X}").into_bytes();
            text.iter()
                .flat_map(|byte| if encode::is_plain(*byte) { vec![*byte] } else { escape(byte) })
                .collect()
        }),
        (Some(Encoding::Percent), |text| {
            let mut out = Vec::new();
            encode::percent(text, encode::PERCENT_ENCODERS[6], &mut out);
            out
        }),
        (Some(Encoding::JsonEscape), |text| {
            let mut out = Vec::new();
            encode::backslash(text, encode::BACKSLASH_ENCODERS[2], &mut out);
            out
        }),
        (Some(Encoding::YamlEscape), |text| {
            let mut out = Vec::new();
            encode::doubled_quotes(text, &mut out);
            out
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases * 2, ..ProptestConfig::default() })]

    /// Whatever the value and its neighbours, its encoded text is found, and decodes to it.
    #[test]
    fn any_value_is_found_in_any_encoding(
        value in prop_oneof![
            proptest::collection::vec(any::<u8>(), 4..40),
            proptest::collection::vec(proptest::sample::select(&b"aZ09-._~!'()*\"\\/%+ @&<>\n"[..]), 4..40),
            "[a-zA-Z0-9]{4,12}".prop_map(String::into_bytes),
        ],
        before in "[ -~]{0,5}",
        after in "[ -~]{0,5}",
    ) {
        let engine = engine(&[&value]);
        for (encoding, encode) in encoders() {
            let text = encode(&[before.as_bytes(), &value, after.as_bytes()].concat());
            let same = encode(&value) == value;
            let expected: Vec<Encoding> = encoding.filter(|_| !same).into_iter().collect();
            let all = scan(&engine, &text);
            prop_assert!(
                all.iter().any(|(_, encoding, _)| {
                    // With neighbours like `-` a URL-safe text tells itself only there.
                    let base64 = |list: &[Encoding]| matches!(list, [Encoding::Base64 | Encoding::Base64url]);
                    *encoding == &expected[..] || base64(encoding) && base64(&expected)
                }),
                "{:?} in {}", expected, text.escape_ascii()
            );
        }
    }
}
