//! The screen: how wide a line may be, and whether to use colour.
//!
//! A table must not wrap, and colour codes in a mail or a log are noise. This module finds out both once, and all
//! output uses the answer.

use std::os::fd::AsFd;

use crate::model::policy::When;
use crate::model::time::utc;
use crate::settings::env::Env;

/// The width of a terminal that does not know its own.
const TERMINAL: usize = 80;
/// The width of output that goes to no terminal: there nothing is dropped or wrapped.
const PIPE: usize = 1_000_000;
/// The least width. A narrower screen gets lines of this width.
const LEAST: usize = 40;

/// One of the two streams of output.
#[derive(Clone, Debug)]
pub struct Screen {
    /// Characters in a line.
    pub width: usize,
    /// The width comes from a terminal or from `COLUMNS`. Then messages are wrapped too. In a pipe each message is
    /// one line, so that grep finds all of it.
    pub known: bool,
    /// Colour may be used.
    pub colour: bool,
    /// The home directory, which a person reads as `~`.
    pub home: Option<String>,
    /// Tells the local time of a moment, where a person has asked for local times.
    pub local: Option<Clock>,
}

/// Tells the time of a moment in milliseconds, `2026-11-20 16:00`.
pub type Clock = fn(i64) -> Option<String>;

/// The colours that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Something is wrong.
    Red,
    /// A person should look at it.
    Yellow,
    /// All is well.
    Green,
    /// It does not matter here.
    Dim,
    /// A heading.
    Bold,
}

impl Screen {
    /// The screen behind a stream.
    pub fn of(stream: impl AsFd, when: When, env: &Env) -> Self {
        let size = rustix::termios::tcgetwinsize(stream).ok();
        let columns = env.var("COLUMNS").and_then(|text| text.to_str()?.parse().ok());
        let known = columns.or_else(|| size.map(|size| usize::from(size.ws_col))).filter(|width| *width > 0);
        let width = known.unwrap_or(if size.is_some() { TERMINAL } else { PIPE }).max(LEAST);
        let home =
            env.home().to_str().filter(|home| known.is_some() && home.len() > 1).map(|home| format!("{home}/"));
        Self { width, known: known.is_some(), colour: colour(when, size.is_some(), env), home, local: None }
    }

    /// A text with `~` in place of the home directory. In a pipe the paths stay whole.
    pub fn brief(&self, text: &str) -> String {
        self.home.as_ref().map_or_else(|| text.to_owned(), |home| text.replace(home, "~/"))
    }

    /// The local time of a moment, where it is asked for.
    pub fn local(&self, at: i64) -> Option<String> {
        self.local.and_then(|clock| clock(at))
    }

    /// A moment in UTC, followed by the word `zone`; and in local time where that is asked for.
    pub fn moment(&self, at: i64, zone: &str) -> Option<String> {
        let local = self.local(at).map_or_else(String::new, |local| format!(" ({local} local)"));
        utc(at).map(|utc| format!("{utc}{zone}{local}"))
    }

    /// A text in a colour, where colour may be used.
    pub fn paint(&self, text: &str, paint: Option<Paint>) -> String {
        let code = match paint.filter(|_| self.colour && !text.is_empty()) {
            None => return text.to_owned(),
            Some(Paint::Red) => "31",
            Some(Paint::Yellow) => "33",
            Some(Paint::Green) => "32",
            Some(Paint::Dim) => "2",
            Some(Paint::Bold) => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// Whether to use colour: the option, then `NO_COLOR`, `CLICOLOR_FORCE` and `TERM`, in the order
/// of <https://no-color.org> and <https://bixense.com/clicolors>.
fn colour(when: When, terminal: bool, env: &Env) -> bool {
    let forced = env.var("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto if env.var("NO_COLOR").is_some() => false,
        When::Auto => forced || (terminal && env.var("TERM").is_none_or(|term| term != "dumb")),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn chosen(when: When, terminal: bool, vars: &[(&str, &str)]) -> bool {
        colour(when, terminal, &Env::of(Path::new("/h"), vars))
    }

    #[test]
    fn colour_is_for_terminals_unless_an_option_or_a_variable_decides() {
        assert!(chosen(When::Auto, true, &[("TERM", "xterm"), ("NO_COLOR", "")]));
        assert!(!chosen(When::Auto, false, &[("TERM", "xterm"), ("CLICOLOR_FORCE", "0")]));
        assert!(!chosen(When::Auto, true, &[("TERM", "dumb")]));
        assert!(!chosen(When::Auto, true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
        assert!(chosen(When::Auto, false, &[("CLICOLOR_FORCE", "1")]));
        assert!(chosen(When::Always, false, &[("NO_COLOR", "1")]));
        assert!(!chosen(When::Never, true, &[("CLICOLOR_FORCE", "1")]));
    }

    #[test]
    fn the_variable_says_the_width_and_a_silly_one_is_bounded() {
        let of = |vars: &[(&str, &str)]| {
            let file = std::fs::File::open("/dev/null").unwrap();
            Screen::of(file, When::Auto, &Env::of(Path::new("/h"), vars))
        };
        assert_eq!((of(&[]).width, of(&[]).known), (PIPE, false));
        assert_eq!((of(&[("COLUMNS", "160")]).width, of(&[("COLUMNS", "160")]).known), (160, true));
        assert_eq!((of(&[("COLUMNS", "7")]).width, of(&[("COLUMNS", "no")]).width), (40, PIPE));
    }
}
