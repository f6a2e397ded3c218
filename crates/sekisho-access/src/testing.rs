//! Small worlds: two Secrets in `shop`, one in `other`, and whatever an edge needs beside them.

use sekisho_kube::Inventory;
use sekisho_kube::inventory::Builder;

use crate::edges::EDGES;
use crate::graph::Graph;
use crate::options::Options;
use crate::vertex::Vertex;
use crate::ways::Ways;

pub(crate) const SECRETS: &str = "
---
apiVersion: v1
kind: SecretList
items:
- {metadata: {name: db, namespace: shop}}
- {metadata: {name: other, namespace: shop}}
- {metadata: {name: db, namespace: other}}
";

/// A pod in another namespace that mounts a Secret, on node n1.
pub(crate) const OTHER_POD: &str = "
---
apiVersion: v1
kind: Pod
metadata: {name: app, namespace: other}
spec: {nodeName: n1, automountServiceAccountToken: false, volumes: [{name: v, secret: {secretName: db}}]}
";

/// Both namespaces enforce the strictest Pod Security Standard.
pub(crate) const RESTRICTED: &str = "
---
apiVersion: v1
kind: NamespaceList
items:
- {metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}}
- {metadata: {name: other, labels: {pod-security.kubernetes.io/enforce: restricted}}}
";

/// The Secrets, and rules that user eve holds in `shop` or, by a ClusterRoleBinding, everywhere.
pub(crate) fn grant(rules: &str, role: &str, binding: &str) -> String {
    SECRETS.to_owned() + &grant_alone(rules, role, binding)
}

/// [`grant`] without the Secrets.
pub(crate) fn grant_alone(rules: &str, role: &str, binding: &str) -> String {
    format!(
        "
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {role}
metadata: {{name: r-eve, namespace: shop}}
rules: [{{{rules}}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {binding}
metadata: {{name: b-eve, namespace: shop}}
roleRef: {{kind: {role}, name: r-eve}}
subjects: [{{kind: User, name: eve}}]
"
    )
}

/// Rules that a subject holds in `shop`.
pub(crate) fn bound(subject: &str, rules: &str) -> String {
    bound_in(subject, rules, Some("shop"))
}

/// Rules that a subject holds in a namespace, or everywhere.
pub(crate) fn bound_in(subject: &str, rules: &str, namespace: Option<&str>) -> String {
    let name: String = subject.chars().filter(char::is_ascii_alphanumeric).collect();
    let binding = if namespace.is_some() { "RoleBinding" } else { "ClusterRoleBinding" };
    let namespace = namespace.map_or(String::new(), |it| format!(", namespace: {it}"));
    format!(
        "
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: r-{name}}}
rules: [{{{rules}}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {binding}
metadata: {{name: b-{name}{namespace}}}
roleRef: {{kind: ClusterRole, name: r-{name}}}
subjects: [{subject}]
"
    )
}

/// The Secrets and a service account of `shop`.
pub(crate) fn account(name: &str) -> String {
    format!(
        "{SECRETS}---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}, namespace: shop}}\n"
    )
}

/// The Secrets and a pod of `shop`.
pub(crate) fn pod(spec: &str, more: &str) -> String {
    let between = if spec.is_empty() || more.is_empty() { "" } else { ", " };
    format!(
        "{SECRETS}---\napiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: shop}}\nspec: {{{spec}{between}{more}}}\n"
    )
}

/// The edges on the shortest way of somebody to a Secret.
fn way(world: &str, who: &str, secret: &str, with: impl Fn(&mut Builder)) -> Option<Vec<&'static str>> {
    let mut builder = Inventory::builder();
    assert_eq!(builder.read(world.as_bytes()), []);
    with(&mut builder);
    let inventory = builder.finish();
    let options = Options::default();
    let graph = Graph::new(&inventory, &options);
    let (namespace, name) = secret.split_once('/').unwrap();
    let secret = inventory.find_secret(namespace, name).expect("the world has the Secret");
    let target = graph.find(Vertex::Secret(secret as u32)).unwrap();
    let ways = Ways::to(&graph, &[target], &|_| true);
    let starts = subjects(&graph, who);
    let best =
        starts.into_iter().filter(|at| ways.distance(*at).is_some()).min_by_key(|at| ways.distance(*at))?;
    let links = ways.links(&graph, best).into_iter();
    Some(links.map(|link| EDGES[graph.links()[link as usize].edge as usize].id).collect())
}

fn subjects(graph: &Graph<'_>, who: &str) -> Vec<u32> {
    let vertex = match who.strip_prefix("group ") {
        Some(group) => graph.world.group(group),
        None => graph.world.find_user(who),
    };
    let Some(vertex) = vertex else { return Vec::new() };
    let crew = match vertex {
        Vertex::Account(at) => Some(Vertex::Crew(at)),
        _ => None,
    };
    [Some(vertex), crew].into_iter().flatten().filter_map(|vertex| graph.find(vertex)).collect()
}

/// Somebody reads a Secret, and the shortest way goes by this edge.
#[track_caller]
pub(crate) fn reads(world: &str, who: &str, secret: &str, edge: &str) {
    reads_with(world, who, secret, edge, |_| {});
}

#[track_caller]
pub(crate) fn reads_with(world: &str, who: &str, secret: &str, edge: &str, with: impl Fn(&mut Builder)) {
    let way = way(world, who, secret, with).unwrap_or_else(|| panic!("{who} does not read {secret}"));
    assert!(way.contains(&edge), "{who} reads {secret} by {way:?}");
}

/// The same, where the edge is one of several.
#[track_caller]
pub(crate) fn passes(world: &str, who: &str, secret: &str, edge: &str) {
    reads(world, who, secret, edge);
}

#[track_caller]
pub(crate) fn reads_not(world: &str, who: &str, secret: &str) {
    reads_not_with(world, who, secret, |_| {});
}

#[track_caller]
pub(crate) fn reads_not_with(world: &str, who: &str, secret: &str, with: impl Fn(&mut Builder)) {
    if let Some(way) = way(world, who, secret, with) {
        panic!("{who} reads {secret} by {way:?}");
    }
}

/// Whether an edge leads away from somebody.
fn leads(world: &str, who: &str, edge: &str) -> bool {
    let mut builder = Inventory::builder();
    assert_eq!(builder.read(world.as_bytes()), []);
    let inventory = builder.finish();
    let options = Options::default();
    let graph = Graph::new(&inventory, &options);
    let from = subjects(&graph, who);
    graph.links().iter().any(|link| from.contains(&link.from) && EDGES[link.edge as usize].id == edge)
}

#[track_caller]
pub(crate) fn finds(world: &str, who: &str, edge: &str) {
    assert!(leads(world, who, edge), "{edge} does not lead away from {who}");
}

#[track_caller]
pub(crate) fn finds_not(world: &str, who: &str, edge: &str) {
    assert!(!leads(world, who, edge), "{edge} leads away from {who}");
}
