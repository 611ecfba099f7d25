//! A Docker daemon of the tests' own, and containers in it that have a network of loopback only.
//!
//! No image is downloaded: it is made of a shell and of the libraries that this machine's programs are linked with. The
//! programs themselves are mounted.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Started;
use crate::home::users::give;
use crate::home::{chmod, put};

/// The user that OpenClaw's image works as.
pub const UID: u32 = 1000;
/// The home in the container.
pub const HOME: &str = "/home/node";
const IMAGE: &str = "local:1";
/// Where this machine's programs are.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A running daemon. It ends with the test.
pub struct Daemon {
    // The daemon has ended before its directory goes.
    _process: Started,
    dir: tempfile::TempDir,
}

impl Daemon {
    /// Starts a daemon, and makes the image for these programs.
    pub fn start(programs: &[&Path]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        // The user of the tests reaches the socket through it.
        chmod(dir.path(), 0o711);
        let place = dir.path().to_owned();
        let at = |name: &str| place.join(name).to_str().unwrap().to_owned();
        let log = fs::File::create(at("log")).unwrap();
        let mut command = Command::new("dockerd");
        command.args(["--iptables=false", "--bridge=none", "--storage-driver=vfs"]);
        command.args(["--data-root", &at("data"), "--exec-root", &at("exec"), "--pidfile", &at("pid")]);
        command.args(["-H", &format!("unix://{}", at("docker.sock"))]).env("PATH", PATH).stdin(Stdio::null());
        let started = command.stdout(log.try_clone().unwrap()).stderr(log).spawn();
        let process = Started(started.expect("dockerd: Debian has it in docker.io, and it needs root"));
        let daemon = Self { _process: process, dir };
        let (start, said) = (Instant::now(), || fs::read_to_string(at("log")).unwrap());
        while !said().contains("API listen on") {
            assert!(start.elapsed() < Duration::from_secs(60), "dockerd did not start: {}", said());
            std::thread::sleep(Duration::from_millis(100));
        }
        chmod(at("docker.sock").as_ref(), 0o666);
        daemon.make_image(programs);
        daemon
    }

    /// What `DOCKER_HOST` has to be.
    pub fn host(&self) -> String {
        format!("unix://{}", self.dir.path().join("docker.sock").display())
    }

    fn docker(&self) -> Command {
        let mut command = Command::new("docker");
        command.env_clear().env("PATH", PATH).env("DOCKER_HOST", self.host()).stdin(Stdio::null());
        command
    }

    fn make_image(&self, programs: &[&Path]) {
        let root = self.dir.path().join("root");
        let shell = Path::new("/bin/sh");
        let copy = |from: &Path| {
            let to = root.join(from.strip_prefix("/").unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from, &to).unwrap();
        };
        programs
            .iter()
            .copied()
            .chain([shell])
            .flat_map(libraries)
            .collect::<BTreeSet<_>>()
            .iter()
            .for_each(|of| copy(of));
        copy(shell);
        for name in ["tmp", "home/node", "usr/bin"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        chmod(&root.join("tmp"), 0o1777);
        give(&root.join("home/node"), UID);
        put(&root.join("etc/passwd"), &format!("root:x:0:0::/:/bin/sh\nnode:x:{UID}:{UID}::{HOME}:/bin/sh\n"));
        chmod(&root.join("etc/passwd"), 0o644);
        chmod(&root.join("etc"), 0o755);
        let mut tar =
            Command::new("tar").arg("-C").arg(&root).args(["-c", "."]).stdout(Stdio::piped()).spawn().unwrap();
        let mut import = self.docker();
        import.args(["import", "-", IMAGE]).stdin(tar.stdout.take().unwrap());
        done(&mut import);
        assert!(tar.wait().unwrap().success());
    }

    /// Starts a container that does nothing by itself. `mounts` are paths of this side, and theirs in the container;
    /// `:ro` after the second one keeps it from writing there.
    pub fn container(&self, name: &'static str, node: &Path, mounts: &[(&Path, &str)]) -> Container<'_> {
        let mut run = self.docker();
        run.args(["run", "--detach", "--init", "--name", name, "--network", "none"]);
        run.args([
            "--user",
            &format!("{UID}:{UID}"),
            "--env",
            &format!("HOME={HOME}"),
            "--env",
            "PATH=/usr/bin:/bin",
            // Where the image of OpenClaw's own starts, as far as a program can see.
            "--workdir",
            "/opt/node_modules/openclaw",
        ]);
        for (here, there) in mounts.iter().copied().chain([(node, "/usr/bin/node:ro")]) {
            run.arg("--volume").arg(format!("{}:{there}", here.display()));
        }
        done(run.args([IMAGE, "node", "-e", "setInterval(() => {}, 1e9)"]));
        Container { daemon: self, name }
    }
}

/// A running container. It goes with the test.
pub struct Container<'a> {
    daemon: &'a Daemon,
    pub name: &'static str,
}

impl Container<'_> {
    /// A program in it.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.daemon.docker();
        command.args(["exec", "--interactive", self.name]).args(words);
        command
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        let _ = self.daemon.docker().args(["rm", "--force", self.name]).output();
    }
}

/// Runs it to its end, which must be a good one.
#[track_caller]
pub fn done(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {out}{err}");
    out.into_owned()
}

/// The files that a program is linked with, as `ldd` names them.
fn libraries(program: &Path) -> Vec<PathBuf> {
    let said = done(Command::new("ldd").arg(program));
    said.split_whitespace().filter(|word| word.starts_with('/') && !word.ends_with(':')).map(PathBuf::from).collect()
}
