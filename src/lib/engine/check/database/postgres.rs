//! Does a PostgreSQL server work, and as what? A login and one question, by version 3 of its
//! protocol.

use std::time::Duration;

use md5::{Digest as _, Md5};

use super::super::details::DatabaseDetails;
use super::super::dialogue::{Dialogue, Step, quoted};
use super::fields::Fields;
use super::scram::Scram;
use super::speech::Speech;
use super::{Demand, Login, Password, Role, version};

/// Longest message, and most of all that is read.
const LONGEST_MESSAGE: usize = 32 * 1024;
const LONGEST_ANSWERS: usize = 128 * 1024;

/// Asks for TLS, and what begins a session.
const TLS_REQUEST: u32 = 80_877_103;
const PROTOCOL_3_0: u32 = 196_608;

const SCRAM: &[u8] = b"SCRAM-SHA-256";

/// What is asked. A replica that has replayed all that its receiver brought is not behind; without
/// a receiver, or with something left to replay, it is as old as the last transaction it replayed.
const QUESTION: &str = "\
SELECT pg_catalog.pg_is_in_recovery(), \
pg_catalog.current_setting('transaction_read_only'), \
pg_catalog.current_setting('server_version'), \
CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN NULL \
WHEN pg_catalog.pg_last_wal_replay_lsn() >= pg_catalog.pg_last_wal_receive_lsn() \
AND EXISTS (SELECT 1 FROM pg_catalog.pg_stat_wal_receiver) THEN 0 \
ELSE (1000 * EXTRACT(epoch FROM pg_catalog.clock_timestamp() \
- pg_catalog.pg_last_xact_replay_timestamp()))::bigint END";

/// The dialogue with a PostgreSQL server.
#[derive(Debug)]
pub struct PostgresDialogue<'a> {
    login: &'a Login,
    database: &'a str,
    demand: Demand,
    nonce: &'a str,
    scram: Option<Scram<'a>>,
    speech: Speech,
    state: State,
    seen: Option<DatabaseDetails>,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Tls,
    Login,
    Ready,
    Answer,
}

impl<'a> PostgresDialogue<'a> {
    /// A dialogue as `login` in `database`, over TLS if `secure`, with a server that should be as
    /// `demand` says. `nonce`: printable characters that nobody could foresee.
    #[must_use]
    pub fn new(
        login: &'a Login,
        database: &'a str,
        demand: Demand,
        secure: bool,
        nonce: &'a str,
    ) -> Self {
        let mut speech = Speech::new(LONGEST_ANSWERS);
        let (state, first) = if secure {
            (State::Tls, framed(None, &TLS_REQUEST.to_be_bytes()))
        } else {
            (State::Login, beginning(login, database))
        };
        speech.say(first);
        let (scram, seen) = (None, None);
        Self { login, database, demand, nonce, scram, speech, state, seen }
    }

    /// What may be understood of what came.
    fn read(&mut self) {
        while !self.speech.is_over() {
            if self.state == State::Tls {
                return self.handle_tls();
            }
            let mut head = Fields(self.speech.came());
            let Some(kind) = head.byte() else { return };
            // The kinds of messages are letters, and digits for those that nobody asked for.
            if !kind.is_ascii_alphanumeric() {
                let why = format!("not PostgreSQL: {}", quoted(self.speech.came()));
                return self.speech.fail(why);
            }
            let Some(length) = head.array().map(u32::from_be_bytes) else { return };
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            if !(4..=LONGEST_MESSAGE).contains(&length) {
                let why = format!("not PostgreSQL: {}", quoted(self.speech.came()));
                return self.speech.fail(why);
            }
            let Some(message) = self.speech.take(1 + length) else { return };
            self.handle_message(kind, message.get(5..).unwrap_or_default());
        }
    }

    fn handle_tls(&mut self) {
        match self.speech.came() {
            [] => {}
            [b'S', ..] => {
                self.speech.take(1);
                self.state = State::Login;
                self.speech.secure();
            }
            [b'N', ..] => self.speech.fail("it offers no TLS"),
            other => {
                let why = format!("the answer to the request for TLS is {}", quoted(other));
                self.speech.fail(why);
            }
        }
    }

    fn handle_message(&mut self, kind: u8, body: &[u8]) {
        match (kind, self.state) {
            (b'E', _) => {
                let why = format!("{}: {}", self.refused(), error(body));
                self.speech.fail(why);
            }
            (b'R', State::Login) => match self.handle_login(body) {
                Ok(Some(answer)) => self.speech.say(framed(Some(b'p'), &answer)),
                Ok(None) => {}
                Err(why) => self.speech.fail(why),
            },
            (b'Z', State::Ready) => {
                let question = [QUESTION.as_bytes(), b"\0"].concat();
                self.speech.say(framed(Some(b'Q'), &question));
                self.state = State::Answer;
            }
            (b'D', State::Answer) => self.seen = row(body),
            (b'Z', State::Answer) => {
                self.speech.say(framed(Some(b'X'), &[]));
                match self.seen.take() {
                    Some(seen) => self.speech.end(self.demand.judge(seen)),
                    None => self.speech.fail("its answer to the question is none"),
                }
            }
            // Parameters, keys to cancel with, notices, descriptions.
            (b'S' | b'K' | b'N' | b'A' | b'v' | b'T' | b'C', _) => {}
            _ => {
                let kind = char::from(kind);
                self.speech.fail(format!("it sends a message `{kind}` out of turn"));
            }
        }
    }

    const fn refused(&self) -> &'static str {
        match self.state {
            State::Tls | State::Login | State::Ready => "it refuses the login",
            State::Answer => "it refuses the question",
        }
    }

    fn password(&self) -> Result<&'a Password, String> {
        self.login.password.as_ref().ok_or_else(|| "it wants a password".to_owned())
    }

    /// The answer to a word about the login, if it wants one.
    fn handle_login(&mut self, body: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let mut fields = Fields(body);
        match fields.array().map(u32::from_be_bytes) {
            Some(0) => {
                // One who wants no proof has none to give; one who wanted it must have given his.
                if self.scram.is_some() {
                    return Err("it takes the login without proof that it knows the user".into());
                }
                self.state = State::Ready;
                Ok(None)
            }
            Some(3) if self.speech.is_secure() => {
                Ok(Some([self.password()?.bytes(), b"\0"].concat()))
            }
            Some(3) => Err("it wants the password as it is, which takes TLS: --tls".into()),
            Some(5) => {
                let salt: [u8; 4] = fields.array().ok_or("its login cannot be understood")?;
                Ok(Some(hashed(&self.login.user, self.password()?, salt)))
            }
            Some(10) => {
                let offered = fields.0.split(|&byte| byte == 0).any(|name| name == SCRAM);
                if !offered {
                    return Err(format!("it wants a proof by {}", quoted(fields.0)));
                }
                let scram = Scram::new(self.password()?, self.nonce);
                let first = scram.first();
                let length = u32::try_from(first.len()).unwrap_or(u32::MAX).to_be_bytes();
                self.scram = Some(scram);
                Ok(Some([SCRAM, b"\0", &length, &first].concat()))
            }
            Some(11) => {
                let scram = self.scram.as_mut().ok_or("its login is out of turn")?;
                Ok(Some(scram.last(fields.0)?))
            }
            Some(12) => match self.scram.take() {
                Some(scram) if scram.is_proven(fields.0) => Ok(None),
                _ => Err("it does not know the password of the user itself".into()),
            },
            Some(7..=9) => Err("it wants Kerberos or SSPI".into()),
            _ => Err("its login cannot be understood".into()),
        }
    }
}

/// A message with its length; the first ones of a session have no kind.
fn framed(kind: Option<u8>, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    kind.into_iter().chain(length.to_be_bytes()).chain(body.iter().copied()).collect()
}

fn beginning(login: &Login, database: &str) -> Vec<u8> {
    let mut body = PROTOCOL_3_0.to_be_bytes().to_vec();
    for text in ["user", &*login.user, "database", database, "application_name", "ha check", ""] {
        body.extend_from_slice(text.as_bytes());
        body.push(0);
    }
    framed(None, &body)
}

/// What PostgreSQL took for a proof before it had SCRAM.
fn hashed(user: &str, password: &Password, salt: [u8; 4]) -> Vec<u8> {
    let hex = |bytes: [u8; 16]| bytes.map(|byte| format!("{byte:02x}")).concat();
    let inner = Md5::new().chain_update(password.bytes()).chain_update(user).finalize();
    let outer = Md5::new().chain_update(hex(inner.into())).chain_update(salt).finalize();
    format!("md5{}\0", hex(outer.into())).into_bytes()
}

/// Code and words of an error.
fn error(body: &[u8]) -> String {
    let mut fields = Fields(body);
    let (mut code, mut words) = (&b""[..], &b""[..]);
    while let Some(kind) = fields.byte().filter(|&kind| kind != 0) {
        let Some(text) = fields.until_zero() else { break };
        match kind {
            b'C' => code = text,
            b'M' => words = text,
            _ => {}
        }
    }
    format!("{} {}", version(code), quoted(words))
}

/// The columns of the answer.
fn row(body: &[u8]) -> Option<DatabaseDetails> {
    let mut fields = Fields(body);
    let count = u16::from_be_bytes(fields.array()?);
    let mut column = || {
        let length = i32::from_be_bytes(fields.array()?);
        Some(usize::try_from(length).ok().map(|length| fields.bytes(length).unwrap_or_default()))
    };
    let (recovery, read_only, named, lag) = (column()?, column()?, column()?, column()?);
    let lag: Option<i64> = lag.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
    // By the clock of another host it may have been replayed before it was made.
    let lag = lag.map(|millis| u64::try_from(millis).unwrap_or(0));
    let role = match recovery? {
        b"f" => Role::Primary,
        b"t" => Role::Replica,
        _ => return None,
    };
    (count == 4).then(|| DatabaseDetails {
        role: Some(role),
        read_only: read_only.map(|text| text == b"on"),
        lag: lag.map(Duration::from_millis),
        server_version: named.map(version),
    })
}

impl Dialogue for PostgresDialogue<'_> {
    fn step(&mut self) -> Step {
        self.speech.step()
    }

    fn handle_bytes(&mut self, bytes: &[u8]) {
        self.speech.hear(bytes);
        self.read();
    }

    fn handle_end(&mut self) {
        let awaited = self.awaits();
        self.speech.fail(format!("the connection was closed instead of {awaited}"));
    }

    fn asks_for_tls(&self) -> bool {
        true
    }

    fn handle_secure(&mut self) {
        self.speech.handle_secure();
        self.speech.say(beginning(self.login, self.database));
    }

    fn awaits(&self) -> &'static str {
        match self.state {
            State::Tls => "the answer to the request for TLS",
            State::Login => "the answer to the login",
            State::Ready => "the beginning of the session",
            State::Answer => "the answer to the question",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::dialogue::Finding;
    use super::super::super::outcome::Grade;
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        framed(Some(kind), body)
    }

    fn columns(texts: &[Option<&str>]) -> Vec<u8> {
        let mut body = u16::try_from(texts.len()).unwrap().to_be_bytes().to_vec();
        for text in texts {
            let length = text.map_or(-1, |text| i32::try_from(text.len()).unwrap());
            body.extend(length.to_be_bytes());
            body.extend(text.unwrap_or_default().as_bytes());
        }
        message(b'D', &body)
    }

    /// What was said, each message by itself, and what it came to. A server gives `answers` one by
    /// one, in pieces of `size`.
    fn put(
        login: &Login,
        secure: bool,
        answers: &[Vec<u8>],
        size: usize,
    ) -> (Vec<Vec<u8>>, Finding) {
        let mut dialogue = PostgresDialogue::new(login, "db", Demand::default(), secure, "abc");
        let (mut said, mut answers) = (Vec::new(), answers.iter());
        loop {
            match dialogue.step() {
                Step::Send(bytes) => said.push(bytes),
                Step::Secure => {
                    said.push(b"TLS".to_vec());
                    dialogue.handle_secure();
                }
                Step::Receive => match answers.next() {
                    Some(answer) => {
                        answer.chunks(size).for_each(|part| dialogue.handle_bytes(part));
                    }
                    None => dialogue.handle_end(),
                },
                Step::Done(finding) => return (said, finding),
            }
        }
    }

    fn login(password: Option<&str>) -> Login {
        Login { user: "me".into(), password: password.map(Password::new) }
    }

    fn asked(kind: u32, rest: &[u8]) -> Vec<u8> {
        message(b'R', &[&kind.to_be_bytes(), rest].concat())
    }

    #[test]
    fn a_session_asks_one_question_and_parts_however_the_bytes_are_cut() {
        let ready = message(b'Z', b"I");
        for (row, reason) in [
            ([Some("f"), Some("off"), Some("15.9 (Debian)"), None], "primary, read-write"),
            (
                [Some("t"), Some("on"), Some("15.9 (Debian)"), Some("2500")],
                "replica, read-only, 2.500 s",
            ),
            ([Some("t"), Some("on"), None, None], "replica, read-only"),
            ([Some("t"), Some("on"), None, Some("-3")], "replica, read-only, 0 s behind"),
        ] {
            let answer = [message(b'T', b"xx"), columns(&row), message(b'C', b"SELECT 1\0")];
            let answers = [
                [asked(0, b""), message(b'S', b"a\0b\0"), ready.clone()].concat(),
                [answer.concat(), ready.clone()].concat(),
            ];
            for size in [1, 3, 4096] {
                let (said, finding) = put(&login(None), false, &answers, size);
                assert_eq!(finding.grade, Grade::Good, "{finding:?}");
                assert!(finding.reason.starts_with(reason), "{finding:?}");
                assert_eq!(said.len(), 3);
                assert_eq!(
                    said[0],
                    b"\0\0\0\x37\0\x03\0\0user\0me\0database\0db\0application_name\0ha check\0\0"
                );
                assert!(said[1].starts_with(b"Q\0\0"));
                assert_eq!(said[2], b"X\0\0\0\x04");
            }
        }
    }

    #[test]
    fn tls_stands_before_anything_is_said_and_nothing_may_slip_in() {
        let (said, _) = put(&login(None), true, &[b"S".to_vec()], 1);
        assert_eq!(said[0], b"\0\0\0\x08\x04\xd2\x16\x2f");
        assert_eq!(said[1], b"TLS");
        assert!(said[2].starts_with(b"\0\0\0\x37"));
        for (answer, why) in [
            (&b"N"[..], "it offers no TLS"),
            (b"SR\0\0", "it speaks before TLS stands"),
            (b"SR\0\0\0\x08\0\0\0\x03", "it speaks before TLS stands"),
            (b"E", "the answer to the request for TLS is `E`"),
        ] {
            for size in [1, 4096] {
                let (said, finding) = put(&login(Some("x")), true, &[answer.to_vec()], size);
                assert_eq!((said.len(), finding.reason.as_str()), (1, why));
            }
        }
    }

    #[test]
    fn a_password_goes_out_only_in_the_ways_that_keep_it() {
        let password = login(Some("secret"));
        let (said, _) = put(&password, false, &[asked(5, b"salt")], 4096);
        // As libpq 15.9 answered for the same user, password and salt.
        assert_eq!(said[1].len(), 1 + 4 + 3 + 32 + 1);
        let (said, finding) = put(&password, false, &[asked(3, b"")], 4096);
        assert_eq!((said.len(), finding.grade), (1, Grade::Bad));
        let (said, _) = put(&password, true, &[b"S".to_vec(), asked(3, b"")], 4096);
        assert_eq!(said[3], b"p\0\0\0\x0bsecret\0");
        let scram = asked(10, b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0");
        let (said, _) = put(&password, false, std::slice::from_ref(&scram), 4096);
        assert_eq!(said[1], b"p\0\0\0\x21SCRAM-SHA-256\0\0\0\0\x0bn,,n=,r=abc");
        // A server that knows nothing of the password.
        let first = asked(11, b"r=abcd,s=AAAA,i=1");
        for last in [asked(12, b"v=AAAA"), asked(0, b"")] {
            let answers = [scram.clone(), first.clone(), last];
            let (said, finding) = put(&password, false, &answers, 4096);
            assert_eq!((said.len(), finding.grade), (3, Grade::Bad), "{finding:?}");
        }
    }

    #[test]
    fn every_other_answer_is_told() {
        let error = message(b'E', b"SFATAL\0C57P03\0Mthe database system is starting up\0\0");
        let session = [asked(0, b""), message(b'Z', b"I")].concat();
        for (answers, why) in [
            (vec![], "the connection was closed instead of the answer to the login"),
            (vec![error], "it refuses the login: 57P03 `the database system is starting up`"),
            (vec![asked(5, b"salt")], "it wants a password"),
            (vec![asked(7, b"")], "it wants Kerberos or SSPI"),
            (vec![asked(10, b"X\0\0")], r"it wants a proof by `X\x00\x00`"),
            (vec![asked(99, b"")], "its login cannot be understood"),
            (vec![b"HTTP/1.1 400 Bad".to_vec()], "not PostgreSQL: `HTTP/1.1 400 Bad`"),
            (vec![b"\xff".to_vec()], r"not PostgreSQL: `\xff`"),
            (vec![b"E\x7f\xff\xff\xff".to_vec()], r"not PostgreSQL: `E\x7f\xff\xff\xff`"),
            (vec![message(b'D', b"")], "it sends a message `D` out of turn"),
            (vec![session.clone(), message(b'Z', b"I")], "its answer to the question is none"),
            (
                vec![session.clone(), message(b'E', b"C42501\0Mno\0\0")],
                "it refuses the question: 42501 `no`",
            ),
            (
                vec![session, columns(&[None; 4]), message(b'Z', b"I")],
                "its answer to the question is none",
            ),
            (vec![message(b'N', &[b'x'; 10_000]); 14], "its answers have no end"),
        ] {
            let (_, finding) = put(&login(None), false, &answers, 4096);
            assert_eq!((finding.grade, finding.reason.as_str()), (Grade::Bad, why));
        }
    }
}
