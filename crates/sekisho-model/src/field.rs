//! [`Field`]: a structured value with its span, key, object path and role.

use std::ops::Range;

use sekisho_secret::SecretBytes;

use crate::span_map::SpanMap;

/// What a structured value is for. Only [`Role::Value`] can hold a credential in plain form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A literal value.
    Value,
    /// Names where the value is kept: `secretKeyRef`, `*_FILE`, `${VAR}`, `vault:…`.
    Reference,
    /// Encrypted for somebody else: SOPS, SealedSecret.
    Sealed,
    /// An unrendered template expression: `{{ .Values.x }}`.
    Template,
}

/// Which part of which kind of object a field is; decides how its value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FieldKind {
    /// `data` of a Secret: the value is base64 of the bytes.
    SecretData,
    /// `stringData` of a Secret, or a Secret generator's literal.
    SecretString,
    /// `data` of a ConfigMap, or a ConfigMap generator's literal: a short value or a whole file.
    ConfigData,
    /// `binaryData` of a ConfigMap: base64 of a file.
    ConfigBinary,
    /// `env[].value` of a container.
    Env,
    /// An element of `args`.
    Arg,
    /// An element of `command`.
    Command,
    /// `httpHeaders[].value` and the like.
    Header,
    /// A value of `metadata.annotations` (or labels).
    Annotation,
    /// A scalar under some other key: custom resources, Helm values, settings.
    Setting,
    /// A string that is a document of its own: `last-applied-configuration`, a Helm release's
    /// rendered manifest. Examined as a file.
    Document,
    /// A plain credential field of a known document: kubeconfig `token` and `password`,
    /// dockerconfigjson `identitytoken` and `password`.
    Credential,
    /// The same in base64: kubeconfig `client-key-data`.
    CredentialBase64,
    /// base64 of `user:password`: `auth` of a dockerconfigjson.
    BasicAuth,
}

/// A structured value. It holds the value, so it has no `Debug` of its content and lives shortly.
#[derive(Debug, Clone)]
pub struct Field {
    /// Path in the object: `data.password`, `spec.template.spec.containers[0].env[DB_PASSWORD]`.
    pub path: String,
    /// The key that speaks for the value: `password`, `DB_PASSWORD`, `--token`.
    pub key: String,
    /// The scalar as the parser resolved it (YAML and JSON escapes undone, base64 not).
    pub value: SecretBytes,
    /// From bytes of `value` to bytes of the document's source.
    pub map: SpanMap,
    /// The whole scalar in the source, without quotes.
    pub span: Range<usize>,
    /// What it is for.
    pub role: Role,
    /// Which part of which object it is.
    pub kind: FieldKind,
}
