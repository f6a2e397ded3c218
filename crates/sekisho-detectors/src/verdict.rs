//! [`judge`]: from a candidate to a decision.
//!
//! A detector says where; the verdict says whether. It weighs the value with what stands around it
//! and with the kind of file, and gives its reason. Three kinds of detector ask for three kinds of
//! judgement: a *format* proves itself, so only examples and dummies are set apart; a value known
//! by its *surroundings* must not be a placeholder, a reference or redacted; an *assignment* has
//! nothing but its name to speak for it, so name, syntax, value and file must agree.
//!
//! The verdict is a function of the candidate's support and the path's kind. It must never read
//! beyond, or a scan of a part would not give what a scan of the whole gives.

mod assigned;

use std::ops::Range;

use sekisho_model::{Confidence, Severity};
use sekisho_scan::Candidate;

use crate::canonical::canonical_form;
use crate::detector::{Detector, Evidence, Form};
use crate::known::{Known, known};
use crate::path_kind::{FileForm, PathKind, Setting};
use crate::placeholder;
use crate::reason::Reason;
use crate::value::{self, Traits};
use crate::weigh::{Strength, is_default, is_pattern, strength};
use crate::words::{List, contains};

/// What a verdict may look at: a candidate's support and the kind of file it is in.
#[derive(Clone)]
pub struct Context<'a> {
    /// The candidate's support, and nothing beyond it.
    pub text: &'a [u8],
    /// What was recognised, in `text`.
    pub whole: Range<usize>,
    /// The value, in `text`.
    pub value: Range<usize>,
    /// The kind of file.
    pub path: PathKind,
}

impl<'a> Context<'a> {
    /// The context of a candidate that the engine found in `bytes`.
    pub fn of(bytes: &'a [u8], candidate: &Candidate, path: PathKind) -> Self {
        let start = candidate.support.start.min(candidate.whole.start);
        let end = candidate.support.end.max(candidate.whole.end).min(bytes.len());
        let shift = |range: &Range<usize>| range.start - start..range.end - start;
        Self {
            text: &bytes[start..end],
            whole: shift(&candidate.whole),
            value: shift(&candidate.value),
            path,
        }
    }

    pub(crate) fn value(&self) -> &'a [u8] {
        &self.text[self.value.clone()]
    }
}

/// The decision on a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A credential.
    Report {
        /// How bad.
        severity: Severity,
        /// How sure.
        confidence: Confidence,
    },
    /// Worth telling as information: a documentation example, a placeholder.
    Info(Reason),
    /// Nothing.
    Reject(Reason),
}

/// A credential by its form that opens next to nothing.
const FAINT: Verdict = Verdict::Report { severity: Severity::Low, confidence: Confidence::Low };

/// Decides on a candidate of `detector`.
pub fn judge(detector: &Detector, context: &Context<'_>) -> Verdict {
    match judge_unknown(detector, context) {
        // The password that RFC 7617 shows is two words.
        Verdict::Reject(Reason::Prose)
            if context.value.len() < 16 && known(context.value()) == Some(Known::Shown) =>
        {
            FAINT
        }
        Verdict::Reject(reason) => Verdict::Reject(reason),
        verdict => match known(context.value()) {
            Some(Known::Public) => Verdict::Info(Reason::DocumentationExample),
            Some(Known::Shown) => FAINT,
            None => verdict,
        },
    }
}

/// The same for a value that nobody has published.
fn judge_unknown(detector: &Detector, context: &Context<'_>) -> Verdict {
    let value = context.value();
    if value.is_empty() {
        return Verdict::Reject(Reason::Empty);
    }
    if detector.checksum.is_some_and(|sum| !sum.holds(value)) {
        // A well-known way to write an example is to break its checksum.
        return match detector.checksum {
            Some(sum) if sum.mends() => FAINT,
            _ => Verdict::Reject(Reason::Checksum),
        };
    }
    if detector.min_entropy > 0 && value::entropy(value) < detector.min_entropy {
        return Verdict::Reject(Reason::LowEntropy);
    }
    if detector.form == Form::Basic
        && let Some(verdict) = not_a_login(detector, value)
    {
        return verdict;
    }
    if holds_words(detector, value) {
        return FAINT;
    }
    match detector.evidence {
        Evidence::Format => judge_format(detector, value, context.path),
        Evidence::Surroundings => judge_surroundings(detector, context),
        Evidence::Assignment => assigned::judge_assignment(detector, context),
    }
}

/// Why what should be base64 of `user:password` is none.
fn not_a_login(detector: &Detector, value: &[u8]) -> Option<Verdict> {
    let Some(password) = canonical_form(detector, value) else {
        return Some(Verdict::Reject(Reason::NotDecodable));
    };
    if !password.bytes.iter().all(|b| (b' '..=b'~').contains(b) || *b >= 0x80) {
        return Some(Verdict::Reject(Reason::NotDecodable));
    }
    if known(&password.bytes) == Some(Known::Shown) {
        return Some(FAINT);
    }
    no_literal(&password.bytes)
}

/// Whether what should be drawn at random, and is written in base32 or base64, is a text: `TestSecret…`.
fn holds_words(detector: &Detector, value: &[u8]) -> bool {
    let upper = value.to_ascii_uppercase();
    let bytes = match detector.id.split('/').next() {
        Some("otp") => data_encoding::BASE32_NOPAD.decode(&upper).ok(),
        Some("jwk") => data_encoding::BASE64URL_NOPAD.decode(value).ok(),
        _ => None,
    };
    bytes.is_some_and(|bytes| bytes.len() >= 8 && bytes.iter().all(|b| (b' '..=b'~').contains(b)))
}

fn judge_format(detector: &Detector, value: &[u8], path: PathKind) -> Verdict {
    if matches!(detector.form, Form::Plain | Form::Jwt) && detector.checksum.is_none() {
        if contains(value, b"example") {
            return Verdict::Info(Reason::DocumentationExample);
        }
        // Random text of 62 symbols has a run of nine neighbours once in 10^13 places.
        if value::has_sequence(value, 9) || value::has_repeat(value, 7) || placeholder::is_redacted(value) {
            return Verdict::Info(Reason::Dummy);
        }
    }
    let mut severity = detector.severity;
    let mut confidence = detector.confidence;
    if detector.form == Form::Pem && is_cut_or_filled(value) {
        return Verdict::Info(Reason::Dummy);
    }
    // A key made for a test opens nothing, as a rule; one with a right checksum was issued.
    if path.setting == Setting::Test && detector.checksum.is_none() {
        severity = lower(severity);
        confidence = Confidence::Medium.min(confidence);
    }
    Verdict::Report { severity, confidence }
}

/// Whether the body of a PEM block has its middle cut out (`...`), or is one word over and over.
fn is_cut_or_filled(block: &[u8]) -> bool {
    let start = memchr::memmem::find(block, b"KEY").map_or(0, |at| at + 3);
    let end = memchr::memmem::rfind(block, b"-----END ").unwrap_or(block.len()).max(start);
    let body = &block[start..end];
    contains(body, b"...") || Traits::of(body).distinct < 20
}

fn judge_surroundings(detector: &Detector, context: &Context<'_>) -> Verdict {
    let (value, path) = (context.value(), context.path);
    // What a script says is what is used.
    if path.form == FileForm::Script && path.setting != Setting::Sample && SAID.has(value) {
        return FAINT;
    }
    if let Some(verdict) = no_literal(value) {
        return verdict;
    }
    if value::is_sequential(value) || placeholder::is_repetitive(value) {
        return Verdict::Info(Reason::Dummy);
    }
    // `https://token@host`: what is no user's name, and not the public key that Sentry's clients are given.
    let alone = detector.form == Form::Url && context.text[..context.value.start].ends_with(b"/");
    if alone && (strength(value) != Strength::Random || value.iter().all(u8::is_ascii_hexdigit)) {
        return Verdict::Reject(Reason::Identifier);
    }
    if matches!(path.form, FileForm::Lockfile) {
        return Verdict::Reject(Reason::LockfileIntegrity);
    }
    // What asks for entropy is made by machines: names and words are something else.
    if detector.min_entropy > 0
        && (value::is_identifier(value) || value::is_wordy(value) || value::is_plain_url(value))
    {
        return Verdict::Reject(Reason::Identifier);
    }
    if is_joined(value) || (path.form.is_program() && is_pattern(value)) {
        return Verdict::Reject(Reason::Expression);
    }
    let settings = matches!(path.form, FileForm::Config | FileForm::Env | FileForm::Script | FileForm::Data);
    let written = value.iter().any(u8::is_ascii_alphanumeric);
    // In other alphabets manuals write `-p <word for password>`.
    if Traits::of(value).foreign > 0 && !(settings && written) {
        return Verdict::Reject(Reason::Prose);
    }
    let digest = detector.form == Form::Plain && value.starts_with(b"md5");
    if value::is_hash(value) && (digest || path.form.is_program() || path.setting == Setting::Test) {
        return Verdict::Reject(Reason::Hash);
    }
    // `user:password` is how everybody writes that there is one.
    let login = context.text[context.whole.start..context.value.start].strip_suffix(b":");
    if login.is_some_and(names_a_user) && placeholder::names_itself(value) {
        return Verdict::Info(Reason::Placeholder);
    }
    if value::is_type_or_keyword(value) || PASS_WORDS.has(value) {
        // `user:password@` is how manuals write it, and how some people set it.
        return if settings && path.setting == Setting::Ordinary {
            Verdict::Report { severity: lower(detector.severity), confidence: Confidence::Low }
        } else if path.form.is_program()
            && detector.form == Form::Url
            && is_default(value)
            && local_host(&context.text[context.value.end..])
        {
            FAINT
        } else {
            Verdict::Info(Reason::Placeholder)
        };
    }
    // `postgres://POSTGRES_USER:POSTGRES_PASSWORD@…`: names of what is put there.
    let constant = value.contains(&b'_') && value.iter().all(|b| b.is_ascii_uppercase() || *b == b'_');
    if detector.form == Form::Url && constant {
        return Verdict::Info(Reason::Placeholder);
    }
    let source = context.text[context.value.end..].starts_with(b"@tcp(");
    if (detector.form == Form::Url || source)
        && (path.form.is_program() || path.form == FileForm::Documentation)
        && canonical_form(detector, value).is_some_and(|password| placeholder::names_itself(&password.bytes))
    {
        // What runs beside the program is set up as the program says.
        let own = path.form.is_program() && local_host(&context.text[context.value.end..]);
        return if own { FAINT } else { Verdict::Info(Reason::Placeholder) };
    }
    if detector.form == Form::Url && !settings && example_host(&context.text[context.value.end..]) {
        // What was drawn at random may have been copied from elsewhere.
        return match strength(value) {
            Strength::Random => FAINT,
            _ => Verdict::Info(Reason::DocumentationExample),
        };
    }
    let comment = path.form.is_program() && is_comment(context.text, context.whole.start);
    if comment && value::is_wordy(value) && detector.form == Form::Plain {
        return Verdict::Reject(Reason::Prose);
    }
    let quiet = comment || path.setting != Setting::Ordinary || path.form == FileForm::Documentation;
    // `root:root@`, `-p mypass`: in use perhaps, and no secret to anybody.
    let common = placeholder::names_itself(value)
        || placeholder::is_tried(value)
        || (detector.form == Form::Url && is_no_secret(context, path));
    Verdict::Report {
        severity: if quiet || common { lower(detector.severity) } else { detector.severity },
        confidence: if quiet || common { Confidence::Low } else { detector.confidence },
    }
}

/// Whether the password of an address is its user, or in a program a word.
fn is_no_secret(context: &Context<'_>, path: PathKind) -> bool {
    let value = context.value();
    let user = context.text[context.whole.start..context.value.start].strip_suffix(b":").unwrap_or_default();
    let same = user.strip_suffix(value).is_some_and(|head| head.ends_with(b"/"));
    same || (path.form.is_program() && strength(value) == Strength::Weak)
}

/// Whether a text ends in a word that stands for any user: `-u user`, `mysql://username`.
fn names_a_user(text: &[u8]) -> bool {
    static ANYBODY: List =
        List::new(" user username usr myuser my_user my-user your_user youruser user1 login name ");
    let word =
        text.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
    ANYBODY.has(&text[text.len() - word..])
}

/// Whether what stands between two quotes is a program between two texts: `' + password + '`.
fn is_joined(value: &[u8]) -> bool {
    let inner = value.trim_ascii();
    let inner = inner.strip_prefix(b"`").and_then(|inner| inner.strip_suffix(b"`")).unwrap_or(inner);
    let inner = inner.trim_ascii();
    match inner {
        [b'+', .., b'+'] | [b'.', .., b'.'] | [b'&', .., b'&'] => inner.contains(&b' '),
        [b'|', b'|', .., b'|', b'|'] => true,
        _ => false,
    }
}

/// Whether the host behind a password is the machine itself, where the software's own default is in use.
fn local_host(behind: &[u8]) -> bool {
    let host = behind.strip_prefix(b"@").unwrap_or(behind);
    [&b"localhost"[..], b"127.0.0.1", b"0.0.0.0", b"[::1]"].iter().any(|own| host.starts_with(own))
}

/// Whether the host behind a password is one that RFC 2606 keeps for examples.
fn example_host(behind: &[u8]) -> bool {
    let host = behind.strip_prefix(b"@").unwrap_or(behind);
    let end = host.iter().take(80).position(|b| !(b.is_ascii_alphanumeric() || b"-._".contains(b)));
    let host = host[..end.unwrap_or(host.len().min(80))].to_ascii_lowercase();
    RESERVED_HOSTS.ends(&host) || matches!(&host[..], b"host" | b"hostname" | b"example" | b"server")
}

/// What is no literal value at all, or one that waits to be replaced.
pub(crate) fn no_literal(value: &[u8]) -> Option<Verdict> {
    if placeholder::is_redacted(value) {
        return Some(Verdict::Reject(Reason::Redacted));
    }
    if placeholder::is_reference(value) {
        return Some(Verdict::Reject(Reason::Reference));
    }
    if placeholder::is_sealed(value) {
        return Some(Verdict::Reject(Reason::Sealed));
    }
    if placeholder::is_null(value) || placeholder::is_boolean(value) {
        return Some(Verdict::Reject(Reason::NoValue));
    }
    placeholder::is_placeholder(value).then(|| {
        let example = contains(value, b"example");
        Verdict::Info(if example { Reason::DocumentationExample } else { Reason::Placeholder })
    })
}

fn lower(severity: Severity) -> Severity {
    match severity {
        Severity::Critical | Severity::High => Severity::Medium,
        _ => Severity::Low,
    }
}

/// Whether the line is a comment, as far as the support shows.
fn is_comment(text: &[u8], name: usize) -> bool {
    let line = text[..name].iter().rposition(|b| *b == b'\n').map_or(&text[..name], |at| &text[at + 1..name]);
    let line = line.trim_ascii_start();
    [&b"#"[..], b"//", b";", b"--", b"*", b"/*", b"<!--", b"REM "].iter().any(|mark| line.starts_with(mark))
        && !line.starts_with(b"#define")
        && !line.starts_with(b"--password")
}

/// Whether a password is a word for one, or what is tried first.
pub fn is_common(value: &[u8]) -> bool {
    value::is_type_or_keyword(value) || placeholder::is_tried(value) || placeholder::names_itself(value)
}

/// What stands where a password would in lists of arguments.
static PASS_WORDS: List = List::new(" pass pwd pw wrong_pass ");

/// Hosts that RFC 2606 reserves for documentation and tests.
static RESERVED_HOSTS: List = List::new(" example.com example.org example.net .example .test .invalid ");

/// Placeholders that scripts hand to the commands that they run.
static SAID: List = List::new(" changeme changeit foobar ");
