//! The way to clean, for the state that was found.
//!
//! Each step ends what keeps one region in plain; a step whose region is clean is left out, the
//! order is kept. Where etcd has no command it is said.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::options::Require;
use crate::proof::{FileKind, FileProof, Region, Verdict};

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// What to do.
    pub title: String,
    /// Why, in this state.
    pub why: String,
    /// Commands, where there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    /// What can go wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

fn step(title: &str, why: impl Into<String>, commands: &[&str], warning: Option<&str>) -> Step {
    Step {
        title: title.to_owned(),
        why: why.into(),
        commands: commands.iter().map(|command| (*command).to_owned()).collect(),
        warning: warning.map(str::to_owned),
    }
}

/// How many plain records of required resources there are in some regions.
fn plain(files: &[FileProof], require: &Require, regions: &[Region]) -> u64 {
    files
        .iter()
        .flat_map(|file| &file.objects)
        .filter(|count| count.envelope == "plain" && regions.contains(&count.region))
        .filter(|count| count.resource.as_deref().is_none_or(|resource| require.covers(resource)))
        .map(|count| count.count)
        .sum()
}

/// The steps from what these files show to clean files and retired keys.
pub fn way(files: &[FileProof], require: &Require) -> Vec<Step> {
    let mut steps = Vec::new();
    // What is no file of etcd has no way: another file is what is wanted.
    if files.iter().all(|file| file.verdict == Verdict::Clean || file.kind == FileKind::Unknown) {
        return steps;
    }
    let resources: Vec<&str> = require.names().filter(|name| !name.contains('*')).collect();
    let resources = if resources.is_empty() { "secrets".to_owned() } else { resources.join(",") };
    let live = plain(files, require, &[Region::Live]);
    if live > 0 {
        let get = format!("kubectl get {resources} --all-namespaces -o json | kubectl replace -f -");
        steps.push(step(
            "Encrypt, then write every object again",
            format!("{live} live objects are in plain: the setting changes the next write only"),
            &[
                "# put an encrypting provider first in the EncryptionConfiguration, identity last; restart every kube-apiserver; then",
                &get,
                "# or, from Kubernetes 1.37, a StorageVersionMigration (storagemigration.k8s.io/v1) for each resource",
            ],
            Some("objects that change meanwhile make `replace` fail for them: run it until it is quiet, and prove"),
        ));
    }
    let old = plain(files, require, &[Region::Superseded, Region::Deleted]);
    if live + old > 0 {
        steps.push(step(
            "Compact",
            "older and deleted revisions stay until compaction; kube-apiserver does it every 5 minutes and keeps up to 10",
            &[
                "revision=$(etcdctl endpoint status --write-out json | jq '.[0].Status.header.revision')",
                "etcdctl compact --physical \"$revision\"",
            ],
            Some("watches older than the revision end and are begun again by their clients"),
        ));
    }
    let free = plain(files, require, &[Region::Free, Region::Tail]);
    let has_store = |file: &FileProof| matches!(file.kind, FileKind::Bbolt | FileKind::Snapshot);
    let unproven = files.iter().any(|file| has_store(file) && file.accounting.unattributed > 0);
    if live + old + free > 0 || unproven {
        steps.push(step(
            "Defragment every member, one at a time",
            "bbolt does not erase freed pages, and snapshots copy them: only rewriting the file drops them; compaction goes to all members, defragmentation to one",
            &["etcdctl --endpoints=https://MEMBER:2379 defrag    # for each member, the leader last"],
            Some("the member does not answer while it runs: wait until it is healthy before the next"),
        ));
    }
    let log = plain(files, require, &[Region::Wal]);
    if live + old + log > 0
        || files.iter().any(|file| file.kind == FileKind::Wal && file.verdict != Verdict::Clean)
    {
        steps.push(step(
            "Roll the log",
            "every write stays in the write-ahead log until its segment is dropped, and etcd has no command for that: it drops segments behind its last snapshot, and keeps five of 64 MB by default. Wait until all segments are newer than the last plain write, or replace the members one at a time",
            &[
                "etcdctl member remove ID                          # stop that member and delete its data directory",
                "etcdctl member add NAME --peer-urls=https://MEMBER:2380",
                "# start it with --initial-cluster-state=existing and an empty data directory; wait until it is healthy; then the next",
            ],
            Some("with one member of three away the loss of another stops the cluster: take a snapshot first, and never begin with an unhealthy member. A single member is restored from a clean snapshot instead: `etcdutl snapshot restore FILE --data-dir NEW`"),
        ));
    }
    steps.push(step(
        "Take a new backup and prove it",
        "a backup is as plain as the store it was taken from",
        &[
            "etcdctl snapshot save new.db",
            "sekisho prove new.db",
            "sekisho prove /var/lib/etcd    # on every member",
        ],
        None,
    ));
    steps.push(step(
        "Rotate what was in plain, and expire old backups",
        "whoever read an old backup, log or disk still has the values: those that `still_live` names are in use now",
        &["sekisho prove OLD-BACKUP…    # each one that is kept"],
        Some("freed blocks of the disk keep the bytes until the volume is erased or its own encryption key is destroyed; etcd can do nothing about that"),
    ));
    steps.push(step(
        "Only then retire old keys",
        "a key that is gone makes every copy under it unreadable: live objects, revisions, logs and the backups that are kept",
        &[],
        None,
    ));
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::{Accounting, ObjectCount};

    fn file(region: Option<Region>) -> FileProof {
        let objects = region.map(|region| ObjectCount {
            resource: Some("secrets".to_owned()),
            region,
            envelope: "plain".to_owned(),
            kms_key_id: None,
            count: 3,
            first_revision: None,
            last_revision: None,
        });
        FileProof {
            path: "db".to_owned(),
            kind: if region == Some(Region::Wal) { FileKind::Wal } else { FileKind::Bbolt },
            bytes: 0,
            sha256: None,
            accounted_bytes: 0,
            accounting: Accounting::default(),
            verdict: if region.is_some() { Verdict::Plaintext } else { Verdict::Clean },
            etcd: None,
            wal: None,
            snapshot_hash: None,
            decryption: None,
            objects: objects.into_iter().collect(),
            plain_after_sealed: Vec::new(),
            remains: Vec::new(),
            remains_omitted: 0,
            unattributed: Vec::new(),
            unattributed_omitted: 0,
            problems: Vec::new(),
            problems_omitted: 0,
        }
    }

    #[test]
    fn only_the_steps_that_are_left_are_told() {
        let first = |region: Option<Region>| {
            let steps = way(&[file(region)], &Require::default());
            (steps.first().map(|step| step.title.clone()), steps.len())
        };
        assert_eq!(first(None), (None, 0));
        assert!(first(Some(Region::Live)).0.unwrap().starts_with("Encrypt"));
        assert_eq!(first(Some(Region::Live)).1, 7);
        assert_eq!(first(Some(Region::Superseded)), (Some("Compact".to_owned()), 6));
        assert!(first(Some(Region::Free)).0.unwrap().starts_with("Defragment"));
        assert_eq!(first(Some(Region::Wal)), (Some("Roll the log".to_owned()), 4));
        // A text, say: to defragment a member would not help.
        let other = FileProof { kind: FileKind::Unknown, verdict: Verdict::Unproven, ..file(None) };
        assert_eq!(way(std::slice::from_ref(&other), &Require::default()), []);
        assert_eq!(way(&[other, file(Some(Region::Wal))], &Require::default()).len(), 4);
    }
}
