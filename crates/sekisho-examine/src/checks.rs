//! What a copy's place means: the structural findings that go with sightings.
//!
//! A sighting says *what* was seen; its finding says why a secret must not lie *there* and what to
//! do, with the public controls it answers to. There is one per copy, except for Secret manifests:
//! one per object, whatever its values look like.

use sekisho_detectors::Form;
use sekisho_model::{FieldKind, Place, Root, control};

use crate::pending::Pending;

/// A kind of place where a value must not lie in plain form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Check {
    /// Stable id.
    pub id: &'static str,
    /// For people.
    pub title: &'static str,
    /// Why it is bad.
    pub reason: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// Ids of public controls.
    pub controls: &'static [&'static str],
}

const BOTH: [&str; 2] = [control::OWASP_K03_2025, control::OWASP_K08_2022];

/// A Secret's manifest with its values.
pub const SECRET_MANIFEST: Check = Check {
    id: "k8s/secret-manifest",
    title: "Secret manifest with its values",
    reason: "the values of a Secret manifest are base64 or plain text, not encrypted: whoever reads the file has them",
    fix: "rotate the values, then keep the manifest without them: an ExternalSecret or SecretProviderClass that \
          names a store, or a SealedSecret or SOPS file that only the cluster can open",
    controls: &[BOTH[0], BOTH[1], control::CWE_312],
};
/// A credential in a ConfigMap.
pub const CONFIG_MAP: Check = Check {
    id: "k8s/secret-in-configmap",
    title: "Credential in a ConfigMap",
    reason: "ConfigMaps are read by far more subjects than Secrets and are never encrypted at rest by default",
    fix: "rotate it, move it into a Secret kept by a store (ExternalSecret, CSI), and mount it as a file",
    controls: &[BOTH[0], BOTH[1], control::CWE_312],
};
/// A literal environment variable.
pub const ENV: Check = Check {
    id: "k8s/secret-in-env",
    title: "Credential as a literal environment variable",
    reason: "a literal env value stands in the pod template, its revisions, and every dump of the workload",
    fix: "rotate it, keep it in a Secret and mount that as a file; valueFrom.secretKeyRef where the program reads \
          only its environment",
    controls: &[BOTH[0], BOTH[1], control::CWE_526],
};
/// A command line.
pub const ARGS: Check = Check {
    id: "k8s/secret-in-args",
    title: "Credential on a container's command line",
    reason: "arguments stand in the pod template and in the process list of the node",
    fix: "rotate it and let the program read it from a mounted file",
    controls: &[BOTH[0], BOTH[1], control::CWE_312],
};
/// A header of a probe or hook.
pub const HEADER: Check = Check {
    id: "k8s/secret-in-header",
    title: "Credential in an HTTP header of a manifest",
    reason: "headers of probes, hooks and routes stand in the object in plain text",
    fix: "rotate it; let the endpoint be reached without it, or keep it in a Secret that the controller reads",
    controls: &[BOTH[0], BOTH[1], control::CWE_312],
};
/// An annotation.
pub const ANNOTATION: Check = Check {
    id: "k8s/secret-in-annotation",
    title: "Credential in an annotation",
    reason: "annotations are metadata: shown by describe, copied by controllers, kept in last-applied-configuration",
    fix: "rotate it, remove the annotation, and apply with server-side apply, which keeps no last-applied copy",
    controls: &[BOTH[0], BOTH[1], control::CWE_312],
};
/// A field of another object or of settings.
pub const SETTING: Check = Check {
    id: "k8s/secret-in-manifest",
    title: "Credential in a manifest or values file",
    reason: "the value stands in plain text beside the fields that could have named a Secret",
    fix: "rotate it and let the object name a Secret; keep values files free of values (SOPS, helm-secrets, a store)",
    controls: &[BOTH[0], BOTH[1], control::CWE_312],
};
/// A kubeconfig, dockerconfigjson or encryption configuration.
pub const CLIENT_CONFIG: Check = Check {
    id: "k8s/credential-file",
    title: "Client configuration with its credential",
    reason: "the file opens a cluster, a registry or the encryption of etcd for whoever has it",
    fix: "revoke or rotate it, then use short-lived credentials: an exec plug-in, workload identity, a KMS provider",
    controls: &[BOTH[0], BOTH[1], control::CWE_798],
};
/// A log.
pub const LOG: Check = Check {
    id: "log/secret-in-log",
    title: "Credential in a log",
    reason: "logs are kept long, shipped far and read by many",
    fix: "rotate it, remove it where logs are kept, and stop the program from writing it",
    controls: &[BOTH[0], control::CWE_532],
};
/// A private key.
pub const KEY_FILE: Check = Check {
    id: "code/private-key",
    title: "Private key in a file",
    reason: "whoever reads the file can act as its owner",
    fix: "make a new key pair, revoke the old one, and keep the private half in a store or an HSM",
    controls: &[BOTH[0], control::CWE_321],
};
/// An object in plain in etcd's bytes.
pub const ETCD: Check = Check {
    id: "k8s/secret-in-etcd",
    title: "Credential in plain in etcd",
    reason: "the object is stored without encryption: whoever has the disk, the log or a backup has its values",
    fix: "encrypt etcd at rest, write every object again, compact, defragment and roll the log: `sekisho prove` says \
          what is left; then rotate what was in plain",
    controls: &[BOTH[0], BOTH[1], control::CWE_312],
};
/// A Secret in a backup of the cluster's objects.
pub const BACKUP: Check = Check {
    id: "k8s/secret-in-backup",
    title: "Secret in plain in a backup",
    reason: "a backup of objects holds the values of Secrets as the API server gives them: whoever reads the bucket \
             has them, and encryption at rest does not reach it",
    fix: "leave Secrets out of the backup or encrypt the whole archive with a key that is kept elsewhere; rotate \
          the values if others could read it; expire older backups",
    controls: &[BOTH[0], BOTH[1], control::CWE_312],
};
/// Any other file.
pub const FILE: Check = Check {
    id: "code/secret-in-file",
    title: "Credential in a file",
    reason: "whoever reads the file, its copies or its history has the credential",
    fix: "rotate it first, then remove it: read it at run time from a mounted file or a store",
    controls: &[BOTH[0], control::CWE_798, control::CWE_540],
};

/// The history of a repository.
pub const HISTORY: Check = Check {
    id: "git/secret-in-history",
    title: "Credential in the history of a repository",
    reason: "whoever has a clone, a fork or the host's cache of this repository has the credential, whatever the \
             newest commit says",
    fix: "rotate it first: nothing else closes it. Then, if the copies must go, rewrite the history (git filter-repo \
          --replace-text), expire the reflogs, prune, and ask the host to drop its cached views and forks; a purge \
          does not un-leak what has been cloned",
    controls: &[BOTH[0], control::CWE_798, control::CWE_540],
};

/// What the next commit would bring.
pub const STAGED: Check = Check {
    id: "git/secret-in-index",
    title: "Credential staged for the next commit",
    reason: "this version of the file is in no commit yet, and the next one would bring it to every clone",
    fix: "take it out of the file and of the index before you commit: `git restore --staged FILE`, or `git rm --cached \
          FILE` where the file is new, and let the program read it at run time. There is no history to purge; rotate \
          it only if it was used, shared, or stood in an earlier commit",
    controls: &[BOTH[0], control::CWE_798, control::CWE_540],
};

/// All checks, by id.
pub const ALL: [Check; 15] = [
    KEY_FILE,
    FILE,
    HISTORY,
    STAGED,
    CLIENT_CONFIG,
    ANNOTATION,
    ARGS,
    BACKUP,
    CONFIG_MAP,
    ENV,
    ETCD,
    HEADER,
    SETTING,
    SECRET_MANIFEST,
    LOG,
];

impl Check {
    /// Whether an object fails it once, however many values it holds.
    pub(crate) fn is_of_object(&self) -> bool {
        [SECRET_MANIFEST.id, ETCD.id, BACKUP.id].contains(&self.id)
    }
}

/// Where Velero keeps the Secrets of a backup (velero.io/docs, "Output file format").
const VELERO_SECRETS: &str = "resources/secrets/";

/// The check that what is pending fails where it stands.
pub(crate) fn of(pending: &Pending, place: &Place, is_log: bool) -> &'static Check {
    match *place.root {
        Root::Etcd { .. } => return &ETCD,
        Root::Git { .. } if place.is_staged() => return &STAGED,
        Root::Git { .. } => return &HISTORY,
        _ => {}
    }
    let check = of_field(pending, is_log);
    if *check == SECRET_MANIFEST && place.file_name().contains(VELERO_SECRETS) { &BACKUP } else { check }
}

fn of_field(pending: &Pending, is_log: bool) -> &'static Check {
    let annotation = match pending.field_kind {
        Some(FieldKind::Annotation) => true,
        // `last-applied-configuration`; other documents stand in settings.
        Some(FieldKind::Document) => {
            pending.field.as_deref().is_some_and(|field| field.contains("metadata.annotations."))
        }
        _ => false,
    };
    match pending.field_kind {
        Some(FieldKind::SecretData | FieldKind::SecretString) => &SECRET_MANIFEST,
        // The second copy in a Secret's own annotations is told with the Secret: one finding each.
        Some(_) if annotation && pending.object.as_ref().is_some_and(|o| o.kind == "Secret") => {
            &SECRET_MANIFEST
        }
        Some(_) if annotation => &ANNOTATION,
        Some(FieldKind::ConfigData | FieldKind::ConfigBinary) => &CONFIG_MAP,
        Some(FieldKind::Env) => &ENV,
        Some(FieldKind::Arg | FieldKind::Command) => &ARGS,
        Some(FieldKind::Header) => &HEADER,
        Some(FieldKind::Credential | FieldKind::CredentialBase64 | FieldKind::BasicAuth) => &CLIENT_CONFIG,
        Some(_) => &SETTING,
        None if is_log => &LOG,
        None if pending.detector.form == Form::Pem => &KEY_FILE,
        None => &FILE,
    }
}
