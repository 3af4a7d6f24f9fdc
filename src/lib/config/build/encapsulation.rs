//! `encap` of a route or a nexthop: the header that the kernel puts round each packet.

use std::net::IpAddr;

use super::words::{self, Taken, Words, invalid};
use crate::config::diagnostic::{Code, Diagnostic};
use crate::config::model::{Encapsulation, TunnelHeader};
use crate::config::tree::Word;

/// Greatest MPLS label: 20 bits.
const LABELS: u32 = 0xf_ffff;

/// What stands after `encap`.
pub(super) fn take(encap: Word<'_>, words: &mut Words<'_>) -> Taken<Encapsulation> {
    let Some(kind) = words.next() else {
        let message = "`encap` names no kind of encapsulation";
        return Err(Diagnostic::new(Code::MissingArgument, encap.span, message)
            .remedy("the entry is ignored; write ip, ip6, mpls or ila after it"));
    };
    match kind.text {
        "ip" | "ip6" => tunnel(kind, words),
        "mpls" => {
            let value = words.value(kind)?;
            let label = |text: &str| text.parse().ok().filter(|label| *label <= LABELS);
            let labels: Option<Vec<u32>> = value.text.split('/').map(label).collect();
            labels
                .map(Encapsulation::Mpls)
                .ok_or_else(|| invalid(kind, value, "labels up to 1048575 with `/` between"))
        }
        "ila" => {
            let value = words.value(kind)?;
            let group = |text: &str| u16::from_str_radix(text, 16).is_ok();
            if value.text.split(':').count() != 4 || !value.text.split(':').all(group) {
                return Err(invalid(kind, value, "four hexadecimal groups such as 1:2:3:4"));
            }
            Ok(Encapsulation::Ila(value.text.to_owned()))
        }
        _ => Err(invalid(encap, kind, "ip, ip6, mpls or ila")),
    }
}

/// The fields of the outer header; the first other word ends them.
fn tunnel(kind: Word<'_>, words: &mut Words<'_>) -> Taken<Encapsulation> {
    let ipv6 = kind.text == "ip6";
    let mut header = TunnelHeader { ipv6, ..TunnelHeader::default() };
    while let Some(word) = words.peek() {
        let name = word.text;
        let known = match name {
            "id" | "dst" | "src" | "flags" => true,
            "tos" | "ttl" => !ipv6,
            "tc" | "hoplimit" => ipv6,
            _ => false,
        };
        if !known {
            break;
        }
        words.next();
        let value = words.value(word)?;
        match name {
            "id" => header.id = Some(words::number(word, value, 0, i64::MAX)?),
            "dst" => header.destination = Some(address(word, value, ipv6)?),
            "src" => header.source = Some(address(word, value, ipv6)?),
            "tos" | "tc" => header.tos = Some(words::number(word, value, 0, 255)?),
            "ttl" | "hoplimit" => header.ttl = Some(words::number(word, value, 0, 255)?),
            _ => header.flags = Some(words::number(word, value, 0, 65_535)?),
        }
    }
    Ok(Encapsulation::Ip(header))
}

fn address(keyword: Word<'_>, value: Word<'_>, ipv6: bool) -> Taken<IpAddr> {
    let address: Option<IpAddr> = value.text.parse().ok();
    address
        .filter(|address| address.is_ipv6() == ipv6)
        .ok_or_else(|| invalid(keyword, value, "an address of the tunnel's family"))
}
