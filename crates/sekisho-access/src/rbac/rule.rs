//! One rule against one request. Everything is compared as it is written: `pods/*`, `secret`,
//! `Get` and a resourceName `*` are no patterns, and mean nothing or something else.

use sekisho_kube::inventory::{Name, Names, Rule};

use super::action::{Action, Resource};

/// `RuleAllows`.
pub(super) fn allows(names: &Names, rule: &Rule, action: &Action<'_>) -> bool {
    match action {
        Action::Resource(wanted) => allows_resource(names, rule, wanted),
        Action::Path { verb, path } => {
            has(names, &rule.verbs, verb) && rule.urls.iter().any(|url| covers_path(names.text(*url), path))
        }
    }
}

/// [`allows`] for a request of a resource.
pub(super) fn allows_resource(names: &Names, rule: &Rule, wanted: &Resource<'_>) -> bool {
    matches_verb_and_resource(names, rule, wanted)
        && (rule.names.is_empty() || rule.names.iter().any(|name| names.text(*name) == wanted.name))
}

/// All of a rule but its resourceNames.
pub(super) fn matches_verb_and_resource(names: &Names, rule: &Rule, wanted: &Resource<'_>) -> bool {
    has(names, &rule.verbs, wanted.verb)
        && has(names, &rule.groups, wanted.group)
        && rule.resources.iter().any(|resource| is_resource(names.text(*resource), wanted))
}

fn has(names: &Names, list: &[Name], wanted: &str) -> bool {
    list.iter().any(|item| matches!(names.text(*item), text if text == "*" || text == wanted))
}

/// `ResourceMatches`: `*` is every resource with every subresource, `*/sub` that subresource of all.
fn is_resource(resource: &str, wanted: &Resource<'_>) -> bool {
    if resource == "*" {
        return true;
    }
    if wanted.subresource.is_empty() {
        return resource == wanted.resource;
    }
    match resource.strip_suffix(wanted.subresource).and_then(|rest| rest.strip_suffix('/')) {
        Some(rest) => rest == "*" || rest == wanted.resource,
        None => false,
    }
}

/// `NonResourceURLMatches`.
fn covers_path(url: &str, path: &str) -> bool {
    url == "*" || url == path || (url.ends_with('*') && path.starts_with(url.trim_end_matches('*')))
}
