//! Prints how fast manifests are read, in MB/s: `cargo run --release --example throughput [INPUT [MIB]]`.
#![allow(clippy::print_stdout)]

use std::fmt::Write;
use std::time::Instant;

use sekisho_kube::{Limits, visit};

fn main() {
    let only = std::env::args().nth(1);
    let size = std::env::args().nth(2).and_then(|size| size.parse().ok()).unwrap_or(16);
    let repeat = |part: &mut dyn FnMut(&mut String, usize)| repeat(size << 20, part);
    let yaml = repeat(&mut |text, n| {
        let _ = write!(
            text,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api-{n}\n  namespace: shop\n  labels:\n    \
             app.kubernetes.io/name: api\n    app.kubernetes.io/instance: \"api-{n}\"\nspec:\n  replicas: 3\n  \
             selector:\n    matchLabels:\n      app: api\n  template:\n    metadata:\n      labels:\n        app: api\n    \
             spec:\n      containers:\n      - name: api\n        image: registry.example.com/shop/api:1.2.{n}\n        \
             args: [\"--config=/etc/api/config.yaml\", \"--verbose\"]\n        env:\n        - name: DB_HOST\n          \
             value: db.shop.svc\n        - name: DB_PASSWORD\n          value: not-a-secret-{n}\n        - name: TOKEN\n          \
             valueFrom:\n            secretKeyRef:\n              name: api\n              key: token\n        resources:\n          \
             limits:\n            cpu: 500m\n            memory: 256Mi\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  \
             name: cfg-{n}\ndata:\n  application.properties: |\n    spring.datasource.url=jdbc:postgresql://db:5432/shop\n    \
             spring.datasource.username=shop\n    logging.level.root=INFO\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  \
             name: s-{n}\ntype: Opaque\ndata:\n  password: bm90LWEtc2VjcmV0LW5vdC1hLXNlY3JldA==\n  username: YWRtaW4=\n"
        );
    });
    let json = repeat(&mut |text, n| {
        let _ = write!(
            text,
            "{{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{{\"name\":\"s-{n}\",\"namespace\":\"shop\",\"labels\":\
             {{\"app\":\"api\"}}}},\"type\":\"Opaque\",\"data\":{{\"password\":\"bm90LWEtc2VjcmV0\",\"note\":\"YQ==\"}}}}\n"
        );
    });
    let values = repeat(&mut |text, n| {
        let _ = write!(
            text,
            "service{n}:\n  image:\n    repository: shop/api\n    tag: \"1.{n}\"\n  auth:\n    existingSecret: api-{n}\n    \
             username: shop\n  ingress:\n    hosts: [a.example.com, b.example.com]\n"
        );
    });
    let template = repeat(&mut |text, n| {
        let _ = write!(
            text,
            "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: {{{{ .Release.Name }}}}-{n}\n  labels: {{{{- include \
             \"x.labels\" . | nindent 4 }}}}\nstringData:\n  {{{{- if .Values.enabled }}}}\n  password: {{{{ .Values.password | quote \
             }}}}\n  {{{{- end }}}}\n"
        );
    });
    let list = repeat(&mut |text, n| {
        let _ = write!(
            text,
            "{}- apiVersion: v1\n  kind: Secret\n  metadata:\n    name: s-{n}\n  data:\n    password: bm90LWEtc2VjcmV0\n",
            if n == 0 { "apiVersion: v1\nkind: List\nitems:\n" } else { "" }
        );
    });
    for (what, name, text) in [
        ("yaml", "all.yaml", &yaml),
        ("json", "all.json", &json),
        ("values", "values.yaml", &values),
        ("template", "templates/all.yaml", &template),
        ("list", "list.yaml", &list),
    ] {
        let limits = Limits { document: 64 << 20, ..Limits::default() };
        if only.as_deref().is_some_and(|only| only != what) {
            continue;
        }
        let (mut objects, mut fields) = (0, 0);
        let start = Instant::now();
        let manifest = visit(text.as_bytes(), name, &limits, &mut |object| {
            objects += 1;
            fields += object.fields.len();
        });
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{what:12} {:6.1} MB/s  {objects} objects, {fields} fields, {} problems",
            text.len() as f64 / 1e6 / seconds,
            manifest.problems.len()
        );
    }
}

fn repeat(size: usize, part: &mut dyn FnMut(&mut String, usize)) -> String {
    let mut text = String::with_capacity(size + 4096);
    let mut n = 0;
    while text.len() < size {
        part(&mut text, n);
        n += 1;
    }
    text
}
