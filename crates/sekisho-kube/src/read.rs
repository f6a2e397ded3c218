//! Reading: from bytes to a [`Manifest`].

use crate::object::{Manifest, ReadProblem, Trouble};
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
    let mut manifest = Manifest::default();
    for range in split_documents(source) {
        document(&source[range.clone()], range.start, name, limits, &mut manifest);
    }
    manifest
}

/// Reads one document of a stream that somebody else splits, for streams that do not fit in
/// memory. Offsets in the result are `base` higher than in `document`.
pub fn read_document(document_bytes: &[u8], base: usize, name: &str, limits: &Limits) -> Manifest {
    let mut manifest = Manifest::default();
    document(document_bytes, base, name, limits, &mut manifest);
    manifest
}

fn document(source: &[u8], base: usize, name: &str, limits: &Limits, manifest: &mut Manifest) {
    let begin = json_begin(source);
    if begin.is_some_and(|begin| json_values(source, begin, base, name, limits, manifest)) {
        return;
    }
    if source.len() > limits.document.min(u32::MAX as usize - 1) {
        manifest.problems.push(ReadProblem { offset: base, what: Trouble::DocumentSize });
        return;
    }
    if begin.is_none() && can_skip(source).is_some() {
        manifest.skipped += 1;
        return;
    }
    let text = yaml::as_text(source);
    let braces = [&b"{{"[..], b"{%"].iter().any(|open| memchr::memmem::find(source, open).is_some());
    let error = match yaml::read(source, &text, base, limits) {
        Ok(tree) if !(braces && tree.braces) => return take(&tree, name, limits, manifest),
        Ok(_) => None,
        Err(error) => Some(error),
    };
    manifest.fallback = true;
    if braces {
        manifest.problems.push(ReadProblem { offset: base, what: Trouble::Template });
        let masked = mask::without_templates(&text);
        let tree = yaml::read(source, &masked, base, limits)
            .unwrap_or_else(|_| lines::read(source, masked.as_bytes(), base, limits));
        take(&tree, name, limits, manifest);
    } else {
        let offset = base + error.map_or(0, |error| error.offset.min(source.len()));
        manifest.problems.push(ReadProblem { offset, what: Trouble::Syntax });
        take(&lines::read(source, text.as_bytes(), base, limits), name, limits, manifest);
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

/// Reads JSON values behind each other; false (and nothing taken) when the first is none. After a
/// broken value the next line that begins with a bracket is tried.
fn json_values(
    source: &[u8],
    begin: usize,
    base: usize,
    name: &str,
    limits: &Limits,
    manifest: &mut Manifest,
) -> bool {
    let mut at = begin;
    loop {
        match json::read(&source[at..], base + at, limits) {
            Ok(Some((tree, len))) => {
                take(&tree, name, limits, manifest);
                at += len;
            }
            Ok(None) => return true,
            Err(_) if at == begin => return false,
            Err(error) => {
                let offset = at + error.offset;
                manifest.problems.push(ReadProblem { offset: base + offset, what: Trouble::Syntax });
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

fn take(tree: &Tree<'_>, name: &str, limits: &Limits, manifest: &mut Manifest) {
    for (cut, offset) in &tree.cuts {
        let what = match cut {
            Cut::Depth => Trouble::Depth,
            Cut::Nodes => Trouble::Nodes,
        };
        manifest.problems.push(ReadProblem { offset: *offset, what });
    }
    walk::walk(tree, name, limits, &mut manifest.objects, &mut manifest.problems);
}
