//! Reading: from bytes to a [`Manifest`].

use crate::object::{Manifest, Object, ReadProblem, Trouble};
use crate::piece::Versions;
use crate::split::{can_skip, split_documents};
use crate::tree::{Cut, Tree};
use crate::{Limits, json, lines, mask, walk, yaml};

/// Reads a file of YAML or JSON documents. `name` is its path or name, which tells some documents
/// apart that their content does not (`values.yaml`, `kustomization.yaml`). Offsets in the result
/// count from the start of `source`.
///
/// Nothing here fails: what cannot be read is in [`Manifest::problems`], and everything else is
/// read all the same.
pub fn read(source: &[u8], name: &str, limits: &Limits) -> Manifest {
    let mut objects = Vec::new();
    let manifest = visit(source, name, limits, &mut |object| objects.push(object));
    Manifest { objects, ..manifest }
}

/// [`read()`] with flat memory: objects are handed over one by one, in the order of the source, and
/// are not in the result.
pub fn visit(source: &[u8], name: &str, limits: &Limits, take: &mut dyn FnMut(Object)) -> Manifest {
    let mut reader = Reader { name, limits, versions: None, take, manifest: Manifest::default() };
    for range in split_documents(source) {
        reader.document(&source[range.clone()], range.start);
    }
    reader.manifest
}

/// Reads one document of a stream that somebody else splits, for streams that do not fit in
/// memory. Offsets in the result are `base` higher than in `document`.
pub fn read_document(document: &[u8], base: usize, name: &str, limits: &Limits) -> Manifest {
    read_one(document, base, name, limits, None)
}

/// [`read_document`] for one version of many: fields of pieces that `versions` knows are not handed
/// out, and the others are told with their hashes ([`Object::pieces`], [`Object::known`]).
pub fn read_version(
    document: &[u8],
    base: usize,
    name: &str,
    limits: &Limits,
    versions: &dyn Versions,
) -> Manifest {
    read_one(document, base, name, limits, Some(versions))
}

fn read_one(
    document: &[u8],
    base: usize,
    name: &str,
    limits: &Limits,
    versions: Option<&dyn Versions>,
) -> Manifest {
    let mut objects = Vec::new();
    let take = &mut |object| objects.push(object);
    let mut reader = Reader { name, limits, versions, take, manifest: Manifest::default() };
    reader.document(document, base);
    let manifest = reader.manifest;
    Manifest { objects, ..manifest }
}

struct Reader<'r> {
    name: &'r str,
    limits: &'r Limits,
    versions: Option<&'r dyn Versions>,
    take: &'r mut dyn FnMut(Object),
    manifest: Manifest,
}

impl Reader<'_> {
    fn problem(&mut self, offset: usize, what: Trouble) {
        self.manifest.problems.push(ReadProblem { offset, what });
    }

    fn document(&mut self, source: &[u8], base: usize) {
        let (source, base) = match source.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) => (rest, base + 3),
            None => (source, base),
        };
        // Whoever reads versions has left these out ([`Marks::documents`](crate::Marks::documents)).
        if self.versions.is_none() && can_skip(source).is_some() {
            self.manifest.skipped += 1;
            return;
        }
        if json_begin(source).is_some_and(|begin| self.json_values(source, begin, base)) {
            return;
        }
        if source.len() > self.limits.document.min(Limits::MAX_DOCUMENT) {
            return self.problem(base, Trouble::DocumentSize);
        }
        let text = yaml::as_text(source);
        let braces = [&b"{{"[..], b"{%"].iter().any(|open| memchr::memmem::find(source, open).is_some());
        let error = match yaml::read(source, &text, base, self.limits) {
            Ok(tree) if !(braces && tree.braces) => {
                self.tree(&tree);
                return;
            }
            Ok(_) => None,
            Err(error) => Some(error),
        };
        self.manifest.fallback = true;
        if braces {
            self.problem(base, Trouble::Template);
            let masked = mask::without_templates(&text);
            let tree = yaml::read(source, &masked, base, self.limits)
                .unwrap_or_else(|_| lines::read(source, masked.as_bytes(), base, self.limits));
            self.tree(&tree);
        } else {
            let offset = error.map_or(0, |error| error.offset.min(source.len()));
            self.problem(base + offset, Trouble::Syntax);
            self.tree(&lines::read(source, text.as_bytes(), base, self.limits));
        }
    }

    /// Reads JSON values behind each other; false (and nothing taken) when the first is none. After
    /// a broken value the next line that begins with a bracket is tried.
    fn json_values(&mut self, source: &[u8], begin: usize, base: usize) -> bool {
        let mut at = begin;
        loop {
            match json::read(&source[at..], base + at, self.limits, self.versions) {
                Ok(Some((tree, len))) => {
                    if !self.tree(&tree)
                        && let Ok(Some((tree, _))) = json::read(&source[at..], base + at, self.limits, None)
                    {
                        self.tree(&tree);
                    }
                    at += len;
                }
                Ok(None) => return true,
                Err(_) if at == begin => return false,
                Err(error) => {
                    let offset = at + error.offset;
                    self.problem(base + offset, Trouble::Syntax);
                    let rest = source.get(offset..).unwrap_or_default();
                    let next = memchr::memchr_iter(b'\n', rest)
                        .map(|line| offset + line + 1)
                        .find(|line| matches!(source.get(*line), Some(b'{' | b'[')));
                    match next {
                        Some(next) => at = next,
                        None => return true,
                    }
                }
            }
        }
    }

    /// Takes the objects of a tree; false, and nothing taken, where more must be read for that.
    fn tree(&mut self, tree: &Tree<'_>) -> bool {
        let (objects, full) = walk::walk(tree, self.name, self.limits, self.versions);
        if tree.has_missed() {
            return false;
        }
        for (cut, offset) in &tree.cuts {
            let what = match cut {
                Cut::Depth => Trouble::Depth,
                Cut::Nodes => Trouble::Nodes,
            };
            self.problem(*offset, what);
        }
        if let Some(offset) = full {
            self.problem(offset, Trouble::Output);
        }
        for object in objects {
            (self.take)(object);
        }
        true
    }
}

/// Where JSON begins, if it does: at a bracket, behind a document marker and comments.
fn json_begin(source: &[u8]) -> Option<usize> {
    let mut at = 0;
    if source.starts_with(b"---") {
        at = 3;
    }
    loop {
        match source.get(at)? {
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            b'#' => at += memchr::memchr(b'\n', &source[at..])?,
            b'{' | b'[' => return Some(at),
            _ => return None,
        }
    }
}
