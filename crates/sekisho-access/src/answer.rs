//! The answers, ready to be printed or serialised: `sekisho.readers/v1` and `sekisho.reach/v1`.
//!
//! Everything in them is names; no value of anything is ever near. The texts are foreign: whoever
//! prints them escapes them for the place.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The contract of [`Readers`].
pub const READERS_SCHEMA: &str = "sekisho.readers/v1";
/// The contract of [`Reached`].
pub const REACH_SCHEMA: &str = "sekisho.reach/v1";
/// The contract of [`Plugins`].
pub const PLUGINS_SCHEMA: &str = "sekisho.plugins/v1";

/// Who can obtain the value of one Secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Readers {
    /// [`READERS_SCHEMA`].
    pub schema: String,
    /// The Secret.
    pub object: Object,
    /// Whether the Secret itself was seen, and not only its name.
    pub seen: bool,
    /// All readers, those that are not listed too.
    pub readers_total: u64,
    /// Readers of each class.
    pub classes: Vec<ClassCount>,
    /// Readers, nearest first.
    pub readers: Vec<Reader>,
    /// Subjects that would be readers if they were there: a binding names them.
    pub latent: Vec<Thing>,
    /// What to change so that the unexpected readers go.
    pub cuts: Vec<Cut>,
    /// Whether no smaller set of changes does it.
    pub minimal: Minimal,
    /// What was not looked at.
    pub not_assessed: Vec<NotAssessed>,
    /// What the API server itself says of it, where it was asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verification: Option<Verification>,
}

/// What an API server said when it was asked the same.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// Questions that it was asked.
    pub asked: u64,
    /// Questions to which it gave our answer.
    pub agreed: u64,
    /// Questions that were not asked, so as not to burden it.
    pub omitted: u64,
    /// The others, in words.
    pub disagreed: Vec<String>,
}

/// An object by its whole name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// Namespace, if it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
}

/// Somebody or something on a way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Thing {
    /// `ServiceAccount`, `User`, `Group`, `Node`, `Pod`, `Secret`, …; of places `Pods`, `Secrets`, …
    pub kind: String,
    /// Namespace, if it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub namespace: Option<String>,
    /// Name; none for all of a kind.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
}

/// One reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reader {
    /// Who.
    pub subject: Thing,
    /// Which class.
    pub class: Class,
    /// Whether it asks for the Secret itself.
    pub direct: bool,
    /// Whether every hop is certain; else one depends on what no inventory shows.
    pub certain: bool,
    /// Whether it may hand the right on: it may write bindings and holds what it would bind.
    pub delegates: bool,
    /// What brought it: a chart, a release, an operator.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub origin: Option<String>,
    /// The shortest way.
    pub path: Vec<Hop>,
}

/// One step of a way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hop {
    /// The edge.
    pub edge: String,
    /// From where.
    pub from: Thing,
    /// To where.
    pub to: Thing,
    /// What is done, as the middle of a sentence.
    pub says: String,
    /// The grants it rests on; all of them are needed.
    pub grants: Vec<Granted>,
    /// The field of an object that shows it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// What could stop it: `none`, `admission` or `psa`.
    pub gate: String,
    /// When it holds.
    pub condition: String,
    /// Versions on which a recorded server showed it.
    pub verified: Vec<String>,
    /// Where it is read.
    pub source: String,
}

/// A grant: a rule of a role through a binding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Granted {
    /// The binding; none where the way itself makes it.
    pub binding: Option<Object>,
    /// The role.
    pub role: Object,
    /// The rule's index in the role.
    pub rule: u32,
    /// Of an aggregate: the ClusterRole that the rule comes from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub aggregated_from: Option<AggregatedFrom>,
}

/// Where a rule of an aggregated ClusterRole comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct AggregatedFrom {
    /// The ClusterRole's name.
    pub role: String,
    /// The rule's index in it.
    pub rule: u32,
}

/// What a reader is to a Secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Class {
    /// Nobody expects it: look here first.
    Unexpected,
    /// Workloads that mount it, or whose account a rule allows this very Secret.
    Workload,
    /// Operators and charts that read Secrets by themselves.
    Operator,
    /// Whoever has everything.
    ClusterAdministrator,
    /// The cluster's own components.
    ControlPlane,
}

/// Readers of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClassCount {
    /// The class.
    pub class: Class,
    /// How many.
    pub readers: u64,
}

/// One change that takes ways away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cut {
    /// What to do, in a sentence.
    pub says: String,
    /// The object to change.
    pub object: Object,
    /// A JSON patch for it (RFC 6902): first a test that it still is as it was seen, then the removal.
    #[schemars(schema_with = "json_patch")]
    pub patch: serde_json::Value,
    /// Readers that this change alone takes away.
    pub removes: u64,
    /// What else is lost, and by whom.
    pub also_loses: Vec<String>,
}

/// The two operations of RFC 6902 that a cut needs.
fn json_patch(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "op": {"type": "string", "enum": ["test", "remove"]},
                "path": {"type": "string"},
                "value": {"description": "Of `test`: what stands there."},
            },
            "required": ["op", "path"],
        },
    })
}

/// How well the cuts are known to be few.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Minimal {
    /// No smaller set of changes takes the same readers away.
    Proven,
    /// Found one change after the other; a smaller set may exist.
    Greedy,
    /// Some unexpected reader stays, whatever is changed.
    Impossible,
}

/// A kind of object that was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotAssessed {
    /// What.
    pub what: String,
    /// Why.
    pub reason: String,
}

/// What somebody can reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reached {
    /// [`REACH_SCHEMA`].
    pub schema: String,
    /// From where.
    pub subject: Thing,
    /// All Secrets in which its ways end.
    pub secrets_total: u64,
    /// How many of them lie in each namespace, the most first.
    pub namespaces: Vec<NamespaceCount>,
    /// Subjects that it can become: accounts, users, groups and nodes.
    pub becomes_total: u64,
    /// The nearest of them, each with its way.
    pub becomes: Vec<Way>,
    /// The nearest Secrets, each with its way.
    pub secrets: Vec<Way>,
    /// What was not looked at.
    pub not_assessed: Vec<NotAssessed>,
}

/// Secrets of one namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NamespaceCount {
    /// The namespace.
    pub namespace: String,
    /// How many Secrets of it.
    pub secrets: u64,
}

/// A way to something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Way {
    /// To what.
    pub to: Thing,
    /// Whether every hop is certain.
    pub certain: bool,
    /// The hops.
    pub path: Vec<Hop>,
}

/// Charts and operators whose accounts read Secrets by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plugins {
    /// [`PLUGINS_SCHEMA`].
    pub schema: String,
    /// Those with the most first.
    pub plugins: Vec<Plugin>,
    /// What was not looked at.
    pub not_assessed: Vec<NotAssessed>,
}

/// What one chart or operator may read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plugin {
    /// The chart, release or operator.
    pub origin: String,
    /// Its service accounts that may read Secrets.
    pub accounts: Vec<Thing>,
    /// Secrets that it may read.
    pub secrets: u64,
    /// Namespaces in which they are.
    pub namespaces: u64,
    /// Of these, Secrets that its own pods mount: what it visibly needs.
    pub mounted: u64,
    /// The grants that give them, the widest first.
    pub through: Vec<Through>,
}

/// How many Secrets one grant gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Through {
    /// Secrets that may be read by it.
    pub secrets: u64,
    /// Namespaces in which they are.
    pub namespaces: u64,
    /// The binding, role and rule.
    pub grant: Granted,
}
