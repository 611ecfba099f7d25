//! What a run has to write where the sandbox of the shipped units does not let it. `status -v` names the line of the
//! drop-in that does.

use std::path::{Path, PathBuf};

use crate::model::problem::Problem;
use crate::settings::options::Options;
use crate::sys::fs::dir_of;

/// Where the units may write beside the home.
const WRITABLE: [&str; 2] = ["/srv", "/tmp"];

/// One note for each directory, with what is in it.
#[must_use]
pub fn notes(options: &Options) -> Vec<Problem> {
    let mut places: Vec<(&str, PathBuf)> = Vec::new();
    let mut add = |what, dir: &Path| places.push((what, dir.to_owned()));
    options.state_dirs.iter().for_each(|of| add("an OpenClaw", &of.path));
    options.env_file.iter().for_each(|file| add("export.env_file", dir_of(file)));
    options.notify.flag_file.iter().for_each(|file| add("flag_file", dir_of(file)));
    options.logins.iter().for_each(|id| add(id.name, dir_of(&options.env.login_file(*id))));
    add("ocsync's state", dir_of(&options.state_file));
    let home = real(options.env.home());
    let outside = |dir: &Path| {
        let may = [home.as_path()].into_iter().chain(WRITABLE.map(Path::new)).any(|top| dir.starts_with(top));
        cfg!(target_os = "linux") && !may
    };
    let places = places.into_iter().map(|(what, dir)| (what, real(&dir))).filter(|(_, dir)| outside(dir));
    let note = |(what, dir): (&str, PathBuf)| {
        let line = format!("BindPaths={}", dir.display());
        Problem::note("setting", format!("units: {what} needs {line}: contrib/systemd/elsewhere.conf"), "")
    };
    places.map(note).collect()
}

/// A directory without the links on its way: a link does not take a unit out of its sandbox.
fn real(dir: &Path) -> PathBuf {
    std::fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned())
}
