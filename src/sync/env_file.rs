//! Writes Claude's access token into an environment file, as `ANTHROPIC_OAUTH_TOKEN`. A gateway in a container
//! reads it from the `.env` beside its compose file.
//!
//! One line of the file is ocsync's. All other lines keep their bytes. A token that has ended, or that a newer one of
//! the same login has replaced, is not written.

use crate::model::exit::Code;
use crate::model::inventory::Inventory;
use crate::model::item::Exported;
use crate::model::item::Outcome;
use crate::model::journal::Journal;
use crate::model::login::MARGIN_MS;
use crate::model::problem::Problem;
use crate::model::secret::fingerprint;
use crate::model::zeroizing::Zeroizing;
use crate::settings::options::Options;
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::open;
use crate::sys::fs::read;
use crate::sys::fs::replace::{Expect, For, NotReplaced, replace_for};
use crate::sys::fs::temp;

/// The variable.
const NAME: &[u8] = b"ANTHROPIC_OAUTH_TOKEN";

/// Writes Claude's access token into the environment file, if one is configured, the login is fresh, and the file
/// holds another token.
///
/// # Errors
/// Why the file could not be written. It is as it was.
pub fn run(options: &Options, inventory: &Inventory, journal: &Journal) -> Result<Option<Exported>, Problem> {
    let Some(path) = &options.env_file else { return Ok(None) };
    if !options.dry_run {
        // A temporary file of a killed run holds a token, so it is removed also where nothing is written.
        temp::clear(path);
    }
    let Some(source) = inventory.sources.iter().find(|source| source.id() == options.env_file_source) else {
        return Ok(None);
    };
    let Some(login) = source.login() else { return Ok(None) };
    let key = source.path.to_string_lossy();
    let refresh = fingerprint(login.refresh.as_ref());
    let is_fresh = login.expires.known().is_some_and(|at| at.saturating_sub(options.policy.now) > MARGIN_MS);
    let is_spent = refresh.is_some() && journal.spent.get(&*key) == refresh.as_ref();
    let is_old = journal.lineage(&key, login).is_rolled_back(refresh) || is_spent;
    if !is_fresh || (is_old && !options.policy.prefer_source) {
        return Ok(None);
    }
    let exported =
        |result| Ok(Some(Exported { path: path.to_string_lossy().into_owned(), source: source.name, result }));
    let wrong = |why: &str, hint: &str| {
        Err(Problem::error(Code::Data, "env-file", format!("{}: {why}; left alone", path.display()), hint))
    };
    let mut buffer = Zeroizing::new(Vec::new());
    for _ in 0..3 {
        let expect = match read::read_into(path, &mut buffer) {
            Ok(id) => Expect::Unchanged(id),
            Err(error) if open::is_absent(&error) => Expect::Absent,
            Err(error) => return Err(obstacle("cannot read", path, &error)),
        };
        let new = match edited(&buffer, login.access.secret.expose()) {
            Ok(Some(new)) => new,
            Ok(None) => return Ok(None),
            Err(why) => return wrong(why, "put the variable on a line of its own"),
        };
        if options.dry_run {
            return exported(Outcome::Planned);
        }
        match replace_for(path, &new, expect, For::Reader, &|| !crate::sys::signal::received()) {
            Ok(()) => return exported(Outcome::Done),
            Err(NotReplaced::Stopped) => return Ok(None),
            Err(NotReplaced::Failed(problem)) => return Err(problem),
            Err(NotReplaced::Changed) => {}
        }
    }
    let message = format!("{} keeps changing", path.display());
    Err(Problem::busy(message, "the next run tries again"))
}

/// The problem of a file that a dry run would write.
#[must_use]
pub fn planned(exported: &Exported) -> Option<Problem> {
    let message = || format!("{} does not hold the token of {}'s login", exported.path, exported.source);
    (exported.result == Outcome::Planned)
        .then(|| Problem::drift("env-file", message(), "the same command without --dry-run"))
}

/// The text of the file with the token in it; `None` where the file holds this token already.
fn edited(old: &[u8], token: &str) -> Result<Option<Zeroizing<Vec<u8>>>, &'static str> {
    // A shell or compose would split or expand other characters.
    if !token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~+/=".contains(&byte)) {
        return Err("the token has a character that is not safe in such a file");
    }
    let mut new = Zeroizing::new(Vec::with_capacity(old.len() + NAME.len() + token.len() + 3));
    let mut found = false;
    for line in old.split_inclusive(|byte| *byte == b'\n') {
        let Some(start) = value_at(line) else {
            new.extend_from_slice(line);
            continue;
        };
        let value = line[start..].trim_ascii_end();
        if let [quote @ (b'"' | b'\''), rest @ ..] = value
            && !rest.contains(quote)
        {
            return Err("the value of ANTHROPIC_OAUTH_TOKEN goes over several lines");
        }
        found = true;
        new.extend_from_slice(&line[..start]);
        new.extend_from_slice(token.as_bytes());
        new.extend_from_slice(&line[start + value.len()..]);
    }
    if !found {
        if new.last().is_some_and(|last| *last != b'\n') {
            new.push(b'\n');
        }
        new.extend_from_slice(NAME);
        new.push(b'=');
        new.extend_from_slice(token.as_bytes());
        new.push(b'\n');
    }
    Ok((**new != *old).then_some(new))
}

/// Where the value begins, in a line that sets the variable.
fn value_at(line: &[u8]) -> Option<usize> {
    let rest = line.trim_ascii_start();
    let rest = rest.strip_prefix(b"export ").map_or(rest, <[u8]>::trim_ascii_start);
    let rest = rest.strip_prefix(NAME)?.strip_prefix(b"=")?;
    Some(line.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(old: &str) -> Option<String> {
        edited(old.as_bytes(), "new").unwrap().map(|new| String::from_utf8(new.to_vec()).unwrap())
    }

    #[test]
    fn one_line_changes_and_all_others_keep_their_bytes() {
        for (old, new) in [
            ("", "ANTHROPIC_OAUTH_TOKEN=new\n"),
            ("A=1", "A=1\nANTHROPIC_OAUTH_TOKEN=new\n"),
            ("A=1\r\n  ANTHROPIC_OAUTH_TOKEN=old\r\n\n# x", "A=1\r\n  ANTHROPIC_OAUTH_TOKEN=new\r\n\n# x"),
            ("export  ANTHROPIC_OAUTH_TOKEN=\"old\" \nB= 2 ", "export  ANTHROPIC_OAUTH_TOKEN=new \nB= 2 "),
            ("ANTHROPIC_OAUTH_TOKEN=", "ANTHROPIC_OAUTH_TOKEN=new"),
            (
                "ANTHROPIC_OAUTH_TOKEN=a\nANTHROPIC_OAUTH_TOKEN=b\n",
                "ANTHROPIC_OAUTH_TOKEN=new\nANTHROPIC_OAUTH_TOKEN=new\n",
            ),
            (
                "#ANTHROPIC_OAUTH_TOKEN=x\nANTHROPIC_OAUTH_TOKEN_2=y\n",
                "#ANTHROPIC_OAUTH_TOKEN=x\nANTHROPIC_OAUTH_TOKEN_2=y\nANTHROPIC_OAUTH_TOKEN=new\n",
            ),
        ] {
            assert_eq!(edit(old).as_deref(), Some(new));
            assert_eq!(edit(new), None);
        }
    }

    #[test]
    fn what_would_be_misread_is_refused() {
        assert!(edited(b"ANTHROPIC_OAUTH_TOKEN=\"a\nb\"\n", "new").is_err());
        for token in ["a b", "a\nB=c", "a$b", "a#b", "a'b"] {
            assert!(edited(b"", token).is_err());
        }
    }
}
