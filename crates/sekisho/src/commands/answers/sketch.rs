//! One way, or what lies near somebody, drawn for a terminal: from the top down, as the attack goes.
//!
//! `who` draws the way of one reader, with what takes each step away beside it. `reach` draws the ways
//! from one subject as a tree, those that end alike on one branch. Never more than a screen or two:
//! the whole graph is for nobody's eyes.

use sekisho_access::answer::{Cut, Granted, Hop, Thing, Way};

use super::told::{Page, Rules, many, object, thing};

/// Branches of one point of a tree.
const BRANCHES: usize = 8;
/// Branches of a whole tree.
const ROWS: usize = 40;

/// What drawings are made of.
#[derive(Debug)]
pub(crate) struct Signs {
    somebody: &'static str,
    secret: &'static str,
    rail: &'static str,
    head: &'static str,
    tee: &'static str,
    elbow: &'static str,
    arrow: &'static str,
    cut: &'static str,
}

const UNICODE: Signs =
    Signs {
        somebody: "●", secret: "◆", rail: "│", head: "▼", tee: "├─", elbow: "╰─", arrow: "─▶", cut: "✂"
    };

const ASCII: Signs =
    Signs { somebody: "o", secret: "#", rail: "|", head: "v", tee: "|-", elbow: "`-", arrow: "->", cut: "x" };

impl Signs {
    /// The signs that a terminal can show.
    pub(crate) fn new(ascii: bool) -> &'static Self {
        if ascii { &ASCII } else { &UNICODE }
    }

    fn point(&self, kind: &str) -> &'static str {
        if matches!(kind, "Secret" | "Secrets") { self.secret } else { self.somebody }
    }
}

/// Draws one way from the top down. Cuts that take a step away stand beside it, by their numbers.
pub(crate) fn way(page: &mut Page, signs: &Signs, rules: &Rules<'_>, path: &[Hop], cuts: &[Cut]) {
    let Some(first) = path.first() else { return };
    let (rail, inner) = (format!("{}  ", signs.rail), format!("{}    ", signs.rail));
    page.line(&format!("{} ", signs.point(&first.from.kind)), &thing(&first.from));
    for hop in path {
        page.whole(signs.rail, "");
        page.hung(&rail, &rail, &hop.says);
        let is_new = |(at, granted): &(usize, &Granted)| !hop.grants[..*at].contains(granted);
        for (_, granted) in hop.grants.iter().enumerate().filter(is_new) {
            page.hung(&format!("{rail}because "), &inner, &rules.grant(granted));
        }
        if let Some(field) = &hop.field {
            page.hung(&rail, &inner, &format!("as its field {field} says"));
        }
        for (at, cut) in cuts.iter().enumerate().filter(|(_, cut)| cut.takes(hop)) {
            page.hung(&format!("{rail}{} {}. ", signs.cut, at + 1), &inner, &cut.says);
        }
        page.whole(signs.head, "");
        page.line(&format!("{} ", signs.point(&hop.to.kind)), &thing(&hop.to));
    }
}

/// Somebody's or something's place in a tree of ways.
#[derive(Default)]
struct Branch<'w> {
    /// The step that leads here; none leads to the root.
    hop: Option<&'w Hop>,
    /// Everything that the same step leads to and that nothing is drawn behind of.
    ends: Vec<&'w Thing>,
    next: Vec<Self>,
}

impl<'w> Branch<'w> {
    fn enter(&mut self, path: &'w [Hop]) {
        let Some((hop, rest)) = path.split_first() else { return };
        let same = |it: &Self| it.hop.is_some_and(|known| (&known.edge, &known.to) == (&hop.edge, &hop.to));
        let at = self.next.iter().position(same).unwrap_or_else(|| {
            self.next.push(Self { hop: Some(hop), ends: vec![&hop.to], next: Vec::new() });
            self.next.len() - 1
        });
        self.next[at].enter(rest);
    }

    /// Branches that end after the same step on the same grounds become one, in the place of the first.
    fn fold(&mut self) {
        let mut folded: Vec<Self> = Vec::new();
        for mut branch in std::mem::take(&mut self.next) {
            branch.fold();
            let alike = |it: &&mut Self| match (it.hop, branch.hop) {
                (Some(a), Some(b)) => {
                    it.next.is_empty()
                        && branch.next.is_empty()
                        && a.to.kind == b.to.kind
                        && (&a.edge, &a.grants) == (&b.edge, &b.grants)
                }
                _ => false,
            };
            match folded.iter_mut().find(alike) {
                Some(first) => first.ends.extend(branch.ends),
                None => folded.push(branch),
            }
        }
        self.next = folded;
    }

    fn draw(&self, page: &mut Page, signs: &Signs, before: &str, rows: &mut usize) {
        let shown = self.next.len().min(BRANCHES).min(*rows);
        *rows -= shown;
        let left = self.next.len() - shown;
        for (at, branch) in self.next.iter().take(shown).enumerate() {
            let Some(hop) = branch.hop else { continue };
            let is_last = left == 0 && at + 1 == shown;
            let (tee, bar) = if is_last { (signs.elbow, " ") } else { (signs.tee, signs.rail) };
            let bar = format!("{before}{bar}  ");
            // What is behind belongs to the end of the arrow, so a rail stands there already.
            let behind = if branch.next.is_empty() { "  " } else { signs.rail };
            let to = many(&branch.ends);
            let point = signs.point(&hop.to.kind);
            page.hung(
                &format!("{before}{tee} "),
                &format!("{bar}{behind:<2} "),
                &format!("{} {} {point} {to}", hop.says, signs.arrow),
            );
            for granted in hop.grants.iter().take(1) {
                page.hung(&format!("{bar}{behind:<2} by "), &format!("{bar}{behind:<2}    "), &by(granted));
            }
            branch.draw(page, signs, &bar, rows);
        }
        if left > 0 {
            page.line(&format!("{before}{} ", signs.elbow), &format!("and {left} more (--format table)"));
        }
    }
}

fn by(granted: &Granted) -> String {
    let through = granted.binding.as_ref().map(|binding| format!(", through {}", object(binding)));
    format!("{}, rules[{}]{}", object(&granted.role), granted.rule, through.unwrap_or_default())
}

/// Draws the ways from somebody as a tree.
pub(crate) fn tree<'w>(
    page: &mut Page,
    signs: &Signs,
    subject: &Thing,
    ways: impl IntoIterator<Item = &'w Way>,
) {
    let mut root = Branch::default();
    ways.into_iter().for_each(|way| root.enter(&way.path));
    root.fold();
    page.line(&format!("{} ", signs.point(&subject.kind)), &thing(subject));
    root.draw(page, signs, "", &mut { ROWS });
}

/// Whether a change takes a step away.
trait Takes {
    fn takes(&self, hop: &Hop) -> bool;
}

impl Takes for Cut {
    fn takes(&self, hop: &Hop) -> bool {
        let path = self.patch[1]["path"].as_str().unwrap_or_default();
        let is_rule = |rule: u32| {
            let rest = path.strip_prefix(&format!("/rules/{rule}"));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        hop.grants.iter().any(|granted| {
            let aggregated = granted.aggregated_from.as_ref().is_some_and(|from| {
                self.object.kind == "ClusterRole" && self.object.name == from.role && is_rule(from.rule)
            });
            let subject = self.patch[0]["value"].as_str();
            aggregated
                || (granted.role == self.object && is_rule(granted.rule))
                || (granted.binding.as_ref() == Some(&self.object) && subject == hop.from.name.as_deref())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{made_up, made_up_hop};
    use super::*;

    fn named(kind: &str, name: &str) -> Thing {
        made_up(kind, Some("shop"), name)
    }

    fn path(names: &[(&str, &str)]) -> Way {
        let hop = |pair: &[(&str, &str)]| {
            made_up_hop(named(pair[0].0, pair[0].1), "opens", named(pair[1].0, pair[1].1))
        };
        let (kind, name) = names[names.len() - 1];
        Way { to: named(kind, name), certain: true, path: names.windows(2).map(hop).collect() }
    }

    fn drawn(ways: &[Way]) -> String {
        let mut page = Page::new(60);
        tree(&mut page, Signs::new(true), &named("Pod", "web"), ways);
        page.into_text()
    }

    #[test]
    fn ways_that_begin_alike_are_one_branch_and_ends_are_folded() {
        let (pod, account) = (("Pod", "web"), ("ServiceAccount", "ci"));
        let out = drawn(&[
            path(&[pod, ("Secret", "a")]),
            path(&[pod, ("Secret", "b")]),
            path(&[pod, account, ("Secret", "c")]),
            path(&[pod, ("Node", "n1")]),
            path(&[pod, account, ("Secret", "d")]),
        ]);
        assert_eq!(
            out,
            "\
o Pod web (shop)
|- opens -> # 2 Secrets: a, b (shop)
|- opens -> o ServiceAccount ci (shop)
|  `- opens -> # 2 Secrets: c, d (shop)
`- opens -> o Node n1 (shop)
"
        );
    }

    #[test]
    fn a_tree_never_grows_past_a_screen() {
        let names: Vec<String> = (0..500).map(|n| format!("a{n}")).collect();
        let ways: Vec<Way> = names
            .iter()
            .flat_map(|name| {
                let account = ("ServiceAccount", name.as_str());
                [
                    path(&[("Pod", "web"), account, ("Secret", name)]),
                    path(&[("Pod", "web"), account, ("Pod", name)]),
                ]
            })
            .collect();
        let out = drawn(&ways);
        assert!(out.lines().count() <= ROWS && out.contains("and 492 more"), "{out}");
    }
}
