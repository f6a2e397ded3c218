//! The RBAC evaluator: may this identity do this?
//!
//! Sources, all of Kubernetes: `pkg/apis/rbac/v1/evaluation_helpers.go` (one rule against one
//! request), `pkg/registry/rbac/validation/rule.go` (which bindings apply, to whom),
//! `plugin/pkg/auth/authorizer/rbac/rbac.go`, `staging/src/k8s.io/apiserver/pkg/endpoints/request/
//! requestinfo.go` (what a request on the wire asks for) and `component-helpers/auth/rbac/validation/
//! policy_comparator.go` (what one may hand on). The tests hold it to recorded decisions.
//!
//! RBAC only ever allows. Denials of other authorizers (webhooks) are beyond an inventory.

mod action;
mod covers;
mod identity;
mod rule;

use std::collections::HashMap;

use sekisho_kube::inventory::{Binding, Inventory, Name, RoleKind, Subject, SubjectKind};

pub use action::{Action, Resource, from_http};
pub use covers::covers;
pub(crate) use identity::account_of;
pub use identity::{Identity, MASTERS};

/// Why something is allowed: a rule of a role, through a binding. Places in the inventory's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Grant {
    /// The binding, in `inventory.bindings`.
    pub binding: u32,
    /// The role that it refers to, in `inventory.roles`.
    pub role: u32,
    /// The rule, in `role.rules`.
    pub rule: u32,
}

/// What the authorizers Node and RBAC say, as far as an inventory can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A member of `system:masters`: allowed before anybody is asked.
    Masters,
    /// Allowed by this grant (the first of possibly several).
    Granted(Grant),
    /// No binding allows it.
    NoOpinion,
}

impl Decision {
    /// Whether it is allowed.
    pub fn is_allowed(self) -> bool {
        self != Self::NoOpinion
    }
}

/// The bindings of an inventory, ready to be asked.
#[derive(Debug)]
pub struct Rbac<'i> {
    inventory: &'i Inventory,
    cluster: Vec<u32>,
    namespaced: HashMap<Name, Vec<u32>>,
    roles: HashMap<(Option<Name>, Name), u32>,
}

impl<'i> Rbac<'i> {
    /// Sorts an inventory's bindings by where they apply.
    pub fn new(inventory: &'i Inventory) -> Self {
        let mut cluster = Vec::new();
        let mut namespaced: HashMap<Name, Vec<u32>> = HashMap::new();
        for (at, binding) in inventory.bindings.iter().enumerate() {
            match binding.namespace {
                Some(namespace) => namespaced.entry(namespace).or_default().push(at as u32),
                None => cluster.push(at as u32),
            }
        }
        let roles = inventory.roles.iter().enumerate();
        let roles = roles.map(|(at, role)| ((role.namespace, role.name), at as u32)).collect();
        Self { inventory, cluster, namespaced, roles }
    }

    /// The role that a binding grants; `None` where there is none: it grants nothing, for now.
    pub fn role_of(&self, binding: &Binding) -> Option<u32> {
        let namespace = match binding.role_kind {
            // A ClusterRoleBinding cannot refer to a Role: there is no namespace to look in.
            RoleKind::Role => Some(binding.namespace?),
            RoleKind::ClusterRole => None,
            RoleKind::Other => return None,
        };
        self.roles.get(&(namespace, binding.role_name)).copied()
    }

    /// A Role by namespace and name.
    pub(crate) fn role(&self, namespace: Name, name: Name) -> Option<u32> {
        self.roles.get(&(Some(namespace), name)).copied()
    }

    /// A ClusterRole by its name.
    pub(crate) fn cluster_role(&self, name: Name) -> Option<u32> {
        self.roles.get(&(None, name)).copied()
    }

    /// Whether an identity may do something.
    pub fn decide(&self, identity: &Identity, action: &Action<'_>) -> Decision {
        if identity.groups.iter().any(|group| group == MASTERS) {
            return Decision::Masters;
        }
        self.grants(identity, action).next().map_or(Decision::NoOpinion, Decision::Granted)
    }

    /// Every grant that allows it: ClusterRoleBindings first, then the RoleBindings of the request's
    /// namespace, in their order.
    pub fn grants<'a>(
        &'a self,
        identity: &'a Identity,
        action: &'a Action<'a>,
    ) -> impl Iterator<Item = Grant> + 'a {
        let namespace = self.inventory.names.find(action.namespace());
        let own = namespace.filter(|_| !action.namespace().is_empty());
        let own = own.and_then(|namespace| self.namespaced.get(&namespace)).map_or(&[][..], Vec::as_slice);
        self.cluster.iter().chain(own).flat_map(move |at| {
            let binding = &self.inventory.bindings[*at as usize];
            let applies =
                binding.subjects.iter().any(|subject| self.applies(identity, subject, binding.namespace));
            let role = applies.then(|| self.role_of(binding)).flatten();
            role.into_iter().flat_map(move |role| {
                let rules = self.inventory.roles[role as usize].rules.iter().enumerate();
                let allowed =
                    rules.filter(move |(_, rule)| rule::allows(&self.inventory.names, rule, action));
                allowed.map(move |(rule, _)| Grant { binding: *at, role, rule: rule as u32 })
            })
        })
    }

    /// `appliesToUser`: a subject's apiGroup is not looked at, and a service account without a
    /// namespace is one of the binding's.
    fn applies(&self, identity: &Identity, subject: &Subject, binding: Option<Name>) -> bool {
        let name = self.inventory.text(subject.name);
        match subject.kind {
            SubjectKind::User => identity.user == name,
            SubjectKind::Group => identity.groups.iter().any(|group| group == name),
            SubjectKind::ServiceAccount => subject.namespace.or(binding).is_some_and(|namespace| {
                identity::is_account(&identity.user, self.inventory.text(namespace), name)
            }),
            SubjectKind::Other => false,
        }
    }
}
