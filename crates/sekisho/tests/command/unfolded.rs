//! Delta = full: a history tells the same whether its versions are kept as deltas of each other, so
//! that what they copy is inherited, or each as a whole, so that all of it is scanned.

use std::fmt::Write as _;

use serde_json::Value;

use crate::report::copies;
use crate::sandbox::{Sandbox, git, run};

/// Lines and blocks that decide each other across an edit. Made up.
const PIECES: &[&str] = &[
    "---\n",
    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata:\n",
    concat!("  password: kV8x", "Qz2mPw7RtYb4\n"),
    concat!("  password: kV8x", "Qz2mPw7RtYb5\n"),
    "  password: changeme\n",
    concat!("  note: |\n    DB_PASSWORD=Zr4w", "Kq9TxP2m\n"),
    concat!("password = \"Zr4w", "Kq9TxP2mLs8v\"\n"),
    concat!("DB_PASSWORD=Zr4w", "Kq9TxP2mLs8v\n"),
    concat!("postgres://app:Zr4w", "Kq9TxP2m@db.prod:5432/shop\n"),
    concat!("{\"password\": \"Zr4w", "Kq9TxP2mLs8v\", \"a\": \"x\\ny\\tz\\n\"}\n"),
    concat!("cGFzc3dvcmQ9WnI0d0tx", "OVR4UDJtTHM4dgpkYl90b2tlbj1aeTV3S3E5VHhQMm0=\n"),
    concat!(
        "-----BEGIN EC PRIVATE",
        " KEY-----\nMHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY/PuoAoGCCqGSM49\n"
    ),
    concat!("-----END EC PRIVATE", " KEY-----\n"),
    "# sekisho:ignore\n",
    "nothing at all here, and more of it\n",
    "x",
    "\"",
];

/// Numbers that are the same in every run (xorshift64, Marsaglia 2003).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % end
    }
}

/// How a file keeps its text.
fn encoded(text: &str, encoding: usize) -> Vec<u8> {
    match encoding {
        0..=4 => text.as_bytes().to_vec(),
        5 => [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
        6 => text.replace('\n', "\r\n").into_bytes(),
        // No text by its first bytes.
        7 => [b"\0\0", text.as_bytes()].concat(),
        _ => text
            .bytes()
            .fold(String::new(), |mut hex, byte| {
                write!(hex, "{byte:02x}").unwrap();
                hex
            })
            .into_bytes(),
    }
}

/// Changes a list of pieces: an edit, a move, a copy, a shift by some bytes, or nothing.
fn edit(pieces: &mut Vec<String>, numbers: &mut Numbers) {
    let at = numbers.below(pieces.len());
    let (from, piece) = (numbers.below(pieces.len()), PIECES[numbers.below(PIECES.len())]);
    match numbers.below(8) {
        0..=2 => pieces.insert(at, piece.to_owned()),
        3 if pieces.len() > 20 => drop(pieces.remove(at)),
        4 => {
            let moved = pieces.remove(from);
            pieces.insert(at.min(pieces.len()), moved);
        }
        5 => pieces.insert(at, pieces[from].clone()),
        6 => pieces.insert(0, "#".repeat(1 + numbers.below(70)) + "\n"),
        // Within a piece, so that an edit stands in a value.
        _ => {
            let cut = numbers.below(pieces[at].len());
            pieces[at].insert(cut, char::from(b'a' + numbers.below(26) as u8));
        }
    }
}

/// Writes a history of `commits` commits over a few files.
fn grow(sandbox: &Sandbox, commits: usize, numbers: &mut Numbers) {
    let paths = ["chart/values.yaml", "app.env", "src/app.py", "tests/app.py", "notes.md", "run"];
    let piece = |numbers: &mut Numbers| PIECES[numbers.below(PIECES.len())].to_owned();
    let mut files: Vec<(Vec<String>, usize)> =
        paths.iter().map(|_| ((0..40).map(|_| piece(numbers)).collect(), 0)).collect();
    let target = sandbox.target();
    git(&target, &["init", "-q", "-b", "main"]);
    for commit in 0..commits {
        for (path, (pieces, encoding)) in paths.iter().zip(&mut files) {
            edit(pieces, numbers);
            if numbers.below(12) == 0 {
                *encoding = numbers.below(9);
            }
            sandbox.write(path, encoded(&pieces.concat(), *encoding));
        }
        let other = files[numbers.below(files.len())].0.concat();
        sandbox.write(format!("copy-{}", commit % 5), other);
        git(&target, &["add", "-A"]);
        git(&target, &["commit", "-qm", "x"]);
    }
}

/// How many blobs are deltas of others.
fn deltas(sandbox: &Sandbox) -> usize {
    let all = ["cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(deltabase)"];
    let mut command = sandbox.clean("git", all);
    command.current_dir(sandbox.target());
    let text = run(command, b"").ends(0).out().to_owned();
    text.lines()
        .filter(|line| line.starts_with("blob ") && line[5..].bytes().any(|digit| digit != b'0'))
        .count()
}

#[test]
fn every_version_tells_the_same_as_a_delta_and_as_a_whole() {
    for seed in [1, 0x5ca1_ab1e, 0xdead_beef_cafe] {
        let sandbox = Sandbox::new();
        grow(&sandbox, 60, &mut Numbers(seed));
        let scan = |args: &[&str]| -> Value {
            let fixed = ["--every-version", "--no-cache", "--fail-on", "never"];
            sandbox.scan(&[&fixed, args].concat()).ends(0).json()
        };
        let pack = |window: &str| git(&sandbox.target(), &["repack", "-adfq", "--depth=50", window]);
        pack("--window=0");
        assert_eq!(deltas(&sandbox), 0);
        let full = scan(&[]);
        // Folded: whichever version comes first, what is told of a copy is its newest.
        let folded = |jobs: &str| -> Value {
            sandbox.scan(&["--no-cache", "--fail-on", "never", "--jobs", jobs]).ends(0).json()
        };
        let copied = folded("1");
        assert!(copies(&full).len() > 500, "{}", copies(&full).len());
        pack("--window=30");
        assert!(deltas(&sandbox) > 150, "{}", deltas(&sandbox));
        for jobs in ["1", "3"] {
            let delta = scan(&["--jobs", jobs]);
            let (here, there) = (copies(&delta), copies(&full));
            let differs = here.iter().zip(&there).find(|(a, b)| a != b);
            assert!(differs.is_none(), "seed {seed}: {differs:#?}");
            assert!(delta == full, "seed {seed}: the rest of the report");
            assert!(folded(jobs) == copied, "seed {seed}: folded");
        }
        // Without room for bases each is inflated again, which is told and changes nothing.
        let fixed = ["--every-version", "--no-cache", "--fail-on", "never", "--live-bases", "1k"];
        let tight = sandbox.scan(&fixed).ends(0);
        assert!(tight.err().contains("over the budget, and inflated again"), "{}", tight.err());
        assert!(tight.json() == full, "seed {seed}: without room");
    }
}
