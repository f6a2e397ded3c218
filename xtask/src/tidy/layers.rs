//! Dependencies point down the layer table only.

use super::{Check, Complaint, dependencies, manifest, rooms};
use crate::layers::{INSIDE, layer};
use crate::tree::Tree;

pub(super) const CHECK: Check =
    Check { name: "layers", says: "a room depends on rooms of lower floors only", run };

fn run(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (path, room) in rooms(tree) {
        let Some(floor) = layer(room) else {
            complaints.push(Complaint::of(path, "stands on no floor of xtask/src/layers.rs"));
            continue;
        };
        let Some(manifest) = manifest(tree, path) else {
            complaints.push(Complaint::of(path, "does not parse"));
            continue;
        };
        for table in ["dependencies", "build-dependencies", "dev-dependencies"] {
            for to in dependencies(&manifest, table) {
                let allowed = match layer(&to) {
                    Some(below) => below < floor || INSIDE.contains(&(room, &to)),
                    None => !to.starts_with("sekisho"),
                };
                if !allowed {
                    complaints.push(Complaint::of(path, format!("{room} → {to} does not point down")));
                }
            }
        }
    }
    complaints
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
    fn an_edge_that_points_up_or_sideways_is_caught() {
        let kube = "crates/sekisho-kube/Cargo.toml";
        let fine =
            "[dependencies]\nsekisho-model.workspace = true\nsekisho-unpack.workspace = true\nserde = '1'";
        breaks(&CHECK, &[(kube, fine)], &[]);
        for table in ["dependencies", "dev-dependencies", "target.'cfg(unix)'.dependencies"] {
            for to in ["sekisho-scan", "sekisho-report", "sekisho-nowhere"] {
                let text = format!("[{table}]\n{to}.workspace = true");
                breaks(&CHECK, &[(kube, &text)], &[(kube, 0)]);
            }
        }
        breaks(&CHECK, &[("crates/sekisho-new/Cargo.toml", "")], &[("crates/sekisho-new/Cargo.toml", 0)]);
    }
}
