//! Many agents, few different things: what is equal is kept once.
//!
//! In step, ten thousand agents hold the same few tokens and profiles, get the same verdicts, and are
//! remembered and reported in the same words. Each of these is made and kept once, not once per agent.

use std::sync::Arc;

/// What was taken in lately.
#[derive(Debug)]
pub struct Few<T> {
    known: Vec<T>,
    next: usize,
}

/// So many are looked through.
const LATELY: usize = 16;

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self { known: Vec::new(), next: 0 }
    }
}

impl<T: Clone> Few<T> {
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

impl<T: Eq> Few<Arc<T>> {
    /// The one that is equal.
    pub fn share(&mut self, value: T) -> Arc<T> {
        self.find(|known| **known == value).unwrap_or_else(|| self.add(Arc::new(value)))
    }
}

impl<T: Eq> Few<Arc<[T]>> {
    /// The list that is equal.
    pub fn share_list(&mut self, list: Vec<T>) -> Arc<[T]> {
        self.find(|known| **known == *list).unwrap_or_else(|| self.add(list.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_in_is_what_was_given_however_many_there_are() {
        let (mut few, mut lists) = (Few::default(), Few::default());
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
}
