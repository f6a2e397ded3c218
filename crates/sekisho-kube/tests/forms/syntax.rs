//! Forms of YAML, JSON and templates.

use super::*;

#[test]
fn tags() {
    check(
        "",
        "a_password: !Ref DbPassword\nb_password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\nc_password: !!str hunter22\nd_key: !!binary aHVudGVyMjI=\ne_password: !secret db\nf_password: !custom hunter22\n",
        r"
        a_password <a_password> Setting Reference: DbPassword
        b_password <b_password> Setting Sealed: $ANSIBLE_VAULT;1.1;AES256\n6162\n
        c_password <c_password> Setting Value: hunter22
        d_key <d_key> Setting Value: aHVudGVyMjI=
        f_password <f_password> Setting Value: hunter22
        ",
    );
}

#[test]
fn anchors_aliases_and_merge_keys() {
    check(
        "",
        "\
x-pw: &pw hunter22
x-env: &common
  image: shop/api
  tier: backend
services:
  a:
    <<: *common
    password: *pw
  b: *common
  c: *unknown
---
apiVersion: v1
kind: Secret
metadata: {name: s}
x-creds: &creds {password: hunter22}
x-token: &token abcdefgh
stringData:
  <<: *creds
  token: *token
  again: *token
---
apiVersion: v1
kind: Pod
metadata: {name: p}
x-pw: &pw hunter22
spec:
  containers:
  - env:
    - &base {name: A_PASSWORD, value: hunter22}
    - <<: *base
      name: B_PASSWORD
    - name: C_PASSWORD
      value: *pw
",
        "
        x-pw <x-pw> Setting Value: hunter22
        x-env.image <image> Setting Value: shop/api
        x-env.tier <tier> Setting Value: backend
        stringData.password <password> SecretString Value: hunter22
        stringData.token <token> SecretString Value: abcdefgh
        spec.containers[0].env[C_PASSWORD] <C_PASSWORD> Env Value: hunter22
        spec.containers[0].env[A_PASSWORD] <A_PASSWORD> Env Value: hunter22
        ",
    );
    // Kind and name through a merge key; the last of two equal keys counts.
    let manifest = manifest(
        "",
        "x: &m {apiVersion: v1, kind: Secret}\n<<: *m\nmetadata: {name: wrong, name: right}\ndata: {a: YWJjZA==}\ndata: {b: YWJjZA==}\n",
    );
    assert_eq!(manifest.objects[0].object.to_string(), "Secret right");
    let kinds: Vec<_> = lines(&manifest);
    assert!(kinds.contains(&"data.a <a> SecretData Value: YWJjZA==".to_owned()), "{kinds:?}");
    assert!(kinds.contains(&"data.b <b> SecretData Value: YWJjZA==".to_owned()), "{kinds:?}");
}

#[test]
fn streams() {
    let source = "\u{feff}%YAML 1.2\n--- # first\na_password: hunter22\n...\n---\n# nothing\n--- {b_password: hunter23}\n---\nkey: |\n  x\n---\nc_password: hunter24\n--- >\n plain password\n";
    check(
        "",
        source,
        r"
        a_password <a_password> Setting Value: hunter22
        b_password <b_password> Setting Value: hunter23
        c_password <c_password> Setting Value: hunter24
         <> Setting Value: plain password\n
        ",
    );
    let crlf = source.replace('\n', "\r\n");
    let fields: Vec<_> = lines(&manifest("", &crlf));
    assert_eq!(fields.len(), 4);
}

#[test]
fn definitions_and_dull_documents_are_skipped_and_counted() {
    let manifest = manifest(
        "",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {x: password}\n---\nfoo: bar\n---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nkind: Secret\nstringData: {password: hunter22}\n",
    );
    assert_eq!(manifest.skipped, 2);
    assert_eq!(manifest.objects.len(), 1);
    assert_eq!(manifest.objects[0].object.kind, "Secret");
}

#[test]
fn multi_byte_text_before_values() {
    check(
        "",
        "kommentar: \"日本語 é\" # ü\npässword: hunter22\nschlüssel: 'ä''ö'\nblock: |\n  日本\n  password=hunter22\nflow: {ключ: hunter22}\n",
        r"
        kommentar <kommentar> Setting Value: 日本語 é
        pässword <pässword> Setting Value: hunter22
        schlüssel <schlüssel> Setting Value: ä'ö
        block <block> Setting Value: 日本\npassword=hunter22\n
        flow.ключ <ключ> Setting Value: hunter22
        ",
    );
}

#[test]
fn bytes_that_are_no_utf8_stay_what_they_are() {
    let source = b"note: caf\xe9 \xff\npassword: hunter\xe9\xe9\n";
    let manifest = read(source, "", &Limits::default());
    let fields = &manifest.objects[0].fields;
    assert_eq!(fields[1].value.expose_secret(), b"hunter\xe9\xe9");
    assert_eq!(&source[fields[1].span.clone()], b"hunter\xe9\xe9");
}

#[test]
fn a_broken_document_is_read_by_its_lines_and_the_others_by_their_grammar() {
    let source = "\
password: hunter22
---
apiVersion: v1
kind: Secret
metadata:
  name: db
 broken: [
stringData:
  password: hunter23
  url: 'postgres://x'
  block: |
    one
    two
list:
- name: A_TOKEN
  value: hunter24
---
token: hunter25
";
    let manifest = check(
        "",
        source,
        r"
        password <password> Setting Value: hunter22
        stringData.password <password> SecretString Value: hunter23
        stringData.url <url> SecretString Value: postgres://x
        stringData.block <block> SecretString Value: one\ntwo\n
        list[0].value <A_TOKEN> Setting Value: hunter24
        token <token> Setting Value: hunter25
        ",
    );
    assert!(manifest.fallback);
    assert_eq!(manifest.problems.len(), 1);
    assert_eq!(manifest.problems[0].what, Trouble::Syntax);
    let line = source[..manifest.problems[0].offset].matches('\n').count() + 1;
    assert_eq!(line, 7);
    assert_eq!(manifest.objects[1].object.to_string(), "Secret db");
}

#[test]
fn unrendered_templates() {
    let source = "\
{{- if .Values.secret.create }}
apiVersion: v1
kind: Secret
metadata:
  name: {{ include \"shop.fullname\" . }}-db
  labels: {{- include \"shop.labels\" . | nindent 4 }}
    extra: label-value
  {{- with .Values.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
type: Opaque
stringData:
  password: {{ .Values.password | quote }}
  url: \"postgres://app:{{ .Values.password | default \"x\" }}@db/shop\"
  literal: hunter22
  {{- range $k, $v := .Values.extra }}
  {{ $k }}: {{ $v }}
  {{- end }}
{{- end }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  template:
    spec:
      containers:
        - name: {{ .Chart.Name }}
          args:
            - --password=hunter22
            - --token={{ .Values.token }}
          env:
            - name: DB_PASSWORD
              value: hunter22
            - name: {{ .Values.name }}
              value: {{ .Values.value }}
            {{- toYaml .Values.env | nindent 12 }}
";
    let manifest = check(
        "templates/all.yaml",
        source,
        r#"
        metadata.labels.extra <extra> Annotation Value: label-value
        type <type> Setting Value: Opaque
        stringData.password <password> SecretString Template: {{ .Values.password | quote }}
        stringData.url <url> SecretString Template: postgres://app:{{ .Values.password | default "x" }}@db/shop
        stringData.literal <literal> SecretString Value: hunter22
        stringData.{{ $k }} <{{ $k }}> SecretString Template: {{ $v }}
        spec.template.spec.containers[0].name <name> Setting Template: {{ .Chart.Name }}
        spec.template.spec.containers[0].args[0] <--password> Arg Value: hunter22
        spec.template.spec.containers[0].args[1] <--token> Arg Template: {{ .Values.token }}
        spec.template.spec.containers[0].env[DB_PASSWORD] <DB_PASSWORD> Env Value: hunter22
        spec.template.spec.containers[0].env[{{ .Values.name }}] <{{ .Values.name }}> Env Template: {{ .Values.value }}
        "#,
    );
    assert!(manifest.fallback);
    assert!(manifest.problems.iter().all(|problem| problem.what == Trouble::Template));
    assert_eq!(manifest.objects[0].object.name, "{{ include \"shop.fullname\" . }}-db");
}

#[test]
fn templates_that_are_yaml_all_the_same() {
    // Alert texts and the like: quoted expressions in a document that parses.
    let manifest = manifest(
        "rules.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: r}\ndata:\n  rules: |\n    {{- range . }}\n    summary: {{ $labels.instance }}\n    {{- end }}\n  text: \"{{ $value }} is high\"\n",
    );
    assert!(!manifest.fallback && manifest.problems.is_empty());
    let rules = &manifest.objects[0].fields[0];
    assert!(rules.value.expose_secret().starts_with(b"{{- range . }}"));
}

#[test]
fn json_lines_and_comments() {
    let manifest = check(
        "app.jsonl",
        "{\"password\": \"hunter22\"}\n{\"password\": \"hunter23\"}\nnot json\n// note\n{\"a\": [1, 2,], /* x */ \"password\": \"hunter24\",}\n",
        "
        password <password> Setting Value: hunter22
        password <password> Setting Value: hunter23
        password <password> Setting Value: hunter24
        ",
    );
    assert_eq!(manifest.problems.len(), 1);
    assert_eq!(manifest.objects.len(), 3);
}
