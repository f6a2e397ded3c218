//! [`visit`]: one layer of a container, opened.
//!
//! The caller gets each content as a reader and may open it again, with the same [`Budget`]: that
//! is all of recursion. Contents never fail to read. Where something is wrong they end, all that
//! was there before has been read, and a [`Problem`] follows; the rest of the container goes on.

use std::io::Read;

use sekisho_model::Encoding;

use crate::compress::{Content, Decode, Gzip, Inflate, Zstd};
use crate::container::Container;
use crate::limits::Budget;
use crate::problem::{Problem, Trouble};
use crate::source::Source;
use crate::{tar, zip};

/// What [`visit`] meets.
pub enum Event<'a> {
    /// A member of an archive that has content (no directory, no link).
    Member {
        /// Its name as it stands in the archive: not trusted, not always UTF-8, not unique.
        name: &'a [u8],
        /// Its content; need not be read to the end.
        content: &'a mut dyn Read,
    },
    /// The one content of a compressed stream.
    Stream {
        /// The compression.
        encoding: Encoding,
        /// The content; need not be read to the end.
        content: &'a mut dyn Read,
    },
    /// Something that was not visited, or not whole.
    Problem(Problem),
}

/// Takes the events of a visit, in the order of the container's bytes (for zip, of its entries).
pub(crate) type OnEvent<'a> = &'a mut dyn FnMut(Event<'_>);

/// Opens one layer of a `container` and hands its contents to `on`.
///
/// Memory is flat for streams and tar. A zip is held in memory as a whole up to
/// [`Limits::random_access`](crate::Limits::random_access); a larger one is read front to back
/// without its directory, and a problem says so.
pub fn visit(container: Container, bytes: &mut dyn Read, budget: &Budget, on: &mut dyn FnMut(Event<'_>)) {
    let Some(_deeper) = budget.deeper() else {
        let trouble = Trouble::Depth(budget.limits().depth);
        return on(Event::Problem(Problem { entry: None, offset: 0, trouble }));
    };
    let mut source = Source::new(bytes);
    match container {
        Container::Gzip => {
            let mut gzip = Gzip::new(&mut source);
            let trouble = stream(Encoding::Gzip, &mut gzip, budget, on);
            let trouble = trouble.or(gzip.checksum_failed().then_some(Trouble::Checksum));
            tell(&source, budget, None, trouble, on);
        }
        Container::Zlib => {
            let trouble = stream(Encoding::Zlib, &mut Inflate::zlib(&mut source), budget, on);
            tell(&source, budget, None, trouble, on);
        }
        Container::Zstd => {
            let mut zstd = Zstd::new(&mut source, budget.limits().random_access);
            let trouble = stream(Encoding::Zstd, &mut zstd, budget, on);
            tell(&source, budget, None, trouble, on);
        }
        Container::Tar => tar::visit(&mut source, budget, on),
        Container::Zip => zip::visit(&mut source, budget, on),
        Container::Unread(format) => {
            tell(&source, budget, None, Some(Trouble::UnsupportedFormat(format)), on);
        }
    }
}

/// Hands out the content of a compressed stream; gives back what was wrong with it.
fn stream(encoding: Encoding, decoder: &mut dyn Decode, budget: &Budget, on: OnEvent<'_>) -> Option<Trouble> {
    let mut content = Content::new(decoder, budget);
    on(Event::Stream { encoding, content: &mut content });
    content.finish()
}

/// Reports a trouble, if there is one. Where the source failed, an early end is told as that.
pub(crate) fn tell(
    source: &Source<'_>,
    budget: &Budget,
    entry: Option<&[u8]>,
    trouble: Option<Trouble>,
    on: OnEvent<'_>,
) {
    let trouble = match (trouble, source.failure()) {
        (None, _) => return,
        (Some(Trouble::Truncated), Some(kind)) => Trouble::Read(kind),
        (Some(trouble), _) => trouble,
    };
    budget.set_cut(false);
    on(Event::Problem(Problem { entry: entry.map(<[u8]>::to_vec), offset: source.position(), trouble }));
}

/// An early end of the bytes themselves; `None` when an enclosing content was cut and that is
/// still to be told by its own visit.
pub(crate) fn early_end(budget: &Budget) -> Option<Trouble> {
    (!budget.is_cut()).then_some(Trouble::Truncated)
}
