//! A reason together with a detail that only this run knows: a path, a time, the words of a server.

use std::borrow::Cow;
use std::sync::Arc;

use crate::model::reason::Reason;

/// A reason with its detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Because {
    /// The reason.
    pub reason: Reason,
    /// The text that fills the `{}` of its sentence. Few reasons have one, so it is behind one thin pointer.
    pub detail: Option<Arc<String>>,
}

impl Because {
    /// A reason with a detail.
    pub fn of(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: Some(Arc::new(detail.into())) }
    }

    /// The sentence, with its detail.
    pub fn text(&self) -> Cow<'static, str> {
        match &self.detail {
            Some(detail) => self.reason.pattern().replacen("{}", detail, 1).into(),
            None => self.reason.pattern().into(),
        }
    }
}

impl From<Reason> for Because {
    fn from(reason: Reason) -> Self {
        Self { reason, detail: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_fills_the_sentence() {
        assert_eq!(Because::of(Reason::LockHeld, "/a.lock").text(), "/a.lock is held");
        assert_eq!(Because::from(Reason::SameTokens).text(), "the same tokens");
    }
}
