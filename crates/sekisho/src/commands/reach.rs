//! `reach`: what a pod, an account, a user, a group or a node leads to.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use sekisho_access::answer::{Plugins, Reached, Thing, Way};
use sekisho_access::{Graph, Options};
use sekisho_kube::Inventory;

use super::answers::draw::Drawing;
use super::answers::picture::PictureArgs;
use super::answers::sketch::{self, Signs};
use super::answers::told::{Page, Rules, count, many, not_assessed, thing};
use super::answers::{AnswerArgs, AnswerFormat, diff};
use crate::cli::Global;
use crate::exit::Status;
use crate::output;

/// Arguments of `reach`.
#[derive(Debug, Args)]
pub(crate) struct ReachArgs {
    /// From where: `pod/NAMESPACE/NAME`, `serviceaccount/NAMESPACE/NAME` (or `sa/…`), `user/NAME`,
    /// `group/NAME`, `node/NAME`; or `plug-ins`: the charts and operators whose accounts read
    /// Secrets, those with the most first.
    #[arg(value_name = "SUBJECT")]
    pub(crate) subject: String,
    #[command(flatten)]
    pub(crate) picture: PictureArgs,
    #[command(flatten)]
    pub(crate) answer: AnswerArgs,
    /// Tell only Secrets that OLD (an earlier answer as JSON) does not reach, and end with 1 when
    /// there is one.
    #[arg(long, value_name = "OLD", help_heading = "Output")]
    pub(crate) diff: Option<PathBuf>,
}

/// Asks for what others brought into the cluster.
const PLUG_INS: &str = "plug-ins";

/// Answers, and says how it ended.
pub(super) fn run(args: &ReachArgs, global: &Global) -> anyhow::Result<Status> {
    let picture = args.picture.read(global)?;
    let options = Options { groups_of: picture.groups };
    let graph = Graph::new(&picture.inventory, &options);
    let subject = &args.subject;
    if subject == PLUG_INS {
        let brought = graph.plugins();
        let rules = Rules::new(&picture.inventory);
        args.answer.write(
            &brought,
            |_| plug_ins(&brought, &rules, args.answer.limit, output::width()),
            global,
        )?;
        return Ok(Status::Clean);
    }
    let start = graph.subject(subject).with_context(|| format!("nothing in the picture is {subject}"))?;
    // Ways that differ only in where they end are one, so more are asked for than are told.
    let show = if args.diff.is_some() { usize::MAX } else { args.answer.ways().saturating_mul(500) };
    let mut reached =
        graph.reach(start, show).with_context(|| format!("no binding and no pod speaks of {subject}"))?;
    let mut status = Status::Clean;
    if let Some(old) = &args.diff {
        let new: Vec<Way> = diff::new_ways(&reached, old)?.into_iter().cloned().collect();
        if !new.is_empty() {
            status = Status::Found;
        }
        reached.secrets = new;
    }
    let render = |format| match format {
        AnswerFormat::Mermaid => drawing(&reached, args).mermaid(),
        AnswerFormat::Dot => drawing(&reached, args).dot(),
        AnswerFormat::Drawing => neighbourhood(&reached, args.diff.is_some()),
        _ => table(
            &reached,
            &Rules::new(&picture.inventory),
            args.answer.limit,
            args.diff.is_some(),
            output::width(),
        ),
    };
    args.answer.write(&reached, render, global)?;
    Ok(status)
}

/// Charts and operators whose accounts read Secrets, for people.
fn plug_ins(brought: &Plugins, rules: &Rules<'_>, limit: usize, width: usize) -> String {
    let mut page = Page::new(width);
    page.line(
        "",
        &format!("{} may read Secrets by themselves", count(brought.plugins.len() as u64, "plug-in")),
    );
    for plugin in brought.plugins.iter().take(limit) {
        page.blank();
        let (secrets, namespaces) = (count(plugin.secrets, "Secret"), count(plugin.namespaces, "namespace"));
        let origin = &plugin.origin;
        page.line(
            "",
            &format!("{origin} may read {secrets} in {namespaces}; its own pods mount {}", plugin.mounted),
        );
        for account in &plugin.accounts {
            page.line("  as ", &thing(account));
        }
        for through in plugin.through.iter().take(3) {
            page.line(
                "  because ",
                &format!("{}: {}", rules.grant(&through.grant), count(through.secrets, "Secret")),
            );
        }
    }
    if brought.plugins.len() > limit {
        page.line("", &format!("and {} more (--limit)", brought.plugins.len() - limit));
    }
    page.blank();
    not_assessed(&mut page, &brought.not_assessed);
    page.into_text()
}

/// The answer in words, for `demo`.
pub(super) fn brief(inventory: &Inventory, subject: &str, width: usize) -> anyhow::Result<String> {
    let options = Options::default();
    let graph = Graph::new(inventory, &options);
    let reached = graph.subject(subject).and_then(|start| graph.reach(start, usize::MAX));
    let reached = Reached { not_assessed: Vec::new(), ..reached.context("the subject is not there")? };
    Ok(table(&reached, &Rules::new(inventory), 5, false, width))
}

/// What lies near somebody, as a tree; the Secrets first, then whoever it can become and that leads to none.
fn neighbourhood(reached: &Reached, only_new: bool) -> String {
    let mut page = Page::new(output::width());
    let becomes = reached.becomes.iter().filter(|_| !only_new);
    let signs = Signs::new(output::ascii());
    sketch::tree(&mut page, signs, &reached.subject, reached.secrets.iter().chain(becomes));
    page.into_text()
}

fn drawing(reached: &Reached, args: &ReachArgs) -> Drawing {
    Drawing::of(reached.secrets.iter().take(args.answer.limit).map(|way| way.path.as_slice()))
}

fn table(reached: &Reached, rules: &Rules<'_>, limit: usize, only_new: bool, width: usize) -> String {
    let mut page = Page::new(width);
    let who = thing(&reached.subject);
    if only_new {
        page.line(
            "",
            &format!("{who} reaches {} that it did not reach", count(reached.secrets.len() as u64, "Secret")),
        );
    } else {
        let namespaces: Vec<String> = reached
            .namespaces
            .iter()
            .take(8)
            .map(|it| format!("{} in {}", it.secrets, it.namespace))
            .collect();
        let more = reached.namespaces.len().saturating_sub(8);
        let more = if more > 0 {
            format!(", and in {}", count(more as u64, "more namespace"))
        } else {
            String::new()
        };
        page.line("", &format!("{who} reaches {}", count(reached.secrets_total, "Secret")));
        if !namespaces.is_empty() {
            page.line("  ", &format!("{}{more}", namespaces.join(", ")));
        }
    }
    // That an identity is in its groups is nothing that it does.
    let acts = |way: &&Way| way.path.last().is_some_and(|hop| hop.edge != "member-of");
    let becomes: Vec<Way> = reached.becomes.iter().filter(acts).cloned().collect();
    if !becomes.is_empty() && !only_new {
        let unlisted = reached.becomes_total - reached.becomes.len() as u64;
        let total = becomes.len() as u64 + unlisted;
        page.blank();
        page.line("", &format!("It can become · {total}"));
        ways(&mut page, rules, &reached.subject, &becomes, total, limit);
    }
    if !reached.secrets.is_empty() {
        page.blank();
        page.line("", "And so it reads");
        let total = if only_new { reached.secrets.len() as u64 } else { reached.secrets_total };
        ways(&mut page, rules, &reached.subject, &reached.secrets, total, limit);
    }
    page.blank();
    not_assessed(&mut page, &reached.not_assessed);
    page.into_text()
}

/// Ways, those that differ only in where they end under one heading.
fn ways(page: &mut Page, rules: &Rules<'_>, subject: &Thing, ways: &[Way], total: u64, limit: usize) {
    let mut groups: Vec<(Way, Vec<&Thing>)> = Vec::new();
    for way in ways {
        let mut common = way.clone();
        common.to = nothing();
        if let Some(last) = common.path.last_mut() {
            last.to = nothing();
        }
        match groups.iter_mut().find(|(known, _)| *known == common) {
            Some((_, ends)) => ends.push(&way.to),
            None => groups.push((common, vec![&way.to])),
        }
    }
    for (way, ends) in groups.iter().take(limit) {
        let perhaps =
            if way.certain { "" } else { " · perhaps: one step depends on what is not in the picture" };
        page.line("  ", &format!("{}{perhaps}", many(ends)));
        let mut path = way.path.clone();
        if let Some(last) = path.last_mut() {
            last.to = match ends[..] {
                [one] => one.clone(),
                _ => Thing { kind: "each of them".to_owned(), ..nothing() },
            };
        }
        rules.way(page, subject, &path);
    }
    let left = groups.len().saturating_sub(limit);
    if left > 0 {
        page.line("  ", &format!("and {left} more ways (--limit)"));
    }
    let unlisted = total.saturating_sub(ways.len() as u64);
    if unlisted > 0 {
        page.line("  ", &format!("and {unlisted} further away, not listed"));
    }
}

fn nothing() -> Thing {
    Thing { kind: String::new(), namespace: None, name: None }
}
