//! [`Encoding`]: the ways in which a copy of a value can be wrapped.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One layer between the bytes of a file and a value; lists of layers are outermost first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Encoding {
    /// RFC 4648 section 4, padded or not.
    Base64,
    /// RFC 4648 section 5.
    Base64url,
    /// RFC 4648 section 8, either case.
    Hex,
    /// Percent-encoding of RFC 3986 section 2.1.
    Percent,
    /// A JSON string's escapes, RFC 8259 section 7.
    JsonEscape,
    /// Escapes of C and the languages that took them over, C17 section 6.4.4.4.
    CEscape,
    /// A YAML double-quoted scalar's escapes, YAML 1.2.2 section 5.7.
    YamlEscape,
    /// HTML character references.
    Html,
    /// UTF-16, little endian.
    #[serde(rename = "utf-16le")]
    Utf16le,
    /// UTF-16, big endian.
    #[serde(rename = "utf-16be")]
    Utf16be,
    /// gzip, RFC 1952.
    Gzip,
    /// zlib, RFC 1950.
    Zlib,
    /// Zstandard, RFC 8878.
    Zstd,
}

impl Encoding {
    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Base64url => "base64url",
            Self::Hex => "hex",
            Self::Percent => "percent",
            Self::JsonEscape => "json-escape",
            Self::CEscape => "c-escape",
            Self::YamlEscape => "yaml-escape",
            Self::Html => "html",
            Self::Utf16le => "utf-16le",
            Self::Utf16be => "utf-16be",
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Zstd => "zstd",
        }
    }
}
