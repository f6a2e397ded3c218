//! `who` and `reach` from what is no cluster: manifests, the recorded dump, a backup of etcd.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::archives::{gzip, tar};
use crate::sandbox::{Run, Sandbox};

/// A shop: a Secret that a pod mounts, and somebody who may patch Secrets for no reason.
const SHOP: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Secret
metadata:
  name: db
  namespace: shop
  annotations: {kubectl.kubernetes.io/last-applied-configuration: '{\"data\":{\"password\":\"SEEN\"}}'}
data: {password: SEEN}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  serviceAccountName: web
  nodeName: n1
  volumes: [{name: v, secret: {secretName: db}}, {name: tls, secret: {secretName: tls}}]
  containers: [{name: web, image: web}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: helper, namespace: shop}
rules:
- {verbs: [get], resources: [configmaps], apiGroups: ['']}
- {verbs: [patch], resources: [secrets], apiGroups: ['']}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: helpers, namespace: shop}
roleRef: {kind: Role, name: helper, apiGroup: rbac.authorization.k8s.io}
subjects: [{kind: User, name: eve, apiGroup: rbac.authorization.k8s.io}]
";

/// Another, who may have a token made for the account that the pod runs as.
const MORE: &str = "
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: tokens}
rules: [{verbs: [create], resources: [serviceaccounts/token], apiGroups: ['']}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: tokens, namespace: shop}
roleRef: {kind: ClusterRole, name: tokens, apiGroup: rbac.authorization.k8s.io}
subjects: [{kind: Group, name: ops, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {kind: Role, name: helper, apiGroup: rbac.authorization.k8s.io}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
";

fn readers(run: &Run) -> Vec<(String, String, Vec<String>)> {
    let answer = run.json();
    assert_eq!(answer["schema"], "sekisho.readers/v1");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let path =
        |reader: &Value| reader["path"].as_array().unwrap().iter().map(|hop| text(&hop["edge"])).collect();
    let readers = answer["readers"].as_array().unwrap().iter();
    readers.map(|reader| (text(&reader["subject"]["name"]), text(&reader["class"]), path(reader))).collect()
}

#[test]
fn a_patch_is_a_read_and_the_table_says_what_to_cut() {
    let sandbox = Sandbox::new();
    sandbox.write("shop.yaml", SHOP);
    let run = sandbox.run(["who", "secret/shop/db", "--from", ".", "--format", "json"]).ends(0);
    let eve = readers(&run).into_iter().find(|(name, ..)| name == "eve").unwrap();
    assert_eq!(eve, ("eve".to_owned(), "unexpected".to_owned(), vec!["secrets-patch".to_owned()]));
    let table = sandbox.run(["who", "secret/shop/db", "--from", "."]).ends(0);
    let out = table.out();
    for words in [
        "Secret db (shop)",
        "User eve",
        "RoleBinding helpers (shop) gives Role helper (shop), whose rules[1] allows patch on",
        "What to cut · no smaller set",
        "kubectl patch role helper --namespace shop --type json",
        "Not assessed",
    ] {
        assert!(out.contains(words), "{words:?} in {out}");
    }
    for run in [&run, &table] {
        assert!(!run.out().contains("SEEN"), "a value in {}", run.out());
    }
    // Whatever draws it draws the same way.
    let mermaid = sandbox.run(["who", "secret/shop/db", "--from", ".", "--format", "mermaid"]).ends(0);
    assert!(mermaid.out().starts_with("flowchart LR\n") && mermaid.out().contains("|secrets-patch|"));
    let dot = sandbox.run(["who", "secret/shop/db", "--from", ".", "--format", "dot"]).ends(0);
    assert!(dot.out().starts_with("digraph") && dot.out().contains("User eve"));
    // What nobody knows is an error that helps.
    let run = sandbox.run(["who", "secret/shop/other", "--from", "."]).ends(2);
    assert!(run.err().contains("secret/shop/db"), "{}", run.err());
    sandbox.run(["who", "secret/shop/db", "--from", "nowhere"]).ends(2);
}

#[test]
fn one_way_and_a_neighbourhood_are_drawn_and_fit() {
    let sandbox = Sandbox::new();
    // Names as long as Kubernetes lets them be still fit.
    let long = "x".repeat(253);
    sandbox.write("shop.yaml", format!("{SHOP}{MORE}").replace("helpers", &long));
    let draw = |args: &[&str]| {
        let drawing = sandbox.run(args.iter().copied().chain(["--from", ".", "--format", "drawing"])).ends(0);
        let out = drawing.out().to_owned();
        assert!(out.lines().all(|line| line.chars().count() <= 100), "{out}");
        out
    };
    let out = draw(&["who", "secret/shop/db"]);
    assert!(
        out.starts_with("● User eve\n│\n│  sends an empty patch") && out.contains("▼\n◆ Secret db (shop)\n"),
        "{out}"
    );
    // What takes a step away stands beside it, and others are named as they are asked for.
    assert!(out.contains("│  ✂ ") && out.contains("\n  group/ops\n"), "{out}");
    let out = draw(&["who", "secret/shop/db", "--reader", "group/ops"]);
    let order = ["● Group ops", "asks for a token of", "● ServiceAccount web (shop)", "◆ Secret db (shop)"];
    let places: Vec<usize> = order.iter().map(|text| out.find(text).expect(text)).collect();
    assert!(places.is_sorted(), "{out}");
    let out = draw(&["reach", "group/ops"]);
    assert!(out.starts_with("● Group ops\n├─ asks for a token of ─▶ ● ServiceAccount web (shop)\n"), "{out}");
    assert!(
        out.contains("│  ╰─ sends an empty patch") && out.contains("◆ 2 Secrets: db, tls (shop)"),
        "{out}"
    );
    sandbox.run(["who", "secret/shop/db", "--from", ".", "--reader", "user/nobody"]).ends(2);
    // One reader alone in the other formats.
    let run =
        sandbox.run(["who", "secret/shop/db", "--from", ".", "--reader", "user/eve", "--format", "json"]);
    assert_eq!(readers(&run.ends(0)).len(), 1);
}

#[test]
fn new_unexpected_readers_fail_a_diff() {
    let sandbox = Sandbox::new();
    sandbox.write("shop.yaml", SHOP);
    let old = sandbox.run(["who", "secret/shop/db", "--from", ".", "--format", "json"]).ends(0);
    let old = sandbox.write_out("old.json", old.out());
    let old = old.to_str().unwrap();
    let args = ["who", "secret/shop/db", "--from", ".", "--diff", old, "--format", "json"];
    assert_eq!(readers(&sandbox.run(args).ends(0)), []);
    sandbox.write("more.yaml", MORE);
    let new = readers(&sandbox.run(args).ends(1));
    assert!(new.iter().any(|(name, ..)| name == "ops"), "{new:?}");
    assert!(!new.iter().any(|(name, ..)| name == "eve"), "{new:?}");
    let wrong = sandbox.write_out("wrong.json", "{}");
    sandbox.run(["who", "secret/shop/db", "--from", ".", "--diff", wrong.to_str().unwrap()]).ends(2);
}

#[test]
fn new_reach_fails_a_diff() {
    let sandbox = Sandbox::new();
    sandbox.write("shop.yaml", SHOP);
    let old = sandbox.run(["reach", "sa/shop/web", "--from", ".", "--format", "json"]).ends(0);
    assert_eq!(old.json()["secrets_total"], 0);
    let old = sandbox.write_out("old.json", old.out());
    let args = ["reach", "sa/shop/web", "--from", ".", "--diff", old.to_str().unwrap()];
    sandbox.run(args).ends(0);
    sandbox.write("more.yaml", MORE);
    let run = sandbox.run(args).ends(1);
    // With the rule that made it.
    assert!(run.out().contains("reaches 2 Secrets that it did not reach"), "{}", run.out());
    assert!(run.out().contains("RoleBinding web (shop) gives Role helper (shop)"), "{}", run.out());
    let other = ["reach", "user/eve", "--from", ".", "--diff", old.to_str().unwrap()];
    sandbox.run(other).ends(2);
}

#[test]
fn reach_tells_the_story_from_a_pod_and_from_a_group() {
    let sandbox = Sandbox::new();
    sandbox.write("shop.yaml", format!("{SHOP}{MORE}"));
    let run = sandbox.run(["reach", "pod/shop/web", "--from", ".", "--format", "json"]).ends(0);
    let answer = run.json();
    assert_eq!(answer["schema"], "sekisho.reach/v1");
    // Both Secrets that it mounts, one of them known by that alone.
    assert_eq!(answer["secrets_total"], 2);
    let run = sandbox.run(["reach", "group/ops", "--from", "."]).ends(0);
    let out = run.out();
    assert!(out.contains("Group ops reaches 2 Secrets"), "{out}");
    assert!(out.contains("asks for a token of ServiceAccount web (shop)"), "{out}");
    let groups = sandbox.write_out("groups", "alice: ops\n");
    let args = ["reach", "user/alice", "--from", ".", "--groups", groups.to_str().unwrap()];
    assert!(sandbox.run(args).ends(0).out().contains("User alice reaches 2 Secrets"));
    sandbox.run(["reach", "user/nobody", "--from", "."]).ends(2);
}

#[test]
fn plug_ins_are_told_by_what_they_may_read() {
    let sandbox = Sandbox::new();
    let brought = SHOP.replace(
        "metadata: {name: web, namespace: shop}\n---\napiVersion: v1\nkind: Pod",
        "metadata: {name: web, namespace: shop, labels: {helm.sh/chart: shop-web-1.2.3}}\n---\napiVersion: v1\nkind: Pod",
    );
    sandbox.write("shop.yaml", format!("{brought}{MORE}"));
    let answer = sandbox.run(["reach", "plug-ins", "--from", ".", "--format", "json"]).ends(0).json();
    assert_eq!(answer["schema"], "sekisho.plugins/v1");
    assert_eq!(answer["plugins"][0]["secrets"], 2, "{answer}");
    let out = sandbox.run(["reach", "plug-ins", "--from", "."]).ends(0);
    assert!(out.out().contains("may read 2 Secrets in 1 namespace; its own pods mount 2"), "{}", out.out());
}

#[test]
fn a_backup_answers_as_the_manifests_do() {
    let sandbox = Sandbox::new();
    sandbox.write("shop.yaml", SHOP);
    let objects = SHOP.split("\n---\n").enumerate();
    let members: Vec<(String, Vec<u8>)> = objects
        .map(|(n, yaml)| (format!("resources/x/cluster/{n}.yaml"), yaml.as_bytes().to_vec()))
        .collect();
    let members: Vec<(&str, &[u8])> =
        members.iter().map(|(name, yaml)| (name.as_str(), yaml.as_slice())).collect();
    let backup = sandbox.write_out("backup.tar.gz", gzip(&tar(&members)));
    let ask = |from: &str| sandbox.run(["who", "secret/shop/db", "--from", from, "--format", "json"]).ends(0);
    assert_eq!(readers(&ask(backup.to_str().unwrap())), readers(&ask(".")));
}

fn dump() -> Option<PathBuf> {
    let root = std::env::var_os("SEKISHO_ORACLE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracle"), PathBuf::from);
    let dump = root.join("dump");
    if !dump.is_dir() {
        let _closed = writeln!(
            std::io::stderr(),
            "SKIPPED: no recorded dump at {}; set SEKISHO_ORACLE",
            dump.display()
        );
        return None;
    }
    Some(dump)
}

/// At every depth, with and without data: an answer for every Secret, and no value in any.
#[test]
fn the_recorded_dump_is_answered_at_every_depth_without_a_value() {
    let Some(dump) = dump() else { return };
    let sandbox = Sandbox::new();
    let secrets: Value =
        serde_json::from_slice(&std::fs::read(dump.join("with-data/secrets.json")).unwrap()).unwrap();
    let secrets = secrets["items"].as_array().unwrap();
    let mut values: Vec<Vec<u8>> = Vec::new();
    for secret in secrets {
        for value in secret["data"].as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str())
        {
            let plain = data_encoding::BASE64.decode(value.as_bytes()).unwrap();
            values.extend([value.as_bytes().to_vec(), plain].into_iter().filter(|value| value.len() >= 12));
        }
    }
    let key = sandbox.key();
    let list = |name: &str| -> Vec<Value> {
        let path = dump.join("without-data").join(name);
        let list: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        list["items"].as_array().unwrap().clone()
    };
    let full_name = |object: &Value| {
        let text = |name: &str| object["metadata"][name].as_str().unwrap().to_owned();
        format!("{}/{}", text("namespace"), text("name"))
    };
    let accounts: Vec<String> = list("serviceaccounts.json").iter().map(full_name).collect();
    // The accounts that bindings name are those that reach something.
    let bound = list("clusterrolebindings.json").into_iter().chain(list("rolebindings.json"));
    let bound: BTreeSet<String> = bound
        .flat_map(|binding| binding["subjects"].as_array().cloned().unwrap_or_default())
        .filter(|subject| subject["kind"] == "ServiceAccount" && subject["namespace"].is_string())
        .map(|it| format!("{}/{}", it["namespace"].as_str().unwrap(), it["name"].as_str().unwrap()))
        .filter(|account| accounts.contains(account))
        .collect();
    for (folder, depth) in [
        ("with-data", "references"),
        ("with-data", "metadata"),
        ("with-data", "values"),
        ("without-data", "metadata"),
    ] {
        let from = dump.join(folder);
        let all = ["--from", from.to_str().unwrap(), "--depth", depth];
        let all: Vec<&str> = all.into_iter().chain(["--estate-key-file", key.to_str().unwrap()]).collect();
        let run = |first: &[&str]| sandbox.run(first.iter().copied().chain(all.iter().copied()));
        let quiet = |run: &Run, what: &str| {
            let text = run.out().as_bytes();
            let leaked = values.iter().any(|value| memchr::memmem::find(text, value).is_some());
            assert!(!leaked && !run.out().contains("last-applied"), "a value at depth {depth} in {what}");
        };
        let mut answered = 0;
        for secret in secrets {
            let what = format!("secret/{}", full_name(secret));
            let told = run(&["who", &what, "--all", "--format", "json"]);
            quiet(&told, &what);
            // At this depth nobody looks at Secrets: what nothing names is not there.
            if depth == "references" && told.status == 2 {
                continue;
            }
            answered += 1;
            let answer = told.ends(0).json();
            assert_eq!(answer["seen"], depth != "references", "{what}");
            assert!(answer["readers_total"].as_u64().unwrap() > 0, "{what}");
        }
        assert!(depth == "references" || answered == secrets.len());
        let first = format!("secret/{}", full_name(&secrets[0]));
        for format in ["table", "json", "mermaid", "dot", "drawing"] {
            for account in bound.iter().take(3) {
                let reach = run(&["reach", &format!("sa/{account}"), "--format", format]).ends(0);
                quiet(&reach, format);
            }
            quiet(&run(&["who", &first, "--all", "--format", format]), format);
        }
    }
    // Secrets without any grant on secrets still appear, by reference.
    let mounts = |pod: &Value| {
        let volumes = pod["spec"]["volumes"].as_array().cloned().unwrap_or_default();
        let name = volumes.iter().find_map(|volume| volume["secret"]["secretName"].as_str())?.to_owned();
        Some(format!("secret/{}/{name}", pod["metadata"]["namespace"].as_str()?))
    };
    if let Some(what) = list("pods.json").iter().find_map(mounts) {
        let from = dump.join("without-data/pods.json");
        let run =
            sandbox.run(["who", &what, "--from", from.to_str().unwrap(), "--depth", "references"]).ends(0);
        assert!(run.out().contains("was not seen"), "{}", run.out());
    }
}
