//! `who` and `reach` against a live cluster, played by a small HTTP server: what is asked of it, what
//! is said before, and what becomes of refusals and of another opinion.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::sandbox::Sandbox;

/// Made up; the token of the kubeconfig.
const TOKEN: &str = concat!("canary-", "token-of-the-kubeconfig");

/// Made up; in a Secret of the cluster, and in a file that has no business with it.
const VALUE: &str = concat!("uqeI7Rw2", "mXo5Tz9kLd3a");

/// Whether the server allows a question.
type Judge = fn(&Value) -> bool;

struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(judge: Judge) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let log = Arc::clone(&log);
                thread::spawn(move || serve(stream, &log, judge));
            }
        });
        Self { port, asked }
    }

    fn kubeconfig(&self, sandbox: &Sandbox) -> String {
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "shop-prod",
            "clusters": [{"name": "c", "cluster": {"server": format!("http://127.0.0.1:{}", self.port)}}],
            "contexts": [{"name": "shop-prod", "context": {"cluster": "c", "user": "u"}}],
            "users": [{"name": "u", "user": {"token": TOKEN}}],
        });
        sandbox.write_out("kubeconfig", config.to_string()).to_str().unwrap().to_owned()
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, log: &Mutex<Vec<String>>, judge: Judge) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let path = line.split_whitespace().nth(1).unwrap().to_owned();
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).unwrap();
            let Some((name, value)) = header.trim_end().split_once(": ") else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        log.lock().unwrap().push(line.trim_end().to_owned());
        let (status, answer) = answer(path.split('?').next().unwrap(), &body, judge);
        let answer = answer.to_string();
        let head = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
    }
}

fn answer(path: &str, body: &[u8], judge: Judge) -> (u16, Value) {
    if path.contains("accessreviews") {
        let review: Value = serde_json::from_slice(body).unwrap();
        let allowed = review["spec"]["user"].is_string() && judge(&review["spec"]);
        return (201, json!({"status": {"allowed": allowed}}));
    }
    let list = |kind: &str, items: Value| {
        (200, json!({"kind": format!("{kind}List"), "apiVersion": "v1", "metadata": {}, "items": items}))
    };
    let named = |name: &str| json!({"name": name, "namespace": "shop"});
    let rbac = |kind: &str, items: Value| {
        let version = "rbac.authorization.k8s.io/v1";
        (200, json!({"kind": format!("{kind}List"), "apiVersion": version, "metadata": {}, "items": items}))
    };
    match path.rsplit('/').next().unwrap() {
        "version" => (200, json!({"major": "1", "minor": "36"})),
        "apis" => (200, json!({"kind": "APIGroupList", "groups": []})),
        "namespaces" => list("Namespace", json!([{"metadata": {"name": "shop"}}])),
        "serviceaccounts" => list("ServiceAccount", json!([{"metadata": named("web")}])),
        "pods" => list(
            "Pod",
            json!([{"metadata": named("web"), "spec": {
                "serviceAccountName": "web",
                "volumes": [{"name": "v", "secret": {"secretName": "db"}}],
                "containers": [{"name": "web", "image": "web"}]}}]),
        ),
        "roles" => rbac(
            "Role",
            json!([{"metadata": named("helper"), "rules": [
                {"verbs": ["patch"], "resources": ["secrets"], "apiGroups": [""]}]}]),
        ),
        "rolebindings" => rbac(
            "RoleBinding",
            json!([{"metadata": named("helpers"),
                "roleRef": {"kind": "Role", "name": "helper", "apiGroup": "rbac.authorization.k8s.io"},
                "subjects": [{"kind": "User", "name": "eve"}]}]),
        ),
        "secrets" => list(
            "Secret",
            json!([{"metadata": named("db"), "data": {
                "password": data_encoding::BASE64.encode(VALUE.as_bytes()), "username": "c2hvcC11c2VyLTE="}}]),
        ),
        "configmaps" => list(
            "ConfigMap",
            json!([{"metadata": {"name": "app", "namespace": "shop", "resourceVersion": "7"},
                "data": {"app.env": format!("DB_PASSWORD={VALUE}\n")}}]),
        ),
        // Whoever asks may not list nodes.
        "nodes" => (403, json!({"kind": "Status", "reason": "Forbidden", "message": "CANARY-OF-THE-SERVER"})),
        _ => (200, json!({"kind": "List", "apiVersion": "v1", "metadata": {}, "items": []})),
    }
}

/// As RBAC would answer.
fn fair(spec: &Value) -> bool {
    let asked = &spec["resourceAttributes"];
    spec["user"] == "eve" && asked["verb"] == "patch" && asked["resource"] == "secrets"
}

#[test]
fn the_current_context_is_named_before_it_is_asked_and_secrets_are_not() {
    let sandbox = Sandbox::new();
    let server = Server::new(fair);
    let config = server.kubeconfig(&sandbox);
    let args = ["who", "secret/shop/db", "--kubeconfig", &config, "--max-qps", "1000"];
    let run = sandbox.run(args.into_iter().chain(["--verify", "--format", "json"])).ends(0);
    let answer = run.json();
    let readers = answer["readers"].as_array().unwrap();
    let names: Vec<&str> = readers.iter().map(|it| it["subject"]["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"eve") && names.contains(&"web"), "{names:?}");
    // The Secret is known by the pod that mounts it.
    assert_eq!(answer["seen"], false);
    assert_eq!(answer["verification"]["asked"], answer["verification"]["agreed"]);
    assert!(answer["verification"]["asked"].as_u64().unwrap() >= 1);
    // What was refused is not assessed, in our own words.
    let missing = answer["not_assessed"].as_array().unwrap();
    let nodes = missing.iter().find(|it| it["what"] == "nodes").unwrap();
    assert!(nodes["reason"].as_str().unwrap().contains("not allowed"), "{nodes}");
    assert!(
        run.err().starts_with("sekisho: reading context shop-prod at http://127.0.0.1:"),
        "{}",
        run.err()
    );
    let asked = server.asked();
    assert!(!asked.iter().any(|line| line.contains("/secrets")), "{asked:#?}");
    assert!(!asked.iter().any(|line| line.contains("watch=")), "{asked:#?}");
    for text in [run.out(), run.err()] {
        assert!(!text.contains(TOKEN) && !text.contains("CANARY-OF-THE-SERVER"), "{text}");
    }
    // No more questions than are allowed; what was left out is counted.
    let few =
        sandbox.run(args.into_iter().chain(["--verify", "--verify-limit", "2", "--format", "json"])).ends(0);
    let said = few.json()["verification"].clone();
    assert_eq!(said["asked"], 2);
    assert!(said["omitted"].as_u64().unwrap() > 0, "{said}");
    let story = sandbox.run(["reach", "pod/shop/web", "--kubeconfig", &config, "--max-qps", "1000"]).ends(0);
    assert!(story.out().contains("Pod web (shop) reaches 1 Secret"), "{}", story.out());
}

#[test]
fn another_opinion_of_the_server_is_told() {
    let sandbox = Sandbox::new();
    let server = Server::new(|_| false);
    let config = server.kubeconfig(&sandbox);
    let run = sandbox
        .run(["who", "secret/shop/db", "--kubeconfig", &config, "--max-qps", "1000", "--verify"])
        .ends(3);
    let words = "User eve may not patch secrets db (shop) by the server's answer, and may by ours";
    assert!(run.out().split_whitespace().collect::<Vec<_>>().join(" ").contains(words), "{}", run.out());
    // From what is no cluster nobody can be asked.
    sandbox.write("a.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\n");
    let run = sandbox.run(["who", "secret/shop/db", "--from", "a.yaml", "--verify"]).ends(2);
    assert!(run.err().contains("--from cluster"), "{}", run.err());
}

#[test]
fn values_of_a_cluster_are_needles_of_a_scan_and_are_forgotten() {
    let sandbox = Sandbox::new();
    let server = Server::new(fair);
    let config = server.kubeconfig(&sandbox);
    // Nothing but the value itself says that this is one, and the user's name is none.
    sandbox.write("notes.txt", format!("the shop opens with {VALUE} and shop-user-1\n"));
    let encoded = data_encoding::BASE64.encode(format!("<{VALUE}>").as_bytes());
    sandbox.write("deep.txt", format!("{encoded}\n"));
    let args = ["scan", "--kubeconfig", &config, "--max-qps", "1000", "--ephemeral-key", "--format", "json"];
    let bare = sandbox.run(args).ends(0).json();
    assert_eq!(bare["credentials"], json!([]));
    assert!(server.asked().is_empty(), "nobody asked for the cluster");
    for more in [&["--read-values"][..], &["--needles-from", "cluster"]] {
        let run = sandbox.run(args.iter().chain(more).copied()).ends(1);
        let report = run.json();
        let found = report["credentials"].as_array().unwrap();
        assert_eq!(found.len(), 1, "{report:#}");
        let mut paths: Vec<&str> = found[0]["copies"]
            .as_array()
            .unwrap()
            .iter()
            .map(|copy| copy["place"]["path"].as_str().unwrap())
            .collect();
        paths.sort_unstable();
        assert_eq!(paths, ["deep.txt", "notes.txt"]);
        let sources = report["coverage"].as_array().unwrap().iter().map(|it| it["source"].as_str().unwrap());
        assert!(sources.eq(["dir", "needles"]), "{report:#}");
        assert!(
            run.err().starts_with("sekisho: reading context shop-prod at http://127.0.0.1:"),
            "{}",
            run.err()
        );
        assert!(run.err().contains("looking for 1 value of the Secrets of cluster"), "{}", run.err());
        for text in [run.out(), run.err()] {
            assert!(!text.contains(VALUE) && !text.contains(&encoded), "a value in {text}");
        }
    }
    // Namespaces and their Secrets are asked for, and nothing else.
    let mut asked: Vec<String> = server.asked();
    asked.sort();
    asked.dedup();
    let paths: Vec<&str> = asked.iter().map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    assert!(
        paths
            .iter()
            .all(|path| path.contains("/secrets?") || path.contains("/namespaces?") || *path == "/version"),
        "{paths:?}"
    );
}

#[test]
fn values_of_a_dump_are_needles_too() {
    let sandbox = Sandbox::new();
    let dump = json!({"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "db", "namespace": "shop"}, "stringData": {"password": VALUE}}]});
    let dump = sandbox.write_out("dump.json", dump.to_string());
    sandbox.write("notes.txt", format!("the shop opens with {VALUE}\n"));
    let run = sandbox.scan(&["--needles-from", dump.to_str().unwrap()]).ends(1);
    assert_eq!(run.json()["credentials"].as_array().unwrap().len(), 1);
    assert!(!run.out().contains(VALUE) && !run.err().contains(VALUE));
    let empty = sandbox.write_out("empty.json", "{}");
    let run = sandbox.scan(&["--needles-from", empty.to_str().unwrap()]).ends(2);
    assert!(run.err().contains("no Secret with a value in it"), "{}", run.err());
}

#[test]
fn a_live_cluster_is_scanned_object_by_object() {
    let sandbox = Sandbox::new();
    let server = Server::new(fair);
    let config = server.kubeconfig(&sandbox);
    let args = ["scan", "cluster", "--kubeconfig", &config, "--max-qps", "1000", "--ephemeral-key"];
    let run = sandbox.run(args.into_iter().chain(["--format", "json"])).ends(1);
    let report = run.json();
    let found = report["credentials"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{report:#}");
    let place = &found[0]["copies"][0]["place"];
    assert_eq!((&place["type"], &place["cluster"]), (&json!("object"), &json!("shop-prod")), "{place}");
    assert_eq!((&place["object"]["kind"], &place["object"]["name"]), (&json!("ConfigMap"), &json!("app")));
    assert_eq!(
        (&report["coverage"][0]["source"], &report["coverage"][0]["status"]),
        (&json!("cluster"), &json!("complete"))
    );
    assert!(
        run.err().starts_with("sekisho: reading context shop-prod at http://127.0.0.1:"),
        "{}",
        run.err()
    );
    let table = sandbox.run(args).ends(1);
    assert!(table.out().contains("ConfigMap app"), "{}", table.out());
    for text in [run.out(), run.err(), table.out()] {
        assert!(!text.contains(VALUE) && !text.contains(TOKEN), "a value in {text}");
    }
    // What is asked for is what the printed role allows, and no Secret.
    let role = sandbox.run(["rbac", "--print", "scan"]).ends(0);
    let asked = server.asked();
    assert!(!asked.iter().any(|line| line.contains("/secrets")), "{asked:#?}");
    for line in asked.iter().filter(|line| line.contains("limit=")) {
        let plural = line.split('?').next().unwrap().rsplit('/').next().unwrap();
        assert!(role.out().contains(&format!("\"{plural}\"")), "{line}");
    }
    // A directory of that name is a directory.
    sandbox.write("cluster/a.txt", "nothing\n");
    let run = sandbox.run(["scan", "cluster", "--ephemeral-key", "--format", "json"]).ends(0);
    assert_eq!(run.json()["coverage"][0]["source"], "dir");
}
