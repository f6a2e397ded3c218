//! What dumps leave unsaid.
//!
//! - `kubectl cluster-info dump` prints the logs of containers between the objects.
//! - A support bundle (<https://troubleshoot.sh/docs/collect/cluster-resources/>) has one file for each
//!   resource and namespace, and older ones hold bare lists: what they are of stands in the path.
//! - It also has the server's version.
//!
//! A must-gather and a Velero backup say of every object what it is, and need nothing of this.

/// What stands before and behind a log in `kubectl cluster-info dump`.
const LOG_BEGIN: &[u8] = b"==== START logs for container";
const LOG_END: &[u8] = b"==== END logs for container";

/// The parts of a dump that are no logs. A log whose end is lost ends with the dump.
pub(super) fn without_logs(dump: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = dump;
    while let Some(begin) = line_with(rest, LOG_BEGIN) {
        parts.push(&rest[..begin]);
        let behind = &rest[begin..];
        let end = line_with(behind, LOG_END).unwrap_or(behind.len());
        let line = behind[end..].iter().position(|byte| *byte == b'\n').map_or(behind.len(), |n| end + n + 1);
        rest = &behind[line..];
    }
    parts.push(rest);
    parts.retain(|part| !part.trim_ascii().is_empty());
    parts
}

/// Where a line begins with some words.
fn line_with(text: &[u8], words: &[u8]) -> Option<usize> {
    memchr::memmem::find_iter(text, words).find(|at| *at == 0 || text[at - 1] == b'\n')
}

/// Resources of support bundles by their files' names, and what their items are.
const RESOURCES: &[(&str, &str, &str)] = &[
    ("clusterrolebindings", "rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("clusterroles", "rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("configmaps", "v1", "ConfigMap"),
    ("cronjobs", "batch/v1", "CronJob"),
    ("customresourcedefinitions", "apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("daemonsets", "apps/v1", "DaemonSet"),
    ("deployments", "apps/v1", "Deployment"),
    ("ingress", "networking.k8s.io/v1", "Ingress"),
    ("ingresses", "networking.k8s.io/v1", "Ingress"),
    ("jobs", "batch/v1", "Job"),
    ("namespaces", "v1", "Namespace"),
    ("nodes", "v1", "Node"),
    ("persistentvolumeclaims", "v1", "PersistentVolumeClaim"),
    ("persistentvolumes", "v1", "PersistentVolume"),
    ("pods", "v1", "Pod"),
    ("pvcs", "v1", "PersistentVolumeClaim"),
    ("pvs", "v1", "PersistentVolume"),
    ("replicasets", "apps/v1", "ReplicaSet"),
    ("rolebindings", "rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("roles", "rbac.authorization.k8s.io/v1", "Role"),
    ("secrets", "v1", "Secret"),
    ("serviceaccounts", "v1", "ServiceAccount"),
    ("statefulsets", "apps/v1", "StatefulSet"),
];

/// Of a file of `cluster-resources`, what its items are, where it does not say so itself.
pub(super) fn untyped(path: &str, bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let (_, below) = path.rsplit_once("cluster-resources/")?;
    let resource = below.split('/').next()?.trim_end_matches(".json");
    let resource: String = resource.chars().filter(char::is_ascii_alphabetic).collect();
    let resource = resource.to_ascii_lowercase();
    let (_, version, kind) = RESOURCES.iter().find(|(name, ..)| *name == resource)?;
    // A list that says what it is begins with it, or ends so; items may say it too, and then win.
    let head = &bytes[..bytes.len().min(400)];
    let tail = &bytes[bytes.len().saturating_sub(200)..];
    let is_bare = bytes.trim_ascii_start().first() == Some(&b'[');
    let says = |part: &[u8]| memchr::memmem::find(part, b"List\"").is_some();
    (is_bare || !(says(head) || says(tail))).then_some((version, kind))
}

/// The minor version of the API server, from a support bundle's `cluster_version.json`.
pub(super) fn minor(path: &str, bytes: &[u8]) -> Option<u32> {
    path.ends_with("cluster_version.json").then_some(())?;
    let version: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let info = version.get("info").unwrap_or(&version);
    let minor = info.get("minor")?.as_str()?;
    // `28+` at some providers.
    minor.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_between_objects_are_left_out() {
        let dump = b"{\"kind\":\"PodList\"}\n==== START logs for container a of pod b/c ====\n{\"kind\":\"Secret\"}\n==== END logs for container a of pod b/c ====\n{\"kind\":\"NodeList\"}\n";
        let parts = without_logs(dump);
        assert_eq!(parts, [&b"{\"kind\":\"PodList\"}\n"[..], b"{\"kind\":\"NodeList\"}\n"]);
        assert_eq!(without_logs(b"==== START logs for container cut").len(), 0);
        assert_eq!(without_logs(b"x ==== START logs for container"), [b"x ==== START logs for container"]);
    }

    #[test]
    fn bare_lists_are_what_their_path_says() {
        let path = "bundle/cluster-resources/clusterRoleBindings.json";
        assert_eq!(untyped(path, b"[{}]").map(|(_, kind)| kind), Some("ClusterRoleBinding"));
        let path = "cluster-resources/pods/shop.json";
        assert_eq!(untyped(path, b"{\"items\":[]}"), Some(("v1", "Pod")));
        assert_eq!(untyped(path, b"{\"kind\":\"PodList\",\"items\":[]}"), None);
        assert_eq!(untyped("other/pods/shop.json", b"[]"), None);
        assert_eq!(minor("cluster-info/cluster_version.json", br#"{"info":{"minor":"28+"}}"#), Some(28));
    }
}
