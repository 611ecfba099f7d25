//! What happened to the logins and the profiles in the last 30 days.
//!
//! A run notes one event for each login and kind, and not one for each profile: a delivery to a thousand agents is one.
//! A failure that lasts is noted once. So a run that changes nothing notes nothing, and the list stays short.

use serde::{Deserialize, Serialize};

use crate::model::secret::Fingerprint;
use crate::model::time::DAY;

/// How long an event is kept, in milliseconds.
const KEPT_FOR: i64 = 30 * DAY;
/// How many events are kept.
const MOST: usize = 1000;
/// How many characters of a text are kept.
const LONGEST: usize = 200;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum EventKind {
    /// A login was seen for the first time.
    FirstSeen,
    /// A login held other tokens than before.
    Rotated,
    /// ocsync had a login renewed.
    Refreshed,
    /// A login is logged out, or its file is gone.
    Ended,
    /// Profiles got the tokens of a login.
    Delivered,
    /// Profiles were added.
    Created,
    /// Profiles were made to refer to a login.
    Linked,
    /// The tokens of a profile went into the CLI's file.
    WroteBack,
    /// A login that had been replaced was put back.
    Restored,
    /// Something could not be done.
    Failed,
    /// The word of another version of ocsync.
    Other(String),
}

/// The kinds that this version knows, with their words.
const KINDS: [(EventKind, &str); 10] = [
    (EventKind::FirstSeen, "first-seen"),
    (EventKind::Rotated, "rotated"),
    (EventKind::Refreshed, "refreshed"),
    (EventKind::Ended, "ended"),
    (EventKind::Delivered, "delivered"),
    (EventKind::Created, "created"),
    (EventKind::Linked, "linked"),
    (EventKind::WroteBack, "wrote-back"),
    (EventKind::Restored, "restored"),
    (EventKind::Failed, "failed"),
];

impl EventKind {
    /// Its word in the journal and in every output.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Other(word) => word,
            kind => KINDS.iter().find(|(known, _)| known == kind).map_or("", |(_, word)| word),
        }
    }
}

impl From<String> for EventKind {
    fn from(word: String) -> Self {
        let known = KINDS.iter().find(|(_, of)| *of == word).map(|(kind, _)| kind.clone());
        known.unwrap_or(Self::Other(word))
    }
}

impl From<EventKind> for String {
    fn from(kind: EventKind) -> Self {
        kind.name().to_owned()
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When a run noted it, in milliseconds.
    pub at: i64,
    /// What happened.
    pub kind: EventKind,
    /// The login, `claude`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Box<str>>,
    /// The profile, `main/anthropic:default`; of several, the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Box<str>>,
    /// How many other profiles it is about.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u32,
    /// The access token that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Fingerprint>,
    /// Why, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Box<str>>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Event {
    /// An event about nothing yet.
    #[must_use]
    pub fn new(at: i64, kind: EventKind) -> Self {
        Self { at, kind, source: None, profile: None, more: 0, access: None, why: None }
    }

    /// The event, about this login.
    #[must_use]
    pub fn of_login(self, source: &str) -> Self {
        Self { source: Some(short(source)), ..self }
    }

    /// The event, about this profile.
    #[must_use]
    pub fn of_profile(self, word: &str) -> Self {
        Self { profile: Some(short(word)), ..self }
    }

    /// The event, for this reason.
    #[must_use]
    pub fn because(self, why: &str) -> Self {
        Self { why: Some(short(why)), ..self }
    }

    fn is_about_the_same(&self, other: &Self) -> bool {
        (&self.source, &self.profile) == (&other.source, &other.profile)
    }
}

/// The beginning of a text.
fn short(text: &str) -> Box<str> {
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| at);
    text[..end].into()
}

/// The events, oldest to newest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History(Vec<Event>);

impl History {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The events, oldest to newest.
    pub fn events(&self) -> &[Event] {
        &self.0
    }

    /// Adds an event, and removes those that are too old or too many. A failure or an end that is known to last is not
    /// added again.
    pub fn note(&mut self, event: Event) {
        if matches!(event.kind, EventKind::Failed | EventKind::Ended) {
            let last = self.0.iter().rev().find(|known| known.is_about_the_same(&event));
            if last.is_some_and(|last| (&last.kind, &last.why) == (&event.kind, &event.why)) {
                return;
            }
        }
        let now = event.at;
        self.0.push(event);
        self.0.retain(|known| now.saturating_sub(known.at) < KEPT_FOR);
        let surplus = self.0.len().saturating_sub(MOST);
        self.0.drain(..surplus);
    }

    /// When a login was first seen with an access token, in milliseconds.
    #[must_use]
    pub fn seen_with(&self, source: &str, access: Fingerprint) -> Option<&Event> {
        let is_its = |event: &&Event| {
            matches!(event.kind, EventKind::FirstSeen | EventKind::Rotated | EventKind::Refreshed)
                && event.source.as_deref() == Some(source)
                && event.access == Some(access)
        };
        self.0.iter().rev().find(is_its)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(at: i64, why: &str) -> Event {
        Event::new(at, EventKind::Failed).of_login("claude").because(why)
    }

    #[test]
    fn a_failure_that_lasts_is_noted_once_and_again_after_a_success() {
        let mut history = History::default();
        history.note(failed(1, "full"));
        history.note(failed(2, "full"));
        history.note(failed(3, "read-only"));
        history.note(Event::new(4, EventKind::Refreshed).of_login("claude"));
        history.note(failed(5, "read-only"));
        let times: Vec<i64> = history.events().iter().map(|event| event.at).collect();
        assert_eq!(times, [1, 3, 4, 5]);
    }

    #[test]
    fn old_events_go_and_there_are_never_too_many_or_too_long() {
        let mut history = History::default();
        history.note(failed(0, &"é".repeat(500)));
        assert_eq!(history.events()[0].why.as_ref().unwrap().chars().count(), LONGEST);
        for at in 0..2000 {
            history.note(Event::new(at, EventKind::Rotated).of_login("claude"));
        }
        assert_eq!((history.events().len(), history.events()[0].at), (MOST, 1000));
        history.note(Event::new(KEPT_FOR + 1500, EventKind::Rotated));
        assert_eq!(history.events()[0].at, 1501);
        assert!(serde_json::to_string(&history).unwrap().len() < 64 * MOST);
    }

    #[test]
    fn the_word_of_another_version_comes_back_as_it_was() {
        let text = r#"[{"at":1,"kind":"merged"},{"at":2,"kind":"rotated","source":"claude"}]"#;
        let history: History = serde_json::from_str(text).unwrap();
        assert_eq!(history.events()[1].kind, EventKind::Rotated);
        assert_eq!(serde_json::to_string(&history).unwrap(), text);
        assert!(
            KINDS.iter().all(|(kind, word)| EventKind::from((*word).to_owned()) == *kind && kind.name() == *word)
        );
    }
}
