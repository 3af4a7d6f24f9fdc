//! Log daemons on this host: syslog (RFC 3164 as `/dev/log` takes it) and the journal. One
//! datagram a message; the daemon stamps it with the time.
//!
//! A daemon that does not read is waited for a moment, and from then on not at all until it takes
//! something: its owner may have to tell hundreds of things before it does what it is there for.
//! What it did not take is counted and told when it reads again. A daemon that is not there, or was
//! restarted, is looked for anew with each message.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use super::choice::Facility;

/// Where the syslog daemon listens.
const SYSLOG: &str = "/dev/log";
/// Where the journal listens.
const JOURNAL: &str = "/run/systemd/journal/socket";
/// How long a daemon may take to make room for one message.
const PATIENCE: Duration = Duration::from_millis(100);
/// Bytes of one message at most; the rest is cut off. Daemons take no less.
const LONGEST: usize = 8 << 10;

/// How bad it is, by syslog's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Something failed.
    Error = 3,
    /// Something deserves attention.
    Warning = 4,
    /// Something happened.
    Info = 6,
    /// Something was decided.
    Debug = 7,
}

/// What a message looks like on its socket.
#[derive(Debug)]
enum Dialect {
    Syslog { facility: Facility },
    Journal,
}

/// One log daemon.
#[derive(Debug)]
pub struct Daemon {
    path: &'static str,
    dialect: Dialect,
    name: String,
    socket: Option<UnixDatagram>,
    /// It did not take the latest message in time.
    deaf: bool,
    dropped: u64,
}

impl Daemon {
    /// The syslog daemon, where we are called `name`.
    #[must_use]
    pub const fn syslog(facility: Facility, name: String) -> Self {
        let dialect = Dialect::Syslog { facility };
        Self { path: SYSLOG, dialect, name, socket: None, deaf: false, dropped: 0 }
    }

    /// The journal, where we are called `name`.
    #[must_use]
    pub const fn journal(name: String) -> Self {
        Self {
            path: JOURNAL,
            dialect: Dialect::Journal,
            name,
            socket: None,
            deaf: false,
            dropped: 0,
        }
    }

    /// Send one message; it is dropped when the daemon does not take it.
    pub fn write(&mut self, severity: Severity, text: &str) {
        if self.dropped > 0 {
            let notice = format!("{} log lines were dropped: nobody read them", self.dropped);
            let notice = self.encode(Severity::Warning, &notice);
            if self.send(&notice).is_err() {
                self.dropped += 1;
                return;
            }
            self.dropped = 0;
        }
        let message = self.encode(severity, text.trim_end());
        match self.send(&message) {
            Ok(()) => self.set_deaf(false),
            Err(_) => self.dropped += 1,
        }
    }

    fn encode(&self, severity: Severity, text: &str) -> Vec<u8> {
        let cut = (0..=text.len().min(LONGEST)).rev().find(|at| text.is_char_boundary(*at));
        let text = text.get(..cut.unwrap_or(0)).unwrap_or_default();
        let (name, pid) = (&self.name, std::process::id());
        match self.dialect {
            Dialect::Syslog { facility } => {
                let priority = facility.number() * 8 + severity as u8;
                // One message is one line there.
                let text = text.replace(char::is_control, " ");
                format!("<{priority}>{name}[{pid}]: {text}").into_bytes()
            }
            Dialect::Journal => {
                let head = format!(
                    "PRIORITY={}\nSYSLOG_IDENTIFIER={name}\nSYSLOG_PID={pid}\nMESSAGE\n",
                    severity as u8
                );
                // The form for values of more than one line: their length comes first.
                let length = u64::try_from(text.len()).unwrap_or_default().to_le_bytes();
                [head.as_bytes(), &length, text.as_bytes(), b"\n"].concat()
            }
        }
    }

    /// A socket that was good may belong to a daemon that is gone: then once more with a new one.
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        if let Some(socket) = &self.socket {
            match socket.send(message) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.set_deaf(true);
                    return Err(error);
                }
                Err(_) => self.socket = None,
            }
        }
        let socket = UnixDatagram::unbound()?;
        socket.connect(self.path)?;
        socket.set_write_timeout(Some(PATIENCE))?;
        socket.set_nonblocking(self.deaf)?;
        let sent = socket.send(message);
        self.socket = Some(socket);
        self.set_deaf(sent.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::WouldBlock));
        sent.map(drop)
    }

    fn set_deaf(&mut self, deaf: bool) {
        if self.deaf != deaf {
            self.deaf = deaf;
            if let Some(socket) = &self.socket {
                // Where it cannot be told, it waits.
                drop(socket.set_nonblocking(deaf));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// A listener and a daemon that writes to it.
    fn pair(dialect: Dialect) -> (tempfile::TempDir, UnixDatagram, Daemon) {
        let folder = tempfile::tempdir().unwrap();
        let path: &'static str = folder.path().join("log").to_str().unwrap().to_owned().leak();
        let listener = UnixDatagram::bind(path).unwrap();
        listener.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let daemon =
            Daemon { path, dialect, name: "lb".into(), socket: None, deaf: false, dropped: 0 };
        (folder, listener, daemon)
    }

    fn heard(listener: &UnixDatagram) -> Vec<u8> {
        let mut buffer = vec![0; 2 * LONGEST];
        let length = listener.recv(&mut buffer).unwrap();
        buffer.truncate(length);
        buffer
    }

    #[test]
    fn a_syslog_message_has_priority_name_pid_and_one_line() {
        let facility = Facility::Local(2);
        let (_folder, listener, mut daemon) = pair(Dialect::Syslog { facility });
        daemon.write(Severity::Warning, "two\nlines\n");
        let expected = format!("<148>lb[{}]: two lines", std::process::id());
        assert_eq!(heard(&listener), expected.as_bytes());
    }

    #[test]
    fn a_journal_message_keeps_its_lines() {
        let (_folder, listener, mut daemon) = pair(Dialect::Journal);
        daemon.write(Severity::Info, "two\nlines");
        let message = heard(&listener);
        assert!(message.starts_with(b"PRIORITY=6\nSYSLOG_IDENTIFIER=lb\n"));
        assert!(message.ends_with(b"MESSAGE\n\x09\0\0\0\0\0\0\0two\nlines\n"));
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let (_folder, listener, mut daemon) = pair(Dialect::Journal);
        daemon.write(Severity::Info, &"€".repeat(LONGEST));
        assert!(heard(&listener).len() <= LONGEST + 100);
    }

    #[test]
    fn a_daemon_that_does_not_read_costs_a_moment_and_hears_how_much_it_missed() {
        let (_folder, listener, mut daemon) = pair(Dialect::Journal);
        let begin = Instant::now();
        while daemon.dropped < 300 {
            daemon.write(Severity::Info, "again");
        }
        // A moment once, not for each of them, which would be half a minute.
        assert!(begin.elapsed() < 100 * PATIENCE, "{:?}", begin.elapsed());
        listener.set_nonblocking(true).unwrap();
        while listener.recv(&mut [0; 256]).is_ok() {}
        listener.set_nonblocking(false).unwrap();
        daemon.write(Severity::Info, "last");
        let notice = String::from_utf8_lossy(&heard(&listener)).into_owned();
        assert!(notice.contains("log lines were dropped"), "{notice}");
        assert!(heard(&listener).ends_with(b"last\n"));
        assert_eq!((daemon.dropped, daemon.deaf), (0, false));
    }

    #[test]
    fn a_daemon_that_was_restarted_is_found_again() {
        let (_folder, listener, mut daemon) = pair(Dialect::Journal);
        daemon.write(Severity::Info, "one");
        drop(listener);
        std::fs::remove_file(daemon.path).unwrap();
        daemon.write(Severity::Info, "lost");
        let listener = UnixDatagram::bind(daemon.path).unwrap();
        daemon.write(Severity::Info, "two");
        assert!(String::from_utf8_lossy(&heard(&listener)).contains("1 log lines were dropped"));
        assert!(heard(&listener).ends_with(b"two\n"));
    }
}
