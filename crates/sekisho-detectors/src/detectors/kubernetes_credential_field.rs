//! Token or password of a kubeconfig: told by structure alone.

use sekisho_model::control::{CWE_312, CWE_798, OWASP_K03_2025, OWASP_K08_2022};
use sekisho_model::{Confidence, FieldKind, Severity};

use crate::detector::{Detector, Evidence, Example, Form, Logic};

pub(crate) const DETECTOR: Detector = Detector {
    id: "kubernetes/credential-field",
    title: "Token or password of a kubeconfig",
    since: "0.1.0",
    severity: Severity::High,
    confidence: Confidence::High,
    rank: 40,
    logic: Logic::Field(FieldKind::Credential),
    evidence: Evidence::Surroundings,
    min_entropy: 0,
    checksum: None,
    form: Form::Plain,
    preview: "",
    controls: &[OWASP_K03_2025, OWASP_K08_2022, CWE_312, CWE_798],
    what: "A token or password in a field that holds nothing else: of a kubeconfig, of a registry login.",
    why: "It is the user at the API server or registry.",
    fix: "Revoke it, and use an exec credential plugin or short-lived tokens.",
    references: &[
        "https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/",
        "https://kubernetes.io/docs/reference/access-authn-authz/authentication/",
    ],
    matches: &[Example {
        text: "token: {{k3Vt9pLq|2xWz7YbN}}",
        value: Some("{{k3Vt9pLq|2xWz7YbN}}"),
        path: "kubeconfig",
    }],
    no_matches: &[
        Example { text: "token: ${TOKEN}", value: None, path: "" },
        Example { text: "password: changeme", value: None, path: "" },
    ],
};
