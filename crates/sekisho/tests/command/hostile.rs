//! Input that is made to hurt: the run ends in time and in bounded memory, the rest of the estate is
//! reported nevertheless, and coverage names what was not looked at, with its place.
//!
//! Sizes are a fiftieth of what the promises speak of, so that they fit into every test run;
//! `SEKISHO_TEST_SCALE=50` in the environment makes them whole. The bound on memory stays the same.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::archives::{Zip, deflate, gzip, tar, utf16, zip};
use crate::report::{assert_has, copies, coverage, paths, problems, span};
use crate::sandbox::{Run, Sandbox, run};

/// The most memory that any of these runs may hold, in KiB.
const MEMORY: u64 = 150 << 10;

const MIB: usize = 1 << 20;

const PASSWORD: &str = concat!("q8ZXr4Lt", "Vb2wYx0N");

/// How many fiftieths.
fn scale() -> usize {
    std::env::var("SEKISHO_TEST_SCALE").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

fn line() -> String {
    format!("DB_PASSWORD={PASSWORD}\n")
}

/// A target with one harmless file that must be reported whatever lies beside it.
fn beside() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("ok.env", format!("API_SECRET={}\n", concat!("n3KdTz7W", "pM5cRj9H")));
    sandbox
}

/// Scans, and asserts what holds for every hostile input.
#[track_caller]
fn scan(sandbox: &Sandbox) -> Value {
    check(sandbox.scan(&["--max-copies", "1000"]))
}

#[track_caller]
fn check(run: Run) -> Value {
    let run = run.ends(1);
    assert!(run.peak <= MEMORY, "{} KiB of memory were held", run.peak);
    assert_eq!(run.err(), "");
    let report = run.json();
    assert!(paths(&report).contains(&"ok.env".to_owned()), "the rest of the estate: {:?}", paths(&report));
    report
}

/// Asserts that a problem with this beginning (`path: what`) is told.
#[track_caller]
fn assert_told(report: &Value, problem: &str) {
    let all = problems(report);
    assert!(all.iter().any(|told| told.starts_with(problem)), "no {problem:?} in {all:#?}");
}

#[track_caller]
fn assert_found(report: &Value, path: &str) {
    assert!(paths(report).contains(&path.to_owned()), "no {path} in {:?}", paths(report));
}

// - Bombs

#[test]
fn a_gigabyte_of_zeros_in_a_gzip_file_is_cut() {
    let sandbox = beside();
    let zeros = gzip(&vec![0; 21 * MIB]);
    sandbox.write("zeros.gz", zeros.repeat(scale()));
    sandbox.write("twice.gz", gzip(&zeros.repeat(scale())));
    let report = scan(&sandbox);
    assert_told(&report, "zeros.gz: unpacks to more than 1000 times its size");
    assert_told(&report, "twice.gz!twice: unpacks to more than 1000 times its size");
    assert_eq!(coverage(&report, "dir")["status"], "partial");
}

#[test]
fn a_zip_bomb_is_cut_and_its_neighbours_are_read() {
    let sandbox = beside();
    let zeros = vec![0; 21 * MIB * scale()];
    sandbox.write("flat.zip", zip(&[("a.bin", &zeros[..]), ("b.env", line().as_bytes())]));
    // Many small ones in many archives in one: each alone is harmless.
    let small = zip(&[("zeros", &zeros[..MIB / 2])]);
    let many: Vec<(String, &[u8])> = (0..8).map(|n| (format!("{n}.zip"), &small[..])).collect();
    let many = zip(&many);
    let mut outer: Vec<(String, &[u8])> = (0..8 * scale()).map(|n| (format!("{n}.zip"), &many[..])).collect();
    let text = line();
    outer.push(("z.env".to_owned(), text.as_bytes()));
    sandbox.write("wide.zip", zip(&outer));
    let report = scan(&sandbox);
    assert_told(&report, "flat.zip!a.bin: unpacks to more than 1000 times its size");
    assert_found(&report, "flat.zip!b.env");
    // At full size the whole is over the cap on output, which is one for all layers.
    if scale() == 1 {
        assert_found(&report, "wide.zip!z.env");
    }
}

#[test]
fn entries_that_share_their_bytes_are_told_once() {
    let sandbox = beside();
    let mut bomb = Zip::default();
    let content = format!("{}{}", "# filler\n".repeat(1000), line());
    let data = deflate(content.as_bytes());
    bomb.member(b"0.env", &data, 8, content.len());
    let sizes = [(data.len() as u32).to_le_bytes(), (content.len() as u32).to_le_bytes()].concat();
    for n in 1..500 {
        bomb.entry(format!("{n}.env").as_bytes(), 0, &sizes, 8);
    }
    sandbox.write("overlap.zip", bomb.finish());
    let report = scan(&sandbox);
    let [told] = &problems(&report)[..] else { panic!("{:?}", problems(&report)) };
    assert!(told.starts_with("overlap.zip!") && told.contains("overlaps another entry"), "{told}");
    assert_found(&report, "overlap.zip!0.env");
}

#[test]
fn archives_in_archives_end_at_the_cap_on_depth() {
    let sandbox = beside();
    let mut archive = zip(&[("deepest.env", line())]);
    for level in (1..=12).rev() {
        archive = zip(&[(format!("{level}.env"), line().into_bytes()), ("in.zip".to_owned(), archive)]);
    }
    sandbox.write("deep.zip", archive);
    let mut compressed = line().into_bytes();
    for _ in 0..12 {
        compressed = gzip(&compressed);
    }
    sandbox.write("deep.gz", compressed);
    let mut encoded = line().into_bytes();
    for _ in 0..12 {
        encoded = data_encoding::BASE64.encode(&encoded).into_bytes();
    }
    sandbox.write("deep.txt", encoded);
    let report = scan(&sandbox);
    assert_found(&report, "deep.zip!1.env");
    assert_found(&report, "deep.zip!in.zip!in.zip!in.zip!in.zip!in.zip!in.zip!7.env");
    assert!(!paths(&report).iter().any(|path| path.contains("deepest")));
    let told = problems(&report);
    assert!(
        told.iter().any(|p| p.starts_with("deep.zip!in.zip") && p.contains("more than 8 layers deep")),
        "{told:?}"
    );
    assert!(
        told.iter().any(|p| p.starts_with("deep.gz") && p.contains("more than 8 layers deep")),
        "{told:?}"
    );
}

#[test]
fn an_archive_of_too_many_members_is_cut() {
    let sandbox = beside();
    let names: Vec<String> = (0..100_010).map(|n| format!("{n}")).collect();
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    sandbox.write("many.tar.gz", gzip(&tar(&members)));
    let told = problems(&scan(&sandbox));
    assert!(
        told[0].starts_with("many.tar.gz!many.tar!") && told[0].contains("more than 100000 entries"),
        "{told:?}"
    );
    assert_eq!(told.len(), 1);
}

#[test]
fn aliases_do_not_multiply() {
    let sandbox = beside();
    let mut text =
        String::from("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: laughs}\na0: &a0 [lol, lol]\n");
    for n in 1..40 {
        let before = n - 1;
        text += &format!("a{n}: &a{n} [{}]\n", vec![format!("*a{before}"); 10].join(", "));
    }
    text += &format!("data:\n  DB_PASSWORD: {PASSWORD}\n  all: *a39\n");
    sandbox.write("laughs.yaml", &text);
    sandbox.write("itself.yaml", format!("a: &a\n  b: *a\n  DB_PASSWORD: {PASSWORD}\n"));
    sandbox.write(
        "merge.yaml",
        format!("a: &a {{DB_PASSWORD: {PASSWORD}}}\n{}", "b: {<<: *a, <<: *a}\n".repeat(2000)),
    );
    let report = scan(&sandbox);
    assert_found(&report, "laughs.yaml");
    assert_found(&report, "itself.yaml");
    assert_found(&report, "merge.yaml");
}

// - Depth and length

#[test]
fn ten_thousand_levels_of_yaml_and_json_are_fine() {
    let sandbox = beside();
    let deep = 10_000;
    let head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n";
    let nested = |open: &str, close: &str| format!("{}1{}", open.repeat(deep), close.repeat(deep));
    for (name, content) in [
        ("flow.yaml", format!("{head}  deep: {}\n  DB_PASSWORD: {PASSWORD}\n", nested("[", "]"))),
        ("maps.yaml", format!("{head}  deep: {}\n  DB_PASSWORD: {PASSWORD}\n", nested("{a: ", "}"))),
        ("block.yaml", format!("{}x\n---\n{head}  DB_PASSWORD: {PASSWORD}\n", "- ".repeat(deep))),
        ("questions.yaml", format!("{}x\n---\n{head}  DB_PASSWORD: {PASSWORD}\n", "? ".repeat(deep))),
        ("open.yaml", format!("{head}  DB_PASSWORD: {PASSWORD}\n---\n{}\n", "[".repeat(deep))),
        ("lists.json", format!("{{\"deep\": {}, \"password\": \"{PASSWORD}\"}}", nested("[", "]"))),
        ("maps.json", format!("{{\"deep\": {}, \"password\": \"{PASSWORD}\"}}", nested("{\"a\": ", "}"))),
        ("inmost.json", format!("{}\"{PASSWORD}\"{}", "{\"password\": ".repeat(deep), "}".repeat(deep))),
        ("open.json", format!("{{\"password\": \"{PASSWORD}\", \"a\": {}", "[".repeat(deep))),
    ] {
        sandbox.write(name, content);
    }
    let report = scan(&sandbox);
    for name in [
        "flow.yaml",
        "maps.yaml",
        "block.yaml",
        "questions.yaml",
        "open.yaml",
        "lists.json",
        "maps.json",
        "inmost.json",
        "open.json",
    ] {
        assert_found(&report, name);
    }
    assert_told(&report, "flow.yaml: nested deeper than the cap");
    assert_told(&report, "lists.json: nested deeper than the cap");
    // Each with the position where it goes too deep.
    let all = coverage(&report, "dir")["problems"].as_array().unwrap();
    let flow = all.iter().find(|problem| problem["place"]["path"] == "flow.yaml").unwrap();
    assert_eq!(flow["place"]["line"], 5);
}

#[test]
fn one_very_long_line_is_a_line() {
    let sandbox = beside();
    let half = "lorem ipsum, ".repeat(4 * MIB * scale() / 13);
    let text = format!("{half} db_password = \"{PASSWORD}\"; {half}");
    sandbox.write("long.txt", &text);
    let report = scan(&sandbox);
    let all = copies(&report);
    let copy = all.iter().find(|copy| copy["place"]["path"] == "long.txt").unwrap();
    let at = half.len() + " db_password = \"".len();
    assert_has(
        &copy["place"],
        &json!({"line": 1, "column": at + 1, "byte_offset": at, "byte_length": PASSWORD.len()}),
    );
}

/// Above the cap on random access a file comes in blocks: the same place, in flat memory.
#[test]
fn a_large_file_is_scanned_in_blocks() {
    let sandbox = beside();
    let filler = "2026-01-15T09:12:51Z info all is well, really\n";
    let lines = 36 * MIB / filler.len() * scale().div_ceil(10);
    let before = filler.repeat(lines);
    let content = format!("{before}{}", line());
    sandbox.write("large.log", &content);
    sandbox.write("large.log.gz", gzip(content.as_bytes()));
    // What has a structure is read without it, and that is said.
    let objects = format!(
        "{{\"password\": \"{PASSWORD}\", \"filler\": [{}0]}}",
        "[1, 2, 3],\n".repeat(before.len() / 11)
    );
    sandbox.write("large.json.gz", gzip(objects.as_bytes()));
    let report = scan(&sandbox);
    assert_eq!(
        problems(&report),
        ["large.json.gz!large.json: over 32 MiB in one document: scanned as plain bytes"]
    );
    assert_found(&report, "large.json.gz!large.json");
    let all = copies(&report);
    for path in ["large.log", "large.log.gz"] {
        let copy = all.iter().find(|copy| copy["place"]["path"] == path).unwrap();
        assert_has(
            &copy["place"],
            &json!({"line": lines + 1, "column": 13, "byte_offset": before.len() + 12}),
        );
    }
}

/// Beginnings of everything, over and over: what is quadratic in any of them does not end in time.
#[test]
fn beginnings_without_ends_take_their_time_and_no_more() {
    let sandbox = beside();
    let size = MIB / 8 * scale().min(8);
    let key = concat!("-----BEGIN RSA PRIV", "ATE KEY-----\n");
    for (n, part) in [
        key,
        "-----BEGIN ",
        "eyJhbGciOiJIUzI1NiJ9.",
        "eyJ",
        "password=",
        "password: ",
        "\"password\": \"",
        "://a:",
        "postgres://a:b@",
        "{{",
        "${",
        "\\u0022",
        "\\\\",
        "%25",
        "&#x41;",
        "&#",
        "Authorization: Basic ",
        "Bearer ",
        "AKIA",
        "ghp_",
        "a: &a *a\n",
        "{\"a\":",
        "[",
        "- ",
        "? ",
        ": ",
        "---\n",
        "kind: Secret\n---\n",
        "apiVersion: v1\nkind: ConfigMap\ndata:\n",
        "\n",
        " ",
        "\t",
        "\0",
        "\u{feff}",
        "a",
        "a: |\n",
        "'",
        "\"",
        "#",
        "# sekisho:ignore\n",
        "ENC[",
        "0123456789abcdef",
        "AAAA",
        "AAAA\n",
        "H4sI",
        "PK\x03\x04",
        "UEsDBA",
        "x\n\n",
        "key=\"",
        "a=b&",
        "<!--",
        "$(",
        "password=\"a\" ",
        "\u{e9}\u{301}",
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("{n}.{}", ["txt", "yaml", "env", "json"][n % 4]);
        sandbox.write(name, part.repeat(size / part.len()));
    }
    scan(&sandbox);
}

// - Damage

/// A frame of RFC 8878 with one raw block.
fn zstd(content: &[u8]) -> Vec<u8> {
    let len = content.len() as u32;
    let mut frame = b"\x28\xb5\x2f\xfd\xa0".to_vec();
    frame.extend(len.to_le_bytes());
    frame.extend(&((len << 3) | 1).to_le_bytes()[..3]);
    frame.extend(content);
    frame
}

#[test]
fn what_is_cut_off_is_read_up_to_there_and_told() {
    let sandbox = beside();
    // Bytes that do not compress, behind what is to be found.
    let mut state = 7_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(4096)
    .collect();
    let text = line();
    let both = [text.as_bytes(), &noise].concat();
    for (name, whole, found) in [
        ("a.zip", zip(&[("a.env", text.as_bytes()), ("b.bin", &noise)]), "#a.zip!a.env"),
        ("a.tar", tar(&[("a.env", text.as_bytes()), ("b.bin", &noise)]), "#a.tar!a.env"),
        ("a.tgz", gzip(&tar(&[("a.env", text.as_bytes()), ("b.bin", &noise)])), "#a.tgz!#a.tar!a.env"),
        ("a.env.gz", gzip(&both), "#a.env.gz!#a.env"),
        ("a.env.zst", zstd(&both), "#a.env.zst!#a.env"),
    ] {
        let found = |n: usize| found.replace('#', &n.to_string());
        // Each by its number of eighths.
        for n in 1..=8 {
            sandbox.write(format!("{n}{name}"), &whole[..whole.len() * n / 8]);
        }
        let report = scan(&sandbox);
        let told = problems(&report);
        for n in 1..=8 {
            let cut = told.iter().any(|problem| problem.starts_with(&format!("{n}{name}")));
            assert_eq!(cut, n < 8, "{n}{name} in {told:?}");
        }
        // A block of Zstandard is decoded whole or not at all, and this is one block.
        let readable = if name.ends_with("zst") { 8..=8 } else { 7..=8 };
        for n in readable {
            assert_found(&report, &found(n));
        }
        (1..=8).for_each(|n| fs::remove_file(sandbox.target().join(format!("{n}{name}"))).unwrap());
    }
}

#[test]
fn bytes_that_are_no_text_hide_nothing() {
    let sandbox = beside();
    let text = line();
    for (name, before, behind) in [
        ("latin1.env", &b"# caf\xe9\n"[..], &b""[..]),
        ("broken.env", b"\xc3\x28\xa0\xa1\xff\xf8 \n", b"\xff"),
        ("surrogate.env", b"\xed\xa0\x80\n", b"\xed\xbf\xbf"),
        ("zeros.env", b"\0\0\0\0\n", b"\0\0\0\0"),
        ("binary.bin", b"\x7fELF\x02\x01\x01\0\0\0\0\0\xff\xfe\n", b"\0\x01\x02"),
        // A mark that says UTF-16, and bytes that say otherwise.
        ("le.env", b"\xff\xfe# \n", b""),
        ("be.env", b"\xfe\xff# \n", b""),
        ("utf8.env", b"\xef\xbb\xbf", b""),
        ("bad.yaml", b"a: \xff\xfe\n", b""),
    ] {
        sandbox.write(name, [before, text.as_bytes(), behind].concat());
    }
    let mut odd = utf16(&text);
    odd.push(b'x');
    sandbox.write("odd.env", odd);
    sandbox.write("bare.env", utf16(&text.repeat(3)).split_off(2));
    sandbox.write("bad.json", [b"{\"\xff\": 1, \"password\": \"", PASSWORD.as_bytes(), b"\"}"].concat());
    let report = scan(&sandbox);
    for name in [
        "latin1.env",
        "broken.env",
        "surrogate.env",
        "zeros.env",
        "binary.bin",
        "le.env",
        "be.env",
        "utf8.env",
        "bad.yaml",
        "odd.env",
        "bare.env",
        "bad.json",
    ] {
        assert_found(&report, name);
    }
    let broken = [&b"\xc3\x28\xa0\xa1\xff\xf8 \n"[..], text.as_bytes(), b"\xff"].concat();
    let copy = copies(&report).into_iter().find(|copy| copy["place"]["path"] == "broken.env").unwrap();
    assert_has(&copy["place"], &span(&broken, PASSWORD.as_bytes()));
}

// - Things that are no files

#[test]
fn links_pipes_and_sockets_are_not_followed_and_not_waited_for() {
    let sandbox = beside();
    let target = sandbox.target();
    fs::create_dir_all(target.join("a/b")).unwrap();
    symlink("../..", target.join("a/b/up")).unwrap();
    symlink("loop", target.join("loop")).unwrap();
    symlink("ping", target.join("pong")).unwrap();
    symlink("pong", target.join("ping")).unwrap();
    symlink("nowhere", target.join("dangling")).unwrap();
    symlink("ok.env", target.join("again.env")).unwrap();
    symlink(sandbox.key(), target.join("outside.env")).unwrap();
    symlink("/dev/zero", target.join("zeros.env")).unwrap();
    assert!(sandbox.clean("mkfifo", ["pipe.env"]).status().unwrap().success());
    let _socket = UnixListener::bind(target.join("socket.env")).unwrap();
    let report = scan(&sandbox);
    assert_eq!(paths(&report), ["ok.env"], "each file once, and none outside");
    assert_eq!(coverage(&report, "dir")["items"], 1);
    for told in ["loop: ", "ping: ", "pong: "] {
        assert_told(&report, &format!("{told}a symbolic link that leads to itself"));
    }
    assert_told(&report, "pipe.env: a pipe, not opened");
    assert_told(&report, "socket.env: a socket, not opened");
    assert_eq!(problems(&report).len(), 5, "a dangling link hides nothing");
    // Named as a target, a link is followed.
    let named = sandbox.run(["scan", "again.env", "--format", "json"]).ends(1).json();
    assert_eq!(paths(&named), ["again.env"]);
    sandbox.run(["scan", "loop"]).ends(3);
    sandbox.run(["scan", "dangling"]).ends(3);
    sandbox.run(["scan", "socket.env"]).ends(3);
}

/// Root may read everything, so as root the test takes the rights of nobody. Where that cannot be,
/// it says so.
#[test]
fn what_may_not_be_read_is_told() {
    let sandbox = beside();
    let target = sandbox.target();
    let closed = sandbox.write("closed.env", line());
    fs::create_dir(target.join("closed")).unwrap();
    sandbox.write("closed/in.env", line());
    // For nobody: the way to the target, and the command itself.
    let binary = sandbox.root().join("sekisho");
    fs::copy(env!("CARGO_BIN_EXE_sekisho"), &binary).unwrap();
    for path in [sandbox.root(), &target, &sandbox.root().join("tmp")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let close = |mode: u32| {
        fs::set_permissions(&closed, fs::Permissions::from_mode(mode)).unwrap();
        fs::set_permissions(target.join("closed"), fs::Permissions::from_mode(mode | (mode & 0o400) >> 2))
            .unwrap();
    };
    close(0);
    let mut args = vec![binary.to_str().unwrap(), "scan", ".", "--format", "json", "--ephemeral-key"];
    let command = if rustix::process::geteuid().is_root() {
        let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "--"];
        let can = sandbox
            .clean("setpriv", nobody.iter().chain(&["true"]))
            .output()
            .is_ok_and(|o| o.status.success());
        if !can {
            close(0o600);
            eprintln!("NOT TESTED: root reads everything, and `setpriv` is not there to be somebody else");
            return;
        }
        args.splice(0..0, nobody);
        sandbox.clean("setpriv", args)
    } else {
        sandbox.clean(args.remove(0), args)
    };
    let run = run(command, b"");
    close(0o700);
    let report = check(run);
    assert_told(&report, "closed.env: not read: permission denied");
    assert_told(&report, "closed: not read: permission denied");
    assert_eq!(problems(&report).len(), 2);
    assert_eq!(coverage(&report, "dir")["status"], "partial");
}

// - Change and number

#[test]
fn a_file_that_grows_while_it_is_read_ends_where_it_ended() {
    let sandbox = beside();
    let filler = "2026-01-15T09:12:51Z info all is well\n";
    let path = sandbox.write("grows.log", line() + &filler.repeat(4 * MIB / filler.len()));
    let done = AtomicBool::new(false);
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
            while !done.load(Ordering::Relaxed) {
                file.write_all(filler.as_bytes()).unwrap();
                // On a busy machine a sleep can outlast the reading.
                std::thread::yield_now();
            }
        });
        let run = sandbox.scan(&[]);
        done.store(true, Ordering::Relaxed);
        check(run)
    });
    assert_found(&report, "grows.log");
    assert_told(&report, "grows.log: changed while it was read");
}

#[test]
fn a_target_that_changes_while_it_is_walked_is_walked_to_the_end() {
    let sandbox = beside();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0.. {
                if done.load(Ordering::Relaxed) {
                    return;
                }
                let path = sandbox.write(format!("d{}/f{}.env", n % 50, n % 7), line());
                if n % 3 == 0 {
                    fs::remove_file(&path).unwrap();
                }
                if n % 11 == 0 {
                    fs::remove_dir_all(path.parent().unwrap()).unwrap();
                }
            }
        });
        for _ in 0..3 {
            scan(&sandbox);
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_great_number_of_tiny_files_is_only_a_number() {
    let sandbox = beside();
    let files = 4000 * scale();
    for n in 0..files {
        let directory = sandbox.target().join(format!("d{}", n / 500));
        if n % 500 == 0 {
            fs::create_dir(&directory).unwrap();
        }
        fs::write(directory.join(format!("{n}")), if n % 100 == 0 { line() } else { format!("{n}\n") })
            .unwrap();
    }
    let mut deep = sandbox.target();
    for _ in 0..200 {
        deep.push("deep");
        fs::create_dir(&deep).unwrap();
    }
    fs::write(deep.join("a.env"), line()).unwrap();
    let report = scan(&sandbox);
    assert_eq!(coverage(&report, "dir")["items"], files + 2);
    let totals: u64 =
        report["credentials"].as_array().unwrap().iter().map(|c| c["copies_total"].as_u64().unwrap()).sum();
    assert_eq!(totals as usize, files.div_ceil(100) + 2);
    assert_found(&report, &format!("{}a.env", "deep/".repeat(200)));
}
