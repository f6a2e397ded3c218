//! Every recorded decision of a real RBAC authorizer, answered alike.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod recorded;

use std::path::PathBuf;

use sekisho_access::rbac::{Action, Identity, Rbac, Resource};
use sekisho_kube::Inventory;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct World {
    #[serde(rename = "world")]
    name: String,
    submitted: Vec<Value>,
    stored: Vec<Value>,
    #[serde(default)]
    baseline_overrides: Vec<Value>,
    queries: Vec<Query>,
}

#[derive(Deserialize)]
struct Query {
    id: String,
    user: String,
    groups: Vec<String>,
    verb: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    resource: String,
    #[serde(default)]
    subresource: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    path: String,
    allowed: bool,
    reason: String,
}

#[derive(Deserialize)]
struct Baseline {
    objects: Vec<Value>,
}

/// The decision, and the reason as the API server words it.
fn ask(inventory: &Inventory, rbac: &Rbac<'_>, query: &Query) -> (bool, Vec<String>) {
    let identity = Identity { user: query.user.clone(), groups: query.groups.clone() };
    let action = if query.path.is_empty() {
        Action::Resource(Resource {
            verb: &query.verb,
            group: &query.group,
            resource: &query.resource,
            subresource: &query.subresource,
            name: &query.name,
            namespace: &query.namespace,
        })
    } else {
        Action::Path { verb: &query.verb, path: &query.path }
    };
    let reasons = rbac.grants(&identity, &action).map(|grant| {
        let binding = &inventory.bindings[grant.binding as usize];
        let role = &inventory.roles[grant.role as usize];
        let text = |name| inventory.text(name);
        let place = binding.namespace.map_or(String::new(), |it| format!("/{}", text(it)));
        let kinds =
            |cluster| if cluster { ("ClusterRoleBinding", "ClusterRole") } else { ("RoleBinding", "Role") };
        let by = kinds(binding.namespace.is_none()).0;
        let of = kinds(role.namespace.is_none()).1;
        format!("RBAC: allowed by {by} \"{}{place}\" of {of} \"{}\" to ", text(binding.name), text(role.name))
    });
    let reasons = reasons.collect();
    (rbac.decide(&identity, &action).is_allowed(), reasons)
}

#[test]
fn every_recorded_decision_is_answered_alike() {
    let Some(folder) = recorded::folder("rbac") else { return };
    let baseline = recorded::files(&folder, "baseline.json");
    let read = |file: &PathBuf| serde_json::from_slice(&recorded::read(file)).unwrap();
    let baseline: Baseline = baseline.first().map_or(Baseline { objects: Vec::new() }, read);
    let (mut decisions, mut allowed, mut wrong) = (0_u32, 0_u32, Vec::new());
    let (mut computed, mut computed_wrong) = (0_u32, Vec::new());
    for file in recorded::files(&folder, "worlds.jsonl") {
        let lines = recorded::read(&file);
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let world: World = serde_json::from_slice(line).unwrap();
            let mut builder = Inventory::builder();
            let overrides = &world.baseline_overrides;
            baseline
                .objects
                .iter()
                .chain(overrides)
                .chain(&world.stored)
                .for_each(|object| builder.add(object));
            let inventory = builder.finish();
            let rbac = Rbac::new(&inventory);
            for query in &world.queries {
                let (answer, reasons) = ask(&inventory, &rbac, query);
                decisions += 1;
                allowed += u32::from(answer);
                let reason_agrees = !query.allowed
                    || query.reason.is_empty()
                    || reasons.iter().any(|it| query.reason.starts_with(it));
                if answer != query.allowed || !reason_agrees {
                    wrong.push(format!("{} {}: {answer}, recorded {}", world.name, query.id, query.reason));
                }
            }
            // The same from what was submitted, with every aggregated role computed by us.
            let mut builder = Inventory::builder();
            for object in baseline.objects.iter().chain(overrides).chain(&world.submitted) {
                let mut object = object.clone();
                if object["kind"] == "ClusterRole" {
                    let metadata = object["metadata"].as_object_mut().unwrap();
                    metadata.remove("uid");
                    metadata.remove("resourceVersion");
                }
                builder.add(&object);
            }
            let inventory = builder.finish();
            let rbac = Rbac::new(&inventory);
            for query in &world.queries {
                let (answer, _) = ask(&inventory, &rbac, query);
                computed += 1;
                if answer != query.allowed {
                    computed_wrong
                        .push(format!("{} {}: {answer}, recorded {}", world.name, query.id, query.reason));
                }
            }
        }
    }
    eprintln!("{decisions} decisions, {allowed} allowed, {} differ", wrong.len());
    eprintln!("{computed} with aggregated roles computed from manifests, {} differ", computed_wrong.len());
    assert!(decisions > 0);
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(computed_wrong, Vec::<String>::new());
}
