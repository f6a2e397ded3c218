//! Secrets, at the depths that look at them: by namespace, so that no answer speaks of all of them.

use std::collections::BTreeMap;
use std::fmt;

use sekisho_kube::inventory::Depth;
use sekisho_secret::SecretBytes;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::kinds::SECRETS;
use super::{Cluster, Event, JSON, path};

/// The form without any part of an object. Nothing else is acceptable: what a server that knows no
/// tables would send instead holds the values.
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";
/// The form with metadata, annotations among it.
const METADATA: &str = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
/// Rows of a page: they are short.
const ROWS: u32 = 500;

/// A list as [`Event::Page`] has it, of what is known of Secrets.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SecretList {
    api_version: &'static str,
    kind: &'static str,
    items: Vec<Secret>,
}

#[derive(Serialize)]
struct Secret {
    metadata: Metadata,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    secret_type: Option<String>,
}

#[derive(Serialize, Deserialize, Default)]
struct Metadata {
    name: String,
    namespace: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    /// Names alone: the texts are passed over as they are read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "names_alone")]
    annotations: BTreeMap<String, &'static str>,
}

fn names_alone<'de, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<String, &'static str>, D::Error> {
    struct Names;
    impl<'de> Visitor<'de> for Names {
        type Value = BTreeMap<String, &'static str>;

        fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
            to.write_str("annotations")
        }

        fn visit_map<M: MapAccess<'de>>(self, mut from: M) -> Result<Self::Value, M::Error> {
            let mut names = BTreeMap::new();
            while let Some((name, IgnoredAny)) = from.next_entry()? {
                names.insert(name, "");
            }
            Ok(names)
        }
    }
    from.deserialize_map(Names)
}

/// Reads the Secrets of `namespaces`; the first reason, where some could not be read.
pub(super) fn read(
    cluster: &mut Cluster,
    namespaces: &[String],
    on: &mut dyn FnMut(Event<'_>),
) -> Result<(), String> {
    let mut trouble = Ok(());
    for namespace in namespaces {
        let path = path(&SECRETS, "v1", Some(namespace));
        let outcome = match cluster.options.depth {
            Depth::Values => cluster.list(&SECRETS, &path, JSON, &mut |list| {
                on(Event::Page { plural: SECRETS.plural, list });
            }),
            _ => metadata(cluster, namespace, &path, on),
        };
        if let Err(reason) = outcome
            && trouble.is_ok()
        {
            trouble = Err(format!("{reason} (namespace {namespace})"));
        }
    }
    trouble
}

fn metadata(
    cluster: &mut Cluster,
    namespace: &str,
    path: &str,
    on: &mut dyn FnMut(Event<'_>),
) -> Result<(), String> {
    let kind = super::Kind { page: ROWS, ..SECRETS };
    let mut types = BTreeMap::new();
    let mut unreadable = false;
    cluster.list(&kind, &format!("{path}?includeObject=None"), TABLE, &mut |list| match rows(list) {
        Some(rows) => types.extend(rows),
        None => unreadable = true,
    })?;
    if unreadable {
        return Err("the server sends no tables".to_owned());
    }
    if !cluster.options.annotations {
        let items = types.into_iter().map(|(name, secret_type)| Secret {
            metadata: Metadata { name, namespace: namespace.to_owned(), ..Metadata::default() },
            secret_type: Some(secret_type),
        });
        page(items.collect(), on);
        return Ok(());
    }
    cluster.list(&kind, path, METADATA, &mut |list| {
        #[derive(Deserialize)]
        struct Partial {
            items: Vec<Item>,
        }
        #[derive(Deserialize)]
        struct Item {
            metadata: Metadata,
        }
        let Ok(list) = serde_json::from_slice::<Partial>(list.expose_secret()) else {
            unreadable = true;
            return;
        };
        let items = list.items.into_iter().map(|item| Secret {
            secret_type: types.get(&item.metadata.name).cloned(),
            metadata: item.metadata,
        });
        page(items.collect(), on);
    })?;
    if unreadable { Err("the server sends no metadata alone".to_owned()) } else { Ok(()) }
}

fn page(items: Vec<Secret>, on: &mut dyn FnMut(Event<'_>)) {
    let list = SecretList { api_version: "v1", kind: "SecretList", items };
    let list = SecretBytes::new(serde_json::to_vec(&list).unwrap_or_default());
    on(Event::Page { plural: SECRETS.plural, list: &list });
}

/// Name and type of each row of a `meta.k8s.io/v1 Table` of Secrets.
fn rows(table: &SecretBytes) -> Option<Vec<(String, String)>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Table {
        kind: String,
        column_definitions: Option<Vec<Column>>,
        rows: Option<Vec<Row>>,
    }
    #[derive(Deserialize)]
    struct Column {
        name: String,
    }
    #[derive(Deserialize)]
    struct Row {
        cells: Vec<Cell>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Cell {
        Text(String),
        Other(IgnoredAny),
    }
    let table: Table = serde_json::from_slice(table.expose_secret()).ok()?;
    let rows = table.rows.unwrap_or_default();
    if table.kind != "Table" {
        return None;
    }
    if rows.is_empty() {
        return Some(Vec::new());
    }
    // Later pages of a list may leave the columns out; the first two are these in every version.
    let columns = table.column_definitions.unwrap_or_default();
    let place = |name: &str, usual| columns.iter().position(|it| it.name == name).unwrap_or(usual);
    let (name, secret_type) = (place("Name", 0), place("Type", 1));
    let text = |row: &Row, at: usize| match row.cells.get(at) {
        Some(Cell::Text(text)) => Some(text.clone()),
        Some(Cell::Other(_)) | None => None,
    };
    let row = |row: &Row| Some((text(row, name)?, text(row, secret_type).unwrap_or_default()));
    Some(rows.iter().filter_map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_gives_names_and_types() {
        let table =
            br#"{"kind":"Table","columnDefinitions":[{"name":"Name"},{"name":"Type"},{"name":"Data"}],
            "rows":[{"cells":["db","Opaque",2],"object":null},{"cells":["x"]},{"cells":[3,4]}]}"#;
        let found = rows(&SecretBytes::new(table.to_vec())).unwrap();
        assert_eq!(found, [("db".into(), "Opaque".into()), ("x".into(), String::new())]);
        let empty = br#"{"kind":"Table","columnDefinitions":[],"rows":null}"#;
        assert_eq!(rows(&SecretBytes::new(empty.to_vec())), Some(vec![]));
        let other = br#"{"kind":"SecretList","items":[]}"#;
        assert_eq!(rows(&SecretBytes::new(other.to_vec())), None);
    }

    #[test]
    fn texts_of_annotations_are_passed_over() {
        let text = r#"{"name":"a","namespace":"b","annotations":{"last":"hunter22"},"labels":{"k":"v"}}"#;
        let read: Metadata = serde_json::from_str(text).unwrap();
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(written, r#"{"name":"a","namespace":"b","labels":{"k":"v"},"annotations":{"last":""}}"#);
    }
}
