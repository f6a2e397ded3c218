//! Whether the API server agrees: direct reads, and some that are said not to be, asked as
//! `SubjectAccessReview`s.
//!
//! Only what a single grant decides can be asked. Derived ways (a pod that mounts, a token that is
//! asked for) rest on several; of those the server knows no question.

use anyhow::Context as _;
use sekisho_access::answer::{Object, Reader, Readers, Thing};
use sekisho_kube::Inventory;
use sekisho_sources::cluster::{Cluster, Question};
use serde::Serialize;

use super::told::thing;

/// Service accounts that are no readers and are asked about.
const OTHERS: usize = 20;
/// Readers that are asked about.
const READERS: usize = 200;

/// What the server said.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Verification {
    /// Questions that it was asked.
    pub(crate) asked: u64,
    /// Questions to which it gave our answer.
    pub(crate) agreed: u64,
    /// The others, in words.
    pub(crate) disagreed: Vec<String>,
}

/// Asks the server about the direct readers, and about some who are none.
pub(crate) fn verify(
    readers: &Readers,
    inventory: &Inventory,
    groups_of: &dyn Fn(&str) -> Vec<String>,
    cluster: &mut Cluster,
) -> anyhow::Result<Verification> {
    let mut verification = Verification::default();
    for reader in readers.readers.iter().filter(|reader| reader.direct).take(READERS) {
        let Some(question) = question(reader, &readers.object, groups_of) else { continue };
        verification.ask(cluster, &question, true, &reader.subject)?;
    }
    let known = |subject: &Thing| readers.readers.iter().any(|reader| reader.subject == *subject);
    let accounts = inventory.accounts.iter().filter(|account| account.seen).map(|account| Thing {
        kind: "ServiceAccount".to_owned(),
        namespace: Some(inventory.text(account.namespace).to_owned()),
        name: Some(inventory.text(account.name).to_owned()),
    });
    // Whoever is listed only in part could not be told from others.
    if readers.readers.len() as u64 == readers.readers_total {
        for account in accounts.filter(|account| !known(account)).take(OTHERS) {
            if let Some(question) = ask_for(&account, "get", true, &readers.object, groups_of) {
                verification.ask(cluster, &question, false, &account)?;
            }
        }
    }
    Ok(verification)
}

impl Verification {
    fn ask(
        &mut self,
        cluster: &mut Cluster,
        question: &Question,
        ours: bool,
        subject: &Thing,
    ) -> anyhow::Result<()> {
        let theirs = cluster.allows(question).context("--verify")?;
        self.asked += 1;
        if theirs == ours {
            self.agreed += 1;
        } else {
            let word = |allowed| if allowed { "may" } else { "may not" };
            self.disagreed.push(format!(
                "{} {} {} it by the server's answer, and {} by ours",
                thing(subject),
                word(theirs),
                question.verb,
                word(ours)
            ));
        }
        Ok(())
    }
}

/// The question that a direct reader's way comes down to.
fn question(reader: &Reader, secret: &Object, groups_of: &dyn Fn(&str) -> Vec<String>) -> Option<Question> {
    let hop = reader.path.last()?;
    let (verb, named) = match hop.edge.as_str() {
        "secrets-get" => ("get", true),
        // A list of one name is a list by field selector, which the server sees as a name.
        "secrets-selector" => ("list", true),
        "secrets-list" | "secrets-nameless" => ("list", false),
        "secrets-watch" => ("watch", false),
        "secrets-patch" => ("patch", true),
        "secrets-delete" => ("delete", true),
        "secrets-deletecollection" => ("deletecollection", false),
        _ => return None,
    };
    // A member's right is its group's.
    ask_for(&hop.from, verb, named, secret, groups_of)
}

fn ask_for(
    subject: &Thing,
    verb: &str,
    named: bool,
    secret: &Object,
    groups_of: &dyn Fn(&str) -> Vec<String>,
) -> Option<Question> {
    let name = subject.name.clone()?;
    let everybody = "system:authenticated".to_owned();
    let (user, groups) = match subject.kind.as_str() {
        "User" => {
            let mut groups = groups_of(&name);
            groups.push(if name == "system:anonymous" {
                "system:unauthenticated".to_owned()
            } else {
                everybody
            });
            (name, groups)
        }
        // Somebody of this group and no other.
        "Group" if name == everybody => ("sekisho:somebody".to_owned(), vec![name]),
        "Group" => ("sekisho:somebody".to_owned(), vec![name, everybody]),
        "Node" => (format!("system:node:{name}"), vec!["system:nodes".to_owned(), everybody]),
        "ServiceAccount" => {
            let namespace = subject.namespace.as_deref()?;
            let groups = vec![
                "system:serviceaccounts".to_owned(),
                format!("system:serviceaccounts:{namespace}"),
                everybody,
            ];
            (format!("system:serviceaccount:{namespace}:{name}"), groups)
        }
        _ => return None,
    };
    Some(Question {
        user,
        groups,
        verb: verb.to_owned(),
        resource: "secrets".to_owned(),
        namespace: secret.namespace.clone().unwrap_or_default(),
        name: if named { secret.name.clone() } else { String::new() },
        ..Question::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_asked_about_with_the_groups_that_they_have() {
        let secret = Object {
            api_version: "v1".to_owned(),
            kind: "Secret".to_owned(),
            namespace: Some("shop".to_owned()),
            name: "db".to_owned(),
        };
        let ask = |kind: &str, namespace: Option<&str>, name: &str| {
            let subject = Thing {
                kind: kind.to_owned(),
                namespace: namespace.map(str::to_owned),
                name: Some(name.to_owned()),
            };
            let question = ask_for(&subject, "get", true, &secret, &|_| vec!["ops".to_owned()])?;
            Some((question.user, question.groups.join(" "), question.name))
        };
        let row = |user: &str, groups: &str| Some((user.to_owned(), groups.to_owned(), "db".to_owned()));
        assert_eq!(ask("User", None, "alice"), row("alice", "ops system:authenticated"));
        assert_eq!(
            ask("ServiceAccount", Some("build"), "ci"),
            row(
                "system:serviceaccount:build:ci",
                "system:serviceaccounts system:serviceaccounts:build system:authenticated"
            )
        );
        assert_eq!(ask("Group", None, "ops"), row("sekisho:somebody", "ops system:authenticated"));
        assert_eq!(ask("Node", None, "n1"), row("system:node:n1", "system:nodes system:authenticated"));
        assert_eq!(ask("Pod", Some("a"), "b"), None);
    }
}
