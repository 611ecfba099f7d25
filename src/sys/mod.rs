//! TODO header.

pub mod clock;
pub mod fs;
pub mod json5;
pub mod locked;
pub mod nesting;
pub mod process;
pub mod signal;
pub mod url;

/// Wipes a buffer that has held a document with tokens.
pub fn wipe(buffer: &mut Vec<u8>) {
    zeroize::Zeroize::zeroize(buffer);
}
