//! A node's inputs as values, so that a history can be written down and run again.
//!
//! A recording is one [`Recorded`] a line, as JSON. The first line is [`Input::Configure`]; from
//! an empty node the same lines give the same actions, because a node knows nothing else. A
//! recording holds what the node was told, passwords included: whoever writes one to a file
//! keeps it to its owner.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::action::{Action, RouterId};
use super::config::{NodeConfig, TrackerId};
use super::node::{Command, Link, Node};
use super::receive::Datagram;
use crate::time::Instant;

/// One call of a verb of [`Node`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// [`Node::reload`]; on an empty node that is [`Node::new`].
    Configure(NodeConfig),
    /// [`Node::start`].
    Start,
    /// [`Node::resume`].
    Resume {
        /// Which router.
        router: RouterId,
        /// When its predecessor sent its last advert.
        last_sent: Instant,
    },
    /// [`Node::handle_datagram`].
    Datagram {
        /// Where it came in.
        interface: String,
        /// IP source.
        source: IpAddr,
        /// IP destination.
        destination: IpAddr,
        /// TTL or hop limit as received.
        ttl: u8,
        /// Identification of the IP header, when the payload begins with an Authentication Header.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identification: Option<u16>,
        /// The IP payload, in hexadecimal digits.
        #[serde(with = "hex")]
        payload: Vec<u8>,
    },
    /// [`Node::handle_link`].
    Link {
        /// Its name.
        interface: String,
        /// What is known of it.
        link: Link,
    },
    /// [`Node::handle_tracker`].
    Tracker {
        /// Which tracker.
        tracker: TrackerId,
        /// Its verdict.
        up: Option<bool>,
    },
    /// [`Node::handle_address_lost`].
    AddressLost {
        /// Which router held it.
        router: RouterId,
        /// The address.
        address: IpAddr,
    },
    /// [`Node::handle_command`].
    Command {
        /// For which router; all when absent.
        router: Option<RouterId>,
        /// The order.
        command: Command,
    },
    /// [`Node::handle_adverts_due`].
    AdvertsDue,
    /// [`Node::handle_timeout`].
    Timeout,
}

impl Input {
    /// The input of a packet that came in.
    #[must_use]
    pub fn datagram(interface: &str, datagram: &Datagram<'_>) -> Self {
        Self::Datagram {
            interface: interface.to_owned(),
            source: datagram.source,
            destination: datagram.destination,
            ttl: datagram.ttl,
            identification: datagram.identification,
            payload: datagram.payload.to_vec(),
        }
    }
}

/// An input with its time: one line of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// When, in nanoseconds of the recording's own clock.
    #[serde(rename = "now_ns")]
    pub now: Instant,
    /// What.
    pub input: Input,
}

impl Recorded {
    /// The line, without its end.
    ///
    /// # Errors
    /// Never for a value that came from [`Recorded::parse`] or from a driver.
    pub fn line(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// Read a line.
    ///
    /// # Errors
    /// When it is not one of [`Recorded::line`]'s; the error names the column.
    pub fn parse(line: &str) -> serde_json::Result<Self> {
        serde_json::from_str(line)
    }
}

impl Node {
    /// Call the verb that `input` stands for.
    pub fn apply(&mut self, now: Instant, input: &Input) {
        match input {
            Input::Configure(config) => self.reload(now, config),
            Input::Start => self.start(now),
            Input::Resume { router, last_sent } => self.resume(now, *router, *last_sent),
            Input::Datagram { interface, source, destination, ttl, identification, payload } => {
                let (source, destination, ttl) = (*source, *destination, *ttl);
                let identification = *identification;
                let datagram = Datagram { source, destination, ttl, identification, payload };
                self.handle_datagram(now, interface, &datagram);
            }
            Input::Link { interface, link } => self.handle_link(now, interface, link),
            Input::Tracker { tracker, up } => self.handle_tracker(now, tracker, *up),
            Input::AddressLost { router, address } => {
                self.handle_address_lost(now, *router, *address);
            }
            Input::Command { router, command } => self.handle_command(now, *router, command),
            Input::AdvertsDue => self.handle_adverts_due(now),
            Input::Timeout => self.handle_timeout(now),
        }
    }
}

/// Run a recording again from an empty node: the time and the router of every action, and the
/// node as it ended.
pub fn replay<'a>(
    history: impl IntoIterator<Item = &'a Recorded>,
) -> (Node, Vec<(Instant, RouterId, Action)>) {
    let mut node = Node::default();
    let mut actions = Vec::new();
    for Recorded { now, input } in history {
        node.apply(*now, input);
        while let Some((router, action)) = node.poll_action() {
            actions.push((*now, router, action));
        }
    }
    (node, actions)
}

/// Bytes as hexadecimal digits.
mod hex {
    use std::fmt::Write as _;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], out: S) -> Result<S::Ok, S::Error> {
        let mut digits = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            write!(digits, "{byte:02x}").map_err(serde::ser::Error::custom)?;
        }
        out.serialize_str(&digits)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<u8>, D::Error> {
        let digits = String::deserialize(input)?;
        let value = |digit: u8| char::from(digit).to_digit(16).and_then(|n| u8::try_from(n).ok());
        digits
            .as_bytes()
            .chunks(2)
            .map(|pair| match *pair {
                [high, low] => Some(value(high)? << 4 | value(low)?),
                _ => None,
            })
            .collect::<Option<_>>()
            .ok_or_else(|| Error::custom("payload is not an even number of hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::vrrp::testing::{
        HIGH, LOW, START, VIP, advert, down, ms, node, script, single, tracked, up,
    };
    use crate::engine::vrrp::{RouterConfig, State};
    use crate::wire::vrrp::{ChecksumVariant, GROUP_V4};

    fn packet(source: IpAddr, priority: u8) -> Input {
        let destination = GROUP_V4.into();
        let payload =
            advert(&single(100), priority).emit(source, destination, ChecksumVariant::PseudoHeader);
        Input::datagram(
            "eth0",
            &Datagram { source, destination, ttl: 255, identification: None, payload: &payload },
        )
    }

    /// Every kind of input once.
    fn history() -> Vec<Recorded> {
        let config = RouterConfig { tracked: vec![tracked("s", -20)], ..single(100) };
        let router = RouterId(0);
        let link = |link| Input::Link { interface: "eth0".into(), link };
        let steps = [
            (0, Input::Configure(node(vec![config]))),
            (0, link(up())),
            (0, Input::Resume { router, last_sent: START }),
            (1, Input::Start),
            (1_000, Input::Timeout),
            (1_200, Input::AdvertsDue),
            (1_500, Input::Tracker { tracker: script("s"), up: Some(false) }),
            (1_700, Input::AddressLost { router, address: VIP.parse().unwrap() }),
            (1_800, packet(LOW, 50)),
            (1_900, packet(HIGH, 90)),
            (3_000, link(down())),
            (3_100, link(up())),
            (3_200, Input::Command { router: Some(router), command: Command::Promote }),
            (3_300, Input::Command { router: None, command: Command::Stop }),
            (4_300, Input::Timeout),
        ];
        steps.map(|(millis, input)| Recorded { now: ms(millis), input }).to_vec()
    }

    #[test]
    fn a_recording_read_back_gives_the_same_actions() {
        let history = history();
        let lines: Vec<_> = history.iter().map(|each| each.line().unwrap()).collect();
        let read: Vec<_> = lines.iter().map(|line| Recorded::parse(line).unwrap()).collect();
        assert_eq!(read, history);
        let (node, actions) = replay(&history);
        let (_, again) = replay(&read);
        assert_eq!(actions, again);
        assert!(actions.len() > 20);
        assert_eq!(node.status(RouterId(0)).unwrap().state, State::Stopped);
        assert!(node.is_stopped());
    }

    #[test]
    fn a_line_reads_as_what_it_is() {
        let line = Recorded { now: ms(1), input: packet(LOW, 50) }.line().unwrap();
        assert_eq!(
            line,
            r#"{"now_ns":1000001000000,"input":{"datagram":{"interface":"eth0","source":"10.0.0.9","destination":"224.0.0.18","ttl":255,"payload":"310132010064a79d0a000064"}}}"#
        );
    }

    #[test]
    fn a_payload_that_is_not_hexadecimal_is_refused() {
        let line = Recorded { now: ms(1), input: packet(LOW, 50) }.line().unwrap();
        for bad in ["310", "31é0", "3g", "+1"] {
            assert!(Recorded::parse(&line.replace("310132010064a79d0a000064", bad)).is_err());
        }
    }
}
