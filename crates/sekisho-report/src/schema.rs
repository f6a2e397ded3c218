//! The JSON Schema of `sekisho.report/v1`, made from the types that are written.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use sekisho_model::report::{Report, SCHEMA};
use serde_json::{Value, json};

/// Where the schema is kept in the repository.
pub const SCHEMA_FILE: &str = "docs/schema/sekisho.report.v1.schema.json";

/// Says of every object that it may have more members: changes to the report are additive, and a
/// validator must not turn an addition into an error. Unions stay closed through their tags.
#[derive(Debug, Clone)]
struct Permissive;

impl Transform for Permissive {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        if let Some(object) = schema.as_object_mut()
            && object.contains_key("properties")
        {
            object.entry("additionalProperties").or_insert(Value::Bool(true));
        }
    }
}

/// The schema's text, as committed.
pub fn schema() -> String {
    let settings = SchemaSettings::draft2020_12().for_serialize().with_transform(Permissive);
    let mut schema = settings.into_generator().into_root_schema_for::<Report>();
    schema
        .insert("$id".to_owned(), json!(format!("{}/raw/main/{SCHEMA_FILE}", env!("CARGO_PKG_REPOSITORY"))));
    schema.insert("title".to_owned(), json!(SCHEMA));
    if let Some(name) = schema.pointer_mut("/properties/schema").and_then(Value::as_object_mut) {
        name.insert("const".to_owned(), json!(SCHEMA));
    }
    let mut text = Vec::new();
    // Writing to a vector cannot fail.
    let _infallible = crate::json::pretty(&schema, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
