//! Links in the documents lead somewhere.

use super::{Check, Complaint};
use crate::markdown::{Piece, anchor, links, pieces};
use crate::tree::Tree;

pub(super) const CHECK: Check =
    Check { name: "links", says: "a link to a file or heading of the house leads there", run };

fn run(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (path, text) in tree.markdown() {
        for (line, piece) in pieces(text) {
            let (Piece::Text(text) | Piece::Heading(_, text)) = piece else { continue };
            for link in links(text) {
                if !leads_somewhere(tree, path, link) {
                    complaints.push(Complaint::at(path, line, format!("`{link}` leads nowhere")));
                }
            }
        }
    }
    complaints
}

fn leads_somewhere(tree: &Tree, from: &str, link: &str) -> bool {
    if link.starts_with("https://") || link.starts_with("mailto:") {
        return true;
    }
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = if file.is_empty() { Some(from.to_owned()) } else { resolve(from, file) };
    let Some(target) = target.filter(|target| target.is_empty() || tree.has(target)) else { return false };
    if heading.is_empty() {
        return true;
    }
    let text = tree.text(&target).unwrap_or_default();
    pieces(text).iter().any(|(_, piece)| matches!(piece, Piece::Heading(_, h) if anchor(h) == heading))
}

/// `file` as seen from the folder of `from`; `None` when it leads out of the house.
fn resolve(from: &str, file: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::{breaks, holds};

    #[test]
    fn the_house_keeps_it() {
        holds(&CHECK);
    }

    #[test]
    fn dead_links_are_caught() {
        let good = (
            "docs/b.md",
            "# Some `thing` here\n[up](../A.md) [here](#some-thing-here) [out](https://example.com)",
        );
        let a = |text: &'static str| ("A.md", text);
        breaks(&CHECK, &[good, a("[b](docs/b.md) [c](docs/) [d](./docs/b.md#some-thing-here)")], &[]);
        for dead in
            ["[x](docs/c.md)", "[x](docs/b.md#nothing)", "[x](../out.md)", "[x](#nothing)", "[x](http://a.b)"]
        {
            breaks(&CHECK, &[good, ("A.md", &format!("\n{dead}"))], &[("A.md", 2)]);
        }
    }
}
