//! Whether a gateway seems to run.
//!
//! A gateway leaves a hint, `openclaw-<uid>/gateway.<hash>.lock`, with its pid and the configuration that it was
//! started with. Up to 2026.6.10 the hint is in the temporary directory. In 2026.9.6 it is in `tmp` of the state
//! directory, with blanks after the JSON.
//!
//! Anybody may write into the temporary directory, and a reload that is owed ends with a gateway that was started later.
//! So a hint counts only from the user, root or the owner of the state directory, and a date in the future is none.

use std::path::Path;

use serde::Deserialize;

use crate::model::time;
use crate::settings::env::Env;
use crate::sys::fs::list::list;
use crate::sys::fs::read;
use crate::sys::process::alive;

/// A gateway that seems to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// When the gateway was started, in milliseconds, where the hint says so.
    pub started: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hint {
    pid: i64,
    created_at: Option<String>,
    config_path: Option<String>,
    start_time: Option<u64>,
}

/// The gateway of an installation, if one seems to run at `now`, in milliseconds. `uid` is the owner of the state
/// directory.
pub fn find(state_dir: &Path, config: Option<&Path>, uid: u32, env: &Env, now: i64) -> Option<Gateway> {
    let name = format!("openclaw-{uid}");
    let dirs = [state_dir.join("tmp").join(&name), env.temp_dir().join(&name)];
    let believed = [uid, 0, rustix::process::geteuid().as_raw()];
    dirs.iter().find_map(|dir| find_in(dir, state_dir, config, believed, now))
}

/// As [`find`], in one directory, from hints of these users.
fn find_in(dir: &Path, state_dir: &Path, config: Option<&Path>, believed: [u32; 3], now: i64) -> Option<Gateway> {
    for (file, _) in list(dir).ok()? {
        let name = file.to_string_lossy();
        if !(name.starts_with("gateway.") && name.ends_with(".lock")) {
            continue;
        }
        let Ok(Some((bytes, id))) = read::read(&dir.join(&file)) else { continue };
        if !believed.contains(&id.uid) {
            continue;
        }
        let Ok(hint) = serde_json::from_slice::<Hint>(&bytes) else { continue };
        // The hash in the name is made of the configuration's path. The hint holds that path itself.
        let of_this = hint
            .config_path
            .as_deref()
            .map(Path::new)
            .is_none_or(|path| Some(path) == config || path.starts_with(state_dir) || same_file(path, config));
        if of_this && alive::lives(hint.pid, hint.start_time) {
            let started = hint.created_at.as_deref().and_then(time::parse).filter(|at| *at <= now);
            return Some(Gateway { started });
        }
    }
    None
}

fn same_file(path: &Path, other: Option<&Path>) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    other.and_then(real).is_some_and(|other| real(path) == Some(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_is_found_by_its_hint_while_its_process_lives() {
        let temp = tempfile::tempdir().unwrap();
        let env = Env::of(temp.path(), &[("TMPDIR", temp.path().to_str().unwrap())]);
        let state_dir = Path::new("/s");
        let find_at = |now| find(state_dir, Some(Path::new("/s/openclaw.json")), 7, &env, now);
        let find = || find_at(i64::MAX);
        assert_eq!(find(), None);
        std::fs::create_dir(temp.path().join("openclaw-7")).unwrap();
        let hint = |pid: u32, config: &str| {
            let text = format!(r#"{{"pid":{pid},"createdAt":"2026-11-20T10:00:00.000Z","configPath":"{config}"}}"#);
            std::fs::write(temp.path().join("openclaw-7/gateway.01234567.lock"), text).unwrap();
        };
        hint(std::process::id(), "/s/openclaw.json");
        assert_eq!(find(), Some(Gateway { started: time::parse("2026-11-20T10:00:00Z") }));
        let before = find_at(time::parse("2026-11-20T09:59:59Z").unwrap());
        assert_eq!(before, Some(Gateway { started: None }), "it lives, and its date is in the future");
        let dir = temp.path().join("openclaw-7");
        let me = rustix::process::geteuid().as_raw();
        let of = |believed| find_in(&dir, state_dir, Some(Path::new("/s/openclaw.json")), believed, i64::MAX);
        assert!(of([7, 7, me]).is_some() && of([me + 1; 3]).is_none(), "a hint of a user whom nobody trusts");
        hint(std::process::id(), "/other/openclaw.json");
        assert_eq!(find(), None);
        hint(2_147_483_646, "/s/openclaw.json");
        assert_eq!(find(), None);
    }

    #[test]
    fn a_gateway_of_2026_9_6_leaves_its_hint_in_the_state_directory() {
        let temp = tempfile::tempdir().unwrap();
        let env = Env::of(temp.path(), &[("TMPDIR", temp.path().join("none").to_str().unwrap())]);
        let dir = temp.path().join("tmp/openclaw-7");
        std::fs::create_dir_all(&dir).unwrap();
        let text = format!(
            "{{\n  \"pid\": {},\n  \"ownerId\": \"3861c043-066b-47f7-891f-e5075b517d8f\",\n  \
             \"cronOwnerProjection\": \"dynamic-default-v1\",\n  \"createdAt\": \"2026-11-21T17:02:58.196Z\",\n  \
             \"configPath\": \"/elsewhere/openclaw.json\",\n  \"stateDir\": \"/s\",\n  \"port\": 18789\n}}\n\t\t  \t \n",
            std::process::id()
        );
        std::fs::write(dir.join("gateway.2a87b620.lock"), text).unwrap();
        let found = find(temp.path(), Some(Path::new("/elsewhere/openclaw.json")), 7, &env, i64::MAX);
        assert_eq!(found, Some(Gateway { started: time::parse("2026-11-21T17:02:58.196Z") }));
    }
}
