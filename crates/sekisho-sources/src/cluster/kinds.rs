//! What is asked of an API server, and the ClusterRole that allows exactly that.
//!
//! One table for both, so that the role cannot ask for more than is read, nor for less.

use std::fmt::Write as _;

use sekisho_kube::inventory::Depth;

/// A kind of objects that is listed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// Its API group; empty for the core group.
    pub(super) group: &'static str,
    /// The version that is asked for; `None` for the one that the server prefers.
    pub(super) version: Option<&'static str>,
    /// Its plural name.
    pub(super) plural: &'static str,
    /// Whether its objects lie in namespaces.
    pub(super) namespaced: bool,
    /// Objects of one page. An answer is held in memory whole.
    pub(super) page: u32,
}

/// Objects of one page: what kubectl asks for.
const PAGE: u32 = 500;
/// Of what carries schemas or whole programs, fewer.
const FEW: u32 = 25;

const fn kind(group: &'static str, version: &'static str, plural: &'static str, namespaced: bool) -> Kind {
    Kind { group, version: Some(version), plural, namespaced, page: PAGE }
}

const RBAC: &str = "rbac.authorization.k8s.io";

/// Namespaces come first: other lists are asked for by namespace. Versions are the stable ones, all
/// served since Kubernetes 1.21.
pub(super) const NAMESPACES: Kind = kind("", "v1", "namespaces", false);

/// What every depth lists beside namespaces.
pub(super) const REFERENCES: &[Kind] = &[
    kind("", "v1", "nodes", false),
    kind("", "v1", "serviceaccounts", true),
    kind(RBAC, "v1", "clusterroles", false),
    kind(RBAC, "v1", "clusterrolebindings", false),
    kind(RBAC, "v1", "roles", true),
    kind(RBAC, "v1", "rolebindings", true),
    kind("", "v1", "pods", true),
    kind("", "v1", "replicationcontrollers", true),
    kind("apps", "v1", "deployments", true),
    kind("apps", "v1", "replicasets", true),
    kind("apps", "v1", "statefulsets", true),
    kind("apps", "v1", "daemonsets", true),
    kind("batch", "v1", "jobs", true),
    kind("batch", "v1", "cronjobs", true),
    kind("networking.k8s.io", "v1", "ingresses", true),
    kind("", "v1", "persistentvolumes", false),
    kind("", "v1", "persistentvolumeclaims", true),
    Kind { page: FEW, ..kind("apiextensions.k8s.io", "v1", "customresourcedefinitions", false) },
];

/// Custom resources that name Secrets, asked for where their group is served.
pub(super) const CUSTOM: &[Kind] = &[
    custom("cert-manager.io", "certificates", true),
    custom("external-secrets.io", "clusterexternalsecrets", false),
    custom("external-secrets.io", "clustersecretstores", false),
    custom("external-secrets.io", "externalsecrets", true),
    custom("external-secrets.io", "pushsecrets", true),
    custom("external-secrets.io", "secretstores", true),
    custom("gateway.networking.k8s.io", "gateways", true),
    custom("secrets-store.csi.x-k8s.io", "secretproviderclasses", true),
];

const fn custom(group: &'static str, plural: &'static str, namespaced: bool) -> Kind {
    Kind { group, version: None, plural, namespaced, page: PAGE }
}

pub(super) const SECRETS: Kind = Kind { page: FEW, ..kind("", "v1", "secrets", true) };

/// What a scan lists: where values are written down that should not be. No Secrets.
pub(super) const SCANNED: &[Kind] = &[
    Kind { page: FEW, ..kind("", "v1", "configmaps", true) },
    kind("", "v1", "pods", true),
    kind("", "v1", "replicationcontrollers", true),
    kind("apps", "v1", "daemonsets", true),
    kind("apps", "v1", "deployments", true),
    kind("apps", "v1", "replicasets", true),
    kind("apps", "v1", "statefulsets", true),
    kind("batch", "v1", "cronjobs", true),
    kind("batch", "v1", "jobs", true),
];

/// The kinds of one depth, namespaces first.
pub(super) fn kinds(depth: Depth) -> impl Iterator<Item = Kind> {
    let all = [NAMESPACES].into_iter().chain(REFERENCES.iter().copied()).chain(CUSTOM.iter().copied());
    all.chain((depth > Depth::References).then_some(SECRETS))
}

/// The ClusterRole that reading at `depth` needs and nothing more, as YAML to be applied.
///
/// With `verify` it may also ask the server about others (`who --verify`), which says nothing of any
/// value.
pub fn role(depth: Depth, verify: bool) -> String {
    let all: Vec<Kind> = kinds(depth).collect();
    let mut page = lists(name(depth), about(depth), &all);
    page.push_str(
        "# On EKS: which roles of the cloud are in which groups\n\
         - apiGroups: [\"\"]\n  resources: [\"configmaps\"]\n  resourceNames: [\"aws-auth\"]\n  verbs: [\"get\"]\n",
    );
    if verify {
        page.push_str(
            "# who --verify: asks the server whether it agrees\n\
             - apiGroups: [\"authorization.k8s.io\"]\n  resources: [\"subjectaccessreviews\"]\n  verbs: [\"create\"]\n",
        );
    }
    page.push_str(DISCOVERY);
    page
}

/// The ClusterRole that scanning a cluster (`scan cluster`) needs and nothing more.
pub fn scan_role() -> String {
    let about = [
        "Scan: what holds values that should not be there. ConfigMaps, pods, and what makes pods; no",
        "Secrets. Bind it with a ClusterRoleBinding.",
    ];
    lists("scan", &about, SCANNED) + DISCOVERY
}

const DISCOVERY: &str = "# Which version this is, and which groups it serves; every user may ask, unless that was taken away\n\
     - nonResourceURLs: [\"/apis\", \"/version\"]\n  verbs: [\"get\"]\n";

/// A ClusterRole that lists these kinds.
fn lists(name: &str, about: &[&str], kinds: &[Kind]) -> String {
    let mut page = String::new();
    for line in about {
        let _infallible = writeln!(page, "# {line}");
    }
    let _infallible = write!(
        page,
        "apiVersion: rbac.authorization.k8s.io/v1\n\
         kind: ClusterRole\n\
         metadata:\n  \
           name: sekisho-{name}\n\
         rules:\n"
    );
    let mut groups: Vec<&str> = kinds.iter().map(|kind| kind.group).collect();
    groups.sort_unstable();
    groups.dedup();
    for group in groups {
        let mut plurals: Vec<&str> =
            kinds.iter().filter(|kind| kind.group == group).map(|kind| kind.plural).collect();
        plurals.sort_unstable();
        let _infallible = write!(
            page,
            "- apiGroups: [\"{group}\"]\n  resources: [{}]\n  verbs: [\"list\"]\n",
            plurals.iter().map(|plural| format!("\"{plural}\"")).collect::<Vec<_>>().join(", ")
        );
    }
    page
}

fn name(depth: Depth) -> &'static str {
    match depth {
        Depth::References => "references",
        Depth::Metadata => "metadata",
        Depth::Values => "values",
    }
}

fn about(depth: Depth) -> &'static [&'static str] {
    match depth {
        Depth::References => &[
            "References: no verb on secrets at all. Names of Secrets come from pods, service accounts,",
            "ingresses, custom resources and RBAC. Bind it with a ClusterRoleBinding.",
        ],
        Depth::Metadata => &[
            "Metadata: names and types of Secrets.",
            "CAUTION: RBAC has no verb for metadata alone. This grant, `list` on secrets, can read every",
            "value in the cluster; Sekisho asks for tables without objects and so receives none. Whoever",
            "holds the token can ask otherwise. Prefer references, and remove the binding after the run.",
        ],
        Depth::Values => &[
            "Values: fingerprints of the values of Secrets, made in memory; the values are forgotten.",
            "CAUTION: this grant, `list` on secrets, can read every value in the cluster. Give it to a",
            "trusted job alone, and remove the binding after the run.",
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_ask_for_nothing_about_secrets() {
        assert!(kinds(Depth::References).all(|kind| kind.plural != "secrets"));
        let page = role(Depth::References, true);
        let rules = &page[page.find("rules:").unwrap()..];
        assert!(!rules.contains("\"secrets\""), "{rules}");
        assert!(!rules.contains('*') && !rules.contains("watch"), "{rules}");
    }

    #[test]
    fn the_role_says_what_a_grant_on_secrets_means() {
        for depth in [Depth::Metadata, Depth::Values] {
            let page = role(depth, false);
            assert!(page.contains("can read every") && page.contains("\"secrets\""), "{page}");
            assert!(!page.contains("subjectaccessreviews"));
        }
    }
}
