//! What reading gives: [`Manifest`], [`Object`], and what is said of their parts.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use sekisho_model::{Field, ObjectRef};

use crate::piece::{KnownPiece, Piece};

/// One file's documents as objects with fields.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    /// Objects, in the order of the source; plain settings are objects without a kind, where there
    /// are any.
    pub objects: Vec<Object>,
    /// What could not be read, or not as deeply as it stands there, in the order of the source.
    pub problems: Vec<ReadProblem>,
    /// Documents that were not parsed because they can hold no value: CustomResourceDefinitions,
    /// and documents without a kind or any word of interest.
    pub skipped: u64,
    /// Whether a document was read by its lines and not by its grammar: an unrendered template, or
    /// one that is broken.
    pub fallback: bool,
}

/// One object, or one document of plain settings. It holds values and lives shortly.
#[derive(Debug, Clone)]
pub struct Object {
    /// What it calls itself; all empty for plain settings.
    pub object: Arc<ObjectRef>,
    /// Its bytes in the source.
    pub range: Range<usize>,
    /// What it is to us.
    pub class: Class,
    /// The `type` of a Secret: `Opaque`, `kubernetes.io/dockerconfigjson`, ….
    pub secret_type: Option<String>,
    /// Its scalars in the order of the source, each once. Absent, empty, and (but in Secrets and
    /// ConfigMaps) very short values are left out: they can be no credential.
    pub fields: Vec<Field>,
    /// Files whose content it turns into a Secret or ConfigMap.
    pub generators: Vec<GeneratorFile>,
    /// Pieces that were walked, in order; for whoever asked for them ([`read_version`](crate::read_version)).
    pub pieces: Vec<Piece>,
    /// Pieces that were known, in order: their fields are not among [`fields`](Self::fields).
    pub known: Vec<KnownPiece>,
}

/// What an object is, as far as its values are read in a way of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum Class {
    /// A Secret.
    Secret,
    /// A ConfigMap.
    ConfigMap,
    /// A SealedSecret of bitnami-labs/sealed-secrets.
    SealedSecret,
    /// An object that brings a Secret from a store: ExternalSecret, PushSecret, SecretStore,
    /// SecretProviderClass and their kin.
    ExternalSecret,
    /// A client configuration of kubectl.
    Kubeconfig,
    /// A registry client's configuration: `config.json` of docker, or `.dockercfg`.
    DockerConfig,
    /// A Helm release, as Helm stores it (decoded).
    HelmRelease,
    /// A values file of a Helm chart.
    HelmValues,
    /// A `kustomization.yaml`.
    Kustomization,
    /// The API server's EncryptionConfiguration.
    EncryptionConfiguration,
    /// Any other object: workloads, custom resources.
    Object,
    /// A document without a kind.
    #[default]
    Plain,
}

impl Class {
    /// Whether it is an object as the API server knows them, with `kind` and `metadata`.
    pub(crate) fn has_kind(self) -> bool {
        !matches!(self, Self::Plain | Self::HelmValues | Self::HelmRelease | Self::DockerConfig)
    }
}

/// A file that a Kustomization turns into a Secret or ConfigMap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratorFile {
    /// As written there, relative to the Kustomization's directory.
    pub path: String,
    /// What is made of it.
    pub kind: Generated,
    /// Name of the generated object, before kustomize adds prefix and hash.
    pub name: String,
    /// Its namespace, where one is named.
    pub namespace: Option<String>,
    /// The key that holds the whole file; `None` for a file of `key=value` lines.
    pub key: Option<String>,
}

/// What a generator makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generated {
    /// `secretGenerator`.
    Secret,
    /// `configMapGenerator`.
    ConfigMap,
}

/// Something that was not read as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadProblem {
    /// Where it was met: bytes before it in the source.
    pub offset: usize,
    /// What it is.
    pub what: Trouble,
}

/// Why something was not read as it stands. The texts quote nothing of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Trouble {
    /// The document is neither YAML nor JSON from here on; it was read by its lines.
    Syntax,
    /// The document is an unrendered template; it was read by its lines.
    Template,
    /// The document is larger than [`Limits::document`](crate::Limits::document): not read.
    DocumentSize,
    /// More nodes than [`Limits::nodes`](crate::Limits::nodes): the rest was not read.
    Nodes,
    /// Nested deeper than [`Limits::depth`](crate::Limits::depth): what lies deeper was not read.
    Depth,
    /// More output than [`Limits::output`](crate::Limits::output): the rest was not handed out.
    Output,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "neither YAML nor JSON from here on, read by its lines",
            Self::Template => "unrendered template, read by its lines",
            Self::DocumentSize => "document over the size cap, its structure is not read",
            Self::Nodes => "more values than the cap, the rest of the document is not read",
            Self::Depth => "nested deeper than the cap, what lies deeper is not read",
            Self::Output => "fields over the size cap, the rest of the document is not read",
        })
    }
}
