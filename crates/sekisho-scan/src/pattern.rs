//! [`PatternDetect`]: a detector that is a regular expression.
//!
//! The pattern is compiled on its first hit and never at start-up: a process that scans one small
//! file pays for the two patterns whose keywords stand in it. Its reach is computed from the
//! pattern itself, which therefore must have a maximum length.

use std::ops::Range;
use std::sync::OnceLock;

use regex_automata::meta::Regex;
use regex_automata::util::captures::Captures;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Hir, Look};

use crate::detect::{Detect, Edges, Found, Reach};

/// The capture group that holds the value; without it group 1, without that the whole match.
const VALUE_GROUP: &str = "secret";

/// Why a pattern cannot be a detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// Not a regular expression with Unicode off.
    #[error("the pattern does not parse with unicode off")]
    Syntax,
    /// Something repeats without a limit.
    #[error("the pattern has no maximum length")]
    Unbounded,
    /// It parses, but its automaton is too large.
    #[error("the pattern does not compile within the size limit")]
    Compile,
    /// It can match the empty text.
    #[error("the pattern matches the empty text")]
    Empty,
    /// There are no keywords.
    #[error("the detector has no keywords")]
    NoKeywords,
    /// The reach that was given differs from the one that the pattern and the keywords have.
    #[error("the reach in the table is not that of the pattern")]
    Stale,
}

/// A detector that is a regular expression over bytes, Unicode off, of bounded length.
///
/// At each keyword the leftmost match that contains the keyword is taken.
pub struct PatternDetect {
    pattern: &'static str,
    keywords: &'static [&'static str],
    reach: Reach,
    compiled: OnceLock<Option<Compiled>>,
}

struct Compiled {
    regex: Regex,
    value_group: usize,
}

impl PatternDetect {
    /// A detector whose reach is measured now; parses the pattern, does not compile it.
    pub fn new(pattern: &'static str, keywords: &'static [&'static str]) -> Result<Self, PatternError> {
        let reach = Self::measure(pattern, keywords)?;
        Ok(Self::measured(pattern, keywords, reach))
    }

    /// A detector whose reach was [measured](Self::measure) before, as in a generated table: costs
    /// nothing until its first hit. [`check`](Self::check) finds a stale reach.
    pub const fn measured(pattern: &'static str, keywords: &'static [&'static str], reach: Reach) -> Self {
        Self { pattern, keywords, reach, compiled: OnceLock::new() }
    }

    /// The same with at least this many bytes of context around each keyword in its reach, and so
    /// in the support of its candidates.
    #[must_use]
    pub const fn with_context(mut self, context: Reach) -> Self {
        self.reach = self.reach.union(context);
        self
    }

    /// The reach of a pattern around its keywords.
    pub fn measure(pattern: &str, keywords: &[&str]) -> Result<Reach, PatternError> {
        let hir = parse(pattern)?;
        let longest = hir.properties().maximum_len().ok_or(PatternError::Unbounded)?;
        if hir.properties().minimum_len() == Some(0) {
            return Err(PatternError::Empty);
        }
        let shortest_keyword = keywords.iter().map(|k| k.len()).min().ok_or(PatternError::NoKeywords)?;
        let context = look_context(&hir);
        Ok(Reach { before: longest.saturating_sub(shortest_keyword) + context, after: longest + context })
    }

    /// Whether the pattern parses, is bounded, compiles, and has (at least) the reach that was given.
    pub fn check(&self) -> Result<(), PatternError> {
        let measured = Self::measure(self.pattern, self.keywords)?;
        if measured.union(self.reach) != self.reach {
            return Err(PatternError::Stale);
        }
        compile(self.pattern).map(|_| ())
    }
}

impl Detect for PatternDetect {
    fn keywords(&self) -> &[&'static str] {
        self.keywords
    }

    fn reach(&self) -> Reach {
        self.reach
    }

    fn find(&self, text: &[u8], hit: Range<usize>, edges: Edges, out: &mut Vec<Found>) {
        let Some(compiled) = self.compiled.get_or_init(|| compile(self.pattern).ok()) else { return };
        // The outermost byte on each side is context for `\b`, `^` and `$`, unless nothing follows.
        let start = usize::from(!edges.at_start);
        let end = text.len() - usize::from(!edges.at_end && !text.is_empty());
        let mut captures: Captures = compiled.regex.create_captures();
        let mut at = start;
        while at <= hit.start && at <= end {
            let input = Input::new(text).range(at..end).anchored(Anchored::No);
            compiled.regex.search_captures(&input, &mut captures);
            let Some(whole) = captures.get_group(0).map(|span| span.range()) else { return };
            if whole.start > hit.start {
                return;
            }
            if whole.end >= hit.end {
                let value =
                    captures.get_group(compiled.value_group).map_or(whole.clone(), |span| span.range());
                out.push(Found { whole, value });
                return;
            }
            at = if whole.end <= hit.start { whole.end } else { whole.start + 1 };
        }
    }
}

/// Unicode off, as all patterns of the house.
fn syntax_config() -> syntax::Config {
    syntax::Config::new().unicode(false).utf8(false)
}

fn parse(pattern: &str) -> Result<Hir, PatternError> {
    syntax::parse_with(pattern, &syntax_config()).map_err(|_| PatternError::Syntax)
}

fn compile(pattern: &str) -> Result<Compiled, PatternError> {
    let hir = parse(pattern)?;
    let regex = Regex::builder()
        .configure(Regex::config().utf8_empty(false).nfa_size_limit(Some(4 << 20)))
        .build_from_hir(&hir)
        .map_err(|_| PatternError::Compile)?;
    let groups = regex.group_info();
    let named = groups.to_index(regex_automata::PatternID::ZERO, VALUE_GROUP);
    let value_group = named.unwrap_or(usize::from(groups.group_len(regex_automata::PatternID::ZERO) > 1));
    Ok(Compiled { regex, value_group })
}

/// One byte, when the pattern looks around itself: all looks with Unicode off read one byte.
fn look_context(hir: &Hir) -> usize {
    let looks = hir.properties().look_set();
    usize::from(looks.iter().any(|look| !matches!(look, Look::Start | Look::End)) || !looks.is_empty())
}
