//! The tree that YAML and JSON are read into: flat, capped, and true to the bytes.
//!
//! Nodes stand in one vector in the order of the source, each with the index just behind its last
//! descendant, so that walking children is stepping over indices and nothing needs a pointer. A
//! scalar is a span of the source and how it is written there; it is decoded only when somebody
//! asks for it. Aliases are kept as references to their anchor's node and never copied, which is
//! what makes an alias bomb as cheap as its text.
//!
//! The tree must never hold a decoded value, and never trust an offset that it did not make.

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::Range;

use crate::piece::Shape;
use crate::scalar::{self, Text};

/// Index of a node in its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NodeId(pub(crate) u32);

impl NodeId {
    pub(crate) const ROOT: Self = Self(0);

    fn index(self) -> usize {
        self.0 as usize
    }
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// The span is the value, byte for byte, with quotes or without.
    Verbatim,
    /// Plain over several lines.
    Plain,
    /// In single quotes, with `''` or folded lines.
    Single,
    /// In double quotes, with escapes or folded lines; JSON strings too.
    Double,
    /// A `|` block.
    Literal,
    /// A `>` block.
    Folded,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Keys and values in turn.
    Map,
    /// Items.
    Seq,
    /// A scalar that is plain (so `true` is no string) or not.
    Scalar { style: Style, plain: bool },
    /// A reference to an anchor's node.
    Alias,
    /// A collection beyond the depth cap.
    Cut,
}

/// What a scalar's tag says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tag {
    /// No tag, a core tag, or one that says nothing here.
    #[default]
    None,
    /// `!Ref`, `!secret`, `!env`: the scalar names something kept elsewhere.
    Reference,
    /// `!vault`: the scalar is encrypted.
    Sealed,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) tag: Tag,
    /// Whether the node has an anchor.
    pub(crate) anchored: bool,
    /// First byte; of a quoted scalar the first behind the quote.
    pub(crate) start: u32,
    /// Just behind the last byte.
    pub(crate) end: u32,
    /// Index just behind the last descendant.
    after: u32,
    /// Of a block scalar: where in `blocks` its layout is; of an alias: its anchor's node.
    /// Of a collection that was not read, how many nodes it is. [`NOTHING`] for all others, and for
    /// aliases whose anchor does not stand before them.
    beside: u32,
}

/// No index.
const NOTHING: u32 = u32::MAX;

impl Node {
    pub(crate) fn span(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether it is a collection that was not read, since it is known.
    fn is_unread(&self) -> bool {
        matches!(self.kind, Kind::Map | Kind::Seq) && self.beside != NOTHING
    }
}

/// Layout of a block scalar that cannot be told from its span alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block {
    /// Columns of indentation.
    pub(crate) indent: u32,
    /// Line ends before the first content line, behind the header's.
    pub(crate) lead: u32,
    /// Line ends at the end of the value (chomping done).
    pub(crate) tail: u32,
}

/// Why a tree holds less than its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    Depth,
    Nodes,
}

/// One document.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    /// The bytes that values are taken from.
    source: &'a [u8],
    /// The same bytes as the parser saw them, of the same length: bytes that are no UTF-8 and
    /// template expressions may be overwritten.
    text: Cow<'a, [u8]>,
    nodes: Vec<Node>,
    blocks: Vec<Block>,
    /// Offset of `source` in what the caller calls the source.
    pub(crate) base: usize,
    /// Caps that were met, each with the place where it was first met.
    pub(crate) cuts: Vec<(Cut, usize)>,
    /// Whether it was read as JSON.
    pub(crate) json: bool,
    /// Whether a node has an anchor, or is an alias.
    anchors: bool,
    /// Whether a flow mapping begins right inside another: `{{ … }}` outside of quotes.
    pub(crate) braces: bool,
    /// Entries that lookups through merge keys may still visit.
    merge_budget: Cell<usize>,
    /// Nodes that may still be read behind aliases by [`follow`](Self::follow).
    alias_budget: Cell<usize>,
    /// Whether somebody asked for what is in a collection that was not read.
    missed: Cell<bool>,
}

impl<'a> Tree<'a> {
    /// An empty tree; `text` must be as long as `source`.
    pub(crate) fn new(source: &'a [u8], text: Cow<'a, [u8]>, base: usize) -> Self {
        debug_assert_eq!(source.len(), text.len());
        let nodes = Vec::with_capacity((source.len() / 16).min(4096));
        Self {
            source,
            text,
            nodes,
            blocks: Vec::new(),
            base,
            cuts: Vec::new(),
            json: false,
            anchors: false,
            braces: false,
            merge_budget: Cell::new(0),
            alias_budget: Cell::new(0),
            missed: Cell::new(false),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// The node an alias stands for; any other node is itself. Aliases never name aliases.
    pub(crate) fn resolve(&self, id: NodeId) -> Option<NodeId> {
        let node = self.node(id);
        match node.kind {
            Kind::Alias => (node.beside != NOTHING).then_some(NodeId(node.beside)),
            _ => Some(id),
        }
    }

    /// [`resolve`](Self::resolve) for readers that read what they find as often as it is named: all
    /// that lies behind aliases is read a bounded number of times. `found` was asked for at `asked`.
    pub(crate) fn follow(&self, asked: NodeId, found: NodeId) -> Option<NodeId> {
        let id = self.resolve(found)?;
        if asked <= id && id < self.after(asked) {
            return Some(id);
        }
        let size = (self.after(id).0 - id.0) as usize;
        let left = self.alias_budget.get().checked_sub(size);
        self.alias_budget.set(left.unwrap_or(0));
        left.map(|_| id)
    }

    /// Whether [`follow`](Self::follow) has left something out.
    pub(crate) fn is_spent(&self) -> bool {
        self.alias_budget.get() == 0
    }

    /// Whether somebody asked for what is in a collection that was not read: all that was answered since
    /// may be wrong.
    pub(crate) fn has_missed(&self) -> bool {
        self.missed.get()
    }

    /// Notes that the nodes in `id` are asked for.
    fn enter(&self, id: NodeId) {
        if self.node(id).is_unread() {
            self.missed.set(true);
        }
    }

    fn after(&self, id: NodeId) -> NodeId {
        NodeId(self.node(id).after)
    }

    /// The items of a sequence; nothing for other nodes.
    pub(crate) fn items(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        self.enter(id);
        let end = if self.node(id).kind == Kind::Seq { self.after(id) } else { id };
        let mut next = NodeId(id.0 + 1);
        std::iter::from_fn(move || {
            let item = next;
            (item < end).then(|| {
                next = self.after(item);
                item
            })
        })
    }

    /// Keys and values of a mapping as they are written, merge keys among them.
    pub(crate) fn entries(&self, id: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> {
        self.enter(id);
        let end = if self.node(id).kind == Kind::Map { self.after(id) } else { id };
        let mut next = NodeId(id.0 + 1);
        std::iter::from_fn(move || {
            if next >= end {
                return None;
            }
            let key = next;
            let value = self.after(key);
            // A mapping that was cut may end with a key.
            (value < end).then(|| {
                next = self.after(value);
                (key, value)
            })
        })
    }

    /// Whether what stands below a node says all of it: nothing refers to another place.
    pub(crate) fn is_simple(&self) -> bool {
        !self.anchors && (self.json || memchr::memmem::find(&self.text, b"<<").is_none())
    }

    /// Tells all that a walk can read of a node and those below it, but for where it stands: into `nodes` what
    /// they are, and as the answer the bytes of the source, and those that the parser saw where these are
    /// others. `None` where one of them reaches out of it: it may be told of something else.
    pub(crate) fn describe(&self, id: NodeId, nodes: &mut Vec<u8>) -> Option<[&[u8]; 2]> {
        let (from, end) = (self.node(id).start, self.node(id).end);
        for node in &self.nodes[id.index()..self.after(id).index()] {
            if node.is_unread() {
                self.missed.set(true);
            }
            if node.is_unread() || node.start < from || node.end > end {
                return None;
            }
            let (kind, block) = match node.kind {
                Kind::Map => (0, None),
                Kind::Seq => (1, None),
                Kind::Alias => (2, None),
                Kind::Cut => (3, None),
                Kind::Scalar { style, plain } => {
                    let block = self.blocks.get(node.beside as usize);
                    let block = block.filter(|_| matches!(style, Style::Literal | Style::Folded));
                    (8 + 2 * style as u8 + u8::from(plain), block)
                }
            };
            let mut word = [0; 14];
            word[0] = kind;
            word[1] = node.tag as u8;
            let places = [node.start - from, node.end - from, node.after - id.0];
            for (at, place) in word[2..].chunks_exact_mut(4).zip(places) {
                at.copy_from_slice(&place.to_le_bytes());
            }
            nodes.extend(word);
            if let Some(Block { indent, lead, tail }) = block {
                for number in [indent, lead, tail] {
                    nodes.extend(number.to_le_bytes());
                }
            }
        }
        let range = self.described(id);
        let is_same = std::ptr::eq(self.source, &raw const *self.text);
        Some([&self.source[range.clone()], if is_same { &[] } else { &self.text[range] }])
    }

    /// The bytes that [`describe`](Self::describe) tells of a node.
    pub(crate) fn described(&self, id: NodeId) -> Range<usize> {
        let node = self.node(id);
        // A line end may be two bytes.
        node.start as usize..self.source.len().min(node.end as usize + 2)
    }

    /// What a node and those below it are.
    pub(crate) fn shape(&self, id: NodeId) -> Shape {
        let node = self.node(id);
        let (mut open, mut depth) = (Vec::new(), 0);
        for (at, node) in (id.0..).zip(&self.nodes[id.index()..self.after(id).index()]) {
            while open.last().is_some_and(|end| *end <= at) {
                open.pop();
            }
            if matches!(node.kind, Kind::Map | Kind::Seq) {
                open.push(node.after);
                depth = depth.max(open.len());
            }
        }
        Shape { kind: node.kind, len: node.end - node.start, nodes: node.after - id.0, depth: depth as u32 }
    }

    /// Whether a node is of a shape, so far as it was read.
    pub(crate) fn has_shape(&self, id: NodeId, shape: Shape) -> bool {
        let node = self.node(id);
        let nodes = if node.is_unread() { node.beside } else { node.after - id.0 };
        (node.kind, node.end - node.start, nodes) == (shape.kind, shape.len, shape.nodes)
    }

    /// Whether it is JSON, and nothing of it was left out: its bytes alone say then what it is.
    pub(crate) fn is_whole_json(&self) -> bool {
        self.json && self.cuts.is_empty()
    }

    /// The bytes of the source that a node covers.
    pub(crate) fn raw(&self, id: NodeId) -> &'a [u8] {
        self.source.get(self.node(id).span()).unwrap_or_default()
    }

    /// A scalar decoded, with its way back to the source. Other nodes have none.
    pub(crate) fn text(&self, id: NodeId) -> Option<Text<'a>> {
        let node = self.node(id);
        let Kind::Scalar { style, .. } = node.kind else { return None };
        let block = self.blocks.get(node.beside as usize);
        let block = block.filter(|_| matches!(style, Style::Literal | Style::Folded));
        Some(scalar::decode(self.source, &self.text, node.span(), style, block, self.base))
    }

    /// A scalar's decoded bytes, borrowed where they stand unchanged in the source: for keys and
    /// other short scalars that are no secrets.
    pub(crate) fn bytes(&self, id: NodeId) -> Cow<'a, [u8]> {
        match self.node(id).kind {
            Kind::Scalar { style: Style::Verbatim, .. } => Cow::Borrowed(self.raw(id)),
            Kind::Scalar { .. } => Cow::Owned(self.text(id).map(|t| t.bytes().to_vec()).unwrap_or_default()),
            _ => Cow::Borrowed(&[]),
        }
    }

    /// The same as text; bytes that are no UTF-8 become U+FFFD.
    pub(crate) fn string(&self, id: NodeId) -> Cow<'a, str> {
        match self.bytes(id) {
            Cow::Borrowed(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => String::from_utf8_lossy(bytes),
            },
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// Whether a scalar is `text`.
    pub(crate) fn is(&self, id: NodeId, text: &str) -> bool {
        match self.node(id).kind {
            Kind::Scalar { style: Style::Verbatim, .. } => self.raw(id) == text.as_bytes(),
            Kind::Scalar { .. } => *self.bytes(id) == *text.as_bytes(),
            _ => false,
        }
    }

    /// Whether a scalar is a plain `true`, `false` or `null`.
    pub(crate) fn is_constant(&self, id: NodeId) -> bool {
        matches!(self.node(id).kind, Kind::Scalar { plain: true, .. })
            && matches!(
                self.raw(id),
                b"true"
                    | b"false"
                    | b"null"
                    | b"True"
                    | b"False"
                    | b"Null"
                    | b"TRUE"
                    | b"FALSE"
                    | b"NULL"
                    | b"~"
            )
    }

    /// Whether a scalar is a plain number that is no key's own whole number: coordinates, versions,
    /// addresses, measurements. Whole files of them are not worth a field each.
    pub(crate) fn is_measure(&self, id: NodeId, in_list: bool) -> bool {
        let raw = self.raw(id);
        matches!(self.node(id).kind, Kind::Scalar { plain: true, .. })
            && raw.iter().all(|b| b.is_ascii_digit() || b"+-.eE".contains(b))
            && (in_list || raw.contains(&b'.'))
    }

    /// Whether a key is a merge key (plain `<<`).
    pub(crate) fn is_merge(&self, key: NodeId) -> bool {
        matches!(self.node(key).kind, Kind::Scalar { plain: true, .. }) && self.raw(key) == b"<<"
    }

    /// The value of `key` in a mapping (the last, where there are several), else in the mappings
    /// that its merge keys name; aliases resolved.
    pub(crate) fn lookup(&self, map: NodeId, key: &str) -> Option<NodeId> {
        let mut found = None;
        let mut merges = false;
        for (entry, value) in self.entries(map) {
            if self.is(entry, key) {
                found = Some(value);
            }
            merges |= self.is_merge(entry);
        }
        match found {
            Some(value) => self.resolve(value),
            None if merges => self.lookup_merged(map, key),
            None => None,
        }
    }

    fn lookup_merged(&self, map: NodeId, key: &str) -> Option<NodeId> {
        /// Mappings that one lookup may visit through merge keys.
        const MAX_MERGES: usize = 64;
        let mut waiting = vec![map];
        for _ in 0..MAX_MERGES {
            let map = waiting.pop()?;
            let mut found = None;
            let mut merges = Vec::new();
            for (entry, value) in self.entries(map) {
                if !self.spend() {
                    return None;
                }
                if self.is(entry, key) {
                    found = Some(value);
                } else if self.is_merge(entry) {
                    merges.push(value);
                }
            }
            if let Some(value) = found {
                return self.resolve(value);
            }
            // The first of a merged list comes first, and each before the merges of the next.
            for value in merges.into_iter().rev().filter_map(|value| self.resolve(value)) {
                match self.node(value).kind {
                    Kind::Map => waiting.push(value),
                    Kind::Seq => {
                        let mut maps: Vec<_> = self.items(value).take(MAX_MERGES).collect();
                        maps.reverse();
                        waiting.extend(maps.into_iter().filter_map(|map| self.resolve(map)));
                    }
                    _ => {}
                }
            }
        }
        None
    }

    /// One entry visited on behalf of a merge key. All lookups together visit a bounded number:
    /// thousands of mappings that merge one huge mapping must not cost their product.
    fn spend(&self) -> bool {
        let left = self.merge_budget.get();
        self.merge_budget.set(left.saturating_sub(1));
        left > 0
    }

    /// [`lookup`](Self::lookup) through several keys.
    pub(crate) fn at(&self, mut id: NodeId, path: &[&str]) -> Option<NodeId> {
        for key in path {
            id = self.lookup(id, key)?;
        }
        Some(id)
    }

    /// The text of a non-empty scalar under `key`.
    pub(crate) fn string_at(&self, map: NodeId, key: &str) -> Option<String> {
        let value = self.string(self.lookup(map, key)?);
        (!value.is_empty()).then(|| value.into_owned())
    }
}

/// Builds a tree from the events of a parser.
pub(crate) struct Builder<'a> {
    tree: Tree<'a>,
    open: Vec<u32>,
    /// Collections open beyond the depth cap.
    beyond: usize,
    max_depth: usize,
    max_nodes: usize,
    /// Nodes in collections that were not read.
    unread: usize,
    /// Set when the root is complete.
    done: bool,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(tree: Tree<'a>, limits: &crate::Limits) -> Self {
        Self {
            tree,
            open: Vec::new(),
            beyond: 0,
            max_depth: limits.depth.min(crate::Limits::MAX_DEPTH),
            max_nodes: limits.nodes.min(u32::MAX as usize - 1),
            unread: 0,
            done: false,
        }
    }

    /// Whether the root has begun.
    pub(crate) fn has_root(&self) -> bool {
        !self.tree.nodes.is_empty()
    }

    /// Whether something was left out for the node cap: nothing more is taken.
    pub(crate) fn is_full(&self) -> bool {
        self.tree.cuts.iter().any(|(cut, _)| *cut == Cut::Nodes)
    }

    fn cut(&mut self, cut: Cut, at: usize) {
        if !self.tree.cuts.iter().any(|(known, _)| *known == cut) {
            self.tree.cuts.push((cut, self.tree.base + at));
        }
    }

    /// Adds a node; `None` where a cap was met.
    fn push(&mut self, kind: Kind, span: Range<usize>) -> Option<NodeId> {
        if self.beyond > 0 || self.done {
            return None;
        }
        if self.tree.nodes.len() + self.unread >= self.max_nodes {
            self.cut(Cut::Nodes, span.start);
            return None;
        }
        let id = self.tree.nodes.len() as u32;
        let len = self.tree.source.len();
        let (start, end) = (span.start.min(len) as u32, span.end.min(len) as u32);
        self.tree.nodes.push(Node {
            kind,
            tag: Tag::None,
            anchored: false,
            start,
            end: end.max(start),
            after: id + 1,
            beside: NOTHING,
        });
        Some(NodeId(id))
    }

    /// A scalar.
    pub(crate) fn scalar(&mut self, style: Style, plain: bool, span: Range<usize>) -> Option<NodeId> {
        let id = self.push(Kind::Scalar { style, plain }, span);
        self.done |= self.open.is_empty();
        id
    }

    /// A block scalar.
    pub(crate) fn block(&mut self, style: Style, span: Range<usize>, block: Block) -> Option<NodeId> {
        let id = self.scalar(style, false, span)?;
        self.tree.nodes[id.index()].beside = self.tree.blocks.len() as u32;
        self.tree.blocks.push(block);
        Some(id)
    }

    /// An alias.
    pub(crate) fn alias(&mut self, target: Option<NodeId>, span: Range<usize>) {
        self.tree.anchors = true;
        if let (Some(id), Some(target)) = (self.push(Kind::Alias, span), target) {
            self.tree.nodes[id.index()].beside = target.0;
        }
        self.done |= self.open.is_empty();
    }

    /// A mapping or sequence begins.
    pub(crate) fn open(&mut self, kind: Kind, start: usize) -> Option<NodeId> {
        if self.beyond > 0 {
            self.beyond += 1;
            return None;
        }
        if self.open.len() >= self.max_depth {
            self.cut(Cut::Depth, start);
            self.push(Kind::Cut, start..start);
            self.beyond = 1;
            return None;
        }
        let id = self.push(kind, start..start)?;
        if let Some(parent) = self.open.last() {
            let parent = &self.tree.nodes[*parent as usize];
            self.tree.braces |= parent.kind == Kind::Map
                && kind == Kind::Map
                && parent.start as usize + 1 == start
                && self.tree.source.get(start..).is_some_and(|rest| rest.starts_with(b"{"));
        }
        self.open.push(id.0);
        Some(id)
    }

    /// A value that begins at `start` and is known, as if it had been read. False, and nothing taken, where
    /// more must be seen of it: a cap could be met in it, or it tells what the document is.
    pub(crate) fn known(&mut self, start: usize, shape: Shape) -> bool {
        let Shape { kind, len, nodes, depth } = shape;
        let is_collection = matches!(kind, Kind::Map | Kind::Seq);
        let in_list = self.tree.nodes.first().is_some_and(|root| root.kind == Kind::Seq);
        let fits = self.beyond == 0
            && !self.done
            && self.open.len() > usize::from(is_collection && !in_list)
            && self.open.len() + depth as usize <= self.max_depth
            && self.tree.nodes.len() + self.unread + nodes as usize <= self.max_nodes;
        if !fits {
            return false;
        }
        let Some(id) = self.push(kind, start..start + len as usize) else { return false };
        if is_collection {
            self.tree.nodes[id.index()].beside = nodes;
            self.unread += nodes as usize - 1;
        }
        true
    }

    /// It ends; `end` is just behind the closing bracket, and `None` where there is none.
    pub(crate) fn close(&mut self, end: Option<usize>) {
        if self.beyond > 0 {
            self.beyond -= 1;
            return;
        }
        let Some(id) = self.open.pop() else { return };
        let after = self.tree.nodes.len() as u32;
        // What was closed before has its end already, so the last node's is the greatest.
        let content = self.tree.nodes.last().map_or(0, |last| last.end);
        let node = &mut self.tree.nodes[id as usize];
        node.after = after;
        node.end = end.map_or(content.max(node.end), |end| end as u32).max(node.start);
        if let Some(parent) = self.open.last() {
            // Spans of last children bubble up through the closes that follow.
            let end = self.tree.nodes[id as usize].end;
            let parent = &mut self.tree.nodes[*parent as usize];
            parent.end = parent.end.max(end);
        } else {
            self.done = true;
        }
    }

    pub(crate) fn mark(&mut self, id: Option<NodeId>, tag: Tag, anchored: bool) {
        self.tree.anchors |= anchored;
        if let Some(id) = id {
            let node = &mut self.tree.nodes[id.index()];
            node.tag = tag;
            node.anchored = anchored;
        }
    }

    /// The tree, with whatever is still open closed.
    pub(crate) fn finish(mut self) -> Tree<'a> {
        self.beyond = 0;
        while !self.open.is_empty() {
            self.close(None);
        }
        self.tree.merge_budget.set(16 * self.tree.nodes.len() + 4096);
        self.tree.alias_budget.set(64 * self.tree.nodes.len() + (1 << 20));
        self.tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, json, yaml};

    /// A tree in a line: `{key: value}`, `[item]`, `*` for aliases and `!` for what was cut.
    fn show(tree: &Tree<'_>, id: NodeId) -> String {
        match tree.node(id).kind {
            Kind::Map => {
                let entry = |(key, value)| format!("{}: {}", show(tree, key), show(tree, value));
                format!("{{{}}}", tree.entries(id).map(entry).collect::<Vec<_>>().join(", "))
            }
            Kind::Seq => {
                format!("[{}]", tree.items(id).map(|id| show(tree, id)).collect::<Vec<_>>().join(", "))
            }
            Kind::Scalar { .. } => tree.string(id).into_owned(),
            Kind::Alias => "*".to_owned(),
            Kind::Cut => "!".to_owned(),
        }
    }

    #[test]
    fn yaml_and_json_give_the_same_tree() {
        let source = "{\"a\": [1, {\"b\": \"c\\n\"}, [], {}], \"d\": null}";
        let limits = Limits::default();
        let (by_json, len) = json::read(source.as_bytes(), 0, &limits, None).unwrap().unwrap();
        let by_yaml = yaml::read(source.as_bytes(), source, 0, &limits).unwrap();
        let expected = "{a: [1, {b: c\n}, [], {}], d: null}";
        assert_eq!(show(&by_json, NodeId::ROOT), expected);
        assert_eq!(show(&by_yaml, NodeId::ROOT), expected);
        assert_eq!(len, source.len());
        assert_eq!(by_json.len(), by_yaml.len());
        for id in (0..by_json.len() as u32).map(NodeId) {
            assert_eq!(by_json.node(id).span(), by_yaml.node(id).span());
        }
    }

    #[test]
    fn aliases_are_references() {
        let source = "a: &x {k: v}\nb: *x\nc: *no\nd: &y [*y]\n";
        let tree = yaml::read(source.as_bytes(), source, 0, &Limits::default()).unwrap();
        let at = |key| tree.lookup(NodeId::ROOT, key);
        assert_eq!(at("a"), at("b"));
        assert_eq!(at("c"), None);
        let circle = at("d").unwrap();
        let inner = tree.items(circle).next().unwrap();
        assert_eq!(tree.resolve(inner), Some(circle));
    }

    #[test]
    fn lookups_go_through_merge_keys_in_their_order() {
        let source =
            "m: &m {a: 1, b: 1}\nn: &n {b: 2, c: 2, <<: *m}\no:\n  <<: [*n, {d: 4}]\n  c: 3\n\"<<\": *m\n";
        let tree = yaml::read(source.as_bytes(), source, 0, &Limits::default()).unwrap();
        let o = tree.lookup(NodeId::ROOT, "o").unwrap();
        for (key, value) in [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")] {
            assert_eq!(tree.string_at(o, key).as_deref(), Some(value), "{key}");
        }
        // In quotes it is a key like any other.
        assert_eq!(tree.lookup(NodeId::ROOT, "a"), None);
    }

    #[test]
    fn spans_end_with_their_content() {
        let source = "a:\n  - b: c\n\n# x\nd: {e: f}  \n\n";
        let tree = yaml::read(source.as_bytes(), source, 0, &Limits::default()).unwrap();
        let text = |id: NodeId| &source[tree.node(id).span()];
        assert_eq!(text(NodeId::ROOT), "a:\n  - b: c\n\n# x\nd: {e: f}");
        assert_eq!(text(tree.lookup(NodeId::ROOT, "a").unwrap()), "- b: c");
        assert_eq!(text(tree.lookup(NodeId::ROOT, "d").unwrap()), "{e: f}");
    }

    #[test]
    fn what_is_too_deep_is_cut_and_the_rest_stays() {
        let source = "{a: [[[1]]], b: 2}";
        let limits = Limits { depth: 2, ..Limits::default() };
        let tree = yaml::read(source.as_bytes(), source, 10, &limits).unwrap();
        assert_eq!(show(&tree, NodeId::ROOT), "{a: [!], b: 2}");
        assert_eq!(tree.cuts, [(Cut::Depth, 15)]);
        assert!(size_of::<Node>() <= 24);
        let (by_json, _) = json::read(b"{\"a\": [[[1]]], \"b\": 2}", 0, &limits, None).unwrap().unwrap();
        assert_eq!(show(&by_json, NodeId::ROOT), "{a: [!], b: 2}");
    }

    #[test]
    fn json_is_strict_where_it_matters() {
        for bad in [
            "{\"a\" 1}",
            "{\"a\": }",
            "[1 2]",
            "[1",
            "{\"a\": 1",
            "\"a",
            "{]",
            "[}",
            "tru",
            "{,}",
            "{1: 2}",
            "[\"a\nb\"]",
            "/* x",
        ] {
            assert!(json::read(bad.as_bytes(), 0, &Limits::default(), None).is_err(), "{bad}");
        }
    }
}
