//! Whether the bytes agree with the configuration.
//!
//! The file says what the next write does; the bytes say what the last ones did. Where they differ
//! the file is not in force: the reload failed, or another server runs another file, or nothing was
//! written again since.

use std::collections::BTreeMap;

use sekisho_model::Severity;

use crate::config::{Configuration, Remark};
use crate::options::Require;
use crate::proof::{FileProof, ObjectCount, Region};

/// Compares a configuration with what was found in a store. Logs say nothing of what is live, so
/// they are not looked at.
pub fn compare(configuration: &Configuration, proof: &FileProof, require: &Require) -> Vec<Remark> {
    let mut out = Vec::new();
    let resources: std::collections::BTreeSet<&str> =
        proof.objects.iter().filter_map(|count| count.resource.as_deref()).collect();
    for resource in resources {
        let entry = configuration.entry(resource);
        if entry.is_none() && !require.covers(resource) {
            continue;
        }
        let first =
            entry.and_then(|entry| entry.providers.first()?.writes()).unwrap_or_else(|| "plain".to_owned());
        let readable: Vec<String> = entry.map_or_else(
            || vec!["plain".to_owned()],
            |entry| entry.providers.iter().flat_map(super::ConfiguredProvider::reads).collect(),
        );
        let at = entry.and_then(|entry| entry.providers.first()).map(|provider| provider.line);
        let subject = Subject { resource, proof, at };
        subject.refused(&first, &readable, &mut out);
        subject.not_in_force(&first, &mut out);
        subject.not_written_again(&first, &mut out);
        subject.kms_keys(&mut out);
        if let Some(identity) = entry.and_then(|entry| entry.providers.last())
            && first != "plain"
            && identity.writes().as_deref() == Some("plain")
            && proof.verdict != crate::proof::Verdict::Unproven
            && subject.counts(|count| count.envelope == "plain").next().is_none()
        {
            out.push(Remark::new(
                Severity::Low,
                "identity-not-needed",
                identity.line,
                format!("no plain object of {resource} is left in the store: identity is of no more use, and lets plain objects be planted"),
                "Prove every member, then remove identity.",
            ));
        }
    }
    out.sort();
    out.dedup();
    out
}

struct Subject<'c> {
    resource: &'c str,
    proof: &'c FileProof,
    /// Line of the first provider.
    at: Option<u64>,
}

impl<'c> Subject<'c> {
    /// The records in the tree, by what they are.
    fn counts(&self, which: impl Fn(&ObjectCount) -> bool) -> impl Iterator<Item = &'c ObjectCount> {
        let resource = self.resource;
        self.proof.objects.iter().filter(move |count| {
            count.resource.as_deref() == Some(resource)
                && matches!(count.region, Region::Live | Region::Superseded | Region::Deleted)
                && which(count)
        })
    }

    fn live(&self) -> impl Iterator<Item = &'c ObjectCount> {
        self.counts(|count| count.region == Region::Live)
    }

    /// Live objects that this configuration cannot read.
    fn refused(&self, first: &str, readable: &[String], out: &mut Vec<Remark>) {
        let mut lost: BTreeMap<&str, u64> = BTreeMap::new();
        for count in self.live().filter(|count| count.envelope != first) {
            if !readable.contains(&count.envelope) {
                *lost.entry(&count.envelope).or_default() += count.count;
            }
        }
        for (envelope, count) in lost {
            out.push(Remark::new(
                Severity::Critical,
                "not-readable",
                self.at,
                format!(
                    "{count} live {} are stored as {envelope}, which no provider of the configuration reads",
                    self.resource
                ),
                "Put the provider back below the first one until they are written again.",
            ));
        }
    }

    /// Newer writes under another provider than the first: the file is not in force.
    fn not_in_force(&self, first: &str, out: &mut Vec<Remark>) {
        if first != "plain" {
            let after = self.proof.plain_after_sealed.iter().find(|plain| plain.resource == self.resource);
            if let Some(after) = after {
                out.push(Remark::new(
                    Severity::Critical,
                    "plain-after-sealed",
                    self.at,
                    format!(
                        "{first} stands first, yet {} plain {} have a mod_revision above {}, the first enveloped one: the reload failed, or another server runs another file",
                        after.count, self.resource, after.first_sealed
                    ),
                    "Compare the file and the start time of every kube-apiserver, restart those that run an old one, write the objects again.",
                ));
                return;
            }
        }
        let newest = self.counts(|_| true).max_by_key(|count| count.last_revision);
        if let Some(newest) = newest
            && newest.envelope != first
        {
            out.push(Remark::new(
                Severity::High,
                "not-in-force",
                self.at,
                format!(
                    "{first} stands first, yet the newest write of {} (revision {}) is {}: nothing was written since the change, or the file is not in force",
                    self.resource,
                    newest.last_revision.unwrap_or_default(),
                    newest.envelope
                ),
                "Write one object and prove again: if it is not under the first provider, restart every kube-apiserver.",
            ));
        }
    }

    fn not_written_again(&self, first: &str, out: &mut Vec<Remark>) {
        let others: Vec<String> = self
            .live()
            .filter(|count| count.envelope != first)
            .map(|count| format!("{} {}", count.count, count.envelope))
            .collect();
        if first != "plain" && !others.is_empty() {
            out.push(Remark::new(
                Severity::High,
                "not-migrated",
                self.at,
                format!("live {} that were never written again under {first}: {}", self.resource, others.join(", ")),
                "Write all objects again (StorageVersionMigration, or `kubectl get … -o json | kubectl replace -f -`).",
            ));
        }
    }

    fn kms_keys(&self, out: &mut Vec<Remark>) {
        let keys: std::collections::BTreeSet<&str> =
            self.counts(|_| true).filter_map(|count| count.kms_key_id.as_deref()).collect();
        if keys.len() > 1 {
            let keys: Vec<&str> = keys.into_iter().collect();
            out.push(Remark::new(
                Severity::Low,
                "kms-keys-in-use",
                self.at,
                format!("{} are stored under {} keys of the KMS: {}", self.resource, keys.len(), keys.join(", ")),
                "Retire none of them before all objects, revisions, free pages, logs and kept backups are under the newest.",
            ));
        }
    }
}
