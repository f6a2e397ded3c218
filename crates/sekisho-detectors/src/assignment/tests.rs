use super::*;

const WHOLE: Edges = Edges { at_start: true, at_end: true };

/// Separator, quoted and value of the assignment to the first `password` or `token`.
fn read_in(text: &str) -> Option<(Separator, bool, String)> {
    let lower = text.to_ascii_lowercase();
    let at =
        lower.find("password").map(|at| at..at + 8).or_else(|| lower.find("token").map(|at| at..at + 5))?;
    let name = name_around(text.as_bytes(), &at);
    let read = read(text.as_bytes(), name, WHOLE)?;
    Some((read.separator, read.quoted, text[read.value].to_owned()))
}

#[track_caller]
fn reads(text: &str, separator: Separator, quoted: bool, value: &str) {
    assert_eq!(read_in(text), Some((separator, quoted, value.to_owned())), "{text}");
}

#[test]
fn settings() {
    reads("DB_PASSWORD=hunter2", Separator::Equals, false, "hunter2");
    reads("db.password = hunter2 # x", Separator::Equals, false, "hunter2");
    reads("password: hunter2\n", Separator::Colon, false, "hunter2");
    reads("password: 'hunter2'\n", Separator::Colon, true, "hunter2");
    reads(r#"{"password": "hunter2"}"#, Separator::Colon, true, "hunter2");
    reads(concat!(r#"{\"pass"#, r#"word\":\"hunter2\"}"#), Separator::Colon, true, "hunter2");
    reads("<password>hunter2</password>", Separator::Tag, false, "hunter2");
    reads(r#"<add key="DbPassword" value="hunter2"/>"#, Separator::NameValue, true, "hunter2");
    reads(r#"<property name="password">hunter2</property>"#, Separator::Tag, false, "hunter2");
    reads("- name: DB_PASSWORD\n  value: hunter2\n", Separator::NameValue, false, "hunter2");
    reads(r#"{"name":"DB_PASSWORD","value":"hunter2"}"#, Separator::NameValue, true, "hunter2");
    reads("Server=x;Password=hunter2;Database=y", Separator::Equals, false, "hunter2");
    reads("?token=abcd1234&x=y", Separator::Equals, false, "abcd1234");
    reads("PASSWORD=a;b&c", Separator::Equals, false, "a;b&c");
}

#[test]
fn programs() {
    reads(r#"let password = "hunter2";"#, Separator::Equals, true, "hunter2");
    reads(r#"let password: &'static str = "hunter2";"#, Separator::Colon, true, "hunter2");
    reads(r#"val password: String = "hunter2""#, Separator::Colon, true, "hunter2");
    reads(r#"password := "hunter2""#, Separator::Equals, true, "hunter2");
    reads(r":password => 'hunter2'", Separator::Arrow, true, "hunter2");
    reads(r"$config['password'] = 'hunter2';", Separator::Equals, true, "hunter2");
    reads(r#"setPassword("hunter2")"#, Separator::Call, true, "hunter2");
    reads(r#"put("password", "hunter2")"#, Separator::Comma, true, "hunter2");
    reads(r#"if password == "hunter2" {"#, Separator::Comparison, true, "hunter2");
    reads(r#"password = String::from("hunter2")"#, Separator::Equals, true, "hunter2");
    reads(r#"password = b"hunter2""#, Separator::Equals, true, "hunter2");
    reads(r#"password = os.getenv("DB_PW", "hunter2")"#, Separator::Equals, true, "hunter2");
    reads(r#"password: process.env.PW || "hunter2","#, Separator::Colon, true, "hunter2");
    reads(r#"password = os.environ.get("DB_PW") or "hunter2""#, Separator::Equals, true, "hunter2");
    reads("password =\n    \"hunter2\"", Separator::Equals, true, "hunter2");
    reads("password = getPassword()", Separator::Equals, false, "getPassword()");
    reads(r#"NSString *password = @"hunter2";"#, Separator::Equals, true, "hunter2");
    reads("password: 'hunter2=='", Separator::Colon, true, "hunter2==");
}

#[test]
fn less_common_syntaxes() {
    reads("${DB_PASSWORD:-hunter2}", Separator::Equals, true, "hunter2");
    reads("@Value(\"${db.password:hunter2}\")", Separator::Equals, true, "hunter2");
    reads("$ENV{DB_PASSWORD} = 'hunter2';", Separator::Equals, true, "hunter2");
    reads("{password, \"hunter2\"}", Separator::Comma, true, "hunter2");
    reads("\"password\" -> \"hunter2\"", Separator::Arrow, true, "hunter2");
    reads("ENV DB_PASSWORD hunter2\n", Separator::Equals, false, "hunter2");
    reads("Dim password As String = \"hunter2\"", Separator::Equals, true, "hunter2");
    reads("<key>password</key>\n\t<string>hunter2</string>", Separator::Tag, false, "hunter2");
    reads("<password><![CDATA[hunter2]]></password>", Separator::Tag, false, "hunter2");
    reads("char password[] = \"hunter2\";", Separator::Equals, true, "hunter2");
    reads("password?: string = 'hunter2'", Separator::Colon, true, "hunter2");
    reads("('--password', default='hunter2')", Separator::Equals, true, "hunter2");
    reads("* **Password**: `hunter2`", Separator::Colon, true, "hunter2");
}

#[test]
fn command_lines() {
    reads("login --password hunter2 -u x", Separator::Flag, false, "hunter2");
    reads("login --password=hunter2", Separator::Equals, false, "hunter2");
    reads("login --password 'hunter2'", Separator::Flag, true, "hunter2");
    reads(r#"["--password", "hunter2"]"#, Separator::Flag, true, "hunter2");
    reads(r#"option("--password", "hunter2")"#, Separator::Comma, true, "hunter2");
}

#[test]
fn none() {
    for text in [
        "the password is long",
        "password",
        "password:",
        "password: ",
        "password = \"\"",
        "password: # none",
        "${PASSWORD}",
        "${PASSWORD:?is not set}",
        "#{password:hunter2}",
        "\"Enter password\", \"hunter2\"",
        "password::new",
        "password = \"not closed\n",
        "password = os.getenv(\"PASSWORD\")",
        "password=$(getent passwd x)",
        "password=abc",
    ] {
        assert_eq!(read_in(text), None, "{text}");
    }
}

#[test]
fn a_value_that_goes_on_past_the_window_is_none() {
    let text = format!("password={}", "a".repeat(600));
    assert_eq!(read_in(&text), None);
    let cut = Edges { at_start: true, at_end: false };
    assert_eq!(read(b"password=hunter2", 0..8, cut), None);
}

proptest::proptest! {
    #[test]
    fn any_bytes_do_not_panic(text in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300), at in 0usize..300, len in 1usize..9) {
        let at = at.min(text.len());
        let hit = at..(at + len).min(text.len());
        let name = name_around(&text, &hit);
        proptest::prop_assert!(name.end <= text.len());
        if let Some(read) = read(&text, name, WHOLE) {
            proptest::prop_assert!(read.value.end <= read.end && read.end <= text.len());
        }
    }
}

/// What stands around names, and the marks that only some of it needs.
const PIECES: &[&str] = &[
    "secret",
    "password",
    "token",
    "api_key",
    "accessKey",
    "salt",
    "nonce",
    "cred",
    "pass",
    "jwt",
    "auth",
    "key",
    "client",
    "Ref",
    "Name",
    "hunter2",
    "a1b2c3d4",
    "0x1f, 0x2e, 0x3d, 0x4c, 0x5b, 0x6a, 0x79, 0x88",
    "value",
    "parameterValue",
    "parameter",
    "default=",
    "String",
    "As String",
    "[16]",
    "[]byte",
    "{ get; set; }",
    "err",
    "hex.DecodeString(",
    "type=\"x\"",
    "define(",
    "ENV",
    "set -x",
    "setenv",
    "new ",
    "os.getenv(",
    "process.env.X",
    "||",
    "&quot;",
    "&",
    "</key>",
    "</name>",
    "<string>",
    "<value>",
    "<",
    "<a:",
    ">",
    "(",
    ")",
    "[",
    "]",
    "{",
    "${",
    "{{",
    "}",
    "\"",
    "'",
    "`",
    "\\",
    "\\n",
    ":",
    "::",
    ":=",
    "=",
    "==",
    "=>",
    "->",
    "<-",
    "!=",
    "+=",
    "?",
    "?:",
    ";",
    ";s:8:",
    ",",
    ", ",
    ".",
    "-",
    "--",
    "_",
    "$",
    "*",
    "**",
    "@",
    "#",
    "/",
    "|",
    "%",
    "\n",
    "\r\n",
    "\n\n    ",
    " ",
    "  ",
    "\t",
    "                        ",
    "x",
    "the",
];

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(20_000))]

    /// What is assigned somewhere is in sight from its keyword, wherever the text is cut around it.
    #[test]
    fn nothing_that_is_read_is_out_of_sight(
        before in proptest::collection::vec(0..PIECES.len(), 0..9),
        name in 0..12usize,
        behind in proptest::collection::vec(0..PIECES.len(), 0..12),
        cut in proptest::arbitrary::any::<bool>(),
    ) {
        let mut text: String = before.iter().map(|at| PIECES[*at]).collect();
        text += PIECES[name];
        text.extend(behind.iter().map(|at| PIECES[*at]));
        let text = text.as_bytes();
        for noun in [Noun::Password, Noun::Secret, Noun::Token, Noun::Key, Noun::Salt] {
            let rule = Assignments { noun, keywords: &[] };
            for word in ["secret", "cred", "pass", "token", "jwt", "auth", "key", "apikey", "api_key", "key:", "key\"", "key = ", "key</", "auth: ", "accesskey", "salt", "nonce"] {
                for at in 0..text.len().saturating_sub(word.len() - 1) {
                    let hit = at..at + word.len();
                    if !text[hit.clone()].eq_ignore_ascii_case(word.as_bytes()) {
                        continue;
                    }
                    let mut found = Vec::new();
                    rule.find(text, hit.clone(), Edges { at_start: true, at_end: !cut }, &mut found);
                    let sight = rule.sight();
                    let near = at.saturating_sub(sight.before)..text.len().min(at + sight.after);
                    let hit = at - near.start..hit.end - near.start;
                    let near = &text[near];
                    let stands = hit.end > near.len() || rule.may_stand(near, hit);
                    proptest::prop_assert!(
                        found.is_empty() || stands, "{:?} at {at} of {:?}", word, String::from_utf8_lossy(text),
                    );
                }
            }
        }
    }
}
