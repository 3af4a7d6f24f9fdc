//! What must hold for anything a server may send to a probe: the dialogue ends, how the bytes were
//! cut makes no difference, and no password goes out as it is before TLS stands.

use ha::engine::check::database::{
    Demand, Login, MysqlDialogue, Password, PostgresDialogue, RedisDialogue,
};
use ha::engine::check::dialogue::{Dialogue, Finding, Step};
use ha::engine::check::dns::{DnsDialogue, Question, RecordType, Transport};
use ha::engine::check::http::{Expectation, HttpDialogue, Request, Url};
use ha::engine::check::{Bytes, GOOD_STATUS, HttpVersion, SmtpDialogue, UdpDialogue};
use ha::wire::x509;

/// The first byte chooses the dialogue and how the rest is cut.
pub fn dialogue(data: &[u8]) {
    let Some((choice, bytes)) = data.split_first() else { return };
    let size = usize::from(choice >> 3) + 1;
    match choice % 8 {
        0 => http(bytes, size),
        1 => drop(lead(&mut SmtpDialogue::new("me"), bytes, size)),
        2 => dns(bytes, size),
        3 => {
            let put =
                |size| lead(&mut RedisDialogue::new(&login(), Demand::default()), bytes, size);
            database([put(size), put(bytes.len().max(1))]);
        }
        4 => {
            let put = |size| {
                let login = login();
                let secure = bytes.first() == Some(&b'S');
                let any = Demand::default();
                let mut dialogue = PostgresDialogue::new(&login, "db", any, secure, "abc");
                guarded(&mut dialogue, secure.then_some(8), bytes, size)
            };
            database([put(size), put(1), put(bytes.len().max(1))]);
        }
        5 => {
            let secure = bytes.len() % 2 == 0;
            let put = |size| {
                let login = login();
                let mut dialogue = MysqlDialogue::new(&login, Demand::default(), secure);
                guarded(&mut dialogue, secure.then_some(36), bytes, size)
            };
            database([put(size), put(1), put(bytes.len().max(1))]);
        }
        _ => {
            let payload = Bytes::default();
            drop(lead(&mut UdpDialogue::new(&payload, None), bytes, size));
            let _ = x509::not_after(bytes);
            url(bytes);
        }
    }
}

/// Feed `bytes` in pieces of `size`, then the end.
fn lead(dialogue: &mut dyn Dialogue, bytes: &[u8], size: usize) -> Option<Finding> {
    lead_and_hear(dialogue, bytes, size, &mut Vec::new())
}

/// The same with a dialogue that must give nothing away: with TLS it says no more than the request
/// for it, which is so long, until TLS stands; without TLS all but the password itself.
fn guarded(
    dialogue: &mut dyn Dialogue,
    request: Option<usize>,
    bytes: &[u8],
    size: usize,
) -> Option<Finding> {
    let mut clear = Vec::new();
    let finding = lead_and_hear(dialogue, bytes, size, &mut clear);
    if let Some(length) = request {
        assert!(clear.is_empty() || clear.len() == length, "{clear:?}");
    }
    assert!(!clear.windows(6).any(|part| part == b"secret"), "{clear:?}");
    finding
}

/// What was said before TLS stood is in `clear`.
fn lead_and_hear(
    dialogue: &mut dyn Dialogue,
    bytes: &[u8],
    size: usize,
    clear: &mut Vec<u8>,
) -> Option<Finding> {
    let mut is_secure = false;
    let mut parts = bytes.chunks(size);
    let mut ended = false;
    // Each step but the few that send uses up a piece, or is the end.
    for _ in 0..bytes.len() + 8 {
        match dialogue.step() {
            Step::Done(finding) => return Some(finding),
            Step::Send(said) if !is_secure => clear.extend(said),
            Step::Send(_) => {}
            Step::Secure => {
                assert!(!is_secure, "within TLS already");
                is_secure = true;
                dialogue.handle_secure();
            }
            Step::Receive => match parts.next() {
                Some(part) => dialogue.handle_bytes(part),
                None if ended => return None,
                None => {
                    dialogue.handle_end();
                    ended = true;
                }
            },
        }
    }
    panic!("a dialogue without end");
}

fn http(bytes: &[u8], size: usize) {
    let request = Request::get("/", "a", HttpVersion::V1_1);
    let expected = Expectation {
        status: vec![GOOD_STATUS],
        digest: None,
        searches: vec![],
        longest_body: 1 << 20,
    };
    let put = |size| lead(&mut HttpDialogue::new(&request, &expected, false), bytes, size);
    let (cut, whole) = (put(size), put(bytes.len().max(1)));
    assert!(cut.is_some(), "it ends with the connection");
    let said = |finding: Option<Finding>| finding.map(|finding| (finding.grade, finding.reason));
    assert_eq!(said(cut), said(whole));
}

fn login() -> Login {
    Login { user: "me".into(), password: Some(Password::new("secret")) }
}

/// A database may say whatever it likes: it comes to an end.
fn database<const N: usize>(cut: [Option<Finding>; N]) {
    assert!(cut.iter().all(Option::is_some), "it ends with the connection");
}

fn dns(bytes: &[u8], size: usize) {
    let question =
        Question { record: RecordType(1), name: "example.com".into(), rcode: 0, least_answers: 1 };
    let put = |transport, size| lead(&mut DnsDialogue::new(&question, transport, 7), bytes, size);
    let tcp = put(Transport::Tcp, size);
    assert_eq!(tcp, put(Transport::Tcp, bytes.len().max(1)));
    put(Transport::Udp, bytes.len().max(1));
}

/// A URL that can be read is written again as the same URL.
fn url(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(url) = Url::parse(text) {
        assert_eq!(Url::parse(&url.to_string()).as_ref(), Ok(&url), "{text}");
        let _ = url.join(text);
    }
}
