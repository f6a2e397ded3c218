//! Objects of a cluster, from manifests, lists and dumps.

use sekisho_kube::inventory::Depth;
use sekisho_kube::{Inventory, Limits};

use crate::{Target, seeds};

pub(crate) const TARGET: Target = Target {
    name: "kube_inventory",
    body,
    seeds: || {
        seeds::all(&[
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n  nodeName: n\n  containers:\n  - env: [{valueFrom: {secretKeyRef: {name: db, key: k}}}]\n  volumes: [{projected: {sources: [{secret: {name: s}}]}}, {persistentVolumeClaim: {claimName: c}}]\n",
            "{\"apiVersion\":\"v1\",\"items\":[{\"metadata\":{\"name\":\"a\",\"annotations\":{\"kubernetes.io/service-account.name\":\"x\"}},\"type\":\"kubernetes.io/service-account-token\",\"data\":{\"token\":\"bWFkZS11cA==\"}},{\"metadata\":{\"name\":\"b\"}}],\"kind\":\"SecretList\"}",
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r, labels: {a: b}}\naggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}, {matchExpressions: [{key: a, operator: In, values: [b]}]}]}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: r, namespace: n}\nroleRef: {kind: ClusterRole, name: r}\nsubjects: [{kind: ServiceAccount, name: x}]\n",
            "apiVersion: v1\nkind: List\nitems:\n- &a {apiVersion: v1, kind: PersistentVolume, metadata: {name: p}, spec: {csi: {nodeStageSecretRef: {name: s, namespace: n}}}}\n- *a\n",
        ])
    },
    words: &[
        b"\"items\":[",
        b"kind: List\n",
        b"&a ",
        b"*a",
        b"\n---\n",
        b"secretRef",
        b"aggregationRule",
        b"null",
        b"{\"a\":",
    ],
};

/// Small, so that the caps themselves are met.
const LIMITS: Limits = Limits { document: 1 << 15, nodes: 1 << 12, depth: 24, output: 0 };

fn body(bytes: &[u8]) {
    for depth in [Depth::References, Depth::Metadata] {
        let mut builder = Inventory::builder().depth(depth).limits(LIMITS);
        for problem in builder.read(bytes) {
            assert!(problem.offset <= bytes.len(), "a problem lies outside");
        }
        let inventory = builder.finish();
        for (at, secret) in inventory.secrets.iter().enumerate() {
            let found = inventory.find_secret(inventory.text(secret.namespace), inventory.text(secret.name));
            assert_eq!(found, Some(at), "a Secret is not where it is looked for");
            assert!(!secret.seen || depth > Depth::References, "a Secret was looked at");
        }
    }
}
