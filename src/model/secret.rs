//! A token, in a type that cannot be printed, and its fingerprint, which can.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::zeroizing::Zeroizing;

/// A token. It has no `Display`, and its `Debug` is redacted. All clones share one text, which is wiped when the last
/// clone is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Copies a token into a new secret.
    pub fn new(token: &str) -> Self {
        Self(Arc::new(Zeroizing::new(token.to_owned())))
    }

    /// The token itself. Search for this name to find every place where a token is used as plain text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

/// The first 12 hex digits of the SHA-256 of a token. It is the only form in which a token is ever shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint([u8; 6]);

impl Fingerprint {
    /// The fingerprint of a token.
    pub fn of(token: &str) -> Self {
        let digest = Sha256::digest(token.as_bytes());
        Self([digest[0], digest[1], digest[2], digest[3], digest[4], digest[5]])
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const WRONG: &str = "a fingerprint has 12 hex digits";
        if text.len() != 12 || !text.is_ascii() {
            return Err(WRONG);
        }
        let mut bytes = [0; 6];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(|_| WRONG)?;
        }
        Ok(Self(bytes))
    }
}

/// SHA-256 in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// A token with its fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The token.
    pub secret: Secret,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
}

impl Token {
    /// Copies a token and makes its fingerprint.
    pub fn new(token: &str) -> Self {
        Self { secret: Secret::new(token), fingerprint: Fingerprint::of(token) }
    }
}

/// The fingerprint of a token, where there is one.
pub fn fingerprint(token: Option<&Token>) -> Option<Fingerprint> {
    token.map(|token| token.fingerprint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_twelve_hex_digits_of_sha256_and_reads_back() {
        let fingerprint = Fingerprint::of("abc");
        assert_eq!(fingerprint.to_string(), "ba7816bf8f01");
        assert_eq!(Fingerprint::try_from("ba7816bf8f01".to_owned()), Ok(fingerprint));
        for wrong in ["", "ba7816bf8f0", "ba7816bf8f0g", "éa7816bf8f0"] {
            assert!(Fingerprint::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_token_does_not_show_in_debug() {
        assert!(!format!("{:?}", Token::new("sk-FAKE-canary")).contains("canary"));
    }
}
