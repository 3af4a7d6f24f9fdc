//! Does a DNS server answer a question? (RFC 1035). One question, by UDP, or by TCP when the
//! answer says that it was cut.
//!
//! An answer is believed when it has our identifier and our question; what else arrives is not
//! ours, and is not waited for any less because of it. Records are counted and not read.

use serde::{Deserialize, Serialize};

use super::details::{Details, DnsDetails};
use super::dialogue::{Dialogue, Finding, Step};

/// Type of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordType(pub u16);

/// The registry's names of types that are asked for; the others are written `TYPE65280`.
const TYPES: [(&str, u16); 44] = [
    ("A", 1),
    ("NS", 2),
    ("CNAME", 5),
    ("SOA", 6),
    ("NULL", 10),
    ("WKS", 11),
    ("PTR", 12),
    ("HINFO", 13),
    ("MINFO", 14),
    ("MX", 15),
    ("TXT", 16),
    ("RP", 17),
    ("AFSDB", 18),
    ("SIG", 24),
    ("KEY", 25),
    ("AAAA", 28),
    ("LOC", 29),
    ("SRV", 33),
    ("NAPTR", 35),
    ("KX", 36),
    ("CERT", 37),
    ("DNAME", 39),
    ("APL", 42),
    ("DS", 43),
    ("SSHFP", 44),
    ("IPSECKEY", 45),
    ("RRSIG", 46),
    ("NSEC", 47),
    ("DNSKEY", 48),
    ("DHCID", 49),
    ("NSEC3", 50),
    ("NSEC3PARAM", 51),
    ("TLSA", 52),
    ("SMIMEA", 53),
    ("HIP", 55),
    ("CDS", 59),
    ("CDNSKEY", 60),
    ("OPENPGPKEY", 61),
    ("CSYNC", 62),
    ("ZONEMD", 63),
    ("SVCB", 64),
    ("HTTPS", 65),
    ("ANY", 255),
    ("CAA", 257),
];

const RCODES: [&str; 11] = [
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET",
    "NXRRSET", "NOTAUTH", "NOTZONE",
];

impl Default for RecordType {
    /// SOA, as in keepalived.
    fn default() -> Self {
        Self(6)
    }
}

impl RecordType {
    /// The type of this name, in any case.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        let known = TYPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        if let Some((_, number)) = known {
            return Some(Self(*number));
        }
        let prefix = word.get(..4).filter(|prefix| prefix.eq_ignore_ascii_case("TYPE"))?;
        word.get(prefix.len()..)?.parse().ok().map(Self)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> String {
        let known = TYPES.iter().find(|(_, number)| *number == self.0);
        known.map_or_else(|| format!("TYPE{}", self.0), |(name, _)| (*name).to_owned())
    }
}

impl From<RecordType> for String {
    fn from(record: RecordType) -> Self {
        record.name()
    }
}

impl TryFrom<String> for RecordType {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        Self::of(&word).ok_or_else(|| format!("`{word}` is no type of DNS"))
    }
}

/// Name of a response code.
#[must_use]
pub fn rcode_name(code: u8) -> String {
    let known = RCODES.get(usize::from(code));
    known.map_or_else(|| format!("RCODE{code}"), |name| (*name).to_owned())
}

/// The response code of this name, in any case.
#[must_use]
pub fn rcode_of(word: &str) -> Option<u8> {
    (0..16).find(|code| rcode_name(*code).eq_ignore_ascii_case(word))
}

/// What is asked, and which answers are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Type of the records.
    pub record: RecordType,
    /// Their name; empty: the root.
    pub name: Box<str>,
    /// The good response code.
    pub rcode: u8,
    /// Records that a good answer has at least.
    pub least_answers: u16,
}

impl Question {
    /// Whether `name` can be asked for.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        let name = name.strip_suffix('.').unwrap_or(name);
        let fits = |label: &str| (1..=63).contains(&label.len());
        name.is_empty() || (name.len() <= 253 && name.split('.').all(fits))
    }

    /// The question as it stands in a message.
    fn emit(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let name = self.name.strip_suffix('.').unwrap_or(&self.name);
        for label in name.split('.').filter(|label| !label.is_empty()) {
            // A label that is too long was refused when the question was made.
            bytes.push(u8::try_from(label.len() & 63).unwrap_or(0));
            bytes.extend_from_slice(label.as_bytes());
        }
        bytes.push(0);
        bytes.extend(self.record.0.to_be_bytes());
        bytes.extend([0, 1]);
        bytes
    }
}

/// How messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// One message in a datagram.
    Udp,
    /// Each behind its length.
    Tcp,
}

/// One question and its answer.
#[derive(Debug)]
pub struct DnsDialogue<'a> {
    question: &'a Question,
    transport: Transport,
    id: u16,
    sent: bool,
    /// What has come by TCP.
    came: Vec<u8>,
    cut: bool,
    finding: Option<Finding>,
}

/// What a message that answers us says.
struct Reply {
    rcode: u8,
    answers: u16,
    cut: bool,
}

impl<'a> DnsDialogue<'a> {
    /// `id`: a number that nobody can foresee.
    #[must_use]
    pub const fn new(question: &'a Question, transport: Transport, id: u16) -> Self {
        Self { question, transport, id, sent: false, came: Vec::new(), cut: false, finding: None }
    }

    /// Whether the answer was cut, so that TCP has to be asked.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.cut
    }

    fn query(&self) -> Vec<u8> {
        let [high, low] = self.id.to_be_bytes();
        // Recursion is desired; one question follows.
        let mut message = vec![high, low, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        message.extend(self.question.emit());
        if self.transport == Transport::Tcp {
            let length = u16::try_from(message.len()).unwrap_or(0).to_be_bytes();
            message.splice(0..0, length);
        }
        message
    }

    /// The answer in `message`, if it is one to our question.
    fn reply(&self, message: &[u8]) -> Option<Reply> {
        let (&[a, b, flags, more, q, questions, high, low, ..], rest) =
            message.split_first_chunk::<12>()?;
        let rcode = more & 15;
        let ours = u16::from_be_bytes([a, b]) == self.id && flags & 0x80 != 0;
        let wanted = self.question.emit();
        let asked = match (q, questions) {
            (0, 1) => rest.get(..wanted.len()).is_some_and(|asked| same(asked, &wanted)),
            // An error may come without the question.
            (0, 0) => rcode != 0,
            _ => false,
        };
        let answers = u16::from_be_bytes([high, low]);
        (ours && asked).then_some(Reply { rcode, answers, cut: flags & 2 != 0 })
    }

    fn judge(&mut self, reply: &Reply) {
        if reply.cut && self.transport == Transport::Udp {
            self.cut = true;
            self.finding = Some(Finding::bad("the answer was cut"));
            return;
        }
        let Question { rcode, least_answers, .. } = *self.question;
        let name = rcode_name(reply.rcode);
        let finding = if reply.rcode != rcode {
            Finding::bad(format!("{name}, not {}", rcode_name(rcode)))
        } else if reply.answers < least_answers {
            Finding::bad(format!("{} answers, fewer than {least_answers}", reply.answers))
        } else {
            Finding::good(format!("{name}, {} answers", reply.answers))
        };
        let transport = if self.transport == Transport::Udp { "udp" } else { "tcp" };
        let dns = DnsDetails { rcode: name, answers: reply.answers, transport };
        let details = Box::new(Details { dns: Some(dns), ..Details::default() });
        self.finding = Some(Finding { details, ..finding });
    }

    /// The message by TCP, once it is whole.
    fn message(&self) -> Option<&[u8]> {
        let (length, rest) = self.came.split_first_chunk::<2>()?;
        rest.get(..usize::from(u16::from_be_bytes(*length)))
    }
}

/// Whether two questions are the same; case does not count in names, nor do its bits anywhere else
/// here.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.eq_ignore_ascii_case(other)
}

impl Dialogue for DnsDialogue<'_> {
    fn step(&mut self) -> Step {
        match &self.finding {
            Some(finding) => Step::Done(finding.clone()),
            None if self.sent => Step::Receive,
            None => {
                self.sent = true;
                Step::Send(self.query())
            }
        }
    }

    fn handle_bytes(&mut self, bytes: &[u8]) {
        if self.transport == Transport::Udp {
            if let Some(reply) = self.reply(bytes) {
                self.judge(&reply);
            }
            return;
        }
        // Two bytes of length, and as much as they can announce.
        let room = (2 + usize::from(u16::MAX)).saturating_sub(self.came.len());
        self.came.extend(bytes.iter().take(room));
        let Some(message) = self.message() else { return };
        match self.reply(message) {
            Some(reply) => self.judge(&reply),
            None => self.finding = Some(Finding::bad("what came is no answer to the question")),
        }
    }

    fn handle_end(&mut self) {
        self.finding
            .get_or_insert_with(|| Finding::bad("the connection was closed without an answer"));
    }

    fn awaits(&self) -> &'static str {
        "the answer"
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::Grade;
    use super::*;

    fn question(name: &str, record: &str) -> Question {
        let record = RecordType::of(record).unwrap();
        Question { record, name: name.into(), rcode: 0, least_answers: 0 }
    }

    /// Header with these flags and counts, and the question of `example.com A`.
    fn answer(id: u16, flags: u16, answers: u16) -> Vec<u8> {
        let numbers = [id, flags, 1, answers, 0, 0];
        let mut message: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        message.extend(b"\x07EXAMPLE\x03com\0\0\x01\0\x01");
        message.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 1]);
        message
    }

    fn put(
        question: &Question,
        transport: Transport,
        parts: &[Vec<u8>],
    ) -> Option<(Grade, String)> {
        let mut dialogue = DnsDialogue::new(question, transport, 0x1234);
        assert!(matches!(dialogue.step(), Step::Send(_)));
        for part in parts {
            dialogue.handle_bytes(part);
        }
        match dialogue.step() {
            Step::Done(finding) => Some((finding.grade, finding.reason)),
            _ => None,
        }
    }

    #[test]
    fn a_question_is_put_as_the_rfc_says() {
        let query =
            |name, record, transport| match DnsDialogue::new(&question(name, record), transport, 7)
                .step()
            {
                Step::Send(bytes) => bytes,
                other => panic!("{other:?}"),
            };
        let head = b"\0\x07\x01\0\0\x01\0\0\0\0\0\0";
        assert_eq!(query("", "SOA", Transport::Udp), [&head[..], b"\0\0\x06\0\x01"].concat());
        let expected = [&head[..], b"\x07example\x03com\0\0\x1c\0\x01"].concat();
        assert_eq!(query("example.com.", "aaaa", Transport::Udp), expected);
        let behind_length = [&[0, 29][..], &expected].concat();
        assert_eq!(query("example.com", "AAAA", Transport::Tcp), behind_length);
    }

    #[test]
    fn types_and_codes_have_names_and_numbers() {
        for (word, number) in
            [("a", 1), ("DNSKEY", 48), ("TYPE65280", 65280), ("type7", 7), ("HTTPS", 65)]
        {
            assert_eq!(RecordType::of(word), Some(RecordType(number)));
            assert_eq!(RecordType::of(&RecordType(number).name()), Some(RecordType(number)));
        }
        for word in ["", "B", "TYPE", "TYPE65536", "tÿpe1", "TYPE-1"] {
            assert_eq!(RecordType::of(word), None, "{word}");
        }
        assert_eq!(
            (rcode_of("nxdomain"), rcode_of("RCODE15"), rcode_of("x")),
            (Some(3), Some(15), None)
        );
    }

    #[test]
    fn an_answer_is_judged_by_code_and_count() {
        let plain = question("example.com", "A");
        let two = Question { least_answers: 2, ..plain.clone() };
        let none = Question { rcode: 3, ..plain.clone() };
        for (question, flags, answers, grade, reason) in [
            (&plain, 0x8180, 1, Grade::Good, "NOERROR, 1 answers"),
            (&plain, 0x8183, 0, Grade::Bad, "NXDOMAIN, not NOERROR"),
            (&plain, 0x8182, 0, Grade::Bad, "SERVFAIL, not NOERROR"),
            (&two, 0x8180, 1, Grade::Bad, "1 answers, fewer than 2"),
            (&none, 0x8183, 0, Grade::Good, "NXDOMAIN, 0 answers"),
            (&plain, 0x8380, 1, Grade::Bad, "the answer was cut"),
        ] {
            let found = put(question, Transport::Udp, &[answer(0x1234, flags, answers)]);
            assert_eq!(found, Some((grade, reason.to_owned())));
        }
    }

    #[test]
    fn what_does_not_answer_our_question_is_passed_over() {
        let plain = question("example.com", "A");
        let good = answer(0x1234, 0x8180, 1);
        let no_question = [&good[..4], &[0; 8][..]].concat();
        for foreign in [
            vec![],
            good[..11].to_vec(),
            good[..20].to_vec(),
            answer(0x1235, 0x8180, 1),
            answer(0x1234, 0x0100, 1),
            no_question,
        ] {
            assert_eq!(put(&plain, Transport::Udp, std::slice::from_ref(&foreign)), None);
            let then = put(&plain, Transport::Udp, &[foreign, good.clone()]);
            assert_eq!(then.map(|(grade, _)| grade), Some(Grade::Good));
        }
        let other = question("example.org", "A");
        assert_eq!(put(&other, Transport::Udp, std::slice::from_ref(&good)), None);
        assert_eq!(put(&question("example.com", "NS"), Transport::Udp, &[good]), None);
        // An error may leave the question out.
        let mut refused = answer(0x1234, 0x8185, 0)[..12].to_vec();
        refused[5] = 0;
        assert_eq!(
            put(&plain, Transport::Udp, &[refused]),
            Some((Grade::Bad, "REFUSED, not NOERROR".into()))
        );
    }

    #[test]
    fn by_tcp_an_answer_is_put_together_and_nothing_else_will_do() {
        let plain = question("example.com", "A");
        let good = answer(0x1234, 0x8380, 9);
        let length = u16::try_from(good.len()).unwrap().to_be_bytes();
        let whole = [&length[..], &good, b"more"].concat();
        let bytes: Vec<Vec<u8>> = whole.iter().map(|&byte| vec![byte]).collect();
        let expected = Some((Grade::Good, "NOERROR, 9 answers".to_owned()));
        assert_eq!(put(&plain, Transport::Tcp, &bytes), expected);
        assert_eq!(put(&plain, Transport::Tcp, &bytes[..bytes.len() - 8]), None);
        let why = Some((Grade::Bad, "what came is no answer to the question".to_owned()));
        assert_eq!(put(&plain, Transport::Tcp, &[vec![0, 0]]), why);
        let flood = put(&plain, Transport::Tcp, &[vec![0xff; 1 << 20]]);
        assert_eq!(flood, why);
    }
}
