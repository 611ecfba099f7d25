//! The units, run as they are shipped by a service manager of a user's: what they promise of locks,
//! of the sandbox and of how soon a renewed login is delivered.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::home::users::copy_for_all;
use crate::home::{self, Home, at, chmod, hours, put};
use serde_json::json;

const SYNC: &str = include_str!("../../contrib/systemd/user/ocsync-sync.service");
/// Where the home is for the manager.
const INSIDE: &str = "/home/someone";

/// A service manager as `nobody`, in mount and cgroup namespaces of its own, with the home at
/// `INSIDE`.
const MANAGER: &str = r#"
set -e
for tree in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    [ -e "$tree/cgroup.procs" ] || continue
    mkdir -p "$tree/ocsync-test-$$/nobody"
    chown -R 65534 "$tree/ocsync-test-$$/nobody"
    echo $$ > "$tree/ocsync-test-$$/nobody/cgroup.procs"
done
exec unshare --mount --cgroup sh -ec '
    for tree in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
        [ -e "$tree/cgroup.procs" ] || continue
        kind="cgroup2"
        [ "${tree##*/}" != systemd ] || kind="cgroup -o none,name=systemd"
        umount -l "$tree"
        mount -t $kind cgroup "$tree"
    done
    mount -t tmpfs tmpfs /run
    mkdir -p /run/systemd/system /run/systemd/unit-root /run/user/65534
    chown 65534 /run/user/65534
    mount -t tmpfs tmpfs /home
    mount -t tmpfs tmpfs /opt
    mkdir "$2" /opt/openclaw
    chown 65534 /opt/openclaw
    mount --bind "$1" "$2"
    exec setpriv --reuid=65534 --regid=65534 --clear-groups env -i HOME="$2" PATH=/usr/bin:/bin \
        XDG_RUNTIME_DIR=/run/user/65534 /lib/systemd/systemd --user --unit=basic.target
' sh "$1" "$2"
"#;

struct Manager(Child);

impl Drop for Manager {
    fn drop(&mut self) {
        let _ = (self.0.kill(), self.0.wait());
        for tree in ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"] {
            let own = format!("{tree}/ocsync-test-{}", self.0.id());
            let _ = Command::new("find").args([&own, "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"]).output();
        }
    }
}

impl Manager {
    /// The manager, where one can be had.
    fn start(home: &Home) -> Option<Self> {
        let mut command = Command::new("sh");
        command.args(["-c", MANAGER, "sh"]).arg(home.path("")).arg(INSIDE);
        let mut manager = Self(command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
        for _ in 0..50 {
            std::thread::sleep(Duration::from_millis(100));
            if manager.0.try_wait().unwrap().is_some() {
                break;
            }
            if manager.control(&["show-environment"]).0 {
                return Some(manager);
            }
        }
        println!("SKIPPED: no service manager of a user can be started here");
        None
    }

    fn control(&self, args: &[&str]) -> (bool, String) {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.0.id().to_string(), "-m", "-C", "setpriv", "--reuid=65534", "--regid=65534"]);
        command.args(["--clear-groups", "env", "XDG_RUNTIME_DIR=/run/user/65534", "systemctl", "--user"]);
        let output = command.args(args).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    /// Runs a service, and says how its program ended.
    fn run(&self, unit: &str) -> (bool, String) {
        let (done, _) = self.control(&["start", unit]);
        (done, self.control(&["show", "--property=Result,ExecMainStatus", unit]).1)
    }
}

#[test]
fn a_real_service_manager_runs_the_units_as_they_are_shipped() {
    if !home::is_root() || !Path::new("/lib/systemd/systemd").exists() {
        println!("SKIPPED: needs root and systemd");
        return;
    }
    let home = Home::stale();
    let units = home.path(".config/systemd/user");
    for dir in [&units, &home.path(".local/bin")] {
        fs::create_dir_all(dir).unwrap();
    }
    copy_for_all(home::OCSYNC.as_ref(), &home.path(".local/bin/ocsync"));
    for unit in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib/systemd/user")).unwrap() {
        let unit = unit.unwrap();
        fs::copy(unit.path(), units.join(unit.file_name())).unwrap();
    }
    // The real `openclaw` is a Node program: its compiler and threads must get along with the sandbox.
    let openclaw = if Path::new("/usr/bin/node").exists() {
        "#!/usr/bin/env node\nrequire('fs').writeFileSync('reloaded', process.argv.slice(2).join(' '));\nconsole.log('{\"ok\":true}');\n"
    } else {
        println!("SKIPPED: node is missing, so a shell script stands for openclaw");
        "#!/bin/sh\nprintf %s \"$*\" >reloaded\necho '{\"ok\":true}'\n"
    };
    put(&home.path(".local/bin/openclaw"), openclaw);
    chmod(&home.path(".local/bin/openclaw"), 0o755);
    let home = home.config(&json!({ "reload": "always" }));
    // The same sandbox around a program that tries to break out.
    let name = format!("ocsync-probe-{}", std::process::id());
    let touch = format!(
        "/bin/sh -c 'for at in . .claude .ssh .openclaw /usr /var /etc /opt /opt/openclaw /tmp; do \
         cd %h; cd $$at 2>/dev/null && touch {name} 2>/dev/null && echo $$at; done >%h/.openclaw/written'"
    );
    let probe = SYNC.replace("%h/.local/bin/ocsync sync", &touch);
    put(&units.join("ocsync-probe.service"), &probe);
    fs::create_dir(home.path(".ssh")).unwrap();
    // The drop-in goes to all units of ocsync.
    let drop_in = include_str!("../../contrib/systemd/elsewhere.conf");
    put(&units.join("ocsync-.service.d/elsewhere.conf"), drop_in);
    let give = || {
        let given = Command::new("chown").args(["-R", "65534:65534"]).arg(home.root()).status().unwrap();
        assert!(given.success());
    };
    give();
    let Some(manager) = Manager::start(&home) else { return };

    // A unit that nothing refers to is forgotten as soon as it has ended.
    let (enabled, said) = manager.control(&["enable", "--now", "ocsync-sync.timer", "ocsync-check.timer"]);
    assert!(enabled, "{said}");

    // A lock of a living process of the same user, outside of the sandbox: busy, and no failure.
    let mut holder = Command::new("setpriv");
    holder.args(["--reuid=65534", "--regid=65534", "--clear-groups", "sleep", "60"]);
    let mut holder = holder.spawn().unwrap();
    home.old_lock(holder.id());
    give();
    let busy = manager.run("ocsync-sync.service");
    let _ = (holder.kill(), holder.wait());
    assert_eq!(busy, (true, "Result=success\nExecMainStatus=75\n".to_owned()));
    assert_eq!(home.access("main"), at("old"));
    // It is dead now.
    let done = manager.run("ocsync-sync.service");
    assert_eq!((done.0, home.access("main")), (true, at("new")), "{done:?}");
    assert_eq!(done.1, "Result=success\nExecMainStatus=0\n");
    assert_eq!(fs::read_to_string(home.path(".openclaw/reloaded")).unwrap_or_default(), "secrets reload --json");

    // The CLI renews its login: the path unit sees it.
    let (enabled, said) = manager.control(&["enable", "--now", "ocsync-sync.path"]);
    assert!(enabled, "{said}");
    let home = home.claude("newer", hours(9));
    let start = Instant::now();
    let give = Command::new("chown").arg("65534").arg(home.path(".claude/.credentials.json")).status().unwrap();
    assert!(give.success());
    while home.access("main") != at("newer") {
        assert!(start.elapsed() < Duration::from_secs(10), "the path unit has not seen the change");
        std::thread::sleep(Duration::from_millis(20));
    }
    println!("synced {} ms after the login was renewed", start.elapsed().as_millis());
    assert!(manager.run("ocsync-check.service").0);

    let probed = manager.run("ocsync-probe.service");
    let written = fs::read_to_string(home.path(".openclaw/written")).unwrap_or_default();
    let _ = fs::remove_file(format!("/tmp/{name}"));
    assert_eq!(written, ".\n.claude\n.openclaw\n/opt/openclaw\n/tmp\n", "{probed:?}");
}
