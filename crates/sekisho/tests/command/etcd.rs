//! etcd's files through the command: proven, signed, judged with a configuration, and scanned.

use std::path::Path;
use std::process::{Command, Stdio};

use sekisho_etcd::sample::{Image, Rev, Segment, field, object, put, sealed, secret, stale};
use serde_json::Value;

use crate::archives::{gzip, tar};
use crate::sandbox::Sandbox;

const PASSWORD: &str = concat!("Correct-", "horse-42-battery");
const OLD: &str = concat!("Tr0ub4dor", "-and-3-more");

fn plain(name: &str, password: &str) -> Vec<u8> {
    secret("shop", name, &[("password", password.as_bytes())])
}

fn key(name: &str) -> String {
    format!("/registry/secrets/shop/{name}")
}

/// A store with a live Secret in plain, an older revision, a freed page and an enveloped one.
fn store() -> Image {
    let revs = [
        Rev::put(2, "/registry/namespaces/kube-system", object("v1", "Namespace", b"")),
        Rev::put(3, &key("db"), plain("db", OLD)),
        Rev::put(5, &key("db"), plain("db", PASSWORD)),
        Rev::put(6, &key("sealed"), sealed(300, 7)),
    ];
    let freed = |id| stale(4096, id, &[Rev::put(4, &key("mail"), plain("mail", OLD))]);
    Image::new(4096, &revs, &[&freed])
}

/// The same after encryption, compaction and defragmentation.
fn clean() -> Vec<u8> {
    let revs = [
        Rev::put(2, "/registry/namespaces/kube-system", object("v1", "Namespace", b"")),
        Rev::put(7, &key("db"), sealed(300, 8)),
    ];
    Image::new(4096, &revs, &[]).snapshot()
}

fn log() -> Vec<u8> {
    let mut segment = Segment::new(0);
    segment.entry(&field(6, &field(2, &field(2, &put(&key("db"), &plain("db", OLD))))));
    segment.file(64 << 10)
}

#[test]
fn a_member_is_proven_and_the_exit_status_says_how() {
    let sandbox = Sandbox::new();
    sandbox.write("member/snap/db", store().bytes);
    sandbox.write("member/wal/0000000000000000-0000000000000000.wal", log());
    sandbox.write("clean.db", clean());
    sandbox.write("clean.db.gz", gzip(&clean()));
    sandbox.write("backup.age", b"age-encryption.org/v1\n-> X25519 abc\n");
    let run = sandbox.run(["prove", "member", "--format", "json"]).ends(1);
    let proof = run.json();
    let regions: Vec<&str> = proof["files"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|file| file["remains"].as_array().unwrap())
        .map(|remains| remains["region"].as_str().unwrap())
        .collect();
    for region in ["live", "superseded", "free", "wal"] {
        assert!(regions.contains(&region), "{region} in {regions:?}");
    }
    // The log's copy is answered by the store beside it: the live value is another.
    let in_log = &proof["files"][1]["remains"][0];
    assert_eq!((in_log["region"].as_str(), in_log["still_live"].as_bool()), (Some("wal"), Some(false)));
    assert_eq!(proof["schema"], "sekisho.proof/v1");
    for text in [PASSWORD, OLD] {
        assert!(!run.out().contains(text) && !run.err().contains(text));
    }
    sandbox.run(["prove", "clean.db", "clean.db.gz"]).ends(0);
    let closed = sandbox.run(["prove", "backup.age", "--format", "json"]).ends(3).json();
    assert_eq!(closed["files"][0]["kind"], "encrypted-container");
    // What is required decides: nothing but Secrets is in plain here.
    sandbox.run(["prove", "member/snap/db", "--require", "configmaps"]).ends(0);
    sandbox.run(["prove", "nothing-there"]).ends(2);
}

#[test]
fn evidence_is_verified_here_and_by_openssl() {
    let sandbox = Sandbox::new();
    sandbox.write("clean.db", clean());
    let (private, public) = (sandbox.out("key.pem"), sandbox.out("key.pub.pem"));
    let made = openssl(&["genpkey", "-algorithm", "ed25519", "-out", private.to_str().unwrap()])
        && openssl(&["pkey", "-in", private.to_str().unwrap(), "-pubout", "-out", public.to_str().unwrap()]);
    if !made {
        eprintln!("SKIPPED: no openssl with Ed25519");
        return;
    }
    let evidence = sandbox.out("evidence.json");
    let (evidence, private, public) =
        (evidence.to_str().unwrap(), private.to_str().unwrap(), public.to_str().unwrap());
    sandbox.run(["prove", "clean.db", "--evidence", evidence, "--evidence-key", private]).ends(0);
    let verify = ["prove", "clean.db", "--verify-evidence", evidence, "--public-key", public];
    sandbox.run(verify).ends(0);
    // The steps of docs/evidence.md, with no part of this program.
    let envelope: Value = serde_json::from_slice(&std::fs::read(evidence).unwrap()).unwrap();
    let decode = |text: &Value| data_encoding::BASE64.decode(text.as_str().unwrap().as_bytes()).unwrap();
    let payload = decode(&envelope["payload"]);
    let kind = envelope["payloadType"].as_str().unwrap();
    let mut signed = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    signed.extend(&payload);
    let signed = sandbox.write_out("signed", signed);
    let signature = sandbox.write_out("signature", decode(&envelope["signatures"][0]["sig"]));
    assert!(openssl(&[
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        public,
        "-rawin",
        "-in",
        signed.to_str().unwrap(),
        "-sigfile",
        signature.to_str().unwrap(),
    ]));
    let statement: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(statement["subject"][0]["digest"]["sha256"], sha256(&clean()));
    let text = String::from_utf8(payload).unwrap();
    assert!(!text.contains("fingerprint") && !text.contains("time") && !text.contains("/registry/"));
    // Another file is none that it speaks of; another signature does not hold.
    sandbox.write("clean.db", store().snapshot());
    sandbox.run(verify).ends(3);
    std::fs::write(
        evidence,
        std::fs::read_to_string(evidence).unwrap().replace("\"sig\": \"", "\"sig\": \"AA"),
    )
    .unwrap();
    sandbox.run(verify).ends(2);
}

fn openssl(args: &[&str]) -> bool {
    let run = Command::new("openssl").args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
    run.is_ok_and(|status| status.success())
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(bytes))
}

#[test]
fn a_configuration_is_compared_with_the_bytes() {
    let sandbox = Sandbox::new();
    let revs = [
        Rev::put(3, &key("a"), sealed(300, 7)),
        Rev::put(4, &key("b"), plain("b", PASSWORD)),
        Rev::put(5, &key("c"), plain("c", OLD)),
    ];
    sandbox.write("db", Image::new(4096, &revs, &[]).bytes);
    let bytes = data_encoding::BASE64.encode(&sekisho_etcd::sample::noise(32, 4));
    let config = format!(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  providers:\n  - aescbc: {{keys: [{{name: key1, secret: {bytes}}}]}}\n  - identity: {{}}\n"
    );
    sandbox.write("config.yaml", &config);
    let run = sandbox.run(["prove", "db", "--encryption-config", "config.yaml", "--format", "json"]).ends(1);
    let proof = run.json();
    let remarks = proof["configuration"].as_array().unwrap();
    let of = |id: &str| remarks.iter().find(|remark| remark["id"] == id).unwrap_or_else(|| panic!("{id}"));
    assert_eq!(of("aescbc-first")["line"], 6);
    let drift = remarks.iter().any(|remark| {
        let what = remark["what"].as_str().unwrap();
        what.contains("2 plain") && what.contains("reload")
    });
    assert!(drift, "{remarks:#?}");
    assert!(!run.out().contains(&bytes));
}

#[test]
fn a_scan_reads_the_objects_of_a_store_wherever_it_lies() {
    let sandbox = Sandbox::new();
    sandbox.write("var/etcd/member/snap/db", store().bytes);
    sandbox.write("backup.db.gz", gzip(&store().snapshot()));
    let places = |run: Value| -> Vec<(String, String, String)> {
        let mut places: Vec<_> = run["credentials"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|credential| credential["copies"].as_array().unwrap().clone())
            .map(|copy| copy["place"].clone())
            .map(|place| {
                assert_eq!(place["type"], "etcd");
                assert_eq!(place["field"], "data.password");
                let text = |name: &str| place[name].as_str().unwrap().to_owned();
                (text("path"), text("key"), text("region"))
            })
            .collect();
        places.sort();
        places
    };
    let expected = |path: &str| {
        [("db", "live"), ("db", "superseded"), ("mail", "free")]
            .map(|(name, region)| (path.to_owned(), key(name), region.to_owned()))
    };
    let sorted = |path: &str| {
        let mut rows = expected(path).to_vec();
        rows.sort();
        rows
    };
    let scan = |target: &str| {
        let args = ["scan", target, "--ephemeral-key", "--format", "json"];
        sandbox.run(args).ends(1).json()
    };
    assert_eq!(places(scan("var")), sorted("etcd/member/snap/db"));
    assert_eq!(places(scan("var/etcd/member/snap/db")), sorted("db"));
    assert_eq!(places(scan("var/etcd")), sorted("member/snap/db"));
    assert_eq!(places(scan("etcd:backup.db.gz")), sorted("backup.db.gz"));
    let coverage = scan("var")["coverage"].clone();
    let said = coverage[0]["problems"][0]["what"].as_str().unwrap();
    assert!(said.contains("1 encrypted"), "{coverage}");
    assert!(Path::new(&sandbox.root().join("tmp")).read_dir().unwrap().next().is_none());
}

#[test]
fn a_secret_in_a_velero_backup_is_a_finding_of_its_own() {
    let sandbox = Sandbox::new();
    let password = data_encoding::BASE64.encode(PASSWORD.as_bytes());
    let object = format!(
        r#"{{"apiVersion":"v1","kind":"Secret","metadata":{{"name":"db","namespace":"shop"}},"data":{{"password":"{password}"}}}}"#
    );
    let backup = tar(&[("resources/secrets/namespaces/shop/db.json", object.as_bytes())]);
    sandbox.write("nightly.tar.gz", gzip(&backup));
    let report = sandbox.scan(&[]).ends(1).json();
    let checks: Vec<&Value> = report["findings"].as_array().unwrap().iter().map(|f| &f["check"]).collect();
    assert_eq!(checks, ["k8s/secret-in-backup"]);
}
