//! A profile as a person names it on the command line: `PROFILE`, which is that of every agent, or `AGENT/PROFILE`.

use crate::model::installation::normalise;
use crate::model::shell::quoted;
use crate::model::source_id::SourceId;

/// A profile that the command line names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(pub String);

/// A profile that `--adopt` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// The profile.
    pub target: Target,
    /// The login that it is to follow; `None` is the one of its provider.
    pub source: Option<SourceId>,
}

impl Target {
    /// Whether it names this profile of this agent. An id may hold a `/` itself.
    #[must_use]
    pub fn names(&self, agent: &str, id: &str) -> bool {
        let with_agent = self.0.split_once('/');
        self.0 == id || with_agent.is_some_and(|(of, profile)| profile == id && may_name(of, agent))
    }

    /// Whether it may name a profile of this agent, whose profiles are not known.
    #[must_use]
    pub fn may_be_of(&self, agent: &str) -> bool {
        self.0.split_once('/').is_none_or(|(of, _)| may_name(of, agent))
    }
}

impl Adoption {
    /// Reads `[AGENT/]PROFILE[=SOURCE]`. What follows the last `=` and is no source belongs to the id.
    pub fn parse(text: &str) -> Self {
        let with_source = text.rsplit_once('=').and_then(|(target, name)| Some((target, name.parse().ok()?)));
        let (target, source) = with_source.map_or((text, None), |(target, source)| (target, Some(source)));
        Self { target: Target(target.to_owned()), source }
    }
}

fn may_name(written: &str, agent: &str) -> bool {
    normalise(written) == normalise(agent)
}

/// The word that names a profile in a command: a shell reads it as it is.
pub fn word(agent: &str, id: &str) -> String {
    quoted(&format!("{agent}/{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::source::SourceKind;

    #[test]
    fn a_target_is_an_id_or_an_agent_and_an_id() {
        let names = |text: &str, agent: &str, id: &str| Target(text.to_owned()).names(agent, id);
        assert!(names("a:default", "main", "a:default") && names("a:default", "ops", "a:default"));
        assert!(names("main/a:default", "Main", "a:default") && !names("main/a:default", "ops", "a:default"));
        assert!(names("a:x/y", "main", "a:x/y") && names("main/a:x/y", "main", "a:x/y"));
        assert!(!names("a", "main", "a:default") && !names("main/", "main", "a:default"));
        let may = |text: &str| Target(text.to_owned()).may_be_of("main");
        assert!(may("a:default") && may("main/a:default") && !may("ops/a:default"));
    }

    #[test]
    fn an_adoption_may_name_the_source() {
        let parsed = |text: &str| {
            let Adoption { target, source } = Adoption::parse(text);
            (target.0, source)
        };
        assert_eq!(parsed("main/a:x=claude"), ("main/a:x".to_owned(), Some(SourceKind::Claude.into())));
        assert_eq!(parsed("a:x=1=codex"), ("a:x=1".to_owned(), Some(SourceKind::Codex.into())));
        assert_eq!(parsed("a:x=claude:work").1.map(|source| source.name), Some("claude:work"));
        assert_eq!(parsed("a:x=1"), ("a:x=1".to_owned(), None));
    }

    #[test]
    fn a_word_is_quoted_where_a_shell_would_read_something_else() {
        assert_eq!(word("main", "openai:me@x.test"), "main/openai:me@x.test");
        assert_eq!(word("my agent", "a:$HOME"), "'my agent/a:$HOME'");
    }
}
