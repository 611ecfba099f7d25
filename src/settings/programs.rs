//! Where programs are searched for. Under cron and systemd, `PATH` lacks the places where people install
//! CLIs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::settings::env::Env;

impl Env {
    /// Finds a program. A name is searched in `PATH`, then in the usual places. A path must lead to a file.
    pub fn program(&self, name: &Path) -> Option<PathBuf> {
        if name.components().count() > 1 {
            let path = self.expand(name);
            return path.is_file().then_some(path);
        }
        self.places().map(|dir| dir.join(name)).find(|path| path.is_absolute() && is_executable(path))
    }

    /// A `PATH` for a program in this directory. With it, a script's `#!/usr/bin/env node` finds the node
    /// that was installed with it, or one in the usual places. The entries of `PATH` keep their order.
    pub fn search_path(&self, program_dir: &Path) -> OsString {
        let fits = |dir: &PathBuf| dir.is_absolute() && std::env::join_paths([dir]).is_ok();
        let mut dirs: Vec<PathBuf> = Vec::new();
        for dir in self.places().filter(fits) {
            if !dirs.contains(&dir) {
                dirs.push(dir);
            }
        }
        let program_dir = program_dir.to_owned();
        if fits(&program_dir) && !self.of_path().contains(&program_dir) {
            dirs.retain(|dir| *dir != program_dir);
            dirs.insert(0, program_dir);
        }
        std::env::join_paths(dirs).unwrap_or_default()
    }

    fn of_path(&self) -> Vec<PathBuf> {
        self.var("PATH").map(|path| std::env::split_paths(path).collect()).unwrap_or_default()
    }

    fn places(&self) -> impl Iterator<Item = PathBuf> {
        let usual = [".local/bin", ".npm-global/bin", ".bun/bin", ".volta/bin"].map(|dir| self.home().join(dir));
        let system = ["/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin"].map(PathBuf::from);
        self.of_path().into_iter().chain(usual).chain(system)
    }
}

fn is_executable(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok() && path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_of_the_program_comes_first_unless_path_has_it() {
        let path = |vars: &[(&str, &str)], dir: &str| {
            let path = Env::of(Path::new("/h"), vars).search_path(Path::new(dir));
            path.into_string().unwrap()
        };
        let usual = "/h/.npm-global/bin:/h/.bun/bin:/h/.volta/bin:/usr/local/bin";
        let cron = format!("/nvm/bin:/h/.local/bin:{usual}:/usr/bin:/bin:/opt/homebrew/bin");
        assert_eq!(path(&[("PATH", "")], "/nvm/bin"), cron);
        let set = format!("/usr/bin:/nvm/bin:/h/.local/bin:{usual}:/bin:/opt/homebrew/bin");
        assert_eq!(path(&[("PATH", "/usr/bin:rel:/nvm/bin::")], "/nvm/bin"), set);
        assert!(path(&[], "/h/.local/bin").starts_with(&format!("/h/.local/bin:{usual}")));
    }
}
