//! What a source knows of an item beside its bytes.

use serde::{Deserialize, Serialize};

use crate::place::ObjectRef;

/// What is known of an item's purpose from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Hint {
    /// A Kustomization turns the file into an object: by its name alone it looks like any file.
    GeneratorFile {
        /// A Secret is made of it, else a ConfigMap.
        secret: bool,
        /// The object, before kustomize adds prefix and hash to its name.
        object: ObjectRef,
        /// The key that holds the whole file; `None` for a file of `key=value` lines.
        key: Option<String>,
    },
    /// It was encrypted where it lies, and was opened with keys that the user gave: its values are
    /// copies like others, and that they lie there is no fault.
    Opened,
}
