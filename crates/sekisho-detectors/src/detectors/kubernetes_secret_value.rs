//! Value of a Kubernetes Secret: told by structure alone.

use sekisho_model::control::{CWE_312, CWE_798, OWASP_K03_2025, OWASP_K08_2022};
use sekisho_model::{Confidence, FieldKind, Severity};

use crate::detector::{Detector, Evidence, Example, Form, Logic};

pub(crate) const DETECTOR: Detector = Detector {
    id: "kubernetes/secret-value",
    title: "Value of a Kubernetes Secret",
    since: "0.1.0",
    severity: Severity::High,
    confidence: Confidence::High,
    rank: 15,
    logic: Logic::Field(FieldKind::SecretString),
    evidence: Evidence::Surroundings,
    min_entropy: 0,
    checksum: None,
    form: Form::Plain,
    preview: "",
    controls: &[OWASP_K03_2025, OWASP_K08_2022, CWE_312, CWE_798],
    what: "A value in a Secret manifest. Base64 is no encryption: whoever reads the file reads the value.",
    why: "The manifest is a copy of the Secret outside the cluster, where no role binding guards it.",
    fix: "Take the manifest out, let a secret store or a sealed form fill the Secret, and rotate the value: it stays in history.",
    references: &[
        "https://kubernetes.io/docs/concepts/configuration/secret/",
        "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
    ],
    matches: &[
        Example { text: "password: {{hunt|er2}}", value: Some("{{hunt|er2}}"), path: "secret.yaml" },
        Example { text: "anything: {{12345|678}}", value: Some("{{12345|678}}"), path: "secret.yaml" },
    ],
    no_matches: &[
        Example { text: "username: admin", value: None, path: "" },
        Example { text: "password: changeme", value: None, path: "" },
        Example { text: "password: ${PASSWORD}", value: None, path: "" },
        Example { text: "port: 5432", value: None, path: "" },
    ],
};
