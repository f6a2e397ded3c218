//! One request at a time to one API server.
//!
//! Everything that the client library knows of transport and credentials is used (kubeconfigs, exec
//! plug-ins, service accounts, proxies); nothing of its own retries, its object types or its error
//! texts, which may quote what a server or a plug-in said.

use std::path::Path;
use std::time::{Duration, Instant};

use http::{Request, Response, header};
use http_body_util::BodyExt as _;
use kube_client::client::Body;
use kube_client::config::{InClusterError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube_client::{Client, Config};
use sekisho_secret::SecretBytes;
use tokio::runtime::{Builder, Runtime};

use super::ClusterError;
use super::pace::{Pace, TRIES, back_off};

/// The longest answer that is taken, in bytes: some twenty objects of the largest size that etcd takes.
const MAX_ANSWER: usize = 32 << 20;
/// How long a connection may take to be made, and an answer to go on.
const CONNECT: Duration = Duration::from_secs(10);
const READ: Duration = Duration::from_secs(60);

/// A server's answer.
pub(super) struct Answer {
    pub(super) status: u16,
    /// Of a Secret it may hold values.
    pub(super) body: SecretBytes,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// No connection, or one that broke.
    Unreachable,
    /// Credentials could not be had: the plug-in failed, the token file is missing.
    Credentials,
    /// The answer is longer than is taken.
    TooLong,
}

/// A server, how to speak to it, and how fast.
pub(super) struct Wire {
    pub(super) context: String,
    pub(super) server: String,
    config: Config,
    client: Option<Client>,
    runtime: Runtime,
    pace: Pace,
}

impl Wire {
    /// Finds the server; asks it nothing.
    pub(super) fn find(
        kubeconfig: Option<&Path>,
        context: Option<&str>,
        qps: f64,
    ) -> Result<Self, ClusterError> {
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(|_| ClusterError::Runtime)?;
        let (context, mut config) = runtime.block_on(configuration(kubeconfig, context))?;
        config.default_retry = false;
        config.connect_timeout = Some(CONNECT);
        config.read_timeout = Some(READ);
        config.reset_reader_on_write = true;
        // Without a user's name and password, which an address may hold.
        let url = &config.cluster_url;
        let port = url.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        let server =
            format!("{}://{}{port}", url.scheme_str().unwrap_or("https"), url.host().unwrap_or_default());
        Ok(Self { context, server, config, client: None, runtime, pace: Pace::new(qps) })
    }

    /// Asks, again when the server is busy or the connection breaks.
    pub(super) fn get(&mut self, path: &str, accept: &str) -> Result<Answer, Silence> {
        self.ask("GET", path, accept, &[])
    }

    /// Posts a question (a review: it changes nothing).
    pub(super) fn post(&mut self, path: &str, body: &[u8]) -> Result<Answer, Silence> {
        self.ask("POST", path, "application/json", body)
    }

    fn ask(&mut self, method: &str, path: &str, accept: &str, body: &[u8]) -> Result<Answer, Silence> {
        let mut tried = 0;
        loop {
            let wait = self.pace.wait(Instant::now());
            std::thread::sleep(wait);
            let (outcome, asked) = match self.once(method, path, accept, body) {
                Ok((answer, asked)) if matches!(answer.status, 429 | 500 | 502..=504) => (Ok(answer), asked),
                Err(Silence::Unreachable) => (Err(Silence::Unreachable), None),
                Ok((answer, _)) => return Ok(answer),
                Err(other) => return Err(other),
            };
            tried += 1;
            if tried == TRIES {
                return outcome;
            }
            std::thread::sleep(back_off(tried - 1, asked));
        }
    }

    /// One try: the answer, and for how many seconds the server asks to be left alone.
    fn once(
        &mut self,
        method: &str,
        path: &str,
        accept: &str,
        body: &[u8],
    ) -> Result<(Answer, Option<u64>), Silence> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::ACCEPT, accept)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, concat!("sekisho/", env!("CARGO_PKG_VERSION")))
            .body(Body::from(body.to_vec()))
            .map_err(|_| Silence::Unreachable)?;
        let (client, config) = (&mut self.client, &self.config);
        self.runtime.block_on(async {
            let client = match client {
                Some(client) => client,
                // Here an exec plug-in may run.
                None => client.insert(Client::try_from(config.clone()).map_err(|error| silence(&error))?),
            };
            let response = client.send(request).await.map_err(|error| silence(&error))?;
            let asked = response.headers().get(header::RETRY_AFTER);
            let asked = asked.and_then(|after| after.to_str().ok()?.parse().ok());
            let status = response.status().as_u16();
            Ok((Answer { status, body: collect(response).await? }, asked))
        })
    }
}

/// The body of an answer, under the cap.
async fn collect(response: Response<Body>) -> Result<SecretBytes, Silence> {
    let mut body = response.into_body();
    let mut pieces = Vec::new();
    let mut len = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Silence::Unreachable)?.into_data() else { continue };
        len += data.len();
        if len > MAX_ANSWER {
            return Err(Silence::TooLong);
        }
        pieces.push(data);
    }
    // Of its final size at once: a vector that grows leaves copies behind that nobody wipes.
    let mut whole = Vec::with_capacity(len);
    for piece in pieces {
        whole.extend_from_slice(&piece);
    }
    Ok(SecretBytes::new(whole))
}

fn silence(error: &kube_client::Error) -> Silence {
    match error {
        kube_client::Error::Auth(_) => Silence::Credentials,
        _ => Silence::Unreachable,
    }
}

/// The configuration and what the user calls it: a named kubeconfig, the user's own, or the pod's.
async fn configuration(
    kubeconfig: Option<&Path>,
    context: Option<&str>,
) -> Result<(String, Config), ClusterError> {
    let file = match kubeconfig {
        Some(path) => Kubeconfig::read_from(path).map_err(|error| of_kubeconfig(&error))?,
        None => match Kubeconfig::read() {
            Ok(file) => file,
            // Neither KUBECONFIG nor ~/.kube/config: in a pod, or nowhere.
            Err(KubeconfigError::ReadConfig(..) | KubeconfigError::FindPath) if context.is_none() => {
                let config = Config::incluster().map_err(|error| of_pod(&error))?;
                return Ok(("in-cluster".to_owned(), config));
            }
            Err(error) => return Err(of_kubeconfig(&error)),
        },
    };
    let name = context.map(str::to_owned).or_else(|| file.current_context.clone());
    let options = KubeConfigOptions { context: context.map(str::to_owned), cluster: None, user: None };
    let config =
        Config::from_custom_kubeconfig(file, &options).await.map_err(|error| of_kubeconfig(&error))?;
    Ok((name.unwrap_or_default(), config))
}

fn of_kubeconfig(error: &KubeconfigError) -> ClusterError {
    match error {
        KubeconfigError::ReadConfig(error, path) => {
            ClusterError::ReadKubeconfig { path: path.clone(), kind: error.kind() }
        }
        KubeconfigError::FindPath => ClusterError::NoKubeconfig,
        KubeconfigError::CurrentContextNotSet => ClusterError::NoContext,
        KubeconfigError::LoadContext(name) => ClusterError::UnknownContext { name: name.clone() },
        KubeconfigError::Parse(_) => ClusterError::Kubeconfig { what: "not a kubeconfig" },
        KubeconfigError::LoadClusterOfContext(_) => {
            ClusterError::Kubeconfig { what: "the context's cluster is not in it" }
        }
        KubeconfigError::MissingClusterUrl | KubeconfigError::ParseClusterUrl(_) => {
            ClusterError::Kubeconfig { what: "the cluster has no valid server address" }
        }
        KubeconfigError::LoadCertificateAuthority(_) | KubeconfigError::ParseCertificates(_) => {
            ClusterError::Kubeconfig { what: "the certificate authority cannot be read" }
        }
        KubeconfigError::LoadClientCertificate(_) | KubeconfigError::LoadClientKey(_) => {
            ClusterError::Kubeconfig { what: "the client's certificate or key cannot be read" }
        }
        _ => ClusterError::Kubeconfig { what: "it cannot be used" },
    }
}

fn of_pod(_: &InClusterError) -> ClusterError {
    ClusterError::NoKubeconfig
}
