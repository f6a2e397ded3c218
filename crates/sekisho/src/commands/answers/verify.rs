//! Whether the API server agrees: what an answer rests on, asked as `SubjectAccessReview`s.
//!
//! Of every way each grant is asked about, and of a reader that asks for the Secret itself that very
//! request; of a node what its authorizer gives it. Then come those who are said to be no readers, verb by
//! verb: the server must refuse them. What is done between two grants (a pod that mounts, a token that
//! is filled in) the server knows no question for.
//!
//! No question is asked twice, and never more than the limit: the server has other work.

use std::collections::{BTreeSet, HashSet};

use anyhow::Context as _;
use sekisho_access::Graph;
use sekisho_access::answer::{Granted, Hop, Object, Reader, Readers, Thing, Verification};
use sekisho_sources::cluster::{Cluster, Question};

use super::told::{Rules, thing};

/// Requests that hand out a Secret, and whether they carry its name.
const READS: [(&str, bool); 6] = [
    ("get", true),
    ("list", false),
    ("patch", true),
    ("watch", false),
    ("delete", true),
    ("deletecollection", false),
];

/// What is known of users beside the cluster.
type GroupsOf<'a> = &'a dyn Fn(&str) -> Vec<String>;

/// Asks the server about readers, about the grants of their ways, and about who is no reader.
pub(crate) fn verify(
    readers: &Readers,
    graph: &Graph<'_>,
    groups_of: GroupsOf<'_>,
    limit: usize,
    cluster: &mut Cluster,
) -> anyhow::Result<Verification> {
    let rules = Rules::new(graph.inventory());
    let mut asking = Asking { cluster, limit, asked: HashSet::new(), said: Verification::default() };
    // Half of the questions at least are about who is none.
    let all = asking.limit;
    asking.limit = all.div_ceil(2);
    for reader in readers.readers.iter().filter(|reader| reader.direct) {
        if let Some(question) = own_request(reader, &readers.object, groups_of) {
            asking.ask(question, true, &reader.subject)?;
        }
    }
    for hop in readers.readers.iter().flat_map(|reader| &reader.path) {
        for question in hop_requests(hop, &rules, groups_of) {
            asking.ask(question, true, &hop.from)?;
        }
    }
    asking.limit = all;
    // Whoever is listed only in part could not be told from others.
    if readers.readers.len() as u64 == readers.readers_total {
        let others = others(readers, graph);
        for (verb, named) in READS {
            for other in &others {
                if let Some(question) = secret_request(other, verb, named, &readers.object, groups_of) {
                    asking.ask(question, false, other)?;
                }
            }
        }
    }
    Ok(asking.said)
}

/// Everybody whom a binding names and every account that is there, without those who read or would.
fn others(readers: &Readers, graph: &Graph<'_>) -> BTreeSet<Thing> {
    let known: BTreeSet<&Thing> =
        readers.readers.iter().map(|reader| &reader.subject).chain(&readers.latent).collect();
    let subjects = graph.vertices().iter().filter(|vertex| vertex.is_subject());
    let all = subjects.map(|vertex| graph.thing(*vertex));
    all.filter(|subject| !known.contains(subject)).collect()
}

/// Questions on their way to a server.
struct Asking<'c> {
    cluster: &'c mut Cluster,
    limit: usize,
    asked: HashSet<Question>,
    said: Verification,
}

impl Asking<'_> {
    fn ask(&mut self, question: Question, ours: bool, subject: &Thing) -> anyhow::Result<()> {
        if self.asked.contains(&question) {
            return Ok(());
        }
        if self.asked.len() >= self.limit {
            self.said.omitted += 1;
            return Ok(());
        }
        let theirs = self.cluster.allows(&question).context("--verify")?;
        self.said.asked += 1;
        if theirs == ours {
            self.said.agreed += 1;
        } else {
            let word = |allowed| if allowed { "may" } else { "may not" };
            self.said.disagreed.push(format!(
                "{} {} {} by the server's answer, and {} by ours",
                thing(subject),
                word(theirs),
                words(&question),
                word(ours)
            ));
        }
        self.asked.insert(question);
        Ok(())
    }
}

/// `patch secrets db (shop)`.
fn words(question: &Question) -> String {
    let resource = match question.subresource.as_str() {
        "" => question.resource.clone(),
        subresource => format!("{}/{subresource}", question.resource),
    };
    let name = if question.name.is_empty() { String::new() } else { format!(" {}", question.name) };
    let namespace = match question.namespace.as_str() {
        "" => String::new(),
        namespace => format!(" ({namespace})"),
    };
    format!("{} {resource}{name}{namespace}", question.verb)
}

/// The request that a reader makes for the Secret itself.
fn own_request(reader: &Reader, secret: &Object, groups_of: GroupsOf<'_>) -> Option<Question> {
    let (verb, named) = match reader.path.last()?.edge.as_str() {
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
    secret_request(&reader.subject, verb, named, secret, groups_of)
}

/// The requests that the grants of a hop allow, and what the Node authorizer gives a node.
fn hop_requests(hop: &Hop, rules: &Rules<'_>, groups_of: GroupsOf<'_>) -> Vec<Question> {
    let Some(who) = identity(&hop.from, groups_of) else { return Vec::new() };
    let own = match (hop.edge.as_str(), &hop.to.namespace, &hop.to.name) {
        ("node-secrets", Some(namespace), Some(name)) => Some(("get", "secrets", "", namespace, name)),
        ("node-tokens", Some(namespace), Some(name)) => {
            Some(("create", "serviceaccounts", "token", namespace, name))
        }
        _ => None,
    };
    let own = own.map(|(verb, resource, subresource, namespace, name)| Question {
        verb: verb.to_owned(),
        resource: resource.to_owned(),
        subresource: subresource.to_owned(),
        namespace: namespace.clone(),
        name: name.clone(),
        ..who.clone()
    });
    let granted = hop.grants.iter().filter_map(|granted| granted_request(granted, rules, &who));
    own.into_iter().chain(granted).collect()
}

/// One request that a grant allows: the first of each list of its rule. What stands there is compared
/// literally, so a `*` is asked as it is.
fn granted_request(granted: &Granted, rules: &Rules<'_>, who: &Question) -> Option<Question> {
    let binding = granted.binding.as_ref()?;
    let [verb, group, resource] = rules.first_request(granted)?;
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    Some(Question {
        verb: verb.to_owned(),
        group: group.to_owned(),
        resource: resource.to_owned(),
        subresource: subresource.to_owned(),
        namespace: binding.namespace.clone().unwrap_or_default(),
        name: rules.first_name(granted).unwrap_or_default().to_owned(),
        ..who.clone()
    })
}

fn secret_request(
    subject: &Thing,
    verb: &str,
    named: bool,
    secret: &Object,
    groups_of: GroupsOf<'_>,
) -> Option<Question> {
    Some(Question {
        verb: verb.to_owned(),
        resource: "secrets".to_owned(),
        namespace: secret.namespace.clone().unwrap_or_default(),
        name: if named { secret.name.clone() } else { String::new() },
        ..identity(subject, groups_of)?
    })
}

/// A question about somebody, with all groups that it is in.
fn identity(subject: &Thing, groups_of: GroupsOf<'_>) -> Option<Question> {
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
    Some(Question { user, groups, ..Question::default() })
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
            let question = secret_request(&subject, "get", true, &secret, &|_| vec!["ops".to_owned()])?;
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
