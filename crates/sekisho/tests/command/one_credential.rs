//! The promise at the heart of the report: one value is one credential, wherever its copies lie and
//! however they are written, and every copy is placed to the byte.

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::archives::{gzip, tar, utf16, zip};
use crate::report::{assert_has, findings, span};
use crate::sandbox::Sandbox;

/// A password that every form takes as it is.
const PLAIN: &str = concat!("q8ZXr4Lt", "Vb2wYx0N");
/// One that an address and a manifest have to escape.
const SIGNS: &str = concat!("u7%Rk/2m", "Wd@9xTz!");

/// The only credential of a report, seen at as many places as it says.
#[track_caller]
fn only(report: &Value, copies: usize) -> &Value {
    let credentials = report["credentials"].as_array().unwrap();
    assert_eq!(credentials.len(), 1, "{report:#}");
    assert_eq!(credentials[0]["copies_total"], copies, "{report:#}");
    assert_eq!(credentials[0]["copies"].as_array().unwrap().len(), copies);
    &credentials[0]
}

/// The copy in the file `path`; its place has this span and these other members.
#[track_caller]
fn assert_copy(credential: &Value, path: &str, span: &Value, encoding: &Value, place: &Value) {
    let copies = credential["copies"].as_array().unwrap();
    let copy = copies.iter().find(|copy| copy["place"]["path"] == path);
    let copy = copy.unwrap_or_else(|| panic!("no copy in {path}: {credential:#}"));
    assert_has(&copy["place"], span);
    assert_has(&copy["place"], place);
    for absent in ["object", "field", "inside"] {
        assert_eq!(copy["place"][absent].is_null(), place[absent].is_null(), "{absent} in {copy:#}");
    }
    assert_eq!(&copy["encoding"], encoding, "{copy:#}");
    assert_eq!(copy["place"]["type"], "file");
    assert_eq!(copy["tracked"], Value::Null);
    assert_eq!(copy["location_id"].as_str().unwrap().len(), 32);
}

fn object(api_version: &str, kind: &str, name: &str) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "namespace": "shop", "name": name})
}

#[test]
fn a_config_map_an_env_file_a_base64_secret_and_an_address_hold_one_credential() {
    let sandbox = Sandbox::new();
    let config_map = format!(
        "# settings\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: api\n  namespace: shop\ndata:\n  \
         LOG_LEVEL: info\n  DB_PASSWORD: {PLAIN}\n"
    );
    let env = format!("PORT=8080\r\nDB_HOST=db\r\nDB_PASSWORD={PLAIN}\r\n");
    let encoded = BASE64.encode(PLAIN.as_bytes());
    let secret = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: db, namespace: shop}}\ntype: Opaque\ndata: {{\"password\": \
         \"{encoded}\"}}\n"
    );
    let deployment = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\n  namespace: shop\nspec:\n  template:\n    \
         spec:\n      containers:\n      - name: api\n        env:\n        - name: CAFÉ\n          value: ouvert\n        \
         - name: DATABASE_URL\n          value: 'postgres://shop:{PLAIN}@db.shop.svc:5432/shop?sslmode=require'\n"
    );
    sandbox.write("deploy/configmap.yaml", &config_map);
    sandbox.write("api.env", &env);
    sandbox.write("deploy/secret.yaml", &secret);
    sandbox.write("deploy/api.yaml", &deployment);

    let report = sandbox.scan(&[]).ends(1).json();
    let credential = only(&report, 4);
    let field = "spec.template.spec.containers[0].env[DATABASE_URL]";
    let span_of = |text: &str| span(text.as_bytes(), PLAIN.as_bytes());
    assert_copy(
        credential,
        "deploy/configmap.yaml",
        &span_of(&config_map),
        &json!([]),
        &json!({"object": object("v1", "ConfigMap", "api"), "field": "data.DB_PASSWORD"}),
    );
    assert_copy(credential, "api.env", &span_of(&env), &json!([]), &json!({}));
    assert_copy(
        credential,
        "deploy/secret.yaml",
        &span(secret.as_bytes(), encoded.as_bytes()),
        &json!(["base64"]),
        &json!({"object": object("v1", "Secret", "db"), "field": "data.password"}),
    );
    assert_copy(
        credential,
        "deploy/api.yaml",
        &span_of(&deployment),
        &json!([]),
        &json!({"object": object("apps/v1", "Deployment", "api"), "field": field}),
    );

    // Its name under the key, which is the same wherever the key is.
    let key = std::fs::read(sandbox.key()).unwrap();
    let key = sekisho_secret::EstateKey::from_hex(&key).unwrap();
    assert_eq!(credential["fingerprint"], key.fingerprint(PLAIN.as_bytes()).to_string());
    assert_eq!(report["key_id"], key.key_id().to_string());
    assert_eq!(report["key"], "estate");
    assert_eq!(report["schema"], "sekisho.report/v1");

    // And what is wrong with each of its places.
    let expected = [
        ("code/secret-in-file", "api.env"),
        ("k8s/secret-in-configmap", "deploy/configmap.yaml"),
        ("k8s/secret-in-env", "deploy/api.yaml"),
        ("k8s/secret-manifest", "deploy/secret.yaml"),
    ];
    let mut found = findings(&report);
    found.sort();
    assert_eq!(found, expected.map(|(check, path)| (check.to_owned(), path.to_owned())));
    for finding in report["findings"].as_array().unwrap() {
        let whole_object = finding["check"] == "k8s/secret-manifest";
        assert_eq!(finding["credential"].is_null(), whole_object, "{finding:#}");
        assert_eq!(finding["verdict"], "fail");
        assert!(finding["controls"].as_array().unwrap().contains(&json!("OWASP-K03:2025")));
    }
}

#[test]
fn containers_and_encodings_on_the_way_change_nothing() {
    let sandbox = Sandbox::new();
    let plain = format!("DB_PASSWORD={SIGNS}\n");
    sandbox.write("plain.env", &plain);
    // An archive in an archive in an archive.
    let archived = format!("# copy\nDB_PASSWORD={SIGNS}\n");
    let inner = gzip(&tar(&[("srv/readme", b"nothing"), ("srv/.env", archived.as_bytes())]));
    sandbox.write("release.zip", zip(&[("backup/all.tar.gz", &inner), ("b.txt", &b"nothing".to_vec())]));
    // UTF-16, as Windows' editors write it.
    let wide = format!("[db]\r\npassword={SIGNS}\r\n");
    sandbox.write("settings.ini", utf16(&wide));
    // The password of an address, escaped as it must be there.
    let escaped = concat!("u7%25Rk%2F2m", "Wd%409xTz%21");
    let address = format!("DATABASE_URL=postgres://shop:{escaped}@db:5432/shop\n");
    sandbox.write("address.env", &address);
    // A settings file inside of a Secret's field, in base64.
    let file = BASE64.encode(format!("db:\n  password: \"{SIGNS}\"\n").as_bytes());
    let manifest = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: files\n  namespace: shop\ndata:\n  app.yaml: {file}\n"
    );
    sandbox.write("secret.yaml", &manifest);
    // JSON, with an escape that it needs not have.
    let json = format!("{{\"password\": \"{}\"}}", SIGNS.replace('/', "\\/"));
    sandbox.write("settings.json", &json);

    let report = sandbox.scan(&[]).ends(1).json();
    let credential = only(&report, 6);
    assert_copy(credential, "plain.env", &span(plain.as_bytes(), SIGNS.as_bytes()), &json!([]), &json!({}));
    assert_copy(
        credential,
        "release.zip",
        &span(archived.as_bytes(), SIGNS.as_bytes()),
        &json!([]),
        &json!({"inside": [
            {"entry": "backup/all.tar.gz"}, {"decoded": "gzip"}, {"entry": "backup/all.tar"}, {"entry": "srv/.env"},
        ]}),
    );
    // Two bytes a character, behind a mark of two bytes and a line of six characters.
    let offset = 2 + 2 * "[db]\r\npassword=".len();
    assert_copy(
        credential,
        "settings.ini",
        &json!({"line": 2, "column": 19, "end_line": 2, "end_column": 51, "byte_offset": offset, "byte_length": 32}),
        &json!(["utf-16le"]),
        &json!({}),
    );
    assert_copy(
        credential,
        "address.env",
        &span(address.as_bytes(), escaped.as_bytes()),
        &json!(["percent"]),
        &json!({}),
    );
    let copies = credential["copies"].as_array().unwrap();
    let in_field = copies.iter().find(|copy| copy["place"]["path"] == "secret.yaml").unwrap();
    assert_has(&in_field["place"], &span(manifest.as_bytes(), file.as_bytes()));
    assert_eq!(in_field["place"]["field"], "data.app.yaml");
    assert_eq!(in_field["encoding"], json!(["base64"]));
    let in_json = copies.iter().find(|copy| copy["place"]["path"] == "settings.json").unwrap();
    assert_eq!((&in_json["place"]["line"], &in_json["place"]["column"]), (&json!(1), &json!(15)));
    assert_eq!(in_json["place"]["byte_length"], SIGNS.len() + 1);
}
