//! Talks to a program line by line. `run` is for programs that are only fed or only listened to.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::Builder;
use std::time::{Duration, Instant};

use crate::sys::process::gathered::{Gathered, KEPT};
use crate::sys::process::run::{Bounds, Output, give_up, wait};
use crate::sys::signal;

/// What to do after a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Listen on.
    Listen,
    /// Write this, then listen on.
    Say(Vec<u8>),
    /// Everything that was needed has come.
    Enough,
}

/// How many times in a row nothing may be heard of a program that is gone: for a second, as on a busy machine its last words
/// take a while.
const SILENT: u32 = 50;

/// Starts a program, writes `first`, and lets `hear` answer each line that it prints. A line comes with its
/// newline; a line beyond 1 MiB comes in pieces.
///
/// Then its standard input is closed. It has the patience, at least the grace, to end by itself. After
/// that it gets SIGTERM, and after the grace SIGKILL. The output holds no stdout.
///
/// # Errors
/// What the system says when the program cannot be started. `TimedOut` when neither [`Next::Enough`] nor
/// the end of its output came within the limit. `Interrupted` when a signal asked ocsync to stop.
pub fn converse(
    mut command: Command,
    first: Vec<u8>,
    bounds: Bounds,
    mut hear: impl FnMut(&[u8]) -> Next,
) -> io::Result<Output> {
    let spawn = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).spawn();
    let mut child = spawn?;
    let deadline = Instant::now() + bounds.limit;
    let heard = Gathered::from(child.stderr.take()).and_then(|stderr| Ok((stderr, listen(child.stdout.take())?)));
    let (stderr, lines) = heard.or_else(|error| give_up(&mut child, error))?;
    let (say, words) = mpsc::channel::<Vec<u8>>();
    if let Some(mut stdin) = child.stdin.take() {
        // In the background: a program that does not read would block this one.
        let writer = Builder::new().spawn(move || words.into_iter().try_for_each(|text| stdin.write_all(&text)));
        writer.map(drop).or_else(|error| give_up(&mut child, error))?;
    }
    // Writing fails when the program is gone. Its output shows that as well.
    let _ = say.send(first);
    let mut late = false;
    let mut silent = 0;
    while !signal::received() {
        late = Instant::now() >= deadline;
        if late {
            break;
        }
        match lines.recv_timeout(Duration::from_millis(20)) {
            Ok(line) => match hear(&line) {
                Next::Listen => silent = 0,
                Next::Say(text) => drop(say.send(text)),
                Next::Enough => break,
            },
            Err(RecvTimeoutError::Disconnected) => break,
            // It is gone, and either its last words are still to be read, or another process holds its output open.
            Err(RecvTimeoutError::Timeout) if matches!(child.try_wait(), Ok(Some(_))) => {
                silent += 1;
                if silent > SILENT {
                    break;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    // Its input is closed. What it still prints is read and thrown away.
    drop((say, lines));
    let code = match wait(&mut child, Instant::now() + bounds.patience.max(bounds.grace), bounds) {
        Err(error) if error.kind() == io::ErrorKind::TimedOut => None,
        ended => ended?.code(),
    };
    if late {
        return Err(io::Error::new(io::ErrorKind::TimedOut, "did not answer in time"));
    }
    Ok(Output { code, stdout: Vec::new(), stderr: stderr.bytes() })
}

/// The lines of a stream; no more than a few are held at a time.
fn listen(stream: Option<impl Read + Send + 'static>) -> io::Result<Receiver<Vec<u8>>> {
    let (send, lines) = mpsc::sync_channel(4);
    Builder::new().spawn(move || {
        let Some(stream) = stream else { return };
        let mut reader = BufReader::new(stream);
        loop {
            let mut line = Vec::new();
            let read = (&mut reader).take(KEPT as u64).read_until(b'\n', &mut line);
            if !matches!(read, Ok(1..)) {
                return;
            }
            if send.send(line).is_err() {
                break;
            }
        }
        let _ = io::copy(&mut reader, &mut io::sink());
    })?;
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Talks to a script until it prints "bye", and answers "two" to "one". Returns how it ended, how many
    /// bytes it printed, and how long it took.
    fn talk(script: &str, limit: u64) -> (io::Result<Option<i32>>, usize, Duration) {
        // It ends by itself: on a busy machine that takes a while.
        talk_with(script, limit, 9000)
    }

    fn talk_with(script: &str, limit: u64, grace: u64) -> (io::Result<Option<i32>>, usize, Duration) {
        let (start, mut heard) = (Instant::now(), 0);
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        let bounds = Bounds {
            limit: Duration::from_millis(limit),
            grace: Duration::from_millis(grace),
            patience: Duration::ZERO,
        };
        let ended = converse(command, b"first\n".to_vec(), bounds, |line| {
            heard += line.len();
            match line {
                b"one\n" => Next::Say(b"two\n".to_vec()),
                b"bye\n" => Next::Enough,
                _ => Next::Listen,
            }
        });
        (ended.map(|output| output.code), heard, start.elapsed())
    }

    #[test]
    fn lines_are_answered_and_the_end_of_input_is_the_end() {
        let polite = "read a; test $a = first; echo one; read b; test $b = two && echo bye; cat; exit 7";
        assert_eq!(talk(polite, 9000).0.unwrap(), Some(7));
        let deaf = talk_with("exec <&-; echo bye; sleep 60", 9000, 300);
        assert_eq!((deaf.0.unwrap(), deaf.2 < Duration::from_secs(5)), (None, true));
    }

    #[test]
    fn silence_is_an_end_and_hanging_costs_the_limit() {
        assert_eq!(talk("exit 3", 9000).0.unwrap(), Some(3));
        assert_eq!(talk("exec >&- 2>&-; exit 3", 9000).0.unwrap(), Some(3));
        assert_eq!(talk_with("exec >&- 2>&-; exec sleep 60", 9000, 300).0.unwrap(), None);
        assert_eq!(talk("setsid sleep 5 & exit 4", 9000).0.unwrap(), Some(4));
        let (hung, _, took) = talk_with("sleep 60 & sleep 60", 100, 300);
        assert_eq!((hung.unwrap_err().kind(), took < Duration::from_secs(5)), (io::ErrorKind::TimedOut, true));
    }

    #[test]
    fn a_flood_is_heard_in_pieces_and_no_longer_than_the_limit() {
        let (ended, heard, _) = talk("head -c 3000000 /dev/zero; exit 5", 9000);
        assert_eq!((ended.unwrap(), heard), (Some(5), 3_000_000));
        assert_eq!(talk_with("yes", 200, 300).0.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(talk("echo bye; head -c 3000000 /dev/zero; exit 6", 9000).0.unwrap(), Some(6));
    }
}
