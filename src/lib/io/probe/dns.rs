//! Does a DNS server answer a question?

use std::net::SocketAddr;

use super::datagram::exchange;
use super::stream::talk;
use super::target::{Stage, Target};
use crate::engine::check::dns::{DnsDialogue, Question, Transport};
use crate::engine::check::probe::Answer;
use crate::io::random;

/// A DNS probe.
#[derive(Clone, Debug)]
pub struct Dns {
    /// Whom.
    pub target: Target,
    /// What is asked, and which answers are good.
    pub question: Question,
    /// TCP from the start, not only for an answer that was cut.
    pub tcp: bool,
}

impl Dns {
    /// Put the probe.
    pub async fn ask(&self) -> Answer {
        let stage = Stage::default();
        self.target.ask(&stage, |address| self.put(address, &stage)).await
    }

    async fn put(&self, address: SocketAddr, stage: &Stage) -> Answer {
        let way = (&self.target.path, address);
        let [high, low, ..] = random::number().to_ne_bytes();
        let id = u16::from_ne_bytes([high, low]);
        if !self.tcp {
            let mut dialogue = DnsDialogue::new(&self.question, Transport::Udp, id);
            let answer = exchange(way, &mut dialogue, stage).await;
            if !dialogue.is_cut() {
                return answer;
            }
        }
        let mut dialogue = DnsDialogue::new(&self.question, Transport::Tcp, id);
        talk(way, None, Some(&mut dialogue), stage).await
    }
}
