//! Reports to write: a small leaky estate as a scan would tell of it, and an empty one. The values
//! behind it never existed; a report holds none anyway.
#![allow(dead_code, reason = "each test program uses a part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use sekisho_model::report::{Coverage, KeyOrigin, Report, SCHEMA, Status, Suppressed, Tool};
use sekisho_model::{
    CharColumns, Confidence, Copy, Credential, Encoding, Finding, ObjectRef, Place, Problem, Root, Severity,
    Span, Step, TargetPath, Tracked, Verdict,
};
use sekisho_report::{Guide, Options, Times};
use sekisho_secret::Fingerprint;

pub(crate) fn fingerprint(n: u8) -> Fingerprint {
    format!("{n:02x}").repeat(16).parse().unwrap()
}

/// Places are told apart by their location ids; these are made up from what they hold.
pub(crate) fn location(detector: &str, place: &Place) -> sekisho_model::LocationId {
    sekisho_model::LocationHasher::new().id(detector, place, b"")
}

pub(crate) fn span(line: u64, column: u64, length: u64) -> Span {
    let (end_line, end_column) = (line, column + length);
    Span { line, column, end_line, end_column, byte_offset: line * 40 + column, byte_length: length }
}

pub(crate) fn at(path: &str, line: u64, column: u64, length: u64) -> Place {
    let mut place = Place::file(path).at(span(line, column, length));
    place.chars = Some(CharColumns { char_column: column, char_end_column: column + length });
    place
}

pub(crate) fn within(mut place: Place, kind: &str, name: &str, field: &str) -> Place {
    let object = ObjectRef {
        api_version: if kind == "Deployment" { "apps/v1".into() } else { "v1".into() },
        kind: kind.into(),
        namespace: Some("shop".into()),
        name: name.into(),
    };
    place.object = Some(object.into());
    place.field = (!field.is_empty()).then(|| field.into());
    place
}

pub(crate) fn copy(
    detector: &str,
    severity: Severity,
    tracked: Option<Tracked>,
    encoding: &[Encoding],
    place: Place,
) -> Copy {
    Copy {
        location_id: location(detector, &place),
        detector: detector.into(),
        severity,
        confidence: Confidence::High,
        encoding: encoding.into(),
        tracked,
        place: place.into(),
    }
}

pub(crate) fn credential(
    n: u8,
    title: &str,
    preview: &str,
    confidence: Confidence,
    copies: Vec<Copy>,
) -> Credential {
    Credential {
        fingerprint: (n != 0).then(|| fingerprint(n)),
        detector: copies[0].detector.clone(),
        title: title.into(),
        severity: copies.iter().map(|c| c.severity).max().unwrap(),
        confidence,
        preview: preview.into(),
        details: BTreeMap::new(),
        copies_total: copies.len() as u64,
        copies,
    }
}

pub(crate) fn finding(
    check: &str,
    severity: Severity,
    of: Option<u8>,
    place: Place,
    reason: &str,
    fix: &str,
) -> Finding {
    Finding {
        check: check.into(),
        verdict: Verdict::Fail,
        severity,
        controls: ["OWASP-K03:2025", "OWASP-K08:2022", "CWE-312"].map(Into::into).into(),
        credential: of.map(fingerprint),
        location_id: location(check, &place),
        place: place.into(),
        reason: reason.into(),
        fix: fix.into(),
    }
}

fn coverage(target: &str, source: &str, items: u64, bytes: u64) -> Coverage {
    Coverage {
        target: target.into(),
        source: source.into(),
        status: Status::Complete,
        items,
        bytes,
        excluded: 0,
        suppressed: Suppressed::default(),
        problems_omitted: 0,
        problems: Vec::new(),
    }
}

pub(crate) fn empty() -> Report {
    Report {
        schema: SCHEMA.into(),
        tool: Tool { version: "0.1.0".into(), ruleset: "5f0c2a9b77d1e684".into() },
        key_id: "f00a630fd938fd82".parse().unwrap(),
        key: KeyOrigin::Estate,
        coverage: vec![coverage("shop", "dir", 1_284, 18_400_000)],
        credentials: Vec::new(),
        findings: Vec::new(),
    }
}

const ENV_FIX: &str = "rotate it, keep it in a Secret and mount that as a file; valueFrom.secretKeyRef where the \
                       program reads only its environment";
const MANIFEST_FIX: &str = "rotate the values, then keep the manifest without them: an ExternalSecret or \
                            SecretProviderClass that names a store, or a SealedSecret or SOPS file that only the \
                            cluster can open";
const FILE_FIX: &str = "rotate it first, then remove it: read it at run time from a mounted file or a store";

/// A shop with the usual leaks.
pub(crate) fn estate() -> Report {
    use Severity::{Critical, High, Info, Low, Medium};
    use Tracked::{Ignored, Tracked as Known, Untracked};
    let aws = "aws/secret-access-key";
    let github = "github/personal-access-token";
    let password = "generic/password";
    let env = "spec.template.spec.containers[0].env[AWS_SECRET_ACCESS_KEY]";
    let mut report = empty();

    let api = within(at("deploy/base/api.yaml", 31, 22, 40), "Deployment", "api", env);
    let settings =
        within(at("deploy/base/settings.yaml", 9, 28, 40), "ConfigMap", "settings", "data.app.properties");
    let secret = within(at("deploy/base/secret.yaml", 7, 15, 56), "Secret", "aws", "data.secret-key");
    let archive =
        Place::file("dist/chart-1.4.2.tgz").step(Step::Entry("chart/values.yaml".into())).at(span(12, 5, 75));
    let layer = Place::new(Root::Image {
        image: "registry.example/shop/api:1.4.2".into(),
        layer: "sha256:3b1c0f2d9a7e4c55aa01b6d2f98e7c4410d3e6f1".into(),
        path: "app/.env".into(),
    })
    .at(span(4, 23, 40));
    let mut key = credential(
        0x3b,
        "AWS secret access key",
        "",
        Confidence::High,
        vec![
            copy(aws, Critical, Some(Known), &[], api.clone()),
            copy(aws, Critical, Some(Known), &[Encoding::Base64], secret.clone()),
            copy(aws, Critical, Some(Known), &[], settings.clone()),
            copy(aws, High, Some(Untracked), &[Encoding::Base64, Encoding::Gzip], archive),
            copy(aws, High, None, &[], layer),
            copy(aws, High, None, &[], at("README.md", 80, 1, 40)),
        ],
    );
    key.copies_total = 17;
    report.credentials.push(key);
    report.findings.push(finding(
        "k8s/secret-in-env",
        Critical,
        Some(0x3b),
        api,
        "a literal env value stands in the pod template, its revisions, and every dump of the workload",
        ENV_FIX,
    ));
    report.findings.push(finding(
        "k8s/secret-in-configmap",
        Critical,
        Some(0x3b),
        settings,
        "ConfigMaps are read by far more subjects than Secrets",
        "rotate it, move it into a Secret",
    ));

    let workflow = at(".github/workflows/release.yml", 44, 16, 40);
    let history = Place::new(Root::Git {
        repo: ".".into(),
        path: "scripts/release.sh".into(),
        blob: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b".into(),
        history: None,
    })
    .at(span(3, 14, 40));
    report.credentials.push(credential(
        0xa8,
        "GitHub personal access token",
        "ghp_…",
        Confidence::High,
        vec![
            copy(github, Critical, Some(Known), &[], workflow.clone()),
            copy(github, Critical, None, &[], history),
        ],
    ));
    report.findings.push(finding(
        "code/secret-in-file",
        Critical,
        Some(0xa8),
        workflow,
        "whoever reads the file, its copies or its history has the credential",
        FILE_FIX,
    ));

    let jwt = "kubernetes/service-account-token";
    let log = Place::new(Root::Log {
        path: "-".into(),
        time: Some("2026-11-20T08:14:03.117Z".into()),
        pod: Some("api-7d9c6bf5d4-x2x8p".into()),
        container: Some("app".into()),
    })
    .at(span(10_482, 97, 912));
    let mut token = credential(
        0x44,
        "Kubernetes service account token",
        "eyJ…",
        Confidence::High,
        vec![copy(jwt, High, None, &[], log)],
    );
    token.details = BTreeMap::from([
        ("audience".into(), "https://kubernetes.default.svc".into()),
        ("expires".into(), "never (legacy)".into()),
        ("subject".into(), "system:serviceaccount:shop:deployer".into()),
    ]);
    report.credentials.push(token);

    let deep = "clusters/production/eu-central-1/apps/storefront/overlays/blue-green/patches/database-credentials.yaml";
    let db = within(
        at(deep, 118, 13, 24),
        "StatefulSet",
        "orders-database-primary",
        "spec.template.spec.initContainers[2].env[ORDERS_DATABASE_REPLICATION_PASSWORD]",
    );
    let latin =
        Place::file(TargetPath::from_bytes(b"conf/caf\xe9/d\xe9p\xf4t.properties")).at(span(6, 20, 12));
    report.credentials.push(credential(
        0,
        "Password",
        "",
        Confidence::Medium,
        vec![
            copy(password, Medium, Some(Known), &[], db),
            copy(password, Medium, Some(Known), &[], latin),
            copy(password, Medium, Some(Known), &[], at("設定/本番環境/データベース.yaml", 3, 11, 12)),
        ],
    ));
    report.credentials.push(credential(
        0x51,
        "Stripe secret key",
        "sk_live_…",
        Confidence::High,
        vec![copy("stripe/secret-key", Low, Some(Ignored), &[], at(".env.local", 3, 12, 42))],
    ));
    report.credentials.push(credential(
        0x52,
        "Database URL password",
        "",
        Confidence::Medium,
        vec![
            copy("generic/url-password", Low, Some(Ignored), &[], at("services/orders/.env", 9, 37, 18)),
            copy("generic/url-password", Low, Some(Ignored), &[], at("services/orders/.env.test", 9, 37, 18)),
        ],
    ));
    report.credentials.push(credential(
        0x53,
        "AWS access key id",
        "AKIA…",
        Confidence::High,
        vec![copy("aws/access-key-id", Info, Some(Known), &[], at("docs/setup.md", 21, 9, 20))],
    ));

    let reason = "the values of a Secret manifest are base64 or plain text, not encrypted: whoever reads the file \
                  has them";
    for (path, line, name) in [
        ("deploy/base/secret.yaml", 1, "aws"),
        ("deploy/base/secret.yaml", 12, "db"),
        ("deploy/overlays/staging/tls.yaml", 1, "tls"),
    ] {
        let mut place = within(at(path, line, 1, 180), "Secret", name, "");
        if let Some(span) = &mut place.span {
            span.end_line += 8;
        }
        report.findings.push(finding("k8s/secret-manifest", High, None, place, reason, MANIFEST_FIX));
    }
    let mut sealed = finding(
        "k8s/sealed-secret-key",
        Medium,
        None,
        Place::file("deploy/sealed.yaml"),
        "the controller's certificate is not in the target",
        "",
    );
    sealed.verdict = Verdict::NotAssessed;
    report.findings.push(sealed);

    let whole = &mut report.coverage[0];
    whole.status = Status::Partial;
    whole.excluded = 12;
    whole.suppressed = Suppressed { inline: 3, ignore: 2, baseline: 14 };
    let problem = |place: Place, what: &str| Problem { place, what: what.into() };
    whole.problems = vec![
        problem(Place::file("backups/2026-10.zip").step(Step::Entry("dump.sql".into())), "encrypted entry"),
        problem(Place::file("deploy/helm/templates/_helpers.tpl"), "unrendered template: read line by line"),
        problem(Place::file("vendor/model.bin"), "larger than --max-file-size"),
    ];
    whole.problems_omitted = 40;
    report.coverage.push(coverage("-", "log", 1, 2_310_000));
    report.sort();
    report
}

/// What the detectors would say.
pub(crate) fn guide(id: &str) -> Option<Guide> {
    let (title, what, fix) = match id {
        "k8s/secret-manifest" => ("Secret manifest with its values", "", MANIFEST_FIX),
        "aws/secret-access-key" => (
            "AWS secret access key",
            "The secret half of a long-lived AWS access key.",
            "Make the key inactive in IAM, make a new one, delete the old one.",
        ),
        _ => return None,
    };
    let why = "Whoever has it can do what its owner can.";
    Some(Guide { title, what, why, fix, controls: &["CWE-798"] })
}

pub(crate) fn options(width: usize) -> Options {
    let times = Times { start: 1_795_161_600, end: 1_795_161_607 };
    Options { width, guide: Some(guide), times: Some(times), ..Options::default() }
}

pub(crate) fn write(name: &str, report: &Report, options: &Options) -> String {
    let mut out = Vec::new();
    sekisho_report::find(name).unwrap().write(report, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Compares with a committed file; one that differs is written anew and fails this once.
pub(crate) fn golden(file: &str, actual: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if expected != actual {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, actual).unwrap();
        panic!("{file} was not up to date; it is now: look at the difference");
    }
}
