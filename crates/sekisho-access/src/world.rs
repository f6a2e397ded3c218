//! [`World`]: an inventory sorted by what the edges ask of it.
//!
//! Above all it answers *who holds this permission, where, on which names, by which rule*, for one
//! verb on one resource at a time (`World::holders`), and for permissions that only together are
//! worth something (`World::joint`). Every rule is read once for every question; nothing is kept
//! that does not depend on the inventory alone.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use sekisho_kube::inventory::{Binding, Inventory, Name, Names, Rule, Subject, SubjectKind};

use crate::hash::Map;
use crate::options::Options;
use crate::rbac::{self, Rbac};
use crate::vertex::{Scope, Vertex};

/// One permission: a verb on a resource of a group; the subresource behind a slash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// Verb.
    pub verb: &'static str,
    /// API group.
    pub group: &'static str,
    /// Resource, with its subresource.
    pub resource: &'static str,
}

/// Short for a [`Permission`].
pub(crate) const fn may(verb: &'static str, group: &'static str, resource: &'static str) -> Permission {
    Permission { verb, group, resource }
}

/// A grant as an edge rests on it; without a binding where one could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ground {
    /// The binding, in `inventory.bindings`.
    pub binding: Option<u32>,
    /// The role, in `inventory.roles`.
    pub role: u32,
    /// The rule, in `role.rules`.
    pub rule: u32,
}

/// A role that somebody holds somewhere.
#[derive(Debug, Clone, Copy)]
struct Holding {
    who: Vertex,
    scope: Scope,
    binding: Option<u32>,
    role: u32,
}

/// Which objects a role gives one permission on, each with the rule that does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct OnNames {
    all: Vec<u32>,
    nameless: Vec<u32>,
    named: Vec<(Name, u32)>,
}

/// Somebody holds a permission somewhere.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hold<'h> {
    pub(crate) who: Vertex,
    pub(crate) scope: Scope,
    binding: Option<u32>,
    role: u32,
    names: &'h OnNames,
}

impl Hold<'_> {
    fn ground(&self, rule: u32) -> Ground {
        Ground { binding: self.binding, role: self.role, rule }
    }

    /// On every object, whatever its name: by the first rule that says so.
    pub(crate) fn all(&self) -> Option<Ground> {
        self.alls().next()
    }

    /// On every object, by each rule that says so: taking one away must not hide the others.
    pub(crate) fn alls(&self) -> impl Iterator<Item = Ground> {
        self.names.all.iter().map(|rule| self.ground(*rule))
    }

    /// In requests that carry no name: list, watch, create and deletecollection of everything.
    pub(crate) fn nameless(&self) -> Option<Ground> {
        self.alls().next().or_else(|| self.only_nameless().next())
    }

    /// In requests without a name by rules that list names: the empty name is among them.
    pub(crate) fn only_nameless(&self) -> impl Iterator<Item = Ground> {
        self.names.nameless.iter().map(|rule| self.ground(*rule))
    }

    /// On the object of this name.
    pub(crate) fn on(&self, name: Name) -> Option<Ground> {
        let named = || self.named().find(|(known, _)| *known == name).map(|(_, ground)| ground);
        self.all().or_else(named)
    }

    /// The names that are listed.
    pub(crate) fn named(&self) -> impl Iterator<Item = (Name, Ground)> {
        self.names.named.iter().map(|(name, rule)| (*name, self.ground(*rule)))
    }

    /// On some object at least.
    pub(crate) fn some(&self) -> Option<Ground> {
        self.all().or_else(|| self.named().next().map(|(_, ground)| ground))
    }
}

/// All who hold a permission.
#[derive(Debug)]
pub(crate) struct Holders {
    roles: Vec<Option<OnNames>>,
    holdings: Vec<Holding>,
}

impl Holders {
    pub(crate) fn iter(&self) -> impl Iterator<Item = Hold<'_>> {
        self.holdings.iter().filter_map(|it| {
            let names = self.roles[it.role as usize].as_ref()?;
            Some(Hold { who: it.who, scope: it.scope, binding: it.binding, role: it.role, names })
        })
    }

    /// The grants that give it on everything in the whole cluster.
    pub(crate) fn outright(&self) -> HashSet<Ground> {
        self.clusterwide().flat_map(|hold| hold.alls().collect::<Vec<_>>()).collect()
    }

    /// Those who hold it in the whole cluster: all that counts for resources without a namespace.
    pub(crate) fn clusterwide(&self) -> impl Iterator<Item = Hold<'_>> {
        self.iter().filter(|hold| hold.scope.is_none())
    }
}

/// What one subject holds of several needs: by its own bindings, and by those of its groups, which all
/// who are in them share.
pub(crate) struct Together<'h>(Vec<Rc<Vec<Vec<Hold<'h>>>>>);

impl<'h> Together<'h> {
    /// What it holds of one of the needs, by its number.
    pub(crate) fn of(&self, need: usize) -> impl Iterator<Item = &Hold<'h>> + Clone {
        self.0.iter().filter_map(move |holds| holds.get(need)).flatten()
    }
}

/// An inventory, sorted.
#[derive(Debug)]
pub struct World<'i> {
    /// The inventory.
    pub inventory: &'i Inventory,
    /// Its bindings.
    pub rbac: Rbac<'i>,
    /// What the user says beside it.
    pub options: &'i Options,
    /// Names of users, groups and kinds.
    pub principals: Names,
    nobody: Name,
    holdings: Vec<Holding>,
    secrets: Map<(Name, Name), u32>,
    secrets_named: Map<Name, Vec<u32>>,
    accounts: Map<(Name, Name), u32>,
    accounts_named: Map<Name, Vec<u32>>,
    pods: Map<(Name, Name), u32>,
    pods_named: Map<Name, Vec<u32>>,
    nodes: Map<Name, u32>,
    used: HashSet<u32>,
    /// Kinds with a pod template, and the namespaces that have one.
    templates: HashSet<(&'static str, Name)>,
    templates_named: Map<(&'static str, Name), Vec<Name>>,
    administrators: HashSet<Vertex>,
    /// Roles of namespaces that somebody may bind.
    pub(crate) bindable: Vec<u32>,
    /// Pairs of a role and a namespace that could be bound and are not looked at.
    pub(crate) left_out: u64,
}

impl<'i> World<'i> {
    /// Sorts an inventory.
    pub fn new(inventory: &'i Inventory, options: &'i Options) -> Self {
        let by_name = |list: &mut dyn Iterator<Item = Name>| {
            let mut found: Map<Name, Vec<u32>> = Map::default();
            list.enumerate().for_each(|(at, name)| found.entry(name).or_default().push(at as u32));
            found
        };
        let secrets = inventory.secrets.iter().enumerate();
        let accounts = inventory.accounts.iter().enumerate();
        let pods = inventory.pods.iter().enumerate();
        let nodes = inventory.nodes.iter().enumerate();
        let mut principals = Names::default();
        let nobody = principals.intern("");
        let mut world = Self {
            inventory,
            rbac: Rbac::new(inventory),
            options,
            principals,
            nobody,
            holdings: Vec::new(),
            secrets: secrets.map(|(at, it)| ((it.namespace, it.name), at as u32)).collect(),
            secrets_named: by_name(&mut inventory.secrets.iter().map(|it| it.name)),
            accounts: accounts.map(|(at, it)| ((it.namespace, it.name), at as u32)).collect(),
            accounts_named: by_name(&mut inventory.accounts.iter().map(|it| it.name)),
            pods: pods.map(|(at, it)| ((it.namespace, it.name), at as u32)).collect(),
            pods_named: by_name(&mut inventory.pods.iter().map(|it| it.name)),
            nodes: nodes.map(|(at, it)| (it.name, at as u32)).collect(),
            used: HashSet::new(),
            templates: HashSet::new(),
            templates_named: Map::default(),
            administrators: HashSet::new(),
            bindable: Vec::new(),
            left_out: 0,
        };
        let users = inventory.pods.iter().chain(&inventory.templates);
        let used = users.filter_map(|it| world.accounts.get(&(it.namespace, it.account)).copied());
        world.used = used.collect();
        for it in &inventory.templates {
            let kind = TEMPLATES.iter().find(|(_, kind)| *kind == inventory.text(it.kind));
            let Some((_, kind)) = kind else { continue };
            world.templates.insert((*kind, it.namespace));
            world.templates_named.entry((*kind, it.name)).or_default().push(it.namespace);
        }
        world.enter_bindings();
        world.enter_administrators();
        world
    }

    fn enter_bindings(&mut self) {
        let inventory = self.inventory;
        for well_known in [rbac::MASTERS, "system:authenticated", "system:serviceaccounts", "system:nodes"] {
            self.principals.intern(well_known);
        }
        for (plural, _) in TEMPLATES {
            self.principals.intern(plural);
        }
        for (user, groups) in &self.options.groups_of {
            self.principals.intern(user);
            for group in groups {
                self.principals.intern(group);
            }
        }
        for (at, binding) in inventory.bindings.iter().enumerate() {
            let subjects: Vec<Vertex> =
                binding.subjects.iter().filter_map(|subject| self.enter_subject(binding, *subject)).collect();
            let Some(role) = self.rbac.role_of(binding) else { continue };
            let mut seen = HashSet::new();
            for who in subjects.into_iter().filter(|who| seen.insert(*who)) {
                self.holdings.push(Holding { who, scope: binding.namespace, binding: Some(at as u32), role });
            }
        }
    }

    fn enter_administrators(&mut self) {
        let star = self.inventory.names.find("*");
        let is_star = |list: &[Name]| star.is_some_and(|star| list.contains(&star));
        let gives_all = |rule: &Rule| {
            is_star(&rule.verbs) && is_star(&rule.groups) && is_star(&rule.resources) && rule.names.is_empty()
        };
        let roles: Vec<bool> =
            self.inventory.roles.iter().map(|role| role.rules.iter().any(gives_all)).collect();
        let holders = self.holdings.iter().filter(|it| it.scope.is_none() && roles[it.role as usize]);
        self.administrators = holders.map(|it| it.who).collect();
    }

    fn enter_subject(&mut self, binding: &Binding, subject: Subject) -> Option<Vertex> {
        let name = self.inventory.text(subject.name);
        match subject.kind {
            SubjectKind::User => Some(self.user(name)),
            SubjectKind::Group => Some(Vertex::Group(self.principals.intern(name))),
            SubjectKind::ServiceAccount => {
                let namespace = subject.namespace.or(binding.namespace)?;
                self.accounts.get(&(namespace, subject.name)).copied().map(Vertex::Account)
            }
            SubjectKind::Other => None,
        }
    }

    /// The subjects of a binding as they are written. One that matches nobody stands as a
    /// place of no name, so that the order is kept.
    pub(crate) fn subjects_of(&self, binding: u32) -> Vec<Vertex> {
        let binding = &self.inventory.bindings[binding as usize];
        let nobody = Vertex::Kind(self.nobody);
        let vertex = |subject: &Subject| {
            let name = self.inventory.text(subject.name);
            let found = match subject.kind {
                SubjectKind::User => self.find_user(name),
                SubjectKind::Group => self.group(name),
                SubjectKind::ServiceAccount => {
                    subject.namespace.or(binding.namespace).and_then(|it| self.account(it, subject.name))
                }
                SubjectKind::Other => None,
            };
            found.unwrap_or(nobody)
        };
        binding.subjects.iter().map(vertex).collect()
    }

    /// The vertex of a user's name: accounts and nodes have names of their own among users.
    pub fn user(&mut self, name: &str) -> Vertex {
        if let Some(vertex) = self.special_user(name) {
            return vertex;
        }
        Vertex::User(self.principals.intern(name))
    }

    fn special_user(&self, name: &str) -> Option<Vertex> {
        let find = |text| self.inventory.names.find(text);
        if let Some((namespace, account)) = rbac::account_of(name) {
            return self.account(find(namespace)?, find(account)?);
        }
        name.strip_prefix("system:node:").and_then(find).and_then(|node| self.node(node)).map(Vertex::Node)
    }

    /// The vertex of somebody, if the inventory knows it.
    pub fn find_user(&self, name: &str) -> Option<Vertex> {
        self.special_user(name).or_else(|| self.principals.find(name).map(Vertex::User))
    }

    /// Enters a role that can be held by making a binding.
    pub(crate) fn hold(&mut self, role: u32, scope: Scope) {
        if self.inventory.roles[role as usize].namespace.is_some() {
            self.bindable.push(role);
        }
        let who = Vertex::Holder(role, scope);
        self.holdings.push(Holding { who, scope, binding: None, role });
    }

    /// The value of a Secret by namespace and name.
    pub(crate) fn secret(&self, namespace: Name, name: Name) -> Option<Vertex> {
        self.secrets.get(&(namespace, name)).copied().map(Vertex::Secret)
    }

    /// The Secrets of a name in a scope.
    pub(crate) fn secrets_in(&self, scope: Scope, name: Name) -> Vec<Vertex> {
        in_scope(scope, name, &self.secrets, &self.secrets_named, Vertex::Secret)
    }

    /// Whether a Secret was seen itself, and not only named.
    pub(crate) fn is_seen(&self, secret: Vertex) -> bool {
        matches!(secret, Vertex::Secret(at) if self.inventory.secrets[at as usize].seen)
    }

    pub(crate) fn account(&self, namespace: Name, name: Name) -> Option<Vertex> {
        self.accounts.get(&(namespace, name)).copied().map(Vertex::Account)
    }

    pub(crate) fn accounts_in(&self, scope: Scope, name: Name) -> Vec<Vertex> {
        in_scope(scope, name, &self.accounts, &self.accounts_named, Vertex::Account)
    }

    pub(crate) fn pods_in(&self, scope: Scope, name: Name) -> Vec<Vertex> {
        in_scope(scope, name, &self.pods, &self.pods_named, Vertex::Pod)
    }

    pub(crate) fn node(&self, name: Name) -> Option<u32> {
        self.nodes.get(&name).copied()
    }

    /// A group, if any binding or answer names it.
    pub(crate) fn group(&self, name: &str) -> Option<Vertex> {
        self.principals.find(name).map(Vertex::Group)
    }

    /// Service accounts that a binding names and that are not there.
    pub(crate) fn missing_accounts(&self) -> impl Iterator<Item = u32> {
        (0..self.inventory.accounts.len() as u32).filter(|at| !self.is_there(*at))
    }

    /// Whether a service account is there, and not only named by a binding.
    pub(crate) fn is_there(&self, account: u32) -> bool {
        let it = &self.inventory.accounts[account as usize];
        self.inventory.is_there(it, self.used.contains(&account))
    }

    /// The groups that somebody is in without anybody saying so, or because the user said so.
    pub(crate) fn groups_of(&self, who: Vertex) -> Vec<Vertex> {
        let mut names: Vec<&str> = Vec::new();
        let own: String;
        match who {
            Vertex::User(name) => {
                let name = self.principals.text(name);
                if name == "system:anonymous" {
                    names.push("system:unauthenticated");
                } else {
                    names.push("system:authenticated");
                }
                if let Some(groups) = self.options.groups_of.get(name) {
                    names.extend(groups.iter().map(String::as_str));
                }
            }
            Vertex::Group(name) => match self.principals.text(name) {
                "system:authenticated" | "system:unauthenticated" => {}
                _ => names.push("system:authenticated"),
            },
            Vertex::Account(at) => {
                let namespace = self.inventory.text(self.inventory.accounts[at as usize].namespace);
                own = format!("system:serviceaccounts:{namespace}");
                names.extend([own.as_str(), "system:serviceaccounts", "system:authenticated"]);
            }
            Vertex::Node(_) => names.extend(["system:nodes", "system:authenticated"]),
            _ => {}
        }
        names.into_iter().filter_map(|name| self.group(name)).collect()
    }

    /// All who hold a permission, by every binding that gives it.
    pub(crate) fn holders(&self, wanted: Permission) -> Holders {
        self.holders_by(&Pattern::new(&self.inventory.names, wanted.verb, wanted.group, wanted.resource))
    }

    /// Everybody who holds something of each need, by their own bindings and by their groups' ones.
    /// A need is a list of permissions of which one is enough. Whoever has all of it from one group
    /// alone is not told of: the group is.
    pub(crate) fn joint<'h>(&self, needs: &[&'h [Holders]]) -> Vec<(Vertex, Together<'h>)> {
        let mut own: BTreeMap<Vertex, Vec<Vec<Hold<'h>>>> = BTreeMap::new();
        for (need, holders) in needs.iter().enumerate() {
            for hold in holders.iter().flat_map(Holders::iter) {
                own.entry(hold.who).or_insert_with(|| vec![Vec::new(); needs.len()])[need].push(hold);
            }
        }
        let own: BTreeMap<Vertex, Rc<_>> =
            own.into_iter().map(|(who, holds)| (who, Rc::new(holds))).collect();
        let found = own.iter().filter_map(|(who, holds)| {
            let groups = self.groups_of(*who).into_iter().filter_map(|group| own.get(&group));
            let all = Together(std::iter::once(holds).chain(groups).cloned().collect());
            (0..needs.len()).all(|need| all.of(need).next().is_some()).then_some((*who, all))
        });
        found.collect()
    }

    /// The rules that somebody holds in a scope: its own and its groups', cluster-wide ones too.
    pub(crate) fn rules_of(&self, who: Vertex, scope: Scope) -> Vec<&'i Rule> {
        let groups = self.groups_of(who);
        let holdings = self.holdings.iter().filter(|it| it.who == who || groups.contains(&it.who));
        let here = holdings.filter(|it| it.scope.is_none() || it.scope == scope);
        here.flat_map(|it| self.inventory.roles[it.role as usize].rules.iter()).collect()
    }

    /// Who holds a role, and where.
    pub(crate) fn role_holders(&self) -> impl Iterator<Item = (Vertex, u32, Scope)> {
        self.holdings.iter().map(|it| (it.who, it.role, it.scope))
    }

    /// All who hold a permission on a kind that is only known at run time.
    pub(crate) fn holders_of(&self, verb: &'static str, group: &str, resource: &str) -> Holders {
        self.holders_by(&Pattern::new(&self.inventory.names, verb, group, resource))
    }

    fn holders_by(&self, pattern: &Pattern) -> Holders {
        let roles: Vec<Option<OnNames>> =
            self.inventory.roles.iter().map(|role| pattern.names(&role.rules)).collect();
        let holdings = self.holdings.iter().filter(|it| roles[it.role as usize].is_some());
        Holders { holdings: holdings.copied().collect(), roles }
    }

    /// Whether a kind is served, as far as anybody can tell: where definitions were not looked at, it
    /// may be.
    pub(crate) fn has_kind(&self, group: &str, plural: &str) -> bool {
        let inventory = self.inventory;
        !inventory.coverage.has("customresourcedefinitions")
            || inventory
                .definitions
                .iter()
                .any(|it| inventory.text(it.group) == group && inventory.text(it.plural) == plural)
    }

    /// Whether a WebSocket to exec or attach may still be opened by `get` alone: before 1.35, or on
    /// a server whose version nobody said.
    pub(crate) fn before_websocket_create(&self) -> bool {
        let kubelets = self.inventory.nodes.iter().filter_map(|node| node.minor).max();
        // A kubelet is never newer than its API server.
        self.inventory.minor.or(kubelets.filter(|minor| *minor >= 35)).is_none_or(|minor| minor < 35)
    }

    /// Users that the options name.
    pub(crate) fn mapped_users(&self) -> impl Iterator<Item = Vertex> {
        self.options.groups_of.keys().filter_map(|user| self.find_user(user))
    }

    /// Whether a kind with a pod template has an object there, as far as anybody can tell.
    pub(crate) fn has_template(&self, plural: &str, namespace: Name) -> bool {
        !self.inventory.coverage.has(plural) || self.templates.contains(&(kind_of(plural), namespace))
    }

    /// The namespaces with an object of a kind and a name.
    pub(crate) fn templates_named(&self, plural: &str, scope: Scope, name: Name) -> Vec<Name> {
        if !self.inventory.coverage.has(plural) {
            return scope.into_iter().collect();
        }
        let namespaces = self.templates_named.get(&(kind_of(plural), name)).into_iter().flatten();
        namespaces.copied().filter(|it| scope.is_none_or(|namespace| *it == namespace)).collect()
    }

    /// The namespaces with an object of a kind.
    pub(crate) fn namespaces_with(&self, plural: &str) -> impl Iterator<Item = Name> {
        let kind = kind_of(plural);
        let all = self.inventory.namespaces.iter().map(|it| it.name);
        all.filter(move |namespace| self.templates.contains(&(kind, *namespace)))
    }

    /// Whether somebody holds everything in the whole cluster, by a binding of its own.
    pub(crate) fn is_administrator(&self, who: Vertex) -> bool {
        self.administrators.contains(&who)
    }

    /// All subjects that bindings name.
    pub(crate) fn bound(&self) -> impl Iterator<Item = Vertex> {
        self.holdings.iter().map(|it| it.who)
    }
}

fn in_scope(
    scope: Scope,
    name: Name,
    one: &Map<(Name, Name), u32>,
    many: &Map<Name, Vec<u32>>,
    vertex: fn(u32) -> Vertex,
) -> Vec<Vertex> {
    match scope {
        Some(namespace) => one.get(&(namespace, name)).copied().map(vertex).into_iter().collect(),
        None => many.get(&name).into_iter().flatten().copied().map(vertex).collect(),
    }
}

/// Kinds with a pod template that make pods: plural and kind.
const TEMPLATES: &[(&str, &str)] = &[
    ("cronjobs", "CronJob"),
    ("daemonsets", "DaemonSet"),
    ("deployments", "Deployment"),
    ("jobs", "Job"),
    ("replicasets", "ReplicaSet"),
    ("replicationcontrollers", "ReplicationController"),
    ("statefulsets", "StatefulSet"),
];

fn kind_of(plural: &str) -> &'static str {
    TEMPLATES.iter().find(|(known, _)| *known == plural).map_or("", |(_, kind)| kind)
}

/// A permission in an inventory's own names: rules are compared by number.
struct Pattern {
    star: Option<Name>,
    empty: Option<Name>,
    verb: Option<Name>,
    group: Option<Name>,
    resource: Option<Name>,
    any_with_subresource: Option<Name>,
}

impl Pattern {
    fn new(names: &Names, verb: &str, group: &str, resource: &str) -> Self {
        let subresource = resource.split_once('/').map(|(_, subresource)| format!("*/{subresource}"));
        Self {
            star: names.find("*"),
            empty: names.find(""),
            verb: names.find(verb),
            group: names.find(group),
            resource: names.find(resource),
            any_with_subresource: subresource.and_then(|text| names.find(&text)),
        }
    }

    fn is_in(&self, list: &[Name], wanted: [Option<Name>; 2]) -> bool {
        list.iter().any(|name| Some(*name) == self.star || wanted.contains(&Some(*name)))
    }

    /// What rules give; `None` for nothing. The first rule that gives something is the one that is told.
    fn names(&self, rules: &[Rule]) -> Option<OnNames> {
        let mut found = OnNames::default();
        for (at, rule) in rules.iter().enumerate() {
            let matches = self.is_in(&rule.verbs, [self.verb, None])
                && self.is_in(&rule.groups, [self.group, None])
                && self.is_in(&rule.resources, [self.resource, self.any_with_subresource]);
            if !matches {
                continue;
            }
            let at = at as u32;
            if rule.names.is_empty() {
                found.all.push(at);
            }
            for name in &rule.names {
                if Some(*name) == self.empty {
                    found.nameless.push(at);
                } else {
                    found.named.push((*name, at));
                }
            }
        }
        (found != OnNames::default()).then_some(found)
    }
}
