//! `lb_kind` and its relatives: how packets get to a real server.

use std::num::NonZeroU16;

use super::super::Context;
use crate::config::diagnostic::Code;
use crate::config::resolve::Entry;
use crate::config::tree::{Word, WordList};
use crate::engine::ipvs::{Forwarding, GueChecksum, Tunnel};

/// What `entry` says; `None` when it cannot be understood, which was reported.
pub(super) fn build(entry: &Entry<'_>, context: &mut Context<'_>) -> Option<Forwarding> {
    let (method, options) = entry.arguments().split_first()?;
    let plain = match method.text {
        "NAT" => Forwarding::Nat,
        "DR" => Forwarding::DirectRouting,
        "TUN" => return tunnel(entry, options, context).map(Forwarding::Tunnel),
        other => {
            let message = format!("`{other}` is not a forwarding method");
            let remedy = "it is ignored; write NAT, DR or TUN, in capitals";
            context.warn(Code::InvalidValue, method.span, message, remedy);
            return None;
        }
    };
    if let Some(extra) = options.first() {
        let message = format!("`{}` does not take `{}`", method.text, extra.text);
        let remedy = "it is ignored; options are for TUN";
        context.warn(Code::ExtraArguments, extra.span, message, remedy);
    }
    Some(plain)
}

/// The words after TUN.
#[derive(Default)]
struct Options<'a> {
    kind: Option<&'a str>,
    port: Option<NonZeroU16>,
    checksum: GueChecksum,
}

fn tunnel(entry: &Entry<'_>, words: WordList<'_>, context: &mut Context<'_>) -> Option<Tunnel> {
    let options = match options(words) {
        Ok(options) => options,
        Err((word, why)) => {
            let remedy = "the method is ignored; the form is: TUN [type ipip|gue|gre] [port PORT] \
                          [nocsum|csum|remcsum]";
            context.warn(Code::InvalidValue, word.span, why, remedy);
            return None;
        }
    };
    let plain = options.checksum == GueChecksum::Plain;
    let result = match (options.kind.unwrap_or("ipip"), options.port, options.checksum) {
        ("gue", Some(port), checksum) => Ok(Tunnel::Gue { port, checksum }),
        ("gue", None, _) => Err("a GUE tunnel needs a port"),
        (_, Some(_), _) => Err("only a GUE tunnel has a port"),
        ("gre", None, GueChecksum::Remote) => Err("only a GUE tunnel has remote checksums"),
        ("gre", None, _) => Ok(Tunnel::Gre { checksum: plain }),
        (_, None, GueChecksum::None) => Ok(Tunnel::Ipip),
        (_, None, _) => Err("an IPIP tunnel has no checksum"),
    };
    result
        .map_err(|why| {
            let remedy = "the method is ignored; write for example: TUN type gue port 6080";
            context.warn(Code::InvalidValue, entry.value_span(), why, remedy);
        })
        .ok()
}

fn options(words: WordList<'_>) -> Result<Options<'_>, (Word<'_>, String)> {
    let mut options = Options::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.text {
            "nocsum" => options.checksum = GueChecksum::None,
            "csum" => options.checksum = GueChecksum::Plain,
            "remcsum" => options.checksum = GueChecksum::Remote,
            "type" => match words.next().map(|kind| kind.text) {
                Some(kind @ ("ipip" | "gue" | "gre")) => options.kind = Some(kind),
                other => {
                    let other = other.unwrap_or_default();
                    return Err((word, format!("`{other}` is not a type of tunnel")));
                }
            },
            "port" => {
                let port = words.next().and_then(|port| port.text.parse().ok());
                options.port = Some(port.ok_or((word, "the port is not 1 to 65535".to_owned()))?);
            }
            other => return Err((word, format!("`{other}` is not an option of a tunnel"))),
        }
    }
    Ok(options)
}
