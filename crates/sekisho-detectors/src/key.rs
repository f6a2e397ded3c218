//! What a key's name says of its value.
//!
//! `DB_PASSWORD` speaks for a credential; `PASSWORD_MIN_LENGTH`, `passwordPolicy` and `TOKEN_URL`
//! speak of something about one. A name is read as people read it: split into words at
//! punctuation and at changes of case, the last word that names a credential decides, and the
//! words behind and before it can turn its meaning. The lists are closed and ordinary English (and
//! the few other languages' words for password that are common in settings); an unknown word
//! behind the noun makes the name weak, so that only a value that speaks for itself is taken.

use std::cell::RefCell;
use std::ops::Range;

use crate::words::List;

/// What a name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyClass {
    /// The value is a credential of that kind.
    Credential(Noun),
    /// It may be one; the value must speak for itself.
    Perhaps(Noun),
    /// It is about a credential, or is public by its name.
    About,
    /// It says nothing.
    Silent,
}

/// The kinds of credential that names tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Noun {
    /// password, passphrase, pwd, …: any text can be one.
    Password,
    /// secret, credential.
    Secret,
    /// token, bearer, authorization.
    Token,
    /// A key with a word before it that makes it secret: api, access, private, …
    Key,
    /// A salt or a nonce: no credential by itself, but weak where it is written down.
    Salt,
}

/// A name read: its class and where the deciding word stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyReading {
    /// What it says.
    pub class: KeyClass,
    /// The bytes of the noun, empty when there is none.
    pub noun: Range<usize>,
}

/// Longest name that is read; what is longer is cut on the left (the end decides).
pub const MAX_KEY: usize = 96;

/// The words of a name: lower case, with their places.
struct Words {
    text: [u8; MAX_KEY],
    ends: [(u8, u8); 24],
    len: usize,
    offset: usize,
}

impl Words {
    /// Splits at everything that is no letter or digit, between lower and upper case, and before
    /// the last capital of a run (`APIKey` is `api key`).
    fn of(key: &[u8]) -> Self {
        let offset = key.len().saturating_sub(MAX_KEY);
        let key = &key[offset..];
        let mut words = Self { text: [0; MAX_KEY], ends: [(0, 0); 24], len: 0, offset };
        let mut start = None;
        for at in 0..=key.len() {
            let here = key.get(at).copied().filter(u8::is_ascii_alphanumeric);
            let boundary = match (start, here) {
                (None, Some(_)) => {
                    start = Some(at);
                    false
                }
                (Some(_), None) => true,
                (Some(_), Some(byte)) => {
                    let before = key[at - 1];
                    let next_lower = key.get(at + 1).is_some_and(u8::is_ascii_lowercase);
                    byte.is_ascii_uppercase()
                        && (!before.is_ascii_uppercase() || (next_lower && before.is_ascii_uppercase()))
                }
                (None, None) => false,
            };
            if let (true, Some(from)) = (boundary, start) {
                if words.len == words.ends.len() {
                    // Too many words to be a name; keep the later ones.
                    words.ends.rotate_left(1);
                    words.len -= 1;
                }
                words.ends[words.len] = (from as u8, at as u8);
                words.len += 1;
                start = here.map(|_| at);
            }
            if let Some(byte) = key.get(at) {
                words.text[at] = byte.to_ascii_lowercase();
            }
        }
        words
    }

    fn word(&self, at: usize) -> &[u8] {
        let (from, to) = self.ends[at];
        &self.text[usize::from(from)..usize::from(to)]
    }

    fn range(&self, at: usize) -> Range<usize> {
        let (from, to) = self.ends[at];
        self.offset + usize::from(from)..self.offset + usize::from(to)
    }

    fn any(&self, range: Range<usize>, list: &List) -> bool {
        range.into_iter().any(|at| list.has(self.word(at)))
    }
}

fn is_number(word: &[u8]) -> bool {
    word.iter().all(u8::is_ascii_digit)
}

/// A short name with what it says.
#[derive(Clone, Copy)]
struct Known {
    /// Zeros behind its end.
    name: [u8; Self::MAX],
    len: usize,
    class: KeyClass,
    noun: (usize, usize),
}

impl Known {
    /// Longest name that is kept, in bytes.
    const MAX: usize = 32;
    /// How many are kept: a power of two.
    const COUNT: usize = 1024;

    /// The place of a name.
    fn slot(name: &[u8; Self::MAX]) -> usize {
        let (words, _) = name.as_chunks();
        let mix = |hash: u64, word: &[u8; 8]| {
            (hash ^ u64::from_le_bytes(*word)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
        };
        words.iter().fold(0, mix) as usize % Self::COUNT
    }
}

thread_local! {
    /// Names that were read last: a text has the same few again and again.
    static KNOWN: RefCell<Vec<Option<Known>>> = const { RefCell::new(Vec::new()) };
}

/// [`read_key`] for the names of a text, which is kept: never for what may be a value.
pub(crate) fn read_name(key: &[u8]) -> KeyReading {
    let mut name = [0; Known::MAX];
    let Some(short) = name.get_mut(..key.len()) else { return read_key(key) };
    short.copy_from_slice(key);
    KNOWN.with_borrow_mut(|known| {
        known.resize(Known::COUNT, None);
        let slot = &mut known[Known::slot(&name)];
        if let Some(Known { class, noun: (start, end), .. }) =
            slot.filter(|known| known.name == name && known.len == key.len())
        {
            return KeyReading { class, noun: start..end };
        }
        let reading = read_key(key);
        let (class, noun) = (reading.class, (reading.noun.start, reading.noun.end));
        *slot = Some(Known { name, len: key.len(), class, noun });
        reading
    })
}

/// Reads a name: `DB_PASSWORD`, `dbPassword`, `spring.datasource.password`, `--api-key`.
pub fn read_key(key: &[u8]) -> KeyReading {
    let words = Words::of(key);
    for at in (0..words.len).rev() {
        if let Some((noun, sure)) = noun(&words, at) {
            let class = class(&words, at, noun, sure);
            let mut range = words.range(at);
            if WITH_WORD_BEFORE.has(words.word(at)) {
                range.start = words.range(at.saturating_sub(1)).start;
            }
            return KeyReading { class, noun: range };
        }
    }
    KeyReading { class: KeyClass::Silent, noun: 0..0 }
}

/// Whether the word at `at` names a credential, and whether it does so without doubt.
fn noun(words: &Words, at: usize) -> Option<(Noun, bool)> {
    let raw = words.word(at);
    // `password1` and `token2` are numbered ones.
    let digits = raw.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let word = if digits < raw.len() { &raw[..raw.len() - digits] } else { raw };
    let before = at.checked_sub(1).map_or(&b""[..], |at| words.word(at));
    if word == b"nopasswd" || word == b"nopassword" {
        return None;
    }
    if PASSWORDS.has(word) {
        return Some((Noun::Password, true));
    }
    // `dbpassword`, `rootpw`, `clientsecret`, `authtoken`, `apikey`: names without a boundary.
    if ["password", "passwd", "passwort", "passphrase", "passwrd"]
        .iter()
        .any(|p| word.ends_with(p.as_bytes()))
    {
        return Some((Noun::Password, true));
    }
    if word == b"pass" {
        // "pass" alone is also a verb and a ticket.
        return Some((Noun::Password, at > 0));
    }
    // `mysqlrootpwd`; the shell's OLDPWD is a directory.
    let directory = matches!(word, b"oldpwd" | b"getpwd" | b"cwdpwd");
    if JOINED_PASS.has(word) || (word.ends_with(b"pwd") && !directory) {
        return Some((Noun::Password, true));
    }
    match word {
        b"secret" => return Some((Noun::Secret, true)),
        b"token" | b"jwt" => return Some((Noun::Token, true)),
        b"bearer" | b"authorization" | b"auth" | b"pat" | b"ticket" => return Some((Noun::Token, false)),
        b"code" if matches!(before, b"auth" | b"authorization") => return Some((Noun::Token, true)),
        b"verifier" if matches!(before, b"oauth" | b"code" | b"pkce") => return Some((Noun::Token, true)),
        b"signature" if before == b"oauth" => return Some((Noun::Token, true)),
        b"seed" => return Some((Noun::Key, at > 0 && SEED_WORDS.has(before))),
        b"salt" | b"nonce" | b"saltvalue" | b"noncestr" => return Some((Noun::Salt, true)),
        b"nkey" => return Some((Noun::Key, true)),
        b"credential" | b"credentials" | b"creds" | b"cred" | b"secrets" | b"tokens" | b"passwords" => {
            return Some((Noun::Secret, false));
        }
        b"key" => {
            if PUBLIC_KEYS.has(before) {
                return None;
            }
            return Some((Noun::Key, KEY_WORDS.has(before)));
        }
        _ => {}
    }
    // `issecret=true` is a switch.
    if word.ends_with(b"secret") && word != b"issecret" {
        return Some((Noun::Secret, true));
    }
    if word.ends_with(b"token") && word != b"canceltoken" {
        return Some((Noun::Token, true));
    }
    let stem = word.strip_suffix(b"key")?;
    KEY_WORDS.has(stem).then_some((Noun::Key, true))
}

fn class(words: &Words, at: usize, noun: Noun, sure: bool) -> KeyClass {
    let head = 0..at;
    let tail = at + 1..words.len;
    if noun == Noun::Salt {
        let about = words.any(tail.clone(), &ABOUT_BEHIND) || words.any(head, &ABOUT_BEFORE);
        let kept = { tail }.all(|at| KEPT_BEHIND.has(words.word(at)));
        return if about || !kept { KeyClass::About } else { KeyClass::Perhaps(noun) };
    }
    // Vault's AppRole calls its password `secret_id`.
    let secret_id = words.word(at) == b"secret" && tail.len() == 1 && words.word(tail.start) == b"id";
    if secret_id {
        return KeyClass::Perhaps(noun);
    }
    if words.any(tail.clone(), &ABOUT_BEHIND) || words.any(head.clone(), &ABOUT_BEFORE) {
        return KeyClass::About;
    }
    if noun == Noun::Secret && words.any(head.clone(), &SECRET_OBJECTS) {
        return KeyClass::About;
    }
    if noun == Noun::Token && words.any(head.clone(), &PUBLIC_TOKENS) {
        return KeyClass::About;
    }
    // `config.jwtSecretKey`: where the word in front of it makes a key secret, only few can make it public
    // again (`publicAccessKey`); all in front of them is where it stands.
    let public =
        if sure { words.any(at.saturating_sub(2)..at, &PUBLIC) } else { words.any(head, &PUBLIC_KEYS) };
    if noun == Noun::Key && public {
        return KeyClass::About;
    }
    let made_up = words.any(0..at, &MADE_UP);
    let kept = tail.into_iter().all(|at| KEPT_BEHIND.has(words.word(at)) || is_number(words.word(at)));
    if kept && sure && !made_up { KeyClass::Credential(noun) } else { KeyClass::Perhaps(noun) }
}

/// Whether the word in front of `key` decides what the key is.
pub(crate) fn makes_key(word: &[u8]) -> bool {
    KEY_WORDS.has(word)
        || matches!(word.to_ascii_lowercase().as_slice(), b"public" | b"pub" | b"publishable" | b"site")
}

/// What stands behind a name and says for which place it is.
static WHERE: List = List::new(" in out prod production dev development test staging stage qa ");

/// Whether a name says of its value that it is public: a user, a host, a port, a database, …
pub fn public_key_name(key: &[u8]) -> Option<PublicName> {
    let words = Words::of(key);
    // `DB_USER_PROD`, `username_in`: the word before says what it is.
    let mut at = words.len.checked_sub(1)?;
    if at > 0 && (is_number(words.word(at)) || WHERE.has(words.word(at))) {
        at -= 1;
    }
    let last = words.word(at);
    let kinds = [
        (PublicName::User, &USERS),
        (PublicName::Email, &MAILS),
        (PublicName::Host, &HOSTS),
        (PublicName::Port, &PORTS),
        (PublicName::Url, &URLS),
        (PublicName::Name, &NAMES),
        (PublicName::Setting, &SETTINGS),
    ];
    let known = kinds.into_iter().find(|(_, list)| list.has(last)).map(|(name, _)| name);
    // `accountname`, `bucketname`.
    known.or_else(|| (last.len() > 4 && last.ends_with(b"name")).then_some(PublicName::Name))
}

/// Whether some word of a name speaks of a switch, a duration or a size.
pub(crate) fn speaks_of_setting(key: &[u8]) -> bool {
    let words = Words::of(key);
    words.any(0..words.len, &SETTINGS)
}

/// What a public name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicName {
    /// A user or login name.
    User,
    /// A mail address.
    Email,
    /// A host.
    Host,
    /// A port.
    Port,
    /// An address.
    Url,
    /// The name of a database, bucket, region and the like.
    Name,
    /// A switch, a duration, a size.
    Setting,
}

/// Names of people, machines and where they are.
static USERS: List = List::new(" user username login usr uid userid rolename ");
static MAILS: List = List::new(" email mail from sender ");
static HOSTS: List = List::new(" host hostname server address addr fqdn domain hosts servers cluster ip ");
static PORTS: List = List::new(" port ports ");
static URLS: List = List::new(" url uri endpoint endpoints href link ");

/// Names of things that are no secret.
static NAMES: List = List::new(
    " \
    database db dbname schema bucket region zone namespace name project org organization account tenant \
    realm keyspace collection queue topic index location environment vhost instance repository registry \
    type engine provider driver dialect id role group version scope scopes issuer audience mode level \
    method protocol scheme timezone locale format algorithm alg kid groups roles description comment label ",
);

/// Switches, durations, sizes.
static SETTINGS: List = List::new(
    " \
    enabled disabled enable disable timeout ttl size limit count retries sslmode ssl tls debug verbose \
    interval max min length expiry expires expiration ",
);

/// Whole words for a password.
static PASSWORDS: List = List::new(
    " \
    password passwd pwd passwort passphrase passcode pswd psw pw passw passwrd contrasena senha kennwort \
    motdepasse passw0rd rootpw userpw adminpw dbpwd userpwd requirepass masterauth sshpass storepass \
    keypass bindpw psk ",
);

/// Names ending in `pass` that are no words (`bypass`, `compass`).
static JOINED_PASS: List =
    List::new(" dbpass userpass mypass adminpass rootpass smtppass mailpass sqlpass ftppass ");

/// Nouns that are one only together with the word before them: `auth_code`.
static WITH_WORD_BEFORE: List = List::new(" code verifier signature ");

/// Words before `seed` that make it one of keys and not of random numbers.
static SEED_WORDS: List = List::new(
    " \
    private secret key nkey user account operator server cluster wallet totp otp hotp mfa twofa 2fa master \
    authenticator ",
);

/// Words before `key` that make it a secret one.
static KEY_WORDS: List = List::new(
    " \
    api access secret private priv encryption encrypt decryption signing sign signature auth \
    authentication authorization master account app application service storage shared session cookie \
    crypto crypt cipher aes hmac rsa jwt webhook admin root deploy client server license licence \
    security subscription functions host symmetric wallet preshared psk data env user secure token \
    password consumer oauth vapid merchant bot integration ingestion apikey seed validation flask django rails laravel ",
);

/// Words before `key` that make it public or no credential at all.
static PUBLIC_KEYS: List = List::new(
    " \
    public pub primary foreign sort partition cache object row message translation i18n hot shortcut map \
    dict idempotency routing publishable site index unique hash range group lookup config registry \
    storagekey query event sorting label parent composite surrogate natural binding metadata tag node \
    feature selector modifier arrow enter escape tab keyboard press any num function header property \
    attribute search filter json yaml xml by for of the each a an ",
);

/// Words that make even an access key a public one.
static PUBLIC: List = List::new(" public pub publishable site foreign sort partition idempotency ");

/// Words before `secret` that make it the name of a Secret object.
static SECRET_OBJECTS: List =
    List::new(" existing pull tls ca cert certificate password credentials image ingress sealed ");

/// Words before a token that make it a cursor or a piece of syntax.
static PUBLIC_TOKENS: List = List::new(
    " \
    next page continuation continue sync start end max min num stop eos bos pad unk mask special prompt \
    completion total syntax lexer parser close open current previous prev cancellation cancel input \
    output delimiter separator reasoning initial ",
);

/// Words behind the noun that keep its meaning.
static KEPT_BEHIND: List = List::new(
    " \
    value val plain plaintext cleartext text string str default prod production dev development test \
    testing staging stage qa uat live sandbox local old new current previous primary secondary base64 \
    b64 base env admin root master main backup a b x v1 v2 v3 hex bytes raw data const constant literal \
    decoded key unencrypted read write readonly replica internal external global shared confirm \
    confirmation again repeat verify ",
);

/// Words behind the noun that make it a word about credentials.
static ABOUT_BEHIND: List = List::new(
    " \
    length len min max minimum maximum size count url uri urls endpoint host hostname port file files \
    filename filepath path paths dir directory folder location name names id ids ref refs reference \
    references type types policy policies ttl expiry expires expire expired expiration timeout lifetime \
    duration interval age enabled enable disabled disable required require optional allowed field fields \
    label labels hint placeholder prompt message messages msg error errors title text2 description help \
    tooltip regex regexp pattern rule rules format prefix suffix header headers param parameter params \
    arg algorithm alg algo version scope scopes issuer audience provider manager store service server \
    reset change changed update updated strength complexity encoder encoding validator validation \
    generator hash hashed hasher hashes sha sha1 sha2 sha256 sha512 md5 digest checksum salt iterations input form page view screen \
    dialog modal button box column table index state status mode source src callback handler helper util \
    utils class interface model factory builder config configuration settings options props schema spec \
    info metadata list map set array getter setter resolver fetcher reader grant flow request response \
    event key2 kind method mount volume annotation engine backend scanner scanning detection rotation \
    rotate period history attempts retries limit quota usage used visible visibility show hide toggle \
    match mismatch confirmed missing invalid valid empty null exists present changeable authentication \
    authenticator auth2 protected less command cmd script program tool stream parser lexer kinds filter \
    review reviews template templates arn url2 creation created at date time timestamp by from to of for \
    is not fingerprint thumbprint usages curve bits code codes ring board word words press down up \
    charset chars characters exchange vault uris subject claims claim alias storage cache expiring lookup payload ",
);

/// Words before the noun that make it one for show: the value must speak for itself.
static MADE_UP: List = List::new(" fake mock dummy ");

/// Words before the noun that make it a question, an act or a rule.
static ABOUT_BEFORE: List = List::new(
    " \
    checksum digest fingerprint annotation encrypted \
    no is has have use using uses min max minimum maximum reset forgot forgotten change update show hide \
    require requires required allow allowed disable disabled enable enabled invalid missing wrong \
    incorrect expired enter confirm2 without need needs skip validate check verify2 generate get \
    fetch load read2 find lookup parse format hashed public automount create delete \
    remove rotate revoke refresh2 encode decode compare ask prompt bad weak empty unknown duplicate \
    unsupported unexpected cancel label labels mandatory caption title hint message msg error warning lbl n len length hash sha sha256 md5 ",
);

#[cfg(test)]
mod tests {
    use super::*;

    fn class_of(key: &str) -> KeyClass {
        read_key(key.as_bytes()).class
    }

    #[test]
    fn names_of_credentials() {
        for key in [
            "password",
            "PASSWORD",
            "DB_PASSWORD",
            "dbPassword",
            "spring.datasource.password",
            "MYSQL_ROOT_PASSWORD",
            "dbpassword",
            "PGPASSWORD",
            "db-pass",
            "SMTP_PASS",
            "userPwd",
            "redis_passwd",
            "keystore.passphrase",
            "PASSWORD_PROD",
            "password2",
            "requirepass",
        ] {
            assert_eq!(class_of(key), KeyClass::Credential(Noun::Password), "{key}");
        }
        for key in ["CLIENT_SECRET", "clientSecret", "JWT_SECRET", "clientsecret", "secret"] {
            assert_eq!(class_of(key), KeyClass::Credential(Noun::Secret), "{key}");
        }
        for key in ["API_TOKEN", "authToken", "--token", "x-auth-token", "GITHUB_TOKEN", "accesstoken"] {
            assert_eq!(class_of(key), KeyClass::Credential(Noun::Token), "{key}");
        }
        for key in [
            "API_KEY",
            "apiKey",
            "apikey",
            "X-API-Key",
            "SECRET_KEY_BASE",
            "private_key",
            "APIKey",
            "privateKey",
        ] {
            assert_eq!(class_of(key), KeyClass::Credential(Noun::Key), "{key}");
        }
    }

    #[test]
    fn names_about_credentials() {
        for key in [
            "PASSWORD_MIN_LENGTH",
            "TOKEN_URL",
            "SECRET_NAME",
            "passwordFile",
            "PASSWORD_FILE",
            "TOKEN_PATH",
            "AUTH_ENABLED",
            "token_ttl",
            "passwordPolicy",
            "secretKeyRef.name",
            "existingSecretName",
            "resetPassword",
            "max_tokens",
            "nextToken",
            "csrf_token_header",
            "accessKeyId",
            "tokenType",
            "automountServiceAccountToken",
            "passwordHash",
            "imagePullSecretName",
            "usePassword",
            "checksum/secret",
            "tlsSecret",
            "auth.existingSecret",
            "passwordSecret",
        ] {
            let class = class_of(key);
            assert!(!matches!(class, KeyClass::Credential(_)), "{key}: {class:?}");
        }
        for key in ["public_key", "primaryKey", "cacheKey", "foreign_key"] {
            assert!(!matches!(class_of(key), KeyClass::Credential(_) | KeyClass::Perhaps(_)), "{key}");
        }
    }

    #[test]
    fn others_are_silent_or_weak() {
        for key in [
            "bypass",
            "compass",
            "monkey",
            "author",
            "keyboard",
            "LOG_LEVEL",
            "tokenizer",
            "",
            "...",
            "passed",
        ] {
            assert_eq!(class_of(key), KeyClass::Silent, "{key}");
        }
        for key in ["key", "auth", "PASSWORD_GRAFANA", "sort_by_key_token_foo"] {
            assert!(matches!(class_of(key), KeyClass::Perhaps(_)), "{key}");
        }
    }

    #[test]
    fn the_deciding_word_is_pointed_at() {
        assert_eq!(read_key(b"DB_PASSWORD_PROD").noun, 3..11);
        assert_eq!(read_key(b"SECRET_KEY").noun, 7..10);
        let long = [&b"x".repeat(200)[..], b"_password"].concat();
        assert_eq!(read_key(&long).noun, 201..209);
    }
}
