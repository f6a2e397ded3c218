//! The verdict on an assignment: name, syntax, value and file must agree.
//!
//! First what the text around says that it is (no literal, a sentence, a piece of a program), then what
//! the value is beside its name, then how much the two weigh together, and last how bad it is in a file
//! of this kind.

use std::ops::Range;

use sekisho_model::{Confidence, Severity};
use sekisho_scan::Edges;

use super::{Context, FAINT, Verdict, is_comment, is_common, lower, no_literal};
use crate::assignment::{self, Assignment, Separator};
use crate::detector::Detector;
use crate::key::{KeyClass, Noun, read_key, read_name};
use crate::path_kind::{FileForm, PathKind, Setting};
use crate::placeholder;
use crate::reason::Reason;
use crate::value::{self, Traits};
use crate::weigh::{Strength, strength, weigh};
use crate::words::{List, contains};

/// Decides on a value that has nothing but its name to speak for it.
pub(super) fn judge_assignment(detector: &Detector, context: &Context<'_>) -> Verdict {
    // The reader is run again on the whole: it gives what it gave when the candidate was found.
    let text = &context.text[context.whole.clone()];
    let name = assignment::name_at_start(text);
    let edges = Edges { at_start: true, at_end: true };
    let read = assignment::read(&context.text[..context.whole.end], shift(name, context.whole.start), edges);
    let Some(read) = read else { return Verdict::Reject(Reason::KeyIsSilent) };
    let name = &context.text[read.name.clone()];
    let value = context.value();
    let class = read_name(name).class;
    let noun = match class {
        KeyClass::Credential(noun) | KeyClass::Perhaps(noun) => noun,
        KeyClass::About => return Verdict::Reject(Reason::KeyIsAbout),
        KeyClass::Silent => return Verdict::Reject(Reason::KeyIsSilent),
    };
    let (value, scheme) = match behind_scheme(value) {
        Some(token) if noun == Noun::Token => (token, true),
        _ => (value, false),
    };
    let sure = scheme || matches!(class, KeyClass::Credential(_));
    let mut read = read;
    let literal = !read.quoted && is_literal(context.text, &read, strength(value), sure);
    // The text that it stands in has the quotes.
    read.quoted |= literal;
    // In a program that is an example in a comment or a text, more often than what is used.
    read.fallback |= literal && context.path.form.is_program();
    read.ends = ends_line(context.text, &read) || sets(context.text, &read);
    if let Some(verdict) = not_a_secret(value, name, noun, &read, literal, context.path) {
        return verdict;
    }
    let before = &context.text[..read.name.start];
    if before.ends_with(b"alias ") {
        return Verdict::Reject(Reason::Expression);
    }
    // `# Example password: x`
    if before.ends_with(b"Example ") || before.ends_with(b" example ") {
        return Verdict::Info(Reason::DocumentationExample);
    }
    // Mapbox's public tokens, which every page that shows a map has: docs.mapbox.com/help/dive-deeper/access-tokens
    if noun == Noun::Token && value.starts_with(b"pk.") && contains(name, b"mapbox") {
        return Verdict::Reject(Reason::PublicKey);
    }
    // `pass: 'autocomplete' is set`: a text that says what passed.
    let told = !sure
        && noun == Noun::Password
        && read.quoted
        && goes_on(context.text.get(read.end..).unwrap_or_default());
    if told {
        return Verdict::Reject(Reason::Prose);
    }
    // Between backquotes a shell has a command.
    let quote = read.value.start.checked_sub(1).and_then(|at| context.text.get(at));
    if quote == Some(&b'`') && context.path.form == FileForm::Script {
        return Verdict::Reject(Reason::Expression);
    }
    if !read.quoted && value::is_identifier(value) && is_quoted_text(context.text, read.name.start) {
        return Verdict::Reject(Reason::Expression);
    }
    // `~r/password: "x"/`: what a program looks for.
    let slash = |at: Option<usize>| at.and_then(|at| context.text.get(at)) == Some(&b'/');
    if read.quoted && slash(read.name.start.checked_sub(1)) && slash(Some(read.end)) {
        return Verdict::Reject(Reason::Expression);
    }
    if let Some(reason) = surroundings_deny(&read, context) {
        return Verdict::Reject(reason);
    }
    // `badge.svg?token=x`: whoever sees the page sees the picture.
    let address = context.text[..read.name.start].strip_suffix(b"?");
    if address.is_some_and(|address| address.ends_with(b".svg") || address.ends_with(b".png")) {
        return FAINT;
    }
    // `bindpw x` is a setting, `password reset` the beginning of a sentence.
    let setting = path_takes_blanks(context.path) && read.ends && strength(value) >= Strength::Mixed;
    if read.separator == Separator::Blank && !read.quoted && !(setting && Traits::of(value).digits > 0) {
        return Verdict::Reject(Reason::Prose);
    }
    if !sure && noun == Noun::Secret && value::is_digest_hex(value) && names_content(name) {
        return Verdict::Reject(Reason::Hash);
    }
    if noun == Noun::Token && is_header(value) {
        return Verdict::Reject(Reason::HeaderWithoutBody);
    }
    match weigh(value, noun, sure, &read, context.path) {
        Ok(strength) => report(detector, strength, (noun, sure), &read, context),
        Err(reason) => Verdict::Reject(reason),
    }
}

/// The token in `ApiKey token`, as headers have it. Basic and Bearer have detectors of their own.
fn behind_scheme(value: &[u8]) -> Option<&[u8]> {
    let blank = value.iter().position(|b| *b == b' ')?;
    let (scheme, token) = (&value[..blank], &value[blank + 1..]);
    let one = token.len() >= 8 && !token.contains(&b' ');
    (one && SCHEMES.has(scheme)).then_some(token)
}

/// Whether a name ends in a digest of what it names, as generators of manifests have it: `app-credentials-5ec1f7e7`.
fn names_content(name: &[u8]) -> bool {
    let end = name.rsplit(|b| *b == b'-').next().unwrap_or(name);
    end.len() >= 8 && end.iter().all(u8::is_ascii_hexdigit) && end.iter().any(u8::is_ascii_digit)
}

/// Whether the files of a kind give values behind a blank: `bindpw x`.
fn path_takes_blanks(path: PathKind) -> bool {
    path.form == FileForm::Config
}

/// Whether a token is but the header of one: base64 of `{"alg":…}`.
fn is_header(value: &[u8]) -> bool {
    let alone = value.starts_with(b"eyJ") && value.len() < 100 && !value.contains(&b'.');
    let text = || data_encoding::BASE64URL_NOPAD.decode(value.strip_suffix(b"=").unwrap_or(value));
    alone && text().is_ok_and(|text| text.starts_with(b"{\"alg\"") || text.starts_with(b"{\"typ\""))
}

/// What stands behind a value and says that it is a piece of something else.
fn surroundings_deny(read: &Assignment, context: &Context<'_>) -> Option<Reason> {
    let behind = &context.text[read.end.min(context.text.len())..];
    let blanks = behind.iter().take(64).take_while(|b| b.is_ascii_whitespace()).count();
    let next = behind.get(blanks).copied().unwrap_or(b' ');
    let flag = context.text[..read.name.start].ends_with(b"-");
    // `put("password", "x")` ends there; a list of names goes on.
    let pair = next == b'}' && context.text[..read.name.start].ends_with(b"{");
    let pair = pair || (behind.starts_with(b">>}") && context.text[..read.name.start].ends_with(b"{"));
    let symbol = matches!(&context.text[..read.name.start], [.., b' ' | b'(', b':'])
        && matches!(behind.first(), None | Some(b'\n' | b'\r'));
    if read.separator == Separator::Comma && !flag && !pair && !symbol && next != b')' {
        return Some(Reason::Identifier);
    }
    // `registry/external-secrets:v0.9.9`: a path, and the tag of an image behind it.
    let path = context.text[..read.name.start].ends_with(b"/");
    // `tool /password:x`: an option as Windows writes it.
    let option = context.text[..read.name.start].ends_with(b" /");
    if path && !option && read.separator == Separator::Colon && !read.quoted {
        return Some(Reason::Identifier);
    }
    if is_coordinate(context.text, read) {
        return Some(Reason::Identifier);
    }
    // `password: the user's own`: a phrase.
    let same_line = !behind[..blanks].contains(&b'\n');
    let words = !read.quoted && blanks > 0 && same_line && next.is_ascii_alphabetic();
    let script = context.path.form == FileForm::Script;
    let phrase = match read.separator {
        Separator::Colon => words,
        Separator::Equals => words && !script && context.path.form != FileForm::Log,
        _ => false,
    };
    (phrase && strength(context.value()) == Strength::Weak).then_some(Reason::Prose)
}

/// Whether name and value are a library's coordinates, as Maven writes them: `io.jsonwebtoken:jjwt-api:0.11.2`.
fn is_coordinate(text: &[u8], read: &Assignment) -> bool {
    let (name, value) = (&text[read.name.clone()], &text[read.value.clone()]);
    let quote =
        |at: Option<usize>| at.and_then(|at| text.get(at)).filter(|b| matches!(b, b'"' | b'\'' | b'`'));
    let before = quote(read.name.start.checked_sub(1));
    let whole = before.is_some() && before == quote(Some(read.value.end));
    let artifact = value.split(|b| *b == b':').next().unwrap_or(value);
    let version = value.get(artifact.len() + 1).is_some_and(u8::is_ascii_digit);
    let lower = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'_');
    read.separator == Separator::Colon
        && !read.quoted
        && read.value.start == read.name.end + 1
        && name.contains(&b'.')
        && (whole || version)
        && artifact.iter().all(lower)
}

/// Whether the name stands in a text with escaped line ends: a snippet of something in something else.
fn is_quoted_text(text: &[u8], name: usize) -> bool {
    let before = &text[..name];
    let end = memchr::memmem::rfind(before, b"\\n");
    end.is_some_and(|at| !before[at..].contains(&b'\n'))
}

/// Whether a sentence goes on behind a closing quote.
fn goes_on(behind: &[u8]) -> bool {
    let letter = |b: &u8| b.is_ascii_alphabetic() || *b >= 0x80;
    match behind {
        [b' ', next, ..] => letter(next),
        [next, ..] => letter(next) || *next == b'-',
        [] => false,
    }
}

/// Whether the name is that of a call which sets one value: `setPassword("x")`.
fn sets(text: &[u8], read: &Assignment) -> bool {
    let name = &text[read.name.clone()];
    let last = name.rsplit(|b| *b == b'.').next().unwrap_or(name);
    let verb = last.get(..3).is_some_and(|head| head.eq_ignore_ascii_case(b"set"))
        || last.get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"with"));
    read.separator == Separator::Call && verb && text.get(read.end) == Some(&b')')
}

/// Whether an unquoted value is the last thing on its line, and its name the first; behind a flag another flag
/// may follow.
fn ends_line(text: &[u8], read: &Assignment) -> bool {
    let behind = &text[read.value.end.min(text.len())..];
    let rest = behind.trim_ascii_start();
    if read.separator == Separator::Flag {
        let blanks = &behind[..behind.len() - rest.len()];
        return rest.is_empty()
            || blanks.contains(&b'\n')
            || rest.starts_with(b"-")
            || rest.starts_with(b"\\");
    }
    let before = text[..read.name.start].iter().rev().find(|b| !matches!(b, b' ' | b'\t' | b'-'));
    matches!(before, None | Some(b'\n')) && matches!(behind.first(), None | Some(b'\n' | b'\r'))
}

/// Whether a value without quotes is a literal though this may be a program: one of an address's query
/// (`?token=x&…`), or the last thing on a line that is no statement of most languages: `NAME=x`, `name: x`.
fn is_literal(text: &[u8], read: &Assignment, strength: Strength, sure: bool) -> bool {
    let before = text[..read.name.start].last();
    let behind = text.get(read.value.end);
    let value = &text[read.value.clone()];
    // `password: passwordResponse{` opens what a program makes.
    let opens = value.starts_with(b"&") || matches!(value.last(), Some(b'{' | b'(' | b'['));
    if sure && read.tight && !opens && in_connection_string(text, read) {
        return true;
    }
    if sure && read.tight && !opens && is_argument(text, read) {
        return true;
    }
    if strength < Strength::Unread || opens {
        return false;
    }
    if read.tight && matches!(before, Some(b'?' | b'&')) {
        return sure || strength == Strength::Random;
    }
    if sure && read.separator == Separator::Colon && beside_a_user(text, read) {
        return true;
    }
    if !sure {
        return false;
    }
    let line = text[..read.name.start].iter().rev().find(|b| !matches!(b, b' ' | b'\t'));
    // `- NAME=x`: one of a list.
    let listed = read.tight && line == Some(&b'-') && before == Some(&b' ');
    let alone = listed || matches!(line, None | Some(b'\n' | b'*' | b'#'));
    let ends = matches!(behind, None | Some(b'\n' | b'\r' | b'&'));
    // Behind a quote or `\n` one is within a text, up to its quote or the next escape.
    let quote = matches!(behind, Some(b'"' | b'\'' | b'`' | b'\\'));
    let escape = quote && text[..read.name.start].ends_with(b"\\n");
    let whole = matches!(before, Some(b'"' | b'\'' | b'`')) && (behind == before || behind == Some(&b'&'));
    (escape || (alone && ends)) && (read.tight || read.separator == Separator::Colon) || (whole && read.tight)
}

/// Whether a pair is a flag, and all of a text in quotes: `"--password=x"`.
fn is_argument(text: &[u8], read: &Assignment) -> bool {
    let front = text[..read.name.start].strip_suffix(b"-");
    let front = front.map(|front| front.strip_suffix(b"-").unwrap_or(front));
    let quote = front.and_then(|front| front.last()).filter(|b| matches!(b, b'"' | b'\''));
    quote.is_some() && quote == text.get(read.value.end)
}

/// Whether a pair stands in a connection string within a text of a program: behind `Uid=app;` or `user=app `, and
/// before another pair or the end of the text.
fn in_connection_string(text: &[u8], read: &Assignment) -> bool {
    let before = &text[..read.name.start];
    let behind = text.get(read.value.end..).unwrap_or_default();
    let ends = matches!(behind, [b'"' | b'\'' | b'`' | b';' | b'\\', ..])
        || (behind.first() == Some(&b' ') && behind.iter().take(40).any(|b| *b == b'='));
    let pairs = before.trim_ascii_end();
    let mark = pairs.last().copied();
    if !ends || !(mark == Some(b';') || mark == Some(b':') || pairs.len() < before.len()) {
        return false;
    }
    let pairs = &pairs[..pairs.len() - usize::from(matches!(mark, Some(b';' | b':')))];
    let pair = pairs.iter().rposition(|b| matches!(b, b';' | b'"' | b'\'' | b'`' | b'\n' | b'?' | b':'));
    let last = &pairs[pair.map_or(0, |at| at + 1)..];
    let last = match mark {
        Some(b';' | b':') => last,
        _ => last.rsplit(|b| *b == b' ').next().unwrap_or(last),
    };
    let equals = last.iter().position(|b| *b == b'=');
    let key = equals.map(|at| last[..at].trim_ascii()).unwrap_or_default();
    CONNECTION.has(key.rsplit(|b| *b == b' ').next().unwrap_or(key))
}

/// Whether a pair stands behind a user in braces, as in settings that a program has as a text:
/// `{user: app, password: …}`.
fn beside_a_user(text: &[u8], read: &Assignment) -> bool {
    let closes = matches!(text.get(read.value.end), Some(b'}' | b' ' | b',' | b']'));
    let before = text[..read.name.start].trim_ascii_end();
    let Some(before) = before.strip_suffix(b",").filter(|_| closes) else { return false };
    let open = before.iter().rposition(|b| *b == b'{');
    let pair = open.map_or(&b""[..], |open| before[open + 1..].trim_ascii());
    [&b"user: "[..], b"username: ", b"user:", b"username:"].iter().any(|head| {
        pair.strip_prefix(*head)
            .is_some_and(|user| user.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')))
    })
}

/// What else is set in connection strings: of ADO.NET, ODBC, JDBC, libpq, and Azure's services.
static CONNECTION: List = List::new(
    " \
    server host hostname addr address port source database dbname db databasename catalog user username uid userid id \
    endpoint accountname protocol driver dsn provider encrypt sslmode ssl pooling schema service role security timeout \
    sharedaccesskeyname defaultendpointsprotocol entitypath trusted_connection multipleactiveresultsets ",
);

fn shift(range: Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

/// What a value is when it is no credential, whatever the name says.
fn not_a_secret(
    value: &[u8],
    name: &[u8],
    noun: Noun,
    read: &Assignment,
    literal: bool,
    path: PathKind,
) -> Option<Verdict> {
    use Verdict::Reject;
    let program = path.form.is_program();
    if !read.quoted && program && !literal && !matches!(read.separator, Separator::Tag | Separator::Flag) {
        return Some(Reject(Reason::Expression));
    }
    if (!read.quoted || literal) && is_code(value, read, program) {
        return Some(Reject(Reason::Expression));
    }
    if value::is_validation(value) {
        return Some(Reject(Reason::Keyword));
    }
    // Java's key stores have come with one password for ever; the other waits to be replaced.
    let shipped = (program && read.quoted && SHIPPED.has(value)) || value == b"changeit";
    if noun == Noun::Password && shipped {
        return None;
    }
    if let Some(verdict) = no_literal(value) {
        return Some(verdict);
    }
    let trimmed = value.trim_ascii();
    if trimmed.is_empty() {
        return Some(Reject(Reason::Empty));
    }
    // `"…password=" + x + "…"`: the quotes are those of the texts to both sides.
    let joins = |b: u8| {
        matches!(b, b'+' | b',' | b';' | b')' | b'}' | b']' | b'>' | b'|' | b'.' | b':' | b'=' | b'/' | b'\\')
    };
    if joins(trimmed[0]) && (trimmed.len() < value.len() || value.contains(&b'(') || value.contains(&b' ')) {
        return Some(Reject(Reason::Expression));
    }
    if !read.quoted && (value::is_expression(value) || value.ends_with(b"(") || value.ends_with(b"{")) {
        return Some(Reject(Reason::Expression));
    }
    if value::is_hash(value) {
        return Some(Reject(Reason::Hash));
    }
    let digits = value.len() >= 5 && value.iter().all(u8::is_ascii_digit);
    let settings =
        path.form.is_settings() || (path.form == FileForm::Documentation && (read.ends || read.tight));
    let pin = digits && settings && (noun == Noun::Password || value.len() >= 14);
    if value::is_number(value)
        && !pin
        && (!read.quoted || value.len() < 6 || value.starts_with(b"0x") || value.contains(&b'.'))
    {
        return Some(Reject(Reason::Number));
    }
    if read.separator == Separator::Colon && value::is_version(value) {
        return Some(Reject(Reason::Number));
    }
    if value::is_plain_url(value) || value::url_has_password(value) {
        // One with a password in it is another detector's.
        return Some(Reject(Reason::Url));
    }
    if value::is_email(value) {
        return Some(Reject(Reason::Email));
    }
    if value::is_path(value) {
        return Some(Reject(Reason::FilePath));
    }
    if value::starts_pem(value) {
        return Some(Reject(Reason::HeaderWithoutBody));
    }
    if noun == Noun::Key && value::is_openpgp_id(value) && contains(name, b"sign") {
        return Some(Reject(Reason::PublicKey));
    }
    if value::is_public_der(value) || value::is_age_recipient(value) || value::is_public_nkey(value) {
        return Some(Reject(Reason::PublicKey));
    }
    if path.form == FileForm::Lockfile {
        return Some(Reject(Reason::LockfileIntegrity));
    }
    // In settings `MYSQL_ROOT_PASSWORD=rootpassword` is lack of imagination, not a mapping of names.
    let unimagined = path.form.is_settings() && noun == Noun::Password && !repeats(value, name);
    if value::says_where(value, name) || (same_as(value, name, noun != Noun::Password) && !unimagined) {
        return Some(Reject(Reason::SameAsKey));
    }
    None
}

/// Whether a value without quotes is a piece of a program, wherever it stands: a type of GraphQL (`String!`), a
/// command of PowerShell, a call, a variable, or what closes more than it opened (`pass: str):`).
fn is_code(value: &[u8], read: &Assignment, program: bool) -> bool {
    // The scalars that GraphQL has by itself (section 3.5 of its specification), where none may be missing.
    static SCALARS: List = List::new(" string! id! int! float! boolean! ");
    let spaced = read.separator == Separator::Equals && !read.tight;
    SCALARS.has(value)
        || value::is_call(value)
        || (spaced && (value::is_cmdlet(value) || is_variable_for(value)))
        || (program && value::closes_more(value))
}

/// `dbPassword = sonatypePassword`: a variable that says itself what it holds.
fn is_variable_for(value: &[u8]) -> bool {
    value.first().is_some_and(u8::is_ascii_lowercase)
        && value.iter().any(u8::is_ascii_uppercase)
        && value.iter().all(u8::is_ascii_alphabetic)
        && matches!(read_key(value).class, KeyClass::Credential(_))
}

/// Schemes of HTTP authentication that are no value.
static SCHEMES: List = List::new(" apikey api-key token key oauth ntlm negotiate splunk genesis sso-key ");

/// Placeholders that software ships as its password (CWE-1392). Settings are filled in before they are
/// used; a program that says one of these uses it.
static SHIPPED: List = List::new(" changeme changeit ");

/// Whether a value is its name, letter by letter, and a name of several words: `adminPassword: 'adminPassword'`.
fn repeats(value: &[u8], name: &[u8]) -> bool {
    value == name && value::is_identifier(value)
}

/// Whether value and name are the same words: `API_TOKEN = "api_token"`, `password: "Password"`; with
/// `longer`, whether the value ends with its name: `token = "myToken"`.
fn same_as(value: &[u8], name: &[u8], longer: bool) -> bool {
    let letters = |text: &[u8]| -> Vec<u8> {
        text.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
    };
    let (value, name) = (letters(value), letters(name));
    value.len() >= 4 && (name.ends_with(&value) || (longer && value.ends_with(&name) && name.len() >= 8))
}

fn report(
    detector: &Detector,
    strength: Strength,
    (noun, sure): (Noun, bool),
    read: &Assignment,
    context: &Context<'_>,
) -> Verdict {
    let path = context.path;
    if noun == Noun::Salt {
        return FAINT;
    }
    let settings = matches!(
        path.form,
        FileForm::Config | FileForm::Env | FileForm::Script | FileForm::Log | FileForm::Data
    );
    if SHIPPED.has(context.value()) {
        return FAINT;
    }
    let quiet = path.setting != Setting::Ordinary
        || is_comment(context.text, read.name.start)
        || (strength < Strength::Random && is_quoted_text(context.text, read.name.start))
        || matches!(
            path.form,
            FileForm::Documentation
                | FileForm::Generated
                | FileForm::Minified
                | FileForm::Localisation
                | FileForm::Binary
        );
    // What runs takes its environment from a file of its own; there nobody only tries.
    if noun == Noun::Password
        && (quiet || path.form != FileForm::Env)
        && placeholder::is_tried(context.value())
    {
        return Verdict::Info(Reason::Dummy);
    }
    let (mut severity, mut confidence) = match (strength, noun) {
        // Programs hold tables and test vectors under such names.
        _ if value::is_spelled_bytes(context.value()) => (Severity::Medium, Confidence::Low),
        // `key = "<32 hexadecimal digits>"` may be an index as well.
        (Strength::Random, Noun::Key | Noun::Secret) if !sure => (Severity::Medium, Confidence::Low),
        (Strength::Random, _) => (detector.severity, Confidence::Medium),
        (_, Noun::Password) if settings => (detector.severity, Confidence::Medium),
        (Strength::Mixed, _) => (Severity::Medium, Confidence::Medium),
        (Strength::Weak | Strength::Unread, _) => (Severity::Medium, Confidence::Low),
    };
    if matches!(read.separator, Separator::Comparison | Separator::Comma | Separator::Call | Separator::Blank)
        || read.fallback
    {
        severity = severity.min(Severity::Medium);
        confidence = Confidence::Low;
    }
    // `password: password`: whoever wants to get in tries it first.
    if noun == Noun::Password && is_common(context.value()) {
        severity = severity.min(Severity::Medium);
        confidence = Confidence::Low;
    }
    if quiet {
        severity = lower(severity);
        if strength != Strength::Random {
            severity = Severity::Low;
        }
        confidence = Confidence::Low;
    }
    Verdict::Report { severity, confidence }
}
