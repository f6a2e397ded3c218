//! [`Pool`]: ledgers for workers.

use std::sync::{Mutex, MutexGuard, PoisonError};

use sekisho_model::Ledger;

/// Workers borrow a ledger for one item each; there are as many as ever ran at once, and in which
/// one a sighting lands cannot be seen in the report.
pub(super) struct Pool {
    idle: Mutex<Vec<Ledger>>,
    max_copies: usize,
}

impl Pool {
    pub(super) fn new(max_copies: usize) -> Self {
        Self { idle: Mutex::new(Vec::new()), max_copies }
    }

    /// The lock is never held while anything can panic.
    fn idle(&self) -> MutexGuard<'_, Vec<Ledger>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lends a ledger.
    pub(super) fn with<R>(&self, work: impl FnOnce(&mut Ledger) -> R) -> R {
        let mine = self.idle().pop();
        let mut mine = mine.unwrap_or_else(|| Ledger::new(self.max_copies));
        let result = work(&mut mine);
        self.idle().push(mine);
        result
    }

    /// Folds all into one.
    pub(super) fn drain_into(self, ledger: &mut Ledger) {
        for mine in self.idle.into_inner().unwrap_or_else(PoisonError::into_inner) {
            ledger.merge(mine);
        }
    }
}
