//! Made-up answers, for the tests of their forms.

use sekisho_access::answer::{Hop, Thing};

pub(super) fn made_up(kind: &str, namespace: Option<&str>, name: &str) -> Thing {
    Thing { kind: kind.to_owned(), namespace: namespace.map(str::to_owned), name: Some(name.to_owned()) }
}

pub(super) fn made_up_hop(from: Thing, says: &str, to: Thing) -> Hop {
    Hop {
        edge: "made-up".to_owned(),
        from,
        to,
        says: says.to_owned(),
        grants: Vec::new(),
        field: None,
        gate: "none".to_owned(),
        condition: String::new(),
        verified: Vec::new(),
        source: String::new(),
    }
}
