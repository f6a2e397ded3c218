//! What is no literal value: nothing, a switch, a text to be replaced, a reference, something
//! hidden or encrypted.
//!
//! The lists are marks that people leave in examples, templates and masks. They are words of
//! everyday use, long enough not to stand in random text by chance; where a mark is short it must
//! be the whole value, its beginning or its end.

use crate::value::{is_wordy, starts_pem};
use crate::words::{List, contains};

/// Longest value that is looked at for marks of placeholders, in bytes.
const MAX_MARKED: usize = 256;

/// Words that stand for the absence of a value.
pub(crate) fn is_null(value: &[u8]) -> bool {
    static NULLS: List = List::new(" null nil none undefined empty n/a na ~ unset void nan blank \"\" '' ");
    NULLS.has(value)
}

/// Switches.
pub(crate) fn is_boolean(value: &[u8]) -> bool {
    static SWITCHES: List = List::new(" true false yes no on off enabled disabled t f y n ");
    SWITCHES.has(value)
}

/// Marks of texts that a person is asked to replace.
pub(crate) fn is_placeholder(value: &[u8]) -> bool {
    if value.len() > MAX_MARKED || starts_pem(value) {
        return false;
    }
    // `<password>`, `[your token]`, `prefix-<TOKEN>-suffix`, `__TOKEN__`.
    let framed = |open: &[u8], close: &[u8], most: usize| {
        value.len() > open.len() + close.len()
            && value.len() < most
            && value.starts_with(open)
            && value.ends_with(close)
    };
    if framed(b"<", b">", MAX_MARKED)
        || framed(b"[", b"]", 40)
        || framed(b"__", b"__", 64)
        || framed(b"##", b"##", 64)
    {
        return true;
    }
    if let (Some(open), Some(close)) =
        (value.iter().position(|b| *b == b'<'), value.iter().rposition(|b| *b == b'>'))
        && open + 2 < close
        && !within_word(value, open, close)
        && value[open + 1..close].iter().all(|b| b.is_ascii_alphabetic() || b" _-.".contains(b))
    {
        return true;
    }
    // As AWS writes what it shows: `AQoEXAMPLEH4aoAH0gNCAPyJxz4Bl…`.
    if value.len() >= 16 && memchr::memmem::find(value, b"EXAMPLE").is_some() {
        return true;
    }
    // One spelling for `your password`, `your_password` and `Your-Password`.
    let mut text = [0; MAX_MARKED];
    for (slot, byte) in text.iter_mut().zip(value) {
        *slot = if matches!(byte, b'_' | b' ') { b'-' } else { byte.to_ascii_lowercase() };
    }
    let text = &text[..value.len()];
    let digits = text.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    WHOLE.has(&text[..text.len() - digits])
        || text.starts_with(b"your-")
        || (!value.contains(&b' ') && STARTS.begins(text))
        || ENDS.ends(text)
        || PARTS.within(text)
        || contains(value, "\u{2022}\u{2022}".as_bytes())
        || is_repetitive(value)
}

/// Whether letters or digits stand on both sides of a pair of marks, so that it is a piece of one text.
fn within_word(value: &[u8], open: usize, close: usize) -> bool {
    let letter = |at: Option<usize>| at.and_then(|at| value.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    letter(open.checked_sub(1)) && letter(close.checked_add(1))
}

/// Whole values.
static WHOLE: List = List::new(
    " \
    example dummy placeholder foo bar baz foobar foobared foobarbaz tbd todo fixme fake mock redacted hidden masked \
    censored removed omitted stripped snip value somevalue string str text here something anything \
    whatever xyz abc blah asdf lorem insert replace unknown sample default goes-here not-used notused \
    unused ignored n.a. required optional change mytoken thetoken sometoken somekey the-token ",
);

/// Beginnings.
static STARTS: List = List::new(
    " \
    your. yourpass yoursecret yourtoken yourkey yourapi youraccess yourstrong yourown yourdb \
    yourpersonal yourpriv yoursuper yourclient my-example example- some- somepass somesecret insert- \
    inserty enter- entery put- puty paste- add-your fill- fillin todo fixme tbd- dummy fake mock- \
    placeholder replace- replaceme replacewith set-me setme update-me updateme edit-me editme fix-me \
    to-be- tobereplaced redacted {your $your use-your a-very- any- the-actual actual- the-real real- \
    must-be- should-be- provide- create-a- generate- generated- overridden randompass ",
);

/// Endings.
static ENDS: List = List::new(
    " \
    -placeholder -example tokenhere keyhere passwordhere secrethere token-here key-here password-here \
    secret-here value-here goeshere goes-here ",
);

/// Parts that are long enough to be no accident.
static PARTS: List = List::new(
    " \
    changeme change-me changeit change-it change-this changethis changepassword please-change pleasechange \
    replace-me replaceme replace-with replace-this your-password yourpassword your-secret your-token \
    your-api your-key your-access your-private youroauth placeholder redacted not-a-real notareal not-real \
    example.com example-password examplepassword example-secret examplesecret exampletoken example-token \
    examplekey example-key insert-your insertyour enter-your enteryour put-your putyour goes-here dummypass \
    dummy- fakepass fake- fakekey faketoken to-be-replaced fill-me fillme do-not-use donotuse not-secret \
    invalid- lorem-ipsum deadbeef xxxx **** .... ---- #### ???? ",
);

/// What programs put in the place of a value.
static MASKS: List = List::new(" [masked] <masked> <hidden> (hidden) <secret> <sensitive> (sensitive) ");

/// What they put into one.
static MASKED: List = List::new(" redacted [filtered] [hidden] **** [...] \u{2022}\u{2022} \u{2026} ");

/// Hidden by somebody: stars, dots, bullets, `[REDACTED]`, `[FILTERED]`.
pub(crate) fn is_redacted(value: &[u8]) -> bool {
    let stars = memchr::memchr_iter(b'*', value).count();
    (stars >= 3 && stars * 2 >= value.len())
        || MASKED.within(value)
        || MASKS.has(value)
        || value.eq_ignore_ascii_case(b"(sensitive value)")
        // `kubectl config view`
        || value == b"DATA+OMITTED"
        || (value.len() > 6 && value.ends_with(b"..."))
        || (value.len() >= 4 && value.ends_with(b"**") && stars * 3 >= value.len())
}

/// What stands for a password when any would do: in tests, manuals and settings for trying something out. Where
/// it is in use it is no secret either.
pub(crate) fn is_tried(value: &[u8]) -> bool {
    static TRIED: List = List::new(
        " \
        pass test wrong root admin 1234 12345 123456 1234567 12345678 123456789 123123 admin123 root123 pass123 \
        password1 passw testpass testing test1 test2 test123 ",
    );
    TRIED.has(value)
}

/// A word for a password with a word in front of it, as manuals and tests write one: `my-password`, `pwd1`,
/// `test_password_123`, `p@ssw0rd`.
pub(crate) fn names_itself(value: &[u8]) -> bool {
    static FRONT: List = List::new(
        " my your the a an some any user usr username test testing random new old db database api api-user admin root \
        app client service ftp http proxy redis mysql postgres mongo secret strong super ",
    );
    static WORDS: List =
        List::new(" password passwd passwort passw pass pwd psw pw secret token passphrase ");
    let mut text = [0; 32];
    let Some(text) = text.get_mut(..value.len()) else { return false };
    for (slot, byte) in text.iter_mut().zip(value) {
        *slot = match byte {
            b'@' => b'a',
            b'0' => b'o',
            b'$' => b's',
            byte => byte.to_ascii_lowercase(),
        };
    }
    let number =
        text.iter().rev().take_while(|b| b.is_ascii_digit() || matches!(b, b'o' | b'_' | b'-')).count();
    let body = &text[..text.len() - number];
    (0..=body.len()).any(|at| {
        let (front, word) = body.split_at(at);
        let front = front
            .strip_suffix(b"-")
            .or(front.strip_suffix(b"_"))
            .or(front.strip_suffix(b" "))
            .unwrap_or(front);
        WORDS.has(word) && (front.is_empty() || FRONT.has(front))
    })
}

/// One byte over and over, or two or three in turn: `xxxxxxxx`, `abababab`, `00000000`.
pub(crate) fn is_repetitive(value: &[u8]) -> bool {
    is_few(value) || (value.contains(&b'%') && is_few(&without_escapes(value)))
}

/// A text without what is percent-encoded in it: `AAAA%2FAAAA`.
fn without_escapes(value: &[u8]) -> Vec<u8> {
    let mut parts = value.split(|b| *b == b'%');
    let mut plain = parts.next().unwrap_or_default().to_vec();
    for part in parts {
        let escape = part.get(..2).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
        plain.extend_from_slice(if escape { &part[2..] } else { part });
    }
    plain
}

fn is_few(value: &[u8]) -> bool {
    let mut met = [0; 3];
    let mut count = 0;
    for byte in value {
        if met[..count].contains(byte) {
            continue;
        }
        // Most values have four within their first bytes.
        let Some(slot) = met.get_mut(count) else { return false };
        *slot = *byte;
        count += 1;
    }
    matches!((count, value.len()), (1, 4..) | (2, 8..) | (3, 16..))
}

/// Names where the value is kept, or an expression that is filled in later.
pub(crate) fn is_reference(value: &[u8]) -> bool {
    // Concourse's and CredHub's variables: `((database/password))`.
    if REFERENCE_PARTS.within(value) || (value.starts_with(b"((") && value.ends_with(b"))")) {
        return true;
    }
    if (value.windows(2).any(|two| two == b"#{") && value.contains(&b'}'))
        || (value.starts_with(b"%(") && value.contains(&b')'))
    {
        return true;
    }
    // `$NAME`, and `$NAME@host` where an address was cut at its colon.
    let name = value.split(|byte| *byte == b'@').next().unwrap_or(value);
    // `$TOKEN&$QUERY`; a second dollar is an escaped one, or of the name.
    let name = memchr::memmem::find(name, b"&$").map_or(name, |at| &name[..at]);
    let name = if name.starts_with(b"$$") { &name[1..] } else { name };
    let name = name.strip_prefix(b"'").and_then(|name| name.strip_suffix(b"'")).unwrap_or(name);
    if name.strip_prefix(b"$").is_some_and(is_variable) {
        return true;
    }
    // `%s`, `%d`: to be printed into.
    if matches!(value, [b'%', b's' | b'd' | b'v' | b'q' | b'@'])
        || value.starts_with(b"%s")
        || value.starts_with(b"%.*s")
    {
        return true;
    }
    if holds_percent_name(value) {
        return true;
    }
    // `%NAME%`, `@NAME@`.
    if let [open @ (b'%' | b'@'), name @ .., close] = value
        && open == close
        && !name.is_empty()
        && name.iter().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(b))
    {
        return true;
    }
    // `{name}`, but not `{SSHA}` or `{MD5}`, the marks of hashes.
    if let [b'{', inner @ .., b'}'] = value
        && inner.len() < 64
        && !inner.contains(&b'"')
    {
        return !inner.starts_with(b"S") && !inner.starts_with(b"M");
    }
    let mut head = [0; 48];
    let head = &mut head[..value.len().min(48)];
    head.copy_from_slice(&value[..head.len()]);
    head.make_ascii_lowercase();
    REFERENCES.begins(head)
}

/// Whether `%NAME%` stands somewhere, as Windows' shell has it; what is percent-encoded is no name.
fn holds_percent_name(value: &[u8]) -> bool {
    let mut parts = value.split(|b| *b == b'%').skip(1).peekable();
    while let Some(part) = parts.next() {
        let constant = part.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_');
        if parts.peek().is_some() && part.len() >= 3 && part[0].is_ascii_uppercase() && constant {
            let encoded = part[..2].iter().all(u8::is_ascii_hexdigit);
            if !encoded {
                return true;
            }
        }
    }
    false
}

/// `NAME`, `name`, `name->x`, `name[x]` behind a dollar; `2y$…` and `ecret1` are not.
fn is_variable(rest: &[u8]) -> bool {
    let len = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let (name, behind) = rest.split_at(len);
    let constant = name.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_');
    match behind {
        [] => {
            len > 0
                && (constant
                    || (len > 2
                        && (is_wordy(name) || name.iter().all(|b| b.is_ascii_lowercase() || *b == b'_'))))
        }
        [b'-', b'>', ..] | [b'[' | b':', ..] => len > 0,
        _ => false,
    }
}

/// Parts of expressions that are filled in later.
static REFERENCE_PARTS: List = List::new(
    " ${ $( {{ <% $random .getenv( process.env. os.environ /secrets/ secretkeyref secretsmanager: ",
);

/// Beginnings of references.
static REFERENCES: List = List::new(
    " \
    op:// vault:secret vault:// vault:kv vault:database vault:/ secret:// secret/data/ kv/data/ ref+ ssm: \
    arn:aws env: file: env. env( keyring: pass: awssm:// awsps:// gcpsecretmanager:// azurekeyvault:// akv: \
    sm:// secretsmanager: valuefrom !ref !sub !getatt !vault !env !secret !getenv !reference \
    @microsoft.keyvault @env process.env os.environ system.getenv os.getenv getenv secrets. var. local. \
    module. data. self. this. config. settings. options. credentials. params. vars. args. props. env[ \
    file:// key: keychain: projects/ secretref: lookup( conjur: doppler: bao: openbao: from_secret ",
);

/// Encrypted for somebody else, and so no plain credential.
pub(crate) fn is_sealed(value: &[u8]) -> bool {
    const MARKS: [&[u8]; 15] = [
        b"ENC[",
        b"ENC(",
        b"{cipher}",
        b"$ANSIBLE_VAULT",
        b"vault:v",
        b"-----BEGIN PGP MESSAGE",
        b"k8s:enc:",
        b"{AES}",
        b"{aes}",
        b"{xor}",
        b"AQICAH",
        b"!encrypted/",
        b"age-encryption.org",
        b"-----BEGIN AGE ENCRYPTED",
        b"$CRYPT$",
    ];
    // What kubeseal makes: the length of an RSA-4096 block, 0x0200, and then it.
    let kubeseal = value.len() >= 684
        && matches!(value, [b'A', b'g', b'A'..=b'D', ..])
        && value.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
    kubeseal || MARKS.iter().any(|mark| value.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::tests::all;

    #[test]
    fn placeholders() {
        all(
            is_placeholder,
            "changeme <password> xxxxxxxx your-password YOUR_API_KEY example replace-me-now ******** __TOKEN__ TODO \
             insert_token_here dummy-password fake_token 00000000 some-secret prefix-<TOKEN>-x MY_TOKEN_HERE",
            "hunter2 s3cr3t! correct-horse k3Vt9pLq2 postgres Tr0ub4dor&3 admin123 abcabc1 somersault1",
        );
        assert!(is_placeholder(b"<your token>") && is_placeholder(b"your password"));
    }

    #[test]
    fn references() {
        all(
            is_reference,
            "${DB_PASSWORD} $(cat) $DB_PASSWORD {{.Values.x}} %(password)s %PASSWORD% #{pw} @DB_PASSWORD@ {password} \
             vault:secret/data/db#password op://vault/item/field process.env.TOKEN $password var.db_password <%=pw%> \
             arn:aws:secretsmanager:eu:1:secret:x",
            "hunter2 $ecret1! pa$$word $2y$10$abc 100%sure a{b}c1 {SSHA}",
        );
    }

    #[test]
    fn words_for_a_password() {
        all(
            names_itself,
            "password my-password mypassword my_password pwd1 pass1 test_password_123 p@ssw0rd p@ss api_password secret myPass",
            "hunter2 knextest passion k3Vt9pLq2 mypasture word password-k3Vt9 trespass",
        );
    }

    #[test]
    fn hidden_and_sealed() {
        all(is_redacted, "******** ab**** [REDACTED] [FILTERED] <redacted>", "hunter2 a*b*c1 **");
        all(is_sealed, "ENC[AES256_GCM,data:x] vault:v1:abc AQICAHabc", "hunter2 ENCODER vault:x");
        all(is_repetitive, "xxxx 00000000 abababab", "aab1 hunter2 abcabc");
    }
}
