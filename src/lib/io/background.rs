//! Going into the background: a process that returns to its caller when the work has begun, and
//! one that does the work in a session of its own, away from terminals and directories.

use std::fs::OpenOptions;
use std::io::{self, PipeWriter, Read, Write};
use std::os::fd::AsFd;

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, chdir, dup2_stderr, dup2_stdin, dup2_stdout, fork, setsid};

/// Which of the two processes this is.
#[derive(Debug)]
pub enum Side {
    /// The one that was called, after the other has begun its work or failed to.
    Front(Begun),
    /// The one in the background.
    Back(Readiness),
}

/// How the work began.
#[derive(Debug, PartialEq, Eq)]
pub struct Begun {
    /// Exit code for the caller.
    pub code: u8,
    /// Why not, when it did not.
    pub reason: String,
}

/// The way to tell the caller.
#[derive(Debug)]
pub struct Readiness(PipeWriter);

impl Readiness {
    /// The work has begun (`code` 0), or not. The caller returns now.
    pub fn tell(mut self, code: u8, reason: &str) {
        let mut message = vec![code];
        message.extend_from_slice(reason.as_bytes());
        // A caller that was killed needs no answer.
        drop(self.0.write_all(&message));
    }
}

/// Fork. The front waits until the back has told how it goes.
///
/// Call it before any thread exists: only the calling one continues in the background.
///
/// # Errors
/// When the system refuses.
pub fn enter() -> io::Result<Side> {
    let (mut reader, writer) = io::pipe()?;
    // SAFETY: no other thread exists yet, so nothing that the child finds can be half done.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => {
            drop(writer);
            let mut said = Vec::new();
            reader.read_to_end(&mut said)?;
            Ok(Side::Front(begun(child, &said)))
        }
        ForkResult::Child => {
            drop(reader);
            detach()?;
            Ok(Side::Back(Readiness(writer)))
        }
    }
}

fn detach() -> io::Result<()> {
    setsid()?;
    chdir("/")?;
    let nothing = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    dup2_stdin(nothing.as_fd())?;
    dup2_stdout(nothing.as_fd())?;
    dup2_stderr(nothing.as_fd())?;
    Ok(())
}

fn begun(child: Pid, said: &[u8]) -> Begun {
    let Some((code, reason)) = said.split_first() else { return ended(child) };
    Begun { code: *code, reason: String::from_utf8_lossy(reason).into_owned() }
}

/// The back ended without a word.
fn ended(child: Pid) -> Begun {
    let (code, how) = match waitpid(child, None) {
        Ok(WaitStatus::Exited(_, status)) => {
            (u8::try_from(status).unwrap_or(1), format!("exit status {status}"))
        }
        Ok(WaitStatus::Signaled(_, signal, _)) => (1, format!("signal {signal}")),
        _ => (1, "its end was missed".to_owned()),
    };
    let reason = format!("the daemon ended before it was ready ({how}); its log tells why");
    Begun { code: code.max(1), reason }
}
