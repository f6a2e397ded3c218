//! Error enums read alike: open for more variants, lower case, no full stop, no foreign text.

use super::{Check, Complaint};
use crate::layers::room;
use crate::rust::line_of;
use crate::tree::Tree;

pub(super) const CHECK: Check = Check {
    name: "errors",
    says: "error enums are #[non_exhaustive], their messages lower case without a full stop, and none forwards another error's text",
    run,
};

fn run(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (path, source) in tree.rust().filter(|(path, _)| room(path).is_some()) {
        for (at, _) in source.match_indices("#[error(") {
            let argument = &source[at + "#[error(".len()..];
            let line = line_of(source, at);
            if argument.starts_with("transparent") {
                complaints.push(Complaint::at(path, line, "forwards a foreign error's text"));
            }
            let Some(message) = literal(argument) else { continue };
            let mut chars = message.chars();
            // An acronym may open a message, a sentence may not.
            let opens =
                chars.next().is_some_and(char::is_uppercase) && chars.next().is_some_and(char::is_lowercase);
            if opens {
                complaints.push(Complaint::at(path, line, "an error message begins in lower case"));
            }
            if message.ends_with('.') {
                complaints.push(Complaint::at(path, line, "an error message has no full stop"));
            }
        }
        for (at, _) in source.match_indices("pub enum ") {
            let before = &source[..at];
            let item = before.rfind("\n\n").map_or(before, |start| &before[start..]);
            let is_error = item.contains("thiserror::Error") || item.contains("Error)]");
            if is_error && item.contains("#[derive(") && !item.contains("#[non_exhaustive]") {
                complaints.push(Complaint::at(
                    path,
                    line_of(source, at),
                    "an error enum is #[non_exhaustive]",
                ));
            }
        }
    }
    complaints
}

/// The string literal that an attribute's argument begins with.
fn literal(argument: &str) -> Option<&str> {
    let text = argument.trim_start().strip_prefix('"')?;
    let mut escaped = false;
    let end = text.find(|c| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    })?;
    Some(&text[..end])
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
    fn bad_messages_and_closed_enums_are_caught() {
        let path = "crates/a/src/error.rs";
        for message in ["\"Reading failed\"", "\n    \"reading failed.\"\n", "transparent"] {
            breaks(&CHECK, &[(path, &format!("#[error({message})]"))], &[(path, 1)]);
        }
        breaks(&CHECK, &[(path, "#[error(\"DER is cut short at byte {at}\")]")], &[]);
        let closed = "#[derive(Debug, thiserror::Error)]\npub enum ReadError {}";
        breaks(&CHECK, &[(path, closed)], &[(path, 2)]);
        breaks(&CHECK, &[(path, &format!("#[non_exhaustive]\n{closed}"))], &[]);
    }
}
