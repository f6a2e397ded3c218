//! Archives and compressed streams: each content is a file of its own, one step further in.

use std::io::Read;

use sekisho_model::{Place, Step};
use sekisho_unpack::{Container, Event, visit};

use crate::examiner::Run;

impl Run<'_> {
    /// Examines all that a container holds. What could not be unpacked is a problem at its entry.
    pub(crate) fn container(&mut self, container: Container, bytes: &mut dyn Read, place: &Place) {
        let budget = self.budget;
        let inner_name = container.inner_name(place.file_name());
        let file = Files { holder: place, inner_name: &inner_name };
        visit(container, bytes, budget, &mut |event| match event {
            Event::Member { name, content } => {
                let place = file.member(name);
                self.stream(content, &place);
            }
            Event::Stream { encoding, content } => {
                let mut place = file.holder.step(Step::Decoded(encoding));
                if inner_name != file.holder.file_name() {
                    place = place.step(Step::Entry(inner_name.clone()));
                }
                self.stream(content, &place);
            }
            Event::Problem(problem) => {
                let place =
                    problem.entry.as_deref().map_or_else(|| file.holder.clone(), |name| file.member(name));
                self.problem(&place, problem.to_string());
            }
        });
    }
}

/// Places in a container.
struct Files<'a> {
    holder: &'a Place,
    inner_name: &'a str,
}

impl Files<'_> {
    /// The place of a member.
    fn member(&self, name: &[u8]) -> Place {
        let name = if name.is_empty() { self.inner_name.as_bytes() } else { name };
        self.holder.step(match std::str::from_utf8(name) {
            Ok(name) => Step::Entry(name.to_owned()),
            Err(_) => Step::EntryB64(data_encoding::BASE64.encode(name)),
        })
    }
}
