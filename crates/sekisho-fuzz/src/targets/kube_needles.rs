//! The values of Secrets, as they are handed to whoever looks for copies of them (`--needles-from`).

use sekisho_kube::inventory::Depth;
use sekisho_kube::{Inventory, Limits};

use crate::{Target, seeds};

pub(crate) const TARGET: Target = Target {
    name: "kube_needles",
    body,
    seeds: || {
        seeds::all(&[
            concat!(
                "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\ndata:\n",
                "  password: dkszbFE4d1oycFQ3bVg1\nstringData: {token: 'kV8xQz2m', user: app}\n",
            ),
            concat!(
                "{\"apiVersion\":\"v1\",\"kind\":\"SecretList\",\"items\":[{\"metadata\":{\"name\":\"a\"},",
                "\"type\":\"kubernetes.io/dockerconfigjson\",\"data\":{\".dockerconfigjson\":",
                "\"eyJhdXRocyI6eyJyIjp7ImF1dGgiOiJZVHAyT1d4Uk9IY3lXZz09In19fQ==\"}}]}",
            ),
            concat!(
                "apiVersion: v1\nkind: Secret\nmetadata: {name: t}\ntype: kubernetes.io/tls\n",
                "data: &d {tls.key: LS0tLS1CRUdJTg==, tls.crt: bWFkZSB1cA==, ca.crt: !!binary bWFkZSB1cA==}\n",
                "---\nkind: List\nitems: [{kind: Secret, metadata: {name: u}, data: *d}]\n",
            ),
        ])
    },
    words: &[
        b"\"data\":{",
        b"stringData:\n",
        b"kind: Secret\n",
        b"\"items\":[",
        b"!!binary ",
        b"\n---\n",
        b"==",
    ],
};

/// Small, so that the caps themselves are met.
const LIMITS: Limits = Limits { document: 1 << 15, nodes: 1 << 12, depth: 24, output: 0 };

fn body(bytes: &[u8]) {
    let mut builder = Inventory::builder().handing_values().limits(LIMITS);
    for problem in builder.read(bytes) {
        assert!(problem.offset <= bytes.len(), "a problem lies outside");
    }
    for value in builder.take_values() {
        assert!(
            !sekisho_secret::is_weak(value.expose_secret()),
            "a value that anybody can list is looked for"
        );
    }
    assert!(builder.take_values().is_empty(), "values are handed on twice");
    let handed = builder.finish();
    let mut builder = Inventory::builder().depth(Depth::Metadata).limits(LIMITS);
    builder.read(bytes);
    assert!(builder.take_values().is_empty(), "values nobody asked for");
    let named = builder.finish();
    assert_eq!(handed.secrets.len(), named.secrets.len(), "values change which Secrets there are");
}
