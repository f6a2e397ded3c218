//! The marks of single languages that stand between a name and its value, or in front of both.

use crate::words::List;

/// The length of `["X"]` or `['X']` at the beginning of a text.
pub(super) fn index(text: &[u8]) -> Option<usize> {
    let [b'[', quote @ (b'"' | b'\''), inside @ ..] = text else { return None };
    let len = inside.iter().take(64).position(|b| b == quote)?;
    (inside.get(len + 1) == Some(&b']')).then_some(len + 4)
}

/// Up to where an element of a value begins, behind blanks: `<value>`, `<string>`.
pub(super) fn element(text: &[u8]) -> Option<usize> {
    let space = text.iter().take(64).take_while(|b| b.is_ascii_whitespace()).count();
    let names = [&b"<value>"[..], b"<string>"];
    names.into_iter().find(|name| text[space..].starts_with(name)).map(|name| space + name.len())
}

/// Whether a text ends where an element's name begins: `<`, `<a:`.
pub(super) fn opens_element(before: &[u8]) -> bool {
    let prefix = before.strip_suffix(b":").map_or(before, |before| {
        let len = before.iter().rev().take(32).take_while(|b| b.is_ascii_alphanumeric()).count();
        &before[..before.len() - len]
    });
    prefix.ends_with(b"<")
}

/// Whether a command that gives a variable its value ends here: `ENV `, `setenv `, `set -x `.
pub(super) fn sets_variable(before: &[u8]) -> bool {
    let line = &before[before.len().saturating_sub(16)..];
    let word = &line[..line.iter().rposition(|b| !matches!(b, b' ' | b'\t')).map_or(0, |last| last + 1)];
    let blank = word.len() < line.len();
    let ends = |command: &[u8]| {
        word.strip_suffix(command).is_some_and(|rest| !rest.last().is_some_and(u8::is_ascii_alphanumeric))
    };
    blank
        && [
            &b"ENV"[..],
            b"setenv",
            b"SetEnv",
            b"setx",
            b"\\set",
            b"set -x",
            b"set -gx",
            b"set -Ux",
            b"configure set",
            b"config set",
        ]
        .into_iter()
        .any(ends)
}

/// Whether an attribute that is bound to an expression goes on here behind its colon: `rules="x"`.
pub(super) fn binds(text: &[u8]) -> bool {
    let name =
        text.iter().take(32).take_while(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'.')).count();
    name > 0 && text[name..].starts_with(b"=\"")
}

/// Whether a call looks a name up, so that its first argument is a name.
pub(super) fn is_lookup(callee: &[u8]) -> bool {
    static DECODERS: List = List::new(" 64decode 64.decode 64::decode hex.decode ");
    static PARTS: List = List::new(
        " \
        env lookup fetch config prompt read param input translate secretmanager option getstring include file path \
        open require import asset resource symbol.for format sprintf encode replace split join strip trim concat match index normalize ",
    );
    let callee = callee.to_ascii_lowercase();
    if callee.ends_with(b"decode") && !DECODERS.within(&callee) {
        return true;
    }
    // `keyring.get_password("app", user)`
    let last = callee.rsplit(|b| matches!(b, b'.' | b':')).next().unwrap_or(&callee);
    let getter = last.starts_with(b"get_") && last.len() > 4;
    callee == b"t" || callee == b"_" || callee.ends_with(b"get") || getter || PARTS.within(&callee)
}
