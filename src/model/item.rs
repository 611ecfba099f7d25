//! One profile on its way through a run: what was read, what was decided, and what was done.
//!
//! The engine changes items, and at the end the report makes its rows from them. Two other things that a run does are
//! here as well: a refresh of a source, and an environment file.

use std::sync::Arc;

use serde::Serialize;

use crate::model::because::Because;
use crate::model::decision::{Decision, Judgement};
use crate::model::inventory::StoreRef;
use crate::model::profile::{Profile, ProfileKind};
use crate::model::reason::Reason;
use crate::model::source::Source;
use crate::model::verdict::{Shape, Verdict};

/// What is done about a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Nothing.
    None,
    /// It gets the source's credential.
    Update,
    /// It is added to the store.
    Create,
    /// Its tokens go into the CLI's file.
    WriteBack,
    /// It is made to refer to the CLI's login.
    Link,
}

/// The result of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// There was nothing to do.
    None,
    /// It will be done, or a dry run would do it.
    Planned,
    /// It was done.
    Done,
    /// It is not done, on purpose.
    Refused,
    /// It could not be done.
    Failed,
}

/// What an item is about.
#[derive(Clone, Debug)]
pub enum Subject<'a> {
    /// A store that is not served.
    Store,
    /// A profile that was read, and what was decided about it.
    Read(&'a Arc<Profile>, Arc<Decision>),
    /// A profile to be added, as it will be in the store.
    New(Arc<Profile>),
    /// A profile to be linked.
    Link(Box<Linked>),
}

/// A profile to be linked.
#[derive(Clone, Copy, Debug)]
pub struct Linked {
    /// Its id.
    pub id: &'static str,
    /// Its provider.
    pub provider: &'static str,
}

/// One profile on its way, or a store that is not served. There is one for each profile of each agent, so it is small.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    /// Its store.
    pub at: StoreRef<'a>,
    /// The profile.
    pub subject: Subject<'a>,
    /// The source that it is bound to.
    pub source: Option<&'a Source>,
    /// The verdict; `None` for a store that is not served.
    pub verdict: Option<Verdict>,
    /// What is done about it.
    pub action: Action,
    /// The result of the action.
    pub outcome: Outcome,
    /// Why the verdict and the action are what they are.
    pub because: Because,
    /// A cooldown that the dead credential had caused was lifted.
    pub cooldown_lifted: bool,
    /// The profile after it was written.
    pub after: Option<Arc<Profile>>,
}

/// A profile that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its id.
    pub profile: String,
    /// The source, as an index into the sources of the inventory; `None` for a login that was put back.
    pub source: Option<usize>,
    /// The verdict that asked for it.
    pub verdict: Verdict,
    /// The form in which it got the credential.
    pub shape: Shape,
    /// Its cooldown was lifted.
    pub lifted: bool,
    /// The profile as it is now, where no source says that.
    pub after: Option<Arc<Profile>>,
}

impl Written {
    /// A profile that was written and whose cooldown was not lifted.
    pub fn new(profile: &str, source: usize, verdict: Verdict, shape: Shape) -> Self {
        let (profile, source) = (profile.to_owned(), Some(source));
        Self { profile, source, verdict, shape, lifted: false, after: None }
    }

    /// A profile into which a login was put back.
    pub fn put_back(after: Arc<Profile>) -> Self {
        let (verdict, shape) = (Verdict::Unbound, Shape::OAuth);
        Self { profile: after.id.clone(), source: None, verdict, shape, lifted: false, after: Some(after) }
    }
}

impl<'a> Item<'a> {
    /// The id of the profile.
    pub fn id(&self) -> Option<&str> {
        match &self.subject {
            Subject::Store => None,
            Subject::Read(profile, _) => Some(&profile.id),
            Subject::New(profile) => Some(&profile.id),
            Subject::Link(linked) => Some(linked.id),
        }
    }

    /// The profile that was read, and what was decided about it.
    pub fn decided(&self) -> Option<(&'a Arc<Profile>, &Arc<Decision>)> {
        match &self.subject {
            Subject::Read(profile, decision) => Some((profile, decision)),
            _ => None,
        }
    }

    /// The profile as it is now, or as it will be, where its fields are known.
    pub fn profile(&self) -> Option<&Profile> {
        match (&self.after, &self.subject) {
            (Some(profile), _) | (None, Subject::New(profile)) => Some(profile),
            (None, Subject::Read(profile, _)) => Some(profile),
            (None, Subject::Store | Subject::Link(..)) => None,
        }
    }

    /// Its type.
    pub fn kind(&self) -> Option<ProfileKind> {
        match self.subject {
            Subject::Link(..) => Some(ProfileKind::Token),
            _ => self.profile().map(|profile| profile.kind),
        }
    }

    /// Whether its store was written. A write-back writes the CLI's file and does not count.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.outcome == Outcome::Done && self.action != Action::WriteBack
    }

    /// Notes that another run or OpenClaw has brought it in step meanwhile.
    pub fn settle(&mut self) {
        self.action = Action::None;
        self.outcome = Outcome::None;
        self.verdict = Some(Verdict::InSync);
        if let Subject::Read(_, decision) = &mut self.subject {
            Arc::make_mut(decision).judgement = Judgement::new(Verdict::InSync, Reason::SettledMeanwhile);
            self.because = Reason::SettledMeanwhile.into();
        }
    }

    /// Notes that nothing is done about it, because the run stops.
    pub fn leave(&mut self) {
        if self.outcome == Outcome::Planned {
            self.action = Action::None;
            self.outcome = Outcome::None;
        }
    }

    /// Notes that its tokens will not go into the CLI's file, or not again.
    pub fn keep_from_write_back(&mut self) {
        if self.action == Action::WriteBack {
            self.action = Action::None;
            self.outcome = Outcome::None;
            if let Subject::Read(_, decision) = &self.subject {
                self.because = decision.judgement.reason.into();
            }
        }
    }
}

/// An environment file that was written.
#[derive(Clone, Debug, Serialize)]
pub struct Exported {
    /// The file.
    pub path: String,
    /// The login whose token it has.
    pub source: &'static str,
    /// Whether it was written.
    pub result: Outcome,
}

/// What a run did to refresh a source.
#[derive(Clone, Debug, Serialize)]
pub struct Attempt {
    /// `cli` or `http`.
    pub via: &'static str,
    /// The program that was used.
    pub program: Option<String>,
    /// Whether it was refreshed.
    pub result: Outcome,
    /// Why, as a sentence.
    pub reason: String,
}
