//! A live cluster, played by a small HTTP server: what is asked, how, and what becomes of refusals.
#![cfg(feature = "cluster")]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails panics, and so do its helpers"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use sekisho_kube::inventory::{Depth, Inventory};
use sekisho_sources::cluster::{Cluster, ClusterError, Event, Options, Question, role};
use serde_json::{Value, json};

/// Made up; must come out nowhere.
const CANARY: &str = concat!("Tr0ub4dor", "-canary-7x");

/// A request as the server got it.
#[derive(Debug, Clone)]
struct Asked {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Asked {
    fn resource(&self) -> &str {
        self.path.split('?').next().unwrap()
    }
}

struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

fn reply(status: u16, body: Value) -> Reply {
    Reply { status, headers: vec![], body: serde_json::to_vec(&body).unwrap() }
}

fn list(kind: &str, items: Value) -> Reply {
    reply(200, json!({"kind": kind, "apiVersion": "v1", "metadata": {}, "items": items}))
}

type Answers = dyn Fn(&Asked) -> Option<Reply> + Send + Sync;

/// A server on this machine that answers by `answers`; what it has no answer for is an empty list.
struct Server {
    directory: tempfile::TempDir,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    fn new(answers: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answers: Arc<Answers> = Arc::new(answers);
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answers) = (Arc::clone(&log), Arc::clone(&answers));
                thread::spawn(move || serve(stream, &log, &*answers));
            }
        });
        let directory = tempfile::tempdir().unwrap();
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "here",
            "clusters": [{"name": "c", "cluster": {"server": format!("http://127.0.0.1:{port}")}}],
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
            "users": [{"name": "u", "user": {"token": CANARY}}],
        });
        std::fs::write(directory.path().join("config"), config.to_string()).unwrap();
        Self { directory, asked }
    }

    fn kubeconfig(&self) -> PathBuf {
        self.directory.path().join("config")
    }

    fn options(&self, depth: Depth) -> Options {
        Options { kubeconfig: Some(self.kubeconfig()), depth, max_qps: 10_000.0, ..Options::default() }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, log: &Mutex<Vec<Asked>>, answers: &Answers) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let mut words = line.split_whitespace().map(str::to_owned);
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let len = headers.get("content-length").map_or(0, |len| len.parse().unwrap());
        let mut body = vec![0; len];
        reader.read_exact(&mut body).unwrap();
        let asked = Asked { method, path, headers, body };
        log.lock().unwrap().push(asked.clone());
        let reply = answers(&asked).or_else(|| usual(&asked)).unwrap_or_else(|| list("List", json!([])));
        let mut head = format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\n", reply.status, reply.body.len());
        for (name, value) in reply.headers {
            head += &format!("{name}: {value}\r\n");
        }
        if stream.write_all(format!("{head}\r\n").as_bytes()).is_err()
            || stream.write_all(&reply.body).is_err()
        {
            return;
        }
    }
}

/// What every server here answers.
fn usual(asked: &Asked) -> Option<Reply> {
    match asked.resource() {
        "/version" => Some(reply(200, json!({"major": "1", "minor": "33+"}))),
        "/apis" => Some(reply(
            200,
            json!({"groups": [
                {"name": "apps", "preferredVersion": {"version": "v1"}},
                {"name": "external-secrets.io", "preferredVersion": {"version": "v1beta1"}},
            ]}),
        )),
        "/api/v1/namespaces" => Some(list(
            "NamespaceList",
            json!([{"metadata": {"name": "kube-system"}}, {"metadata": {"name": "shop"}}]),
        )),
        _ => None,
    }
}

#[derive(Default)]
struct Seen {
    pages: Vec<(String, String)>,
    assessed: Vec<String>,
    missing: BTreeMap<String, String>,
    minor: Option<u32>,
}

fn read(options: Options) -> Result<Seen, ClusterError> {
    let mut seen = Seen::default();
    Cluster::find(options)?.read(&mut |event| match event {
        Event::Page { plural, list } => {
            seen.pages.push((plural.into(), String::from_utf8(list.expose_secret().to_vec()).unwrap()));
        }
        Event::Assessed { plural } => seen.assessed.push(plural.into()),
        Event::NotAssessed { plural, reason } => drop(seen.missing.insert(plural.into(), reason)),
        Event::Minor(minor) => seen.minor = Some(minor),
        _ => {}
    })?;
    Ok(seen)
}

/// Group and plural of a list's path.
fn asked_for(path: &str) -> (String, String) {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let plural = (*parts.last().unwrap()).to_owned();
    (if parts[0] == "api" { String::new() } else { parts[1].to_owned() }, plural)
}

#[test]
fn references_ask_exactly_what_the_printed_role_allows() {
    let server = Server::new(|_| None);
    let seen = read(server.options(Depth::References)).unwrap();
    assert_eq!((seen.minor, seen.missing.len()), (Some(33), 0), "{:?}", seen.missing);
    let role = role(Depth::References, false);
    let mut allowed = Vec::new();
    for rule in role.split("- apiGroups: [\"").skip(1) {
        let (group, rest) = rule.split_once('"').unwrap();
        let line = rest.lines().find(|line| line.contains("resources:")).unwrap();
        if rest.contains("resourceNames: [\"aws-auth\"]") {
            assert!(line.contains("[\"configmaps\"]") && rest.contains("verbs: [\"get\"]"));
            continue;
        }
        assert!(rest.contains("verbs: [\"list\"]"));
        let plurals = line.split('"').skip(1).step_by(2);
        allowed.extend(plurals.map(|plural| (group.to_owned(), plural.to_owned())));
    }
    let mut asked = Vec::new();
    for request in server.asked() {
        assert_eq!(request.method, "GET");
        assert_eq!(request.headers["authorization"], format!("Bearer {CANARY}"));
        assert!(
            !request.path.contains("watch") && !request.resource().ends_with("/secrets"),
            "{}",
            request.path
        );
        match request.resource() {
            "/api/v1/namespaces/kube-system/configmaps/aws-auth" => {}
            path @ ("/version" | "/apis") => assert!(role.contains(&format!("\"{path}\""))),
            path => {
                assert!(request.path.contains("limit="), "{}", request.path);
                asked.push(asked_for(path));
            }
        }
    }
    // Of the custom resources, those whose group is served.
    allowed.retain(|(group, _)| {
        !["cert-manager.io", "gateway.networking.k8s.io", "secrets-store.csi.x-k8s.io"]
            .contains(&group.as_str())
    });
    allowed.sort();
    asked.sort();
    assert_eq!(asked, allowed);
}

#[test]
fn a_refused_kind_is_not_assessed_and_the_rest_is_read() {
    let server = Server::new(|asked| {
        let text = format!("pods is forbidden: {CANARY}");
        (asked.resource() == "/api/v1/pods").then(|| reply(403, json!({"kind": "Status", "message": text})))
    });
    let seen = read(server.options(Depth::References)).unwrap();
    assert_eq!(seen.missing.keys().collect::<Vec<_>>(), ["pods"]);
    assert_eq!(seen.missing["pods"], "not allowed to list pods; `sekisho rbac` prints the role that is");
    assert!(seen.assessed.contains(&"deployments".to_owned()) && seen.assessed.contains(&"jobs".to_owned()));
}

#[test]
fn lists_come_in_pages_and_an_expired_one_goes_on() {
    let server = Server::new(|asked| {
        if asked.resource() != "/api/v1/pods" {
            return None;
        }
        let pod = |name: &str, more: &str| {
            reply(
                200,
                json!({"kind": "PodList", "apiVersion": "v1", "metadata": {"continue": more},
                "items": [{"metadata": {"name": name, "namespace": "shop"}, "spec": {"containers": []}}]}),
            )
        };
        let token = asked.path.split_once("continue=").map_or("", |(_, token)| token);
        Some(match token {
            "" => pod("a", "t/1=="),
            // Percent-encoded.
            "t%2F1%3D%3D" => {
                reply(410, json!({"kind": "Status", "code": 410, "metadata": {"continue": "t2"}}))
            }
            "t2" => pod("b", ""),
            other => panic!("unknown token {other}"),
        })
    });
    let mut builder = Inventory::builder().depth(Depth::References);
    let mut cluster = Cluster::find(server.options(Depth::References)).unwrap();
    cluster
        .read(&mut |event| match event {
            Event::Page { list, .. } => assert!(builder.read(list.expose_secret()).is_empty()),
            Event::Assessed { plural } => builder.assessed(plural),
            Event::NotAssessed { plural, reason } => builder.not_assessed(plural, &reason),
            Event::Minor(minor) => builder.minor(minor),
            _ => {}
        })
        .unwrap();
    let inventory = builder.finish();
    let pods: Vec<&str> = inventory.pods.iter().map(|pod| inventory.text(pod.name)).collect();
    assert_eq!((pods, inventory.minor), (vec!["a", "b"], Some(33)));
    assert!(inventory.coverage.has("pods") && inventory.coverage.has("daemonsets"));
    assert!(!inventory.coverage.has("secrets"));
}

#[test]
fn a_busy_server_is_asked_again_and_then_left() {
    let server = Server::new(|asked| {
        let mut busy = reply(429, json!({"kind": "Status"}));
        busy.headers.push(("retry-after", "0".to_owned()));
        (asked.resource() == "/apis/batch/v1/jobs").then_some(busy)
    });
    let seen = read(server.options(Depth::References)).unwrap();
    assert_eq!(seen.missing["jobs"], "the server was too busy for it (429)");
    assert_eq!(server.asked().iter().filter(|asked| asked.path.contains("/jobs")).count(), 5);
}

#[test]
fn a_page_that_is_too_long_is_asked_for_in_smaller_ones() {
    let server = Server::new(|asked| {
        let limit: usize = asked.path.split_once("limit=")?.1.split('&').next()?.parse().ok()?;
        let long = "x".repeat(1 << 20);
        (asked.resource() == "/apis/apps/v1/replicasets").then(|| {
            let items: Vec<Value> = (0..limit.min(40)).map(|_| json!({"metadata": {"name": long}})).collect();
            list("ReplicaSetList", json!(items))
        })
    });
    let seen = read(server.options(Depth::References)).unwrap();
    assert!(seen.missing.is_empty(), "{:?}", seen.missing);
    let limits: Vec<String> = server
        .asked()
        .into_iter()
        .filter(|asked| asked.path.contains("replicasets"))
        .map(|asked| asked.path)
        .collect();
    let ends: Vec<&str> = limits.iter().map(|path| path.split_once("limit=").unwrap().1).collect();
    assert_eq!(ends, ["500", "125", "31"]);
}

/// A server that has one Secret, and gives away as much of it as the form asks for allows.
fn one_secret(asked: &Asked) -> Option<Reply> {
    let path = asked.resource();
    if !path.ends_with("/secrets") {
        return None;
    }
    if path != "/api/v1/namespaces/shop/secrets" {
        return Some(list("SecretList", json!([])))
            .filter(|_| !asked.headers["accept"].contains("as="))
            .or_else(|| {
                Some(reply(200, json!({"kind": "Table", "columnDefinitions": [], "rows": [], "items": []})))
            });
    }
    let annotations = json!({"kubectl.kubernetes.io/last-applied-configuration": CANARY});
    let metadata = json!({"name": "db", "namespace": "shop", "annotations": annotations});
    let accept = &asked.headers["accept"];
    Some(if accept.contains("as=Table") {
        let object = if asked.path.contains("includeObject=None") { Value::Null } else { metadata };
        reply(
            200,
            json!({"kind": "Table", "columnDefinitions": [{"name": "Name"}, {"name": "Type"}],
            "rows": [{"cells": ["db", "kubernetes.io/tls"], "object": object}]}),
        )
    } else if accept.contains("as=PartialObjectMetadataList") {
        reply(200, json!({"kind": "PartialObjectMetadataList", "items": [{"metadata": metadata}]}))
    } else {
        list("SecretList", json!([{"metadata": metadata, "stringData": {"password": CANARY}}]))
    })
}

fn secrets(seen: &Seen) -> String {
    let pages = seen.pages.iter().filter(|(plural, _)| plural == "secrets");
    pages.map(|(_, list)| list.as_str()).collect()
}

#[test]
fn metadata_receives_no_value() {
    let server = Server::new(one_secret);
    let seen = read(server.options(Depth::Metadata)).unwrap();
    assert!(seen.missing.is_empty(), "{:?}", seen.missing);
    assert!(
        secrets(&seen)
            .contains(r#"{"metadata":{"name":"db","namespace":"shop"},"type":"kubernetes.io/tls"}"#)
    );
    assert!(!secrets(&seen).contains(CANARY));
    for asked in server.asked().iter().filter(|asked| asked.resource().ends_with("/secrets")) {
        // By namespace, and in no form that has a value, not even as a second choice.
        assert!(
            asked.path.contains("/namespaces/") && asked.path.contains("includeObject=None"),
            "{}",
            asked.path
        );
        assert_eq!(asked.headers["accept"], "application/json;as=Table;v=v1;g=meta.k8s.io");
    }
}

#[test]
fn annotations_are_names_alone() {
    let server = Server::new(one_secret);
    let options = Options { annotations: true, ..server.options(Depth::Metadata) };
    let seen = read(options).unwrap();
    let text = secrets(&seen);
    assert!(
        text.contains("last-applied-configuration\":\"\"") && text.contains("kubernetes.io/tls"),
        "{text}"
    );
    assert!(!text.contains(CANARY));
}

#[test]
fn values_come_only_where_they_are_asked_for() {
    let server = Server::new(one_secret);
    let seen = read(server.options(Depth::Values)).unwrap();
    assert!(secrets(&seen).contains(CANARY));
}

#[test]
fn a_server_without_tables_is_no_reason_to_take_values() {
    let server = Server::new(|asked| {
        asked.resource().ends_with("/secrets").then(|| list("SecretList", json!([{"data": {"a": CANARY}}])))
    });
    let seen = read(server.options(Depth::Metadata)).unwrap();
    assert_eq!(seen.missing["secrets"], "the server sends no tables (namespace kube-system)");
    assert!(!seen.pages.iter().any(|(_, list)| list.contains(CANARY)));
}

#[test]
fn some_namespaces_are_not_all() {
    let server = Server::new(|_| None);
    let options = Options { namespaces: vec!["shop".into()], ..server.options(Depth::References) };
    let seen = read(options).unwrap();
    assert_eq!(seen.missing["pods"], "only asked for in shop");
    assert!(seen.assessed.contains(&"clusterroles".to_owned()));
    assert!(server.asked().iter().any(|asked| asked.resource() == "/api/v1/namespaces/shop/pods"));
    assert!(!server.asked().iter().any(|asked| asked.resource() == "/api/v1/pods"));
}

#[test]
fn what_ends_a_reading_is_said_without_foreign_words() {
    let server = Server::new(|_| Some(reply(401, json!({"message": CANARY}))));
    let error = read(server.options(Depth::References)).err().unwrap();
    assert_eq!(error.to_string(), "the API server of context \"here\" does not accept the credentials (401)");
    let options = Options { context: Some("elsewhere".into()), ..server.options(Depth::References) };
    let error = read(options).err().unwrap();
    assert_eq!(error.to_string(), "the kubeconfig has no context \"elsewhere\"");
    std::fs::write(server.kubeconfig(), format!("users: [{{user: {{token: {CANARY}, ]")).unwrap();
    let error = read(server.options(Depth::References)).err().unwrap();
    assert_eq!(error.to_string(), "reading the kubeconfig: not a kubeconfig");
    assert!(!format!("{error:?}").contains(CANARY));
}

/// As cloud providers' kubeconfigs have it.
#[test]
fn a_credentials_plug_in_is_run_and_its_words_are_kept_back() {
    let server = Server::new(|_| None);
    let plugin = server.directory.path().join("plugin");
    let config: Value = serde_json::from_slice(&std::fs::read(server.kubeconfig()).unwrap()).unwrap();
    let with = |script: &str| {
        std::fs::write(&plugin, script).unwrap();
        let mut config = config.clone();
        config["users"][0]["user"] = json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": "sh",
            "args": [plugin.to_str().unwrap()], "interactiveMode": "Never",
        }});
        std::fs::write(server.kubeconfig(), config.to_string()).unwrap();
        read(server.options(Depth::References))
    };
    let credential = json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
        "status": {"token": "from-the-plug-in"}});
    with(&format!("echo '{credential}'")).unwrap();
    assert!(server.asked().iter().all(|asked| asked.headers["authorization"] == "Bearer from-the-plug-in"));
    let error = with(&format!("echo {CANARY} >&2; exit 1")).err().unwrap();
    assert!(matches!(error, ClusterError::Credentials { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains(CANARY));
}

#[test]
fn the_server_is_asked_whether_it_agrees() {
    let server = Server::new(|asked| {
        if asked.method != "POST" {
            return None;
        }
        let review: Value = serde_json::from_slice(&asked.body).unwrap();
        let what = &review["spec"]["resourceAttributes"];
        let allowed = what["verb"] == "list" && what["resource"] == "secrets";
        Some(reply(201, json!({"status": {"allowed": allowed, "reason": CANARY}})))
    });
    let mut cluster = Cluster::find(server.options(Depth::References)).unwrap();
    assert_eq!(cluster.context(), "here");
    assert!(cluster.server().starts_with("http://127.0.0.1:") && server.asked().is_empty());
    let question = Question {
        user: "system:serviceaccount:shop:web".into(),
        groups: vec!["system:authenticated".into()],
        verb: "list".into(),
        resource: "secrets".into(),
        namespace: "shop".into(),
        ..Question::default()
    };
    assert!(cluster.allows(&question).unwrap());
    assert!(!cluster.allows(&Question { verb: "get".into(), ..question.clone() }).unwrap());
    let sent: Value = serde_json::from_slice(&server.asked()[0].body).unwrap();
    assert_eq!(
        sent,
        json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": {
            "user": "system:serviceaccount:shop:web", "groups": ["system:authenticated"],
            "resourceAttributes": {"verb": "list", "group": "", "resource": "secrets", "namespace": "shop"},
        }})
    );
    let grants: Vec<&str> = cluster.own_grants().unwrap().iter().map(|grant| grant.verb).collect();
    assert_eq!(grants, ["list"]);
}
