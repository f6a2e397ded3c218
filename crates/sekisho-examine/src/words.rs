//! [`Words`]: what sightings and findings say over and over, each kept once.
//!
//! A large tree gives hundreds of thousands of them, and all stay until the report is written. Words
//! of detectors and checks are the same for all; names of fields mostly are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sekisho_model::{SharedStr, Texts};

use crate::checks::Check;

/// See the module.
#[derive(Default)]
pub(crate) struct Words(Mutex<(Texts, Controls)>);

/// Of a check, by its id, the controls that it answers to.
type Controls = BTreeMap<&'static str, Arc<[SharedStr]>>;

impl Words {
    /// Some texts, shared with whoever said them before.
    pub(crate) fn share<const N: usize>(&self, texts: [&str; N]) -> [SharedStr; N] {
        let (known, _) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        texts.map(|text| known.share(text))
    }

    /// The controls that a check answers to.
    pub(crate) fn controls(&self, check: &Check) -> Arc<[SharedStr]> {
        let (texts, known) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || check.controls.iter().map(|control| texts.share(control)).collect();
        known.entry(check.id).or_insert_with(new).clone()
    }
}
