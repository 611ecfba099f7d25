//! Many profiles, few tokens: each is hashed and kept once.

use crate::credential::Token;

/// Tokens that were taken in lately. In step, all agents hold the same few: each is hashed and kept
/// once, and not once per agent.
#[derive(Debug, Default)]
pub struct Tokens {
    known: Vec<Token>,
    next: usize,
}

/// So many are looked through.
const LATELY: usize = 16;

impl Tokens {
    /// Takes a token in, if it is not here.
    pub fn take_in(&mut self, text: &str) -> Token {
        if let Some(known) = self.known.iter().find(|known| known.secret.expose() == text) {
            return known.clone();
        }
        let token = Token::new(text);
        if self.known.len() < LATELY {
            self.known.push(token.clone());
        } else {
            self.known[self.next] = token.clone();
            self.next = (self.next + 1) % LATELY;
        }
        token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_in_is_what_was_given_however_many_there_are() {
        let mut tokens = Tokens::default();
        for text in (0..3 * LATELY).flat_map(|n| [format!("FAKE-{n}"), "FAKE-same".to_owned()]) {
            assert_eq!(tokens.take_in(&text), Token::new(&text));
        }
        assert_eq!(tokens.known.len(), LATELY);
    }
}
