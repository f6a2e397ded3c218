//! [`Reason`]: why a candidate is not reported, or only as information.

/// Why a candidate is not reported. Names rules and classes and never holds characters of a value,
/// so that `scan --why` can print it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// There is nothing, or too little to be a credential.
    Empty,
    /// The checksum that the format has does not hold.
    Checksum,
    /// Too regular for the format.
    LowEntropy,
    /// An example from a provider's documentation.
    DocumentationExample,
    /// A text that somebody is asked to replace.
    Placeholder,
    /// A run of neighbours or repeats, typed to fill a field.
    Dummy,
    /// Stars, dots or `[REDACTED]`: hidden by somebody.
    Redacted,
    /// A variable, a template expression or the address of a secret store.
    Reference,
    /// Encrypted for somebody else.
    Sealed,
    /// A stored hash or a digest.
    Hash,
    /// A UUID under a name that does not speak for a credential.
    Uuid,
    /// The integrity value of a dependency.
    LockfileIntegrity,
    /// The name speaks about credentials: a length, an address, a policy.
    KeyIsAbout,
    /// The name does not speak for a credential, and the value does not for itself.
    KeyIsSilent,
    /// A value that repeats its own name.
    SameAsKey,
    /// A piece of a program: a call, a member, a variable.
    Expression,
    /// A name of the program's own.
    Identifier,
    /// The name of a type, a scheme or a form field.
    Keyword,
    /// Natural language.
    Prose,
    /// A word of a language where a password would be a guess.
    Word,
    /// A text of the user interface.
    Localisation,
    /// `true`, `none`, and the like.
    NoValue,
    /// A number, a size or a duration.
    Number,
    /// A path of a file.
    FilePath,
    /// An address without credentials.
    Url,
    /// A mail address.
    Email,
    /// The name of a resource.
    ResourceName,
    /// A header without a body.
    HeaderWithoutBody,
    /// A key or certificate that is public.
    PublicKey,
    /// It should be encoded, or be text, and does not decode.
    NotDecodable,
    /// Text of a program or a comparison where a weak value cannot be told from a word.
    WeakInCode,
    /// The value is long text: a document, not a credential.
    Document,
}

impl Reason {
    /// The name in reports, in kebab case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Checksum => "checksum",
            Self::LowEntropy => "low-entropy",
            Self::DocumentationExample => "documentation-example",
            Self::Placeholder => "placeholder",
            Self::Dummy => "dummy",
            Self::Redacted => "redacted",
            Self::Reference => "reference",
            Self::Sealed => "sealed",
            Self::Hash => "hash",
            Self::Uuid => "uuid",
            Self::LockfileIntegrity => "lockfile-integrity",
            Self::KeyIsAbout => "key-is-about",
            Self::KeyIsSilent => "key-is-silent",
            Self::SameAsKey => "same-as-key",
            Self::Expression => "expression",
            Self::Identifier => "identifier",
            Self::Keyword => "keyword",
            Self::Prose => "prose",
            Self::Word => "word",
            Self::Localisation => "localisation",
            Self::NoValue => "no-value",
            Self::Number => "number",
            Self::FilePath => "file-path",
            Self::Url => "url",
            Self::Email => "email",
            Self::ResourceName => "resource-name",
            Self::HeaderWithoutBody => "header-without-body",
            Self::PublicKey => "public-key",
            Self::NotDecodable => "not-decodable",
            Self::WeakInCode => "weak-in-code",
            Self::Document => "document",
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
