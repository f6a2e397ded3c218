//! Tests of [`super`].

use sekisho_model::{ObjectRef, Root};

use super::*;

const TODAY: Date = jiff::civil::date(2026, 3, 1);

/// A file that must be right.
fn file(text: &str) -> IgnoreFile {
    let (file, errors) = IgnoreFile::parse(text.as_bytes(), TODAY);
    assert_eq!(errors, []);
    file
}

/// One entry with these lines, a reason and an owner.
fn entry(lines: &str) -> IgnoreFile {
    file(&format!("[[ignore]]\n{lines}\nreason = \"r\"\nowner = \"o\"\n"))
}

fn id(text: &str) -> LocationId {
    LocationId::from(text.to_owned())
}

fn ignores(file: &IgnoreFile, path: &str) -> bool {
    file.ignores("aws/access-key-id", &Place::file(path), &id("x"))
}

#[test]
fn a_path_that_is_not_utf8_is_matched_as_it_is_shown() {
    let file = entry("path = 'caf\u{fffd}.env'");
    let place = Place::file(sekisho_model::TargetPath::from_bytes(b"x/caf\xe9.env"));
    assert!(file.ignores("d", &place, &id("x")));
}

#[test]
fn all_conditions_of_an_entry_must_hold() {
    let file = entry("path = 'a/'\ndetector = 'aws/*'\nobject = 'Secret/shop/db'\nlocation_id = 'abc'");
    let mut place = Place::file("a/b.yaml");
    let object = ObjectRef {
        api_version: "v1".into(),
        kind: "Secret".into(),
        namespace: Some("shop".into()),
        name: "db".into(),
    };
    place.object = Some(object.into());
    assert!(file.ignores("aws/access-key-id", &place, &id("abc")));
    assert!(!file.ignores("gcp/key", &place, &id("abc")));
    assert!(!file.ignores("aws/access-key-id", &place, &id("abd")));
    assert!(!file.ignores("aws/access-key-id", &Place::file("a/b.yaml"), &id("abc")));
    let elsewhere = Place { root: Root::File { path: "b.yaml".into() }.into(), ..place };
    assert!(!file.ignores("aws/access-key-id", &elsewhere, &id("abc")));
}

#[test]
fn places_without_a_path_have_objects_and_ids() {
    let mut place = Place::new(Root::Object { cluster: "c".into() });
    place.object =
        Some(ObjectRef { kind: "Secret".into(), name: "db".into(), ..ObjectRef::default() }.into());
    assert!(entry("object = 'secret/*'").ignores("d", &place, &id("x")));
    assert!(entry("location_id = 'x'").ignores("d", &place, &id("x")));
    assert!(!entry("path = '**'").ignores("d", &place, &id("x")));
}

#[test]
fn an_entry_holds_on_its_last_day_and_not_after() {
    assert!(ignores(&entry("path = 'a'\nexpires = 2026-03-01"), "a"));
    assert!(ignores(&entry("path = 'a'\nexpires = \"2026-03-02\""), "a"));
    let over = entry("path = 'a'\nexpires = 2026-02-28");
    assert!(!ignores(&over, "a"));
    let kind = RemarkKind::Expired { on: jiff::civil::date(2026, 2, 28), still: 1 };
    assert_eq!(over.remarks(), [Remark { entry: 1, line: 1, owner: "o".into(), kind }]);
    assert_eq!(
        over.remarks()[0].to_string(),
        "entry 1 (line 1, owner o) expired on 2026-02-28: 1 reported again"
    );
}

#[test]
fn unused_entries_are_told_and_shadowed_ones_are_used() {
    let file = file(
        "[[ignore]]\npath = 'a'\nreason = 'r'\nowner = 'o'\n\n[[ignore]]\npath = '/a'\nreason = 'r'\nowner = 'o'\n\n\
         [[ignore]]\npath = 'b'\nreason = 'r'\nowner = 'o'\n",
    );
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(ignores(&file, "a")));
        }
    });
    assert_eq!(file.remarks(), [Remark { entry: 3, line: 11, owner: "o".into(), kind: RemarkKind::Unused }]);
    assert_eq!(file.len(), 3);
}

#[test]
fn a_wrong_entry_is_named_and_the_others_go_on() {
    let text = "\
[[ignore]]
path = 'good'
reason = 'r'
owner = 'o'
[[ignore]]
path = 'x'
owner = 'o'
[[ignore]]
path = 'x'
reason = 'r'
[[ignore]]
reason = 'r'
owner = 'o'
detector = 'aws/*'
[[ignore]]
path = '!x'
reason = 'r'
owner = 'o'
[[ignore]]
path = 'x'
reason = 'r'
owner = 'o'
expires = 'soon'
[[ignore]]
path = 'x'
canary-key = 1
reason = 'r'
owner = 'o'
[[ignore]]
object = 'x'
reason = 'r'
owner = 'o'
[[ignore]]
path = 7
reason = 'r'
owner = 'o'
[[ignore]]
path = 'x'
reason = ' '
owner = 'o'
[[ignore]]
path = '[x'
reason = 'r'
owner = 'o'
[[ignore]]
path = 'also-good'
reason = 'r'
owner = 'o'
";
    let (file, errors) = IgnoreFile::parse(text.as_bytes(), TODAY);
    let wrong = |entry, line, why| IgnoreError::Entry { entry, line, why };
    assert_eq!(
        errors,
        [
            wrong(2, 5, EntryError::NoReason),
            wrong(3, 8, EntryError::NoOwner),
            wrong(4, 11, EntryError::NoPlace),
            wrong(5, 16, EntryError::BadPath),
            wrong(6, 23, EntryError::BadDate),
            wrong(7, 26, EntryError::UnknownKey),
            wrong(8, 30, EntryError::BadObject),
            wrong(9, 34, EntryError::NotText { key: "path" }),
            wrong(10, 39, EntryError::NotText { key: "reason" }),
            wrong(11, 42, EntryError::BadPath),
        ]
    );
    assert_eq!(file.len(), 2);
    assert!(ignores(&file, "good") && ignores(&file, "also-good"));
    assert!(!ignores(&file, "x"));
    assert!(!format!("{errors:?}").contains("canary"));
}

#[test]
fn an_entry_beside_a_syntax_error_does_nothing() {
    let text = "\
[[ignore]]
path = 'one'
reason = 'r'
owner = 'o'
[[ignore]]
path = 'two'
reason = 'r'
owner = 'o'
detector = aws canary
[[ignore]]
path = 'three'
reason = 'r'
owner = 'o'
";
    let (file, errors) = IgnoreFile::parse(text.as_bytes(), TODAY);
    assert_eq!(errors, [IgnoreError::Syntax { line: 9 }]);
    assert!(ignores(&file, "one") && ignores(&file, "three"));
    assert!(!ignores(&file, "two"));
    assert!(!format!("{errors:?}").contains("canary"));
}

#[test]
fn what_is_no_ignore_file_ignores_nothing() {
    for (content, expected) in [
        (&b"[[ignore]]\npath = 'caf\xe9'\n"[..], IgnoreError::NotUtf8 { line: 2 }),
        (b"a = 1\n\nb = 2", IgnoreError::NotAnEntry { line: 1 }),
        (b"\nignore = 1", IgnoreError::NotAnEntry { line: 2 }),
        (b"ignore = [1]", IgnoreError::Entry { entry: 1, line: 1, why: EntryError::NotATable }),
        (&vec![b' '; IGNORE_FILE_MAX + 1], IgnoreError::TooLarge),
    ] {
        let (file, errors) = IgnoreFile::parse(content, TODAY);
        assert_eq!(errors.first(), Some(&expected));
        assert!(file.is_empty() && !ignores(&file, "a"));
    }
    assert!(file("").is_empty());
}

#[test]
fn hostile_files_are_bounded() {
    let many = "[[ignore]]\npath='a'\nreason='r'\nowner='o'\n".repeat(MAX_ENTRIES + 1);
    let (file, errors) = IgnoreFile::parse(many.as_bytes(), TODAY);
    assert_eq!(errors, [IgnoreError::TooMany { line: 4 * MAX_ENTRIES + 1 }]);
    assert_eq!(file.len(), MAX_ENTRIES);

    let long = format!("[[ignore]]\npath='{}'\nreason='r'\nowner='o'\n", "*a".repeat(MAX_PATTERN));
    let why = EntryError::BadPath;
    let (_, errors) = IgnoreFile::parse(long.as_bytes(), TODAY);
    assert_eq!(errors, [IgnoreError::Entry { entry: 1, line: 2, why }]);

    let pattern = format!("path='{}'", "[a-y]*".repeat(MAX_PATTERN / 6));
    let complex = format!("[[ignore]]\n{pattern}\nreason='r'\nowner='o'\n").repeat(1_800);
    let (file, errors) = IgnoreFile::parse(complex.as_bytes(), TODAY);
    assert_eq!(errors, [IgnoreError::TooComplex]);
    assert!(!ignores(&file, "aaaa"));

    for text in
        ["x = [", "=\n", "[", "a.", "[[ignore]]\n=\n", "[[ignore.a]]\n", "x=1\n", "\"\"\"", "[a]\n", "x={a="]
    {
        let hostile = text.repeat(IGNORE_FILE_MAX / text.len());
        assert!(IgnoreFile::parse(hostile.as_bytes(), TODAY).0.is_empty());
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_will_do(content: Vec<u8>) {
        let (file, _) = IgnoreFile::parse(&content, TODAY);
        proptest::prop_assert!(file.is_empty());
    }

    #[test]
    fn any_pattern_will_do(pattern: String, path: String) {
        let text = format!("[[ignore]]\npath = {pattern:?}\nreason='r'\nowner='o'\n");
        let (file, _) = IgnoreFile::parse(text.as_bytes(), TODAY);
        let _ = ignores(&file, &path);
    }
}
