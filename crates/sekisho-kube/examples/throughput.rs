//! Prints how fast manifests are read, in MB/s: `cargo run --release --example throughput [INPUT [MIB]]`.
#![allow(clippy::print_stdout)]

use std::time::Instant;

use sekisho_kube::{Limits, visit};

/// A stream of objects as they stand in repositories. `@` becomes a number.
const YAML: &str = r#"---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api-@
  namespace: shop
  labels:
    app.kubernetes.io/name: api
    app.kubernetes.io/instance: "api-@"
spec:
  replicas: 3
  selector:
    matchLabels:
      app: api
  template:
    metadata:
      labels:
        app: api
    spec:
      containers:
      - name: api
        image: registry.example.com/shop/api:1.2.@
        args: ["--config=/etc/api/config.yaml", "--verbose"]
        env:
        - name: DB_HOST
          value: db.shop.svc
        - name: DB_PASSWORD
          value: not-a-secret-@
        - name: TOKEN
          valueFrom:
            secretKeyRef:
              name: api
              key: token
        resources:
          limits:
            cpu: 500m
            memory: 256Mi
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: cfg-@
data:
  application.properties: |
    spring.datasource.url=jdbc:postgresql://db:5432/shop
    spring.datasource.username=shop
    logging.level.root=INFO
---
apiVersion: v1
kind: Secret
metadata:
  name: s-@
type: Opaque
data:
  password: bm90LWEtc2VjcmV0LW5vdC1hLXNlY3JldA==
  username: YWRtaW4=
"#;

const JSON: &str = r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s-@","namespace":"shop"},"type":"Opaque","data":{"password":"bm90LWEtc2VjcmV0","note":"YQ=="}}
"#;

/// One document with many short values: the most fields for its size.
const VALUES: &str = r#"service@:
  image:
    repository: shop/api
    tag: "1.@"
  auth:
    existingSecret: api-@
    username: shop
  ingress:
    hosts: [a.example.com, b.example.com]
"#;

/// Read twice: as YAML, which fails, and with the expressions out of the way.
const TEMPLATE: &str = r#"---
apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}-@
  labels: {{- include "x.labels" . | nindent 4 }}
stringData:
  {{- if .Values.enabled }}
  password: {{ .Values.password | quote }}
  {{- end }}
"#;

fn main() {
    let only = std::env::args().nth(1);
    let size = std::env::args().nth(2).and_then(|size| size.parse().ok()).unwrap_or(16) << 20;
    let limits = Limits { document: 1 << 30, nodes: 64 << 20, output: 4 << 30, ..Limits::default() };
    for (what, part) in [("yaml", YAML), ("json", JSON), ("values", VALUES), ("template", TEMPLATE)] {
        if only.as_deref().is_some_and(|only| only != what) {
            continue;
        }
        let text: String = (0..size / part.len()).map(|n| part.replace('@', &n.to_string())).collect();
        let (mut objects, mut fields) = (0, 0);
        let start = Instant::now();
        visit(text.as_bytes(), what, &limits, &mut |object| {
            objects += 1;
            fields += object.fields.len();
        });
        let rate = text.len() as f64 / 1e6 / start.elapsed().as_secs_f64();
        println!("{what:8} {rate:6.1} MB/s  {objects} objects, {fields} fields");
    }
}
