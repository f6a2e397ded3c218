//! Kinds of objects and documents.

use super::*;

#[test]
fn secret() {
    let source = "\
apiVersion: v1
kind: Secret
metadata:
  name: db
  namespace: shop
type: Opaque
immutable: true
data:
  password: aHVudGVyMjI=
  wrapped: |
    aHVudGVy
    MjI=
  empty: \"\"
  absent:
  short: YQ==
  rendered: {{ .Values.x }}
stringData:
  user: app
  config.yaml: |
    db:
      password: hunter22
";
    let source = source.replace("  rendered: {{ .Values.x }}\n", "");
    let manifest = check(
        "secret.yaml",
        &source,
        r"
        type <type> Setting Value: Opaque
        data.password <password> SecretData Value: aHVudGVyMjI=
        data.wrapped <wrapped> SecretData Value: aHVudGVy\nMjI=\n
        data.short <short> SecretData Value: YQ==
        stringData.user <user> SecretString Value: app
        stringData.config.yaml <config.yaml> SecretString Value: db:\n  password: hunter22\n
        ",
    );
    let object = &manifest.objects[0];
    assert_eq!(object.class, Class::Secret);
    assert_eq!(object.object.to_string(), "Secret db (shop)");
    assert_eq!(object.secret_type.as_deref(), Some("Opaque"));
    assert!(manifest.problems.is_empty() && !manifest.fallback);
    // Inside of a block scalar a value is found at its own place.
    let config = object.fields.last().expect("a field");
    let start = config.value.expose_secret().windows(8).position(|w| w == b"hunter22").expect("there");
    let range = config.map.source_range(start..start + 8).expect("mapped");
    assert_eq!(&source[range.clone()], "hunter22");
    assert_eq!(range.start, source.rfind("hunter22").expect("there"));
}

#[test]
fn secret_in_json() {
    let manifest = check(
        "secret.json",
        "{\"apiVersion\": \"v1\",\n\t\"kind\": \"Secret\", \"metadata\": {\"generateName\": \"db-\"},\n\t\"data\": {\"p\u{e9}\": \"aHVudGVyMjI=\"},\
         \"stringData\": {\"x\": \"a\\u00e9\\n\\\"b\\/\\ud83d\\ude00\"}}",
        "
        data.p\u{e9} <p\u{e9}> SecretData Value: aHVudGVyMjI=
        stringData.x <x> SecretString Value: a\u{e9}\\n\"b/\u{1f600}
        ",
    );
    assert_eq!(manifest.objects[0].object.name, "db-");
}

#[test]
fn config_map() {
    let manifest = check(
        "",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  A: b\n  tokenFile: /run/token\n  app.properties: |\n    a=${B}\n    password=hunter22\nbinaryData: {k.jks: /u3+7Q==}\n",
        r"
        data.A <A> ConfigData Value: b
        data.tokenFile <tokenFile> ConfigData Reference: /run/token
        data.app.properties <app.properties> ConfigData Value: a=${B}\npassword=hunter22\n
        binaryData.k.jks <k.jks> ConfigBinary Value: /u3+7Q==
        ",
    );
    assert_eq!(manifest.objects[0].class, Class::ConfigMap);
}

const POD_SPEC: &str = "\
containers:
- name: api
  image: shop/api:1
  command: [\"sh\", \"-c\", \"run --password=hunter22\"]
  args:
  - --db-password=hunter22
  - --token
  - abcdefgh
  - --token-file=/run/token
  - --url=$(DB_URL)
  - serve
  env:
  - name: DB_PASSWORD
    value: hunter22
  - {name: DB_URL, value: \"postgres://$(USER):$(PASS)@db/shop\"}
  - name: DSN
    value: postgres://app:hunter22@$(HOST)/shop
  - name: TOKEN
    valueFrom:
      secretKeyRef: {name: api, key: token}
  - name: NODE
    valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
  - name: PASSWORD_FILE
    value: /run/secrets/password
  - name: SAME
    value: ${OTHER}
  envFrom:
  - secretRef: {name: api-env}
  livenessProbe:
    httpGet:
      httpHeaders:
      - name: Authorization
        value: Basic YXBwOmh1bnRlcjIy
  lifecycle:
    preStop:
      httpGet: {httpHeaders: [{name: X-Token, value: hunter22}]}
initContainers:
- name: init
  env: [{name: PGPASSWORD, value: hunter22}]
imagePullSecrets: [{name: registry}]
volumes:
- name: v
  secret: {secretName: api-tls}
";

const POD_FIELDS: &str = "
containers[0].image <image> Setting Value: shop/api:1
containers[0].command[2] <-c> Command Value: run --password=hunter22
containers[0].args[0] <--db-password> Arg Value: hunter22
containers[0].args[1] <args> Arg Value: --token
containers[0].args[2] <--token> Arg Value: abcdefgh
containers[0].args[3] <--token-file> Arg Reference: /run/token
containers[0].args[4] <--url> Arg Reference: $(DB_URL)
containers[0].args[5] <args> Arg Value: serve
containers[0].env[DB_PASSWORD] <DB_PASSWORD> Env Value: hunter22
containers[0].env[DB_URL] <DB_URL> Env Reference: postgres://$(USER):$(PASS)@db/shop
containers[0].env[DSN] <DSN> Env Value: postgres://app:hunter22@$(HOST)/shop
containers[0].env[TOKEN].valueFrom.secretKeyRef.key <key> Setting Reference: token
containers[0].env[NODE].valueFrom.fieldRef.fieldPath <fieldPath> Setting Reference: spec.nodeName
containers[0].env[PASSWORD_FILE] <PASSWORD_FILE> Env Reference: /run/secrets/password
containers[0].env[SAME] <SAME> Env Reference: ${OTHER}
containers[0].envFrom[0].secretRef.name <name> Setting Reference: api-env
containers[0].livenessProbe.httpGet.httpHeaders[0].value <Authorization> Header Value: Basic YXBwOmh1bnRlcjIy
containers[0].lifecycle.preStop.httpGet.httpHeaders[0].value <X-Token> Header Value: hunter22
initContainers[0].name <name> Setting Value: init
initContainers[0].env[PGPASSWORD] <PGPASSWORD> Env Value: hunter22
imagePullSecrets[0].name <name> Setting Reference: registry
volumes[0].secret.secretName <secretName> Setting Reference: api-tls
";

/// The pod's fields under another path.
fn pod_fields(prefix: &str) -> String {
    POD_FIELDS.lines().filter(|l| !l.is_empty()).map(|line| format!("{prefix}{line}\n")).collect()
}

fn indented(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
}

#[test]
fn every_kind_with_a_pod_template() {
    let pod = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n{}", indented(POD_SPEC, 2));
    check("", &pod, &pod_fields("spec."));
    for kind in [
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "ReplicationController",
        "Job",
        "Rollout",
        "SparkApplication",
    ] {
        let source = format!(
            "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: api, namespace: shop}}\nspec:\n  template:\n    spec:\n{}",
            indented(POD_SPEC, 6)
        );
        let manifest = check("", &source, &pod_fields("spec.template.spec."));
        assert_eq!(manifest.objects[0].object.to_string(), format!("{kind} api (shop)"));
    }
    let cron = format!(
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: c}}\nspec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n{}",
        indented(POD_SPEC, 10)
    );
    check("", &cron, &pod_fields("spec.jobTemplate.spec.template.spec."));
    let template = format!(
        "apiVersion: v1\nkind: PodTemplate\nmetadata: {{name: t}}\ntemplate:\n  spec:\n{}",
        indented(POD_SPEC, 4)
    );
    check("", &template, &pod_fields("template.spec."));
}

#[test]
fn annotations_and_labels() {
    check(
        "",
        "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
  labels: {app: webapp}
  managedFields: [{manager: kubectl-edit, fieldsV1: {f:x: {}}}]
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{\"kind\":\"Secret\"}'
    note: hunter22
spec:
  template:
    metadata:
      annotations:
        vault.hashicorp.com/agent-inject-secret-db: secret/data/db
        vault.hashicorp.com/role: webapp
        vault.hashicorp.com/agent-inject-template-db: |
          {{- with secret \"secret/data/db\" -}}
          password={{ .Data.data.password }}
          {{- end }}
        vault.hashicorp.com/agent-inject-template-x: |
          {{- with secret \"secret/data/db\" -}}
          password=hunter22
          {{- end }}
",
        r#"
        metadata.labels.app <app> Annotation Value: webapp
        metadata.annotations.kubectl.kubernetes.io/last-applied-configuration <kubectl.kubernetes.io/last-applied-configuration> Document Value: {"kind":"Secret"}
        metadata.annotations.note <note> Annotation Value: hunter22
        spec.template.metadata.annotations.vault.hashicorp.com/agent-inject-secret-db <vault.hashicorp.com/agent-inject-secret-db> Annotation Reference: secret/data/db
        spec.template.metadata.annotations.vault.hashicorp.com/role <vault.hashicorp.com/role> Annotation Reference: webapp
        spec.template.metadata.annotations.vault.hashicorp.com/agent-inject-template-db <vault.hashicorp.com/agent-inject-template-db> Annotation Template: {{- with secret "secret/data/db" -}}\npassword={{ .Data.data.password }}\n{{- end }}\n
        spec.template.metadata.annotations.vault.hashicorp.com/agent-inject-template-x <vault.hashicorp.com/agent-inject-template-x> Annotation Value: {{- with secret "secret/data/db" -}}\npassword=hunter22\n{{- end }}\n
        "#,
    );
}

#[test]
fn lists_and_nested_objects() {
    let manifest = check(
        "",
        "\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata: {name: one}
  data: {password: aHVudGVyMjI=}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: two}
  data: {password: hunter22}
---
kind: SecretList
apiVersion: v1
items:
- metadata: {name: three, namespace: n}
  data: {password: aHVudGVyMjI=}
---
apiVersion: template.openshift.io/v1
kind: Template
metadata: {name: t}
objects:
- apiVersion: v1
  kind: Secret
  metadata: {name: four}
  stringData: {password: hunter22, ref: \"${PASSWORD}\"}
parameters:
- name: PASSWORD
  value: hunter22
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: five}
spec:
  volumeClaimTemplates:
  - apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data}
    spec: {storageClassName: fast-disk}
",
        "
        data.password <password> SecretData Value: aHVudGVyMjI=
        data.password <password> ConfigData Value: hunter22
        data.password <password> SecretData Value: aHVudGVyMjI=
        parameters[0].value <PASSWORD> Setting Value: hunter22
        stringData.password <password> SecretString Value: hunter22
        stringData.ref <ref> SecretString Reference: ${PASSWORD}
        spec.volumeClaimTemplates[0].kind <kind> Setting Value: PersistentVolumeClaim
        spec.volumeClaimTemplates[0].spec.storageClassName <storageClassName> Setting Value: fast-disk
        ",
    );
    let names: Vec<_> = manifest.objects.iter().map(|object| object.object.to_string()).collect();
    assert_eq!(
        names,
        ["Secret one", "ConfigMap two", "Secret three (n)", "Template t", "Secret four", "StatefulSet five"]
    );
    assert_eq!(manifest.objects[2].object.api_version, "v1");
}

#[test]
fn custom_resources() {
    check(
        "",
        "\
apiVersion: example.com/v1
kind: Database
metadata: {name: d}
spec:
  adminPassword: hunter22
  auth: {password: {value: hunter22}}
  connection: \"postgres://app:hunter22@db/shop\"
  passwordSecretRef: {name: db, key: password}
  basicAuth:
    password: {name: prom, key: password}
  enabled: true
  replicas: 3
  parameters:
  - name: api-token
    value: hunter22
  pods:
  - containers:
    - env: [{name: A_TOKEN, value: hunter22}]
",
        "
        spec.adminPassword <adminPassword> Setting Value: hunter22
        spec.auth.password.value <password> Setting Value: hunter22
        spec.connection <connection> Setting Value: postgres://app:hunter22@db/shop
        spec.passwordSecretRef.key <key> Setting Reference: password
        spec.basicAuth.password.name <name> Setting Reference: prom
        spec.basicAuth.password.key <key> Setting Reference: password
        spec.parameters[0].value <api-token> Setting Value: hunter22
        spec.pods[0].containers[0].env[A_TOKEN] <A_TOKEN> Env Value: hunter22
        ",
    );
}

#[test]
fn kubeconfig() {
    let source = "\
apiVersion: v1
kind: Config
clusters:
- name: prod
  cluster: {server: \"https://k8s\", certificate-authority-data: LS0tLS1CRUdJTg==}
users:
- name: admin
  user:
    token: abcdefghijkl
    client-key-data: LS0tLS1CRUdJTg==
    client-certificate-data: LS0tLS1CRUdJTg==
    client-key: admin.key
    tokenFile: /run/token
- name: basic
  user:
    username: admin
    password: hunter22
    auth-provider: {name: oidc, config: {id-token: abc.def.ghi, refresh-token: hunter22, client-secret: hunter22}}
    exec: {command: aws, env: [{name: AWS_PROFILE, value: prod}]}
contexts: []
";
    let expected = "
        clusters[0].name <name> Setting Value: prod
        clusters[0].cluster.server <server> Setting Value: https://k8s
        clusters[0].cluster.certificate-authority-data <certificate-authority-data> Setting Value: LS0tLS1CRUdJTg==
        users[0].name <name> Setting Value: admin
        users[0].user.token <token> Credential Value: abcdefghijkl
        users[0].user.client-key-data <client-key-data> CredentialBase64 Value: LS0tLS1CRUdJTg==
        users[0].user.client-certificate-data <client-certificate-data> Setting Value: LS0tLS1CRUdJTg==
        users[0].user.client-key <client-key> Setting Reference: admin.key
        users[0].user.tokenFile <tokenFile> Setting Reference: /run/token
        users[1].name <name> Setting Value: basic
        users[1].user.username <username> Setting Value: admin
        users[1].user.password <password> Credential Value: hunter22
        users[1].user.auth-provider.name <name> Setting Value: oidc
        users[1].user.auth-provider.config.id-token <id-token> Credential Value: abc.def.ghi
        users[1].user.auth-provider.config.refresh-token <refresh-token> Credential Value: hunter22
        users[1].user.auth-provider.config.client-secret <client-secret> Credential Value: hunter22
        users[1].user.exec.env[AWS_PROFILE] <AWS_PROFILE> Env Value: prod
    ";
    let manifest = check("config", source, expected);
    assert_eq!(manifest.objects[0].class, Class::Kubeconfig);
    let bare = source.replace("apiVersion: v1\nkind: Config\n", "");
    let manifest = check("config", &bare, expected);
    assert_eq!(manifest.objects[0].class, Class::Kubeconfig);
}

#[test]
fn registry_clients() {
    let manifest = check(
        "config.json",
        r#"{"auths": {"registry.example.com:5000": {"auth": "YXBwOmh1bnRlcjIy", "username": "app", "password": "hunter22"},
            "ghcr.io": {"identitytoken": "hunter22", "registrytoken": "hunter22"}},
            "credsStore": "desktop", "credHelpers": {"gcr.io": "gcloud"}, "HttpHeaders": {"X-Meta": "hunter22"}}"#,
        "
        auths.registry.example.com:5000.auth <auth> BasicAuth Value: YXBwOmh1bnRlcjIy
        auths.registry.example.com:5000.password <password> Credential Value: hunter22
        auths.ghcr.io.identitytoken <identitytoken> Credential Value: hunter22
        auths.ghcr.io.registrytoken <registrytoken> Credential Value: hunter22
        credsStore <credsStore> Setting Reference: desktop
        credHelpers.gcr.io <gcr.io> Setting Reference: gcloud
        HttpHeaders.X-Meta <X-Meta> Header Value: hunter22
        ",
    );
    assert_eq!(manifest.objects[0].class, Class::DockerConfig);
    let manifest = check(
        ".dockercfg",
        r#"{"https://index.docker.io/v1/": {"auth": "YXBwOmh1bnRlcjIy", "email": "a@example.com"}}"#,
        "
        https://index.docker.io/v1/.auth <auth> BasicAuth Value: YXBwOmh1bnRlcjIy
        https://index.docker.io/v1/.email <email> Setting Value: a@example.com
        ",
    );
    assert_eq!(manifest.objects[0].class, Class::DockerConfig);
}

#[test]
fn helm() {
    let manifest = check(
        "charts/shop/values-prod.yaml",
        "auth:\n  password: hunter22\n  existingSecret: shop-auth\n  secretKeys: {adminPasswordKey: admin-password}\nextraEnv:\n- name: TOKEN\n  value: hunter22\nhosts: [a.example.com]\n",
        "
        auth.password <password> Setting Value: hunter22
        auth.existingSecret <existingSecret> Setting Reference: shop-auth
        auth.secretKeys.adminPasswordKey <adminPasswordKey> Setting Reference: admin-password
        extraEnv[TOKEN] <TOKEN> Env Value: hunter22
        hosts[0] <hosts> Setting Value: a.example.com
        ",
    );
    assert_eq!(manifest.objects[0].class, Class::HelmValues);
    assert_eq!(manifest.objects[0].object.kind, "");
    let manifest = check(
        "release",
        r#"{"name":"shop","info":{"status":"deployed"},"chart":{"metadata":{"name":"shop-chart"},
            "templates":[{"name":"templates/secret.yaml","data":"a2luZDogU2VjcmV0"}],"values":{"password":"changeme"}},
            "config":{"password":"hunter22"},"manifest":"---\nkind: Secret\n","version":1}"#,
        r"
        name <name> Setting Value: shop
        info.status <status> Setting Value: deployed
        chart.metadata.name <name> Setting Value: shop-chart
        chart.templates[0].data <templates/secret.yaml> ConfigBinary Value: a2luZDogU2VjcmV0
        chart.values.password <password> Setting Value: changeme
        config.password <password> Setting Value: hunter22
        manifest <manifest> Document Value: ---\nkind: Secret\n
        ",
    );
    assert_eq!(manifest.objects[0].class, Class::HelmRelease);
}

#[test]
fn kustomization() {
    let manifest = check(
        "overlays/prod/kustomization.yaml",
        "\
namespace: shop
resources: [../base]
secretGenerator:
- name: db
  literals:
  - password=hunter22
  - quoted=\"hunter 22\"
  - ref=${PASSWORD}
  envs: [.env.secret]
  files: [tls.key, id=keys/id_rsa]
configMapGenerator:
- name: app
  namespace: other
  literals: [LOG=debug]
  env: app.env
patches:
- patch: |-
    - op: add
      path: /data/password
      value: hunter22
",
        r"
        namespace <namespace> Setting Value: shop
        resources[0] <resources> Setting Value: ../base
        secretGenerator[0].literals[0] <password> SecretString Value: hunter22
        secretGenerator[0].literals[1] <quoted> SecretString Value: hunter 22
        secretGenerator[0].literals[2] <ref> SecretString Reference: ${PASSWORD}
        secretGenerator[0].envs[0] <envs> Setting Reference: .env.secret
        secretGenerator[0].files[0] <files> Setting Reference: tls.key
        secretGenerator[0].files[1] <id> Setting Reference: keys/id_rsa
        configMapGenerator[0].namespace <namespace> Setting Value: other
        configMapGenerator[0].literals[0] <LOG> ConfigData Value: debug
        configMapGenerator[0].env <env> Setting Reference: app.env
        patches[0].patch <patch> Document Value: - op: add\n  path: /data/password\n  value: hunter22
        ",
    );
    let object = &manifest.objects[0];
    assert_eq!(object.class, Class::Kustomization);
    assert_eq!(object.object.kind, "Kustomization");
    let files: Vec<_> = object
        .generators
        .iter()
        .map(|f| (f.path.as_str(), f.kind, f.name.as_str(), f.namespace.as_deref(), f.key.as_deref()))
        .collect();
    assert_eq!(
        files,
        [
            (".env.secret", Generated::Secret, "db", Some("shop"), None),
            ("tls.key", Generated::Secret, "db", Some("shop"), Some("tls.key")),
            ("keys/id_rsa", Generated::Secret, "db", Some("shop"), Some("id")),
            ("app.env", Generated::ConfigMap, "app", Some("other"), None),
        ]
    );
}

#[test]
fn compose_and_plain_settings() {
    let manifest = check(
        "docker-compose.yml",
        "\
services:
  db:
    image: postgres:16
    environment:
    - POSTGRES_PASSWORD=hunter22
    - POSTGRES_PASSWORD_FILE=/run/secrets/db
    - PGUSER
  api:
    environment:
      DB_PASSWORD: hunter22
      API_TOKEN: ${API_TOKEN:?missing}
      KEY: ${KEY:-hunter22}
    command: serve --password hunter22
secrets:
  db: {file: ./db.txt}
",
        "
        services.db.image <image> Setting Value: postgres:16
        services.db.environment[0] <POSTGRES_PASSWORD> Env Value: hunter22
        services.db.environment[1] <POSTGRES_PASSWORD_FILE> Env Reference: /run/secrets/db
        services.db.environment[2] <environment> Env Value: PGUSER
        services.api.environment.DB_PASSWORD <DB_PASSWORD> Env Value: hunter22
        services.api.environment.API_TOKEN <API_TOKEN> Env Reference: ${API_TOKEN:?missing}
        services.api.environment.KEY <KEY> Env Value: hunter22
        services.api.command <command> Command Value: serve --password hunter22
        secrets.db.file <file> Setting Reference: ./db.txt
        ",
    );
    assert_eq!(manifest.objects[0].class, Class::Plain);
}

#[test]
fn encryption_keys_and_bootstrap_tokens() {
    let manifest = check(
        "",
        "\
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - aescbc: {keys: [{name: key1, secret: aHVudGVyMjJodW50ZXIyMg==}]}
  - identity: {}
---
apiVersion: kubeadm.k8s.io/v1beta3
kind: InitConfiguration
bootstrapTokens:
- token: abcdef.0123456789abcdef
certificateKey: 0123456789abcdef
",
        "
        resources[0].resources[0] <resources> Setting Value: secrets
        resources[0].providers[0].aescbc.keys[0].name <name> Setting Value: key1
        resources[0].providers[0].aescbc.keys[0].secret <secret> CredentialBase64 Value: aHVudGVyMjJodW50ZXIyMg==
        bootstrapTokens[0].token <token> Credential Value: abcdef.0123456789abcdef
        certificateKey <certificateKey> Credential Value: 0123456789abcdef
        ",
    );
    assert_eq!(manifest.objects[0].class, Class::EncryptionConfiguration);
}

#[test]
fn sealed_and_external_forms_and_the_literals_beside_them() {
    let manifest = check(
        "",
        "\
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: s}
spec:
  encryptedData: {password: AgBy3i4OJSWK}
  template:
    data: {user: \"{{ .user }}\", token: hunter22}
    metadata: {name: s}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: e}
spec:
  refreshInterval: 1h
  secretStoreRef: {name: vault, kind: ClusterSecretStore}
  target:
    name: e-secret
    template:
      data:
        password: hunter22
        url: \"postgres://app:{{ .password }}@db/shop\"
  data:
  - secretKey: password
    remoteRef: {key: prod/db, property: password}
  dataFrom: [{extract: {key: prod/app}}]
---
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: {name: c}
spec:
  provider: vault
  parameters:
    roleName: webapp
    objects: |
      - objectName: password
        secretPath: secret/data/db
        secretKey: password
  secretObjects: [{secretName: db, type: Opaque, data: [{objectName: password, key: password}]}]
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: f}
spec: {provider: {fake: {data: [{key: db, value: hunter22}]}, vault: {auth: {tokenSecretRef: {name: v, key: token}}}}}
",
        r"
        spec.encryptedData.password <password> Setting Sealed: AgBy3i4OJSWK
        spec.template.data.user <user> SecretString Template: {{ .user }}
        spec.template.data.token <token> SecretString Value: hunter22
        spec.secretStoreRef.name <name> Setting Reference: vault
        spec.secretStoreRef.kind <kind> Setting Reference: ClusterSecretStore
        spec.target.name <name> Setting Reference: e-secret
        spec.target.template.data.password <password> SecretString Value: hunter22
        spec.target.template.data.url <url> SecretString Template: postgres://app:{{ .password }}@db/shop
        spec.data[0].secretKey <secretKey> Setting Reference: password
        spec.data[0].remoteRef.key <key> Setting Reference: prod/db
        spec.data[0].remoteRef.property <property> Setting Reference: password
        spec.dataFrom[0].extract.key <key> Setting Reference: prod/app
        spec.provider <provider> Setting Value: vault
        spec.parameters.roleName <roleName> Setting Value: webapp
        spec.parameters.objects <objects> Setting Reference: - objectName: password\n  secretPath: secret/data/db\n  secretKey: password\n
        spec.secretObjects[0].type <type> Setting Reference: Opaque
        spec.secretObjects[0].data[0].objectName <objectName> Setting Reference: password
        spec.secretObjects[0].data[0].key <key> Setting Reference: password
        spec.provider.fake.data[0].value <db> Setting Value: hunter22
        spec.provider.vault.auth.tokenSecretRef.key <key> Setting Reference: token
        ",
    );
    let classes: Vec<_> = manifest.objects.iter().map(|object| object.class).collect();
    assert_eq!(
        classes,
        [Class::SealedSecret, Class::ExternalSecret, Class::ExternalSecret, Class::ExternalSecret]
    );
}

#[test]
fn sops() {
    check(
        "secret.enc.yaml",
        "\
apiVersion: v1
kind: Secret
metadata: {name: s}
stringData:
  password: ENC[AES256_GCM,data:AAAA,iv:BBBB,tag:CCCC,type:str]
  note_unencrypted: hunter22
sops:
  age:
  - recipient: age1qqqq
    enc: |
      -----BEGIN AGE ENCRYPTED FILE-----
      AAAA
      -----END AGE ENCRYPTED FILE-----
  lastmodified: \"2026-01-01T00:00:00Z\"
  mac: ENC[AES256_GCM,data:AAAA,iv:BBBB,tag:CCCC,type:str]
",
        r"
        stringData.password <password> SecretString Sealed: ENC[AES256_GCM,data:AAAA,iv:BBBB,tag:CCCC,type:str]
        stringData.note_unencrypted <note_unencrypted> SecretString Value: hunter22
        sops.age[0].recipient <recipient> Setting Sealed: age1qqqq
        sops.age[0].enc <enc> Setting Sealed: -----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n-----END AGE ENCRYPTED FILE-----\n
        sops.lastmodified <lastmodified> Setting Sealed: 2026-01-01T00:00:00Z
        sops.mac <mac> Setting Sealed: ENC[AES256_GCM,data:AAAA,iv:BBBB,tag:CCCC,type:str]
        ",
    );
    // A key of that name alone makes nothing safe.
    check("", "sops: {password: hunter22}\n", "sops.password <password> Setting Value: hunter22");
}
