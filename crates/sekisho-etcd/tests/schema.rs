//! The contract of `sekisho.proof/v1`: the committed schema is that of the types, and the types
//! write what the contract names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::Path;

use schemars::generate::SchemaSettings;
use sekisho_etcd::proof::{Proof, SCHEMA};
use sekisho_etcd::sample::{Image, Rev, sealed, secret};
use sekisho_etcd::{Options, Require, prove};
use sekisho_secret::EstateKey;
use serde_json::{Value, json};

const FILE: &str = "docs/schema/sekisho.proof.v1.schema.json";

fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Proof>();
    schema.insert("title".to_owned(), json!(SCHEMA));
    serde_json::to_value(schema).unwrap()
}

#[test]
fn the_committed_schema_is_that_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(FILE);
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::fs::read_to_string(&path).unwrap_or_default() != text {
        std::fs::write(&path, text).unwrap();
        panic!("{FILE} was stale; it is now fresh");
    }
}

/// Member by member, as the contract writes them.
#[test]
fn a_proof_has_the_members_of_the_contract() {
    let key = EstateKey::from_bytes(*b"0123456789abcdef0123456789abcdef").unwrap();
    let require = Require::default();
    let plain = secret("shop", "db", &[("password", b"correct horse")]);
    let revs = [
        Rev::put(5, "/registry/secrets/shop/db", plain),
        Rev::put(6, "/registry/secrets/shop/a", sealed(99, 1)),
    ];
    let image = Image::new(4096, &revs, &[&|_| b"left over text of somebody".to_vec()]);
    let options = Options { require: &require, identify: &key, keys: None, hash: true };
    let proof = Proof::new(key.key_id(), &require, vec![prove(&image.bytes, "db", &options)]);
    let json = serde_json::to_value(&proof).unwrap();
    assert_eq!(serde_json::from_value::<Proof>(json.clone()).unwrap(), proof);

    assert_eq!(json["schema"], "sekisho.proof/v1");
    assert_eq!(json["key_id"], key.key_id().to_string());
    let file = &json["files"][0];
    for (member, expected) in [("path", "db"), ("kind", "bbolt"), ("verdict", "plaintext")] {
        assert_eq!(file[member], expected);
    }
    assert_eq!(file["bytes"], image.bytes.len());
    assert_eq!(file["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(file["accounted_bytes"].as_u64().unwrap(), image.bytes.len() as u64 - 26);
    let objects = file["objects"].as_array().unwrap();
    let object = |envelope: &str| {
        objects.iter().find(|o| o["envelope"] == envelope && !o["resource"].is_null()).unwrap()
    };
    assert_eq!(object("plain")["resource"], "secrets");
    assert_eq!(object("plain")["region"], "live");
    assert_eq!(object("plain")["count"], 1);
    assert_eq!(object("aescbc:key1")["kms_key_id"], Value::Null);
    let remains = file["remains"].as_array().unwrap();
    let live = remains.iter().find(|r| r["region"] == "live").unwrap();
    assert_eq!(live["etcd_key"], "/registry/secrets/shop/db");
    assert_eq!(live["resource"], "secrets");
    assert_eq!(live["still_live"], true);
    assert_eq!(live["fingerprints"], json!([key.fingerprint(b"correct horse").to_string()]));
    assert_eq!(live["page"].as_u64().unwrap(), live["offset"].as_u64().unwrap() / 4096);
    assert!(live["length"].as_u64().unwrap() > 40);
    let lost = remains.iter().find(|r| r["region"] == "free").unwrap();
    assert_eq!((&lost["etcd_key"], &lost["still_live"]), (&Value::Null, &Value::Null));
    assert_eq!(file["unattributed"], json!([{"offset": 8192, "length": 26, "looks": "text"}]));
    assert!(!json.to_string().contains("correct horse"), "no value in a report");
}
