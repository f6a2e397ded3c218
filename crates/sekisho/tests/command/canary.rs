//! Invariant 2: nothing that a run writes, anywhere, in any format, holds anything of a value.
//!
//! An estate of canaries is put through every verb and every format, with whole and with broken
//! input. Then all that came out (both streams, saved reports, the configuration directory, what is
//! left of temporary files) is searched for every canary in every writing. The search is tested
//! itself, and so is that the estate makes the command see what it must not tell.

mod estate;
mod searcher;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sekisho_secret::EstateKey;
use serde_json::Value;

use self::searcher::{Canaries, Searcher};
use crate::report::paths;
use crate::sandbox::{Run, Sandbox, git, run, write_with_mode};

const FORMATS: [&str; 6] = ["table", "json", "jsonl", "sarif", "gitlab", "markdown"];
/// The formats that carry no fingerprint of a value.
const WITHOUT_FINGERPRINTS: [&str; 4] = ["table", "sarif", "gitlab", "markdown"];

/// The estate, and all that runs over it have said.
struct Watched {
    sandbox: Sandbox,
    canaries: Canaries,
    said: RefCell<Vec<(String, Vec<u8>)>>,
}

impl Watched {
    fn new() -> Self {
        Self { sandbox: Sandbox::new(), canaries: Canaries::default(), said: RefCell::default() }
    }

    /// Runs the command and keeps what it says.
    fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Run {
        self.run_on(args, b"")
    }

    fn run_on<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>, stdin: &[u8]) -> Run {
        let command = self.sandbox.command(args);
        let label =
            command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ");
        let run = run(command, stdin);
        assert!(run.status <= 3, "{label}: status {}, {}", run.status, run.err());
        let mut said = self.said.borrow_mut();
        said.push((format!("{label} (stdout)"), run.stdout.clone()));
        said.push((format!("{label} (stderr)"), run.stderr.clone()));
        run
    }

    /// Keeps the files below a directory that the command wrote.
    fn keep_files(&self, directory: &Path) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.keep_files(&path);
            } else if !path.to_string_lossy().contains("estate.key") {
                self.said.borrow_mut().push((path.display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }

    /// Asserts that nothing that was said holds a canary, and that all of it can be shown.
    fn assert_silent(&self) {
        let searcher = Searcher::new(&self.canaries);
        for (what, said) in &*self.said.borrow() {
            let found = searcher.found(said);
            assert!(found.is_empty(), "{what} tells {found:?}:\n{}", String::from_utf8_lossy(said));
            assert_tame(what, said);
        }
    }

    fn canary_file(&self, name: &str, before: &str, behind: &str) -> PathBuf {
        let content = [before, &self.canaries.of(name), behind].concat();
        self.sandbox.write_out(name, content)
    }
}

/// Asserts that text does nothing to a terminal or to the CI job that logs it.
fn assert_tame(what: &str, said: &[u8]) {
    let text = std::str::from_utf8(said).unwrap_or_else(|_| panic!("{what} is not UTF-8"));
    let wild = |c: char| {
        (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}')
    };
    assert!(!text.contains(wild), "{what} has controls: {text:?}");
    for line in text.lines() {
        let line = line.trim_start();
        let command = ["::error", "##[error", "##vso", "##teamcity"].iter().any(|c| line.starts_with(c));
        assert!(!command, "{what} commands a CI job: {line}");
    }
}

/// The key of all sandboxes, to name canaries as reports do.
fn estate_key(sandbox: &Sandbox) -> EstateKey {
    EstateKey::from_hex(&fs::read(sandbox.key()).unwrap()).unwrap()
}

/// Fingerprints in a report.
fn fingerprints(report: &Value) -> BTreeSet<String> {
    let credentials = report["credentials"].as_array().unwrap();
    credentials.iter().filter_map(|c| c["fingerprint"].as_str().map(str::to_owned)).collect()
}

/// The canaries that a report has as credentials of their own.
fn seen(watched: &Watched, report: &Value) -> BTreeSet<String> {
    let (key, told) = (estate_key(&watched.sandbox), fingerprints(report));
    let all = watched.canaries.all().into_iter();
    all.filter(|(_, value)| told.contains(&key.fingerprint(value).to_string()))
        .map(|(place, _)| place)
        .collect()
}

#[test]
fn scans_tell_no_canary_in_any_format() {
    let watched = Watched::new();
    let (sandbox, canaries) = (&watched.sandbox, &watched.canaries);
    let good = estate::fill(sandbox, canaries);
    canaries.add("estate key", &fs::read(sandbox.key()).unwrap());
    canaries.of("a needle that is nowhere");
    let key = sandbox.key();
    let key = key.to_str().unwrap();
    let needles: Vec<Vec<u8>> =
        canaries.all().into_iter().filter(|(p, _)| p != "estate key").map(|(_, v)| v).collect();
    let needles =
        sandbox.write_out("needles", [needles.join(&b"\n"[..]), b"\nabc\n\xff\xfe\n".to_vec()].concat());

    // The search is worth something: what is scanned does hold canaries, most of them raw.
    let searcher = Searcher::new(canaries);
    let raw = fs::read(sandbox.target().join("good/app.env")).unwrap();
    assert_eq!(searcher.found(&raw), ["env 1 (raw)", "env 2 (raw)", "env 3 (raw)", "env 4 (raw)"]);

    let scan = ["scan", ".", "--estate-key-file", key, "--why", "--weak-fingerprints", "--format"];
    let out = sandbox.out("results");
    fs::create_dir(&out).unwrap();
    for format in FORMATS {
        let file = |name: &str| out.join(format!("{name}.{format}")).to_str().unwrap().to_owned();
        watched.run(scan.iter().chain([&format])).ends(1);
        watched.run(scan.map(str::to_owned).into_iter().chain([
            format.to_owned(),
            "--needles".to_owned(),
            needles.to_str().unwrap().to_owned(),
            "--save".to_owned(),
            file("saved"),
            "--output".to_owned(),
            file("report"),
        ]));
    }
    // Under the key of the configuration directory, which is made; and under none.
    watched.run(["scan", "."]).ends(1);
    let made = fs::read(sandbox.root().join("config/sekisho/estate.key")).unwrap();
    canaries.add("the key that was made", made.trim_ascii());
    watched.run(["scan", ".", "--ephemeral-key", "--format", "json"]).ends(1);
    // As a stream, and file by file.
    let mut stream = b"[pod/api-0/api] 2026-01-15T09:12:51.5Z ".to_vec();
    for path in &good {
        stream.extend(fs::read(sandbox.target().join(path)).unwrap());
        watched.run(["scan", path, "--format", "json", "--why", "--fail-on", "low"]).ends(1);
    }
    watched.run_on(["scan", "-", "--why"], &stream).ends(1);
    watched.run(["scan", "broken", "--why"]);
    watched.run(["scan", "names", "--why", "--format", "jsonl"]).ends(1);

    watched.keep_files(&out);
    watched.keep_files(&sandbox.root().join("config"));
    watched.keep_files(&sandbox.root().join("home"));
    watched.keep_files(&sandbox.root().join("tmp"));
    watched.assert_silent();

    // Every file that is whole had something to tell, and every needle is found where it stands as
    // one: as text, or in one of the encodings of needles.
    let report = watched.run(scan.iter().chain([&"json"])).json();
    let reported = paths(&report);
    let missed: Vec<&String> = good
        .iter()
        .filter(|path| !reported.iter().any(|found| found == *path || found.starts_with(&format!("{path}!"))))
        .collect();
    assert!(missed.is_empty(), "nothing is reported in {missed:?}");
    let saved: Value = serde_json::from_slice(&fs::read(out.join("saved.json")).unwrap()).unwrap();
    let seen = seen(&watched, &saved);
    let not_seen: Vec<String> = canaries.all().into_keys().filter(|place| !seen.contains(place)).collect();
    assert_eq!(not_seen, NOT_SEEN);
    // Fingerprints stand in our own formats alone.
    let told = fingerprints(&saved);
    assert!(told.len() > 100, "{}", told.len());
    for format in WITHOUT_FINGERPRINTS {
        let text = fs::read_to_string(out.join(format!("report.{format}"))).unwrap();
        assert!(!told.iter().any(|fingerprint| text.contains(fingerprint)), "{format} has fingerprints");
    }
}

/// Canaries that are not seen as credentials of their own: parts of a larger one (a token, a key),
/// and what stands in an archive that cannot be opened, which is a problem in coverage.
const NOT_SEEN: [&str; 22] = [
    "a needle that is nowhere",
    "aws id",
    "digitalocean",
    "estate key",
    "gitlab",
    "java key store",
    "no deflate",
    "no zstd",
    "pem body",
    "pem header",
    "pem line 0",
    "pem line 1",
    "pem line 2",
    "pem line 3",
    "pem line 4",
    "pem line 5",
    "pem with another end",
    "pem with signs",
    "pem without an end",
    "slack hook",
    "stored in a zip of another method",
    "the key that was made",
];

#[test]
fn files_that_the_user_names_are_not_quoted() {
    let watched = Watched::new();
    let (sandbox, canaries) = (&watched.sandbox, &watched.canaries);
    sandbox.write("app.env", format!("DB_PASSWORD={}\n", canaries.of("app.env")));
    let key = sandbox.key();
    let key = key.to_str().unwrap();
    canaries.add("estate key", &fs::read(&key).unwrap());

    // Keys.
    let digits = canaries.made_of("key digits", b"0123456789abcdef", 64);
    for (name, content) in [
        ("short.key", digits[..63].to_owned()),
        ("long.key", digits.clone() + "0"),
        ("signs.key", digits[..63].to_owned() + "g"),
        ("lines.key", format!("{}\n{}\n", &digits[..32], &digits[32..])),
        ("quoted.key", format!("\"{digits}\"")),
        ("endless.key", digits.repeat(20)),
        ("zero.key", "0".repeat(64)),
    ] {
        let path = sandbox.out(name);
        write_with_mode(&path, content, 0o600);
        let path = path.to_str().unwrap();
        watched.run(["scan", ".", "--estate-key-file", path]).ends(2);
        watched.run(["key", "id", "--estate-key-file", path]).ends(2);
        watched.run(["key", "rotate", "--estate-key-file", path]).ends(2);
        watched.run(["key", "new", path]).ends(2);
        let mut command = sandbox.command(["scan", "."]);
        command.env("SEKISHO_ESTATE_KEY_FILE", path);
        let told = run(command, b"").ends(2);
        watched.said.borrow_mut().push((format!("{name} by the environment"), told.stderr));
    }
    // The key itself where its file is asked for: it happens in the settings of CI jobs.
    watched.run(["scan", ".", "--estate-key-file", &digits]).ends(2);
    watched.run(["key", "id", "--estate-key-file", &digits]).ends(2);
    watched.run(["baseline", "import", "none.json", "--estate-key-file", &format!("{digits}\n")]).ends(2);

    // Baselines and reports.
    let head = "{\"schema\": \"sekisho.report/v1\", \"tool\": {\"version\": \"1\", \"ruleset\": \"1\"}, ";
    let mut reports = Vec::new();
    for (name, before, behind) in [
        ("text.json", "", ""),
        ("open.json", "{\"schema\": \"", ""),
        ("schema.json", "{\"schema\": \"", "\"}"),
        ("version.json", "{\"schema\": \"sekisho.report/", "\"}"),
        ("key-id.json", &format!("{head}\"key_id\": \""), "\"}"),
        ("origin.json", &format!("{head}\"key_id\": \"0000000000000000\", \"key\": \""), "\"}"),
        ("list.json", &format!("{head}\"coverage\": \""), "\"}"),
        (
            "number.json",
            &format!(
                "{head}\"coverage\": [{{\"target\": \"a\", \"source\": \"b\", \"status\": \"complete\", \"items\": \""
            ),
            "\"}]}",
        ),
        (
            "status.json",
            &format!("{head}\"coverage\": [{{\"target\": \"a\", \"source\": \"b\", \"status\": \""),
            "\"}]}",
        ),
        ("baseline.json", "{\"schema\": \"sekisho.baseline/v1\", \"key_id\": \"", "\", \"entries\": []}"),
        (
            "entries.json",
            "{\"schema\": \"sekisho.baseline/v1\", \"key_id\": \"0000000000000000\", \"entries\": [\"",
            "\"]}",
        ),
    ] {
        reports.push(watched.canary_file(name, before, behind));
    }
    for report in &reports {
        let report = report.to_str().unwrap();
        watched.run(["convert", report]).ends(2);
        watched.run(["join", report, report]).ends(2);
        watched.run(["baseline", "create", report]).ends(2);
        watched.run(["scan", ".", "--baseline", report, "--estate-key-file", key]).ends(2);
        watched.run_on(["convert", "-", "--format", "json"], &fs::read(report).unwrap()).ends(2);
    }

    // Reports of other scanners, whole ones with the values in them and broken ones.
    let value = canaries.of("value in a rival's report");
    let entry =
        format!("\"File\": \"app.env\", \"StartLine\": 1, \"Secret\": \"{value}\", \"Match\": \"x{value}\"");
    let place = "{\"Data\": {\"Filesystem\": {\"file\": \"app.env\", \"line\": 1}}}";
    for (name, content, status) in [
        (
            "gitleaks.json",
            format!(
                "[{{{entry}}}, {{\"Secret\": \"{value}\"}}, {{\"File\": \"/{value}\", \"StartLine\": 1}}]"
            ),
            0,
        ),
        (
            "trufflehog.json",
            format!("{{\"SourceMetadata\": {place}, \"Raw\": \"{value}\"}}\n{value}\n{{\"Raw\": {value}}}\n"),
            0,
        ),
        (
            "detect-secrets.json",
            format!(
                "{{\"plugins_used\": [], \"results\": {{\"app.env\": [{{\"line_number\": 1, \"hashed_secret\": \"{value}\", \"type\": \"{value}\"}}]}}}}"
            ),
            0,
        ),
        ("broken-gitleaks.json", format!("[{{{entry}}}, {value}"), 2),
        (
            "broken-detect-secrets.json",
            format!("{{\"plugins_used\": \"{value}\", \"results\": \"{value}\"}}"),
            2,
        ),
        ("unknown.json", format!("<{value}>"), 2),
    ] {
        let report = sandbox.write_out(name, content);
        watched.run(["baseline", "import", report.to_str().unwrap(), "."]).ends(status);
    }

    // Ignore files and settings, named by the user and in targets.
    let mut wrong = Vec::new();
    for (n, (before, behind)) in [
        ("[[ignore]]\npath = \"", "\n"),
        ("[[ignore]]\npath = \"[", "\"\nreason = \"r\"\nowner = \"o\"\n"),
        ("[[ignore]]\npath = \"a\"\nreason = \"r\"\nowner = \"o\"\nexpires = \"", "\"\n"),
        ("[[ignore]]\nobject = \"", "\"\nreason = \"r\"\nowner = \"o\"\n"),
        ("[[ignore]]\npath = \"a\"\n", " = 1\n"),
        ("[[ignore]]\nlocation_id = ", "\n"),
        ("exclude = [\"a\", ", "]\n"),
        ("exclude = [\"[", "\"]\n"),
        ("exclude = {", " = 1}\n"),
        ("", " = 1\n"),
        ("\u{0}", ""),
    ]
    .into_iter()
    .enumerate()
    {
        wrong.push(watched.canary_file(&format!("wrong {n}.toml"), before, behind));
    }
    for (n, file) in wrong.iter().enumerate() {
        watched.run(["scan", ".", "--ignore-file", file.to_str().unwrap()]).ends(1);
        let target = sandbox.target().join(format!("settings {n}"));
        fs::create_dir(&target).unwrap();
        fs::copy(file, target.join(".sekisho.toml")).unwrap();
        fs::copy(file, target.join(".sekisho-ignore.toml")).unwrap();
        let target = target.to_str().unwrap();
        git(Path::new(target), &["init", "-q"]);
        git(Path::new(target), &["add", "."]);
        git(Path::new(target), &["commit", "-qm", "settings"]);
        for format in FORMATS {
            watched.run(["scan", target, "--format", format]);
        }
        watched.run(["scan", target, "--config-from", "HEAD"]);
    }
    watched.keep_files(&sandbox.root().join("config"));
    watched.keep_files(&sandbox.root().join("tmp"));
    watched.assert_silent();
}

#[test]
fn who_and_reach_tell_no_canary_in_any_format_and_tame_every_name() {
    let watched = Watched::new();
    let (sandbox, canaries) = (&watched.sandbox, &watched.canaries);
    estate::fill(sandbox, canaries);
    let value = |name: &str| data_encoding::BASE64.encode(canaries.of(name).as_bytes());
    let secret = serde_json::json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "shop",
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": value("last applied")}},
        "data": {"password": value("a Secret of the picture")}});
    sandbox.write("picture/secret.json", secret.to_string());
    // Names that a terminal or a CI job would obey.
    let eve = "eve\u{1b}[31m\u{202e}\n::error title=x::y\n##vso[task.complete]";
    let rbac = "rbac.authorization.k8s.io/v1";
    for (name, object) in [
        (
            "role",
            serde_json::json!({"apiVersion": rbac, "kind": "ClusterRole", "metadata": {"name": eve},
            "rules": [{"verbs": ["get"], "resources": ["secrets"], "apiGroups": [""], "resourceNames": ["db", eve]}]}),
        ),
        (
            "binding",
            serde_json::json!({"apiVersion": rbac, "kind": "RoleBinding", "metadata": {"name": eve, "namespace": "shop"},
            "roleRef": {"kind": "ClusterRole", "name": eve}, "subjects": [{"kind": "User", "name": eve}]}),
        ),
    ] {
        sandbox.write(format!("picture/{name}.json"), object.to_string());
    }
    let key = sandbox.key();
    for depth in ["references", "metadata", "values"] {
        for format in ["table", "json", "mermaid", "dot", "drawing"] {
            let more = [
                "--from",
                ".",
                "--depth",
                depth,
                "--format",
                format,
                "--estate-key-file",
                key.to_str().unwrap(),
            ];
            let run = |first: &[&str]| watched.run(first.iter().copied().chain(more));
            if depth != "references" {
                let told = run(&["who", "secret/shop/db", "--all"]).ends(0);
                assert!(told.out().contains("eve"), "{}", told.out());
                run(&["reach", &format!("user/{eve}")]).ends(0);
            }
            run(&["reach", "group/system:masters"]);
            run(&["reach", "plug-ins"]).ends(0);
            run(&["who", &format!("secret/{eve}/{eve}")]).ends(2);
        }
    }
    let args = ["scan", "good", "--needles-from", "picture", "--estate-key-file", key.to_str().unwrap()];
    watched.run(args).ends(1);
    watched.assert_silent();
}

#[test]
fn the_verbs_without_a_target_tell_nothing_either() {
    let watched = Watched::new();
    let sandbox = &watched.sandbox;
    // The estate of the demo is one of made-up values; all that it is searched for is read from it.
    let kept = sandbox.root().join("demo");
    watched.run(["demo", "--keep", kept.to_str().unwrap()]).ends(0);
    let env = fs::read_to_string(kept.join("services/api/.env")).unwrap();
    let password = env.lines().find_map(|line| line.strip_prefix("DB_PASSWORD=")).unwrap();
    watched.canaries.add("the demo's password", password.as_bytes());
    let api = fs::read_to_string(kept.join("deploy/api.yaml")).unwrap();
    for (place, before) in
        [("the demo's key id", "value: AKIA"), ("the demo's key", "AWS_SECRET_ACCESS_KEY\n          value: ")]
    {
        let value = api.split(before).nth(1).unwrap().lines().next().unwrap();
        watched.canaries.add(place, value.as_bytes());
    }
    for format in FORMATS {
        let file = sandbox.out(format);
        watched.run(["demo", "--format", format]).ends(0);
        watched.run(["demo", "--format", format, "--output", file.to_str().unwrap()]).ends(0);
    }
    for format in FORMATS {
        watched.run(["convert", sandbox.out("json").to_str().unwrap(), "--format", format]).ends(0);
    }
    let made = watched.run(["key", "new"]).ends(0);
    let path = sandbox.root().join("config/sekisho/estate.key");
    let first = fs::read(&path).unwrap();
    watched.canaries.add("the first key", first.trim_ascii());
    watched.canaries.add("the first key's bytes", &HEXLOWER.decode(first.trim_ascii()).unwrap());
    assert_eq!(watched.run(["key", "id"]).ends(0).out(), made.out());
    watched.run(["key", "new"]).ends(2);
    watched.run(["key", "rotate"]).ends(0);
    watched.canaries.add("the second key", fs::read(&path).unwrap().trim_ascii());
    watched.run(["key", "id"]).ends(0);

    let ids = watched.run(["detectors", "list"]).ends(0);
    for id in ids.out().lines().filter_map(|line| line.split_whitespace().next()) {
        // Reads as a page for each; one process a dozen would say the same at less cost.
        if id.ends_with("key") || id.starts_with("generic/") || id.starts_with("k8s/") {
            watched.run(["explain", id]).ends(0);
        }
    }
    watched.run(["explain", "none/such"]).ends(2);
    watched.run(["detectors", "test"]).ends(0);
    watched.run(["completions", "bash"]).ends(0);
    let man = sandbox.out("man");
    fs::create_dir(&man).unwrap();
    watched.run(["man", man.to_str().unwrap()]).ends(0);
    watched.keep_files(&sandbox.root().join("out"));
    watched.keep_files(&sandbox.root().join("config"));
    watched.keep_files(&sandbox.root().join("home"));
    watched.keep_files(&sandbox.root().join("tmp"));
    watched.assert_silent();
    assert!(fs::read_dir(sandbox.root().join("tmp")).unwrap().next().is_none(), "the demo cleans up");
}

/// Whoever picks the file names of a target picks arguments too, where a shell expands `*`.
#[test]
fn arguments_are_foreign_text() {
    let watched = Watched::new();
    for name in estate::HOSTILE_NAMES {
        use std::os::unix::ffi::OsStrExt as _;
        let name = OsStr::from_bytes(name);
        let mut option = std::ffi::OsString::from("--");
        option.push(name);
        watched.run([OsStr::new("scan"), name]).ends(3);
        watched.run([OsStr::new("scan"), option.as_os_str()]).ends(2);
        watched.run([OsStr::new("scan"), OsStr::new("--format"), name]).ends(2);
        watched.run([OsStr::new("scan"), OsStr::new("--max-file-size"), name]).ends(2);
        watched.run([OsStr::new("scan"), OsStr::new("--baseline"), name]).ends(2);
        watched.run([OsStr::new("scan"), OsStr::new("--estate-key-file"), name]).ends(2);
        watched.run([OsStr::new("explain"), name]).ends(2);
        watched.run([OsStr::new("convert"), name]).ends(2);
        watched.run([name]).ends(2);
    }
    watched.assert_silent();
}
