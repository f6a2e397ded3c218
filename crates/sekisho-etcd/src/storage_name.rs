//! From etcd keys to the resources of Kubernetes.
//!
//! A key is `<prefix>/<directory>/[<namespace>/]<name>`. kube-apiserver's prefix is `/registry`
//! unless `--etcd-prefix` says otherwise; OpenShift's servers use `/kubernetes.io` and
//! `/openshift.io`. The directory is the resource for most built-in kinds, an old name for some
//! (`minions` are nodes), and `<group>/<resource>` for custom resources and the kinds of the
//! aggregation and extension servers. Names are mapped to `resource.group`, as
//! EncryptionConfiguration writes them. (k8s.io/kubernetes pkg/registry/*/storage,
//! pkg/kubeapiserver/default_storage_factory_builder.go.)

use std::borrow::Cow;

/// Directories of built-in resources, and the resource that each holds. The flag says whether
/// objects of the resource can hold a secret value by their schema; those that cannot are counted
/// and not listed one by one.
const BUILT_IN: &[(&str, &str, bool)] = &[
    (
        "apiextensions.k8s.io/customresourcedefinitions",
        "customresourcedefinitions.apiextensions.k8s.io",
        false,
    ),
    ("apiregistration.k8s.io/apiservices", "apiservices.apiregistration.k8s.io", false),
    ("certificatesigningrequests", "certificatesigningrequests.certificates.k8s.io", false),
    ("clusterrolebindings", "clusterrolebindings.rbac.authorization.k8s.io", false),
    ("clusterroles", "clusterroles.rbac.authorization.k8s.io", false),
    ("clustertrustbundles", "clustertrustbundles.certificates.k8s.io", false),
    ("configmaps", "configmaps", true),
    ("controllerrevisions", "controllerrevisions.apps", true),
    ("controllers", "replicationcontrollers", true),
    ("cronjobs", "cronjobs.batch", true),
    ("csidrivers", "csidrivers.storage.k8s.io", false),
    ("csinodes", "csinodes.storage.k8s.io", false),
    ("csistoragecapacities", "csistoragecapacities.storage.k8s.io", false),
    ("daemonsets", "daemonsets.apps", true),
    ("deployments", "deployments.apps", true),
    ("deviceclasses", "deviceclasses.resource.k8s.io", false),
    ("endpointslices", "endpointslices.discovery.k8s.io", false),
    ("events", "events", false),
    ("flowschemas", "flowschemas.flowcontrol.apiserver.k8s.io", false),
    ("horizontalpodautoscalers", "horizontalpodautoscalers.autoscaling", false),
    ("ingress", "ingresses.networking.k8s.io", true),
    ("ingressclasses", "ingressclasses.networking.k8s.io", false),
    ("ipaddresses", "ipaddresses.networking.k8s.io", false),
    ("jobs", "jobs.batch", true),
    ("leases", "leases.coordination.k8s.io", false),
    ("limitranges", "limitranges", false),
    ("masterleases", "masterleases", false),
    ("minions", "nodes", false),
    ("mutatingadmissionpolicies", "mutatingadmissionpolicies.admissionregistration.k8s.io", false),
    (
        "mutatingadmissionpolicybindings",
        "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
        false,
    ),
    ("mutatingwebhookconfigurations", "mutatingwebhookconfigurations.admissionregistration.k8s.io", false),
    ("namespaces", "namespaces", false),
    ("networkpolicies", "networkpolicies.networking.k8s.io", false),
    ("nodes", "nodes", false),
    ("peerserverleases", "peerserverleases", false),
    ("persistentvolumeclaims", "persistentvolumeclaims", false),
    ("persistentvolumes", "persistentvolumes", true),
    ("poddisruptionbudgets", "poddisruptionbudgets.policy", false),
    ("pods", "pods", true),
    ("podsecuritypolicy", "podsecuritypolicies.policy", false),
    ("podtemplates", "podtemplates", true),
    ("priorityclasses", "priorityclasses.scheduling.k8s.io", false),
    ("prioritylevelconfigurations", "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io", false),
    ("ranges/serviceips", "serviceipallocations", false),
    ("ranges/servicenodeports", "servicenodeportallocations", false),
    ("replicasets", "replicasets.apps", true),
    ("resourceclaims", "resourceclaims.resource.k8s.io", true),
    ("resourceclaimtemplates", "resourceclaimtemplates.resource.k8s.io", true),
    ("resourcequotas", "resourcequotas", false),
    ("resourceslices", "resourceslices.resource.k8s.io", false),
    ("rolebindings", "rolebindings.rbac.authorization.k8s.io", false),
    ("roles", "roles.rbac.authorization.k8s.io", false),
    ("runtimeclasses", "runtimeclasses.node.k8s.io", false),
    ("secrets", "secrets", true),
    ("serviceaccounts", "serviceaccounts", false),
    ("servicecidrs", "servicecidrs.networking.k8s.io", false),
    ("services/endpoints", "endpoints", false),
    ("services/specs", "services", false),
    ("statefulsets", "statefulsets.apps", true),
    ("storageclasses", "storageclasses.storage.k8s.io", true),
    ("storageversionmigrations", "storageversionmigrations.storagemigration.k8s.io", false),
    ("storageversions", "storageversions.internal.apiserver.k8s.io", false),
    ("validatingadmissionpolicies", "validatingadmissionpolicies.admissionregistration.k8s.io", false),
    (
        "validatingadmissionpolicybindings",
        "validatingadmissionpolicybindings.admissionregistration.k8s.io",
        false,
    ),
    (
        "validatingwebhookconfigurations",
        "validatingwebhookconfigurations.admissionregistration.k8s.io",
        false,
    ),
    ("volumeattachments", "volumeattachments.storage.k8s.io", false),
    ("volumeattributesclasses", "volumeattributesclasses.storage.k8s.io", false),
];

/// Directories of OpenShift's own API servers under `/openshift.io`
/// (github.com/openshift/openshift-apiserver and oauth-apiserver, pkg/*/apiserver/registry).
const OPENSHIFT: &[(&str, &str)] = &[
    ("buildconfigs", "buildconfigs.build.openshift.io"),
    ("builds", "builds.build.openshift.io"),
    ("deploymentconfigs", "deploymentconfigs.apps.openshift.io"),
    ("images", "images.image.openshift.io"),
    ("imagestreams", "imagestreams.image.openshift.io"),
    ("oauth/accesstokens", "oauthaccesstokens.oauth.openshift.io"),
    ("oauth/authorizetokens", "oauthauthorizetokens.oauth.openshift.io"),
    ("oauth/clientauthorizations", "oauthclientauthorizations.oauth.openshift.io"),
    ("oauth/clients", "oauthclients.oauth.openshift.io"),
    ("rangeallocations", "rangeallocations.security.openshift.io"),
    ("routes", "routes.route.openshift.io"),
    ("templates", "templates.template.openshift.io"),
    ("templateinstances", "templateinstances.template.openshift.io"),
    ("useridentities", "identities.user.openshift.io"),
    ("users", "users.user.openshift.io"),
];

/// Prefixes that are known without looking.
const PREFIXES: [&[u8]; 3] = [b"/registry", b"/kubernetes.io", b"/openshift.io"];

/// Prefixes learned from one file, at most.
const MAX_LEARNED: usize = 8;

/// The storage prefixes of a file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Prefixes {
    learned: Vec<Vec<u8>>,
}

/// A key, split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StorageName<'k> {
    /// The prefix, without a slash at its end.
    pub(crate) prefix: &'k [u8],
    /// The directory, without slashes around it.
    pub(crate) directory: &'k [u8],
    /// Of a namespaced object.
    pub(crate) namespace: Option<&'k [u8]>,
    /// The object's name.
    pub(crate) name: &'k [u8],
}

impl Prefixes {
    /// Learns from a key that every cluster has.
    pub(crate) fn learn(&mut self, key: &[u8]) {
        for mark in [&b"/namespaces/kube-system"[..], b"/namespaces/default", b"/namespaces/kube-public"] {
            if let Some(prefix) = key.strip_suffix(mark)
                && prefix.first() == Some(&b'/')
                && prefix.len() <= 256
                && self.learned.len() < MAX_LEARNED
                && !self.all().any(|known| known == prefix)
            {
                self.learned.push(prefix.to_vec());
                // The longest first: `/a/registry` must not be read as `/a`.
                self.learned.sort_by_key(|known| std::cmp::Reverse(known.len()));
            }
        }
    }

    /// All prefixes, the longest first among those learned.
    pub(crate) fn all(&self) -> impl Iterator<Item = &[u8]> {
        self.learned.iter().map(Vec::as_slice).chain(PREFIXES)
    }

    /// Splits a key; none when it is not one of a Kubernetes API server.
    pub(crate) fn split<'k>(&self, key: &'k [u8]) -> Option<StorageName<'k>> {
        let known = self.all().find_map(|prefix| {
            let rest = key.strip_prefix(prefix)?.strip_prefix(b"/")?;
            Some((&key[..prefix.len()], rest))
        });
        if let Some((prefix, rest)) = known {
            return split_rest(prefix, rest);
        }
        // An unknown prefix shows itself by a built-in directory behind it.
        let mut at = 0;
        while let Some(slash) = memchr::memchr(b'/', key.get(at + 1..)?) {
            at += 1 + slash;
            let name = split_rest(&key[..at], &key[at + 1..])?;
            if built_in(name.directory).is_some() {
                return Some(name);
            }
        }
        None
    }
}

fn split_rest<'k>(prefix: &'k [u8], rest: &'k [u8]) -> Option<StorageName<'k>> {
    let first = memchr::memchr(b'/', rest)?;
    let two = || memchr::memchr(b'/', &rest[first + 1..]).map(|second| first + 1 + second);
    let head = &rest[..first];
    let grouped = head.contains(&b'.')
        || matches!(head, b"services" | b"ranges")
        || (prefix.ends_with(b"/openshift.io") && head == b"oauth");
    // `ranges/serviceips` is a directory with one object and no name.
    let end = if grouped { two().unwrap_or(rest.len()) } else { first };
    let (directory, tail) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
    let (namespace, name) = match memchr::memchr(b'/', tail) {
        Some(slash) => (Some(&tail[..slash]), &tail[slash + 1..]),
        None => (None, tail),
    };
    Some(StorageName { prefix, directory, namespace, name })
}

fn built_in(directory: &[u8]) -> Option<(&'static str, bool)> {
    let at = BUILT_IN.binary_search_by(|(name, ..)| name.as_bytes().cmp(directory)).ok()?;
    Some((BUILT_IN[at].1, BUILT_IN[at].2))
}

impl<'k> StorageName<'k> {
    /// The key up to and with the directory: all objects of one resource share it.
    pub(crate) fn resource_key(&self, key: &'k [u8]) -> &'k [u8] {
        &key[..self.prefix.len() + 1 + self.directory.len()]
    }

    /// The resource as EncryptionConfiguration writes it, and whether its objects can hold a
    /// secret value.
    pub(crate) fn resource(&self) -> (Cow<'static, str>, bool) {
        if self.prefix.ends_with(b"/openshift.io")
            && let Some((_, resource)) = OPENSHIFT.iter().find(|(name, _)| name.as_bytes() == self.directory)
        {
            return (Cow::Borrowed(resource), true);
        }
        if let Some((resource, holds)) = built_in(self.directory) {
            return (Cow::Borrowed(resource), holds);
        }
        let directory = String::from_utf8_lossy(self.directory);
        let resource = match directory.split_once('/') {
            Some((group, resource)) => format!("{resource}.{group}"),
            None => directory.into_owned(),
        };
        (Cow::Owned(resource), true)
    }
}

/// The resource of a kind, for objects whose key is lost. Only kinds whose plural is needed for a
/// verdict; others are told by their kind.
pub(crate) fn resource_of_kind(api_version: &[u8], kind: &[u8]) -> Option<Cow<'static, str>> {
    match (api_version, kind) {
        (_, b"") => None,
        (b"v1", b"Secret") => Some(Cow::Borrowed("secrets")),
        (b"v1", b"ConfigMap") => Some(Cow::Borrowed("configmaps")),
        _ => {
            let kind = std::str::from_utf8(kind).ok()?;
            let version = std::str::from_utf8(api_version).ok()?;
            if !kind.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return None;
            }
            let lower = kind.to_ascii_lowercase();
            let plural = match lower.as_bytes() {
                [.., b's' | b'x'] => format!("{lower}es"),
                [head @ .., b'y'] if !head.ends_with(b"a") && !head.ends_with(b"e") => {
                    format!("{}ies", String::from_utf8_lossy(head))
                }
                _ => format!("{lower}s"),
            };
            Some(Cow::Owned(match version.split_once('/') {
                Some((group, _)) => format!("{plural}.{group}"),
                None => plural,
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(key: &str) -> Option<(String, Option<String>, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let name = Prefixes::default().split(key.as_bytes())?;
        Some((name.resource().0.into_owned(), name.namespace.map(text), text(name.name)))
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(BUILT_IN.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn keys_are_read_as_the_api_server_writes_them() {
        for (key, expected, namespace, name) in [
            ("/registry/secrets/shop/db", "secrets", Some("shop"), "db"),
            ("/kubernetes.io/secrets/shop/db", "secrets", Some("shop"), "db"),
            ("/registry/minions/node-1", "nodes", None, "node-1"),
            ("/registry/services/specs/shop/web", "services", Some("shop"), "web"),
            ("/registry/services/endpoints/shop/web", "endpoints", Some("shop"), "web"),
            ("/registry/ranges/serviceips", "serviceipallocations", None, ""),
            ("/registry/deployments/shop/web", "deployments.apps", Some("shop"), "web"),
            ("/registry/example.com/widgets/shop/w", "widgets.example.com", Some("shop"), "w"),
            ("/registry/example.com/secrets/shop/w", "secrets.example.com", Some("shop"), "w"),
            ("/registry/example.com/clusterwidgets/w", "clusterwidgets.example.com", None, "w"),
            (
                "/registry/apiregistration.k8s.io/apiservices/v1.",
                "apiservices.apiregistration.k8s.io",
                None,
                "v1.",
            ),
            ("/openshift.io/oauth/accesstokens/t", "oauthaccesstokens.oauth.openshift.io", None, "t"),
            ("/openshift.io/routes/shop/web", "routes.route.openshift.io", Some("shop"), "web"),
            ("/team/a/secrets/shop/db", "secrets", Some("shop"), "db"),
        ] {
            let namespace = namespace.map(str::to_owned);
            assert_eq!(resource(key), Some((expected.to_owned(), namespace, name.to_owned())), "{key}");
        }
        assert_eq!(resource("compact_rev_key"), None);
        assert_eq!(resource(""), None);
        assert_eq!(resource("////"), None);
    }

    #[test]
    fn a_prefix_is_learned() {
        let mut prefixes = Prefixes::default();
        assert_eq!(prefixes.split(b"/own/example.com/widgets/shop/w"), None);
        prefixes.learn(b"/own/namespaces/kube-system");
        prefixes.learn(b"/registry/namespaces/kube-system");
        let name = prefixes.split(b"/own/example.com/widgets/shop/w").unwrap();
        assert_eq!(name.resource().0, "widgets.example.com");
        assert_eq!(prefixes.learned, [b"/own"]);
    }

    #[test]
    fn kinds_have_plurals() {
        let of = |version: &str, kind: &str| resource_of_kind(version.as_bytes(), kind.as_bytes());
        assert_eq!(of("v1", "Secret").as_deref(), Some("secrets"));
        assert_eq!(of("networking.k8s.io/v1", "Ingress").as_deref(), Some("ingresses.networking.k8s.io"));
        assert_eq!(
            of("networking.k8s.io/v1", "NetworkPolicy").as_deref(),
            Some("networkpolicies.networking.k8s.io")
        );
        assert_eq!(of("apps/v1", "Deployment").as_deref(), Some("deployments.apps"));
        assert_eq!(of("v1", ""), None);
    }
}
