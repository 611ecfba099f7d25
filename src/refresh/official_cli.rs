//! Stub.
use crate::{env::Env, exit::Code, problem::Problem, source::Kind};
use std::path::{Path, PathBuf};
use std::time::Duration;
/// x
#[derive(Debug)]
pub struct Call<'a> {
    /// x
    pub kind: Kind,
    /// x
    pub file: &'a Path,
    /// x
    pub program: &'a [PathBuf],
    /// x
    pub container: Option<&'a str>,
    /// x
    pub env: &'a Env,
    /// x
    pub limit: Duration,
}
/// x
#[derive(Debug)]
pub struct Called {
    /// x
    pub program: String,
    /// x
    pub ended: Ended,
}
/// x
#[derive(Debug)]
pub enum Ended {
    /// x
    Exited(Option<i32>),
    /// x
    LoginOver,
    /// x
    TimedOut,
}
/// x
/// # Errors
/// x
pub fn call(_c: &Call<'_>) -> Result<Called, Problem> {
    Err(Problem::error(Code::Unavailable, "cli", "stub", ""))
}
