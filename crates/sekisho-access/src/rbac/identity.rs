//! Who asks.

/// The group that is allowed everything before any authorizer is asked
/// (`k8s.io/apiserver/pkg/authentication/user`).
pub const MASTERS: &str = "system:masters";

/// The prefix of a service account's user name.
const ACCOUNT: &str = "system:serviceaccount:";

/// An authenticated user and the groups that come with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    /// The user's name.
    pub user: String,
    /// Its groups, as the authenticator gives them.
    pub groups: Vec<String>,
}

impl Identity {
    /// A user of whose groups nothing is known but that it is authenticated.
    pub fn user(name: &str) -> Self {
        if name == "system:anonymous" {
            return Self { user: name.to_owned(), groups: vec!["system:unauthenticated".to_owned()] };
        }
        if let Some((namespace, account)) = account_of(name) {
            return Self::account(namespace, account);
        }
        Self { user: name.to_owned(), groups: vec!["system:authenticated".to_owned()] }
    }

    /// A service account, with the three groups that its tokens bring.
    pub fn account(namespace: &str, name: &str) -> Self {
        let groups = [
            "system:serviceaccounts".to_owned(),
            format!("system:serviceaccounts:{namespace}"),
            "system:authenticated".to_owned(),
        ];
        Self { user: format!("{ACCOUNT}{namespace}:{name}"), groups: groups.into() }
    }

    /// Some member of a group, of whom nothing else is known.
    pub fn member(group: &str) -> Self {
        let mut groups = vec![group.to_owned()];
        if group != "system:unauthenticated" && group != "system:authenticated" {
            groups.push("system:authenticated".to_owned());
        }
        Self { user: String::new(), groups }
    }

    /// A kubelet.
    pub fn node(name: &str) -> Self {
        let groups = vec!["system:nodes".to_owned(), "system:authenticated".to_owned()];
        Self { user: format!("system:node:{name}"), groups }
    }
}

/// Namespace and name in a service account's user name (`SplitUsername`).
pub(crate) fn account_of(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = user.strip_prefix(ACCOUNT)?.split_once(':')?;
    (!namespace.is_empty() && !name.is_empty() && !name.contains(':')).then_some((namespace, name))
}

/// Whether a user name is that account's (`MatchesUsername`).
pub(super) fn is_account(user: &str, namespace: &str, name: &str) -> bool {
    let rest = user.strip_prefix(ACCOUNT).and_then(|rest| rest.strip_prefix(namespace));
    rest.and_then(|rest| rest.strip_prefix(':')) == Some(name)
}
