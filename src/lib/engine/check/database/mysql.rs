//! Does a MySQL or MariaDB server work, and as what? A login and two questions, by version 10 of
//! the protocol that both speak.

use std::time::Duration;

use super::super::details::DatabaseDetails;
use super::super::dialogue::{Dialogue, Step, quoted};
use super::fields::Fields;
use super::mysql_login::{Greeting, Plugin, begin, tls_request};
use super::speech::Speech;
use super::{Demand, Login, Role, version};

/// Longest packet, most columns, and most of all that is read.
const LONGEST_PACKET: usize = 64 * 1024;
const MOST_COLUMNS: u64 = 256;
const LONGEST_ANSWERS: usize = 256 * 1024;

/// First bytes of packets.
const OK: u8 = 0x00;
const MORE: u8 = 0x01;
const EOF: u8 = 0xfe;
const ERROR: u8 = 0xff;

/// Commands.
const QUIT: u8 = 0x01;
const QUERY: u8 = 0x03;

const WRONG: &str = "its answer cannot be understood";

/// Of a server that does not know the words of a question.
const SYNTAX_ERROR: u16 = 1064;

/// The dialogue with a MySQL server.
#[derive(Debug)]
pub struct MysqlDialogue<'a> {
    login: &'a Login,
    demand: Demand,
    wants_tls: bool,
    speech: Speech,
    state: State,
    /// Number of the next packet of ours.
    sequence: u8,
    greeting: Option<Greeting>,
    plugin: Plugin,
    answer: Answer,
    seen: DatabaseDetails,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Greeting,
    Login,
    Asked(Question),
}

/// What is asked. Whom it follows is one question in the words of MySQL, of MySQL before 8.0.22,
/// and of MariaDB, which has a name for each of several primaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Variables,
    Replica,
    Slave,
    AllSlaves,
}

impl Question {
    const fn words(self) -> &'static str {
        match self {
            Self::Variables => "SELECT @@global.read_only, @@global.version",
            Self::Replica => "SHOW REPLICA STATUS",
            Self::Slave => "SHOW SLAVE STATUS",
            Self::AllSlaves => "SHOW ALL SLAVES STATUS",
        }
    }
}

/// A table on its way.
#[derive(Debug, Default)]
struct Answer {
    columns: Option<u64>,
    names: Vec<Vec<u8>>,
    /// The columns are all there.
    named: bool,
    rows: Vec<Vec<Option<Vec<u8>>>>,
}

impl Answer {
    /// What stands in `row` under one of these names.
    fn value<'a>(&self, row: &'a [Option<Vec<u8>>], names: [&str; 2]) -> Option<&'a [u8]> {
        let at = self.names.iter().position(|name| names.iter().any(|n| n.as_bytes() == name))?;
        row.get(at)?.as_deref()
    }
}

impl<'a> MysqlDialogue<'a> {
    /// A dialogue as `login`, over TLS if `secure`, with a server that should be as `demand` says.
    #[must_use]
    pub fn new(login: &'a Login, demand: Demand, secure: bool) -> Self {
        Self {
            login,
            demand,
            wants_tls: secure,
            speech: Speech::new(LONGEST_ANSWERS),
            state: State::Greeting,
            sequence: 0,
            greeting: None,
            plugin: Plugin::Native,
            answer: Answer::default(),
            seen: DatabaseDetails::default(),
        }
    }

    fn read(&mut self) {
        while !self.speech.is_over() {
            let mut head = Fields(self.speech.came());
            let Some([low, middle, high, sequence]) = head.array() else { return };
            let length = usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16;
            let first = self.state == State::Greeting;
            // A greeting is short, and who sends a long one is somebody else.
            if length == 0 || length > if first { 1024 } else { LONGEST_PACKET } {
                let why = format!("not MySQL: {}", quoted(self.speech.came()));
                return self.speech.fail(why);
            }
            let Some(packet) = self.speech.take(4 + length) else { return };
            self.sequence = sequence.wrapping_add(1);
            self.handle_packet(packet.get(4..).unwrap_or_default());
        }
    }

    fn handle_packet(&mut self, packet: &[u8]) {
        let done = match self.state {
            State::Greeting => self.handle_greeting(packet),
            State::Login => self.handle_login(packet),
            State::Asked(question) => self.handle_answer(question, packet),
        };
        if let Err(why) = done {
            self.speech.fail(why);
        }
    }

    fn say(&mut self, body: &[u8]) {
        let bytes = framed(self.sequence, body);
        self.sequence = self.sequence.wrapping_add(1);
        self.speech.say(bytes);
    }

    fn ask(&mut self, question: Question) {
        self.sequence = 0;
        self.answer = Answer::default();
        self.state = State::Asked(question);
        self.say(&[&[QUERY], question.words().as_bytes()].concat());
    }

    fn handle_greeting(&mut self, packet: &[u8]) -> Result<(), String> {
        if packet.first() == Some(&ERROR) {
            return Err(format!("it refuses the connection: {}", error(packet).1));
        }
        let greeting =
            Greeting::parse(packet).ok_or_else(|| format!("not MySQL: {}", quoted(packet)))?;
        if let Some((missing, since)) = greeting.misses() {
            return Err(format!("it lacks {missing}, which servers have since MySQL {since}"));
        }
        self.seen.server_version = Some(version(&greeting.version));
        self.plugin = Plugin::first(&greeting.plugin);
        self.state = State::Login;
        if self.wants_tls && !greeting.offers_tls() {
            return Err("it offers no TLS".into());
        }
        self.greeting = Some(greeting);
        if self.wants_tls {
            self.speech.secure();
            self.say(&tls_request());
        } else {
            self.begin();
        }
        Ok(())
    }

    fn begin(&mut self) {
        let Some(greeting) = &self.greeting else { return };
        let body = begin(self.login, self.plugin, &greeting.challenge, self.speech.is_secure());
        self.say(&body);
    }

    fn handle_login(&mut self, packet: &[u8]) -> Result<(), String> {
        match packet.split_first() {
            Some((&OK, _)) => self.ask(Question::Variables),
            Some((&ERROR, _)) => {
                return Err(format!("it refuses the login: {}", error(packet).1));
            }
            Some((&EOF, rest)) => {
                let mut fields = Fields(rest);
                let name = fields.until_zero().unwrap_or(rest);
                self.plugin = Plugin::named(name)
                    .ok_or_else(|| format!("it wants a proof by {}", quoted(name)))?;
                let challenge = fields.0.strip_suffix(b"\0").unwrap_or(fields.0);
                let secure = self.speech.is_secure();
                let proof = self.plugin.proof(self.login, challenge, secure)?;
                self.say(&proof);
            }
            // It knows the password already, and will say so.
            Some((&MORE, [0x03])) if self.plugin == Plugin::CachingSha2 => {}
            Some((&MORE, [0x04])) if self.plugin == Plugin::CachingSha2 => {
                let proof = Plugin::Clear.proof(self.login, &[], self.speech.is_secure())?;
                self.say(&proof);
            }
            _ => return Err("its login cannot be understood".into()),
        }
        Ok(())
    }

    fn handle_answer(&mut self, question: Question, packet: &[u8]) -> Result<(), String> {
        if packet.first() == Some(&ERROR) {
            return self.handle_refusal(question, packet);
        }
        let is_end = packet.first() == Some(&EOF) && packet.len() < 9;
        let Some(columns) = self.answer.columns else {
            let columns = counted(&mut Fields(packet)).filter(|n| (1..=MOST_COLUMNS).contains(n));
            self.answer.columns = Some(columns.ok_or(WRONG)?);
            return Ok(());
        };
        let missing = columns > self.answer.names.len() as u64;
        match (self.answer.named, is_end) {
            (false, false) if missing => {
                self.answer.names.push(column_name(packet).ok_or(WRONG)?);
            }
            (false, true) if !missing => self.answer.named = true,
            (true, false) => {
                let row = row(packet, self.answer.names.len()).ok_or(WRONG)?;
                self.answer.rows.push(row);
            }
            (true, true) => self.handle_table(question),
            _ => return Err(WRONG.into()),
        }
        Ok(())
    }

    fn handle_refusal(&mut self, question: Question, packet: &[u8]) -> Result<(), String> {
        let (code, why) = error(packet);
        let refused = format!("it refuses {}: {why}", question.words());
        match question {
            Question::Replica if code == SYNTAX_ERROR => self.ask(Question::Slave),
            // Who may not know may still want to know whether it takes writes.
            Question::Replica | Question::Slave | Question::AllSlaves
                if self.demand.role.is_none() && self.demand.longest_lag.is_none() =>
            {
                self.finish();
            }
            _ => return Err(refused),
        }
        Ok(())
    }

    fn handle_table(&mut self, question: Question) {
        let answer = std::mem::take(&mut self.answer);
        if question == Question::Variables {
            let mut row = answer.rows.into_iter().next().unwrap_or_default().into_iter().flatten();
            self.seen.read_only = row.next().map(|text| !matches!(&*text, b"0" | b"OFF"));
            let named = row.next().unwrap_or_default();
            let maria = named.windows(7).any(|part| part.eq_ignore_ascii_case(b"mariadb"));
            self.seen.server_version = Some(version(&named));
            return self.ask(if maria { Question::AllSlaves } else { Question::Replica });
        }
        // One row for each primary that it follows.
        self.seen.role = Some(if answer.rows.is_empty() { Role::Primary } else { Role::Replica });
        let lags: Option<Vec<Duration>> = answer
            .rows
            .iter()
            .map(|row| {
                let text = answer.value(row, ["Seconds_Behind_Source", "Seconds_Behind_Master"])?;
                Some(Duration::from_secs(std::str::from_utf8(text).ok()?.parse().ok()?))
            })
            .collect();
        self.seen.lag = lags.and_then(|lags| lags.into_iter().max());
        self.finish();
    }

    fn finish(&mut self) {
        self.sequence = 0;
        self.say(&[QUIT]);
        self.speech.end(self.demand.judge(std::mem::take(&mut self.seen)));
    }
}

fn framed(sequence: u8, body: &[u8]) -> Vec<u8> {
    let [low, middle, high, ..] = u32::try_from(body.len()).unwrap_or(0).to_le_bytes();
    [&[low, middle, high, sequence], body].concat()
}

/// A number in as many bytes as it needs.
fn counted(fields: &mut Fields<'_>) -> Option<u64> {
    Some(match fields.byte()? {
        small @ 0..=0xfa => small.into(),
        0xfc => u16::from_le_bytes(fields.array()?).into(),
        0xfd => {
            let [a, b, c] = fields.array()?;
            u32::from_le_bytes([a, b, c, 0]).into()
        }
        0xfe => u64::from_le_bytes(fields.array()?),
        _ => return None,
    })
}

/// A text with its length before it.
fn text<'a>(fields: &mut Fields<'a>) -> Option<&'a [u8]> {
    let length = counted(fields)?;
    fields.bytes(usize::try_from(length).ok()?)
}

/// The name in the definition of a column: it follows catalog, schema, table and its real name.
fn column_name(packet: &[u8]) -> Option<Vec<u8>> {
    let mut fields = Fields(packet);
    for _ in 0..4 {
        text(&mut fields)?;
    }
    text(&mut fields).map(<[u8]>::to_vec)
}

fn row(packet: &[u8], columns: usize) -> Option<Vec<Option<Vec<u8>>>> {
    let mut fields = Fields(packet);
    let mut values = Vec::with_capacity(columns);
    for _ in 0..columns {
        // 0xfb stands for NULL.
        if let Some(rest) = fields.0.strip_prefix(&[0xfb]) {
            fields = Fields(rest);
            values.push(None);
        } else {
            values.push(Some(text(&mut fields)?.to_vec()));
        }
    }
    Some(values)
}

/// Number of an error, and number and words as an operator reads them.
fn error(packet: &[u8]) -> (u16, String) {
    let mut fields = Fields(packet);
    fields.byte();
    let code = fields.array().map_or(0, u16::from_le_bytes);
    // `#` and five characters of a state of SQL, where the server gives one.
    let words = match fields.0 {
        [b'#', rest @ ..] => rest.get(5..).unwrap_or_default(),
        words => words,
    };
    (code, format!("{code} {}", quoted(words)))
}

impl Dialogue for MysqlDialogue<'_> {
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
        self.begin();
    }

    fn awaits(&self) -> &'static str {
        match self.state {
            State::Greeting => "the greeting",
            State::Login => "the answer to the login",
            State::Asked(_) => "the answer to the question",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::dialogue::Finding;
    use super::super::super::outcome::Grade;
    use super::super::Password;
    use super::*;

    const CHALLENGE: &[u8] = b"abcdefgh";

    fn greeting(plugin: &str, tls: bool) -> Vec<u8> {
        greeting_of(0x0008_8200 | if tls { 0x800 } else { 0 }, plugin)
    }

    fn greeting_of(capabilities: u32, plugin: &str) -> Vec<u8> {
        let [c0, c1, c2, c3] = capabilities.to_le_bytes();
        let body = [
            b"\x0a8.0.36\0\x01\0\0\0",
            CHALLENGE,
            b"\0",
            &[c0, c1, 0x2d, 2, 0, c2, c3, 0x15],
            &[0; 10],
            b"ijklmnopqrst\0",
            plugin.as_bytes(),
            b"\0",
        ]
        .concat();
        framed(0, &body)
    }

    /// A whole answer: names, and rows of texts.
    fn table(names: &[&str], rows: &[&[Option<&str>]]) -> Vec<u8> {
        let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        let mut packets = vec![vec![u8::try_from(names.len()).unwrap()]];
        for name in names {
            packets.push([b"\x03def\0\0\0", &*text(name), &[0; 14]].concat());
        }
        packets.push(b"\xfe\0\0\0\0".to_vec());
        for row in rows {
            packets.push(row.iter().flat_map(|v| v.map_or(vec![0xfb], text)).collect());
        }
        packets.push(b"\xfe\0\0\0\0".to_vec());
        (1..=255)
            .cycle()
            .zip(packets)
            .flat_map(|(number, packet)| framed(number, &packet))
            .collect()
    }

    fn refusal(code: u16, words: &str) -> Vec<u8> {
        framed(1, &[b"\xff", &code.to_le_bytes()[..], b"#42000", words.as_bytes()].concat())
    }

    fn put(
        login: &Login,
        demand: Demand,
        secure: bool,
        answers: &[Vec<u8>],
        size: usize,
    ) -> (Vec<Vec<u8>>, Finding) {
        let mut dialogue = MysqlDialogue::new(login, demand, secure);
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

    fn ok() -> Vec<u8> {
        framed(2, b"\0\0\0\x02\0\0\0")
    }

    fn variables(read_only: &str, version: &str) -> Vec<u8> {
        table(&["a", "b"], &[&[Some(read_only), Some(version)]])
    }

    #[test]
    fn a_session_asks_what_the_server_is_in_its_own_words_however_the_bytes_are_cut() {
        let login = Login { user: "me".into(), password: Some(Password::new("secret")) };
        let none = || table(&["Seconds_Behind_Source"], &[]);
        let behind = |lags: &[&str]| {
            let rows: Vec<_> = lags.iter().map(|lag| [Some("x"), Some(*lag)]).collect();
            let rows: Vec<&[Option<&str>]> = rows.iter().map(<[_; 2]>::as_slice).collect();
            table(&["Host", "Seconds_Behind_Master"], &rows)
        };
        let stopped = table(&["Seconds_Behind_Source"], &[&[None]]);
        let unknown = refusal(1064, "what?");
        for (variables, tables, asked, reason) in [
            (variables("0", "8.4.0"), vec![none()], 3, "primary, read-write, version 8.4.0"),
            (
                variables("1", "8.0.1"),
                vec![unknown, behind(&["7"])],
                4,
                "replica, read-only, 7 s behind, version 8.0.1",
            ),
            (
                variables("1", "10.11.4-MariaDB"),
                vec![behind(&["0", "3"])],
                3,
                "replica, read-only, 3 s behind, version 10.11.4-MariaDB",
            ),
            (variables("0", "9.0"), vec![stopped], 3, "replica, read-write, version 9.0"),
            (
                variables("ON", "9.0"),
                vec![refusal(1227, "denied")],
                3,
                "answers, read-only, version 9.0",
            ),
        ] {
            let answers =
                [vec![greeting("mysql_native_password", false), ok(), variables], tables].concat();
            for size in [1, 5, 4096] {
                let (said, finding) = put(&login, Demand::default(), false, &answers, size);
                assert_eq!((finding.grade, &*finding.reason), (Grade::Good, reason));
                assert_eq!(said.len(), asked + 1, "login, questions, farewell");
                assert_eq!(said.last().unwrap(), b"\x01\0\0\0\x01");
            }
        }
        let wants = Demand { role: Some(Role::Primary), ..Demand::default() };
        let answers = [
            greeting("mysql_native_password", false),
            ok(),
            variables("0", "9.0"),
            refusal(1227, "denied"),
        ];
        let (_, finding) = put(&login, wants, false, &answers, 4096);
        assert_eq!(finding.reason, "it refuses SHOW REPLICA STATUS: 1227 `denied`");
    }

    #[test]
    fn a_login_follows_the_server_to_another_proof_and_keeps_the_password_within_tls() {
        let login = Login { user: "me".into(), password: Some(Password::new("secret")) };
        let any = Demand::default();
        let switch = framed(2, b"\xfemysql_native_password\0ABCDEFGHIJKLMNOPQRST\0");
        let more = |byte| framed(2, &[1, byte]);
        let sha2 = || greeting("caching_sha2_password", true);
        let (said, _) = put(&login, any, false, &[sha2(), switch], 4096);
        assert_eq!((said[0][3], said[1].len(), said[1][3]), (1, 4 + 20, 3));
        let (said, finding) = put(&login, any, false, &[sha2(), more(4)], 4096);
        assert_eq!((said.len(), finding.grade), (1, Grade::Bad), "nothing goes out as it is");
        let (said, _) = put(&login, any, false, &[sha2(), more(3), ok()], 4096);
        assert!(said[1].ends_with(b"@@global.version"));
        let (said, _) = put(&login, any, true, &[sha2(), more(4)], 4096);
        assert_eq!((said[0].len(), said[0][3], &*said[1]), (36, 1, &b"TLS"[..]));
        assert_eq!(said[2][3], 2);
        assert_eq!(said[3], b"\x07\0\0\x03secret\0");
        let plain = greeting("mysql_native_password", false);
        let (said, finding) = put(&login, any, true, &[plain], 4096);
        assert_eq!((said.len(), finding.reason.as_str()), (0, "it offers no TLS"));
    }

    #[test]
    fn nobody_on_the_way_can_put_in_a_word_before_tls_stands() {
        let login = Login { user: "me".into(), password: Some(Password::new("secret")) };
        let (native, sha2) = ("mysql_native_password", "caching_sha2_password");
        let switch = framed(1, b"\xfemysql_clear_password\0");
        for (plugin, more) in [
            (native, switch),
            (sha2, framed(1, &[MORE, 4])),
            (sha2, framed(1, &[MORE, 3])),
            (native, framed(1, b"\0\0\0\x02\0\0\0")),
            (native, refusal(1045, "no")),
            (native, vec![7]),
        ] {
            let answer = [greeting(plugin, true), more].concat();
            for size in [1, 80, 4096] {
                let answers = [answer.clone(), ok(), variables("0", "9.0")];
                let (said, finding) = put(&login, Demand::default(), true, &answers, size);
                let request: Vec<_> = said.iter().map(Vec::len).collect();
                assert!(request.is_empty() || request == [36], "{said:?}");
                assert_eq!(
                    (finding.grade, &*finding.reason),
                    (Grade::Bad, "it speaks before TLS stands")
                );
            }
        }
        let hasty = [greeting(native, false), ok()].concat();
        let (said, finding) = put(&login, Demand::default(), false, &[hasty], 4096);
        assert_eq!((said.len(), &*finding.reason), (1, "it answers before it is asked"));
    }

    #[test]
    fn a_server_that_is_too_old_is_told_what_it_lacks() {
        let login = Login::default();
        for (capabilities, reason) in [
            (0x8_8000, "it lacks CLIENT_PROTOCOL_41, which servers have since MySQL 4.1"),
            (0x8_0200, "it lacks CLIENT_SECURE_CONNECTION, which servers have since MySQL 4.1.1"),
            (0x8200, "it lacks CLIENT_PLUGIN_AUTH, which servers have since MySQL 5.5.7"),
        ] {
            let hello = greeting_of(capabilities, "mysql_native_password");
            let (said, finding) = put(&login, Demand::default(), false, &[hello], 4096);
            assert_eq!((said.len(), &*finding.reason), (0, reason));
        }
    }

    #[test]
    fn every_other_answer_is_told() {
        let login = Login { user: "me".into(), password: None };
        let hello = || greeting("mysql_native_password", false);
        let other = framed(2, b"\xfeclient_ed25519\0x");
        let endless = table(&["a"], &vec![&[Some("x")][..]; 60_000]);
        let many = framed(1, b"\xfc\x01\x01");
        let file = framed(1, b"\xfb/etc/passwd");
        for (answers, why) in [
            (vec![], "the connection was closed instead of the greeting"),
            (
                vec![refusal(1040, "Too many connections")],
                "it refuses the connection: 1040 `Too many connections`",
            ),
            (vec![b"HTTP/1.1 400 Bad".to_vec()], "not MySQL: `HTTP/1.1 400 Bad`"),
            (vec![b"220 mail\r\n".to_vec()], r"not MySQL: `220 mail\r\n`"),
            (vec![b"\0\0\0\0".to_vec()], r"not MySQL: `\x00\x00\x00\x00`"),
            (vec![framed(0, b"\x09old")], r"not MySQL: `\told`"),
            (
                vec![hello(), refusal(1045, "Access denied")],
                "it refuses the login: 1045 `Access denied`",
            ),
            (vec![hello(), other], "it wants a proof by `client_ed25519`"),
            (vec![hello(), framed(2, b"\x09")], "its login cannot be understood"),
            (
                vec![hello(), ok()],
                "the connection was closed instead of the answer to the question",
            ),
            (vec![hello(), ok(), many], "its answer cannot be understood"),
            (vec![hello(), ok(), file], "its answer cannot be understood"),
            (vec![hello(), ok(), endless], "its answers have no end"),
        ] {
            let (_, finding) = put(&login, Demand::default(), false, &answers, 4096);
            assert_eq!((finding.grade, finding.reason.as_str()), (Grade::Bad, why));
        }
    }
}
