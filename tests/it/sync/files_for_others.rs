//! Files that other programs read: a textfile, an environment file, the flag. Root writes them where a service's user may
//! put a link to a file of root's, and that file stays as it is.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use crate::home::users::{NOBODY, give};
use crate::home::{self, Home, chmod, claude_store, hours, put};
use serde_json::json;

const SECRET: &str = "root:$6$no-canary:19000:0:99999:7:::\n";

/// A home whose login is dead, with a directory of the service's user, and a run that writes a file there.
type Writes = fn(&Home, &Path) -> home::Run;

fn textfile(home: &Home, path: &Path) -> home::Run {
    home.run(&["check-expiry", "--textfile", path.to_str().unwrap()])
}

fn env_file(home: &Home, path: &Path) -> home::Run {
    put(&home.path(".config/ocsync/config.json"), &json!({ "export": { "env_file": path } }).to_string());
    home.run(&["sync"])
}

fn flag_file(home: &Home, path: &Path) -> home::Run {
    let dead = json!({ "claudeAiOauth": { "accessToken": "", "refreshToken": "", "expiresAt": 0 } });
    put(&home.path(".claude/.credentials.json"), &dead.to_string());
    home.run(&["sync", "--flag-file", path.to_str().unwrap()])
}

#[test]
fn root_writes_none_of_them_through_a_link_of_another_user() {
    if !home::is_root() {
        println!("SKIPPED: not root");
        return;
    }
    let files: [(Writes, i32, i32); 3] = [(textfile, 4, 0), (env_file, 4, 0), (flag_file, 1, 1)];
    for (write, refused, done) in files {
        for linked in ["the file", "nothing", "its directory", "a second name"] {
            let home = Home::new().claude("a", hours(8)).agent("main", &claude_store("a", hours(8)));
            let (dir, of_root) = (home.root().join("service"), home.root().join("of-root"));
            let (path, secret) = (dir.join("out"), of_root.join("out"));
            put(&secret, SECRET);
            chmod(&secret, 0o640);
            fs::create_dir(&dir).unwrap();
            match linked {
                "the file" => symlink(&secret, &path).unwrap(),
                "nothing" => symlink(of_root.join("new"), &path).unwrap(),
                "its directory" => {
                    fs::remove_dir(&dir).unwrap();
                    symlink(&of_root, &dir).unwrap();
                }
                _ => fs::hard_link(&secret, &path).unwrap(),
            }
            // The second name stays root's: a user may make one of a file of others on some systems.
            std::os::unix::fs::lchown(&dir, Some(NOBODY), Some(NOBODY)).unwrap();
            if linked != "its directory" && path.symlink_metadata().unwrap().is_symlink() {
                std::os::unix::fs::lchown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
            let run = write(&home, &path);
            assert_eq!(run.code, Some(refused), "{linked}: {run:#?}");
            let meta = fs::metadata(&secret).unwrap();
            let text = fs::read_to_string(&secret).unwrap();
            assert_eq!((text.as_str(), meta.mode() & 0o7777, meta.uid()), (SECRET, 0o640, 0), "{linked}: {run:#?}");
            assert_eq!(fs::read_dir(&of_root).unwrap().count(), 1, "{linked}: {run:#?}");
            assert!(refused == 1 || run.stderr.contains(dir.to_str().unwrap()), "{linked}: {run:#?}");

            let _ = fs::remove_file(&path);
            if linked == "its directory" {
                fs::remove_file(&dir).unwrap();
                fs::create_dir(&dir).unwrap();
            }
            give(&dir, NOBODY);
            let run = write(&home, &path);
            assert_eq!(run.code, Some(done), "{linked}: {run:#?}");
            assert!(fs::symlink_metadata(&path).unwrap().is_file(), "{linked}: {run:#?}");
        }
    }
}
