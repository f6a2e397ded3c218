//! [`weigh`]: whether a value can be a credential under its name.
//!
//! An assignment has nothing but its name to speak for it, so the value is asked for as much as the
//! name leaves open: of a password nothing but that it is no word *about* passwords, of a token that
//! a machine made it, of something that is only perhaps a key that it looks drawn at random. Where
//! words have a use of their own (programs, manuals, texts for people) more is asked than in settings.

use crate::assignment::{Assignment, Separator};
use crate::key::Noun;
use crate::path_kind::{FileForm, PathKind};
use crate::reason::Reason;
use crate::value::{self, Traits};
use crate::words::{List, contains};

/// How much speaks for the value of an assignment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Strength {
    /// A word, a name: only key and file speak.
    Weak,
    /// Letters that make no words.
    Unread,
    /// Letters with digits or marks in them.
    Mixed,
    /// It looks drawn at random.
    Random,
}

/// How much speaks for a value, whatever its name.
pub(crate) fn strength(value: &[u8]) -> Strength {
    let traits = Traits::of(value);
    if value::is_random(value, 10) || value::is_spelled_bytes(value) {
        Strength::Random
    } else if value::is_long_number(value) {
        Strength::Mixed
    } else if traits.marks == 0 && traits.digits < 2 && value::is_wordy(value) {
        Strength::Weak
    } else if traits.letters() > 0 && (traits.digits > 0 || traits.marks > 0) && !value::is_identifier(value)
    {
        Strength::Mixed
    } else if traits.letters() == value.len() && value::is_unread(value) {
        Strength::Unread
    } else {
        Strength::Weak
    }
}

/// Whether a value can be a credential under its name in this syntax and file.
pub(crate) fn weigh(
    value: &[u8],
    noun: Noun,
    sure: bool,
    read: &Assignment,
    path: PathKind,
) -> Result<Strength, Reason> {
    let strength = strength(value);
    let traits = Traits::of(value);
    let program = path.form.is_program();
    let settings = path.form.is_settings();
    if value::is_type_or_keyword(value) && !(settings && sure && noun == Noun::Password && is_default(value))
    {
        return Err(Reason::Keyword);
    }
    // A currency or paragraph sign among digits and marks is no language.
    let sign =
        traits.foreign * 4 <= value.len() && traits.digits > 0 && traits.marks > 0 && traits.spaces == 0;
    let spelled = value::is_spelled_bytes(value);
    // Among bytes that are no text anything stands somewhere, `PW=` too.
    if path.form == FileForm::Binary && traits.foreign > 0 && std::str::from_utf8(value).is_err() {
        return Err(Reason::NotDecodable);
    }
    if traits.foreign > 0 && !spelled && (program || path.form == FileForm::Localisation) && !sign {
        return Err(Reason::Prose);
    }
    if traits.spaces > 0 && value::is_prose(value) && !spelled {
        let phrase = settings && read.quoted && sure && noun == Noun::Password && is_passphrase(value);
        return if phrase { Ok(Strength::Mixed) } else { Err(Reason::Prose) };
    }
    if traits.spaces > 0 && (program || read.separator == Separator::Tag) && strength != Strength::Random {
        return Err(Reason::Prose);
    }
    if path.form == FileForm::Localisation && strength != Strength::Random {
        return Err(Reason::Localisation);
    }
    if traits.letters() == 0 && traits.digits == 0 {
        return Err(Reason::Expression);
    }
    if value::is_sequential(value) && (!sure || noun != Noun::Password) {
        return Err(Reason::Dummy);
    }
    // It may be what was drawn at random: of an API's key or token behind a prefix (`sk_<uuid>`) or alone, of
    // a password alone.
    let keyed = sure && noun != Noun::Password;
    if (value::holds_uuid(value) && !keyed) || (value::is_uuid(value) && !sure) {
        return Err(Reason::Uuid);
    }
    let bare_pass = noun == Noun::Password
        && !sure
        && read.quoted
        && direct(read)
        && (strength >= Strength::Mixed || read.name.len() == 4);
    if noun == Noun::Password && (sure || bare_pass) {
        return weigh_password(value, strength, &traits, read, path);
    }
    if noun == Noun::Salt {
        let spelled = value.contains(&b':') || traits.spaces > 0;
        let drawn = strength == Strength::Random || (traits.digits > 0 && value.len() >= 6 && !spelled);
        return if drawn && read.quoted && direct(read) { Ok(strength) } else { Err(Reason::KeyIsSilent) };
    }
    // Secrets, tokens and keys are made by machines, as a rule: the value must look it.
    if !sure && matches!(read.separator, Separator::Call | Separator::Blank | Separator::Comma) {
        return Err(Reason::KeyIsSilent);
    }
    let enough = match (sure, noun) {
        (true, Noun::Password) => 4,
        (true, Noun::Secret) if read.quoted && traits.letters() > 0 => 6,
        (true, _) => 8,
        (false, Noun::Key) => 20,
        (false, Noun::Token) => 16,
        (false, _) => 10,
    };
    if value.len() < enough {
        return Err(Reason::LowEntropy);
    }
    if value.len() > 300 && traits.spaces > 0 {
        return Err(Reason::Document);
    }
    match strength {
        Strength::Random => {
            // `token = '%[a-f0-9]{2}'`, `token: 'hh?|hours'`: what a token looks like.
            if program && (is_pattern(value) || is_choice(value)) {
                return Err(Reason::WeakInCode);
            }
            // `token: "keyword.dlr"`: names of a grammar, not all of them words.
            let name = program || (!read.quoted && traits.upper > 0) || value.contains(&b'.');
            if name && traits.digits == 0 && value::is_identifier(value) {
                return Err(Reason::Identifier);
            }
            if !sure && noun == Noun::Key && value::is_digest_hex(value) && !(settings || read.quoted) {
                return Err(Reason::Hash);
            }
            if !sure && value::is_constant(value) {
                return Err(Reason::Identifier);
            }
            if matches!(read.separator, Separator::Blank | Separator::Comma | Separator::Call)
                && value::is_identifier(value)
            {
                return Err(Reason::Identifier);
            }
            Ok(strength)
        }
        Strength::Mixed if !sure => Err(Reason::KeyIsSilent),
        Strength::Mixed => {
            let secret = noun == Noun::Secret
                && read.quoted
                && direct(read)
                && value.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            let plain = traits.digits >= 2
                || (traits.digits == 1 && secret)
                || (traits.digits == 1 && traits.marks > 0)
                || (value::is_unread(value) && sure);
            if program && (!plain || code_marks(value)) {
                return Err(Reason::WeakInCode);
            }
            if !settings && !program && (!plain || !read.quoted) {
                return Err(Reason::WeakInCode);
            }
            Ok(strength)
        }
        Strength::Unread if sure && (settings || read.quoted || read.tight) && direct(read) => Ok(strength),
        Strength::Weak if path.form == FileForm::Env && sure && !value::is_identifier(value) => Ok(strength),
        Strength::Weak
            if settings
                && sure
                && noun == Noun::Secret
                && !value::is_identifier(value)
                && !value.contains(&b'-') =>
        {
            Ok(strength)
        }
        Strength::Weak | Strength::Unread if value::is_identifier(value) => Err(Reason::Identifier),
        // `secret: 'supersecret'`: sessions are signed with words.
        Strength::Weak
            if sure
                && noun == Noun::Secret
                && read.quoted
                && direct(read)
                && read.value.start <= read.name.end + 6
                && value.iter().all(u8::is_ascii_lowercase)
                && path.form == FileForm::Code =>
        {
            Ok(strength)
        }
        Strength::Weak if settings && sure && traits.digits > 0 => Ok(strength),
        Strength::Weak | Strength::Unread => Err(Reason::Word),
    }
}

/// `correct horse battery`: a few lower-case words that do not speak about passwords.
fn is_passphrase(value: &[u8]) -> bool {
    let words = value.split(|b| *b == b' ');
    let about = [&b"pass"[..], b"secret", b"token", b"your", b"the", b"must", b"key"];
    words.clone().count() <= 6
        && { words }.all(|word| (2..=12).contains(&word.len()) && word.iter().all(u8::is_ascii_lowercase))
        && !about.iter().any(|word| contains(value, word))
}

/// Any text can be a password; what must be told apart are words about passwords.
fn weigh_password(
    value: &[u8],
    strength: Strength,
    traits: &Traits,
    read: &Assignment,
    path: PathKind,
) -> Result<Strength, Reason> {
    let program = path.form.is_program();
    let settings = path.form.is_settings();
    if value.len() > 128 {
        return Err(Reason::Document);
    }
    if program && is_pattern(value) {
        return Err(Reason::WeakInCode);
    }
    if strength == Strength::Random {
        return Ok(strength);
    }
    if strength == Strength::Mixed {
        if program && code_marks(value) {
            return Err(Reason::Expression);
        }
        if !read.quoted && !read.tight && !settings && path.form != FileForm::Data && traits.digits == 0 {
            return Err(Reason::Prose);
        }
        if matches!(
            read.separator,
            Separator::Comma | Separator::Call | Separator::Blank | Separator::Comparison
        ) && traits.digits == 0
        {
            return Err(Reason::WeakInCode);
        }
        return Ok(strength);
    }
    // A word, a name or a number.
    if settings {
        return if value::is_identifier(value) && names_a_secret(value) {
            Err(Reason::ResourceName)
        } else {
            Ok(strength)
        };
    }
    // In manuals `password: word` on a line of its own, and `--password word` in front of another option.
    let variable =
        !program && (read.tight || (read.ends && direct(read) && path.form == FileForm::Documentation));
    // `setPassword("john")`: tests have people log in.
    if read.separator == Separator::Call && strength == Strength::Weak && traits.digits == 0 {
        return Err(Reason::Word);
    }
    let compared = read.quoted
        && (read.separator == Separator::Comparison
            || (strength == Strength::Unread && read.separator != Separator::Comma));
    if !compared && (!(read.quoted || variable) || !direct(read)) {
        return Err(Reason::Word);
    }
    if value::is_identifier(value) && !(read.quoted && traits.digits > 0) {
        return Err(Reason::Identifier);
    }
    if program && value[0].is_ascii_uppercase() && traits.upper == 1 && traits.digits == 0 {
        return Err(Reason::Word);
    }
    Ok(strength)
}

/// Whether name and value are bound by the syntax, and not only neighbours.
fn direct(read: &Assignment) -> bool {
    use Separator::{Arrow, Call, Colon, Equals, Flag, NameValue, Tag};
    matches!(read.separator, Equals | Colon | Arrow | Flag | Tag | NameValue)
        || (read.separator == Call && read.ends)
}

/// Values that software ships as its default password, though they are words of its vocabulary.
pub(crate) fn is_default(value: &[u8]) -> bool {
    ["password", "secret", "passwd"].iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
}

/// A class of characters and how often it stands, or a group that only looks ahead: a regular expression.
pub(crate) fn is_pattern(value: &[u8]) -> bool {
    let class = |mark: &[u8]| value.contains(&b'[') && contains(value, mark);
    [&b"]{"[..], b"]+", b"]*", b"]("].iter().any(|mark| class(mark)) || contains(value, b"(?")
}

/// Alternatives with marks of repetition in them: `hh?|hours`, `y{2,4}|year`.
fn is_choice(value: &[u8]) -> bool {
    value.contains(&b'|') && value.iter().any(|b| matches!(b, b'?' | b'{' | b'('))
}

/// Marks that programs are made of and passwords in programs seldom hold: format directives,
/// selectors, rules, names with a separator behind them.
fn code_marks(value: &[u8]) -> bool {
    let holds = |byte: u8| value.contains(&byte);
    let digits = Traits::of(value).digits;
    let escapes = value.windows(2).filter(|pair| pair == b"\\x").count();
    // Who types along the row of digits with the shift key down meets `$%` and then a letter.
    let typed = value.iter().filter(|b| b.is_ascii_punctuation()).count() * 2 > value.len();
    let directive = !typed && [&b"%s"[..], b"%d", b"%v", b"\\n"].iter().any(|mark| contains(value, mark));
    let name = value.split_last().is_some_and(|(last, rest)| {
        matches!(last, b'=' | b':') && rest.iter().all(|b| b.is_ascii_alphabetic() || b"_-&?".contains(b))
    });
    (holds(b'(') && holds(b')'))
        || (holds(b'{') && holds(b'}'))
        || (holds(b'[') && holds(b']'))
        || (holds(b'|') && digits == 0)
        || directive
        || escapes >= 3
        || name
        || value.starts_with(b"/")
}

/// `my-app-secret`, `db_credentials`: the name of the object that holds it.
pub(crate) fn names_a_secret(value: &[u8]) -> bool {
    static ENDS: List = List::new(
        " \
        -secret -secrets -credentials -credential -creds -tls -token -tokens -key -keys -cert _secret \
        _credentials _token _key .password ",
    );
    ENDS.ends(&value.to_ascii_lowercase())
}
