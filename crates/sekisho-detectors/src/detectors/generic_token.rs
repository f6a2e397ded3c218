//! Token in an assignment: assignments in every syntax, decided by name, value and file.

use sekisho_model::control::{CWE_798, OWASP_K03_2025, OWASP_K08_2022};
use sekisho_model::{Confidence, Severity};

use crate::assignment::Assignments;
use crate::detector::{Detector, Evidence, Example, Form, Logic};
use crate::key::Noun;

static RULE: Assignments = Assignments {
    noun: Noun::Token,
    keywords: &[
        "token",
        "jwt",
        "auth=",
        "auth\"",
        "auth'",
        "auth:",
        "auth =",
        "auth :",
        "auth  ",
        "authdata",
        "authorization",
        "authcode",
        "auth_code",
        "auth-code",
        "verifier",
        "ticket",
        "oauth_signature",
        "_pat=",
        "_pat:",
        "_pat\"",
        "_pat'",
        "_pat =",
    ],
};

pub(crate) const DETECTOR: Detector = Detector {
    id: "generic/token",
    title: "Token in an assignment",
    since: "0.1.0",
    severity: Severity::High,
    confidence: Confidence::Medium,
    rank: 20,
    logic: Logic::Code(&RULE),
    evidence: Evidence::Assignment,
    min_entropy: 0,
    checksum: None,
    form: Form::Plain,
    preview: "",
    controls: &[OWASP_K03_2025, OWASP_K08_2022, CWE_798],
    what: "A token (of an API, a session, a pipeline) that is written down beside its name.",
    why: "Whoever can read the file can use it, and so can everybody who gets a copy: a clone, an image \
          layer, a backup, a log.",
    fix: "Take the value out of the file, give it to the program at run time (a Secret that a secret store \
          fills, a mounted file), and rotate it: what was once committed stays in history.",
    references: &[
        "https://cwe.mitre.org/data/definitions/798.html",
        "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
    ],
    matches: &[
        example("API_TOKEN={{k3Vt9pLq|2xWz7YbN}}\n", "k3Vt9pLq2xWz7YbN", ".env"),
        example("\"authToken\": \"{{k3Vt9pLq|2xWz7YbN}}\"", "k3Vt9pLq2xWz7YbN", "config.json"),
        example(
            "authData := []byte{{{90, 105, 74, |126, 30, 48, 37, 56, 3, 23}}}",
            "90, 105, 74, 126, 30, 48, 37, 56, 3, 23",
            "a.go",
        ),
        example("run --token {{k3Vt9pLq|2xWz7YbN}} now", "k3Vt9pLq2xWz7YbN", "run.sh"),
    ],
    no_matches: &[
        benign("?verify=1&token=&lang=zh_CN", "docs/a.md"),
        benign("nextToken: k3Vt9pLq2xWz7YbN", "list.yaml"),
        benign("token = parser.next_token()", "src/a.py"),
        benign("let token = \"end_of_line\";", "src/a.rs"),
        benign("TOKEN_URL=https://idp.example.org/token", ".env"),
    ],
};

const fn example(text: &'static str, value: &'static str, path: &'static str) -> Example {
    Example { text, value: Some(value), path }
}

const fn benign(text: &'static str, path: &'static str) -> Example {
    Example { text, value: None, path }
}
