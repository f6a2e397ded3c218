//! [`View`]: a report as people look at it, computed once for the formats that need it.
//!
//! A report holds a finding for nearly every copy; shown beside the copies they would say
//! everything twice. A view joins each copy with its finding, and keeps as findings of their own
//! only those that say something of an object or a setting.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use sekisho_model::report::Report;
use sekisho_model::{Copy, Credential, Finding, LocationId, ObjectRef, Place, Root, Severity, Step, Verdict};

use crate::next_step::{is_local, next_step};

/// See the module.
#[derive(Default)]
pub(crate) struct View<'a> {
    /// Credentials to act on, worst first.
    pub(crate) open: Vec<Item<'a>>,
    /// Credentials whose copies git ignores and never had.
    pub(crate) local: Vec<Item<'a>>,
    /// Credentials that are none, such as placeholders.
    pub(crate) info: Vec<Item<'a>>,
    /// Failed findings that repeat no copy, worst first, alike ones together.
    pub(crate) findings: Vec<Group<'a>>,
    /// Findings that could not be assessed.
    pub(crate) not_assessed: Vec<&'a Finding>,
    /// Of each copy the first finding at its place, if there is one.
    by_copy: BTreeMap<&'a Place, Option<&'a Finding>>,
    by_object: BTreeMap<(&'a Root, &'a [Step], &'a ObjectRef), &'a Finding>,
}

/// A credential and what to do about it.
pub(crate) struct Item<'a> {
    /// The credential.
    pub(crate) credential: &'a Credential,
    /// What to do next; not escaped.
    pub(crate) next: Cow<'a, str>,
}

/// Findings of one check with one severity and one way out.
pub(crate) struct Group<'a> {
    /// Never empty.
    pub(crate) findings: Vec<&'a Finding>,
}

impl<'a> Group<'a> {
    /// The first, which stands for all.
    pub(crate) fn first(&self) -> &'a Finding {
        self.findings[0]
    }

    /// The reason, where all give the same.
    pub(crate) fn reason(&self) -> Option<&'a str> {
        let reason = self.first().reason.as_str();
        self.findings.iter().all(|finding| finding.reason == reason).then_some(reason)
    }
}

impl<'a> View<'a> {
    /// Looks at a report.
    pub(crate) fn new(report: &'a Report) -> Self {
        let copies = report.credentials.iter().flat_map(|credential| &credential.copies);
        let mut by_copy: BTreeMap<&Place, Option<&Finding>> =
            copies.map(|copy| (&*copy.place, None)).collect();
        let known: BTreeSet<_> = report.credentials.iter().filter_map(|c| c.fingerprint).collect();
        let mut groups: BTreeMap<(Reverse<Severity>, &str, &str), Vec<&Finding>> = BTreeMap::new();
        let mut view = Self::default();
        for finding in &report.findings {
            match finding.verdict {
                Verdict::Pass => continue,
                Verdict::NotAssessed => {
                    view.not_assessed.push(finding);
                    continue;
                }
                Verdict::Fail => {}
            }
            let beside = by_copy.get_mut(&*finding.place).map(|beside| beside.get_or_insert(finding));
            let repeats = beside.is_some() || finding.credential.is_some_and(|c| known.contains(&c));
            if repeats {
                continue;
            }
            groups
                .entry((Reverse(finding.severity), &finding.check, &finding.fix))
                .or_default()
                .push(finding);
        }
        view.findings = groups.into_values().map(|findings| Group { findings }).collect();
        for finding in view.findings.iter().flat_map(|group| &group.findings) {
            if let Some(object) = &finding.place.object {
                let Place { root, inside, .. } = &*finding.place;
                view.by_object.entry((root, inside, object)).or_insert(finding);
            }
        }
        view.by_copy = by_copy;
        for credential in &report.credentials {
            // A value that lies elsewhere as well is not done with when it leaves the index.
            let worst = credential
                .copies
                .iter()
                .max_by_key(|copy| (copy.severity, !copy.place.is_staged(), Reverse(&copy.place)));
            let finding = worst.and_then(|copy| view.finding_of(copy));
            let item = Item { credential, next: next_step(credential, finding) };
            match credential.severity {
                Severity::Info => view.info.push(item),
                _ if is_local(credential) => view.local.push(item),
                _ => view.open.push(item),
            }
        }
        view
    }

    /// The finding that goes with a copy: the one at its place, else that of its object.
    pub(crate) fn finding_of(&self, copy: &Copy) -> Option<&'a Finding> {
        let at = self.by_copy.get(&*copy.place).copied().flatten();
        at.or_else(|| {
            let Place { root, inside, object, .. } = &*copy.place;
            let object = object.as_deref()?;
            // The object may lie further out than the copy, which can be decoded from its field.
            let outwards = (0..=inside.len()).rev();
            outwards
                .map(|n| (&**root, &inside[..n], object))
                .find_map(|key| self.by_object.get(&key).copied())
        })
    }
}

/// What formats for programs list one by one.
#[derive(Clone, Copy)]
pub(crate) enum Subject<'a> {
    /// A copy of a credential.
    Copy(&'a Item<'a>, &'a Copy),
    /// A finding that repeats no copy.
    Finding(&'a Finding),
}

impl View<'_> {
    /// All copies and findings, worst first.
    pub(crate) fn subjects(&self) -> Vec<Subject<'_>> {
        let items = self.open.iter().chain(&self.local).chain(&self.info);
        let copies =
            items.flat_map(|item| item.credential.copies.iter().map(move |c| Subject::Copy(item, c)));
        let findings =
            self.findings.iter().flat_map(|group| group.findings.iter().map(|f| Subject::Finding(f)));
        let mut all: Vec<Subject<'_>> = copies.chain(findings).collect();
        all.sort_by_key(|subject| Reverse(subject.severity()));
        all
    }
}

impl<'a> Subject<'a> {
    /// How bad.
    pub(crate) fn severity(self) -> Severity {
        match self {
            Self::Copy(_, copy) => copy.severity,
            Self::Finding(finding) => finding.severity,
        }
    }

    /// Id of the detector or check.
    pub(crate) fn rule(self) -> &'a str {
        match self {
            Self::Copy(_, copy) => &copy.detector,
            Self::Finding(finding) => &finding.check,
        }
    }

    /// What the report calls it: the credential, where the copy's own detector named it, else the rule.
    pub(crate) fn title(self) -> &'a str {
        match self {
            Self::Copy(Item { credential, .. }, copy)
                if credential.detector == copy.detector && !credential.title.is_empty() =>
            {
                &credential.title
            }
            _ => self.rule(),
        }
    }

    /// Where.
    pub(crate) fn place(self) -> &'a Place {
        match self {
            Self::Copy(_, copy) => &copy.place,
            Self::Finding(finding) => &finding.place,
        }
    }

    /// The identity of where.
    pub(crate) fn location_id(self) -> &'a LocationId {
        match self {
            Self::Copy(_, copy) => &copy.location_id,
            Self::Finding(finding) => &finding.location_id,
        }
    }

    /// What a check says of it.
    pub(crate) fn finding(self, view: &View<'a>) -> Option<&'a Finding> {
        match self {
            Self::Copy(_, copy) => view.finding_of(copy),
            Self::Finding(finding) => Some(finding),
        }
    }

    /// The other copies of the credential that are listed.
    pub(crate) fn others(self) -> impl Iterator<Item = &'a Copy> {
        let (all, this) = match self {
            Self::Copy(item, copy) => (item.credential.copies.as_slice(), Some(copy)),
            Self::Finding(_) => (&[][..], None),
        };
        all.iter().filter(move |other| this.is_none_or(|this| !std::ptr::eq(*other, this)))
    }

    /// How many other copies there are.
    pub(crate) fn others_total(self) -> u64 {
        match self {
            Self::Copy(item, _) => item.credential.copies_total.saturating_sub(1),
            Self::Finding(_) => 0,
        }
    }
}
