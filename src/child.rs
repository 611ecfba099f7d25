//! Running another program: no shell, bounded in time, input and output.

use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::Builder;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::signal;

/// No more than this is kept of what a program prints; the rest is read and thrown away.
const KEPT: u64 = 1 << 20;

/// What a program left behind.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained.
    pub stderr: Vec<u8>,
}

/// Runs a program to its end.
///
/// # Errors
/// What starting it says, `TimedOut` when it ran longer than `limit`, `Interrupted` when
/// ocsync was told to stop; it and what it started have been ended then.
pub fn run(mut command: Command, limit: Duration) -> io::Result<Output> {
    let spawn = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).spawn();
    let mut child = spawn?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        let readers = Builder::new()
            .spawn_scoped(scope, || drain(stdout))
            .and_then(|reader| Ok((reader, Builder::new().spawn_scoped(scope, || drain(stderr))?)));
        let (stdout, stderr) = readers.or_else(|error| give_up(&mut child, error))?;
        let status = wait(&mut child, Instant::now() + limit);
        // Whatever it left running holds the pipes open: it ends with it.
        end_group(&child, Signal::KILL);
        let text = |handle: std::thread::ScopedJoinHandle<'_, Vec<u8>>| handle.join().unwrap_or_default();
        let (stdout, stderr) = (text(stdout), text(stderr));
        Ok(Output { code: status?.code(), stdout, stderr })
    })
}

/// Runs a program to its end with `input` on its standard input; what it prints goes nowhere.
/// Returns its exit code, `None` when a signal ended it.
///
/// # Errors
/// As [`run`].
pub fn feed(mut command: Command, input: Vec<u8>, limit: Duration) -> io::Result<Option<i32>> {
    let spawn = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn();
    let mut child = spawn?;
    if let Some(mut stdin) = child.stdin.take() {
        // Not waited for: whoever does not read would hold us up. A program may also end without
        // having read, and then writing fails, which is its own business.
        let writer = Builder::new().spawn(move || stdin.write_all(&input));
        writer.map(drop).or_else(|error| give_up(&mut child, error))?;
    }
    let status = wait(&mut child, Instant::now() + limit);
    end_group(&child, Signal::KILL);
    Ok(status?.code())
}

/// Ends a program that cannot be served: the system gives no thread.
fn give_up<T>(child: &mut Child, error: io::Error) -> io::Result<T> {
    end_group(child, Signal::KILL);
    child.wait()?;
    Err(error)
}

fn wait(child: &mut Child, deadline: Instant) -> io::Result<ExitStatus> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        let stop = if signal::received() {
            Some(io::ErrorKind::Interrupted)
        } else {
            (Instant::now() >= deadline).then_some(io::ErrorKind::TimedOut)
        };
        if let Some(kind) = stop {
            end_group(child, Signal::TERM);
            std::thread::sleep(Duration::from_millis(200));
            end_group(child, Signal::KILL);
            child.wait()?;
            return Err(io::Error::new(kind, "did not end in time"));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

fn end_group(child: &Child, signal: Signal) {
    if let Some(pid) = Pid::from_raw(child.id().cast_signed()) {
        let _ = kill_process_group(pid, signal);
    }
}

fn drain(stream: Option<impl Read>) -> Vec<u8> {
    let mut kept = Vec::new();
    if let Some(mut stream) = stream {
        let _ = (&mut stream).take(KEPT).read_to_end(&mut kept);
        let _ = io::copy(&mut stream, &mut io::sink());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(flood.stdout.len() as u64, KEPT);
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
}
