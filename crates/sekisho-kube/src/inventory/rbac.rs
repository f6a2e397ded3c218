//! Roles and bindings, and the roles that are made of others.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::builder::Reader;
use super::names::{Name, Names};
use super::view::View;
use super::{Meta, sorted_names};

/// A Role, or a ClusterRole (which has no namespace).
#[derive(Debug, Clone)]
pub struct Role {
    /// Namespace of a Role; `None` for a ClusterRole.
    pub namespace: Option<Name>,
    /// Name.
    pub name: Name,
    /// What it grants. Of an aggregated role what the controller filled in, or what it would.
    pub rules: Box<[Rule]>,
    /// Which ClusterRoles it is made of, if it is aggregated.
    pub aggregates: Option<Box<[Selector]>>,
    /// Labels, sorted by key's text.
    pub labels: Box<[(Name, Name)]>,
    /// Made by the API server itself (label `kubernetes.io/bootstrapping`): not to be edited.
    pub bootstrap: bool,
    /// Whether it comes from a server, whose controller has filled in an aggregated role's rules.
    pub stored: bool,
    /// What brought it.
    pub origin: Option<Name>,
}

/// One rule of a role. RBAC compares all of it literally.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rule {
    /// `verbs`.
    pub verbs: Box<[Name]>,
    /// `apiGroups`.
    pub groups: Box<[Name]>,
    /// `resources`, subresources behind a slash.
    pub resources: Box<[Name]>,
    /// `resourceNames`; none means all.
    pub names: Box<[Name]>,
    /// `nonResourceURLs`.
    pub urls: Box<[Name]>,
    /// Of an aggregated role: the ClusterRoles that give it this very rule, each with the rule's index
    /// there. None where nobody does any more: then the controller is about to take it away.
    pub from: Box<[(Name, u32)]>,
}

/// A label selector; all its requirements must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector(Box<[Requirement]>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: Name,
    operator: Operator,
    values: Box<[Name]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    /// An operator that Kubernetes does not know, which selects nothing.
    Unknown,
}

impl Selector {
    fn matches(&self, labels: &[(Name, Name)]) -> bool {
        self.0.iter().all(|requirement| {
            let value = labels.iter().find(|(key, _)| *key == requirement.key).map(|(_, value)| value);
            match requirement.operator {
                Operator::In => value.is_some_and(|value| requirement.values.contains(value)),
                // As in Kubernetes: an object without the key is not in any list.
                Operator::NotIn => value.is_none_or(|value| !requirement.values.contains(value)),
                Operator::Exists => value.is_some(),
                Operator::DoesNotExist => value.is_none(),
                Operator::Unknown => false,
            }
        })
    }
}

/// A RoleBinding, or a ClusterRoleBinding (which has no namespace).
#[derive(Debug, Clone)]
pub struct Binding {
    /// Namespace of a RoleBinding; `None` for a ClusterRoleBinding.
    pub namespace: Option<Name>,
    /// Name.
    pub name: Name,
    /// `roleRef.kind`.
    pub role_kind: RoleKind,
    /// `roleRef.name`.
    pub role_name: Name,
    /// `subjects`.
    pub subjects: Box<[Subject]>,
    /// Made by the API server itself (label `kubernetes.io/bootstrapping`): not to be removed.
    pub bootstrap: bool,
    /// What brought it.
    pub origin: Option<Name>,
}

/// What a binding refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoleKind {
    /// A Role of the binding's namespace.
    Role,
    /// A ClusterRole.
    ClusterRole,
    /// Anything else grants nothing.
    Other,
}

/// One subject of a binding, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subject {
    /// `kind`.
    pub kind: SubjectKind,
    /// `name`.
    pub name: Name,
    /// `namespace`, if it is not empty.
    pub namespace: Option<Name>,
}

/// The kinds of subjects that RBAC knows; it does not look at their apiGroup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SubjectKind {
    /// A user, by the exact name.
    User,
    /// A group, by the exact name.
    Group,
    /// A service account.
    ServiceAccount,
    /// Anything else matches nobody.
    Other,
}

impl Reader<'_> {
    pub(super) fn role(&mut self, object: View<'_>, meta: &Meta, cluster: bool) -> Role {
        let rules = object.list("rules").into_iter().map(|rule| self.rule(rule)).collect();
        let aggregates = object.at("aggregationRule").filter(|_| cluster);
        let aggregates = aggregates.map(|rule| {
            rule.list("clusterRoleSelectors").into_iter().map(|selector| self.selector(selector)).collect()
        });
        Role {
            namespace: if cluster { None } else { Some(meta.namespace) },
            name: meta.name,
            rules,
            aggregates,
            labels: meta.labels.clone(),
            bootstrap: meta.bootstrap,
            stored: meta.stored,
            origin: meta.origin,
        }
    }

    fn rule(&mut self, rule: View<'_>) -> Rule {
        let mut list = |key| rule.list(key).into_iter().filter_map(|item| self.name_of(item)).collect();
        Rule {
            verbs: list("verbs"),
            groups: list("apiGroups"),
            resources: list("resources"),
            names: list("resourceNames"),
            urls: list("nonResourceURLs"),
            from: Box::default(),
        }
    }

    fn selector(&mut self, selector: View<'_>) -> Selector {
        let mut requirements = Vec::new();
        for (key, value) in selector.at("matchLabels").map(View::entries).unwrap_or_default() {
            let Some(value) = self.name_of(value) else { continue };
            let key = self.names.intern(&key);
            requirements.push(Requirement { key, operator: Operator::In, values: Box::new([value]) });
        }
        for expression in selector.list("matchExpressions") {
            let key = self.names.intern(&expression.text_at("key").unwrap_or_default());
            let operator = match expression.text_at("operator").unwrap_or_default().as_ref() {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                _ => Operator::Unknown,
            };
            let values = expression.list("values");
            let values = values.into_iter().filter_map(|value| self.name_of(value)).collect();
            requirements.push(Requirement { key, operator, values });
        }
        Selector(requirements.into())
    }

    pub(super) fn binding(&mut self, object: View<'_>, meta: &Meta, cluster: bool) -> Binding {
        let reference = object.at("roleRef");
        let text = |key| reference.and_then(|reference| reference.text_at(key)).unwrap_or_default();
        let role_kind = match text("kind").as_ref() {
            "Role" => RoleKind::Role,
            "ClusterRole" => RoleKind::ClusterRole,
            _ => RoleKind::Other,
        };
        let subjects = object.list("subjects").into_iter().map(|subject| self.subject(subject)).collect();
        Binding {
            namespace: if cluster { None } else { Some(meta.namespace) },
            name: meta.name,
            role_kind,
            role_name: self.names.intern(&text("name")),
            subjects,
            bootstrap: meta.bootstrap,
            origin: meta.origin,
        }
    }

    fn subject(&mut self, subject: View<'_>) -> Subject {
        let kind = match subject.text_at("kind").unwrap_or_default().as_ref() {
            "User" => SubjectKind::User,
            "Group" => SubjectKind::Group,
            "ServiceAccount" => SubjectKind::ServiceAccount,
            _ => SubjectKind::Other,
        };
        let name = self.names.intern(&subject.text_at("name").unwrap_or_default());
        let namespace = subject.word_at("namespace").map(|namespace| self.names.intern(&namespace));
        Subject { kind, name, namespace }
    }
}

/// Fills in the rules of aggregated ClusterRoles that no controller has filled in: the union of the
/// rules of all ClusterRoles that a selector matches, itself left out, to the end of the chain.
/// What such a role says of its own is overwritten, as the controller does
/// (`kube-controller-manager`, `clusterroleaggregation`). Of all aggregated roles, those that a server
/// filled in too, it notes where each rule comes from: only there it can be changed.
pub(super) fn aggregate(roles: &mut [Role], names: &Names) {
    let cluster: Vec<usize> = (0..roles.len()).filter(|at| roles[*at].namespace.is_none()).collect();
    let mut parts: HashMap<usize, Vec<usize>> = HashMap::new();
    for at in &cluster {
        let Some(selectors) = roles[*at].aggregates.as_deref() else { continue };
        let selected = cluster.iter().copied().filter(|other| {
            other != at && selectors.iter().any(|selector| selector.matches(&roles[*other].labels))
        });
        parts.insert(*at, sorted_names(selected, |other| names.text(roles[other].name)));
    }
    let aggregates = cluster.iter().copied().filter(|at| parts.contains_key(at));
    let (stored, open): (Vec<usize>, Vec<usize>) = aggregates.partition(|at| roles[*at].stored);
    for at in open {
        // Every role at the end of a way through open ones gives its own rules, each rule once.
        let mut rules: Vec<Rule> = Vec::new();
        let mut known = HashSet::new();
        for part in ends(at, &parts, &|part| !roles[part].stored) {
            rules.extend(roles[part].rules.iter().filter(|rule| known.insert(*rule)).cloned());
        }
        attribute(&mut rules, at, &parts, roles);
        roles[at].rules = rules.into();
    }
    for at in stored {
        let mut rules = std::mem::take(&mut roles[at].rules);
        attribute(&mut rules, at, &parts, roles);
        roles[at].rules = rules;
    }
}

/// The roles that an aggregated one is made of at last, by way of the aggregated ones that are open.
fn ends(at: usize, parts: &HashMap<usize, Vec<usize>>, open: &dyn Fn(usize) -> bool) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut seen = BTreeSet::from([at]);
    let mut waiting: Vec<usize> = parts[&at].iter().rev().copied().collect();
    while let Some(part) = waiting.pop() {
        match parts.get(&part).filter(|_| open(part)) {
            _ if !seen.insert(part) => {}
            Some(further) => waiting.extend(further.iter().rev()),
            None => ends.push(part),
        }
    }
    ends
}

/// Notes where the rules of an aggregated role come from.
fn attribute(rules: &mut [Rule], at: usize, parts: &HashMap<usize, Vec<usize>>, roles: &[Role]) {
    let mut givers: HashMap<&Rule, Vec<(Name, u32)>> = HashMap::new();
    for part in ends(at, parts, &|_| true) {
        for (index, rule) in roles[part].rules.iter().enumerate() {
            givers.entry(rule).or_default().push((roles[part].name, index as u32));
        }
    }
    for rule in rules {
        rule.from = Box::default();
        rule.from = givers.get(rule).map(|givers| givers.as_slice().into()).unwrap_or_default();
    }
}
