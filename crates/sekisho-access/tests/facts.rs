//! The live checks, from their recorded exchanges: what the server let through is what the evaluator
//! lets through, and whoever got a value is a reader in the graph.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod recorded;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use sekisho_access::answer::Reader;
use sekisho_access::rbac::{Action, Identity, Rbac, Resource, from_http};
use sekisho_access::{Graph, Options, Show};
use sekisho_kube::Inventory;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Check {
    #[serde(default)]
    server: String,
    id: String,
    exchanges: Vec<Exchange>,
}

#[derive(Deserialize, Clone)]
struct Exchange {
    as_user: String,
    holds: Value,
    method: String,
    path: String,
    #[serde(default)]
    request_headers: BTreeMap<String, String>,
    status: u16,
    canaries_in_response: Vec<String>,
    #[serde(default)]
    note: String,
}

/// Every authenticated user may ask who it is and what it may (the API server's own default role).
fn basics() -> Vec<Value> {
    let rule = |group: &str, resources: Value| json!({"verbs": ["create"], "apiGroups": [group], "resources": resources});
    let rules = json!([
        rule("authorization.k8s.io", json!(["selfsubjectaccessreviews", "selfsubjectrulesreviews"])),
        rule("authentication.k8s.io", json!(["selfsubjectreviews"])),
    ]);
    let api = "rbac.authorization.k8s.io/v1";
    vec![
        json!({"apiVersion": api, "kind": "ClusterRole", "metadata": {"name": "basic"}, "rules": rules}),
        json!({"apiVersion": api, "kind": "ClusterRoleBinding", "metadata": {"name": "basic"},
            "roleRef": {"kind": "ClusterRole", "name": "basic"},
            "subjects": [{"kind": "Group", "name": "system:authenticated"}]}),
    ]
}

/// The grants of one user in one scope, as objects.
fn grants(user: &str, scope: &str, rules: &Value, number: usize) -> [Value; 2] {
    let api = "rbac.authorization.k8s.io/v1";
    let namespace = scope.strip_prefix("namespace ");
    let (role, binding) =
        if namespace.is_some() { ("Role", "RoleBinding") } else { ("ClusterRole", "ClusterRoleBinding") };
    let metadata = json!({"name": format!("g{number}"), "namespace": namespace});
    [
        json!({"apiVersion": api, "kind": role, "metadata": metadata, "rules": rules}),
        json!({"apiVersion": api, "kind": binding, "metadata": metadata,
            "roleRef": {"kind": role, "name": format!("g{number}")}, "subjects": [{"kind": "User", "name": user}]}),
    ]
}

impl Check {
    /// The server's minor version.
    fn minor(&self) -> u32 {
        let minor = self.server.split('.').nth(1).and_then(|minor| minor.parse().ok());
        minor.unwrap_or_else(|| panic!("check {} names no server", self.id))
    }
}

/// What stands in an inventory at one exchange: everybody's grants, this user's as it then was.
fn world(
    all: &BTreeMap<(String, String), Value>,
    exchange: &Exchange,
    secrets: &BTreeSet<String>,
    minor: u32,
) -> Inventory {
    let mut builder = Inventory::builder();
    for object in basics() {
        builder.add(&object);
    }
    for (number, ((user, scope), rules)) in all.iter().enumerate() {
        let rules = if *user == exchange.as_user && exchange.holds["scope"] == scope.as_str() {
            &exchange.holds["rules"]
        } else {
            rules
        };
        for object in grants(user, scope, rules, number) {
            builder.add(&object);
        }
    }
    for secret in secrets {
        let (namespace, name) = secret.split_once('/').unwrap();
        builder.add(&json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": namespace, "name": name}}));
    }
    builder.minor(minor);
    builder.finish()
}

/// Whether Node and RBAC let an exchange through, impersonation first.
fn lets_through(rbac: &Rbac<'_>, exchange: &Exchange, granted: &dyn Fn(&str) -> bool, minor: u32) -> bool {
    let mut name = String::new();
    let action = from_http(&exchange.method, &exchange.path, &mut name);
    let me = Identity::user(&exchange.as_user);
    let header = |name: &str| exchange.request_headers.get(name).map(String::as_str);
    let Some(target) = header("Impersonate-User") else { return may(rbac, &me, &action, minor) };
    let ask = |verb: &str, group: &str, resource: &str, subresource: &str, name: &str, namespace: &str| {
        let wanted = Resource { verb, group, resource, subresource, name, namespace };
        rbac.decide(&me, &Action::Resource(wanted)).is_allowed()
    };
    let account = target.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
    let node = target.strip_prefix("system:node:");
    let mut identity = Identity::user(target);
    let mut plain = match account {
        Some((namespace, name)) => ask("impersonate", "", "serviceaccounts", "", name, namespace),
        None => ask("impersonate", "", "users", "", target, ""),
    };
    let mut constrained = match account {
        Some((namespace, name)) => {
            ask("impersonate:serviceaccount", "authentication.k8s.io", "serviceaccounts", "", name, namespace)
        }
        None => match node {
            Some(node) => ask("impersonate:arbitrary-node", "authentication.k8s.io", "nodes", "", node, ""),
            None => ask("impersonate:user-info", "authentication.k8s.io", "users", "", target, ""),
        },
    };
    if let Some(group) = header("Impersonate-Group") {
        plain &= ask("impersonate", "", "groups", "", group, "");
        constrained &= group != "system:masters"
            && ask("impersonate:user-info", "authentication.k8s.io", "groups", "", group, "");
        identity.groups.push(group.to_owned());
    }
    if let Some(uid) = header("Impersonate-Uid") {
        plain &= ask("impersonate", "authentication.k8s.io", "uids", "", uid, "");
        constrained &= ask("impersonate:user-info", "authentication.k8s.io", "uids", "", uid, "");
    }
    for (key, value) in &exchange.request_headers {
        if let Some(key) = key.strip_prefix("Impersonate-Extra-") {
            let key = key.to_ascii_lowercase();
            plain &= ask("impersonate", "authentication.k8s.io", "userextras", &key, value, "");
            constrained &=
                ask("impersonate:user-info", "authentication.k8s.io", "userextras", &key, value, "");
        }
    }
    if let Action::Resource(wanted) = action {
        let mode = match (account, node) {
            (Some(_), _) => "serviceaccount",
            (None, Some(_)) => "arbitrary-node",
            (None, None) => "user-info",
        };
        let verb = format!("impersonate-on:{mode}:{}", wanted.verb);
        constrained &= rbac.decide(&me, &Action::Resource(Resource { verb: &verb, ..wanted })).is_allowed();
    }
    // Of some users that are impersonated the grants are not recorded: they may what is asked for.
    let unknown = !target.starts_with("system:") && !granted(target);
    (plain || (constrained && minor >= 35)) && (unknown || may(rbac, &identity, &action, minor))
}

fn may(rbac: &Rbac<'_>, identity: &Identity, action: &Action<'_>, minor: u32) -> bool {
    let allowed = rbac.decide(identity, action).is_allowed();
    match action {
        // Since 1.35 what opens with a GET is asked about as create too.
        Action::Resource(wanted)
            if minor >= 35
                && wanted.verb == "get"
                && matches!(wanted.subresource, "exec" | "attach" | "portforward") =>
        {
            allowed
                && rbac
                    .decide(identity, &Action::Resource(Resource { verb: "create", ..*wanted }))
                    .is_allowed()
        }
        _ => allowed,
    }
}

/// The edges by which each verb reads.
fn edges_of(action: &Action<'_>) -> &'static [&'static str] {
    match action {
        Action::Resource(wanted) if wanted.resource == "secrets" => match wanted.verb {
            "get" => &["secrets-get"],
            "list" => &["secrets-list", "secrets-selector", "secrets-nameless"],
            "watch" => &["secrets-watch", "secrets-selector", "secrets-nameless"],
            "patch" => &["secrets-patch"],
            "delete" => &["secrets-delete"],
            "deletecollection" => &["secrets-deletecollection"],
            _ => &[],
        },
        _ => &[],
    }
}

#[test]
fn the_live_checks_come_out_the_same() {
    let Some(file) = recorded::folder("facts.jsonl") else { return };
    let lines = recorded::read(&file);
    let checks = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let checks: Vec<Check> = checks.map(|line| serde_json::from_slice(line).unwrap()).collect();
    let exchanges = || checks.iter().flat_map(|check| &check.exchanges);
    let mut all: BTreeMap<(String, String), Value> = BTreeMap::new();
    for exchange in exchanges().filter(|it| it.holds.is_object()) {
        let scope = exchange.holds["scope"].as_str().unwrap().to_owned();
        all.insert((exchange.as_user.clone(), scope), exchange.holds["rules"].clone());
    }
    let secrets: BTreeSet<String> =
        exchanges().flat_map(|it| it.canaries_in_response.iter().cloned()).collect();
    let (mut through, mut refused, mut values, mut wrong) = (0, 0, 0, Vec::new());
    for check in &checks {
        for exchange in check.exchanges.iter().filter(|it| it.holds.is_object() && !it.as_user.contains(' '))
        {
            let at = format!(
                "{} {} {} {} ({})",
                check.id, exchange.as_user, exchange.method, exchange.path, exchange.note
            );
            let inventory = world(&all, exchange, &secrets, check.minor());
            let rbac = Rbac::new(&inventory);
            let granted = |user: &str| all.keys().any(|(known, _)| known == user);
            let allowed = lets_through(&rbac, exchange, &granted, check.minor());
            let header = |name: &str| exchange.request_headers.get(name).map_or("", String::as_str);
            // An apply that would make an object is asked about as create, and a header that names a
            // group and nobody to be is no request.
            let makes = header("Content-Type").contains("apply") && exchange.status == 403;
            // Anonymous may be impersonated and is then refused, which is not seen from outside.
            if exchange.status == 400
                && header("Impersonate-User").is_empty()
                && !header("Impersonate-Group").is_empty()
            {
                continue;
            }
            if allowed {
                through += 1;
            } else {
                refused += 1;
            }
            if allowed != (exchange.status != 403) && !makes {
                wrong.push(format!("{at}: {allowed}, status {}", exchange.status));
            }
            if exchange.canaries_in_response.is_empty() || !header("Impersonate-User").is_empty() {
                continue;
            }
            let options = Options::default();
            let graph = Graph::new(&inventory, &options);
            let mut name = String::new();
            let action = from_http(&exchange.method, &exchange.path, &mut name);
            for canary in &exchange.canaries_in_response {
                values += 1;
                let (namespace, name) = canary.split_once('/').unwrap();
                let readers =
                    graph.who(inventory.find_secret(namespace, name).unwrap(), Show::default()).unwrap();
                let reader =
                    readers.readers.iter().find(|it| it.subject.name.as_deref() == Some(&exchange.as_user));
                let found = reader.is_some_and(|reader| reader.direct && reader.certain);
                // The edge of the very verb is in the graph, if another is told first.
                let vertex = graph.world.find_user(&exchange.as_user).and_then(|it| graph.find(it)).unwrap();
                let by_verb = graph.out(vertex).iter().any(|link| {
                    let edge = sekisho_access::edges::EDGES[graph.links()[*link as usize].edge as usize];
                    edges_of(&action).contains(&edge.id)
                });
                if !found || !by_verb {
                    wrong.push(format!("{at}: no reader of {canary}"));
                }
            }
        }
    }
    eprintln!(
        "{} checks: {through} exchanges let through, {refused} refused, {values} values by quiet and plain reads",
        checks.len()
    );
    assert!(through > 0);
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn impersonated_reads_are_ways_of_the_impersonator() {
    let Some(file) = recorded::folder("facts.jsonl") else { return };
    let lines = recorded::read(&file);
    let checks = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let checks: Vec<Check> = checks.map(|line| serde_json::from_slice(line).unwrap()).collect();
    let of =
        |check: &'_ Check| check.exchanges.iter().map(|it| (check.minor(), it.clone())).collect::<Vec<_>>();
    let exchanges: Vec<(u32, Exchange)> =
        checks.iter().flat_map(of).filter(|(_, it)| it.holds.is_object()).collect();
    let mut all: BTreeMap<(String, String), Value> = BTreeMap::new();
    for (_, exchange) in &exchanges {
        let scope = exchange.holds["scope"].as_str().unwrap().to_owned();
        all.insert((exchange.as_user.clone(), scope), exchange.holds["rules"].clone());
    }
    let secrets: BTreeSet<String> =
        exchanges.iter().flat_map(|(_, it)| it.canaries_in_response.iter().cloned()).collect();
    let mut found = 0;
    for (minor, exchange) in &exchanges {
        if !exchange.request_headers.contains_key("Impersonate-User")
            || exchange.canaries_in_response.is_empty()
        {
            continue;
        }
        let inventory = world(&all, exchange, &secrets, *minor);
        let options = Options::default();
        let graph = Graph::new(&inventory, &options);
        for canary in &exchange.canaries_in_response {
            let (namespace, name) = canary.split_once('/').unwrap();
            let readers =
                graph.who(inventory.find_secret(namespace, name).unwrap(), Show::default()).unwrap();
            let me = |it: &&Reader| it.subject.name.as_deref() == Some(&exchange.as_user);
            let reader = readers
                .readers
                .iter()
                .find(me)
                .unwrap_or_else(|| panic!("{} reads {canary}", exchange.as_user));
            assert!(reader.path[0].edge.starts_with("impersonate-"), "{:?}", reader.path[0].edge);
            found += 1;
        }
    }
    if found == 0 {
        let _closed =
            writeln!(std::io::stderr(), "SKIPPED: no recorded exchange reads a value by impersonation");
    }
    eprintln!("{found} values by impersonation");
}
