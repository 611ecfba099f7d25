//! A home with fake CLIs that note their arguments, environment and working directory, call by call.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ocsync::testing::model::problem::Problem;
use ocsync::testing::model::source::SourceKind;
use ocsync::testing::refresh::official_cli::{Call, Called, Ended, call_within};
use ocsync::testing::settings::env::Env;

use super::{chmod, usual_umask};

/// The help of 2.1.328, as far as it matters.
pub const HELP: &str = "Usage: claude [options]\n --allowed-tools <tools...>\n --disable-slash-commands\n \
    --no-session-persistence\n --setting-sources <sources>\n --strict-mcp-config\n --tools <tools...>\n";

pub struct Clis {
    dir: tempfile::TempDir,
    vars: RefCell<Vec<(String, String)>>,
    pub limit: Duration,
    pub grace: Duration,
}

/// One call of a fake.
#[derive(Debug)]
pub struct Noted {
    pub args: Vec<String>,
    pub env: Vec<String>,
    pub cwd: PathBuf,
    pub entries: String,
}

impl Noted {
    pub fn var(&self, name: &str) -> Option<&str> {
        self.env.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
    }

    pub fn args(&self) -> Vec<&str> {
        self.args.iter().map(String::as_str).collect()
    }
}

impl Clis {
    pub fn new() -> Self {
        usual_umask();
        let dir = tempfile::tempdir().unwrap();
        let (limit, grace) = (Duration::from_secs(20), Duration::from_secs(5));
        let clis = Self { dir, vars: RefCell::default(), limit, grace };
        for dir in ["log", "bin", "tmp", ".claude", ".codex", ".mmx"] {
            fs::create_dir(clis.home().join(dir)).unwrap();
        }
        for file in [".claude/.credentials.json", ".codex/auth.json", ".mmx/credentials.json"] {
            fs::write(clis.home().join(file), "{}").unwrap();
        }
        fs::write(clis.home().join("help"), HELP).unwrap();
        clis.set("TMPDIR", clis.home().join("tmp").to_str().unwrap());
        clis.set("PATH", clis.home().join("bin").to_str().unwrap());
        clis
    }

    pub fn home(&self) -> &Path {
        self.dir.path()
    }

    pub fn var(self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    pub fn set(&self, name: &str, value: &str) {
        self.vars.borrow_mut().retain(|(known, _)| known != name);
        self.vars.borrow_mut().push((name.into(), value.into()));
    }

    /// A fake that notes, answers `--help`, and then does this.
    pub fn fake(self, path: &str, script: &str) -> Self {
        let home = self.home().display();
        let text = format!(
            "#!/bin/sh\nlog={home}/log; n=0\nwhile [ -e $log/$n.args ]; do n=$((n+1)); done\n\
             PATH_GIVEN=$PATH; PATH=/usr/bin:/bin\n\
             for arg; do printf '%s\\n' \"[$arg]\"; done >$log/$n.args\n\
             env -u PATH_GIVEN PATH=\"$PATH_GIVEN\" /usr/bin/env >$log/$n.env\npwd -P >$log/$n.cwd\nls -A >$log/$n.entries\n\
             case \" $* \" in *' --help '*) cat {home}/help; exit 0;; esac\nPATH=$PATH_GIVEN:/usr/bin:/bin\n{script}\n"
        );
        self.raw(path, &text)
    }

    /// A program with this text. Written by another process: one of this process's children
    /// could hold the file open for writing while it is started.
    pub fn raw(self, path: &str, text: &str) -> Self {
        let path = self.home().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let write = Command::new("/bin/sh").args(["-c", "printf %s \"$1\" >\"$2\"", "sh", text]).arg(&path).status();
        assert!(write.unwrap().success());
        chmod(&path, 0o755);
        self
    }

    pub fn env(&self) -> Env {
        let vars = self.vars.borrow();
        let vars: Vec<(&str, &str)> = vars.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Env::of(self.home(), &vars)
    }

    pub fn file(&self, kind: SourceKind) -> PathBuf {
        self.home().join(match kind {
            SourceKind::Claude => ".claude/.credentials.json",
            SourceKind::Codex => ".codex/auth.json",
            _ => ".mmx/credentials.json",
        })
    }

    pub fn call_with(&self, kind: SourceKind, program: &[&str], container: Option<&str>) -> Result<Called, Problem> {
        self.call_in(&self.env(), kind, program, container)
    }

    pub fn call_in(
        &self,
        env: &Env,
        kind: SourceKind,
        program: &[&str],
        container: Option<&str>,
    ) -> Result<Called, Problem> {
        let program: Vec<PathBuf> = program.iter().map(PathBuf::from).collect();
        let file = self.file(kind);
        let call = Call { kind, file: &file, program: &program, container, env, forced: true, limit: self.limit };
        let called = call_within(&call, self.grace, Duration::ZERO);
        assert_eq!(fs::read_dir(self.home().join("tmp")).unwrap().count(), 0, "something is left");
        called
    }

    pub fn call(&self, kind: SourceKind) -> Result<Called, Problem> {
        self.call_with(kind, &[], None)
    }

    pub fn ended(&self, kind: SourceKind) -> Ended {
        self.call(kind).unwrap().ended
    }

    /// The calls of fakes, in their order.
    pub fn noted(&self) -> Vec<Noted> {
        let read = |n: usize, what: &str| fs::read_to_string(self.home().join(format!("log/{n}.{what}"))).unwrap();
        let count = (0..).take_while(|n| self.home().join(format!("log/{n}.args")).exists()).count();
        let lines = |text: String| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let bare = |line: String| line[1..line.len() - 1].to_owned();
        let noted = |n| Noted {
            args: lines(read(n, "args")).into_iter().map(bare).collect(),
            env: lines(read(n, "env")),
            cwd: read(n, "cwd").trim_end().into(),
            entries: read(n, "entries"),
        };
        (0..count).map(noted).collect()
    }
}
