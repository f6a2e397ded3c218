use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use sekisho_etcd::{Keyring, config};
use sekisho_kube::Inventory;
use serde_json::{Value, json};

use super::*;

fn read(target: &Path, keys: Option<&Keyring>) -> (Inventory, Vec<String>) {
    let mut builder = Inventory::builder();
    let mut problems = Vec::new();
    let mut problem = |problem: Problem| problems.push(format!("{}: {}", problem.place, problem.what));
    Reader::new(&mut builder, keys, &mut problem).read(target.as_os_str()).unwrap();
    (builder.finish(), problems)
}

/// What an inventory holds, to compare two.
fn names(inventory: &Inventory) -> Vec<String> {
    let text = |name| inventory.text(name);
    let mut all: Vec<String> = Vec::new();
    all.extend(inventory.namespaces.iter().map(|it| format!("namespace {}", text(it.name))));
    all.extend(inventory.secrets.iter().map(|it| {
        let keys: Vec<&str> = it.keys.iter().map(|key| text(*key)).collect();
        format!("secret {}/{} {:?} {keys:?}", text(it.namespace), text(it.name), it.kind.map(text))
    }));
    all.extend(
        inventory
            .accounts
            .iter()
            .map(|it| format!("account {}/{} {}", text(it.namespace), text(it.name), it.secrets.len())),
    );
    all.extend(
        inventory.roles.iter().map(|it| {
            format!("role {:?}/{} {} rules", it.namespace.map(text), text(it.name), it.rules.len())
        }),
    );
    all.extend(inventory.bindings.iter().map(|it| {
        let subjects: Vec<String> =
            it.subjects.iter().map(|it| format!("{:?} {}", it.kind, text(it.name))).collect();
        format!("binding {:?}/{} {subjects:?}", it.namespace.map(text), text(it.name))
    }));
    all.extend(inventory.pods.iter().chain(&inventory.templates).map(|it| {
        let secrets: Vec<String> =
            it.secrets.iter().map(|it| format!("{} {}", text(it.secret), text(it.field))).collect();
        format!(
            "{} {}/{} as {} {secrets:?}",
            text(it.kind),
            text(it.namespace),
            text(it.name),
            text(it.account)
        )
    }));
    all
}

fn oracle(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("SEKISHO_ORACLE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracle"), PathBuf::from);
    let path = root.join(path);
    if !path.exists() {
        let _closed = writeln!(
            std::io::stderr(),
            "SKIPPED: nothing recorded at {}; set SEKISHO_ORACLE",
            path.display()
        );
        return None;
    }
    Some(path)
}

/// The dump of an estate and the etcd that it was dumped from are one inventory.
#[test]
fn a_dump_and_a_backup_of_etcd_are_the_same_estate() {
    let (Some(dump), Some(case)) = (oracle("dump"), oracle("etcd")) else { return };
    let index: Value = serde_json::from_slice(&fs::read(dump.join("index.json")).unwrap()).unwrap();
    let case = case.join(index["from_estate"].as_str().unwrap());
    let moment = index["moment"].as_str().unwrap();
    let snapshot = case.join(format!("{moment}.snapshot.db.zst"));
    if !snapshot.exists() {
        let _closed = writeln!(
            std::io::stderr(),
            "SKIPPED: the estate of the dump is not among the recorded backups of etcd"
        );
        return;
    }
    let mut keys = Keyring::default();
    for entry in fs::read_dir(&case).unwrap().map(|entry| entry.unwrap()) {
        if entry.file_name().to_string_lossy().starts_with("encryption-config") {
            config::read(&fs::read(entry.path()).unwrap()).unwrap().keys(&mut keys).unwrap();
        }
    }
    let target = format!("etcd:{}", snapshot.display());
    let (from_etcd, problems) = read(Path::new(&target), Some(&keys));
    assert_eq!(problems, [""; 0]);
    let (from_dump, problems) = read(&dump.join("with-data"), None);
    assert_eq!(problems, [""; 0]);
    assert_eq!(names(&from_etcd), names(&from_dump));
    let counted = |kind: &str| index["counts"][kind].as_u64().unwrap() as usize;
    let bindings = ["rolebindings", "clusterrolebindings"]
        .map(|kind| counted(&format!("{kind}.rbac.authorization.k8s.io")));
    assert_eq!(from_dump.bindings.len(), bindings.iter().sum::<usize>());
    assert!(counted("secrets") > 0 && from_dump.secrets.len() >= counted("secrets"));
    // Without keys Secrets are there by their names.
    let (sealed, problems) = read(Path::new(&target), None);
    assert_eq!(problems, [""; 0]);
    let pairs = |inventory: &Inventory| -> Vec<(String, String)> {
        let text = |name| inventory.text(name).to_owned();
        inventory.secrets.iter().map(|it| (text(it.namespace), text(it.name))).collect()
    };
    assert_eq!(pairs(&sealed), pairs(&from_dump));
    assert!(sealed.secrets.iter().all(|secret| secret.keys.is_empty()));
}

fn secret() -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "shop"},
           "type": "Opaque", "data": {"password": "Y29ycmVjdA=="}})
}

fn pod() -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"},
           "spec": {"serviceAccountName": "web",
                    "volumes": [{"name": "v", "secret": {"secretName": "db"}}],
                    "containers": [{"name": "web", "image": "web"}]}})
}

/// What every form below holds.
fn is_the_shop(inventory: &Inventory) {
    assert!(inventory.find_secret("shop", "db").is_some());
    assert!(inventory.find_account("shop", "web").is_some());
    assert_eq!(inventory.pods.len(), 1);
    assert_eq!(inventory.text(inventory.pods[0].secrets[0].secret), "db");
}

fn tar(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut builder =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, content.as_slice()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

fn typed_list(kind: &str, mut item: Value) -> Vec<u8> {
    // Items of a typed list do not say what they are.
    item.as_object_mut().unwrap().retain(|name, _| name != "kind" && name != "apiVersion");
    serde_json::to_vec(&json!({"apiVersion": "v1", "kind": kind, "items": [item]})).unwrap()
}

#[test]
fn every_form_of_a_dump_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [secret(), pod()]});
    fs::write(at("get.json"), serde_json::to_vec_pretty(&list).unwrap()).unwrap();
    let yaml = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: db, namespace: shop}\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: web, namespace: shop}\n  spec:\n    serviceAccountName: web\n    volumes: [{name: v, secret: {secretName: db}}]\n    containers: [{name: web, image: web}]\n";
    fs::write(at("get.yaml"), yaml).unwrap();
    let printed = [
        typed_list("SecretList", secret()),
        b"\n==== START logs for container web of pod shop/web ====\n{{ not JSON\n==== END logs for container web of pod shop/web ====\n".to_vec(),
        typed_list("PodList", pod()),
    ];
    fs::write(at("cluster-info.json"), printed.concat()).unwrap();
    let velero = tar(&[
        ("metadata/version", b"1.1.0".to_vec()),
        ("resources/secrets/namespaces/shop/db.json", secret().to_string().into_bytes()),
        ("resources/secrets/v1-preferredversion/namespaces/shop/db.json", secret().to_string().into_bytes()),
        ("resources/pods/namespaces/shop/web.json", pod().to_string().into_bytes()),
    ]);
    fs::write(at("velero.tar.gz"), velero).unwrap();
    let bare = |value: Value| {
        let list = typed_list("List", value);
        let list: Value = serde_json::from_slice(&list).unwrap();
        serde_json::to_vec(&list["items"]).unwrap()
    };
    let bundle = tar(&[
        ("bundle/cluster-info/cluster_version.json", br#"{"info":{"major":"1","minor":"33"}}"#.to_vec()),
        ("bundle/cluster-resources/pods/shop.json", bare(pod())),
        ("bundle/cluster-resources/secrets/shop.json", bare(secret())),
        ("bundle/cluster-resources/pods/logs/shop/web/web.log", b"some text".to_vec()),
    ]);
    fs::write(at("bundle.tar.gz"), bundle).unwrap();
    let gather = at("must-gather/quay-io/namespaces/shop/core");
    fs::create_dir_all(&gather).unwrap();
    fs::write(gather.join("pods.yaml"), yaml).unwrap();
    for name in ["get.json", "get.yaml", "cluster-info.json", "velero.tar.gz", "bundle.tar.gz", "must-gather"]
    {
        let (inventory, problems) = read(&at(name), None);
        assert_eq!(problems, [""; 0], "{name}");
        is_the_shop(&inventory);
        assert_eq!(inventory.minor, (name == "bundle.tar.gz").then_some(33), "{name}");
    }
    // All of them are one estate.
    is_the_shop(&read(dir.path(), None).0);
}

#[test]
fn what_cannot_be_read_is_told() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.yaml"), "apiVersion: v1\nkind: [\n").unwrap();
    fs::write(dir.path().join("b.tar.gz"), &tar(&[("x.json", secret().to_string().into_bytes())])[..40])
        .unwrap();
    fs::write(dir.path().join("c.png"), [0x89, b'P', b'N', b'G', 0, 0]).unwrap();
    let (_, problems) = read(dir.path(), None);
    assert!(problems.iter().any(|problem| problem.starts_with("a.yaml: at byte")), "{problems:?}");
    assert!(problems.iter().any(|problem| problem.starts_with("b.tar.gz")), "{problems:?}");
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(Reader::new(&mut Inventory::builder(), None, &mut |_| ()).read("/none/such".as_ref()).is_err());
}
