//! The access graph over whatever a cluster's objects say, and requests as they come on the wire.

use sekisho_access::rbac::from_http;
use sekisho_access::{Graph, Options, Show};
use sekisho_kube::{Inventory, Limits};

use crate::{Target, seeds};

pub(crate) const TARGET: Target = Target {
    name: "access_graph",
    body,
    seeds: || {
        seeds::all(&[
            "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules: [{verbs: ['*'], apiGroups: ['*'], resources: ['*']}, {verbs: [list], apiGroups: [''], resources: [secrets], resourceNames: ['', db]}]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b, namespace: shop}\nroleRef: {kind: ClusterRole, name: r}\nsubjects: [{kind: User, name: eve}, {kind: Group, name: g}, {kind: ServiceAccount, name: a}]\n",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n  nodeName: n\n  containers: [{securityContext: {privileged: true}, envFrom: [{secretRef: {name: s}}]}]\n",
            "/api/v1/namespaces/a/secrets?fieldSelector=metadata.name%3Ds&watch=1",
            "/apis/apps/v1/namespaces/a/deployments/d/scale",
        ])
    },
    words: &[
        b"kind: RoleBinding\n",
        b"verbs: [",
        b"resourceNames: ['']",
        b"system:masters",
        b"/namespaces/",
        b"%3D",
    ],
};

/// Small, so that a graph is quick to make.
const LIMITS: Limits = Limits { document: 1 << 14, nodes: 1 << 11, depth: 24, output: 0 };

fn body(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut name = String::new();
    for method in ["GET", "DELETE", "POST", "BREW"] {
        let _ = from_http(method, &text, &mut name);
    }
    let mut builder = Inventory::builder().limits(LIMITS);
    builder.read(bytes);
    let inventory = builder.finish();
    let options = Options::default();
    let graph = Graph::new(&inventory, &options);
    let census = graph.census();
    for (at, class) in census.class_of.iter().enumerate().take(8) {
        let Some(readers) = graph.who(at, Show::default()) else { continue };
        let counted = census.classes.get(*class as usize).map(|class| class.readers_total);
        assert_eq!(counted, Some(readers.readers_total), "the census and the answer differ");
    }
}
