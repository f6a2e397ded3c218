//! Tokens of Kubernetes service accounts, legacy and bound: JWTs whose claims say so.

use std::ops::Range;

use sekisho_model::control::{CWE_798, OWASP_K03_2025, OWASP_K08_2022};
use sekisho_model::{Confidence, Severity};
use sekisho_scan::{Detect, Edges, Found, Reach};

use crate::detector::{Detector, Evidence, Example, Form, Logic};
use crate::jwt;

struct Rule;

impl Detect for Rule {
    fn keywords(&self) -> &[&'static str] {
        jwt::KEYWORDS
    }

    fn reach(&self) -> Reach {
        jwt::REACH
    }

    fn find(&self, text: &[u8], hit: Range<usize>, edges: Edges, out: &mut Vec<Found>) {
        let Some(token) = jwt::at(text, &hit, edges) else { return };
        if jwt::is_service_account(&text[token.clone()]) {
            out.push(Found { whole: token.clone(), value: token });
        }
    }
}

static RULE: Rule = Rule;

pub(crate) const DETECTOR: Detector = Detector {
    id: "kubernetes/service-account-token",
    title: "Kubernetes service account token",
    since: "0.1.0",
    severity: Severity::Critical,
    confidence: Confidence::High,
    rank: 95,
    logic: Logic::Code(&RULE),
    evidence: Evidence::Format,
    min_entropy: 0,
    checksum: None,
    form: Form::Jwt,
    preview: "eyJ…",
    controls: &[OWASP_K03_2025, OWASP_K08_2022, CWE_798],
    what: "A token of a Kubernetes service account. A legacy one comes from a Secret and never expires; a bound one ends with its pod, or in about an hour.",
    why: "It is the service account at the API server: it reads the Secrets and changes the objects that its roles allow.",
    fix: "Delete the token Secret (legacy) or the pod (bound); use projected tokens with an audience and a short life.",
    references: &[
        "https://kubernetes.io/docs/concepts/security/service-accounts/",
        "https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/",
        "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#service-account-tokens",
    ],
    matches: &[
        Example {
            text: "token: {{eyJhbG|ciOiJSUzI1NiIsImtpZCI6ImFiYyJ9.eyJhdWQiOlsiaHR0cHM6Ly9rdWJlcm5ldGVzLmRlZmF1bHQuc3ZjIl0sImV4cCI6MTk5OTk5OTk5OSwiaXNzIjoiaHR0cHM6Ly9rdWJlcm5ldGVzLmRlZmF1bHQuc3ZjIiwia3ViZXJuZXRlcy5pbyI6eyJuYW1lc3BhY2UiOiJzaG9wIiwic2VydmljZWFjY291bnQiOnsibmFtZSI6IndlYiJ9fSwic3ViIjoic3lzdGVtOnNlcnZpY2VhY2NvdW50OnNob3A6d2ViIn0.IdiKIDq2Iz-GPPcORl4TXX0UIbFNwJjHPzRB3Lo--tv}}",
            value: Some(
                "{{eyJhbG|ciOiJSUzI1NiIsImtpZCI6ImFiYyJ9.eyJhdWQiOlsiaHR0cHM6Ly9rdWJlcm5ldGVzLmRlZmF1bHQuc3ZjIl0sImV4cCI6MTk5OTk5OTk5OSwiaXNzIjoiaHR0cHM6Ly9rdWJlcm5ldGVzLmRlZmF1bHQuc3ZjIiwia3ViZXJuZXRlcy5pbyI6eyJuYW1lc3BhY2UiOiJzaG9wIiwic2VydmljZWFjY291bnQiOnsibmFtZSI6IndlYiJ9fSwic3ViIjoic3lzdGVtOnNlcnZpY2VhY2NvdW50OnNob3A6d2ViIn0.IdiKIDq2Iz-GPPcORl4TXX0UIbFNwJjHPzRB3Lo--tv}}",
            ),
            path: "kubeconfig",
        },
        Example {
            text: "token={{eyJhbG|ciOiJSUzI1NiIsImtpZCI6IiJ9.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50Iiwia3ViZXJuZXRlcy5pby9zZXJ2aWNlYWNjb3VudC9uYW1lc3BhY2UiOiJzaG9wIiwic3ViIjoic3lzdGVtOnNlcnZpY2VhY2NvdW50OnNob3A6d2ViIn0.HRlTlchIegkRev6xWQCrKELP6ex79pNDxGT2cOK-bRw}}",
            value: Some(
                "{{eyJhbG|ciOiJSUzI1NiIsImtpZCI6IiJ9.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50Iiwia3ViZXJuZXRlcy5pby9zZXJ2aWNlYWNjb3VudC9uYW1lc3BhY2UiOiJzaG9wIiwic3ViIjoic3lzdGVtOnNlcnZpY2VhY2NvdW50OnNob3A6d2ViIn0.HRlTlchIegkRev6xWQCrKELP6ex79pNDxGT2cOK-bRw}}",
            ),
            path: "",
        },
    ],
    no_matches: &[Example {
        text: "Authorization: Bearer {{eyJhbG|ciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI0MiIsImlzcyI6InNob3AiLCJleHAiOjE5OTk5OTk5OTl9.PCQmkrlD7suQEAg6NYB229x8yZl7ImA3k8nSV9_qT2G}}",
        value: None,
        path: "",
    }],
};
