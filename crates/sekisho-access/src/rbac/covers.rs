//! What one may hand on: whether rules that somebody holds cover rules of a role
//! (`component-helpers/auth/rbac/validation/policy_comparator.go`).

use sekisho_kube::inventory::{Name, Names, Rule};

/// Whether every piece of every rule of `wanted` is covered by a single rule of `held`. The API
/// server asks this before it lets somebody write a role or a binding without `escalate` or `bind`.
pub fn covers<'r>(names: &Names, held: &[&Rule], wanted: impl IntoIterator<Item = &'r Rule>) -> bool {
    wanted.into_iter().all(|rule| covers_rule(names, held, rule))
}

/// A rule is broken down into verb × group × resource × name; each piece needs one holder.
fn covers_rule(names: &Names, held: &[&Rule], wanted: &Rule) -> bool {
    let resources = wanted.groups.iter().all(|group| {
        wanted.resources.iter().all(|resource| {
            wanted.verbs.iter().all(|verb| {
                let holds = |name: Option<Name>| {
                    held.iter().any(|held| covers_piece(names, held, *verb, *group, *resource, name))
                };
                if wanted.names.is_empty() {
                    holds(None)
                } else {
                    wanted.names.iter().all(|name| holds(Some(*name)))
                }
            })
        })
    });
    resources
        && wanted.urls.iter().all(|url| {
            wanted.verbs.iter().all(|verb| {
                held.iter()
                    .any(|held| has(names, &held.verbs, *verb) && covers_url(names, held, names.text(*url)))
            })
        })
}

fn covers_piece(
    names: &Names,
    held: &Rule,
    verb: Name,
    group: Name,
    resource: Name,
    name: Option<Name>,
) -> bool {
    has(names, &held.verbs, verb)
        && has(names, &held.groups, group)
        && covers_resource(names, held, names.text(resource))
        && (held.names.is_empty() || name.is_some_and(|name| held.names.contains(&name)))
}

/// `*` is covered by `*` alone, and covers all.
fn has(names: &Names, held: &[Name], wanted: Name) -> bool {
    held.iter().any(|item| *item == wanted || names.text(*item) == "*")
}

/// `resourceCoversAll`: by name, by `*`, or a subresource by `*/sub`.
fn covers_resource(names: &Names, held: &Rule, wanted: &str) -> bool {
    held.resources.iter().map(|resource| names.text(*resource)).any(|held| {
        held == "*"
            || held == wanted
            || held
                .strip_prefix("*/")
                .is_some_and(|held| wanted.split_once('/').is_some_and(|(_, sub)| sub == held))
    })
}

fn covers_url(names: &Names, held: &Rule, wanted: &str) -> bool {
    held.urls.iter().map(|url| names.text(*url)).any(|held| {
        held == "*"
            || held == wanted
            || (held.ends_with('*') && wanted.starts_with(held.trim_end_matches('*')))
    })
}

#[cfg(test)]
mod tests {
    use sekisho_kube::Inventory;

    use super::*;

    fn ask(held: &str, wanted: &str) -> bool {
        let mut builder = Inventory::builder();
        let role = |name: &str, rules: &str| {
            format!(
                "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: {name}}}\nrules: [{rules}]\n"
            )
        };
        assert_eq!(builder.read((role("held", held) + &role("wanted", wanted)).as_bytes()), []);
        let inventory = builder.finish();
        let held: Vec<&Rule> = inventory.roles[0].rules.iter().collect();
        covers(&inventory.names, &held, inventory.roles[1].rules.iter())
    }

    #[test]
    fn a_piece_needs_one_rule_that_holds_all_of_it() {
        let rule = |verbs: &str, resources: &str, names: &str| {
            format!(
                "{{apiGroups: [''], verbs: [{verbs}], resources: [{resources}], resourceNames: [{names}]}}"
            )
        };
        for (held, wanted, expected) in [
            (rule("get, list", "secrets", ""), rule("list, get", "secrets", ""), true),
            (
                rule("get", "secrets", "") + ", " + &rule("list", "secrets", ""),
                rule("get, list", "secrets", ""),
                true,
            ),
            (
                rule("get", "secrets", "") + ", " + &rule("list", "pods", ""),
                rule("get, list", "secrets", ""),
                false,
            ),
            (rule("get", "secrets", "a"), rule("get", "secrets", ""), false),
            (rule("get", "secrets", "a"), rule("get", "secrets", "a"), true),
            (rule("get", "secrets", ""), rule("get", "secrets", "a, b"), true),
            (
                rule("get, list, watch, create, update, patch, delete", "secrets", ""),
                rule("'*'", "secrets", ""),
                false,
            ),
            (rule("'*'", "'*'", ""), rule("'*'", "pods/exec", ""), true),
            (rule("get", "'*/exec'", ""), rule("get", "pods/exec", ""), true),
            (rule("get", "pods", ""), rule("get", "pods/exec", ""), false),
            (rule("get", "'*/exec'", ""), rule("get", "'*'", ""), false),
            (rule("get", "secrets", ""), String::new(), true),
            (String::new(), "{nonResourceURLs: [/a/b], verbs: [get]}".into(), false),
            (
                "{nonResourceURLs: [/a/*], verbs: [get]}".into(),
                "{nonResourceURLs: [/a/b], verbs: [get]}".into(),
                true,
            ),
        ] {
            assert_eq!(ask(&held, &wanted), expected, "{held} covers {wanted}");
        }
    }
}
