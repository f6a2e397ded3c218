//! A live cluster as a source of items: each object one item, as a manifest.
//!
//! What a server adds by itself (versions, times, who manages which field, the status) is left out and
//! the rest is laid out in lines, so that the same object is the same text on the next day and what was
//! accepted once stays recognised.

use std::sync::{Arc, Mutex};

use sekisho_model::{Place, Problem, Root};
use sekisho_secret::SecretBytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Cluster, Event};
use crate::item::{Bytes, Item, Unopened};
use crate::target::SourceError;
use crate::{Source, Stats};

/// What every object of a server has and no manifest writes.
const ADDED: [&str; 6] =
    ["creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"];

/// The objects of a live cluster that hold values which should not be there; no Secrets.
#[derive(Clone)]
pub struct LiveCluster {
    cluster: Arc<Mutex<Cluster>>,
}

/// A page, as far as its items have to be told what they are.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    api_version: String,
    kind: String,
    items: Option<Vec<Map<String, Value>>>,
}

impl LiveCluster {
    /// This cluster. Nothing is asked of it before its items are.
    pub fn new(cluster: Cluster) -> Self {
        Self { cluster: Arc::new(Mutex::new(cluster)) }
    }
}

impl Source for LiveCluster {
    fn name(&self) -> &'static str {
        "cluster"
    }

    fn each(
        &self,
        on: &(dyn Fn(Item<'_>) + Sync),
        problem: &(dyn Fn(Problem) + Sync),
    ) -> Result<Stats, SourceError> {
        let mut cluster = self.cluster.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let place = Place::new(Root::Object { cluster: cluster.context().into() });
        let mut stats = Stats::default();
        let read = cluster.read_scanned(&mut |event| match event {
            Event::Page { plural, list } => {
                let Ok(page) = serde_json::from_slice::<Page>(list.expose_secret()) else {
                    let what = format!("{plural}: the answer is no list");
                    return problem(Problem { place: place.clone(), what });
                };
                for object in page.items.unwrap_or_default() {
                    let text = manifest(object, &page.api_version, &page.kind);
                    stats.items += 1;
                    let size = text.len() as u64;
                    let content = Unopened { place: place.clone(), bytes: Bytes::Held(text), problem };
                    on(Item { place: place.clone(), tracked: None, hint: None, size, content });
                }
            }
            Event::NotAssessed { plural, reason } => {
                problem(Problem { place: place.clone(), what: format!("{plural}: {reason}") });
            }
            _ => {}
        });
        match read {
            Ok(()) => Ok(stats),
            Err(error) => Err(SourceError::Cluster { what: error.to_string() }),
        }
    }
}

/// An object of a typed list as somebody would write it.
fn manifest(mut object: Map<String, Value>, api_version: &str, list: &str) -> SecretBytes {
    object.insert("apiVersion".to_owned(), Value::from(api_version));
    object.insert("kind".to_owned(), Value::from(list.strip_suffix("List").unwrap_or(list)));
    object.remove("status");
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|name, _| !ADDED.contains(&name.as_str()));
    }
    SecretBytes::new(serde_json::to_vec_pretty(&object).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_server_adds_is_left_out() {
        let object = |version: &str| {
            let object = json!({"metadata": {"name": "app", "namespace": "shop", "uid": "u", "resourceVersion": version,
                "managedFields": [{"manager": version}]}, "data": {"a": "b"}, "status": {"at": version}});
            manifest(object.as_object().unwrap().clone(), "v1", "ConfigMapList")
        };
        assert!(object("1") == object("2"));
        let read: Value = serde_json::from_slice(object("1").expose_secret()).unwrap();
        let expected = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "app", "namespace": "shop"}, "data": {"a": "b"}});
        assert_eq!(read, expected);
    }
}
