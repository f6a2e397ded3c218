//! ARCHITECTURE.md says the truth: its table holds the rooms that there are, on their floors, and
//! the tests that it names exist.

use super::{Check, Complaint, rooms};
use crate::layers::LAYERS;
use crate::tree::{Tree, is_rust};

pub(super) const CHECK: Check = Check {
    name: "architecture",
    says: "ARCHITECTURE.md holds every room on its floor, marks those not built as planned, and names tests that exist",
    run,
};

const PATH: &str = "ARCHITECTURE.md";
const PLANNED: &str = "*planned*";

fn run(tree: &Tree) -> Vec<Complaint> {
    let Some(text) = tree.text(PATH) else { return vec![Complaint::of(PATH, "is missing")] };
    let mut complaints = Vec::new();
    let built: Vec<&str> = rooms(tree).map(|(_, room)| room).collect();
    // Rows are `| floor | `room` | what lives there |`; an empty floor is that of the row above.
    let mut floor = None;
    let mut printed = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["", level, room, what, ..] = cells.as_slice() else { continue };
        floor = level.split(' ').next().and_then(|level| level.parse().ok()).or(floor);
        let Some(room) = room.strip_prefix('`').and_then(|room| room.strip_suffix('`')) else { continue };
        let Some((expected, _)) = LAYERS.iter().find(|(_, rooms)| rooms.contains(&room)) else { continue };
        printed.push(room);
        if floor != Some(*expected) {
            complaints.push(Complaint::at(PATH, n + 1, format!("{room} stands on floor {expected}")));
        }
        if what.contains(PLANNED) == built.contains(&room) {
            let what = if built.contains(&room) { "is built" } else { "is not built: mark it as planned" };
            complaints.push(Complaint::at(PATH, n + 1, format!("{room} {what}")));
        }
    }
    let rooms = LAYERS.iter().flat_map(|(_, rooms)| *rooms);
    for room in rooms.filter(|room| !printed.contains(room)) {
        complaints.push(Complaint::of(PATH, format!("{room} is missing from the table of rooms")));
    }
    for (n, line) in text.lines().enumerate() {
        for (file, test) in named_tests(line) {
            let exists = tree.text(file).is_some_and(|source| source.contains(&format!("fn {test}(")));
            if !exists {
                complaints.push(Complaint::at(PATH, n + 1, format!("there is no test `{file}::{test}`")));
            }
        }
    }
    complaints
}

/// Tests as the document names them: `` `path/of/file.rs::name` ``.
fn named_tests(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let quoted = line.split('`').skip(1).step_by(2);
    quoted.filter_map(|text| text.split_once("::")).filter(|(file, _)| is_rust(file))
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
    fn a_table_that_lies_is_caught() {
        let row = |(floor, room)| format!("| {floor} words | `{room}` | *planned* |\n");
        let rooms = LAYERS.iter().flat_map(|(floor, rooms)| rooms.iter().map(move |room| (floor, room)));
        let good: String = rooms.map(row).collect();
        breaks(&CHECK, &[(PATH, &good)], &[]);
        breaks(&CHECK, &[(PATH, &good.replacen("| 0", "| 3", 1))], &[(PATH, 1)]);
        breaks(&CHECK, &[(PATH, &good.replacen("*planned*", "", 1))], &[(PATH, 1)]);
        breaks(&CHECK, &[(PATH, &good), ("crates/sekisho-secret/Cargo.toml", "")], &[(PATH, 1)]);
        breaks(&CHECK, &[(PATH, good.split_once('\n').unwrap().1)], &[(PATH, 0)]);
        let lie = format!("{good}\nkept by `a/b.rs::holds`\n");
        let line = good.lines().count() + 2;
        breaks(&CHECK, &[(PATH, &lie), ("a/b.rs", "fn held() {}")], &[(PATH, line)]);
        breaks(&CHECK, &[(PATH, &lie), ("a/b.rs", "fn holds() {}")], &[]);
    }
}
