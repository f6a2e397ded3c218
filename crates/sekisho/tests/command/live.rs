//! `who`, `reach` and `scan` against a real API server: with the printed role and nothing more, with a
//! refusal put in its way, and with every answer put to the server's own authorizers.
//!
//! It takes `kube-apiserver`, `etcd` and `kubectl` from `$KUBEBUILDER_ASSETS`, as tools that test controllers
//! do (`setup-envtest use -p env`), and `openssl` from the machine. Where one of them is missing it says so,
//! past the test runner, which keeps for itself what a passing test prints, and is skipped.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::sandbox::Sandbox;

/// Made up; a value in the cluster, which no answer may hold.
const VALUE: &str = concat!("vB8nq2Ls", "Xw4Tj6Rk0Pz");
/// Users of the token file: the administrator, the one with the printed role, one with less.
const USERS: [(&str, &str, &str); 5] = [
    ("admin", "made-up-token-admin", "system:masters"),
    ("reader", "made-up-token-reader", ""),
    ("poor", "made-up-token-poor", ""),
    ("rich", "made-up-token-rich", ""),
    ("scanner", "made-up-token-scanner", ""),
];

/// A control plane that ends with the test.
struct Cluster {
    sandbox: Sandbox,
    kubectl: PathBuf,
    server: String,
    children: Vec<Child>,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The server before its store.
        for child in self.children.iter_mut().rev() {
            let _gone = child.kill();
            let _gone = child.wait();
        }
    }
}

impl Cluster {
    /// Starts one; `None` where the programs for it are not there.
    fn start() -> Option<Self> {
        let Some(assets) = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from) else {
            let _closed = writeln!(
                std::io::stderr(),
                "SKIPPED: KUBEBUILDER_ASSETS is not set; nothing was asked of a real API server"
            );
            return None;
        };
        for program in ["kube-apiserver", "etcd", "kubectl"] {
            if !assets.join(program).is_file() {
                let _closed = writeln!(
                    std::io::stderr(),
                    "SKIPPED: no {program} in {}; nothing was asked of a real API server",
                    assets.display()
                );
                return None;
            }
        }
        let sandbox = Sandbox::new();
        let directory = sandbox.out("cluster");
        fs::create_dir(&directory).unwrap();
        if !certificates(&directory) {
            let _closed = writeln!(
                std::io::stderr(),
                "SKIPPED: no openssl that makes certificates; nothing was asked of a real API server"
            );
            return None;
        }
        let users = USERS.map(|(name, token, group)| format!("{token},{name},{name},\"{group}\"\n")).concat();
        fs::write(directory.join("tokens.csv"), users).unwrap();
        let [store, peers, port] = ports();
        let (store, peers) = (format!("http://127.0.0.1:{store}"), format!("http://127.0.0.1:{peers}"));
        let mut etcd = Command::new(assets.join("etcd"));
        etcd.arg("--data-dir").arg(directory.join("data"));
        etcd.args([format!("--listen-client-urls={store}"), format!("--advertise-client-urls={store}")]);
        etcd.args([format!("--listen-peer-urls={peers}"), format!("--initial-advertise-peer-urls={peers}")]);
        etcd.arg(format!("--initial-cluster=default={peers}"));
        let mut apiserver = Command::new(assets.join("kube-apiserver"));
        let file = |name: &str| directory.join(name).display().to_string();
        apiserver.args([
            format!("--etcd-servers={store}"),
            format!("--secure-port={port}"),
            "--bind-address=127.0.0.1".to_owned(),
            "--advertise-address=127.0.0.1".to_owned(),
            "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
            "--authorization-mode=Node,RBAC".to_owned(),
            // No controller fills in what it asks for.
            "--disable-admission-plugins=ServiceAccount".to_owned(),
            format!("--token-auth-file={}", file("tokens.csv")),
            format!("--tls-cert-file={}", file("server.crt")),
            format!("--tls-private-key-file={}", file("server.key")),
            format!("--service-account-key-file={}", file("server.key")),
            format!("--service-account-signing-key-file={}", file("server.key")),
            "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
            format!("--cert-dir={}", file("certs")),
        ]);
        let children = [("etcd", etcd), ("kube-apiserver", apiserver)].map(|(name, mut command)| {
            let log = File::create(directory.join(format!("{name}.log"))).unwrap();
            command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
            command.spawn().unwrap()
        });
        let server = format!("https://127.0.0.1:{port}");
        let kubectl = assets.join("kubectl");
        let cluster = Self { sandbox, kubectl, server, children: children.into() };
        cluster.wait();
        Some(cluster)
    }

    /// Until the server has made its own roles.
    fn wait(&self) {
        let since = Instant::now();
        let ready = ["get", "--raw", "/readyz"];
        let roles = ["get", "clusterrole", "cluster-admin", "system:node"];
        while !(self.kubectl(&ready, "").0 && self.kubectl(&roles, "").0) {
            let log = fs::read_to_string(self.sandbox.out("cluster/kube-apiserver.log")).unwrap_or_default();
            let last = log.lines().rev().take(5).collect::<Vec<_>>().join("\n");
            assert!(since.elapsed() < Duration::from_secs(150), "the API server does not get ready:\n{last}");
            thread::sleep(Duration::from_millis(500));
        }
    }

    /// As the administrator: whether it went well, and what was printed.
    fn kubectl(&self, args: &[&str], input: &str) -> (bool, String) {
        let mut command = self.sandbox.clean(self.kubectl.to_str().unwrap(), args);
        command.env("KUBECONFIG", self.kubeconfig("admin"));
        let piped = || Stdio::piped();
        let mut child = command.stdin(piped()).stdout(piped()).stderr(piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        (output.status.success(), text.into_owned())
    }

    #[track_caller]
    fn apply(&self, objects: &str) {
        let (well, text) = self.kubectl(&["apply", "--validate=false", "-f", "-"], objects);
        assert!(well, "{text}\n{objects}");
    }

    /// A kubeconfig of one of the users.
    fn kubeconfig(&self, user: &str) -> String {
        let (_, token, _) = USERS.into_iter().find(|(name, ..)| *name == user).unwrap();
        let authority = self.sandbox.out("cluster/ca.crt");
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "c", "cluster": {"server": self.server, "certificate-authority": authority}}],
            "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
            "users": [{"name": "u", "user": {"token": token}}],
        });
        let path = self.sandbox.write_out(&format!("kubeconfig-{user}"), config.to_string());
        path.to_str().unwrap().to_owned()
    }

    /// Binds a user to a ClusterRole that was printed, under another name and without one word.
    fn bind(&self, user: &str, role: &str, without: &str) {
        let name = role.lines().find_map(|line| line.strip_prefix("  name: ")).unwrap();
        let own = format!("{name}-{user}");
        assert!(without.is_empty() || role.contains(without), "{role}");
        self.apply(&role.replace(&format!("  name: {name}"), &format!("  name: {own}")).replace(without, ""));
        self.apply(&binding("ClusterRoleBinding", None, &own, &format!("User, name: {user}")));
    }

    fn print(&self, args: &[&str]) -> String {
        self.sandbox.run(["rbac", "--print"].iter().chain(args).copied()).ends(0).out().to_owned()
    }

    fn ask(&self, user: &str, args: &[&str]) -> crate::sandbox::Run {
        let config = self.kubeconfig(user);
        let more = ["--kubeconfig", &config, "--max-qps", "500"];
        self.sandbox.run(args.iter().copied().chain(more))
    }
}

fn binding(kind: &str, namespace: Option<&str>, role: &str, subject: &str) -> String {
    let name = format!("{role}-{}", subject.rsplit(' ').next().unwrap());
    let namespace = namespace.map(|it| format!(", namespace: {it}")).unwrap_or_default();
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: {name}{namespace}}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\nsubjects: [{{kind: {subject}}}]\n"
    )
}

/// An authority, and a certificate of 127.0.0.1.
fn certificates(directory: &Path) -> bool {
    fs::write(directory.join("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    let run = |args: &str| {
        let mut openssl = Command::new("openssl");
        openssl.args(args.split(' ')).current_dir(directory);
        openssl.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        openssl.status().is_ok_and(|status| status.success())
    };
    run("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -subj /CN=ca -days 2")
        && run("req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=server")
        && run(
            "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt -days 2 -extfile names",
        )
}

/// Ports that nobody listens on just now.
fn ports<const N: usize>() -> [u16; N] {
    let listeners: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// Two namespaces, a pod on a node, and readers of every kind.
fn estate(cluster: &Cluster) {
    let encoded = data_encoding::BASE64.encode(VALUE.as_bytes());
    let role = |name: &str, rule: &str| {
        format!(
            "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: {name}}}\nrules: [{{{rule}}}]\n"
        )
    };
    cluster.apply(
        "apiVersion: v1\nkind: List\nitems:\n\
         - {apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n\
         - {apiVersion: v1, kind: Namespace, metadata: {name: build}}\n\
         - {apiVersion: v1, kind: Node, metadata: {name: n1}}\n\
         - {apiVersion: v1, kind: Node, metadata: {name: n2}}\n",
    );
    let mut objects = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: db, namespace: shop}}\ndata: {{password: {encoded}}}\n\
         ---\napiVersion: v1\nkind: Secret\nmetadata: {{name: other, namespace: shop}}\nstringData: {{password: {VALUE}-other}}\n\
         ---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: web, namespace: shop}}\n\
         ---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: ci, namespace: build}}\n\
         ---\napiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: shop}}\nspec:\n  serviceAccountName: web\n  nodeName: n1\n  \
           volumes: [{{name: v, secret: {{secretName: db}}}}]\n  containers: [{{name: web, image: web}}]\n"
    );
    for (name, rule) in [
        ("gets-one", "verbs: [get], resources: [secrets], apiGroups: [''], resourceNames: [db]"),
        ("patches", "verbs: [patch], resources: [secrets], apiGroups: ['']"),
        ("lists", "verbs: [list, watch], resources: [secrets], apiGroups: ['']"),
        ("selects", "verbs: [list], resources: [secrets], apiGroups: [''], resourceNames: [db]"),
        ("collects", "verbs: [deletecollection], resources: [secrets], apiGroups: ['']"),
        ("tokens", "verbs: [create], resources: ['*/token'], apiGroups: ['*'], resourceNames: [ci]"),
        ("globs", "verbs: [get], resources: ['secret*', 'secrets/*'], apiGroups: ['']"),
        (
            "binds",
            "verbs: [create, bind], resources: [rolebindings, clusterroles], apiGroups: ['rbac.authorization.k8s.io']",
        ),
        ("execs", "verbs: [create, get], resources: [pods/exec], apiGroups: ['']"),
    ] {
        objects += &role(name, rule);
    }
    for (namespace, role, subject) in [
        (Some("shop"), "gets-one", "User, name: ada"),
        (Some("shop"), "patches", "User, name: eve"),
        (Some("shop"), "lists", "Group, name: ops"),
        (Some("build"), "lists", "User, name: elsewhere"),
        (Some("shop"), "selects", "User, name: sel"),
        (Some("shop"), "collects", "User, name: col"),
        (Some("shop"), "globs", "User, name: glob"),
        (Some("build"), "tokens", "User, name: tok"),
        (Some("shop"), "binds", "User, name: bin"),
        (Some("shop"), "execs", "User, name: exe"),
        (None, "lists", "ServiceAccount, namespace: build, name: ci"),
    ] {
        let kind = if namespace.is_some() { "RoleBinding" } else { "ClusterRoleBinding" };
        objects += &format!("---\n{}", binding(kind, namespace, role, subject));
    }
    cluster.apply(&objects);
}

fn names(answer: &Value) -> Vec<&str> {
    let readers = answer["readers"].as_array().unwrap().iter();
    readers.map(|reader| reader["subject"]["name"].as_str().unwrap()).collect()
}

fn refused(answer: &Value) -> Vec<&str> {
    let missing = answer["not_assessed"].as_array().unwrap().iter();
    let refused = missing.filter(|it| it["reason"].as_str().unwrap().contains("not allowed"));
    refused.map(|it| it["what"].as_str().unwrap()).collect()
}

#[test]
fn a_real_api_server_agrees_and_the_printed_roles_are_enough() {
    let Some(cluster) = Cluster::start() else { return };
    estate(&cluster);
    cluster.bind("reader", &cluster.print(&["references", "--verify"]), "");
    cluster.bind("poor", &cluster.print(&["references"]), "\"pods\", ");
    cluster.bind("rich", &cluster.print(&["values"]), "");
    cluster.bind("scanner", &cluster.print(&["scan"]), "");

    // The role is enough, and has nothing to do with Secrets.
    let who = ["who", "secret/shop/db", "--format", "json", "--verify", "--verify-limit", "1000"];
    let run = cluster.ask("reader", &who).ends(0);
    let answer = run.json();
    assert_eq!(refused(&answer), [""; 0], "{}", run.err());
    for verb in ["get", "list", "watch", "patch", "delete"] {
        let args = ["auth", "can-i", verb, "secrets", "--all-namespaces", "--as", "reader"];
        assert!(!cluster.kubectl(&args, "").0, "the printed role may {verb} secrets");
    }
    assert_eq!(answer["seen"], false);
    // Everybody who reads it is found, nobody else, and the server is of the same mind.
    let found = names(&answer);
    for reader in ["ada", "eve", "ops", "sel", "col", "tok", "bin", "exe", "ci", "web", "n1"] {
        assert!(found.contains(&reader), "{reader} in {found:?}");
    }
    for other in ["glob", "elsewhere", "n2", "poor", "reader"] {
        assert!(!found.contains(&other), "{other} in {found:?}");
    }
    let said = &answer["verification"];
    println!("{} questions, {} agreed, {} omitted", said["asked"], said["agreed"], said["omitted"]);
    assert_eq!((&said["disagreed"], &said["omitted"]), (&json!([]), &json!(0)));
    assert!(said["asked"].as_u64().unwrap() > 50 && said["asked"] == said["agreed"], "{said}");

    // A refusal makes its kind not assessed; the rest is answered.
    let run = cluster.ask("poor", &["who", "secret/shop/db", "--format", "json"]);
    if run.status == 0 {
        let answer = run.json();
        assert_eq!(refused(&answer), ["pods"]);
        assert!(names(&answer).contains(&"ada"), "{answer:#}");
    } else {
        // Nothing but the pod names it, and rules that name it do not say where.
        assert_eq!(run.status, 2, "{}", run.err());
        assert!(run.err().contains("nothing in the picture names Secret db"), "{}", run.err());
    }
    let run = cluster.ask("poor", &["reach", "user/tok", "--format", "json"]).ends(0);
    assert_eq!(refused(&run.json()), ["pods"]);

    // Deeper, with the deeper role: still no value in any answer.
    for depth in ["metadata", "values"] {
        let key = cluster.sandbox.key();
        let args = [
            "who",
            "secret/shop/db",
            "--format",
            "json",
            "--depth",
            depth,
            "--estate-key-file",
            key.to_str().unwrap(),
        ];
        let run = cluster.ask("rich", &args).ends(0);
        assert_eq!((run.json()["seen"].clone(), refused(&run.json())), (json!(true), Vec::new()));
        assert!(!run.out().contains(VALUE) && !run.err().contains(VALUE));
    }
    // And the values are needles.
    cluster.sandbox.write("notes.txt", format!("it opens with {VALUE}\n"));
    let run = cluster.ask("rich", &["scan", "--read-values", "--ephemeral-key", "--format", "json"]).ends(1);
    assert_eq!(run.json()["credentials"].as_array().unwrap().len(), 1);
    assert!(!run.out().contains(VALUE) && !run.err().contains(VALUE));
    // Who may not read values gets none, and is told.
    let run =
        cluster.ask("reader", &["scan", "--read-values", "--ephemeral-key", "--format", "json"]).ends(0);
    assert!(run.err().contains("not allowed to list secrets"), "{}", run.err());
    // A scan of the cluster itself, with the role for that.
    cluster.apply(&format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: app, namespace: shop}}\ndata: {{app.env: DB_PASSWORD={VALUE}}}\n"));
    let run = cluster.ask("scanner", &["scan", "cluster", "--ephemeral-key", "--format", "json"]).ends(1);
    let report = run.json();
    assert_eq!(report["coverage"][0]["status"], "complete", "{report:#}");
    assert_eq!(report["credentials"].as_array().unwrap().len(), 1, "{report:#}");
    assert!(!run.out().contains(VALUE) && !run.err().contains(VALUE));
}
