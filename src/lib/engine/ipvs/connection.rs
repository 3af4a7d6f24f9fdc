//! One connection as `/proc/net/ip_vs_conn` tells it.

use std::net::{IpAddr, Ipv4Addr};

use serde::Serialize;

use super::Endpoint;

/// A connection, or the template that makes others of its client go the same way: that one has
/// port 0 for its client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Connection {
    /// `tcp`, `udp`, `sctp`; `ip` for templates of a mark.
    pub protocol: Box<str>,
    /// Who asks.
    pub client: Endpoint,
    /// Whom it asks; of a template of a mark the mark, written as an address.
    pub service: Endpoint,
    /// Who answers.
    pub destination: Endpoint,
    /// The kernel's word for its state.
    pub state: Box<str>,
    /// It is forgotten after this long without a packet.
    pub expires_s: u64,
    /// The persistence engine that knows its client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<Box<str>>,
    /// By what it knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine_data: Option<Box<str>>,
}

/// What a line says; nothing when it is the heading, or of a kind that is not known.
#[must_use]
pub fn connection(line: &str) -> Option<Connection> {
    let mut words = line.split_ascii_whitespace();
    let protocol = words.next()?.to_ascii_lowercase().into();
    let mut endpoint = || {
        let address = address(words.next()?)?;
        let port = u16::from_str_radix(words.next()?, 16).ok()?;
        Some(Endpoint { address, port })
    };
    let (client, service, destination) = (endpoint()?, endpoint()?, endpoint()?);
    Some(Connection {
        protocol,
        client,
        service,
        destination,
        state: words.next()?.into(),
        expires_s: words.next()?.parse().ok()?,
        engine: words.next().map(Into::into),
        engine_data: words.next().map(Into::into),
    })
}

/// Eight hexadecimal digits, or IPv6 with its colons.
fn address(word: &str) -> Option<IpAddr> {
    if word.contains(':') {
        return word.parse().ok();
    }
    let bits = u32::from_str_radix(word, 16).ok().filter(|_| word.len() == 8)?;
    Some(Ipv4Addr::from_bits(bits).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_families_templates_and_engines_are_read_and_the_heading_is_not() {
        let text = "\
Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
TCP 7F000001 A6DA 0A090064 0050 7F000001 0050 TIME_WAIT       117
UDP 0A000001 0000 0A090064 13C4 0A00000B 13C4 UDP              59 sip 1234@host
TCP 2001:0db8:0000:0000:0000:0000:0000:0001 A6DA 2001:0db8:0000:0000:0000:0000:0000:0002 01BB 0A00000B 01BB ESTABLISHED     899
";
        let all: Vec<Connection> = text.lines().filter_map(connection).collect();
        assert_eq!(all.len(), 3);
        assert_eq!(all[0].client.to_string(), "127.0.0.1:42714");
        assert_eq!((&*all[0].state, all[0].expires_s), ("TIME_WAIT", 117));
        assert_eq!(all[1].engine.as_deref(), Some("sip"));
        assert_eq!(all[2].service.to_string(), "[2001:db8::2]:443");
        assert_eq!(all[2].destination.to_string(), "10.0.0.11:443");
    }

    #[test]
    fn what_is_damaged_is_no_connection() {
        for line in
            ["", "TCP", "TCP 7F0000 A6DA", "TCP 7F000001 A6DA 0A090064 0050 7F000001 0050 X"]
        {
            assert_eq!(connection(line), None, "{line}");
        }
    }
}
