//! What is new since an older answer: the readers of a Secret that were not there, and what somebody
//! reaches now and did not.

use std::collections::BTreeSet;

use crate::answer::{Class, Reached, Reader, Readers, Way};

/// Readers that an older answer does not have, in their order. Each has the rule that made it in its
/// path.
pub fn new_readers<'a>(old: &Readers, new: &'a Readers) -> Vec<&'a Reader> {
    let known: BTreeSet<_> = old.readers.iter().map(|reader| &reader.subject).collect();
    new.readers.iter().filter(|reader| !known.contains(&reader.subject)).collect()
}

/// Whether a new reader is one that nobody expects: what fails a pipeline.
pub fn is_worse(old: &Readers, new: &Readers) -> bool {
    new_readers(old, new).iter().any(|reader| reader.class == Class::Unexpected)
}

/// Secrets that somebody reaches and by an older answer did not.
pub fn newly_reached<'a>(old: &Reached, new: &'a Reached) -> Vec<&'a Way> {
    let known: BTreeSet<_> = old.secrets.iter().map(|way| &way.to).collect();
    new.secrets.iter().filter(|way| !known.contains(&way.to)).collect()
}

#[cfg(test)]
mod tests {
    use sekisho_kube::Inventory;

    use super::*;
    use crate::testing::*;
    use crate::{Graph, Options, Show};

    #[test]
    fn a_new_reader_is_told_with_the_rule_that_made_it() {
        let ask = |world: &str| {
            let mut builder = Inventory::builder();
            assert_eq!(builder.read(world.as_bytes()), []);
            let inventory = builder.finish();
            let options = Options::default();
            let graph = Graph::new(&inventory, &options);
            let secret = inventory.find_secret("shop", "db").unwrap();
            (
                graph.who(secret, Show::default()).unwrap(),
                graph.subject("eve").and_then(|eve| graph.reach(eve, 10)),
            )
        };
        let world = grant("verbs: [get], resources: [secrets], apiGroups: ['']", "Role", "RoleBinding");
        let (old, none) = ask(SECRETS);
        let (new, reached) = ask(&world);
        assert!(new_readers(&old, &old).is_empty() && !is_worse(&old, &old));
        let readers = new_readers(&old, &new);
        assert_eq!(readers.len(), 1);
        assert_eq!(readers[0].path[0].grants[0].role.name, "r-eve");
        assert!(is_worse(&old, &new) && !is_worse(&new, &old));
        let reached = reached.unwrap();
        assert!(none.is_none() && newly_reached(&reached, &reached).is_empty());
        let nothing = crate::answer::Reached { secrets: Vec::new(), ..reached.clone() };
        assert_eq!(newly_reached(&nothing, &reached).len(), 2);
    }
}
