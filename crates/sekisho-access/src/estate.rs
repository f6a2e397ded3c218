//! Estates of a stated shape, made up: for measuring, and for looking at big answers.
//!
//! A namespace holds two accounts, a Deployment's pods that run as them, and Secrets; its team is a
//! group with the rights of `edit`, its application reads two Secrets by name, a CI account of another
//! namespace changes its Deployments. Nine namespaces of ten enforce Pod Security `baseline`. Beside
//! them stand operators with rights in the whole cluster, a privileged agent on every node, three
//! nodes of the control plane, and a few grants that nobody thought about. Everything follows from the
//! shape: the same shape is the same estate.

use serde_json::{Value, json};

const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// How much of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Pods, the agents on the nodes among them.
    pub pods: usize,
    /// Secrets.
    pub secrets: usize,
    /// Namespaces.
    pub namespaces: usize,
    /// RoleBindings and ClusterRoleBindings.
    pub bindings: usize,
    /// Nodes.
    pub nodes: usize,
}

impl Shape {
    /// The shape of a cluster with so many pods: of the largest, 150,000 pods, it is 100,000 Secrets,
    /// 10,000 namespaces, 50,000 bindings and 5,000 nodes.
    pub fn of(pods: usize) -> Self {
        let part = |one_in: usize| (pods / one_in).max(4);
        Self { pods, secrets: part(3) * 2, namespaces: part(15), bindings: part(3), nodes: part(30) }
    }
}

/// Bindings in the whole cluster.
const OPERATORS: usize = 100;

/// Hands over every object of an estate, one at a time.
pub fn objects(shape: Shape, take: &mut dyn FnMut(Value)) {
    cluster(shape, take);
    let own = |all: usize, at: usize| all * (at + 1) / shape.namespaces - all * at / shape.namespaces;
    let pods = shape.pods.saturating_sub(shape.nodes);
    let bindings = shape.bindings.saturating_sub(OPERATORS);
    let mut pod = 0;
    for at in 0..shape.namespaces {
        let namespace = format!("team-{at:05}");
        let level = if at % 10 == 9 { "privileged" } else { "baseline" };
        let labels = json!({"pod-security.kubernetes.io/enforce": level});
        take(
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}),
        );
        let metadata = |name: &str| json!({"name": name, "namespace": namespace});
        for name in ["app", "job"] {
            take(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(name)}));
        }
        let secrets = own(shape.secrets, at);
        for secret in 0..secrets {
            take(
                json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": metadata(&format!("secret-{secret}"))}),
            );
        }
        let template = json!({"template": {"spec": {"serviceAccountName": "app", "containers": []}}});
        take(
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata("app"), "spec": template}),
        );
        for number in 0..own(pods, at) {
            let secret = |at: usize| format!("secret-{}", at % secrets.max(1));
            let spec = json!({
                "nodeName": format!("node-{:05}", pod % shape.nodes),
                "serviceAccountName": if number % 4 == 3 { "job" } else { "app" },
                "imagePullSecrets": [{"name": secret(0)}],
                "containers": [{"name": "main", "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": secret(number), "key": "k"}}}]}],
                "volumes": [{"name": "v", "secret": {"secretName": secret(number + 1)}}],
            });
            take(
                json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata(&format!("app-{number}")), "spec": spec}),
            );
            pod += 1;
        }
        let names = json!([format!("secret-{}", 0), format!("secret-{}", 1 % secrets.max(1))]);
        let rules =
            json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": names}]);
        take(json!({"apiVersion": RBAC, "kind": "Role", "metadata": metadata("app"), "rules": rules}));
        for number in 0..own(bindings, at) {
            let (name, role, subject) = match number {
                0 => (
                    "app",
                    json!({"kind": "Role", "name": "app"}),
                    json!({"kind": "ServiceAccount", "name": "app", "namespace": namespace}),
                ),
                1 => (
                    "team",
                    json!({"kind": "ClusterRole", "name": "team-edit"}),
                    json!({"kind": "Group", "name": namespace}),
                ),
                2 => (
                    "ci",
                    json!({"kind": "ClusterRole", "name": "deployer"}),
                    json!({"kind": "ServiceAccount", "name": format!("ci-{}", at % 50), "namespace": "ci"}),
                ),
                3 => (
                    "view",
                    json!({"kind": "ClusterRole", "name": "viewer"}),
                    json!({"kind": "Group", "name": format!("viewers-{}", at % 100)}),
                ),
                _ => (
                    "lead",
                    json!({"kind": "ClusterRole", "name": "secret-reader"}),
                    json!({"kind": "User", "name": format!("lead-{}", at % 2000)}),
                ),
            };
            let name = format!("{name}-{number}");
            take(
                json!({"apiVersion": RBAC, "kind": "RoleBinding", "metadata": metadata(&name), "roleRef": role, "subjects": [subject]}),
            );
        }
    }
}

/// What is not in a team's namespace.
fn cluster(shape: Shape, take: &mut dyn FnMut(Value)) {
    let rule = |verbs: &[&str], group: &str, resources: &[&str]| json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
    let read = ["get", "list", "watch"];
    let write = ["create", "update", "patch", "delete"];
    for (name, rules) in [
        (
            "team-edit",
            json!([
                rule(&read, "", &["secrets", "pods", "pods/log", "configmaps"]),
                rule(&write, "", &["pods", "configmaps", "pods/exec"]),
                rule(&write, "apps", &["deployments", "statefulsets"]),
            ]),
        ),
        ("deployer", json!([rule(&["get", "patch"], "apps", &["deployments"])])),
        ("viewer", json!([rule(&read, "", &["pods", "configmaps", "services"])])),
        ("secret-reader", json!([rule(&["get"], "", &["secrets"])])),
        ("operator-all", json!([rule(&read, "", &["secrets", "configmaps"])])),
        ("operator-write", json!([rule(&["create", "patch"], "", &["secrets"])])),
        ("operator-nodes", json!([rule(&["get"], "", &["nodes", "nodes/proxy"])])),
        ("everything", json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}])),
    ] {
        take(json!({"apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules}));
    }
    for name in ["ci", "operators", "agents"] {
        take(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
    }
    for at in 0..50 {
        take(
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": format!("ci-{at}"), "namespace": "ci"}}),
        );
    }
    for at in 0..OPERATORS {
        let name = format!("operator-{at}");
        let labels = json!({"app.kubernetes.io/part-of": format!("chart-{}", at % 25)});
        take(
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "operators", "labels": labels}}),
        );
        let role = match at % 10 {
            0 => "everything",
            1 | 2 => "operator-write",
            3 => "operator-nodes",
            4..=7 => "operator-all",
            _ => "viewer",
        };
        take(json!({"apiVersion": RBAC, "kind": "ClusterRoleBinding", "metadata": {"name": name},
            "roleRef": {"kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "operators"}]}));
    }
    take(
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "agent", "namespace": "agents"}}),
    );
    for at in 0..shape.nodes {
        let name = format!("node-{at:05}");
        let labels = if at < 3 { json!({"node-role.kubernetes.io/control-plane": ""}) } else { json!({}) };
        take(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}));
        // Agents do not run on the control plane, which would make them its owners.
        if at >= 3 {
            let spec = json!({
                "nodeName": name,
                "serviceAccountName": "agent",
                "containers": [{"name": "agent", "securityContext": {"privileged": true}}],
            });
            take(
                json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("agent-{at}"), "namespace": "agents"}, "spec": spec}),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use sekisho_kube::Inventory;

    use super::*;

    #[test]
    fn an_estate_has_the_shape_that_is_stated() {
        let shape = Shape::of(1500);
        let mut builder = Inventory::builder();
        objects(shape, &mut |object| builder.add(&object));
        let inventory = builder.finish();
        assert_eq!(inventory.pods.len(), shape.pods - 3, "no agent on the control plane");
        assert_eq!(inventory.secrets.len(), shape.secrets);
        assert_eq!(inventory.bindings.len(), shape.bindings);
        assert_eq!(inventory.nodes.len(), shape.nodes);
        assert_eq!(inventory.namespaces.len(), shape.namespaces + 3);
        assert_eq!(
            Shape::of(150_000),
            Shape { pods: 150_000, secrets: 100_000, namespaces: 10_000, bindings: 50_000, nodes: 5_000 }
        );
    }
}
