//! `who`: everyone who can read a Secret, by which path, and what to cut.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use sekisho_access::answer::{Class, Cut, Minimal, Reader, Readers, Thing, Verification};
use sekisho_access::{Graph, Options, Show};
use sekisho_kube::Inventory;

use super::answers::draw::Drawing;
use super::answers::picture::PictureArgs;
use super::answers::sketch::{self, Signs};
use super::answers::told::{Page, Rules, count, not_assessed, object, thing};
use super::answers::verify::verify;
use super::answers::{AnswerArgs, AnswerFormat, diff};
use crate::cli::Global;
use crate::exit::Status;
use crate::output;

/// Arguments of `who`.
#[derive(Debug, Args)]
pub(crate) struct WhoArgs {
    /// The Secret: `secret/NAMESPACE/NAME`, or the fingerprint of its value (with --depth values).
    #[arg(value_name = "WHAT")]
    pub(crate) what: String,
    #[command(flatten)]
    pub(crate) picture: PictureArgs,
    #[command(flatten)]
    pub(crate) answer: AnswerArgs,
    /// Tell this reader alone: `user/NAME`, `group/NAME`, `serviceaccount/NAMESPACE/NAME` (or `sa/…`),
    /// `node/NAME`.
    #[arg(long, value_name = "SUBJECT", help_heading = "Output")]
    pub(crate) reader: Option<String>,
    /// Also list the control plane and cluster administrators, one by one.
    #[arg(long, help_heading = "Output")]
    pub(crate) all: bool,
    /// Do not look for what to cut.
    #[arg(long, help_heading = "Output")]
    pub(crate) no_cuts: bool,
    /// Tell only readers that OLD (an earlier answer as JSON) does not have, and end with 1 when one
    /// of them is unexpected.
    #[arg(long, value_name = "OLD", help_heading = "Output")]
    pub(crate) diff: Option<PathBuf>,
    /// Ask the live cluster whether it agrees (SubjectAccessReview): about readers and the grants of their
    /// ways, and about those who are said to be none. Ends with 3 when it does not.
    #[arg(long, help_heading = "Live cluster")]
    pub(crate) verify: bool,
    /// Questions that --verify asks at most, at the rate of --max-qps.
    #[arg(long, value_name = "N", default_value_t = 200, help_heading = "Live cluster")]
    pub(crate) verify_limit: usize,
}

/// What of an answer is told.
#[derive(Debug, Clone, Copy)]
struct Told {
    limit: usize,
    all: bool,
    cuts: bool,
    only_new: bool,
}

/// Answers, and says how it ended.
pub(super) fn run(args: &WhoArgs, global: &Global) -> anyhow::Result<Status> {
    let mut picture = args.picture.read(global)?;
    let inventory = &picture.inventory;
    let secret = find(inventory, &args.what)?;
    let options = Options { groups_of: std::mem::take(&mut picture.groups) };
    let graph = Graph::new(inventory, &options);
    // All readers: which of them are listed is decided below, by class.
    let show = Show { readers: usize::MAX, cuts: !args.no_cuts && args.diff.is_none() };
    let mut readers = graph.who(secret, show).context("the Secret is not in the picture")?;
    let mut status = Status::Clean;
    if let Some(old) = &args.diff {
        let new: Vec<Reader> = diff::new_readers(&readers, old)?.into_iter().cloned().collect();
        if new.iter().any(|reader| reader.class == Class::Unexpected) {
            status = Status::Found;
        }
        readers.readers = new;
    }
    if args.verify {
        let cluster = picture.cluster.as_mut().context("--verify asks a live cluster: --from cluster")?;
        let groups_of = |user: &str| options.groups_of.get(user).cloned().unwrap_or_default();
        let found = verify(&readers, &graph, &groups_of, args.verify_limit, cluster)?;
        if !found.disagreed.is_empty() && status == Status::Clean {
            status = Status::Incomplete;
        }
        readers.verification = Some(found);
    }
    if let Some(subject) = &args.reader {
        let vertex =
            graph.subject(subject).with_context(|| format!("nothing in the picture is {subject}"))?;
        let subject = graph.thing(vertex);
        readers.readers.retain(|reader| reader.subject == subject);
        if readers.readers.is_empty() && args.diff.is_none() {
            bail!("{} cannot read {}", thing(&subject), object(&readers.object));
        }
    }
    let told = Told {
        limit: args.answer.limit,
        all: args.all || args.reader.is_some(),
        cuts: !args.no_cuts,
        only_new: args.diff.is_some(),
    };
    let render = |format| match format {
        AnswerFormat::Mermaid => Drawing::of(listed(&readers, told)).mermaid(),
        AnswerFormat::Dot => Drawing::of(listed(&readers, told)).dot(),
        AnswerFormat::Drawing => drawing(&readers, &Rules::new(inventory), told, output::width()),
        _ => table(&readers, &Rules::new(inventory), told, output::width()),
    };
    args.answer.write(&readers, render, global)?;
    Ok(status)
}

/// The answer in words, for `demo`.
pub(super) fn brief(inventory: &Inventory, what: &str, width: usize) -> anyhow::Result<String> {
    let options = Options::default();
    let graph = Graph::new(inventory, &options);
    let readers = graph.who(find(inventory, what)?, Show::default()).context("the Secret is not there")?;
    let told = Told { limit: 5, all: false, cuts: true, only_new: false };
    // What is missing is told by the command itself.
    let readers = Readers { not_assessed: Vec::new(), ..readers };
    Ok(table(&readers, &Rules::new(inventory), told, width))
}

/// The place of the Secret that is meant.
fn find(inventory: &Inventory, what: &str) -> anyhow::Result<usize> {
    let named = what.strip_prefix("secret/").or_else(|| what.strip_prefix("secrets/")).unwrap_or(what);
    if let Some((namespace, name)) = named.split_once('/') {
        if let Some(at) = inventory.find_secret(namespace, name) {
            return Ok(at);
        }
        let name_of = |at: usize| {
            let secret = &inventory.secrets[at];
            format!("secret/{}/{}", inventory.text(secret.namespace), inventory.text(secret.name))
        };
        let alike = |at: &usize| {
            let secret = &inventory.secrets[*at];
            inventory.text(secret.name) == name || inventory.text(secret.namespace) == namespace
        };
        let alike: Vec<String> = (0..inventory.secrets.len()).filter(alike).take(5).map(name_of).collect();
        if alike.is_empty() {
            bail!("nothing in the picture names Secret {name} in {namespace}");
        }
        bail!("nothing in the picture names Secret {name} in {namespace}; there are {}", alike.join(", "));
    }
    let holds =
        |at: &usize| inventory.secrets[*at].fingerprints.iter().any(|(_, print)| print.to_string() == named);
    let found: Vec<usize> = (0..inventory.secrets.len()).filter(holds).collect();
    match found[..] {
        [one] => Ok(one),
        [] => bail!(
            "{what} is neither secret/NAMESPACE/NAME nor the fingerprint of a Secret's value in the picture (--depth values)"
        ),
        _ => {
            let names: Vec<String> = found
                .iter()
                .map(|at| &inventory.secrets[*at])
                .map(|it| format!("secret/{}/{}", inventory.text(it.namespace), inventory.text(it.name)))
                .collect();
            bail!("{} Secrets have this value: ask for one of {}", found.len(), names.join(", "))
        }
    }
}

/// Classes in the order in which they are told, with the words for people.
const CLASSES: [(Class, &str, &str); 5] = [
    (Class::Unexpected, "Unexpected", "nothing here uses the Secret, nothing explains the right"),
    (Class::Workload, "Workloads", "they mount it, or a rule gives them this very Secret"),
    (Class::Operator, "Operators and charts", "brought by somebody else, and read Secrets by themselves"),
    (Class::ClusterAdministrator, "Cluster administrators", "they may do everything"),
    (Class::ControlPlane, "Control plane", "the cluster's own components"),
];

/// Whether readers of a class are counted and not listed.
fn collapses(class: Class, told: Told) -> bool {
    !told.all && matches!(class, Class::ClusterAdministrator | Class::ControlPlane)
}

/// The ways that are drawn.
fn listed(readers: &Readers, told: Told) -> Vec<&[sekisho_access::answer::Hop]> {
    let listed = readers.readers.iter().filter(|reader| !collapses(reader.class, told));
    listed.take(told.limit).map(|reader| reader.path.as_slice()).collect()
}

/// The way of one reader, drawn: of the one that was asked for, or else of the first that is told.
fn drawing(readers: &Readers, rules: &Rules<'_>, told: Told, width: usize) -> String {
    let mut page = Page::new(width);
    let listed: Vec<&Reader> = CLASSES
        .iter()
        .flat_map(|(class, ..)| readers.readers.iter().filter(move |reader| reader.class == *class))
        .filter(|reader| !collapses(reader.class, told))
        .collect();
    let Some((first, others)) = listed.split_first() else {
        page.line("", &format!("Nobody to be drawn reads {} (--all)", object(&readers.object)));
        return page.into_text();
    };
    sketch::way(&mut page, Signs::new(output::ascii()), rules, &first.path, &readers.cuts);
    if !others.is_empty() {
        page.blank();
        page.line("", &format!("The way of one of {} readers. Others (--reader):", readers.readers_total));
        for other in others.iter().take(told.limit.min(5)) {
            page.whole("  ", &argument(&other.subject));
        }
    }
    page.into_text()
}

/// A subject as it is asked for.
fn argument(subject: &Thing) -> String {
    let name = subject.name.as_deref().unwrap_or_default();
    match &subject.namespace {
        Some(namespace) => format!("{}/{namespace}/{name}", subject.kind.to_lowercase()),
        None => format!("{}/{name}", subject.kind.to_lowercase()),
    }
}

fn table(readers: &Readers, rules: &Rules<'_>, told: Told, width: usize) -> String {
    let mut page = Page::new(width);
    let secret = object(&readers.object);
    let of = |class| readers.readers.iter().filter(move |reader| reader.class == class);
    if told.only_new {
        page.line("", &format!("{} of {secret}", count(readers.readers.len() as u64, "new reader")));
    } else {
        let unexpected = of(Class::Unexpected).count();
        page.line(
            "",
            &format!("{} can read {secret}, {unexpected} of them unexpected", readers.readers_total),
        );
    }
    if !readers.seen {
        page.line("  ", "The Secret itself was not seen: its name comes from what refers to it.");
    }
    for (class, title, why) in CLASSES {
        let members = of(class).count();
        if members == 0 {
            continue;
        }
        page.blank();
        if collapses(class, told) && !told.only_new {
            page.line("", &format!("{title} · {members} · {why} (--all lists them)"));
            continue;
        }
        page.line("", &format!("{title} · {members} · {why}"));
        for reader in of(class).take(told.limit) {
            let mut facts = Vec::new();
            if !reader.certain {
                facts.push("perhaps: one step depends on what is not in the picture".to_owned());
            }
            if reader.delegates {
                facts.push("may hand the right on".to_owned());
            }
            facts.extend(reader.origin.iter().map(|origin| format!("brought by {origin}")));
            let facts = if facts.is_empty() { String::new() } else { format!(" · {}", facts.join(" · ")) };
            page.line("  ", &format!("{}{facts}", thing(&reader.subject)));
            rules.way(&mut page, &reader.subject, &reader.path);
        }
        if members > told.limit {
            page.line("  ", &format!("and {} more (--limit)", members - told.limit));
        }
    }
    if !readers.latent.is_empty() {
        page.blank();
        page.line("", "Not there now · a binding names them: whoever makes them again gets the right");
        for latent in readers.latent.iter().take(told.limit) {
            page.line("  ", &thing(latent));
        }
    }
    if !told.only_new && told.cuts {
        cuts(&mut page, &readers.cuts, readers.minimal);
    }
    if let Some(Verification { asked, agreed, omitted, disagreed }) = &readers.verification {
        page.blank();
        page.line(
            "",
            &format!("The API server was asked {} and agrees with {agreed}", count(*asked, "question")),
        );
        if *omitted > 0 {
            page.line("  ", &format!("{} more were not asked (--verify-limit)", count(*omitted, "question")));
        }
        for line in disagreed {
            page.line("  ", line);
        }
    }
    page.blank();
    not_assessed(&mut page, &readers.not_assessed);
    page.into_text()
}

fn cuts(page: &mut Page, cuts: &[Cut], minimal: Minimal) {
    if cuts.is_empty() {
        return;
    }
    page.blank();
    page.line(
        "",
        match minimal {
            Minimal::Proven => "What to cut · no smaller set of changes takes the unexpected readers away",
            Minimal::Greedy => "What to cut · found one after the other; a smaller set may exist",
            Minimal::Impossible => "What to cut · some unexpected readers stay, whatever is changed here",
        },
    );
    for (at, cut) in cuts.iter().enumerate() {
        let first = format!("  {}. ", at + 1);
        let inner = " ".repeat(first.len());
        page.line(&first, &format!("{} · {} fewer", cut.says, count(cut.removes, "reader")));
        page.whole(&inner, &command(cut));
        for lost in &cut.also_loses {
            page.line(&format!("{inner}also lost: "), lost);
        }
    }
}

/// The command of a cut, for a shell: names in it are quoted.
fn command(cut: &Cut) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte));
    let name = |text: &str| if plain(text) { text.to_owned() } else { quoted(text) };
    let namespace = cut.object.namespace.as_deref();
    let namespace = namespace.map(|it| format!(" --namespace {}", name(it))).unwrap_or_default();
    format!(
        "kubectl patch {} {}{namespace} --type json --patch {}",
        cut.object.kind.to_lowercase(),
        name(&cut.object.name),
        quoted(&cut.patch.to_string())
    )
}
