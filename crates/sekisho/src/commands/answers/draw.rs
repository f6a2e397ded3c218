//! Ways drawn: as a flowchart for Mermaid, or as a graph for Graphviz. Only the ways of one answer,
//! never the whole graph: nobody can read that.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sekisho_access::answer::{Hop, Thing};
use sekisho_report::escape;

use super::told::thing;

/// The hops of some ways, each once.
#[derive(Default)]
pub(crate) struct Drawing {
    /// Numbers of the things, in the order in which they came.
    numbers: BTreeMap<Thing, usize>,
    things: Vec<Thing>,
    hops: Vec<(usize, usize, String)>,
}

impl Drawing {
    /// A drawing of these ways.
    pub(crate) fn of<'h>(ways: impl IntoIterator<Item = &'h [Hop]>) -> Self {
        let mut drawing = Self::default();
        for hop in ways.into_iter().flatten() {
            let (from, to) = (drawing.number(&hop.from), drawing.number(&hop.to));
            let hop = (from, to, hop.edge.clone());
            if !drawing.hops.contains(&hop) {
                drawing.hops.push(hop);
            }
        }
        drawing
    }

    fn number(&mut self, thing: &Thing) -> usize {
        if let Some(number) = self.numbers.get(thing) {
            return *number;
        }
        self.things.push(thing.clone());
        self.numbers.insert(thing.clone(), self.things.len() - 1);
        self.things.len() - 1
    }

    /// For Mermaid.
    pub(crate) fn mermaid(&self) -> String {
        let mut out = String::from("flowchart LR\n");
        for (number, named) in self.things.iter().enumerate() {
            let shape = if named.kind == "Secret" { ["[(\"", "\")]"] } else { ["[\"", "\"]"] };
            let _infallible = writeln!(out, "  n{number}{}{}{}", shape[0], label(named), shape[1]);
        }
        for (from, to, edge) in &self.hops {
            let _infallible = writeln!(out, "  n{from} -->|{}| n{to}", plain(edge));
        }
        out
    }

    /// For Graphviz.
    pub(crate) fn dot(&self) -> String {
        let mut out = String::from("digraph ways {\n  rankdir=LR\n  node [shape=box]\n");
        for (number, named) in self.things.iter().enumerate() {
            let shape = if named.kind == "Secret" { " shape=cylinder" } else { "" };
            let _infallible = writeln!(out, "  n{number} [label=\"{}\"{shape}]", plain(&thing(named)));
        }
        for (from, to, edge) in &self.hops {
            let _infallible = writeln!(out, "  n{from} -> n{to} [label=\"{}\"]", plain(edge));
        }
        out.push_str("}\n");
        out
    }
}

/// A label for Mermaid, which reads HTML in it.
fn label(named: &Thing) -> String {
    escape::html(&plain(&thing(named)))
}

/// Names are foreign: nothing that ends a label, and no controls.
fn plain(text: &str) -> String {
    let text = escape::terminal(text);
    text.chars().map(|c| if matches!(c, '"' | '\\' | '|' | '`' | '\n') { '\'' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{made_up, made_up_hop};
    use super::*;

    fn hop(from: &str, to: &str) -> Hop {
        let end = |name| made_up(if name == "db" { "Secret" } else { "User" }, None, name);
        made_up_hop(end(from), "gets", end(to))
    }

    #[test]
    fn every_hop_is_drawn_once_and_names_cannot_break_out() {
        let (one, two) = ([hop("eve", "db")], [hop("a\"]<b>", "eve"), hop("eve", "db")]);
        let drawing = Drawing::of([&one[..], &two[..]]);
        let mermaid = drawing.mermaid();
        assert_eq!(mermaid.matches("-->").count(), 2, "{mermaid}");
        assert!(mermaid.contains("n1[(\"Secret db\")]"), "{mermaid}");
        assert!(mermaid.contains("User a&#39;]&lt;b&gt;"), "{mermaid}");
        let dot = drawing.dot();
        assert!(dot.contains("label=\"User a']<b>\"") && dot.ends_with("}\n"), "{dot}");
    }
}
