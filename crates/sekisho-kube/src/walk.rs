//! From a tree to objects and their fields.
//!
//! One walker for everything: what decides is the class of the object and a few keys that mean the
//! same wherever they stand (`env`, `args`, `httpHeaders`, `metadata`), so a custom resource with
//! containers somewhere in it needs no rule of its own. Every scalar is handed out at most once,
//! an anchored one at its anchor, and the ways through aliases and merge keys go to each node at
//! most once, so the work is that of the text.

use std::borrow::Cow;
use std::ops::Range;

use sekisho_model::{Field, FieldKind, ObjectRef, Role, SpanMap};
use sekisho_secret::SecretBytes;

use crate::Limits;
use crate::classify;
use crate::object::{Class, Object};
use crate::piece::{About, KnownPiece, Piece, Pieces, Versions};
use crate::role;
use crate::scalar::Text;
use crate::tree::{Kind, NodeId, Tag, Tree};

/// Longest part of a path that one key makes, in bytes: keys can be of any length, and every field
/// below repeats them.
const MAX_KEY: usize = 256;

/// Values below this length are no credentials (see `sekisho_secret::MIN_CANONICAL_LEN`) and are
/// handed out only where a value's mere presence means something.
const MIN_LEN: usize = sekisho_secret::MIN_CANONICAL_LEN;

/// How deep the walk may get. The tree's own depth needs two levels each; a chain of aliases, each
/// in the node of the one before, may ask for any number, and then ends where its nodes stand.
const MAX_LEVEL: usize = 2 * Limits::MAX_DEPTH + 2;

/// Reads the objects of a tree, in the order of the source. Also where the output cap was met, if
/// it was.
pub(crate) fn walk(
    tree: &Tree<'_>,
    name: &str,
    limits: &Limits,
    versions: Option<&dyn Versions>,
) -> (Vec<Object>, Option<usize>) {
    if tree.is_empty() {
        return (Vec::new(), None);
    }
    let mut walker = Walker {
        tree,
        name,
        seen: vec![0; tree.len().div_ceil(64)],
        path: String::new(),
        level: 0,
        current: Current::default(),
        pieces: None,
        versions: versions.filter(|_| tree.is_simple()),
        objects: Vec::new(),
        left: limits.output,
        full: None,
    };
    walker.document(NodeId::ROOT, None);
    walker.objects.sort_by_key(|object| (object.range.start, std::cmp::Reverse(object.range.end)));
    (walker.objects, walker.full)
}

/// What is known of a value from where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around {
    pub(crate) kind: FieldKind,
    /// What the surroundings make of it.
    pub(crate) role: Option<Role>,
    /// Whether that holds whatever it looks like. Otherwise a reference must look like a name.
    pub(crate) sure: bool,
}

impl Around {
    pub(crate) const SETTING: Self = Self::of(FieldKind::Setting);

    pub(crate) const fn of(kind: FieldKind) -> Self {
        Self { kind, role: None, sure: false }
    }

    pub(crate) const fn role(self, role: Role) -> Self {
        Self { role: Some(role), ..self }
    }

    pub(crate) const fn surely(role: Role) -> Self {
        Self { kind: FieldKind::Setting, role: Some(role), sure: true }
    }
}

/// The object that is being read.
#[derive(Default)]
struct Current {
    class: Class,
    object: ObjectRef,
    fields: Vec<Field>,
    /// Anchored settings: an alias may still name them in a place that says more.
    waiting: Vec<(NodeId, String, String, Around)>,
    /// Whether `<name>` stands for a value of a store (argocd-vault-plugin).
    angle_brackets: bool,
}

pub(crate) struct Walker<'t, 'a> {
    pub(crate) tree: &'t Tree<'a>,
    name: &'t str,
    /// One bit for each node that was handed out or followed.
    seen: Vec<u64>,
    pub(crate) path: String,
    /// How deep the walk is in itself.
    level: usize,
    current: Current,
    /// Of the document at hand, if they are asked for and it is such.
    pieces: Option<Pieces<'t>>,
    versions: Option<&'t dyn Versions>,
    objects: Vec<Object>,
    left: usize,
    full: Option<usize>,
}

impl<'a> Walker<'_, 'a> {
    /// Marks a node; whether it was new.
    fn see(&mut self, id: NodeId) -> bool {
        let (word, bit) = (id.0 as usize / 64, 1 << (id.0 % 64));
        let new = self.seen[word] & bit == 0;
        self.seen[word] |= bit;
        new
    }

    /// Marks a collection that is about to be walked; false where it was walked before, or would be
    /// too deep here and waits to be met elsewhere.
    fn enter(&mut self, id: NodeId) -> bool {
        self.level < MAX_LEVEL && self.see(id)
    }

    /// Goes one step down the path for the length of `step`.
    pub(crate) fn within(&mut self, key: &str, step: impl FnOnce(&mut Self)) {
        let len = self.path.len();
        if len > 0 {
            self.path.push('.');
        }
        self.path.push_str(key);
        step(self);
        self.path.truncate(len);
    }

    /// The same for `[NAME]`.
    fn within_item(&mut self, name: &str, step: impl FnOnce(&mut Self)) {
        let len = self.path.len();
        self.path.push('[');
        self.path.push_str(name);
        self.path.push(']');
        step(self);
        self.path.truncate(len);
    }

    /// The same for `[index]`.
    fn within_index(&mut self, index: usize, step: impl FnOnce(&mut Self)) {
        // Formatting a number takes longer than all the rest.
        let (mut digits, mut rest) = ([0; 20], index);
        let mut first = digits.len();
        loop {
            first -= 1;
            digits[first] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.within_item(std::str::from_utf8(&digits[first..]).unwrap_or_default(), step);
    }

    /// A key as text for paths, cut where it is longer than any key should be.
    pub(crate) fn key(&self, id: NodeId) -> Cow<'a, str> {
        let key = self.tree.string(id);
        if key.len() <= MAX_KEY {
            return key;
        }
        let end = (0..=MAX_KEY).rev().find(|at| key.is_char_boundary(*at)).unwrap_or(0);
        Cow::Owned(format!("{}…", &key[..end]))
    }

    /// A document's root, an item of a list, or an object nested in another.
    fn document(&mut self, root: NodeId, list: Option<&ObjectRef>) {
        let (object, class) = classify::classify(self.tree, root, self.name, list);
        let items = self.tree.lookup(root, "items").filter(|_| classify::is_list(&object));
        let outer_path = std::mem::take(&mut self.path);
        let angle_brackets = class.has_kind()
            && self.tree.at(root, &["metadata", "annotations"]).is_some_and(|annotations| {
                self.tree
                    .entries(annotations)
                    .any(|(key, _)| self.tree.string(key).starts_with("avp.kubernetes.io/"))
            });
        let secret_type = (class == Class::Secret).then(|| self.tree.string_at(root, "type")).flatten();
        let current = Current { class, object: object.clone(), angle_brackets, ..Current::default() };
        let outer = std::mem::replace(&mut self.current, current);

        if self.tree.node(root).kind == Kind::Map {
            self.see(root);
        }
        if let Some(items) = items {
            for item in self.tree.items(items).filter(|item| self.tree.node(*item).kind != Kind::Alias) {
                self.document(item, Some(&object));
            }
            self.see(items);
        }
        let generators = if class == Class::Kustomization {
            classify::generator_files(self.tree, root)
        } else {
            Vec::new()
        };
        // Of an object in another nothing is asked here: it is told apart.
        let pieces = self
            .versions
            .filter(|_| {
                matches!(class, Class::Plain | Class::HelmValues) && !classify::is_sops(self.tree, root)
            })
            .map(Pieces::new);
        let outer_pieces = std::mem::replace(&mut self.pieces, pieces);
        self.root(root, class);
        for (id, path, key, around) in std::mem::take(&mut self.current.waiting) {
            self.path = path;
            self.hand_out(id, &key, around);
        }

        self.path = outer_path;
        let mut done = std::mem::replace(&mut self.current, outer);
        let pieces = std::mem::replace(&mut self.pieces, outer_pieces);
        let (pieces, known) = pieces.map(|pieces| (pieces.walked, pieces.known)).unwrap_or_default();
        let nothing = done.fields.is_empty() && known.iter().all(|known| known.fields.is_empty());
        if nothing && generators.is_empty() && (items.is_some() || !class.has_kind()) {
            return;
        }
        done.fields.sort_by_key(|field| (field.span.start, field.span.end));
        let span = self.tree.node(root).span();
        self.objects.push(Object {
            object: done.object.into(),
            range: self.tree.base + span.start..self.tree.base + span.end,
            class,
            secret_type,
            fields: done.fields,
            generators,
            pieces,
            known,
        });
    }

    /// The scalars of the root: first those whose place says most, then all others.
    fn root(&mut self, root: NodeId, class: Class) {
        let maps: &[(&str, FieldKind)] = match class {
            Class::Secret => &[("stringData", FieldKind::SecretString), ("data", FieldKind::SecretData)],
            Class::ConfigMap => &[("data", FieldKind::ConfigData), ("binaryData", FieldKind::ConfigBinary)],
            _ => &[],
        };
        let tree = self.tree;
        for (key, kind) in maps {
            // All of them: a second `data` is shadowed for the server and still in the file.
            for (_, value) in tree.entries(root).filter(|(entry, _)| tree.is(*entry, key)) {
                self.within(key, |walker| walker.node(value, key, Around::of(*kind)));
            }
            if let Some(value) = tree.lookup(root, key) {
                self.within(key, |walker| walker.node(value, key, Around::of(*kind)));
            }
        }
        if class == Class::Kustomization {
            classify::generator_literals(self, root);
        }
        if let Some(sops) = tree.lookup(root, "sops").filter(|_| classify::is_sops(tree, root)) {
            self.within("sops", |walker| walker.node(sops, "sops", Around::surely(Role::Sealed)));
        }
        match tree.node(root).kind {
            Kind::Map => self.entries(root, "", Around::SETTING, None),
            // A document of plain words is text: a raw scan sees all that is in it, line by line as it stands.
            Kind::Scalar { plain: true, .. } if root == NodeId::ROOT && tree.node(root).tag == Tag::None => {}
            _ => self.node(root, "", Around::SETTING),
        }
    }

    /// Any node under `key`.
    pub(crate) fn node(&mut self, id: NodeId, key: &str, around: Around) {
        if self.level >= MAX_LEVEL {
            return;
        }
        self.level += 1;
        match self.tree.node(id).kind {
            Kind::Scalar { .. } => self.scalar(id, key, around),
            Kind::Seq => self.seq(id, key, around),
            Kind::Map => self.map(id, key, around),
            // An anchor's node is read where it stands, unless this place says more of it.
            Kind::Alias if around.kind != FieldKind::Setting => {
                if let Some(target) = self.tree.resolve(id).filter(|target| self.is_new(*target)) {
                    self.node(target, key, around);
                }
            }
            Kind::Alias | Kind::Cut => {}
        }
        self.level -= 1;
    }

    fn is_new(&self, id: NodeId) -> bool {
        self.seen[id.0 as usize / 64] & (1 << (id.0 % 64)) == 0
    }

    fn map(&mut self, id: NodeId, key: &str, around: Around) {
        if !self.enter(id) {
            return;
        }
        if classify::is_nested_object(self.tree, id, key) && around.role.is_none() {
            self.document(id, None);
            return;
        }
        let around =
            if classify::is_selector(self.tree, id, key) { around.role(Role::Reference) } else { around };
        self.entries(id, key, around, None);
    }

    /// The entries of a mapping; `pair` is the name that stands beside a `value`.
    fn entries(&mut self, id: NodeId, key: &str, around: Around, pair: Option<&str>) {
        self.level += 1;
        let tree = self.tree;
        for (entry, value) in tree.entries(id) {
            if tree.is_merge(entry) {
                self.merged(value, key, around);
            } else {
                let name = self.key(entry);
                let about = [&b"entry"[..], name.as_bytes(), key.as_bytes(), pair.unwrap_or("\0").as_bytes()];
                self.within(&name, |walker| {
                    walker.piece(value, about, around, |walker| {
                        walker.entry(&name, value, key, around, pair);
                    });
                });
            }
        }
        self.level -= 1;
    }

    /// What a merge key brings: written right there it belongs here; by alias it is read at its
    /// anchor, unless this place says more of it.
    fn merged(&mut self, id: NodeId, key: &str, around: Around) {
        let tree = self.tree;
        match tree.node(id).kind {
            Kind::Map if self.enter(id) => self.entries(id, key, around, None),
            Kind::Seq => {
                for item in tree.items(id) {
                    self.merged(item, key, around);
                }
            }
            Kind::Alias if around.kind != FieldKind::Setting => {
                if let Some(target) = tree.resolve(id)
                    && tree.node(target).kind == Kind::Map
                    && self.enter(target)
                {
                    self.entries(target, key, around, None);
                }
            }
            _ => {}
        }
    }

    /// One entry; the path ends with its key already.
    fn entry(&mut self, name: &str, value: NodeId, parent: &str, around: Around, pair: Option<&str>) {
        let tree = self.tree;
        let class = self.current.class;
        let at_root = self.path.len() == name.len();
        if class.has_kind() {
            if at_root && matches!(name, "apiVersion" | "kind") {
                return;
            }
            if name == "metadata" && tree.node(value).kind == Kind::Map && around.role.is_none() {
                self.metadata(value, around);
                return;
            }
        }
        if let Some(around) = classify::special(class, &self.path, name, parent, &self.current.object) {
            // Of the files of a Helm release the name beside `data` speaks.
            self.node(value, pair.unwrap_or(name), around);
            return;
        }
        if is_presence(around.kind) || around.kind == FieldKind::Annotation {
            self.node(value, name, around);
            return;
        }
        if let Some(pair) = pair {
            if classify::is_pair_name(name) {
                return;
            }
            if classify::is_pair_value(name) {
                self.node(value, pair, around);
                return;
            }
        }
        let around = if classify::is_reference_map(name) { around.role(Role::Reference) } else { around };
        let around = match classify::kind_of_key(name).filter(|_| around.kind == FieldKind::Setting) {
            Some(FieldKind::Env) if self.is_seq(value) => {
                self.env(value, name, Around { kind: FieldKind::Env, ..around });
                return;
            }
            Some(kind) => Around { kind, ..around },
            None => around,
        };
        // `password: {value: x}`: the key above says what it is.
        let speaks = if classify::is_pair_value(name) && !parent.is_empty() { parent } else { name };
        self.node(value, speaks, around);
    }

    fn is_seq(&self, id: NodeId) -> bool {
        self.tree.resolve(id).is_some_and(|id| self.tree.node(id).kind == Kind::Seq)
    }

    /// `metadata` of an object or of a template in it.
    fn metadata(&mut self, id: NodeId, around: Around) {
        let tree = self.tree;
        if !self.see(id) {
            return;
        }
        for (entry, value) in tree.entries(id) {
            let name = self.key(entry);
            match &*name {
                "name" | "namespace" | "generateName" | "uid" | "resourceVersion" | "creationTimestamp"
                | "selfLink" | "generation" | "managedFields" | "ownerReferences" | "finalizers" => {}
                "annotations" | "labels" => {
                    self.within(&name, |walker| walker.node(value, &name, Around::of(FieldKind::Annotation)));
                }
                _ => self.within(&name, |walker| walker.node(value, &name, around)),
            }
        }
    }

    fn seq(&mut self, id: NodeId, key: &str, around: Around) {
        if !self.enter(id) {
            return;
        }
        let tree = self.tree;
        let mut before = None;
        for (index, item) in tree.items(id).enumerate() {
            let flag = before.filter(|_| self.pieces.is_some()).map(|before| self.key(before));
            let flag = flag.unwrap_or_default();
            let about = [&b"item"[..], b"", key.as_bytes(), flag.as_bytes()];
            self.within_index(index, |walker| {
                walker.piece(item, about, around, |walker| match tree.node(item).kind {
                    Kind::Scalar { .. } => walker.element(item, before, key, around),
                    Kind::Map => walker.item(item, key, around),
                    _ => walker.node(item, key, around),
                });
            });
            before = Some(item);
        }
    }

    /// Walks a node, unless it is a piece that is known. `about` is all that the walk knows of it from
    /// around.
    fn piece(&mut self, id: NodeId, about: [&[u8]; 4], around: Around, walk: impl FnOnce(&mut Self)) {
        let tree = self.tree;
        let about = About { words: about, around };
        let Some((hash, known)) = self.pieces.as_mut().and_then(|pieces| pieces.look(tree, id, &about))
        else {
            return walk(self);
        };
        let range = self.tree.node(id).span();
        let range = self.tree.base + range.start..self.tree.base + range.end;
        if let Some((fields, pieces)) = known.zip(self.pieces.as_mut())
            && let Some(left) = self.left.checked_sub(fields.cost(self.path.len()))
        {
            self.left = left;
            let path = if fields.wants_path() { self.path.clone() } else { String::new() };
            pieces.known.push(KnownPiece { hash, start: range.start, path, fields });
            return;
        }
        let before = (self.current.fields.len(), self.objects.len(), self.left);
        if let Some(pieces) = &mut self.pieces {
            pieces.set_inside(true);
        }
        walk(self);
        let (fields, objects, left) = before;
        let paths = (self.current.fields.len() - fields) * self.path.len();
        let is_whole = objects == self.objects.len() && self.full.is_none();
        if let Some(pieces) = &mut self.pieces {
            pieces.set_inside(false);
            if is_whole {
                let cost = (left - self.left).saturating_sub(paths);
                pieces.note(Piece { hash, range, path_len: self.path.len(), cost });
            }
        }
    }

    /// A mapping in a list: where it is a name beside a value, the name speaks.
    fn item(&mut self, id: NodeId, key: &str, around: Around) {
        let pair = classify::pair_name(self.tree, id);
        let Some(pair) = pair else { return self.map(id, key, around) };
        let pair = self.key(pair);
        if self.enter(id) {
            self.entries(id, key, around, Some(&pair));
        }
    }

    /// A list of environment variables: `[NAME]` is the way to name one.
    fn env(&mut self, id: NodeId, key: &str, around: Around) {
        let tree = self.tree;
        let Some(id) = tree.resolve(id) else { return };
        if !self.see(id) {
            return;
        }
        let mut before = None;
        for (index, item) in tree.items(id).enumerate() {
            let variable = tree.resolve(item).filter(|item| tree.node(*item).kind == Kind::Map);
            let name = variable.and_then(|item| tree.lookup(item, "name")).map(|name| self.key(name));
            match (variable, name) {
                (Some(item), Some(name)) if !name.is_empty() => {
                    self.within_item(&name, |walker| walker.variable(item, &name, around));
                }
                _ => self.within_index(index, |walker| match tree.node(item).kind {
                    Kind::Scalar { .. } => walker.element(item, before, key, around),
                    _ => walker.node(item, key, around),
                }),
            }
            before = Some(item);
        }
    }

    /// One environment variable.
    fn variable(&mut self, id: NodeId, name: &str, around: Around) {
        let tree = self.tree;
        if !self.see(id) {
            return;
        }
        // Through merge keys too, where the mapping itself has none.
        if let Some(value) = tree.lookup(id, "value") {
            self.node(value, name, around);
        }
        for (entry, value) in tree.entries(id) {
            let key = self.key(entry);
            match &*key {
                "name" => {}
                "value" => self.node(value, name, around),
                _ => {
                    let around = if classify::is_reference_map(&key) {
                        Around::SETTING.role(Role::Reference)
                    } else {
                        Around::SETTING
                    };
                    self.within(&key, |walker| walker.node(value, &key, around));
                }
            }
        }
    }

    /// A scalar in a list: `--flag=value`, `NAME=value`, or the value of the flag before it.
    fn element(&mut self, id: NodeId, before: Option<NodeId>, key: &str, around: Around) {
        if !matches!(around.kind, FieldKind::Arg | FieldKind::Command | FieldKind::Env | FieldKind::Setting) {
            return self.scalar(id, key, around);
        }
        let Some(text) = self.tree.text(id) else { return };
        // `PGPASSWORD=x psql …` is a line for a shell, not a value with blanks in it.
        let shell = matches!(around.kind, FieldKind::Arg | FieldKind::Command)
            && !text.bytes().starts_with(b"-")
            && text.bytes().trim_ascii_end().contains(&b' ');
        if let Some((name, start)) = classify::assignment(text.bytes()).filter(|_| !shell) {
            let name = String::from_utf8_lossy(&text.bytes()[name]).into_owned();
            let end = text.bytes().len();
            if self.see(id) {
                self.part(id, &text, start..end, &name, around);
            }
            return;
        }
        let flag = before.map(|before| self.key(before)).filter(|flag| classify::is_flag(flag));
        match flag {
            Some(flag) if !text.bytes().starts_with(b"-") => self.scalar(id, &flag, around),
            _ => self.scalar(id, key, around),
        }
    }

    /// `key=value` of a generator; quotes around the value are kustomize's, not the value's.
    pub(crate) fn literal(&mut self, id: NodeId, kind: FieldKind) {
        let Some(text) = self.tree.text(id) else { return };
        let bytes = text.bytes();
        let Some(equals) = memchr::memchr(b'=', bytes) else { return };
        let key = String::from_utf8_lossy(&bytes[..equals.min(MAX_KEY)]).into_owned();
        let range = match &bytes[equals + 1..] {
            [open @ (b'"' | b'\''), .., close] if open == close => equals + 2..bytes.len() - 1,
            _ => equals + 1..bytes.len(),
        };
        if self.see(id) {
            self.part(id, &text, range, &key, Around::of(kind));
        }
    }

    fn scalar(&mut self, id: NodeId, key: &str, around: Around) {
        let node = self.tree.node(id);
        if node.anchored && around.kind == FieldKind::Setting {
            if self.is_new(id) && self.spend(self.path.len() + key.len(), node.start as usize) {
                self.current.waiting.push((id, self.path.clone(), key.to_owned(), around));
            }
            return;
        }
        self.hand_out(id, key, around);
    }

    /// Makes a field of a scalar, once.
    fn hand_out(&mut self, id: NodeId, key: &str, around: Around) {
        let short = if is_presence(around.kind) { 1 } else { MIN_LEN };
        let in_list = self.path.ends_with(']');
        if self.tree.node(id).span().len() < short
            || !self.see(id)
            || self.tree.is_constant(id)
            || (around.kind == FieldKind::Setting && self.tree.is_measure(id, in_list))
        {
            return;
        }
        let Some(text) = self.tree.text(id) else { return };
        let all = 0..text.bytes().len();
        match Self::narrowed(&text, all, around) {
            Some((range, around)) => self.part(id, &text, range, key, around),
            None if text.bytes().len() < short => {}
            None => {
                let (kind, role) = self.judge(self.tree.node(id).tag, key, text.bytes(), around);
                self.push(key, text.whole(), kind, role);
            }
        }
    }

    /// Where a value is a reference or a template with a literal default, that default, and what is
    /// known of it.
    fn narrowed(text: &Text<'_>, range: Range<usize>, around: Around) -> Option<(Range<usize>, Around)> {
        let value = text.bytes().get(range.clone())?;
        let settings = matches!(around.kind, FieldKind::Env | FieldKind::Setting | FieldKind::Arg);
        let default = match role::template_default_of(value) {
            Some(default) => default,
            None => role::default_of(value).filter(|_| settings)?,
        };
        let kind = match around.kind {
            // The template encodes what stands in it in plain form.
            FieldKind::SecretData if memchr::memmem::find(value, b"b64enc").is_some() => {
                FieldKind::SecretString
            }
            kind => kind,
        };
        Some((range.start + default.start..range.start + default.end, Around { kind, ..around }))
    }

    /// Makes a field of a part of a scalar.
    fn part(&mut self, id: NodeId, text: &Text<'_>, range: Range<usize>, key: &str, around: Around) {
        let (range, around) = Self::narrowed(text, range.clone(), around).unwrap_or((range, around));
        let value = text.bytes().get(range.clone()).unwrap_or_default();
        if value.len() < if is_presence(around.kind) { 1 } else { MIN_LEN } {
            return;
        }
        let (kind, role) = self.judge(self.tree.node(id).tag, key, value, around);
        self.push(key, text.part(range), kind, role);
    }

    fn push(
        &mut self,
        key: &str,
        (value, map, span): (SecretBytes, SpanMap, Range<usize>),
        kind: FieldKind,
        role: Role,
    ) {
        if !self.spend(self.path.len() + key.len() + value.len(), span.start) {
            return;
        }
        let (path, key) = (self.path.clone(), key.to_owned());
        self.current.fields.push(Field { path, key, value, map, span, role, kind });
    }

    /// Takes a field's bytes from what may still be handed out.
    fn spend(&mut self, bytes: usize, at: usize) -> bool {
        let cost = bytes + size_of::<Field>();
        if cost > self.left {
            self.full.get_or_insert(at);
            return false;
        }
        self.left -= cost;
        true
    }

    /// Kind and role of a value.
    fn judge(&self, tag: Tag, key: &str, value: &[u8], around: Around) -> (FieldKind, Role) {
        let Around { mut kind, role, .. } = around;
        if kind == FieldKind::Annotation && key == "kubectl.kubernetes.io/last-applied-configuration" {
            return (FieldKind::Document, Role::Value);
        }
        if kind == FieldKind::Setting && classify::is_document(key, value) {
            kind = FieldKind::Document;
        }
        let one_line = !value.trim_ascii().contains(&b'\n');
        let secret = matches!(kind, FieldKind::SecretData | FieldKind::SecretString);
        let role = match (tag, role) {
            (_, Some(role)) if around.sure => role,
            (Tag::Sealed, _) => Role::Sealed,
            (Tag::Reference, _) => Role::Reference,
            (_, Some(Role::Reference))
                if one_line && (role::is_name_like(value.trim_ascii()) || is_angle_bracketed(value)) =>
            {
                Role::Reference
            }
            _ if !role::may_be_safe(value) => Self::by_key(kind, key, value),
            _ if role::is_sealed(value) => Role::Sealed,
            // A document is examined line by line; a line in it may be a template, another a value.
            _ if !one_line && !secret && kind != FieldKind::Annotation => Role::Value,
            _ if role::is_template(value) => Role::Template,
            _ if role::is_reference_value(value) => Role::Reference,
            _ if self.current.angle_brackets && is_angle_bracketed(value) => Role::Reference,
            _ => Self::by_key(kind, key, value),
        };
        (kind, role)
    }

    /// The role of a value that has no safe form of its own. What stands in a Secret is a value
    /// unless it is a path beyond doubt.
    fn by_key(kind: FieldKind, key: &str, value: &[u8]) -> Role {
        let by_key = match kind {
            FieldKind::SecretData | FieldKind::ConfigBinary => false,
            FieldKind::SecretString => value.contains(&b'/') && role::is_reference_key(key, value),
            FieldKind::Annotation if is_injector(key) => !value.trim_ascii().contains(&b'\n'),
            // `nginx.ingress.kubernetes.io/auth-secret: shop/users` names a Secret.
            FieldKind::Annotation if key.ends_with("secret") => role::is_object_name(value),
            _ => role::is_reference_key(key, value),
        };
        if by_key { Role::Reference } else { Role::Value }
    }
}

/// Kinds of which a value of any length is handed out.
fn is_presence(kind: FieldKind) -> bool {
    matches!(
        kind,
        FieldKind::SecretData | FieldKind::SecretString | FieldKind::ConfigData | FieldKind::ConfigBinary
    )
}

/// Annotations that tell an injector where to fetch what: Vault's agent injector
/// (`vault.hashicorp.com/agent-inject-secret-x: secret/data/x`), bank-vaults, conjur.
fn is_injector(key: &str) -> bool {
    [
        "vault.hashicorp.com/",
        "openbao.org/",
        "vault.security.banzaicloud.io/",
        "secrets-webhook.security.bank-vaults.io/",
    ]
    .iter()
    .any(|prefix| key.starts_with(prefix))
}

/// `<password>`, `<password | base64encode>`.
fn is_angle_bracketed(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    value.len() > 2 && value.starts_with(b"<") && value.ends_with(b">") && !value[1..].contains(&b'<')
}
