//! Does a Redis server work, and as what? AUTH, PING and INFO, all at once; what speaks its
//! protocol (Valkey among others) is asked the same.
//!
//! PING comes with them because INFO is answered also by a server that serves nobody: one that
//! still loads its data, or that refuses writes since it cannot save them.

use std::time::Duration;

use super::super::details::DatabaseDetails;
use super::super::dialogue::{Dialogue, Step, quoted};
use super::speech::Speech;
use super::{Demand, Login, Role, version};

/// Longest line, longest text, and most of all that is read.
const LONGEST_LINE: usize = 1024;
const LONGEST_TEXT: usize = 64 * 1024;
const LONGEST_ANSWERS: usize = 160 * 1024;

const ENDLESS: &str = "its answers have no end";

/// The dialogue with a Redis server.
#[derive(Debug)]
pub struct RedisDialogue {
    demand: Demand,
    speech: Speech,
    awaited: Command,
    seen: DatabaseDetails,
}

/// What was asked; answers come in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Auth,
    Ping,
    Server,
    Replication,
}

/// One answer.
#[derive(Debug, PartialEq, Eq)]
enum Reply {
    Status(Vec<u8>),
    Error(Vec<u8>),
    Text(Vec<u8>),
}

impl Command {
    const fn name(self) -> &'static str {
        match self {
            Self::Auth => "AUTH",
            Self::Ping => "PING",
            Self::Server => "INFO server",
            Self::Replication => "INFO replication",
        }
    }

    const fn awaits(self) -> &'static str {
        match self {
            Self::Auth => "the answer to AUTH",
            Self::Ping => "the answer to PING",
            Self::Server | Self::Replication => "the answer to INFO",
        }
    }
}

impl RedisDialogue {
    /// A dialogue as `login`, with a server that should be as `demand` says. Without a password
    /// nobody logs in.
    #[must_use]
    pub fn new(login: &Login, demand: Demand) -> Self {
        let awaited = if login.password.is_some() { Command::Auth } else { Command::Ping };
        let mut speech = Speech::new(LONGEST_ANSWERS);
        speech.say(questions(login));
        Self { demand, speech, awaited, seen: DatabaseDetails::default() }
    }

    fn handle_reply(&mut self, reply: &Reply) {
        let next = match (self.awaited, reply) {
            (Command::Auth, Reply::Status(_)) => Command::Ping,
            (Command::Ping, Reply::Status(_)) => Command::Server,
            (Command::Server, Reply::Text(text)) => {
                let named = ["valkey_version", "redis_version"].map(|key| value(text, key));
                self.seen.server_version = named.into_iter().flatten().next().map(version);
                Command::Replication
            }
            (Command::Replication, Reply::Text(text)) => {
                self.handle_replication(text);
                return;
            }
            (command, Reply::Error(line) | Reply::Status(line) | Reply::Text(line)) => {
                let why = format!("the answer to {} is {}", command.name(), quoted(line));
                return self.speech.fail(why);
            }
        };
        self.awaited = next;
    }

    fn handle_replication(&mut self, text: &[u8]) {
        let is = |key, wanted: &[u8]| value(text, key) == Some(wanted);
        let time = |key| {
            let number = std::str::from_utf8(value(text, key)?).ok()?;
            number.parse().ok().map(Duration::from_secs)
        };
        let role = match value(text, "role") {
            Some(b"master") => Some(Role::Primary),
            Some(b"slave" | b"replica") => Some(Role::Replica),
            _ => None,
        };
        self.seen.role = role;
        self.seen.read_only =
            role.map(|role| role == Role::Replica && !is("slave_read_only", b"0"));
        if role == Some(Role::Replica) {
            let linked = is("master_link_status", b"up");
            self.seen.lag = if linked {
                time("master_last_io_seconds_ago")
            } else {
                time("master_link_down_since_seconds")
            };
        }
        self.speech.end(self.demand.judge(std::mem::take(&mut self.seen)));
    }
}

/// All that is asked.
fn questions(login: &Login) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(password) = &login.password {
        let words = [b"AUTH", login.user.as_bytes(), password.bytes()];
        put(&mut bytes, words.into_iter().filter(|word| !word.is_empty()));
    }
    put(&mut bytes, [&b"PING"[..]].into_iter());
    put(&mut bytes, [&b"INFO"[..], b"server"].into_iter());
    put(&mut bytes, [&b"INFO"[..], b"replication"].into_iter());
    bytes
}

/// Append a command of these words.
fn put<'a>(bytes: &mut Vec<u8>, words: impl Iterator<Item = &'a [u8]> + Clone) {
    bytes.extend_from_slice(format!("*{}\r\n", words.clone().count()).as_bytes());
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
}

/// What stands behind `key:` in a line of `text`.
fn value<'a>(text: &'a [u8], key: &str) -> Option<&'a [u8]> {
    text.split(|&byte| byte == b'\n').find_map(|line| {
        let rest = line.strip_prefix(key.as_bytes())?.strip_prefix(b":")?;
        Some(rest.strip_suffix(b"\r").unwrap_or(rest))
    })
}

/// Take a whole answer from the front of what came; `None`: it goes on in what is still to come.
fn take(speech: &mut Speech) -> Result<Option<Reply>, String> {
    let came = speech.came();
    let foreign = |line| Err(format!("not Redis: {}", quoted(line)));
    // Who does not begin as Redis does is not waited for.
    if !matches!(came.first(), None | Some(b'+' | b'-' | b'$')) {
        return foreign(came);
    }
    let Some(end) = came.iter().take(LONGEST_LINE).position(|&byte| byte == b'\n') else {
        return if came.len() < LONGEST_LINE { Ok(None) } else { Err(ENDLESS.to_owned()) };
    };
    let line = came.get(..end).unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (kind, rest) = line.split_first().unwrap_or((&0, &[]));
    let (reply, used) = match kind {
        b'+' => (Reply::Status(rest.to_vec()), end + 1),
        b'$' => {
            let length = std::str::from_utf8(rest).ok().and_then(|text| text.parse().ok());
            let Some(length): Option<usize> = length else { return foreign(line) };
            if length > LONGEST_TEXT {
                return Err(ENDLESS.to_owned());
            }
            let Some(text) = came.get(end + 1..end + 1 + length + 2) else { return Ok(None) };
            let Some(text) = text.strip_suffix(b"\r\n") else { return foreign(line) };
            (Reply::Text(text.to_vec()), end + 1 + length + 2)
        }
        _ => (Reply::Error(rest.to_vec()), end + 1),
    };
    speech.take(used);
    Ok(Some(reply))
}

impl Dialogue for RedisDialogue {
    fn step(&mut self) -> Step {
        self.speech.step()
    }

    fn handle_bytes(&mut self, bytes: &[u8]) {
        self.speech.hear(bytes);
        while !self.speech.is_over() {
            match take(&mut self.speech) {
                Ok(Some(reply)) => self.handle_reply(&reply),
                Ok(None) => return,
                Err(why) => self.speech.fail(why),
            }
        }
    }

    fn handle_end(&mut self) {
        let name = self.awaited.name();
        self.speech.fail(format!("the connection was closed instead of an answer to {name}"));
    }

    fn awaits(&self) -> &'static str {
        self.awaited.awaits()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::dialogue::Finding;
    use super::super::super::outcome::Grade;
    use super::super::Password;
    use super::*;

    fn text(text: &str) -> String {
        format!("${}\r\n{text}\r\n", text.len())
    }

    const SERVER: &str = "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n";

    /// Speak with a server that answers so, in pieces of `size`.
    fn put(login: &Login, answers: &str, size: usize) -> (String, Finding) {
        let mut dialogue = RedisDialogue::new(login, Demand::default());
        let mut parts = answers.as_bytes().chunks(size);
        let mut said = Vec::new();
        loop {
            match dialogue.step() {
                Step::Send(bytes) => said.extend(bytes),
                Step::Receive => match parts.next() {
                    Some(part) => dialogue.handle_bytes(part),
                    None => dialogue.handle_end(),
                },
                Step::Done(finding) => return (String::from_utf8(said).unwrap(), finding),
                Step::Secure => panic!("TLS would stand from the start"),
            }
        }
    }

    #[test]
    fn a_primary_and_replicas_are_told_by_their_own_words_however_the_bytes_are_cut() {
        let replica = "# Replication\r\nrole:slave\r\nmaster_link_status:up\r\n\
            master_last_io_seconds_ago:3\r\nslave_read_only:1\r\n";
        let cut = replica.replace("status:up", "status:down").replace(
            "master_last_io_seconds_ago:3",
            "master_last_io_seconds_ago:-1\r\nmaster_link_down_since_seconds:70",
        );
        let never = cut.replace(":70", ":-1");
        let open = replica.replace("read_only:1", "read_only:0");
        let sentinel = "";
        for (words, reason) in [
            ("role:master\r\nconnected_slaves:0\r\n", "primary, read-write, version 7.0.15"),
            (replica, "replica, read-only, 3 s behind, version 7.0.15"),
            (&cut, "replica, read-only, 70 s behind, version 7.0.15"),
            (&never, "replica, read-only, version 7.0.15"),
            (&open, "replica, read-write, 3 s behind, version 7.0.15"),
            (sentinel, "answers, version 7.0.15"),
        ] {
            let answers = format!("+PONG\r\n{}{}", text(SERVER), text(words));
            for size in [1, 7, 4096] {
                let (said, finding) = put(&Login::default(), &answers, size);
                assert_eq!((finding.grade, finding.reason.as_str()), (Grade::Good, reason));
                assert_eq!(
                    said,
                    "*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n\
                     *2\r\n$4\r\nINFO\r\n$11\r\nreplication\r\n"
                );
            }
        }
    }

    #[test]
    fn a_password_goes_first_with_the_user_if_there_is_one() {
        let password = Some(Password::new("pass word"));
        for (user, auth) in [
            ("", "*2\r\n$4\r\nAUTH\r\n$9\r\npass word\r\n"),
            ("me", "*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$9\r\npass word\r\n"),
        ] {
            let login = Login { user: user.into(), password: password.clone() };
            let (said, finding) = put(&login, "-WRONGPASS no\r\n", 100);
            assert!(said.starts_with(auth), "{said}");
            assert_eq!(finding.reason, "the answer to AUTH is `WRONGPASS no`");
        }
    }

    #[test]
    fn every_other_answer_is_told() {
        let long = format!("+{}", "x".repeat(2000));
        let info = format!("+PONG\r\n{}", text(SERVER));
        for (answers, reason) in [
            ("", "the connection was closed instead of an answer to PING"),
            ("-NOAUTH a\r\n", "the answer to PING is `NOAUTH a`"),
            ("+PONG\r\n-NOPERM b\r\n", "the answer to INFO server is `NOPERM b`"),
            (&info, "the connection was closed instead of an answer to INFO replication"),
            ("HTTP/1.1 400", "not Redis: `HTTP/1.1 400`"),
            ("\r\n", r"not Redis: `\r\n`"),
            ("$-1\r\n", "not Redis: `$-1`"),
            ("$x\r\n", "not Redis: `$x`"),
            ("$2\r\nabcdef", "not Redis: `$2`"),
            ("$99999999999999999999\r\n", "not Redis: `$99999999999999999999`"),
            ("$65537\r\n", "its answers have no end"),
            (&long, "its answers have no end"),
        ] {
            let (_, finding) = put(&Login::default(), answers, 4096);
            assert_eq!((finding.grade, finding.reason.as_str()), (Grade::Bad, reason));
        }
    }
}
