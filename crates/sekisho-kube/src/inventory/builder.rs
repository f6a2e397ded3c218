//! [`Builder`]: objects in, one at a time; an [`Inventory`] out.

use std::collections::HashMap;
use std::fmt;

use sekisho_secret::{EstateKey, SecretBytes};
use serde_json::Value;

use super::coverage::Assessed;
use super::items::items;
use super::names::{Name, Names};
use super::objects::{Definition, Namespace, Node, Secret, ServiceAccount};
use super::view::View;
use super::workload::TEMPLATES;
use super::{Inventory, Meta, SubjectKind, rbac};
use crate::object::{ReadProblem, Trouble};
use crate::split::split_documents;
use crate::tree::{NodeId, Tree};
use crate::{Limits, json, yaml};

/// How deeply Secrets are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Depth {
    /// Not at all: their names come from whatever refers to them.
    References,
    /// Names, types, keys and names of annotations.
    #[default]
    Metadata,
    /// Fingerprints of the values too; the values are forgotten.
    Values,
}

/// Makes an [`Inventory`].
///
/// An object that comes twice (a manifest and a dump, a list read again) is kept as it came last.
#[derive(Debug, Default)]
pub struct Builder {
    inventory: Inventory,
    known: HashMap<(Table, Name, Name), usize>,
    key: Option<EstateKey>,
    values: Option<Values>,
    default_namespace: Option<Name>,
    limits: Option<Limits>,
    mentioned: Vec<(Name, Name)>,
}

/// Values on their way to whoever looks for copies of them; wiped when they are dropped.
#[derive(Default)]
pub(super) struct Values(pub(super) Vec<SecretBytes>);

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} values", self.0.len())
    }
}

/// Which list an object stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Table {
    Namespace,
    Node,
    Secret,
    Account,
    Role,
    ClusterRole,
    Binding,
    ClusterBinding,
    Pod,
    /// By place in `TEMPLATES`.
    Template(usize),
    Claim,
    Volume,
}

/// How deep lists may stand in lists.
const MAX_LISTS: usize = 4;

/// Caps for one document: a YAML list of a whole cluster is one document.
const LIMITS: Limits = Limits { document: Limits::MAX_DOCUMENT, nodes: 1 << 24, depth: 128, output: 0 };

impl Builder {
    /// Says how deeply Secrets are looked at; [`Depth::Metadata`] if nobody does.
    #[must_use]
    pub fn depth(mut self, depth: Depth) -> Self {
        self.inventory.depth = depth;
        self
    }

    /// Looks at values too, and keeps their fingerprints under this key.
    #[must_use]
    pub fn fingerprints(mut self, key: EstateKey) -> Self {
        self.inventory.depth = Depth::Values;
        self.key = Some(key);
        self
    }

    /// Looks at values too, for somebody who looks for copies of them in other places: they wait for
    /// [`take_values`](Self::take_values) and never enter the inventory.
    #[must_use]
    pub fn handing_values(mut self) -> Self {
        self.inventory.depth = Depth::Values;
        self.values = Some(Values::default());
        self
    }

    /// The values that were met since the last call: of each Secret those that are secrets by the names
    /// of their keys (no certificates, users or hosts) and that are not weak.
    pub fn take_values(&mut self) -> Vec<SecretBytes> {
        self.values.as_mut().map(|values| std::mem::take(&mut values.0)).unwrap_or_default()
    }

    /// The namespace of objects that should have one and name none; `default` if nobody says.
    #[must_use]
    pub fn default_namespace(mut self, namespace: &str) -> Self {
        self.default_namespace = Some(self.inventory.names.intern(namespace));
        self
    }

    /// Caps for one document, for tests that want to meet them.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Says which API server this is: the minor version of Kubernetes 1.x.
    pub fn minor(&mut self, minor: u32) {
        self.inventory.minor = Some(minor);
    }

    /// Says that all objects of a kind were given, even where there are none.
    pub fn assessed(&mut self, plural: &str) {
        self.inventory.coverage.set(plural, Assessed::Yes);
    }

    /// Says that a kind could not be read, or not all of it, and why.
    pub fn not_assessed(&mut self, plural: &str, reason: &str) {
        self.inventory.coverage.set(plural, Assessed::No(reason.to_owned()));
    }

    /// Says that a Secret is asked about: it is entered even if nothing names it, so that whoever may
    /// read it by its name is told without any look at Secrets.
    pub fn mention(&mut self, namespace: &str, name: &str) {
        let names = &mut self.inventory.names;
        self.mentioned.push((names.intern(namespace), names.intern(name)));
    }

    /// Takes one object, or a list of objects, from a wire.
    pub fn add(&mut self, object: &Value) {
        self.view(View::Json(object), None, 0);
    }

    /// Takes one object of a typed list (`SecretList`), whose items do not say what they are.
    pub fn add_item(&mut self, item: &Value, api_version: &str, kind: &str) {
        self.view(View::Json(item), Some((api_version, kind)), 0);
    }

    /// Reads a file of YAML or JSON documents: manifests, `kubectl get -o json|yaml`, `kubectl
    /// cluster-info dump`. Nothing here fails: what could not be read is in the answer, at an offset
    /// of `source`.
    pub fn read(&mut self, source: &[u8]) -> Vec<ReadProblem> {
        let mut problems = Vec::new();
        for range in split_documents(source) {
            self.document(&source[range.clone()], range.start, &mut problems);
        }
        problems
    }

    /// The inventory: aggregated roles filled in, what is only named entered, all lists sorted.
    pub fn finish(mut self) -> Inventory {
        if self.inventory.depth == Depth::References {
            self.not_assessed("secrets", "only references to Secrets were asked for");
        }
        self.enter_named();
        let mut all = self.inventory;
        let names = std::mem::take(&mut all.names);
        let text = |name: Name| names.text(name);
        let maybe = |name: Option<Name>| name.map(|name| names.text(name));
        all.namespaces.sort_by_key(|it| text(it.name));
        all.nodes.sort_by_key(|it| text(it.name));
        all.volumes.sort_by_key(|it| text(it.name));
        all.secrets.sort_by_key(|it| (text(it.namespace), text(it.name)));
        all.accounts.sort_by_key(|it| (text(it.namespace), text(it.name)));
        all.claims.sort_by_key(|it| (text(it.namespace), text(it.name)));
        all.roles.sort_by_key(|it| (maybe(it.namespace), text(it.name)));
        all.bindings.sort_by_key(|it| (maybe(it.namespace), text(it.name)));
        all.pods.sort_by_key(|it| (text(it.namespace), text(it.name)));
        all.templates.sort_by_key(|it| (text(it.namespace), text(it.kind), text(it.name)));
        all.definitions.sort_by_key(|it| (text(it.group), text(it.plural)));
        all.definitions.dedup();
        all.references.sort_by_key(|it| (text(it.from.1), text(it.from.0), text(it.from.2), text(it.field)));
        all.references.dedup();
        rbac::aggregate(&mut all.roles, &names);
        all.names = names;
        all.coverage.finish();
        all
    }

    fn document(&mut self, source: &[u8], base: usize, problems: &mut Vec<ReadProblem>) {
        let (source, base) = match source.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) => (rest, base + 3),
            None => (source, base),
        };
        // What says nowhere what it is, is no object.
        if memchr::memmem::find(source, b"kind").is_none() {
            return;
        }
        let limits = self.limits.unwrap_or(LIMITS);
        if source.len() > limits.document.min(Limits::MAX_DOCUMENT) {
            return problems.push(ReadProblem { offset: base, what: Trouble::DocumentSize });
        }
        if matches!(source.iter().find(|byte| !byte.is_ascii_whitespace()), Some(b'{' | b'[')) {
            let mut at = 0;
            // Several objects behind each other, as `kubectl cluster-info dump` prints them.
            while let Some(len) = self.json_value(&source[at..], base + at, &limits, problems) {
                at += len;
            }
            return;
        }
        let text = yaml::as_text(source);
        match yaml::read(source, &text, base, &limits) {
            Ok(tree) => self.tree(&tree, problems),
            Err(error) => {
                let offset = base + error.offset.min(source.len());
                problems.push(ReadProblem { offset, what: Trouble::Syntax });
            }
        }
    }

    /// Reads one JSON value; its length, or `None` at the end or where the rest cannot be read.
    fn json_value(
        &mut self,
        source: &[u8],
        base: usize,
        limits: &Limits,
        problems: &mut Vec<ReadProblem>,
    ) -> Option<usize> {
        let Some(list) = items(source).filter(|list| list.items.len() > 1) else {
            return match json::read(source, base, limits, None) {
                Ok(None) => None,
                Ok(Some((tree, len))) => {
                    self.tree(&tree, problems);
                    Some(len)
                }
                Err(error) => {
                    let offset = base + error.offset.min(source.len());
                    problems.push(ReadProblem { offset, what: Trouble::Syntax });
                    None
                }
            };
        };
        // The list without its items says what they are.
        let (before, after) = (&source[..list.array.start], &source[list.array.end..]);
        let head = [before, b"[]".as_slice(), after].concat();
        let (head, len) = match json::read(&head, base, limits, None) {
            Ok(Some((tree, len))) => (list_of(View::Node(&tree, NodeId::ROOT)), len),
            _ => (None, head.len()),
        };
        let head = head.as_ref().map(|(version, kind)| (version.as_str(), kind.as_str()));
        for item in &list.items {
            match json::read(&source[item.clone()], base + item.start, limits, None) {
                Ok(Some((tree, _))) => {
                    Self::cuts(&tree, problems);
                    self.view(View::Node(&tree, NodeId::ROOT), head, 1);
                }
                Ok(None) => {}
                Err(error) => {
                    let offset = base + item.start + error.offset.min(item.len());
                    problems.push(ReadProblem { offset, what: Trouble::Syntax });
                }
            }
        }
        Some((len + list.array.len()).saturating_sub(2).min(source.len()))
    }

    fn tree(&mut self, tree: &Tree<'_>, problems: &mut Vec<ReadProblem>) {
        Self::cuts(tree, problems);
        if !tree.is_empty() {
            self.view(View::Node(tree, NodeId::ROOT), None, 0);
            if tree.is_spent() {
                problems.push(ReadProblem { offset: tree.base, what: Trouble::Nodes });
            }
        }
    }

    fn cuts(tree: &Tree<'_>, problems: &mut Vec<ReadProblem>) {
        problems.extend(tree.cuts.iter().map(|(cut, offset)| {
            let what = match cut {
                crate::tree::Cut::Depth => Trouble::Depth,
                crate::tree::Cut::Nodes => Trouble::Nodes,
            };
            ReadProblem { offset: *offset, what }
        }));
    }

    /// Takes an object; `of` says what the items of a typed list are.
    fn view(&mut self, object: View<'_>, of: Option<(&str, &str)>, level: usize) {
        if let View::Json(Value::Array(_)) = object {
            return self.list(object.items(), None, level);
        }
        let version = object.word_at("apiVersion");
        let kind = object.word_at("kind");
        let (version, kind) = match (version, kind, of) {
            (Some(version), Some(kind), _) => (version, kind),
            (None, _, Some((version, kind))) | (_, None, Some((version, kind))) => {
                (version.into(), kind.into())
            }
            _ => return,
        };
        if kind.ends_with("List")
            && let Some(items) = object.at("items")
        {
            let of = list_of(object);
            let of = of.as_ref().map(|(version, kind)| (version.as_str(), kind.as_str()));
            if let Some((_, kind)) = of {
                self.seen(kind);
            }
            return self.list(items.items(), of, level);
        }
        let group = version.split_once('/').map_or("", |(group, _)| group);
        self.object(object, group, &kind);
    }

    fn list(&mut self, items: Vec<View<'_>>, of: Option<(&str, &str)>, level: usize) {
        if level < MAX_LISTS {
            for item in items {
                self.view(item, of, level + 1);
            }
        }
    }

    /// An empty typed list says that there are no objects of its kind.
    fn seen(&mut self, kind: &str) {
        if let Some(plural) = plural(kind) {
            self.inventory.coverage.seen(plural);
        }
    }

    fn object(&mut self, object: View<'_>, group: &str, kind: &str) {
        let default_namespace = match self.default_namespace {
            Some(namespace) => namespace,
            None => self.inventory.names.intern("default"),
        };
        let depth = self.inventory.depth;
        let Inventory { names, coverage, references, definitions, cloud_map, .. } = &mut self.inventory;
        let mut reader = Reader { names };
        let Some(meta) = reader.meta(object, default_namespace) else { return };
        let (namespace, name) = (meta.namespace, meta.name);
        if let Some(plural) = plural(kind).filter(|_| is_ours(group, kind)) {
            coverage.seen(plural);
        }
        macro_rules! put {
            ($table:expr, $list:ident, $namespace:expr, $object:expr) => {{
                let object = $object;
                put(&mut self.known, &mut self.inventory.$list, ($table, $namespace, name), object);
            }};
        }
        match (group, kind) {
            ("", "Namespace") => {
                put!(Table::Namespace, namespaces, name, Reader::namespace(object, &meta));
            }
            ("", "Node") => put!(Table::Node, nodes, name, Reader::node(object, &meta)),
            ("", "Secret") if depth > Depth::References => {
                let (key, values) = (self.key.as_ref(), self.values.as_mut());
                put!(Table::Secret, secrets, namespace, reader.secret(object, &meta, key, values));
            }
            ("", "ServiceAccount") => {
                put!(Table::Account, accounts, namespace, reader.service_account(object, &meta));
            }
            ("rbac.authorization.k8s.io", "Role") => {
                put!(Table::Role, roles, namespace, reader.role(object, &meta, false));
            }
            ("rbac.authorization.k8s.io", "ClusterRole") => {
                put!(Table::ClusterRole, roles, name, reader.role(object, &meta, true));
            }
            ("rbac.authorization.k8s.io", "RoleBinding") => {
                put!(Table::Binding, bindings, namespace, reader.binding(object, &meta, false));
            }
            ("rbac.authorization.k8s.io", "ClusterRoleBinding") => {
                put!(Table::ClusterBinding, bindings, name, reader.binding(object, &meta, true));
            }
            ("", "PersistentVolumeClaim") => {
                put!(Table::Claim, claims, namespace, reader.claim(object, &meta));
            }
            ("", "PersistentVolume") => {
                if let Some(volume) = reader.volume(object, &meta) {
                    put!(Table::Volume, volumes, name, volume);
                }
            }
            ("apiextensions.k8s.io", "CustomResourceDefinition") => {
                if let Some(definition) = reader.definition(object) {
                    definitions.push(definition);
                }
            }
            ("", "ConfigMap") => {
                let place = (reader.names.text(namespace), reader.names.text(name));
                *cloud_map |= place == ("kube-system", "aws-auth");
            }
            ("" | "apps" | "batch" | "extensions", _) => {
                let Some(at) = TEMPLATES.iter().position(|(known, ..)| *known == kind) else { return };
                let Some(workload) = reader.workload(object, &meta, kind, TEMPLATES[at].2) else { return };
                if kind == "Pod" {
                    put!(Table::Pod, pods, namespace, workload);
                } else {
                    put!(Table::Template(at), templates, namespace, workload);
                }
            }
            ("networking.k8s.io", "Ingress") => {
                reader.references(object, &meta, kind, references);
            }
            (group, kind) if group.contains('.') && !group.ends_with(".k8s.io") => {
                reader.references(object, &meta, kind, references);
                // Without its definition the plural of a kind is a guess, and nearly always this.
                let plural = reader.names.intern(&format!("{}s", kind.to_ascii_lowercase()));
                let definition = Definition { group: reader.names.intern(group), plural };
                if definitions.last() != Some(&definition) {
                    definitions.push(definition);
                }
            }
            _ => {}
        }
    }

    /// Enters namespaces, nodes, accounts and Secrets that only other objects name.
    fn enter_named(&mut self) {
        let Self { inventory: all, known, mentioned, .. } = self;
        let default = all.names.intern("default");
        let mut secrets: Vec<(Name, Name)> = std::mem::take(mentioned);
        let mut accounts: Vec<(Name, Name)> = Vec::new();
        let mut nodes: Vec<Name> = Vec::new();
        for workload in all.pods.iter().chain(&all.templates) {
            secrets.extend(workload.secrets.iter().map(|it| (workload.namespace, it.secret)));
            accounts.push((workload.namespace, workload.account));
            nodes.extend(workload.node);
        }
        for account in &all.accounts {
            secrets.extend(account.secrets.iter().map(|it| (account.namespace, it.secret)));
        }
        for volume in &all.volumes {
            secrets.extend(volume.secrets.iter().map(|(namespace, it)| (*namespace, it.secret)));
        }
        secrets.extend(all.references.iter().map(|it| (it.from.1, it.secret)));
        // A rule of a Role that names Secrets says that they are, or are to be, in its namespace.
        if let (Some(resource), Some(group)) = (all.names.find("secrets"), all.names.find("")) {
            for role in &all.roles {
                let Some(namespace) = role.namespace else { continue };
                let named = role
                    .rules
                    .iter()
                    .filter(|rule| rule.resources.contains(&resource) && rule.groups.contains(&group));
                let named = named.flat_map(|rule| rule.names.iter().copied());
                secrets.extend(named.filter(|name| *name != group).map(|name| (namespace, name)));
            }
        }
        for (namespace, name) in secrets {
            let new = || Secret {
                namespace,
                name,
                kind: None,
                keys: Box::default(),
                fingerprints: Box::default(),
                account: None,
                annotations: Box::default(),
                applied: false,
                finalizers: false,
                seen: false,
                owner: None,
                origin: None,
            };
            enter(known, &mut all.secrets, (Table::Secret, namespace, name), new);
        }
        for subject in
            all.bindings.iter().flat_map(|it| it.subjects.iter().map(|subject| (it.namespace, subject)))
        {
            match subject {
                // Without a namespace it is one of the binding's; a ClusterRoleBinding has none.
                (here, subject) if subject.kind == SubjectKind::ServiceAccount => {
                    accounts.extend(subject.namespace.or(here).map(|it| (it, subject.name)));
                }
                // An account may be bound by its user's name too.
                (_, subject) if subject.kind == SubjectKind::User => {
                    let user = all.names.text(subject.name).to_owned();
                    let account =
                        user.strip_prefix("system:serviceaccount:").and_then(|it| it.split_once(':'));
                    if let Some((namespace, name)) = account.filter(|(a, b)| !a.is_empty() && !b.is_empty()) {
                        accounts.push((all.names.intern(namespace), all.names.intern(name)));
                    }
                }
                _ => {}
            }
        }
        let enter_account = |accounts: &mut Vec<ServiceAccount>, known: &mut Known, namespace, name| {
            let new = || ServiceAccount {
                namespace,
                name,
                automount: true,
                secrets: Box::default(),
                only_mountable: false,
                seen: false,
                origin: None,
            };
            enter(known, accounts, (Table::Account, namespace, name), new);
        };
        for (namespace, name) in accounts {
            enter_account(&mut all.accounts, known, namespace, name);
        }
        for name in nodes {
            let new = || Node { name, control_plane: false, minor: None, seen: false };
            enter(known, &mut all.nodes, (Table::Node, name, name), new);
        }
        let namespaces = all.secrets.iter().map(|it| it.namespace);
        let namespaces = namespaces.chain(all.accounts.iter().map(|it| it.namespace));
        let namespaces = namespaces.chain(all.bindings.iter().filter_map(|it| it.namespace));
        let namespaces: Vec<Name> = namespaces.chain(all.pods.iter().map(|it| it.namespace)).collect();
        for name in namespaces {
            let new = || Namespace { name, enforce: super::PodSecurity::Privileged, seen: false };
            enter(known, &mut all.namespaces, (Table::Namespace, name, name), new);
        }
        for namespace in &all.namespaces {
            // The controller makes one in every namespace.
            enter_account(&mut all.accounts, known, namespace.name, default);
        }
    }
}

type Known = HashMap<(Table, Name, Name), usize>;

/// Puts an object where the same object stood before, or at the end.
fn put<T>(known: &mut Known, list: &mut Vec<T>, key: (Table, Name, Name), object: T) {
    if let Some(place) = known.get(&key).and_then(|at| list.get_mut(*at)) {
        *place = object;
    } else {
        known.insert(key, list.len());
        list.push(object);
    }
}

/// Enters an object that is only named, unless it is known.
fn enter<T>(known: &mut Known, list: &mut Vec<T>, key: (Table, Name, Name), new: impl FnOnce() -> T) {
    known.entry(key).or_insert_with(|| {
        list.push(new());
        list.len() - 1
    });
}

/// What the items of a typed list are: `SecretList` of `v1` holds Secrets.
fn list_of(list: View<'_>) -> Option<(String, String)> {
    let kind = list.word_at("kind")?;
    let kind = kind.strip_suffix("List").filter(|kind| !kind.is_empty())?;
    Some((list.word_at("apiVersion")?.into_owned(), kind.to_owned()))
}

/// The plural names of the kinds that are read.
fn plural(kind: &str) -> Option<&'static str> {
    let template = TEMPLATES.iter().find(|(known, ..)| *known == kind).map(|(_, plural, _)| *plural);
    template.or(match kind {
        "ClusterRole" => Some("clusterroles"),
        "ClusterRoleBinding" => Some("clusterrolebindings"),
        "ConfigMap" => Some("configmaps"),
        "CustomResourceDefinition" => Some("customresourcedefinitions"),
        "Ingress" => Some("ingresses"),
        "Namespace" => Some("namespaces"),
        "Node" => Some("nodes"),
        "PersistentVolume" => Some("persistentvolumes"),
        "PersistentVolumeClaim" => Some("persistentvolumeclaims"),
        "Role" => Some("roles"),
        "RoleBinding" => Some("rolebindings"),
        "Secret" => Some("secrets"),
        "ServiceAccount" => Some("serviceaccounts"),
        _ => None,
    })
}

/// Whether a kind of this group is Kubernetes' own: `Role` is a common name elsewhere too.
fn is_ours(group: &str, kind: &str) -> bool {
    match kind {
        "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding" => group == "rbac.authorization.k8s.io",
        "CustomResourceDefinition" => group == "apiextensions.k8s.io",
        "Ingress" => group == "networking.k8s.io",
        _ => matches!(group, "" | "apps" | "batch" | "extensions"),
    }
}

/// What reads the members of one object.
pub(super) struct Reader<'n> {
    pub(super) names: &'n mut Names,
}

impl Reader<'_> {
    /// The name of a scalar's text.
    pub(super) fn name_of(&mut self, view: View<'_>) -> Option<Name> {
        Some(self.names.intern(&view.text()?))
    }

    fn meta(&mut self, object: View<'_>, default_namespace: Name) -> Option<Meta> {
        let metadata = object.at("metadata")?;
        let name = self.names.intern(&metadata.word_at("name")?);
        let namespace = metadata.word_at("namespace").map(|it| self.names.intern(&it));
        let mut pairs = metadata.at("labels").map(View::entries).unwrap_or_default();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        let is_role = object.at("rules").is_some() || object.at("aggregationRule").is_some();
        let labels = pairs.iter().filter(|_| is_role);
        let labels = labels
            .filter_map(|(key, value)| Some((self.names.intern(key), self.names.intern(&value.text()?))));
        let labels = labels.collect();
        let annotations = metadata.at("annotations");
        let owners = metadata.list("ownerReferences");
        let owner = owners.iter().find(|owner| owner.flag("controller") == Some(true)).or(owners.first());
        let owner = owner.and_then(|owner| {
            Some((self.names.intern(&owner.word_at("kind")?), self.names.intern(&owner.word_at("name")?)))
        });
        let mirror = annotations.is_some_and(|all| all.at("kubernetes.io/config.mirror").is_some());
        Some(Meta {
            namespace: namespace.unwrap_or(default_namespace),
            name,
            labels,
            bootstrap: pairs.iter().any(|(key, _)| key == "kubernetes.io/bootstrapping"),
            stored: metadata.at("uid").is_some() || metadata.at("resourceVersion").is_some(),
            owner,
            mirror,
            origin: self.origin(metadata.at("labels"), annotations),
        })
    }

    /// The chart or operator that brought an object, by the marks that Helm, OLM, Argo CD and the
    /// recommended labels of Kubernetes leave.
    fn origin(&mut self, labels: Option<View<'_>>, annotations: Option<View<'_>>) -> Option<Name> {
        let annotation = |key| annotations.and_then(|all| all.word_at(key));
        let label = |key| labels.and_then(|all| all.word_at(key));
        if let Some(release) = annotation("meta.helm.sh/release-name") {
            return Some(self.names.intern(&format!("release {release}")));
        }
        for key in [
            "helm.sh/chart",
            "olm.owner",
            "app.kubernetes.io/part-of",
            "app.kubernetes.io/instance",
            "app.kubernetes.io/name",
        ] {
            if let Some(value) = label(key) {
                return Some(self.names.intern(&value));
            }
        }
        None
    }
}
