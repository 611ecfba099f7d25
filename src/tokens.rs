//! Many profiles, few tokens: each is hashed and kept once.

use crate::credential::Token;
use crate::few::Few;

/// Tokens that were taken in lately.
#[derive(Debug, Default)]
pub struct Tokens(Few<Token>);

impl Tokens {
    /// Takes a token in, if it is not here.
    pub fn take_in(&mut self, text: &str) -> Token {
        let known = self.0.find(|known| known.secret.expose() == text);
        known.unwrap_or_else(|| self.0.add(Token::new(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_what_was_given() {
        let mut tokens = Tokens::default();
        for text in ["FAKE-1", "FAKE-2", "FAKE-1"] {
            assert_eq!(tokens.take_in(text), Token::new(text));
        }
    }
}
