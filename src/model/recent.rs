//! Many agents, few different things: what is equal is kept once.
//!
//! In step, ten thousand agents hold the same few tokens and profiles, get the same verdicts, and are
//! remembered and reported in the same words. Each of these is made and kept once, not once per agent.

use std::sync::Arc;

use crate::model::secret::Token;

/// What was taken in lately.
#[derive(Debug)]
pub struct Recent<T> {
    known: Vec<T>,
    next: usize,
}

/// So many are looked through.
const LATELY: usize = 16;

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { known: Vec::new(), next: 0 }
    }
}

impl<T: Clone> Recent<T> {
    /// The one that `is` it, if it is here.
    pub fn find(&self, is: impl Fn(&T) -> bool) -> Option<T> {
        self.known.iter().find(|known| is(known)).cloned()
    }

    /// Takes one in that is not here.
    pub fn add(&mut self, new: T) -> T {
        if self.known.len() < LATELY {
            self.known.push(new.clone());
        } else {
            self.known[self.next] = new.clone();
            self.next = (self.next + 1) % LATELY;
        }
        new
    }
}

impl<T: Eq> Recent<Arc<T>> {
    /// The one that is equal.
    pub fn share(&mut self, value: T) -> Arc<T> {
        self.find(|known| **known == value).unwrap_or_else(|| self.add(Arc::new(value)))
    }
}

impl<T: Eq> Recent<Arc<[T]>> {
    /// The list that is equal.
    pub fn share_list(&mut self, list: Vec<T>) -> Arc<[T]> {
        self.find(|known| **known == *list).unwrap_or_else(|| self.add(list.into()))
    }
}

/// Tokens that were taken in lately.
#[derive(Debug, Default)]
pub struct Tokens(Recent<Token>);

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
    fn what_is_taken_in_is_what_was_given_however_many_there_are() {
        let (mut few, mut lists) = (Recent::default(), Recent::default());
        let same = few.share("same".to_owned());
        for text in (0..3 * LATELY).flat_map(|n| [format!("{n}"), "same".to_owned()]) {
            assert_eq!(*few.share(text.clone()), text);
            assert_eq!(*lists.share_list(vec![text.clone()]), [text]);
        }
        assert_eq!((few.known.len(), lists.known.len()), (LATELY, LATELY));
        assert_eq!(same, few.share("same".to_owned()));
        assert!(Arc::ptr_eq(&few.share("last".to_owned()), &few.share("last".to_owned())));
        assert!(Arc::ptr_eq(&lists.share_list(vec![]), &lists.share_list(vec![])));
    }

    #[test]
    fn a_token_is_what_was_given() {
        let mut tokens = Tokens::default();
        for text in ["FAKE-1", "FAKE-2", "FAKE-1"] {
            assert_eq!(tokens.take_in(text), Token::new(text));
        }
    }
}
