//! The directory `replaced/` beside the state file: logins that updates have replaced, for 30 days.
//!
//! A login is on the disk here before it is replaced in its store. So a kill at any moment leaves it in the one place,
//! in the other, or in both. The lock between two runs of ocsync keeps other writers out.

use std::path::{Path, PathBuf};

use crate::model::exit::Code;
use crate::model::journal::Journal;
use crate::model::kept::Kept;
use crate::model::kept_file::KeptFile;
use crate::model::problem::Problem;
use crate::model::secret::Fingerprint;
use crate::model::time::DAY;
use crate::openclaw::lock::sweep;
use crate::settings::options::Options;
use crate::sys::fs::dir_of;
use crate::sys::fs::list::list;
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::private_dir::private_dir;
use crate::sys::fs::read::{FileId, read};
use crate::sys::fs::replace::{self, Expect, NotReplaced};

/// How much of the names of agent and profile goes into the name of a file.
const READABLE: usize = 60;

/// The profile that a login belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// ocsync's own state file.
    pub state_file: &'a Path,
    /// OpenClaw's state directory.
    pub state_dir: &'a Path,
    /// The agent.
    pub agent: &'a str,
    /// The profile.
    pub profile: &'a str,
}

/// The directory.
pub fn dir(state_file: &Path) -> PathBuf {
    dir_of(state_file).join("replaced")
}

impl Place<'_> {
    /// The file of the profile. Its name is readable, and the fingerprint makes it unique.
    pub fn file(&self) -> PathBuf {
        let Self { agent, profile, .. } = self;
        let state_dir = self.state_dir.to_string_lossy();
        let unique = Fingerprint::of(&format!("{state_dir}\n{agent}\n{profile}"));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
        let readable = |name: &str| -> String {
            name.chars().take(READABLE).map(|c| if is_plain(c) { c } else { '_' }).collect()
        };
        dir(self.state_file).join(format!("{}_{}_{unique}.json", readable(agent), readable(profile)))
    }

    /// Keeps a login. It is on the disk when this returns. `below`: the newest one that is there stays the newest.
    ///
    /// # Errors
    /// Why it cannot be kept. Then it must not be replaced.
    pub fn keep(&self, login: Kept, below: bool) -> Result<(), Problem> {
        private_dir(&dir(self.state_file))?;
        let path = self.file();
        let (mut file, expect) = match load(&path)? {
            Some((file, id)) => (file, Expect::Unchanged(id)),
            None => (self.empty(), Expect::Absent),
        };
        let before = file.clone();
        file.add(login, below);
        if file == before { Ok(()) } else { save(&path, &file, expect) }
    }

    /// The newest login that is kept.
    ///
    /// # Errors
    /// Why the file cannot be read.
    pub fn newest(&self) -> Result<Option<Kept>, Problem> {
        Ok(load(&self.file())?.and_then(|(mut file, _)| file.kept.pop()))
    }

    /// Removes a login that is in its store again.
    ///
    /// # Errors
    /// Why it is still there.
    pub fn remove(&self, login: &Kept) -> Result<(), Problem> {
        shrink(&self.file(), |kept| kept != login).map(drop)
    }

    fn empty(&self) -> KeptFile {
        KeptFile {
            state_dir: self.state_dir.to_string_lossy().into_owned(),
            agent: self.agent.to_owned(),
            profile: self.profile.to_owned(),
            kept: Vec::new(),
        }
    }
}

/// Removes what was kept for 30 days, and what a killed run has left. Returns the problems of files that cannot be
/// read or removed.
///
/// The files are looked through when the first of them is due, and once a day, since a person may have put one there.
/// In between the journal knows that none is due. A file that cannot be read is looked at, and told, by each run.
pub fn tidy(options: &Options, journal: &mut Journal) -> Vec<Problem> {
    let dir = dir(&options.state_file);
    if !dir.is_dir() {
        journal.tidy_kept = None;
        return Vec::new();
    }
    sweep::sweep(&dir, options.deadline);
    let now = options.policy.now;
    // Where the clock was set back, the note is no good.
    if journal.tidy_kept.is_some_and(|at| (now + 1..=now + DAY).contains(&at)) {
        return Vec::new();
    }
    let (mut due, mut problems) = (now + DAY, Vec::new());
    for path in files(&dir) {
        match shrink(&path, |kept| kept.until() > now) {
            Ok(first) => due = first.map_or(due, |first| due.min(first)),
            Err(problem) => problems.push(softened(problem)),
        }
    }
    journal.tidy_kept = problems.is_empty().then_some(due);
    problems
}

/// Everything that is kept, and the problems of files that cannot be read.
pub fn all(options: &Options) -> (Vec<KeptFile>, Vec<Problem>) {
    let (mut kept, mut problems) = (Vec::new(), Vec::new());
    for path in files(&dir(&options.state_file)) {
        match load(&path) {
            Ok(file) => kept.extend(file.map(|(file, _)| file)),
            Err(problem) => problems.push(softened(problem)),
        }
    }
    (kept, problems)
}

/// A file that nothing depends on for the moment.
fn softened(problem: Problem) -> Problem {
    Problem::warning(problem.code, problem.message, problem.hint)
}

/// The files, in the order of their names.
fn files(dir: &Path) -> Vec<PathBuf> {
    let paths = list(dir).into_iter().flatten().map(|(name, _)| dir.join(name));
    let is_ours = |path: &PathBuf| {
        path.extension().is_some_and(|of| of == "json")
            && !path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
    };
    let mut files: Vec<PathBuf> = paths.filter(is_ours).collect();
    files.sort();
    files
}

/// Leaves in a file only what `stays`; removes a file of which nothing stays. Gives the end of the one that stays for
/// the shortest time.
fn shrink(path: &Path, stays: impl Fn(&Kept) -> bool) -> Result<Option<i64>, Problem> {
    let Some((mut file, id)) = load(path)? else { return Ok(None) };
    let before = file.kept.len();
    file.kept.retain(|kept| stays(kept));
    match file.kept.len() {
        0 => std::fs::remove_file(path).map_err(|error| obstacle("cannot remove", path, &error))?,
        len if len == before => {}
        _ => save(path, &file, Expect::Unchanged(id))?,
    }
    Ok(file.kept.iter().map(Kept::until).min())
}

fn load(path: &Path) -> Result<Option<(KeptFile, FileId)>, Problem> {
    let loaded = read(path).map_err(|error| obstacle("cannot read", path, &error))?;
    let Some((mut bytes, id)) = loaded else { return Ok(None) };
    let file = std::str::from_utf8(&bytes).ok().and_then(KeptFile::parse);
    crate::sys::wiped::wipe(&mut bytes);
    let malformed = || {
        let message = format!("{}: it is in no form that this ocsync writes", path.display());
        Problem::malformed(message, "move it away; it may hold a login")
    };
    file.ok_or_else(malformed).map(|file| Some((file, id)))
}

fn save(path: &Path, file: &KeptFile, expect: Expect) -> Result<(), Problem> {
    match replace::replace(path, &file.bytes(), expect, &|| true) {
        Ok(()) => Ok(()),
        Err(NotReplaced::Failed(problem)) => Err(problem),
        Err(NotReplaced::Changed | NotReplaced::Stopped) => {
            let message = format!("another program has changed {} at this moment", path.display());
            Err(Problem::error(Code::Busy, "busy", message, "run ocsync again"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_readable_bounded_and_unique() {
        let name = |state_dir: &str, agent: &str, profile: &str| {
            let place =
                Place { state_file: Path::new("/o/state.json"), state_dir: Path::new(state_dir), agent, profile };
            place.file().file_name().unwrap().to_str().unwrap().to_owned()
        };
        let plain = name("/s", "main", "a:me@x.test");
        assert!(plain.starts_with("main_a_me@x.test_"), "{plain}");
        for other in [name("/t", "main", "a:me@x.test"), name("/s", "ops", "a:me@x.test"), name("/s", "main", "a")] {
            assert_ne!(other, plain);
        }
        let long = "../é\u{1b}\n".repeat(60);
        assert!(name("/s", &long, &long).len() < 160);
        assert!(!name("/s", "..", "/x").contains('/'));
    }
}
