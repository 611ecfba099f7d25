//! What a run does: the action for a profile, its outcome, and what else a run has written.

use serde::Serialize;

/// What is done about a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Nothing.
    None,
    /// Its credential is exchanged.
    Update,
    /// It is added to the store.
    Create,
    /// What it holds goes into the CLI's file.
    WriteBack,
    /// It is made to refer to the CLI's login.
    Link,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing was to be done.
    None,
    /// It would be done.
    Planned,
    /// It was done.
    Done,
    /// It is not done, on purpose.
    Refused,
    /// It could not be done.
    Failed,
}

/// A file that was written.
#[derive(Clone, Debug, Serialize)]
pub struct Exported {
    /// The file.
    pub path: String,
    /// What came of it.
    pub result: Outcome,
}

/// What `refresh` did about a source.
#[derive(Clone, Debug, Serialize)]
pub struct Attempt {
    /// `cli` or `http`.
    pub via: &'static str,
    /// The program that was used.
    pub program: Option<String>,
    /// What came of it.
    pub result: Outcome,
    /// Why.
    pub reason: String,
}
