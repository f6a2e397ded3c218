//! Client key of a kubeconfig: told by structure alone.

use sekisho_model::control::{CWE_312, CWE_798, OWASP_K03_2025, OWASP_K08_2022};
use sekisho_model::{Confidence, FieldKind, Severity};

use crate::detector::{Detector, Evidence, Example, Form, Logic};

pub(crate) const DETECTOR: Detector = Detector {
    id: "kubernetes/kubeconfig-client-key",
    title: "Client key of a kubeconfig",
    since: "0.1.0",
    severity: Severity::High,
    confidence: Confidence::High,
    rank: 96,
    logic: Logic::Field(FieldKind::CredentialBase64),
    evidence: Evidence::Surroundings,
    min_entropy: 0,
    checksum: None,
    form: Form::Pem,
    preview: "",
    controls: &[OWASP_K03_2025, OWASP_K08_2022, CWE_312, CWE_798],
    what: "The private key of a client certificate in a kubeconfig.",
    why: "It is the user at the API server until the certificate expires; Kubernetes cannot revoke one.",
    fix: "Take the user out of its role bindings (system:masters cannot be), renew the cluster CA if it must be sure, and use short-lived credentials.",
    references: &[
        "https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/",
        "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates",
    ],
    matches: &[Example {
        text: "client-key-data: -----BEGIN RSA {{PRIVATE| KEY}}-----",
        value: None,
        path: "kubeconfig",
    }],
    no_matches: &[Example { text: "client-key-data: ", value: None, path: "" }],
};
