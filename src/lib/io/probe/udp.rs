//! Does a UDP service answer, or at least not refuse?

use tokio::time::{Instant, timeout_at};

use super::bad;
use super::datagram::exchange;
use super::target::{Stage, Target};
use crate::engine::check::dialogue::Dialogue;
use crate::engine::check::probe::Answer;
use crate::engine::check::{Bytes, UdpDialogue, UdpReply};

/// A UDP probe; of a name with several addresses the first counts.
#[derive(Clone, Debug)]
pub struct Udp {
    /// Whom.
    pub target: Target,
    /// What is sent.
    pub payload: Bytes,
    /// What must come back; when absent it is enough that no error does.
    pub reply: Option<UdpReply>,
}

impl Udp {
    /// Put the probe.
    pub async fn ask(&self) -> Answer {
        let deadline = Instant::now() + self.target.timeout;
        let addresses = match timeout_at(deadline, self.target.addresses()).await {
            Ok(Ok(addresses)) => addresses,
            Ok(Err(answer)) => return answer,
            Err(_) => return bad("the name was not resolved in time"),
        };
        let Some(&address) = addresses.first() else { return bad("no address") };
        let mut dialogue = UdpDialogue::new(&self.payload, self.reply.as_ref());
        let way = (&self.target.path, address);
        let stage = Stage::default();
        let put = exchange(way, &mut dialogue, &stage);
        if let Ok(answer) = timeout_at(deadline, put).await {
            return answer;
        }
        let mut answer = dialogue.late().map_or_else(|| bad("no reply in time"), Answer::from);
        answer.details.peer = Some(address);
        answer
    }
}
