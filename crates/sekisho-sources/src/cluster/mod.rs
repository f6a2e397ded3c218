//! A live cluster, read so that it is not hurt.
//!
//! Whoever operates a cluster holds the veto, so reading it is bounded in every direction: lists in
//! pages, one request at a time, at most so many a second, answers under a cap (a page that is too
//! long is asked for in smaller ones), no watches, and a server that says it is busy is left alone.
//! A list that is refused makes its kind *not assessed*, and the reading goes on.
//!
//! Pages are read from etcd and not from the watch cache (no `resourceVersion=0`): the cache of many
//! versions ignores `limit`, so that one answer would hold the whole kind.
//!
//! Three depths ([`Depth`]). *References* uses no verb on Secrets at all. *Metadata* lists Secrets,
//! since RBAC knows no smaller verb, but asks for `Table`s with `includeObject=None`, the only form in
//! which a server sends no value: `PartialObjectMetadata` still carries
//! `kubectl.kubernetes.io/last-applied-configuration`, so it is asked for only when annotations are
//! wanted, and of those only the names are kept. *Values* lists them whole, into memory that is wiped.
//!
//! It must never forward what a server or a credentials plug-in said: such texts may quote anything.

mod kinds;
mod pace;
mod review;
mod secrets;
mod source;
mod wire;

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use sekisho_kube::inventory::Depth;
use sekisho_secret::SecretBytes;
use serde::Deserialize;
use thiserror::Error;

pub use kinds::{role, scan_role};
pub use review::{Grant, Question};
pub use source::LiveCluster;

use kinds::{CUSTOM, Kind, NAMESPACES, SCANNED, SECRETS, kinds};
use wire::{Answer, Silence, Wire};

/// Requests a second, unless somebody says otherwise.
pub const DEFAULT_QPS: f64 = 5.0;

const JSON: &str = "application/json";
/// <https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html>
const CLOUD_MAP: &str = "/api/v1/namespaces/kube-system/configmaps/aws-auth";

/// How to reach a cluster, and how deeply to read it.
#[derive(Debug, Clone)]
pub struct Options {
    /// A kubeconfig; otherwise `KUBECONFIG`, `~/.kube/config`, or the pod's own service account.
    pub kubeconfig: Option<PathBuf>,
    /// A context of it; otherwise the current one.
    pub context: Option<String>,
    /// How deeply to look at Secrets.
    pub depth: Depth,
    /// At [`Depth::Metadata`], the names of annotations too. The server then sends them with their
    /// texts.
    pub annotations: bool,
    /// Only these namespaces; all if there are none.
    pub namespaces: Vec<String>,
    /// Requests a second.
    pub max_qps: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kubeconfig: None,
            context: None,
            depth: Depth::References,
            annotations: false,
            namespaces: Vec::new(),
            max_qps: DEFAULT_QPS,
        }
    }
}

/// Why a cluster cannot be read at all.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// A kubeconfig that cannot be read.
    #[error("reading the kubeconfig {path:?}: {kind}")]
    ReadKubeconfig {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        kind: io::ErrorKind,
    },
    /// A kubeconfig that says something else than one should.
    #[error("reading the kubeconfig: {what}")]
    Kubeconfig {
        /// What is wrong with it.
        what: &'static str,
    },
    /// No kubeconfig, and no service account of a pod.
    #[error("there is no kubeconfig (KUBECONFIG, ~/.kube/config), and this is no pod with a service account")]
    NoKubeconfig,
    /// A kubeconfig without a current context, and none was named.
    #[error("the kubeconfig has no current context; name one with --context")]
    NoContext,
    /// A context that is not in the kubeconfig.
    #[error("the kubeconfig has no context {name:?}")]
    UnknownContext {
        /// Its name.
        name: String,
    },
    /// The server does not answer.
    #[error("the API server of context {context:?} cannot be reached")]
    Unreachable {
        /// The context.
        context: String,
    },
    /// The credentials plug-in failed, or a token cannot be read.
    #[error("the credentials of context {context:?} cannot be had: its plug-in failed, or a file is missing")]
    Credentials {
        /// The context.
        context: String,
    },
    /// The server does not know who asks.
    #[error("the API server of context {context:?} does not accept the credentials (401)")]
    Unauthorized {
        /// The context.
        context: String,
    },
    /// The server did not answer a review.
    #[error("the API server did not answer the review ({status}); it needs `create subjectaccessreviews`")]
    Review {
        /// HTTP status.
        status: u16,
    },
    /// The operating system gives no event loop.
    #[error("the network cannot be used")]
    Runtime,
}

/// What reading a cluster yields, in the order of arrival.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Some objects of a kind, as a typed JSON list (`PodList`), whose items may not repeat what they
    /// are; or one object.
    Page {
        /// Plural name of the kind.
        plural: &'static str,
        /// The list.
        list: &'a SecretBytes,
    },
    /// All objects of a kind came.
    Assessed {
        /// Plural name of the kind.
        plural: &'static str,
    },
    /// Some objects of a kind did not come, or none did.
    NotAssessed {
        /// Plural name of the kind.
        plural: &'static str,
        /// Why, in our own words.
        reason: String,
    },
    /// The server is Kubernetes 1.x.
    Minor(u32),
}

/// One cluster. Nothing is asked of it before [`read`](Self::read) or a review.
pub struct Cluster {
    wire: Wire,
    options: Options,
}

/// What is read of every list.
#[derive(Deserialize)]
struct List {
    metadata: Option<ListMeta>,
}

#[derive(Deserialize)]
struct ListMeta {
    #[serde(rename = "continue")]
    more: Option<String>,
}

impl Cluster {
    /// Finds out which cluster is meant; asks it nothing.
    ///
    /// # Errors
    /// When there is no usable configuration.
    pub fn find(options: Options) -> Result<Self, ClusterError> {
        let wire = Wire::find(options.kubeconfig.as_deref(), options.context.as_deref(), options.max_qps)?;
        Ok(Self { wire, options })
    }

    /// The context's name, as the kubeconfig has it; `in-cluster` in a pod. Foreign text.
    pub fn context(&self) -> &str {
        &self.wire.context
    }

    /// The server's address, to be shown before the first request. Foreign text.
    pub fn server(&self) -> &str {
        &self.wire.server
    }

    /// Reads all kinds of the options' depth, a page at a time.
    ///
    /// # Errors
    /// When the server cannot be reached, or knows nobody by these credentials. Whatever else goes
    /// wrong makes a kind not assessed.
    pub fn read(&mut self, on: &mut dyn FnMut(Event<'_>)) -> Result<(), ClusterError> {
        self.greet(on)?;
        self.read_kinds(kinds(self.options.depth), on);
        self.cloud_map(on);
        Ok(())
    }

    /// Reads the Secrets alone, whole: for whoever looks for copies of their values.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_secrets(&mut self, on: &mut dyn FnMut(Event<'_>)) -> Result<(), ClusterError> {
        self.options.depth = Depth::Values;
        self.greet(on)?;
        self.read_kinds([NAMESPACES, SECRETS].into_iter(), on);
        Ok(())
    }

    /// Reads what a scan looks at: what holds values that should not be there, and no Secrets.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn read_scanned(&mut self, on: &mut dyn FnMut(Event<'_>)) -> Result<(), ClusterError> {
        self.greet(on)?;
        self.read_kinds(SCANNED.iter().copied(), on);
        Ok(())
    }

    /// The first request: whether the server is there, and knows who asks.
    fn greet(&mut self, on: &mut dyn FnMut(Event<'_>)) -> Result<(), ClusterError> {
        let version = self.wire.get("/version", JSON).map_err(|silence| self.error(silence))?;
        match version.status {
            401 => return Err(ClusterError::Unauthorized { context: self.wire.context.clone() }),
            200 => on_minor(&version, on),
            _ => {}
        }
        Ok(())
    }

    fn read_kinds(&mut self, kinds: impl Iterator<Item = Kind>, on: &mut dyn FnMut(Event<'_>)) {
        let mut served: Option<Option<Vec<(String, String)>>> = None;
        // `None` until all are known, or where they cannot be.
        let mut namespaces = Some(self.options.namespaces.clone()).filter(|some| !some.is_empty());
        let some = namespaces.clone();
        for kind in kinds {
            let plural = kind.plural;
            if kind.version.is_none() && served.is_none() {
                served = Some(self.served_groups());
            }
            let version = match (kind.version, served.as_ref().and_then(Option::as_ref)) {
                (Some(version), _) => version,
                (None, Some(served)) => match served.iter().find(|(group, _)| group == kind.group) {
                    Some((_, version)) => version.as_str(),
                    // Not installed.
                    None => continue,
                },
                (None, None) => {
                    let reason = "the server did not say which API groups it serves".to_owned();
                    on(Event::NotAssessed { plural, reason });
                    continue;
                }
            };
            let outcome = match (&namespaces, &some) {
                (Some(all), _) if plural == SECRETS.plural => secrets::read(self, all, on),
                (None, _) if plural == SECRETS.plural => {
                    Err("namespaces could not be listed, and Secrets are asked for by namespace".to_owned())
                }
                (_, Some(some)) if kind.namespaced => some.iter().try_for_each(|namespace| {
                    let path = path(&kind, version, Some(namespace));
                    self.list(&kind, &path, JSON, &mut |list| on(Event::Page { plural, list }))
                }),
                _ => {
                    let mut found = Vec::new();
                    let outcome = self.list(&kind, &path(&kind, version, None), JSON, &mut |list| {
                        if plural == NAMESPACES.plural {
                            found.extend(names(list));
                        }
                        on(Event::Page { plural, list });
                    });
                    if plural == NAMESPACES.plural && namespaces.is_none() && outcome.is_ok() {
                        namespaces = Some(found);
                    }
                    outcome
                }
            };
            match (outcome, &some) {
                (Ok(()), Some(some)) if kind.namespaced => {
                    let reason = format!("only asked for in {}", some.join(", "));
                    on(Event::NotAssessed { plural, reason });
                }
                (Ok(()), _) => on(Event::Assessed { plural }),
                (Err(reason), _) => on(Event::NotAssessed { plural, reason }),
            }
        }
    }

    /// The one ConfigMap that says who is who: on EKS, which roles of the cloud are in which groups.
    fn cloud_map(&mut self, on: &mut dyn FnMut(Event<'_>)) {
        let plural = "configmaps";
        let reason = match self.wire.get(CLOUD_MAP, JSON) {
            Ok(answer) if answer.status == 200 => {
                on(Event::Page { plural, list: &answer.body });
                return on(Event::Assessed { plural });
            }
            Ok(answer) if answer.status == 404 => return on(Event::Assessed { plural }),
            Ok(answer) if answer.status == 403 => {
                "not allowed to get kube-system/aws-auth; `sekisho rbac` prints the role that is".to_owned()
            }
            Ok(answer) => refusal(answer.status, plural),
            Err(silence) => silence_in_words(silence).to_owned(),
        };
        on(Event::NotAssessed { plural, reason });
    }

    /// Groups that the server serves beside the core, each with the version that it prefers.
    fn served_groups(&mut self) -> Option<Vec<(String, String)>> {
        #[derive(Deserialize)]
        struct Groups {
            groups: Vec<Group>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Group {
            name: String,
            preferred_version: Version,
        }
        #[derive(Deserialize)]
        struct Version {
            version: String,
        }
        let answer = self.wire.get("/apis", JSON).ok().filter(|answer| answer.status == 200)?;
        let groups: Groups = serde_json::from_slice(answer.body.expose_secret()).ok()?;
        let known = |group: &Group| CUSTOM.iter().any(|kind| kind.group == group.name);
        // A version becomes a part of a path.
        let is_version = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
        let groups =
            groups.groups.into_iter().filter(known).map(|it| (it.name, it.preferred_version.version));
        Some(groups.filter(|(_, version)| is_version(version)).collect())
    }

    /// Lists a kind page by page; the reason, where it cannot be read to its end.
    fn list(
        &mut self,
        kind: &Kind,
        path: &str,
        accept: &str,
        on: &mut dyn FnMut(&SecretBytes),
    ) -> Result<(), String> {
        let mut limit = kind.page;
        let mut more = String::new();
        let mut expired = false;
        let separator = if path.contains('?') { '&' } else { '?' };
        loop {
            let page = format!("{path}{separator}limit={limit}{more}");
            let answer = match self.wire.get(&page, accept) {
                Ok(answer) => answer,
                // The same place of the list, in smaller pieces.
                Err(Silence::TooLong) if limit > 1 => {
                    limit = (limit / 4).max(1);
                    continue;
                }
                Err(silence) => return Err(silence_in_words(silence).to_owned()),
            };
            let list: Option<List> = serde_json::from_slice(answer.body.expose_secret()).ok();
            let next = list.and_then(|list| list.metadata).and_then(|meta| meta.more).unwrap_or_default();
            match answer.status {
                200 => on(&answer.body),
                // The list is older than the server remembers. It offers to go on from here with newer
                // objects, which is as good: kinds are never of one moment among each other either.
                410 if !expired && !next.is_empty() => expired = true,
                404 if more.is_empty() => return Ok(()),
                status => return Err(refusal(status, kind.plural)),
            }
            if next.is_empty() {
                return Ok(());
            }
            more = format!("&continue={}", query(&next));
        }
    }

    fn error(&self, silence: Silence) -> ClusterError {
        let context = self.wire.context.clone();
        match silence {
            Silence::Credentials => ClusterError::Credentials { context },
            _ => ClusterError::Unreachable { context },
        }
    }
}

fn on_minor(version: &Answer, on: &mut dyn FnMut(Event<'_>)) {
    #[derive(Deserialize)]
    struct Version {
        minor: String,
    }
    let Ok(version) = serde_json::from_slice::<Version>(version.body.expose_secret()) else { return };
    // `31+` on some hosted clusters.
    let digits = version.minor.trim_end_matches(|c: char| !c.is_ascii_digit());
    if let Ok(minor) = digits.parse() {
        on(Event::Minor(minor));
    }
}

/// The path of a kind's list.
fn path(kind: &Kind, version: &str, namespace: Option<&str>) -> String {
    let root = match kind.group {
        "" => format!("/api/{version}"),
        group => format!("/apis/{group}/{version}"),
    };
    match namespace {
        Some(namespace) => format!("{root}/namespaces/{}/{}", query(namespace), kind.plural),
        None => format!("{root}/{}", kind.plural),
    }
}

/// The names of a list's objects.
fn names(list: &SecretBytes) -> Vec<String> {
    #[derive(Deserialize)]
    struct Named {
        items: Vec<Item>,
    }
    #[derive(Deserialize)]
    struct Item {
        metadata: Meta,
    }
    #[derive(Deserialize)]
    struct Meta {
        name: String,
    }
    let list: Option<Named> = serde_json::from_slice(list.expose_secret()).ok();
    list.into_iter().flat_map(|list| list.items).map(|item| item.metadata.name).collect()
}

fn refusal(status: u16, plural: &str) -> String {
    match status {
        403 => format!("not allowed to list {plural}; `sekisho rbac` prints the role that is"),
        410 => "the list expired while it was read".to_owned(),
        429 | 500..=599 => format!("the server was too busy for it ({status})"),
        _ => format!("the server answered {status}"),
    }
}

fn silence_in_words(silence: Silence) -> &'static str {
    match silence {
        Silence::Unreachable => "the connection broke",
        Silence::Credentials => "the credentials could not be renewed",
        Silence::TooLong => "one object of it is longer than is read",
    }
}

/// A part of a path or query, percent-encoded (RFC 3986: all but unreserved characters).
fn query(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            let _infallible = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
