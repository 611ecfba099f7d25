//! TODO header.

pub mod account;
pub mod alive;
pub mod binding;
pub mod change;
pub mod decide;
pub mod due;
pub mod judge;
pub mod outcome;
