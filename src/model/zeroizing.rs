//! A text or bytes that are overwritten when they are dropped: they may hold tokens.
//!
//! The `Zeroizing` of zeroize writes byte by byte. With thousands of stores that is a tenth of all the time. This one
//! writes them all at once, and then the barrier of the same crate keeps the compiler from leaving that out.

use std::fmt;
use std::ops::{Deref, DerefMut};

/// What can be overwritten, all that it has room for included.
pub trait Overwrite {
    /// Overwrites it with zeros, and leaves it empty.
    fn overwrite(&mut self);
}

impl Overwrite for Vec<u8> {
    fn overwrite(&mut self) {
        self.clear();
        self.resize(self.capacity(), 0);
        zeroize::optimization_barrier(self.as_slice());
        self.clear();
    }
}

impl Overwrite for String {
    fn overwrite(&mut self) {
        std::mem::take(self).into_bytes().overwrite();
    }
}

/// A value that is overwritten when it is dropped.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Zeroizing<T: Overwrite>(T);

impl<T: Overwrite> Zeroizing<T> {
    /// Takes in a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }
}

impl<T: Overwrite> Drop for Zeroizing<T> {
    fn drop(&mut self) {
        self.0.overwrite();
    }
}

impl<T: Overwrite> Deref for Zeroizing<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Overwrite> DerefMut for Zeroizing<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Overwrite> From<T> for Zeroizing<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Overwrite> fmt::Debug for Zeroizing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Zeroizing(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_overwritten_that_it_has_room_for() {
        let mut bytes = Vec::with_capacity(100);
        bytes.extend_from_slice(b"FAKE-canary-0123456789");
        bytes.truncate(4);
        bytes.overwrite();
        assert!(bytes.is_empty() && bytes.capacity() >= 100);
        // What is seen again is what was left behind the length.
        bytes.resize(bytes.capacity(), 0);
        assert!(bytes.iter().all(|byte| *byte == 0));
        let mut text = "FAKE-canary".to_owned();
        text.overwrite();
        assert_eq!(text, "");
    }

    #[test]
    fn it_is_what_was_taken_in_and_does_not_show_in_debug() {
        let mut text: Zeroizing<String> = "FAKE-canary".to_owned().into();
        text.push('1');
        assert_eq!(*text, "FAKE-canary1");
        assert!(!format!("{text:?}").contains("canary"));
    }
}
