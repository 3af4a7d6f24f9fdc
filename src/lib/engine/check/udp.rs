//! Does a UDP service answer? A payload is sent; a reply must come and look right, or, where none
//! is asked for, no error may come back while one is waited for.

use super::dialogue::{Dialogue, Finding, Step, quoted};
use super::hex::Bytes;
use super::server::UdpReply;

/// One datagram and its reply.
#[derive(Debug)]
pub struct UdpDialogue<'a> {
    payload: &'a Bytes,
    reply: Option<&'a UdpReply>,
    sent: bool,
    finding: Option<Finding>,
}

impl<'a> UdpDialogue<'a> {
    /// `reply`: what must come back.
    #[must_use]
    pub const fn new(payload: &'a Bytes, reply: Option<&'a UdpReply>) -> Self {
        Self { payload, reply, sent: false, finding: None }
    }
}

impl UdpReply {
    /// What is wrong with this reply.
    fn judge(&self, reply: &[u8]) -> Result<(), String> {
        let length = reply.len();
        if !(usize::from(self.shortest)..=usize::from(self.longest)).contains(&length) {
            let (shortest, longest) = (self.shortest, self.longest);
            return Err(format!("the reply has {length} bytes, not {shortest} to {longest}"));
        }
        let pattern = self.pattern.as_slice();
        let fits = length >= pattern.len()
            && pattern.iter().zip(reply).all(|(wanted, byte)| byte & wanted.mask == wanted.value);
        if fits { Ok(()) } else { Err(format!("the reply begins {}", quoted(reply))) }
    }
}

impl Dialogue for UdpDialogue<'_> {
    fn step(&mut self) -> Step {
        match &self.finding {
            Some(finding) => Step::Done(finding.clone()),
            None if self.sent => Step::Receive,
            None => {
                self.sent = true;
                Step::Send(self.payload.as_slice().to_vec())
            }
        }
    }

    fn handle_bytes(&mut self, bytes: &[u8]) {
        let judged = self.reply.map_or(Ok(()), |wanted| wanted.judge(bytes));
        self.finding = Some(judged.map_or_else(Finding::bad, |()| Finding::good("reply")));
    }

    fn handle_end(&mut self) {}

    fn awaits(&self) -> &'static str {
        "a reply"
    }

    fn late(&self) -> Option<Finding> {
        self.reply.is_none().then(|| Finding::good("no error came back"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::hex::Pattern;
    use super::super::outcome::Grade;
    use super::*;

    fn judged(reply: Option<&UdpReply>, bytes: &[u8]) -> (Grade, String) {
        let payload = Bytes::parse("00 ff").unwrap();
        let mut dialogue = UdpDialogue::new(&payload, reply);
        assert_eq!(dialogue.step(), Step::Send(vec![0, 0xff]));
        assert_eq!(dialogue.step(), Step::Receive);
        dialogue.handle_bytes(bytes);
        match dialogue.step() {
            Step::Done(finding) => (finding.grade, finding.reason),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_reply_is_judged_by_length_and_by_its_first_digits() {
        let wanted =
            UdpReply { shortest: 2, longest: 4, pattern: Pattern::parse("1x x2").unwrap() };
        for (reply, why) in [
            (&[0x1f, 0xf2][..], "reply"),
            (&[0x10, 0x02, 7, 8], "reply"),
            (&[0x1f], "the reply has 1 bytes, not 2 to 4"),
            (&[0x1f, 0xf2, 0, 0, 0], "the reply has 5 bytes, not 2 to 4"),
            (&[0x2f, 0xf2], r"the reply begins `/\xf2`"),
            (&[0x1f, 0xf3], r"the reply begins `\x1f\xf3`"),
        ] {
            let grade = if why == "reply" { Grade::Good } else { Grade::Bad };
            assert_eq!(judged(Some(&wanted), reply), (grade, why.to_owned()));
        }
        // A pattern that is longer than a reply that may be short fits none of those.
        let wanted =
            UdpReply { shortest: 0, longest: 9, pattern: Pattern::parse("xx xx").unwrap() };
        assert_eq!(judged(Some(&wanted), &[1]).0, Grade::Bad);
    }

    #[test]
    fn where_no_reply_is_asked_for_silence_is_good_and_so_is_any_reply() {
        let payload = Bytes::default();
        assert_eq!(judged(None, b"").0, Grade::Good);
        let grade = |finding: Option<Finding>| finding.map(|finding| finding.grade);
        assert_eq!(grade(UdpDialogue::new(&payload, None).late()), Some(Grade::Good));
        let wanted = UdpReply { shortest: 0, longest: 9, pattern: Pattern::default() };
        assert_eq!(UdpDialogue::new(&payload, Some(&wanted)).late(), None);
    }
}
