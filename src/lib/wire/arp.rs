//! ARP for IPv4 over Ethernet (RFC 826), above all the gratuitous kind (RFC 5227 section 3).

use std::net::Ipv4Addr;

use pnet_packet::arp::{Arp, ArpHardwareTypes, ArpOperations, MutableArpPacket};
use pnet_packet::ethernet::EtherTypes;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::ethernet::{self, BROADCAST, Mac};
use super::reader::Reader;

/// Bytes of a message.
pub const LEN: usize = 28;

/// What an ARP message does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Asks who has the target address.
    Request,
    /// Says who has the sender address.
    Reply,
    /// Neither of the two.
    Other(u16),
}

/// One ARP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Request or reply.
    pub operation: Operation,
    /// Hardware address of the sender.
    pub sender_mac: Mac,
    /// Address of the sender.
    pub sender: Ipv4Addr,
    /// Hardware address of the target.
    pub target_mac: Mac,
    /// Address of the target.
    pub target: Ipv4Addr,
}

/// Why bytes are no ARP message for IPv4 over Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Malformed {
    /// Fewer bytes than a message.
    #[error("{have} bytes are less than an ARP message of {LEN}")]
    Length {
        /// Bytes present.
        have: usize,
    },
    /// Another kind of network.
    #[error("ARP for hardware {hardware} and protocol {protocol:#06x} is not IPv4 over Ethernet")]
    Network {
        /// Hardware type; Ethernet is 1.
        hardware: u16,
        /// Protocol type; IPv4 is 0x0800.
        protocol: u16,
    },
}

impl Message {
    /// Read the message in `bytes`; what follows it is padding.
    ///
    /// # Errors
    /// When it is cut off or not about IPv4 over Ethernet.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        Self::read(Reader::new(bytes)).unwrap_or(Err(Malformed::Length { have: bytes.len() }))
    }

    /// `None` when the bytes end too early.
    fn read(mut reader: Reader<'_>) -> Option<Result<Self, Malformed>> {
        let (hardware, protocol) = (reader.u16()?, reader.u16()?);
        let lengths: [u8; 2] = reader.array()?;
        let operation = reader.u16()?;
        let message = Self {
            operation: match operation {
                1 => Operation::Request,
                2 => Operation::Reply,
                other => Operation::Other(other),
            },
            sender_mac: reader.array()?,
            sender: reader.array::<4>()?.into(),
            target_mac: reader.array()?,
            target: reader.array::<4>()?.into(),
        };
        let expected = (hardware, protocol, lengths) == (1, ethernet::IPV4, [6, 4]);
        Some(if expected { Ok(message) } else { Err(Malformed::Network { hardware, protocol }) })
    }

    /// Whether the sender announces its own address, as request or as reply.
    #[must_use]
    pub fn is_gratuitous(&self) -> bool {
        self.sender == self.target
    }
}

/// A complete frame that tells the segment that `vip` is at `mac`: a broadcast request with
/// sender and target `vip` and the target hardware address all ones, as keepalived sends it.
#[must_use]
pub fn gratuitous_arp(mac: Mac, vip: Ipv4Addr) -> Vec<u8> {
    let mut message = [0; LEN];
    // `LEN` is what the packet asks for, so it is always there.
    if let Some(mut packet) = MutableArpPacket::new(&mut message) {
        packet.populate(&Arp {
            hardware_type: ArpHardwareTypes::Ethernet,
            protocol_type: EtherTypes::Ipv4,
            hw_addr_len: 6,
            proto_addr_len: 4,
            operation: ArpOperations::Request,
            sender_hw_addr: mac.into(),
            sender_proto_addr: vip,
            target_hw_addr: BROADCAST.into(),
            target_proto_addr: vip,
            payload: Vec::new(),
        });
    }
    ethernet::frame(BROADCAST, mac, ethernet::ARP, &message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: Mac = [0x02, 0x42, 0x0a, 0, 0, 1];

    #[test]
    fn a_gratuitous_arp_is_a_broadcast_request_about_the_sender() {
        let frame = gratuitous_arp(MAC, Ipv4Addr::new(192, 0, 2, 7));
        #[rustfmt::skip]
        assert_eq!(frame, [
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x42, 0x0a, 0, 0, 1, 0x08, 0x06,
            0, 1, 0x08, 0x00, 6, 4, 0, 1,
            0x02, 0x42, 0x0a, 0, 0, 1, 192, 0, 2, 7,
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 192, 0, 2, 7,
        ]);
        let message = Message::parse(&frame[ethernet::HEADER_LEN..]).unwrap();
        assert!(message.is_gratuitous());
        assert_eq!(message.operation, Operation::Request);
        assert_eq!((message.sender_mac, message.target_mac), (MAC, BROADCAST));
    }

    #[test]
    fn other_networks_and_cut_messages_are_refused() {
        let mut message = gratuitous_arp(MAC, Ipv4Addr::LOCALHOST)[14..].to_vec();
        assert_eq!(Message::parse(&message[..27]), Err(Malformed::Length { have: 27 }));
        message[1] = 6;
        let network = Malformed::Network { hardware: 6, protocol: 0x0800 };
        assert_eq!(Message::parse(&message), Err(network));
    }
}
