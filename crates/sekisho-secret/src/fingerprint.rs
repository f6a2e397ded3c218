//! [`Fingerprint`] and [`KeyId`]: what may be told of values and keys.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text that is not the hexadecimal form that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {digits} lower-case hexadecimal digits")]
pub struct ParseHexError {
    digits: usize,
}

macro_rules! digest {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; $len]);

        impl $name {
            /// The first bytes of a longer digest.
            pub(crate) fn from_prefix(digest: &[u8; 32]) -> Self {
                let mut bytes = [0; $len];
                bytes.copy_from_slice(&digest[..$len]);
                Self(bytes)
            }

            /// The raw bytes.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = ParseHexError;

            fn from_str(text: &str) -> Result<Self, ParseHexError> {
                let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok();
                let bytes = bytes.and_then(|b| <[u8; $len]>::try_from(b).ok());
                bytes.map(Self).ok_or(ParseHexError { digits: 2 * $len })
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseHexError;

            fn try_from(text: String) -> Result<Self, ParseHexError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(digest: $name) -> Self {
                digest.to_string()
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "pattern": concat!("^([0-9a-f]{2}){", stringify!($len), "}$"),
                })
            }
        }
    };
}

digest! {
    /// The identity of a value under one estate key: the first 16 bytes of
    /// HMAC-SHA-256(key, `sekisho/fp/v1` ‖ 0 ‖ canonical value), shown as 32 hexadecimal digits.
    Fingerprint, 16
}

digest! {
    /// The name of an estate key: the first 8 bytes of HMAC-SHA-256(key, `sekisho/key-id`), shown
    /// as 16 hexadecimal digits. Reports join only under one key id.
    KeyId, 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips() {
        let id = Fingerprint::from_prefix(&[0xab; 32]);
        assert_eq!(id.to_string(), "ab".repeat(16));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("AB".repeat(16).parse::<Fingerprint>().is_err());
        assert!("ab".repeat(15).parse::<Fingerprint>().is_err());
        assert!("ab".repeat(16).parse::<KeyId>().is_err());
    }
}
