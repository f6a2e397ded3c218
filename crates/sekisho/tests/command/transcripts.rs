//! Transcripts of the command in `tests/cmd`, as people read them. `TRYCMD=overwrite` brings them up
//! to date; what has changed is then for a person to read.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

#[test]
fn transcripts_are_what_the_command_says() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().to_str().unwrap();
    trycmd::TestCases::new()
        .register_bin("sekisho", Path::new(env!("CARGO_BIN_EXE_sekisho")))
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home)
        .env("CI", "")
        .insert_var("[VERSION]", env!("CARGO_PKG_VERSION"))
        .unwrap()
        .case("tests/cmd/*.md")
        .run();
}

/// What the READMEs show of the demo is what it prints, at 100 columns: its credentials and its
/// summary. `TRYCMD=overwrite` brings them up to date too.
#[test]
fn the_readmes_show_the_demo() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .arg("demo")
        .env_remove("NO_COLOR")
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).unwrap();
    let (credentials, rest) = printed.split_once("\nFindings").unwrap();
    let summary = rest.split("\n\n").find(|part| part.contains("\nRotate first: ")).unwrap();
    let shown = format!("```console\n$ cargo run --release -- demo\n{credentials}\n…\n\n{summary}\n…\n```\n");
    for name in ["README.md", "README.ja.md"] {
        let path = root.join(name);
        let page = fs::read_to_string(&path).unwrap();
        let begin = page.find("<!-- demo output: begin").unwrap();
        let begin = begin + page[begin..].find('\n').unwrap() + 1;
        let end = page.find("<!-- demo output: end").unwrap();
        if page[begin..end] == shown {
            continue;
        }
        assert_eq!(
            env::var("TRYCMD").as_deref(),
            Ok("overwrite"),
            "{name} shows another demo than this:\n{shown}"
        );
        fs::write(&path, format!("{}{shown}{}", &page[..begin], &page[end..])).unwrap();
    }
}
