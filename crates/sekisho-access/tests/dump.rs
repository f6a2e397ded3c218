//! Answers on a recorded dump, at every depth and without a cluster: who reads each Secret, what each
//! subject reaches, and no value nor `last-applied` content in any of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod recorded;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sekisho_access::rbac::{Action, Identity, Rbac, Resource};
use sekisho_access::{Graph, Options, Show, Vertex};
use sekisho_kube::Inventory;
use sekisho_kube::inventory::Depth;
use serde_json::Value;

fn read(folder: &Path, depth: Depth) -> Inventory {
    let mut builder = Inventory::builder().depth(depth);
    for file in recorded::files(folder, ".json") {
        assert_eq!(builder.read(&recorded::read(&file)), [], "{}", file.display());
    }
    builder.finish()
}

/// Everything that can be answered, as text.
fn answers(inventory: &Inventory) -> BTreeMap<String, String> {
    let options = Options::default();
    let graph = Graph::new(inventory, &options);
    let mut all = BTreeMap::new();
    for (at, secret) in inventory.secrets.iter().enumerate() {
        let readers = graph.who(at, Show::default()).unwrap();
        assert!(readers.readers_total > 0, "system:masters reads everything");
        assert_eq!(readers.readers_total, readers.readers.len() as u64);
        let name = format!("who {}/{}", inventory.text(secret.namespace), inventory.text(secret.name));
        all.insert(name, serde_json::to_string(&readers).unwrap());
    }
    for vertex in graph.vertices() {
        if vertex.is_subject() || matches!(vertex, Vertex::Pod(_)) {
            let reached = graph.reach(*vertex, 1000).unwrap();
            all.insert(
                format!("reach {:?} {:?}", vertex, reached.subject),
                serde_json::to_string(&reached).unwrap(),
            );
        }
    }
    all
}

/// Every value of every Secret, as it stands there and decoded, and the contents of `last-applied`.
fn values(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in recorded::files(folder, "secrets.json") {
        let list: Value = serde_json::from_slice(&recorded::read(&file)).unwrap();
        for secret in list["items"].as_array().unwrap() {
            for value in
                secret["data"].as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str())
            {
                found.insert(value.to_owned());
                let decoded = data_encoding::BASE64.decode(value.as_bytes()).unwrap();
                found.extend(String::from_utf8(decoded).ok());
            }
            let applied =
                &secret["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"];
            found.extend(applied.as_str().map(str::to_owned));
        }
    }
    found.retain(|value| value.len() >= 8);
    found
}

#[test]
fn the_dump_is_answered_at_every_depth_without_a_value() {
    let Some(folder) = recorded::folder("dump") else { return };
    let (with, without) = (folder.join("with-data"), folder.join("without-data"));
    // What is a name elsewhere, or in one, is no canary: some users are called as their namespace is.
    let bare = format!("{:?}", read(&without, Depth::Metadata).names);
    let mut canaries = values(&with);
    canaries.retain(|value| !bare.contains(value.as_str()));
    assert!(!canaries.is_empty());
    for depth in [Depth::References, Depth::Metadata, Depth::Values] {
        let inventory = read(&with, depth);
        let all = answers(&inventory);
        let text = format!("{inventory:?}") + &all.values().cloned().collect::<String>();
        for canary in &canaries {
            assert!(!text.contains(canary.as_str()), "a value is told at {depth:?}");
        }
        assert!(all.values().all(|text| !text.contains("last-applied")), "{depth:?}");
        // Keys are not in a dump without data, and no answer rests on them.
        assert!(all == answers(&read(&without, depth)), "{depth:?}: the values change the answers");
        let seen = inventory.secrets.iter().filter(|secret| secret.seen).count();
        eprintln!("{depth:?}: {} secrets ({seen} seen), {} answers", inventory.secrets.len(), all.len());
    }
    // What pods, accounts and roles name is known without any grant on Secrets.
    let (references, metadata) = (read(&with, Depth::References), read(&with, Depth::Metadata));
    let names = |inventory: &Inventory| {
        let name = |it: &sekisho_kube::inventory::Secret| {
            (inventory.text(it.namespace).to_owned(), inventory.text(it.name).to_owned())
        };
        inventory.secrets.iter().map(name).collect::<BTreeSet<_>>()
    };
    let mounted = references.pods.iter().flat_map(|pod| {
        pod.secrets
            .iter()
            .map(|used| (references.text(pod.namespace).to_owned(), references.text(used.secret).to_owned()))
    });
    let mounted: BTreeSet<_> = mounted.collect();
    assert!(mounted.is_subset(&names(&references)));
    assert!(names(&references).is_subset(&names(&metadata)));
    assert!(!references.coverage.has("secrets") && metadata.coverage.has("secrets"));
}

#[test]
fn direct_readers_of_the_dump_are_those_that_rbac_allows() {
    let Some(folder) = recorded::folder("dump") else { return };
    let inventory = read(&folder.join("without-data"), Depth::Metadata);
    let options = Options::default();
    let graph = Graph::new(&inventory, &options);
    let rbac = Rbac::new(&inventory);
    let mut checked = 0;
    let census = graph.census();
    for (at, secret) in inventory.secrets.iter().enumerate() {
        let readers = graph.who(at, Show::default()).unwrap();
        let class = &census.classes[census.class_of[at] as usize];
        let counted = census
            .everywhere
            .iter()
            .chain(class.more.iter())
            .map(|it| graph.thing(graph.vertices()[*it as usize]));
        let readers: BTreeSet<_> = readers.readers.into_iter().map(|reader| reader.subject).collect();
        assert_eq!(counted.collect::<BTreeSet<_>>(), readers, "the census differs");
        for account in &inventory.accounts {
            let (namespace, name) = (inventory.text(account.namespace), inventory.text(account.name));
            let identity = Identity::account(namespace, name);
            let allowed = ["get", "patch", "delete"].into_iter().any(|verb| {
                let wanted = Resource {
                    verb,
                    resource: "secrets",
                    name: inventory.text(secret.name),
                    namespace: inventory.text(secret.namespace),
                    ..Resource::default()
                };
                rbac.decide(&identity, &Action::Resource(wanted)).is_allowed()
            });
            let thing = sekisho_access::answer::Thing {
                kind: "ServiceAccount".to_owned(),
                namespace: Some(namespace.to_owned()),
                name: Some(name.to_owned()),
            };
            checked += 1;
            assert!(!allowed || readers.contains(&thing) || !account.seen, "{namespace}/{name} is missing");
        }
    }
    eprintln!("{checked} pairs of account and Secret checked");
}
