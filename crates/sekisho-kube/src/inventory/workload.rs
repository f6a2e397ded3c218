//! Pods and everything that makes pods: which account they run as, and which Secrets reach them.

use super::builder::Reader;
use super::names::Name;
use super::view::View;
use super::{Meta, SecretUse, Use};

/// A pod, or an object with a pod template in it.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Its kind: `Pod`, `Deployment`, `CronJob`, …
    pub kind: Name,
    /// Namespace.
    pub namespace: Name,
    /// Name.
    pub name: Name,
    /// Name of the service account it runs as (`default` where none is named).
    pub account: Name,
    /// Whether the account's token is mounted, as far as the pod says; `None` leaves it to the account.
    pub token: Option<bool>,
    /// Of a pod: the node it runs on.
    pub node: Option<Name>,
    /// Secrets that it names, each with the field that does.
    pub secrets: Box<[SecretUse]>,
    /// PersistentVolumeClaims that it mounts.
    pub claims: Box<[Name]>,
    /// What it holds of its node.
    pub powers: Powers,
    /// Paths of the node that it mounts.
    pub host_paths: Box<[Name]>,
    /// The object that made it: kind and name.
    pub owner: Option<(Name, Name)>,
    /// Whether the kubelet made it from a file of the node: the API shows only its mirror, and the
    /// Node authorizer gives nothing for it.
    pub mirror: bool,
    /// Whether it has ended (`Succeeded`, `Failed`).
    pub ended: bool,
    /// What brought it.
    pub origin: Option<Name>,
}

/// What a pod holds of the node it runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Powers {
    /// A container is privileged.
    pub privileged: bool,
    /// It sees the node's processes.
    pub host_pid: bool,
    /// It is in the node's network.
    pub host_network: bool,
    /// A container may do what leads out of it: `SYS_ADMIN`, `SYS_MODULE`, `SYS_RAWIO`,
    /// `DAC_READ_SEARCH`, `BPF` or `ALL`; `SYS_PTRACE` with `hostPID`.
    pub capabilities: bool,
}

/// Capabilities with which a container leaves its walls (`capabilities(7)`).
const CAPABILITIES: &[&str] = &["ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "DAC_READ_SEARCH", "BPF"];
/// One that does where the node's processes are in sight.
const TRACE: &str = "SYS_PTRACE";

/// Kinds with a pod template, and where it stands in them.
pub(super) const TEMPLATES: &[(&str, &str, &[&str])] = &[
    ("Pod", "pods", &["spec"]),
    ("PodTemplate", "podtemplates", &["template", "spec"]),
    ("ReplicationController", "replicationcontrollers", &["spec", "template", "spec"]),
    ("Deployment", "deployments", &["spec", "template", "spec"]),
    ("ReplicaSet", "replicasets", &["spec", "template", "spec"]),
    ("StatefulSet", "statefulsets", &["spec", "template", "spec"]),
    ("DaemonSet", "daemonsets", &["spec", "template", "spec"]),
    ("Job", "jobs", &["spec", "template", "spec"]),
    ("CronJob", "cronjobs", &["spec", "jobTemplate", "spec", "template", "spec"]),
];

impl Reader<'_> {
    pub(super) fn workload(
        &mut self,
        object: View<'_>,
        meta: &Meta,
        kind: &str,
        path: &[&str],
    ) -> Option<Workload> {
        let spec = object.path(path)?;
        let account = spec.word_at("serviceAccountName").or_else(|| spec.word_at("serviceAccount"));
        let account = account.unwrap_or("default".into());
        let phase = object.path(&["status", "phase"]).and_then(View::text);
        let mut uses = Vec::new();
        self.pod_secrets(spec, &path.join("."), &mut uses);
        let claims = spec.list("volumes").into_iter();
        let claims = claims.filter_map(|volume| volume.path(&["persistentVolumeClaim", "claimName"])?.text());
        // A generic ephemeral volume makes a claim of the pod's own: <pod>-<volume>.
        let ephemeral = spec.list("volumes").into_iter().filter(|volume| volume.at("ephemeral").is_some());
        let pod = self.names.text(meta.name).to_owned();
        let ephemeral = ephemeral.filter_map(|volume| Some(format!("{pod}-{}", volume.text_at("name")?)));
        let mut claims: Vec<String> = claims.map(Into::into).chain(ephemeral).collect();
        claims.dedup();
        let paths = spec.list("volumes").into_iter();
        let paths = paths.filter_map(|volume| volume.path(&["hostPath", "path"])?.text());
        let host_paths = paths.map(|path| self.names.intern(&path)).collect();
        let claims = claims.iter().map(|claim| self.names.intern(claim)).collect();
        Some(Workload {
            kind: self.names.intern(kind),
            namespace: meta.namespace,
            name: meta.name,
            account: self.names.intern(&account),
            token: if mounts_token(spec) { Some(true) } else { spec.flag("automountServiceAccountToken") },
            node: spec.word_at("nodeName").map(|node| self.names.intern(&node)),
            secrets: uses.into(),
            claims,
            powers: powers(spec),
            host_paths,
            owner: meta.owner,
            mirror: meta.mirror,
            ended: phase.is_some_and(|phase| phase == "Succeeded" || phase == "Failed"),
            origin: meta.origin,
        })
    }

    /// The Secrets that a pod names, as the Node authorizer visits them: `VisitPodSecretNames` of
    /// `pkg/api/v1/pod`, so init and ephemeral containers too, and empty names skipped.
    pub(super) fn pod_secrets(&mut self, spec: View<'_>, at: &str, uses: &mut Vec<SecretUse>) {
        let mut note = |names: &mut super::names::Names, name: Option<View<'_>>, how, field: String| {
            let Some(name) = name.and_then(View::text).filter(|name| !name.is_empty()) else { return };
            uses.push(SecretUse { secret: names.intern(&name), how, field: names.intern(&field) });
        };
        for (index, reference) in spec.list("imagePullSecrets").into_iter().enumerate() {
            note(self.names, reference.at("name"), Use::Pull, format!("{at}.imagePullSecrets[{index}]"));
        }
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            for (index, container) in spec.list(list).into_iter().enumerate() {
                let at = format!("{at}.{list}[{index}]");
                for (index, variable) in container.list("env").into_iter().enumerate() {
                    let name = variable.path(&["valueFrom", "secretKeyRef", "name"]);
                    note(
                        self.names,
                        name,
                        Use::Environment,
                        format!("{at}.env[{index}].valueFrom.secretKeyRef"),
                    );
                }
                for (index, source) in container.list("envFrom").into_iter().enumerate() {
                    let name = source.path(&["secretRef", "name"]);
                    note(self.names, name, Use::Environment, format!("{at}.envFrom[{index}].secretRef"));
                }
            }
        }
        for (index, volume) in spec.list("volumes").into_iter().enumerate() {
            let at = format!("{at}.volumes[{index}]");
            note(self.names, volume.path(&["secret", "secretName"]), Use::Mount, format!("{at}.secret"));
            for (source, projected) in volume
                .path(&["projected", "sources"])
                .map(View::items)
                .unwrap_or_default()
                .into_iter()
                .enumerate()
            {
                let name = projected.path(&["secret", "name"]);
                note(self.names, name, Use::Mount, format!("{at}.projected.sources[{source}].secret"));
            }
            note(
                self.names,
                volume.path(&["azureFile", "secretName"]),
                Use::Volume,
                format!("{at}.azureFile"),
            );
            for driver in ["cephfs", "cinder", "flexVolume", "rbd", "iscsi", "scaleIO", "storageos"] {
                let name = volume.path(&[driver, "secretRef", "name"]);
                note(self.names, name, Use::Volume, format!("{at}.{driver}.secretRef"));
            }
            let name = volume.path(&["csi", "nodePublishSecretRef", "name"]);
            note(self.names, name, Use::Volume, format!("{at}.csi.nodePublishSecretRef"));
        }
    }
}

/// Whether a projected volume brings a token for the API server itself. The admission plug-in
/// `ServiceAccount` adds one to every pod that wants it, so a dump's pods say it themselves.
fn mounts_token(spec: View<'_>) -> bool {
    let volumes = spec.list("volumes").into_iter();
    let sources =
        volumes.flat_map(|volume| volume.at("projected").map(|it| it.list("sources")).unwrap_or_default());
    let mut tokens = sources.filter_map(|source| source.at("serviceAccountToken"));
    tokens.any(|token| token.word_at("audience").is_none())
}

fn powers(spec: View<'_>) -> Powers {
    let mut powers = Powers {
        host_pid: spec.flag("hostPID") == Some(true),
        host_network: spec.flag("hostNetwork") == Some(true),
        ..Powers::default()
    };
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for container in spec.list(list) {
            let Some(context) = container.at("securityContext") else { continue };
            powers.privileged |= context.flag("privileged") == Some(true);
            let added = context.path(&["capabilities", "add"]).map(View::items).unwrap_or_default();
            powers.capabilities |= added.into_iter().filter_map(View::text).any(|added| {
                let added = added.trim_start_matches("CAP_");
                CAPABILITIES.contains(&added) || (added == TRACE && powers.host_pid)
            });
        }
    }
    powers
}
