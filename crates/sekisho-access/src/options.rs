//! What a user says beside the inventory.

use std::collections::BTreeMap;

/// Settings of a graph.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Groups of users, as the identity provider has them: RBAC cannot know them.
    pub groups_of: BTreeMap<String, Vec<String>>,
}
