//! What held tokens is overwritten before a program of others' is started: buffers, JSON values, the stack.
//!
//! Tokens themselves are wiped when they are dropped. This is for what they came in, and for what calculations with them
//! leave behind: SHA-256 works on a copy of its input.

use std::ops::Deref;

use serde_json::Value;

use crate::model::zeroizing::Overwrite;

/// A JSON value that may hold tokens. Its texts are wiped when it is dropped.
#[derive(Debug)]
pub struct WipedJson(pub Value);

impl Deref for WipedJson {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl Drop for WipedJson {
    fn drop(&mut self) {
        wipe_texts(&mut self.0);
    }
}

/// The parser limits the depth of a value to 128.
fn wipe_texts(value: &mut Value) {
    match value {
        Value::String(text) => text.overwrite(),
        Value::Array(values) => values.iter_mut().for_each(wipe_texts),
        Value::Object(members) => members.values_mut().for_each(wipe_texts),
        _ => {}
    }
}

/// Wipes a buffer that held a document with tokens.
pub fn wipe(buffer: &mut Vec<u8>) {
    buffer.overwrite();
}

/// How much of the stack is overwritten, in bytes: more than any call before has used.
const DEEP: usize = 256 << 10;

/// Overwrites what calls that have returned have left on the stack.
#[inline(never)]
#[allow(clippy::large_stack_arrays, reason = "that is what it is for")]
pub fn wipe_stack() {
    // The hint keeps the compiler from leaving it out.
    std::hint::black_box(&mut [0_u8; DEEP]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_of_a_value_is_wiped() {
        let mut value = serde_json::json!({ "a": ["x", { "b": "y" }], "c": 1 });
        wipe_texts(&mut value);
        assert_eq!(value, serde_json::json!({ "a": ["", { "b": "" }], "c": 1 }));
        wipe_stack();
    }
}
