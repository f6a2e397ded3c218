//! An estate in which every value is a canary: in every form that is known, whole and broken.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};

use super::searcher::Canaries;
use crate::archives::{Zip, gzip, tar, utf16, zip};
use crate::sandbox::Sandbox;

/// Names that do something to whoever shows them raw.
pub(super) const HOSTILE_NAMES: [&[u8]; 9] = [
    b"\x1b[2J\x1b[31mred.env",
    b"new\nline.env",
    b"::error file=a::boom.env",
    b"\r##[error]boom.env",
    b"<img src=x onerror=alert(1)>.env",
    b"`code` [x](http:evil) @everyone.env",
    "\u{202e}vne.txt.env".as_bytes(),
    b"caf\xe9\xff.env",
    b"a\tb\\c\"d'.env",
];

/// Files that are whole, and in each of which something must be reported; and all else.
pub(super) fn fill(sandbox: &Sandbox, canaries: &Canaries) -> Vec<String> {
    let mut good = Vec::new();
    let mut add = |name: &str, content: &[u8]| {
        sandbox.write(format!("good/{name}"), content);
        good.push(format!("good/{name}"));
    };
    settings(canaries, &mut add);
    manifests(canaries, &mut add);
    tokens(canaries, &mut add);
    encoded(canaries, &mut add);
    archives(canaries, &mut add);
    broken(canaries, &mut |name, content| drop(sandbox.write(format!("broken/{name}"), content)));
    for (n, name) in HOSTILE_NAMES.into_iter().enumerate() {
        let content = format!("DB_PASSWORD={}\n", canaries.of(&format!("name {n}")));
        sandbox.write(std::path::Path::new("names").join(OsStr::from_bytes(name)), content);
    }
    good
}

/// Plain files of the kinds that hold credentials.
fn settings(c: &Canaries, add: &mut dyn FnMut(&str, &[u8])) {
    let mut add = |name: &str, content: String| add(name, content.as_bytes());
    add(
        "app.env",
        format!(
            "DB_PASSWORD={}\nexport API_SECRET='{}'\n# OLD_PASSWORD={}\nSMTP_PASSWORD=\"{}\"\n",
            c.of("env 1"),
            c.of("env 2"),
            c.of("env 3"),
            c.of("env 4")
        ),
    );
    add(".netrc", format!("machine h.example.com login deploy password {}\n", c.of("netrc")));
    add(".pgpass", format!("db.example.com:5432:shop:shop:{}\n", c.of("pgpass")));
    add(".git-credentials", format!("https://deploy:{}@git.example.com\n", c.of("git-credentials")));
    add("pip.conf", format!("[global]\nindex-url = https://ci:{}@pip.example.com/simple\n", c.of("pip")));
    add("settings.py", format!("DATABASES = {{'default': {{'PASSWORD': '{}'}}}}\n", c.of("python")));
    add("application.yml", format!("spring:\n  datasource:\n    password: {}\n", c.of("spring")));
    add("application.properties", format!("spring.datasource.password={}\n", c.of("properties")));
    add("settings.json", format!("{{\"db\": {{\"password\": \"{}\"}}}}\n", c.of("json")));
    add("Dockerfile", format!("FROM alpine:3.20\nENV DB_PASSWORD={}\n", c.of("dockerfile")));
    add(
        "docker-compose.yml",
        format!(
            "services:\n  db:\n    image: postgres\n    environment:\n      POSTGRES_PASSWORD: {}\n",
            c.of("compose")
        ),
    );
    add("deploy.sh", format!("curl -u deploy:{} https://h.example.com/\n", c.of("curl")));
    add("login.http", format!("GET / HTTP/1.1\nAuthorization: Bearer {}\n", c.of("bearer")));
    add(
        "basic.http",
        format!(
            "GET / HTTP/1.1\nAuthorization: Basic {}\n",
            BASE64.encode(format!("deploy:{}", c.of("basic")).as_bytes())
        ),
    );
}

/// Kubernetes manifests and the files around them.
fn manifests(c: &Canaries, add: &mut dyn FnMut(&str, &[u8])) {
    let mut add = |name: &str, content: String| add(name, content.as_bytes());
    let b64 = |place: &str| BASE64.encode(c.of(place).as_bytes());
    let auth = BASE64.encode(format!("deploy:{}", c.of("dockerconfigjson")).as_bytes());
    let docker = format!("{{\"auths\": {{\"r.example.com\": {{\"auth\": \"{auth}\"}}}}}}");
    let file = format!("db:\n  password: {}\n", c.of("secret file"));
    add(
        "k8s/secret.yaml",
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: all\n  annotations:\n    \
         kubectl.kubernetes.io/last-applied-configuration: |\n      {}\ndata:\n  password: {}\n  plain: {}!\n  \
         app.yaml: {}\nstringData:\n  token: {}\n  block: |\n    password={}\n  escaped: \"{}\"\n",
            format_args!(
                "{{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{{\"name\":\"all\"}},\"data\":{{\"password\":\"{}\"}}}}",
                b64("last applied")
            ),
            b64("secret data"),
            c.of("secret data that is no base64"),
            BASE64.encode(file.as_bytes()),
            c.of("string data"),
            c.of("block scalar"),
            c.of("escaped scalar").bytes().fold(String::new(), |text, b| text + &format!("\\x{b:02x}")),
        ),
    );
    add(
        "k8s/registry.yaml",
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: registry}}\ntype: kubernetes.io/dockerconfigjson\ndata:\n  \
         .dockerconfigjson: {}\n",
            BASE64.encode(docker.as_bytes())
        ),
    );
    add(
        "k8s/config.yaml",
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: api}}\ndata:\n  DB_PASSWORD: {}\n  app.properties: |\n    \
         spring.datasource.password={}\n  app.json: '{{\"password\": \"{}\"}}'\nbinaryData:\n  a.env: {}\n",
            c.of("config map"),
            c.of("properties in a config map"),
            c.of("json in a config map"),
            BASE64.encode(format!("DB_PASSWORD={}\n", c.of("binary data")).as_bytes()),
        ),
    );
    add(
        "k8s/api.yaml",
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\n  annotations: {{db-password: {}}}\nspec:\n  \
         template:\n    spec:\n      initContainers:\n      - name: i\n        env: [{{name: ADMIN_PASSWORD, value: {}}}]\n      \
         containers:\n      - name: api\n        args: ['--db-password={}', --api-token, {}]\n        \
         command: [sh, -c, 'mysql -uroot -p{} shop']\n        env:\n        - name: DATABASE_URL\n          \
         value: postgres://shop:{}@db/shop\n        livenessProbe:\n          httpGet:\n            path: /\n            \
         httpHeaders:\n            - name: Authorization\n              value: Bearer {}\n",
            c.of("annotation"),
            c.of("init container"),
            c.of("argument"),
            c.of("argument behind its flag"),
            c.of("command"),
            c.of("address in a variable"),
            c.of("header"),
        ),
    );
    add(
        "k8s/list.json",
        format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \
         \"metadata\": {{\"name\": \"a\"}}, \"data\": {{\"k\": \"{}\"}}}}]}}\n",
            b64("list")
        ),
    );
    add(
        "k8s/names.yaml",
        format!(
            "apiVersion: v1\nkind: \"Sec\\tret\"\nmetadata:\n  name: \"evil\\e[2J\\n::error::x\"\n  namespace: \"<b>`x`\"\ndata:\n  \
         \"::error::password\": {}\n  \"[x](http:evil)_PASSWORD\": {}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  \
         name: \"evil\\e[2J\\n::error::x\"\ndata:\n  \"\\e[31mDB_PASSWORD\": {}\n",
            b64("hostile key 1"),
            b64("hostile key 2"),
            c.of("hostile key 3"),
        ),
    );
    add(
        "k8s/config",
        format!(
            "apiVersion: v1\nkind: Config\nclusters: []\nusers:\n- name: a\n  user:\n    token: {}\n- name: b\n  user: {{username: \
         b, password: {}}}\n",
            c.of("kubeconfig token"),
            c.of("kubeconfig password"),
        ),
    );
    add("chart/values.yaml", format!("postgresql:\n  auth:\n    password: {}\n", c.of("helm values")));
    add(
        "chart/templates/secret.yaml",
        format!(
            "{{{{- if .Values.on }}}}\napiVersion: v1\nkind: Secret\nmetadata:\n  name: {{{{ .Release.Name }}}}\nstringData:\n  \
         password: {}\n  other: {{{{ .Values.other }}}}\n{{{{- end }}}}\n",
            c.of("helm template"),
        ),
    );
    sandboxed_kustomization(c, &mut add);
    add(
        "sops.yaml",
        format!(
            "password: ENC[AES256_GCM,data:b3BhcXVl,iv:b3BhcXVl,tag:b3BhcXVl,type:str]\nother_password: {}\nsops:\n  \
         version: 3.9.0\n  mac: ENC[AES256_GCM,data:b3BhcXVl,iv:b3BhcXVl,tag:b3BhcXVl,type:str]\n",
            c.of("beside sops"),
        ),
    );
}

fn sandboxed_kustomization(c: &Canaries, add: &mut dyn FnMut(&str, String)) {
    add(
        "kustom/kustomization.yaml",
        format!(
            "secretGenerator:\n- name: db\n  literals:\n  - password={}\n  envs: [plain.txt]\n  files: [whole.txt]\n",
            c.of("kustomize literal")
        ),
    );
    add("kustom/plain.txt", format!("ANYTHING={}\n", c.of("kustomize env file")));
    add("kustom/whole.txt", c.of("kustomize file") + "\n");
}

/// Formats of providers, keys and tokens: what stands behind their public beginnings is secret.
fn tokens(c: &Canaries, add: &mut dyn FnMut(&str, &[u8])) {
    let mut add = |name: &str, content: String| add(name, content.as_bytes());
    let upper = b"ABCDEFGHJKLMNPQRSTUVWXYZ234567";
    let hex = b"0123456789abcdef";
    let aws = c.made_of("aws id", upper, 16);
    add(
        "aws",
        format!(
            "[default]\naws_access_key_id = {}{aws}\naws_secret_access_key = {}\n",
            concat!("AK", "IA"),
            c.made_of("aws secret", b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789+/", 40),
        ),
    );
    add("gitlab.txt", format!("{}{}\n", concat!("gl", "pat-"), c.of("gitlab")));
    add("digitalocean.txt", format!("{}{}\n", concat!("do", "p_v1_"), c.made_of("digitalocean", hex, 64)));
    add(
        "hook.txt",
        format!(
            "{}T{}/B{}/{}\n",
            concat!("https://hooks.sl", "ack.com/services/"),
            "02ABCDEFG",
            "03ABCDEFG",
            c.made_of("slack hook", b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", 24)
        ),
    );
    let claims =
        format!("{{\"iss\":\"https://i.example.com\",\"sub\":\"s\",\"password\":\"{}\"}}", c.of("jwt claim"));
    let jwt = |claims: &str, signature: &str| {
        let head = BASE64URL_NOPAD.encode(b"{\"alg\":\"HS256\",\"typ\":\"JWT\"}");
        format!("{head}.{}.{signature}", BASE64URL_NOPAD.encode(claims.as_bytes()))
    };
    let signature =
        c.made_of("jwt signature", b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789_", 43);
    add("token.txt", format!("session: {}\n", jwt(&claims, &signature)));
    let body = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789+/";
    let lines: Vec<String> = (0..6).map(|n| c.made_of(&format!("pem line {n}"), body, 64)).collect();
    for label in ["RSA ", "OPENSSH ", "EC ", ""] {
        let name = format!("{}key.pem", label.trim().to_lowercase());
        let (begin, end) = (format!("-----BEGIN {label}PRIV"), format!("-----END {label}PRIV"));
        add(&name, format!("{begin}ATE KEY-----\n{}\n{end}ATE KEY-----\n", lines.join("\n")));
    }
}

/// What holds a value in another writing.
fn encoded(c: &Canaries, add: &mut dyn FnMut(&str, &[u8])) {
    let line = |place: &str| format!("DB_PASSWORD={}\nDB_HOST=db.example.com\n", c.of(place));
    add("base64.txt", BASE64.encode(line("base64").as_bytes()).as_bytes());
    add("twice.txt", BASE64.encode(BASE64.encode(line("base64 twice").as_bytes()).as_bytes()).as_bytes());
    add("hex.txt", HEXLOWER.encode(line("hex").as_bytes()).as_bytes());
    add("zipped.txt", BASE64.encode(&gzip(line("gzip in base64").as_bytes())).as_bytes());
    let percent = line("percent").bytes().fold(String::new(), |text, b| text + &format!("%{b:02X}"));
    add("percent.txt", format!("body={percent}\n").as_bytes());
    let json = serde_json::to_string(&format!("{{\"password\": \"{}\"}}", c.of("json in json"))).unwrap();
    add("body.json", format!("{{\"body\": {json}}}\n").as_bytes());
    add("utf16.env", &utf16(&line("utf-16")));
}

/// What holds files.
fn archives(c: &Canaries, add: &mut dyn FnMut(&str, &[u8])) {
    let line = |place: &str| format!("DB_PASSWORD={}\n", c.of(place)).into_bytes();
    add("a.zip", &zip(&[("a/b.env", line("zip"))]));
    add("a.tar", &tar(&[("a/b.env", &line("tar"))]));
    add("a.env.gz", &gzip(&line("gzip")));
    add("a.tgz", &gzip(&tar(&[("a.jar", &zip(&[("b.env", line("zip in tar in gzip"))]))])));
    let hostile =
        zip(&[(HOSTILE_NAMES[0], line("hostile entry 1")), (HOSTILE_NAMES[7], line("hostile entry 2"))]);
    add("hostile.zip", &hostile);
}

/// What is none of these any more, so that parsers complain of it.
fn broken(c: &Canaries, add: &mut dyn FnMut(&str, &[u8])) {
    let yaml = |before: &str, value: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData:\n  password: {before}{value}\n"
        )
    };
    for (n, before) in [
        "\"", "'", "*", "!", "&", "%", "@", "`", "{", "[", "|", "? ", "- ", "\t", "\\", "a: b: ", "!!int ",
        "*x ",
    ]
    .into_iter()
    .enumerate()
    {
        add(&format!("{n}.yaml"), yaml(before, &c.of(&format!("broken yaml {n}"))).as_bytes());
    }
    let twice = format!("password: {}\npassword: {}\n: : :\n", c.of("twice 1"), c.of("twice 2"));
    add("twice.yaml", twice.as_bytes());
    for (n, (before, behind)) in [
        ("{\"password\": \"", ""),
        ("{\"password\": ", "}"),
        ("{\"password\": \"", "\\u12\"}"),
        ("{\"password\": \"", "\",}"),
        ("{\"password\" \"", "\"}"),
        ("{\"a\": 1e", "}"),
        ("{\"kind\": \"Secret\", \"data\": {\"a\": [\"", "\"}}"),
        ("[\"\\q", "\"]"),
        ("{\"password\": \"", "\"} trailing"),
    ]
    .into_iter()
    .enumerate()
    {
        let content = [before, &c.of(&format!("broken json {n}")), behind].concat();
        add(&format!("{n}.json"), content.as_bytes());
    }
    let body =
        |place: &str| c.made_of(place, b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", 48);
    let (begin, end) = (concat!("-----BEGIN PRIV", "ATE KEY-----"), concat!("-----END PRIV", "ATE KEY-----"));
    add("open.pem", format!("{begin}\n{}\n", body("pem without an end")).as_bytes());
    add(
        "other.pem",
        format!("{begin}\n{}\n-----END CERTIFICATE-----\n", body("pem with another end")).as_bytes(),
    );
    add("signs.pem", format!("{begin}\n{}!?\n{end}\n", body("pem with signs")).as_bytes());
    add(
        "headers.pem",
        format!("{begin}\nProc-Type: {}\n\n{}\n{end}\n", body("pem header"), body("pem body")).as_bytes(),
    );
    add(
        "cut.der",
        &[&[0x30, 0x82, 0x10, 0x00, 0x02, 0x01, 0x00, 0x04, 0x30][..], body("der").as_bytes()].concat(),
    );
    add(
        "cut.p12",
        &[&[0x30, 0x82, 0x10, 0x00, 0x02, 0x01, 0x03, 0x30][..], body("pkcs12").as_bytes()].concat(),
    );
    add(
        "cut.jks",
        &[&[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 1][..], body("java key store").as_bytes()].concat(),
    );
    let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
    let head = part("{\"alg\":\"HS256\"}");
    let claims = part(&format!("{{\"iss\": {}", c.of("broken jwt claims")));
    add("jwt.txt", format!("{head}.{claims}.{}\n", body("broken jwt signature")).as_bytes());
    add(
        "jwt2.txt",
        format!("{}.{}.x\n", part(&format!("{{\"alg\": \"{}", c.of("broken jwt head"))), claims).as_bytes(),
    );

    let line = |place: &str| format!("DB_PASSWORD={}\n", c.of(place)).into_bytes();
    let whole = zip(&[("a.env", line("cut zip"))]);
    add("cut.zip", &whole[..whole.len() - 30]);
    let mut stored = Zip::default();
    stored.member(b"encrypted.env", &line("stored in a zip of another method"), 99, 30);
    stored.member(b"size.env", &line("stored in a zip with another size"), 0, 3_000_000_000);
    add("lies.zip", &stored.finish());
    let whole = tar(&[("a.env", &line("cut tar"))]);
    add("cut.tar", &whole[..560]);
    let mut damaged = gzip(&line("damaged gzip").repeat(20));
    let end = damaged.len() - 8;
    damaged[end..].fill(b'x');
    add("damaged.gz", &damaged);
    add("head.gz", &[&b"\x1f\x8b\x08\x00\0\0\0\0\0\0"[..], &line("no deflate")].concat());
    add("head.zst", &[&b"\x28\xb5\x2f\xfd\x24\x05"[..], &line("no zstd")].concat());
    add("latin1.env", &[&b"\xe9\xff\n"[..], &line("latin 1")].concat());
    add("odd.utf16.env", &[&utf16(&String::from_utf8(line("odd utf-16")).unwrap())[..], b"x"].concat());
    add(
        "kustom/kustomization.yaml",
        format!(
            "secretGenerator:\n- name: [{}\n  envs: [*{}]\n",
            c.of("broken kustomization 1"),
            c.of("broken kustomization 2")
        )
        .as_bytes(),
    );
    add(
        "config",
        format!("apiVersion: v1\nkind: Config\nusers: \"{}\n", c.of("broken kubeconfig")).as_bytes(),
    );
    let docker =
        format!("{{\"auths\": {{\"r.example.com\": {{\"auth\": \"{}\"}}}}", c.of("broken docker config"));
    add(".docker/config.json", docker.as_bytes());
    add(".gitignore", format!("[{}\n", c.of("gitignore")).as_bytes());
}
