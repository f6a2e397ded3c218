//! Lines that must be reported with exactly their value, and lines that must not be.

use proptest::strategy::Strategy as _;
use sekisho_detectors::{ALL, Context, Verdict, canonical_form, join_example, judge, path_kind, rules};
use sekisho_scan::{Engine, Needles, Source, Window};

/// The canonical values that are reported in a text, with their detectors.
fn reported(engine: &Engine, path: &str, text: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let kind = path_kind(path, text);
    let mut found = Vec::new();
    engine.scan(&Window::whole(text), &mut |candidate| {
        let Source::Rule(rule) = candidate.source else { return };
        let verdict = judge(&ALL[rule], &Context::of(text, &candidate, kind));
        if matches!(verdict, Verdict::Report { .. })
            && let Some(value) = canonical_form(&ALL[rule], &text[candidate.value.clone()])
        {
            found.push((ALL[rule].id, value.bytes.into_owned()));
        }
    });
    found
}

/// The lines of a file with the path that they stand under.
fn lines(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut path = "";
    file.lines().filter_map(move |line| {
        if let Some(name) = line.strip_prefix("== ") {
            path = name;
            return None;
        }
        (!path.is_empty()).then_some((path, line))
    })
}

#[test]
fn benign_lines_are_not_reported() {
    let engine = Engine::new(rules(), Needles::none()).unwrap();
    let mut alarms = Vec::new();
    for (path, line) in lines(include_str!("lines/benign.txt")) {
        let found = reported(&engine, path, format!("{line}\n").as_bytes());
        alarms.extend(found.iter().map(|(id, _)| format!("{path}: {id}: {line}")));
    }
    assert!(alarms.is_empty(), "{} false alarms:\n{}", alarms.len(), alarms.join("\n"));
}

/// In a picture anything stands somewhere; in a program's data a password may.
#[test]
fn among_bytes_that_are_no_text_noise_is_none() {
    let engine = Engine::new(rules(), Needles::none()).unwrap();
    let noise =
        b"\x89PNG\0\x9c\x9d\xffd\xe6Q\xdfPW:6|\xceDr&\x97\xb3\xfd\xa9C\x7f\n\xdfPW=Zm\xa6Z\xb4\x84\x11\n";
    assert_eq!(reported(&engine, "a.png", noise), []);
    let text = concat!("\0\0db_password=", "x9k3Vt9pLq2x", "\0\0");
    assert_eq!(reported(&engine, "a.bin", text.as_bytes()).len(), 1);
}

#[test]
fn leaks_are_reported_with_their_value() {
    let engine = Engine::new(rules(), Needles::none()).unwrap();
    let mut missed = Vec::new();
    let mut count = 0;
    for (path, line) in lines(include_str!("lines/leaks.txt")) {
        let open = line.find("{{").unwrap();
        let close = line.find("}}").unwrap();
        let value = join_example(&line[open..close + 2]);
        let found = reported(&engine, path, format!("{}\n", join_example(line)).as_bytes());
        if !found.iter().any(|(_, v)| *v == value.as_bytes()) {
            let ids: Vec<_> = found.iter().map(|(id, _)| *id).collect();
            missed.push(format!("{path}: {line} {ids:?}"));
        }
        count += 1;
    }
    assert!(missed.is_empty(), "{} of {count} missed:\n{}", missed.len(), missed.join("\n"));
}

proptest::proptest! {
    #[test]
    fn any_text_is_judged_without_a_panic(
        parts in proptest::collection::vec(
            proptest::prop_oneof![
                "[ -~]{0,12}",
                proptest::sample::select(vec![
                    "password", "token", "secret", "api_key", "=", ":", "\"", "'", " ", "\n", "://", "@", "eyJ", "Basic ",
                    "-----BEGIN RSA PRIVATE KEY-----", "$", "{", "(", "AKIA", "curl ", "-u ", "\\", "<", ">", "ghp_",
                ]).prop_map(str::to_owned),
            ],
            0..24,
        ),
        path in proptest::sample::select(vec!["a.py", ".env", "a.yaml", "README.md", "a", "x.test.js", "locales/de.json"]),
    ) {
        let engine = Engine::new(rules(), Needles::none()).unwrap();
        reported(&engine, path, parts.concat().as_bytes());
    }
}
