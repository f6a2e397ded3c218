//! Standard input and other streams: logs and whatever else is piped in.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use sekisho_model::{Place, Problem, Root, TargetPath};

use crate::files;
use crate::item::{Bytes, Item, Unopened};
use crate::target::SourceError;
use crate::{Source, Stats};

/// A stream: one item that is read once. Its place is a log's, whose lines may tell time, pod and
/// container (see [`sekisho_model::log_line`]).
pub struct Stream {
    path: TargetPath,
    /// Taken by the first walk.
    open: Mutex<Option<Box<dyn Read + Send>>>,
}

impl Stream {
    /// Standard input, which is called `-`.
    pub fn stdin() -> Self {
        Self::new("-".into(), Box::new(std::io::stdin()))
    }

    /// A pipe or terminal that the user named. Opening it waits for its writer.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let file = File::open(path).map_err(SourceError::io(path))?;
        Ok(Self::new(files::target_path(Path::new(""), path), Box::new(file)))
    }

    /// Any reader, under the name that places are to have.
    pub fn new(path: TargetPath, open: Box<dyn Read + Send>) -> Self {
        Self { path, open: Mutex::new(Some(open)) }
    }
}

impl Source for Stream {
    fn name(&self) -> &'static str {
        "log"
    }

    fn each(
        &self,
        on: &(dyn Fn(Item<'_>) + Sync),
        problem: &(dyn Fn(Problem) + Sync),
    ) -> Result<Stats, SourceError> {
        let mut stats = Stats::default();
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(stream) = open {
            let path = self.path.clone();
            let place = Place::new(Root::Log { path, time: None, pod: None, container: None });
            let content = Unopened { place: place.clone(), bytes: Bytes::Stream(stream), problem };
            on(Item { place, tracked: None, hint: None, size: 0, content });
            stats.items = 1;
        }
        Ok(stats)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Content;

    #[test]
    fn a_stream_is_one_item_and_is_read_once() {
        let stream = Stream::new("-".into(), Box::new(&b"a line\n"[..]));
        let seen = Mutex::new(Vec::new());
        let on = |item: Item<'_>| {
            assert_eq!(item.place.to_string(), "-");
            assert!(matches!(*item.place.root, Root::Log { .. }));
            let Some(Content::Reader(mut reader)) = item.content.open() else { panic!("a reader") };
            let mut text = String::new();
            reader.read_to_string(&mut text).unwrap();
            seen.lock().unwrap().push(text);
        };
        assert_eq!(stream.each(&on, &|_| ()).unwrap().items, 1);
        assert_eq!(stream.each(&on, &|_| ()).unwrap().items, 0);
        assert_eq!(*seen.lock().unwrap(), ["a line\n"]);
    }
}
