//! For the direct verbs, who is what one gets by asking the evaluator about everybody: five hundred
//! worlds made by chance, full of names that look like patterns and are none.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use sekisho_access::answer::{Class, Minimal, Readers, Thing};
use sekisho_access::rbac::{Action, Identity, Rbac, Resource};
use sekisho_access::{Graph, Options, Show};
use sekisho_kube::Inventory;
use serde_json::{Value, json};

const API: &str = "rbac.authorization.k8s.io/v1";
const NAMESPACES: [&str; 3] = ["a", "b", "c"];
const SECRETS: [&str; 3] = ["s", "t", "*"];
const USERS: [&str; 3] = ["ada", "ben", "system:serviceaccount:b:x"];
const GROUPS: [&str; 5] = [
    "ops",
    "system:serviceaccounts",
    "system:serviceaccounts:a",
    "system:authenticated",
    "system:unauthenticated",
];
const ACCOUNTS: [&str; 2] = ["x", "y"];

fn rule() -> impl Strategy<Value = Value> {
    let verbs = vec!["get", "list", "watch", "patch", "delete", "deletecollection", "update", "*", "Get"];
    let groups = vec!["", "", "", "*", "apps", "v1"];
    let resources = vec!["secrets", "secrets", "*", "secret", "secrets/*", "*/*", "pods"];
    let names = vec!["s", "t", "*", "", "u"];
    (
        subsequence(verbs, 1..4),
        subsequence(groups, 1..3),
        subsequence(resources, 1..3),
        subsequence(names, 0..3),
        any::<bool>(),
    )
        .prop_map(|(verbs, groups, resources, names, all)| {
            let names = if all { Vec::new() } else { names };
            json!({"verbs": verbs, "apiGroups": groups, "resources": resources, "resourceNames": names})
        })
}

fn subject() -> impl Strategy<Value = Value> {
    prop_oneof![
        select(USERS.to_vec()).prop_map(|name| json!({"kind": "User", "name": name})),
        select(GROUPS.to_vec()).prop_map(|name| json!({"kind": "Group", "name": name})),
        (select(ACCOUNTS.to_vec()), proptest::option::of(select(NAMESPACES.to_vec()))).prop_map(
            |(name, namespace)| json!({"kind": "ServiceAccount", "name": name, "namespace": namespace})
        ),
        Just(json!({"kind": "user", "name": "ada"})),
    ]
}

/// Roles r0 to r2 of each namespace, ClusterRoles r0 to r2, r3 which is made of those that have its label,
/// and bindings to any of them or to none.
fn world() -> impl Strategy<Value = Vec<Value>> {
    let namespace = || proptest::option::of(select(NAMESPACES.to_vec()));
    let role = (namespace(), 0..3, proptest::collection::vec(rule(), 0..3), any::<bool>()).prop_map(
        |(namespace, name, rules, feeds)| {
            let kind = if namespace.is_some() { "Role" } else { "ClusterRole" };
            json!({"apiVersion": API, "kind": kind,
                "metadata": {"name": format!("r{name}"), "namespace": namespace, "labels": {"feeds": feeds.to_string()}},
                "rules": rules})
        },
    );
    let aggregated = json!({"apiVersion": API, "kind": "ClusterRole", "metadata": {"name": "r3"},
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"feeds": "true"}}]}});
    let binding = (
        proptest::option::of(select(NAMESPACES.to_vec())),
        0..6,
        select(vec!["Role", "ClusterRole", "ClusterRole", "role"]),
        0..5,
        proptest::collection::vec(subject(), 0..3),
    )
        .prop_map(|(namespace, name, role, of, subjects)| {
            let kind = if namespace.is_some() { "RoleBinding" } else { "ClusterRoleBinding" };
            json!({"apiVersion": API, "kind": kind, "metadata": {"name": format!("b{name}"), "namespace": namespace},
                "roleRef": {"kind": role, "name": format!("r{of}")}, "subjects": subjects})
        });
    (proptest::collection::vec(role, 1..8), proptest::collection::vec(binding, 1..10)).prop_map(
        move |(roles, bindings)| roles.into_iter().chain(bindings).chain([aggregated.clone()]).collect(),
    )
}

/// Whether somebody may read a Secret by some request for it.
fn reads(rbac: &Rbac<'_>, identity: &Identity, namespace: &str, name: &str) -> bool {
    let ask = |verb: &str, name: &str, namespace: &str| {
        let wanted = Resource { verb, resource: "secrets", name, namespace, ..Resource::default() };
        rbac.decide(identity, &Action::Resource(wanted)).is_allowed()
    };
    ["get", "patch", "delete"].into_iter().any(|verb| ask(verb, name, namespace))
        // By name through a field selector, all of a namespace, all of the cluster.
        || ["list", "watch"].into_iter().any(|verb| ask(verb, name, namespace) || ask(verb, "", namespace) || ask(verb, "", ""))
        || ask("deletecollection", "", namespace)
}

fn thing(kind: &str, namespace: Option<&str>, name: &str) -> Thing {
    Thing { kind: kind.to_owned(), namespace: namespace.map(str::to_owned), name: Some(name.to_owned()) }
}

/// Applies the two steps that a cut's patch has: a test, and a removal from a list.
fn apply(object: &mut Value, patch: &Value) {
    let steps = patch.as_array().unwrap();
    assert_eq!((steps.len(), &steps[0]["op"], &steps[1]["op"]), (2, &json!("test"), &json!("remove")));
    assert_eq!(
        object.pointer(steps[0]["path"].as_str().unwrap()),
        Some(&steps[0]["value"]),
        "the test fails"
    );
    let (list, place) = steps[1]["path"].as_str().unwrap().rsplit_once('/').unwrap();
    object.pointer_mut(list).unwrap().as_array_mut().unwrap().remove(place.parse().unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn who_is_what_asking_everybody_gives(objects in world()) {
        let mut builder = Inventory::builder();
        for namespace in NAMESPACES {
            for name in SECRETS {
                builder.add(&json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}}));
            }
            for name in ACCOUNTS {
                builder.add(&json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}));
            }
        }
        for object in &objects {
            builder.add(object);
        }
        let inventory = builder.finish();
        let rbac = Rbac::new(&inventory);
        let options = Options::default();
        let graph = Graph::new(&inventory, &options);
        let census = graph.census();
        let mut everybody: Vec<(Thing, Identity)> = Vec::new();
        everybody.extend(USERS[..2].iter().map(|name| (thing("User", None, name), Identity::user(name))));
        everybody.extend(GROUPS.iter().map(|name| (thing("Group", None, name), Identity::member(name))));
        for namespace in NAMESPACES {
            for name in ACCOUNTS.into_iter().chain(["default"]) {
                everybody.push((thing("ServiceAccount", Some(namespace), name), Identity::account(namespace, name)));
            }
        }
        for namespace in NAMESPACES {
            for name in SECRETS {
                let at = inventory.find_secret(namespace, name).unwrap();
                // The census of all Secrets says the same of each.
                let class = &census.classes[census.class_of[at] as usize];
                let counted = census.everywhere.iter().chain(class.more.iter()).map(|it| graph.thing(graph.vertices()[*it as usize]));
                let counted: BTreeSet<Thing> = counted.collect();
                prop_assert_eq!(class.readers_total, counted.len() as u64);
                let readers = graph.who(at, Show { cuts: false, ..Show::default() }).unwrap();
                let all: BTreeSet<Thing> = readers.readers.iter().map(|it| it.subject.clone()).collect();
                prop_assert_eq!(counted, all, "census of {}/{}", namespace, name);
                let direct: BTreeSet<Thing> = readers.readers.into_iter().filter(|it| it.direct).map(|it| it.subject).collect();
                let mut asked: BTreeSet<Thing> = everybody
                    .iter()
                    .filter(|(_, identity)| reads(&rbac, identity, namespace, name))
                    .map(|(thing, _)| thing.clone())
                    .collect();
                // Only subjects that a binding names, and accounts, are known to an inventory; a user
                // that none names has what its group has.
                asked.retain(|it| it.kind == "ServiceAccount" || graph.find(match it.kind.as_str() {
                    "User" => graph.world.find_user(it.name.as_deref().unwrap()).unwrap_or(sekisho_access::Vertex::Users),
                    _ => graph.subject(&format!("group/{}", it.name.as_deref().unwrap())).unwrap_or(sekisho_access::Vertex::Users),
                }).is_some_and(|at| graph.vertices()[at as usize].is_subject()));
                prop_assert_eq!(direct, asked, "{}/{}", namespace, name);
            }
        }
    }

    #[test]
    fn after_the_cuts_nobody_unexpected_is_left(objects in world()) {
        // Of the direct verbs: a rule for all verbs opens ways that need several grants too.
        let all = |object: &Value| object["rules"].as_array().into_iter().flatten().any(|rule| rule["verbs"].as_array().unwrap().contains(&json!("*")));
        prop_assume!(!objects.iter().any(all));
        let fixed = || NAMESPACES.into_iter().flat_map(|namespace| {
            let secrets = SECRETS.map(|name| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}}));
            let accounts = ACCOUNTS.map(|name| json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}));
            secrets.into_iter().chain(accounts)
        });
        let ask = |objects: &[Value]| {
            let mut builder = Inventory::builder();
            for object in fixed().chain(objects.iter().cloned()) {
                builder.add(&object);
            }
            let inventory = builder.finish();
            let options = Options::default();
            let graph = Graph::new(&inventory, &options);
            graph.who(inventory.find_secret("a", "s").unwrap(), Show::default()).unwrap()
        };
        let unexpected = |readers: &Readers| readers.readers.iter().filter(|it| it.class == Class::Unexpected).count();
        let before = ask(&objects);
        prop_assert_ne!(before.minimal, Minimal::Impossible);
        let mut objects = objects;
        for cut in &before.cuts {
            // The last of two objects of one name is the one that counts.
            let of = |it: &&mut Value| {
                it["kind"] == cut.object.kind
                    && it["metadata"]["name"] == cut.object.name
                    && it["metadata"]["namespace"].as_str() == cut.object.namespace.as_deref()
            };
            apply(objects.iter_mut().rfind(of).unwrap(), &cut.patch);
        }
        prop_assert_eq!(unexpected(&ask(&objects)), 0, "{:?}", before.cuts);
        // Proven means that leaving one out leaves somebody: so it is with the last.
        prop_assert!(unexpected(&before) == 0 || !before.cuts.is_empty());
    }
}
