//! Files: one way to read them, one way to replace them.

pub mod list;
pub mod publish;
pub mod read;
pub mod replace;
pub mod target;
pub mod temp;
