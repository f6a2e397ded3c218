//! The built-in estate: a small shop that leaks as real ones do. All values are made up; those
//! that have a provider's form are written in pieces, so that this file stays clean under any
//! scanner.

use std::path::Path;

use anyhow::Context as _;
use data_encoding::BASE64;
use sekisho_etcd::sample::{Image, Rev, object, sealed, secret as secret_in_etcd, stale};

/// The password that the shop keeps in four places.
const DB_PASSWORD: &str = concat!("vG7-pine", "-Lantern-42x");
/// An AWS key pair.
const AWS_ID: &str = concat!("AK", "IA", "2QX7MZ5NTR4WLJ6D");
const AWS_SECRET: &str = concat!("q8Zr+4LtVb2/", "Yx0NcWm7KsHd3PfGa9TeJu1RoQi5");
/// A GitHub token whose checksum is right.
const GITHUB: &str = concat!("gh", "p_", "Wq7Zk2Rv9Lx4Tn6Hb3", "Yc8Md5Pf1JsA0C7vyz");
/// What the payment service is called with.
const PAYMENT_PASSWORD: &str = concat!("Quartz-77", "-maple");

/// The backup of etcd.
pub(super) const ETCD: &str = "backup/etcd-snapshot.db";

/// What the mail service is called with.
const MAIL_PASSWORD: &str = concat!("Harbour-91", "-willow");

/// Writes the estate below `root`.
pub(super) fn build(root: &Path) -> anyhow::Result<()> {
    let aws = format!("[default]\naws_access_key_id = {AWS_ID}\naws_secret_access_key = {AWS_SECRET}\n");
    for (path, content) in [
        ("deploy/configmap.yaml", configmap().into_bytes()),
        ("deploy/secret.yaml", secret().into_bytes()),
        ("deploy/api.yaml", deployment().into_bytes()),
        ("deploy/rbac.yaml", RBAC.as_bytes().to_vec()),
        ("deploy/safe.yaml", SAFE.as_bytes().to_vec()),
        (
            "services/api/.env",
            format!("PORT=8080\nDB_HOST=localhost\nDB_PASSWORD={DB_PASSWORD}\n").into_bytes(),
        ),
        ("services/api/Dockerfile", dockerfile().into_bytes()),
        ("logs/api.log", log().into_bytes()),
        (ETCD, etcd()),
        ("backup/laptop.tar", tar("home/deploy/.aws/credentials", aws.as_bytes())),
    ] {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(root))?;
        std::fs::write(&path, content).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

fn configmap() -> String {
    format!(
        "apiVersion: v1
kind: ConfigMap
metadata:
  name: api-settings
  namespace: shop
data:
  LOG_LEVEL: info
  DB_HOST: db.shop.svc
  DB_PASSWORD: {DB_PASSWORD}
"
    )
}

fn secret() -> String {
    let (user, password) = (BASE64.encode(b"shop"), BASE64.encode(DB_PASSWORD.as_bytes()));
    format!(
        "# base64 is not encryption
apiVersion: v1
kind: Secret
metadata:
  name: db
  namespace: shop
type: Opaque
data:
  username: {user}
  password: {password}
"
    )
}

fn deployment() -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  namespace: shop
spec:
  selector: {{matchLabels: {{app: api}}}}
  template:
    metadata: {{labels: {{app: api}}}}
    spec:
      containers:
      - name: api
        image: registry.example.com/shop/api:1.4.2
        env:
        - name: DATABASE_URL
          value: postgres://shop:{DB_PASSWORD}@db.shop.svc:5432/shop
        - name: SESSION_KEY
          valueFrom: {{secretKeyRef: {{name: session, key: key}}}}
        - name: AWS_ACCESS_KEY_ID
          value: {AWS_ID}
        - name: AWS_SECRET_ACCESS_KEY
          value: {AWS_SECRET}
"
    )
}

fn dockerfile() -> String {
    format!(
        "FROM docker.io/library/alpine:3.20
ARG GITHUB_TOKEN={GITHUB}
RUN git clone https://x-access-token:$GITHUB_TOKEN@github.com/shop/shared.git
"
    )
}

fn log() -> String {
    let basic = BASE64.encode(format!("shop-pay:{PAYMENT_PASSWORD}").as_bytes());
    format!(
        "2026-01-15T09:12:44Z info listening on :8080
2026-01-15T09:12:51Z warn retrying payment, Authorization: Basic {basic}
"
    )
}

/// Grants as they grow: a build system that may patch Secrets, which reads them too, and whoever
/// operates it, who may have its token made.
const RBAC: &str = "apiVersion: v1
kind: ServiceAccount
metadata: {name: ci, namespace: build}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: deployer}
rules:
- {apiGroups: [apps], resources: [deployments], verbs: [get, list]}
- {apiGroups: [''], resources: [secrets, configmaps], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ci, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: deployer}
subjects: [{kind: ServiceAccount, name: ci, namespace: build}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: tokens, namespace: build}
rules:
- {apiGroups: [''], resources: [serviceaccounts/token], resourceNames: [ci], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: tokens, namespace: build}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: tokens}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: build-operators}]
";

/// A backup taken after encryption was turned on and every Secret was written again: what they were
/// before is still in older revisions and freed pages, and one was written since by a server that
/// runs the old file.
fn etcd() -> Vec<u8> {
    let (db, mail, pay) =
        ("/registry/secrets/shop/db", "/registry/secrets/shop/mail", "/registry/secrets/shop/payments");
    let plain = secret_in_etcd("shop", "db", &[("password", DB_PASSWORD.as_bytes())]);
    let pay_plain = secret_in_etcd("shop", "payments", &[("password", PAYMENT_PASSWORD.as_bytes())]);
    let mail_plain = secret_in_etcd("shop", "mail", &[("password", MAIL_PASSWORD.as_bytes())]);
    let revs = [
        Rev::put(2, "/registry/namespaces/kube-system", object("v1", "Namespace", b"")),
        Rev::put(4, db, plain),
        Rev::put(7, db, sealed(220, 1)),
        Rev::put(8, mail, sealed(240, 2)),
        Rev::put(9, pay, pay_plain),
    ];
    let freed = |page| stale(4096, page, &[Rev::put(5, mail, mail_plain.clone())]);
    Image::new(4096, &revs, &[&freed]).snapshot()
}

/// What is done right is not reported.
const SAFE: &str = "apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: mail
  namespace: shop
spec:
  encryptedData:
    password: AgBy3i4OJSWK+PiTySYZZA9rO43cGDEqAgBy3i4OJSWK+PiTySYZZA9rO43cGDEq
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: payments
  namespace: shop
spec:
  secretStoreRef: {name: vault, kind: SecretStore}
  data:
  - secretKey: token
    remoteRef: {key: shop/payments, property: token}
";

/// A tar archive (POSIX ustar) of one file: a forgotten backup.
fn tar(name: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0u8; 512];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000600\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{:011o}\0", content.len()));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut archive = header.to_vec();
    archive.extend_from_slice(content);
    // Content is padded to a record of 512 bytes; two empty records end the archive.
    archive.resize(archive.len().next_multiple_of(512) + 1024, 0);
    archive
}
