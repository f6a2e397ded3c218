//! Manifests: YAML, JSON, templates, broken documents.

use sekisho_kube::{Limits, default_of, is_reference, is_sealed, is_template, read, sniff, split_documents};

use crate::{Target, seeds};

pub(crate) const TARGET: Target = Target {
    name: "kube_read",
    body,
    seeds: || {
        seeds::all(&[
            "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\ntype: Opaque\ndata:\n  password: bWFkZS11cA==\nstringData:\n  token: \"made\\u002dup\"\n",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\nspec:\n  template:\n    spec:\n      containers:\n      - name: a\n        args: [--password=made-up]\n        env:\n        - {name: DB_PASSWORD, value: made-up}\n        - name: REF\n          valueFrom: {secretKeyRef: {name: db, key: password}}\n",
            "a: &x\n  password: |\n    made\n    up\nb: *x\nc:\n  <<: *x\n  token: >-\n    folded\n    text\n---\n...\n---\nkind: List\nitems: []\n",
            "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"},\"data\":{\"a.env\":\"X=made-up\\n\"}}]}",
            "apiVersion: v1\nkind: Config\nusers:\n- name: u\n  user: {token: made-up, client-key-data: AAAA}\n",
            "{{- if .Values.db }}\npassword: {{ .Values.password | quote }}\ntoken: made-up\n{{ end }}\n",
            "secretGenerator:\n- name: s\n  literals: [password=made-up]\n  envs: [a.env]\n  files: [k=tls.key]\n",
            "apiVersion: v1\nkind: Secret\nmetadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {\"kind\":\"Secret\",\"data\":{\"p\":\"bWFkZS11cA==\"}}\nsops:\n  mac: ENC[AES256_GCM,data:x]\n",
            "{\"auths\":{\"registry.example\":{\"auth\":\"dTpw\",\"password\":\"made-up\"}}}",
        ])
    },
    words: &[
        b"kind: Secret\n",
        b"stringData:\n",
        b"\n---\n",
        b"\n...\n",
        b"&a ",
        b"*a",
        b"<<: ",
        b"!!binary ",
        b"|-\n",
        b">2+\n",
        b"? ",
        b"- - - ",
        b"{{",
        b"}}",
        b"[[[[[[[[",
        b"{\"a\":",
        b"\"\\ud800\"",
        b"%YAML 1.2\n",
        b"\t",
        b"\xef\xbb\xbf",
        b"\xe2\x80\xa8",
        b"env:\n",
        b"valueFrom:",
        b"ENC[",
        b"$(X)",
        b"# ",
    ],
};

/// Small, so that the caps themselves are met.
const LIMITS: Limits = Limits { document: 1 << 15, nodes: 1 << 12, depth: 24, output: 1 << 20 };

fn body(bytes: &[u8]) {
    let _ = sniff("a", bytes);
    let mut end = 0;
    for range in split_documents(bytes) {
        assert!(
            range.start >= end && range.start < range.end && range.end <= bytes.len(),
            "documents overlap"
        );
        end = range.end;
    }
    for name in ["deploy/a.yaml", "chart/values.yaml", "kustomization.yaml", "a.json"] {
        let manifest = read(bytes, name, &LIMITS);
        for problem in &manifest.problems {
            assert!(problem.offset <= bytes.len(), "a problem lies outside");
        }
        for object in &manifest.objects {
            assert!(
                object.range.start <= object.range.end && object.range.end <= bytes.len(),
                "an object lies outside"
            );
            for field in &object.fields {
                assert!(
                    field.span.start <= field.span.end && field.span.end <= bytes.len(),
                    "a field lies outside"
                );
                let value = field.value.expose_secret();
                let source = field.map.source_range(0..value.len());
                // The line ends that close a block scalar belong to its value and not to its span.
                let inside = |range: &std::ops::Range<usize>| {
                    let behind = bytes.get(field.span.end..range.end).unwrap_or_default();
                    field.span.start <= range.start
                        && range.end <= bytes.len()
                        && behind.iter().all(u8::is_ascii_whitespace)
                };
                assert!(source.as_ref().is_none_or(inside), "a value comes from outside its field");
                let _ = (is_sealed(value), is_template(value), is_reference(&field.key, value));
                if let Some(default) = default_of(value) {
                    assert!(
                        default.start <= default.end && default.end <= value.len(),
                        "a default lies outside"
                    );
                }
            }
        }
    }
}
