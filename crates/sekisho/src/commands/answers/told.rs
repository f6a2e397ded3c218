//! Ways told to people who need not know RBAC: who does what, by which rule, and what could stop it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sekisho_access::answer::{Granted, Hop, NotAssessed, Object, Thing};
use sekisho_kube::inventory::{Inventory, Name, Rule};
use sekisho_report::escape::terminal;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Text in lines, escaped for a terminal and wrapped.
pub(crate) struct Page {
    out: String,
    width: usize,
}

impl Page {
    pub(crate) fn new(width: usize) -> Self {
        Self { out: String::new(), width: width.max(40) }
    }

    pub(crate) fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A line that begins with `first`; what does not fit goes below, as far in as `first` is long.
    pub(crate) fn line(&mut self, first: &str, text: &str) {
        self.hung(first, &" ".repeat(first.width()), text);
    }

    /// A line that begins with `first`; what does not fit goes below, behind `next`. No line is wider
    /// than the page: a word that is goes on below.
    pub(crate) fn hung(&mut self, first: &str, next: &str, text: &str) {
        let text = terminal(text);
        let mut at = first.width();
        self.out.push_str(first);
        for (n, word) in text.split(' ').enumerate() {
            let wide = word.width();
            if n > 0 && at + 1 + wide > self.width && at > next.width() {
                at = self.below(next);
            } else if n > 0 {
                self.out.push(' ');
                at += 1;
            }
            for c in word.chars() {
                let wide = c.width().unwrap_or(0);
                if at + wide > self.width && at > next.width() {
                    at = self.below(next);
                }
                self.out.push(c);
                at += wide;
            }
        }
        self.out.push('\n');
    }

    /// Goes on in the line below, behind `next`.
    fn below(&mut self, next: &str) -> usize {
        self.out.push('\n');
        self.out.push_str(next);
        next.width()
    }

    /// A line that is not wrapped, to be copied: a command.
    pub(crate) fn whole(&mut self, first: &str, text: &str) {
        self.out.push_str(first);
        self.out.push_str(&terminal(text));
        self.out.push('\n');
    }

    pub(crate) fn into_text(self) -> String {
        self.out
    }
}

/// `ServiceAccount ci (build)`; of places what is meant: `every Secret in shop`.
pub(crate) fn thing(thing: &Thing) -> String {
    let namespace = thing.namespace.as_deref();
    let kind = thing.kind.as_str();
    let Some(name) = &thing.name else {
        let all = match kind {
            "Secrets" => "every Secret",
            "ServiceAccounts" => "every service account",
            "Pods" => "every pod",
            "Roles" => "every Role",
            "MissingServiceAccounts" => "every service account that only a binding names",
            "Workloads" => "pods of its own",
            "Everything" => "everything",
            "Nodes" => "every node's identity",
            "Hosts" => "root on every node",
            "Users" => "every user",
            "Groups" => "every group",
            other => other,
        };
        return match namespace {
            Some(namespace) => format!("{all} in {namespace}"),
            None if matches!(kind, "Secrets" | "ServiceAccounts" | "Pods" | "Everything" | "Workloads") => {
                format!("{all} of the cluster")
            }
            None => all.to_owned(),
        };
    };
    let kind = match kind {
        "PodsOnNode" => "every pod on node",
        "Host" => "root on node",
        kind => kind,
    };
    match namespace {
        Some(namespace) => format!("{kind} {name} ({namespace})"),
        None => format!("{kind} {name}"),
    }
}

/// `RoleBinding helpers (shop)`.
pub(crate) fn object(object: &Object) -> String {
    match &object.namespace {
        Some(namespace) => format!("{} {} ({namespace})", object.kind, object.name),
        None => format!("{} {}", object.kind, object.name),
    }
}

/// The rules of an inventory, by the names of their roles.
pub(crate) struct Rules<'i> {
    inventory: &'i Inventory,
    roles: HashMap<(Option<&'i str>, &'i str), usize>,
}

impl<'i> Rules<'i> {
    pub(crate) fn new(inventory: &'i Inventory) -> Self {
        let key = |(at, role): (usize, &sekisho_kube::inventory::Role)| {
            ((role.namespace.map(|it| inventory.text(it)), inventory.text(role.name)), at)
        };
        Self { inventory, roles: inventory.roles.iter().enumerate().map(key).collect() }
    }

    fn rule(&self, granted: &Granted) -> Option<&'i Rule> {
        let role = self.roles.get(&(granted.role.namespace.as_deref(), granted.role.name.as_str()))?;
        self.inventory.roles.get(*role)?.rules.get(granted.rule as usize)
    }

    /// The first verb, group and resource of a grant's rule.
    pub(crate) fn first_request(&self, granted: &Granted) -> Option<[&'i str; 3]> {
        let rule = self.rule(granted)?;
        let first = |list: &[Name]| list.first().map(|name| self.inventory.text(*name));
        Some([first(&rule.verbs)?, first(&rule.groups)?, first(&rule.resources)?])
    }

    /// The first name in a grant's rule; none stands for all.
    pub(crate) fn first_name(&self, granted: &Granted) -> Option<&'i str> {
        self.rule(granted)?.names.first().map(|name| self.inventory.text(*name))
    }

    /// `get, list on secrets named db`.
    fn words(&self, rule: &Rule) -> String {
        let list = |names: &[Name]| {
            let mut names: Vec<&str> = names.iter().map(|name| self.inventory.text(*name)).collect();
            let more = names.len().saturating_sub(6);
            names.truncate(6);
            let names: Vec<&str> =
                names.into_iter().map(|name| if name == "*" { "everything" } else { name }).collect();
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{}{rest}", names.join(", "))
        };
        let verbs = match rule.verbs.first().map(|verb| self.inventory.text(*verb)) {
            Some("*") => "every verb".to_owned(),
            _ => list(&rule.verbs),
        };
        let words = format!("{verbs} on {}", list(&rule.resources));
        if rule.names.is_empty() {
            return words;
        }
        // Names are literal: `*` is an object that is called so.
        format!("{words} named {}", list(&rule.names).replace("everything", "*"))
    }

    /// `RoleBinding helpers (shop) gives ClusterRole patcher, whose rules[2] allows patch on secrets in
    /// namespace shop`.
    pub(crate) fn grant(&self, granted: &Granted) -> String {
        let place = granted.binding.as_ref().map(|binding| match &binding.namespace {
            Some(namespace) => format!(" in namespace {namespace}"),
            None => " in the whole cluster".to_owned(),
        });
        let place = place.unwrap_or_default();
        let words = self.rule(granted).map(|rule| format!(" allows {}{place}", self.words(rule)));
        let words = words.unwrap_or_default();
        let from = granted.aggregated_from.as_ref();
        let from =
            from.map(|from| format!(" (aggregated from ClusterRole {})", from.role)).unwrap_or_default();
        let (role, rule) = (object(&granted.role), granted.rule);
        match &granted.binding {
            Some(binding) => {
                format!("{} gives {role}, whose rules[{rule}]{from}{words}", object(binding))
            }
            None => format!("{role}, rules[{rule}]{from}{words}"),
        }
    }

    /// The hops of a way from somebody who is named already, numbered where there are several.
    pub(crate) fn way(&self, page: &mut Page, subject: &Thing, path: &[Hop]) {
        for (at, hop) in path.iter().enumerate() {
            let first = if path.len() == 1 { "    ".to_owned() } else { format!("    {}. ", at + 1) };
            let who = if hop.from == *subject { String::new() } else { format!("{} ", thing(&hop.from)) };
            page.line(&first, &format!("{who}{} {}", hop.says, thing(&hop.to)));
            let inner = " ".repeat(first.len());
            // Several needs may rest on one rule.
            let is_new = |(at, granted): &(usize, &Granted)| !hop.grants[..*at].contains(granted);
            for (_, granted) in hop.grants.iter().enumerate().filter(is_new) {
                page.line(&format!("{inner}because "), &self.grant(granted));
            }
            if let Some(field) = &hop.field {
                page.line(&inner, &format!("as its field {field} says"));
            }
            match hop.gate.as_str() {
                "admission" => page.line(&inner, "an admission policy could refuse it; none is assumed"),
                "psa" => page.line(&inner, "Pod Security admission could refuse it in that namespace"),
                _ => {}
            }
        }
    }
}

/// What an answer does not know.
pub(crate) fn not_assessed(page: &mut Page, missing: &[NotAssessed]) {
    if missing.is_empty() {
        return;
    }
    page.line("", "Not assessed");
    // Kinds of which nothing was given are told in one line.
    let none = "no object of this kind was given";
    let empty: Vec<&str> = missing.iter().filter(|it| it.reason == none).map(|it| it.what.as_str()).collect();
    if !empty.is_empty() {
        page.line("  ", &format!("none was given of: {}", empty.join(", ")));
    }
    for it in missing.iter().filter(|it| it.reason != none) {
        page.line("  ", &format!("{}: {}", it.what, it.reason));
    }
}

/// `1 reader`, `2 readers`.
pub(crate) fn count(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// `Secret db (shop)`, or `43 Secrets: a, b (billing); c (shop); and 38 more`.
pub(crate) fn many(ends: &[&Thing]) -> String {
    const NAMED: usize = 8;
    if let [one] = ends {
        return thing(one);
    }
    let mut by_namespace: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
    for end in ends.iter().take(NAMED) {
        by_namespace.entry(end.namespace.as_deref()).or_default().extend(end.name.as_deref());
    }
    let kinds: BTreeSet<&str> = ends.iter().map(|end| end.kind.as_str()).collect();
    let kind = if kinds.len() == 1 { format!("{}s", ends[0].kind) } else { "identities".to_owned() };
    let mut named: Vec<String> = by_namespace
        .into_iter()
        .map(|(namespace, names)| match namespace {
            Some(namespace) => format!("{} ({namespace})", names.join(", ")),
            None => names.join(", "),
        })
        .collect();
    if ends.len() > NAMED {
        named.push(format!("and {} more", ends.len() - NAMED));
    }
    format!("{} {kind}: {}", ends.len(), named.join("; "))
}
