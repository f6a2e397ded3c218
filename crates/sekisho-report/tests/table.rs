//! The table, as people see it. Golden files are there to be looked at: each change of one is a
//! change of what people read.

mod samples;

use samples::{empty, estate, golden, options, write};
use sekisho_model::report::{KeyOrigin, Status};
use sekisho_report::Options;
use unicode_width::UnicodeWidthStr as _;

#[test]
fn at_80_columns() {
    golden("tests/golden/table-80.txt", &write("table", &estate(), &options(80)));
}

#[test]
fn at_200_columns() {
    golden("tests/golden/table-200.txt", &write("table", &estate(), &options(200)));
}

#[test]
fn in_ascii() {
    let mut report = estate();
    // Names of the target stay as they are; these three are what is not ASCII in this one.
    report.credentials.retain(|c| c.title != "Password" && !c.preview.ends_with('…'));
    let text = write("table", &report, &Options { ascii: true, ..options(80) });
    assert!(text.is_ascii());
    golden("tests/golden/table-ascii.txt", &text);
}

#[test]
fn colour_only_adds_to_the_plain_form() {
    let plain = write("table", &estate(), &options(80));
    let colored = write("table", &estate(), &Options { color: true, ..options(80) });
    assert!(!plain.contains('\x1b'));
    assert!(colored.contains("\x1b[1m\x1b[37m\x1b[41mCRITICAL"), "the badge is not coloured");
    let mut stripped = String::new();
    for part in colored.split('\x1b') {
        stripped.push_str(
            part.split_once('m').filter(|(code, _)| code.starts_with('[')).map_or(part, |(_, rest)| rest),
        );
    }
    assert_eq!(stripped, plain);
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in 40..=240 {
        for line in write("table", &estate(), &options(width)).lines() {
            assert!(line.width() <= width, "{width}: {line}");
            assert_eq!(line.trim_end(), line);
        }
    }
}

#[test]
fn lines_and_columns_survive_every_width() {
    for width in [40, 80, 200] {
        let text = write("table", &estate(), &options(width));
        for position in [":31:22", ":118:13", ":10482:97", ":12:5"] {
            assert!(text.contains(position), "{position} at {width}");
        }
    }
}

#[test]
fn nothing_found_is_said_as_it_is() {
    let says = |report| write("table", &report, &options(80));
    assert!(
        says(empty()).contains("No credentials found, and everything was looked at (1,284 items, 18.4 MB).")
    );
    let mut excluded = empty();
    excluded.coverage[0].excluded = 3;
    assert!(says(excluded).contains("all but 3 excluded paths was looked at"));
    let mut partial = empty();
    partial.coverage[0].status = Status::Partial;
    assert!(says(partial).contains("No credentials found in what was looked at"));
    let mut failed = empty();
    failed.coverage[0].status = Status::Failed;
    let failed = says(failed);
    assert!(failed.contains("a target failed") && failed.contains("failed  shop"));
    let mut nothing = empty();
    nothing.coverage[0].items = 0;
    assert!(says(nothing).contains("Nothing was looked at, so nothing can be said."));
    let mut none = empty();
    none.coverage.clear();
    assert!(says(none).contains("Nothing was looked at"));
    let mut ephemeral = empty();
    ephemeral.key = KeyOrigin::Ephemeral;
    assert!(says(ephemeral).contains("(this run only)"));
}

#[test]
fn copies_are_cut_and_counted() {
    let text = write("table", &estate(), &Options { max_copies: 2, ..options(80) });
    assert!(text.contains("╰─ … and 15 more"));
    assert!(!text.contains("settings.yaml"));
}

#[test]
fn many_credentials_get_a_line_each_after_the_first() {
    let mut report = estate();
    let one = report.credentials[2].clone();
    report.credentials = vec![one; 300];
    let text = write("table", &report, &options(80));
    assert!(text.contains("More credentials\nHIGH      Kubernetes service account token"));
    assert!(text.contains("… and 60 more\n"));
    assert!(text.lines().count() < 700);
}
