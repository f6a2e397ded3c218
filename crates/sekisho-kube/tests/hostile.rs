//! Input that was made to hurt: nothing panics, nothing grows out of proportion, and what was not
//! read is said.

#![allow(
    clippy::expect_used,
    clippy::format_push_string,
    clippy::format_collect,
    reason = "helpers of tests"
)]

use proptest::prelude::*;
use sekisho_kube::{
    Limits, Manifest, Trouble, is_reference, is_sealed, is_template, read, sniff, split_documents,
};

fn manifest(source: &[u8]) -> Manifest {
    let manifest = read(source, "templates/values.yaml", &Limits::default());
    for object in &manifest.objects {
        assert!(object.range.start <= object.range.end && object.range.end <= source.len());
        for field in &object.fields {
            assert!(field.span.start <= field.span.end && field.span.end <= source.len());
            let len = field.value.len();
            let range = field.map.source_range(0..len).expect("a value has a place");
            assert!(range.start >= field.span.start);
        }
    }
    for problem in &manifest.problems {
        assert!(problem.offset <= source.len());
        assert!(!problem.what.to_string().is_empty());
    }
    manifest
}

fn troubles(source: &str) -> Vec<Trouble> {
    let mut troubles: Vec<_> =
        manifest(source.as_bytes()).problems.iter().map(|problem| problem.what).collect();
    troubles.dedup();
    troubles
}

fn fields(manifest: &Manifest) -> usize {
    manifest.objects.iter().map(|object| object.fields.len()).sum()
}

#[test]
fn deep_nesting_is_cut_and_said() {
    for depth in [1_000, 10_000, 19_000] {
        let source = format!("password: hunter22\nx: {}{}\n", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(troubles(&source), [Trouble::Depth], "{depth} brackets");
        assert_eq!(fields(&manifest(source.as_bytes())), 1);
        let source = format!("password: hunter22\nx: {}1{}\n", "{a: ".repeat(depth), "}".repeat(depth));
        assert_eq!(troubles(&source), [Trouble::Depth], "{depth} braces");
        let source = format!("password: hunter22\nx:\n {}1\n", "- ".repeat(depth));
        assert_eq!(troubles(&source), [Trouble::Depth], "{depth} dashes");
    }
    let block: String = (0..3_000).map(|depth| format!("{}key:\n", " ".repeat(depth))).collect();
    assert_eq!(troubles(&block), [Trouble::Depth]);
    for depth in [10_000, 1_000_000] {
        let source =
            format!("{{\"password\": \"hunter22\", \"x\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(troubles(&source), [Trouble::Depth], "{depth} JSON brackets");
        assert_eq!(fields(&manifest(source.as_bytes())), 1);
    }
    // Deeper than the parser goes: by its lines.
    let source = format!("password: hunter22\nx: {}\n", "[".repeat(1_000_000));
    assert_eq!(troubles(&source), [Trouble::Syntax]);
    let source = format!("password: hunter22\nx:\n {}1\n", "- ".repeat(1_000_000));
    assert_eq!(troubles(&source), [Trouble::Syntax, Trouble::Depth]);
    let source = format!("kind: x\n{}", "? ".repeat(1_000_000));
    manifest(source.as_bytes());
    let source = format!("kind: x\nk: {}", "{{".repeat(500_000));
    manifest(source.as_bytes());
}

#[test]
fn the_deepest_tree_fits_on_a_small_stack() {
    let limits = Limits { depth: usize::MAX, ..Limits::default() };
    let source = format!("password: {}hunter22{}\n", "{a: [".repeat(5_000), "]}".repeat(5_000));
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    let read = move || read(source.as_bytes(), "", &limits).problems.len();
    assert_eq!(thread.spawn(read).expect("a thread").join().expect("no overflow"), 1);
}

#[test]
fn an_alias_bomb_costs_its_text() {
    let mut source = String::from("a0: &a0 [password-0, password-1]\n");
    for n in 1..100 {
        let before = n - 1;
        source.push_str(&format!("a{n}: &a{n} [{}]\n", vec![format!("*a{before}"); 20].join(", ")));
    }
    assert_eq!(fields(&manifest(source.as_bytes())), 2);
    let mut source = String::from("kind: Secret\nmetadata: {name: x}\nm0: &m0 {password: hunter22}\n");
    for n in 1..100 {
        let before = n - 1;
        source.push_str(&format!("m{n}: &m{n} {{<<: [{}]}}\n", vec![format!("*m{before}"); 20].join(", ")));
    }
    source.push_str("stringData: {<<: *m99}\ndata: *m99\n");
    let manifest = manifest(source.as_bytes());
    assert_eq!(fields(&manifest), 1);
    assert_eq!(manifest.objects[0].fields[0].path, "stringData.password");
}

/// Each anchor's node holds an alias of the one before, and a Secret's data is the last: following
/// them all would be as deep as the document is long.
#[test]
fn chains_of_aliases_end_too() {
    for (open, close) in [("{k: ", "}"), ("{<<: ", "}"), ("[", "]"), ("{<<: [", "]}")] {
        let mut source = String::from("kind: Secret\nmetadata: {name: x}\na0: &a0 {password: hunter22}\n");
        for n in 1..50_000 {
            let before = n - 1;
            source.push_str(&format!("a{n}: &a{n} {open}*a{before}{close}\n"));
        }
        source.push_str("stringData: *a49999\nenv: [*a49999]\n");
        assert_eq!(fields(&manifest(source.as_bytes())), 1);
    }
}

#[test]
fn aliases_in_circles_end() {
    manifest(b"a: &a\n  b: *a\n  <<: *a\n  password: hunter22\n  <<: [*a, *a]\n");
    manifest(b"kind: Secret\nmetadata: &m {name: x, <<: *m}\nstringData: &s\n  <<: *s\n  x: *s\n  password: hunter22\n");
}

/// Thousands of mappings that merge one huge one, each looked up several times.
#[test]
fn merge_keys_do_not_multiply() {
    let mut source = String::from("kind: Pod\nmetadata: {name: x}\nhuge: &huge\n");
    for n in 0..100_000 {
        source.push_str(&format!("  k{n}: v\n"));
    }
    source.push_str("env:\n");
    for _ in 0..50_000 {
        source.push_str("- <<: *huge\n");
    }
    manifest(source.as_bytes());
}

/// Long keys and deep paths repeat in every field.
#[test]
fn output_is_bounded() {
    let key = "k".repeat(200);
    let deep = format!("{{{key}: ").repeat(100);
    let items = "hunter22, ".repeat(200_000);
    let source = format!("password: {deep}[{items}]{}\n", "}".repeat(100));
    assert_eq!(troubles(&source), [Trouble::Output]);
    let source = format!("? {}\n: [hunter22]\n", "password".repeat(100_000));
    let manifest = manifest(source.as_bytes());
    assert!(manifest.objects[0].fields[0].path.len() < 1_000);
}

#[test]
fn caps_are_said() {
    let limits = Limits { nodes: 100, document: 10_000, ..Limits::default() };
    let source = "password: [".to_owned() + &"hunter22, ".repeat(200) + "]\n";
    let manifest = read(source.as_bytes(), "", &limits);
    assert_eq!(manifest.problems[0].what, Trouble::Nodes);
    assert_eq!(fields(&manifest), 97);
    let source = format!("password: {}\n---\npassword: hunter22\n", "x".repeat(20_000));
    let manifest = read(source.as_bytes(), "", &limits);
    assert_eq!(manifest.problems[0].what, Trouble::DocumentSize);
    assert_eq!(fields(&manifest), 1);
}

#[test]
fn one_long_line_of_json() {
    let mut source = String::from("{\"items\": [");
    while source.len() < 1 << 20 {
        source.push_str("{\"password\": \"hunter22\", \"n\": 12345},");
    }
    source.push_str("{}]}");
    let manifest = manifest(source.as_bytes());
    assert!(manifest.problems.is_empty());
    assert!(fields(&manifest) > 50_000);
}

/// Inputs on which a reader that looks back or ahead too far takes hours.
#[test]
fn nothing_is_quadratic() {
    let n = 1 << 17;
    for source in [
        "password: \"".to_owned() + &"\n".repeat(n),
        "password: '".to_owned() + &" \n".repeat(n),
        "password: |\n".to_owned() + &"\n".repeat(n) + "  x\n",
        "password: |\n  x\n".to_owned() + &"\n".repeat(n),
        "password: >\n  x\n".to_owned() + &"\n  x".repeat(n),
        "password: {{".to_owned() + &"{{".repeat(n),
        "password: ".to_owned() + &"{{ x }}".repeat(n / 4),
        "password: {% ".to_owned() + &"{% ".repeat(n / 2) + &"{# ".repeat(n / 2),
        "{/*\n".repeat(n / 2),
        "{\"\n".repeat(n / 2),
        "[1]\n[\n".repeat(n / 4),
        "---\n".repeat(n),
        "%A\n---\n".repeat(n / 2),
        "--- #\n".repeat(n / 2),
        "password: x\n - \"\n".repeat(n / 4),
        "password: &a x\n".repeat(n / 8),
        "password:\n".repeat(n / 4),
        ("- ".to_owned() + &"a: ".repeat(1_000) + "\n").repeat(300) + "password: [",
        "password: ${".to_owned() + &"${".repeat(n),
        "password: $(".to_owned() + &"$(".repeat(n),
        "password: ://a:b".to_owned() + &"://".repeat(n / 2) + "{{ x }}",
        "password: ".to_owned() + &"token=".repeat(n / 4) + "{{ x }}",
        "\u{feff}password: ".to_owned() + &"\u{e9}".repeat(n),
        "kind: Secret\nmetadata: {name: x}\n".to_owned() + &"data: {a: YWJjZA==}\n".repeat(n / 32),
    ] {
        manifest(source.as_bytes());
        let _ = split_documents(source.as_bytes()).count();
    }
}

const SAMPLE: &str = "\
%YAML 1.2\n--- # x\napiVersion: v1\nkind: Secret\nmetadata: {name: \"d\\u0062\", annotations: {a: &a 'it''s'}}\n\
stringData:\n  <<: *b\n  password: |-\n    hunter22\n\n  other: >2+\n      x\n  é: \"a\\\n    b\"\n  t: {{ .Values.x }}\n\
...\n---\n{\"kind\": \"Pod\", \"spec\": {\"containers\": [{\"env\": [{\"name\": \"A\", \"value\": \"$(B)\\n\\ud83d\\ude00\"}]}]}}\n\
---\nkind: Kustomization\nsecretGenerator:\n- literals: [a=b, 'c=\"d\"']\n  files: [x=y]\n- !vault |\n  x\n";

#[test]
fn truncated_at_every_byte() {
    for end in 0..SAMPLE.len() {
        manifest(&SAMPLE.as_bytes()[..end]);
        manifest(&SAMPLE.as_bytes()[end..]);
    }
    let crlf = SAMPLE.replace('\n', "\r\n");
    for end in 0..crlf.len() {
        manifest(&crlf.as_bytes()[..end]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_bytes(source in proptest::collection::vec(any::<u8>(), 0..200)) {
        manifest(&source);
        let _ = sniff("", &source);
        let _ = (is_sealed(&source), is_template(&source), is_reference("password_file", &source));
    }

    /// Bytes that have a meaning here, and pieces of the sample.
    #[test]
    fn any_pieces(pieces in proptest::collection::vec(
        prop_oneof![
            "[-:?|>&*!%@`{}\\[\\],#'\"\\\\ \t\r\n~<=$()]{1,3}",
            (0..SAMPLE.len(), 1usize..40).prop_map(|(at, len)| {
                String::from_utf8_lossy(&SAMPLE.as_bytes()[at..(at + len).min(SAMPLE.len())]).into_owned()
            }),
            Just("{{ if x }}".to_owned()),
            Just("kind: Secret\n".to_owned()),
            Just("data:\n".to_owned()),
        ],
        0..30,
    )) {
        manifest(pieces.concat().as_bytes());
    }

    /// Documents are apart and in order, and hold all there is but markers and comments.
    #[test]
    fn documents_cover_the_stream(source in "(---|\\.\\.\\.|#x|a|%y| |\r?\n){0,30}") {
        let mut end = 0;
        for range in split_documents(source.as_bytes()) {
            prop_assert!(range.start >= end && range.end > range.start);
            prop_assert!(!source[end..range.start].lines().any(|line| line.starts_with('a')));
            end = range.end;
        }
        prop_assert!(!source[end..].lines().any(|line| line.starts_with('a')));
    }
}
