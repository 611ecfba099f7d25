//! Keeps equal values in memory once.
//!
//! There may be ten thousand agents. When all are in step, they hold the same few tokens and profiles and get the
//! same verdicts, records and report rows. Each of these values is made and kept once, not once per agent.

use std::sync::Arc;

use crate::model::secret::Token;

/// The values that came in most recently.
#[derive(Debug)]
pub struct Recent<T> {
    known: Vec<T>,
    next: usize,
}

/// How many values are kept and searched.
const KEPT: usize = 16;

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { known: Vec::new(), next: 0 }
    }
}

impl<T: Clone> Recent<T> {
    /// The kept value for which `is` is true.
    pub fn find(&self, is: impl Fn(&T) -> bool) -> Option<T> {
        self.known.iter().find(|known| is(known)).cloned()
    }

    /// Keeps a value that is not kept yet. It may take the place of the oldest one.
    pub fn add(&mut self, new: T) -> T {
        if self.known.len() < KEPT {
            self.known.push(new.clone());
        } else {
            self.known[self.next] = new.clone();
            self.next = (self.next + 1) % KEPT;
        }
        new
    }
}

impl<T: Eq> Recent<Arc<T>> {
    /// The kept value that is equal to this one, else this one.
    pub fn share(&mut self, value: T) -> Arc<T> {
        self.find(|known| **known == value).unwrap_or_else(|| self.add(Arc::new(value)))
    }

    /// The kept value that is equal to this one, else this one.
    pub fn share_again(&mut self, value: Arc<T>) -> Arc<T> {
        self.find(|known| *known == value).unwrap_or_else(|| self.add(value))
    }
}

impl<T: Eq> Recent<Arc<[T]>> {
    /// The kept list that is equal to this one, else this one.
    pub fn share_list(&mut self, list: Vec<T>) -> Arc<[T]> {
        self.find(|known| **known == *list).unwrap_or_else(|| self.add(list.into()))
    }
}

/// The tokens that came in most recently.
#[derive(Debug, Default)]
pub struct Tokens(Recent<Token>);

impl Tokens {
    /// The kept token with this text, else a new one.
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
        let (mut recent, mut lists) = (Recent::default(), Recent::default());
        let same = recent.share("same".to_owned());
        for text in (0..3 * KEPT).flat_map(|n| [format!("{n}"), "same".to_owned()]) {
            assert_eq!(*recent.share(text.clone()), text);
            assert_eq!(*lists.share_list(vec![text.clone()]), [text]);
        }
        assert_eq!((recent.known.len(), lists.known.len()), (KEPT, KEPT));
        assert_eq!(same, recent.share("same".to_owned()));
        assert!(Arc::ptr_eq(&recent.share("last".to_owned()), &recent.share("last".to_owned())));
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
