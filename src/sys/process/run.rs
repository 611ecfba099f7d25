//! Runs another program: without a shell, and bounded in time, input and output.
//!
//! A program leads a process group of its own. When it ends, what it left running in the group is ended
//! too. A process that has left the group is neither ended nor waited for.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::Builder;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use crate::sys::process::gathered::Gathered;
use crate::sys::signal;

/// How long a program may take. A limit that is given alone comes with a grace of 200 ms.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// From its start to its end.
    pub limit: Duration,
    /// From SIGTERM to SIGKILL.
    pub grace: Duration,
    /// From the signal that asks ocsync to stop to SIGTERM: how long the program may go on by itself.
    pub patience: Duration,
}

impl From<Duration> for Bounds {
    fn from(limit: Duration) -> Self {
        Self { limit, grace: Duration::from_millis(200), patience: Duration::ZERO }
    }
}

/// What a program left behind.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it printed to its standard output.
    pub stdout: Vec<u8>,
    /// What it printed to its standard error.
    pub stderr: Vec<u8>,
}

/// Runs a program to its end.
///
/// # Errors
/// What the system says when it cannot be started. `TimedOut` when it ran longer than its limit,
/// `Interrupted` when a signal asked ocsync to stop; then it and what it started have been ended.
pub fn run(mut command: Command, bounds: impl Into<Bounds>) -> io::Result<Output> {
    let bounds = bounds.into();
    let spawn = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).spawn();
    let mut child = spawn?;
    let gathered =
        Gathered::from(child.stdout.take()).and_then(|out| Ok((out, Gathered::from(child.stderr.take())?)));
    let (stdout, stderr) = gathered.or_else(|error| give_up(&mut child, error))?;
    let code = wait(&mut child, Instant::now() + bounds.limit, bounds)?.code();
    Ok(Output { code, stdout: stdout.bytes(), stderr: stderr.bytes() })
}

/// Runs a program to its end with `input` on its standard input. What it prints is thrown away.
/// Returns its exit code; `None` when a signal ended it.
///
/// # Errors
/// As [`run`].
pub fn feed(mut command: Command, input: Vec<u8>, bounds: impl Into<Bounds>) -> io::Result<Option<i32>> {
    let bounds = bounds.into();
    let spawn = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn();
    let mut child = spawn?;
    if let Some(mut stdin) = child.stdin.take() {
        // In the background: a program that does not read would block this one. A program may also end
        // without reading. Then writing fails, and that is no error of the run.
        let writer = Builder::new().spawn(move || stdin.write_all(&input));
        writer.map(drop).or_else(|error| give_up(&mut child, error))?;
    }
    Ok(wait(&mut child, Instant::now() + bounds.limit, bounds)?.code())
}

/// Ends a program that cannot be served because the system gives no thread.
pub(crate) fn give_up<T>(child: &mut Child, error: io::Error) -> io::Result<T> {
    signal_group(child, Signal::KILL);
    child.wait()?;
    Err(error)
}

/// Waits for the end of a program. Ends it at the deadline, or when a signal asks ocsync to stop.
pub(crate) fn wait(child: &mut Child, deadline: Instant, bounds: Bounds) -> io::Result<ExitStatus> {
    let (grace, mut patient_until) = (bounds.grace, None);
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            if group_lives(child) {
                end(child, grace)?;
            }
            return Ok(status);
        }
        if patient_until.is_none() && signal::received() {
            patient_until = Some(Instant::now() + bounds.patience);
        }
        let stop = if patient_until.is_some_and(|until| Instant::now() >= until) {
            Some(io::ErrorKind::Interrupted)
        } else {
            (Instant::now() >= deadline).then_some(io::ErrorKind::TimedOut)
        };
        if let Some(kind) = stop {
            end(child, grace)?;
            return Err(io::Error::new(kind, "did not end in time"));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Sends SIGTERM to the whole group, and SIGKILL to what is still there after the grace. A wrapper may end
/// at once while the program that it started still saves: so the group counts, and not its leader.
fn end(child: &mut Child, grace: Duration) -> io::Result<()> {
    let deadline = Instant::now() + grace;
    signal_group(child, Signal::TERM);
    while Instant::now() < deadline {
        if child.try_wait()?.is_some() && !group_lives(child) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    signal_group(child, Signal::KILL);
    child.wait().map(drop)
}

fn group_lives(child: &Child) -> bool {
    Pid::from_raw(child.id().cast_signed()).is_some_and(|pid| test_kill_process_group(pid).is_ok())
}

fn signal_group(child: &Child, signal: Signal) {
    if let Some(pid) = Pid::from_raw(child.id().cast_signed()) {
        let _ = kill_process_group(pid, signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::process::gathered::KEPT;

    fn sh(script: &str, limit: u64) -> io::Result<Output> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        run(command, Duration::from_millis(limit))
    }

    #[test]
    fn output_and_code_are_returned_and_a_flood_is_cut() {
        let output = sh("echo out; echo err >&2; exit 3", 5000).unwrap();
        assert_eq!((output.code, &output.stdout[..], &output.stderr[..]), (Some(3), &b"out\n"[..], &b"err\n"[..]));
        let flood = sh("head -c 3000000 /dev/zero", 5000).unwrap();
        assert_eq!(flood.stdout.len(), KEPT);
    }

    #[test]
    fn input_is_read_or_not_and_never_waited_for() {
        let feed_sh = |script: &str, limit| {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", script]);
            feed(command, vec![b'x'; 1 << 20], Duration::from_millis(limit))
        };
        assert_eq!(feed_sh("test $(wc -c) = 1048576; exit $((3 + $?))", 5000).unwrap(), Some(3));
        assert_eq!(feed_sh("exit 4", 5000).unwrap(), Some(4));
        assert_eq!(feed_sh("head -c 3000000 /dev/zero; exit 5", 5000).unwrap(), Some(5));
        let start = Instant::now();
        assert_eq!(feed_sh("sleep 60", 100).unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_program_that_hangs_is_ended_with_all_that_it_started() {
        let start = Instant::now();
        assert_eq!(sh("sleep 60 & sleep 60", 100).unwrap_err().kind(), io::ErrorKind::TimedOut);
        sh("sleep 60 & exit 0", 5000).unwrap();
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_group_has_its_grace_also_when_its_leader_goes_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let saved = dir.path().join("saved");
        let slow =
            format!("trap 'sleep 0.3; echo saved >{}; exit' TERM; while :; do sleep 0.05; done", saved.display());
        let wrapper = format!("({slow}) & exec sleep 60");
        let grace = |millis| Bounds {
            limit: Duration::from_millis(200),
            grace: Duration::from_millis(millis),
            patience: Duration::ZERO,
        };
        let call = |millis| {
            let mut command = Command::new("/bin/sh");
            run(std::mem::replace(command.args(["-c", &wrapper]), Command::new("true")), grace(millis)).unwrap_err()
        };
        assert_eq!(call(50).kind(), io::ErrorKind::TimedOut);
        assert!(!saved.exists());
        assert_eq!(call(5000).kind(), io::ErrorKind::TimedOut);
        assert!(saved.exists());
    }

    #[test]
    fn a_process_that_left_the_group_and_keeps_the_pipes_is_not_waited_for() {
        let start = Instant::now();
        let output = sh("echo out; setsid sleep 5 & exit 0", 5000).unwrap();
        assert_eq!((output.code, &output.stdout[..]), (Some(0), &b"out\n"[..]));
        assert!(start.elapsed() < Duration::from_secs(4));
    }
}
