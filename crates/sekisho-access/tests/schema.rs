//! The contracts of the answers: the committed schemas are those of the types.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::Path;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use sekisho_access::answer::{PLUGINS_SCHEMA, Plugins, REACH_SCHEMA, READERS_SCHEMA, Reached, Readers};
use serde_json::json;

/// Whether it was.
fn is_fresh<T: JsonSchema>(name: &str) -> bool {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), json!(name));
    let text = serde_json::to_string_pretty(&serde_json::to_value(schema).unwrap()).unwrap() + "\n";
    let file = format!("docs/schema/{}.schema.json", name.replace('/', "."));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(&file);
    let fresh = std::fs::read_to_string(&path).unwrap_or_default() == text;
    if !fresh {
        std::fs::write(&path, text).unwrap();
    }
    fresh
}

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    let fresh = [
        is_fresh::<Readers>(READERS_SCHEMA),
        is_fresh::<Reached>(REACH_SCHEMA),
        is_fresh::<Plugins>(PLUGINS_SCHEMA),
    ];
    assert_eq!(fresh, [true; 3], "docs/schema was stale; it is now fresh");
}
