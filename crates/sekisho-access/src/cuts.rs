//! What to change so that nobody unexpected reads a Secret: the fewest changes, the gentlest first.
//!
//! A change narrows a rule, or else takes a subject out of a binding. A rule of an aggregated ClusterRole
//! is narrowed in the ClusterRole that gives it: in the aggregate it would be back in a moment. Objects
//! that the API server itself makes (`kubernetes.io/bootstrapping`) are never touched: it would make them again, or the
//! cluster would fall. A change that would take an expected reader away too is looked at only where
//! nothing else helps.
//!
//! Every way must be cut, so the search takes the shortest way that is left, tries each change that
//! breaks it, and goes on, one change deeper each time it fails: the first answer is the smallest.
//! Where a way needs several grants at once, one of several alike stands for them, and the answer is
//! called greedy: asking again after the change shows whether another is left.
//! Beyond [`PROVEN`] possible changes it takes the change that breaks most, again and again, and
//! says so. Where hundreds are unexpected it looks at the nearest, and tells the first changes.

use std::cell::Cell;
use std::collections::{BTreeSet, HashSet, VecDeque};

use serde_json::{Value, json};

use crate::answer::{Class, Cut, Minimal, Thing};
use crate::edges::{EDGES, Family};
use crate::graph::{Graph, Link};
use crate::hash::Map;
use crate::vertex::Vertex;
use crate::ways::Ways;
use crate::who::Found;

/// Possible changes up to which all sets are tried.
const PROVEN: usize = 20;
/// Changes that a proven answer has at most: beyond, the sets are too many.
const DEEPEST: usize = 6;
/// Changes that are told at most: whoever has more to do begins with these.
const MOST: usize = 32;
/// Unexpected readers that cuts are looked for, the nearest.
const STARTS: usize = 200;
/// Links that the search for a proven answer may look at.
const STEPS: u64 = 2_000_000;
/// Others that lose something and are named.
const MAX_LOSERS: usize = 10;

/// One possible change. Ordered from the gentlest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Change {
    /// Takes a name out of the resourceNames of a rule: role, rule and the name's place.
    Name(u32, u32, u32),
    /// Takes `secrets` out of the resources of a rule: role and rule.
    Secrets(u32, u32),
    /// Takes a rule out of a role: role and rule.
    Rule(u32, u32),
    /// Takes a subject out of a binding: binding and the subject's place.
    Subject(u32, u32),
}

impl Change {
    /// Where in its object it is made.
    fn place(self) -> (u32, u32) {
        match self {
            Self::Name(_, rule, name) => (rule, name),
            Self::Secrets(_, rule) | Self::Rule(_, rule) => (rule, u32::MAX),
            Self::Subject(_, subject) => (subject, 0),
        }
    }
}

/// The part of a graph that lies between the unexpected readers and the Secret, numbered anew.
struct Between {
    /// Links with their changes: each change breaks the link.
    links: Vec<(u32, u32, Vec<Change>)>,
    /// Links that come from a vertex, and those that lead to one.
    out: Vec<Vec<u32>>,
    into: Vec<Vec<u32>>,
    starts: Vec<u32>,
    target: u32,
    /// Whether some link rests on several grants.
    together: bool,
    /// Links looked at so far.
    steps: Cell<u64>,
}

impl Between {
    fn is_broken(&self, link: u32, changes: &BTreeSet<Change>) -> bool {
        self.links[link as usize].2.iter().any(|change| changes.contains(change))
    }

    /// The shortest way that is left; `None` if all are cut.
    fn way(&self, changes: &BTreeSet<Change>) -> Option<Vec<u32>> {
        const NOWHERE: u32 = u32::MAX;
        let mut came = vec![NOWHERE; self.out.len()];
        let mut seen = vec![false; self.out.len()];
        let mut waiting: VecDeque<u32> = self.starts.iter().copied().collect();
        for start in &self.starts {
            seen[*start as usize] = true;
        }
        while let Some(at) = waiting.pop_front() {
            if at == self.target {
                let mut way = Vec::new();
                let mut at = at;
                while came[at as usize] != NOWHERE {
                    let link = came[at as usize];
                    way.push(link);
                    at = self.links[link as usize].0;
                }
                return Some(way);
            }
            for link in &self.out[at as usize] {
                self.steps.set(self.steps.get() + 1);
                let to = self.links[*link as usize].1;
                if !seen[to as usize] && !self.is_broken(*link, changes) {
                    seen[to as usize] = true;
                    came[to as usize] = *link;
                    waiting.push_back(to);
                }
            }
        }
        None
    }

    /// How many of the starts have a way left.
    fn left(&self, changes: &BTreeSet<Change>) -> usize {
        let mut seen = vec![false; self.into.len()];
        seen[self.target as usize] = true;
        let mut waiting = vec![self.target];
        while let Some(at) = waiting.pop() {
            for link in &self.into[at as usize] {
                let from = self.links[*link as usize].0;
                if !seen[from as usize] && !self.is_broken(*link, changes) {
                    seen[from as usize] = true;
                    waiting.push(from);
                }
            }
        }
        self.starts.iter().filter(|start| seen[**start as usize]).count()
    }

    /// The changes that break some link of a way, of those allowed, the gentlest first.
    fn breaking(&self, way: &[u32], allowed: &BTreeSet<Change>) -> Vec<Change> {
        let found: BTreeSet<Change> =
            way.iter().flat_map(|link| self.links[*link as usize].2.iter().copied()).collect();
        found.intersection(allowed).copied().collect()
    }

    /// Tries all sets of one size.
    fn search(&self, taken: &mut BTreeSet<Change>, depth: usize, allowed: &BTreeSet<Change>) -> bool {
        let Some(way) = self.way(taken) else { return true };
        if depth == 0 || self.steps.get() > STEPS {
            return false;
        }
        for change in self.breaking(&way, allowed) {
            taken.insert(change);
            if self.search(taken, depth - 1, allowed) {
                return true;
            }
            taken.remove(&change);
        }
        false
    }

    /// The changes that break most, one after the other; `None` where a way cannot be broken.
    fn greedy(&self, allowed: &BTreeSet<Change>) -> Option<BTreeSet<Change>> {
        let mut taken = BTreeSet::new();
        while let Some(way) = self.way(&taken).filter(|_| taken.len() < MOST) {
            let best = self.breaking(&way, allowed).into_iter().min_by_key(|change| {
                let mut with = taken.clone();
                with.insert(*change);
                (self.left(&with), *change)
            })?;
            taken.insert(best);
        }
        Some(taken)
    }

    fn solve(&self, allowed: &BTreeSet<Change>) -> Option<(BTreeSet<Change>, Minimal)> {
        if allowed.len() <= PROVEN {
            for depth in 0..=allowed.len().min(DEEPEST) {
                let mut taken = BTreeSet::new();
                if self.search(&mut taken, depth, allowed) {
                    return Some((taken, Minimal::Proven));
                }
                if self.steps.get() > STEPS {
                    break;
                }
            }
        }
        self.greedy(allowed).map(|taken| (taken, Minimal::Greedy))
    }
}

impl Graph<'_> {
    /// What to change so that no unexpected reader of a Secret is left.
    pub(crate) fn cuts(&self, secret: u32, found: &[Found], behind: &Ways) -> (Vec<Cut>, Minimal) {
        let unexpected = found.iter().filter(|it| it.class == Class::Unexpected).map(|it| it.start);
        let unexpected: Vec<u32> = unexpected.take(STARTS).collect();
        let Some(target) = self.find(Vertex::Secret(secret)).filter(|_| !unexpected.is_empty()) else {
            return (Vec::new(), Minimal::Proven);
        };
        let between = self.between(&unexpected, target, behind);
        let all: BTreeSet<Change> =
            between.links.iter().flat_map(|(.., changes)| changes.iter().copied()).collect();
        let gentle = self.harmless(&all, found);
        // Where grants are only together worth something, one of several alike was taken for the way:
        // then nothing is proven of what is left.
        let together = between.together;
        let solved = between.solve(&gentle).or_else(|| between.solve(&all));
        let Some((changes, minimal)) = solved else { return (Vec::new(), Minimal::Impossible) };
        let minimal = if together { Minimal::Greedy } else { minimal };
        // Indices of one object count down, so that the patches hold when applied one after the other.
        let whole = |change: &Change| match *change {
            Change::Name(role, rule, _) | Change::Secrets(role, rule) => Some(Change::Rule(role, rule)),
            _ => None,
        };
        let implied = |change: &&Change| whole(change).is_some_and(|whole| changes.contains(&whole));
        let mut changes: Vec<Change> = changes.iter().filter(|change| !implied(change)).copied().collect();
        changes.sort_by_key(|change| std::cmp::Reverse((change.place(), *change)));
        let mut cuts: Vec<Cut> = changes.iter().map(|change| self.cut(*change, &between)).collect();
        cuts.sort_by(|a, b| a.object.cmp(&b.object));
        (cuts, minimal)
    }

    fn between(&self, starts: &[u32], target: u32, behind: &Ways) -> Between {
        let mut numbers: Map<u32, u32> = Map::default();
        let mut order: Vec<u32> = Vec::new();
        let mut number = |at: u32, order: &mut Vec<u32>| {
            *numbers.entry(at).or_insert_with(|| {
                order.push(at);
                order.len() as u32 - 1
            })
        };
        let target = number(target, &mut order);
        let starts: Vec<u32> = starts.iter().map(|start| number(*start, &mut order)).collect();
        // Everything that is found is looked at in turn; the Secret is where the search ends.
        let mut lying = Vec::new();
        let mut next = 1;
        while let Some(at) = order.get(next).copied() {
            next += 1;
            for link in self.out(at).iter().map(|link| &self.links()[*link as usize]) {
                if behind.distance(link.to).is_some() {
                    lying.push((link, number(link.from, &mut order), number(link.to, &mut order)));
                }
            }
        }
        let empty = vec![Vec::new(); order.len()];
        let (mut out, mut into): (Vec<Vec<u32>>, Vec<Vec<u32>>) = (empty.clone(), empty);
        let mut links = Vec::with_capacity(lying.len());
        let mut subjects: Map<u32, Vec<Vertex>> = Map::default();
        let mut together = false;
        for (link, from, to) in lying {
            together |= self.grounds(link).len() > 1;
            let who = self.vertices()[link.from as usize];
            let mut changes = Vec::new();
            let mut groups = None;
            for ground in self.grounds(link) {
                let role = &self.inventory().roles[ground.role as usize];
                let rule = &role.rules[ground.rule as usize];
                // An aggregated role is made anew by its controller: what is changed is the one that gives
                // the rule, if it is one.
                let written = match (&role.aggregates, &rule.from[..]) {
                    (None, _) => Some((ground.role, ground.rule)),
                    (Some(_), [(giver, at)]) => self.world.rbac.cluster_role(*giver).map(|role| (role, *at)),
                    (Some(_), _) => None,
                };
                let free = |(role, _): &(u32, u32)| !self.inventory().roles[*role as usize].bootstrap;
                if let Some((role, at)) = written.filter(free) {
                    // Without the rule nothing of it is left either.
                    let narrowed = self.narrowed(link, role, at);
                    let whole = Change::Rule(role, at);
                    changes.extend([narrowed, whole].into_iter().take(1 + usize::from(narrowed != whole)));
                }
                let Some(at) = ground.binding.filter(|at| !self.inventory().bindings[*at as usize].bootstrap)
                else {
                    continue;
                };
                let all = subjects.entry(at).or_insert_with(|| self.world.subjects_of(at));
                let groups = groups.get_or_insert_with(|| self.world.groups_of(who));
                let mut applying = (0..all.len()).filter(|it| all[*it] == who || groups.contains(&all[*it]));
                // With two subjects that apply, taking one out breaks nothing.
                if let (Some(place), None) = (applying.next(), applying.next()) {
                    changes.push(Change::Subject(at, place as u32));
                }
            }
            out[from as usize].push(links.len() as u32);
            into[to as usize].push(links.len() as u32);
            links.push((from, to, changes));
        }
        Between { links, out, into, starts, target, together, steps: Cell::new(0) }
    }

    /// The gentlest change of a rule that breaks a link resting on it.
    fn narrowed(&self, link: &Link, role: u32, at: u32) -> Change {
        let inventory = self.inventory();
        let rule = &inventory.roles[role as usize].rules[at as usize];
        let edge = EDGES[link.edge as usize];
        if let (Family::Direct, Vertex::Secret(secret)) = (edge.family, self.vertices()[link.to as usize]) {
            // Never the last name: a rule without names is a rule for all.
            let name = inventory.secrets[secret as usize].name;
            let mut places = (0..rule.names.len()).filter(|place| rule.names[*place] == name);
            if let (Some(place), None, 2..) = (places.next(), places.next(), rule.names.len()) {
                return Change::Name(role, at, place as u32);
            }
        }
        let asks_secrets = edge.family == Family::Direct
            || matches!(edge.id, "token-secret-create" | "bootstrap-token-create");
        // Beside a `*`, or another of its kind, it is not this one word `secrets` that gives them.
        let times = |word: &str| {
            let word = inventory.names.find(word);
            rule.resources.iter().filter(|resource| Some(**resource) == word).count()
        };
        let listed = times("secrets") == 1 && times("*") == 0;
        if asks_secrets && listed && rule.resources.len() > 1 {
            Change::Secrets(role, at)
        } else {
            Change::Rule(role, at)
        }
    }

    /// Of some changes those that take nothing from a reader that is expected.
    fn harmless(&self, changes: &BTreeSet<Change>, found: &[Found]) -> BTreeSet<Change> {
        let expected = found.iter().filter(|it| it.class != Class::Unexpected);
        let expected: HashSet<Vertex> = expected.map(|it| it.subject).collect();
        let held = self.world.role_holders().filter(|(who, ..)| expected.contains(who));
        let mut needed: HashSet<u32> = held.map(|(_, role, _)| role).collect();
        let givers = |role: &u32| self.inventory().roles[*role as usize].rules.iter().flat_map(|it| &it.from);
        let given: Vec<u32> = needed
            .iter()
            .flat_map(givers)
            .filter_map(|(role, _)| self.world.rbac.cluster_role(*role))
            .collect();
        needed.extend(given);
        let harms = |change: &&Change| match **change {
            Change::Name(role, ..) | Change::Secrets(role, _) | Change::Rule(role, _) => {
                needed.contains(&role)
            }
            Change::Subject(binding, place) => {
                self.world.subjects_of(binding).get(place as usize).is_some_and(|who| expected.contains(who))
            }
        };
        changes.iter().filter(|change| !harms(change)).copied().collect()
    }

    fn cut(&self, change: Change, between: &Between) -> Cut {
        let inventory = self.inventory();
        let removes = (between.starts.len() - between.left(&BTreeSet::from([change]))) as u64;
        let texts = |names: &[sekisho_kube::inventory::Name]| -> Vec<String> {
            names.iter().map(|name| inventory.text(*name).to_owned()).collect()
        };
        match change {
            Change::Name(role, rule, _) | Change::Secrets(role, rule) | Change::Rule(role, rule) => {
                let written = &inventory.roles[role as usize].rules[rule as usize];
                let (verbs, resources) = (texts(&written.verbs), texts(&written.resources));
                let object = self.role(role);
                let path = format!("/rules/{rule}");
                let (says, patch, lost) = match change {
                    Change::Name(.., place) => {
                        let name = texts(&written.names)[place as usize].clone();
                        let path = format!("{path}/resourceNames/{place}");
                        let says =
                            format!("take `{name}` out of rules[{rule}] of {} {}", object.kind, object.name);
                        (says, removal(&path, &json!(name)), vec![format!("secrets `{name}`")])
                    }
                    Change::Secrets(..) => {
                        let at = resources.iter().position(|it| it == "secrets").unwrap_or_default();
                        let path = format!("{path}/resources/{at}");
                        let says =
                            format!("take `secrets` out of rules[{rule}] of {} {}", object.kind, object.name);
                        (says, removal(&path, &json!("secrets")), vec!["secrets".to_owned()])
                    }
                    _ => {
                        let what = format!("{} on {}", verbs.join(", "), resources.join(", "));
                        let says =
                            format!("take rules[{rule}] ({what}) out of {} {}", object.kind, object.name);
                        // The test is of the rule's verbs, what goes is the rule.
                        let patch = json!([
                            {"op": "test", "path": format!("{path}/verbs"), "value": verbs},
                            {"op": "remove", "path": path},
                        ]);
                        (says, patch, resources)
                    }
                };
                // Those of the roles that it is aggregated into lose it too.
                let name = inventory.roles[role as usize].name;
                let is_cluster = inventory.roles[role as usize].namespace.is_none();
                let gives = |held: u32| {
                    let rules = &inventory.roles[held as usize].rules;
                    held == role || (is_cluster && rules.iter().any(|it| it.from.contains(&(name, rule))))
                };
                let holders: BTreeSet<(Thing, Option<String>)> = self
                    .world
                    .role_holders()
                    .filter(|(who, held, _)| who.is_subject() && gives(*held))
                    .map(|(who, _, scope)| (self.thing(who), scope.map(|it| inventory.text(it).to_owned())))
                    .collect();
                let also = holders.iter().map(|(who, namespace)| {
                    let place = match namespace {
                        Some(namespace) => format!("in namespace {namespace}"),
                        None => "in the whole cluster".to_owned(),
                    };
                    format!("{} loses {} on {} {place}", words(who), verbs.join(", "), lost.join(", "))
                });
                Cut { says, object, patch, removes, also_loses: also.take(MAX_LOSERS).collect() }
            }
            Change::Subject(binding, place) => {
                let object = self.binding(binding);
                let written = &inventory.bindings[binding as usize];
                let who = self.world.subjects_of(binding).get(place as usize).map(|who| self.thing(*who));
                let who = who.map(|who| words(&who)).unwrap_or_default();
                // The place among those that apply is the place as written: see `subjects_of`.
                let subject = written.subjects.get(place as usize);
                let name = subject.map(|subject| inventory.text(subject.name).to_owned()).unwrap_or_default();
                let path = format!("/subjects/{place}");
                let patch = json!([
                    {"op": "test", "path": format!("{path}/name"), "value": name},
                    {"op": "remove", "path": path},
                ]);
                let says = format!("take {who} out of {} {}", object.kind, object.name);
                let role = inventory.text(written.role_name);
                let also = vec![format!("{who} loses all that {role} grants there")];
                Cut { says, object, patch, removes, also_loses: also }
            }
        }
    }
}

/// Takes a value out of an object, if it still stands there.
fn removal(path: &str, value: &Value) -> Value {
    json!([{"op": "test", "path": path, "value": value}, {"op": "remove", "path": path}])
}

fn words(thing: &Thing) -> String {
    let name = thing.name.as_deref().unwrap_or("*");
    match &thing.namespace {
        Some(namespace) => format!("{} {namespace}/{name}", thing.kind),
        None => format!("{} {name}", thing.kind),
    }
}

#[cfg(test)]
mod tests {
    use sekisho_kube::Inventory;

    use crate::answer::{Minimal, Readers};
    use crate::testing::*;
    use crate::{Graph, Options, Show};

    fn ask(world: &str) -> Readers {
        let mut builder = Inventory::builder();
        assert_eq!(builder.read(world.as_bytes()), []);
        let inventory = builder.finish();
        let options = Options::default();
        let graph = Graph::new(&inventory, &options);
        graph.who(inventory.find_secret("shop", "db").unwrap(), Show::default()).unwrap()
    }

    #[test]
    fn a_rule_is_narrowed_before_a_binding_is_touched() {
        let readers = ask(&grant(
            "verbs: [get], resources: [configmaps, secrets], apiGroups: ['']",
            "Role",
            "RoleBinding",
        ));
        assert_eq!(readers.minimal, Minimal::Proven);
        assert_eq!(readers.cuts.len(), 1);
        assert_eq!(readers.cuts[0].says, "take `secrets` out of rules[0] of Role r-eve");
        assert_eq!(readers.cuts[0].patch[1]["path"], "/rules/0/resources/1");
        assert_eq!(readers.cuts[0].removes, 1);
    }

    /// Found by applying the cuts of made-up worlds.
    #[test]
    fn a_resource_that_stands_twice_goes_with_its_rule() {
        let readers = ask(&grant(
            "verbs: [get], resources: [secrets, secrets], apiGroups: ['']",
            "Role",
            "RoleBinding",
        ));
        assert_eq!(readers.cuts[0].patch[1]["path"], "/rules/0");
    }

    #[test]
    fn a_name_goes_before_a_rule_and_the_last_name_never() {
        let named = |names: &str| {
            ask(&grant(
                &format!("verbs: [get], resources: [secrets], apiGroups: [''], resourceNames: [{names}]"),
                "Role",
                "RoleBinding",
            ))
        };
        let two = named("other, db");
        assert_eq!(two.cuts[0].patch[1]["path"], "/rules/0/resourceNames/1");
        // Without its only name the rule would be one for all.
        assert_eq!(named("db").cuts[0].patch[1]["path"], "/rules/0");
        assert_eq!(named("db, db").cuts[0].patch[1]["path"], "/rules/0");
    }

    #[test]
    fn what_the_server_made_is_not_touched() {
        let built_in =
            grant("verbs: [get], resources: [secrets], apiGroups: ['']", "ClusterRole", "RoleBinding")
                .replace(
                    "kind: ClusterRole\nmetadata: {",
                    "kind: ClusterRole\nmetadata: {labels: {kubernetes.io/bootstrapping: rbac-defaults}, ",
                );
        let readers = ask(&built_in);
        assert_eq!(readers.cuts.len(), 1);
        assert_eq!(readers.cuts[0].object.kind, "RoleBinding");
        let both = built_in.replace(
            "kind: RoleBinding\nmetadata: {",
            "kind: RoleBinding\nmetadata: {labels: {kubernetes.io/bootstrapping: rbac-defaults}, ",
        );
        assert_eq!(ask(&both).minimal, Minimal::Impossible);
    }

    #[test]
    fn of_an_aggregated_role_what_gives_the_rule_is_cut() {
        const SELECTS: &str = "aggregationRule: {clusterRoleSelectors: [{matchLabels: {to-all: 'true'}}]}\n";
        const READ: &str = "{verbs: [get], resources: [secrets], apiGroups: ['']}";
        let role = |name: &str, head: &str, rules: &str| {
            format!(
                "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: {name}{head}}}\nrules: [{rules}]\n"
            )
        };
        let binding = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b, namespace: shop}\nroleRef: {kind: ClusterRole, name: all}\nsubjects: [{kind: User, name: eve}]\n";
        let feeds = ", labels: {to-all: 'true'}";
        let pods = "{verbs: [list], resources: [nodes], apiGroups: ['']}";
        // Computed from manifests, and as a server filled it in: there the aggregate's own index differs.
        for (head, rules) in [("", ""), (", uid: a", READ)] {
            let world = SECRETS.to_owned()
                + &role("all", head, rules)
                + SELECTS
                + &role("feeds", feeds, &format!("{pods}, {READ}"))
                + binding;
            let readers = ask(&world);
            let cut = &readers.cuts[0];
            assert_eq!((cut.object.name.as_str(), readers.minimal), ("feeds", Minimal::Proven));
            assert_eq!(cut.patch[1]["path"], "/rules/1");
            assert_eq!(cut.also_loses, ["User eve loses get on secrets in namespace shop"]);
            let hop = &readers.readers[0].path[0];
            assert_eq!(hop.grants[0].aggregated_from.as_ref().unwrap().role, "feeds");
            // Two that give the same: neither alone is enough. And what the server made stays as it is.
            for more in [
                world.clone() + &role("feeds-too", feeds, READ),
                world.replace(
                    "{to-all: 'true'}}\nrules",
                    "{to-all: 'true', kubernetes.io/bootstrapping: rbac-defaults}}\nrules",
                ),
            ] {
                let readers = ask(&more);
                assert_eq!((readers.cuts.len(), readers.cuts[0].object.kind.as_str()), (1, "RoleBinding"));
            }
        }
    }

    #[test]
    fn one_change_for_many_readers_is_found() {
        let many = ["a", "b", "c", "d", "e"].map(|name| format!("{{kind: User, name: {name}}}")).join(", ");
        let world = bound(&many, "verbs: [get], resources: [secrets], apiGroups: ['']");
        let readers = ask(&(SECRETS.to_owned() + &world));
        assert_eq!((readers.cuts.len(), readers.cuts[0].removes, readers.minimal), (1, 5, Minimal::Proven));
        assert_eq!(readers.cuts[0].also_loses.len(), 5);
    }

    #[test]
    fn two_ways_of_one_reader_need_two_changes() {
        let world = grant("verbs: [get], resources: [secrets], apiGroups: ['']", "Role", "RoleBinding")
            + &bound("{kind: User, name: eve}", "verbs: [create], resources: [pods], apiGroups: ['']");
        let readers = ask(&world);
        assert_eq!((readers.cuts.len(), readers.minimal), (2, Minimal::Proven));
        assert!(readers.cuts.iter().all(|cut| cut.removes == 0), "one alone removes nobody");
    }
}
