//! Password in an assignment: assignments in every syntax, decided by name, value and file.

use sekisho_model::control::{CWE_798, OWASP_K03_2025, OWASP_K08_2022};
use sekisho_model::{Confidence, Severity};

use crate::assignment::Assignments;
use crate::detector::{Detector, Evidence, Example, Form, Logic};
use crate::key::Noun;

static RULE: Assignments = Assignments {
    noun: Noun::Password,
    keywords: &[
        "pass",
        "pwd",
        "pswd",
        "senha",
        "contrasena",
        "kennwort",
        "masterauth",
        "rootpw",
        "bindpw",
        "pw=",
        "pw:",
        "pw =",
        "pw\"",
        "pw'",
        "psk=",
        "psk:",
        "psk\"",
    ],
};

pub(crate) const DETECTOR: Detector = Detector {
    id: "generic/password",
    title: "Password in an assignment",
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
    what: "A password that is written down beside its name: in an environment file, settings, a script or a program.",
    why: "Whoever can read the file can use it, and so can everybody who gets a copy: a clone, an image \
          layer, a backup, a log.",
    fix: "Take the value out of the file, give it to the program at run time (a Secret that a secret store \
          fills, a mounted file), and rotate it: what was once committed stays in history.",
    references: &[
        "https://cwe.mitre.org/data/definitions/798.html",
        "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
    ],
    matches: &[
        example("DB_PASSWORD={{hunt|er2}}\n", "hunter2", ".env"),
        example("  password: {{hunt|er2}}\n", "hunter2", "values.yaml"),
        example("password = \"{{Tr0ub4d|or&3}}\";", "Tr0ub4dor&3", "src/db.js"),
        example("conn.setPassword(\"{{k3Vt9|pLq2x}}\")", "k3Vt9pLq2x", "src/Db.java"),
        example("Server=db;User Id=sa;Password={{k3Vt9|pLq2x}};Database=x", "k3Vt9pLq2x", "web.config"),
        example("WLS_PW={{k3Vt9|pLq2x}}\n", "k3Vt9pLq2x", "deploy.env"),
        example("config.setPassword(\"{{nacosT|xvq}}\");", "nacosTxvq", "src/Db.java"),
        example("os.getenv(\"DB_PASSWORD\", \"{{k3Vt9|pLq2x}}\")", "k3Vt9pLq2x", "settings.py"),
    ],
    no_matches: &[
        benign("password = getPassword()", "src/db.py"),
        benign("match(~r/password: \"postgres\"/)", "test/a.exs"),
        benign("set passwd=%RANDOM%@%RANDOM%", "a.bat"),
        benign("DB_PASSWORD=${DB_PASSWORD}", ".env"),
        benign("password: changeme", "values.yaml"),
        benign("PASSWORD_MIN_LENGTH=12", ".env"),
        benign("password_file: /run/secrets/db", "app.yaml"),
        benign("password: 'Enter your password'", "locales/en.yml"),
        benign("const PASSWORD_FIELD = \"password_field\";", "src/a.ts"),
    ],
};

const fn example(text: &'static str, value: &'static str, path: &'static str) -> Example {
    Example { text, value: Some(value), path }
}

const fn benign(text: &'static str, path: &'static str) -> Example {
    Example { text, value: None, path }
}
