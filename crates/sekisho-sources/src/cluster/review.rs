//! Questions to the server's own authorizers: may somebody do something?

use serde::{Deserialize, Serialize};

use super::{Cluster, ClusterError};

/// May `user` do `verb` to `resource`?
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Question {
    /// The user's name; `system:serviceaccount:NAMESPACE:NAME` for a service account.
    pub user: String,
    /// The user's groups, those that every such user has among them.
    pub groups: Vec<String>,
    /// The verb.
    pub verb: String,
    /// The API group; empty for the core.
    pub group: String,
    /// Plural name of the resource.
    pub resource: String,
    /// Its subresource, or nothing.
    pub subresource: String,
    /// The namespace; empty for all.
    pub namespace: String,
    /// The object's name; empty for all.
    pub name: String,
}

/// Something that whoever runs this may do to Secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The verb.
    pub verb: &'static str,
    /// Plural name of the resource, of the core group.
    pub resource: &'static str,
}

/// What would hand values to whoever runs this, in all namespaces.
const OWN: [Grant; 6] = [
    Grant { verb: "get", resource: "secrets" },
    Grant { verb: "list", resource: "secrets" },
    Grant { verb: "watch", resource: "secrets" },
    Grant { verb: "patch", resource: "secrets" },
    Grant { verb: "delete", resource: "secrets" },
    Grant { verb: "create", resource: "pods" },
];

const REVIEWS: &str = "/apis/authorization.k8s.io/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Review<'a> {
    api_version: &'static str,
    kind: &'static str,
    spec: Spec<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    user: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    groups: &'a [String],
    resource_attributes: Attributes<'a>,
}

#[derive(Serialize)]
struct Attributes<'a> {
    verb: &'a str,
    group: &'a str,
    resource: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    subresource: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    namespace: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
}

#[derive(Deserialize)]
struct Reviewed {
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    allowed: bool,
}

impl Cluster {
    /// Asks the server whether somebody may do something (a `SubjectAccessReview`).
    ///
    /// # Errors
    /// When the server cannot be reached or does not answer the question.
    pub fn allows(&mut self, question: &Question) -> Result<bool, ClusterError> {
        let attributes = Attributes {
            verb: &question.verb,
            group: &question.group,
            resource: &question.resource,
            subresource: &question.subresource,
            namespace: &question.namespace,
            name: &question.name,
        };
        let spec = Spec { user: &question.user, groups: &question.groups, resource_attributes: attributes };
        self.review("subjectaccessreviews", "SubjectAccessReview", spec)
    }

    /// What whoever runs this may do that hands out values: every grant beyond what a depth needs is
    /// one to take away.
    ///
    /// # Errors
    /// When the server cannot be reached or does not answer.
    pub fn own_grants(&mut self) -> Result<Vec<Grant>, ClusterError> {
        let mut allowed = Vec::new();
        for grant in OWN {
            let attributes = Attributes {
                verb: grant.verb,
                group: "",
                resource: grant.resource,
                subresource: "",
                namespace: "",
                name: "",
            };
            let spec = Spec { user: "", groups: &[], resource_attributes: attributes };
            if self.review("selfsubjectaccessreviews", "SelfSubjectAccessReview", spec)? {
                allowed.push(grant);
            }
        }
        Ok(allowed)
    }

    fn review(&mut self, plural: &str, kind: &'static str, spec: Spec<'_>) -> Result<bool, ClusterError> {
        let review = Review { api_version: "authorization.k8s.io/v1", kind, spec };
        let body = serde_json::to_vec(&review).unwrap_or_default();
        let answer = self.wire.post(&format!("{REVIEWS}/{plural}"), &body);
        let answer = answer.map_err(|silence| self.error(silence))?;
        let status = answer.status;
        let reviewed = serde_json::from_slice::<Reviewed>(answer.body.expose_secret());
        match (status, reviewed) {
            (200 | 201, Ok(reviewed)) => Ok(reviewed.status.allowed),
            (401, _) => Err(ClusterError::Unauthorized { context: self.wire.context.clone() }),
            _ => Err(ClusterError::Review { status }),
        }
    }
}
