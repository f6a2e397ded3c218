//! Ways and vertices in the words of the answers.

use sekisho_kube::inventory::Name;

use crate::answer::{AggregatedFrom, Granted, Hop, NotAssessed, Object, Thing};
use crate::edges::{EDGES, Family, Gate};
use crate::graph::{Graph, Link};
use crate::vertex::{Scope, Vertex};
use crate::world::Ground;

const RBAC: &str = "rbac.authorization.k8s.io/v1";

impl Graph<'_> {
    fn text(&self, name: Name) -> String {
        self.inventory().text(name).to_owned()
    }

    /// A vertex in words.
    pub fn thing(&self, vertex: Vertex) -> Thing {
        let inventory = self.inventory();
        let place = |kind: &str, scope: Scope| Thing {
            kind: kind.to_owned(),
            namespace: scope.map(|it| self.text(it)),
            name: None,
        };
        let one = |kind: &str, namespace: Option<Name>, name: Name| {
            let namespace = namespace.map(|it| self.text(it));
            Thing { kind: kind.to_owned(), namespace, name: Some(self.text(name)) }
        };
        let principal = |kind: &str, name: Name| {
            let name = self.world.principals.text(name).to_owned();
            Thing { kind: kind.to_owned(), namespace: None, name: Some(name) }
        };
        match vertex {
            Vertex::User(name) => principal("User", name),
            Vertex::Group(name) => principal("Group", name),
            Vertex::Account(at) | Vertex::Crew(at) => {
                let account = &inventory.accounts[at as usize];
                one("ServiceAccount", Some(account.namespace), account.name)
            }
            Vertex::Node(at) => one("Node", None, inventory.nodes[at as usize].name),
            Vertex::Host(at) => one("Host", None, inventory.nodes[at as usize].name),
            Vertex::PodsOn(at) => {
                Thing { namespace: None, ..one("PodsOnNode", None, inventory.nodes[at as usize].name) }
            }
            Vertex::Pod(at) => {
                let pod = &inventory.pods[at as usize];
                one("Pod", Some(pod.namespace), pod.name)
            }
            Vertex::Template(at) => {
                let template = &inventory.templates[at as usize];
                one(inventory.text(template.kind), Some(template.namespace), template.name)
            }
            Vertex::Holder(at, scope) => {
                let role = &inventory.roles[at as usize];
                let kind = if role.namespace.is_some() { "Role" } else { "ClusterRole" };
                one(kind, scope, role.name)
            }
            Vertex::Secret(at) => {
                let secret = &inventory.secrets[at as usize];
                one("Secret", Some(secret.namespace), secret.name)
            }
            Vertex::Secrets(scope) => place("Secrets", scope),
            Vertex::Workloads(scope) => place("Workloads", scope),
            Vertex::Accounts(scope) => place("ServiceAccounts", scope),
            Vertex::Pods(scope) | Vertex::Debug(scope) => place("Pods", scope),
            Vertex::Roles(scope) => place("Roles", scope),
            Vertex::RolesCalled(name) => one("Role", None, name),
            Vertex::Missing(scope) => place("MissingServiceAccounts", scope),
            Vertex::Kind(_) => place("Workloads", None),
            Vertex::Full(scope) => place("Everything", scope),
            Vertex::Nodes => place("Nodes", None),
            Vertex::Hosts => place("Hosts", None),
            Vertex::Users => place("Users", None),
            Vertex::Groups => place("Groups", None),
        }
    }

    /// A way in words: places are told only where something is done in them.
    pub fn tell(&self, links: &[u32]) -> Vec<Hop> {
        let told = |link: &Link| {
            let edge = EDGES[link.edge as usize];
            edge.family != Family::Place || edge.id == "member-of"
        };
        let links: Vec<&Link> = links.iter().map(|link| &self.links()[*link as usize]).collect();
        let mut hops = Vec::new();
        for (at, link) in links.iter().enumerate().filter(|(_, link)| told(link)) {
            // The places behind a hop lead to what is meant.
            let behind = links[at + 1..].iter().take_while(|link| !told(link)).last();
            let to = behind.map_or(link.to, |behind| behind.to);
            hops.push(self.hop(link, to));
        }
        hops
    }

    fn hop(&self, link: &Link, to: u32) -> Hop {
        let edge = EDGES[link.edge as usize];
        Hop {
            edge: edge.id.to_owned(),
            from: self.thing(self.vertices()[link.from as usize]),
            to: self.thing(self.vertices()[to as usize]),
            says: edge.says.to_owned(),
            grants: self.grounds(link).iter().map(|ground| self.granted(*ground)).collect(),
            field: link.field.map(|field| self.text(field)),
            gate: gate(edge.gate).to_owned(),
            condition: edge.condition.to_owned(),
            verified: edge.verified.iter().map(|version| (*version).to_owned()).collect(),
            source: edge.source.to_owned(),
        }
    }

    pub(crate) fn granted(&self, ground: Ground) -> Granted {
        let rule = &self.inventory().roles[ground.role as usize].rules[ground.rule as usize];
        let from = |role: Name, rule: u32| AggregatedFrom { role: self.text(role), rule };
        Granted {
            binding: ground.binding.map(|binding| self.binding(binding)),
            role: self.role(ground.role),
            rule: ground.rule,
            aggregated_from: rule.from.first().map(|(role, rule)| from(*role, *rule)),
        }
    }

    /// A role by its whole name.
    pub fn role(&self, at: u32) -> Object {
        let role = &self.inventory().roles[at as usize];
        let kind = if role.namespace.is_some() { "Role" } else { "ClusterRole" };
        self.object(kind, role.namespace, role.name)
    }

    /// A binding by its whole name.
    pub fn binding(&self, at: u32) -> Object {
        let binding = &self.inventory().bindings[at as usize];
        let kind = if binding.namespace.is_some() { "RoleBinding" } else { "ClusterRoleBinding" };
        self.object(kind, binding.namespace, binding.name)
    }

    fn object(&self, kind: &str, namespace: Option<Name>, name: Name) -> Object {
        let namespace = namespace.map(|it| self.text(it));
        Object { api_version: RBAC.to_owned(), kind: kind.to_owned(), namespace, name: self.text(name) }
    }

    /// What was not looked at, and whom no inventory knows.
    pub fn not_assessed(&self) -> Vec<NotAssessed> {
        let missing = self.inventory().coverage.missing();
        let missing =
            missing.map(|(what, reason)| NotAssessed { what: what.to_owned(), reason: reason.to_owned() });
        let authorizers = NotAssessed {
            what: "authorizers".to_owned(),
            reason: "only Node and RBAC are known here; webhooks and others may allow or deny more"
                .to_owned(),
        };
        let members = NotAssessed {
            what: "members of groups".to_owned(),
            reason: "the identity provider knows them; a group stands for whoever is in it".to_owned(),
        };
        let bindings = (self.world.left_out > 0).then(|| NotAssessed {
            what: "bindings that could be made".to_owned(),
            reason: format!("{} more pairs of a role and a namespace could be bound", self.world.left_out),
        });
        let ways = (self.omitted > 0).then(|| NotAssessed {
            what: "ways".to_owned(),
            reason: format!("{} more by single names were not looked at: they are too many", self.omitted),
        });
        missing.chain([authorizers, members]).chain(bindings).chain(ways).collect()
    }
}

/// A gate's name.
fn gate(gate: Gate) -> &'static str {
    match gate {
        Gate::None => "none",
        Gate::Admission => "admission",
        Gate::Psa => "psa",
    }
}
