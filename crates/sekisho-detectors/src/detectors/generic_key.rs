//! Key in an assignment: assignments in every syntax, decided by name, value and file.

use sekisho_model::control::{CWE_798, OWASP_K03_2025, OWASP_K08_2022};
use sekisho_model::{Confidence, Severity};

use crate::assignment::Assignments;
use crate::detector::{Detector, Evidence, Example, Form, Logic};
use crate::key::Noun;

static RULE: Assignments = Assignments {
    noun: Noun::Key,
    keywords: &[
        "apikey",
        "api_key",
        "api-key",
        "accesskey",
        "access_key",
        "access-key",
        "secretkey",
        "secret_key",
        "privatekey",
        "private_key",
        "_key_",
        "key=",
        "key:",
        "key\"",
        "key'",
        "key =",
        "key :",
        "key>",
        "key</",
        "keybytes",
        "keyvalue",
        "key(",
        "seed",
    ],
};

pub(crate) const DETECTOR: Detector = Detector {
    id: "generic/key",
    title: "Key in an assignment",
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
    what: "A key (of an API, of encryption, of signatures) that is written down beside its name.",
    why: "Whoever can read the file can use it, and so can everybody who gets a copy: a clone, an image \
          layer, a backup, a log.",
    fix: "Take the value out of the file, give it to the program at run time (a Secret that a secret store \
          fills, a mounted file), and rotate it: what was once committed stays in history.",
    references: &[
        "https://cwe.mitre.org/data/definitions/798.html",
        "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
    ],
    matches: &[
        example("API_KEY={{k3Vt9pLq|2xWz7YbN}}\n", "k3Vt9pLq2xWz7YbN", ".env"),
        example("apiKey: \"{{k3Vt9pLq|2xWz7YbN}}\",", "k3Vt9pLq2xWz7YbN", "src/app.ts"),
        example("SECRET_KEY = '{{x9#k3Vt9pLq|2xWz7YbN!e}}'", "x9#k3Vt9pLq2xWz7YbN!e", "settings.py"),
        example(
            "encryption.key={{9f86d081884c|7d659a2feaa0c55ad015}}",
            "9f86d081884c7d659a2feaa0c55ad015",
            "app.properties",
        ),
    ],
    no_matches: &[
        benign("public_key = \"9f86d081884c7d659a2feaa0c55ad015\"", "app.toml"),
        benign("primaryKey: \"order_id\"", "schema.yaml"),
        benign("{\"key\": \"value\"}", "a.json"),
        benign("key = hashlib.md5(data)", "src/a.py"),
    ],
};

const fn example(text: &'static str, value: &'static str, path: &'static str) -> Example {
    Example { text, value: Some(value), path }
}

const fn benign(text: &'static str, path: &'static str) -> Example {
    Example { text, value: None, path }
}
