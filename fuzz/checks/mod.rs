//! What must hold of everything that ocsync reads, whatever the bytes: a check takes any bytes
//! and panics where a promise is broken. `fuzz/target.rs` feeds them with what libFuzzer
//! invents, `tests/core/fuzz_corpus.rs` with what it has kept.
//!
//! A new check is a function in a file here, a line in [`ALL`], a `[[bin]]` of the same name in
//! `fuzz/Cargo.toml`, and a directory of seeds in `fuzz/corpus`.

mod config;
mod jwt;
mod lock_payload;
mod login_file;
mod provide;
mod same;
mod sources;
mod store_edit;
mod token_answer;

/// Takes any bytes; panics where a promise is broken.
pub(crate) type Check = fn(&[u8]);

/// Every check, by the name of its target.
pub(crate) const ALL: &[(&str, Check)] = &[
    ("config", config::check),
    ("jwt", jwt::check),
    ("lock_payload", lock_payload::check),
    ("login_file", login_file::check),
    ("provide", provide::check),
    ("sources", sources::check),
    ("store_edit", store_edit::check),
    ("token_answer", token_answer::check),
];

/// One of a few things, as a byte of the input says.
fn pick<T: Copy>(byte: u8, of: &[T]) -> T {
    of[usize::from(byte) % of.len()]
}

/// The first bytes of an input, which choose, and the rest.
fn split<const N: usize>(data: &[u8]) -> Option<([u8; N], &[u8])> {
    data.split_first_chunk::<N>().map(|(first, rest)| (*first, rest))
}

/// A problem names the file and a place that is in it, and repeats nothing of a token.
fn names_a_place(message: &str, text: &[u8]) {
    let place = message.strip_prefix("/f: line ").expect("the file and a line");
    let (line, rest) = place.split_once(" column ").expect("a column");
    let (column, why) = rest.split_once(": ").expect("a reason");
    let (line, column): (usize, usize) = (line.parse().unwrap(), column.parse().unwrap());
    let lines = text.iter().filter(|byte| **byte == b'\n').count() + 1;
    assert!(line > 0 && line <= lines && column > 0 && column <= text.len() + 1 && !why.is_empty(), "{message}");
    assert!(!message.contains("canary"), "{message}");
}
