use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};

use super::*;

/// Kind, whether cut, and text of the runs in a text.
fn runs(text: &[u8]) -> Vec<(RunKind, bool, &str)> {
    let mut found = Vec::new();
    find(text, 0..text.len(), true, &mut found);
    found.sort_by_key(|run| (run.span.start, run.span.end));
    found.iter().map(|run| (run.kind, run.cut, str::from_utf8(&text[run.span.clone()]).unwrap())).collect()
}

/// Kind and text of the one run in a text.
fn only(text: &str) -> (RunKind, &str) {
    match runs(text.as_bytes())[..] {
        [(kind, false, run)] => (kind, run),
        ref others => panic!("{others:?} in {text}"),
    }
}

const PLAIN: &[u8] = b"user: admin\npassword: correct horse\n";

#[test]
fn base64_of_text_is_a_run() {
    let padded = BASE64.encode(PLAIN);
    for text in [
        padded.clone(),
        format!("data: {padded}\nnext: x"),
        format!("\"{padded}\""),
        format!("key={padded};"),
        format!("data:text/plain;base64,{padded}"),
        format!("/{padded}"),
        format!("prefix-{padded}"),
    ] {
        assert_eq!(only(&text), (RunKind::Base64, &padded[..]), "{text}");
    }
    let url_safe = BASE64URL_NOPAD.encode("{\"user\":\"??>>~~ÿÿ\"}".as_bytes());
    assert!(url_safe.contains(['-', '_']));
    assert_eq!(only(&format!("a/b/{url_safe}/c.d")), (RunKind::Base64url, &url_safe[..]));
}

#[test]
fn wrapped_base64_is_one_run() {
    let long = BASE64.encode(&PLAIN.repeat(9));
    for (width, end, indent) in
        [(64, "\n", ""), (76, "\r\n", ""), (76, "\n", "    "), (64, "\n", "\t\t"), (40, "\n", " ")]
    {
        let lines: Vec<&str> =
            (0..long.len()).step_by(width).map(|at| &long[at..long.len().min(at + width)]).collect();
        let body = lines.join(&format!("{end}{indent}"));
        for text in [
            body.clone(),
            format!("-----BEGIN X-----{end}{indent}{body}{end}{indent}-----END X-----{end}"),
            format!("key: |{end}{indent}{body}{end}other: 1{end}"),
            format!("key: \"{body}\""),
        ] {
            assert_eq!(only(&text), (RunKind::Base64, &body[..]), "{text}");
        }
    }
}

#[test]
fn the_next_line_does_not_belong_to_a_run_by_chance() {
    let line = BASE64_NOPAD.encode(&PLAIN.repeat(2)[..48]);
    assert_eq!(line.len(), 64);
    for next in ["key: value", "key=value", "", "-----END X-----", "a b", &format!("{line}x")] {
        let text = format!("data: {line}\n{next}");
        assert_eq!(runs(text.as_bytes())[0], (RunKind::Base64, false, &line[..]), "{next}");
    }
}

/// Fuzzing found a line of hexadecimal digits whose next line was read as digits too.
#[test]
fn a_line_of_hexadecimal_digits_is_continued_by_digits_alone() {
    let digits = HEXLOWER.encode(&PLAIN[..20]);
    let text = format!("t={digits}\nkoen-rgserv/xice");
    assert_eq!(runs(text.as_bytes()), [(RunKind::Hex, false, &digits[..])]);
    // Mixed cases may be base64 by chance without other letters; the next line then says so.
    let mixed = "aB1c".repeat(10);
    let text = format!("t={mixed}\nZZZZ");
    assert_eq!(runs(text.as_bytes()).iter().map(|run| run.0).find(|kind| *kind == RunKind::Hex), None);
    let more = HEXLOWER.encode(&PLAIN[..32]);
    let body = format!("{}\n{}", &more[..40], &more[40..]);
    assert_eq!(runs(format!("t={body}").as_bytes()), [(RunKind::Hex, false, &body[..])]);
}

#[test]
fn other_encodings_are_runs() {
    let lower = HEXLOWER.encode(PLAIN);
    assert_eq!(only(&format!("x'{lower}'")), (RunKind::Hex, &lower[..]));
    assert_eq!(only(&format!("0x{lower}")), (RunKind::Hex, &lower[..]));
    assert_eq!(only(&format!("a/b-{lower}")), (RunKind::Hex, &lower[..]));
    assert_eq!(only(&HEXUPPER.encode(PLAIN)).0, RunKind::Hex);
    let url = "redirect=https%3A%2F%2Fu%3Ap%40ss%40host%2F&token=a%2Bb";
    assert_eq!(only(&format!("GET \"{url}\" 200")), (RunKind::Percent, url));
    let json = concat!(r#"{\"auths\":{\"host\":{\"au"#, r#"th\":\"dXNlcjpwYXNz\"}}}"#);
    assert_eq!(only(&format!("  value: \"{json}\",")), (RunKind::Escaped, json));
    assert_eq!(only(r"x = 'it\'s\nlong enough'; y"), (RunKind::Escaped, r"it\'s\nlong enough"));
    assert_eq!(only(r#"don't "\u0070\u0061ssword""\u0020x""#), (RunKind::Escaped, r"\u0070\u0061ssword"));
}

#[test]
fn containers_are_runs() {
    let gzip = [b"\x1f\x8b\x08\0\0\0\0\0\x02\xff".as_slice(), &[0x9d; 40]].concat();
    assert_eq!(only(&BASE64.encode(&gzip)).0, RunKind::Base64);
    let mut der = vec![0x30, 0x82, 0, 60];
    der.extend([0xa7; 60]);
    assert_eq!(only(&BASE64.encode(&der)).0, RunKind::Base64);
    let utf16: Vec<u8> = "Set-Password hunter2".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(only(&BASE64.encode(&utf16)).0, RunKind::Base64);
}

#[test]
fn what_decodes_to_nothing_is_no_run() {
    for text in [
        "crates/sekisho-scan/src/runs/base64/and/more/of/a/path.rs",
        "getElementsByTagNameAndClassName(theDocumentElement)",
        "THIS_IS_A_LONG_CONSTANT_NAME_OF_SOME_LIBRARY",
        "a-rather-long-kebab-case-name-of-a-package",
        "checksum = \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "123e4567-e89b-12d3-a456-426614174000",
        "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
        "==============================================",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "----------------------------------------------------",
        "100%ab and 20%20 of it, %02x:%02x",
        r#"("C:\new\dir", "\\d+\\.\\d+", "\n\n", "line\n")"#,
        r"C:\Users\new\temp\x41\x42",
    ] {
        assert_eq!(runs(text.as_bytes()), [], "{text}");
    }
}

#[test]
fn runs_beyond_the_longest_are_cut_and_say_so() {
    let long = BASE64_NOPAD.encode(&PLAIN.repeat(1 + MAX_RUN_LEN / 20));
    let cut = |text: &str| match runs(text.as_bytes())[..] {
        [(kind, true, run)] => (kind, run.len()),
        ref others => panic!("{} runs", others.len()),
    };
    assert_eq!(cut(&long), (RunKind::Base64, MAX_RUN_LEN));
    assert_eq!(only(&long[..MAX_RUN_LEN]).1.len(), MAX_RUN_LEN);
    let wrapped: String =
        long.as_bytes().chunks(76).flat_map(|line| [str::from_utf8(line).unwrap(), "\n"]).collect();
    let (kind, len) = cut(&wrapped);
    assert!(kind == RunKind::Base64 && len <= MAX_RUN_LEN && len > MAX_RUN_LEN - 80);
    assert_eq!(cut(&"61".repeat(MAX_RUN_LEN)), (RunKind::Hex, MAX_RUN_LEN));
    assert_eq!(cut(&"%41".repeat(MAX_RUN_LEN)), (RunKind::Percent, MAX_RUN_LEN));
    assert_eq!(cut(&format!("\"{}\"", "ab\\n".repeat(MAX_RUN_LEN))), (RunKind::Escaped, MAX_RUN_LEN));
}

/// Nothing here takes more than a few passes: a quadratic one would take minutes.
#[test]
fn dense_and_hostile_texts_are_linear() {
    let size = if cfg!(debug_assertions) { 1 << 21 } else { 1 << 25 };
    for unit in [
        "a",
        "\\",
        "%",
        "%4",
        "%41",
        "\"\\",
        "'\\n",
        "\"\\n'\\n`\\n",
        "\n",
        "\\\"",
        "=",
        "/",
        "aB3/aB3_",
        "a ",
        "\0",
        "AbC1\n",
        "aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3a\n",
        "0x",
        "%41a ",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/",
    ] {
        let text = unit.repeat(size / unit.len());
        let _ = runs(text.as_bytes());
    }
}
